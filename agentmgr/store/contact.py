"""One contact at a time: looked up, deleted; lists that are emptied; rules for telephone numbers."""

from collections.abc import Sequence

from agentmgr.ports import Deletion, Emptying, PhoneRule, RuleKind, StoredContact
from agentmgr.store.contacts import read_contacts
from agentmgr.store.sql import Sql, Transaction, batches, marks

_LAST = (
    "SELECT max(CASE WHEN dialed_at IS NOT NULL THEN started_at END),"
    " max(CASE WHEN reached_at IS NOT NULL THEN started_at END) FROM attempt WHERE contact_id = ?"
)
_LAST_CODE = (
    "SELECT disposition.code_id FROM attempt"
    " JOIN disposition ON disposition.attempt_id = attempt.attempt_id"
    " WHERE attempt.contact_id = ? ORDER BY disposition.saved_at DESC, disposition.row_id DESC LIMIT 1"
)
# Each begins with an index, and names its contacts one by one: a condition on each contact that joins these
# would be answered by reading all contacts of all jobs.
_LIVE_JOBS = "SELECT job_id FROM job WHERE ended_at IS NULL"
WANTED = "SELECT 1 FROM job_contact WHERE job_id = ? AND state <> 'done' AND contact_id IN"
PROMISED = "SELECT 1 FROM callback WHERE ended_at IS NULL AND contact_id IN"
CALLED = "SELECT 1 FROM attempt WHERE ended_at IS NULL AND contact_id IN"
_LIVE_WITH_LIST = (
    "SELECT 1 FROM job_list JOIN job ON job.job_id = job_list.job_id"
    " WHERE job_list.list_id = ? AND job.ended_at IS NULL LIMIT 1"
)
OF_A_CONTACT = ("contact_phone", "contact_attribute", "note")
"""What goes with a contact that is deleted; all else is its history."""


def find_contact(tx: Transaction, list_id: int, user_contact_id: str) -> StoredContact | None:
    """Return a contact of a list with what came of it."""
    sql = tx.sql
    found = sql.fetch(
        "SELECT contact_id, updated_at, updated_by FROM contact"
        " WHERE list_id = ? AND user_contact_id = ? AND deleted_at IS NULL",
        (list_id, user_contact_id),
    )
    if not found:
        return None
    ((contact_id, updated_at, updated_by),) = found
    (contact,) = read_contacts(sql, [(contact_id, 0)])
    ((attempt_at, success_at),) = sql.fetch(_LAST, (contact_id,))
    codes = sql.fetch(_LAST_CODE, (contact_id,))
    code_id = codes[0][0] if codes else None
    return StoredContact(contact, updated_at, updated_by, attempt_at, success_at, code_id)


def delete_contact(tx: Transaction, list_id: int, user_contact_id: str, now: float, by: str) -> Deletion:
    """Delete a contact that nothing goes on with; its history keeps its id."""
    found = tx.sql.fetch(
        "SELECT contact_id FROM contact WHERE list_id = ? AND user_contact_id = ? AND deleted_at IS NULL",
        (list_id, user_contact_id),
    )
    if not found:
        return Deletion.MISSING
    ids = [contact_id for (contact_id,) in found]
    if _in_use(tx.sql, ids):
        return Deletion.IN_USE
    _delete(tx.sql, ids, now, by)
    return Deletion.DONE


def _in_use(sql: Sql, ids: Sequence[int]) -> bool:
    jobs = sql.fetch(_LIVE_JOBS)
    for batch in batches(ids):
        for (job_id,) in jobs:
            if sql.fetch(f"{WANTED} ({marks(batch)})", (job_id, *batch)):
                return True
        if sql.fetch(f"{PROMISED} ({marks(batch)})", batch) or sql.fetch(f"{CALLED} ({marks(batch)})", batch):
            return True
    return False


def _delete(sql: Sql, ids: Sequence[int], now: float, by: str) -> None:
    for batch in batches(ids):
        for table in OF_A_CONTACT:
            sql.execute(f"DELETE FROM {table} WHERE contact_id IN ({marks(batch)})", batch)
        sql.execute(
            "UPDATE contact SET deleted_at = CAST(? AS DOUBLE PRECISION), updated_at = ?, updated_by = ?"
            f" WHERE contact_id IN ({marks(batch)})",
            (now, now, by, *batch),
        )


