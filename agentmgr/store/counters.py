"""What jobs have done, counted in the transaction that does it, so that nobody has to count rows later.

A statement that changes what is counted gives a row for each: the job, what of it, and a name within
that, NULL for what shall not be counted.
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from agentmgr.ports import JobTally
from agentmgr.store.sql import Row, Sql, Transaction


class Counted(StrEnum):
    """What is counted of a job; outcomes and dispositions by their name, the rest under an empty one."""

    Attempts = "attempts"
    Answered = "answered"
    Done = "done"
    Outcome = "outcome"
    Disposition = "disposition"


ABANDONED = "Nuisance"
"""The outcome of an attempt whose answer found no agent in time."""

STARTED = f" RETURNING job_id, '{Counted.Attempts}', ''"
ANSWERED = f" RETURNING job_id, '{Counted.Answered}', ''"
ENDED = f" RETURNING job_id, '{Counted.Outcome}', outcome"
DISPOSED = f" RETURNING job_id, '{Counted.Disposition}', CAST(code_id AS TEXT)"
CONTACT_MOVED = f" RETURNING job_id, '{Counted.Done}', CASE WHEN state = 'done' THEN '' END"
"""Ends of statements on attempts, dispositions and a job's contacts that say what they have done."""


def count(sql: Sql, rows: Iterable[Row]) -> None:
    """Add up what statements gave that are counted."""
    totals = Counter(row for row in rows if row[2] is not None)
    sql.execute_each(
        "INSERT INTO job_counter (job_id, counted, name, how_many) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (job_id, counted, name)"
        " DO UPDATE SET how_many = job_counter.how_many + excluded.how_many",
        ((*counted, how_many) for counted, how_many in totals.items()),
    )


def count_done(tx: Transaction, job_id: int) -> int:
    """Return how many contacts of a job are finished."""
    rows = tx.sql.fetch(
        "SELECT how_many FROM job_counter WHERE job_id = ? AND counted = ?", (job_id, Counted.Done)
    )
    return rows[0][0] if rows else 0


def read_tally(tx: Transaction, job_id: int) -> JobTally:
    """Return what a job has done; a code that its campaign has not (any more) is shown by its number."""
    rows = tx.sql.fetch(
        "SELECT counted, COALESCE(completion_code.name, job_counter.name) AS shown, how_many"
        " FROM job_counter JOIN job ON job.job_id = job_counter.job_id"
        " LEFT JOIN completion_code ON job_counter.counted = ?"
        " AND completion_code.campaign_id = job.campaign_id"
        " AND CAST(completion_code.code_id AS TEXT) = job_counter.name"
        " WHERE job_counter.job_id = ? ORDER BY how_many DESC, shown",
        (Counted.Disposition, job_id),
    )
    outcomes, dispositions = (
        tuple((name, how_many) for what, name, how_many in rows if what == counted)
        for counted in (Counted.Outcome, Counted.Disposition)
    )
    totals = {what: how_many for what, _, how_many in rows}
    return JobTally(
        attempts=totals.get(Counted.Attempts, 0),
        live_answers=totals.get(Counted.Answered, 0),
        abandoned=dict(outcomes).get(ABANDONED, 0),
        outcomes=outcomes,
        dispositions=dispositions,
        stored=sum(how_many for _, how_many in dispositions),
    )
