"""A zone whose store is out of reach, or that may not act: it keeps what it has, and says so."""

from typing import Any

import pytest
import trio
import trio.testing
from runner_fakes import Rig, note, said

from agentmgr.core.effects import FetchContacts, HangUp, Respond
from agentmgr.core.events import (
    CallEnded,
    CommandReceived,
    ContactsFetched,
    Frozen,
    Thawed,
)
from agentmgr.ports import Fenced, StoreLost
from agentmgr.runtime.frost import RETRY_S
from protocol.commands import AGTHoldCall, POMClientAlive, POMClientAliveRESP
from protocol.connection import ClientConnection, notification_bytes
from protocol.notifications import POMAvailable
from protocol.results import ResultCode

ORDER = HangUp("c")
LOST = StoreLost("the database is gone")
ACT, ALIVE = AGTHoldCall("c"), POMClientAlive()


class Switchable:
    """A permit that a test gives and takes."""

    def __init__(self) -> None:
        self.on_change: set[Any] = set()
        self.valid = True

    def is_valid(self) -> bool:
        return self.valid

    def become(self, valid: bool) -> None:
        self.valid = valid
        for told in list(self.on_change):
            told(valid)


def results(rig: Rig) -> list[Any]:
    wire = ClientConnection()
    messages = [message for each in rig.log if each[0] == "send" for message in wire.receive(each[2])]
    return [message.response.result for message in messages if hasattr(message, "response")]


def sent(rig: Rig) -> list[Any]:
    """Return what has left, in order: texts of what was said, orders, commits."""
    words = {notification_bytes("", POMAvailable(text)): text for text in ("1", "ended")}
    kept = (each for each in rig.log if each != "flush" and each[0] in ("send", "order", "commit"))
    return [words[each[2]] if each[0] == "send" else each for each in kept]


def act(number: int = 1) -> CommandReceived:
    return CommandReceived(1, number, "1001", ACT)


def acting(event: CommandReceived) -> list[Any]:
    if isinstance(event.command, POMClientAlive):
        return [Respond(event.connection, event.request_id, "", POMClientAliveRESP(ResultCode.SUCCESS))]
    return [said("1"), ORDER, note("n")]


@pytest.fixture
async def rig(autojump_clock: trio.testing.MockClock) -> Rig:
    rig = Rig(permit=Switchable())
    rig.zone.script[CommandReceived] = acting
    rig.zone.script[CallEnded] = lambda event: [said("ended"), ORDER]
    return rig


async def test_commit_is_tried_until_the_store_is_back_and_what_rests_on_it_leaves_once(
    rig: Rig, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    await nursery.start(rig.runner.run)
    rig.store.fault = LOST
    rig.runner.push(act())
    await trio.sleep(10 * RETRY_S)
    assert sent(rig) == []
    assert isinstance(rig.zone.seen[-1], Frozen)
    assert rig.value("agentmgr_frozen") == 1
    rig.store.fault = None
    await trio.sleep(2 * RETRY_S)
    assert sent(rig) == [("commit", ["n"]), "1", ("order", ORDER)]
    assert isinstance(rig.zone.seen[-1], Thawed)
    assert rig.value("agentmgr_frozen") == 0


async def test_frozen_zone_answers_9005_and_what_changes_nothing_as_ever(
    rig: Rig, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    await nursery.start(rig.runner.run)
    rig.store.fault = LOST
    rig.runner.push(act())
    await trio.sleep(RETRY_S)
    seen = len(rig.zone.seen)
    assert rig.runner.offer(CommandReceived(1, 2, "1001", AGTHoldCall("c")))
    assert rig.runner.offer(CommandReceived(1, 3, "", POMClientAlive()))
    assert results(rig) == [ResultCode.SYSTEM_NOT_AVAILABLE, ResultCode.SUCCESS]
    assert len(rig.zone.seen) == seen + 1


async def test_events_go_on_while_frozen_and_their_effects_leave_in_order_behind_the_commit(
    rig: Rig, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    await nursery.start(rig.runner.run)
    rig.store.fault = LOST
    rig.runner.push(act())
    await trio.sleep(RETRY_S)
    rig.runner.push(CallEnded("c"))
    await trio.sleep(RETRY_S)
    assert isinstance(rig.zone.seen[-1], CallEnded)
    assert sent(rig) == []
    rig.store.fault = None
    await trio.sleep(2 * RETRY_S)
    assert sent(rig) == [("commit", ["n"]), "1", ("order", ORDER), "ended", ("order", ORDER)]


async def test_zone_that_another_took_meanwhile_stops_when_the_store_is_back(
    rig: Rig, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    async def lose_it() -> None:
        rig.store.fault = LOST
        rig.runner.push(act())
        await trio.sleep(RETRY_S)
        rig.store.fault = Fenced("another has it")

    nursery.start_soon(lose_it)
    with pytest.raises(Fenced):
        await rig.runner.run()
    assert sent(rig) == []


async def test_question_is_asked_again_until_the_store_is_back(
    rig: Rig, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    rig.zone.script[CommandReceived] = lambda event: [FetchContacts(5, 10)]
    await nursery.start(rig.runner.run)
    rig.store.fault = LOST
    rig.runner.push(act())
    await trio.sleep(3 * RETRY_S)
    assert isinstance(rig.zone.seen[-1], Frozen)
    rig.store.fault = None
    await trio.sleep(2 * RETRY_S)
    assert rig.zone.seen[-2:] == [ContactsFetched(5, (), None), Thawed()] or rig.zone.seen[-2:] == [
        Thawed(),
        ContactsFetched(5, (), None),
    ]


async def test_nothing_leaves_without_the_permit_even_before_anybody_has_told(
    rig: Rig, nursery: trio.Nursery
) -> None:
    await nursery.start(rig.runner.run)
    rig.runner._frost._permit.valid = False  # type: ignore[attr-defined]  # the time is over, nobody has looked
    rig.runner.push(CallEnded("c"))
    await trio.testing.wait_all_tasks_blocked()
    assert sent(rig) == []
    assert isinstance(rig.zone.seen[-1], Frozen)


@pytest.mark.parametrize("event", [CallEnded("c"), act()])
async def test_what_waited_for_the_permit_leaves_with_it(rig: Rig, nursery: trio.Nursery, event: Any) -> None:
    """Also what is durable already: the store may be reached when the lease cannot be renewed."""
    permit: Any = rig.runner._frost._permit
    await nursery.start(rig.runner.run)
    permit.become(False)
    rig.runner.push(event)
    await trio.testing.wait_all_tasks_blocked()
    assert ("order", ORDER) not in rig.log
    permit.become(True)
    await trio.testing.wait_all_tasks_blocked()
    assert rig.log.count(("order", ORDER)) == 1
    assert isinstance(rig.zone.seen[-1], Thawed)


async def test_zone_stays_frozen_until_its_last_reason_is_over(
    rig: Rig, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    permit: Any = rig.runner._frost._permit
    await nursery.start(rig.runner.run)
    rig.store.fault = LOST
    rig.runner.push(act())
    await trio.sleep(RETRY_S)
    permit.become(False)
    rig.store.fault = None
    await trio.sleep(2 * RETRY_S)
    assert ("order", ORDER) not in rig.log
    assert not any(isinstance(event, Thawed) for event in rig.zone.seen)
    permit.become(True)
    await trio.sleep(RETRY_S)
    assert rig.log.count(("order", ORDER)) == 1
    assert isinstance(rig.zone.seen[-1], Thawed)
