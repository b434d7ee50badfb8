"""What is beside the operations: pages of everything, campaigns as data."""

from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve
from client import T0, Client

from agentmgr.campaign.campaigns import DEFAULT_CODE_ID, DEFAULT_COMPLETION_CODES
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.core.model import CampaignSpec, PacingType, PhoneNumber
from agentmgr.ports import ContactDraft, DncEntry, JobState, NoFloors
from agentmgr.rest.listings import JobStateName, listing_routes

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


async def test_list_has_a_name_of_100_characters_at_most(all_of: Client) -> None:
    assert (await all_of.call("PUT", f"/lists/{'a' * 100}", {})).json == {"IsNew": True}
    assert (await all_of.call("PUT", f"/lists/{'a' * 101}", {})).status == 422


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
    many = await all_of.call(
        "POST", "/campaigns", {**SUMMER, "codes": [{"name": str(n)} for n in range(1001)]}
    )
    assert (many.status, many.json["detail"]) == (422, "codes: found 1001; allowed: at most 1000")


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


def run(client: Client, campaign: str, *, times: int = 1, organisation: str = "") -> list[int]:
    """Make a campaign on a list of its own, and jobs of it."""
    list_id = client.store.ensure_list(f"List of {campaign}", T0, "", organisation)
    client.store.put_contacts(
        list_id, [ContactDraft("U1", (PhoneNumber("PhoneNumber1", "+12125550001", "UTC"),), {})], T0
    )
    at = Backing(client.store, lambda: T0, lambda: frozenset({"Z"}), lambda zone: None, NoFloors())
    campaigns = Services(at, Caller("ann", organisation)).campaigns
    codes = {"completion_codes": DEFAULT_COMPLETION_CODES, "default_code_id": DEFAULT_CODE_ID}
    campaigns.create(
        CampaignSpec(0, campaign, PacingType.Predictive, "sales", **codes),  # type: ignore[arg-type]
        [f"List of {campaign}"],
    )
    return [campaigns.run(campaign, ["Z"]).job.job_id for _ in range(times)]


async def test_jobs_are_named_page_by_page_of_a_campaign_or_all_and_by_their_states(all_of: Client) -> None:
    spring, summer = run(all_of, "Spring", times=3), run(all_of, "Summer", times=2)
    found = await pages(all_of, "/jobs", "Jobs")
    assert [[each["JobID"] for each in page] for page in found] == [
        spring[:2],
        [spring[2], summer[0]],
        summer[1:],
    ]
    assert found[0][0] == {
        "JobID": spring[0],
        "CampaignName": "Spring",
        "JobState": "Running",
        "Contacts": 1,
        "CreatedAt": "2025-06-15T15:06:40Z",
        "StartedAt": "2025-06-15T15:06:40Z",
    }

    async def ids(query: str) -> list[int]:
        return [each["JobID"] for page in await pages(all_of, f"/jobs?{query}", "Jobs") for each in page]

    assert await ids("CampaignName=Summer") == summer
    assert await ids("JobState=Queued") == [*spring[1:], *summer[1:]]
    assert await ids("JobState=Queued&JobState=Running&CampaignName=Spring") == spring
    assert await ids("JobState=Finished") == []
    for query, code in (
        ("JobState=JOB_ACTIVE", 400),
        ("CampaignName=x", 404),
        ("after=x", 422),
        ("limit=0", 422),
    ):
        assert (await all_of.call("GET", f"/jobs?{query}")).status == code


async def test_job_says_how_far_it_is(all_of: Client) -> None:
    (job_id,) = run(all_of, "Spring")
    assert (await all_of.call("GET", f"/jobs/{job_id}")).json == {
        "JobID": job_id,
        "CampaignName": "Spring",
        "JobState": "Running",
        "Contacts": 1,
        "Done": 0,
        "CallBacks": 0,
        "Zones": ["Z"],
        "CreatedAt": "2025-06-15T15:06:40Z",
    }
    missing = await all_of.call("GET", "/jobs/99")
    assert (missing.status, missing.json["cause"]) == (404, "NO_SUCH_JOB")


async def test_jobs_of_another_organisation_are_neither_named_nor_shown(all_of: Client) -> None:
    for name in ("North", "South"):
        all_of.store.add_organisation(name, T0)
    north = run(all_of, "N", times=3, organisation="North")
    common = run(all_of, "C", times=2)
    south = run(all_of, "S", times=1, organisation="South")
    caller = evolve(all_of, organisation="South")
    found = await pages(caller, "/jobs", "Jobs")
    assert [[each["JobID"] for each in page] for page in found] == [common, south]
    assert found[1][0]["OrgName"] == "South"
    assert (await caller.call("GET", "/jobs?CampaignName=N")).status == 403
    foreign = await caller.call("GET", f"/jobs/{north[0]}")
    assert (foreign.status, foreign.json["cause"]) == (403, "FOREIGN_CAMPAIGN")


def test_states_of_jobs_have_names() -> None:
    assert [each.name for each in JobStateName] == [each.name for each in JobState]
    assert all(each.name == each.value for each in JobStateName)
