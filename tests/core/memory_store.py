"""An in-memory store: the simplest thing that keeps what the ZoneStore port promises."""

from collections.abc import Iterable, Sequence

from agentmgr.core.effects import (
    AddToDnc,
    EndAttempt,
    FinishJob,
    Record,
    ReturnContact,
    SaveDisposition,
    StartAttempt,
)
from agentmgr.core.events import ContactsFetched
from agentmgr.core.model import AgentRecord, ContactRecord
from agentmgr.ports import AgentLogin, OpenedZone, Token


class MemoryStore:
    """Keeps all records in lists, and contacts in the state that the records put them in."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.pending: dict[int, dict[int, tuple[float, ContactRecord]]] = {}
        self.claimed: dict[int, dict[int, ContactRecord]] = {}
        self.done: dict[int, dict[int, str]] = {}
        self.dispositions: dict[str, SaveDisposition] = {}
        self.open_attempts: dict[str, StartAttempt] = {}
        self.finished_jobs: dict[int, str] = {}
        self.dnc: set[str] = set()
        self.agents: dict[str, AgentLogin] = {}

    def add_job(self, job_id: int, contacts: Iterable[ContactRecord], due_at: float = 0.0) -> None:
        self.pending[job_id] = {contact.contact_id: (due_at, contact) for contact in contacts}
        self.claimed[job_id] = {}
        self.done[job_id] = {}

    def add_agent(self, record: AgentRecord, zone: str, password: str = "secret") -> None:
        self.agents[record.agent_id] = AgentLogin(record, password, zone, True)

    def open_zone(self, zone: str, now: float) -> OpenedZone:
        return OpenedZone(Token(zone, 0, 1), ())

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        for record in records:
            self.records.append(record)
            self._apply(record)

    def _apply(self, record: Record) -> None:
        match record:
            case StartAttempt():
                assert record.attempt_id not in self.open_attempts
                open_contacts = {a.contact_id for a in self.open_attempts.values() if a.job_id == record.job_id}
                assert record.contact_id not in open_contacts, "two attempts at one contact"
                assert record.contact_id in self.claimed[record.job_id]
                self.open_attempts[record.attempt_id] = record
            case EndAttempt():
                del self.open_attempts[record.attempt_id]
            case SaveDisposition():
                assert record.attempt_id not in self.dispositions, "two dispositions of one attempt"
                self.dispositions[record.attempt_id] = record
            case ReturnContact():
                contact = self.claimed[record.job_id].pop(record.contact_id)
                if record.due_at is None:
                    self.done[record.job_id][record.contact_id] = record.outcome
                else:
                    again = ContactRecord(
                        contact.contact_id,
                        contact.user_contact_id,
                        contact.list_id,
                        contact.list_name,
                        contact.numbers,
                        contact.attributes,
                        contact.notes,
                        record.attempts,
                    )
                    self.pending[record.job_id][contact.contact_id] = (record.due_at, again)
            case AddToDnc():
                self.dnc.add(record.address)
            case FinishJob():
                assert not self.claimed[record.job_id]
                self.finished_jobs[record.job_id] = record.state

    def claim_contacts(self, token: Token, job_id: int, limit: int, now: float) -> ContactsFetched:
        pending = self.pending.get(job_id, {})
        due = sorted((due_at, key) for key, (due_at, _) in pending.items() if due_at <= now)[:limit]
        contacts = tuple(pending.pop(key)[1] for _, key in due)
        self.claimed[job_id].update({contact.contact_id: contact for contact in contacts})
        return ContactsFetched(job_id, contacts, min((at for at, _ in pending.values()), default=None))

    def on_dnc(self, addresses: Iterable[str]) -> frozenset[str]:
        return frozenset(self.dnc.intersection(addresses))

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        return self.agents.get(agent_id)
