"""Calls under an Idempotency-Key: carried out once, for whom, for how long, and what ends badly."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import trio
from attrs import define, evolve, frozen
from client import T0, Answer, Client
from test_bulk import send

from agentmgr.api.faults import Refused
from agentmgr.campaign.repeats import KEPT_S
from agentmgr.campaign.service import Cause
from agentmgr.campaign.services import Services
from agentmgr.ports import AccountLogin, Role, StoreFault
from agentmgr.rest.bulk import bulk_route
from agentmgr.rest.listings import listing_routes
from agentmgr.rest.repeats import UNDER_WAY_S
from agentmgr.rest.routes import Route
from agentmgr.store.repeats import FORGOTTEN_AT_ONCE
from tests.databases import new_postgres


@frozen
class Step:
    """Count one more."""

    Name: str
    By: int = 1
    Notes: tuple[str, ...] = ()


@frozen
class StepResponse:
    Count: int


@define
class Counter:
    """Something that is different after each call."""

    count: int = 0
    fails: Exception | None = None
    open: threading.Event | None = None
    entered: threading.Event | None = None

    def step(self, request: Step, services: Services) -> StepResponse:
        if self.entered is not None and self.open is not None:
            self.entered.set()
            assert self.open.wait(10)
        self.count += request.By
        if self.fails is not None:
            raise self.fails
        return StepResponse(self.count)


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def steps(client: Client, counter: Counter) -> Client:
    methods = ("POST", "PUT", "PATCH", "DELETE", "GET")
    routes = [Route(each, "/steps/{Name}", Step, StepResponse, counter.step, "steps") for each in methods]
    return evolve(client, routes=routes)


async def step(client: Client, key: str = "k", method: str = "POST", **body: Any) -> Answer:
    has_body = method in ("POST", "PUT", "PATCH")
    return await client.call(method, "/steps/a", body if has_body else None, idempotency_key=key)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_call_sent_again_is_answered_the_same_and_not_carried_out(
    steps: Client, counter: Counter, method: str
) -> None:
    first = await step(steps, method=method)
    again = await step(steps, method=method)
    assert (first.status, first.json) == (again.status, again.json) == (200, {"Count": 1})
    assert counter.count == 1
    assert (await step(steps, "other", method)).json == {"Count": 2}
    assert (await step(steps, method=method)).json == {"Count": 1}


async def test_call_without_a_key_or_that_only_looks_is_carried_out_each_time(
    steps: Client, counter: Counter
) -> None:
    await steps.call("POST", "/steps/a", {})
    await steps.call("POST", "/steps/a", {})
    assert [(await step(steps, method="GET")).json["Count"] for _ in range(2)] == [3, 4]


async def test_key_with_another_request_is_422_and_the_first_stays(steps: Client, counter: Counter) -> None:
    await step(steps, By=2, Notes=["x"])
    for other in (
        await step(steps, By=3, Notes=["x"]),
        await step(steps, By=2, Notes=["y"]),
        await steps.call("POST", "/steps/b", {"By": 2, "Notes": ["x"]}, idempotency_key="k"),
    ):
        assert (other.status, other.json["cause"]) == (422, "KEY_USED")
    same = await steps.call(
        "POST", "/steps/a", raw=b'{ "Notes":["x"],  "By": 2 }', content_type="application/json",
        idempotency_key='"k"',
    )  # fmt: skip
    assert same.json == {"Count": 2}
    assert counter.count == 2


async def test_keys_of_one_caller_are_nothing_to_another(steps: Client) -> None:
    assert (await step(steps)).json == {"Count": 1}
    assert (await step(evolve(steps, user="bob"))).json == {"Count": 2}
    assert (await step(evolve(steps, user="bob"), By=5)).status == 422
    assert (await step(steps)).json == {"Count": 1}


async def test_refusal_is_the_answer_again_although_it_would_be_carried_out_now(
    steps: Client, counter: Counter
) -> None:
    counter.fails = Refused(-7, "no such thing", Cause.NO_SUCH_JOB)
    first = await step(steps)
    counter.fails = None
    again = await step(steps)
    assert (first.status, first.body) == (again.status, again.body)
    assert (again.status, again.json["code"]) == (404, -7)
    assert again.headers["content-type"] == "application/problem+json"


async def test_request_that_is_none_uses_no_key(steps: Client) -> None:
    assert (await step(steps, By="x")).status == 400
    assert (await step(steps)).json == {"Count": 1}


async def test_key_is_of_use_again_after_a_day(steps: Client, counter: Counter) -> None:
    await step(steps)
    later = evolve(steps, now=T0 + KEPT_S)
    assert (await step(later)).json == {"Count": 1}
    later = evolve(steps, now=T0 + KEPT_S + 1)
    assert (await step(later, By=7)).json == {"Count": 8}
    assert (await step(later, By=7)).json == {"Count": 8}


async def test_calls_that_are_too_old_are_deleted_some_at_a_time(steps: Client) -> None:
    for number in range(FORGOTTEN_AT_ONCE + 3):
        steps.store.begin_call("ann", f"{number}", "d", T0 + number / 1000, 0.0)

    def kept() -> int:
        return steps.store._database.read(lambda tx: tx.sql.fetch("SELECT count(*) FROM kept_call")[0][0])

    later = evolve(steps, now=T0 + KEPT_S + 1)
    await step(later, "new")
    assert kept() == 4
    await step(later, "newer")
    assert kept() == 2


async def test_call_under_way_is_409_until_it_is_answered(steps: Client, counter: Counter) -> None:
    counter.open, counter.entered = threading.Event(), threading.Event()
    answers: list[Answer] = []

    async def first() -> None:
        answers.append(await step(steps))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(first)
        await trio.to_thread.run_sync(counter.entered.wait, 10)
        meanwhile = await step(steps)
        other = await step(steps, By=2)
        counter.open.set()
    assert (meanwhile.status, meanwhile.json["cause"]) == (409, "UNDER_WAY")
    assert (other.status, other.json["cause"]) == (422, "KEY_USED")
    assert answers[0].json == (await step(steps)).json == {"Count": 1}


async def test_call_whose_process_died_is_not_carried_out_again_and_says_so(
    steps: Client, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*args: object) -> None:
        raise StoreFault("killed")

    with monkeypatch.context() as patch:
        patch.setattr(type(steps.store), "keep_answer", lost)
        assert (await step(steps)).json == {"Count": 1}
    assert (await step(steps)).json["cause"] == "UNDER_WAY"
    late = await step(evolve(steps, now=T0 + UNDER_WAY_S))
    assert (late.status, late.json["cause"]) == (409, "OUTCOME_UNKNOWN")
    assert counter.count == 1


async def test_call_whose_store_failed_is_not_carried_out_again(steps: Client, counter: Counter) -> None:
    counter.fails = Refused(-43, "the store failed")
    assert (await step(steps)).status == 503
    counter.fails = None
    again = await step(steps)
    assert (again.status, again.json["cause"]) == (409, "OUTCOME_UNKNOWN")


async def test_call_in_which_the_server_failed_is_500_again(steps: Client, counter: Counter) -> None:
    counter.fails = RuntimeError("planted")
    assert (await step(steps)).status == 500
    counter.fails = None
    again = await step(steps)
    assert (again.status, counter.count) == (500, 1)
    assert "planted" not in again.body.decode()


async def test_store_that_fails_before_a_call_began_uses_no_key(
    steps: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*args: object) -> None:
        raise StoreFault("out of reach")

    with monkeypatch.context() as patch:
        patch.setattr(type(steps.store), "begin_call", lost)
        assert (await step(steps)).status == 503
    assert (await step(steps)).json == {"Count": 1}


@pytest.mark.parametrize("key", ["", " ", '""', "x" * 256, "a\tb", "a\x7fb", "ä"])
async def test_key_that_is_none_is_refused(steps: Client, counter: Counter, key: str) -> None:
    answer = await step(steps, key)
    assert answer.status == 400
    assert "Idempotency-Key: needs 1 to 255 printable characters" in answer.json["detail"]
    assert counter.count == 0


async def test_many_contacts_need_no_key_and_say_so(client: Client) -> None:
    bulk = evolve(client, routes=[*listing_routes(), bulk_route()])
    await bulk.call("PUT", "/lists/A", {})
    answer = await bulk.call(
        "POST", "/lists/A/contacts", raw=b"{}", content_type="application/x-ndjson", idempotency_key="k"
    )
    assert answer.status == 400
    assert "without a key" in answer.json["detail"]
    assert (await send(bulk, {"UserContactId": "1"})).status == 200


async def test_account_that_is_made_anew_has_no_answers_of_the_one_before(steps: Client) -> None:
    account = AccountLogin("ann", "hash", Role.MANAGER, True)
    steps.store.put_account(account)
    await step(steps)
    steps.store.put_account(account)
    assert (await step(steps)).json == {"Count": 1}
    steps.store.delete_account("ann")
    assert (await step(steps)).json == {"Count": 2}


@pytest.fixture
def two_processes(steps: Client, postgres_server: Any) -> Iterator[tuple[Client, Client]]:
    place = new_postgres(postgres_server)
    stores = place.open(), place.open()
    yield evolve(steps, store=stores[0]), evolve(steps, store=stores[1])
    for store in stores:
        store.close()
    place.give_back()


async def test_call_sent_to_several_processes_at_once_is_carried_out_once(
    two_processes: tuple[Client, Client], counter: Counter
) -> None:
    answers: list[Answer] = []

    async def call(client: Client) -> None:
        answers.append(await step(client))

    async with trio.open_nursery() as nursery:
        for client in two_processes * 4:
            nursery.start_soon(call, client)
    assert counter.count == 1
    assert {each.status for each in answers} <= {200, 409}
    for client in two_processes:
        assert (await step(client)).json == {"Count": 1}


async def test_call_that_is_not_carried_out_is_written_down_as_that(
    steps: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr("agentmgr.web.calls.audit", lambda act, who, outcome, **_: written.append(outcome))
    for by in (1, 1, 2):
        await step(steps, By=by)
    assert written == ["done", "not carried out, 200", "not carried out, 422"]
