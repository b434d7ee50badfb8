"""What was done: all that is known of a contact, every attempt of a job, how far contacts of a list are."""

from collections.abc import Sequence
from operator import attrgetter

from agentmgr.ports import (
    AttemptFilter,
    AttemptPlace,
    AttemptRow,
    CallbackRow,
    ContactAttempt,
    ContactHistory,
    ContactInJob,
    ContactPage,
    NoteRow,
)
from agentmgr.store.contacts import read_contacts
from agentmgr.store.sql import Sql, Transaction, batches, marks


def find_contacts(tx: Transaction, user_contact_id: str, deleted: bool) -> tuple[tuple[int, str], ...]:
    """Return the contacts that have an id, or had it when they were deleted, each with its list, by that."""
    rows = tx.sql.fetch(
        "SELECT contact.contact_id, contact_list.name FROM contact_list JOIN contact"
        " ON contact.list_id = contact_list.list_id AND contact.user_contact_id = ?"
        " AND (contact.deleted_at IS NULL OR CAST(? AS INTEGER) = 1)"
        " ORDER BY contact_list.name, contact.contact_id",
        (user_contact_id, int(deleted)),
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
        " expires_at, notes, callback.created_by, callback.created_at, ended_at, COALESCE(outcome, '')"
        " FROM callback"
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
            f" WHERE attempt.contact_id = ? AND attempt.job_id IN ({marks(batch)})",
            (contact_id, *batch),
        )
        found += [ContactAttempt(*row) for row in rows]
    return tuple(sorted(found, key=attrgetter("started_at", "attempt_id")))


def read_job_ids(tx: Transaction, campaign_ids: frozenset[int] | None) -> tuple[int, ...]:
    """Return the jobs of some campaigns, or of all, by id."""
    rows = tx.sql.fetch("SELECT job_id, campaign_id FROM job ORDER BY job_id")
    return tuple(
        job_id for job_id, campaign_id in rows if campaign_ids is None or campaign_id in campaign_ids
    )


CODE = "COALESCE(completion_code.name, CAST(disposition.code_id AS TEXT), '')"
_ATTEMPTS = (
    "SELECT attempt.attempt_id, attempt.session_id, campaign.name, attempt.job_id, attempt.zone,"
    " contact_list.name, contact.user_contact_id, attempt.contact_type, attempt.number_name, attempt.number,"
    " COALESCE(attempt.agent_id, ''), attempt.started_at, attempt.dialed_at, attempt.answered_at,"
    f" attempt.ended_at, COALESCE(attempt.outcome, ''), {CODE},"
    " COALESCE(disposition.source, ''), COALESCE(attempt.callback_id, ''),"
    " attempt.checked_at, COALESCE(attempt.timezone, ''), COALESCE(attempt.hours, '')"
    " FROM attempt JOIN job ON job.job_id = attempt.job_id"
    " JOIN campaign ON campaign.campaign_id = job.campaign_id"
    " JOIN contact ON contact.contact_id = attempt.contact_id"
    " JOIN contact_list ON contact_list.list_id = contact.list_id"
    " LEFT JOIN disposition ON disposition.attempt_id = attempt.attempt_id"
    " LEFT JOIN completion_code ON completion_code.campaign_id = job.campaign_id"
    " AND completion_code.code_id = disposition.code_id WHERE attempt.job_id = ?"
)
_AFTER = " AND (attempt.started_at, attempt.attempt_id) > (?, ?)"
_IN_ORDER = " ORDER BY attempt.started_at, attempt.attempt_id"


def read_attempts(
    tx: Transaction, job_id: int, wanted: AttemptFilter, after: AttemptPlace, limit: int
) -> tuple[tuple[AttemptRow, ...], AttemptPlace | None]:
    """Look at the next attempts of a job in the order of their time; return those wanted, and where to go on.

    However few are wanted, a page looks at so many: a transaction that reads has to be short.
    """
    if wanted.since is not None and after.started_at < wanted.since:
        after = AttemptPlace(wanted.since)
    bounds, values = _AFTER, [job_id, after.started_at, after.attempt_id]
    if wanted.until is not None:
        bounds += " AND attempt.started_at < ?"
        values.append(wanted.until)
    last: AttemptPlace | None = None
    if wanted.contact_ids is None:
        page_end = tx.sql.fetch(
            "SELECT started_at, attempt_id FROM attempt"
            f" WHERE job_id = ?{bounds}{_IN_ORDER} LIMIT 1 OFFSET ?",
            (*values, limit - 1),
        )
        if page_end:
            last = AttemptPlace(*page_end[0])
            bounds += " AND (attempt.started_at, attempt.attempt_id) <= (?, ?)"
            values += [last.started_at, last.attempt_id]
    for column, allowed in (
        ("attempt.contact_id", wanted.contact_ids),
        ("contact.list_id", wanted.list_ids),
        ("attempt.agent_id", wanted.agents),
        ("attempt.number", wanted.numbers),
        ("COALESCE(attempt.outcome, '')", wanted.outcomes),
        (CODE, wanted.codes),
    ):
        if allowed:
            bounds += f" AND {column} IN ({marks(allowed)})"
            values += allowed
    rows = tx.sql.fetch(f"{_ATTEMPTS}{bounds}{_IN_ORDER}", values)
    return tuple(AttemptRow(*row) for row in rows), last


def read_list_page(
    tx: Transaction, list_id: int, job_ids: Sequence[int], after_user_contact_id: str, limit: int
) -> ContactPage:
    """Return the next contacts of a list by their ids, and how far each is in some jobs."""
    sql = tx.sql
    ids = [
        row[0]
        for row in sql.fetch(
            "SELECT contact_id FROM contact WHERE list_id = ? AND user_contact_id > ? AND deleted_at IS NULL"
            " ORDER BY user_contact_id LIMIT ?",
            (list_id, after_user_contact_id, limit),
        )
    ]
    standings = {}
    for job_id in job_ids:
        for batch in batches(ids):
            rows = sql.fetch(
                "SELECT job_contact.contact_id, campaign.name, job.job_id, job.state, job_contact.state,"
                " job_contact.attempts, job_contact.due_at, job_contact.last_outcome FROM job_contact"
                " JOIN job ON job.job_id = job_contact.job_id"
                " JOIN campaign ON campaign.campaign_id = job.campaign_id"
                f" WHERE job_contact.job_id = ? AND job_contact.contact_id IN ({marks(batch)})",
                (job_id, *batch),
            )
            standings.update({(job_id, row[0]): ContactInJob(*row[1:]) for row in rows})
    return ContactPage(read_contacts(sql, [(contact_id, 0) for contact_id in ids]), standings)
