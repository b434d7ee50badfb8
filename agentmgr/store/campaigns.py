"""Campaigns: a specification written to its tables and read back whole."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from agentmgr.core.model import (
    AttributeSpec,
    CallingHours,
    CampaignSpec,
    CompletionCodeSpec,
    ExternalDestination,
)
from agentmgr.store import schema as t
from protocol.enums import AttributeType, CallbackType, DialFailReason, PacingType

# Fields that are columns of the same name, and need no conversion.
_PLAIN = (
    "name",
    "skill",
    "default_code_id",
    "min_skill_level",
    "priority",
    "script_url",
    "script_failover_url",
    "abandon_limit",
    "ring_time_s",
    "preview_timeout_s",
    "acw_max_time_s",
    "acw_extensions",
    "max_attempts",
    "nuisance_retry_s",
    "callback_expiry_min",
)


def add_campaign(
    connection: sa.Connection, spec: CampaignSpec, list_ids: Sequence[int], now: float
) -> CampaignSpec:
    """Write a new campaign; its id and its attributes come from the store."""
    hours = spec.calling_hours
    campaign_id = connection.execute(
        sa.insert(t.campaign)
        .values(
            **{name: getattr(spec, name) for name in _PLAIN},
            pacing=spec.pacing,
            calling_start_min=hours.start_min,
            calling_end_min=hours.end_min,
            calling_weekdays=_join(sorted(hours.weekdays)),
            allow_free_form=int(spec.allow_free_form),
            callback_types=_join(spec.callback_types),
            created_at=now,
        )
        .returning(t.campaign.c.campaign_id)
    ).scalar_one()
    _insert(connection, t.campaign_list, campaign_id, ({"list_id": list_id} for list_id in list_ids))
    _insert(
        connection,
        t.campaign_retry,
        campaign_id,
        ({"reason": str(reason), "retry_s": retry_s} for reason, retry_s in spec.retry_s.items()),
    )
    _insert(
        connection,
        t.campaign_destination,
        campaign_id,
        (
            {"position": position, "name": destination.name, "number": destination.number}
            for position, destination in enumerate(spec.address_book)
        ),
    )
    _insert(
        connection,
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
    define_attributes(connection, spec.attributes)
    return read_campaign(connection, campaign_id)


def read_campaign(connection: sa.Connection, campaign_id: int) -> CampaignSpec:
    """Read a campaign that exists."""
    row = connection.execute(sa.select(t.campaign).where(t.campaign.c.campaign_id == campaign_id)).one()
    retries = _rows(connection, t.campaign_retry, campaign_id)
    destinations = _rows(connection, t.campaign_destination, campaign_id, t.campaign_destination.c.position)
    codes = _rows(connection, t.completion_code, campaign_id, t.completion_code.c.position)
    return CampaignSpec(
        campaign_id=campaign_id,
        **{name: getattr(row, name) for name in _PLAIN},
        pacing=PacingType(row.pacing),
        calling_hours=CallingHours(
            row.calling_start_min,
            row.calling_end_min,
            frozenset(int(weekday) for weekday in _split(row.calling_weekdays)),
        ),
        allow_free_form=bool(row.allow_free_form),
        callback_types=tuple(CallbackType(value) for value in _split(row.callback_types)),
        retry_s={DialFailReason(r.reason): r.retry_s for r in retries},
        address_book=tuple(ExternalDestination(d.name, d.number) for d in destinations),
        completion_codes=tuple(
            CompletionCodeSpec(c.code_id, c.name, bool(c.success), c.retry_after_s) for c in codes
        ),
        attributes=read_attributes(connection),
    )


def find_campaign(connection: sa.Connection, name: str) -> CampaignSpec | None:
    """Look a campaign up by its name."""
    campaign_id = connection.execute(
        sa.select(t.campaign.c.campaign_id).where(t.campaign.c.name == name)
    ).scalar_one_or_none()
    return None if campaign_id is None else read_campaign(connection, campaign_id)


def define_attributes(connection: sa.Connection, specs: Iterable[AttributeSpec]) -> None:
    """Make attributes known that are not yet."""
    known = {spec.name for spec in read_attributes(connection)}
    for spec in specs:
        if spec.name not in known:
            known.add(spec.name)
            connection.execute(
                sa.insert(t.attribute_spec).values(
                    name=spec.name, data_type=spec.data_type, attribute_type=spec.attribute_type
                )
            )


def read_attributes(connection: sa.Connection) -> tuple[AttributeSpec, ...]:
    """Return all known attributes."""
    rows = connection.execute(sa.select(t.attribute_spec).order_by(t.attribute_spec.c.position)).all()
    return tuple(AttributeSpec(r.name, r.data_type, AttributeType(r.attribute_type)) for r in rows)


def _insert(
    connection: sa.Connection, table: sa.Table, campaign_id: int, rows: Iterable[dict[str, Any]]
) -> None:
    values = [{"campaign_id": campaign_id, **row} for row in rows]
    if values:
        connection.execute(sa.insert(table), values)


def _rows(
    connection: sa.Connection, table: sa.Table, campaign_id: int, *order: sa.Column[Any]
) -> Sequence[sa.Row[Any]]:
    return connection.execute(
        sa.select(table).where(table.c.campaign_id == campaign_id).order_by(*order)
    ).all()


def _join(values: Iterable[object]) -> str:
    return ",".join(map(str, values))


def _split(text: str) -> list[str]:
    return text.split(",") if text else []
