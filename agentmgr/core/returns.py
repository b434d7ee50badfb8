"""Agents whose desktop is lost: their place is kept for a while, their messages wait, and they come back."""

import json
from collections.abc import Collection
from typing import Any

from attrs import evolve

from agentmgr.core.agent import Agent, Blend
from agentmgr.core.attempts import Attempts
from agentmgr.core.callbacks import Callbacks
from agentmgr.core.callflow import CallFlow
from agentmgr.core.consults import Consults
from agentmgr.core.effects import (
    CheckLogon,
    DropAnswers,
    DropNail,
    EndAttempt,
    EndCallback,
    ForgetAgent,
    HangUp,
    Notify,
    ReturnContact,
    SaveAgent,
    SaveResumeToken,
)
from agentmgr.core.events import SERVER_CONNECTION, CommandReceived, Timer
from agentmgr.core.floor import Floor
from agentmgr.core.model import Place, SavedAgent, SavedSession
from agentmgr.core.nailer import Nailer
from agentmgr.core.sent import FRESH, IN_FLIGHT_S, Answers, Sent, SentLog
from agentmgr.core.session import Session
from agentmgr.core.states import CustomerEvent, Phase
from agentmgr.core.times import format_time
from agentmgr.core.tokens import TokenHashes, hash_of, make_token
from protocol.commands import AGTLogonRESP, GetAgentStatusResponseRESP
from protocol.enums import CallState, ContactType
from protocol.notifications import (
    AGTAgentLoggedOut,
    AGTBlendedToInbound,
    AGTCallNotify,
    AGTCapabilitiesChanged,
    AGTConferenceNotify,
    AGTConsultNotify,
    AGTEnableCancelConsult,
    AGTJobAttached,
    AGTNailupChange,
    AGTPreviewCallbackPending,
    AGTStateChangedNotify,
    AGTTransferNotify,
    GetAgentStatus,
)
from protocol.registry import MAX_AGENT_ID_CHARACTERS
from protocol.structures import AgentStatus

NOT_TALKING = frozenset({CallState.Wrapup, CallState.Dialing})
"""States of an agent with an answered contact that is not on the line."""

GOES_ON_AS = {CallState.Consult: CallState.Held, CallState.ConferenceOwner: CallState.Talking}
"""How a contact with a second party goes on after a crash, which that party does not outlive."""

ARRIVALS = (AGTCallNotify, AGTConsultNotify, AGTConferenceNotify, AGTTransferNotify)
"""Notifications by which a desktop learns of its agent's contact."""

OF_ONE_CONNECTION = (AGTLogonRESP, GetAgentStatusResponseRESP)
"""RESPs that begin an agent's life on a connection: they say nothing on another."""


