"""Contacts dealt to the shares of a job, and those that come into a list while jobs run with it."""

from collections.abc import Sequence

from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES, Priority
from agentmgr.ports import Added, JobState, TakenIn
from agentmgr.store.counters import fold_pending
from agentmgr.store.filters import passing
from agentmgr.store.sql import Sql, Transaction, batches, marks

GOES_ON = (JobState.Running, JobState.Paused)
"""States of a job in which its shares may get contacts."""

IN_TURN = f"contact_phone.name NOT IN ({', '.join(map(repr, PHONE_ZONE_ATTRIBUTES))}), contact_phone.name"
"""A contact's numbers in the order of `place_in_turn`."""

_TAKE_IN = (
    "INSERT INTO job_contact (job_id, contact_id, zone, state, attempts, due_at, last_outcome, phone,"
    " timezone, left_out, course, priority)"
    " SELECT CAST(? AS INTEGER), contact.contact_id, CAST(? AS TEXT), 'pending', 0, 0.0, '', '',"
    " COALESCE((SELECT contact_phone.timezone FROM contact_phone"
    f" WHERE contact_phone.contact_id = contact.contact_id ORDER BY {IN_TURN} LIMIT 1), ''), '', '',"
    " CAST(? AS INTEGER)"
    " FROM contact WHERE contact.contact_id IN "
)


def zones_of(sql: Sql, job_id: int) -> list[str]:
    """Return the zones that a job has shares in, by name."""
    rows = sql.fetch("SELECT zone FROM job_share WHERE job_id = ? ORDER BY zone", (job_id,))
    return [zone for (zone,) in rows]


def deal(zones: Sequence[str], contact_ids: Sequence[int], so_far: int) -> dict[int, str]:
    """Return which share gets each contact: they are dealt in turn, after so many that were dealt before."""
    return {key: zones[(so_far + place) % len(zones)] for place, key in enumerate(contact_ids)}


def take_in(tx: Transaction, list_id: int, contact_ids: Sequence[int]) -> tuple[TakenIn, ...]:
    """Give the jobs that run, are paused or wait with a list those of its contacts that they have not.

    Those that the campaign's filter lets through; one in preparation takes them with its last step, one that
    is over stays so.
    """
    sql = tx.sql
    jobs = sql.fetch(
        "SELECT job.job_id, job.total, campaign.name, campaign.filter FROM job_list"
        " JOIN job ON job.job_id = job_list.job_id"
        " JOIN campaign ON campaign.campaign_id = job.campaign_id"
        " WHERE job_list.list_id = ? AND job.ended_at IS NULL"
        " AND job.state IN ('running', 'paused', 'queued') ORDER BY campaign.name, job.job_id",
        (list_id,),
    )
    taken = []
    for job_id, total, campaign, filter_ in jobs:
        zones = zones_of(sql, job_id)
        let_through = passing(tx, filter_, contact_ids)
        how_many = _deal_to(sql, job_id, zones, let_through, total, Priority.MEDIUM)
        if how_many:
            taken.append(TakenIn(campaign, tuple(zones), how_many))
    return tuple(taken)


def _deal_to(
    sql: Sql, job_id: int, zones: Sequence[str], contact_ids: Sequence[int], total: int, priority: Priority
) -> int:
    """Deal contacts to the shares of a job that it has not; return how many these were."""
    how_many, share = 0, deal(zones, contact_ids, total)
    for zone in zones:
        for batch in batches([key for key in contact_ids if share[key] == zone]):
            wanted = f"({marks(batch)})"
            how_many += sql.execute(
                f"{_TAKE_IN}{wanted} ON CONFLICT (job_id, contact_id) DO NOTHING",
                (job_id, zone, priority, *batch),
            )
    if how_many:
        fold_pending(sql, job_id, zones)
        sql.execute("UPDATE job SET total = total + ? WHERE job_id = ?", (how_many, job_id))
    return how_many


def add_contacts(tx: Transaction, job_id: int, contact_ids: Sequence[int], priority: Priority) -> Added:
    """Give a job that runs or is paused those of some contacts that it has not and that have a number."""
    return _add(tx.sql, job_id, contact_ids, priority)


def add_list(
    tx: Transaction,
    job_id: int,
    list_id: int,
    after: int,
    limit: int,
    priority: Priority,
    has_added: bool,
    filtered: bool,
) -> tuple[Added, int | None]:
    """Do that with the next contacts of a list; with its last ones the job has the list, if any was added."""
    sql = tx.sql
    rows = sql.fetch(
        "SELECT contact_id FROM contact WHERE list_id = ? AND contact_id > ? AND deleted_at IS NULL"
        " ORDER BY contact_id LIMIT ?",
        (list_id, after, limit),
    )
    contact_ids = [contact_id for (contact_id,) in rows]
    ((filter_,),) = sql.fetch(
        "SELECT filter FROM campaign JOIN job ON job.campaign_id = campaign.campaign_id WHERE job_id = ?",
        (job_id,),
    )
    added = _add(sql, job_id, passing(tx, filter_, contact_ids) if filtered else contact_ids, priority)
    last = contact_ids[-1] if len(contact_ids) == limit else None
    if last is None and (has_added or added.added) and added.state in GOES_ON:
        sql.execute(
            "INSERT INTO job_list (job_id, list_id) VALUES (?, ?) ON CONFLICT (job_id, list_id) DO NOTHING",
            (job_id, list_id),
        )
    return added, last


def has_list(tx: Transaction, job_id: int, list_id: int) -> bool:
    """Return whether a list is one of a job's."""
    return bool(tx.sql.fetch("SELECT 1 FROM job_list WHERE job_id = ? AND list_id = ?", (job_id, list_id)))


def _add(sql: Sql, job_id: int, contact_ids: Sequence[int], priority: Priority) -> Added:
    # whoever ends the job comes before or after this
    sql.execute("UPDATE job SET total = total WHERE job_id = ?", (job_id,))
    ((state, total),) = sql.fetch("SELECT state, total FROM job WHERE job_id = ?", (job_id,))
    if state not in GOES_ON:
        return Added(JobState(state))
    here: set[int] = set()
    dialable: set[int] = set()
    for batch in batches(contact_ids):
        wanted = f"({marks(batch)})"
        rows = sql.fetch(
            f"SELECT contact_id FROM job_contact WHERE job_id = ? AND contact_id IN {wanted}",
            (job_id, *batch),
        )
        here.update(contact_id for (contact_id,) in rows)
        rows = sql.fetch(f"SELECT DISTINCT contact_id FROM contact_phone WHERE contact_id IN {wanted}", batch)
        dialable.update(contact_id for (contact_id,) in rows)
    new = [key for key in contact_ids if key in dialable and key not in here]
    added = _deal_to(sql, job_id, zones_of(sql, job_id), new, total, priority)
    return Added(JobState(state), added, len(here), len(set(contact_ids) - dialable - here))
