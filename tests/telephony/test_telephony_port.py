"""What every switch of a zone does, in the process or in another."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from attrs import evolve

from agentmgr.core.effects import Connect, Dial, DropNail, HangUp, Hold, NailUp, SendDigit, Tone, Unhold
from agentmgr.core.events import (
    CallAnswered,
    CallEnded,
    CallFailed,
    NailAnswered,
    NailEnded,
    OrderDone,
    OrderFailed,
    OrderFault,
)
from agentmgr.ports import Telephony
from agentmgr.runtime.clock import Clock
from agentmgr.telephony.driver import Driver
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import DialFailReason
from tests.telephony.remotes import START_S, Ear, centre
from tests.telephony.switches import CALM_PHONES, RINGS_OUT, dial, told

CONFIRMING = evolve(CALM_PHONES, confirms_orders=True)


@asynccontextmanager
async def in_process(make: Callable[[], SimSwitch]) -> AsyncIterator[Callable[[], Telephony]]:
    switch, clock = make(), Clock(START_S).steady
    yield lambda: Driver(switch, clock)


@asynccontextmanager
async def remote(make: Callable[[], SimSwitch]) -> AsyncIterator[Callable[[], Telephony]]:
    epochs = iter(range(1, 100))
    confirms = make().confirms
    async with centre(make) as each:
        yield lambda: each.manager(next(epochs), confirms=confirms)


@pytest.fixture(params=[in_process, remote])
def switches(request: pytest.FixtureRequest) -> Any:
    """Opens a block with something that makes the zone's switch for one owner after the other."""
    return request.param


async def test_calls_are_told_from_their_dialling_to_their_end(switches, autojump_clock):
    async with switches(lambda: told({"+49rings": RINGS_OUT})) as make:
        switch, ear = make(), Ear()
        async with switch.open(ear):
            assert await switch.keep(()) == frozenset()
            switch.order(NailUp("n1", "1001", "sip:1001"))
            switch.order(dial("c1"))
            switch.order(dial("c2", "+49rings", ring_time_s=7.0))
            await trio.sleep(6)
            switch.order(Connect("c1", "n1"))
            switch.order(Hold("c1"))
            switch.order(Unhold("c1"))
            switch.order(Tone("c1", ("c1", "n1")))
            switch.order(SendDigit("c1", "5"))
            await trio.sleep(100)
            switch.order(DropNail("n1"))
            await trio.sleep(1)
    assert ear.heard == [
        NailAnswered("n1"),
        CallAnswered("c1"),
        CallFailed("c2", DialFailReason.NoAnswer),
        CallEnded("c1"),
        NailEnded("n1"),
    ]


async def test_orders_of_one_turn_are_carried_out_in_their_order(switches, autojump_clock):
    async with switches(lambda: told(params=CONFIRMING)) as make:
        switch, ear = make(), Ear()
        orders = [Dial(f"c{number}", "+491", 2.5) for number in range(50)]
        orders += [HangUp(f"c{number}") for number in range(60)]
        async with switch.open(ear):
            await switch.keep(())
            for order in orders:
                switch.order(order)
            await trio.sleep(10)
    unknown = [OrderFailed(HangUp(f"c{number}"), OrderFault.UNKNOWN_LEG) for number in range(50, 60)]
    assert switch.confirms
    assert ear.heard == [OrderDone(order) for order in orders[:100]] + unknown


async def test_next_owner_is_told_what_lives_and_of_what_it_keeps_alone(switches, autojump_clock):
    async with switches(told) as make:
        first, before = make(), Ear()
        async with first.open(before):
            await first.keep(())
            first.order(NailUp("n1", "1001", "sip:1001"))
            first.order(NailUp("n2", "1002", "sip:1002"))
            first.order(dial("c1"))
            first.order(dial("c2"))
            await trio.sleep(6)
            first.order(Connect("c1", "n1"))
            first.order(Connect("c2", "n2"))
            first.order(dial("c3"))
        await trio.sleep(2)
        second, after = make(), Ear()
        async with second.open(after):
            assert await second.keep(["c1", "n1", "c3", "c9"]) == {"c1", "n1"}
            await trio.sleep(100)
    assert before.heard == [NailAnswered("n1"), NailAnswered("n2"), CallAnswered("c1"), CallAnswered("c2")]
    assert after.heard == [CallEnded("c1")]


async def test_hundreds_of_legs_are_kept(switches, autojump_clock):
    legs = [f"{number:064}" for number in range(650)]
    async with switches(told) as make:
        first = make()
        async with first.open(Ear()):
            await first.keep(())
            for leg in legs:
                first.order(NailUp(leg, "1001", "sip:1001"))
            await trio.sleep(5)
        second = make()
        async with second.open(Ear()):
            assert await second.keep(legs[:-1]) == {*legs[:-1]}


async def test_orders_given_last_get_there(switches, autojump_clock):
    made = []

    def make_switch() -> SimSwitch:
        made.append(told())
        return made[-1]

    async with switches(make_switch) as make:
        switch = make()
        with trio.CancelScope() as scope:
            async with switch.open(Ear()):
                await switch.keep(())
                switch.order(dial("c1"))
                scope.cancel()
        assert made[-1].open_calls == 1
