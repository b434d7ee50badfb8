"""All that is known of one contact, read at once; times are epoch seconds."""

from typing import Protocol

from attrs import frozen

from agentmgr.core.model import ContactSpec


@frozen
class NoteRow:
    """What an agent wrote about a contact."""

    campaign: str
    agent_id: str
    text: str
    written_at: float


@frozen
class CallbackRow:
    """A callback that was promised to a contact; it waits until `ended_at`, `outcome` is empty until then."""

    callback_id: str
    campaign: str
    callback_type: str
    agent_id: str
    number_name: str
    number: str
    timezone: str
    due_at: float
    expires_at: float
    notes: str
    created_by: str
    created_at: float
    ended_at: float | None
    outcome: str


@frozen
class ContactInJob:
    """How far a contact is in a job: `state` is pending, claimed or done."""

    campaign: str
    job_id: int
    job_state: str
    state: str
    attempts: int
    due_at: float
    last_outcome: str


@frozen
class ContactAttempt:
    """A dial, or what was only shown to an agent (`dialed_at` is None); `code` is that of its disposition."""

    attempt_id: str
    session_id: str
    campaign: str
    job_id: int
    contact_type: str
    number_name: str
    number: str
    started_at: float
    dialed_at: float | None
    answered_at: float | None
    ended_at: float | None
    outcome: str
    agent_id: str
    code: str
    source: str


@frozen
class ContactHistory:
    """A contact with all that was said, promised and done in all campaigns, each in the order of time."""

    contact: ContactSpec
    notes: tuple[NoteRow, ...]
    callbacks: tuple[CallbackRow, ...]
    jobs: tuple[ContactInJob, ...]
    attempts: tuple[ContactAttempt, ...]


class HistoryStore(Protocol):
    """Contacts, each with its history."""

    def find_contacts(self, user_contact_id: str) -> tuple[tuple[int, str], ...]:
        """Return the contacts that have an id in their list, each with the list's name, by that."""
        ...

    def contact_history(self, contact_id: int) -> ContactHistory:
        """Return all that is known of a contact that exists."""
        ...
