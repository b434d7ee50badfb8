"""Contacts: storing them in bulk, claiming those that are due, reading them back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from agentmgr.core.events import ContactsFetched
from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES, ContactSpec, PhoneNumber
from agentmgr.ports import ContactDraft, ContactList, ContactsPut, Token
from agentmgr.store.ownership import check_token
from agentmgr.store.sql import Row, Sql, Transaction, batches, marks

# A contact that the campaign has promised to call back is not called before; its job waits for that.
_CALLED_BACK = (
    "EXISTS (SELECT 1 FROM callback JOIN job ON job.campaign_id = callback.campaign_id"
    " WHERE callback.contact_id = job_contact.contact_id AND callback.ended_at IS NULL"
    " AND job.job_id = job_contact.job_id)"
)


def put_contacts(tx: Transaction, list_id: int, drafts: Sequence[ContactDraft], now: float) -> ContactsPut:
    """Insert contacts, or update those whose id is in the list already."""
    sql = tx.sql
    by_id = {draft.user_contact_id: draft for draft in drafts}
    known = _contact_ids(sql, list_id, by_id)
    sql.execute_many(
        "INSERT INTO contact (list_id, user_contact_id, updated_at) VALUES (?, ?, ?)"
        " ON CONFLICT (list_id, user_contact_id) DO UPDATE SET updated_at = excluded.updated_at",
        ((list_id, user_contact_id, now) for user_contact_id in by_id),
    )
    ids = _contact_ids(sql, list_id, by_id)
    values = [(ids[d.user_contact_id], n, v) for d in by_id.values() for n, v in d.attributes.items()]
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
        "INSERT INTO contact_phone (contact_id, name, number, timezone, wireless) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (contact_id, name) DO UPDATE SET number = excluded.number,"
        " timezone = excluded.timezone, wireless = excluded.wireless",
        (
            (ids[draft.user_contact_id], phone.name, phone.number, phone.timezone, int(phone.wireless))
            for draft in by_id.values()
            for phone in draft.numbers
        ),
    )
    return ContactsPut(created=len(ids) - len(known), updated=len(drafts) - len(ids) + len(known))


def _contact_ids(sql: Sql, list_id: int, user_contact_ids: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in batches(list(user_contact_ids)):
        found.update(
            sql.fetch(
                "SELECT user_contact_id, contact_id FROM contact"
                f" WHERE list_id = ? AND user_contact_id IN ({marks(batch)})",
                (list_id, *batch),
            )
        )
    return found


def claim_contacts(tx: Transaction, token: Token, job_id: int, limit: int, now: float) -> ContactsFetched:
    """Claim contacts that are due, the longest due first."""
    check_token(tx, token)
    sql, zone = tx.sql, token.zone
    claimed = sql.fetch(
        "SELECT contact_id, attempts FROM job_contact"
        " WHERE job_id = ? AND zone = ? AND state = 'pending' AND due_at <= ?"
        f" AND NOT {_CALLED_BACK} ORDER BY due_at, contact_id LIMIT ?",
        (job_id, zone, now, limit),
    )
    sql.execute_many(
        "UPDATE job_contact SET state = 'claimed' WHERE job_id = ? AND contact_id = ?",
        ((job_id, contact_id) for contact_id, _ in claimed),
    )
    upcoming = sql.fetch(
        "SELECT due_at FROM job_contact WHERE job_id = ? AND zone = ? AND state = 'pending'"
        f" AND NOT {_CALLED_BACK} ORDER BY due_at, contact_id LIMIT 1",
        (job_id, zone),
    )
    return ContactsFetched(job_id, read_contacts(sql, claimed), upcoming[0][0] if upcoming else None)


def read_contacts(sql: Sql, claimed: Sequence[Row]) -> tuple[ContactSpec, ...]:
    """Read contacts, given with their attempts, in that order; one may be wanted twice."""
    heads: dict[int, tuple[str, int, str]] = {}
    phones: defaultdict[int, list[PhoneNumber]] = defaultdict(list)
    attributes: defaultdict[int, dict[str, str]] = defaultdict(dict)
    notes: defaultdict[int, list[str]] = defaultdict(list)
    for batch in batches(list(dict(claimed))):
        wanted = f"({marks(batch)})"
        for contact_id, user_contact_id, list_id, list_name in sql.fetch(
            "SELECT contact_id, user_contact_id, contact.list_id, contact_list.name FROM contact"
            f" JOIN contact_list ON contact_list.list_id = contact.list_id WHERE contact_id IN {wanted}",
            batch,
        ):
            heads[contact_id] = (user_contact_id, list_id, list_name)
            attributes[contact_id]["UserContactId"] = user_contact_id
        for contact_id, name, value in sql.fetch(
            f"SELECT contact_id, name, value FROM contact_attribute WHERE contact_id IN {wanted}", batch
        ):
            attributes[contact_id][name] = value
        for contact_id, name, number, timezone, wireless in sql.fetch(
            "SELECT contact_id, name, number, timezone, wireless FROM contact_phone"
            f" WHERE contact_id IN {wanted} ORDER BY contact_id, name",
            batch,
        ):
            phones[contact_id].append(PhoneNumber(name, number, timezone, bool(wireless)))
            attributes[contact_id][name] = number
            attributes[contact_id][PHONE_ZONE_ATTRIBUTES[name]] = timezone
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
            attempts=attempts,
        )
        for contact_id, attempts in claimed
    )


def ensure_list(tx: Transaction, name: str, now: float) -> int:
    """Return the id of a list, made if there is none of that name."""
    tx.sql.execute(
        "INSERT INTO contact_list (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        (name, now),
    )
    ((list_id,),) = tx.sql.fetch("SELECT list_id FROM contact_list WHERE name = ?", (name,))
    return int(list_id)


def read_lists(tx: Transaction) -> tuple[ContactList, ...]:
    """Return all lists by name."""
    return tuple(
        ContactList(*row)
        for row in tx.sql.fetch(
            "SELECT list_id, name,"
            " (SELECT count(*) FROM contact WHERE contact.list_id = contact_list.list_id)"
            " FROM contact_list ORDER BY name"
        )
    )
