"""What is beside the operations: pages of everything, campaigns as data."""

from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve
from client import Client

from agentmgr.ports import DncEntry
from agentmgr.rest.listings import listing_routes

SUMMER = {"name": "Summer", "skill": "sales", "lists": ["A"]}


@pytest.fixture
def all_of(client: Client) -> Client:
    return evolve(client, routes=listing_routes())


async def pages(client: Client, path: str, key: str) -> list[list[Any]]:
    """Return what a list has, page by page."""
    found: list[list[Any]] = []
    after = ""
    while True:
        answer = await client.call("GET", f"{path}{'&' if '?' in path else '?'}limit=2{after}")
        assert answer.status == 200, answer.json
        found.append(answer.json[key])
        if "Next" not in answer.json:
            return found
        after = f"&after={quote(answer.json['Next'])}"


async def test_lists_are_made_and_named_page_by_page(all_of: Client) -> None:
    for name in "CABED":
        assert (await all_of.call("PUT", f"/lists/{name}", {"Country": "DE"})).json == {"IsNew": True}
    assert (await all_of.call("PUT", "/lists/A", {})).json == {"IsNew": False}
    found = await pages(all_of, "/lists", "ContactLists")
    assert [[each["Name"] for each in page] for page in found] == [["A", "B"], ["C", "D"], ["E"]]
    assert found[0][0] == {"Name": "A", "Contacts": 0, "Country": "DE"}


async def test_list_of_another_organisation_is_neither_named_nor_made(all_of: Client) -> None:
    all_of.store.add_organisation("North", 0.0)
    all_of.store.add_organisation("South", 0.0)
    await all_of.call("PUT", "/lists/N", {"OrgName": "North"})
    await all_of.call("PUT", "/lists/A", {})
    south = evolve(all_of, organisation="South")
    assert await pages(south, "/lists", "ContactLists") == [[{"Name": "A", "Contacts": 0}]]
    answer = await south.call("PUT", "/lists/N", {})
    assert (answer.status, answer.json["cause"]) == (403, "FOREIGN_LIST")
    assert (await south.call("GET", "/lists/N/contacts")).status == 403


async def test_campaign_is_made_read_changed_and_deleted(all_of: Client) -> None:
    await all_of.call("PUT", "/lists/A", {})
    made = await all_of.call("POST", "/campaigns", {**SUMMER, "pacing": "progressive"})
    assert (made.status, made.json["Campaign"]["pacing"]) == (200, "progressive")
    assert (await all_of.call("GET", "/campaigns/Summer")).json == made.json
    changed = await all_of.call("PATCH", "/campaigns/Summer", {"priority": 9})
    assert changed.json["Campaign"] == {**made.json["Campaign"], "priority": 9}
    assert (await all_of.call("GET", "/campaigns/Summer")).json == changed.json
    assert await pages(all_of, "/campaigns", "Campaigns") == [[{"Name": "Summer", "ContactLists": ["A"]}]]
    assert (await all_of.call("GET", "/campaigns/Summer/dispositions")).json == {"Dispositions": []}
    assert (await all_of.call("DELETE", "/campaigns/Summer")).json == {"Attempts": 0, "Dispositions": 0}
    assert (await all_of.call("GET", "/campaigns/Summer")).status == 404


async def test_campaign_that_cannot_be_says_all_that_is_wrong(all_of: Client) -> None:
    answer = await all_of.call("POST", "/campaigns", {**SUMMER, "priority": 99, "pig": 1})
    assert (answer.status, answer.json["cause"]) == (422, "BAD_VALUE")
    assert "priority" in answer.json["detail"]
    assert "pig" in answer.json["detail"]
    missing = await all_of.call("POST", "/campaigns", SUMMER)
    assert (missing.status, missing.json["cause"]) == (404, "NO_SUCH_LIST")
    assert (await all_of.call("POST", "/campaigns", [1])).status == 400


async def test_dnc_is_read_page_by_page(all_of: Client) -> None:
    all_of.store.add_to_dnc([DncEntry(f"+4930{number:07}", "ann", 1.5) for number in range(5)])
    found = await pages(all_of, "/dnc", "Addresses")
    assert [len(page) for page in found] == [2, 2, 1]
    assert found[0][0] == {
        "Address": "+49300000000",
        "AddedBy": "ann",
        "AddedAt": "1970-01-01T00:00:01.500000Z",
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/lists?limit=0", 422),
        ("/lists?limit=1001", 422),
        ("/attempts?after=x", 422),
        ("/attempts?after=1:nan:x", 422),
        ("/attempts?after=99999999999:1:x", 422),
        ("/attempts?CampaignName=x", 404),
        ("/attempts?Outcome=x", 422),
        ("/attempts?Since=yesterday", 400),
        ("/attempts", 200),
        ("/campaigns/x/dispositions", 404),
        ("/lists/x/contacts", 404),
        ("/dnc?OrgName=x", 404),
    ],
)
async def test_page_that_cannot_be_is_refused(all_of: Client, path: str, status: int) -> None:
    assert (await all_of.call("GET", path)).status == status
