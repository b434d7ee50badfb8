"""The life of an attempt: its session, its line, its end, and the contact given back to the store."""

from collections.abc import Callable
from functools import partial

from attrs import evolve

from agentmgr.core.agent import Agent
from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import (
    AskConnector,
    Dial,
    EndAttempt,
    HoldContact,
    MarkDialed,
    ReturnContact,
    StartAttempt,
)
from agentmgr.core.events import DialChecked, Timer
from agentmgr.core.floor import Floor
from agentmgr.core.ids import next_attempt
from agentmgr.core.job import Errand, Job
from agentmgr.core.model import CampaignSpec, ContactSpec, DialCheck, PhoneNumber
from agentmgr.core.numbers import calling_code_of, is_premium
from agentmgr.core.session import Session
from agentmgr.core.states import CustomerEvent, Phase
from agentmgr.core.strategy import IN_WORK_RETRY_S, OF_NO_USE, Onward
from agentmgr.core.tasks import OTHER
from protocol.enums import ContactType, DialFailReason

HANDLED = "Handled"
CANCELLED = "Cancelled"
UNTOUCHED = ""
"""The outcome of a contact that is given back as it was: it keeps the one before."""

RING_GRACE_S = 15.0
"""How much longer than the ring time the switch may take to say what became of a call."""


