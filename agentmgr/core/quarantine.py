"""What becomes of a turn in which a rule fails: what it was about is ended, and everybody else goes on.

A rule that raises may have done half of what it does. Nobody can know which half, so nothing of it is
undone and nothing of it is trusted: its effects up to there leave as they are, then the contacts and agents
that it named or touched are ended as a takeover would end them, with the records that are missing.
What is counted from agents and contacts is counted anew. A command that fails before it has changed
anything is answered 9050, and that is all.
"""

from collections.abc import Iterable
from typing import Any

from attrs import evolve, field, frozen

from agentmgr.core.agent import Agent
from agentmgr.core.effects import (
    DropNail,
    EndAttempt,
    EndCallback,
    FinishJob,
    ForgetAgent,
    HangUp,
    Notify,
    ReportFault,
    Respond,
    ReturnContact,
    SaveDisposition,
    StartAttempt,
    SupervisorAnswered,
)
from agentmgr.core.events import (
    AccountChecked,
    AgentRestored,
    CommandReceived,
    ConnectionLost,
    ContactsFetched,
    Event,
    JobLoaded,
    LogonChecked,
    StoreAnswer,
    SupervisorAsked,
    Timer,
    TimerFired,
)
from agentmgr.core.job import Callback, Errand, Job
from agentmgr.core.outbox import Outbox
from agentmgr.core.parts import Parts
from agentmgr.core.session import Session
from agentmgr.core.states import LIVE_STATES, CallbackPhase, Phase
from agentmgr.core.whose import AGENT_TIMERS, SESSION_TIMERS, Named
from agentmgr.core.wishes import Outcome
from protocol.commands import AgentSDKConnected, AGTLogoffRESP
from protocol.enums import CallState, ContactType, NailupStatus
from protocol.notifications import (
    AGTAgentLoggedOut,
    AGTConsultCancelled,
    AGTPreviewCallbackCancelled,
)
from protocol.registry import COMMANDS
from protocol.results import ResultCode

AGAIN_S = 60.0
"""After how long a contact or callback is tried again that met a fault."""

INTERRUPTED = "Interrupted"
LINE_KEPT = (NailupStatus.NailedUp, NailupStatus.PendingNailUpDrop)
ON_LINE_STATES = LIVE_STATES - {CallState.Dialing}


@frozen
class _Trace:
    """What a step had done when it failed; `has` sees what is done about it, too."""

    out: Outbox
    effects: list[Any]
    changed: list[Any]
    told: set[str] = field(factory=set)
    ids: set[str] = field(factory=set)

    @classmethod
    def since(cls, parts: Parts) -> "_Trace":
        effects_at, changed_at = parts.out.step_at
        trace = cls(parts.out, parts.out.effects[effects_at:], parts.out.changed[changed_at:])
        for effect in trace.effects:
            if isinstance(effect, Notify):
                trace.told.add(effect.agent_id)
            for name in ("attempt_id", "call_id"):
                trace.ids.add(getattr(effect, name, ""))
            key = getattr(effect, "key", None)
            if isinstance(key, tuple):
                trace.ids.add(key[1])
        return trace

    def has(self, record: type[Any], **values: object) -> bool:
        """Whether such an effect has left since the step began."""
        begun_at, _ = self.out.step_at
        return any(
            isinstance(effect, record) and all(getattr(effect, name) == v for name, v in values.items())
            for effect in self.out.effects[begun_at:]
        )


