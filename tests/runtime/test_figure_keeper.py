"""What is sampled of a zone's jobs: each second for a second, by minutes of the clock that the server has."""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing
from attrs import Factory, define

from agentmgr.ports import Sampled, StoreLost
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.figures import LINGER_MINUTES, LONGEST_S, FigureKeeper, Sampler

T0 = 1_750_000_020.0
"""The begin of a minute."""
MINUTE = int(T0 // 60)


def job(job_id: int = 1, agents: int = 3, idle: int = 1, busy: int = 1, ringing: int = 2) -> Any:
    return SimpleNamespace(
        job_id=job_id,
        agents=range(agents),
        idle=range(idle),
        busy=busy,
        ringing=range(ringing),
        callbacks=range(0),
    )


def floor(*jobs: Any) -> Any:
    return SimpleNamespace(jobs={each.job_id: each for each in jobs})


NOBODY = {"agents": 0, "idle": 0, "busy": 0, "ringing": 0}


def test_what_is_seen_stands_for_the_time_since_the_last_look() -> None:
    sampler = Sampler()
    sampler.look("Z", floor(job()), T0)
    sampler.look("Z", floor(job(idle=2)), T0 + 1)
    sampler.look("Z", floor(job(busy=0)), T0 + 3)
    assert sampler.take(T0 + 59) == []
    assert sampler.take(T0 + 60) == [Sampled(1, MINUTE, "Z", 3.0, 4.0, 1.0, 4.0, 6.0, 0)]
    assert sampler.take(T0 + 60) == []


def test_zones_and_jobs_are_kept_apart() -> None:
    sampler = Sampler()
    for at in (T0, T0 + 1):
        sampler.look("Y", floor(job(1)), at)
        sampler.look("Z", floor(job(1), job(2)), at)
    found = [(each.job_id, each.zone, each.sampled_s) for each in sampler.take(T0 + 60)]
    assert found == [(1, "Y", 1.0), (1, "Z", 1.0), (2, "Z", 1.0)]


def test_look_after_a_long_pause_does_not_stand_for_all_of_it() -> None:
    sampler = Sampler()
    sampler.look("Z", floor(job()), T0)
    sampler.look("Z", floor(job()), T0 + 3600)
    (seen,) = sampler.take(T0 + 7200)
    assert (seen.minute, seen.sampled_s) == (MINUTE + 60, LONGEST_S)


def test_clock_that_was_set_back_counts_nothing_twice() -> None:
    sampler = Sampler()
    for at in (T0, T0 + 10, T0 + 5, T0 + 6):
        sampler.look("Z", floor(job()), at)
    (seen,) = sampler.take(T0 + 60)
    assert seen.sampled_s == 11.0


def test_job_in_which_nobody_does_anything_is_left_out_after_some_minutes() -> None:
    sampler = Sampler()
    sampler.look("Z", floor(job()), T0)
    sampler.look("Z", floor(job()), T0 + 1)
    kept = []
    for second in range(2, 60 * (LINGER_MINUTES + 3)):
        sampler.look("Z", floor(job(**NOBODY)), T0 + second)
        kept += sampler.take(T0 + second)
    assert [each.minute - MINUTE for each in kept] == list(range(LINGER_MINUTES))


def test_job_in_which_nobody_ever_did_anything_is_not_kept() -> None:
    sampler = Sampler()
    for second in range(120):
        sampler.look("Z", floor(job(**NOBODY)), T0 + second)
    assert sampler.take(T0 + 600) == []


@define
class Kept:
    """A store that may be out of reach."""

    rows: list[Sampled] = Factory(list)
    is_lost: bool = False
    asked: int = 0

    async def keep(self, some: Collection[Sampled]) -> None:
        self.asked += 1
        if self.is_lost:
            raise StoreLost("the database is out of reach")
        self.rows += some


@pytest.mark.parametrize("speed", [1.0, 30.0, 600.0])
async def test_minutes_of_the_servers_clock_are_kept_when_they_are_over(
    autojump_clock: trio.testing.MockClock, speed: float
) -> None:
    kept = Kept()
    clock = Clock(T0, speed)
    with trio.move_on_after(200 / speed):
        await FigureKeeper(lambda: {"Z": floor(job())}, clock, kept.keep).run()
    minutes = [each.minute - MINUTE for each in kept.rows]
    assert minutes == sorted(set(minutes))
    assert set(minutes) <= {0, 1, 2, 3}
    assert all(each.busy_s == pytest.approx(each.sampled_s) for each in kept.rows)
    if speed == 1.0:
        assert [round(each.sampled_s) for each in kept.rows] == [59, 60, 60, 20]


async def test_what_a_store_out_of_reach_did_not_take_is_kept_when_it_is_back(
    autojump_clock: trio.testing.MockClock,
) -> None:
    kept = Kept(is_lost=True)
    clock = Clock(T0, 1.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(FigureKeeper(lambda: {"Z": floor(job())}, clock, kept.keep).run)
        await trio.sleep(150)
        assert kept.rows == []
        kept.is_lost = False
        await trio.sleep(5)
        assert [each.minute - MINUTE for each in kept.rows] == [0, 1]
        nursery.cancel_scope.cancel()
    assert [each.minute - MINUTE for each in kept.rows] == [0, 1, 2]


async def test_end_does_not_wait_for_a_store_that_does_not_answer(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async def keep(some: Collection[Sampled]) -> None:
        await trio.sleep_forever()

    clock = Clock(T0, 1.0)
    with trio.fail_after(20), trio.move_on_after(10):
        await FigureKeeper(lambda: {"Z": floor(job())}, clock, keep).run()
