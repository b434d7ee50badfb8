"""Claims: contacts of a job that are due where it is open, whatever lies in the closed time zones.

A contact that was never given back is fresh and due since ever (0); one that was is due at its time, and
comes before any fresh one of its priority; those of a higher priority come before both. The time zone of the
number to be dialled next stands with the contact, so that a claim reads the first entries of one range of an
index for each time zone and priority, and none of a closed one.

A share in which nothing is due takes contacts of the job's other shares, half of what waits there at most: so
the zones with many agents finish the list. A claim waits for no other: what somebody else is just taking is
passed over.
"""

from collections.abc import Sequence
from itertools import product

from agentmgr.core.calling_hours import next_opening
from agentmgr.core.events import ContactsFetched
from agentmgr.core.model import CallingHours, Priority
from agentmgr.ports import Token
from agentmgr.store.campaigns import read_calling_hours
from agentmgr.store.contacts import read_contacts
from agentmgr.store.counters import fold_pending
from agentmgr.store.ownership import check_token
from agentmgr.store.shares import GOES_ON, lock_share
from agentmgr.store.sql import Row, Sql, Transaction, batches, marks

_PENDING = "job_id = ? AND zone = ? AND state = 'pending'"
# A contact that the campaign has promised to call back is not called before; its job waits for that.
_FREE = (
    "NOT EXISTS (SELECT 1 FROM callback JOIN job ON job.campaign_id = callback.campaign_id"
    " WHERE callback.contact_id = job_contact.contact_id AND callback.ended_at IS NULL"
    " AND job.job_id = job_contact.job_id)"
)
# Ranges, not one value: only they are read in the order of the index, whatever the planner takes for few.
FRESH, _RETRIES = "due_at <= 0", "due_at > 0"

# One step of the index for each time zone, however many contacts are in it.
_TIMEZONES = (
    f"WITH RECURSIVE part (timezone) AS (SELECT min(timezone) FROM job_contact WHERE {_PENDING}"
    f" UNION ALL SELECT (SELECT min(timezone) FROM job_contact WHERE {_PENDING}"
    " AND job_contact.timezone > part.timezone) FROM part WHERE part.timezone IS NOT NULL)"
)
TIMEZONES = f"{_TIMEZONES} SELECT timezone FROM part WHERE timezone IS NOT NULL"


_LEVELS = " UNION ALL ".join(f"SELECT {level} AS priority" for level in Priority)


def _first(which: str) -> str:
    return (
        f"(SELECT due_at FROM job_contact WHERE {_PENDING} AND job_contact.timezone = part.timezone"
        f" AND job_contact.priority = level.priority AND {which} AND {_FREE}"
        " ORDER BY due_at, contact_id LIMIT 1)"
    )


UPCOMING = (
    f"{_TIMEZONES} SELECT timezone, {_first(FRESH)}, {_first(_RETRIES)} FROM part"
    f" CROSS JOIN ({_LEVELS}) AS level WHERE timezone IS NOT NULL"
)

_ZONES_AT_ONCE = 100
"""Terms of one statement; SQLite takes 500."""


RETRIES_DUE = f"{_RETRIES} AND due_at <= ?"


def due_in(timezones: int, which: str) -> str:
    """Return the statement that finds what is due of a priority in so many time zones, the longest due first.

    Each of its terms comes in the order of the index, so that they are merged without being read whole.
    """
    term = (
        "SELECT due_at, contact_id, attempts, phone, left_out, course, priority FROM job_contact"
        f" WHERE {_PENDING} AND timezone = ? AND priority = ? AND {which} AND {_FREE}"
    )
    return " UNION ALL ".join([term] * timezones) + " ORDER BY due_at, contact_id LIMIT ?"


# Those of another share, the fullest before the others.
_OTHERS = (
    "SELECT zone, SUM(how_many) FROM job_pending WHERE job_id = ? AND zone <> ? GROUP BY zone"
    " HAVING SUM(how_many) > 0 ORDER BY SUM(how_many) DESC, zone"
)


