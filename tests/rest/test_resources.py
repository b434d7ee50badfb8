"""Resources over the operations: what is found, what is read, how it is refused."""

from typing import Any

import attrs
import pytest
from attrs import evolve, frozen
from client import Client

from agentmgr.api.faults import Refused
from agentmgr.api.operations import CONTRACTS
from agentmgr.campaign.service import Cause
from agentmgr.campaign.services import Services
from agentmgr.rest import routes as table
from agentmgr.rest.problems import STATUS
from agentmgr.rest.routes import Route, Routes, operation_routes
from agentmgr.rest.values import fields_of
from agentmgr.web.routes import resources

SIGNATURES = [signature for service in CONTRACTS for signature in service.signatures]


@frozen
class Thing:
    """Look at a thing."""

    Name: str
    Count: int
    Big: bool = False
    Parts: tuple[str, ...] = ()
    Share: float | None = None


@frozen
class ThingResponse:
    Name: str
    Count: int
    Note: str | None = None


def a_thing(request: Thing, services: Services) -> ThingResponse:
    if request.Name == "broken":
        raise RuntimeError("planted")
    if request.Name in Cause.__members__:
        raise Refused(-7, f"no {request.Name}", Cause[request.Name])
    if request.Name == "lost":
        raise Refused(-43, "the store failed")
    return ThingResponse(
        f"{request.Name}|{request.Big}|{request.Share}|{'+'.join(request.Parts)}", request.Count
    )


THINGS = (
    Route("GET", "/things/{Name}", Thing, ThingResponse, a_thing, "things"),
    Route("PUT", "/things/{Name}", Thing, ThingResponse, a_thing, "things"),
)


@pytest.fixture
def things(client: Client) -> Client:
    return evolve(client, routes=THINGS)


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda each: each.name)
def test_operation_has_a_resource_or_another_that_takes_its_place(signature: Any) -> None:
    if signature.name in table.WITHOUT:
        assert signature.name not in table._OF_OPERATIONS
        return
    method, path, names = table._OF_OPERATIONS[signature.name]
    route = Route(method, path, signature.request, signature.response, a_thing, "", names)
    assert set(route.in_path.values()) <= set(fields_of(signature.request))


def test_every_resource_is_one_of_its_shape_and_has_one_set_of_names() -> None:
    everything = [
        Route(*table._OF_OPERATIONS[each.name][:2], each.request, each.response, a_thing, "")
        for each in SIGNATURES
        if each.name not in table.WITHOUT
    ]
    Routes(everything)  # raises if two are one
    shapes = {
        tuple("{}" if part[:1] == "{" else part for part in each.parts): each.path for each in everything
    }
    assert {each.path for each in everything} == set(shapes.values())


def test_every_cause_has_a_status() -> None:
    assert set(STATUS) == set(Cause)


@pytest.mark.parametrize("cause", Cause)
async def test_refusal_has_the_status_of_its_cause_and_says_why(things: Client, cause: Cause) -> None:
    answer = await things.call("GET", f"/things/{cause.name}?Count=1")
    assert answer.status == STATUS[cause]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] == -7
    assert answer.json["cause"] == cause.name
    assert answer.json["detail"] == f"no {cause.name}"


async def test_store_that_fails_is_503_with_its_code(things: Client) -> None:
    answer = await things.call("GET", "/things/lost?Count=1")
    assert (answer.status, answer.json["code"]) == (503, -43)


async def test_fault_of_the_server_is_500_without_what_it_was(things: Client) -> None:
    answer = await things.call("GET", "/things/broken?Count=1")
    assert answer.status == 500
    assert "planted" not in answer.body.decode()


async def test_query_is_read_by_the_types_of_its_fields(things: Client) -> None:
    answer = await things.call("GET", "/things/a%2Fb%C3%BC?Count=-3&Big=true&Parts=x&Parts=y&Share=0.5")
    assert (answer.status, answer.json) == (200, {"Name": "a/bü|True|0.5|x+y", "Count": -3})


async def test_body_has_the_fields_that_the_path_has_not(things: Client) -> None:
    answer = await things.call("PUT", "/things/a", {"Count": 3, "Parts": ["x"]})
    assert (answer.status, answer.json) == (200, {"Name": "a|False|None|x", "Count": 3})


