"""Taking a zone over, and what a dead owner left open."""

import sqlite3

from agentmgr.ports import Fenced, JobState, Token

INTERRUPTED = "Interrupted"

_OPEN_ATTEMPT = (
    "EXISTS (SELECT 1 FROM attempt WHERE attempt.job_id = job_contact.job_id"
    " AND attempt.contact_id = job_contact.contact_id AND attempt.ended_at IS NULL"
)
# One after another; each leaves alone what an earlier one has taken out of `claimed`.
_SETTLE_CONTACTS = (
    # somebody was talking to this contact: it is not called twice
    "UPDATE job_contact SET state = 'done', attempts = attempts + 1, last_outcome = 'Interrupted'"
    f" WHERE job_id = ? AND state = 'claimed' AND {_OPEN_ATTEMPT} AND attempt.answered_at IS NOT NULL)",
    # dialled or shown without an answer: that attempt counts
    "UPDATE job_contact SET attempts = attempts + 1, last_outcome = 'Interrupted',"
    " state = CASE WHEN attempts + 1 >= (SELECT max_attempts FROM campaign JOIN job"
    " ON job.campaign_id = campaign.campaign_id WHERE job.job_id = job_contact.job_id)"
    " THEN 'done' ELSE 'pending' END"
    f" WHERE job_id = ? AND state = 'claimed' AND {_OPEN_ATTEMPT})",
    # only claimed
    "UPDATE job_contact SET state = 'pending' WHERE job_id = ? AND state = 'claimed'",
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
    """Settle all jobs of a zone that are not over; return the ids of those that go on."""
    jobs = connection.execute(
        "SELECT job_id, state FROM job WHERE zone = ? AND ended_at IS NULL ORDER BY job_id", (zone,)
    ).fetchall()
    going_on = []
    for job_id, state in jobs:
        settle_job(connection, job_id, now)
        if state in (JobState.Running, JobState.Paused):
            going_on.append(job_id)
        else:
            # Being prepared: nobody was told that it runs. Stopping: its last contact is over now.
            connection.execute(
                "UPDATE job SET state = ?, ended_at = ? WHERE job_id = ?", (JobState.Stopped, now, job_id)
            )
    return going_on


def settle_job(connection: sqlite3.Connection, job_id: int, now: float) -> None:
    """End the open attempts of a job and give its claimed contacts back, as nobody works on it any more."""
    for sql in _SETTLE_CONTACTS:
        connection.execute(sql, (job_id,))
    connection.execute(
        "UPDATE attempt SET ended_at = ?, outcome = ? WHERE job_id = ? AND ended_at IS NULL",
        (now, INTERRUPTED, job_id),
    )
