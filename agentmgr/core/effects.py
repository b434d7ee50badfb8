"""Everything a zone can ask for; the shell has one branch for each.

Records are durable: all those of a batch are committed in one transaction before any other effect of
the batch is performed.
"""

from typing import Any, get_args

from attrs import field

from agentmgr.core.events import TimerKey
from agentmgr.core.model import DialCheck, PhoneNumber, Place
from agentmgr.core.wishes import Outcome
from protocol.enums import AgentState, CallbackType, CallState, ContactType, DialFailReason
from protocol.values import frozen

# -- desktops ------------------------------------------------------------------------------


@frozen
class Respond:
    """Send a RESP."""

    connection: int
    request_id: int
    agent_id: str
    response: Any


@frozen
class Notify:
    """Send a notification; `agent_id` is empty if it concerns the connection alone."""

    connection: int
    agent_id: str
    notification: Any


@frozen
class SupervisorAnswered:
    """Tell a supervisor what came of a wish; the answer to `SupervisorAsked` of the same key."""

    key: int
    outcome: Outcome


@frozen
class ReportFault:
    """Tell whoever keeps the server that a rule failed; what it was about has been ended already."""

    about: str
    fault: Exception


@frozen
class Remark:
    """Write a line to the log: something an agent did that a supervisor may ask about.

    `event` is the name of the line, `fields` what it says beside agent and zone.
    """

    event: str
    agent_id: str
    fields: tuple[tuple[str, str], ...] = ()


@frozen
class ContactsOver:
    """Tell whoever closes the zone that nobody has a contact any more, and nobody will get one."""


# -- time and questions --------------------------------------------------------------------


@frozen
class SetTimer:
    """Bring `TimerFired(key)` at `at`, epoch seconds; replaces a timer of the same key.

    With `calendar` it is a time of the calendar; else a duration ends then, which a clock that is stepped
    makes neither longer nor shorter.
    """

    key: TimerKey
    at: float
    calendar: bool = False


@frozen
class CancelTimer:
    """Forget a timer; one that is not set does no harm."""

    key: TimerKey


@frozen
class CheckLogon:
    """Look the agent up and check its password, or its resume token; answered by `LogonChecked`.

    A token is good that was given at `tokens_since` or later, epoch seconds.
    """

    connection: int
    request_id: int
    agent_id: str
    password: str = field(repr=False)
    resume_token: str = field(default="", repr=False)
    tokens_since: float = 0.0


@frozen
class CheckAccount:
    """Look a service account up and check its password; answered by `AccountChecked`."""

    connection: int
    request_id: int
    account: str
    password: str = field(repr=False)


@frozen
class FetchContacts:
    """Claim up to `limit` contacts of a job that are due; answered by `ContactsFetched`.

    With `only_retries` those alone that were given back before.
    """

    job_id: int
    limit: int
    only_retries: bool = False


@frozen
class LoadJob:
    """Read a job with its campaign and callbacks; answered by `JobLoaded`."""

    job_id: int


@frozen
class ReadHistory:
    """Read what the calls of a job's campaign came to on some days; answered by `HistoryRead`.

    `begins` are the beginnings of the days, epoch seconds, and as the last one the end of the last day.
    """

    job_id: int
    begins: tuple[float, ...]


@frozen
class CheckDial:
    """Ask what stands against a dial; answered by `DialChecked`.

    `own` says that the number is one of the contact's, which may have been corrected meanwhile. The lists
    that count are everybody's and that of the `organisation`.
    """

    key: int
    attempt_id: str
    contact_id: int
    number: PhoneNumber
    own: bool
    organisation: str = ""


@frozen
class CheckDnc:
    """Look addresses up in the do-not-call lists, everybody's and an organisation's; by `DncChecked`."""

    key: int
    addresses: tuple[str, ...]
    organisation: str = ""


@frozen
class CheckAgent:
    """Ask whether the zone has an agent for an organisation, logged on or not; answered by `AgentChecked`."""

    key: int
    agent_id: str
    organisation: str = ""


@frozen
class ListAgents:
    """Ask which agents the zone has with a skill of a level or more, logged on or not; by `AgentsListed`.

    Those come by id, `limit` of them at most, and none who may not log on, or who work for another
    organisation.
    """

    key: int
    skill: str
    level: int
    limit: int
    organisation: str = ""


@frozen
class ReadNumbers:
    """Ask for the numbers of a campaign in a job, and an agent's there; answered by `NumbersRead`.

    Those of another organisation than the campaign's are left out.
    """

    key: int
    job_id: int
    agent_id: str
    organisation: str = ""


