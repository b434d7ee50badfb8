"""Many contacts in one request: a line each, and a line of answer for each."""

from typing import Any

import orjson
import pytest
from attrs import evolve
from client import Answer, Client
from test_listings import pages

from agentmgr.ports import DncEntry
from agentmgr.rest.bulk import LINES, MAX_LINE_BYTES, Lines, bulk_route
from agentmgr.rest.listings import listing_routes

PATH = "/lists/A/contacts"


@pytest.fixture
async def bulk(client: Client) -> Client:
    found = evolve(client, routes=[*listing_routes(), bulk_route()])
    await found.call("PUT", "/lists/A", {"Country": "DE"})
    return found


async def send(client: Client, *lines: Any, path: str = PATH) -> Answer:
    raw = b"\n".join(each if isinstance(each, bytes) else orjson.dumps(each) for each in lines)
    return await client.call("POST", path, raw=raw, content_type="application/x-ndjson")


def answers(answer: Answer) -> list[Any]:
    return [orjson.loads(line) for line in answer.body.splitlines()]


async def test_lines_are_stored_and_answered_each_in_its_place(bulk: Client) -> None:
    answer = await send(
        bulk,
        {"UserContactId": "1", "PhoneNumber1": "030 1234567", "FirstName": "Ada"},
        b"",
        b"{",
        {"UserContactId": "2", "PhoneNumber1": "1"},
        {"UserContactId": "3", "Pig": 1},
        {"UserContactId": "4", "ContactListName": "B"},
        {"UserContactId": "1", "LastName": "King"},
    )
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson")
    found = answers(answer)
    assert [each["Line"] for each in found] == [1, 3, 4, 5, 6, 7]
    assert found[0] == {"Line": 1, "UserContactId": "1", "Result": 0}
    assert [each.get("Cause") for each in found] == [None, *["BAD_VALUE"] * 4, None]
    ((contact,),) = await pages(bulk, PATH, "Contacts")
    assert contact["UserContactId"] == "1"
    assert contact["Attributes"]["PhoneNumber1"] == "+49301234567"
    assert contact["Attributes"]["TimeZone"] == "Europe/Berlin"
    assert (contact["Attributes"]["FirstName"], contact["Attributes"]["LastName"]) == ("Ada", "King")


async def test_more_lines_than_are_stored_at_a_time_are_all_stored(bulk: Client) -> None:
    count = 2 * LINES + 7
    answer = await send(bulk, *({"UserContactId": f"{n:05}", "FirstName": "x"} for n in range(count)))
    assert [each["Line"] for each in answers(answer)] == list(range(1, count + 1))
    assert (await bulk.call("GET", "/lists")).json["ContactLists"][0]["Contacts"] == count


async def test_list_that_is_not_there_is_404_before_anything_is_read(bulk: Client) -> None:
    answer = await send(bulk, b"{", path="/lists/B/contacts")
    assert (answer.status, answer.json["cause"]) == (404, "NO_SUCH_LIST")


async def test_body_of_another_type_is_415(bulk: Client) -> None:
    assert (await bulk.call("POST", PATH, {"UserContactId": "1"})).status == 415


async def test_number_on_the_dnc_list_is_refused_if_that_is_asked_for(bulk: Client) -> None:
    bulk.store.add_to_dnc([DncEntry("+49301234567", "ann", 1.0)])
    line = {"UserContactId": "1", "PhoneNumber1": "+49301234567"}
    assert answers(await send(bulk, line, path=f"{PATH}?CheckDNC=true"))[0]["Cause"] == "CHECK_FAILED"
    assert answers(await send(bulk, line))[0]["Result"] == 0


def test_lines_are_the_same_however_the_body_is_cut() -> None:
    body = b'{"a": 1}\n\n{"b": 2}\r\n{"c": 3}'
    for size in range(1, len(body) + 1):
        lines = Lines()
        for start in range(0, len(body), size):
            lines.feed(body[start : start + size])
        lines.end()
        assert [(number, line.strip()) for number, line in lines.waiting] == [
            (1, b'{"a": 1}'),
            (3, b'{"b": 2}'),
            (4, b'{"c": 3}'),
        ]


def test_line_without_an_end_does_not_fill_the_memory() -> None:
    lines = Lines()
    for _ in range(1000):
        lines.feed(b"x" * 1000)
    lines.feed(b"\n{}")
    lines.end()
    assert [(number, len(line)) for number, line in lines.waiting] == [(1, MAX_LINE_BYTES + 1), (2, 2)]


async def test_line_that_is_too_long_is_refused_alone(bulk: Client) -> None:
    long = {"UserContactId": "2", "FirstName": "x" * MAX_LINE_BYTES}
    found = answers(await send(bulk, {"UserContactId": "1"}, long, {"UserContactId": "3"}))
    assert [each.get("Result") for each in found] == [0, None, 0]
    assert found[1] == {"Line": 2, "Cause": "BAD_VALUE", "Detail": "is longer than 65536 bytes"}
