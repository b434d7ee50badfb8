"""Campaigns: a specification written to its tables and read back whole."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs
import sqlalchemy as sa
from attrs import frozen

from agentmgr.core.model import (
    AttributeSpec,
    CallingHours,
    CampaignSpec,
    CompletionCodeSpec,
    ExternalDestination,
)
from agentmgr.core.tasks import Step, Task
from agentmgr.store import schema as t
from agentmgr.store.sql import Transaction, marks
from protocol.enums import AttributeType, CallbackType, DialFailReason, PacingType


def _join(values: Iterable[object]) -> str:
    return ",".join(map(str, values))


def _split(text: str) -> list[str]:
    return text.split(",") if text else []


@frozen
class _Column:
    """How values of a type are kept in one column, and come back."""

    kept: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _of_values(cls: type[Any]) -> _Column:
    """Keep values of a class as JSON; fields that have their default are left out."""

    def kept(values: Iterable[Any]) -> str:
        defaults = {field.name: field.default for field in attrs.fields(cls)}
        return json.dumps(
            [
                {name: value for name, value in attrs.asdict(each).items() if value != defaults[name]}
                for each in values
            ]
        )

    return _Column(kept, lambda text: tuple(cls(**values) for values in json.loads(text)))


_PLAIN = _Column(lambda value: value, lambda value: value)
_TYPES: Mapping[object, _Column] = {
    str: _PLAIN,
    int: _PLAIN,
    float: _PLAIN,
    bool: _Column(int, bool),
    PacingType: _Column(str, PacingType),
    tuple[str, ...]: _Column(lambda names: json.dumps(list(names)), lambda text: tuple(json.loads(text))),
    tuple[Task, ...]: _of_values(Task),
    tuple[Step, ...]: _of_values(Step),
    tuple[CallbackType, ...]: _Column(_join, lambda text: tuple(map(CallbackType, _split(text)))),
}
# These have tables of their own, or several columns, and are written out below.
_APART = {"campaign_id", "completion_codes", "retry_s", "calling_hours", "attributes", "address_book"}
COLUMNS: Mapping[str, _Column] = {
    field.name: _TYPES[field.type] for field in attrs.fields(CampaignSpec) if field.name not in _APART
}
"""All other fields of a campaign are columns of the same name."""

if missing := COLUMNS.keys() - t.campaign.c.keys():
    raise TypeError(f"fields of a campaign without a column in its table: {missing}")


def add_campaign(
    tx: Transaction, spec: CampaignSpec, list_ids: Sequence[int], now: float, by: str
) -> CampaignSpec:
    """Write a new campaign; its id and its attributes come from the store."""
    made = {"created_at": now, "created_by": by, "updated_at": now, "updated_by": by}
    campaign_id = tx.tables.execute(
        sa.insert(t.campaign).values(**_row(spec), **made).returning(t.campaign.c.campaign_id)
    ).scalar_one()
    _insert_parts(tx, campaign_id, spec, list_ids)
    define_attributes(tx, spec.attributes)
    return read_campaign(tx, campaign_id)


def change_campaign(
    tx: Transaction, spec: CampaignSpec, list_ids: Sequence[int], now: float, by: str, while_it_runs: bool
) -> bool:
    """Write a campaign anew under its id, one version on; False if it is not as it was read, or runs."""
    campaign_id = spec.campaign_id
    as_read = sa.and_(t.campaign.c.campaign_id == campaign_id, t.campaign.c.version == spec.version)
    if not while_it_runs:
        live = sa.select(t.job.c.job_id).where(t.job.c.campaign_id == campaign_id, t.job.c.ended_at.is_(None))
        as_read = sa.and_(as_read, ~live.exists())
    written = {**_row(spec), "version": spec.version + 1, "updated_at": now, "updated_by": by}
    changed = tx.tables.execute(sa.update(t.campaign).where(as_read).values(**written))
    if not changed.rowcount:
        return False
    for table in (t.campaign_list, t.campaign_retry, t.campaign_destination, t.completion_code):
        tx.tables.execute(sa.delete(table).where(table.c.campaign_id == campaign_id))
    _insert_parts(tx, campaign_id, spec, list_ids)
    return True


def read_list_names(tx: Transaction, campaign_id: int) -> tuple[str, ...]:
    """Return the names of a campaign's contact lists."""
    return tuple(
        tx.tables.execute(
            sa.select(t.contact_list.c.name)
            .join(t.campaign_list)
            .where(t.campaign_list.c.campaign_id == campaign_id)
            .order_by(t.contact_list.c.name)
        ).scalars()
    )


