"""What the calls of a campaign came to, for its pacing and for whoever has to show that it kept to rules."""

from agentmgr.core.model import LatestCalls, LiveCalls
from agentmgr.ports import CallCounts
from agentmgr.store.schema import LIVE_ANSWER
from agentmgr.store.sql import Transaction

NOBODY_OWNED = "('Predictive', 'Progressive')"
"""The kinds of contacts whose calls are dialled for whichever agent is free when a person answers."""
AGAIN_WITHIN_S = 72 * 3600.0
"""So long after an abandoned call its number is not to be dialled for nobody in particular."""
LATEST = 1500
"""From so many attempts it is learned how lines and contacts end; about the last 500 of each count."""
LATEST_JOBS = 10

_COUNTED = (
    "SELECT count(attempt.dialed_at),"
    " count(CASE WHEN attempt.outcome = 'DncBlocked' THEN 1 END),"
    " count(CASE WHEN attempt.outcome = 'OutsideCallingHours' THEN 1 END)"
    " FROM job JOIN attempt ON attempt.job_id = job.job_id"
    " AND attempt.started_at >= ? AND attempt.started_at < ? WHERE job.campaign_id = ?"
)
_LIVE = (
    "SELECT job.job_id, count(*), count(CASE WHEN outcome = 'Nuisance' THEN 1 END)"
    " FROM job JOIN attempt ON attempt.job_id = job.job_id"
    f" AND attempt.started_at >= ? AND attempt.started_at < ? AND {LIVE_ANSWER}"
    " WHERE job.campaign_id = ? GROUP BY job.job_id"
)
_AGAIN = (
    "SELECT count(DISTINCT again.attempt_id) FROM job"
    " JOIN attempt AS nuisance ON nuisance.job_id = job.job_id"
    " AND nuisance.started_at >= ? AND nuisance.started_at < ? AND nuisance.outcome = 'Nuisance'"
    " JOIN attempt AS again ON again.contact_id = nuisance.contact_id AND again.number = nuisance.number"
    f" AND again.contact_type IN {NOBODY_OWNED} AND again.dialed_at > nuisance.dialed_at"
    f" AND again.dialed_at < nuisance.dialed_at + {AGAIN_WITHIN_S} WHERE job.campaign_id = ?"
)
_LATEST = (
    "SELECT contact_type, dialed_at, answered_at, ended_at, outcome FROM attempt"
    " WHERE job_id = ? AND started_at >= ? AND started_at < ?"
    " ORDER BY started_at DESC, attempt_id DESC LIMIT ?"
)


def count_calls(tx: Transaction, campaign_id: int, since: float, until: float) -> CallCounts:
    """Count what began in a time, epoch seconds, the second excluded."""
    within = since, until, campaign_id
    ((dials, on_dnc, outside_hours),) = tx.sql.fetch(_COUNTED, within)
    ((again,),) = tx.sql.fetch(_AGAIN, within)
    answers, abandoned = live_answers(tx, campaign_id, since, until)
    return CallCounts(dials, answers, abandoned, on_dnc, outside_hours, again)


def live_answers(tx: Transaction, campaign_id: int, since: float, until: float) -> tuple[int, int]:
    """Count the live answers among that, and those of them that were abandoned."""
    live = _live(tx, campaign_id, since, until)
    answers, abandoned = (sum(column) for column in zip((0, 0), *live.values(), strict=True))
    return answers, abandoned


def live_calls(tx: Transaction, job_id: int, since: float, until: float) -> LiveCalls:
    """Count the live answers among that, of a job's campaign and of the job."""
    live = _live(tx, _campaign_of(tx, job_id), since, until)
    answers, abandoned = (sum(column) for column in zip((0, 0), *live.values(), strict=True))
    return LiveCalls(answers, abandoned, *live.get(job_id, (0, 0)))


def _live(tx: Transaction, campaign_id: int, since: float, until: float) -> dict[int, tuple[int, int]]:
    """Return live answers and abandoned calls by job."""
    found = tx.sql.fetch(_LIVE, (since, until, campaign_id))
    return {job_id: (answers, abandoned) for job_id, answers, abandoned in found}


def _campaign_of(tx: Transaction, job_id: int) -> int:
    found = tx.sql.fetch("SELECT campaign_id FROM job WHERE job_id = ?", (job_id,))
    return next((campaign_id for (campaign_id,) in found), 0)  # 0 if it was deleted meanwhile


def latest_calls(tx: Transaction, job_id: int, since: float, until: float) -> LatestCalls:
    """Return how the latest calls of a job's campaign went that nobody cut short."""
    jobs = tx.sql.fetch(
        "SELECT job_id FROM job WHERE campaign_id = ? ORDER BY job_id DESC LIMIT ?",
        (_campaign_of(tx, job_id), LATEST_JOBS),
    )
    rang: list[tuple[float, bool]] = []
    handled_s: list[float] = []
    left = LATEST
    for (of_job,) in jobs:
        attempts = tx.sql.fetch(_LATEST, (of_job, since, until, left)) if left else ()
        left -= len(attempts)
        for contact_type, dialed_at, answered_at, ended_at, outcome in attempts:
            is_over = None not in (dialed_at, ended_at) and outcome not in ("Cancelled", "Interrupted")
            if not is_over or contact_type not in ("Predictive", "Progressive"):
                continue
            rang.append(((answered_at or ended_at) - dialed_at, answered_at is not None))
            if answered_at is not None and outcome == "Handled":
                handled_s.append(ended_at - answered_at)
    return LatestCalls(tuple(reversed(rang)), tuple(reversed(handled_s)))
