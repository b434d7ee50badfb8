"""Figures over time: minutes of jobs and zones put together in steps, and what was counted by its rise."""

import math

import pytest
from attrs import evolve
from callers import services

from agentmgr.campaign.figures import MOST_STEPS, Figures
from agentmgr.campaign.service import ServiceError
from agentmgr.core.effects import EndAttempt, MarkAnswered, StartAttempt
from agentmgr.core.model import CampaignSpec, CompletionCodeSpec
from agentmgr.ports import ContactDraft, Sampled
from agentmgr.store import SqlStore
from protocol.enums import ContactType, PacingType

BEGIN = 1_750_000_020.0
"""Of a minute."""
MINUTE = int(BEGIN // 60)
SPEC = CampaignSpec(0, "Spring", PacingType.Predictive, "English", (CompletionCodeSpec(1, "Sale"),), 1)


@pytest.fixture
def job_id(store: SqlStore) -> int:
    called = store.ensure_list("List", 0.0)
    store.put_contacts(called, [ContactDraft("C1", (), {})], 0.0)
    services(store).campaigns.create(SPEC, ["List"])
    (campaign,) = store.campaigns()
    job_id = store.create_job(campaign.campaign_id, ("North", "South"), BEGIN)
    store.fill_job(job_id, 0, 10)
    return job_id


def keep(store: SqlStore, job_id: int, minute: int, zone: str = "North", **seconds: float) -> None:
    store.add_figures([evolve(Sampled(job_id, MINUTE + minute, zone, 60.0), **seconds)])


def answer(store: SqlStore, job_id: int, name: str) -> None:
    """Let a call be answered by somebody for whom there is no agent."""
    token = store.open_zone("North", BEGIN).token
    start = StartAttempt(name, job_id, 1, ContactType.Predictive, "+4930", BEGIN, dialed_at=BEGIN)
    records = [
        evolve(start, session_id=name),
        MarkAnswered(name, BEGIN + 5, None),
        EndAttempt(name, "Nuisance", BEGIN + 7),
    ]
    store.commit(token, records)


def figures(store: SqlStore, step_min: int = 1, minutes: float = 10, first: int = 0) -> list[Figures]:
    at = services(store, now=BEGIN + minutes * 60)
    return list(at.figures.figures(["Spring"], BEGIN + first * 60, None, step_min))


def test_minute_has_means_of_its_agents_and_lines(store: SqlStore, job_id: int) -> None:
    keep(store, job_id, 2, idle_s=60.0, busy_s=180.0, other_s=30.0, ringing_s=90.0, callbacks=4)
    (found,) = figures(store)
    assert (found.at, found.idle, found.busy, found.agents, found.ringing) == (
        BEGIN + 120,
        1.0,
        3.0,
        4.5,
        1.5,
    )
    assert (found.callbacks, found.utilisation) == (4, 0.75)


def test_minute_that_was_sampled_in_part_has_the_means_of_that_part(store: SqlStore, job_id: int) -> None:
    keep(store, job_id, 2, sampled_s=30.0, busy_s=60.0)
    (found,) = figures(store)
    assert (found.busy, found.utilisation) == (2.0, 1.0)


def test_zones_are_put_together(store: SqlStore, job_id: int) -> None:
    keep(store, job_id, 2, busy_s=60.0, callbacks=1)
    keep(store, job_id, 2, "South", busy_s=120.0, callbacks=2)
    (found,) = figures(store)
    assert (found.busy, found.callbacks) == (3.0, 3)


def test_steps_are_means_over_their_minutes_and_have_the_last_callbacks(store: SqlStore, job_id: int) -> None:
    for minute in range(4):
        keep(store, job_id, minute, busy_s=60.0 * minute, callbacks=minute)
    found = figures(store, step_min=2)
    assert [(each.at - BEGIN, each.busy, each.callbacks) for each in found] == [(0, 0.5, 1), (120, 2.5, 3)]


def test_step_that_is_not_over_is_the_mean_of_what_has_passed(store: SqlStore, job_id: int) -> None:
    keep(store, job_id, 0, busy_s=60.0)
    keep(store, job_id, 1, busy_s=60.0)
    (found,) = figures(store, step_min=60, minutes=1.5)
    assert found.busy == 1.0


def test_what_was_counted_counts_in_the_step_in_which_it_rose(store: SqlStore, job_id: int) -> None:
    answer(store, job_id, "A1")
    keep(store, job_id, 1)
    answer(store, job_id, "A2")
    answer(store, job_id, "A3")
    keep(store, job_id, 3)
    keep(store, job_id, 4)
    rises = [(each.dials, each.live_answers, each.abandoned) for each in figures(store)]
    assert rises == [(1, 1, 1), (2, 2, 2), (0, 0, 0)]
    assert [each.dials for each in figures(store, first=2)] == [2, 0]
    assert sum(each.dials for each in figures(store, step_min=3)) == 3


@pytest.mark.parametrize(
    ("since", "until", "step_min"),
    [
        (BEGIN + 3600, None, 1),
        (BEGIN, BEGIN - 60, 1),
        (BEGIN - 60 * (MOST_STEPS + 1), None, 1),
        (BEGIN, None, 0),
        (BEGIN, None, -1),
        (-60.0, None, 10_000_000),
        (math.nan, None, 1),
        (math.inf, None, 1),
    ],
)
def test_time_or_step_that_cannot_be_is_refused(
    store: SqlStore, job_id: int, since: float, until: float | None, step_min: int
) -> None:
    with pytest.raises(ServiceError, match="steps of"):
        list(services(store, now=BEGIN).figures.figures([], since, until, step_min))


def test_old_figures_are_swept_some_at_a_time(store: SqlStore, job_id: int) -> None:
    keep(store, job_id, 0)
    keep(store, job_id, 24 * 60)
    at = services(store, now=BEGIN + 2 * 86_400)
    assert at.figures.sweep(1) is False
    assert [each.at for each in at.figures.figures([], BEGIN, None, 24 * 60)] == [BEGIN + 86_400]