async def test_all_mistakes_are_told_with_their_paths(things: Client) -> None:
    answer = await things.call("PUT", "/things/a", {"Count": "3", "Parts": ["x", 4], "Big": 1, "Pig": 1})
    assert answer.status == 400
    assert {each["path"]: each["detail"] for each in answer.json["errors"]} == {
        "Count": "needs a whole number of 32 bits",
        "Parts[1]": "needs a text",
        "Big": "needs true or false",
        "": "unknown fields: Pig",
    }


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("", "Count"),
        ("Count=x", "Count"),
        ("Count=%D9%A1", "Count"),
        ("Count=%2B1", "Count"),
        ("Count=1_0", "Count"),
        ("Count=%201", "Count"),
        ("Count=1&Share=1_0.5", "Share"),
        ("Count=2147483648", "Count"),
        ("Count=1&Share=NaN", "Share"),
        ("Count=1&Share=1e999", "Share"),
        ("Count=1&Big=yes", "Big"),
        ("Count=1&Other=2", "query Other"),
        ("Count=1&Name=b", "query Name"),
        ("Count=1&Parts=a%00b", "Parts[0]"),
    ],
)
async def test_query_that_is_none_is_refused_where_it_is_wrong(things: Client, query: str, path: str) -> None:
    answer = await things.call("GET", f"/things/a?{query}")
    assert answer.status == 400
    assert [each["path"] for each in answer.json["errors"]] == [path]


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b"1", b'"x"', b"\xff", b'{"Count": NaN}', b'{"Count": 1e400}', b"[" * 100_000]
)
async def test_body_that_is_no_request_is_refused(things: Client, raw: bytes) -> None:
    answer = await things.call("PUT", "/things/a", raw=raw, content_type="application/json")
    assert answer.status == 400
    assert answer.json["errors"]


async def test_field_of_the_path_is_not_in_the_body_too(things: Client) -> None:
    answer = await things.call("PUT", "/things/a", {"Name": "b", "Count": 1})
    assert answer.json["errors"] == [{"path": "Name", "detail": "stands in the path already"}]


async def test_body_of_another_type_is_415(things: Client) -> None:
    answer = await things.call("PUT", "/things/a", raw=b"<x/>", content_type="text/xml")
    assert answer.status == 415


@pytest.mark.parametrize(
    ("text", "status"), [("a\nb", 200), ("a\r\nb\tc", 200), ("a\rb", 400), ("a\x07", 400)]
)
async def test_text_may_have_lines_where_its_service_lets_it(things: Client, text: str, status: int) -> None:
    answer = await things.call("PUT", "/things/a", {"Count": 1, "Parts": [text]})
    assert answer.status == status


async def test_body_that_is_packed_is_415(things: Client) -> None:
    answer = await things.call("PUT", "/things/a", {"Count": 1}, content_encoding="gzip")
    assert (answer.status, answer.json["detail"]) == (415, "a body packed as gzip is not read; send it plain")


@pytest.mark.parametrize("path", ["/nothing", "/things", "/things/", "/things/a/", "/things/a/b", ""])
async def test_no_such_resource_is_404(things: Client, path: str) -> None:
    answer = await things.call("GET", path)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["DELETE", "POST", "PATCH", "OPTIONS", "TRACE", "HEAD"])
async def test_wrong_method_is_405_and_says_which_are_right(things: Client, method: str) -> None:
    answer = await things.call(method, "/things/a")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, PUT")


async def test_path_may_have_line_breaks_in_its_names(things: Client) -> None:
    answer = await things.call("GET", "/things/a%0Ab?Count=1")
    assert answer.status == 200
    answer = await things.call("GET", "/things/a%0Db?Count=1")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")


async def test_path_that_is_no_utf8_is_400(things: Client) -> None:
    assert (await things.call("GET", "/things/%FF?Count=1")).status == 400


async def test_nobody_is_told_anything_without_signing_in(things: Client) -> None:
    stranger = evolve(things, user=None)
    for path in ("/things/a?Count=1", "/nothing"):
        answer = await stranger.call("GET", path)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Basic")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_operations_are_carried_out(client: Client) -> None:
    assert (await client.call("GET", "/dnc/+493012345678")).json == {"Result": False}
    assert (await client.call("PUT", "/dnc/+493012345678")).status == 200
    assert (await client.call("GET", "/dnc/+493012345678")).json == {"Result": True}
    again = await client.call("PUT", "/dnc/+493012345678", {})
    assert (again.status, again.json["code"], again.json["cause"]) == (409, -9, "ON_DNC")
    assert (await client.call("DELETE", "/dnc/+493012345678")).status == 200


def test_operations_that_are_served_have_their_routes() -> None:
    assert {each.name for each in operation_routes()}
    assert all(attrs.has(each.request) for each in operation_routes())


async def test_calls_that_change_something_or_are_of_customers_are_written_down(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[str, str, str]] = []

    def write(act: str, who: str, outcome: str, **more: object) -> None:
        written.append((act, who, outcome))

    monkeypatch.setattr("agentmgr.web.calls.audit", write)
    every = evolve(client, routes=resources())
    await every.call("PUT", "/lists/A", {})
    await every.call("GET", "/lists")
    await every.call("GET", "/lists/A/contacts")
    await every.call("DELETE", "/lists/A/contacts/x")
    await every.call("DELETE", "/lists/A/contacts/x?pig=1")
    lines = {"raw": b'{"UserContactId": "1"}\n\n{', "content_type": "application/x-ndjson"}
    await every.call("POST", "/lists/A/contacts", **lines)  # type: ignore[arg-type]
    assert written == [
        ("MakeContactList", "ann", "done"),
        ("ListContacts", "ann", "done"),
        ("DeleteContactFromList", "ann", "refused 404"),
        ("SaveContacts", "ann", "done, 3 lines"),
    ]
