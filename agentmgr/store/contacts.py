"""Contacts: storing them in bulk, reading them back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import sqlalchemy as sa

from agentmgr.core.contact_size import least_room, room_for_values, values_bytes
from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES, USER_CONTACT_ID, ContactSpec, PhoneNumber, Priority
from agentmgr.core.tasks import Course
from agentmgr.ports import ContactDraft, ContactList, ContactsPut
from agentmgr.store import schema as t
from agentmgr.store.campaigns import read_attributes
from agentmgr.store.intake import IN_TURN, take_in
from agentmgr.store.sql import Row, Sql, Transaction, batches, marks

_OF_PHONE = (
    "SELECT contact_phone.timezone FROM contact_phone WHERE contact_phone.contact_id = job_contact.contact_id"
)
_ITS_TIMEZONE = (
    f"COALESCE(({_OF_PHONE} AND contact_phone.name = {{phone}}),"
    f" ({_OF_PHONE} ORDER BY {IN_TURN} LIMIT 1), '')"
)
"""The time zone of the number of a name; that of the contact's first one where there is none of that name."""
GIVEN_TIMEZONE = _ITS_TIMEZONE.format(phone="?")
_TIMEZONE = _ITS_TIMEZONE.format(phone="job_contact.phone")
FOLLOW_NUMBER = (
    f"UPDATE job_contact SET timezone = {_TIMEZONE} WHERE contact_id = ? AND state <> 'done'"
    f" AND job_id IN (SELECT job_id FROM job WHERE ended_at IS NULL) AND timezone <> {_TIMEZONE}"
)
"""After a change of a contact's numbers: jobs that are not over find it where its number is now."""

LIST_HAS = (
    "INSERT INTO list_attribute (list_id, name) SELECT list_id, CAST(? AS TEXT) FROM contact"
    " WHERE contact_id = ? ON CONFLICT (list_id, name) DO NOTHING"
)
"""After an attribute of a contact was given a value."""
CHANGED_BY = "UPDATE contact SET updated_at = ?, updated_by = ? WHERE contact_id = ?"
"""After somebody changed a contact."""
CORRECT_CALLBACKS = (
    "UPDATE callback SET number = ?, timezone = ? WHERE contact_id = ? AND number_name = ?"
    " AND ended_at IS NULL AND number <> ? AND number = (SELECT number FROM contact_phone"
    " WHERE contact_phone.contact_id = callback.contact_id AND name = callback.number_name)"
)
"""Before a number is changed: who is to be called back at it is called at the new one."""


_ATTRIBUTES = "SELECT contact_id, name, value FROM contact_attribute WHERE contact_id IN "
_PHONES = "SELECT contact_id, name, number, timezone, wireless FROM contact_phone WHERE contact_id IN "