def claim_contacts(
    tx: Transaction, token: Token, job_id: int, limit: int, now: float, only_retries: bool = False
) -> ContactsFetched:
    """Claim contacts that are due where it is open: by priority, retries first, then fresh ones if wanted.

    Those whose number can never be called come last, for the zone to see what else they have. A share that
    has ended, and one of a job that stops, gets none.
    """
    check_token(tx, token)
    sql, zone = tx.sql, token.zone
    if not lock_share(sql, job_id, zone) or not _goes_on(sql, job_id):
        return ContactsFetched(job_id, (), None)
    hours = read_calling_hours(tx, job_id)
    claimed = _claim(sql, job_id, zone, zone, _due(sql, (job_id, zone), hours, limit, now, only_retries))
    is_taken = False
    if not claimed and not only_retries:
        for other, waiting in sql.fetch(_OTHERS, (job_id, zone)):
            part = min(limit - len(claimed), (int(waiting) + 1) // 2)
            claimed += _claim(sql, job_id, other, zone, _due(sql, (job_id, other), hours, part, now, False))
            is_taken = bool(claimed)
    fold_pending(sql, job_id, (zone,))
    upcoming = sql.fetch(UPCOMING, (job_id, zone) * 4)
    fresh = [_possible_at(hours, name, due_at, now) for name, due_at, _ in upcoming if due_at is not None]
    retries = [_possible_at(hours, name, due_at, now) for name, _, due_at in upcoming if due_at is not None]
    if is_taken:
        fresh.append(now)  # there may be more
    contacts = read_contacts(sql, [(contact_id, *at_job, due_at) for due_at, contact_id, *at_job in claimed])
    return ContactsFetched(
        job_id, contacts, min((*fresh, *retries), default=None), min(retries, default=None)
    )


def _goes_on(sql: Sql, job_id: int) -> bool:
    return bool(sql.fetch("SELECT 1 FROM job WHERE job_id = ? AND state IN (?, ?)", (job_id, *GOES_ON)))


def _due(sql: Sql, job: Row, hours: CallingHours, limit: int, now: float, only_retries: bool) -> list[Row]:
    """Find what is due in a share, a job's id with a zone."""
    openings = {name: next_opening(hours, name, now) for (name,) in sql.fetch(TIMEZONES, (*job, *job))}
    open_now = [name for name, opening in openings.items() if opening == now]
    never = [name for name, opening in openings.items() if opening is None]
    due: list[Row] = []
    for names, priority in product((open_now, never), Priority):
        due += _find(sql, job, names, priority, RETRIES_DUE, (now,), limit - len(due))
        if not only_retries:
            due += _find(sql, job, names, priority, FRESH, (), limit - len(due))
    return due


def _claim(sql: Sql, job_id: int, of: str, zone: str, due: list[Row]) -> list[Row]:
    """Claim contacts of a share for a zone; return those that nobody else is just taking."""
    passing_over = sql.passing_over
    free: set[int] = set()
    for batch in batches([row[1] for row in due]):
        wanted = f"({marks(batch)})"
        rows = sql.fetch(
            "SELECT contact_id FROM job_contact WHERE job_id = ? AND zone = ? AND state = 'pending'"
            f" AND contact_id IN {wanted}{passing_over}",
            (job_id, of, *batch),
        )
        free.update(contact_id for (contact_id,) in rows)
    claimed = [row for row in due if row[1] in free]
    sql.execute_many(
        "UPDATE job_contact SET state = 'claimed', zone = ? WHERE job_id = ? AND contact_id = ?",
        ((zone, job_id, row[1]) for row in claimed),
    )
    return claimed


def _find(
    sql: Sql, job: Row, names: Sequence[str], priority: Priority, which: str, until: Row, limit: int
) -> list[Row]:
    found: list[Row] = []
    if not limit:
        return found
    for start in range(0, len(names), _ZONES_AT_ONCE):
        some = names[start : start + _ZONES_AT_ONCE]
        parameters = [value for name in some for value in (*job, name, priority, *until)]
        found += sql.fetch(due_in(len(some), which), (*parameters, limit))
    return sorted(found)[:limit]


def _possible_at(hours: CallingHours, timezone: str, due_at: float, now: float) -> float:
    """Return when a contact is both due and where it is open; when it is due, if that is never."""
    at = max(now, due_at)
    opening = next_opening(hours, timezone, at)
    return due_at if opening is None or opening == at else opening
