"""Calls of programs under keys of theirs, with their answers, until they are forgotten."""

from agentmgr.ports import KeptCall
from agentmgr.store.sql import Transaction

FORGOTTEN_AT_ONCE = 50
"""So many calls that are too old are deleted with each that begins: more than come, and never many."""


def begin_call(
    tx: Transaction, caller: str, key: str, digest: str, now: float, since: float
) -> KeptCall | None:
    """Store that a call is under way; return the one that has the key already, if it began after `since`."""
    sql = tx.sql
    sql.execute(
        "DELETE FROM kept_call WHERE caller = ? AND call_key = ? AND begun_at < ?", (caller, key, since)
    )
    passing_over = sql.passing_over
    old = sql.fetch(
        "SELECT caller, call_key, begun_at FROM kept_call WHERE begun_at < ?"
        f" ORDER BY begun_at LIMIT {FORGOTTEN_AT_ONCE}{passing_over}",
        (since,),
    )
    sql.execute_many("DELETE FROM kept_call WHERE caller = ? AND call_key = ? AND begun_at = ?", old)
    if sql.execute(
        "INSERT INTO kept_call (caller, call_key, digest, begun_at, body) VALUES (?, ?, ?, ?, '')"
        " ON CONFLICT (caller, call_key) DO NOTHING",
        (caller, key, digest, now),
    ):
        return None
    ((digest, begun_at, status, body),) = sql.fetch(
        "SELECT digest, begun_at, status, body FROM kept_call WHERE caller = ? AND call_key = ?",
        (caller, key),
    )
    return KeptCall(digest, begun_at, status, body)


def keep_answer(tx: Transaction, caller: str, key: str, begun_at: float, status: int, body: str) -> None:
    """Store the answer of a call that began then."""
    tx.sql.execute(
        "UPDATE kept_call SET status = ?, body = ?"
        " WHERE caller = ? AND call_key = ? AND begun_at = ? AND status IS NULL",
        (status, body, caller, key, begun_at),
    )


def forget_calls(tx: Transaction, caller: str) -> None:
    """Delete the calls of a caller who is no more: somebody else may get the name."""
    tx.sql.execute("DELETE FROM kept_call WHERE caller = ?", (caller,))
