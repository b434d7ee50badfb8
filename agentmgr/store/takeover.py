"""Taking a zone over from a dead owner."""

from agentmgr.ports import Claim, JobState, OpenedZone
from agentmgr.store.callbacks import expire_callbacks
from agentmgr.store.jobs import read_job
from agentmgr.store.ownership import next_run, raise_epoch
from agentmgr.store.saved import read_saved, release_attempts
from agentmgr.store.settlement import settle_rest
from agentmgr.store.shares import GOES_ON, end_idle_shares, end_job, lock_job, settle_and_end
from agentmgr.store.sql import Sql, Transaction


def open_zone(tx: Transaction, zone: str, now: float, claim: Claim | None = None) -> OpenedZone:
    """Make the caller the owner of a zone and settle what its dead owner left open."""
    tx.sql.take_time()
    token = raise_epoch(tx, zone, now, claim)
    run = next_run(tx.sql, token)
    going_on = _take_over_shares(tx.sql, zone, now)
    jobs = tuple(read_job(tx, job_id, zone) for job_id in going_on)
    return OpenedZone(token, jobs, read_saved(tx.sql, zone), run)


def _take_over_shares(sql: Sql, zone: str, now: float) -> list[int]:
    """Settle all shares of a zone that have not ended; return the ids of the jobs that go on.

    What saved agents were working on in them is left to these agents.
    """
    release_attempts(sql, zone)
    jobs = sql.fetch(
        "SELECT job.job_id, campaign_id, state FROM job JOIN job_share ON job_share.job_id = job.job_id"
        " WHERE job.ended_at IS NULL AND state NOT IN (?, ?) AND zone = ? AND job_share.ended_at IS NULL",
        (JobState.Preparing, JobState.Queued, zone),
    )
    going_on = []
    for job_id, campaign_id, state in sorted(jobs):
        if state in GOES_ON:
            settle_rest(sql, job_id, zone, now)
            expire_callbacks(sql, campaign_id, job_id, now, zone)
            going_on.append(job_id)
        elif lock_job(sql, job_id):
            # stopping: its last contact here is over now
            settle_and_end(sql, job_id, zone, now)
            end_idle_shares(sql, job_id, now)
            end_job(sql, job_id, JobState.Stopped, now)
    return going_on
