"""Callbacks that wait: read back, made, moved and cancelled from outside, ended when their time is over."""

from collections.abc import Sequence

from agentmgr.core.ids import callback_in_version
from agentmgr.core.model import CallbackSpec, PhoneNumber
from agentmgr.ports import CallbackChange, CallbackFilter, CallbackPlace, KeptCallback, NewCallback
from agentmgr.store.contacts import read_contacts
from agentmgr.store.counters import CALLBACK_ENDED, count
from agentmgr.store.intake import GOES_ON
from agentmgr.store.sql import Sql, Transaction, batches, marks
from protocol.enums import CallbackType

# What a saved agent still works on is not over; see `takeover`.
_WORKED_ON = (
    "EXISTS (SELECT 1 FROM attempt WHERE attempt.callback_id = callback.callback_id"
    " AND attempt.ended_at IS NULL)"
)


def read_callbacks(sql: Sql, campaign_id: int, zone: str | None = None) -> tuple[CallbackSpec, ...]:
    """Return the callbacks that a campaign has to deliver, those of a zone or all, the earliest first."""
    rows = sql.fetch(
        "SELECT callback_id, callback_type, agent_id, contact_id, number, number_name, timezone, due_at,"
        " expires_at, notes, moved_in, made_in, attempts FROM callback"
        " WHERE campaign_id = ? AND ended_at IS NULL"
        " AND (CAST(? AS TEXT) IS NULL OR zone = ?) ORDER BY due_at, callback_id",
        (campaign_id, zone, zone),
    )
    contacts = read_contacts(sql, [(row[3], row[-1]) for row in rows])
    return tuple(
        CallbackSpec(
            callback_id=callback_id,
            callback_type=CallbackType(callback_type),
            campaign_id=campaign_id,
            agent_id=agent_id,
            contact=contact,
            number=PhoneNumber(
                name, number, timezone, any(n.wireless for n in contact.numbers if n.number == number)
            ),
            due_at=due_at,
            expires_at=expires_at,
            notes=notes,
            moved_in=moved_in,
            made_in=made_in,
        )
        for contact, (
            callback_id,
            callback_type,
            agent_id,
            _,
            number,
            name,
            timezone,
            due_at,
            expires_at,
            notes,
            moved_in,
            made_in,
            _,
        ) in zip(contacts, rows, strict=True)
    )


def deal_callbacks(sql: Sql, campaign_id: int, zones: Sequence[str]) -> None:
    """Give each callback of a campaign to a share of its new job: its agent's, else its own, else in turn."""
    rows = sql.fetch(
        "SELECT callback_id, callback.zone, COALESCE(agent.zone, '') FROM callback"
        " LEFT JOIN agent ON agent.agent_id = callback.agent_id"
        " WHERE campaign_id = ? AND ended_at IS NULL ORDER BY callback_id",
        (campaign_id,),
    )
    dealt = []
    for place, (callback_id, own, of_agent) in enumerate(rows):
        zone = next((each for each in (of_agent, own) if each in zones), zones[place % len(zones)])
        if zone != own:
            dealt.append((zone, callback_id))
    sql.execute_many("UPDATE callback SET zone = ? WHERE callback_id = ?", dealt)


def expire_callbacks(sql: Sql, campaign_id: int, job_id: int, now: float, zone: str | None = None) -> None:
    """End those whose time passed while nobody looked, of a zone or all, as the job's.

    One that is worked on goes on.
    """
    ended = sql.fetch(
        "UPDATE callback SET outcome = 'Expired', ended_at = ?, job_id = ?"
        " WHERE campaign_id = ? AND ended_at IS NULL AND expires_at <= ?"
        f" AND (CAST(? AS TEXT) IS NULL OR zone = ?) AND NOT {_WORKED_ON}{CALLBACK_ENDED}",
        (now, job_id, campaign_id, now, zone, zone),
    )
    count(sql, ended)


def read_withdrawn(sql: Sql, campaign_id: int) -> dict[str, int]:
    """Return what supervisors cancelled, each with the version of the campaign in which that was."""
    return dict(
        sql.fetch(
            "SELECT callback_id, moved_in FROM callback WHERE campaign_id = ? AND moved_in > 0"
            " AND ended_at IS NOT NULL",
            (campaign_id,),
        )
    )


_KEPT = (
    "SELECT callback_id, callback.campaign_id, campaign.name, contact_list.name, contact.user_contact_id,"
    " callback_type, agent_id, number_name, number, timezone, due_at, expires_at, notes, callback.created_by,"
    " callback.created_at, ended_at, COALESCE(outcome, ''), reason,"
    " (SELECT MAX(COALESCE(attempt.agent_id, '')) FROM attempt"
    " WHERE attempt.callback_id = callback.callback_id AND attempt.ended_at IS NULL)"
    " FROM callback JOIN campaign ON campaign.campaign_id = callback.campaign_id"
    " JOIN contact ON contact.contact_id = callback.contact_id"
    " JOIN contact_list ON contact_list.list_id = contact.list_id"
)


