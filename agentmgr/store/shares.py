"""What zones have of a job: a share that ends, and the job with its last one.

Whoever needs several rows of these tables locks them in one order: the job first, then its shares by zone.
"""

from agentmgr.ports import JobState
from agentmgr.store.callbacks import deal_callbacks, expire_callbacks
from agentmgr.store.intake import GOES_ON as GOES_ON
from agentmgr.store.intake import zones_of
from agentmgr.store.pacing import drop_calls, share_out
from agentmgr.store.settlement import settle_share
from agentmgr.store.sql import Sql

_NOTHING_PENDING = "NOT EXISTS (SELECT 1 FROM job_contact WHERE job_contact.job_id = ? AND state = 'pending')"
# What its zone knows of it has ended by then; one that is left was made since the zone looked.
_NOTHING_PROMISED = (
    "NOT EXISTS (SELECT 1 FROM callback JOIN job ON job.campaign_id = callback.campaign_id"
    " WHERE job.job_id = ? AND callback.zone = ? AND callback.ended_at IS NULL)"
)
_OPEN = (
    "SELECT 1 FROM job_contact WHERE job_id = ? AND zone = ? AND state = 'claimed'"
    " UNION ALL SELECT 1 FROM attempt WHERE job_id = ? AND zone = ? AND ended_at IS NULL LIMIT 1"
)


def lock_job(sql: Sql, job_id: int) -> bool:
    """Let nobody else end the job, or a share of it, before the transaction ends; False if it is over."""
    return sql.execute("UPDATE job SET ended_at = NULL WHERE job_id = ? AND ended_at IS NULL", (job_id,)) == 1


def lock_share(sql: Sql, job_id: int, zone: str) -> bool:
    """Let nobody else take contacts for the share, or end it, for the transaction; False if it has ended."""
    lock = "UPDATE job_share SET ended_at = NULL WHERE job_id = ? AND zone = ? AND ended_at IS NULL"
    return sql.execute(lock, (job_id, zone)) == 1


def revive_share(sql: Sql, job_id: int, zone: str) -> None:
    """Let a share go on that had nothing left; its job is locked and not over."""
    sql.execute("UPDATE job_share SET ended_at = NULL WHERE job_id = ? AND zone = ?", (job_id, zone))
    share_out(sql, job_id)


def finish_share(sql: Sql, zone: str, job_id: int, state: str, at: float) -> None:
    """End a zone's share, and the job with its last one.

    One that has run out of contacts goes on if there are others meanwhile, wherever they are, or a callback
    was made for it. With a share that is stopped those end too in which nothing is under way: nobody may be
    there to end them.
    """
    if not lock_job(sql, job_id):
        return
    is_stopped = state == JobState.Stopped
    if is_stopped:
        _end(sql, job_id, zone, at)
    elif not sql.execute(
        f"UPDATE job_share SET ended_at = ? WHERE job_id = ? AND zone = ? AND {_NOTHING_PENDING}"
        f" AND {_NOTHING_PROMISED}",
        (at, job_id, zone, job_id, job_id, zone),
    ):
        return
    else:
        drop_calls(sql, job_id, zone)
    is_stopping = sql.fetch("SELECT 1 FROM job WHERE job_id = ? AND state = ?", (job_id, JobState.Stopping))
    if is_stopping:
        end_idle_shares(sql, job_id, at)
    end_job(sql, job_id, JobState.Stopped if is_stopped or is_stopping else JobState.Finished, at)


def end_idle_shares(sql: Sql, job_id: int, at: float) -> None:
    """End those shares of a locked job that stops in which nothing is under way."""
    for zone in live_zones(sql, job_id):
        if lock_share(sql, job_id, zone) and not sql.fetch(_OPEN, (job_id, zone, job_id, zone)):
            _end(sql, job_id, zone, at)


def settle_and_end(sql: Sql, job_id: int, zone: str, at: float) -> None:
    """End a share of a locked job that nobody works on, whatever was under way in it."""
    settle_share(sql, job_id, zone, at)
    _end(sql, job_id, zone, at)


def end_job(sql: Sql, job_id: int, state: JobState, at: float) -> bool:
    """End a locked job if no share of it goes on, and let the oldest of its campaign run that waits."""
    has_ended = sql.execute(
        "UPDATE job SET state = ?, ended_at = ? WHERE job_id = ? AND NOT EXISTS (SELECT 1 FROM job_share"
        " WHERE job_share.job_id = job.job_id AND job_share.ended_at IS NULL)",
        (state, at, job_id),
    )
    if has_ended:
        start_next(sql, job_id, at)
    return has_ended == 1


def lock_campaign(sql: Sql, job_id: int) -> int:
    """Let no other job of a job's campaign begin or be queued for the transaction; return the campaign's id.

    Whoever ends a job has locked that before.
    """
    ((campaign_id,),) = sql.fetch("SELECT campaign_id FROM job WHERE job_id = ?", (job_id,))
    sql.execute("UPDATE campaign SET version = version WHERE campaign_id = ?", (campaign_id,))
    return int(campaign_id)


def start_next(sql: Sql, ended_job_id: int, at: float) -> None:
    """Let the oldest job run that waits for one that has ended."""
    campaign_id = lock_campaign(sql, ended_job_id)
    queued = sql.fetch(
        "SELECT job_id FROM job WHERE campaign_id = ? AND ended_at IS NULL AND state = ?"
        " ORDER BY job_id LIMIT 1",
        (campaign_id, JobState.Queued),
    )
    for (job_id,) in queued:
        begin_job(sql, campaign_id, job_id, at)


def begin_job(sql: Sql, campaign_id: int, job_id: int, at: float) -> None:
    """Let a job run that has its contacts; with custom pacing it calls nobody until it is said how many."""
    sql.execute(
        "UPDATE job SET state = ?, started_at = ?, max_calls = (SELECT CASE WHEN custom_pacing = 1 THEN 0 END"
        " FROM campaign WHERE campaign.campaign_id = job.campaign_id) WHERE job_id = ?",
        (JobState.Running, at, job_id),
    )
    expire_callbacks(sql, campaign_id, job_id, at)
    deal_callbacks(sql, campaign_id, zones_of(sql, job_id))


def live_zones(sql: Sql, job_id: int) -> list[str]:
    """Return the zones whose shares of a job go on, by name."""
    rows = sql.fetch(
        "SELECT zone FROM job_share WHERE job_id = ? AND ended_at IS NULL ORDER BY zone", (job_id,)
    )
    return [zone for (zone,) in rows]


def _end(sql: Sql, job_id: int, zone: str, at: float) -> None:
    sql.execute(
        "UPDATE job_share SET ended_at = ? WHERE job_id = ? AND zone = ? AND ended_at IS NULL",
        (at, job_id, zone),
    )
    drop_calls(sql, job_id, zone)
