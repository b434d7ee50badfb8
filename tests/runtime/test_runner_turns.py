"""A flood from one desktop beside 20 well-behaved ones: how many steps and how much work they wait for.

Time is what a meter says that goes on with what the zone does, so the same on every machine.
"""

import pytest
import trio
import trio.testing
from runner_fakes import Rig, command, note, said

from agentmgr.core.effects import SetTimer
from agentmgr.core.events import CallEnded, CommandReceived, TimerFired
from agentmgr.runtime.inbox import SHARE_S
from agentmgr.runtime.runner import STEP_S
from protocol.connection import notification_bytes
from protocol.notifications import POMAvailable

DEAR_S, CHEAP_S = 0.001, 0.00005
FLOODER, WELL_BEHAVED = 1, range(2, 22)


class Work:
    """A clock that goes on with the work: what an event costs, by its connection."""

    def __init__(self, flooder_s: float = DEAR_S) -> None:
        self.spent_s = 0.0
        self.flooder_s = flooder_s
        self.done: list[tuple[int, float]] = []

    def __call__(self) -> float:
        return self.spent_s

    def take(self, event: CommandReceived) -> list:
        self.spent_s += self.flooder_s if event.connection == FLOODER else CHEAP_S
        self.done.append((event.connection, self.spent_s))
        return []


async def flooded(nursery, commands, flooder_s=DEAR_S):
    """A zone with so many commands from the flooder waiting, and some of them carried out."""
    work = Work(flooder_s)
    rig = Rig(inbox_events=10_000, meter=work)
    rig.zone.script[CommandReceived] = work.take
    await nursery.start(rig.runner.run)
    for number in range(commands):
        rig.runner.push(command(number, FLOODER))
    for _ in range(4):
        await trio.lowlevel.checkpoint()
    return rig, work


async def waits_of(rig, work, rounds):
    """How much work each well-behaved desktop waits for, which asks again when it was answered."""
    waits = []
    for number in range(rounds):
        asked_at = {}
        for connection in WELL_BEHAVED:
            asked_at[connection] = work.spent_s
            rig.runner.offer(command(number, connection))
        while asked_at:
            await trio.lowlevel.checkpoint()
            for connection, at in work.done:
                if connection in asked_at:
                    waits.append(at - asked_at.pop(connection))
            work.done.clear()
    return waits


@pytest.mark.parametrize("flooder_s", [DEAR_S, CHEAP_S, 2 * STEP_S])
async def test_well_behaved_desktops_wait_for_one_step_and_a_share_of_the_flood_however_long(
    nursery, flooder_s
):
    rig, work = await flooded(nursery, 0)
    before = max(await waits_of(rig, work, 5))

    rig, work = await flooded(nursery, 4000, flooder_s)
    during = max(await waits_of(rig, work, 5))

    assert len(rig.runner._inbox) > 3000
    assert during <= before + STEP_S + 2 * max(flooder_s, SHARE_S)


async def test_step_ends_and_others_have_their_turn_while_much_waits(nursery):
    rig, work = await flooded(nursery, 400)
    steps = []

    async def another() -> None:
        while len(rig.runner._inbox):
            before = work.spent_s
            await trio.lowlevel.checkpoint()
            steps.append(work.spent_s - before)

    nursery.start_soon(another)
    await trio.testing.wait_all_tasks_blocked()
    assert len(steps) >= 400 * DEAR_S / STEP_S / 2
    assert max(steps) <= 2 * (STEP_S + DEAR_S)  # between two turns of one task another may have two


async def test_timers_that_are_due_together_fire_in_several_steps_and_events_come_between(nursery):
    work = Work()
    rig = Rig(meter=work)
    order = []

    def fire(event: TimerFired) -> list:
        work.spent_s += DEAR_S
        order.append("timer")
        return []

    def end(event: CallEnded) -> list:
        order.append("call")
        return []

    rig.zone.script[CommandReceived] = lambda event: [
        SetTimer((f"t{number}", ""), rig.clock.now() - 1) for number in range(30)
    ]
    rig.zone.script |= {TimerFired: fire, CallEnded: end}
    rig.runner.push(command(1))
    nursery.start_soon(rig.runner.run)
    while not order:
        await trio.lowlevel.checkpoint()
    rig.switch.deliver(CallEnded("c"))
    await trio.testing.wait_all_tasks_blocked()
    assert order.count("timer") == 30
    assert order.index("call") <= 4 * STEP_S / DEAR_S


async def test_what_is_committed_leaves_in_several_turns_and_in_order(nursery):
    work = Work()
    rig = Rig(gated=True, meter=work)
    send = rig.desktops.send

    def slow(connection, frame) -> None:
        work.spent_s += DEAR_S
        send(connection, frame)

    rig.desktops.send = slow
    rig.zone.script[CommandReceived] = lambda event: [
        note(str(event.request_id)),
        said(str(event.request_id)),
    ]
    await nursery.start(rig.runner.run)
    for number in range(40):
        rig.runner.push(command(number))
    await trio.testing.wait_all_tasks_blocked()
    rig.writer.allow(100)
    await trio.testing.wait_all_tasks_blocked()
    sent = [entry for entry in rig.log if entry[0] == "send"]
    assert len(sent) == 40
    assert rig.log.count("flush") >= 40 * DEAR_S / STEP_S * 0.9
    assert [entry[2] for entry in sent] == [notification_bytes("", POMAvailable(str(n))) for n in range(40)]
