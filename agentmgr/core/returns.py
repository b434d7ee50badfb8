"""Agents whose desktop is lost: their place is kept for a while, their messages wait, and they come back."""

from typing import Any

from attrs import evolve

from agentmgr.core.agent import Agent
from agentmgr.core.attempts import Attempts
from agentmgr.core.callbacks import Callbacks
from agentmgr.core.callflow import CallFlow
from agentmgr.core.effects import (
    DropNail,
    EndAttempt,
    EndCallback,
    ForgetAgent,
    HangUp,
    Notify,
    ReturnContact,
    SaveAgent,
)
from agentmgr.core.events import Timer
from agentmgr.core.floor import Floor
from agentmgr.core.model import SavedAgent, SavedSession
from agentmgr.core.nailer import Nailer
from agentmgr.core.session import Session
from agentmgr.core.states import CustomerEvent, Phase
from protocol.enums import AgentState, CallState, ContactType, NailupStatus
from protocol.notifications import (
    AGTCallNotify,
    AGTConferenceNotify,
    AGTConsultNotify,
    AGTEnableCancelConsult,
    AGTJobAttached,
    AGTNailupChange,
    AGTStateChangedNotify,
    GetAgentStatus,
)
from protocol.structures import AgentStatus

NOT_TALKING = frozenset({CallState.Wrapup, CallState.Dialing})
"""States of an agent with an answered contact that is not on the line."""


