"""A logged-on agent: its three states, the one place that changes them, and what its desktop was told."""

from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from attrs import Factory, define, field

from agentmgr.core.capabilities import VECTORS, Row, capabilities
from agentmgr.core.events import CommandReceived
from agentmgr.core.model import AgentSpec
from agentmgr.core.sent import Answers, SentLog
from agentmgr.core.states import (
    AGENT_TABLE,
    CALL_TABLE,
    COUPLED,
    FREE_STATES,
    NAIL_TABLE,
    AgentEvent,
    CallEvent,
    NailEvent,
    step,
)
from agentmgr.core.stats import TALK_STATES, WORKING_STATES, AgentDay, ZoneStats
from agentmgr.core.tokens import TokenHashes
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import (
    AGTCallStateChangedNotify,
    AGTCapabilitiesChanged,
    AGTNailupChange,
    AGTStateChangedNotify,
)
from protocol.structures import AgentStatus, Capabilities

if TYPE_CHECKING:
    from agentmgr.core.job import Callback, Job
    from agentmgr.core.session import Consultation, Session

_STATE_NOTIFY = {state: AGTStateChangedNotify(state) for state in AgentState}
_CALL_NOTIFY = {state: AGTCallStateChangedNotify(state) for state in CallState}
_NAIL_NOTIFY = {status: AGTNailupChange(status) for status in NailupStatus}
_CAPABILITIES_NOTIFY = {vector: AGTCapabilitiesChanged(vector) for vector in VECTORS}

_SIMPLE_ROWS = {
    CallState.NoState: Row.FREE,
    CallState.Idle: Row.FREE,
    CallState.Preview: Row.OFFERED,
    CallState.Callback: Row.OFFERED,
    CallState.Dialing: Row.DIALING,
    CallState.Held: Row.HELD,
}


DEFAULT_TIMEZONE = "UTC"
"""Where an agent is whose desktop does not say."""


class Blend(Enum):
    """Which side the agent works for."""

    OUTBOUND = auto()
    LEAVING = auto()  # to inbound, as soon as nothing is on
    INBOUND = auto()


# In Python 3.11 a member costs seven times as much through its class as by a name of the module, and
# these are asked for several times at every change of state.
_READY, _IDLE, _WRAPUP = AgentState.Ready, CallState.Idle, CallState.Wrapup
_BEGINS_CALL = frozenset({CallEvent.CONNECTED, CallEvent.TOOK_OVER, CallEvent.OWNERSHIP_TAKEN})
_NAILED_UP, _OUTBOUND = NailupStatus.NailedUp, Blend.OUTBOUND


