"""The record for auditors over REST: the same figures as at the command line, by pages or as CSV."""

import csv
import io

import pytest
from attrs import evolve
from client import Client

from agentmgr.admin.rows import COMPLIANCE_COLUMNS, REPORT_COLUMNS
from agentmgr.core.effects import EndAttempt, MarkAnswered, Record, StartAttempt
from agentmgr.rest.listings import listing_routes
from agentmgr.rest.openapi import describe
from agentmgr.rest.routes import operation_routes
from protocol.enums import ContactType

MIDNIGHT = 1_749_945_600.0
"""2025-06-15 00:00 UTC, the day of the client's clock, and what follows."""
CALLED = "/campaigns/Summer/compliance"


@pytest.fixture
async def called(client: Client) -> Client:
    """A campaign that had three live answers on a day, of which one was abandoned."""
    found = evolve(client, routes=[*operation_routes(), *listing_routes()])
    await found.call("PUT", "/lists/A", {})
    contact = {"UserContactId": "C-7", "ContactListName": "A", "PhoneNumber1": "+4930901827"}
    assert (await found.call("POST", "/contacts", {"ContactToBeSaved": contact})).status == 200
    await found.call("POST", "/campaigns", {"name": "Summer", "skill": "sales", "lists": ["A"]})
    store = client.store
    job_id = store.create_job(store.campaigns()[0].campaign_id, ("Z",), MIDNIGHT)
    store.fill_job(job_id, 0, 10)
    records: list[Record] = []
    for name, outcome in (("a1", "Handled"), ("a2", "Nuisance"), ("a3", "Handled"), ("a4", "NoAnswer")):
        start = StartAttempt(
            name, job_id, 1, ContactType.Predictive, "+4930901827", MIDNIGHT, dialed_at=MIDNIGHT
        )
        records.append(evolve(start, session_id=name))
        if outcome != "NoAnswer":
            records.append(MarkAnswered(name, MIDNIGHT + 5, None))
        records.append(EndAttempt(name, outcome, MIDNIGHT + 9))
    store.commit(store.open_zone("Z", MIDNIGHT).token, records)  # type: ignore[attr-defined]  # a zone's store too
    return found


async def test_days_have_the_columns_of_the_command_line(called: Client) -> None:
    answer = await called.call("GET", f"{CALLED}?From=2025-06-14&To=2025-06-15")
    before, day = answer.json["Days"]
    assert list(day) == list(COMPLIANCE_COLUMNS)
    assert (before["day"], before["dials"], before["within_limit"]) == ("2025-06-14", 0, "yes")
    assert (day["dials"], day["live_answers"], day["abandoned"], day["abandon_rate"]) == (4, 3, 1, 0.33333)
    assert (day["abandon_rate_30_days"], day["within_limit"]) == (0.33333, "no")


async def test_days_come_page_by_page_up_to_the_last(called: Client) -> None:
    found, after = [], ""
    while True:
        answer = await called.call("GET", f"{CALLED}?From=2025-06-11&To=2025-06-15&limit=2{after}")
        found.append([day["day"][-2:] for day in answer.json["Days"]])
        if "Next" not in answer.json:
            break
        after = f"&after={answer.json['Next']}"
    assert found == [["11", "12"], ["13", "14"], ["15"]]
    assert answer.json["Days"][0]["live_answers_30_days"] == 3


async def test_sheet_is_csv_with_the_same_days(called: Client) -> None:
    answer = await called.call("GET", f"{CALLED}.csv?From=2025-06-14&To=2025-06-15")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    days = (await called.call("GET", f"{CALLED}?From=2025-06-14&To=2025-06-15")).json["Days"]
    assert rows == [{name: str(value) for name, value in day.items()} for day in days]


async def test_days_are_those_of_the_clocks_that_are_named(called: Client) -> None:
    answer = await called.call("GET", f"{CALLED}?From=2025-06-14&To=2025-06-14&Timezone=America/New_York")
    assert [day["dials"] for day in answer.json["Days"]] == [4]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?From=yesterday", 422),
        ("?To=2025-13-01", 422),
        ("?Timezone=Berlin", 422),
        ("?Timezone=../UTC", 422),
        ("?From=2025-06-15&To=2025-06-14", 422),
        ("?limit=0", 422),
        ("?after=x", 422),
        ("?from=2025-06-14", 400),
    ],
)
async def test_days_that_are_none_are_refused(called: Client, query: str, status: int) -> None:
    assert (await called.call("GET", CALLED + query)).status == status


async def test_campaign_of_nobody_or_of_others_has_no_record(called: Client) -> None:
    assert (await called.call("GET", "/campaigns/Winter/compliance.csv")).status == 404
    called.store.add_organisation("South", 0.0)
    called.store.add_organisation("North", 0.0)
    body = {"name": "N", "skill": "sales", "lists": ["A"], "organisation": "North"}
    await called.call("POST", "/campaigns", body)
    answer = await evolve(called, organisation="South").call("GET", "/campaigns/N/compliance.csv")
    assert (answer.status, answer.headers["content-type"]) == (403, "application/problem+json")


def test_sheet_is_described_as_text() -> None:
    operation = describe(listing_routes(), "1")["paths"]["/campaigns/{CampaignName}/compliance.csv"]["get"]
    assert operation["responses"]["200"]["content"] == {"text/csv": {"schema": {"type": "string"}}}


# -- reports: counted alike ----------------------------------------------------------------


async def test_report_has_the_figures_of_the_record(called: Client) -> None:
    answer = await called.call("GET", "/reports/campaign?From=2025-06-14&To=2025-06-15")
    (row,) = answer.json["Rows"]
    assert list(row) == list(REPORT_COLUMNS)
    assert (row["key"], row["dials"], row["live_answers"], row["abandoned"]) == ("Summer", 4, 3, 1)
    sheet = await called.call("GET", "/reports/campaign/csv?From=2025-06-14&To=2025-06-15")
    assert list(csv.DictReader(io.StringIO(sheet.body.decode()))) == [
        {name: str(value) for name, value in row.items()}
    ]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("moon", 422),
        ("agent?From=yesterday", 422),
        ("hour?Timezone=Berlin", 422),
        ("code?CampaignName=W", 404),
    ],
)
async def test_report_that_cannot_be_is_refused(called: Client, query: str, status: int) -> None:
    assert (await called.call("GET", f"/reports/{query}")).status == status


async def test_report_is_of_what_the_caller_sees(called: Client) -> None:
    called.store.add_organisation("South", 0.0)
    body = {"name": "N", "skill": "sales", "lists": ["A"], "organisation": "South"}
    await called.call("POST", "/campaigns", body)
    called.store.add_organisation("North", 0.0)
    north = evolve(called, organisation="North")
    assert (await north.call("GET", "/reports/campaign?CampaignName=N")).status == 403
    assert (await north.call("GET", "/reports/campaign?From=2025-06-15")).json["Rows"][0]["key"] == "Summer"
