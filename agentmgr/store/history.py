"""All that is known of one contact: what was said, promised and done, in all campaigns."""

from collections.abc import Sequence
from operator import attrgetter

from agentmgr.ports import CallbackRow, ContactAttempt, ContactHistory, ContactInJob, NoteRow
from agentmgr.store.contacts import read_contacts
from agentmgr.store.sql import Sql, Transaction, batches, marks


def find_contacts(tx: Transaction, user_contact_id: str) -> tuple[tuple[int, str], ...]:
    """Return the contacts that have an id, each with its list, by that."""
    rows = tx.sql.fetch(
        "SELECT contact.contact_id, contact_list.name FROM contact_list JOIN contact"
        " ON contact.list_id = contact_list.list_id AND contact.user_contact_id = ?"
        " ORDER BY contact_list.name",
        (user_contact_id,),
    )
    return tuple((contact_id, name) for contact_id, name in rows)


def read_history(tx: Transaction, contact_id: int) -> ContactHistory:
    """Return all that is known of a contact that exists."""
    sql = tx.sql
    (contact,) = read_contacts(sql, [(contact_id, 0, "", "", 0.0)])
    notes = sql.fetch(
        "SELECT campaign.name, note.agent_id, note.text, note.written_at FROM note"
        " JOIN job ON job.job_id = note.job_id JOIN campaign ON campaign.campaign_id = job.campaign_id"
        " WHERE note.contact_id = ? ORDER BY note.note_id",
        (contact_id,),
    )
    callbacks = sql.fetch(
        "SELECT callback_id, campaign.name, callback_type, agent_id, number_name, number, timezone, due_at,"
        " expires_at, notes, created_by, callback.created_at, ended_at, COALESCE(outcome, '') FROM callback"
        " JOIN campaign ON campaign.campaign_id = callback.campaign_id"
        " WHERE contact_id = ? ORDER BY due_at, callback_id",
        (contact_id,),
    )
    jobs = [row[0] for row in sql.fetch("SELECT job_id FROM job ORDER BY job_id")]
    return ContactHistory(
        contact,
        tuple(NoteRow(*row) for row in notes),
        tuple(CallbackRow(*row) for row in callbacks),
        _standings(sql, contact_id, jobs),
        _attempts(sql, contact_id, jobs),
    )


# Jobs are named one by one in these two: the indices begin with them, and that is how they are used.


def _standings(sql: Sql, contact_id: int, jobs: Sequence[int]) -> tuple[ContactInJob, ...]:
    """Return how far a contact is in the jobs that have it."""
    found: list[ContactInJob] = []
    for batch in batches(jobs):
        rows = sql.fetch(
            "SELECT campaign.name, job.job_id, job.state, job_contact.state, job_contact.attempts,"
            " job_contact.due_at, job_contact.last_outcome FROM job_contact"
            " JOIN job ON job.job_id = job_contact.job_id"
            " JOIN campaign ON campaign.campaign_id = job.campaign_id"
            f" WHERE job_contact.job_id IN ({marks(batch)}) AND job_contact.contact_id = ?"
            " ORDER BY job.job_id",
            (*batch, contact_id),
        )
        found += [ContactInJob(*row) for row in rows]
    return tuple(found)


def _attempts(sql: Sql, contact_id: int, jobs: Sequence[int]) -> tuple[ContactAttempt, ...]:
    """Return the attempts at a contact; one for a callback may be in a job that does not have it."""
    found: list[ContactAttempt] = []
    for batch in batches(jobs):
        rows = sql.fetch(
            "SELECT attempt.attempt_id, attempt.session_id, campaign.name, attempt.job_id,"
            " attempt.contact_type, attempt.number_name, attempt.number, attempt.started_at,"
            " attempt.dialed_at, attempt.answered_at, attempt.ended_at, COALESCE(attempt.outcome, ''),"
            " COALESCE(attempt.agent_id, ''),"
            " COALESCE(completion_code.name, CAST(disposition.code_id AS TEXT), ''),"
            " COALESCE(disposition.source, '') FROM attempt"
            " JOIN job ON job.job_id = attempt.job_id"
            " JOIN campaign ON campaign.campaign_id = job.campaign_id"
            " LEFT JOIN disposition ON disposition.attempt_id = attempt.attempt_id"
            " LEFT JOIN completion_code ON completion_code.campaign_id = job.campaign_id"
            " AND completion_code.code_id = disposition.code_id"
            f" WHERE attempt.job_id IN ({marks(batch)}) AND attempt.contact_id = ?",
            (*batch, contact_id),
        )
        found += [ContactAttempt(*row) for row in rows]
    return tuple(sorted(found, key=attrgetter("started_at", "attempt_id")))