def put_contacts(
    tx: Transaction,
    list_id: int,
    drafts: Sequence[ContactDraft],
    now: float,
    by: str,
    create: bool,
    update: bool,
) -> ContactsPut:
    """Insert contacts, or update those whose id is in the list already; leave out what is too large."""
    sql = tx.sql
    known = contact_ids(sql, list_id, {draft.user_contact_id for draft in drafts})
    left_alone = {
        place
        for place, draft in enumerate(drafts)
        if not (update if draft.user_contact_id in known else create)
    }
    too_large = {
        place: size for place, size in _too_large(tx, drafts, known).items() if place not in left_alone
    }
    fitting = [
        draft for place, draft in enumerate(drafts) if place not in too_large and place not in left_alone
    ]
    by_id = {draft.user_contact_id: draft for draft in fitting}
    known = {user_contact_id: known[user_contact_id] for user_contact_id in by_id if user_contact_id in known}
    sql.execute_many(
        "INSERT INTO contact (list_id, user_contact_id, updated_at, created_at, updated_by)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (list_id, user_contact_id) WHERE deleted_at IS NULL"
        " DO UPDATE SET updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        ((list_id, user_contact_id, now, now, by) for user_contact_id in by_id),
    )
    ids = known if len(known) == len(by_id) else contact_ids(sql, list_id, by_id)
    values = [(ids[d.user_contact_id], n, v) for d in by_id.values() for n, v in d.attributes.items()]
    names = {name for _, name, value in values if value}
    names.update(phone.name for draft in by_id.values() for phone in draft.numbers)
    sql.execute_many(
        "INSERT INTO list_attribute (list_id, name) VALUES (?, ?) ON CONFLICT (list_id, name) DO NOTHING",
        ((list_id, name) for name in sorted(names)),
    )
    sql.execute_many(
        "INSERT INTO contact_attribute (contact_id, name, value) VALUES (?, ?, ?)"
        " ON CONFLICT (contact_id, name) DO UPDATE SET value = excluded.value",
        (row for row in values if row[2]),
    )
    if known:
        taken_away = [row[:2] for row in values if not row[2]]
        for table in ("contact_attribute", "contact_phone"):
            sql.execute_many(f"DELETE FROM {table} WHERE contact_id = ? AND name = ?", taken_away)
        sql.execute_many(
            CORRECT_CALLBACKS,
            (
                (phone.number, phone.timezone, known[draft.user_contact_id], phone.name, phone.number)
                for draft in by_id.values()
                if draft.user_contact_id in known
                for phone in draft.numbers
            ),
        )
    sql.execute_many(
        "INSERT INTO contact_phone (contact_id, name, number, timezone, wireless) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (contact_id, name) DO UPDATE SET number = excluded.number,"
        " timezone = CASE WHEN contact_phone.number = excluded.number AND CAST(? AS INTEGER) = 1"
        " THEN contact_phone.timezone ELSE excluded.timezone END,"
        " wireless = excluded.wireless",
        (
            (
                ids[draft.user_contact_id],
                phone.name,
                phone.number,
                phone.timezone,
                int(phone.wireless),
                int(phone.name in draft.zone_not_said),
            )
            for draft in by_id.values()
            for phone in draft.numbers
        ),
    )
    # without a number given or taken away they all are where they were
    renumbered = [d for d in by_id.values() if d.numbers or not all(d.attributes.values())]
    sql.execute_many(
        FOLLOW_NUMBER, ((known[d.user_contact_id],) for d in renumbered if d.user_contact_id in known)
    )
    created = len(ids) - len(known)
    taken_in = take_in(tx, list_id, list(ids.values()))
    return ContactsPut(created, len(fitting) - created, too_large, taken_in)


def contact_values(tx: Transaction, list_id: int, user_contact_id: str) -> Mapping[str, str] | None:
    """Return the attributes of a contact of a list, with its numbers; None if there is none."""
    return _values_of(tx.sql, contact_ids(tx.sql, list_id, [user_contact_id])).get(user_contact_id)


def _too_large(tx: Transaction, drafts: Sequence[ContactDraft], known: Mapping[str, int]) -> dict[int, int]:
    """Return how many bytes each draft has, by its place, whose contact no desktop could be told whole."""
    ((attributes, characters),) = tx.sql.fetch(
        "SELECT count(*), COALESCE(SUM(LENGTH(name)), 0) FROM attribute_spec"
    )
    room = least_room(attributes, int(characters))
    there = _values_of(tx.sql, known)
    found = {}
    for place, draft in enumerate(drafts):
        before = there.get(draft.user_contact_id, {})
        values = {**before, USER_CONTACT_ID: draft.user_contact_id, **draft.attributes}
        for phone in draft.numbers:
            values |= _attributes_of(phone.name, phone.number, phone.timezone)
        size = values_bytes(values)
        # one that was too large before there was this limit may get smaller
        if size > room and size > values_bytes(before):
            found[place] = size
    if found:  # the names are not as long as they might be
        room = room_for_values(read_attributes(tx))
    return {place: size for place, size in found.items() if size > room}


def _values_of(sql: Sql, known: Mapping[str, int]) -> dict[str, dict[str, str]]:
    """Return the attributes of contacts, by the ids that these have in their list."""
    values: dict[int, dict[str, str]] = {key: {USER_CONTACT_ID: own} for own, key in known.items()}
    for batch in batches(list(values)):
        for contact_id, name, value in sql.fetch(f"{_ATTRIBUTES}({marks(batch)})", batch):
            values[contact_id][name] = value
        for contact_id, name, number, timezone, _ in sql.fetch(f"{_PHONES}({marks(batch)})", batch):
            values[contact_id] |= _attributes_of(name, number, timezone)
    return {own: values[key] for own, key in known.items()}


