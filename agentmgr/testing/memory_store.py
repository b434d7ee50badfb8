"""An in-memory store: the simplest thing that keeps what ZoneStore promises, and checks its caller."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import assert_never

from attrs import evolve

from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import (
    REFUSALS,
    AddToDnc,
    CheckDial,
    DropAnswers,
    DropResumeToken,
    EndAttempt,
    EndCallback,
    FinishJob,
    ForgetAgent,
    HoldCalls,
    HoldContact,
    MarkAnswered,
    MarkDialed,
    Record,
    ReturnContact,
    SaveAgent,
    SaveAnswer,
    SaveCallback,
    SaveDisposition,
    SaveNote,
    SaveResumeToken,
    SetAttribute,
    SetNumber,
    StartAttempt,
)
from agentmgr.core.events import ContactsFetched, DialChecked
from agentmgr.core.model import (
    AgentSpec,
    CallbackSpec,
    CallingHours,
    CampaignSpec,
    ContactSpec,
    JobSpec,
    LatestCalls,
    LiveCalls,
    Number,
    PhoneNumber,
    SavedAgent,
    SavedAnswer,
    SavedSession,
    WantedJob,
)
from agentmgr.core.sent import MAX_ANSWERS
from agentmgr.core.tasks import Course
from agentmgr.core.tokens import TokenHashes
from agentmgr.ports import (
    AccountLogin,
    AgentLogin,
    Claim,
    Fenced,
    JobTally,
    OpenedZone,
    PendingContacts,
    Role,
    Token,
)
from protocol.enums import ContactType


def _at_job(contact: ContactSpec, record: ReturnContact | HoldContact) -> ContactSpec:
    """Return a contact as its job has it after a record."""
    return evolve(
        contact,
        attempts=record.attempts,
        phone=record.phone,
        left_out=frozenset(record.left_out.split(",")) if record.left_out else frozenset(),
        course=Course.read(record.course),
    )


class MemoryStore:
    """Keeps all records in a list, and contacts in the state that the records put them in.

    An AssertionError says that a record cannot be true: two attempts at one contact, a second
    disposition, an end without a start, a job that is over with contacts still claimed, a callback that
    ends twice or is shown after it ended.
    """

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.jobs: dict[int, JobSpec] = {}
        self.contacts: dict[int, ContactSpec] = {}
        self.pending: dict[int, dict[int, tuple[float, ContactSpec]]] = {}
        self.claimed: dict[int, dict[int, ContactSpec]] = {}
        self.done: dict[int, dict[int, str]] = {}
        self.dispositions: dict[str, SaveDisposition] = {}
        self.attempts: dict[str, StartAttempt] = {}
        self.open_attempts: dict[str, StartAttempt] = {}
        self.answered_at: dict[str, float] = {}
        self.ended_attempts: dict[str, EndAttempt] = {}
        self.callbacks: dict[str, SaveCallback] = {}
        self.ended_callbacks: dict[str, EndCallback] = {}
        self.saved_agents: dict[str, SaveAgent] = {}
        self.answers: dict[str, dict[int, SaveAnswer]] = {}
        self.tokens: dict[str, SaveResumeToken] = {}
        self.finished_jobs: dict[int, str] = {}
        self.holders: dict[str, str] = {}
        self.dnc: set[str] = set()
        self.dnc_of: defaultdict[str, set[str]] = defaultdict(set)
        self.agents: dict[str, AgentLogin] = {}
        self.job_numbers: tuple[Number, ...] = ()
        self.accounts: dict[str, AccountLogin] = {}
        self._due_at: dict[tuple[int, int], float] = {}
        self._at_work: dict[tuple[int, int], StartAttempt] = {}
        self._delivered_by: dict[str, str] = {}
        self._epochs: dict[str, int] = {}
        self._grown: set[int] = set()

    def add_job(
        self,
        job_id: int,
        contacts: Iterable[ContactSpec],
        due_at: float = 0.0,
        *,
        campaign: CampaignSpec | None = None,
    ) -> None:
        """Give a job its contacts, due at epoch seconds; one with its campaign outlives `open_zone`."""
        self.pending[job_id] = {contact.contact_id: (due_at, contact) for contact in contacts}
        self.claimed[job_id] = {}
        self.done[job_id] = {}
        for contact_id, (_, contact) in self.pending[job_id].items():
            self.contacts[contact_id] = contact
        if campaign is not None:
            self.jobs[job_id] = JobSpec(job_id, campaign, len(self.pending[job_id]))

    def take_in(self, job_id: int, contacts: Iterable[ContactSpec]) -> None:
        """Give a job that is not over more contacts, as an import does."""
        new = {contact.contact_id: (0.0, contact) for contact in contacts}
        self.pending[job_id] |= new
        self.contacts |= {contact_id: contact for contact_id, (_, contact) in new.items()}
        self.jobs[job_id] = evolve(self.jobs[job_id], total=self.jobs[job_id].total + len(new))
        self._grown.add(job_id)

    def add_agent(self, record: AgentSpec, zone: str, password: str = "secret") -> None:
        """Make an agent known; the password is kept as it is."""
        self.agents[record.agent_id] = AgentLogin(record, password, zone, True)

    def add_account(self, name: str, password: str = "secret") -> None:
        """Make a service account known; the password is kept as it is."""
        self.accounts[name] = AccountLogin(name, password, Role.SERVICE, True)

    # -- jobs ------------------------------------------------------------------------------

    def jobs_wanted(self, zone: str) -> tuple[WantedJob, ...]:
        """Return the jobs whose campaign is known and that are not over; there is one zone here."""
        live = sorted(self.jobs.keys() - self.finished_jobs.keys())
        jobs = (self.jobs[job_id] for job_id in live)
        return tuple(
            WantedJob(
                job.job_id,
                job.wanted,
                job.campaign.version,
                job.total,
                len(self.done[job.job_id]),
                len(self.pending[job.job_id]),
                has_numbers=bool(self.job_numbers),
            )
            for job in jobs
        )

    def load_job(self, token: Token, job_id: int) -> JobSpec | None:
        """Return a job whose campaign is known, unless it is over."""
        self._check(token)
        job = self.jobs.get(job_id)
        if job is None or job_id in self.finished_jobs:
            return None
        return self._as_it_is(job)

    def _as_it_is(self, job: JobSpec) -> JobSpec:
        done = len(self.done[job.job_id])
        return evolve(job, done=done, done_here=done, callbacks=self._waiting(job.campaign))

    # -- a new owner -----------------------------------------------------------------------

    def open_zone(self, zone: str, now: float, claim: Claim | None = None) -> OpenedZone:
        """Take the zone over with all jobs whose campaign is known; there is one zone here."""
        self._epochs[zone] = self._epochs.get(zone, 0) + 1
        live = {job_id: job for job_id, job in self.jobs.items() if job_id not in self.finished_jobs}
        saved = {
            agent_id: evolve(agent, attempt_id=agent.attempt_id if self._goes_on(agent, live) else "")
            for agent_id, agent in sorted(self.saved_agents.items())
            if agent.zone == zone
        }
        self.saved_agents.update(saved)
        kept = {agent.attempt_id for agent in saved.values()}
        for attempt in [a for a in self.open_attempts.values() if a.attempt_id not in kept]:
            self._interrupt(attempt, now)
        for job_id in live:
            kept_contacts = {a.contact_id for a in self._attempts_at_own_contacts(job_id)}
            for contact_id in self.claimed[job_id].keys() - kept_contacts:
                self._give_back(job_id, self.claimed[job_id][contact_id], self._due_at[job_id, contact_id])
        self._expire({job.campaign.campaign_id: job.job_id for job in live.values()}, now)
        return OpenedZone(
            Token(zone, 0, self._epochs[zone]),
            tuple(self._as_it_is(job) for job in live.values()),
            tuple(self._saved(agent) for agent in saved.values()),
            run=sum(self._epochs.values()),
        )

    def _goes_on(self, agent: SaveAgent, live: dict[int, JobSpec]) -> bool:
        attempt = self.open_attempts.get(agent.attempt_id)
        return attempt is not None and self._reached_at(attempt) is not None and attempt.job_id in live

    def _reached_at(self, attempt: StartAttempt) -> float | None:
        before = attempt.reached_at
        return before if before is not None else self.answered_at.get(attempt.attempt_id)

    def _interrupt(self, attempt: StartAttempt, now: float) -> None:
        was_answered = self._reached_at(attempt) is not None
        is_abandoned = attempt.attempt_id in self.answered_at and self._agent_of(attempt) is None
        outcome = "Nuisance" if is_abandoned else "Interrupted"
        self._close(attempt.attempt_id)
        self.ended_attempts[attempt.attempt_id] = EndAttempt(attempt.attempt_id, outcome, now)
        if attempt.contact_type is ContactType.Callback:
            if was_answered and attempt.callback_id is not None:
                del self.callbacks[attempt.callback_id]
                self.ended_callbacks[attempt.callback_id] = EndCallback(
                    attempt.callback_id, "Interrupted", now, attempt.job_id
                )
            return
        job_id, contact_id = attempt.job_id, attempt.contact_id
        contact = self.claimed[job_id][contact_id]
        contact = evolve(contact, attempts=contact.attempts + 1)
        campaign = self.jobs[job_id].campaign
        if (was_answered and not is_abandoned) or contact.attempts >= campaign.max_attempts:
            del self.claimed[job_id][contact_id]
            self.done[job_id][contact_id] = outcome
        elif is_abandoned:
            self._due_at[job_id, contact_id] = now + campaign.nuisance_retry_s
            self._give_back(job_id, contact, now + campaign.nuisance_retry_s)
        else:
            self._give_back(job_id, contact, self._due_at[job_id, contact_id])

    def _agent_of(self, attempt: StartAttempt) -> str | None:
        answers = (each for each in self.records if isinstance(each, MarkAnswered | MarkDialed))
        talked = [
            each.agent_id for each in answers if each.attempt_id == attempt.attempt_id and each.agent_id
        ]
        return talked[-1] if talked else attempt.agent_id

    def _give_back(self, job_id: int, contact: ContactSpec, due_at: float) -> None:
        del self.claimed[job_id][contact.contact_id]
        self.pending[job_id][contact.contact_id] = (due_at, contact)

    def _expire(self, jobs: dict[int, int], now: float) -> None:
        worked_on = {attempt.callback_id for attempt in self.open_attempts.values()}
        for callback_id, callback in list(self.callbacks.items()):
            is_over = callback.campaign_id in jobs and callback.expires_at <= now
            if is_over and callback_id not in worked_on:
                del self.callbacks[callback_id]
                self.ended_callbacks[callback_id] = EndCallback(
                    callback_id, "Expired", now, jobs[callback.campaign_id]
                )

    def _waiting(self, campaign: CampaignSpec) -> tuple[CallbackSpec, ...]:
        return tuple(
            CallbackSpec(
                callback_id=c.callback_id,
                callback_type=c.callback_type,
                campaign_id=c.campaign_id,
                agent_id=c.agent_id,
                contact=evolve(self.contacts[c.contact_id], attempts=c.attempts),
                number=PhoneNumber(c.number_name, c.number, c.timezone),
                due_at=c.due_at,
                expires_at=c.expires_at,
                notes=c.notes,
            )
            for c in sorted(self.callbacks.values(), key=lambda c: (c.due_at, c.callback_id))
            if c.campaign_id == campaign.campaign_id
        )

    def _saved(self, agent: SaveAgent) -> SavedAgent:
        return SavedAgent(
            agent.agent_id,
            agent.agent_state,
            agent.call_state,
            agent.reason_code,
            agent.leg_id,
            self._session(self.open_attempts[agent.attempt_id]) if agent.attempt_id else None,
            agent.extension,
            agent.skills,
            agent.place,
            tuple(
                SavedAnswer(each.number, each.request_id, each.command, each.response)
                for each in sorted(
                    self.answers.get(agent.agent_id, {}).values(), key=lambda each: each.number
                )
            ),
        )

    def _session(self, attempt: StartAttempt) -> SavedSession:
        contact = self.contacts[attempt.contact_id]
        if attempt.contact_type is not ContactType.Callback:
            at_job = self.claimed[attempt.job_id][attempt.contact_id]
            contact = evolve(
                contact,
                attempts=at_job.attempts,
                phone=at_job.phone,
                left_out=at_job.left_out,
                course=at_job.course,
            )
        elif attempt.callback_id in self.callbacks:
            contact = evolve(contact, attempts=self.callbacks[attempt.callback_id].attempts)
        made = [
            each
            for each in self.records
            if isinstance(each, SaveCallback)
            and (each.job_id, each.contact_id) == (attempt.job_id, attempt.contact_id)
        ]
        return SavedSession(
            sid=attempt.session_id or attempt.attempt_id,
            attempt_id=attempt.attempt_id,
            job_id=attempt.job_id,
            contact=contact,
            contact_type=attempt.contact_type,
            number=next(
                (n for n in contact.numbers if n.number == attempt.number), PhoneNumber("", attempt.number)
            ),
            answered_at=self._reached_at(attempt),
            reached=attempt.attempt_id in self.answered_at,
            callback_id=attempt.callback_id or "",
            callback_count=len({callback.callback_id for callback in made}),
        )

    # -- records ---------------------------------------------------------------------------

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        """Take all records in."""
        self._check(token)
        for record in records:
            self.records.append(record)
            self._apply(record)

    def _check(self, token: Token) -> None:
        if token.epoch != self._epochs.get(token.zone, token.epoch):
            raise Fenced(f"zone {token.zone}: has epoch {self._epochs[token.zone]}, not {token.epoch}")

    def _apply(self, record: Record) -> None:
        match record:
            case StartAttempt():
                self._start(record)
            case MarkDialed():
                attempt = self.open_attempts[record.attempt_id]
                dialled = evolve(
                    attempt, number=record.number, number_name=record.number_name, dialed_at=record.at
                )
                self.attempts[record.attempt_id] = dialled
                self._keep_open(dialled)
                if attempt.number != dialled.number:
                    self._let_go(attempt)
                self.holders.setdefault(dialled.number, dialled.attempt_id)
            case MarkAnswered():
                assert record.attempt_id in self.open_attempts, f"{record.attempt_id} is not open"
                self.answered_at.setdefault(record.attempt_id, record.at)
            case EndAttempt():
                self._close(record.attempt_id)
                self.ended_attempts[record.attempt_id] = record
            case SaveDisposition():
                assert record.attempt_id in self.open_attempts, f"{record.attempt_id} is not open"
                assert record.attempt_id not in self.dispositions, "two dispositions of one attempt"
                self.dispositions[record.attempt_id] = record
            case HoldContact():
                held = self.claimed[record.job_id][record.contact_id]
                self.claimed[record.job_id][record.contact_id] = _at_job(held, record)
                self._due_at[record.job_id, record.contact_id] = record.at
            case ReturnContact():
                self._return(record)
            case AddToDnc():
                (self.dnc_of[record.organisation] if record.organisation else self.dnc).add(record.address)
            case SaveNote():
                contact = self.contacts[record.contact_id]
                self.contacts[record.contact_id] = evolve(contact, notes=(*contact.notes, record.text))
            case SetAttribute():
                contact = self.contacts[record.contact_id]
                changed = {**contact.attributes, record.name: record.value}
                self.contacts[record.contact_id] = evolve(contact, attributes=changed)
            case SetNumber():
                contact = self.contacts[record.contact_id]
                number = PhoneNumber(record.name, record.number, record.timezone, record.wireless)
                self.contacts[record.contact_id] = contact.with_number(number, record.calling_code)
            case SaveCallback():
                self._save_callback(record)
            case EndCallback():
                assert record.callback_id in self.callbacks, f"{record.callback_id} is not waited for"
                del self.callbacks[record.callback_id]
                self.ended_callbacks[record.callback_id] = record
            case SaveAgent():
                self.saved_agents[record.agent_id] = record
            case ForgetAgent():
                self.saved_agents.pop(record.agent_id, None)
                self.answers.pop(record.agent_id, None)
            case SaveAnswer():
                ring = self.answers.setdefault(record.agent_id, {})
                ring[record.number % MAX_ANSWERS] = record
            case DropAnswers():
                self.answers.pop(record.agent_id, None)
            case SaveResumeToken():
                self.tokens[record.agent_id] = record
            case DropResumeToken():
                self.tokens.pop(record.agent_id, None)
            case HoldCalls():
                pass
            case FinishJob():
                assert not self.claimed[record.job_id], "a job is over that has contacts claimed"
                assert not self._attempts(record.job_id), "a job is over that has attempts open"
                assert record.job_id not in self.finished_jobs, "a job is over twice"
                all_done = record.state == "stopped" or not self.pending[record.job_id]
                assert all_done or record.job_id in self._grown, "a job is finished that has contacts to call"
                if not all_done:  # they came meanwhile: it goes on
                    return
                self.finished_jobs[record.job_id] = record.state
            case _:
                assert_never(record)

    def _attempts(self, job_id: int) -> list[StartAttempt]:
        return [attempt for attempt in self.open_attempts.values() if attempt.job_id == job_id]

    def _attempts_at_own_contacts(self, job_id: int) -> list[StartAttempt]:
        return [a for a in self._attempts(job_id) if a.contact_type is not ContactType.Callback]

    def _start(self, attempt: StartAttempt) -> None:
        assert attempt.attempt_id not in self.open_attempts, f"{attempt.attempt_id} starts twice"
        assert attempt.attempt_id not in self.ended_attempts, f"{attempt.attempt_id} starts again"
        contact = attempt.job_id, attempt.contact_id
        assert contact not in self._at_work, f"two attempts at contact {attempt.contact_id}"
        if attempt.contact_type is ContactType.Callback:
            is_put_off = attempt.session_id is not None and attempt.callback_id is None
            assert is_put_off or attempt.callback_id in self.callbacks, (
                f"{attempt.callback_id} is not waited for"
            )
        else:
            assert attempt.contact_id in self.claimed[attempt.job_id], "an attempt at a contact not claimed"
        self.attempts[attempt.attempt_id] = attempt
        self._keep_open(attempt)
        self.holders.setdefault(attempt.number, attempt.attempt_id)

    def _keep_open(self, attempt: StartAttempt) -> None:
        self.open_attempts[attempt.attempt_id] = attempt
        self._at_work[attempt.job_id, attempt.contact_id] = attempt
        if attempt.callback_id is not None:
            self._delivered_by[attempt.callback_id] = attempt.attempt_id

    def _close(self, attempt_id: str) -> None:
        attempt = self.open_attempts.pop(attempt_id)
        del self._at_work[attempt.job_id, attempt.contact_id]
        if attempt.callback_id is not None:
            self._delivered_by.pop(attempt.callback_id, None)
        self._let_go(attempt)

    def _let_go(self, attempt: StartAttempt) -> None:
        if self.holders.get(attempt.number) == attempt.attempt_id:
            del self.holders[attempt.number]

    def _return(self, record: ReturnContact) -> None:
        attempt = self._at_work.get((record.job_id, record.contact_id))
        is_free = attempt is None or attempt.contact_type is ContactType.Callback
        assert is_free, "a contact is given back during an attempt"
        contact = self.claimed[record.job_id].pop(record.contact_id)
        if record.due_at is None:
            self.done[record.job_id][record.contact_id] = record.outcome
        else:
            self.pending[record.job_id][contact.contact_id] = (record.due_at, _at_job(contact, record))

    def _save_callback(self, record: SaveCallback) -> None:
        # one that expired in the course of a long contact can be promised anew from that contact
        self.ended_callbacks.pop(record.callback_id, None)
        self.callbacks[record.callback_id] = record
        attempt_id = self._delivered_by.pop(record.callback_id, None)
        if attempt_id is not None:
            self._keep_open(evolve(self.open_attempts[attempt_id], callback_id=None))

    # -- questions -------------------------------------------------------------------------

    def claim_contacts(
        self, token: Token, job_id: int, limit: int, now: float, only_retries: bool = False
    ) -> ContactsFetched:
        """Claim the contacts that are due where it is open, as far as the job's campaign is known.

        Retries come first, the earliest due before the others; what is to be called back is left alone.
        """
        self._check(token)
        job = self.jobs.get(job_id)
        hours = job.campaign.calling_hours if job is not None else CallingHours()
        called_back = {
            callback.contact_id
            for callback in self.callbacks.values()
            if job is not None and callback.campaign_id == job.campaign.campaign_id
        }
        pending = self.pending.get(job_id, {})
        free = {key: due_at for key, (due_at, _) in pending.items() if key not in called_back}
        is_always_open, openings = hours == CallingHours(), dict[str, float | None]()

        def opening(key: int) -> float | None:
            if is_always_open:
                return now
            zone = self._timezone(pending[key][1])
            if zone not in openings:
                openings[zone] = next_opening(hours, zone, now)
            return openings[zone]

        due = sorted(
            (opens_at is None, not due_at, due_at, key)
            for key, due_at in free.items()
            if due_at <= now and (due_at or not only_retries) and (opens_at := opening(key)) in (now, None)
        )[:limit]
        contacts = []
        for _, _, due_at, key in due:
            _, at_job = pending.pop(key)
            del free[key]
            contacts.append(
                evolve(
                    self.contacts[key],
                    attempts=at_job.attempts,
                    phone=at_job.phone,
                    left_out=at_job.left_out,
                    course=at_job.course,
                    due_at=due_at,
                )
            )
            self._due_at[job_id, key] = due_at
        self.claimed[job_id].update({contact.contact_id: contact for contact in contacts})
        if is_always_open:
            possible = free
        else:
            zones = {key: self._timezone(pending[key][1]) for key in free}
            possible = {key: _possible_at(hours, zones[key], due_at, now) for key, due_at in free.items()}
        retries = (at for key, at in possible.items() if free[key])
        return ContactsFetched(
            job_id, tuple(contacts), min(possible.values(), default=None), min(retries, default=None)
        )

    def _timezone(self, at_job: ContactSpec) -> str:
        """Return the time zone of the number that a contact is dialled at next, as the contact is now."""
        numbers = self.contacts[at_job.contact_id].numbers
        named = (number for number in numbers if number.name == at_job.phone)
        number = next(named, numbers[0] if numbers else None)
        return number.timezone if number is not None else ""

    def check_dials(self, dials: Sequence[CheckDial]) -> tuple[DialChecked, ...]:
        """Say for each dial what stands against it."""
        return tuple(map(self._check_dial, dials))

    def _check_dial(self, dial: CheckDial) -> DialChecked:
        own = {number.name: number for number in self.contacts[dial.contact_id].numbers}
        number = own.get(dial.number.name) if dial.own else dial.number
        if number is None:
            return DialChecked(dial.key, None)
        if number.number == dial.number.number:
            number = dial.number
        attempt, holder = self.open_attempts.get(dial.attempt_id), self.holders.get(number.number)
        is_free = holder is None and (attempt is None or attempt.number != number.number)
        in_work = holder != dial.attempt_id and not is_free
        return DialChecked(dial.key, number, bool(self.on_dnc([number.number], dial.organisation)), in_work)

    def on_dnc(self, addresses: Iterable[str], organisation: str = "") -> frozenset[str]:
        """Return those of the addresses that an organisation may not contact."""
        return frozenset((self.dnc | self.dnc_of[organisation]).intersection(addresses))

    def tally(self, job_id: int) -> JobTally:
        """Count what a job has done, which the job's campaign must be known for."""
        of_job = {key for key, attempt in self.attempts.items() if attempt.job_id == job_id}
        names = {code.code_id: code.name for code in self.jobs[job_id].campaign.completion_codes}
        ends = [end for key, end in self.ended_attempts.items() if key in of_job]
        refused = Counter(end.outcome for end in ends if self._was_refused(end))
        outcomes = Counter(end.outcome for end in ends) - refused
        callbacks = Counter(end.outcome for end in self.ended_callbacks.values() if end.job_id == job_id)
        codes = Counter(names[each.code_id] for each in self.dispositions.values() if each.job_id == job_id)
        return JobTally(
            attempts=len(of_job) - refused.total(),
            dials=sum(map(self._is_dial, of_job)),
            live_answers=len(of_job & self.answered_at.keys()),
            abandoned=outcomes["Nuisance"],
            outcomes=_most_first(outcomes),
            dispositions=_most_first(codes),
            stored=codes.total(),
            callbacks=_most_first(callbacks),
            refused=_most_first(refused),
            done=_most_first(Counter(self.done[job_id].values())),
        )

    def contacts_left(self, job_id: int) -> tuple[PendingContacts, ...]:
        """Return how many contacts of a job wait in each time zone, by its name."""
        found: dict[str, list[int]] = {}
        for due_at, contact in self.pending[job_id].values():
            number = contact.next_number
            counts = found.setdefault(number.timezone if number is not None else "", [0, 0])
            counts[due_at > 0] += 1
        return tuple(PendingContacts(timezone, *counts) for timezone, counts in sorted(found.items()))

    def _was_refused(self, end: EndAttempt) -> bool:
        return end.outcome in REFUSALS and not self._is_dial(end.attempt_id)

    def _is_dial(self, attempt_id: str) -> bool:
        end = self.ended_attempts.get(attempt_id)
        return end is None or (end.dialed and self.attempts[attempt_id].dialed_at is not None)

    def live_calls(self, job_id: int, since: float, until: float) -> LiveCalls:
        """Count the live answers of a job's campaign in a time, epoch seconds, and those of the job."""
        counts = Counter[tuple[bool, bool]]()
        for attempt in self._calls_for_anybody(job_id, since, until):
            if attempt.attempt_id in self.answered_at:
                end = self.ended_attempts.get(attempt.attempt_id)
                counts[attempt.job_id == job_id, end is not None and end.outcome == "Nuisance"] += 1
        own = counts[True, True], counts[True, False]
        others = counts[False, True], counts[False, False]
        return LiveCalls(sum(own) + sum(others), own[0] + others[0], sum(own), own[0])

    def latest_calls(self, job_id: int, since: float, until: float) -> LatestCalls:
        """Return how the latest calls went that a job's campaign began in a time, epoch seconds."""
        rang, handled_s = [], []
        for attempt in self._calls_for_anybody(job_id, since, until):
            end, answered_at = (
                self.ended_attempts.get(attempt.attempt_id),
                self.answered_at.get(attempt.attempt_id),
            )
            if end is None or not end.dialed or end.outcome in ("Cancelled", "Interrupted"):
                continue
            rang.append(((answered_at or end.at) - (attempt.dialed_at or 0.0), answered_at is not None))
            if answered_at is not None and end.outcome == "Handled":
                handled_s.append(end.at - answered_at)
        return LatestCalls(tuple(rang), tuple(handled_s))

    def _calls_for_anybody(self, job_id: int, since: float, until: float) -> list[StartAttempt]:
        own = [job.campaign.campaign_id for each, job in self.jobs.items() if each == job_id]
        of_campaign = {each for each, job in self.jobs.items() if job.campaign.campaign_id in own}
        return [
            attempt
            for attempt in self.attempts.values()
            if attempt.job_id in of_campaign
            if attempt.contact_type in (ContactType.Predictive, ContactType.Progressive)
            if since <= attempt.at < until
        ]

    def numbers(self, job_id: int, agent_id: str, organisation: str) -> tuple[Number, ...]:
        """Return what a campaign and an agent have in a job, changed or not, that an organisation may see."""
        return self.job_numbers

    def agents_with(
        self, zone: str, skill: str, level: int, limit: int, organisation: str = ""
    ) -> tuple[AgentSpec, ...]:
        """Return the agents of a zone who may log on and have a skill of a level or more, by id."""
        found = [
            evolve(login.agent, skills=(own,))
            for _, login in sorted(self.agents.items())
            if login.zone == zone and login.enabled
            if login.agent.works_for(organisation)
            for own in login.agent.skills
            if own.name == skill and own.level >= level
        ]
        return tuple(found[:limit])

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        """Look an agent up."""
        login, token = self.agents.get(agent_id), self.tokens.get(agent_id)
        if login is None or token is None:
            return login
        return evolve(login, tokens=TokenHashes(token.newest, token.before), tokens_at=token.at)

    def find_account(self, name: str) -> AccountLogin | None:
        """Look an account up."""
        return self.accounts.get(name)


def _possible_at(hours: CallingHours, timezone: str, due_at: float, now: float) -> float:
    at = max(now, due_at)
    opening = next_opening(hours, timezone, at)
    return due_at if opening is None or opening == at else opening


def _most_first(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((+counts).items(), key=lambda item: (-item[1], item[0])))
