"""What is scheduled comes about once, also what was missed, if that is not too late."""

from datetime import UTC, datetime

import pytest
from attrs import define
from callers import services

from agentmgr.campaign.schedules import Times
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.services import Services
from agentmgr.core.model import CampaignSpec, CompletionCodeSpec, PhoneNumber
from agentmgr.ports import ContactDraft, JobState, JobStatus
from agentmgr.store import SqlStore
from protocol.enums import PacingType

NINE = datetime(2026, 11, 30, 9, tzinfo=UTC).timestamp()
"""A Monday."""
HOUR_S, DAY_S = 3600.0, 86_400.0
DAILY = Times("2026/11/30 09:00:00", "UTC", "Daily")


@define
class At:
    """A store with a campaign, seen by services at one time or another."""

    store: SqlStore
    hinted: list[str]

    def __call__(self, at: float) -> Services:
        return services(self.store, ["North"], now=at, hint=self.hinted.append)

    def job(self) -> JobStatus | None:
        campaign = self.store.find_campaign("Spring")
        assert campaign is not None
        return self.store.latest_job(campaign.campaign_id)

    def outcome(self) -> str:
        return self.store.schedules()[0].outcome


@pytest.fixture
def at(store: SqlStore) -> At:
    list_id = store.ensure_list("Spring", 0.0)
    phone = PhoneNumber("PhoneNumber1", "+12125550001", "America/New_York")
    store.put_contacts(list_id, [ContactDraft("1", (phone,), {})], 0.0)
    spec = CampaignSpec(0, "Spring", PacingType.Progressive, "S", (CompletionCodeSpec(1, "Done"),), 1)
    store.add_campaign(spec, [list_id], 0.0)
    return At(store, [])


def test_run_at_its_time_starts_a_job(at: At) -> None:
    made = at(NINE - DAY_S).schedules.add_run("Spring", DAILY)
    assert made.next_at == NINE
    assert at(NINE - 1).schedules.fire() == NINE
    assert at.job() is None
    assert at(NINE).schedules.fire() == NINE + DAY_S
    job = at.job()
    assert job is not None
    assert (job.state, job.total, job.zones) == (JobState.Running, 1, ("North",))
    assert at.hinted == ["North"]
    assert at.outcome() == f"job {job.job_id} with 1 contacts is started"


def test_run_once_is_over_after_its_time(at: At) -> None:
    at(NINE - 1).schedules.add_run("Spring", Times("2026/11/30 09:00:00", "UTC"))
    assert at(NINE + 0.5).schedules.fire() is None
    assert at.job() is not None
    assert [each.next_at for each in at(NINE).schedules.all()] == [None]


def test_run_that_was_missed_by_less_than_an_hour_is_made_up(at: At) -> None:
    at(NINE - 1).schedules.add_run("Spring", DAILY)
    assert at(NINE + HOUR_S - 1).schedules.fire() == NINE + DAY_S
    assert at.job() is not None


def test_run_that_was_missed_by_an_hour_is_left_out(at: At) -> None:
    at(NINE - 1).schedules.add_run("Spring", DAILY)
    assert at(NINE + HOUR_S).schedules.fire() == NINE + DAY_S
    assert at.job() is None
    assert at.outcome() == "left out: nobody was there at 2026-11-30 09:00:00 UTC"


def test_run_that_was_missed_for_days_is_made_up_if_the_latest_is_not_late(at: At) -> None:
    at(NINE - 1).schedules.add_run("Spring", DAILY)
    assert at(NINE + 3 * DAY_S + 60).schedules.fire() == NINE + 4 * DAY_S
    assert at.job() is not None


def test_run_every_minute_that_was_missed_is_made_up_once(at: At) -> None:
    times = Times("2026/11/30 09:00:00", "UTC", "RunEveryNMins", every_min="1")
    at(NINE - 1).schedules.add_run("Spring", times)
    assert at(NINE + 1800.5).schedules.fire() == NINE + 1860
    job = at.job()
    assert job is not None
    assert at(NINE + 1801).schedules.fire() == NINE + 1860
    assert at.job() == job


def test_run_while_its_job_runs_is_queued(at: At) -> None:
    at(NINE - 1).schedules.add_run("Spring", DAILY)
    at(NINE).schedules.fire()
    assert at(NINE + DAY_S).schedules.fire() == NINE + 2 * DAY_S
    running, queued = at(NINE).jobs.all("Spring")
    assert (running.state, queued.state) == (JobState.Running, JobState.Queued)
    assert at.outcome() == f"job {queued.job_id} with 1 contacts is queued"


def test_run_without_contacts_says_so(at: At, store: SqlStore) -> None:
    empty = store.ensure_list("Empty", 0.0)
    spec = CampaignSpec(0, "Nobody", PacingType.Progressive, "S", (CompletionCodeSpec(1, "Done"),), 1)
    store.add_campaign(spec, [empty], 0.0)
    at(NINE - 1).schedules.add_run("Nobody", DAILY)
    at(NINE).schedules.fire()
    assert "have no contacts" in at.outcome()


def test_schedule_that_is_removed_fires_no_more(at: At) -> None:
    made = at(NINE - 1).schedules.add_run("Spring", DAILY)
    at(NINE - 1).schedules.remove(made.schedule_id)
    assert at(NINE).schedules.fire() is None
    with pytest.raises(ServiceError, match="no schedule 1; there are: none yet") as caught:
        at(NINE).schedules.remove(made.schedule_id)
    assert caught.value.cause is Cause.NO_SUCH_SCHEDULE


def test_schedule_of_no_campaign_or_no_time_is_refused(at: At) -> None:
    with pytest.raises(ServiceError) as caught:
        at(NINE).schedules.add_run("Autumn", DAILY)
    assert caught.value.cause is Cause.NO_SUCH_CAMPAIGN
    with pytest.raises(ServiceError, match="which is over") as caught:
        at(NINE + 1).schedules.add_run("Spring", DAILY)
    assert caught.value.cause is Cause.BAD_SCHEDULE
    assert at(NINE).schedules.all() == ()


def test_weekend_is_what_the_configuration_says(at: At) -> None:
    at(NINE - 1).schedules.add_run("Spring", Times("2026/12/04 09:00:00", "UTC", "Daily", weekdays_only=True))
    assert at.store.next_firing() == NINE + 4 * DAY_S
    assert at(NINE + 4 * DAY_S).schedules.fire() == NINE + 7 * DAY_S
