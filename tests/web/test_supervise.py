"""The supervisor's page as a browser meets it: signing in, acts as the account that did it, what goes on."""

import csv
import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
import trio
import trio.testing
from attrs import define, field, frozen
from page import HOST, MemoryListener, Page
from starlette.applications import Starlette
from starlette.types import Message

from agentmgr.admin import socket
from agentmgr.admin.requests import Request
from agentmgr.campaign.passwords import verify_and_renew
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.campaign.tokens import SESSION_S
from agentmgr.ports import NoFloors, Role, ServiceStore
from agentmgr.web import supervise
from agentmgr.web.board import Boards
from agentmgr.web.calls import Calls
from agentmgr.web.limited import Limited
from agentmgr.web.limits import WebLimits
from agentmgr.web.routes import STREAMED
from agentmgr.web.server import WebServer
from agentmgr.web.signin import SignIn
from agentmgr.web.supervise import COOKIE, ROWS_AT_A_TIME, supervise_routes
from tests.databases import new_store

T0 = 1_750_000_000.0
OWN = f"http://{HOST}"


@frozen
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json["error"])


@define
class House:
    """The routes over a store, and browsers that reach them."""

    store: ServiceStore
    nursery: trio.Nursery
    now: float = T0
    pictures: list[Sequence[Any]] = field(factory=list)
    boards: Boards = field(init=False)
    app: Starlette = field(init=False)

    def __attrs_post_init__(self) -> None:
        find, renew = self.store.find_account, self.store.renew_hash
        holder = self.services(Caller("sign-in")).tokens.holder
        sign_in = SignIn(find, partial(verify_and_renew, renew), holder)
        self.boards = Boards(self.follow, self.nursery)
        self.app = Starlette(routes=supervise_routes(Calls(sign_in, self.services), self.boards))

    def services(self, caller: Caller) -> Services:
        backing = Backing(self.store, lambda: self.now, frozenset, lambda zone: None, NoFloors())
        return Services(backing, caller)

    async def follow(self, organisation: str) -> AsyncIterator[Sequence[Any]]:
        for each in self.pictures:
            yield each
        await trio.sleep_forever()

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | None = None,
        cookie: str = "",
        **more: str,
    ) -> Answer:
        """Send what a page of this server sends, or what others do."""
        if raw is None:
            raw = json.dumps(body).encode()
        headers = {"origin": OWN, "host": HOST, "content_type": "application/json", "cookie": cookie} | more
        scope = {
            "type": "http",
            "method": method,
            "path": f"/supervise{path.partition('?')[0]}",
            "query_string": path.partition("?")[2].encode(),
            "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items() if v],
            "client": ("192.0.2.1", 4000),
        }
        sent: list[Message] = []
        coming: list[Message] = [{"type": "http.request", "body": raw, "more_body": False}]

        async def receive() -> Message:
            if not coming:
                await trio.sleep_forever()
            return coming.pop()

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, *bodies = sent
        told = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], told, b"".join(each.get("body", b"") for each in bodies))

    async def signed_in(self, name: str = "ann", password: str = "secret") -> "Browser":
        answer = await self.ask("POST", "/session", {"name": name, "password": password})
        assert answer.status == 200, answer.body
        return Browser(self, answer.headers["set-cookie"].partition(";")[0])


@frozen
class Browser:
    """Somebody who is signed in."""

    house: House
    cookie: str

    async def ask(self, method: str, path: str, body: object = None, **more: Any) -> Answer:
        return await self.house.ask(method, path, body, cookie=self.cookie, **more)

    async def do(self, name: str, /, **args: Any) -> Answer:
        return await self.ask("POST", f"/do/{name}", args)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ServiceStore]:
    store = new_store(tmp_path / "agentmgr.sqlite")
    yield store
    store.close()


@pytest.fixture
def house(store: ServiceStore, nursery: trio.Nursery) -> House:
    house = House(store, nursery)
    services = house.services(Caller("test"))
    services.accounts.add("ann", "secret", Role.SUPERVISOR)
    services.accounts.add("max", "secret", Role.MANAGER)
    services.accounts.add("robot", "secret", Role.SERVICE)
    return house


