"""Contacts that come into a list while jobs run with it: the jobs take them in."""

from collections.abc import Sequence

from agentmgr.ports import TakenIn
from agentmgr.store.sql import Sql, batches, marks

_TAKE_IN = (
    "INSERT INTO job_contact (job_id, contact_id, zone, state, attempts, due_at, last_outcome, phone,"
    " timezone, left_out)"
    " SELECT CAST(? AS INTEGER), contact.contact_id, CAST(? AS TEXT), 'pending', 0, 0.0, '', '',"
    " COALESCE((SELECT contact_phone.timezone FROM contact_phone"
    " WHERE contact_phone.contact_id = contact.contact_id ORDER BY contact_phone.name LIMIT 1), ''), ''"
    " FROM contact WHERE contact.contact_id IN "
)


def take_in(sql: Sql, list_id: int, contact_ids: Sequence[int]) -> tuple[TakenIn, ...]:
    """Give the jobs that run or are paused with a list those of its contacts that they have not.

    One in preparation takes them with its last step; one that is over stays so.
    """
    jobs = sql.fetch(
        "SELECT job.job_id, job.zone, campaign.name FROM campaign_list"
        " JOIN job ON job.campaign_id = campaign_list.campaign_id"
        " JOIN campaign ON campaign.campaign_id = job.campaign_id"
        " WHERE campaign_list.list_id = ? AND job.ended_at IS NULL AND job.state IN ('running', 'paused')"
        " ORDER BY campaign.name",
        (list_id,),
    )
    taken = []
    for job_id, zone, campaign in jobs:
        how_many = 0
        for batch in batches(contact_ids):
            wanted = f"({marks(batch)})"
            how_many += sql.execute(
                f"{_TAKE_IN}{wanted} ON CONFLICT (job_id, contact_id) DO NOTHING", (job_id, zone, *batch)
            )
        if how_many:
            sql.execute("UPDATE job SET total = total + ? WHERE job_id = ?", (how_many, job_id))
            taken.append(TakenIn(campaign, zone, how_many))
    return tuple(taken)
