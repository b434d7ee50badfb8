"""Schedules: kept, found by when they are due, fired once."""

from collections.abc import Sequence

import sqlalchemy as sa

from agentmgr.core.recurrence import Frequency, Recurrence
from agentmgr.ports import Firing, Schedule, Target
from agentmgr.store import schema as t
from agentmgr.store.jobs import create_job
from agentmgr.store.sql import Transaction

KEPT_S = 30 * 86_400.0
"""So long after its last firing a schedule that is over can be looked at."""

_SUBJECTS = {Target.RUN: "campaign_id", Target.ARCHIVE: "campaign_id", Target.IMPORT: "source_id"}


def add_schedule(
    tx: Transaction,
    target: Target,
    subject_id: int,
    recurrence: Recurrence,
    next_at: float,
    made_by: str,
    now: float,
) -> int:
    """Keep a schedule and return its id; one for archival replaces the one that its campaign has."""
    schedule = t.schedule.c
    tx.tables.execute(
        sa.delete(t.schedule).where(schedule.next_at.is_(None), schedule.last_at < now - KEPT_S)
    )
    if target is Target.ARCHIVE:
        tx.tables.execute(
            sa.delete(t.schedule).where(schedule.target == str(target), schedule.campaign_id == subject_id)
        )
    schedule_id: int = tx.tables.execute(
        sa.insert(t.schedule)
        .values(
            target=str(target),
            frequency=str(recurrence.frequency),
            start_local=recurrence.start,
            end_local=recurrence.end,
            timezone=recurrence.timezone,
            every_min=recurrence.every_min,
            weekdays=_written(recurrence.weekdays),
            left_out=_written(recurrence.left_out),
            next_at=next_at,
            outcome="",
            made_by=made_by,
            created_at=now,
            **{_SUBJECTS[target]: subject_id},
        )
        .returning(schedule.schedule_id)
    ).scalar_one()
    return schedule_id


def read_schedules(tx: Transaction) -> tuple[Schedule, ...]:
    """Return all schedules by id."""
    return tuple(sorted(_read(tx, sa.select(t.schedule)), key=lambda each: each.schedule_id))


def due_schedules(tx: Transaction, now: float, limit: int) -> tuple[Schedule, ...]:
    """Return some of the schedules that are due, the first ones first."""
    next_at = t.schedule.c.next_at
    due = sa.select(t.schedule).where(next_at.is_not(None), next_at <= now)
    found = _read(tx, due.order_by(next_at, t.schedule.c.schedule_id).limit(limit))
    return tuple(sorted(found, key=lambda each: (each.next_at, each.schedule_id)))


def _read(tx: Transaction, query: sa.Select[tuple[object, ...]]) -> tuple[Schedule, ...]:
    which = query.subquery()
    name = sa.func.coalesce(t.campaign.c.name, t.data_source.c.name, "").label("subject")
    rows = tx.tables.execute(
        sa.select(which, name)
        .outerjoin(t.campaign, t.campaign.c.campaign_id == which.c.campaign_id)
        .outerjoin(t.data_source, t.data_source.c.source_id == which.c.source_id)
    ).all()
    return tuple(
        Schedule(
            row.schedule_id,
            Target(row.target),
            row.subject,
            row.source_id if row.campaign_id is None else row.campaign_id,
            Recurrence(
                Frequency(row.frequency),
                row.start_local,
                row.timezone,
                row.end_local,
                row.every_min,
                _days(row.weekdays),
                _days(row.left_out),
            ),
            row.next_at,
            row.made_by,
            row.last_at,
            row.outcome,
        )
        for row in rows
    )


def _written(days: Sequence[int]) -> str:
    return ",".join(map(str, days))


def _days(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(","))) if text else ()


def remove_schedule(tx: Transaction, schedule_id: int) -> bool:
    """Forget a schedule; False if there is none."""
    return (
        tx.tables.execute(sa.delete(t.schedule).where(t.schedule.c.schedule_id == schedule_id)).rowcount > 0
    )


def next_firing(tx: Transaction) -> float | None:
    """Return when the next schedule is due; None if there is none."""
    next_at = t.schedule.c.next_at
    found: float | None = tx.tables.execute(
        sa.select(next_at).where(next_at.is_not(None)).order_by(next_at).limit(1)
    ).scalar()
    return found


def pass_firing(tx: Transaction, firing: Firing) -> bool:
    """Let a schedule go on to its next firing; False if somebody has done so, or has taken it away."""
    schedule = t.schedule.c
    return (
        tx.tables.execute(
            sa.update(t.schedule)
            .where(
                schedule.schedule_id == firing.schedule.schedule_id,
                schedule.next_at == firing.schedule.next_at,
            )
            .values(next_at=firing.next_at, last_at=firing.at, outcome=firing.outcome)
        ).rowcount
        == 1
    )


def fire_run(tx: Transaction, firing: Firing, zones: Sequence[str]) -> int | None:
    """Do that, and make an empty job in preparation in the same transaction; None if somebody was first."""
    if not pass_firing(tx, firing):
        return None
    return create_job(tx, firing.schedule.subject_id, zones, firing.at)


def note_outcome(tx: Transaction, schedule_id: int, outcome: str) -> None:
    """Keep what came of the last firing."""
    tx.tables.execute(
        sa.update(t.schedule).where(t.schedule.c.schedule_id == schedule_id).values(outcome=outcome)
    )