@define(eq=False)
class Agent:
    """One agent in a zone; `tell` sends to its desktop, `note` says that something changed.

    `saved_for_ha` says that its desktop asked for its place to outlive a crash, `is_covered` that all do.
    `resends` says that its desktop sends what was not answered again, under the same id.
    `timezone` is where its desktop says that it is, an IANA name. `home` is the job that the agent goes back
    to when nothing is on, if it was lent for a callback; `placed_in` the one that a supervisor wants it to
    work in while that runs. `heard_at` is when its desktop last sent anything for it, steady. Since then it
    was given a contact if `is_mute`, and asked for a sign of life if `is_probed`. `lost_connection` is the
    one that it had before: RESPs to what was sent over that follow it. `claimed_by` is one that named it.
    `since` is when agent or call state changed, `talking_since` when somebody came on the line who is on it,
    epoch seconds; `today` what it has done on the last day that it did anything.
    """

    spec: AgentSpec
    connection: int | None
    extension: str
    tell: Callable[["Agent", Any], None]
    note: Callable[["Agent"], None]
    stats: ZoneStats
    skills: dict[str, int] = field(factory=dict)
    timezone: str = DEFAULT_TIMEZONE
    agent_state: AgentState = AgentState.NotReady
    call_state: CallState = CallState.NoState
    nailup_status: NailupStatus = NailupStatus.NotNailedUp
    reason_code: str = ""
    reason_name: str = ""
    session: "Session | None" = None
    job: "Job | None" = None
    home: "Job | None" = None
    placed_in: "Job | None" = None
    available_for_nailup: bool = False
    leg_id: str = ""
    idle_ticket: int = 0
    pending_consults: "deque[Consultation]" = field(factory=deque)
    pending_callback: "Callback | None" = None
    blend: Blend = Blend.OUTBOUND
    saved_for_ha: bool = False
    is_covered: bool = False
    resends: bool = False
    answers: Answers = field(factory=Answers)
    tokens: TokenHashes = TokenHashes()
    is_away: bool = False
    sent: SentLog = field(factory=SentLog)
    lost_connection: int | None = None
    claimed_by: int | None = None
    heard_at: float = 0.0
    lost_for_good: bool = False
    leaving: bool = False
    logoff_request: CommandReceived | None = None
    is_mute: bool = False
    is_probed: bool = False
    since: float = 0.0
    talking_since: float | None = None
    today: AgentDay = field(factory=lambda: AgentDay(0))
    in_sync: bool = True
    told_call_state: CallState | None = CallState.NoState
    told_capabilities: Capabilities | None = None
    agent_id: str = Factory(lambda self: self.spec.agent_id, takes_self=True)

    @property
    def engaged_session(self) -> "Session":
        """The session of the agent's contact, for where a rule has made sure that there is one."""
        assert self.session is not None, "the rule of the command asks for a contact"
        return self.session

    @property
    def outlives(self) -> bool:
        """Whether the agent's place is written down."""
        return self.is_covered or self.saved_for_ha

    @property
    def status(self) -> AgentStatus:
        return AgentStatus(self.agent_state, self.call_state, self.nailup_status)

    @property
    def is_nailed(self) -> bool:
        return self.nailup_status is _NAILED_UP

    @property
    def is_free(self) -> bool:
        """Whether the agent has no contact."""
        return self.call_state in FREE_STATES

    @property
    def can_take_contact(self) -> bool:
        """Whether a contact may be given to the agent now."""
        return self.call_state is _IDLE and self.is_consultable and not self.is_mute

    @property
    def owes_life(self) -> bool:
        """Whether nothing but a sign of life of its desktop keeps the agent from what comes next."""
        if not self.is_mute or self.call_state is not _IDLE or not self.is_nailed or self.is_away:
            return False
        return self.is_consultable or self.has_pending

    @property
    def wants_nailing(self) -> bool:
        """Whether the agent's phone should be nailed up if there is work for it."""
        return (
            self.agent_state is _READY
            and self.available_for_nailup
            and self.nailup_status in (NailupStatus.NotNailedUp, NailupStatus.NailingLost)
            and self.call_state is CallState.NoState
            and not self.is_away
            and self.blend is _OUTBOUND
            and not self.leaving
        )

    @property
    def row(self) -> Row:
        """The row of the capability matrix that the agent stands in."""
        row = _SIMPLE_ROWS.get(self.call_state)
        if row is not None:
            return row
        if self.call_state is _WRAPUP:
            return Row.WRAPUP if self.is_nailed else Row.WRAPUP_NAILING_LOST
        assert self.session is not None
        return self._consult_row(self.session.consultation)

    def _consult_row(self, consultation: "Consultation | None") -> Row:
        if consultation is None:
            return Row.TALKING
        with_agent = consultation.agent is not None
        match self.call_state:
            case CallState.Talking:
                return Row.CONSULT_CANCELLABLE if consultation.cancellable else Row.CONSULT_ASKED
            case CallState.ConferencePassive:
                return Row.CONFERENCE_PASSIVE
            case CallState.ConferenceOwner:
                return Row.CONFERENCE_WITH_AGENT if with_agent else Row.CONFERENCE_WITH_EXTERNAL
            case _ if consultation.agent is self:
                return Row.CONSULT_PASSIVE
            case _:
                return Row.CONSULT_WITH_AGENT if with_agent else Row.CONSULT_WITH_EXTERNAL

    @property
    def capabilities(self) -> Capabilities:
        return capabilities(self.row, self.agent_state)

    @property
    def granted(self) -> Capabilities:
        """The capabilities, without deriving them anew where the desktop has been told them."""
        told = self.told_capabilities
        return told if told is not None and self.in_sync else self.capabilities

    @property
    def is_consultable(self) -> bool:
        """Whether other agents of the job may ask for a consult, now or when the contact is over."""
        return (
            self.agent_state is _READY
            and self.is_nailed
            and not self.is_away
            and self.blend is _OUTBOUND
            and not self.leaving
        )

    @property
    def can_be_consulted_now(self) -> bool:
        """Whether a consult that waits for the agent can begin; also before a break that is pending."""
        return self.call_state is _IDLE and self.is_nailed and not self.is_mute

    @property
    def has_pending(self) -> bool:
        """Whether something must come before a break."""
        return bool(self.pending_consults) or self.pending_callback is not None

    # -- the only ways a state changes -----------------------------------------------------

    def on_agent_event(self, event: AgentEvent, now: float) -> None:
        """Change the agent state and tell it; also told when only the reason changed."""
        new = step(AGENT_TABLE, self.agent_state, event)
        self.touch()
        self._count(-1, now)
        if new is not self.agent_state:
            self.since = now
        self.agent_state = new
        self._count(+1, now)
        self.tell(self, _STATE_NOTIFY[new])

    def on_nail_event(self, event: NailEvent, now: float) -> None:
        """Change the nailing state, tell it, and carry the event over to the call machine."""
        new = step(NAIL_TABLE, self.nailup_status, event)
        self.touch()
        self.nailup_status = new
        self.tell(self, _NAIL_NOTIFY[self.nailup_status])
        coupled = COUPLED.get(event)
        if coupled is CallEvent.NAILING_LOST and self.session is not None and self.session.owner is not self:
            coupled = CallEvent.LEFT  # a passive party has nothing to wrap up
        if coupled is not None:
            self.on_call_event(coupled, now)

    def on_call_event(self, event: CallEvent, now: float) -> None:
        """Change the call state; it is told by the next `sync`, after the event that caused it.

        An agent whose line was lost meanwhile comes to NoState instead of Idle.
        """
        new = step(CALL_TABLE, self.call_state, event)
        if new is _IDLE and not self.is_nailed:
            new = CallState.NoState
        self.touch()
        if new is not self.call_state:
            self._follow_talk(new, now)
        if event in _BEGINS_CALL:
            self.on_day(now).calls += 1
        if self.call_state in WORKING_STATES and new in WORKING_STATES:
            self.stats.move_call(self.call_state, new)
            self.call_state = new
        else:
            self._count(-1, now)
            self.call_state = new
            self._count(+1, now)
            if new in WORKING_STATES:
                self.is_mute = True  # a desktop that lives does something about its contact

    def _follow_talk(self, new: CallState, now: float) -> None:
        self.since = now
        if new in TALK_STATES:
            if self.talking_since is None:
                self.talking_since = now
        elif self.talking_since is not None:
            self._end_talk(now)

    def on_day(self, now: float) -> AgentDay:
        """Return what the agent has done today, to be added to."""
        self.today = self.stats.days.of(self.agent_id, now)
        return self.today

    def _end_talk(self, now: float) -> None:
        if self.talking_since is not None:
            self.on_day(now).talk_s += max(0.0, now - self.talking_since)
            self.talking_since = None

    def take_off_duty(self) -> None:
        """Get no contact until the agent is settled again."""
        if self.job is not None:
            self.job.idle.remove(self)
            self.job.note(self.job)

    def rest(self, now: float) -> None:
        """Begin a break that was asked for, if nothing is left to do before it."""
        if self.agent_state is AgentState.PendingNotReady and self.is_free and not self.has_pending:
            self.on_agent_event(AgentEvent.RESTED, now)
            self.sync()

    def _count(self, by: int, now: float) -> None:
        stats = self.stats
        stats.agents_by_state[self.agent_state] += by
        stats.calls_by_state[self.call_state] += by
        if self.call_state in WORKING_STATES:
            stats.count_work(by, 0, now)
        elif self.call_state is _IDLE and self.agent_state is _READY:
            stats.count_work(0, by, now)

    def enter(self, now: float) -> None:
        """Count the agent in; to be called once, at logon."""
        self.touch()
        self._count(+1, now)
        self.on_day(now)
        self._follow_talk(self.call_state, now)

    def leave(self, now: float) -> None:
        """Count the agent out; to be called once, at logoff. Its desktop is told no state any more."""
        self.note(self)
        self._count(-1, now)
        self._end_talk(now)
        self.in_sync = True

    def tell_call_state_again(self) -> None:
        """Tell the call state although it is the same as before; the desktop may have assumed another."""
        self.told_call_state = None
        self.touch()
        self.sync()

    def touch(self) -> None:
        """Note that something changed that the desktop may have to be told."""
        if self.in_sync:
            self.note(self)
            self.in_sync = False

    def sync(self) -> None:
        """Tell the desktop the call state and the capabilities where they differ from what it knows."""
        if self.in_sync:
            return
        if self.call_state is not self.told_call_state:
            self.told_call_state = self.call_state
            self.tell(self, _CALL_NOTIFY[self.call_state])
        vector = self.capabilities
        self.in_sync = True
        if vector is not self.told_capabilities:
            self.told_capabilities = vector
            self.tell(self, _CAPABILITIES_NOTIFY[vector])