# -- signing in ----------------------------------------------------------------------------


async def test_supervisor_signs_in_with_a_cookie_that_no_script_reads(house: House) -> None:
    answer = await house.ask("POST", "/session", {"name": "ann", "password": "secret"})
    assert answer.json == {"name": "ann", "organisation": "", "role": "supervisor"}
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=agentmgr_")
    assert {"HttpOnly", "SameSite=strict", "Path=/supervise"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    told = await house.ask("GET", "/session", cookie=cookie.partition(";")[0])
    assert told.json["name"] == "ann"


async def test_cookie_of_a_page_with_tls_never_goes_without(house: House) -> None:
    answer = await house.ask(
        "POST", "/session", {"name": "ann", "password": "secret"}, origin=f"https://{HOST}"
    )
    assert "Secure" in answer.headers["set-cookie"].split("; ")


@pytest.mark.parametrize(
    ("name", "password", "status", "said"),
    [
        ("ann", "wrong", 401, "the account or its password is wrong"),
        ("nobody", "secret", 401, "the account or its password is wrong"),
        (
            "robot",
            "secret",
            403,
            "account robot may not sign in here; that needs the role",
        ),
    ],
)
async def test_who_may_not_sign_in_is_told_why(
    house: House, name: str, password: str, status: int, said: str
) -> None:
    answer = await house.ask("POST", "/session", {"name": name, "password": password})
    assert answer.status == status
    assert answer.error.startswith(said)
    assert "set-cookie" not in answer.headers
    assert "www-authenticate" not in answer.headers  # a browser would ask by itself


async def test_many_wrong_passwords_wait(house: House) -> None:
    for _ in range(4):
        answer = await house.ask("POST", "/session", {"name": "ann", "password": "wrong"})
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("body", [None, [], {"name": "ann"}, {"name": 1, "password": "x"}])
async def test_sign_in_without_name_and_password_refused(house: House, body: object) -> None:
    assert (await house.ask("POST", "/session", body)).status == 400


async def test_signed_out_is_signed_out_for_good(house: House) -> None:
    ann = await house.signed_in()
    assert (await ann.ask("DELETE", "/session")).status == 204
    for answer in (await ann.ask("GET", "/session"), await ann.do("ListCampaigns")):
        assert answer.status == 401


async def test_session_ends_by_itself(house: House) -> None:
    ann = await house.signed_in()
    house.now += SESSION_S - 1
    assert (await ann.ask("GET", "/session")).status == 200
    house.now += 1
    assert (await ann.ask("GET", "/session")).status == 401


async def test_new_password_signs_everybody_out_who_has_the_old_one(house: House) -> None:
    ann, max_ = await house.signed_in(), await house.signed_in("max")
    house.services(Caller("test")).accounts.change("ann", password="another")
    assert (await ann.do("ListCampaigns")).status == 401
    assert (await max_.do("ListCampaigns")).status == 200


async def test_account_that_is_disabled_does_nothing_more(house: House) -> None:
    ann = await house.signed_in()
    house.services(Caller("test")).accounts.change("ann", enabled=False)
    assert (await ann.do("ListCampaigns")).status == 401


@pytest.mark.parametrize("cookie", ["", f"{COOKIE}=", f"{COOKIE}=agentmgr_1_2", "other=1"])
async def test_without_a_session_nothing_is_told(house: House, cookie: str) -> None:
    for method, path in (("GET", "/session"), ("POST", "/do/ListCampaigns"), ("POST", "/import?list_name=L")):
        assert (await house.ask(method, path, {}, cookie=cookie)).status == 401


@pytest.mark.parametrize("origin", ["", "http://elsewhere.example", "null", f"http://{HOST}.example"])
async def test_page_of_another_server_does_nothing(house: House, origin: str) -> None:
    ann = await house.signed_in()
    for method, path in (
        *(("POST", "/do/MakeList"), ("POST", "/import?list_name=L")),
        *(("DELETE", "/session"), ("POST", "/session")),
    ):
        answer = await ann.ask(method, path, {"list_name": "L"}, origin=origin)
        assert (answer.status, answer.error) == (403, "this comes from a page that is not of this server")
    assert house.store.find_list("L") is None


# -- acts ----------------------------------------------------------------------------------


async def test_act_is_carried_out_and_written_down_as_the_account_that_did_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(socket, "audit", lambda act, who, outcome, **_: told.append((act, who, outcome)))
    ann = await house.signed_in()
    answer = await ann.do("AddToDnc", numbers=["+4930901820"])
    refused = await ann.do("PauseCampaign", name="Spring")
    assert answer.json == {"rows": [{"done": "1 added, 0 were on the list already"}]}
    assert (refused.status, refused.error) == (422, "no campaign 'Spring'; there are: none yet")
    assert told == [("AddToDnc", "ann", "done"), ("PauseCampaign", "ann", "refused")]
    listed = await ann.do("ListDnc")
    assert [row["added_by"] for row in listed.json["rows"]] == ["ann"]


@pytest.mark.parametrize(
    ("name", "args", "status", "said"),
    [
        ("DropTables", {}, 422, "the server knows no DropTables"),
        ("PauseCampaign", {}, 422, "unusable arguments of PauseCampaign"),
        ("ReportCompliance", {"timezone": "Nowhere"}, 422, "timezone: found 'Nowhere'; allowed are IANA"),
        ("ReportCompliance", {"first": "1.2."}, 422, "day: found '1.2.'; allowed are days such as"),
        ("ListNumbers", {"scope": "moon"}, 422, "scope: found 'moon'; allowed: "),
        ("MoveImport", {"name": "x", "how": "burn"}, 422, "how: found 'burn'; allowed: pause, resume, stop"),
        ("AddAccount", {}, 403, "AddAccount: needs an account of the role manager; ann is none"),
        ("AddToken", {"account": "max"}, 403, "AddToken: needs an account of the role manager"),
        ("ShowContact", {"user_contact_id": "1", "unmasked": True}, 403, "ShowContact: needs an account"),
    ],
)
async def test_what_cannot_be_done_is_said(
    house: House, name: str, args: dict[str, Any], status: int, said: str
) -> None:
    answer = await (await house.signed_in()).do(name, **args)
    assert answer.status == status
    assert answer.error.startswith(said)


async def test_body_that_is_no_object_of_json_refused(house: House) -> None:
    ann = await house.signed_in()
    for raw, type_, status in (
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * 1_048_577, "application/json", 413),
    ):
        answer = await ann.ask("POST", "/do/ListCampaigns", raw=raw, content_type=type_)
        assert (answer.status, bool(answer.error)) == (status, True)


