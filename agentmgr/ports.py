"""What the core needs from the world. Adapters implement these; `app` alone knows which."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from agentmgr.core.blender import InboundLoad
from agentmgr.core.effects import Record, TelephonyOrder
from agentmgr.core.events import ContactsFetched, TelephonyEvent
from agentmgr.core.model import (
    AgentSpec,
    AttributeSpec,
    CampaignSpec,
    JobSpec,
    PhoneNumber,
    SavedAgent,
)
from protocol.enums import PacingType


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
    """A zone taken over from whoever had it before: its token, the jobs to run on, the agents to keep."""

    token: Token
    jobs: tuple[JobSpec, ...]
    saved: tuple[SavedAgent, ...] = ()


@frozen
class AgentLogin:
    """An agent with what its password is checked against."""

    agent: AgentSpec
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

        Left alone is the answered attempt of a saved agent whose job goes on. A callback that was shown
        and not answered waits again, an answered one ends as `Interrupted`; those that expired while
        nobody looked end as `Expired`.
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


PHONE_ZONE_ATTRIBUTES: Mapping[str, str] = {"PhoneNumber1": "TimeZone", "PhoneNumber2": "PhoneNumber2Tz"}
"""The attributes that are a contact's telephone numbers, each with the one that is its time zone."""


class JobState(StrEnum):
    """The life of a job, as it is stored; `Finished` and `Stopped` are its ends."""

    Preparing = "preparing"
    Running = "running"
    Paused = "paused"
    Stopping = "stopping"
    Finished = "finished"
    Stopped = "stopped"


LIVE_JOB_STATES = (JobState.Preparing, JobState.Running, JobState.Paused, JobState.Stopping)
"""States of a job that is not over; a campaign has at most one such job."""


@frozen
class ContactDraft:
    """A contact to be stored; an attribute with an empty value is taken away from one that exists.

    `attributes` are all but the id, the telephone numbers and their time zones; the name of a number
    that shall be taken away is in them too.
    """

    user_contact_id: str
    numbers: tuple[PhoneNumber, ...]
    attributes: Mapping[str, str]


@frozen
class ContactsPut:
    """How many contacts were new and how many were there already."""

    created: int
    updated: int


@frozen
class ContactList:
    """A contact list with the number of its contacts."""

    list_id: int
    name: str
    contacts: int


@frozen
class JobStatus:
    """A job with its progress; times are epoch seconds, `callbacks` are those that its campaign waits for."""

    job_id: int
    campaign: str
    zone: str
    state: JobState
    total: int
    done: int
    created_at: float
    ended_at: float | None
    callbacks: int = 0


@frozen
class CampaignOverview:
    """A campaign in a list of campaigns, with its latest job."""

    campaign_id: int
    name: str
    pacing: PacingType
    lists: tuple[str, ...]
    job: JobStatus | None


@frozen
class JobTally:
    """What a job has done: counts by attempt outcome and by completion code, the most frequent first.

    `abandoned` of the `live_answers` found no agent in time; `stored` is the number of dispositions.
    """

    attempts: int
    live_answers: int
    abandoned: int
    outcomes: tuple[tuple[str, int], ...]
    dispositions: tuple[tuple[str, int], ...]
    stored: int


@frozen
class DispositionRow:
    """A disposition with what it is about; times are epoch seconds, `row_id` rises in order of saving."""

    row_id: int
    attempt_id: str
    job_id: int
    contact_list: str
    user_contact_id: str
    number: str
    agent_id: str
    code_id: int
    code: str
    source: str
    outcome: str
    started_at: float
    answered_at: float | None
    saved_at: float


@frozen
class DncEntry:
    """An address that must not be contacted, and who said so; `added_at` is epoch seconds."""

    address: str
    added_by: str
    added_at: float


class CampaignStore(Protocol):
    """What the services in `campaign` need: each call is one durable transaction.

    Calls block; they may come from any thread, also while a zone uses the same store.
    All raise StoreFault.
    """

    def define_attributes(self, specs: Iterable[AttributeSpec]) -> None:
        """Make attributes known; those that are known already stay as they are."""
        ...

    def attributes(self) -> tuple[AttributeSpec, ...]:
        """Return all known attributes in the order they were defined."""
        ...

    def ensure_list(self, name: str, now: float) -> int:
        """Return the id of a contact list, which is made if there is none of that name."""
        ...

    def contact_lists(self) -> tuple[ContactList, ...]:
        """Return all contact lists by name."""
        ...

    def put_contacts(self, list_id: int, drafts: Sequence[ContactDraft], now: float) -> ContactsPut:
        """Store contacts; one whose id is in the list already is updated, the last of equal ids counts."""
        ...

    def add_campaign(self, spec: CampaignSpec, list_ids: Sequence[int], now: float) -> CampaignSpec:
        """Store a campaign and return it with its id and all known attributes."""
        ...

    def find_campaign(self, name: str) -> CampaignSpec | None:
        """Look a campaign up."""
        ...

    def campaigns(self) -> tuple[CampaignOverview, ...]:
        """Return all campaigns by name."""
        ...

    def create_job(self, campaign_id: int, zone: str, now: float) -> int:
        """Make an empty job in preparation and return its id."""
        ...

    def fill_job(self, job_id: int, after_contact_id: int, limit: int) -> int | None:
        """Give the job the next contacts of its campaign's lists, those above an id.

        Returns the id to go on after; None once there are no more.
        """
        ...

    def start_job(self, job_id: int) -> JobSpec | None:
        """Let a prepared job run; None if it is not in preparation any more."""
        ...

    def move_job(
        self, job_id: int, allowed: Iterable[JobState], state: JobState, ended_at: float | None = None
    ) -> bool:
        """Change a job's state if it is an allowed one; return whether it was.

        With `ended_at` the job is over: no zone may be working on it, and what is open is settled.
        """
        ...

    def latest_job(self, campaign_id: int) -> JobStatus | None:
        """Return the job of a campaign that was created last."""
        ...

    def tally(self, job_id: int) -> JobTally:
        """Count what a job has done."""
        ...

    def dispositions(self, campaign_id: int, after_row_id: int, limit: int) -> tuple[DispositionRow, ...]:
        """Return the next dispositions of a campaign in the order they were saved, those above a row id."""
        ...

    def put_agent(self, login: AgentLogin) -> None:
        """Store an agent, or replace the one with the same id."""
        ...

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        """Look an agent up."""
        ...

    def agents(self) -> tuple[AgentLogin, ...]:
        """Return all agents by id."""
        ...

    def on_dnc(self, addresses: Iterable[str]) -> frozenset[str]:
        """Return those of the addresses that are on the do-not-call list."""
        ...

    def add_to_dnc(self, entries: Iterable[DncEntry]) -> int:
        """Put addresses on the do-not-call list; return how many were not there yet."""
        ...

    def remove_from_dnc(self, addresses: Iterable[str]) -> int:
        """Take addresses off the do-not-call list; return how many were there."""
        ...

    def dnc_entries(self, after_address: str, limit: int) -> tuple[DncEntry, ...]:
        """Return the next entries of the do-not-call list by address, those above an address."""
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

    def alive(self, ids: Iterable[str]) -> frozenset[str]:
        """Return those of the call and leg ids that the switch still has; asked after a restart."""
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
