"""What jobs have done, counted in the transaction that does it, so that nobody has to count rows later.

What happened is a row: the job, the zone whose share it was in, what of it, and a name within that, which is
None for what does not count. Each share has counters of its own, so that zones do not wait for each other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from agentmgr.core.effects import (
    REFUSALS,
    EndAttempt,
    EndCallback,
    MarkAnswered,
    ReturnContact,
    SaveDisposition,
    StartAttempt,
)
from agentmgr.ports import JobTally, PendingContacts, ShareStatus
from agentmgr.store.sql import Row, Sql, Transaction, batches, marks


class Counted(StrEnum):
    """What is counted of a job; what `_NAMES` names under that, the rest under an empty name.

    `Archived` has the contacts of those that are `Done` that their job has no more.
    `Outcome` has all ends of attempts, `Undialed` those that were not dialled, `Refused` those of them whose
    number was not to be dialled, `Done` the contacts that are done, by their last outcome.
    """

    Attempts = "attempts"
    Undialed = "undialed"
    Refused = "refused"
    Answered = "answered"
    Done = "done"
    Archived = "archived"
    Outcome = "outcome"
    Disposition = "disposition"
    Callback = "callback"


ABANDONED = "Nuisance"
"""The outcome of an attempt whose answer found no agent in time."""

# The time itself: SQLite 3.40 returns 0 for what IS NULL in a table without row ids.
ENDED = " RETURNING job_id, zone, outcome, dialed_at"
CONTACT_MOVED = f" RETURNING job_id, zone, '{Counted.Done}', CASE WHEN state = 'done' THEN last_outcome END"
CALLBACK_ENDED = f" RETURNING job_id, zone, '{Counted.Callback}', outcome"
"""Ends of statements on attempts, contacts and callbacks that give what `count_ended` and `count` take."""

_NAMES: Mapping[type[Any], tuple[Counted, Callable[[Any], str | None]]] = {
    StartAttempt: (Counted.Attempts, lambda record: ""),
    MarkAnswered: (Counted.Answered, lambda record: ""),
    EndAttempt: (Counted.Outcome, lambda record: record.outcome),
    SaveDisposition: (Counted.Disposition, lambda record: str(record.code_id)),
    ReturnContact: (Counted.Done, lambda record: record.outcome if record.due_at is None else None),
    EndCallback: (Counted.Callback, lambda record: record.outcome),
}
"""What a record counts as, and under which name; not at all under None."""
_REFUSALS = ", ".join(f"'{outcome}'" for outcome in sorted(REFUSALS))
_RECOUNT: Mapping[Counted, str] = {
    Counted.Undialed: "SELECT job_id, zone, ?, '', count(*) FROM attempt"
    " WHERE job_id = ? AND zone = ? AND ended_at IS NOT NULL AND dialed_at IS NULL GROUP BY job_id, zone",
    Counted.Refused: "SELECT job_id, zone, ?, outcome, count(*) FROM attempt"
    " WHERE job_id = ? AND zone = ? AND ended_at IS NOT NULL AND dialed_at IS NULL"
    f" AND outcome IN ({_REFUSALS}) GROUP BY job_id, zone, outcome",
    Counted.Outcome: "SELECT job_id, zone, ?, outcome, count(*) FROM attempt"
    " WHERE job_id = ? AND zone = ? AND outcome IS NOT NULL GROUP BY job_id, zone, outcome",
    Counted.Callback: "SELECT job_id, zone, ?, outcome, count(*) FROM callback"
    " WHERE job_id = ? AND zone = ? AND ended_at IS NOT NULL GROUP BY job_id, zone, outcome",
    Counted.Done: "SELECT job_id, zone, ?, last_outcome, SUM(how_many) FROM"
    " (SELECT job_id, zone, last_outcome, 1 AS how_many FROM job_contact WHERE state = 'done'"
    f" UNION ALL SELECT job_id, zone, name, how_many FROM job_counter WHERE counted = '{Counted.Archived}')"
    " AS contact WHERE job_id = ? AND zone = ? GROUP BY job_id, zone, last_outcome",
    Counted.Disposition: "SELECT disposition.job_id, attempt.zone, ?, CAST(code_id AS TEXT), count(*)"
    " FROM disposition JOIN attempt ON attempt.attempt_id = disposition.attempt_id"
    " WHERE disposition.job_id = ? AND attempt.zone = ?"
    " GROUP BY disposition.job_id, attempt.zone, code_id",
}


class RecordCount:
    """Adds up what the records of a zone do in a transaction, to be written in one go.

    Statements that say for each row whether it was changed take two to three times as long as those that
    say how many were; so it is believed that no record comes twice as long as their number is right.
    """

    def __init__(self, sql: Sql, zone: str) -> None:
        self._sql = sql
        self._zone = zone
        self._done: list[Any] = []
        self._doubtful: list[Any] = []
        self._jobs: dict[str, int] = {}

    def before(self, kind: type[Any], records: list[Any]) -> None:
        """Look which answers are the first of their attempt, since a later one is no mistake."""
        if kind is MarkAnswered:
            fresh = self._find_jobs(" AND answered_at IS NULL", [record.attempt_id for record in records])
            self._jobs.update(fresh)
            for record in records:
                if fresh.pop(record.attempt_id, None) is not None:
                    self._done.append(record)

    def after(self, kind: type[Any], records: list[Any], changed: int) -> None:
        """Take records of one kind in that have changed so many rows."""
        if kind in _NAMES and kind is not MarkAnswered:
            (self._done if changed == len(records) else self._doubtful).extend(records)
            if kind is StartAttempt or kind is SaveDisposition:
                self._jobs.update((record.attempt_id, record.job_id) for record in records)

    def write(self) -> None:
        """Write the counters; what a record that came twice is counted in is counted anew."""
        if not self._done and not self._doubtful:
            return
        ended = [r.attempt_id for r in (*self._done, *self._doubtful) if type(r) is EndAttempt]
        rows: list[Row] = []
        undialed = self._find_jobs(" AND dialed_at IS NULL", ended)
        self._jobs.update(self._find_jobs("", [key for key in ended if key not in self._jobs]))
        rows += map(self._row, self._done)
        for end in self._done:
            if type(end) is EndAttempt and (job_id := undialed.get(end.attempt_id)) is not None:
                rows.append((job_id, self._zone, Counted.Undialed, ""))
                if end.outcome in REFUSALS:
                    rows.append((job_id, self._zone, Counted.Refused, end.outcome))
        count(self._sql, rows)
        known = [r for r in self._doubtful if type(r) is not EndAttempt or r.attempt_id in self._jobs]
        doubtful = {(job_id, counted) for job_id, _, counted, _ in map(self._row, known)}
        ended_twice = {self._jobs[r.attempt_id] for r in known if type(r) is EndAttempt}
        ends = {(job_id, what) for job_id in ended_twice for what in (Counted.Undialed, Counted.Refused)}
        for job_id, counted in sorted(doubtful | ends):
            self._sql.execute(
                "DELETE FROM job_counter WHERE job_id = ? AND zone = ? AND counted = ?",
                (job_id, self._zone, counted),
            )
            self._sql.execute(
                f"INSERT INTO job_counter (job_id, zone, counted, name, how_many) {_RECOUNT[counted]}",
                (counted, job_id, self._zone),
            )

    def _row(self, record: Any) -> Row:
        kind = type(record)
        counted, name = _NAMES[kind]
        knows_job = kind is not EndAttempt and kind is not MarkAnswered
        job_id = record.job_id if knows_job else self._jobs[record.attempt_id]
        return (job_id, self._zone, counted, name(record))

    def _find_jobs(self, condition: str, attempt_ids: list[str]) -> dict[str, int]:
        jobs: dict[str, int] = {}
        for batch in batches(attempt_ids):
            wanted = f"({marks(batch)}){condition}"
            jobs.update(
                self._sql.fetch(f"SELECT attempt_id, job_id FROM attempt WHERE attempt_id IN {wanted}", batch)
            )
        return jobs


def count(sql: Sql, rows: Iterable[Row]) -> None:
    """Add up what happened, in one order, for whoever counts the same beside."""
    totals = Counter(row for row in rows if row[3] is not None)
    sql.execute_many(
        "INSERT INTO job_counter (job_id, zone, counted, name, how_many) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (job_id, zone, counted, name)"
        " DO UPDATE SET how_many = job_counter.how_many + excluded.how_many",
        ((*counted, how_many) for counted, how_many in sorted(totals.items())),
    )


def count_ended(sql: Sql, rows: Iterable[Row]) -> None:
    """Add up what a statement with `ENDED` gave."""
    ended = list(rows)
    outcomes = [(job_id, zone, Counted.Outcome, outcome) for job_id, zone, outcome, _ in ended]
    undialed = [(job_id, zone, Counted.Undialed, "") for job_id, zone, _, at in ended if at is None]
    count(sql, outcomes + undialed)


def count_done(tx: Transaction, job_id: int, zone: str | None = None) -> int:
    """Return how many contacts of a job are finished, in the share of a zone or in all."""
    rows = tx.sql.fetch(
        "SELECT COALESCE(SUM(how_many), 0) FROM job_counter WHERE job_id = ? AND counted = ?"
        " AND (CAST(? AS TEXT) IS NULL OR zone = ?)",
        (job_id, Counted.Done, zone, zone),
    )
    return int(rows[0][0])


def fold_pending(sql: Sql, job_id: int, zones: Iterable[str]) -> None:
    """Add the rows up that say what waits in some shares of a job; for who has these shares to himself."""
    for zone in sorted(zones):
        totals: Counter[Row] = Counter()
        for timezone, retries, how_many in sql.fetch(
            "DELETE FROM job_pending WHERE job_id = ? AND zone = ? RETURNING timezone, retries, how_many",
            (job_id, zone),
        ):
            totals[timezone, retries] += how_many
        sql.execute_many(
            "INSERT INTO job_pending (job_id, zone, timezone, retries, how_many) VALUES (?, ?, ?, ?, ?)",
            ((job_id, zone, *kind, how_many) for kind, how_many in sorted(totals.items()) if how_many),
        )


def read_pending(tx: Transaction, job_id: int) -> tuple[PendingContacts, ...]:
    """Return how many contacts of a job wait in each time zone: some rows, whatever their number."""
    rows = tx.sql.fetch(
        "SELECT timezone, SUM(CASE WHEN retries = 0 THEN how_many ELSE 0 END),"
        " SUM(CASE WHEN retries = 1 THEN how_many ELSE 0 END) FROM job_pending"
        " WHERE job_id = ? GROUP BY timezone HAVING SUM(how_many) > 0 ORDER BY timezone",
        (job_id,),
    )
    return tuple(PendingContacts(timezone, int(fresh), int(retries)) for timezone, fresh, retries in rows)


_SHARES = (
    "SELECT zone, ended_at IS NOT NULL, (SELECT COALESCE(SUM(how_many), 0) FROM job_pending"
    " WHERE job_pending.job_id = job_share.job_id AND job_pending.zone = job_share.zone),"
    " (SELECT count(*) FROM job_contact WHERE job_contact.job_id = job_share.job_id"
    " AND job_contact.zone = job_share.zone AND job_contact.state = 'claimed')"
    " FROM job_share WHERE job_id = ? ORDER BY zone"
)


def read_shares(tx: Transaction, job_id: int) -> tuple[ShareStatus, ...]:
    """Return what each zone has of a job and has done, by zone."""
    counts: dict[tuple[str, str], int] = {}
    abandoned: dict[str, int] = {}
    for zone, counted, name, how_many in tx.sql.fetch(
        "SELECT zone, counted, name, how_many FROM job_counter WHERE job_id = ?", (job_id,)
    ):
        counts[zone, counted] = counts.get((zone, counted), 0) + how_many
        if (counted, name) == (Counted.Outcome, ABANDONED):
            abandoned[zone] = how_many
    return tuple(
        ShareStatus(
            zone,
            bool(has_ended),
            int(pending),
            in_work,
            done=counts.get((zone, Counted.Done), 0),
            dials=counts.get((zone, Counted.Attempts), 0) - counts.get((zone, Counted.Undialed), 0),
            live_answers=counts.get((zone, Counted.Answered), 0),
            abandoned=abandoned.get(zone, 0),
        )
        for zone, has_ended, pending, in_work in tx.sql.fetch(_SHARES, (job_id,))
    )


def read_tally(tx: Transaction, job_id: int) -> JobTally:
    """Return what a job has done; a code that its campaign has not (any more) is shown by its number."""
    rows = tx.sql.fetch(
        "SELECT counted, COALESCE(completion_code.name, job_counter.name) AS shown, SUM(how_many)"
        " FROM job_counter JOIN job ON job.job_id = job_counter.job_id"
        " LEFT JOIN completion_code ON job_counter.counted = ?"
        " AND completion_code.campaign_id = job.campaign_id"
        " AND CAST(completion_code.code_id AS TEXT) = job_counter.name"
        " WHERE job_counter.job_id = ? GROUP BY counted, shown ORDER BY SUM(how_many) DESC, shown",
        (Counted.Disposition, job_id),
    )
    rows = [(counted, shown, int(how_many)) for counted, shown, how_many in rows]
    ends, refused, dispositions, callbacks, done = (
        tuple((name, how_many) for what, name, how_many in rows if what == counted)
        for counted in (
            Counted.Outcome,
            Counted.Refused,
            Counted.Disposition,
            Counted.Callback,
            Counted.Done,
        )
    )
    totals = {what: how_many for what, _, how_many in rows}
    outcomes = (Counter(dict(ends)) - Counter(dict(refused))).most_common()
    return JobTally(
        attempts=totals.get(Counted.Attempts, 0) - sum(how_many for _, how_many in refused),
        dials=totals.get(Counted.Attempts, 0) - totals.get(Counted.Undialed, 0),
        live_answers=totals.get(Counted.Answered, 0),
        abandoned=dict(outcomes).get(ABANDONED, 0),
        outcomes=tuple(sorted(outcomes, key=lambda each: (-each[1], each[0]))),
        dispositions=dispositions,
        stored=sum(how_many for _, how_many in dispositions),
        callbacks=callbacks,
        refused=refused,
        done=done,
    )
