"""The life of an attempt: its session, its line, its end, and the contact given back to the store."""

from collections.abc import Callable

from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import Dial, EndAttempt, ReturnContact, StartAttempt
from agentmgr.core.events import Timer
from agentmgr.core.floor import Floor
from agentmgr.core.job import Job
from agentmgr.core.model import ContactSpec, PhoneNumber
from agentmgr.core.session import Session
from agentmgr.core.states import CustomerEvent, Phase
from protocol.enums import ContactType, DialFailReason

RING_GRACE_S = 15.0
"""How much longer than the ring time the switch may take to say what became of a call."""


class Attempts:
    """The attempts of a zone, whoever began them: a job by itself, or an agent."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._out = floor.out

    # -- beginning -----------------------------------------------------------------------

    def new_session(
        self, job: Job, contact: ContactSpec, number: PhoneNumber, contact_type: ContactType, sid: str
    ) -> Session:
        """Begin a session; its attempt is not written yet."""
        session = Session(
            sid, job, contact, contact_type, number, extensions_left=job.campaign.acw_extensions
        )
        job.sessions[session.sid] = session
        self._floor.contacts_in_work.add(contact.contact_id)
        self._floor.sessions[session.sid] = session
        return session

    def start_attempt(self, session: Session) -> None:
        """Write down that the contact is being worked on, before anything is done."""
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
        session.written = True
        self._floor.stats.attempts += 1

    def dial(self, session: Session, on_failed: Callable[[Session, DialFailReason], None]) -> None:
        """Dial the session's number once the do-not-call list has allowed it; else call `on_failed`."""
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
                on_failed(session, DialFailReason.DncBlocked)
            elif self._floor.telephony_is_down:
                on_failed(session, DialFailReason.TelephonyDown)
            elif next_opening(hours, session.number.timezone, self._out.now) != self._out.now:
                on_failed(session, DialFailReason.OutsideCallingHours)
            else:
                session.on_customer_event(CustomerEvent.DIALED)
                session.dialed_at = self._out.now
                self._out.emit(Dial(session.sid, number, ring_time_s))
                end_by_itself()

        end_by_itself()  # whatever becomes of the question
        self._floor.ask_dnc((number,), checked, session)

    # -- ending ----------------------------------------------------------------------------

    def is_lost(self, session: Session, reason: DialFailReason) -> bool:
        """Note that a line did not reach a person; False if it had ended, or was answered, before."""
        if session.phase not in (Phase.CHECKING, Phase.RINGING):
            return False
        self._out.cancel_timer((Timer.RING, session.sid))
        session.on_customer_event(CustomerEvent.GONE)
        session.fail_reason = reason
        return True

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
        self._out.emit(EndAttempt(session.sid, str(outcome), self._out.now, agent_id))
        if session.contact_type is not ContactType.Callback:
            self.give_back(session.job, session.contact, attempts, str(outcome), due_at)
        self._floor.sessions.pop(session.sid, None)
        self._floor.contacts_in_work.discard(session.contact.contact_id)
        session.job.sessions.pop(session.sid, None)
        self._out.serve(session.job)

    def give_back(
        self, job: Job, contact: ContactSpec, attempts: int, outcome: str, due_at: float | None
    ) -> None:
        """Give a claimed contact back to the store, due again at `due_at` or done."""
        self._out.emit(ReturnContact(job.job_id, contact.contact_id, attempts, str(outcome), due_at))
        if due_at is None:
            job.done += 1
            job.note(job)
            return
        self.expect(job, due_at)

    def expect(self, job: Job, due_at: float) -> None:
        """Look for contacts in the store at `due_at`; a fetch on its way may not have seen them."""
        self.note_due(job, due_at)
        if job.fetching and (job.returned_due_at is None or due_at < job.returned_due_at):
            job.returned_due_at = due_at

    @staticmethod
    def note_due(job: Job, due_at: float | None) -> None:
        """Look for contacts in the store at `due_at` at the latest; None changes nothing."""
        if due_at is not None and (job.next_due_at is None or due_at < job.next_due_at):
            job.next_due_at = due_at
