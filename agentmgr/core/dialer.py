"""The job's side of a call: which contact when, how many lines, and who gets the answered ones."""

from collections import deque
from itertools import islice

from attrs import evolve

from agentmgr.core.agent import Agent
from agentmgr.core.attempts import UNTOUCHED, Attempts, may_be_paid
from agentmgr.core.callbacks import Callbacks
from agentmgr.core.callflow import CallFlow
from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import (
    Dismiss,
    FetchContacts,
    FinishJob,
    HangUp,
    HoldCalls,
    MarkAnswered,
)
from agentmgr.core.events import ContactsFetched, Timer
from agentmgr.core.floor import Floor
from agentmgr.core.job import Errand, Job
from agentmgr.core.model import CallGrant, ContactSpec, WantedJob
from agentmgr.core.pacer import progressive_lines
from agentmgr.core.session import Session
from agentmgr.core.states import CustomerEvent, Phase
from agentmgr.core.strategy import IN_WORK_RETRY_S, NUISANCE
from protocol.enums import ContactType, DialFailReason, PacingType

MAX_NOT_DUE_PER_TURN = 100
"""How many contacts outside their calling hours are put back before the job waits for its next tick."""

RANG_RETRY_S = 60.0
"""How long somebody is left alone whose phone rang until we hung up; agents come and go in seconds."""

CONTACTS_AN_AGENT = 8
"""So many contacts are kept on hand for each agent of a job that other zones share: they could call them."""

CONTACT_TYPES = {
    PacingType.Predictive: ContactType.Predictive,
    PacingType.Progressive: ContactType.Progressive,
    PacingType.PreviewTimed: ContactType.Preview,
    PacingType.PreviewUntimed: ContactType.Preview,
}


def _turn(contact: ContactSpec) -> tuple[int, bool, float]:
    """Return what contacts on hand are sorted by: priority, retries first, the longest due before others."""
    return contact.priority, not contact.due_at, contact.due_at