def find_callbacks(
    tx: Transaction, wanted: CallbackFilter, after: CallbackPlace, limit: int
) -> tuple[KeptCallback, ...]:
    """Return the next callbacks that fit, by the time they are due."""
    which, values = "(due_at, callback_id) > (?, ?)", [after.due_at, after.callback_id]
    if wanted.waiting:
        which += " AND ended_at IS NULL"
    for column, how, value in (("due_at", ">=", wanted.since), ("due_at", "<", wanted.until)):
        if value is not None:
            which += f" AND {column} {how} ?"
            values.append(value)
    for column, allowed in (
        ("callback.campaign_id", wanted.campaign_ids),
        ("agent_id", wanted.agents),
        ("contact.user_contact_id", wanted.contacts),
        ("number", wanted.numbers),
    ):
        if allowed:
            which += f" AND {column} IN ({marks(allowed)})"
            values += allowed
    rows = tx.sql.fetch(f"{_KEPT} WHERE {which} ORDER BY due_at, callback_id LIMIT ?", (*values, limit))
    return tuple(KeptCallback(*row) for row in rows)


def read_kept(tx: Transaction, callback_ids: Sequence[str]) -> tuple[KeptCallback, ...]:
    """Return the callbacks that have some ids."""
    return tuple(
        KeptCallback(*row)
        for batch in batches(callback_ids)
        for row in tx.sql.fetch(f"{_KEPT} WHERE callback_id IN ({marks(batch)})", batch)
    )


def change_callbacks(
    tx: Transaction, changes: Sequence[CallbackChange], now: float
) -> tuple[KeptCallback, ...]:
    """Move or cancel callbacks, all or none; return those that stand against it: over, or being worked on."""
    sql = tx.sql
    there = {each.callback_id: each for each in read_kept(tx, [each.callback_id for each in changes])}
    against = [each for each in there.values() if each.ended_at is not None or each.worked_on_by is not None]
    if against:
        return tuple(against)
    of_campaigns = {each.campaign_id for each in there.values()}
    versions = {campaign_id: _raise_version(sql, campaign_id) for campaign_id in of_campaigns}
    for each in changes:
        version = versions[there[each.callback_id].campaign_id]
        if each.cancelled:
            ended = sql.fetch(
                "UPDATE callback SET outcome = 'Cancelled', ended_at = ?, reason = ?, moved_in = ?"
                f" WHERE callback_id = ?{CALLBACK_ENDED}",
                (now, each.reason, version, each.callback_id),
            )
            count(sql, ended)
        else:
            sql.execute(
                "UPDATE callback SET due_at = ?, expires_at = ?, agent_id = ?, callback_type = ?, reason = ?,"
                " moved_in = ? WHERE callback_id = ?",
                (
                    *(each.due_at, each.expires_at, each.agent_id, each.callback_type, each.reason),
                    *(version, each.callback_id),
                ),
            )
    return ()


def _raise_version(sql: Sql, campaign_id: int) -> int:
    """Let a campaign have a higher version, as for any other change of it: so zones hear of one."""
    sql.execute("UPDATE campaign SET version = version + 1 WHERE campaign_id = ?", (campaign_id,))
    ((version,),) = sql.fetch("SELECT version FROM campaign WHERE campaign_id = ?", (campaign_id,))
    return int(version)


_CAN_WAIT = (
    "SELECT job.campaign_id FROM job JOIN contact ON contact.contact_id = ?"
    " WHERE job_id = ? AND job.state IN (?, ?) AND contact.deleted_at IS NULL"
)
# The contact's own share of the job, else one that goes on: its zone has the job open.
_ITS_SHARE = (
    "SELECT job_share.zone FROM job_share LEFT JOIN job_contact ON job_contact.job_id = job_share.job_id"
    " AND job_contact.zone = job_share.zone AND job_contact.contact_id = ? WHERE job_share.job_id = ?"
    " ORDER BY job_contact.contact_id IS NULL, job_share.ended_at IS NOT NULL, job_share.zone LIMIT 1"
)


def make_callback(tx: Transaction, new: NewCallback, now: float) -> str | None:
    """Make a callback for a job that runs or is paused; return its id, None if job or contact are gone.

    One that waits already, with the same time, number and notes, is the same promise, said again.
    """
    sql = tx.sql
    # whoever ends the job, or has a zone load it, comes before or after this
    sql.execute("UPDATE job SET total = total WHERE job_id = ?", (new.job_id,))
    rows = sql.fetch(_CAN_WAIT, (new.contact_id, new.job_id, *GOES_ON))
    if not rows:
        return None
    ((campaign_id,),) = rows
    number = new.number
    same = sql.fetch(
        "SELECT callback_id FROM callback WHERE campaign_id = ? AND contact_id = ? AND number = ?"
        " AND due_at = ? AND expires_at = ? AND notes = ? AND created_by = ? AND ended_at IS NULL"
        " AND made_in > 0",
        (
            *(campaign_id, new.contact_id, number.number, new.due_at),
            *(new.expires_at, new.notes, new.created_by),
        ),
    )
    for (callback_id,) in same:
        return str(callback_id)
    ((zone,),) = sql.fetch(_ITS_SHARE, (new.contact_id, new.job_id))
    version = _raise_version(sql, campaign_id)
    callback_id = callback_in_version(campaign_id, version)
    sql.execute(
        "INSERT INTO callback (zone, callback_id, campaign_id, job_id, contact_id, callback_type, agent_id,"
        " created_by, number, number_name, timezone, due_at, expires_at, notes, created_at, saved_at,"
        " attempts, moved_in, reason, made_in)"
        " VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', ?)",
        (
            *(zone, callback_id, campaign_id, new.job_id, new.contact_id, str(CallbackType.Campaign)),
            *(new.created_by, number.number, number.name, number.timezone),
            *(new.due_at, new.expires_at, new.notes, now, now, version),
        ),
    )
    return callback_id
