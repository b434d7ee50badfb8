"""What the core needs from the world. Adapters implement these; `app` alone knows which."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from attrs import frozen

from agentmgr.core.effects import Record, TelephonyOrder
from agentmgr.core.events import ContactsFetched, TelephonyEvent
from agentmgr.core.model import AgentRecord, JobSpec


class StoreFault(Exception):
    """The store could not do what was asked; what it had confirmed before stands.

    The text is one line for a person: what is wrong, where, what to do.
    """


class Fenced(StoreFault):
    """Another owner has the zone: nothing of the transaction was written."""


@frozen
class Token:
    """Proof of who owns a zone; every write is checked against it."""

    zone: str
    era: int
    epoch: int


@frozen
class OpenedZone:
    """A zone taken over from whoever had it before: its token, and the jobs to run on."""

    token: Token
    jobs: tuple[JobSpec, ...]


@frozen
class AgentLogin:
    """An agent with what its password is checked against."""

    agent: AgentRecord
    password_hash: str
    zone: str
    enabled: bool


class ZoneStore(Protocol):
    """The durable side of a zone. Blocking calls, made from one thread at a time."""

    def open_zone(self, zone: str, now: float) -> OpenedZone:
        """Take the zone over: raise its epoch, end what a dead owner left open.

        Claimed contacts go back to their jobs. An open attempt that nobody answered ends as
        `Interrupted` and is dialled again if the campaign's attempts allow; one that was answered
        ends as `Interrupted` with its contact done, so that it stays visible and is not called twice.
        """
        ...

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        """Write all records in one durable transaction.

        Raises:
            Fenced: the token is not the zone's any more; nothing was written.
            StoreFault: nothing was written, or it is not known; the zone must stop.
        """
        ...

    def claim_contacts(self, token: Token, job_id: int, limit: int, now: float) -> ContactsFetched:
        """Claim contacts of a job that are due, so that nobody else gets them."""
        ...

    def on_dnc(self, addresses: Iterable[str]) -> frozenset[str]:
        """Return those of the addresses that are on the do-not-call list."""
        ...

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        """Look an agent up for logon."""
        ...


class Telephony(Protocol):
    """A switch: takes orders, and has events when their time comes. Calls never block."""

    def order(self, order: TelephonyOrder, now: float) -> None:
        """Carry an order out; what comes of it is an event later. Orders about unknown calls do no harm."""
        ...

    def next_at(self) -> float | None:
        """Return when the next event is due, epoch seconds; None if nothing is under way."""
        ...

    def due(self, now: float) -> Sequence[TelephonyEvent]:
        """Return all events due by `now`, in the order they happened."""
        ...
