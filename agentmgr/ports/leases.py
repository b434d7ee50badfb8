"""Which manager owns which zone, as all managers of a centre see it in the database that they share."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from agentmgr.ports.zones import Token
from protocol.structures import SocketInfo


class ManagerState(StrEnum):
    """What is known of a process; once it is not live it never is again: a new one has a new incarnation."""

    Live = "live"
    Released = "released"
    Expired = "expired"


@frozen
class ManagerLease:
    """A manager process as it says that it lives.

    Attributes:
        incarnation: random, made at the start of the process.
        name: of the manager, as zones designate it; one process of a name lives at a time.
        beat: counted up at each sign of life; nobody compares a clock.
        ready: whether it would take zones over: not while it starts, drains, or cannot reach its switch.
        lock: where the lock is that the process holds as long as it lives, for those on its machine.
        http_url: where browsers reach its HTTP port, up to the port; empty: not known.
    """

    incarnation: str
    name: str
    beat: int = 0
    state: ManagerState = ManagerState.Live
    ready: bool = False
    version: str = ""
    lock: str = ""
    http_url: str = ""


@frozen
class ZoneLease:
    """Who owns a zone.

    Attributes:
        token: of the owner, or of the one before it if there is none.
        owner: the incarnation of the manager that owns it; empty for nobody.
        address: where the owner's listener is.
        moving_to: the name of the manager that it shall move to; empty for none.
        reason: why the owner last changed, for people.
        changed_at: when that was, epoch seconds by the clock of who did it; to be shown, never compared.
        wanted_by: name of the manager that a supervisor wants it at; empty for the designated one.
    """

    zone: str
    token: Token
    owner: str = ""
    address: SocketInfo | None = None
    moving_to: str = ""
    reason: str = ""
    changed_at: float = 0.0
    wanted_by: str = ""


@frozen
class LeaseView:
    """All managers that are live or own a zone, and all zones that ever had an owner."""

    managers: tuple[ManagerLease, ...] = ()
    zones: tuple[ZoneLease, ...] = ()


class Permit(Protocol):
    """Whether this process may act: give orders to the switch, tell desktops what is so.

    Attributes:
        on_change: called with whether it may, each time that this changes.
    """

    on_change: set[Callable[[bool], None]]

    def is_valid(self) -> bool:
        """Whether it may at this moment; to be asked before each effect, with nothing awaited between."""
        ...


class LeaseStore(Protocol):
    """Leases, over a connection of their own. Blocking calls, made from one thread at a time.

    Each call is one short transaction and takes `LeaseTimes.attempt_s` at most. All raise StoreFault; its
    outcome is not known then, and is found out by the next `read`.
    """

    def register(self, manager: ManagerLease) -> None:
        """Make a new incarnation known as live; others of its name that are live stay so."""
        ...

    def renew(self, incarnation: str, *, ready: bool) -> LeaseView | None:
        """Count the beat of an incarnation up and return what all see; None if it is not live any more."""
        ...

    def read(self) -> LeaseView:
        """Return what all see."""
        ...

    def expire(self, incarnation: str, beat: int | None) -> bool:
        """End an incarnation that gave no sign of life since `beat`; None: it is known to be dead.

        Returns whether it is not live (any more). Transactions that it left open are ended.
        """
        ...

    def announce(self, token: Token, to: str, now: float, reason: str) -> bool:
        """Say that a zone is about to move to the manager of a name; an empty one takes that back."""
        ...

    def give_up(self, token: Token, now: float, reason: str) -> bool:
        """Let a zone have no owner; its epoch rises, so that its old owner can change nothing more.

        Returns False if the token is not the zone's any more.
        """
        ...

    def release(self, incarnation: str, now: float, reason: str) -> None:
        """End an incarnation in order, and give up what it still owns."""
        ...

    def want(self, zone: str, manager: str) -> bool:
        """Say at which manager a supervisor wants a zone; False if there is no such zone."""
        ...


class Manager(Protocol):
    """The manager that this process is; for any thread."""

    def ages(self) -> Mapping[str, float]:
        """Return how long ago each living incarnation was seen to have given a sign of life, in seconds."""
        ...

    def drain(self) -> str | None:
        """Begin to give all zones to others, and end; returns its name, None if this process is no server."""
        ...


class NoManager:
    """Implements `Manager` where no server runs."""

    def ages(self) -> Mapping[str, float]:
        return {}

    def drain(self) -> str | None:
        return None
