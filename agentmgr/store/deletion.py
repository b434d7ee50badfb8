"""A campaign taken away: what its jobs left in small portions, then the campaign itself."""

from agentmgr.ports import CampaignHistory
from agentmgr.store import schema as t
from agentmgr.store.counters import Counted
from agentmgr.store.sql import Sql, Transaction, marks

# What refers to a job, those first that refer to others, each with what names a row within the job.
_OF_A_JOB = (
    ("note", "note_id"),
    ("disposition", "row_id"),
    ("attempt", "attempt_id"),
    ("callback", "callback_id"),
    ("job_contact", "contact_id"),
    ("job_counter", "counted"),
    ("job_pending", "row_id"),
    ("minute_figure", "minute"),
)
_OF_A_CAMPAIGN = tuple(
    table.name
    for table in t.metadata.sorted_tables
    if table.name not in ("job", "callback")
    and any(key.column.table is t.campaign for key in table.foreign_keys)
)


def read_history(tx: Transaction, campaign_id: int) -> CampaignHistory:
    """Count what a campaign's jobs have left, by their counters."""
    rows = tx.sql.fetch(
        "SELECT counted, SUM(how_many) FROM job_counter JOIN job ON job.job_id = job_counter.job_id"
        " WHERE job.campaign_id = ? GROUP BY counted",
        (campaign_id,),
    )
    totals = {counted: int(how_many) for counted, how_many in rows}
    ((callbacks,),) = tx.sql.fetch(
        "SELECT count(*) FROM callback WHERE campaign_id = ? AND ended_at IS NULL", (campaign_id,)
    )
    jobs = len(_jobs(tx.sql, campaign_id))
    attempts, dispositions = totals.get(Counted.Attempts, 0), totals.get(Counted.Disposition, 0)
    return CampaignHistory(jobs, attempts, dispositions, callbacks)


def delete_history(tx: Transaction, campaign_id: int, limit: int) -> int | None:
    """Delete so many rows of what a campaign's jobs left; return how many, None while a job is not over.

    From then on it is being deleted, until it is gone or has a job that is not over.
    """
    sql = tx.sql
    # several may delete it: each goes on where the others are
    if not sql.execute("UPDATE campaign SET version = version WHERE campaign_id = ?", (campaign_id,)):
        return 0
    if _is_live(sql, campaign_id):
        sql.execute("DELETE FROM campaign_deletion WHERE campaign_id = ?", (campaign_id,))
        return None
    sql.execute(
        "INSERT INTO campaign_deletion (campaign_id) SELECT campaign_id FROM campaign WHERE campaign_id = ?"
        " ON CONFLICT (campaign_id) DO NOTHING",
        (campaign_id,),
    )
    jobs = _jobs(sql, campaign_id)
    for of_job, key in _OF_A_JOB:
        for job_id in jobs:
            if of_job == "callback":
                _keep_promises(sql, campaign_id, job_id)
            keys = [
                row[0]
                for row in sql.fetch(f"SELECT {key} FROM {of_job} WHERE job_id = ? LIMIT ?", (job_id, limit))
            ]
            if keys:
                return _delete(sql, of_job, key, job_id, keys)
    return 0


def being_deleted(tx: Transaction) -> tuple[int, ...]:
    """Return the campaigns that are being deleted, by id."""
    rows = tx.sql.fetch("SELECT campaign_id FROM campaign_deletion ORDER BY campaign_id")
    return tuple(campaign_id for (campaign_id,) in rows)


def _keep_promises(sql: Sql, campaign_id: int, job_id: int) -> None:
    """Let callbacks that were made in a job for another campaign be that campaign's alone."""
    sql.execute(
        "UPDATE callback SET job_id = (SELECT MAX(job.job_id) FROM job"
        " WHERE job.campaign_id = callback.campaign_id) WHERE job_id = ? AND campaign_id <> ?",
        (job_id, campaign_id),
    )


def _delete(sql: Sql, of_job: str, key: str, job_id: int, keys: list[object]) -> int:
    if of_job == "callback":
        sql.execute(f"UPDATE attempt SET callback_id = NULL WHERE callback_id IN ({marks(keys)})", keys)
    return sql.execute(f"DELETE FROM {of_job} WHERE job_id = ? AND {key} IN ({marks(keys)})", (job_id, *keys))


def delete_campaign(tx: Transaction, campaign_id: int) -> bool:
    """Delete a campaign whose jobs have left nothing; False if one is not over, or has left something."""
    sql = tx.sql
    jobs = _jobs(sql, campaign_id)
    left = any(
        sql.fetch(f"SELECT 1 FROM {of_job} WHERE job_id = ? LIMIT 1", (job_id,))
        for of_job, _ in _OF_A_JOB
        for job_id in jobs
    )
    if left or _is_live(sql, campaign_id):
        return False
    sql.execute(
        "UPDATE attempt SET callback_id = NULL WHERE callback_id IN"
        " (SELECT callback_id FROM callback WHERE campaign_id = ?)",
        (campaign_id,),
    )
    for job_id in jobs:
        for of_job in ("job_share", "job_list", "job_value"):
            sql.execute(f"DELETE FROM {of_job} WHERE job_id = ?", (job_id,))
    for of_campaign in ("callback", "job", *_OF_A_CAMPAIGN, "campaign"):
        sql.execute(f"DELETE FROM {of_campaign} WHERE campaign_id = ?", (campaign_id,))
    return True


def _is_live(sql: Sql, campaign_id: int) -> bool:
    return bool(sql.fetch("SELECT 1 FROM job WHERE campaign_id = ? AND ended_at IS NULL", (campaign_id,)))


def _jobs(sql: Sql, campaign_id: int) -> list[int]:
    return [row[0] for row in sql.fetch("SELECT job_id FROM job WHERE campaign_id = ?", (campaign_id,))]
