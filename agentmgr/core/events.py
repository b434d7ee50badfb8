"""Everything that can happen to a zone; each enters it through `Zone.handle`."""

from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from typing import Any

from agentmgr.core.model import (
    AgentSpec,
    ContactSpec,
    JobSpec,
    LatestCalls,
    LiveCalls,
    Number,
    PhoneNumber,
    SavedAgent,
    WantedJob,
)
from agentmgr.core.wishes import Wish
from protocol.enums import DialFailReason
from protocol.results import ResultCode
from protocol.structures import SocketInfo
from protocol.values import frozen


class Timer(StrEnum):
    """What a timer is for; `Zone` has a table of whose each is and what it does."""

    PACE = "pace"
    QUEUE = "queue"
    RING = "ring"
    PREVIEW = "preview"
    CALL = "call"
    WRAPUP = "wrapup"
    CALLBACK = "callback"
    DUE = "due"
    EXPIRY = "expiry"
    CONSULT = "consult"
    PARTY = "party"
    NAIL = "nail"
    RENAIL = "renail"
    UNNAIL = "unnail"
    ORPHAN = "orphan"
    SILENT = "silent"
    LOST = "lost"
    ORDER = "order"
    ENDING = "ending"
    BLEND = "blend"
    ERRAND = "errand"


TimerKey = tuple[Timer, str]
"""What a timer is for and whose it is, such as (Timer.WRAPUP, session id)."""


SERVER_CONNECTION = 0
"""The number over which the server itself sends commands, such as its blender; no desktop ever has it."""


# -- desktops ------------------------------------------------------------------------------


@frozen
class CommandReceived:
    """A desktop sent a well-formed command; `agent_id` is empty if it concerns the connection alone."""

    connection: int
    request_id: int
    agent_id: str
    command: Any


@frozen
class ConnectionLost:
    """A connection is gone; nothing can be sent on it any more."""

    connection: int


@frozen
class LogonChecked:
    """The answer to `CheckLogon`; `agent` is there if `result` is SUCCESS."""

    connection: int
    request_id: int
    agent_id: str
    result: ResultCode
    agent: AgentSpec | None


@frozen
class SupervisorAsked:
    """A supervisor wants something of an agent; answered by `SupervisorAnswered` with the same key."""

    key: int
    agent_id: str
    wish: Wish


@frozen
class AccountChecked:
    """The answer to `CheckAccount`: SUCCESS, or why the connection does not become a service's."""

    connection: int
    request_id: int
    result: ResultCode


# -- the switch ----------------------------------------------------------------------------


@frozen
class NailAnswered:
    """The agent's phone took the nailing call."""

    leg_id: str


@frozen
class NailFailed:
    """The agent's phone did not take the nailing call."""

    leg_id: str


@frozen
class NailEnded:
    """The nailing call is over: dropped as ordered, or lost."""

    leg_id: str


@frozen
class CallAnswered:
    """A person took the call."""

    call_id: str


@frozen
class CallFailed:
    """The call did not reach a person."""

    call_id: str
    reason: DialFailReason


@frozen
class CallEnded:
    """The customer hung up."""

    call_id: str


class OrderFault(Enum):
    """Why an order was not carried out."""

    UNKNOWN_LEG = auto()  # there is no such call or line; its end was told, or will be
    REFUSED = auto()  # the switch could not


@frozen
class OrderDone:
    """The switch carried out an order; told only by one that confirms. `order` is the very effect."""

    order: Any


@frozen
class OrderFailed:
    """The switch did not carry out an order. `order` is the very effect, `why` is for the log."""

    order: Any
    fault: OrderFault
    why: str = ""


@frozen
class TelephonyLost:
    """The switch is out of reach: no order is carried out any more, and all its calls are gone."""


@frozen
class TelephonyRestored:
    """The switch takes orders again."""


# -- the store -----------------------------------------------------------------------------


@frozen
class Frozen:
    """Nothing becomes durable for now, and nothing leaves that rests on it: begin nothing."""


@frozen
class Thawed:
    """What waited is durable and has left; go on."""


