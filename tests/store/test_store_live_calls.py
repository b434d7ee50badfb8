"""What pacing learns of a campaign's calls: counted as the record for auditors is, from the index alone."""

import pytest
from attrs import evolve
from stores import T0, Bench, in_file

from agentmgr.core.effects import EndAttempt, FinishJob, MarkAnswered, StartAttempt
from agentmgr.core.model import LatestCalls, LiveCalls
from agentmgr.store import compliance
from protocol.enums import ContactType

DAY_S = 86_400.0


def call(
    bench: Bench, number: int, at: float, outcome: str, kind: ContactType = ContactType.Predictive
) -> None:
    """An attempt that rang for 5 s and, if a person answered, kept an agent for 60 s."""
    name = f"{number:010}"
    start = StartAttempt(name, bench.job_id, 1, kind, "+4930", at, number_name="PhoneNumber1", dialed_at=at)
    answered = outcome in ("Handled", "Nuisance", "Interrupted")
    ended_at = at + 5.0 + 60.0 * (outcome == "Handled")
    bench.store.commit(
        bench.token,
        [
            evolve(start, session_id=name),
            *([MarkAnswered(name, at + 5.0, None)] if answered else []),
            EndAttempt(name, outcome, ended_at, dialed=outcome != "DncBlocked"),
        ],
    )


@pytest.fixture
def called(bench: Bench) -> Bench:
    """Calls on two days: of the first one preview, of the second one that was cut short."""
    call(bench, 1, T0, "NoAnswer")
    call(bench, 2, T0 + 10, "Handled")
    call(bench, 3, T0 + 20, "Nuisance")
    call(bench, 4, T0 + 30, "Handled", ContactType.Preview)
    call(bench, 5, T0 + 40, "DncBlocked")
    call(bench, 6, T0 + DAY_S, "Handled", ContactType.Progressive)
    call(bench, 7, T0 + DAY_S + 1, "Cancelled")
    call(bench, 8, T0 + DAY_S + 2, "Interrupted")
    return bench


def test_live_calls_of_a_day_are_those_of_the_record(called: Bench) -> None:
    store, job_id = called.store, called.job_id
    (campaign,) = store.campaigns()
    found = [store.live_calls(job_id, T0 + n * DAY_S, T0 + (n + 1) * DAY_S) for n in range(3)]
    assert found == [LiveCalls(2, 1, 2, 1), LiveCalls(2, 0, 2, 0), LiveCalls()]
    record = store.count_calls(campaign.campaign_id, T0, T0 + 3 * DAY_S)
    assert (record.live_answers, record.abandoned) == (4, 1)


def test_calls_of_another_job_of_the_campaign_count_as_its_and_not_as_the_jobs(called: Bench) -> None:
    store, old = called.store, called.job_id
    store.commit(called.token, [FinishJob(old, "stopped", T0 + 2 * DAY_S)])
    (campaign,) = store.campaigns()
    new = store.create_job(campaign.campaign_id, ("Default",), T0 + 2 * DAY_S)
    assert store.live_calls(new, T0, T0 + DAY_S) == LiveCalls(2, 1, 0, 0)
    assert store.latest_calls(new, T0, T0 + 2 * DAY_S) == store.latest_calls(old, T0, T0 + 2 * DAY_S)


def test_latest_calls_are_those_that_went_to_their_end_the_oldest_first(called: Bench) -> None:
    rang = ((5.0, False), (5.0, True), (5.0, True), (5.0, True))
    expected = LatestCalls(rang, (60.0, 60.0))
    assert called.store.latest_calls(called.job_id, T0, T0 + 2 * DAY_S) == expected
    assert called.store.latest_calls(called.job_id, T0 + DAY_S, T0 + 2 * DAY_S) == LatestCalls(
        rang[-1:], (60.0,)
    )


def test_latest_calls_are_not_more_than_are_learned_from(
    called: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compliance, "LATEST", 3)
    assert called.store.latest_calls(called.job_id, T0, T0 + 2 * DAY_S) == LatestCalls(
        ((5.0, True),), (60.0,)
    )


def test_job_that_is_gone_has_no_history(bench: Bench) -> None:
    assert bench.store.live_calls(999, T0, T0 + DAY_S) == LiveCalls()
    assert bench.store.latest_calls(999, T0, T0 + DAY_S) == LatestCalls()


@in_file
def test_live_calls_are_counted_from_an_index_alone(bench: Bench) -> None:
    plans = bench.store._database.read(
        lambda tx: tx.sql.fetch(f"EXPLAIN QUERY PLAN {compliance._LIVE}", (T0, T0, 1))
    )
    assert any("COVERING INDEX ix_attempt_answered" in plan[3] for plan in plans)
