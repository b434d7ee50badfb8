"""The job's side of a call: which contact when, how many lines, what becomes of each attempt."""

from typing import TYPE_CHECKING

from agentmgr.core.agent import Agent
from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import (
    Dial,
    EndAttempt,
    FetchContacts,
    FinishJob,
    HangUp,
    MarkAnswered,
    ReturnContact,
    StartAttempt,
)
from agentmgr.core.events import ContactsFetched, Timer
from agentmgr.core.job import Job
from agentmgr.core.model import ContactSpec, PhoneNumber
from agentmgr.core.pacer import predictive_lines, progressive_lines
from agentmgr.core.session import Session
from agentmgr.core.states import CustomerEvent, Phase
from protocol.enums import ContactType, DialFailReason, PacingType

if TYPE_CHECKING:
    from agentmgr.core.zone import Zone

MAX_NOT_DUE_PER_TURN = 100
"""How many contacts outside their calling hours are put back before the job waits for its next tick."""

IN_WORK_RETRY_S = 60.0
"""How long a contact is left alone that another job, or a callback, is busy with."""

RING_GRACE_S = 15.0
"""How much longer than the ring time the switch may take to say what became of a call."""

CONTACT_TYPES = {
    PacingType.Predictive: ContactType.Predictive,
    PacingType.Progressive: ContactType.Progressive,
    PacingType.PreviewTimed: ContactType.Preview,
    PacingType.PreviewUntimed: ContactType.Preview,
}