@frozen
class ContactsFetched:
    """The answer to `FetchContacts`.

    `next_due_at` is when the next contact that is not claimed yet is due where it is open, epoch seconds;
    None if there is none left. It is never later than needed: with contacts due now that did not fit the
    limit it is not in the future. `next_retry_at` is the same of those that were given back before.
    """

    job_id: int
    contacts: tuple[ContactSpec, ...]
    next_due_at: float | None
    next_retry_at: float | None = None


@frozen
class DialChecked:
    """The answer to `CheckDial`.

    `number` is the one to dial: the contact's as the store has it now; None if it has been taken away.
    `in_work` says that somebody else is busy with that number, in whichever job and zone.
    """

    key: int
    number: PhoneNumber | None
    on_dnc: bool = False
    in_work: bool = False


@frozen
class DncChecked:
    """The answer to `CheckDnc`: which of the addresses asked for are on the do-not-call list."""

    key: int
    present: frozenset[str]


@frozen
class AgentChecked:
    """The answer to `CheckAgent`: whether there is such an agent, logged on or not."""

    key: int
    exists: bool


@frozen
class AgentsListed:
    """The answer to `ListAgents`."""

    key: int
    agents: tuple[AgentSpec, ...]


@frozen
class NumbersRead:
    """The answer to `ReadNumbers`, those of the campaign first."""

    key: int
    numbers: tuple[Number, ...]


@frozen
class JobsWanted:
    """All jobs that the zone shall have, and no others; what differs it brings about by itself.

    The same once more changes nothing. It is never older than the `JobLoaded` that came before it.
    """

    jobs: tuple[WantedJob, ...]


@frozen
class JobLoaded:
    """The answer to `LoadJob`, and at a start a job to run on; `job` is None if the job is over."""

    job_id: int
    job: JobSpec | None


@frozen
class HistoryRead:
    """The answer to `ReadHistory`: what each of the days came to, and how the latest calls went."""

    job_id: int
    days: tuple[LiveCalls, ...]
    latest: LatestCalls


@frozen
class ConnectorAnswered:
    """The answer to `AskConnector`: whether it did what it was asked; a late one may come in vain."""

    key: int
    is_done: bool


# -- time, the process ---------------------------------------------------------------------


@frozen
class TimerFired:
    """A timer set with `SetTimer` and not cancelled since has run out."""

    key: TimerKey


@frozen
class ClockStepped:
    """The clock was stepped by so many seconds, below 0 if back; the time of this event is after it.

    Timers that wait for the end of a duration have been moved along.
    """

    by_s: float


@frozen
class AgentRestored:
    """What a server that died had saved of an agent; comes after the jobs, before any desktop."""

    agent: SavedAgent


@frozen
class DirectoryChanged:
    """Where each zone is served by now, this one among them; None for one that nobody owns now.

    With each address comes the token of its owner.
    """

    zones: Mapping[str, SocketInfo | None]


@frozen
class ZoneClosing:
    """The zone is about to end: nothing new is begun, and desktops are told how long they may go on."""

    grace_ms: int


@frozen
class GraceOver:
    """What was granted by `ZoneClosing` is over: whoever is left is logged off."""


TelephonyEvent = (
    NailAnswered
    | NailFailed
    | NailEnded
    | CallAnswered
    | CallFailed
    | CallEnded
    | OrderDone
    | OrderFailed
    | TelephonyLost
    | TelephonyRestored
)
StoreAnswer = DialChecked | DncChecked | AgentChecked | AgentsListed | NumbersRead
"""The answer to a question of the zone, by the `key` of that."""
Event = (
    CommandReceived
    | ConnectionLost
    | LogonChecked
    | SupervisorAsked
    | AccountChecked
    | TelephonyEvent
    | Frozen
    | Thawed
    | ContactsFetched
    | StoreAnswer
    | ConnectorAnswered
    | JobsWanted
    | JobLoaded
    | HistoryRead
    | TimerFired
    | ClockStepped
    | AgentRestored
    | DirectoryChanged
    | ZoneClosing
    | GraceOver
)