_OF_RANGE = "name = ? AND contact_id > ? AND contact_id <= ?"


def be_numbers(
    tx: Transaction, name: str, numbers: Mapping[str, PhoneNumber], after_contact_id: int, limit: int
) -> int | None:
    """Let the values that the next contacts have of an attribute be telephone numbers of theirs.

    Args:
        tx: where.
        name: of the attribute.
        numbers: what each value is; one that is none stays.
        after_contact_id: those of contacts above it.
        limit: so many.
    """
    last = _end_of_range(tx.sql, after_contact_id, limit)
    if last is None:
        return None
    found = tx.sql.fetch(
        f"SELECT contact_id, value FROM contact_attribute WHERE {_OF_RANGE}",
        (name, after_contact_id, last),
    )
    moved = [(contact_id, numbers[value]) for contact_id, value in found if value in numbers]
    tx.sql.execute_many(
        "INSERT INTO contact_phone (contact_id, name, number, timezone, wireless) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (contact_id, name) DO NOTHING",
        ((key, name, number.number, number.timezone, int(number.wireless)) for key, number in moved),
    )
    tx.sql.execute_many(
        "DELETE FROM contact_attribute WHERE contact_id = ? AND name = ?", ((key, name) for key, _ in moved)
    )
    tx.sql.execute_many(FOLLOW_NUMBER, ((key,) for key, _ in moved))
    return last


def be_values(tx: Transaction, name: str, after_contact_id: int, limit: int) -> int | None:
    """Let the telephone numbers of a name that the next contacts have be plain values of an attribute."""
    last = _end_of_range(tx.sql, after_contact_id, limit)
    if last is None:
        return None
    range_ = (name, after_contact_id, last)
    moved = tx.sql.fetch(f"SELECT contact_id FROM contact_phone WHERE {_OF_RANGE}", range_)
    tx.sql.execute(
        "INSERT INTO contact_attribute (contact_id, name, value)"
        f" SELECT contact_id, name, number FROM contact_phone WHERE {_OF_RANGE}"
        " ON CONFLICT (contact_id, name) DO UPDATE SET value = excluded.value",
        range_,
    )
    tx.sql.execute(f"DELETE FROM contact_phone WHERE {_OF_RANGE}", range_)
    tx.sql.execute_many(FOLLOW_NUMBER, moved)
    return last


def _end_of_range(sql: Sql, after_contact_id: int, contacts: int) -> int | None:
    ids = sql.fetch(
        "SELECT contact_id FROM contact WHERE contact_id > ? ORDER BY contact_id LIMIT ?",
        (after_contact_id, contacts),
    )
    return int(ids[-1][0]) if ids else None


def _attributes_of(phone: str, number: str, timezone: str) -> dict[str, str]:
    """Return the attributes that a row of `contact_phone` is."""
    zone = PHONE_ZONE_ATTRIBUTES.get(phone)
    return {phone: number} if zone is None else {phone: number, zone: timezone}


def largest_contact_bytes(tx: Transaction) -> int:
    """Return the largest sum of a contact's values, with three bytes more for each."""
    attribute, phone, contact = t.contact_attribute.c, t.contact_phone.c, t.contact.c

    def bytes_of(*columns: sa.Column[Any]) -> sa.ColumnElement[int]:
        return reduce(add, (sa.func.length(sa.cast(each, sa.LargeBinary)) + 3 for each in columns))

    each = sa.union_all(
        sa.select(attribute.contact_id, bytes_of(attribute.value).label("size")),
        sa.select(phone.contact_id, bytes_of(phone.number, phone.timezone)),
        sa.select(contact.contact_id, bytes_of(contact.user_contact_id)),
    ).subquery()
    whole = sa.select(sa.func.sum(each.c.size).label("size")).group_by(each.c.contact_id).subquery()
    return int(tx.tables.execute(sa.select(sa.func.coalesce(sa.func.max(whole.c.size), 0))).scalar_one())


def contact_ids(sql: Sql, list_id: int, user_contact_ids: Iterable[str]) -> dict[str, int]:
    """Return the contacts of a list that have some ids, by those."""
    found: dict[str, int] = {}
    for batch in batches(list(user_contact_ids)):
        found.update(
            sql.fetch(
                "SELECT user_contact_id, contact_id FROM contact"
                f" WHERE list_id = ? AND user_contact_id IN ({marks(batch)}) AND deleted_at IS NULL",
                (list_id, *batch),
            )
        )
    return found


