"""A zone's shell and its switch when the wall clock is stepped while they run, in virtual time."""

import pytest
import trio
from runner_fakes import Rig, command

from agentmgr.core.effects import Dial, SetTimer
from agentmgr.core.events import CallFailed, ClockStepped, CommandReceived, TimerFired
from agentmgr.runtime.clock import Clock
from agentmgr.telephony.driver import Driver
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import DialFailReason

HOUR_S = 3600.0


class Wall:
    """A wall clock that goes with trio's, and that a test sets."""

    ahead_s = 1_800_000_000.0

    def __call__(self):
        return trio.current_time() + self.ahead_s


def a_rig(wall):
    rig = Rig()
    rig.clock = rig.runner._clock = Clock(wall=wall)
    return rig


@pytest.mark.parametrize("by_s", [8 * HOUR_S, -8 * HOUR_S])
async def test_runner_tells_the_zone_of_a_step_before_all_else(nursery, autojump_clock, by_s):
    wall = Wall()
    rig = a_rig(wall)
    await nursery.start(rig.runner.run)
    nursery.start_soon(rig.clock.follow)
    await trio.sleep(0.5)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    before = rig.zone.seen_at[-1]
    wall.ahead_s += by_s
    await trio.sleep(0.6)
    rig.runner.push(command(2))
    await trio.testing.wait_all_tasks_blocked()
    stepped = rig.zone.seen[1]
    assert isinstance(stepped, ClockStepped)
    assert stepped.by_s == pytest.approx(by_s)
    assert rig.zone.seen_at[1] == pytest.approx(before + by_s + 0.5)
    assert isinstance(rig.zone.seen[2], CommandReceived)


@pytest.mark.parametrize(("by_s", "calendar_after_s"), [(45.0, 0.0), (-45.0, 105.0)])
async def test_runner_keeps_durations_and_obeys_the_calendar(nursery, autojump_clock, by_s, calendar_after_s):
    wall = Wall()
    rig = a_rig(wall)
    now = rig.clock.now()
    timers = [SetTimer(("lasts", ""), now + 30.0), SetTimer(("due", ""), now + 60.0, calendar=True)]
    rig.zone.script[CommandReceived] = lambda e: timers
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    fired = {}
    rig.zone.script[TimerFired] = lambda e: fired.setdefault(e.key[0], trio.current_time()) and []
    await trio.testing.wait_all_tasks_blocked()
    began = trio.current_time()
    await trio.sleep(15.0)
    wall.ahead_s += by_s
    rig.clock.check()
    await trio.sleep(150.0)
    assert fired["lasts"] - began == pytest.approx(30.0, abs=0.01)
    due = 15.0 if by_s > 0 else calendar_after_s
    assert fired["due"] - began == pytest.approx(due, abs=0.01)


async def test_runner_that_has_ended_is_told_of_no_step(nursery, autojump_clock):
    rig = a_rig(Wall())
    await nursery.start(rig.runner.run)
    assert len(rig.clock.listeners) == 1
    await rig.runner.close()
    await trio.testing.wait_all_tasks_blocked()
    assert not rig.clock.listeners


async def test_switch_lets_a_number_ring_as_long_through_a_step(nursery, autojump_clock):
    wall = Wall()
    clock, heard = Clock(wall=wall), []
    driver = Driver(SimSwitch(1), clock.steady)
    async with driver.open(lambda event: heard.append((trio.current_time(), event))):
        driver.order(Dial("c1", "+61255502000", 20.0))
        began = trio.current_time()
        await trio.sleep(5.0)
        wall.ahead_s -= 8 * HOUR_S
        clock.check()
        await trio.sleep(60.0)
    ((at, event),) = heard
    assert event == CallFailed("c1", DialFailReason.NoAnswer)
    assert at - began == pytest.approx(20.0, abs=0.01)
