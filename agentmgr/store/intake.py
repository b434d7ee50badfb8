"""Contacts dealt to the shares of a job, and those that come into a list while jobs run with it."""

from collections.abc import Sequence

from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES
from agentmgr.ports import TakenIn
from agentmgr.store.counters import fold_pending
from agentmgr.store.filters import passing
from agentmgr.store.sql import Sql, Transaction, batches, marks

IN_TURN = f"contact_phone.name NOT IN ({', '.join(map(repr, PHONE_ZONE_ATTRIBUTES))}), contact_phone.name"
"""A contact's numbers in the order of `place_in_turn`."""

_TAKE_IN = (
    "INSERT INTO job_contact (job_id, contact_id, zone, state, attempts, due_at, last_outcome, phone,"
    " timezone, left_out, course)"
    " SELECT CAST(? AS INTEGER), contact.contact_id, CAST(? AS TEXT), 'pending', 0, 0.0, '', '',"
    " COALESCE((SELECT contact_phone.timezone FROM contact_phone"
    f" WHERE contact_phone.contact_id = contact.contact_id ORDER BY {IN_TURN} LIMIT 1), ''), '', ''"
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
        how_many, zones = 0, zones_of(sql, job_id)
        let_through = passing(tx, filter_, contact_ids)
        share = deal(zones, let_through, total)
        for zone in zones:
            for batch in batches([key for key in let_through if share[key] == zone]):
                wanted = f"({marks(batch)})"
                how_many += sql.execute(
                    f"{_TAKE_IN}{wanted} ON CONFLICT (job_id, contact_id) DO NOTHING", (job_id, zone, *batch)
                )
        if how_many:
            fold_pending(sql, job_id, zones)
            sql.execute("UPDATE job SET total = total + ? WHERE job_id = ?", (how_many, job_id))
            taken.append(TakenIn(campaign, tuple(zones), how_many))
    return tuple(taken)