def read_contacts(sql: Sql, claimed: Sequence[Row]) -> tuple[ContactSpec, ...]:
    """Read contacts in the order given; one may be wanted twice.

    Args:
        claimed: contact ids, each with the contact's attempts, and what else its job has of it: name of the
            next number, numbers left out, how far it is in the strategy, priority, when it was due.
    """
    heads: dict[int, tuple[str, int, str]] = {}
    countries: dict[int, str] = {}
    phones: defaultdict[int, list[PhoneNumber]] = defaultdict(list)
    attributes: defaultdict[int, dict[str, str]] = defaultdict(dict)
    notes: defaultdict[int, list[str]] = defaultdict(list)
    for batch in batches(list(dict.fromkeys(row[0] for row in claimed))):
        wanted = f"({marks(batch)})"
        for contact_id, user_contact_id, list_id, list_name, country in sql.fetch(
            "SELECT contact_id, user_contact_id, contact.list_id, contact_list.name, contact_list.country"
            " FROM contact"
            f" JOIN contact_list ON contact_list.list_id = contact.list_id WHERE contact_id IN {wanted}",
            batch,
        ):
            heads[contact_id] = (user_contact_id, list_id, list_name)
            countries[contact_id] = country
            attributes[contact_id][USER_CONTACT_ID] = user_contact_id
        for contact_id, name, value in sql.fetch(f"{_ATTRIBUTES}{wanted}", batch):
            attributes[contact_id][name] = value
        for contact_id, name, number, timezone, wireless in sql.fetch(
            f"{_PHONES}{wanted} ORDER BY contact_id, {IN_TURN}",
            batch,
        ):
            phones[contact_id].append(PhoneNumber(name, number, timezone, bool(wireless)))
            attributes[contact_id] |= _attributes_of(name, number, timezone)
        for contact_id, text in sql.fetch(
            f"SELECT contact_id, text FROM note WHERE contact_id IN {wanted} ORDER BY note_id", batch
        ):
            notes[contact_id].append(text)
    return tuple(
        ContactSpec(
            contact_id,
            *heads[contact_id],
            numbers=tuple(phones[contact_id]),
            attributes=attributes[contact_id],
            notes=tuple(notes[contact_id]),
            **_at_job(*at_job),
            list_country=countries[contact_id],
        )
        for contact_id, *at_job in claimed
    )


def _at_job(
    attempts: int,
    phone: str = "",
    left_out: str = "",
    course: str = "",
    priority: int = Priority.MEDIUM,
    due_at: float = 0.0,
) -> dict[str, Any]:
    return {
        "attempts": attempts,
        "priority": Priority(priority),
        "phone": phone,
        "left_out": frozenset(left_out.split(",")) if left_out else frozenset(),
        "course": Course.read(course),
        "due_at": due_at,
    }


def ensure_list(tx: Transaction, name: str, now: float, country: str, organisation: str) -> int:
    """Return the id of a list, made if there is none of that name; a country that is given is kept."""
    tx.sql.execute(
        "INSERT INTO contact_list (name, created_at, country, organisation) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE"
        " SET country = CASE WHEN excluded.country = '' THEN contact_list.country ELSE excluded.country END",
        (name, now, country, organisation),
    )
    ((list_id,),) = tx.sql.fetch("SELECT list_id FROM contact_list WHERE name = ?", (name,))
    return int(list_id)


def read_lists(tx: Transaction) -> tuple[ContactList, ...]:
    """Return all lists by name."""
    return tuple(
        ContactList(*row)
        for row in tx.sql.fetch(
            "SELECT list_id, name,"
            " (SELECT count(*) FROM contact WHERE contact.list_id = contact_list.list_id"
            " AND contact.deleted_at IS NULL),"
            " country, organisation FROM contact_list ORDER BY name"
        )
    )


def find_list(tx: Transaction, name: str) -> ContactList | None:
    """Look a list up; its contacts are not counted."""
    rows = tx.sql.fetch(
        "SELECT list_id, name, 0, country, organisation FROM contact_list WHERE name = ?", (name,)
    )
    return ContactList(*rows[0]) if rows else None