@frozen
class AskConnector:
    """Let a connector do something for a contact; answered by `ConnectorAnswered`.

    `kind` is an ACTION or a PROCESSOR, `name` its entry point, empty if the campaign has it no more; `told`
    is the task it is in, or what the result is called. `contact_id` is the one its list knows the contact
    by, `address` the number of the attempt.
    """

    key: int
    kind: str
    name: str
    told: str
    campaign: str
    job_id: int
    contact_id: str
    list_id: int
    list_name: str
    address: str


# -- the switch ----------------------------------------------------------------------------


@frozen
class NailUp:
    """Call the agent's phone and keep the line; brings NailAnswered or NailFailed."""

    leg_id: str
    agent_id: str
    extension: str


@frozen
class DropNail:
    """End a nailing call; brings NailEnded."""

    leg_id: str


@frozen
class Dial:
    """Call a customer; brings CallAnswered or CallFailed within about `ring_time_s`."""

    call_id: str
    number: str
    ring_time_s: float


@frozen
class Connect:
    """Put an answered call and an agent's line together, and nobody else."""

    call_id: str
    leg_id: str


@frozen
class Hold:
    """Part customer and agent; the customer hears music."""

    call_id: str


@frozen
class Unhold:
    """Put customer and agent together again."""

    call_id: str


@frozen
class Consult:
    """Connect the agent of a customer's call with a party alone; the customer hears music.

    `party_id` is the leg of a nailed agent or the call of an external party.
    """

    call_id: str
    party_id: str


@frozen
class Conference:
    """Connect customer, agent and party; `Connect` parts the party from them again."""

    call_id: str
    party_id: str


@frozen
class HangUp:
    """End a customer's call in whatever state; its end is not told."""

    call_id: str


@frozen
class Dismiss:
    """Tell a customer for whom no agent is free who called, and `number` to call back, then hang up.

    How the call ends is not told.
    """

    call_id: str
    number: str


@frozen
class Tone:
    """Sound a short tone to some of those who are on a customer's call, or just were; it parts nobody.

    `to` are the lines of nailed agents and the calls of external parties; `call_id` itself for the customer.
    """

    call_id: str
    to: tuple[str, ...]


@frozen
class SendDigit:
    """Play one DTMF digit into a call."""

    call_id: str
    digit: str


# -- records -------------------------------------------------------------------------------


@frozen
class StartAttempt:
    """A contact is about to be dialled or shown to an agent, for the callback `callback_id` if for one.

    Each dial is an attempt of its own; `session_id` is the first one of a session, None for that itself.
    `dialed_at` is None for what is only shown; `reached_at` is when a person answered in the session before.
    """

    attempt_id: str
    job_id: int
    contact_id: int
    contact_type: ContactType
    number: str
    at: float
    callback_id: str | None = None
    number_name: str = ""
    dialed_at: float | None = None
    session_id: str | None = None
    reached_at: float | None = None
    agent_id: str | None = None


@frozen
class MarkDialed:
    """The number of an attempt that is dialled, where it is not the one that the attempt began with."""

    attempt_id: str
    number_name: str
    number: str
    at: float
    agent_id: str | None


@frozen
class MarkAnswered:
    """A person took the call of an attempt; `agent_id` is whoever talks to them, if anybody does.

    The `check` of its dial is written here already: the call may outlive its manager.
    """

    attempt_id: str
    at: float
    agent_id: str | None
    check: DialCheck = DialCheck()


REFUSALS = frozenset(reason.value for reason in DialFailReason)
"""Outcomes that say why a number was not reached; of an attempt that was not dialled, why it was not."""


@frozen
class EndAttempt:
    """An attempt is over; one that is not `dialed` was only shown, or stopped before its number was dialled.

    `outcome` is a DialFailReason, `Handled`, `Nuisance`, `Cancelled` or `Interrupted`. Whoever ends what
    another manager had dialled knows of no `check`: the one that was written stays.
    """

    attempt_id: str
    outcome: str
    at: float
    agent_id: str | None = None
    dialed: bool = True
    check: DialCheck = DialCheck()

    @property
    def was_refused(self) -> bool:
        """Whether the number was refused before it was dialled: that counts as no attempt."""
        return not self.dialed and self.outcome in REFUSALS


@frozen
class SaveDisposition:
    """The one completion code of an attempt; `source` is `agent` or `default`."""

    attempt_id: str
    job_id: int
    contact_id: int
    agent_id: str
    code_id: int
    source: str
    at: float


@frozen
class ReturnContact:
    """Give a claimed contact back to its job: due again at `due_at`, or done if that is None.

    `phone` is the name of the number to be dialled next, empty for the contact's first one; `left_out` are
    the numbers that are of no use in this job, joined by commas; `course` is how far it is in its campaign's
    strategy. An empty `outcome` leaves the one before.
    """

    job_id: int
    contact_id: int
    attempts: int
    outcome: str
    due_at: float | None
    phone: str = ""
    left_out: str = ""
    course: str = ""