class Quarantine:
    """Ends what a fault has left half done."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._out = parts.out

    def isolate(self, about: Event | Agent | Session | Job, named: Named, fault: Exception) -> None:
        """End what the failed step of a turn named or touched, and count anew.

        Args:
            about: the event, or the one of several things that the step was about.
            named: what that is in the zone.
            fault: what the step raised.
        """
        parts, trace = self._parts, _Trace.since(self._parts)
        self._out.emit(ReportFault(_name(about), fault))
        request = self._request(about)
        if request is not None:
            self._refuse(request, trace)
        if isinstance(about, SupervisorAsked) and not trace.has(SupervisorAnswered, key=about.key):
            self._out.emit(SupervisorAnswered(about.key, Outcome.FAULT))
        self._let_happen(about)
        unchanged = not trace.effects and not trace.changed and all(map(self._is_as_told, named.agents))
        if unchanged and isinstance(about, CommandReceived):
            return
        agents = dict.fromkeys((*named.agents, *(t for t in trace.changed if isinstance(t, Agent))))
        agents |= dict.fromkeys(a for a in map(parts.agents.get, trace.told) if a is not None)
        agents |= dict.fromkeys(a for a in parts.agents.values() if not self._is_sound(a))
        sessions = dict.fromkeys((*named.sessions, *self._touched_sessions(trace, agents)))
        # one that is over may have been this agent's; what that has now is not what failed
        agents |= dict.fromkeys(s.owner for s in sessions if s.owner is not None and s.owner.session is s)
        callbacks = dict.fromkeys((*named.callbacks, *self._touched_callbacks(trace, agents)))
        for session in sessions:
            self._end_session(session, agents, trace)
        for errand in named.errands:
            self._end_errand(errand, trace)
        while agents:
            agent, _ = agents.popitem()
            self._remove(agent, agents, trace)
        for agent_id in named.saved:
            self._drop_saved(agent_id, about, trace)
        for callback in callbacks:
            self._renew(callback, trace)
        for agent in list(parts.agents.values()):
            self._release_from_promises(agent)
        for job in parts.jobs.copy().values():
            self._mend(job, about, trace)
        self._recount()

    # -- what a step was about -------------------------------------------------------------

    def _touched_sessions(self, trace: _Trace, agents: Iterable[Agent]) -> list[Session]:
        sessions, jobs = self._parts.sessions, self._parts.jobs.values()
        owned = [a.session for a in agents if a.session is not None and a.session.owner is a]
        touched = [sessions[sid] for sid in trace.ids if sid in sessions]
        known = dict.fromkeys((*sessions.values(), *(s for job in jobs for s in job.sessions.values())))
        return [*owned, *touched, *(session for session in known if not self._is_worked_on(session))]

    def _touched_callbacks(self, trace: _Trace, agents: Iterable[Agent]) -> list[Callback]:
        kept = self._parts.callbacks
        promised = [agent.pending_callback for agent in agents]
        touched = [kept.find(callback_id) for callback_id in trace.ids]
        changed = [thing for thing in trace.changed if isinstance(thing, Callback)]
        return [callback for callback in (*promised, *touched, *changed) if callback is not None]

    def _is_sound(self, agent: Agent) -> bool:
        """Whether the agent's states agree with its contact, its line and its connection."""
        session, there = agent.session, self._parts.connections.get(agent.connection or 0, {})
        is_there = there.get(agent.agent_id) is agent if agent.connection is not None else agent.is_away
        has_line = bool(agent.leg_id) or agent.nailup_status not in LINE_KEPT
        if (session is None) != agent.is_free or not is_there or not has_line:
            return False
        if session is None:
            return True
        consultation = session.consultation
        party = consultation.agent if consultation is not None else None
        if self._parts.sessions.get(session.sid) is not session or agent not in (session.owner, party):
            return False
        return (session.phase is Phase.ON_LINE) == (agent.call_state in ON_LINE_STATES)

    def _is_as_told(self, agent: Agent) -> bool:
        told = agent.in_sync and agent.told_call_state is agent.call_state
        return told and self._is_sound(agent) and agent.told_capabilities is agent.capabilities

    def _is_worked_on(self, session: Session) -> bool:
        """Whether something will bring the session to its end."""
        if session.over:
            return False
        if session.owner is not None:
            return session.owner.session is session
        if session.phase in (Phase.ON_LINE, Phase.OFF_LINE):
            return self._parts.returns.keeps(session)
        return True

    def _let_happen(self, about: object) -> None:
        """What is so whatever the rules make of it: connections come and go, a question was answered."""
        parts = self._parts
        if isinstance(about, CommandReceived) and isinstance(about.command, AgentSDKConnected):
            parts.connections.setdefault(about.connection, {})
        elif isinstance(about, ConnectionLost):
            for agent in parts.connections.pop(about.connection, {}).values():
                agent.connection = None
            parts.lanes.lose(about.connection)
            parts.services.pop(about.connection, None)
        elif isinstance(about, JobLoaded):
            parts.loading.discard(about.job_id)
        elif isinstance(about, TimerFired) and about.key[0] is Timer.ENDING:
            self._out.set_timer(about.key, AGAIN_S)

    # -- the command -----------------------------------------------------------------------

    def _request(self, about: object) -> CommandReceived | None:
        """Return the command whose RESP the failed step owes."""
        parts = self._parts
        if isinstance(about, CommandReceived):
            for key in [key for key, (_, of) in parts.questions.items() if of is about]:
                del parts.questions[key]
            return about
        if isinstance(about, LogonChecked):
            return parts.lanes.head(about.connection, about.agent_id, about.request_id)
        if isinstance(about, AccountChecked):
            return parts.lanes.head(about.connection, "", about.request_id)
        if isinstance(about, StoreAnswer) and about.key in parts.questions:
            _, waiting = parts.questions.pop(about.key)
            return waiting if isinstance(waiting, CommandReceived) else None
        return None

    def _refuse(self, request: CommandReceived, trace: _Trace) -> None:
        if not trace.has(Respond, connection=request.connection, request_id=request.request_id):
            resp = COMMANDS[type(request.command).__name__].resp
            self._out.respond(request, resp(ResultCode.NOT_PROCESSED))

    # -- ending ----------------------------------------------------------------------------

    def _end_session(self, session: Session, agents: dict[Agent, None], trace: _Trace) -> None:
        """End a contact as a takeover ends it: interrupted, and called again if nobody answered."""
        parts, job, contact, now = self._parts, session.job, session.contact, self._out.now
        if session.sid not in parts.sessions and session.sid not in job.sessions:
            return  # it had ended before
        self._end_consultation(session, agents)
        self._out.emit(HangUp(session.sid))
        for purpose in SESSION_TIMERS:
            self._out.cancel_timer((purpose, session.sid))
        is_disposed = trace.has(SaveDisposition, attempt_id=session.attempt_id)
        owner_id = session.owner.agent_id if session.owner is not None else None
        outcome = "Handled" if is_disposed else INTERRUPTED
        is_written = session.written or trace.has(StartAttempt, attempt_id=session.attempt_id)
        if is_written and not trace.has(EndAttempt, attempt_id=session.attempt_id):
            self._out.emit(EndAttempt(session.attempt_id, outcome, now, owner_id, dialed=session.dialed))
        for errand in [
            each for each in job.errands.values() if each.contact.contact_id == contact.contact_id
        ]:
            parts.connectors.forget(errand)
        returned = trace.has(ReturnContact, job_id=job.job_id, contact_id=contact.contact_id)
        if session.contact_type is not ContactType.Callback and not returned:
            attempts = contact.attempts + 1
            over = is_disposed or session.answered_at is not None or session.callback_count > 0
            over = over or attempts >= job.campaign.max_attempts
            parts.attempts.give_back(job, contact, attempts, outcome, None if over else now + AGAIN_S)
        session.over = True
        parts.sessions.pop(session.sid, None)
        job.sessions.pop(session.sid, None)
        parts.attempts.forget_work(session)
        if session.callback is not None:
            callback = parts.callbacks.find(session.callback.callback_id)
            if callback is not None and callback.session in (session, None):
                callback.session = session
                self._renew(callback, trace)

    def _end_errand(self, errand: Errand, trace: _Trace) -> None:
        """Let a contact wait for its connector no more: it is called again."""
        parts, job, contact = self._parts, errand.job, errand.contact
        parts.connectors.forget(errand)
        returned = trace.has(ReturnContact, job_id=job.job_id, contact_id=contact.contact_id)
        for another in job.errands.values():
            if another.contact.contact_id == contact.contact_id:  # it waits for that, asked for or not
                self._out.set_timer((Timer.ERRAND, str(another.key)), parts.config.connector_wait_s)
                return
        if errand.is_held and not returned:
            contact = evolve(contact, course=evolve(contact.course, wait=None))
            over = errand.attempts >= job.campaign.max_attempts
            due_at = None if over else self._out.now + AGAIN_S
            parts.attempts.give_back(job, contact, errand.attempts, errand.outcome, due_at)

    def _end_consultation(self, session: Session, agents: dict[Agent, None]) -> None:
        """Let the second party go: one that the fault has not touched is parted as if the owner had left."""
        consultation = session.consultation
        if consultation is None:
            return
        party, phase = consultation.agent, consultation.phase
        self._parts.consults.scrap(consultation)
        if party is None or party in agents:
            return
        try:
            self._parts.consults.dismiss(session, party, phase)
        except Exception:
            agents[party] = None  # the fault had reached it after all

    def _remove(self, agent: Agent, agents: dict[Agent, None], trace: _Trace) -> None:
        """Log an agent off, whatever state it is in; it may log on again at once."""
        parts, session = self._parts, agent.session
        if session is not None and session.owner is not agent and not session.over:
            self._leave_owner(session, agent, agents, trace)
        while agent.pending_consults:
            parts.consults.refuse(agent.pending_consults[0])
        if agent.pending_callback is not None:
            self._renew(agent.pending_callback, trace)
        for purpose in AGENT_TIMERS:
            self._out.cancel_timer((purpose, agent.agent_id))
        self._refuse_waiting(agent, trace)
        parts.nailer.scrap(agent)
        if parts.agents.get(agent.agent_id) is not agent:
            return
        request = agent.logoff_request
        if request is not None and not trace.has(
            Respond, connection=request.connection, request_id=request.request_id
        ):
            self._out.respond(request, AGTLogoffRESP(ResultCode.SUCCESS))
        parts.returns.forget(agent)
        self._out.note(agent)
        agent.in_sync = True
        del parts.agents[agent.agent_id]
        if agent.connection is not None:
            parts.connections.get(agent.connection, {}).pop(agent.agent_id, None)
        self._out.tell(agent, AGTAgentLoggedOut())

    def _refuse_waiting(self, agent: Agent, trace: _Trace) -> None:
        """Answer the command that waits for the switch's word, and those behind it."""
        asked = self._parts.asking.waiting.get(agent.agent_id)
        if asked is not None and asked.agent is agent:
            self._parts.asking.forget(asked)
            for request in (asked.event, *asked.behind):
                self._refuse(request, trace)

    def _leave_owner(self, session: Session, agent: Agent, agents: dict[Agent, None], trace: _Trace) -> None:
        """A second party is gone: the owner keeps the customer."""
        consultation, owner = session.consultation, session.owner
        agent.session = None
        if consultation is None or consultation.agent is not agent or owner is None:
            return
        phase = consultation.phase
        self._parts.consults.scrap(consultation)
        try:
            self._parts.consults.go_on_alone(session, owner, agent, phase)
        except Exception:
            self._end_session(session, agents, trace)
            agents[owner] = None

    def _drop_saved(self, agent_id: str, about: object, trace: _Trace) -> None:
        """Forget an agent that a dead server had: its line is dropped, its contact interrupted."""
        parts = self._parts
        session = parts.returns.scrap(agent_id)
        if session is not None:
            self._end_session(session, {}, trace)
        elif isinstance(about, AgentRestored):
            kept = about.agent.session
            if not trace.has(ForgetAgent, agent_id=agent_id):
                self._out.emit(ForgetAgent(agent_id))
            if about.agent.leg_id:
                self._out.emit(DropNail(about.agent.leg_id))
            if kept is not None and not trace.has(EndAttempt, attempt_id=kept.attempt_id):
                parts.returns.end_kept(agent_id, kept)

    def _renew(self, callback: Callback, trace: _Trace) -> None:
        """Let a callback wait again, unless it has ended or was answered."""
        parts, callback_id, now = self._parts, callback.spec.callback_id, self._out.now
        if callback.phase is CallbackPhase.OVER:
            return
        session = callback.session
        parts.callbacks.scrap(callback)
        if trace.has(EndCallback, callback_id=callback_id):
            return
        answered = session is not None and session.answered_at is not None
        if answered or callback.spec.expires_at <= now:
            outcome = INTERRUPTED if answered else "Expired"
            parts.stats.callbacks_ended[outcome] += 1
            self._out.emit(EndCallback(callback_id, outcome, now, callback.job.job_id))
            return
        parts.callbacks.schedule(callback.job, callback.spec)
        self._out.set_timer((Timer.CALLBACK, callback_id), AGAIN_S)

    # -- what is left ----------------------------------------------------------------------

    def _release_from_promises(self, agent: Agent) -> None:
        """Let an agent wait no more for a consult or callback that will not come."""
        for consultation in list(agent.pending_consults):
            if consultation.session.consultation is not consultation:
                agent.pending_consults.remove(consultation)
                self._out.tell(agent, AGTConsultCancelled("", consultation.session.sid))
        callback = agent.pending_callback
        if callback is not None and callback.agent is not agent:
            agent.pending_callback = None
            self._out.tell(agent, AGTPreviewCallbackCancelled(callback.sid))
        agent.rest(self._out.now)

    def _mend(self, job: Job, about: object, trace: _Trace) -> None:
        """Bring a job to where its next tick goes on."""
        parts, now = self._parts, self._out.now
        if trace.has(FinishJob, job_id=job.job_id):
            job.over = True
            for callback in list(job.callbacks.values()):
                parts.callbacks.scrap(callback)
            self._out.cancel_timer((Timer.PACE, str(job.job_id)))
            parts.close_job(job)
            return
        job.over = False
        if isinstance(about, ContactsFetched) and about.job_id == job.job_id:
            self._keep_fetched(job, about, trace)
        contact, job.at_hand = job.at_hand, None
        if contact is not None and not trace.has(
            ReturnContact, job_id=job.job_id, contact_id=contact.contact_id
        ):
            on_hand = any(session.contact is contact for session in job.sessions.values())
            if not on_hand and contact.contact_id not in {c.contact_id for c in job.contacts}:
                attempts = contact.attempts + 1
                due_at = now + AGAIN_S if attempts < job.campaign.max_attempts else None
                parts.attempts.give_back(job, contact, attempts, INTERRUPTED, due_at)
        parts.attempts.expect(job, now)
        self._out.set_timer((Timer.PACE, str(job.job_id)), parts.config.pace_interval_s)

    def _keep_fetched(self, job: Job, fetched: ContactsFetched, trace: _Trace) -> None:
        """Contacts that were claimed are on hand, unless the failed step did something about them."""
        job.fetching = False
        known = {contact.contact_id for contact in job.contacts}
        known |= {session.contact.contact_id for session in job.sessions.values()}
        known |= {errand.contact.contact_id for errand in job.errands.values()}
        for contact in fetched.contacts:
            returned = trace.has(ReturnContact, job_id=job.job_id, contact_id=contact.contact_id)
            if contact.contact_id not in known and not returned:
                job.contacts.append(evolve(contact, course=evolve(contact.course, wait=None)))

    def _recount(self) -> None:
        """Count anew what is counted from agents and sessions, and look after all of them."""
        parts, stats = self._parts, self._parts.stats
        for job in parts.jobs.values():
            sessions = list(job.sessions.values())
            unowned = [session for session in sessions if session.owner is None]
            job.ringing.clear()
            ringing = (session for session in unowned if session.phase in (Phase.CHECKING, Phase.RINGING))
            job.ringing.update((session.sid, session) for session in ringing)
            waiting = [session for session in unowned if session.phase is Phase.WAITING]
            waiting.sort(key=lambda session: session.answered_at or 0.0)
            job.waiting.clear()
            job.waiting.update((session.sid, session) for session in waiting)
            job.busy = sum(
                agent.session is not None and agent.session.job is job for agent in parts.agents.values()
            )
            job.agents = {who: agent for who, agent in parts.agents.items() if agent.job is job}
            job.consultable, job.coming = {}, {}
            for agent in job.agents.values():
                job.list_agent(agent)
            job.idle.keep(job.agents.values())
            job.note(job)
            self._out.serve(job)
        stats.recount(parts.agents.values(), self._out.now)
        stats.dialing = sum(len(job.ringing) for job in parts.jobs.values())
        stats.waiting = sum(len(job.waiting) for job in parts.jobs.values())
        for agent in parts.agents.values():
            self._out.free(agent)


def _name(about: object) -> str:
    if isinstance(about, CommandReceived):
        return f"CommandReceived({type(about.command).__name__})"
    key = getattr(about, "key", None)
    return f"{type(about).__name__}({key[0]})" if isinstance(key, tuple) else type(about).__name__
