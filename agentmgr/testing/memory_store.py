"""An in-memory store: the simplest thing that keeps what ZoneStore promises, and checks its caller."""

from collections.abc import Iterable, Sequence

from attrs import evolve

from agentmgr.core.effects import (
    AddToDnc,
    EndAttempt,
    EndCallback,
    FinishJob,
    ForgetAgent,
    MarkAnswered,
    Record,
    ReturnContact,
    SaveAgent,
    SaveCallback,
    SaveDisposition,
    SaveNote,
    SetAttribute,
    StartAttempt,
)
from agentmgr.core.events import ContactsFetched
from agentmgr.core.model import AgentRecord, ContactRecord
from agentmgr.ports import AgentLogin, OpenedZone, Token
from protocol.enums import ContactType


class MemoryStore:
    """Keeps all records in a list, and contacts in the state that the records put them in.

    An AssertionError says that a record cannot be true: two attempts at one contact, a second
    disposition, an end without a start, a job that is over with contacts still claimed.
    """

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.pending: dict[int, dict[int, tuple[float, ContactRecord]]] = {}
        self.claimed: dict[int, dict[int, ContactRecord]] = {}
        self.done: dict[int, dict[int, str]] = {}
        self.dispositions: dict[str, SaveDisposition] = {}
        self.open_attempts: dict[str, StartAttempt] = {}
        self.ended_attempts: dict[str, EndAttempt] = {}
        self.finished_jobs: dict[int, str] = {}
        self.callbacks: dict[str, SaveCallback] = {}
        self.ended_callbacks: dict[str, EndCallback] = {}
        self.saved_agents: dict[str, SaveAgent] = {}
        self.dnc: set[str] = set()
        self.agents: dict[str, AgentLogin] = {}

    def add_job(self, job_id: int, contacts: Iterable[ContactRecord], due_at: float = 0.0) -> None:
        """Give a job its contacts, due at epoch seconds."""
        self.pending[job_id] = {contact.contact_id: (due_at, contact) for contact in contacts}
        self.claimed[job_id] = {}
        self.done[job_id] = {}

    def add_agent(self, record: AgentRecord, zone: str, password: str = "secret") -> None:
        """Make an agent known; the password is kept as it is."""
        self.agents[record.agent_id] = AgentLogin(record, password, zone, True)

    def open_zone(self, zone: str, now: float) -> OpenedZone:
        """Return the first token; there is nothing to recover."""
        return OpenedZone(Token(zone, 0, 1), ())

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        """Take all records in."""
        for record in records:
            self.records.append(record)
            self._apply(record)

    def _apply(self, record: Record) -> None:
        match record:
            case StartAttempt():
                self._start(record)
            case MarkAnswered():
                assert record.attempt_id in self.open_attempts, f"{record.attempt_id} is not open"
            case EndAttempt():
                del self.open_attempts[record.attempt_id]
                self.ended_attempts[record.attempt_id] = record
            case SaveDisposition():
                assert record.attempt_id in self.open_attempts, f"{record.attempt_id} is not open"
                assert record.attempt_id not in self.dispositions, "two dispositions of one attempt"
                self.dispositions[record.attempt_id] = record
            case ReturnContact():
                self._return(record)
            case AddToDnc():
                self.dnc.add(record.address)
            case SaveCallback():
                self.callbacks[record.callback_id] = record
                self.ended_callbacks.pop(record.callback_id, None)
            case EndCallback():
                assert record.callback_id in self.callbacks, f"there is no callback {record.callback_id}"
                assert record.callback_id not in self.ended_callbacks, "a callback ends twice"
                self.ended_callbacks[record.callback_id] = record
            case SaveAgent():
                self.saved_agents[record.agent_id] = record
            case ForgetAgent():
                self.saved_agents.pop(record.agent_id, None)
            case SaveNote() | SetAttribute():
                pass  # kept in `records`; the zone has its own copy for as long as the contact is claimed
            case FinishJob():
                assert not self.claimed[record.job_id], "a job is over that has contacts claimed"
                assert record.job_id not in self.finished_jobs, "a job is over twice"
                self.finished_jobs[record.job_id] = record.state

    def _start(self, attempt: StartAttempt) -> None:
        assert attempt.attempt_id not in self.open_attempts, f"{attempt.attempt_id} starts twice"
        assert attempt.attempt_id not in self.ended_attempts, f"{attempt.attempt_id} starts again"
        open_contacts = {a.contact_id for a in self.open_attempts.values() if a.job_id == attempt.job_id}
        assert attempt.contact_id not in open_contacts, f"two attempts at contact {attempt.contact_id}"
        if attempt.contact_type is ContactType.Callback:
            assert attempt.callback_id in self.callbacks, "an attempt for a callback that does not exist"
            assert attempt.callback_id not in self.ended_callbacks, "an attempt for a callback that is over"
        else:
            assert attempt.contact_id in self.claimed[attempt.job_id], "an attempt at a contact not claimed"
        self.open_attempts[attempt.attempt_id] = attempt

    def _return(self, record: ReturnContact) -> None:
        open_contacts = {a.contact_id for a in self.open_attempts.values() if a.job_id == record.job_id}
        assert record.contact_id not in open_contacts, "a contact is given back during an attempt"
        contact = self.claimed[record.job_id].pop(record.contact_id)
        if record.due_at is None:
            self.done[record.job_id][record.contact_id] = record.outcome
        else:
            again = evolve(contact, attempts=record.attempts)
            self.pending[record.job_id][contact.contact_id] = (record.due_at, again)

    def claim_contacts(self, token: Token, job_id: int, limit: int, now: float) -> ContactsFetched:
        """Claim the contacts that are due, the earliest first."""
        pending = self.pending.get(job_id, {})
        due = sorted((due_at, key) for key, (due_at, _) in pending.items() if due_at <= now)[:limit]
        contacts = tuple(pending.pop(key)[1] for _, key in due)
        self.claimed[job_id].update({contact.contact_id: contact for contact in contacts})
        return ContactsFetched(job_id, contacts, min((at for at, _ in pending.values()), default=None))

    def on_dnc(self, addresses: Iterable[str]) -> frozenset[str]:
        """Return those of the addresses that are on the do-not-call list."""
        return frozenset(self.dnc.intersection(addresses))

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        """Look an agent up."""
        return self.agents.get(agent_id)
