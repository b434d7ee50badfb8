"""Callbacks as they are delivered: announced to an agent, shown when they are due, or expired."""

from agentmgr.core.agent import Agent
from agentmgr.core.attempts import Attempts
from agentmgr.core.callbacks import Callbacks
from agentmgr.core.callflow import CallFlow
from agentmgr.core.events import Timer
from agentmgr.core.floor import Floor
from agentmgr.core.job import Callback, Job
from agentmgr.core.session import Session
from agentmgr.core.states import CallbackEvent, CallbackPhase, CallEvent
from agentmgr.core.times import format_time
from protocol.enums import CallbackType, CallState, ContactType
from protocol.notifications import AGTPreviewCallbackCancelled, AGTPreviewCallbackPending

IN_WORK_RETRY_S = 10.0
"""How often a callback that is due is tried while somebody is busy with its contact."""


class Deliveries:
    """Brings the callbacks of a zone to its agents."""

    def __init__(self, floor: Floor, attempts: Attempts, callbacks: Callbacks, calls: CallFlow) -> None:
        self._floor = floor
        self._out = floor.out
        self._attempts = attempts
        self._callbacks = callbacks
        self._calls = calls

    # -- finding an agent -----------------------------------------------------------------------

    def on_notice(self, callback: Callback) -> None:
        """A callback is due soon: find an agent for it, or let it wait for the first that is free."""
        if callback.phase is not CallbackPhase.KEPT:
            return
        if callback.spec.expires_at <= self._out.now:  # a clock that leaps passes both times at once
            self._callbacks.end(callback, "Expired")
            return
        callback.on_event(CallbackEvent.NOTICED)
        agent = self._candidate(callback) if callback.job.is_running else None
        if agent is not None:
            self._promise(callback, agent)

    def _candidate(self, callback: Callback) -> Agent | None:
        spec, job = callback.spec, callback.job
        if spec.callback_type is CallbackType.Agent:
            preferred = self._floor.agents.get(spec.agent_id)
            if preferred is not None and preferred.job is job and self._may_be_promised(job, preferred):
                return preferred
        idle = job.idle.peek()
        return idle if idle is not None and self._may_be_promised(job, idle) else None

    @staticmethod
    def _may_be_promised(job: Job, agent: Agent) -> bool:
        return agent.is_consultable and agent.pending_callback is None and job.accepts(agent)

    def take_waiting(self, job: Job, agent: Agent) -> bool:
        """Give a free agent the callback that has waited longest; True if the agent is busy with it now."""
        if not job.callbacks_waiting or not job.is_running or not self._may_be_promised(job, agent):
            return False
        callback = next(iter(job.callbacks_waiting.values()))
        self._promise(callback, agent)
        return callback.session is not None

    def _promise(self, callback: Callback, agent: Agent) -> None:
        spec, job = callback.spec, callback.job
        callback.on_event(CallbackEvent.PROMISED)
        callback.agent = agent
        callback.sid = self._floor.ids.new_session()
        agent.pending_callback = callback
        job.idle.requeue(agent, self._out.steady)
        self._out.tell(agent, AGTPreviewCallbackPending(format_time(spec.due_at), callback.sid))
        if spec.due_at > self._out.now:
            self._out.set_timer_at((Timer.DUE, spec.callback_id), spec.due_at)
        else:
            self.start_pending(agent)

    def on_due(self, callback: Callback) -> None:
        """A callback's time has come; a busy agent gets it when it is free."""
        if callback.agent is not None:
            self._out.free(callback.agent)

    def on_clock_stepped(self, job: Job) -> None:
        """What was announced for its time waits for it again: that may have come, or not be here any more."""
        for callback in job.callbacks.values():
            if callback.agent is not None:
                self._out.set_timer_at((Timer.DUE, callback.spec.callback_id), callback.spec.due_at)

    # -- delivering -----------------------------------------------------------------------------

    def start_pending(self, agent: Agent) -> bool:
        """Show the agent its pending callback if it is due and the agent is free; False if not."""
        callback = agent.pending_callback
        if callback is None or callback.spec.due_at > self._out.now or not agent.can_be_consulted_now:
            return False
        spec = callback.spec
        floor = self._floor
        if spec.contact.contact_id in floor.contacts_in_work or spec.number.number in floor.numbers_in_work:
            self._out.set_timer((Timer.DUE, spec.callback_id), IN_WORK_RETRY_S)
            return False
        self._out.cancel_timer((Timer.DUE, spec.callback_id))
        agent.pending_callback = None
        session = self._attempts.new_session(
            callback.job, spec.contact, spec.number, ContactType.Callback, callback.sid
        )
        session.callback = spec
        callback.on_event(CallbackEvent.DELIVERED)
        callback.session = session
        callback.agent = None
        agent.take_off_duty()
        self._attempts.start_attempt(session)
        self._calls.offer(session, agent)
        return True

    def on_expiry(self, callback: Callback) -> None:
        """Nobody took the callback in time; one that is being worked on goes on."""
        session = callback.session
        if session is None:
            self._callbacks.end(callback, "Expired")
        elif session.owner is not None and session.owner.call_state is CallState.Callback:
            self._callbacks.end(callback, "Expired")
            self._take_from_desktop(callback, session, session.owner)

    def _take_from_desktop(self, callback: Callback, session: Session, agent: Agent) -> None:
        self._out.tell(agent, AGTPreviewCallbackCancelled(callback.sid))
        self._calls.part(session, agent)
        self._attempts.end_attempt(session, "Expired", due_at=None, attempts=session.contact.attempts)
        agent.on_call_event(CallEvent.EXPIRED, self._out.now)
        agent.sync()
        agent.rest(self._out.now)
        self._out.free(agent)
