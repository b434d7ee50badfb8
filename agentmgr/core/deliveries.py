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
from protocol.notifications import AGTJobAttached, AGTPreviewCallbackCancelled, AGTPreviewCallbackPending

DUE_RETRY_S = 10.0
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
        if not callback.job.is_running or self._is_too_late(callback):
            return
        spec, agent = callback.spec, None
        if spec.callback_type is CallbackType.Agent:
            agent = self._floor.agents.get(spec.agent_id)
        if agent is None or not self._may_be_promised(callback.job, agent):
            agent = self._find_idle(callback.job)
        if agent is not None:
            self._promise(callback, agent)

    def _find_idle(self, job: Job) -> Agent | None:
        """Return an idle agent for a callback: one of the job, else one that another job can spare."""
        agent = job.idle.peek()
        if agent is not None and self._may_be_promised(job, agent):
            return agent
        others = sorted(self._floor.jobs.values(), key=lambda other: other.campaign.priority)
        found = (other.idle.find(job.campaign) for other in others if other is not job and other.may_spare)
        return next((agent for agent in found if agent is not None), None)

    @staticmethod
    def _may_be_promised(job: Job, agent: Agent) -> bool:
        return agent.is_consultable and agent.pending_callback is None and job.accepts(agent)

    def take_waiting(self, agent: Agent) -> bool:
        """Give a free agent the callback that has waited longest; True if the agent is busy with it now.

        One that is for this very agent comes first, also if another one was promised it and it is not due.
        """
        while (callback := self._waiting_for(agent)) is not None:
            if self._is_too_late(callback):
                continue
            if callback.agent is not None:
                self._hand_over(callback, callback.agent, agent)
            else:
                self._promise(callback, agent)
            return callback.session is not None
        return False

    def _waiting_for(self, agent: Agent) -> Callback | None:
        jobs = [
            job
            for job in self._floor.jobs.values()
            if (job.callbacks_waiting or job.callbacks_for)
            and job.is_running
            and self._may_be_promised(job, agent)
        ]
        for job in jobs:
            for callback in job.callbacks_for.get(agent.agent_id, {}).values():
                if callback.agent is None or not self._is_due(callback):
                    return callback
        jobs.sort(key=lambda job: job is not agent.job)
        return next(
            (next(iter(job.callbacks_waiting.values())) for job in jobs if job.callbacks_waiting), None
        )

    def _promise(self, callback: Callback, agent: Agent) -> None:
        spec, ready_at = callback.spec, callback.ready_at
        assert ready_at is not None
        callback.on_event(CallbackEvent.PROMISED)
        callback.agent = agent
        callback.sid = self._floor.ids.new_session()
        agent.pending_callback = callback
        if agent.job is not None:
            agent.job.idle.requeue(agent, self._out.steady)
        self._out.tell(agent, AGTPreviewCallbackPending(format_time(ready_at), callback.sid))
        if not self._is_due(callback):
            self._out.set_timer_at((Timer.DUE, spec.callback_id), ready_at)
        else:
            self.start_pending(agent)

    def _hand_over(self, callback: Callback, agent: Agent, to: Agent) -> None:
        """Promise somebody else what an agent was promised."""
        self._callbacks.take_back(callback, agent)
        callback.on_event(CallbackEvent.NOTICED)
        self._promise(callback, to)

    def on_due(self, callback: Callback) -> None:
        """A callback's time has come; with its agent busy another one gets it, unless it is for that one."""
        agent = callback.agent
        if agent is None:
            return
        if not agent.can_be_consulted_now and agent.agent_id != callback.spec.agent_id:
            idle = self._find_idle(callback.job)
            if idle is not None:
                self._hand_over(callback, agent, idle)
                return
        self._out.free(agent)

    def serve(self, job: Job) -> None:
        """Give callbacks to the agents of a job whom no line is meant for any more."""
        for agent_id, agent in list(job.owing.items()):
            if not job.may_spare:
                return
            del job.owing[agent_id]
            self._out.begin_step()
            self.start_pending(agent)
        for other in [
            each for each in self._floor.jobs.values() if each.callbacks_waiting and each.is_running
        ]:
            while other.callbacks_waiting and job.may_spare:
                idle = job.idle.find(other.campaign)
                if idle is None or not (self.take_waiting(idle) or idle.pending_callback is not None):
                    break

    def on_clock_stepped(self, job: Job) -> None:
        """What waits for its time, or for an opening, does so by the new clock, be it announced or not."""
        self._callbacks.on_changed(job)
        for callback in job.callbacks.values():
            if callback.agent is not None and callback.ready_at is not None:
                self._out.set_timer_at((Timer.DUE, callback.spec.callback_id), callback.ready_at)

    # -- delivering -----------------------------------------------------------------------------

    def _is_due(self, callback: Callback) -> bool:
        return callback.ready_at is not None and callback.ready_at <= self._out.now

    def _is_too_late(self, callback: Callback) -> bool:
        """Whether the calling hours are over for a callback that is due: it waits for the next opening."""
        if callback.ready_at is not None and not self._is_due(callback):
            return False
        opening = self._callbacks.next_opening(callback.job, callback.spec.number, self._out.now)
        if opening == self._out.now:
            return False
        self._callbacks.wait_for(callback, opening)
        return True

    def start_pending(self, agent: Agent) -> bool:
        """Show the agent its pending callback if it is due and the agent is free; False if not."""
        callback = agent.pending_callback
        if callback is None or not self._is_due(callback) or not agent.can_be_consulted_now:
            return False
        spec, floor, job = callback.spec, self._floor, callback.job
        if self._is_too_late(callback):
            return False
        if spec.contact.contact_id in floor.contacts_in_work or spec.number.number in floor.numbers_in_work:
            self._out.set_timer((Timer.DUE, spec.callback_id), DUE_RETRY_S)
            return False
        if agent.idle_ticket and agent.job is not None and not agent.job.may_spare:
            agent.job.owing[agent.agent_id] = agent  # until the line that is meant for it is over
            return False
        self._out.cancel_timer((Timer.DUE, spec.callback_id))
        agent.pending_callback = None
        agent.take_off_duty()
        self._lend(agent, job)
        session = self._attempts.new_session(
            job, spec.contact, spec.number, ContactType.Callback, callback.sid
        )
        session.callback = spec
        callback.on_event(CallbackEvent.DELIVERED)
        callback.session = session
        callback.agent = None
        self._attempts.start_attempt(session)
        self._calls.offer(session, agent)
        return True

    def _lend(self, agent: Agent, job: Job) -> None:
        """Let an agent of another job work in this one, until nothing is on any more."""
        own = agent.job
        if own is None or own is job:
            return
        home = agent.home or own
        own.detach(agent)
        job.attach(agent)
        agent.home = home if home is not job else None
        self._out.tell(agent, AGTJobAttached(job.campaign.name))

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
