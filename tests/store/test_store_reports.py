"""Reports: what they add up is what the status and the record for auditors count."""

from itertools import count
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores import T0, Bench

from agentmgr.core.effects import EndAttempt, MarkAnswered, SaveDisposition, StartAttempt
from agentmgr.ports import ReportCounts
from protocol.enums import ContactType

DAY_S = 86_400.0
OUTCOMES = ("Handled", "Nuisance", "Cancelled", "Interrupted", "NoAnswer", "Busy", "DncBlocked")
NUMBERS = count(1)


def call(
    bench: Bench,
    at: float,
    outcome: str,
    kind: ContactType = ContactType.Predictive,
    agent_id: str = "",
    code_id: int | None = None,
) -> None:
    """An attempt; what a person answered took five seconds, and a minute with an agent."""
    name = f"{next(NUMBERS):010}"
    is_dialed = outcome != "DncBlocked"
    start = StartAttempt(name, bench.job_id, 1, kind, "+4930", at, number_name="PhoneNumber1")
    records: list[Any] = [evolve(start, session_id=name, dialed_at=at if is_dialed else None)]
    if outcome in ("Handled", "Nuisance", "Interrupted"):
        records.append(MarkAnswered(name, at + 5.0, agent_id or None))
    if code_id is not None:
        records.append(SaveDisposition(name, bench.job_id, 1, agent_id, code_id, "agent", at + 65.0))
    records.append(EndAttempt(name, outcome, at + 65.0, dialed=is_dialed))
    bench.store.commit(bench.token, records)


def report(bench: Bench, by: str = "", until: float = T0 + DAY_S) -> dict[str, ReportCounts]:
    (campaign,) = bench.store.campaigns()
    return {each.key: each for each in bench.store.report(by, campaign.campaign_id, T0, until)}


@pytest.fixture
def called(bench: Bench) -> Bench:
    call(bench, T0, "Handled", agent_id="1001", code_id=1)
    call(bench, T0 + 10, "Handled", agent_id="1001", code_id=2)
    call(bench, T0 + 20, "Handled", ContactType.Preview, "1002", code_id=1)
    call(bench, T0 + 30, "Nuisance")
    call(bench, T0 + 40, "NoAnswer")
    call(bench, T0 + 50, "DncBlocked")
    call(bench, T0 + DAY_S, "NoAnswer")
    return bench


def test_all_together(called: Bench) -> None:
    numbers = {"attempts": 6, "dials": 5, "answers": 4, "live_answers": 3, "abandoned": 1}
    assert report(called) == {"": ReportCounts("", **numbers, handled=3, successes=2, handle_s=180.0)}
    assert report(called, until=T0) == {}


def test_by_agent_those_without_one_are_together(called: Bench) -> None:
    found = report(called, "agent")
    assert {key: (each.handled, each.successes, each.handle_s) for key, each in found.items()} == {
        "1001": (2, 1, 120.0),
        "1002": (1, 1, 60.0),
        "": (0, 0, 0.0),
    }


def test_by_list_and_by_code(called: Bench) -> None:
    (only,) = report(called, "list").values()
    assert (only.key, only.attempts) == ("Spring", 6)
    found = {key: each.attempts for key, each in report(called, "code").items()}
    assert found == {"Sale": 2, "Refused": 1, "Nuisance": 1, "NoAnswer": 1, "DncBlocked": 1}


CALLS = st.lists(
    st.tuples(
        st.sampled_from(OUTCOMES),
        st.sampled_from([ContactType.Predictive, ContactType.Progressive, ContactType.Preview]),
        st.sampled_from(["", "1001", "1002"]),
    ),
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(CALLS)
def test_report_has_what_the_status_and_the_record_for_auditors_count(bench: Bench, calls: Any) -> None:
    for outcome, kind, agent_id in calls:
        call(bench, T0, outcome, kind, agent_id)
    (campaign,) = bench.store.campaigns()
    record = bench.store.count_calls(campaign.campaign_id, T0, T0 + DAY_S)
    tally = bench.store.tally(bench.job_id)
    for by in ("", "agent", "list", "code"):
        total = sum(report(bench, by).values(), ReportCounts(""))
        assert (total.dials, total.live_answers, total.abandoned) == (
            record.dials,
            record.live_answers,
            record.abandoned,
        )
        assert (total.dials, total.answers) == (tally.dials, tally.live_answers)