class Dialer:
    """Runs the jobs of a zone."""

    def __init__(self, zone: "Zone") -> None:
        self._zone = zone
        self._out = zone.out

    # -- serving a job -------------------------------------------------------------------

    def serve(self, job: Job) -> None:
        """Give the job's idle agents something to do, fetch contacts, and end the job when it is done."""
        if job.over:
            return
        if job.is_running and not self._zone.telephony_is_down:
            if job.campaign.previews:
                self._offer_previews(job)
            else:
                self._dial_lines(job)
            self._fetch(job)
        if job.is_exhausted:
            self.finish(job)

    def tick(self, job: Job) -> None:
        """Serve the job and come back after the pacing interval, for as long as it runs."""
        self.serve(job)
        if not job.over:
            self._out.set_timer((Timer.PACE, str(job.job_id)), self._zone.config.pace_interval_s)

    def finish(self, job: Job) -> None:
        """End a job: its agents go to other jobs or are let go."""
        job.over = True
        self._out.cancel_timer((Timer.PACE, str(job.job_id)))
        self._out.emit(FinishJob(job.job_id, "stopped" if job.stopping else "finished", self._out.now))
        self._zone.callbacks.forget_job(job)
        self._zone.jobs.pop(job.job_id, None)
        for agent in list(job.agents.values()):
            self._out.free(agent)

    def stop(self, job: Job) -> None:
        """Start no contact any more and give back those not reached; the job ends with its last session."""
        job.stopping = True
        self._zone.callbacks.on_pause(job)
        while job.contacts:
            contact = job.contacts.popleft()
            self._give_back(job, contact, contact.attempts, "Stopped", self._out.now)
        unreached = (Phase.CHECKING, Phase.RINGING)
        for session in [s for s in job.sessions.values() if s.owner is None and s.phase in unreached]:
            self._out.emit(HangUp(session.sid))
            self.end_attempt(session, "Cancelled", due_at=self._out.now, attempts=session.contact.attempts)
        self._out.serve(job)

    def on_contacts(self, event: ContactsFetched) -> None:
        """Claimed contacts arrived from the store."""
        job = self._zone.jobs.get(event.job_id)
        if job is None:
            return
        job.fetching = False
        job.next_due_at = None
        self._expect(job, event.next_due_at)
        self._expect(job, job.returned_due_at)
        job.returned_due_at = None
        for contact in event.contacts:
            if job.stopping:
                self._give_back(job, contact, contact.attempts, "Stopped", self._out.now)
            else:
                job.contacts.append(contact)
        self._out.serve(job)

    def _fetch(self, job: Job) -> None:
        size = self._zone.config.fetch_size
        is_due = job.next_due_at is not None and job.next_due_at <= self._out.now
        if is_due and not job.fetching and len(job.contacts) <= size // 2:
            job.fetching = True
            self._out.emit(FetchContacts(job.job_id, size))

    def _dial_lines(self, job: Job) -> None:
        if job.campaign.pacing is PacingType.Predictive:
            lines = predictive_lines(job.load, job.estimates, job.campaign.abandon_limit)
        else:
            lines = progressive_lines(job.load)
        while lines > 0 and (session := self._next_session(job)) is not None:
            lines -= 1
            self.start_attempt(session)
            self.dial(session)

    def _offer_previews(self, job: Job) -> None:
        while len(job.idle) and (session := self._next_session(job)) is not None:
            agent = job.idle.take()
            assert agent is not None
            self.start_attempt(session)
            self._zone.calls.offer(session, agent)

    def _next_session(self, job: Job) -> Session | None:
        """Make a session of the next contact that may be called now; others go back until they may."""
        for _ in range(MAX_NOT_DUE_PER_TURN):
            if not job.contacts:
                return None
            contact = job.contacts.popleft()
            number = contact.numbers[contact.attempts % len(contact.numbers)]
            if contact.contact_id in self._zone.contacts_in_work:
                again_at = self._out.now + IN_WORK_RETRY_S
                self._give_back(job, contact, contact.attempts, "Cancelled", again_at)
                continue
            opening = next_opening(job.campaign.calling_hours, number.timezone, self._out.now)
            if opening <= self._out.now:
                return self.new_session(
                    job, contact, number, CONTACT_TYPES[job.campaign.pacing], self._zone.ids.new_session()
                )
            self._give_back(job, contact, contact.attempts, DialFailReason.OutsideCallingHours, opening)
        return None

    def new_session(
        self, job: Job, contact: ContactSpec, number: PhoneNumber, contact_type: ContactType, sid: str
    ) -> Session:
        """Begin a session; its attempt is not written yet."""
        session = Session(
            sid, job, contact, contact_type, number, extensions_left=job.campaign.acw_extensions
        )
        job.sessions[session.sid] = session
        self._zone.contacts_in_work.add(contact.contact_id)
        self._zone.sessions[session.sid] = session
        return session

    # -- one call ------------------------------------------------------------------------

    def start_attempt(self, session: Session) -> None:
        """Write down that the contact is being worked on, before anything is done."""
        self._zone.stats.attempts += 1
        self._out.emit(
            StartAttempt(
                session.sid,
                session.job.job_id,
                session.contact.contact_id,
                session.contact_type,
                session.number.number,
                self._out.now,
                session.callback.callback_id if session.callback is not None else None,
            )
        )

    def dial(self, session: Session) -> None:
        """Dial the session's number once the do-not-call list has allowed it."""
        session.on_customer_event(CustomerEvent.WANTED)
        session.fail_reason = None
        number = session.number.number
        hours, ring_time_s = session.job.campaign.calling_hours, session.job.campaign.ring_time_s

        def end_by_itself() -> None:
            self._out.set_timer((Timer.RING, session.sid), ring_time_s + RING_GRACE_S)

        def checked(present: frozenset[str]) -> None:
            if session.over or session.phase is not Phase.CHECKING or session.number.number != number:
                return
            if present:
                self.on_failed(session, DialFailReason.DncBlocked)
            elif self._zone.telephony_is_down:
                self.on_failed(session, DialFailReason.TelephonyDown)
            elif next_opening(hours, session.number.timezone, self._out.now) > self._out.now:
                self.on_failed(session, DialFailReason.OutsideCallingHours)
            else:
                session.on_customer_event(CustomerEvent.DIALED)
                session.dialed_at = self._out.now
                self._out.emit(Dial(session.sid, number, ring_time_s))
                end_by_itself()

        end_by_itself()  # whatever becomes of the question
        self._zone.ask_dnc((number,), checked)

    def on_answered(self, session: Session) -> None:
        """A person took the call: its agent gets it, else the best idle one, else it waits."""
        if session.phase is not Phase.RINGING:
            return
        now, job = self._out.now, session.job
        self._out.cancel_timer((Timer.RING, session.sid))
        if session.owner is not None:
            if session.answered_at is None:
                self._zone.stats.live_answers += 1
            session.answered_at = session.answered_at or now
            self._out.emit(MarkAnswered(session.sid, now, session.owner.agent_id))
            self._zone.calls.connect(session)
            return
        job.estimates.saw_dial_end(True, now - session.dialed_at)
        session.answered_at = now
        self._zone.stats.live_answers += 1
        agent = job.idle.take()
        self._out.emit(MarkAnswered(session.sid, now, agent.agent_id if agent else None))
        if agent is not None:
            self._zone.calls.deliver(session, agent)
            return
        session.on_customer_event(CustomerEvent.QUEUED)
        self._out.set_timer((Timer.QUEUE, session.sid), self._zone.config.queue_timeout_s)

    def take_waiting(self, job: Job, agent: Agent) -> bool:
        """Give the agent the call that has waited longest; False if none waits."""
        if not job.waiting:
            return False
        session = next(iter(job.waiting.values()))
        self._out.cancel_timer((Timer.QUEUE, session.sid))
        self._out.emit(MarkAnswered(session.sid, session.answered_at or self._out.now, agent.agent_id))
        self._zone.calls.deliver(session, agent)
        return True

    def on_abandoned(self, session: Session) -> None:
        """No agent took the call in time, or the customer did not wait: a nuisance call."""
        if session.phase is not Phase.WAITING:
            return
        self._out.cancel_timer((Timer.QUEUE, session.sid))
        self._zone.stats.abandoned += 1
        session.job.estimates.abandoned += 1
        self._out.emit(HangUp(session.sid))
        attempts = session.contact.attempts + 1
        campaign = session.job.campaign
        due_at = self._out.now + campaign.nuisance_retry_s if attempts < campaign.max_attempts else None
        self.end_attempt(session, "Nuisance", due_at=due_at, attempts=attempts)

    def on_failed(self, session: Session, reason: DialFailReason) -> None:
        """The call did not reach a person."""
        if session.phase not in (Phase.CHECKING, Phase.RINGING):
            return
        self._out.cancel_timer((Timer.RING, session.sid))
        session.on_customer_event(CustomerEvent.GONE)
        session.fail_reason = reason
        if session.owner is not None:
            self._zone.calls.on_dial_failed(session, reason)
            return
        session.job.estimates.saw_dial_end(False, 0.0)
        self.end_attempt(
            session, reason, due_at=self.retry_at(session, reason), attempts=session.contact.attempts + 1
        )

    def retry_at(self, session: Session, reason: DialFailReason) -> float | None:
        """Return when a contact is dialled again after a failure; None if never."""
        campaign, attempts = session.job.campaign, session.contact.attempts + 1
        if attempts >= campaign.max_attempts:
            return None
        delay_s = campaign.retry_s.get(reason)
        if delay_s is not None:
            return self._out.now + delay_s
        # this number is of no use, another one that was not tried yet may be
        return self._out.now if attempts < len(session.contact.numbers) else None

    def end_attempt(
        self,
        session: Session,
        outcome: str,
        *,
        due_at: float | None,
        attempts: int,
        agent_id: str | None = None,
    ) -> None:
        """Close the session and give its contact back, due again at `due_at` or done."""
        if session.phase is not Phase.OFF_LINE:
            session.on_customer_event(CustomerEvent.GONE)
        self._out.cancel_timer((Timer.RING, session.sid))
        session.over = True
        self._zone.sessions.pop(session.sid, None)
        self._zone.contacts_in_work.discard(session.contact.contact_id)
        session.job.sessions.pop(session.sid, None)
        self._out.emit(EndAttempt(session.sid, str(outcome), self._out.now, agent_id))
        if session.contact_type is not ContactType.Callback:
            self._give_back(session.job, session.contact, attempts, str(outcome), due_at)
        self._out.serve(session.job)

    def _give_back(
        self, job: Job, contact: ContactSpec, attempts: int, outcome: str, due_at: float | None
    ) -> None:
        self._out.emit(ReturnContact(job.job_id, contact.contact_id, attempts, str(outcome), due_at))
        if due_at is None:
            job.done += 1
            return
        self.expect(job, due_at)

    def expect(self, job: Job, due_at: float) -> None:
        """Look for contacts in the store at `due_at`; a fetch on its way may not have seen them."""
        self._expect(job, due_at)
        if job.fetching and (job.returned_due_at is None or due_at < job.returned_due_at):
            job.returned_due_at = due_at

    @staticmethod
    def _expect(job: Job, due_at: float | None) -> None:
        if due_at is not None and (job.next_due_at is None or due_at < job.next_due_at):
            job.next_due_at = due_at
