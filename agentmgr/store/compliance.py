"""What the calls of a campaign came to, counted for whoever has to show that it kept to the rules."""

from agentmgr.ports import CallCounts
from agentmgr.store.sql import Transaction

NOBODY_OWNED = "('Predictive', 'Progressive')"
"""The kinds of contacts whose calls are dialled for whichever agent is free when a person answers."""
AGAIN_WITHIN_S = 72 * 3600.0
"""So long after an abandoned call its number is not to be dialled for nobody in particular."""

_COUNTED = (
    "SELECT count(attempt.dialed_at),"
    f" count(CASE WHEN attempt.contact_type IN {NOBODY_OWNED} THEN attempt.answered_at END),"
    " count(CASE WHEN attempt.outcome = 'Nuisance' THEN 1 END),"
    " count(CASE WHEN attempt.outcome = 'DncBlocked' THEN 1 END),"
    " count(CASE WHEN attempt.outcome = 'OutsideCallingHours' THEN 1 END)"
    " FROM job JOIN attempt ON attempt.job_id = job.job_id"
    " AND attempt.started_at >= ? AND attempt.started_at < ? WHERE job.campaign_id = ?"
)
_AGAIN = (
    "SELECT count(DISTINCT again.attempt_id) FROM job"
    " JOIN attempt AS nuisance ON nuisance.job_id = job.job_id"
    " AND nuisance.started_at >= ? AND nuisance.started_at < ? AND nuisance.outcome = 'Nuisance'"
    " JOIN attempt AS again ON again.contact_id = nuisance.contact_id AND again.number = nuisance.number"
    f" AND again.contact_type IN {NOBODY_OWNED} AND again.dialed_at > nuisance.dialed_at"
    f" AND again.dialed_at < nuisance.dialed_at + {AGAIN_WITHIN_S} WHERE job.campaign_id = ?"
)


def count_calls(tx: Transaction, campaign_id: int, since: float, until: float) -> CallCounts:
    """Count what began in a time, epoch seconds, the second excluded."""
    within = since, until, campaign_id
    (counted,) = tx.sql.fetch(_COUNTED, within)
    ((again,),) = tx.sql.fetch(_AGAIN, within)
    return CallCounts(*(*counted, again))
