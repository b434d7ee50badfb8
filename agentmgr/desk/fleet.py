"""Many simulated desktops at once over the client SDK: one task each, one timer task for all."""

import heapq
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import count
from typing import Any, Protocol

import trio

import agentmgr.client
from agentmgr.client import Agent, CommandError, Event, Tls
from agentmgr.client.addresses import Address
from agentmgr.client.on_trio import Opener, open_tcp
from agentmgr.desk.sim import SimDesktop
from protocol.commands import GetAgentStatusResponse, GetAgentStatusResponseRESP, Resp
from protocol.results import ResultCode

CONNECTING_AT_ONCE = 50
"""More would only wait in the server's backlog, and the later ones time out there."""


class Clock(Protocol):
    """Seconds, at the pace of the wall clock or another; never stepped."""

    def now(self) -> float:
        """Return the present."""
        ...

    async def sleep_until(self, at: float) -> None:
        """Sleep until `now()` is at least `at`."""
        ...


async def run_fleet(
    addresses: Sequence[Address | str],
    desktops: Sequence[SimDesktop],
    clock: Clock,
    *,
    connections: int | None = None,
    stopping: trio.Event | None = None,
    patience_s: float = 10.0,
    opener: Opener = open_tcp,
    tls: Tls | None = None,
) -> None:
    """Run desktops until all have finished.

    Args:
        addresses: where Agent Managers listen, as for `agentmgr.client.connect`.
        desktops: with different agent ids; how they fared can be read from them afterwards.
        clock: what the desktops' times are told by.
        connections: how many connections the desktops share, 1 and up; None is one for each.
        stopping: once set, every desktop ends its contact and logs off.
        patience_s: how long the first connection may take, real seconds.
        opener: opens streams in another way than TCP.
        tls: encrypts the connections.

    Raises:
        CommandError: 9999, no Agent Manager could be reached.
    """
    groups = min(connections or len(desktops), len(desktops))
    timers = _Timers(clock)
    entrance = trio.CapacityLimiter(CONNECTING_AT_ONCE)

    async def run_group(group: Sequence[SimDesktop]) -> None:
        runners = [_Runner(desktop, clock, timers) for desktop in group]
        async with AsyncExitStack() as stack:
            async with entrance:
                connecting = agentmgr.client.connect(addresses, patience_s=patience_s, opener=opener, tls=tls)
                pom = await stack.enter_async_context(connecting)
            async with trio.open_nursery() as nursery:
                if stopping is not None:
                    nursery.start_soon(_stop_when, stopping, runners)
                async with trio.open_nursery() as working:
                    for runner in runners:
                        agent = await pom.agent(runner.desktop.agent_id, on_event=runner.notified)
                        working.start_soon(runner.run, agent)
                nursery.cancel_scope.cancel()

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(timers.run)
            async with trio.open_nursery() as running:
                for number in range(groups):
                    running.start_soon(run_group, desktops[number::groups])
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        refused, rest = group.split(CommandError)
        if refused is None or rest is not None:
            raise
        raise _first(refused) from None


async def _stop_when(stopping: trio.Event, runners: Sequence["_Runner"]) -> None:
    await stopping.wait()
    for runner in runners:
        runner.stop()


def _first(group: BaseExceptionGroup[CommandError]) -> CommandError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, CommandError)
    return error


class _Runner:
    """One desktop, and what it still has to send."""

    def __init__(self, desktop: SimDesktop, clock: Clock, timers: "_Timers") -> None:
        self.desktop = desktop
        self.armed_at: float | None = None
        self._clock = clock
        self._timers = timers
        self._commands: deque[Any] = deque()
        self._woken = trio.Event()

    def notified(self, event: Event) -> None:
        """Pass an event on; called by the connection's reader."""
        self._commands.extend(self.desktop.notified(event, self._clock.now()))
        self._woken.set()

    def stop(self) -> None:
        """Have the desktop log off."""
        self._commands.extend(self.desktop.stop(self._clock.now()))
        self._woken.set()

    def wake(self) -> None:
        """Look what is due."""
        self._woken.set()

    async def run(self, agent: Agent) -> None:
        """Send one command after another until the desktop has finished."""
        desktop, clock = self.desktop, self._clock
        self._commands.extend(desktop.start(clock.now()))
        while not desktop.finished:
            if self._commands:
                command = self._commands.popleft()
                if isinstance(command, GetAgentStatusResponse):  # the library has answered by itself
                    response: Resp = GetAgentStatusResponseRESP(ResultCode.SUCCESS)
                else:
                    response = await agent.request(command)
                self._commands.extend(desktop.answered(command, response, clock.now()))
                continue
            self._woken = trio.Event()
            self._commands.extend(desktop.due(clock.now()))
            if not self._commands and not desktop.finished:
                self._timers.arm(desktop.next_at(), self)
                await self._woken.wait()


class _Timers:
    """Wakes every runner when its time comes: one sleeping task, however many desktops."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, _Runner]] = []
        self._order = count()
        self._sleep = trio.CancelScope()

    def arm(self, at: float | None, runner: _Runner) -> None:
        """Wake a runner at `at`; earlier wakings that it asked for stand."""
        if at is None or (runner.armed_at is not None and runner.armed_at <= at):
            return
        runner.armed_at = at
        heapq.heappush(self._heap, (at, next(self._order), runner))
        if self._heap[0][2] is runner:
            self._sleep.cancel()

    async def run(self) -> None:
        """Sleep from one time to the next, for ever."""
        while True:
            with trio.CancelScope() as self._sleep:
                if self._heap:
                    await self._clock.sleep_until(self._heap[0][0])
                else:
                    await trio.sleep_forever()
            now = self._clock.now()
            while self._heap and self._heap[0][0] <= now:
                at, _, runner = heapq.heappop(self._heap)
                if runner.armed_at == at:
                    runner.armed_at = None
                    runner.wake()
