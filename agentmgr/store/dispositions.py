"""Completion codes: the first of an attempt stands, but for one that was set from outside.

That one gives way to what an agent says, and replaces what was there before.
"""

from collections.abc import Sequence
from typing import Any

from agentmgr.ports import CodedAttempt
from agentmgr.store.counters import Counted, count
from agentmgr.store.sql import Sql, Transaction, batches, marks

OUTSIDE = "api"
AGENT = "agent"


def find_coded(tx: Transaction, session_id: str) -> CodedAttempt | None:
    """Return the latest attempt of a session; None if there is none."""
    rows = tx.sql.fetch(
        # those of a session follow one another in the order of the key
        "SELECT attempt_id, job_id FROM attempt WHERE attempt_id >= ? AND attempt_id < ? AND session_id = ?"
        " ORDER BY started_at DESC, length(attempt_id) DESC, attempt_id DESC LIMIT 1",
        (session_id, f"{session_id}/", session_id),
    )
    return CodedAttempt(*rows[0]) if rows else None


def put_code(tx: Transaction, attempt_id: str, code_id: int, now: float) -> bool:
    """Give an attempt a completion code from outside; False if there is no such attempt any more."""
    sql = tx.sql
    rows = sql.fetch(
        "SELECT job_id, contact_id, COALESCE(agent_id, ''), zone FROM attempt WHERE attempt_id = ?",
        (attempt_id,),
    )
    for job_id, contact_id, agent_id, zone in rows:
        # whoever else gives it a code comes before or after this
        sql.execute("UPDATE attempt SET agent_id = agent_id WHERE attempt_id = ?", (attempt_id,))
        _replace(sql, job_id, zone, attempt_id)
        sql.execute(
            "INSERT INTO disposition (attempt_id, job_id, contact_id, agent_id, code_id, source, saved_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (attempt_id) DO UPDATE SET code_id = excluded.code_id,"
            " source = excluded.source, saved_at = excluded.saved_at",
            (attempt_id, job_id, contact_id, agent_id, code_id, OUTSIDE, now),
        )
        count(sql, [(job_id, zone, Counted.Disposition, str(code_id))])
    return bool(rows)


def _replace(sql: Sql, job_id: int, zone: str, attempt_id: str) -> None:
    """Count the code of an attempt no more."""
    for (code_id,) in sql.fetch("SELECT code_id FROM disposition WHERE attempt_id = ?", (attempt_id,)):
        sql.execute(
            "UPDATE job_counter SET how_many = how_many - 1"
            " WHERE job_id = ? AND zone = ? AND counted = ? AND name = ?",
            (job_id, zone, Counted.Disposition, str(code_id)),
        )


def give_way(sql: Sql, zone: str, records: Sequence[Any]) -> list[Any]:
    """Take away codes from outside of which agents say otherwise; return the records that are to be written.

    Those that come to a code from outside by default are not.
    """
    outside: set[str] = set()
    for batch in batches([record.attempt_id for record in records]):
        rows = sql.fetch(
            f"SELECT attempt_id FROM disposition WHERE attempt_id IN ({marks(batch)})"
            f" AND source = '{OUTSIDE}'",
            batch,
        )
        outside.update(attempt_id for (attempt_id,) in rows)
    if not outside:
        return list(records)
    kept = []
    for record in records:
        if record.attempt_id not in outside:
            kept.append(record)
        elif record.source == AGENT:
            _replace(sql, record.job_id, zone, record.attempt_id)
            sql.execute("DELETE FROM disposition WHERE attempt_id = ?", (record.attempt_id,))
            kept.append(record)
    return kept
