"""Gives a simulated switch the time, and so makes it the switch of a zone that runs."""

import math
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

import trio

from agentmgr.core.effects import TelephonyOrder
from agentmgr.core.events import TelephonyEvent
from agentmgr.ports import Simulated


class Clock(Protocol):
    """A clock that is never stepped: calls last as long as they last."""

    def now(self) -> float:
        """Return the present, epoch seconds."""
        ...

    def deadline(self, at: float) -> float:
        """Return when `at`, epoch seconds, is on trio's clock."""
        ...


class Driver:
    """Implements `agentmgr.ports.Telephony` with a simulation; may be opened again when its zone has ended.

    Orders are carried out at once, open or not, so that none is lost or done twice with the task that
    waits for events; what happens while it is not open is told when it is opened the next time.
    """

    def __init__(self, switch: Simulated, clock: Clock) -> None:
        self._switch = switch
        self._clock = clock
        self._wakes_at = math.inf
        self._alarm = trio.CancelScope()

    @asynccontextmanager
    async def open(self, deliver: Callable[[TelephonyEvent], None]) -> AsyncIterator[None]:
        """Deliver events at their times within the block.

        Raises:
            Exception: the simulation raised it, within the block if that is where it happened.
        """
        fault: Exception | None = None

        async def drive() -> None:
            nonlocal fault
            try:
                await self._drive(deliver)
            except Exception as error:
                fault = error
                nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(drive)
            yield
            nursery.cancel_scope.cancel()
        if fault is not None:
            raise fault

    @property
    def confirms(self) -> bool:
        """Whether the simulation confirms its orders."""
        return self._switch.confirms

    def order(self, order: TelephonyOrder) -> None:
        """Carry an order out now; what it brings earlier than all else is delivered in time."""
        self._switch.order(order, self._clock.now())
        self.nudge()

    def nudge(self) -> None:
        """Look again at when the next event is due, because somebody did something to the simulation."""
        at = self._switch.next_at()
        if at is not None and at < self._wakes_at:
            self._wakes_at = at
            self._alarm.deadline = self._clock.deadline(at)

    async def keep(self, ids: Iterable[str]) -> frozenset[str]:
        """End every call and leg but these, and return those of them that live; never waits."""
        living = self._switch.keep(ids, self._clock.now())
        self.nudge()
        return living

    async def _drive(self, deliver: Callable[[TelephonyEvent], None]) -> None:
        while True:
            self._alarm = trio.CancelScope()
            self._wakes_at = math.inf
            for event in self._switch.due(self._clock.now()):
                deliver(event)
            self.nudge()
            with self._alarm:
                await trio.sleep_forever()
