"""A simulated switch in time: nothing late, nothing twice, and nothing lost with the task that waits."""

from collections.abc import Sequence

import pytest
import trio
import trio.lowlevel
import trio.testing
from attrs import evolve

from agentmgr.core.effects import Connect, HangUp, NailUp, TelephonyOrder
from agentmgr.core.events import (
    CallAnswered,
    CallEnded,
    NailAnswered,
    TelephonyEvent,
    TelephonyLost,
    TelephonyRestored,
)
from agentmgr.runtime.clock import Clock
from agentmgr.telephony.driver import Driver
from tests.telephony.switches import CALM_PHONES, dial, told

START_S = 1000.0


class PlannedSwitch:
    """Has the events it is given at their times; `brings` is what each order adds. Counts who asks."""

    def __init__(self, *plan: tuple[float, TelephonyEvent]) -> None:
        self.plan = list(plan)
        self.brings: list[tuple[float, TelephonyEvent]] = []
        self.orders: list[tuple[TelephonyOrder, float]] = []
        self.asked = 0
        self.fault: Exception | None = None
        self.confirms = False

    def order(self, order: TelephonyOrder, now: float) -> None:
        self.orders.append((order, now))
        self.plan += self.brings

    def next_at(self) -> float | None:
        return min((at for at, _ in self.plan), default=None)

    def due(self, now: float) -> Sequence[TelephonyEvent]:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        due = [event for at, event in self.plan if at <= now]
        self.plan = [(at, event) for at, event in self.plan if at > now]
        return due

    def keep(self, ids, now):
        return frozenset(ids)


class Ear:
    """Notes what was delivered and how long after the start, on the zone's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.heard: list[tuple[float, TelephonyEvent]] = []

    def __call__(self, event: TelephonyEvent) -> None:
        self.heard.append((round(self._clock.now() - START_S, 3), event))


def driven(switch, speed: float = 1.0):
    clock = Clock(START_S, speed)
    return Driver(switch, clock), Ear(clock)


async def test_events_are_delivered_at_their_times_and_none_twice(autojump_clock):
    a, b, c = CallAnswered("a"), CallAnswered("b"), CallAnswered("c")
    driver, ear = driven(PlannedSwitch((1020.0, b), (1010.0, a), (1020.0, c)))
    async with driver.open(ear):
        await trio.sleep(100)
    assert ear.heard == [(10, a), (20, b), (20, c)]


async def test_order_that_brings_an_earlier_event_moves_the_alarm(autojump_clock):
    late, early = CallAnswered("late"), CallAnswered("early")
    switch = PlannedSwitch((1050.0, late))
    driver, ear = driven(switch)
    async with driver.open(ear):
        await trio.sleep(5)
        switch.brings = [(1020.0, early)]
        driver.order(HangUp("x"))
        await trio.sleep(100)
    assert ear.heard == [(20, early), (50, late)]


async def test_order_that_brings_something_at_once_is_followed_by_it_in_the_next_round(autojump_clock):
    switch = PlannedSwitch()
    driver, ear = driven(switch)
    async with driver.open(ear):
        await trio.sleep(5)
        switch.brings = [(0.0, CallEnded("x"))]
        driver.order(HangUp("x"))
        assert ear.heard == [], "whoever gives an order is not told within it"
        await trio.testing.wait_all_tasks_blocked()
    assert ear.heard == [(5, CallEnded("x"))]


async def test_order_that_brings_nothing_wakes_nobody(autojump_clock):
    switch = PlannedSwitch((1050.0, CallAnswered("late")))
    driver, ear = driven(switch)
    async with driver.open(ear):
        await trio.sleep(5)
        before = switch.asked
        for _ in range(100):
            driver.order(HangUp("x"))
        await trio.sleep(5)
        assert switch.asked == before


async def test_orders_of_one_turn_keep_their_order_and_times_never_go_back(autojump_clock):
    switch = PlannedSwitch()
    driver, ear = driven(switch)
    orders = [HangUp(str(number)) for number in range(20)]
    async with driver.open(ear):
        for order in orders:
            driver.order(order)
    assert [order for order, _ in switch.orders] == orders
    assert [at for _, at in switch.orders] == sorted(at for _, at in switch.orders)


async def test_faster_clock_delivers_by_the_zones_time(autojump_clock):
    driver, ear = driven(PlannedSwitch((4600.0, CallAnswered("a"))), speed=60.0)
    async with driver.open(ear):
        await trio.sleep(59)
        assert ear.heard == []
        await trio.sleep(2)
    assert ear.heard == [(3600, CallAnswered("a"))]


async def test_cancelled_driver_loses_no_order_and_no_event_and_repeats_none(autojump_clock):
    switch = told()
    driver, ear = driven(switch)
    with trio.move_on_after(1):
        async with driver.open(ear):
            driver.order(NailUp("n1", "1001", "sip:1001"))
            driver.order(dial("c1"))
            await trio.sleep_forever()
    driver.order(dial("c2"))
    await trio.sleep(3)
    assert ear.heard == []
    async with driver.open(ear):
        await trio.lowlevel.checkpoint()
        await trio.testing.wait_all_tasks_blocked()
        assert ear.heard == [(4, NailAnswered("n1"))], "the zone was away when the phone was answered"
        await trio.sleep(2.5)
    assert ear.heard[1:] == [(5, CallAnswered("c1")), (6, CallAnswered("c2"))]


@pytest.mark.parametrize("begins", ["at once", "later"])
async def test_fault_of_the_simulation_ends_the_block_and_is_raised(begins, autojump_clock):
    switch = PlannedSwitch((1010.0, CallAnswered("a")))
    driver, ear = driven(switch)
    fault = ZeroDivisionError("simulated")
    if begins == "at once":
        switch.fault = fault

    async def listen():
        async with driver.open(ear):
            switch.fault = fault
            await trio.sleep_forever()

    with pytest.raises(ZeroDivisionError) as caught:
        await listen()
    assert caught.value is fault
    assert ear.heard == []


async def test_lost_switch_is_told_at_once_and_orders_count_again_when_it_is_found(autojump_clock):
    switch = told()
    clock = Clock(START_S)
    driver, ear = Driver(switch, clock), Ear(clock)
    async with driver.open(ear):
        driver.order(dial("c1"))
        await trio.sleep(1)
        switch.fail(clock.now())
        driver.nudge()
        driver.order(dial("c2"))
        await trio.sleep(9)
        switch.restore(clock.now())
        driver.nudge()
        await trio.sleep(0.5)
        driver.order(dial("c3"))
        await trio.sleep(20)
    assert ear.heard == [
        (1, TelephonyLost()),
        (10, TelephonyRestored()),
        (15.5, CallAnswered("c3")),
        (19.5, CallEnded("c3")),
    ]


async def test_slow_switch_delivers_late_and_in_order(autojump_clock):
    switch = told(params=evolve(CALM_PHONES, order_delay_s=1.0, event_delay_s=2.0))
    driver, ear = driven(switch)
    async with driver.open(ear):
        driver.order(NailUp("n1", "1001", "sip:1001"))
        driver.order(dial("c1"))
        await trio.sleep(8.5)
        driver.order(Connect("c1", "n1"))
        await trio.sleep(100)
    assert ear.heard == [(5, NailAnswered("n1")), (8, CallAnswered("c1")), (71.5, CallEnded("c1"))]
