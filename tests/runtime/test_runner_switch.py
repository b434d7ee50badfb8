"""A zone's runner with a switch that is slow, lost, found, or fails, in time."""

from typing import Any

import pytest
import structlog.testing
import trio
import trio.testing
from runner_fakes import OPENED, Rig, command, note

from agentmgr.core.effects import Dial, HangUp, NailUp, SendDigit, SetTimer
from agentmgr.core.events import (
    CallAnswered,
    CommandReceived,
    NailAnswered,
    OrderDone,
    OrderFailed,
    OrderFault,
    TelephonyLost,
    TelephonyRestored,
    Timer,
    TimerFired,
)
from agentmgr.runtime.runner import ZoneRunner
from agentmgr.telephony.customers import Answers
from agentmgr.telephony.driver import Driver
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch

SURE = {"nail_answer": 1.0, "nail_answer_median_s": 2.0, "nail_answer_sigma": 0.0, "nail_loss_per_h": 0.0}
NAIL, DIAL = NailUp("n1", "1001", "sip:1001"), Dial("c1", "+491", 25.0)


class SameCustomer:
    """Answers after 5 s, and is patient."""

    def react(self, number: str, draw: Any) -> Answers:
        return Answers(after_s=5.0, talk_s=600.0, patience_s=600.0, hold_patience_s=600.0)


def on_a_simulation(rig: Rig, **params: Any) -> SimSwitch:
    """Give the rig a runner with a simulated switch in time."""
    switch = SimSwitch(1, SimParams(**SURE, **params), SameCustomer())
    rig.driver = Driver(switch, rig.clock)
    rig.runner = ZoneRunner(
        rig.zone,
        OPENED,
        rig.store,
        rig.writer,
        rig.driver,
        rig.desktops,
        rig.clock,
        lambda login, password: True,
        rig.metrics,
    )
    return switch


def heard(rig: Rig) -> list[tuple[float, Any]]:
    """What the zone saw, beside commands, and when after the start."""
    seen = zip(rig.zone.seen_at, rig.zone.seen, strict=True)
    return [(round(at - 1000, 2), event) for at, event in seen if not isinstance(event, CommandReceived)]


async def test_orders_of_a_batch_are_confirmed_in_their_order_each_once(nursery, autojump_clock):
    rig = Rig()
    on_a_simulation(rig, confirms_orders=True)
    orders = [NAIL, DIAL, SendDigit("c1", "1"), HangUp("c9")]
    rig.zone.script[CommandReceived] = lambda e: [*orders, note("n")]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.sleep(20)
    gone = OrderFault.UNKNOWN_LEG
    assert heard(rig) == [
        (0, OrderDone(NAIL)),
        (0, OrderDone(DIAL)),
        (0, OrderFailed(SendDigit("c1", "1"), gone)),
        (0, OrderFailed(HangUp("c9"), gone)),
        (2, NailAnswered("n1")),
        (5, CallAnswered("c1")),
    ]


async def test_slow_switch_holds_up_neither_commands_nor_timers(nursery, autojump_clock):
    rig = Rig()
    on_a_simulation(rig, confirms_orders=True, order_delay_s=2.0, event_delay_s=2.0)
    rig.zone.script[CommandReceived] = lambda e: (
        [DIAL, SetTimer((Timer.RING, "c1"), 1003.0)] * (e.request_id == 1)
    )
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.sleep(1)
    rig.runner.push(command(2))
    await trio.testing.wait_all_tasks_blocked()
    assert command(2) in rig.zone.seen
    await trio.sleep(20)
    assert heard(rig) == [
        (3, TimerFired((Timer.RING, "c1"))),
        (4, OrderDone(DIAL)),
        (9, CallAnswered("c1")),
    ]


async def test_lost_switch_is_told_and_takes_orders_again_when_it_is_found(nursery, autojump_clock):
    rig = Rig()
    switch = on_a_simulation(rig)
    rig.zone.script[CommandReceived] = lambda e: [Dial(f"c{e.request_id}", "+491", 25.0)]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.sleep(1)
    switch.fail(rig.clock.now())
    rig.driver.nudge()
    rig.runner.push(command(2))
    await trio.sleep(9)
    switch.restore(rig.clock.now())
    rig.driver.nudge()
    await trio.sleep(1)
    rig.runner.push(command(3))
    await trio.sleep(30)
    assert heard(rig) == [
        (1, TelephonyLost()),
        (10, TelephonyRestored()),
        (16, CallAnswered("c3")),
    ]


async def test_order_that_the_adapter_does_not_take_fails_and_is_logged(nursery):
    rig = Rig()
    order = HangUp("c")
    rig.zone.script[CommandReceived] = lambda e: [order]
    rig.switch.refuses = ConnectionError("no line")
    await nursery.start(rig.runner.run)
    with structlog.testing.capture_logs() as logs:
        rig.runner.push(command(1))
        await trio.testing.wait_all_tasks_blocked()
    (failed,) = rig.zone.seen[1:]
    assert (failed.order is order, failed.fault, failed.why) == (True, OrderFault.REFUSED, "no line")
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("order_not_taken", "error"),
        ("order_failed", "warning"),
    ]
    assert rig.value("agentmgr_faults_total") == 1


@pytest.mark.parametrize("ends", ["cancelled", "closed"])
async def test_order_before_the_end_is_carried_out_once_and_its_event_comes_to_the_next_life(
    ends, autojump_clock
):
    rig = Rig()
    switch = on_a_simulation(rig)
    rig.zone.script[CommandReceived] = lambda e: [DIAL]
    async with trio.open_nursery() as nursery:
        await nursery.start(rig.runner.run)
        rig.runner.push(command(1))
        await trio.sleep(1)
        if ends == "closed":
            await rig.runner.close()
        else:
            nursery.cancel_scope.cancel()
    await trio.sleep(9)
    assert switch.open_calls == 1
    later: list[Any] = []
    async with rig.driver.open(later.append):
        await trio.sleep(1)
    assert later == [CallAnswered("c1")]
