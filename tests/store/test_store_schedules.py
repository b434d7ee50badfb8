"""Schedules as both databases keep them: found when they are due, and fired by one alone."""

import threading
from typing import Any

import pytest
from attrs import evolve
from stores import T0, campaign, drafts

from agentmgr.core.recurrence import Frequency, Recurrence
from agentmgr.ports import Firing, Schedule, Target
from agentmgr.store import SqlStore
from agentmgr.store.schedules import KEPT_S

DAILY = Recurrence(
    Frequency.DAILY, "2025/06/16 09:00:00", "Europe/Berlin", "2026/01/01 00:00:00", 0, (), (5, 6)
)


@pytest.fixture
def campaign_id(store: SqlStore) -> int:
    list_id = store.ensure_list("Spring", T0)
    store.put_contacts(list_id, drafts(3), T0)
    return store.add_campaign(campaign(), [list_id], T0).campaign_id


def add(store: SqlStore, campaign_id: int, next_at: float = T0 + 10, **changes: Any) -> Schedule:
    target = changes.pop("target", Target.RUN)
    key = store.add_schedule(target, campaign_id, evolve(DAILY, **changes), next_at, "Ann", T0)
    return next(each for each in store.schedules() if each.schedule_id == key)


def test_schedule_comes_back_as_it_was_kept(store: SqlStore, campaign_id: int) -> None:
    kept = add(store, campaign_id)
    assert kept == Schedule(kept.schedule_id, Target.RUN, "Spring", campaign_id, DAILY, T0 + 10, "Ann")
    weekly = add(store, campaign_id, frequency=Frequency.WEEKLY, weekdays=(0, 3), left_out=(), end="")
    assert weekly.recurrence.weekdays == (0, 3)


def test_schedules_are_found_when_they_are_due_the_first_one_first(store: SqlStore, campaign_id: int) -> None:
    assert store.next_firing() is None
    later, sooner = add(store, campaign_id, T0 + 20), add(store, campaign_id, T0 + 10)
    assert store.next_firing() == T0 + 10
    assert store.due_schedules(T0 + 9, 9) == ()
    assert store.due_schedules(T0 + 20, 9) == (sooner, later)
    assert store.due_schedules(T0 + 20, 1) == (sooner,)


def test_firing_makes_a_job_and_the_next_time_together(store: SqlStore, campaign_id: int) -> None:
    schedule = add(store, campaign_id)
    job_id = store.fire_run(Firing(schedule, T0 + 11, T0 + 86_400), ["North", "South"])
    job = store.latest_job(campaign_id)
    assert job is not None
    assert (job.job_id, job.zones) == (job_id, ("North", "South"))
    (after,) = store.schedules()
    assert (after.next_at, after.last_at) == (T0 + 86_400, T0 + 11)


def test_firing_that_somebody_else_has_done_makes_nothing(store: SqlStore, campaign_id: int) -> None:
    schedule = add(store, campaign_id)
    assert store.pass_firing(Firing(schedule, T0 + 11, None, "left out"))
    assert store.fire_run(Firing(schedule, T0 + 12, None), ["North"]) is None
    assert not store.pass_firing(Firing(schedule, T0 + 12, None))
    assert store.latest_job(campaign_id) is None
    assert store.schedules()[0].outcome == "left out"


def test_firing_by_many_at_once_happens_once(store: SqlStore, campaign_id: int) -> None:
    schedule, fired = add(store, campaign_id), []
    barrier = threading.Barrier(8)

    def fire() -> None:
        barrier.wait()
        fired.append(store.fire_run(Firing(schedule, T0 + 11, None), ["North"]))

    threads = [threading.Thread(target=fire) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len([each for each in fired if each is not None]) == 1


def test_firing_of_a_schedule_taken_away_makes_nothing(store: SqlStore, campaign_id: int) -> None:
    schedule = add(store, campaign_id)
    assert store.remove_schedule(schedule.schedule_id)
    assert store.fire_run(Firing(schedule, T0 + 11, None), ["North"]) is None
    assert not store.remove_schedule(schedule.schedule_id)


def test_schedule_that_is_over_is_kept_for_a_while(store: SqlStore, campaign_id: int) -> None:
    over = add(store, campaign_id)
    store.pass_firing(Firing(over, T0 + 11, None))
    store.note_outcome(over.schedule_id, "job 1")
    add(store, campaign_id, T0 + 20)
    assert [each.outcome for each in store.schedules()] == ["job 1", ""]
    store.add_schedule(Target.RUN, campaign_id, DAILY, T0, "Ann", T0 + KEPT_S + 20)
    assert len(store.schedules()) == 2


def test_archival_of_a_campaign_is_scheduled_once(store: SqlStore, campaign_id: int) -> None:
    add(store, campaign_id, target=Target.ARCHIVE)
    newer = add(store, campaign_id, T0 + 30, target=Target.ARCHIVE)
    assert store.schedules() == (newer,)


def test_campaign_that_is_deleted_takes_its_schedules_along(store: SqlStore, campaign_id: int) -> None:
    add(store, campaign_id)
    assert store.delete_campaign(campaign_id)
    assert store.schedules() == ()
