"""The durable side of a zone, and how a store says that it failed."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from attrs import frozen

from agentmgr.core.effects import CheckDial, Record
from agentmgr.core.events import ContactsFetched, DialChecked
from agentmgr.core.model import (
    AgentSpec,
    JobSpec,
    LatestCalls,
    LiveCalls,
    Number,
    SavedAgent,
    WantedJob,
)
from agentmgr.ports.accounts import AccountLogin
from agentmgr.ports.agents import AgentLogin
from protocol.structures import SocketInfo


class StoreFault(Exception):
    """The store could not do what was asked; what it had confirmed before stands.

    The text is one line for a person: what is wrong, where, what to do.
    """


class StoreLost(StoreFault):
    """The database is out of reach for now: nothing was written. Asking again later may do."""


class Fenced(StoreFault):
    """Another owner has the zone: nothing of the transaction was written."""


@frozen
class Token:
    """Proof of who owns a zone; every write is checked against it."""

    zone: str
    era: int
    epoch: int


@frozen
class Claim:
    """Who takes a zone over, where several managers could: nobody but a live one, and only as it saw it.

    Attributes:
        incarnation: of the manager.
        seen: the zone's token as it was read before; None if the zone had no owner ever.
        address: where the desktops of the zone connect to.
        reason: why it is taken over, for people.
    """

    incarnation: str
    seen: Token | None
    address: SocketInfo
    reason: str


@frozen
class OpenedZone:
    """A zone taken over from whoever had it before: its token, the jobs to run on, the agents to keep.

    `run` counts the lives of all zones: no other has this one's.
    """

    token: Token
    jobs: tuple[JobSpec, ...]
    saved: tuple[SavedAgent, ...] = ()
    run: int = 1


class ZoneStore(Protocol):
    """The durable side of a zone. Blocking calls, made from one thread at a time."""

    def open_zone(self, zone: str, now: float, claim: Claim | None = None) -> OpenedZone:
        """Take the zone over: raise its epoch, end what a dead owner left open.

        With a claim that happens only if the zone is as its manager saw it, and that is still live; without
        one the caller is the only process there is.

        Claimed contacts go back to their jobs. An open attempt that nobody answered ends as
        `Interrupted` and is dialled again if the campaign's attempts allow; one that was answered
        ends as `Interrupted` with its contact done, so that it stays visible and is not called twice.

        Left alone is the answered attempt of a saved agent whose job goes on. A callback that was shown
        and not answered waits again, an answered one ends as `Interrupted`; those that expired while
        nobody looked end as `Expired`.

        Raises:
            Fenced: the claim is out of date; nothing was changed.
        """
        ...

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        """Write all records in one durable transaction.

        Raises:
            Fenced: the token is not the zone's any more; nothing was written.
            StoreLost: nothing was written; the same records may be written later.
            StoreFault: nothing was written, or it is not known; the zone must stop.
        """
        ...

    def claim_contacts(
        self, token: Token, job_id: int, limit: int, now: float, only_retries: bool = False
    ) -> ContactsFetched:
        """Claim contacts of a job that are due, so that nobody else gets them: retries before fresh ones.

        Only those are claimed whose next number is where the campaign may call now, or never may; others
        cost nothing, however many there are.

        Raises:
            Fenced: the token is not the zone's any more; nothing was claimed.
        """
        ...

    def jobs_wanted(self, zone: str) -> tuple[WantedJob, ...]:
        """Return the jobs that a zone shall have: those prepared and not over, by id."""
        ...

    def load_job(self, token: Token, job_id: int) -> JobSpec | None:
        """Return a job that the zone shall have; None if it is over or not the zone's.

        Raises:
            Fenced: the token is not the zone's any more.
        """
        ...

    def live_calls(self, job_id: int, since: float, until: float) -> LiveCalls:
        """Count the live answers of a job's campaign in a time, epoch seconds, and those of the job."""
        ...

    def latest_calls(self, job_id: int, since: float, until: float) -> LatestCalls:
        """Return how the latest calls went that a job's campaign began in a time, epoch seconds."""
        ...

    def check_dials(self, dials: Sequence[CheckDial]) -> tuple[DialChecked, ...]:
        """Say for each dial, in their order, what stands against it; its attempt is in the store already."""
        ...

    def on_dnc(self, addresses: Iterable[str], organisation: str = "") -> frozenset[str]:
        """Return those of the addresses that an organisation may not contact: by its list, or everybody's."""
        ...

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        """Look an agent up for logon."""
        ...

    def numbers(self, job_id: int, agent_id: str, organisation: str) -> tuple[Number, ...]:
        """Return what a campaign and an agent have in a job, changed or not, that an organisation may see."""
        ...

    def agents_with(
        self, zone: str, skill: str, level: int, limit: int, organisation: str = ""
    ) -> tuple[AgentSpec, ...]:
        """Return the agents of a zone who may log on and have a skill of a level or more, by id."""
        ...

    def find_account(self, name: str) -> AccountLogin | None:
        """Look an account up that signs in."""
        ...