def _row(spec: CampaignSpec) -> dict[str, Any]:
    hours = spec.calling_hours
    return {
        **{name: column.kept(getattr(spec, name)) for name, column in COLUMNS.items()},
        "calling_start_min": hours.start_min,
        "calling_end_min": hours.end_min,
        "calling_weekdays": _join(sorted(hours.weekdays)),
    }


def _insert_parts(tx: Transaction, campaign_id: int, spec: CampaignSpec, list_ids: Sequence[int]) -> None:
    _insert(tx, t.campaign_list, campaign_id, ({"list_id": list_id} for list_id in list_ids))
    _insert(
        tx,
        t.campaign_retry,
        campaign_id,
        ({"reason": str(reason), "retry_s": retry_s} for reason, retry_s in spec.retry_s.items()),
    )
    _insert(
        tx,
        t.campaign_destination,
        campaign_id,
        (
            {"position": position, "name": destination.name, "number": destination.number}
            for position, destination in enumerate(spec.address_book)
        ),
    )
    _insert(
        tx,
        t.completion_code,
        campaign_id,
        (
            {
                "code_id": code.code_id,
                "position": position,
                "name": code.name,
                "success": int(code.success),
                "retry_after_s": code.retry_after_s,
            }
            for position, code in enumerate(spec.completion_codes)
        ),
    )


def read_campaign(tx: Transaction, campaign_id: int) -> CampaignSpec:
    """Read a campaign that exists."""
    row = tx.tables.execute(sa.select(t.campaign).where(t.campaign.c.campaign_id == campaign_id)).one()
    retries = _rows(tx, t.campaign_retry, campaign_id)
    destinations = _rows(tx, t.campaign_destination, campaign_id, t.campaign_destination.c.position)
    codes = _rows(tx, t.completion_code, campaign_id, t.completion_code.c.position)
    return CampaignSpec(
        campaign_id=campaign_id,
        **{name: column.read(getattr(row, name)) for name, column in COLUMNS.items()},
        calling_hours=_read_hours(row.calling_start_min, row.calling_end_min, row.calling_weekdays),
        retry_s={DialFailReason(r.reason): r.retry_s for r in retries},
        address_book=tuple(ExternalDestination(d.name, d.number) for d in destinations),
        completion_codes=tuple(
            CompletionCodeSpec(c.code_id, c.name, bool(c.success), c.retry_after_s) for c in codes
        ),
        attributes=read_attributes(tx),
    )


def _read_hours(start_min: int, end_min: int, weekdays: str) -> CallingHours:
    return CallingHours(start_min, end_min, frozenset(int(weekday) for weekday in _split(weekdays)))


def read_calling_hours(tx: Transaction, job_id: int) -> CallingHours:
    """Return when a job's campaign may call, as it is set now."""
    ((start_min, end_min, weekdays),) = tx.sql.fetch(
        "SELECT calling_start_min, calling_end_min, calling_weekdays FROM campaign"
        " JOIN job ON job.campaign_id = campaign.campaign_id WHERE job_id = ?",
        (job_id,),
    )
    return _read_hours(start_min, end_min, weekdays)


def read_filter(tx: Transaction, campaign_id: int) -> str:
    """Return which contacts a campaign calls, as it is set now."""
    ((found,),) = tx.sql.fetch("SELECT filter FROM campaign WHERE campaign_id = ?", (campaign_id,))
    return str(found)


