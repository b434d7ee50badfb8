"""Callbacks: kept until they are due, announced, delivered as previews, ended or expired."""

from typing import TYPE_CHECKING

from agentmgr.core.agent import Agent
from agentmgr.core.effects import EndCallback, SaveCallback
from agentmgr.core.events import Timer
from agentmgr.core.job import Callback, Job
from agentmgr.core.model import CallbackSpec
from agentmgr.core.session import Session
from agentmgr.core.states import CallbackEvent, CallbackPhase, CallEvent
from agentmgr.core.times import format_time
from protocol.enums import CallbackType, CallState, ContactType
from protocol.notifications import AGTPreviewCallbackCancelled, AGTPreviewCallbackPending

if TYPE_CHECKING:
    from agentmgr.core.zone import Zone


IN_WORK_RETRY_S = 10.0
"""How often a callback that is due is tried while somebody is busy with its contact."""


class Callbacks:
    """The callbacks of a zone."""

    def __init__(self, zone: "Zone") -> None:
        self._zone = zone
        self._out = zone.out
        self._callbacks: dict[str, Callback] = {}

    # -- keeping -----------------------------------------------------------------------------

    def create(self, job: Job, record: CallbackSpec, created_by: Agent, origin: Session) -> None:
        """Write a callback down, and wait for its time if its campaign runs here."""
        self._out.emit(
            SaveCallback(
                record.callback_id,
                record.campaign_id,
                origin.job.job_id,
                record.contact.contact_id,
                record.callback_type,
                record.agent_id,
                created_by.agent_id,
                record.number.number,
                record.number.name,
                record.number.timezone,
                record.due_at,
                record.expires_at,
                record.notes,
                self._out.now,
            )
        )
        self.schedule(job, record)

    def schedule(self, job: Job, record: CallbackSpec) -> None:
        """Wait for a callback's time; one that was kept under the same id before is replaced."""
        callback_id = record.callback_id
        old = self._callbacks.get(callback_id)
        if old is not None:
            self._drop(old)
        callback = Callback(record, job)
        self._callbacks[callback_id] = callback
        job.callbacks[callback_id] = callback
        notice_at = record.due_at - self._zone.config.callback_notice_s
        self._out.set_timer_at((Timer.CALLBACK, callback_id), notice_at)
        self._out.set_timer_at((Timer.EXPIRY, callback_id), record.expires_at)

    def restore(self, callback_id: str, session: Session) -> None:
        """The contact of a callback outlived the server: the callback ends with it, as before."""
        callback = self._callbacks.get(callback_id)
        if callback is not None:
            callback.on_event(CallbackEvent.FOUND)
            callback.session = session
            session.callback = callback.record

    def on_pause(self, job: Job) -> None:
        """The job starts nothing for now: callbacks that were promised to agents wait again."""
        for callback in job.callbacks.values():
            if callback.agent is not None:
                self._take_back(callback, callback.agent)
                callback.on_event(CallbackEvent.NOTICED)

    def forget_job(self, job: Job) -> None:
        """The job is over; what it had not delivered stays in the store for the campaign's next job."""
        for callback in list(job.callbacks.values()):
            self._drop(callback)

    def _drop(self, callback: Callback) -> None:
        callback_id = callback.record.callback_id
        del self._callbacks[callback_id]
        del callback.job.callbacks[callback_id]
        for purpose in (Timer.CALLBACK, Timer.DUE, Timer.EXPIRY):
            self._out.cancel_timer((purpose, callback_id))
        if callback.agent is not None:
            self._take_back(callback, callback.agent)
        callback.on_event(CallbackEvent.ENDED)

    # -- finding an agent -----------------------------------------------------------------------

    def on_notice(self, callback_id: str) -> None:
        """A callback is due soon: find an agent for it, or let it wait for the first that is free."""
        callback = self._callbacks.get(callback_id)
        if callback is None or callback.phase is not CallbackPhase.KEPT:
            return
        callback.on_event(CallbackEvent.NOTICED)
        agent = self._candidate(callback) if callback.job.is_running else None
        if agent is not None:
            self._promise(callback, agent)

    def _candidate(self, callback: Callback) -> Agent | None:
        record, job = callback.record, callback.job
        if record.callback_type is CallbackType.Agent:
            preferred = self._zone.agents.get(record.agent_id)
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
        record, job = callback.record, callback.job
        callback.on_event(CallbackEvent.PROMISED)
        callback.agent = agent
        callback.sid = self._zone.ids.new_session()
        agent.pending_callback = callback
        job.idle.requeue(agent, self._out.now)
        self._out.tell(agent, AGTPreviewCallbackPending(format_time(record.due_at), callback.sid))
        if record.due_at > self._out.now:
            self._out.set_timer_at((Timer.DUE, record.callback_id), record.due_at)
        else:
            self.start_pending(agent)

    def on_due(self, callback_id: str) -> None:
        """A callback's time has come; a busy agent gets it when it is free."""
        callback = self._callbacks.get(callback_id)
        if callback is not None and callback.agent is not None:
            self._out.free(callback.agent)

    def withdraw(self, agent: Agent) -> None:
        """The agent cannot take its pending callback any more: somebody else shall."""
        callback = agent.pending_callback
        if callback is not None:
            self._take_back(callback, agent)
            self._out.set_timer((Timer.CALLBACK, callback.record.callback_id), 0)

    def _take_back(self, callback: Callback, agent: Agent) -> None:
        """An agent does not get the callback that it was promised."""
        callback.on_event(CallbackEvent.TAKEN_BACK)
        callback.agent = None
        agent.pending_callback = None
        callback.job.idle.requeue(agent, self._out.now)
        self._out.cancel_timer((Timer.DUE, callback.record.callback_id))
        self._out.tell(agent, AGTPreviewCallbackCancelled(callback.sid))
        agent.rest(self._out.now)
        self._out.free(agent)

    # -- delivering -----------------------------------------------------------------------------

    def start_pending(self, agent: Agent) -> bool:
        """Show the agent its pending callback if it is due and the agent is free; False if not."""
        callback = agent.pending_callback
        if callback is None or callback.record.due_at > self._out.now or not agent.can_be_consulted_now:
            return False
        record = callback.record
        if record.contact.contact_id in self._zone.contacts_in_work:
            self._out.set_timer((Timer.DUE, record.callback_id), IN_WORK_RETRY_S)
            return False
        self._out.cancel_timer((Timer.DUE, record.callback_id))
        agent.pending_callback = None
        session = self._zone.dialer.new_session(
            callback.job, record.contact, record.number, ContactType.Callback, callback.sid
        )
        session.callback = record
        callback.on_event(CallbackEvent.DELIVERED)
        callback.session = session
        callback.agent = None
        self._zone.take_off_duty(agent)
        self._zone.dialer.start_attempt(session)
        self._zone.calls.offer(session, agent)
        return True

    def on_expiry(self, callback_id: str) -> None:
        """Nobody took the callback in time; one that is being worked on goes on."""
        callback = self._callbacks.get(callback_id)
        if callback is None:
            return
        session = callback.session
        if session is None:
            self._expire(callback)
        elif session.owner is not None and session.owner.call_state is CallState.Callback:
            self._expire(callback)
            self._take_from_desktop(callback, session, session.owner)

    def _expire(self, callback: Callback) -> None:
        self._end(callback, "Expired")

    def _take_from_desktop(self, callback: Callback, session: Session, agent: Agent) -> None:
        self._out.tell(agent, AGTPreviewCallbackCancelled(callback.sid))
        self._zone.calls.part(session, agent)
        self._zone.dialer.end_attempt(session, "Expired", due_at=None, attempts=session.contact.attempts)
        agent.on_call_event(CallEvent.EXPIRED, self._out.now)
        agent.sync()
        agent.rest(self._out.now)
        self._out.free(agent)

    def on_session_end(self, session: Session, source: str) -> None:
        """The contact of a callback is disposed, or was put off to another time.

        A callback that was on a desktop where nobody decided anything is not lost: it waits again.
        """
        callback = self._of(session)
        if callback is None:
            return
        if session.answered_at is not None:
            self._end(callback, "Handled")
        elif source == "agent" or session.declined or session.fail_reason is not None:
            self._end(callback, "Cancelled")
        else:
            self._wait_again(callback)

    def put_back(self, session: Session) -> None:
        """The session of a callback ends before anything was done: the callback waits again."""
        callback = self._of(session)
        if callback is not None:
            self._wait_again(callback)

    def _of(self, session: Session) -> Callback | None:
        """Return the callback that ends with a session; None if there is none, or it was put off."""
        record = session.callback
        callback = self._callbacks.get(record.callback_id) if record is not None else None
        return callback if callback is not None and callback.session is session else None

    def _end(self, callback: Callback, outcome: str) -> None:
        self._out.emit(EndCallback(callback.record.callback_id, outcome, self._out.now))
        self._drop(callback)
        # the store held the contact back for it, if the job has to call it too
        self._zone.dialer.expect(callback.job, self._out.now)
        self._out.serve(callback.job)

    def _wait_again(self, callback: Callback) -> None:
        callback_id = callback.record.callback_id
        callback.on_event(CallbackEvent.PUT_BACK)
        callback.session = None
        self._out.set_timer((Timer.CALLBACK, callback_id), 0)
        self._out.set_timer_at((Timer.EXPIRY, callback_id), callback.record.expires_at)
