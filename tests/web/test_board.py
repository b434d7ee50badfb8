"""What pages are shown: whole at first, then what is new, put together for a page that is slow."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import trio
from attrs import define, field

from agentmgr.web.board import MAX_PICTURES, QUIET_S, Boards, Viewer


def zone(name: str = "North", *, whole: bool = False, looked: bool = False) -> dict[str, Any]:
    return {"kind": "zone", "zone": name, "whole": whole, "looked": looked}


def agent(agent_id: str, state: str = "Ready", zone: str = "North") -> dict[str, Any]:
    return {"kind": "agent", "zone": zone, "agent": agent_id, "state": state}


def gone(agent_id: str) -> dict[str, Any]:
    return {"kind": "gone", "zone": "North", "agent": agent_id}


def campaign(name: str) -> dict[str, Any]:
    return {"kind": "campaign", "zone": "North", "campaign": name}


DRAWN = {"kind": "drawn"}


@define
class Floor:
    """What goes on, as the test has it."""

    send: trio.MemorySendChannel[Sequence[Any]]
    receive: trio.MemoryReceiveChannel[Sequence[Any]]
    follows: list[str] = field(factory=list)
    left: int = 0

    async def follow(self, organisation: str) -> AsyncIterator[Sequence[Any]]:
        self.follows.append(organisation)
        try:
            while True:
                yield await self.receive.receive()
        finally:
            self.left += 1

    async def show(self, *rows: dict[str, Any]) -> None:
        await self.send.send(rows)
        await trio.testing.wait_all_tasks_blocked()


@pytest.fixture
def floor() -> Floor:
    return Floor(*trio.open_memory_channel[Sequence[Any]](0))


@pytest.fixture
def boards(floor: Floor, nursery: trio.Nursery) -> Boards:
    return Boards(floor.follow, nursery)


async def seen(viewer: Viewer) -> Any:
    picture = await viewer.next()
    return picture and json.loads(picture)


async def test_page_sees_everything_first_and_then_what_is_new(boards: Boards, floor: Floor) -> None:
    with boards.open("") as viewer:
        await floor.show(zone(whole=True, looked=True), agent("1"), campaign("Spring"))
        whole = zone(whole=True, looked=True)
        assert await seen(viewer) == [whole, agent("1"), campaign("Spring"), DRAWN]
        await floor.show(zone(), agent("2"))
        assert await seen(viewer) == [zone(), agent("2"), DRAWN]


async def test_page_that_comes_later_sees_what_is_left_of_all_that_was(boards: Boards, floor: Floor) -> None:
    with boards.open(""):
        await floor.show(zone(whole=True, looked=True), agent("1"), agent("2"), campaign("Spring"))
        await floor.show(zone(), agent("1", "NotReady"), gone("2"))
        await floor.show(zone(looked=True), campaign("Summer"))
        with boards.open("") as late:
            whole = zone(whole=True, looked=True)
            told = [whole, agent("1", "NotReady"), campaign("Summer"), DRAWN]
            assert await seen(late) == told
    assert floor.follows == [""]


async def test_nobody_reads_what_goes_on_when_the_last_page_has_gone(boards: Boards, floor: Floor) -> None:
    with boards.open(""):
        await floor.show(zone(whole=True))
    await trio.testing.wait_all_tasks_blocked()
    assert floor.left == 1
    with boards.open("") as viewer:
        await floor.show(zone(whole=True), agent("1"))
        assert await seen(viewer) == [zone(whole=True, looked=True), agent("1"), DRAWN]


async def test_organisations_see_their_own(boards: Boards, floor: Floor) -> None:
    with boards.open("North Bank"), boards.open("South Bank"):
        await trio.testing.wait_all_tasks_blocked()
    assert sorted(floor.follows) == ["North Bank", "South Bank"]


async def test_slow_page_gets_what_it_missed_in_one(boards: Boards, floor: Floor) -> None:
    with boards.open("") as viewer:
        await floor.show(zone(whole=True))
        await seen(viewer)
        for agent_id in "123":
            await floor.show(zone(), agent(agent_id))
        one = [zone(), agent("1"), DRAWN, zone(), agent("2"), DRAWN, zone(), agent("3"), DRAWN]
        assert await seen(viewer) == one


async def test_page_that_is_far_behind_gets_a_whole_picture(boards: Boards, floor: Floor) -> None:
    with boards.open("") as viewer:
        await floor.show(zone(whole=True))
        await seen(viewer)
        for number in range(MAX_PICTURES + 5):
            await floor.show(zone(), agent("1", str(number)))
        last = agent("1", str(MAX_PICTURES + 4))
        assert await seen(viewer) == [zone(whole=True, looked=True), last, DRAWN]
        await floor.show(zone(), gone("1"))
        assert await seen(viewer) == [zone(), gone("1"), DRAWN]


async def test_nothing_new_is_said_seldom(
    boards: Boards, floor: Floor, autojump_clock: trio.testing.MockClock
) -> None:
    with boards.open("") as viewer:
        await floor.show(zone(whole=True))
        await seen(viewer)
        for _ in range(5):
            await floor.show(zone())
        await floor.show(zone(), gone("nobody who was told of"))
        with trio.move_on_after(1) as quiet:
            await seen(viewer)
        assert quiet.cancelled_caught
        await trio.sleep(QUIET_S)
        await floor.show(zone())
        assert await seen(viewer) == [zone(), DRAWN]


async def test_zone_that_has_gone_is_news(boards: Boards, floor: Floor) -> None:
    with boards.open("") as viewer:
        await floor.show(zone(whole=True), zone("South", whole=True), agent("9", zone="South"))
        await seen(viewer)
        await floor.show(zone())
        assert await seen(viewer) == [zone(), DRAWN]
        with boards.open("") as late:
            assert await seen(late) == [zone(whole=True, looked=True), DRAWN]


async def test_pages_are_told_that_there_is_no_more(boards: Boards, floor: Floor) -> None:
    with boards.open("") as viewer:
        await floor.show(zone(whole=True))
        boards.close()
        await trio.testing.wait_all_tasks_blocked()
        assert await seen(viewer) is None
        with boards.open("") as late:
            assert await seen(late) is None
    with boards.open("other") as latest:
        assert await seen(latest) is None