def find_campaign(tx: Transaction, name: str) -> CampaignSpec | None:
    """Look a campaign up by its name."""
    campaign_id = tx.tables.execute(
        sa.select(t.campaign.c.campaign_id).where(t.campaign.c.name == name)
    ).scalar_one_or_none()
    return None if campaign_id is None else read_campaign(tx, campaign_id)


def define_attributes(tx: Transaction, specs: Iterable[AttributeSpec]) -> None:
    """Make attributes known that are not yet."""
    known = {spec.name for spec in read_attributes(tx)}
    for spec in specs:
        if spec.name not in known:
            known.add(spec.name)
            tx.tables.execute(
                sa.insert(t.attribute_spec).values(
                    name=spec.name,
                    data_type=spec.data_type,
                    attribute_type=spec.attribute_type,
                    display_name=spec.display_name,
                    organisation=spec.organisation,
                )
            )


def put_attribute(tx: Transaction, spec: AttributeSpec) -> None:
    """Make an attribute known, or replace the one with the same name; it keeps its place."""
    define_attributes(tx, [spec])
    tx.tables.execute(
        sa.update(t.attribute_spec)
        .where(t.attribute_spec.c.name == spec.name)
        .values(
            data_type=spec.data_type,
            attribute_type=spec.attribute_type,
            display_name=spec.display_name,
            organisation=spec.organisation,
        )
    )


_VALUES = (
    " UNION ALL ".join(
        f"SELECT contact.contact_id, contact_list.name, contact.user_contact_id, {value} FROM contact"
        " JOIN contact_list ON contact_list.list_id = contact.list_id"
        f" JOIN {table} ON {table}.contact_id = contact.contact_id"
        f" AND {table}.name = ? WHERE contact.contact_id > ? AND contact.contact_id <= ?"
        for table, value in (("contact_attribute", "value"), ("contact_phone", "number"))
    )
    + " ORDER BY 1"
)


def read_values(
    tx: Transaction, name: str, after_contact_id: int, contacts: int
) -> tuple[tuple[tuple[str, str, str], ...], int | None]:
    """Return the values of an attribute that the next contacts have; reads a range of contacts alone."""
    ids = tx.sql.fetch(
        "SELECT contact_id FROM contact WHERE contact_id > ? ORDER BY contact_id LIMIT ?",
        (after_contact_id, contacts),
    )
    if not ids:
        return (), None
    last = ids[-1][0]
    rows = tx.sql.fetch(_VALUES, (name, after_contact_id, last) * 2)
    return tuple(row[1:] for row in rows), last


def read_attributes(tx: Transaction, names: Collection[str] | None = None) -> tuple[AttributeSpec, ...]:
    """Return all known attributes, or those of some names."""
    few = tuple(names) if names is not None and len(names) <= _FEW else ()
    of_these = f" WHERE name IN ({marks(few)})" if few else ""
    rows = tx.sql.fetch(f"{_ATTRIBUTES}{of_these} ORDER BY position", few)
    return tuple(_attribute(*row) for row in rows if names is None or row[0] in names)


# nearly every call reads some
_FEW = 100
_ATTRIBUTES = "SELECT name, data_type, attribute_type, display_name, organisation FROM attribute_spec"


@lru_cache(maxsize=4096)
def _attribute(name: str, data_type: str, kind: str, display_name: str, organisation: str) -> AttributeSpec:
    return AttributeSpec(name, data_type, AttributeType(kind), display_name, organisation)


def _insert(tx: Transaction, table: sa.Table, campaign_id: int, rows: Iterable[dict[str, Any]]) -> None:
    values = [{"campaign_id": campaign_id, **row} for row in rows]
    if values:
        tx.tables.execute(sa.insert(table), values)


def _rows(
    tx: Transaction, table: sa.Table, campaign_id: int, *order: sa.Column[Any]
) -> Sequence[sa.Row[Any]]:
    return tx.tables.execute(
        sa.select(table).where(table.c.campaign_id == campaign_id).order_by(*order)
    ).all()