def test_what_needs_a_manager_is_something_that_can_be_asked() -> None:
    assert {cls.__name__ for cls in get_args(Request)} >= supervise.MANAGERS


async def test_manager_may_do_what_a_supervisor_may_not(house: House) -> None:
    answer = await (await house.signed_in("max")).do("ListAccounts")
    assert [row["account"] for row in answer.json["rows"]] == ["ann", "max", "robot"]


@pytest.mark.parametrize("count", [0, 1, ROWS_AT_A_TIME, 2 * ROWS_AT_A_TIME + 1])
async def test_all_rows_come_however_many_there_are(house: House, store: ServiceStore, count: int) -> None:
    names = [f"L{number:05}" for number in range(count)]
    for name in names:
        store.ensure_list(name, T0)
    ann = await house.signed_in()
    assert [row["list"] for row in (await ann.do("ListContactLists")).json["rows"]] == names
    sheet = await ann.ask("POST", "/do/ListContactLists", {}, accept="text/csv")
    assert sheet.headers["content-type"].startswith("text/csv")
    assert [row["list"] for row in csv.DictReader(sheet.body.decode().splitlines())] == names


async def test_sheet_has_no_cell_that_a_spreadsheet_runs(house: House, store: ServiceStore) -> None:
    store.ensure_list("=1+1", T0)
    sheet = await (await house.signed_in()).ask("POST", "/do/ListContactLists", {}, accept="text/csv")
    assert "'=1+1" in sheet.body.decode()


