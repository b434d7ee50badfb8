"""How many calls at once each share of a job may begin, where a program says how many there may be in all.

What a zone may have is reserved for it until it says that it has fewer: so the calls of all zones together
are never more than the maximum when one of them begins another, in whichever order they hear of it, and
whichever zone is taken over. A call that is under way is never cut: a maximum that fell is waited for. Until
a zone has said that it has heard of that, it may begin calls as it believes it can; so the maximum before is
in force for as long as anybody is behind.
"""

from collections.abc import Iterable

from agentmgr.core.effects import HoldCalls
from agentmgr.core.model import CallGrant
from agentmgr.ports import ManagerState, Paced
from agentmgr.store.sql import Sql, Transaction

_OWNER = (
    "SELECT 1 FROM zone JOIN manager ON manager.incarnation = zone.owner WHERE zone.name = ?"
    f" AND manager.state = '{ManagerState.Live}'"
)


def set_max_calls(tx: Transaction, job_id: int, count: int, served: Iterable[str]) -> Paced:
    """Let a job have so many calls at once at most."""
    sql, served = tx.sql, frozenset(served)
    locked = sql.execute(
        "UPDATE job SET max_calls = max_calls WHERE job_id = ? AND started_at IS NOT NULL"
        " AND ended_at IS NULL",
        (job_id,),
    )
    if not locked:
        return Paced.OVER
    shares = sql.fetch("SELECT zone FROM job_share WHERE job_id = ? AND ended_at IS NULL", (job_id,))
    if not any(zone in served or sql.fetch(_OWNER, (zone,)) for (zone,) in shares):
        return Paced.UNSERVED
    if not sql.execute(
        "UPDATE job SET max_calls = ? WHERE job_id = ? AND max_calls IS NOT NULL", (count, job_id)
    ):
        return Paced.NOT_CUSTOM
    share_out(sql, job_id)
    return Paced.SET


def share_out(sql: Sql, job_id: int) -> None:
    """Deal the calls of a locked job to its shares that have anybody to call for, never too many."""
    rows = sql.fetch("SELECT max_calls FROM job WHERE job_id = ? AND max_calls IS NOT NULL", (job_id,))
    for (max_calls,) in rows:
        shares = sql.fetch(
            "SELECT zone, calls_granted, calls_reserved, calls_wanted FROM job_share"
            " WHERE job_id = ? AND ended_at IS NULL ORDER BY zone",
            (job_id,),
        )
        wanting = [share[0] for share in shares if share[3]] or [share[0] for share in shares]
        each, rest = divmod(max_calls, max(1, len(wanting)))
        reserved_in_all = sum(share[2] for share in shares)
        for zone, granted, reserved, _ in shares:
            part = each + (wanting.index(zone) < rest) if zone in wanting else 0
            grant = min(part, max(0, max_calls - (reserved_in_all - reserved)))
            more = max(0, grant - reserved)
            reserved_in_all += more
            if grant != granted or more:
                sql.execute(
                    "UPDATE job_share SET calls_granted = ?, calls_reserved = calls_reserved + ?,"
                    " calls_believed = CASE WHEN calls_believed > ? THEN calls_believed ELSE ? END,"
                    " calls_grant = calls_grant + 1 WHERE job_id = ? AND zone = ?",
                    (grant, more, grant, grant, job_id, zone),
                )


def zones_behind(tx: Transaction, job_id: int, served: Iterable[str]) -> tuple[str, ...]:
    """Return the zones at work that may begin more calls of a job than they are granted, as they believe."""
    sql, served = tx.sql, frozenset(served)
    behind = sql.fetch(
        "SELECT zone FROM job_share WHERE job_id = ? AND ended_at IS NULL AND calls_believed > calls_granted"
        " ORDER BY zone",
        (job_id,),
    )
    return tuple(zone for (zone,) in behind if zone in served or sql.fetch(_OWNER, (zone,)))


def hold_calls(sql: Sql, zone: str, held: HoldCalls) -> None:
    """Take back what a zone has no calls for, if it knows the latest grant, and deal that anew."""
    if not sql.execute("UPDATE job SET max_calls = max_calls WHERE job_id = ?", (held.job_id,)):
        return
    changed = sql.execute(
        "UPDATE job_share SET calls_reserved = ?, calls_wanted = ?, calls_believed = calls_granted"
        " WHERE job_id = ? AND zone = ?"
        " AND calls_grant = ? AND calls_reserved >= ?",
        (held.reserved, int(held.wanted), held.job_id, zone, held.grant, held.reserved),
    )
    if changed:
        share_out(sql, held.job_id)


def drop_calls(sql: Sql, job_id: int, zone: str) -> None:
    """Deal to others what a share had that has ended; its job is locked."""
    dropped = sql.execute(
        "UPDATE job_share SET calls_granted = 0, calls_reserved = 0, calls_believed = 0,"
        " calls_grant = calls_grant + 1"
        " WHERE job_id = ? AND zone = ? AND calls_granted + calls_reserved > 0",
        (job_id, zone),
    )
    if dropped:
        share_out(sql, job_id)


def grant_of(
    max_calls: int | None, granted: int, reserved: int, number: int, wanted: int, believed: int
) -> CallGrant | None:
    """Return what a share may call; None without custom pacing."""
    if max_calls is None:
        return None
    return CallGrant(granted, reserved, number, bool(wanted), believed <= granted)