def may_be_paid(campaign: CampaignSpec, number: PhoneNumber) -> bool:
    """Whether a campaign may dial a number for what it costs."""
    return campaign.allow_premium or not is_premium(number.number)


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
        self._floor.numbers_in_work.setdefault(number.number, session)
        self._floor.sessions[session.sid] = session
        return session

    def start_attempt(self, session: Session, *, to_dial: bool = False) -> None:
        """Write down that the contact is being worked on, before anything is done."""
        now, callback, owner = self._out.now, session.callback, session.owner
        self._out.emit(
            StartAttempt(
                session.attempt_id,
                session.job.job_id,
                session.contact.contact_id,
                session.contact_type,
                session.number.number,
                now,
                callback.callback_id if callback is not None and session.ends_callback else None,
                number_name=session.number.name,
                dialed_at=now if to_dial else None,
                session_id=session.sid if session.attempt_id != session.sid else None,
                reached_at=session.answered_at,
                agent_id=owner.agent_id if owner is not None and to_dial else None,
            )
        )
        session.dial_wanted = to_dial
        session.written = True

    def begin_dial(self, session: Session, agent: Agent, number: PhoneNumber) -> None:
        """Write down that an agent dials a number, as an attempt of its own after another dial."""
        self.change_number(session, number)
        if not session.dial_wanted:
            session.dial_wanted = True
            self._mark_dialed(session, agent.agent_id)
            return
        outcome = HANDLED if session.reached else session.fail_reason or CANCELLED
        self._end_record(session, outcome, agent.agent_id)
        session.written = session.dialed = session.reached = False
        session.attempt_id = next_attempt(session.attempt_id)
        self.start_attempt(session, to_dial=True)

    def dial(self, session: Session, on_failed: Callable[[Session, DialFailReason], None]) -> None:
        """Dial the session's number once the store has nothing against it; else call `on_failed`."""
        session.on_customer_event(CustomerEvent.WANTED)
        session.fail_reason = None
        self._end_by_itself(session)  # whatever becomes of the question
        self._ask(session, on_failed)

    def _ask(self, session: Session, on_failed: Callable[[Session, DialFailReason], None]) -> None:
        checked = partial(self._dial_checked, session, session.attempt_id, on_failed)
        self._floor.ask_about_dial(session, checked)

    def _end_by_itself(self, session: Session) -> None:
        self._out.set_timer((Timer.RING, session.sid), session.job.campaign.ring_time_s + RING_GRACE_S)

    def _dial_checked(
        self,
        session: Session,
        attempt_id: str,
        on_failed: Callable[[Session, DialFailReason], None],
        answer: DialChecked,
    ) -> None:
        if session.over or session.phase is not Phase.CHECKING or session.attempt_id != attempt_id:
            return
        if answer.number is not None and answer.number != session.number:
            is_same = answer.number.number == session.number.number
            self._correct_number(session, answer.number)
            if not is_same:  # nobody else may be at work with this one
                self._ask(session, on_failed)
                return
        refusal = self._refusal(session, answer)
        if refusal is not None:
            on_failed(session, refusal)
            return
        campaign = session.job.campaign
        session.on_customer_event(CustomerEvent.DIALED)
        session.dialed = True
        session.dials += 1
        self._floor.stats.attempts += 1
        session.dialed_at = self._out.steady
        session.check = DialCheck(self._out.now, session.number.timezone, str(campaign.calling_hours))
        session.job.counts.saw_dial(self._out.steady)
        if session.owner is None:
            session.job.estimates.saw_dial(self._out.steady)
        self._out.emit(Dial(session.sid, session.number.number, campaign.ring_time_s))
        self._end_by_itself(session)

    def _refusal(self, session: Session, answer: DialChecked) -> DialFailReason | None:
        """Return why a number is not dialled; None if it may be."""
        campaign = session.job.campaign
        if answer.number is None or not may_be_paid(campaign, answer.number):
            return DialFailReason.InvalidNumber
        if answer.on_dnc:
            return DialFailReason.DncBlocked
        if answer.in_work or self._floor.numbers_in_work.get(answer.number.number) is not session:
            return DialFailReason.Busy
        if self._floor.telephony_is_down:
            return DialFailReason.TelephonyDown
        opening = next_opening(campaign.calling_hours, answer.number.timezone, self._out.now)
        return DialFailReason.OutsideCallingHours if opening != self._out.now else None

    def _correct_number(self, session: Session, number: PhoneNumber) -> None:
        """One of the contact's numbers has been corrected since the contact was read."""
        session.contact = session.contact.with_number(number, calling_code_of(number.number))
        self.change_number(session, number)
        self._mark_dialed(session, None)

    def _mark_dialed(self, session: Session, agent_id: str | None) -> None:
        number = session.number
        self._out.emit(MarkDialed(session.attempt_id, number.name, number.number, self._out.now, agent_id))

    def change_number(self, session: Session, number: PhoneNumber) -> None:
        """Let a session be about another number; nobody else is to be busy with it meanwhile."""
        self._let_go(session)
        session.number = number
        self._floor.numbers_in_work.setdefault(number.number, session)

    def _let_go(self, session: Session) -> None:
        in_work = self._floor.numbers_in_work
        if in_work.get(session.number.number) is session:
            del in_work[session.number.number]

    # -- ending ----------------------------------------------------------------------------

    def on_dial_refused(self, session: Session) -> None:
        """The switch did not carry the order to dial out: nothing rang, and it counts as no attempt."""
        if session.phase is Phase.RINGING:
            session.dialed = False
            session.dials -= 1

    def is_lost(self, session: Session, reason: DialFailReason) -> bool:
        """Note that a line did not reach a person; False if it had ended, or was answered, before."""
        if session.phase not in (Phase.CHECKING, Phase.RINGING):
            return False
        self._out.cancel_timer((Timer.RING, session.sid))
        session.on_customer_event(CustomerEvent.GONE)
        session.fail_reason = reason
        return True

    def retry_at(self, session: Session, reason: DialFailReason, code: str = "") -> float | None:
        """Return when a contact is tried again after a failure, None if never; its next number is set.

        A number of no use is left out: only others are tried. Outside the calling hours the number waits for
        its opening.

        Args:
            session: its contact changes.
            reason: why its number was not connected.
            code: the completion code whose step is taken instead, by its id.
        """
        if reason is DialFailReason.OutsideCallingHours:
            delay_s = session.job.strategy.move(session.contact, code).after_s if code else 0
            return self._at_opening(session, delay_s)
        strategy, was_dialed = session.job.strategy, session.dialed
        move = strategy.move(session.contact, reason)
        is_of_use = was_dialed or reason not in OF_NO_USE
        if code:
            if not is_of_use or move.number == OTHER:
                session.contact = session.contact.without(session.number)
            return self.again_at(session, code)
        if is_of_use and not was_dialed:  # it was not tried: no step is taken for that
            wait_s = move.after_s if move.is_retry and move.number != OTHER else IN_WORK_RETRY_S
            return self._due(session, strategy.stay(session.contact, session.attempts, wait_s))
        if not is_of_use:
            session.contact = session.contact.without(session.number)
        return self.again_at(session, reason)

    def _at_opening(self, session: Session, delay_s: float) -> float | None:
        now, number = self._out.now, session.number
        opening = next_opening(session.job.campaign.calling_hours, number.timezone, now)
        # one that was dialled knows other hours than the campaign: not at once
        due_at = max(opening or now, now + (delay_s or (IN_WORK_RETRY_S if session.dialed else 0)))
        own = next((own for own in session.contact.numbers if own.number == number.number), None)
        contact = evolve(session.contact, phone=own.name) if own else session.contact
        if opening is None:
            contact = contact.without(number)
        if session.dialed or opening is None:
            contact = contact.after(number)
        session.contact, after_s = session.job.strategy.find_number(contact)
        often_enough = session.attempts >= session.job.campaign.max_attempts
        return None if often_enough or after_s is None else due_at + after_s

    def again_at(self, session: Session, result: str) -> float | None:
        """Return when a contact is tried again that was worked on, None if never; its next number is set."""
        asks = session.contact_type is not ContactType.Callback  # that has its own life: see `tell`
        onward = session.job.strategy.follow(
            session.contact,
            result,
            session.number,
            session.attempts,
            was_dialled=session.dialed,
            asks=asks,
        )
        return self._due(session, onward)

    def _due(self, session: Session, onward: Onward) -> float | None:
        session.contact, after_s = onward
        return None if after_s is None else self._out.now + after_s

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
        # of several dials each has its own outcome, the contact that of the session
        is_redial, own = session.attempt_id != session.sid, session.fail_reason
        self._end_record(
            session, (HANDLED if session.reached else own or outcome) if is_redial else outcome, agent_id
        )
        if session.contact_type is not ContactType.Callback:
            self.send_on(Errand(0, session.job, session.contact, attempts, str(outcome)), due_at)
        self._floor.sessions.pop(session.sid, None)
        self.forget_work(session)
        session.job.sessions.pop(session.sid, None)
        self._out.serve(session.job)

    def _end_record(self, session: Session, outcome: str, agent_id: str | None) -> None:
        dialed, check = session.dialed, session.check if session.dialed else DialCheck()
        record = EndAttempt(session.attempt_id, str(outcome), self._out.now, agent_id, dialed, check)
        self._out.emit(record)
        if record.was_refused:
            self._floor.stats.refused[record.outcome] += 1

    def forget_work(self, session: Session) -> None:
        """Nobody is busy with the session's contact and number any more."""
        self._floor.contacts_in_work.discard(session.contact.contact_id)
        self._let_go(session)

    def give_back(
        self, job: Job, contact: ContactSpec, attempts: int, outcome: str, due_at: float | None
    ) -> None:
        """Give a claimed contact back to the store, due again at `due_at` or done."""
        left_out = ",".join(sorted(contact.left_out))
        self._out.emit(
            ReturnContact(
                job.job_id,
                contact.contact_id,
                attempts,
                str(outcome),
                due_at,
                contact.phone,
                left_out,
                contact.course.kept(),
            )
        )
        if due_at is None:
            job.done += 1
            job.done_here += 1
            job.note(job)
            return
        self.expect(job, due_at)

    def send_on(self, errand: Errand, due_at: float | None) -> None:
        """Give a contact back, due again at `due_at` or done; first a connector may have something to do."""
        if errand.contact.course.wait is not None:
            self.ask(errand)
        elif errand.is_held:
            self.give_back(errand.job, errand.contact, errand.attempts, errand.outcome, due_at)

    def ask(self, errand: Errand) -> None:
        """Ask a connector for what a contact waits for; the contact stays claimed until it has answered.

        That is written down first, so that whoever takes the zone over asks again.
        """
        job, contact, wait = errand.job, errand.contact, errand.contact.course.wait
        assert wait is not None
        errand = evolve(errand, key=self._floor.new_errand())
        self._floor.errands[errand.key] = job.errands[errand.key] = errand
        if errand.is_held:
            self._out.emit(
                HoldContact(
                    job.job_id,
                    contact.contact_id,
                    errand.attempts,
                    errand.outcome,
                    self._out.now,
                    contact.phone,
                    ",".join(sorted(contact.left_out)),
                    contact.course.kept(),
                )
            )
        name, told = job.strategy.connector_of(contact)
        self._out.emit(
            AskConnector(
                errand.key,
                wait.kind,
                name,
                told,
                job.campaign.name,
                job.job_id,
                contact.user_contact_id,
                contact.list_id,
                contact.list_name,
                wait.address,
            )
        )
        self._out.set_timer((Timer.ERRAND, str(errand.key)), self._floor.config.connector_wait_s)

    def tell(self, session: Session, result: str) -> None:
        """Let connectors do what they have to after the contact of a callback; it waits for none of them."""
        address = session.number.number if session.dialed else ""
        wait = session.job.strategy.first_wait(session.contact, result, address)
        if wait is not None:
            contact = evolve(session.contact, course=evolve(session.contact.course, wait=wait))
            self.ask(Errand(0, session.job, contact, session.attempts, result, is_held=False))

    def expect(self, job: Job, due_at: float) -> None:
        """Look in the store at `due_at` for a contact that was given back; a fetch on its way may miss it."""
        job.next_due_at = _earlier(job.next_due_at, due_at)
        job.next_retry_at = _earlier(job.next_retry_at, due_at)
        if job.fetching:
            job.returned_due_at = _earlier(job.returned_due_at, due_at)


def _earlier(known: float | None, at: float) -> float:
    return at if known is None or at < known else known
