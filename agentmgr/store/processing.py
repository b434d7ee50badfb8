"""Jobs that are over, page by page, for those who are told them; and how far each of these is."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from agentmgr.ports import (
    AttemptFilter,
    AttemptPlace,
    ContactTimes,
    EndedJob,
    ProcessingPage,
)
from agentmgr.store.contacts import read_contacts
from agentmgr.store.history import read_attempts
from agentmgr.store.sql import Sql, Transaction, batches, marks

T = TypeVar("T")


class Runs(Protocol):
    """Runs work in a transaction."""

    def write(self, work: Callable[..., T], *args: Any) -> T: ...
    def read(self, work: Callable[..., T], *args: Any) -> T: ...


class SqlProcessing:
    """Implements `ProcessingStore` on a database."""

    def __init__(self, database: Runs) -> None:
        self._database = database

    def set_processors(self, names: Iterable[str], now: float) -> None:
        """Say who is told jobs that are over."""
        self._database.write(set_processors, tuple(names), now)

    def next_ended(self, processor: str) -> EndedJob | None:
        """Return the job that a processor is to be told next."""
        return self._database.read(next_ended, processor)

    def processing_page(self, job_id: int, after: AttemptPlace, limit: int) -> ProcessingPage:
        """Return the next attempts of a job."""
        return self._database.read(read_page, job_id, after, limit)

    def processed(self, processor: str, job_id: int, after: AttemptPlace | None) -> None:
        """Keep how far a processor is with a job; with None it is done."""
        self._database.write(write_processed, processor, job_id, after)


def set_processors(tx: Transaction, names: tuple[str, ...], now: float) -> None:
    """Say who is told jobs that are over; who is named no more begins anew when named again."""
    there = {name for (name,) in tx.sql.fetch("SELECT name FROM processor")}
    for name in sorted(there - set(names)):
        tx.sql.execute("DELETE FROM processing WHERE processor = ?", (name,))
        tx.sql.execute("DELETE FROM processor WHERE name = ?", (name,))
    tx.sql.execute_many(
        "INSERT INTO processor (name, since) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        [(name, now) for name in sorted(set(names) - there)],
    )


_NEXT = (
    "SELECT job.job_id, COALESCE(job.started_at, job.created_at), job.ended_at, job.state,"
    " campaign.campaign_id, campaign.name, campaign.organisation, campaign.priority, campaign.infinite,"
    " campaign.custom_pacing, campaign.description, campaign.created_by, campaign.updated_by,"
    " campaign.updated_at, (SELECT MAX(COALESCE(last.started_at, last.created_at)) FROM job AS last"
    " WHERE last.campaign_id = job.campaign_id),"
    " processing.started_at, processing.attempt_id"
    " FROM processor JOIN job ON job.ended_at >= processor.since"
    " JOIN campaign ON campaign.campaign_id = job.campaign_id"
    " LEFT JOIN processing ON processing.processor = processor.name AND processing.job_id = job.job_id"
    " WHERE processor.name = ? AND COALESCE(processing.is_done, 0) = 0"
    " ORDER BY job.ended_at, job.job_id LIMIT 1"
)


def next_ended(tx: Transaction, processor: str) -> EndedJob | None:
    """Return the job that a processor is to be told next."""
    rows = tx.sql.fetch(_NEXT, (processor,))
    if not rows:
        return None
    values = rows[0]
    after = AttemptPlace() if values[-1] is None else AttemptPlace(*values[-2:])
    return EndedJob(*(*values[:-2], after))


def read_page(tx: Transaction, job_id: int, after: AttemptPlace, limit: int) -> ProcessingPage:
    """Return the next attempts of a job, with what is known of their contacts."""
    rows, last = read_attempts(tx, job_id, AttemptFilter(), after, limit)
    of_attempt: dict[str, int] = {}
    for batch in batches([row.attempt_id for row in rows]):
        of_attempt.update(
            tx.sql.fetch(
                f"SELECT attempt_id, contact_id FROM attempt WHERE attempt_id IN ({marks(batch)})", batch
            )
        )
    ids = list(dict.fromkeys(of_attempt[row.attempt_id] for row in rows if row.attempt_id in of_attempt))
    contacts = {each.contact_id: each for each in read_contacts(tx.sql, [(each, 0) for each in ids])}
    attempts = tuple((of_attempt[row.attempt_id], row) for row in rows if row.attempt_id in of_attempt)
    return ProcessingPage(attempts, contacts, _times(tx.sql, ids), last)


def _times(sql: Sql, contact_ids: list[int]) -> dict[int, ContactTimes]:
    found: dict[int, ContactTimes] = {}
    for batch in batches(contact_ids):
        rows = sql.fetch(
            "SELECT attempt.contact_id, MAX(attempt.started_at),"
            " MAX(CASE WHEN completion_code.success = 1 THEN attempt.started_at END)"
            " FROM attempt JOIN job ON job.job_id = attempt.job_id"
            " LEFT JOIN disposition ON disposition.attempt_id = attempt.attempt_id"
            " LEFT JOIN completion_code ON completion_code.campaign_id = job.campaign_id"
            " AND completion_code.code_id = disposition.code_id"
            f" WHERE attempt.contact_id IN ({marks(batch)}) GROUP BY attempt.contact_id",
            batch,
        )
        found.update((contact_id, ContactTimes(*times)) for contact_id, *times in rows)
    return found


def write_processed(tx: Transaction, processor: str, job_id: int, after: AttemptPlace | None) -> None:
    """Keep how far a processor is with a job, if the job is still there."""
    place = after or AttemptPlace(0.0, "")
    tx.sql.execute(
        "INSERT INTO processing (processor, job_id, started_at, attempt_id, is_done)"
        " SELECT ?, job_id, CAST(? AS DOUBLE PRECISION), ?, CAST(? AS INTEGER) FROM job WHERE job_id = ?"
        " ON CONFLICT (processor, job_id) DO UPDATE SET started_at = excluded.started_at,"
        " attempt_id = excluded.attempt_id, is_done = excluded.is_done",
        (processor, place.started_at, place.attempt_id, int(after is None), job_id),
    )
