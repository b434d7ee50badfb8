"""Wishes are answered once each: by the zone, or by its end."""

import pytest
import trio
import trio.testing

from agentmgr.core.effects import SupervisorAnswered
from agentmgr.core.events import Event, SupervisorAsked
from agentmgr.core.wishes import LogOff, Outcome
from agentmgr.runtime.supervising import Wishes


@pytest.fixture
def pushed() -> list[Event]:
    return []


@pytest.fixture
def wishes(pushed: list[Event]) -> Wishes:
    return Wishes(pushed.append)


async def test_answers_come_in_the_order_of_the_wishes(wishes: Wishes, pushed: list[Event]) -> None:
    found: list[object] = []

    async def ask() -> None:
        found.extend(await wishes.ask([("A", LogOff()), ("B", LogOff(now=True))]))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        assert pushed == [SupervisorAsked(1, "A", LogOff()), SupervisorAsked(2, "B", LogOff(now=True))]
        wishes.answered(SupervisorAnswered(2, Outcome.LOGGED_OFF))
        await trio.testing.wait_all_tasks_blocked()
        assert not found
        wishes.answered(SupervisorAnswered(1, Outcome.LEAVES))
    assert found == [Outcome.LEAVES, Outcome.LOGGED_OFF]


async def test_end_of_the_zone_answers_what_waits_and_what_comes_later(wishes: Wishes) -> None:
    found: list[object] = []

    async def ask() -> None:
        found.extend(await wishes.ask([("A", LogOff()), ("B", LogOff())]))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        wishes.answered(SupervisorAnswered(1, Outcome.LEAVES))
        wishes.end()
    assert found == [Outcome.LEAVES, Outcome.ZONE_ENDED]
    with trio.fail_after(5):
        assert await wishes.ask([("A", LogOff())]) == [Outcome.ZONE_ENDED]


async def test_answer_that_nobody_waits_for_any_more_does_no_harm(wishes: Wishes) -> None:
    with trio.move_on_after(0):
        await wishes.ask([("A", LogOff())])
    wishes.answered(SupervisorAnswered(1, Outcome.LEAVES))
    assert not wishes._answers