class Returns:
    """Who is away in a zone, and what is kept of those who asked for it (AGTSaveAgentForHA)."""

    def __init__(
        self, floor: Floor, attempts: Attempts, calls: CallFlow, callbacks: Callbacks, nailer: Nailer
    ) -> None:
        self._floor = floor
        self._out = floor.out
        self._attempts = attempts
        self._calls = calls
        self._callbacks = callbacks
        self._nailer = nailer
        self._saved: dict[str, SavedAgent] = {}
        self._written: dict[str, SaveAgent] = {}
        self._legs: dict[str, str] = {}

    # -- a desktop is lost -------------------------------------------------------------------

    def go_away(self, agent: Agent) -> None:
        """Take the agent out of pacing; what its desktop should be told waits."""
        if agent.is_away:
            return
        agent.sync()
        agent.touch()
        agent.last_seen = agent.status
        agent.backlog = []
        agent.take_off_duty()
        self._nailer.refuse_pending(agent)
        self._out.set_timer((Timer.LOST, agent.agent_id), self._floor.config.lost_desktop_s)

    def claim(self, agent: Agent, connection: int) -> None:
        """A connection says that it speaks for an agent: ask it once the old one is known to be lost."""
        if agent.is_away and agent.connection in (None, connection):
            self.ask(agent, connection)
        elif agent.connection != connection:
            agent.claimed_by = connection

    def ask(self, agent: Agent, connection: int) -> None:
        """A connection says that it speaks for an agent who is away: ask what its desktop believes."""
        agent.asked_by = connection
        self._out.emit(Notify(connection, agent.agent_id, GetAgentStatus(agent.agent_id)))

    def come_back(self, agent: Agent, connection: int, status: AgentStatus) -> bool:
        """Let the messages that waited follow if the desktop is in step; False if it is not."""
        backlog = agent.backlog
        in_step = backlog is not None and status == agent.last_seen and not agent.backlog_overflowed
        self.arrive(agent, connection)
        if backlog is None or not in_step:
            return False
        for notification in backlog:
            self._out.tell(agent, notification)
        self._out.free(agent)
        return True

    def resume(self, agent: Agent, connection: int) -> None:
        """A desktop that crashed has logged on again: tell it everything it has forgotten."""
        self.arrive(agent, connection)
        self.tell_all(agent)

    def tell_all(self, agent: Agent) -> None:
        """Tell a desktop that knows nothing where its agent is."""
        tell = self._out.tell
        if agent.agent_state is not AgentState.NotReady:
            tell(agent, AGTStateChangedNotify(agent.agent_state))
        if agent.nailup_status is not NailupStatus.NotNailedUp:
            tell(agent, AGTNailupChange(agent.nailup_status))
        if agent.job is not None and agent.is_nailed:
            tell(agent, AGTJobAttached(agent.job.campaign.name))
        if agent.session is not None:
            tell(agent, self._arrival(agent, agent.session))
        agent.touch()
        agent.told_capabilities = None
        agent.told_call_state = CallState.NoState
        agent.sync()
        consultation = agent.session.consultation if agent.session is not None else None
        if consultation is not None and consultation.asker is agent and consultation.cancellable:
            tell(agent, AGTEnableCancelConsult(consultation.session.sid))
        agent.rest(self._out.now)
        self._out.free(agent)

    @staticmethod
    def _arrival(agent: Agent, session: Session) -> Any:
        """Return how the agent's contact is made known to a desktop that has not heard of it."""
        contact, sid, owner = session.to_contact(), session.sid, session.owner
        if owner is None or owner is agent:
            return AGTCallNotify(contact, sid)
        if agent.call_state is CallState.ConferencePassive:
            return AGTConferenceNotify(contact, sid)
        return AGTConsultNotify(contact, owner.agent_id, sid)

    def arrive(self, agent: Agent, connection: int) -> None:
        """Bind the agent to a connection; it is not away any more."""
        if agent.connection is not None:
            self._floor.connections[agent.connection].pop(agent.agent_id, None)
        agent.connection = connection
        agent.backlog = None
        agent.backlog_overflowed = False
        agent.asked_by = agent.claimed_by = None
        if agent.lost_for_good:
            agent.leaving = agent.lost_for_good = False
        self._floor.connections[connection][agent.agent_id] = agent
        agent.touch()
        self._out.cancel_timer((Timer.LOST, agent.agent_id))
        self._floor.listen_to(agent)

    # -- the server is lost --------------------------------------------------------------------

    def save(self, agent: Agent) -> None:
        """Write down where the agent is, if that has changed."""
        session = agent.session
        owned = session if session is not None and session.owner is agent else None
        record = SaveAgent(
            agent.agent_id,
            self._floor.config.zone,
            agent.agent_state,
            agent.call_state if owned is not None else CallState.NoState,
            agent.reason_code,
            agent.leg_id if agent.is_nailed else "",
            owned.attempt_id if owned is not None else "",
        )
        if self._written.get(agent.agent_id) != record:
            self._written[agent.agent_id] = record
            self._out.emit(record)

    def forget(self, agent: Agent) -> None:
        """The agent is logged off: nothing is kept of it."""
        if self._written.pop(agent.agent_id, None) is not None:
            self._out.emit(ForgetAgent(agent.agent_id))

    def restore(self, saved: SavedAgent) -> None:
        """Keep what a server that died had written of an agent until the agent logs on again."""
        self._saved[saved.agent_id] = saved
        if saved.leg_id:
            self._legs[saved.leg_id] = saved.agent_id
        kept = saved.session
        job = self._floor.jobs.get(kept.job_id) if kept is not None else None
        if kept is not None and job is not None:
            session = self._attempts.new_session(job, kept.contact, kept.number, kept.contact_type, kept.sid)
            session.written = session.dial_wanted = session.dialed = True
            session.attempt_id, session.reached = kept.attempt_id, kept.reached
            session.answered_at = kept.answered_at
            now = self._out.steady
            session.owned_at = min(kept.answered_at or now, now)
            # a call that was being released, or dialled once more, is of no use to anybody
            if kept.is_live and saved.call_state in NOT_TALKING:
                self._out.emit(HangUp(kept.sid))
            elif kept.is_live:
                session.on_customer_event(CustomerEvent.FOUND)
            session.callback_count = kept.callback_count
            self._callbacks.restore(kept.callback_id, session)
        elif kept is not None:
            self.end_kept(saved.agent_id, kept)
        self._out.set_timer((Timer.ORPHAN, saved.agent_id), self._floor.config.lost_desktop_s)

    def end_kept(self, agent_id: str, kept: SavedSession) -> None:
        """End the attempt of a dead server that nobody here can go on with, as one that was interrupted."""
        now = self._out.now
        self._out.emit(HangUp(kept.sid))
        self._out.emit(EndAttempt(kept.attempt_id, "Interrupted", now, agent_id))
        if kept.contact_type is ContactType.Callback:
            self._out.emit(EndCallback(kept.callback_id, "Interrupted", now, kept.job_id))
        else:
            contact = kept.contact
            self._out.emit(
                ReturnContact(kept.job_id, contact.contact_id, contact.attempts + 1, "Interrupted", None)
            )

    def on_leg_ended(self, leg_id: str) -> None:
        """A line is gone that may be one of an agent who has not logged on again yet."""
        agent_id = self._legs.pop(leg_id, None)
        if agent_id is not None:
            self._saved[agent_id] = evolve(self._saved[agent_id], leg_id="")

    def on_telephony_lost(self) -> None:
        """All lines are gone, those of agents who have not logged on again yet too."""
        for leg_id in list(self._legs):
            self.on_leg_ended(leg_id)
        for saved in self._saved.values():
            session = self._floor.sessions.get(saved.session.sid) if saved.session is not None else None
            if session is not None and session.phase is Phase.ON_LINE:
                session.on_customer_event(CustomerEvent.GONE)

    def has_saved(self, agent_id: str) -> bool:
        """Whether something was kept of an agent who has not logged on again yet."""
        return agent_id in self._saved

    def take_saved(self, agent_id: str) -> tuple[SavedAgent, Session | None] | None:
        """Return what was kept of an agent, once; None if nothing was."""
        saved = self._saved.pop(agent_id, None)
        if saved is None:
            return None
        self._legs.pop(saved.leg_id, None)
        self._out.cancel_timer((Timer.ORPHAN, agent_id))
        kept = saved.session
        return saved, self._floor.sessions.get(kept.sid) if kept is not None else None

    def keeps(self, session: Session) -> bool:
        """Whether the session is that of an agent who has not logged on again yet."""
        kept = (saved.session for saved in self._saved.values())
        return any(each is not None and each.sid == session.sid for each in kept)

    def saved_of_leg(self, leg_id: str) -> str | None:
        """Return the agent who has not logged on again yet and whose line it is."""
        return self._legs.get(leg_id)

    def scrap(self, agent_id: str) -> Session | None:
        """Forget what was kept of an agent when a rule failed; returns its session, for it to be ended."""
        saved = self._saved.pop(agent_id, None)
        if saved is None:
            return None
        self._out.cancel_timer((Timer.ORPHAN, agent_id))
        self._out.emit(ForgetAgent(agent_id))
        if saved.leg_id:
            self._legs.pop(saved.leg_id, None)
            self._out.emit(DropNail(saved.leg_id))
        return self._floor.sessions.get(saved.session.sid) if saved.session is not None else None

    def drop_saved(self, agent_id: str) -> None:
        """The agent will not go on where it was: its line is dropped, its contact gets the default code."""
        kept = self.take_saved(agent_id)
        if kept is None:
            return
        saved, session = kept
        self._out.emit(ForgetAgent(agent_id))
        if saved.leg_id:
            self._out.emit(DropNail(saved.leg_id))
        if session is not None:
            self._calls.dispose_orphan(session, agent_id)
