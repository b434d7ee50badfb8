"""Callbacks that wait: read back, counted, ended when their time is over."""

from agentmgr.core.model import CallbackSpec, PhoneNumber
from agentmgr.store.contacts import read_contacts
from agentmgr.store.counters import CALLBACK_ENDED, count
from agentmgr.store.sql import Sql
from protocol.enums import CallbackType

# What a saved agent still works on is not over; see `takeover`.
_WORKED_ON = (
    "EXISTS (SELECT 1 FROM attempt WHERE attempt.callback_id = callback.callback_id"
    " AND attempt.ended_at IS NULL)"
)


def read_callbacks(sql: Sql, campaign_id: int) -> tuple[CallbackSpec, ...]:
    """Return the callbacks that a campaign has to deliver, the earliest first."""
    rows = sql.fetch(
        "SELECT callback_id, callback_type, agent_id, contact_id, number, number_name, timezone, due_at,"
        " expires_at, notes, attempts FROM callback WHERE campaign_id = ? AND ended_at IS NULL"
        " ORDER BY due_at, callback_id",
        (campaign_id,),
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
            _,
        ) in zip(contacts, rows, strict=True)
    )


def expire_callbacks(sql: Sql, campaign_id: int, job_id: int, now: float) -> None:
    """End those whose time passed while nobody looked, as the job's; one that is worked on goes on."""
    ended = sql.fetch(
        "UPDATE callback SET outcome = 'Expired', ended_at = ?, job_id = ?"
        f" WHERE campaign_id = ? AND ended_at IS NULL AND expires_at <= ?"
        f" AND NOT {_WORKED_ON}{CALLBACK_ENDED}",
        (now, job_id, campaign_id, now),
    )
    count(sql, ended)
