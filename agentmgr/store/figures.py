"""Figures of minutes: seconds are added up, what was counted is taken from the counters as they are."""

from collections.abc import Sequence
from itertools import groupby

from agentmgr.ports import MinuteFigure, Sampled
from agentmgr.store.counters import ABANDONED, Counted
from agentmgr.store.sql import Transaction

_COUNTED = (
    f"SELECT COALESCE(SUM(CASE counted WHEN '{Counted.Attempts}' THEN how_many"
    f" WHEN '{Counted.Undialed}' THEN -how_many ELSE 0 END), 0),"
    f" COALESCE(SUM(CASE WHEN counted = '{Counted.Answered}' THEN how_many END), 0),"
    f" COALESCE(SUM(CASE WHEN counted = '{Counted.Outcome}' AND name = '{ABANDONED}' THEN how_many END), 0),"
    f" COALESCE(SUM(CASE WHEN counted = '{Counted.Done}' THEN how_many END), 0)"
    " FROM job_counter WHERE job_id = ? AND zone = ?"
)
_ADDED = ("sampled_s", "idle_s", "busy_s", "other_s", "ringing_s")
_TAKEN = ("callbacks", "dials", "live_answers", "abandoned", "done")
_COLUMNS = ", ".join(("job_id", "minute", "zone", *_ADDED, *_TAKEN))
_TYPES = ("BIGINT", "TEXT", *(5 * ("DOUBLE PRECISION",)), *(5 * ("INTEGER",)))
_CHANGES = ", ".join(
    [f"{name} = minute_figure.{name} + excluded.{name}" for name in _ADDED]
    + [f"{name} = excluded.{name}" for name in _TAKEN]
)
# of a job that may have been deleted meanwhile
_ADD = (
    f"INSERT INTO minute_figure ({_COLUMNS})"
    f" SELECT job_id, {', '.join(f'CAST(? AS {kind})' for kind in _TYPES)} FROM job WHERE job_id = ?"
    f" ON CONFLICT (job_id, minute, zone) DO UPDATE SET {_CHANGES}"
)
_OF_JOBS = (
    f"SELECT {_COLUMNS} FROM minute_figure WHERE job_id IN (SELECT job_id FROM job WHERE campaign_id = ?)"
    " AND minute >= ? AND minute < ? ORDER BY job_id, zone, minute"
)
_BEFORE = (
    f"SELECT {_COLUMNS} FROM minute_figure WHERE job_id = ? AND zone = ? AND minute < ?"
    " ORDER BY minute DESC LIMIT 1"
)


def add_figures(tx: Transaction, sampled: Sequence[Sampled]) -> None:
    """Keep what was sampled."""
    for each in sampled:
        (counted,) = tx.sql.fetch(_COUNTED, (each.job_id, each.zone))
        seconds = each.sampled_s, each.idle_s, each.busy_s, each.other_s, each.ringing_s
        values = each.minute, each.zone, *seconds, each.callbacks, *map(int, counted), each.job_id
        tx.sql.execute(_ADD, values)


def read_figures(tx: Transaction, campaign_id: int, first: int, last: int) -> tuple[MinuteFigure, ...]:
    """Return those of a campaign, by job, zone and minute."""
    found: list[MinuteFigure] = []
    rows = tx.sql.fetch(_OF_JOBS, (campaign_id, first, last))
    for (job_id, zone), figures in groupby(rows, key=lambda row: (row[0], row[2])):
        found += [_figure(*row) for row in tx.sql.fetch(_BEFORE, (job_id, zone, first))]
        found += [_figure(*row) for row in figures]
    return tuple(found)


def _figure(*row: object) -> MinuteFigure:
    return MinuteFigure(Sampled(*row[:9]), *row[9:])  # type: ignore[arg-type]  # as the columns have them


def drop_figures(tx: Transaction, before: int, limit: int) -> int:
    """Forget some that are of minutes before one."""
    rows = tx.sql.fetch(
        "SELECT job_id, minute, zone FROM minute_figure WHERE minute < ? ORDER BY minute LIMIT ?",
        (before, limit),
    )
    tx.sql.execute_many("DELETE FROM minute_figure WHERE job_id = ? AND minute = ? AND zone = ?", rows)
    return len(rows)
