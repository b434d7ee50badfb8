"""The played server: a desktop of the SDK passes, and what others do wrong is told."""

from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing
from trio.abc import Stream

from agentmgr.client.addresses import Address
from agentmgr.conformance.runner import Outcome, Result
from agentmgr.conformance.seat import Seat
from agentmgr.conformance.served import play_acts
from agentmgr.desk.fleet import run_fleet
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.runtime.clock import Clock
from protocol import commands as c
from protocol import notifications as n
from protocol.connection import ClientConnection, NotificationReceived, ResponseReceived, command_bytes
from protocol.enums import AgentState, CallState
from protocol.registry import VERSION
from protocol.structures import CompletionCode

pytestmark = pytest.mark.slow

AT_WORK = DeskParams(
    hold=1.0, hold_after_median_s=2.0, hold_median_s=2.0, release=0.0, redial=0.0, aux=0.0, extend=0.0
)
PATIENCE_S = 60.0
Desktop = Callable[[Callable[[], Awaitable[Stream]]], Awaitable[None]]


async def led(desktop: Desktop) -> dict[str, Outcome]:
    """Lead a desktop through all acts."""
    seat = Seat("Default", ("played", 9970))
    outcomes: list[Outcome] = []
    async with trio.open_nursery() as nursery:

        async def connect() -> Stream:
            ours, theirs = trio.testing.memory_stream_pair()
            nursery.start_soon(seat.serve, ours)
            return theirs

        nursery.start_soon(desktop, connect)
        await play_acts(seat, PATIENCE_S, outcomes.append)
        nursery.cancel_scope.cancel()
    return {outcome.name: outcome for outcome in outcomes}


async def simulated(connect: Callable[[], Awaitable[Stream]]) -> None:
    async def open_memory(address: Address) -> Stream:
        return await connect()

    desktop = SimDesktop("1001", "demo", "Default", 1, AT_WORK)
    await run_fleet([("played", 9970)], [desktop], Clock(), opener=open_memory)


async def test_simulated_desktop_passes_every_act(autojump_clock: trio.testing.MockClock) -> None:
    outcomes = await led(simulated)

    assert {name: o.why for name, o in outcomes.items() if o.result is not Result.PASS} == {}
    assert len(outcomes) == 15


class BadDesktop:
    """Does what it must up to the first call, and then what `behaviour` adds; does not come back."""

    def __init__(
        self, *, hello: bool = True, holds_when: CallState | None = None, wraps_up: bool = True
    ) -> None:
        self._hello, self._holds_when, self._wraps_up = hello, holds_when, wraps_up
        self._number = 0
        self._sid = ""

    async def __call__(self, connect: Callable[[], Awaitable[Stream]]) -> None:
        stream = await connect()
        wire = ClientConnection()
        if self._hello:
            await self._send(stream, c.AgentSDKConnected(("1001",), VERSION))
        await self._send(stream, c.AGTLogon("1", "x", False, "en", "UTC", "Default"))
        async for data in stream:
            for message in wire.receive(bytes(data)):
                await self._react(stream, message)

    async def _react(self, stream: Stream, message: object) -> None:
        match message:
            case ResponseReceived(response=c.AGTLogonRESP()):
                await self._send(stream, c.AGTStateChange(AgentState.Ready))
                await self._send(stream, c.AGTAvailableForNailup())
            case NotificationReceived(notification=n.AGTNailupChange(nailup_status=status)):
                if status == "PendingNailUp":
                    await self._send(stream, c.AGTReadyForNailup())
            case NotificationReceived(notification=n.AGTCallNotify(session_id=session_id)):
                self._sid = session_id
            case NotificationReceived(notification=n.AGTCallStateChangedNotify(call_state=call_state)):
                if call_state is self._holds_when:
                    await trio.sleep(1)
                    await self._send(stream, c.AGTHoldCall(self._sid))
                if call_state is CallState.Wrapup and self._wraps_up:
                    await self._send(stream, c.AGTWrapupContact(CompletionCode(77), self._sid))

    async def _send(self, stream: Stream, command: object) -> None:
        self._number += 1
        await stream.send_all(command_bytes(self._number, "1001", command))


@pytest.mark.parametrize(
    ("desktop", "act", "why"),
    [
        (BadDesktop(hello=False), "connects", "the first command on a connection was AGTLogon"),
        (BadDesktop(), "customer-hangs-up", "AGTWrapupContact with code 77; the campaign has 1, 2"),
        (
            BadDesktop(wraps_up=False),
            "customer-hangs-up",
            "expected > AGTWrapupContact within 60 s, got none",
        ),
        (BadDesktop(holds_when=CallState.Wrapup), "customer-hangs-up", "AGTHoldCall in state Wrapup"),
        (BadDesktop(), "tells-its-status", "expected > GetAgentStatusResponse within 60 s, got none"),
        (
            BadDesktop(),
            "comes-back",
            "expected > AgentSDKConnected on a new connection within 60 s, got none",
        ),
    ],
)
async def test_what_a_desktop_does_wrong_is_told(
    autojump_clock: trio.testing.MockClock, desktop: BadDesktop, act: str, why: str
) -> None:
    outcomes = await led(desktop)

    assert outcomes[act].result is Result.FAIL
    assert why in outcomes[act].why