class Dialer:
    """Runs the jobs of a zone."""

    def __init__(self, floor: Floor, attempts: Attempts, calls: CallFlow, callbacks: Callbacks) -> None:
        self._floor = floor
        self._out = floor.out
        self._attempts = attempts
        self._calls = calls
        self._callbacks = callbacks

    # -- serving a job -------------------------------------------------------------------

    def serve(self, job: Job) -> None:
        """Give the job's idle agents something to do, fetch contacts, and end the job when it is done."""
        if job.over:
            return
        if job.stopping:
            self._wind_up(job)
        if job.is_running and not self._floor.is_halted:
            if job.campaign.previews:
                self._offer_previews(job)
            else:
                self._dial_lines(job)
            self._fetch(job)
            self._leave_to_others(job)
        if job.calls is not None:
            self._hold_calls(job, job.calls)
        if job.is_exhausted:
            self.finish(job)

    def take_grant(self, job: Job, told: CallGrant) -> None:
        """Go by how many calls the store grants; what was read before the latest grant is no news."""
        if job.calls is None or told.number > job.calls.number:
            job.calls = told
            self._out.serve(job)

    def _hold_calls(self, job: Job, calls: CallGrant) -> None:
        """Say that the grant was heard, and what is reserved for calls that will not be: for others."""
        granted = 0 if self._floor.closing else calls.granted
        reserved, wanted = max(granted, job.in_the_air), job.shares == 1 or job.staff > 0
        if reserved < calls.reserved or wanted != calls.wanted or not calls.heard:
            self._out.emit(HoldCalls(job.job_id, calls.number, reserved, wanted))
            job.calls = evolve(calls, reserved=reserved, wanted=wanted, heard=True)

    def tick(self, job: Job) -> None:
        """Serve the job and come back after the pacing interval, for as long as it runs."""
        self._out.set_timer((Timer.PACE, str(job.job_id)), self._floor.config.pace_interval_s)
        self._out.serve(job)

    def finish(self, job: Job) -> None:
        """End a job: its agents go to other jobs or are let go."""
        self._out.emit(FinishJob(job.job_id, "stopped" if job.stopping else "finished", self._out.now))
        job.over = True
        job.note(job)
        self._out.cancel_timer((Timer.PACE, str(job.job_id)))
        self._callbacks.forget_job(job)
        self._floor.close_job(job)
        for agent in list(job.agents.values()):
            self._out.free(agent)

    def stop(self, job: Job) -> None:
        """Start no contact any more and give back those not reached; the job ends with its last session."""
        job.stopping = True
        job.note(job)
        self._callbacks.on_pause(job)
        self._out.serve(job)

    def _wind_up(self, job: Job) -> None:
        """Give back what nobody has been told of, and end the calls that nobody has taken."""
        while job.contacts:
            self._take_contact(job)
            self._give_back(job, "Stopped", self._out.now)
        self.drop_lines(job, len(job.ringing))

    def keep_promises(self, job: Job) -> None:
        """Hang up what nobody would take: a line in the air has an agent, or it is none."""
        self.drop_lines(job, job.surplus)

    def drop_lines(self, job: Job, how_many: int) -> None:
        """Hang up the youngest of the lines that ring, or drop them before they do; no attempt is counted."""
        for session in list(islice(reversed(job.ringing.values()), how_many)):
            self._out.begin_step()
            due_at, attempts = self._out.now, session.contact.attempts
            if session.phase is Phase.RINGING:
                self._out.emit(HangUp(session.sid))
                due_at += RANG_RETRY_S
            self._attempts.end_attempt(session, "Cancelled", due_at=due_at, attempts=attempts)

    def _take_contact(self, job: Job) -> ContactSpec:
        """Look at the next contact on hand; a fault that it causes must not keep the job from the others."""
        self._out.begin_step()
        job.at_hand = contact = job.contacts.popleft()
        return contact

    def _give_back(self, job: Job, outcome: str, due_at: float | None) -> None:
        """Give back the contact that was looked at, with nothing done."""
        contact = job.at_hand
        assert contact is not None
        self._attempts.give_back(job, contact, contact.attempts, outcome, due_at)
        job.at_hand = None

    def on_contacts(self, event: ContactsFetched) -> None:
        """Claimed contacts arrived from the store."""
        job = self._floor.jobs.get(event.job_id)
        if job is None:
            return
        job.fetching = False
        job.next_due_at, job.next_retry_at = event.next_due_at, event.next_retry_at
        if job.returned_due_at is not None:
            self._attempts.expect(job, job.returned_due_at)
            job.returned_due_at = None
        # at one stroke: a fault on the way must not lose what was claimed
        new = (contact for contact in event.contacts if contact.course.wait is None)
        job.contacts = deque(sorted((*job.contacts, *new), key=_turn))
        for contact in event.contacts:
            if contact.course.wait is not None:  # whoever had asked for it is gone
                self._attempts.ask(Errand(0, job, contact, contact.attempts, UNTOUCHED))
        self._out.serve(job)

    def _fetch(self, job: Job) -> None:
        """Ask for contacts when few are on hand, and for retries that are due when there are few of those."""
        if job.fetching:
            return
        size, now = self.stock(job), self._out.now
        if len(job.contacts) <= size // 2:
            only_retries = False
            is_due = job.next_due_at is not None and job.next_due_at <= now
            job.beckons = is_due and not size
            if not size:
                return
        else:
            only_retries = True
            is_due = (
                job.next_retry_at is not None
                and job.next_retry_at <= now
                and not job.contacts[size // 2].due_at
                and self._out.steady - job.retries_asked_at >= self._floor.config.pace_interval_s
            )
        if is_due:
            if only_retries:
                job.retries_asked_at = self._out.steady
            self._out.emit(FetchContacts(job.job_id, size, only_retries))
            job.fetching = True  # after it was asked: what nobody was asked for would be waited for for ever

    def stock(self, job: Job) -> int:
        """Return how many contacts a job keeps on hand."""
        size = self._floor.config.fetch_size
        return size if job.shares == 1 else min(size, CONTACTS_AN_AGENT * job.staff)

    def _leave_to_others(self, job: Job) -> None:
        """Give back what there are no agents for any more, so that other zones can call it."""
        size = self.stock(job)
        if job.shares == 1 or len(job.contacts) <= 2 * size:
            return
        while len(job.contacts) > size:
            job.contacts.rotate(1)
            contact = self._take_contact(job)
            self._give_back(job, UNTOUCHED, contact.due_at)

    def hear_of_others(self, job: Job, wanted: WantedJob) -> None:
        """Other zones go on with the job as well: what they have done, and whether there is more to take."""
        job.shares = wanted.shares
        if wanted.done > job.done:
            job.done = wanted.done
            job.note(job)
        size = self.stock(job)
        if wanted.pending and len(job.contacts) <= size // 2:
            self._attempts.expect(job, self._out.now)
        elif not wanted.pending and not size and not job.fetching:
            job.next_due_at = job.next_retry_at = None
        self._out.serve(job)

    def _dial_lines(self, job: Job) -> None:
        pacer = job.pacer if job.yields_to is None else progressive_lines
        job.estimates.begin_day(self._floor.stats.days.day(self._out.now))
        load = job.load_at(self._out.steady, self._floor.config.queue_timeout_s)
        lines = pacer(load, job.estimates, job.campaign)
        if job.calls is not None:
            lines = min(lines, job.calls.granted - job.in_the_air)
        while lines > 0 and (session := self._next_session(job)) is not None:
            lines -= 1
            self._attempts.start_attempt(session, to_dial=True)
            self._attempts.dial(session, self.on_failed)

    def _offer_previews(self, job: Job) -> None:
        # lines of another pacing may ring still, and have agents that are meant for them
        while job.spare > 0 and (session := self._next_session(job)) is not None:
            agent = job.idle.take()
            assert agent is not None
            self._attempts.start_attempt(session)
            self._calls.offer(session, agent)

    def _next_session(self, job: Job) -> Session | None:
        """Make a session of the next contact that may be called now; others go back until they may."""
        for _ in range(MAX_NOT_DUE_PER_TURN):
            if not job.contacts:
                return None
            contact = self._take_contact(job)
            contact, opening, why = self._leave_out(job, contact)
            job.at_hand = contact
            number, floor = job.strategy.next_number(contact), self._floor
            if number is None or opening is None:
                self._give_back(job, why, None)
                continue
            if contact.contact_id in floor.contacts_in_work or number.number in floor.numbers_in_work:
                self._give_back(job, "Cancelled", self._out.now + IN_WORK_RETRY_S)
                continue
            if opening != self._out.now:
                self._give_back(job, why, opening)
                continue
            contact_type, sid = CONTACT_TYPES[job.campaign.pacing], self._floor.ids.new_session()
            session = self._attempts.new_session(job, contact, number, contact_type, sid)
            job.at_hand = None
            return session
        return None

    def _leave_out(self, job: Job, contact: ContactSpec) -> tuple[ContactSpec, float | None, DialFailReason]:
        """Leave out numbers up to the first that the campaign may call, now or later.

        Returns:
            the contact, when its next number may be called, None if it has none, and why not now.
        """
        campaign, strategy, now, why = job.campaign, job.strategy, self._out.now, DialFailReason.InvalidNumber
        while True:
            contact, after_s = strategy.find_number(contact)
            number = strategy.next_number(contact)
            if number is None or after_s is None:
                return contact, None, why
            if after_s:
                return contact, now + after_s, why
            opening = next_opening(campaign.calling_hours, number.timezone, now)
            if opening is not None and may_be_paid(campaign, number):
                return contact, opening, DialFailReason.OutsideCallingHours
            why = DialFailReason.OutsideCallingHours if opening is None else DialFailReason.InvalidNumber
            contact = contact.without(number)

    # -- one call ------------------------------------------------------------------------

    def on_answered(self, session: Session) -> None:
        """A person took a call that nobody owns: the best idle agent gets it, else it waits."""
        if session.phase is not Phase.RINGING:
            return
        now, job = self._out.now, session.job
        self._out.cancel_timer((Timer.RING, session.sid))
        job.estimates.saw_dial_end(True, self._out.steady - session.dialed_at, self._out.steady)
        session.answered_at = now
        session.reached = True
        self._floor.stats.live_answers += 1
        job.counts.saw_answer(self._out.steady)
        agent = job.idle.take()
        agent_id = agent.agent_id if agent else None
        self._out.emit(MarkAnswered(session.attempt_id, now, agent_id, session.check))
        if agent is not None:
            self._calls.deliver(session, agent)
            return
        session.on_customer_event(CustomerEvent.QUEUED)
        self._out.set_timer((Timer.QUEUE, session.sid), self._floor.config.queue_timeout_s)

    def take_waiting(self, job: Job, agent: Agent) -> bool:
        """Give the agent the call that has waited longest; False if none waits."""
        if not job.waiting:
            return False
        session = next(iter(job.waiting.values()))
        self._out.cancel_timer((Timer.QUEUE, session.sid))
        answered_at = session.answered_at or self._out.now
        self._out.emit(MarkAnswered(session.attempt_id, answered_at, agent.agent_id, session.check))
        self._calls.deliver(session, agent)
        return True

    def on_queue_timeout(self, session: Session) -> None:
        """No agent took the call in time: the customer is told who called, if the campaign has a number."""
        number = session.job.campaign.abandon_number
        if number and session.phase is Phase.WAITING:
            self._floor.stats.dismissed += 1
            self._abandon(session, Dismiss(session.sid, number))
        else:
            self.on_abandoned(session)

    def on_abandoned(self, session: Session) -> None:
        """No agent took the call, and the customer did not wait: a nuisance call."""
        self._abandon(session, HangUp(session.sid))

    def _abandon(self, session: Session, ending: Dismiss | HangUp) -> None:
        if session.phase is not Phase.WAITING:
            return
        self._out.cancel_timer((Timer.QUEUE, session.sid))
        self._floor.stats.abandoned += 1
        session.job.counts.saw_abandoned(self._out.steady)
        session.job.estimates.abandoned += 1
        self._out.emit(ending)
        due_at = self._attempts.again_at(session, NUISANCE)
        self._attempts.end_attempt(session, "Nuisance", due_at=due_at, attempts=session.attempts)

    def on_failed(self, session: Session, reason: DialFailReason) -> None:
        """A call that nobody owns did not reach a person."""
        if not self._attempts.is_lost(session, reason):
            return
        if session.dialed:
            steady = self._out.steady
            session.job.estimates.saw_dial_end(False, steady - session.dialed_at, steady)
        due_at, attempts = self._attempts.retry_at(session, reason), session.attempts
        self._attempts.end_attempt(session, reason, due_at=due_at, attempts=attempts)
