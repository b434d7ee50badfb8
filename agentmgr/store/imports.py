"""Data sources, and imports from them: each batch is written with where the import stands behind it."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from attrs import asdict, evolve, fields

from agentmgr.ports import (
    GOES_TO,
    IMPORTS_OVER,
    Check,
    DataSource,
    Firing,
    ImportBatch,
    ImportCounts,
    ImportJob,
    ImportState,
    ImportStep,
    OnDuplicate,
    SourceKind,
)
from agentmgr.store import schema as t
from agentmgr.store.contacts import contact_ids, ensure_list, put_contacts
from agentmgr.store.schedules import pass_firing
from agentmgr.store.sql import Transaction

_COUNTS = tuple(each.name for each in fields(ImportCounts))
_WAITING = tuple(str(each) for each in ImportState if each not in (*IMPORTS_OVER, ImportState.PAUSED))


def add_source(tx: Transaction, source: DataSource, now: float) -> DataSource | None:
    """Keep a data source and return it with its id; None if there is one of that name."""
    if find_source(tx, source.name) is not None:
        return None
    list_id = ensure_list(tx, source.list_name, now, source.country, source.organisation)
    source_id = tx.tables.execute(
        sa.insert(t.data_source)
        .values(
            name=source.name,
            description=source.description,
            list_id=list_id,
            kind=str(source.kind),
            location=source.location,
            query=source.query,
            columns=json.dumps(dict(source.columns)),
            country=source.country,
            encoding=source.encoding,
            checks=json.dumps(sorted(source.checks)),
            on_duplicate=str(source.on_duplicate),
            empty_first=int(source.empty_first),
            allow_premium=int(source.allow_premium),
            made_by=source.made_by,
            created_at=now,
        )
        .returning(t.data_source.c.source_id)
    ).scalar_one()
    return evolve(source, source_id=source_id)


def find_source(tx: Transaction, name: str) -> DataSource | None:
    """Look a data source up."""
    return next(iter(_sources(tx, t.data_source.c.name == name)), None)


def read_sources(tx: Transaction) -> tuple[DataSource, ...]:
    """Return all data sources by name."""
    return tuple(sorted(_sources(tx, sa.true()), key=lambda each: each.name))


def _sources(tx: Transaction, which: sa.ColumnElement[bool]) -> list[DataSource]:
    rows = tx.tables.execute(
        sa.select(t.data_source, t.contact_list.c.name.label("list_name"), t.contact_list.c.organisation)
        .join(t.contact_list)
        .where(which)
    ).all()
    return [
        DataSource(
            row.source_id,
            row.name,
            row.list_name,
            SourceKind(row.kind),
            row.location,
            row.query,
            row.description,
            json.loads(row.columns),
            row.country,
            row.encoding,
            frozenset(map(Check, json.loads(row.checks))),
            OnDuplicate(row.on_duplicate),
            bool(row.empty_first),
            bool(row.allow_premium),
            row.made_by,
            row.organisation,
        )
        for row in rows
    ]


def remove_source(tx: Transaction, source_id: int) -> bool:
    """Forget a data source with its schedules and imports; False while one of those is not over."""
    job = t.import_job.c
    live = sa.select(job.import_id).where(job.source_id == source_id, job.ended_at.is_(None))
    if tx.tables.execute(live.limit(1)).first() is not None:
        return False
    for table in (t.schedule, t.import_job, t.data_source):
        tx.tables.execute(sa.delete(table).where(table.c.source_id == source_id))
    return True


def queue_import(tx: Transaction, source_id: int, made_by: str, now: float) -> int:
    """Let an import from a data source wait for somebody who carries it out; return its id."""
    import_id: int = tx.tables.execute(
        sa.insert(t.import_job)
        .values(
            source_id=source_id,
            state=str(ImportState.QUEUED),
            owner="",
            seen_at=now,
            position=0,
            fingerprint="",
            error="",
            made_by=made_by,
            created_at=now,
            **dict.fromkeys(_COUNTS, 0),
        )
        .returning(t.import_job.c.import_id)
    ).scalar_one()
    return import_id


def fire_import(tx: Transaction, firing: Firing) -> int | None:
    """Do that with the firing of a schedule; None if somebody else was first."""
    if not pass_firing(tx, firing):
        return None
    return queue_import(tx, firing.schedule.subject_id, firing.schedule.made_by, firing.at)


def find_import(tx: Transaction, import_id: int) -> ImportJob | None:
    """Look an import up."""
    return next(
        iter(_imports(tx, sa.select(t.import_job).where(t.import_job.c.import_id == import_id))), None
    )


def read_imports(
    tx: Transaction, source_id: int | None, states: Iterable[ImportState], limit: int
) -> tuple[ImportJob, ...]:
    """Return imports that are in some states, of a data source or of all, the newest first."""
    job = t.import_job.c
    query = sa.select(t.import_job).where(job.state.in_([str(each) for each in states]))
    if source_id is not None:
        query = query.where(job.source_id == source_id)
    found = _imports(tx, query.order_by(job.import_id.desc()).limit(limit))
    return tuple(sorted(found, key=lambda each: -each.import_id))


def _imports(tx: Transaction, query: sa.Select[Any]) -> list[ImportJob]:
    rows = tx.tables.execute(query).all()
    ids = {row.source_id for row in rows}
    sources = (
        {each.source_id: each for each in _sources(tx, t.data_source.c.source_id.in_(ids))} if ids else {}
    )
    return [
        ImportJob(
            row.import_id,
            sources[row.source_id],
            ImportState(row.state),
            ImportCounts(*(row._mapping[name] for name in _COUNTS)),
            row.position,
            row.fingerprint,
            row.error,
            row.owner,
            row.seen_at,
            row.made_by,
            row.created_at,
            row.started_at,
            row.ended_at,
        )
        for row in rows
    ]


def move_import(tx: Transaction, import_id: int, allowed: Sequence[ImportState], state: ImportState) -> bool:
    """Let an import be in a state if it is in an allowed one; return whether it was."""
    job = t.import_job.c
    moved = sa.update(t.import_job).where(
        job.import_id == import_id, job.state.in_([str(each) for each in allowed])
    )
    return tx.tables.execute(moved.values(state=str(state))).rowcount == 1


def claim_import(tx: Transaction, owner: str, now: float, dead_before: float) -> ImportJob | None:
    """Become the one who carries out the oldest import that waits for somebody; None if none does."""
    job = t.import_job.c
    is_dead = sa.and_(job.owner != owner, job.seen_at < dead_before)
    is_free = sa.or_(job.owner == "", is_dead)
    waiting = sa.and_(job.ended_at.is_(None), job.state.in_(_WAITING), is_free)
    ids = tx.tables.execute(sa.select(job.import_id).where(waiting).order_by(job.import_id)).scalars().all()
    for import_id in ids:
        claim = sa.update(t.import_job).where(job.import_id == import_id, waiting)
        started_at = sa.func.coalesce(job.started_at, now)
        if tx.tables.execute(claim.values(owner=owner, seen_at=now, started_at=started_at)).rowcount:
            return find_import(tx, import_id)
    return None


def take_step(
    tx: Transaction,
    job: ImportJob,
    now: float,
    state: ImportState | None,
    fingerprint: str | None,
    error: str,
    deleted: int,
) -> ImportJob | None:
    """Say what its owner does with an import, or nothing more than that it lives; None if it is not its."""
    its = t.import_job.c
    mine = sa.update(t.import_job).where(its.import_id == job.import_id, its.owner == job.owner)
    values: dict[str, Any] = {"seen_at": now}
    if deleted:
        values["deleted"] = its.deleted + deleted
    if fingerprint is not None:
        values["fingerprint"] = fingerprint
    if tx.tables.execute(mine.values(**values)).rowcount != 1:
        return None
    if state is not None:
        before = [str(each) for each, after in GOES_TO.items() if state in after]
        values = {"state": str(state)}
        if error:
            values["error"] = error
        if state in IMPORTS_OVER:
            values |= {"ended_at": now, "owner": ""}
        if state is ImportState.PAUSED:
            values["owner"] = ""
        tx.tables.execute(mine.where(its.state.in_(before)).values(**values))
    return find_import(tx, job.import_id)


def release_import(tx: Transaction, job: ImportJob) -> None:
    """Let somebody else carry an import on."""
    its = t.import_job.c
    tx.tables.execute(
        sa.update(t.import_job).where(its.import_id == job.import_id, its.owner == job.owner).values(owner="")
    )


_STANDS_BEHIND = (
    "UPDATE import_job SET position = position + CAST(? AS BIGINT), seen_at = ?, "
    + ", ".join(f"{name} = {name} + CAST(? AS BIGINT)" for name in _COUNTS)
    + " WHERE import_id = ? AND owner = ? AND position = ?"
)


def put_batch(tx: Transaction, job: ImportJob, batch: ImportBatch, now: float) -> ImportStep | None:
    """Store a batch with what it counts, and where the import stands behind it, all or nothing."""
    source = job.source
    ((list_id,),) = tx.sql.fetch("SELECT list_id FROM data_source WHERE source_id = ?", (source.source_id,))
    drafts, ignored = list(batch.drafts), 0
    if source.on_duplicate is OnDuplicate.IGNORE:
        there = set(contact_ids(tx.sql, list_id, {each.user_contact_id for each in drafts}))
        fresh = []
        for each in drafts:
            if each.user_contact_id not in there:
                there.add(each.user_contact_id)
                fresh.append(each)
        ignored, drafts = len(drafts) - len(fresh), fresh
    put = put_contacts(tx, list_id, drafts, now, job.made_by, create=True, update=True)
    counts = evolve(
        batch.counts,
        created=put.created,
        updated=put.updated,
        ignored=ignored,
        invalid=batch.counts.invalid + len(put.too_large),
    )
    behind = (batch.rows, now, *asdict(counts).values(), job.import_id, job.owner, batch.position)
    if tx.sql.execute(_STANDS_BEHIND, behind) != 1:
        raise NotMine
    ((state,),) = tx.sql.fetch("SELECT state FROM import_job WHERE import_id = ?", (job.import_id,))
    return ImportStep(ImportState(state), put.taken_in)


class NotMine(Exception):
    """An import belongs to somebody else by now: nothing of the batch may be written."""
