"""Filters of campaigns as conditions on contacts, their values bound, alike for each kind of database."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from agentmgr.core.filters import All, Comparison, Either, Expression, Not, Operator, Value, parse
from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES, USER_CONTACT_ID
from agentmgr.store import schema as t
from agentmgr.store.sql import Transaction, batches

Condition = sa.ColumnElement[bool]
_OF_ZONE = {zone: phone for phone, zone in PHONE_ZONE_ATTRIBUTES.items()}
_ORDER = {
    Operator.LESS: lambda one, other: one < other,
    Operator.LESS_OR_EQUAL: lambda one, other: one <= other,
    Operator.GREATER: lambda one, other: one > other,
    Operator.GREATER_OR_EQUAL: lambda one, other: one >= other,
    Operator.EQUAL: lambda one, other: one == other,
}


def passes(tx: Transaction, text: str) -> Condition:
    """Return the condition that a filter is on rows of `contact`."""
    expression = parse(text)
    if expression is None:
        return sa.true()
    phones = tx.tables.execute(
        sa.select(t.attribute_spec.c.name).where(t.attribute_spec.c.data_type == "phone")
    ).scalars()
    return _condition(expression, frozenset(phones) | PHONE_ZONE_ATTRIBUTES.keys())


def passing(tx: Transaction, text: str, contact_ids: Sequence[int]) -> Sequence[int]:
    """Return those of some contacts that a filter lets through, in their order."""
    if not text.strip():
        return contact_ids
    condition, found = passes(tx, text), set[int]()
    for batch in batches(contact_ids):
        query = sa.select(t.contact.c.contact_id).where(t.contact.c.contact_id.in_(batch), condition)
        found.update(tx.tables.execute(query).scalars())
    return [each for each in contact_ids if each in found]


def _condition(expression: Expression, phones: Collection[str]) -> Condition:
    match expression:
        case Not(part):
            return sa.not_(_condition(part, phones))
        case All(parts):
            return sa.and_(*(_condition(each, phones) for each in parts))
        case Either(parts):
            return sa.or_(*(_condition(each, phones) for each in parts))
        case Comparison(attribute, operator, values, _):
            return _has(attribute, phones, operator, values)


def _has(attribute: str, phones: Collection[str], operator: Operator, values: Sequence[Value]) -> Condition:
    """Return whether a contact has a value of an attribute that compares so; without one it has not."""
    if attribute == USER_CONTACT_ID:
        return _compares(t.contact.c.user_contact_id, operator, values)
    if attribute in phones:
        return _exists(t.contact_phone, attribute, t.contact_phone.c.number, operator, values)
    if attribute in _OF_ZONE:
        phone = _OF_ZONE[attribute]
        return _exists(t.contact_phone, phone, t.contact_phone.c.timezone, operator, values)
    return _exists(t.contact_attribute, attribute, t.contact_attribute.c.value, operator, values)


def _exists(
    table: sa.Table, name: str, column: sa.Column[str], operator: Operator, values: Sequence[Value]
) -> Condition:
    return (
        sa.select(sa.literal(1))
        .select_from(table)
        .where(
            table.c.contact_id == t.contact.c.contact_id,
            table.c.name == name,
            _compares(column, operator, values),
        )
        .correlate(t.contact)
        .exists()
    )


def _compares(column: sa.Column[str], operator: Operator, values: Sequence[Value]) -> Condition:
    if operator is Operator.FILLED:
        return column != ""
    return sa.or_(*(_compares_with(column, operator, value) for value in values))


def _compares_with(column: sa.Column[str], operator: Operator, value: Value) -> Condition:
    if isinstance(value, bool):
        return sa.func.lower(column) == str(value).lower()
    if isinstance(value, Decimal):
        number = sa.cast(sa.literal(format(value, "f"), sa.Text()), sa.Numeric())
        return sa.case((_is_number(column), _ORDER[operator](_as_number(column), number)), else_=sa.false())
    if operator is Operator.CONTAINS:
        # LIKE is not alike in case in all kinds of database
        return sa.func.replace(column, value, "") != column
    if operator is Operator.STARTS:
        return sa.func.substr(column, 1, len(value)) == value
    if operator is Operator.EQUAL:
        return column == value
    return sa.and_(column.like("____-__-__"), _ORDER[operator](column, value))


def _as_number(column: sa.Column[str]) -> sa.ColumnElement[Any]:
    return sa.cast(column, sa.Numeric())


def _is_number(column: sa.Column[str]) -> Condition:
    """Return whether a text is a number, so that no database tries to read another as one."""
    has_sign = sa.func.substr(column, 1, 1).in_(("+", "-"))
    digits = sa.case((has_sign, sa.func.substr(column, 2)), else_=column)
    whole = sa.func.replace(digits, ".", "")
    return sa.and_(
        sa.func.ltrim(digits, "0123456789.") == "",
        sa.func.length(digits) - sa.func.length(whole) <= 1,
        sa.func.length(whole).between(1, 40),
    )
