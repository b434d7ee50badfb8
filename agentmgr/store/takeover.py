"""Taking a zone over from a dead owner."""

from agentmgr.ports import Claim, JobState, OpenedZone
from agentmgr.store.callbacks import expire_callbacks
from agentmgr.store.jobs import read_job
from agentmgr.store.ownership import raise_epoch
from agentmgr.store.saved import read_saved, release_attempts
from agentmgr.store.settlement import settle_rest
from agentmgr.store.sql import Sql, Transaction


def open_zone(tx: Transaction, zone: str, now: float, claim: Claim | None = None) -> OpenedZone:
    """Make the caller the owner of a zone and settle what its dead owner left open."""
    tx.sql.take_time()
    token = raise_epoch(tx, zone, now, claim)
    going_on = _take_over_jobs(tx.sql, zone, now)
    return OpenedZone(token, tuple(read_job(tx, job_id) for job_id in going_on), read_saved(tx.sql, zone))


def _take_over_jobs(sql: Sql, zone: str, now: float) -> list[int]:
    """Settle all jobs of a zone that are not over; return the ids of those that go on.

    What saved agents were working on in them is left to these agents.
    """
    release_attempts(sql, zone)
    jobs = sql.fetch(
        "SELECT job_id, campaign_id, state FROM job WHERE zone = ? AND ended_at IS NULL ORDER BY job_id",
        (zone,),
    )
    going_on = []
    for job_id, campaign_id, state in jobs:
        settle_rest(sql, job_id, now)
        if state in (JobState.Running, JobState.Paused):
            expire_callbacks(sql, campaign_id, job_id, now)
            going_on.append(job_id)
        else:
            # Being prepared: nobody was told that it runs. Stopping: its last contact is over now.
            sql.execute(
                "UPDATE job SET state = ?, ended_at = ? WHERE job_id = ?", (JobState.Stopped, now, job_id)
            )
    return going_on