# -- lists -------------------------------------------------------------------------------------


def list_attributes(tx: Transaction, list_id: int) -> frozenset[str]:
    """Return the names of the attributes of a list."""
    rows = tx.sql.fetch("SELECT name FROM list_attribute WHERE list_id = ?", (list_id,))
    return frozenset(name for (name,) in rows)


def count_contacts(tx: Transaction, list_id: int) -> int:
    """Count the contacts of a list."""
    ((count,),) = tx.sql.fetch(
        "SELECT count(*) FROM contact WHERE list_id = ? AND deleted_at IS NULL", (list_id,)
    )
    return int(count)


def begin_emptying(tx: Transaction, list_id: int, now: float) -> int | None:
    """Note that a list is to be emptied of what was not saved since; count what is there."""
    if tx.sql.fetch(_LIVE_WITH_LIST, (list_id,)):
        return None
    begun = tx.sql.execute(
        "UPDATE contact_list SET emptying_before = ?, emptying_error = ''"
        " WHERE list_id = ? AND emptying_before IS NULL",
        (now, list_id),
    )
    return count_contacts(tx, list_id) if begun else None


def empty_some(tx: Transaction, list_id: int, limit: int, now: float, by: str) -> bool:
    """Delete some contacts of a list that is being emptied; False at the end."""
    sql = tx.sql
    before = emptying(tx, list_id).since
    if before is None:
        return False
    ids = [
        contact_id
        for (contact_id,) in sql.fetch(
            "SELECT contact_id FROM contact WHERE list_id = ? AND deleted_at IS NULL AND updated_at <= ?"
            " LIMIT ?",
            (list_id, before, limit),
        )
    ]
    if _in_use(sql, ids):
        _end_emptying(sql, list_id, "a job or a callback wants some of its contacts now")
        return False
    _delete(sql, ids, now, by)
    if len(ids) < limit:
        _end_emptying(sql, list_id, "")
    return len(ids) == limit


def _end_emptying(sql: Sql, list_id: int, error: str) -> None:
    sql.execute(
        "UPDATE contact_list SET emptying_before = NULL, emptying_error = ? WHERE list_id = ?",
        (error, list_id),
    )


def emptying(tx: Transaction, list_id: int) -> Emptying:
    """Return how the emptying of a list that exists goes."""
    ((since, error),) = tx.sql.fetch(
        "SELECT emptying_before, emptying_error FROM contact_list WHERE list_id = ?", (list_id,)
    )
    return Emptying(since, error)


def forget_emptying_error(tx: Transaction, list_id: int) -> None:
    """Forget why the last emptying failed."""
    tx.sql.execute("UPDATE contact_list SET emptying_error = '' WHERE list_id = ?", (list_id,))


def lists_being_emptied(tx: Transaction) -> tuple[int, ...]:
    """Return the ids of lists that are being emptied."""
    rows = tx.sql.fetch("SELECT list_id FROM contact_list WHERE emptying_before IS NOT NULL ORDER BY list_id")
    return tuple(list_id for (list_id,) in rows)


# -- rules for telephone numbers -----------------------------------------------------------------


def phone_rules(tx: Transaction) -> tuple[PhoneRule, ...]:
    """Return all rules by their ids."""
    rows = tx.sql.fetch("SELECT rule_id, kind, country, pattern FROM phone_rule ORDER BY rule_id")
    return tuple(PhoneRule(rule_id, RuleKind(kind), *rest) for rule_id, kind, *rest in rows)


def add_phone_rule(tx: Transaction, kind: RuleKind, country: str, pattern: str) -> PhoneRule | None:
    """Add a rule; None if there is one like it."""
    found = tx.sql.fetch(
        "INSERT INTO phone_rule (kind, country, pattern) VALUES (?, ?, ?)"
        " ON CONFLICT (kind, country, pattern) DO NOTHING RETURNING rule_id",
        (str(kind), country, pattern),
    )
    return PhoneRule(found[0][0], kind, country, pattern) if found else None


def remove_phone_rule(tx: Transaction, rule_id: int) -> bool:
    """Delete a rule; False if there is none of that id."""
    return tx.sql.execute("DELETE FROM phone_rule WHERE rule_id = ?", (rule_id,)) > 0
