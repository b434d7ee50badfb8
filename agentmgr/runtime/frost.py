"""A zone that cannot make anything durable, or may not act: it keeps what it has and begins nothing."""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import trio

from agentmgr.ports import Permit, StoreLost
from agentmgr.runtime.writer import Writer

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

RETRY_S = 0.25
"""How long after a vain attempt the store is asked again."""


class Always:
    """The permit of a process that is alone with its database."""

    def __init__(self) -> None:
        self.on_change: set[Callable[[bool], None]] = set()

    def is_valid(self) -> bool:
        """Whether it may act."""
        return True


class Frost:
    """Why a zone is frozen, from the first reason to the last; for trio's thread.

    Args:
        permit: without it the zone is frozen.
        changed: called with the reason when the zone freezes, and with None when it may go on.
    """

    def __init__(self, permit: Permit, changed: Callable[[str | None], None]) -> None:
        self._permit = permit
        self._changed = changed
        self._reasons: set[object] = set()
        self._waiting = trio.lowlevel.ParkingLot()

    @property
    def is_on(self) -> bool:
        """Whether the zone is frozen."""
        return bool(self._reasons)

    def begin(self) -> None:
        """Follow the permit from now on."""
        self._permit.on_change.add(self._permit_changed)

    def end(self) -> None:
        """Follow it no longer."""
        self._permit.on_change.discard(self._permit_changed)

    def may_act(self) -> bool:
        """Whether effects may leave at this moment; without the permit the zone is frozen on the spot."""
        if not self._permit.is_valid():
            self.add(self._permit, "the lease of this manager could not be renewed")
        return not self._reasons

    async def wait_permitted(self) -> None:
        """Wait until the permit is there; at once if it is."""
        while not self._permit.is_valid():
            self.may_act()
            await self._waiting.park()

    def add(self, reason: object, why: str) -> None:
        """Freeze the zone for a reason; one that is there already changes nothing."""
        was_on = self.is_on
        self._reasons.add(reason)
        if not was_on:
            self._changed(why)

    def remove(self, reason: object) -> None:
        """A reason is over, if it was one; with the last the zone goes on."""
        if reason in self._reasons:
            self._reasons.remove(reason)
            self._waiting.unpark_all()
            if not self._reasons:
                self._changed(None)

    def _permit_changed(self, is_valid: bool) -> None:
        if is_valid:
            self.remove(self._permit)
        else:
            self.may_act()


class PatientWriter:
    """A `Writer` that asks again for as long as the store is out of reach; the zone is frozen meanwhile."""

    def __init__(self, writer: Writer, frost: Frost) -> None:
        self._writer = writer
        self._frost = frost

    async def call(self, fn: Callable[[*Ts], T], *args: *Ts) -> T:
        """Run `fn(*args)` as often as it takes to reach the store; return or raise what it does then."""
        this_call = object()
        try:
            while True:
                try:
                    return await self._writer.call(fn, *args)
                except StoreLost as lost:
                    self._frost.add(this_call, str(lost))
                    await trio.sleep(RETRY_S)
        finally:
            self._frost.remove(this_call)