@frozen
class HoldContact:
    """Keep a contact claimed while a connector does something for it: all else as in `ReturnContact`.

    It is due at once if its zone dies meanwhile.
    """

    job_id: int
    contact_id: int
    attempts: int
    outcome: str
    at: float
    phone: str
    left_out: str
    course: str


@frozen
class SaveNote:
    """An agent's note about a contact."""

    job_id: int
    contact_id: int
    attempt_id: str
    agent_id: str
    text: str
    at: float


@frozen
class AddToDnc:
    """An address that an organisation, or nobody, must contact any more; one that is there stays as it is."""

    address: str
    agent_id: str
    at: float
    organisation: str = ""


@frozen
class SetAttribute:
    """A new value for an attribute of a contact, which an agent gave it."""

    contact_id: int
    name: str
    value: str
    agent_id: str
    at: float


@frozen
class SetNumber:
    """A new telephone number that an agent gave a contact, or another one under a name that it has."""

    contact_id: int
    name: str
    number: str
    timezone: str
    wireless: bool
    calling_code: int
    agent_id: str
    at: float


@frozen
class SaveCallback:
    """A new callback, or another time for one that exists, after so many attempts; times in epoch seconds."""

    callback_id: str
    campaign_id: int
    job_id: int
    contact_id: int
    callback_type: CallbackType
    agent_id: str
    created_by: str
    number: str
    number_name: str
    timezone: str
    due_at: float
    expires_at: float
    notes: str
    at: float
    attempts: int = 0


@frozen
class EndCallback:
    """A callback of a job is over; `outcome` is `Handled`, `Cancelled`, `Expired` or `Interrupted`."""

    callback_id: str
    outcome: str
    at: float
    job_id: int


@frozen
class SaveAgent:
    """Where an agent is that is to outlive a crash; replaces what was saved of it before.

    `call_state` and `attempt_id` are those of a contact of its own that somebody has answered, and as it goes
    on: with the customer, who waits, or in wrapup. `skills` is a JSON object of their levels.
    """

    agent_id: str
    zone: str
    agent_state: AgentState
    call_state: CallState
    reason_code: str
    leg_id: str
    attempt_id: str
    extension: str
    skills: str
    place: Place = Place()


@frozen
class ForgetAgent:
    """A saved agent logged off: nothing is to be restored, and no answer to be given again."""

    agent_id: str


@frozen
class SaveAnswer:
    """The RESP to a command that has changed something, to be given again; the latest few are kept."""

    agent_id: str
    number: int
    request_id: int
    command: Any = field(repr=False)
    response: Any = field(repr=False)


@frozen
class DropAnswers:
    """An agent has logged on: no answer from before is to be given again."""

    agent_id: str


@frozen
class SaveResumeToken:
    """The hashes of the tokens that an agent's desktop may come back with; replace those before."""

    agent_id: str
    newest: str
    before: str
    at: float


@frozen
class DropResumeToken:
    """An agent's desktop may not come back without a password any more."""

    agent_id: str


@frozen
class HoldCalls:
    """A zone goes by the grant of that number, and has, and will have by it, at most so many calls of a job.

    What was reserved beyond that is for others. `wanted` says whether it has anybody to call for.
    """

    job_id: int
    grant: int
    reserved: int
    wanted: bool


@frozen
class FinishJob:
    """A job is over; `state` is `finished` or `stopped`."""

    job_id: int
    state: str
    at: float


Record = (
    StartAttempt
    | MarkDialed
    | MarkAnswered
    | EndAttempt
    | SaveDisposition
    | ReturnContact
    | HoldContact
    | SaveNote
    | AddToDnc
    | SetAttribute
    | SetNumber
    | SaveCallback
    | EndCallback
    | SaveAgent
    | ForgetAgent
    | SaveAnswer
    | DropAnswers
    | SaveResumeToken
    | DropResumeToken
    | HoldCalls
    | FinishJob
)
RECORDS: tuple[type[Any], ...] = get_args(Record)
TelephonyOrder = (
    NailUp
    | DropNail
    | Dial
    | Connect
    | Hold
    | Unhold
    | Consult
    | Conference
    | HangUp
    | Dismiss
    | SendDigit
    | Tone
)
TELEPHONY_ORDERS: tuple[type[Any], ...] = get_args(TelephonyOrder)
Effect = (
    Respond
    | Notify
    | SupervisorAnswered
    | ReportFault
    | Remark
    | ContactsOver
    | SetTimer
    | CancelTimer
    | CheckLogon
    | CheckAccount
    | FetchContacts
    | LoadJob
    | ReadHistory
    | CheckDial
    | CheckDnc
    | CheckAgent
    | ListAgents
    | ReadNumbers
    | AskConnector
    | TelephonyOrder
    | Record
)
