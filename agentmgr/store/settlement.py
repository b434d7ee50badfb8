"""What is left open when nobody works on a share any more: attempts end, contacts are given back."""

from agentmgr.store.counters import ABANDONED, CALLBACK_ENDED, CONTACT_MOVED, ENDED, count, count_ended
from agentmgr.store.saved import KEPT, release_share
from agentmgr.store.sql import Sql

INTERRUPTED = "Interrupted"

# An attempt for a callback does not concern the contact as the job has it, if it has it at all.
_OPEN_ATTEMPT = (
    "EXISTS (SELECT 1 FROM attempt WHERE attempt.job_id = job_contact.job_id"
    " AND attempt.contact_id = job_contact.contact_id AND attempt.ended_at IS NULL"
    " AND attempt.contact_type <> 'Callback'"
)
_CLAIMED = f" WHERE job_id = ? AND zone = ? AND state = 'claimed' AND NOT {_OPEN_ATTEMPT} AND {KEPT})"
# One after another; each leaves alone what an earlier one has taken out of `claimed`.
_NOBODY_CAME = "attempt.answered_at IS NOT NULL AND attempt.agent_id IS NULL"
_OF_CAMPAIGN = (
    "FROM campaign JOIN job ON job.campaign_id = campaign.campaign_id WHERE job.job_id = job_contact.job_id"
)
SETTLE_ABANDONED = (
    f"UPDATE job_contact SET attempts = attempts + 1, last_outcome = '{ABANDONED}',"
    f" due_at = CAST(? AS DOUBLE PRECISION) + (SELECT nuisance_retry_s {_OF_CAMPAIGN}),"
    f" state = CASE WHEN attempts + 1 >= (SELECT max_attempts {_OF_CAMPAIGN}) THEN 'done' ELSE 'pending' END"
    f"{_CLAIMED} AND {_OPEN_ATTEMPT} AND {_NOBODY_CAME}){CONTACT_MOVED}"
)
"""Somebody answered and no agent was there: they are called again as after any abandoned call."""
SETTLE_CONTACTS = (
    # somebody was talking to this contact: it is not called twice
    "UPDATE job_contact SET state = 'done', attempts = attempts + 1, last_outcome = 'Interrupted'"
    f"{_CLAIMED} AND {_OPEN_ATTEMPT} AND attempt.reached_at IS NOT NULL){CONTACT_MOVED}",
    # dialled or shown without an answer: that attempt counts
    "UPDATE job_contact SET attempts = attempts + 1, last_outcome = 'Interrupted',"
    f" state = CASE WHEN attempts + 1 >= (SELECT max_attempts {_OF_CAMPAIGN}) THEN 'done' ELSE 'pending' END"
    f"{_CLAIMED} AND {_OPEN_ATTEMPT}){CONTACT_MOVED}",
    # only claimed
    f"UPDATE job_contact SET state = 'pending'{_CLAIMED}{CONTACT_MOVED}",
)


def settle_share(sql: Sql, job_id: int, zone: str, now: float) -> None:
    """End what is open of a share, and give its claimed contacts back, as nobody works on it any more."""
    release_share(sql, job_id, zone)
    settle_rest(sql, job_id, zone, now)


def settle_rest(sql: Sql, job_id: int, zone: str, now: float) -> None:
    """Settle a share, but for the attempts that saved agents go on with."""
    count(sql, sql.fetch(SETTLE_ABANDONED, (now, job_id, zone)))
    for statement in SETTLE_CONTACTS:
        count(sql, sql.fetch(statement, (job_id, zone)))
    # somebody was called back: that is not done twice; one who was not reached waits on
    called_back = sql.fetch(
        "UPDATE callback SET ended_at = ?, outcome = ?, job_id = ? WHERE ended_at IS NULL AND callback_id IN"
        " (SELECT callback_id FROM attempt WHERE job_id = ? AND zone = ? AND ended_at IS NULL"
        f" AND reached_at IS NOT NULL AND callback_id IS NOT NULL AND NOT {KEPT}){CALLBACK_ENDED}",
        (now, INTERRUPTED, job_id, job_id, zone),
    )
    count(sql, called_back)
    ended = sql.fetch(
        f"UPDATE attempt SET ended_at = ?, outcome = CASE WHEN {_NOBODY_CAME} THEN '{ABANDONED}' ELSE ? END"
        f" WHERE job_id = ? AND zone = ? AND ended_at IS NULL AND NOT {KEPT}{ENDED}",
        (now, INTERRUPTED, job_id, zone),
    )
    count_ended(sql, ended)
