"""A switch, and an inbound queue beside it."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from attrs import frozen

from agentmgr.core.blender import InboundLoad
from agentmgr.core.effects import AskConnector, TelephonyOrder
from agentmgr.core.events import TelephonyEvent


class Telephony(Protocol):
    """A switch as its zone sees it; for trio's thread.

    It may be lost and found: `TelephonyLost` tells that all legs are gone and no order is carried out,
    `TelephonyRestored` that orders count again. Orders given in between are lost; the zone, which has
    been told, gives none that it waits for. The end of every leg that it did not end itself is told once.

    Attributes:
        confirms: whether each order brings `OrderDone` or `OrderFailed`; else only a failure may be told,
            early or late. Commands that rest on an order wait for the word of a switch that confirms.
    """

    @property
    def confirms(self) -> bool: ...

    def open(self, deliver: Callable[[TelephonyEvent], None]) -> AbstractAsyncContextManager[None]:
        """Be connected to the switch within the block; leaving it takes all orders there that were given.

        Args:
            deliver: called with each event in the order they happened, by a task of the switch's own.

        Raises:
            Exception: the adapter has a fault and hears nothing any more; the block is cancelled. A switch
                that is merely out of reach is an event.
        """
        ...

    def order(self, order: TelephonyOrder) -> None:
        """Take an order, after those taken before; what comes of it is an event. Never blocks.

        A `Dial` with the id of an earlier call ends that one, of which nothing more is told.
        """
        ...

    async def keep(self, ids: Iterable[str]) -> frozenset[str]:
        """End every call and leg of the zone but these, and return those of them that live.

        What is ended is not told, nor are orders carried out that are still on their way there. Whoever
        opens a zone says so what it knows: all else is left from an owner that is gone. What still rings
        is ended too: that it was answered may have been told to that owner. Customers who hear the message
        that no agent was free hear it to its end. May wait for the switch, for a bounded time, and only
        while it is open; none lives while the switch is lost.
        """
        ...


class Simulated(Protocol):
    """A switch without a clock: a driver tells it the time and collects what has happened."""

    @property
    def confirms(self) -> bool: ...

    def order(self, order: TelephonyOrder, now: float) -> None:
        """Carry an order out; what comes of it is an event later. Orders about unknown calls do no harm."""
        ...

    def next_at(self) -> float | None:
        """Return when the next event is due, epoch seconds; None if nothing is under way."""
        ...

    def due(self, now: float) -> Sequence[TelephonyEvent]:
        """Return all events due by `now`, in the order they happened."""
        ...

    def keep(self, ids: Iterable[str], now: float) -> frozenset[str]:
        """End every call and leg but these without a word, and return those of them that live."""
        ...


@frozen
class InboundChange:
    """An agent that works for inbound began a call, or ended it."""

    agent_id: str
    busy: bool


@frozen
class InboundTotals:
    """Calls of an inbound queue since it began, and who is there now; the rest waits or is being served."""

    arrived: int
    served: int
    abandoned: int
    waiting: int
    agents: int


class Inbound(Protocol):
    """An inbound queue with agents of its own and some that outbound lends it. Calls never block."""

    @property
    def load(self) -> InboundLoad:
        """The queue at this moment."""
        ...

    @property
    def totals(self) -> InboundTotals:
        """What a supervisor wants to see of it."""
        ...

    def join(self, agent_id: str, now: float) -> None:
        """Let an agent take calls; one that does already stays as it is."""
        ...

    def leave(self, agent_id: str) -> None:
        """Take an agent away; one that is not there does no harm."""
        ...

    def next_at(self) -> float | None:
        """Return when something happens by itself next, epoch seconds; None if nothing will."""
        ...

    def due(self, now: float) -> Sequence[InboundChange]:
        """Return which agents began and ended calls by `now`, in order."""
        ...


class ErrandRunner(Protocol):
    """Has connectors do what strategies ask of them."""

    async def do(self, errand: AskConnector) -> bool:
        """Have one do it; False if it did not, whatever the reason."""
        ...