async def test_contacts_of_a_file_are_imported_and_rejects_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(socket, "audit", lambda act, who, outcome, **more: told.append((act, who, more)))
    ann = await house.signed_in()
    file = "UserContactId,PhoneNumber1\nC1,+4930901820\nC2,12\n"
    answer = await ann.ask("POST", "/import?list_name=Spring&country=DE", raw=file.encode())
    *rejects, report = answer.json["rows"]
    assert [(row["line"], row["column"]) for row in rejects] == [(3, "PhoneNumber1")]
    assert (report["created"], report["rejected"]) == (1, 1)
    assert told == [("ImportContacts", "ann", {"list_name": "Spring"})]


@pytest.mark.parametrize(
    ("file", "said"), [(b"", "is empty"), (b"\xff\xfe\xff", "utf-16"), (b"a,b\n1,2\n", "UserContactId")]
)
async def test_file_of_no_use_refused(house: House, file: bytes, said: str) -> None:
    answer = await (await house.signed_in()).ask("POST", "/import?list_name=Spring", raw=file)
    assert answer.status == 422
    assert said in answer.error


# -- what goes on --------------------------------------------------------------------------

ROWS = (
    {"kind": "zone", "zone": "North", "whole": True, "looked": True},
    {"kind": "agent", "zone": "North", "agent": "1001"},
    {"kind": "drawn"},
)


async def floor_of(house: House, cookie: str, **more: Any) -> tuple[int, Page]:
    """Open what goes on, through the server; returns HTTP's status and the page."""
    listener = MemoryListener()
    house.nursery.start_soon(WebServer(house.app, WebLimits(), streamed=STREAMED).serve, [listener])
    page = Page(listener.connect())
    return await page.open(target="/supervise/floor", cookie=cookie, **more), page


async def test_page_sees_what_goes_on(house: House) -> None:
    house.pictures.append(ROWS)
    status, page = await floor_of(house, (await house.signed_in()).cookie)
    assert status == 101
    assert await page.next() == list(ROWS)
    house.boards.close()
    assert await page.next() is None
    assert page.closed_with == 1001


async def test_floor_is_shown_to_nobody_else(house: House) -> None:
    ann = await house.signed_in()
    assert (await floor_of(house, ""))[0] == 403
    assert (await floor_of(house, f"{COOKIE}=agentmgr_1_2"))[0] == 403
    assert (await floor_of(house, ann.cookie, origin="http://elsewhere.example"))[0] == 403
    assert (await floor_of(house, ann.cookie, origin=None))[0] == 403


async def test_page_of_somebody_who_was_signed_out_elsewhere_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "LOOK_S", 0.01)
    house.pictures.append(ROWS)
    ann = await house.signed_in()
    _, page = await floor_of(house, ann.cookie)
    await page.next()
    await ann.ask("DELETE", "/session")
    with trio.fail_after(20):
        assert await page.next() is None
    assert page.closed_with == 4401


async def test_page_that_leaves_is_not_drawn_for(house: House) -> None:
    house.pictures.append(ROWS)
    _, page = await floor_of(house, (await house.signed_in()).cookie)
    await page.next()
    await page.stream.aclose()
    with trio.fail_after(5):
        while house.boards._boards:
            await trio.lowlevel.checkpoint()


async def test_act_may_take_longer_than_requests_do(
    house: House, monkeypatch: pytest.MonkeyPatch, mock_clock: trio.testing.MockClock
) -> None:
    began, ends = threading.Event(), threading.Event()

    def slow(*_: object) -> Iterator[dict[str, str]]:
        began.set()
        ends.wait()
        yield {"done": "at last"}

    answers: list[Answer] = []

    async def ask(ann: Browser) -> None:
        answers.append(await ann.do("ListCampaigns"))

    monkeypatch.setattr(supervise, "from_socket", lambda services: slow)
    limits = WebLimits(request_s=2 * supervise.SIGN_S)
    house.app = Limited(house.app, limits, frozenset(), STREAMED)  # type: ignore[assignment]
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, await house.signed_in())
            await trio.to_thread.run_sync(began.wait)
            for _ in range(5):
                await trio.testing.wait_all_tasks_blocked()
                mock_clock.jump(supervise.SIGN_S)
            ends.set()
    finally:
        ends.set()
    (answer,) = answers
    assert (answer.status, answer.json) == (200, {"rows": [{"done": "at last"}]})
