"""The agent's side of a contact: from its arrival on the desktop to its completion code."""

from agentmgr.core.agent import Agent
from agentmgr.core.attempts import CANCELLED, HANDLED, Attempts
from agentmgr.core.callbacks import Callbacks
from agentmgr.core.consults import Consults
from agentmgr.core.effects import Connect, HangUp, Hold, MarkAnswered, SaveDisposition
from agentmgr.core.events import Timer
from agentmgr.core.floor import Floor
from agentmgr.core.model import CompletionCodeSpec, PhoneNumber
from agentmgr.core.session import Session
from agentmgr.core.states import OFFERED_STATES, CallEvent, ConsultPhase, CustomerEvent, Phase
from protocol.enums import CallState, ContactType, DialFailReason
from protocol.notifications import AGTAutoReleaseLine, AGTCallNotify, AGTDialFailed


class CallFlow:
    """What happens to agents with contacts; each method is one step of a sequence (agent API, section 7)."""

    def __init__(self, floor: Floor, attempts: Attempts, consults: Consults, callbacks: Callbacks) -> None:
        self._floor = floor
        self._out = floor.out
        self._attempts = attempts
        self._consults = consults
        self._callbacks = callbacks

    # -- arrival -------------------------------------------------------------------------

    def offer(self, session: Session, agent: Agent) -> None:
        """Show a contact for preview."""
        session.own(agent, self._out.steady)
        self._out.tell(agent, AGTCallNotify(session.to_contact(), session.sid))
        is_callback = session.callback is not None
        agent.on_call_event(CallEvent.CALLED_BACK if is_callback else CallEvent.PREVIEWED, self._out.now)
        config, limit_s = self._floor.config, self._floor.config.preview_max_s
        if session.is_timed:
            limit_s = session.job.campaign.preview_timeout_s + config.preview_grace_s
        self._out.set_timer((Timer.PREVIEW, session.sid), limit_s)

    def deliver(self, session: Session, agent: Agent) -> None:
        """Connect an answered call to an agent who has not seen the contact before."""
        session.own(agent, self._out.steady)
        self._out.tell(agent, AGTCallNotify(session.to_contact(), session.sid))
        self.connect(session)

    def connect(self, session: Session) -> None:
        """Put the customer on the line with the session's agent."""
        agent = session.owner
        assert agent is not None
        session.on_customer_event(CustomerEvent.CONNECTED)
        self._out.emit(Connect(session.sid, agent.leg_id))
        agent.on_call_event(CallEvent.CONNECTED, self._out.now)
        self._out.set_timer((Timer.CALL, session.sid), self._floor.config.call_max_s)

    # -- preview -------------------------------------------------------------------------

    def dial(self, session: Session, agent: Agent, number: PhoneNumber) -> None:
        """Dial from a preview or from wrapup."""
        self._cancel_timers(session)
        self._attempts.begin_dial(session, agent, number)
        agent.on_call_event(CallEvent.DIALED, self._out.now)
        self._attempts.dial(session, self.on_dial_failed)

    def decline(self, session: Session, agent: Agent) -> None:
        """The agent does not want to dial the previewed contact."""
        agent.on_call_event(CallEvent.DECLINED, self._out.now)
        self._enter_wrapup(session)

    def on_preview_timeout(self, session: Session) -> None:
        """A timed preview that the desktop did not dial is dialled; an untimed one is taken away.

        Without a desktop neither happens: nobody saw the contact, it goes back when the agent is given up.
        Nor does it while the zone closes: nothing is dialled but what agents dial, and no code is needed.
        """
        agent = session.owner
        if agent is None or agent.call_state not in OFFERED_STATES:
            return
        if agent.is_away or self._floor.closing:
            self._out.set_timer((Timer.PREVIEW, session.sid), self._floor.config.lost_desktop_s)
        elif session.is_timed:
            self.dial(session, agent, session.number)
        else:
            self._out.tell(agent, AGTAutoReleaseLine(session.wrapup_details(), session.sid))
            self.decline(session, agent)

    def on_dial_failed(self, session: Session, reason: DialFailReason) -> None:
        """The customer was not reached from a preview or redial."""
        if not self._attempts.is_lost(session, reason):
            return
        agent = session.owner
        assert agent is not None
        self._out.tell(agent, AGTDialFailed(session.wrapup_details(), reason, session.sid))
        agent.on_call_event(CallEvent.DIAL_FAILED, self._out.now)
        self._enter_wrapup(session)

    def on_answered(self, session: Session) -> None:
        """A person took the call that the session's agent had dialled."""
        agent = session.owner
        if session.phase is not Phase.RINGING or agent is None:
            return
        now = self._out.now
        self._out.cancel_timer((Timer.RING, session.sid))
        self._floor.stats.live_answers += 1
        session.job.counts.saw_answer(self._out.steady)
        session.reached = True
        if session.answered_at is None:
            session.answered_at = now
        self._out.emit(MarkAnswered(session.attempt_id, now, agent.agent_id, session.check))
        self.connect(session)

    # -- talking -------------------------------------------------------------------------

    def hold(self, session: Session, agent: Agent) -> None:
        """The customer is on hold."""
        agent.on_call_event(CallEvent.HELD, self._out.now)

    def unhold(self, session: Session, agent: Agent) -> None:
        """The customer is off hold."""
        agent.on_call_event(CallEvent.UNHELD, self._out.now)

    def release(self, session: Session, agent: Agent) -> None:
        """Hang up on the customer."""
        self.hang_up(session)
        agent.on_call_event(CallEvent.RELEASED, self._out.now)
        self._enter_wrapup(session)

    def on_customer_gone(self, session: Session) -> None:
        """The customer hung up, or the call has lasted too long."""
        agent = session.owner
        if session.phase is not Phase.ON_LINE:
            return
        session.on_customer_event(CustomerEvent.GONE)
        if agent is None:  # its server died and its agent has not logged on again
            return
        self._sound_end(session, agent)
        self._out.tell(agent, AGTAutoReleaseLine(session.wrapup_details(), session.sid))
        agent.on_call_event(CallEvent.DISCONNECTED, self._out.now)
        self._enter_wrapup(session)

    def on_line_lost(self, session: Session) -> None:
        """The line of the session's owner is gone, who is in wrapup now."""
        self._enter_wrapup(session)

    def hang_up(self, session: Session) -> None:
        """End the customer's call, if there is one."""
        if session.phase is not Phase.OFF_LINE:
            self._out.emit(HangUp(session.sid))
            self._out.cancel_timer((Timer.RING, session.sid))
            session.on_customer_event(CustomerEvent.GONE)

    def _sound_end(self, session: Session, agent: Agent) -> None:
        """Let those hear that the customer is gone who were with them, and not in a consult or on hold."""
        consultation = session.consultation
        if agent.call_state is CallState.Talking:
            self._floor.sound(session, agent)
        elif consultation is not None and consultation.phase is ConsultPhase.CONFERENCE:
            self._floor.sound(session, agent, consultation.agent or consultation.party_id)

    # -- wrapup --------------------------------------------------------------------------

    def _enter_wrapup(self, session: Session) -> None:
        assert session.owner is not None
        session.owner.sync()
        self._consults.dissolve(session)
        self._cancel_timers(session)
        self._start_wrapup_clock(session)

    def extend(self, session: Session) -> None:
        """Grant one more wrapup time."""
        session.extensions_left -= 1
        if session.owner is not None:
            session.owner.touch()
        self._start_wrapup_clock(session)

    def _start_wrapup_clock(self, session: Session, ends_at: float | None = None) -> None:
        """Give the wrapup its time, or what a dead server had left of it: `ends_at`, epoch seconds."""
        # the desktop ends the wrapup by itself when its time is up; the server only if that fails
        max_time_s, config, agent = session.job.campaign.acw_max_time_s, self._floor.config, session.owner
        if max_time_s:
            now = self._out.now
            left_s = max_time_s if ends_at is None else min(max(ends_at - now, 0.0), max_time_s)
            session.wrapup_ends_at = now + left_s
            self._out.set_timer((Timer.WRAPUP, session.sid), left_s + config.wrapup_grace_s)
        elif agent is not None and agent.is_away and agent.leaving:
            # without limit, and nobody may come any more to end it
            self._out.set_timer((Timer.WRAPUP, session.sid), config.lost_desktop_s)

    def on_wrapup_timeout(self, session: Session) -> None:
        """Neither agent nor desktop ended the wrapup: the default code does.

        One without limit waits for its agent, for as long as there is a desktop.
        """
        agent, campaign = session.owner, session.job.campaign
        if agent is None or agent.call_state is not CallState.Wrapup:
            return
        if campaign.acw_max_time_s or agent.is_away:
            self.dispose(session, agent, campaign.default_code_id, "default")

    def dispose(self, session: Session, agent: Agent, code_id: int, source: str) -> None:
        """End the contact with a completion code; the agent is free afterwards."""
        self.close(session, agent, code_id, source)
        agent.on_call_event(CallEvent.WRAPPED_UP, self._out.now)
        agent.sync()
        agent.rest(self._out.now)
        self._out.free(agent)

    def close(self, session: Session, agent: Agent, code_id: int, source: str) -> None:
        """Write the contact's completion code and part it from its agent, whose states stay."""
        self._consults.dissolve(session)
        self.hang_up(session)
        self.part(session, agent)
        steady = self._out.steady
        session.job.estimates.saw_contact_end(steady - session.owned_at, steady)
        self._write(session, agent.agent_id, code_id, source)

    def dispose_orphan(self, session: Session, agent_id: str) -> None:
        """End a contact whose agent did not come back after a crash of the server."""
        self.hang_up(session)
        self._write(session, agent_id, session.job.campaign.default_code_id, "default")

    def adopt(self, session: Session, agent: Agent) -> None:
        """Give a contact that outlived the server back to its agent, who talks, holds or wraps up."""
        session.own(agent, self._out.steady)
        if agent.call_state is CallState.Wrapup:
            self.hang_up(session)
            self._start_wrapup_clock(session, session.wrapup_ends_at)
            return
        self._out.emit(Connect(session.sid, agent.leg_id))
        if agent.call_state is CallState.Held:
            self._out.emit(Hold(session.sid))
        self._out.set_timer((Timer.CALL, session.sid), self._floor.config.call_max_s)

    def _write(self, session: Session, agent_id: str, code_id: int, source: str) -> None:
        job, now = session.job, self._out.now
        code = job.codes[code_id]
        again_at = self._again_at(session, code)
        self._callbacks.on_session_end(session, agent_id, source, again_at)
        contact_id = session.contact.contact_id
        self._out.emit(
            SaveDisposition(session.attempt_id, job.job_id, contact_id, agent_id, code_id, source, now)
        )
        self._floor.stats.dispositions += 1
        outcome = HANDLED if session.answered_at is not None else session.fail_reason or CANCELLED
        attempts = session.attempts
        if session.contact_type is ContactType.Callback:
            self._attempts.tell(session, str(code_id))
        self._attempts.end_attempt(session, outcome, due_at=again_at, attempts=attempts, agent_id=agent_id)

    def _again_at(self, session: Session, code: CompletionCodeSpec) -> float | None:
        """Return when a contact is tried again, by its code or for its failure; None if it is not."""
        failure = session.fail_reason if session.answered_at is None else None
        if session.callback_count:
            return None  # the customer is called back, and not before
        result = str(code.code_id)
        is_said = session.job.strategy.says(session.contact, result)
        if failure is not None and (is_said or not code.success):
            due_at = self._attempts.retry_at(session, failure, result if is_said else "")
            # a callback is to one number: if that is of no use it is over
            is_lost = session.callback is not None and session.number.number in session.contact.left_out
            return None if is_lost else due_at
        return self._attempts.again_at(session, result)

    def take_away(self, session: Session, agent: Agent) -> None:
        """Part the contact from its agent, whose states stay; one that was never dialled is not disposed."""
        if agent.call_state not in OFFERED_STATES:
            self.close(session, agent, session.job.campaign.default_code_id, "default")
            return
        self.part(session, agent)
        self._callbacks.put_back(session)
        # with a callback made from the preview the customer is called back, and not before
        due_at = None if session.callback_count else self._out.now
        attempts = session.contact.attempts
        self._attempts.end_attempt(session, CANCELLED, due_at=due_at, attempts=attempts)

    def part(self, session: Session, agent: Agent) -> None:
        """Take the contact off the agent's hands; the states of the agent stay."""
        self._cancel_timers(session)
        session.unseat(agent)
        session.job.estimates.saw_contact_leave(session.owned_at)

    def _cancel_timers(self, session: Session) -> None:
        for purpose in (Timer.PREVIEW, Timer.CALL, Timer.WRAPUP):
            self._out.cancel_timer((purpose, session.sid))
