"""Callbacks as they are kept: written down, waited for, taken back from agents, ended."""

from attrs import evolve

from agentmgr.core.agent import Agent
from agentmgr.core.attempts import Attempts
from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import EndCallback, SaveCallback
from agentmgr.core.events import Timer
from agentmgr.core.floor import Floor
from agentmgr.core.job import Callback, Job
from agentmgr.core.model import CallbackSpec, JobSpec, PhoneNumber
from agentmgr.core.session import Session
from agentmgr.core.states import CallbackEvent, CallbackPhase
from protocol.enums import DialFailReason
from protocol.notifications import AGTPreviewCallbackCancelled


class Callbacks:
    """The callbacks of a zone."""

    def __init__(self, floor: Floor, attempts: Attempts) -> None:
        self._floor = floor
        self._out = floor.out
        self._attempts = attempts
        self._by_id: dict[str, Callback] = {}

    def find(self, callback_id: str) -> Callback | None:
        """Return a callback that is kept here."""
        return self._by_id.get(callback_id)

    # -- keeping -----------------------------------------------------------------------------

    def create(self, job: Job, spec: CallbackSpec, created_by: str, origin: Session) -> None:
        """Write a callback down, and wait for its time if its campaign runs here."""
        self._out.emit(
            SaveCallback(
                spec.callback_id,
                spec.campaign_id,
                origin.job.job_id,
                spec.contact.contact_id,
                spec.callback_type,
                spec.agent_id,
                created_by,
                spec.number.number,
                spec.number.name,
                spec.number.timezone,
                spec.due_at,
                spec.expires_at,
                spec.notes,
                self._out.now,
                spec.contact.attempts,
            )
        )
        if origin.callback is not None and origin.callback.callback_id == spec.callback_id:
            origin.ends_callback = False
        self.schedule(job, spec)

    def schedule(self, job: Job, spec: CallbackSpec) -> None:
        """Wait for a callback's time; one that was kept under the same id before is replaced."""
        callback_id = spec.callback_id
        old = self._by_id.get(callback_id)
        if old is not None:
            self._drop(old)
        callback = Callback(spec, job, self.next_opening(job, spec.number, spec.due_at))
        self._by_id[callback_id] = callback
        job.callbacks[callback_id] = callback
        self._out.note(callback)
        self._set_notice(callback)
        self._out.set_timer_at((Timer.EXPIRY, callback_id), spec.expires_at)

    @staticmethod
    def next_opening(job: Job, number: PhoneNumber, at: float) -> float | None:
        """Return when a number may be called back from a time on, epoch seconds; None if never."""
        return next_opening(job.campaign.calling_hours, number.timezone, at)

    def _set_notice(self, callback: Callback) -> None:
        if callback.ready_at is not None:
            notice_at = callback.ready_at - callback.job.campaign.callback_notice_s
            self._out.set_timer_at((Timer.CALLBACK, callback.spec.callback_id), notice_at)

    def wait_for(self, callback: Callback, opening: float | None) -> None:
        """The calling hours are over: the callback waits for their next opening, or until it expires."""
        if callback.agent is not None:
            self.take_back(callback, callback.agent)
        elif callback.phase is CallbackPhase.WAITING:
            callback.on_event(CallbackEvent.CLOSED)
        callback.ready_at = opening
        self._set_notice(callback)

    def on_changed(self, job: Job) -> None:
        """Hours, notice or the clock are other ones: what nobody was told of yet follows them."""
        for callback in job.callbacks.values():
            if callback.phase is CallbackPhase.KEPT:
                spec = callback.spec
                self._out.cancel_timer((Timer.CALLBACK, spec.callback_id))
                callback.ready_at = self.next_opening(job, spec.number, max(spec.due_at, self._out.now))
                self._set_notice(callback)

    def on_supervised(self, job: Job, loaded: JobSpec, since_version: int) -> None:
        """Callbacks were made, moved or cancelled in the store after a version of the campaign.

        One that is on a desktop is taken back from it, one that is being worked on goes on. What the zone has
        ended meanwhile stays so: the store may not have that yet, and has it as one that waits.
        """
        for callback_id, version in loaded.withdrawn.items():
            callback = job.callbacks.get(callback_id)
            if callback is None or version <= since_version:
                continue
            if callback.phase is CallbackPhase.DELIVERED:
                callback.is_withdrawn = True
            else:
                self._floor.stats.callbacks_ended["Cancelled"] += 1
                self._drop(callback)
        for spec in loaded.callbacks:
            callback = job.callbacks.get(spec.callback_id)
            if callback is None:
                if spec.made_in > since_version:  # one that the zone had and ended was made before that
                    self.schedule(job, spec)
            elif spec.moved_in <= since_version:
                continue
            elif callback.phase is CallbackPhase.DELIVERED:
                callback.spec = spec
            else:
                self.schedule(job, spec)

    def restore(self, callback_id: str, session: Session) -> None:
        """The contact of a callback outlived the server: the callback ends with it, as before."""
        callback = self._by_id.get(callback_id)
        if callback is not None:
            callback.on_event(CallbackEvent.FOUND)
            callback.session = session
            session.callback = callback.spec

    def on_pause(self, job: Job) -> None:
        """The job starts nothing for now: callbacks that were promised to agents wait again."""
        for callback in job.callbacks.values():
            if callback.agent is not None:
                self.take_back(callback, callback.agent)
                callback.on_event(CallbackEvent.NOTICED)

    def forget_job(self, job: Job) -> None:
        """The job is over; what it had not delivered stays in the store for the campaign's next job."""
        for callback in list(job.callbacks.values()):
            self._drop(callback)

    def _drop(self, callback: Callback) -> None:
        callback_id = callback.spec.callback_id
        del self._by_id[callback_id]
        del callback.job.callbacks[callback_id]
        for purpose in (Timer.CALLBACK, Timer.DUE, Timer.EXPIRY):
            self._out.cancel_timer((purpose, callback_id))
        if callback.agent is not None:
            self.take_back(callback, callback.agent)
        callback.on_event(CallbackEvent.ENDED)

    def scrap(self, callback: Callback) -> None:
        """Forget a callback, whatever was being done with it when a rule failed."""
        callback_id, agent = callback.spec.callback_id, callback.agent
        if self._by_id.get(callback_id) is callback:
            del self._by_id[callback_id]
        if callback.job.callbacks.get(callback_id) is callback:
            del callback.job.callbacks[callback_id]
        for purpose in (Timer.CALLBACK, Timer.DUE, Timer.EXPIRY):
            self._out.cancel_timer((purpose, callback_id))
        callback.on_event(CallbackEvent.ENDED)
        if agent is not None and agent.pending_callback is callback:
            agent.pending_callback = None
            self._out.tell(agent, AGTPreviewCallbackCancelled(callback.sid))
            agent.rest(self._out.now)

    # -- ending --------------------------------------------------------------------------------

    def withdraw(self, agent: Agent) -> None:
        """The agent cannot take its pending callback any more: somebody else shall."""
        callback = agent.pending_callback
        if callback is not None:
            self.take_back(callback, agent)
            self._out.set_timer((Timer.CALLBACK, callback.spec.callback_id), 0)

    def take_back(self, callback: Callback, agent: Agent) -> None:
        """An agent does not get the callback that it was promised."""
        callback.on_event(CallbackEvent.TAKEN_BACK)
        callback.agent = None
        agent.pending_callback = None
        if agent.job is not None:
            agent.job.owing.pop(agent.agent_id, None)
            agent.job.idle.requeue(agent, self._out.steady)
        self._out.cancel_timer((Timer.DUE, callback.spec.callback_id))
        self._out.tell(agent, AGTPreviewCallbackCancelled(callback.sid))
        agent.rest(self._out.now)
        self._out.free(agent)

    def on_session_end(self, session: Session, agent_id: str, source: str, again_at: float | None) -> None:
        """The contact of a callback is disposed, or was put off to another time.

        A callback that was on a desktop where nobody decided anything is not lost: it waits again.

        Args:
            agent_id: whose contact it was.
            source: who chose the completion code, `agent` or `default`.
            again_at: when the contact is to be tried again by its code or the failure, epoch seconds.
        """
        callback = self._of(session)
        if callback is None:
            return
        was_answered, failure = session.answered_at is not None, session.fail_reason
        is_decided = was_answered or source == "agent" or session.declined or failure is not None
        is_closed = failure is DialFailReason.OutsideCallingHours and not was_answered
        if not is_decided or (is_closed and again_at is not None):
            self._wait_again(callback)
        elif again_at is not None:
            self._put_off(callback, session, agent_id, again_at)
        else:
            self.end(callback, "Handled" if was_answered else "Cancelled")

    def _put_off(self, callback: Callback, session: Session, agent_id: str, due_at: float) -> None:
        """Call back once more, at another time, and for as long after it as before."""
        spec = callback.spec
        opening = self.next_opening(callback.job, spec.number, due_at)
        contact = evolve(session.contact, attempts=session.attempts)
        expires_at = (opening or due_at) + spec.expires_at - spec.due_at
        again = evolve(spec, contact=contact, due_at=due_at, expires_at=expires_at)
        self.create(callback.job, again, agent_id, session)

    def put_back(self, session: Session) -> None:
        """The session of a callback ends before anything was done: the callback waits again."""
        callback = self._of(session)
        if callback is not None:
            self._wait_again(callback)

    def _of(self, session: Session) -> Callback | None:
        """Return the callback that ends with a session; None if there is none, or it was put off."""
        spec = session.callback
        callback = self._by_id.get(spec.callback_id) if spec is not None else None
        return callback if callback is not None and callback.session is session else None

    def end(self, callback: Callback, outcome: str) -> None:
        """Write down that a callback is over."""
        self._floor.stats.callbacks_ended[outcome] += 1
        self._out.emit(EndCallback(callback.spec.callback_id, outcome, self._out.now, callback.job.job_id))
        self._drop(callback)
        # the store held the contact back for it, if the job has to call it too
        self._attempts.expect(callback.job, self._out.now)
        self._out.serve(callback.job)

    def _wait_again(self, callback: Callback) -> None:
        callback_id = callback.spec.callback_id
        if callback.is_withdrawn:
            self._drop(callback)
            return
        callback.on_event(CallbackEvent.PUT_BACK)
        callback.session = None
        self._out.set_timer((Timer.CALLBACK, callback_id), 0)
        self._out.set_timer_at((Timer.EXPIRY, callback_id), callback.spec.expires_at)