class Returns:
    """Who is away in a zone, and what is kept of those who are to outlive a crash of the server."""

    def __init__(
        self,
        floor: Floor,
        attempts: Attempts,
        consults: Consults,
        calls: CallFlow,
        callbacks: Callbacks,
        nailer: Nailer,
    ) -> None:
        self._floor = floor
        self._out = floor.out
        self._attempts = attempts
        self._consults = consults
        self._calls = calls
        self._callbacks = callbacks
        self._nailer = nailer
        self._saved: dict[str, SavedAgent] = {}
        self._written: dict[str, SaveAgent] = {}
        self._skills: dict[str, tuple[dict[str, int], str]] = {}
        self._legs: dict[str, str] = {}
        self._token_count = 0

    # -- a desktop is lost -------------------------------------------------------------------

    def go_away(self, agent: Agent) -> None:
        """Take the agent out of pacing; what its desktop should be told waits."""
        if agent.is_away:
            return
        agent.sync()
        agent.touch()
        self._stop_sending(agent)
        agent.take_off_duty()
        self._nailer.refuse_pending(agent)
        self._out.set_timer((Timer.LOST, agent.agent_id), self._floor.config.lost_desktop_s)

    def _stop_sending(self, agent: Agent) -> None:
        connection = agent.lost_connection if agent.connection is None else agent.connection
        beat_at = self._floor.heartbeats.get(connection or SERVER_CONNECTION, 0.0)
        agent.sent.lose(max(agent.heard_at, beat_at) - IN_FLIGHT_S)
        agent.is_away = True

    def part(self, agent: Agent) -> None:
        """Part an agent from its connection; the RESPs to what it sent over that will follow it."""
        if agent.connection is not None:
            self._floor.connections[agent.connection].pop(agent.agent_id, None)
            agent.lost_connection, agent.connection = agent.connection, None

    # -- and comes back ------------------------------------------------------------------------

    def claim(self, agent_id: str, connection: int) -> None:
        """A connection names an agent: ask it what its desktop believes, or tell it that nobody is kept."""
        agent = self._floor.agents.get(agent_id)
        if agent is not None:
            if agent.is_away or agent.connection != connection:
                agent.claimed_by = connection
                self.ask(agent_id, connection)
        elif agent_id in self._saved:
            self.ask(agent_id, connection)
        elif 0 < len(agent_id) <= MAX_AGENT_ID_CHARACTERS:
            self._out.emit(Notify(connection, agent_id, AGTAgentLoggedOut()))

    def ask(self, agent_id: str, connection: int) -> None:
        """Ask a connection what the desktop of an agent believes."""
        self._out.emit(Notify(connection, agent_id, GetAgentStatus(agent_id)))

    def may_come_back(self, agent: Agent, connection: int, token: str) -> bool:
        """Whether a connection that answers for an agent is that of its desktop.

        The connection over which the agent logged on needs no token: it has proved more than that.
        """
        if token:
            return agent.tokens.fit(token)
        is_its_own = agent.connection == connection
        return is_its_own or (agent.is_away and self._floor.config.resume_without_token)

    def come_back(self, agent: Agent, connection: int, said: AgentStatus) -> None:
        """Bring a desktop and the server in step, whatever the desktop says that it believes.

        What it has missed follows, and what it may have missed: from the earliest moment at which it had
        been told these states. One that was never told them is told where its agent is. RESPs follow in
        either case, and the contact and the capabilities are told in any.
        """
        old = agent.connection
        if old is not None and not agent.is_away:
            self._out.emit(Notify(old, agent.agent_id, AGTAgentLoggedOut()))
            self._stop_sending(agent)
        log = agent.sent
        answers, missed = log.answers(), log.missed(said)
        self.arrive(agent, connection)
        if missed is None:
            self._send_again(agent, answers)
            self.tell_all(agent, None)
            for answer in answers:
                agent.sent.keep(answer, self._out.steady)  # this line may break as well
            return
        notifications = [each.notification for each in missed if isinstance(each, Notify)]
        self._tell_contact(agent, unless_in=notifications)
        self._send_again(agent, missed)
        log.begin_again(self._out.steady, connection)
        if not any(isinstance(each, AGTCapabilitiesChanged) for each in notifications):
            agent.told_capabilities = None
        agent.touch()
        agent.sync()
        self._out.free(agent)

    def _send_again(self, agent: Agent, missed: list[Sent]) -> None:
        """Send messages again, but no RESP that its connection has got already or that has had its day."""
        connection = agent.connection
        assert connection is not None
        for message in missed:
            if isinstance(message, Notify) or (
                message.connection != connection and not isinstance(message.response, OF_ONE_CONNECTION)
            ):
                self._out.emit(evolve(message, connection=connection))

    def resume(self, agent: Agent, connection: int) -> None:
        """A desktop that crashed has logged on again: tell it everything it has forgotten."""
        self.arrive(agent, connection)
        self.begin_answers(agent)
        self.tell_all(agent, FRESH)

    def begin_answers(self, agent: Agent) -> None:
        """The agent has logged on: its request ids begin anew."""
        if agent.answers.any_kept:
            agent.answers = Answers()
            self._out.emit(DropAnswers(agent.agent_id))

    def tell_all(self, agent: Agent, believed: AgentStatus | None) -> None:
        """Tell a desktop where its agent is, beginning from what it believes; None if that is not known."""
        tell = self._out.tell
        agent.sent = SentLog(believed or agent.status)
        if believed is None or agent.agent_state is not believed.agent_state:
            tell(agent, AGTStateChangedNotify(agent.agent_state))
        if believed is None or agent.nailup_status is not believed.nailup_status:
            tell(agent, AGTNailupChange(agent.nailup_status))
        if agent.blend is Blend.INBOUND:
            tell(agent, AGTBlendedToInbound())
        if agent.job is not None and agent.is_nailed:
            tell(agent, AGTJobAttached(agent.job.campaign.name))
        self._tell_contact(agent)
        agent.touch()
        agent.told_capabilities = None
        agent.told_call_state = believed.call_state if believed is not None else None
        agent.sync()
        consultation = agent.session.consultation if agent.session is not None else None
        if consultation is not None and consultation.asker is agent and consultation.cancellable:
            tell(agent, AGTEnableCancelConsult(consultation.session.sid))
        for waiting in agent.pending_consults:
            self._consults.announce(waiting.session, agent)
        promised = agent.pending_callback
        if promised is not None and promised.ready_at is not None:
            tell(agent, AGTPreviewCallbackPending(format_time(promised.ready_at), promised.sid))
        agent.rest(self._out.now)
        self._out.free(agent)

    def _tell_contact(self, agent: Agent, unless_in: Collection[Any] = ()) -> None:
        """Make the agent's contact known to a desktop that may not have heard of it."""
        session = agent.session
        if session is None or any(
            isinstance(each, ARRIVALS) and each.session_id == session.sid for each in unless_in
        ):
            return
        contact, sid, owner = session.to_contact(), session.sid, session.owner
        if owner is None or owner is agent:
            self._out.tell(agent, AGTCallNotify(contact, sid))
        elif agent.call_state is CallState.ConferencePassive:
            self._out.tell(agent, AGTConferenceNotify(contact, sid))
        else:
            self._out.tell(agent, AGTConsultNotify(contact, owner.agent_id, sid))

    def arrive(self, agent: Agent, connection: int) -> None:
        """Bind the agent to a connection; it is not away any more."""
        if agent.connection != connection:
            self.part(agent)
        agent.connection = connection
        agent.is_away = False
        agent.claimed_by = None
        agent.resends = connection in self._floor.resending
        if agent.lost_for_good:
            agent.leaving = agent.lost_for_good = False
        self._floor.connections[connection][agent.agent_id] = agent
        agent.touch()
        self._out.cancel_timer((Timer.LOST, agent.agent_id))
        self._floor.listen_to(agent)

    def check_token(self, event: CommandReceived, token: str) -> None:
        """Have the store look an agent up, and whether a token is one of its; answered by `LogonChecked`."""
        since = self._out.now - self._floor.config.resume_token_s
        self._out.emit(CheckLogon(event.connection, event.request_id, event.agent_id, "", token, since))

    def renew_token(self, agent: Agent, used: str = "") -> str:
        """Return a new resume token for an agent; `used` is the one that it is given for, if one is."""
        self._token_count += 1
        config = self._floor.config
        purpose = f"{config.zone}|{config.epoch}|{self._token_count}|{agent.agent_id}"
        token = make_token(config.token_secret, purpose)
        agent.tokens = TokenHashes(hash_of(token), hash_of(used) if used else "")
        record = SaveResumeToken(agent.agent_id, agent.tokens.newest, agent.tokens.before, self._out.now)
        self._out.emit(record)
        return token

    # -- the server is lost --------------------------------------------------------------------

    def save(self, agent: Agent) -> None:
        """Write down where the agent is, if that has changed.

        Of a contact that nobody has answered nothing is kept: a takeover gives it back.
        """
        session = agent.session
        if session is not None and (session.owner is not agent or session.answered_at is None):
            session = None
        state = agent.call_state
        record = SaveAgent(
            agent.agent_id,
            self._floor.config.zone,
            agent.agent_state,
            GOES_ON_AS.get(state, state) if session is not None else CallState.NoState,
            agent.reason_code,
            agent.leg_id if agent.is_nailed else "",
            session.attempt_id if session is not None else "",
            agent.extension,
            self._skills_of(agent),
            Place(
                agent.reason_name,
                agent.spec.name,
                agent.timezone,
                agent.saved_for_ha,
                agent.leaving and not agent.lost_for_good,
                agent.blend.name,
                agent.available_for_nailup,
                agent.job.job_id if agent.job is not None else 0,
                agent.placed_in.job_id if agent.placed_in is not None else 0,
                session.wrapup_ends_at if session is not None and state is CallState.Wrapup else None,
                session.extensions_left if session is not None else 0,
            ),
        )
        if self._written.get(agent.agent_id) != record:
            self._written[agent.agent_id] = record
            self._out.emit(record)

    def _skills_of(self, agent: Agent) -> str:
        """Return the agent's skills as JSON; they are replaced as a whole, and hardly ever."""
        known = self._skills.get(agent.agent_id)
        if known is None or known[0] is not agent.skills:
            known = self._skills[agent.agent_id] = agent.skills, json.dumps(agent.skills)
        return known[1]

    def forget(self, agent: Agent) -> None:
        """The agent is logged off: nothing is kept of it."""
        self._skills.pop(agent.agent_id, None)
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
            if saved.call_state is CallState.Wrapup:
                session.wrapup_ends_at = saved.place.wrapup_ends_at
                session.extensions_left = saved.place.extensions_left
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
