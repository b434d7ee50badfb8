"""Taking a zone over, and what a dead owner left open."""

import sqlite3

from agentmgr.ports import Fenced, JobState, Token
from agentmgr.store.callbacks import expire_callbacks
from agentmgr.store.saved import KEPT, release_attempts, release_job

INTERRUPTED = "Interrupted"

# An attempt for a callback does not concern the contact as the job has it, if it has it at all.
_OPEN_ATTEMPT = (
    "EXISTS (SELECT 1 FROM attempt WHERE attempt.job_id = job_contact.job_id"
    " AND attempt.contact_id = job_contact.contact_id AND attempt.ended_at IS NULL"
    " AND attempt.contact_type <> 'Callback'"
)
_CLAIMED = f" WHERE job_id = ? AND state = 'claimed' AND NOT {_OPEN_ATTEMPT} AND {KEPT})"
# One after another; each leaves alone what an earlier one has taken out of `claimed`.
_SETTLE_CONTACTS = (
    # somebody was talking to this contact: it is not called twice
    "UPDATE job_contact SET state = 'done', attempts = attempts + 1, last_outcome = 'Interrupted'"
    f"{_CLAIMED} AND {_OPEN_ATTEMPT} AND attempt.answered_at IS NOT NULL)",
    # dialled or shown without an answer: that attempt counts
    "UPDATE job_contact SET attempts = attempts + 1, last_outcome = 'Interrupted',"
    " state = CASE WHEN attempts + 1 >= (SELECT max_attempts FROM campaign JOIN job"
    " ON job.campaign_id = campaign.campaign_id WHERE job.job_id = job_contact.job_id)"
    " THEN 'done' ELSE 'pending' END"
    f"{_CLAIMED} AND {_OPEN_ATTEMPT})",
    # only claimed
    f"UPDATE job_contact SET state = 'pending'{_CLAIMED}",
)


def check_token(connection: sqlite3.Connection, token: Token) -> None:
    """Let only the owner of the zone go on.

    Raises:
        Fenced: the zone has another owner, or never had one.
    """
    row = connection.execute("SELECT era, epoch FROM zone WHERE name = ?", (token.zone,)).fetchone()
    if row != (token.era, token.epoch):
        found = f"era {row[0]}, epoch {row[1]}" if row else "no owner"
        raise Fenced(
            f"zone {token.zone}: has {found}, not era {token.era}, epoch {token.epoch}: taken over by another"
            " process; nothing was written"
        )


def raise_epoch(connection: sqlite3.Connection, zone: str) -> Token:
    """Make the caller the owner of a zone."""
    connection.execute(
        "INSERT INTO zone (name, era, epoch) VALUES (?, 1, 1)"
        " ON CONFLICT (name) DO UPDATE SET epoch = zone.epoch + 1",
        (zone,),
    )
    era, epoch = connection.execute("SELECT era, epoch FROM zone WHERE name = ?", (zone,)).fetchone()
    return Token(zone, era, epoch)


def take_over_jobs(connection: sqlite3.Connection, zone: str, now: float) -> list[int]:
    """Settle all jobs of a zone that are not over; return the ids of those that go on.

    What saved agents were working on in them is left to these agents.
    """
    release_attempts(connection, zone)
    jobs = connection.execute(
        "SELECT job_id, campaign_id, state FROM job WHERE zone = ? AND ended_at IS NULL ORDER BY job_id",
        (zone,),
    ).fetchall()
    going_on = []
    for job_id, campaign_id, state in jobs:
        _settle(connection, job_id, now)
        if state in (JobState.Running, JobState.Paused):
            expire_callbacks(connection, campaign_id, now)
            going_on.append(job_id)
        else:
            # Being prepared: nobody was told that it runs. Stopping: its last contact is over now.
            connection.execute(
                "UPDATE job SET state = ?, ended_at = ? WHERE job_id = ?", (JobState.Stopped, now, job_id)
            )
    return going_on


def settle_job(connection: sqlite3.Connection, job_id: int, now: float) -> None:
    """End the open attempts of a job and give its claimed contacts back, as nobody works on it any more."""
    release_job(connection, job_id)
    _settle(connection, job_id, now)


def _settle(connection: sqlite3.Connection, job_id: int, now: float) -> None:
    for sql in _SETTLE_CONTACTS:
        connection.execute(sql, (job_id,))
    # somebody was called back: that is not done twice; one who was not reached waits on
    connection.execute(
        "UPDATE callback SET ended_at = ?, outcome = ? WHERE ended_at IS NULL AND callback_id IN"
        " (SELECT callback_id FROM attempt WHERE job_id = ? AND ended_at IS NULL"
        f" AND answered_at IS NOT NULL AND callback_id IS NOT NULL AND NOT {KEPT})",
        (now, INTERRUPTED, job_id),
    )
    connection.execute(
        f"UPDATE attempt SET ended_at = ?, outcome = ? WHERE job_id = ? AND ended_at IS NULL AND NOT {KEPT}",
        (now, INTERRUPTED, job_id),
    )
