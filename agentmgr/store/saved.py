"""Agents that outlive a crash: which of their attempts go on, and how they are read back."""

from collections.abc import Sequence
from typing import Any

from attrs import fields

from agentmgr.core.model import PhoneNumber, Place, SavedAgent, SavedSession
from agentmgr.ports import JobState
from agentmgr.store.answers import read_answers
from agentmgr.store.contacts import read_contacts
from agentmgr.store.sql import Sql
from protocol.enums import AgentState, CallState, ContactType

PLACE = tuple(field.name for field in fields(Place))
"""The columns of `saved_agent` that are an agent's `Place`."""
FLAGS = frozenset({"has_asked", "is_leaving", "is_available"})
"""Those of them that are true or false."""

KEPT = "EXISTS (SELECT 1 FROM saved_agent WHERE saved_agent.attempt_id = attempt.attempt_id)"
"""Whether an attempt goes on with its agent, after `release_attempts`."""

_GOES_ON = (
    "EXISTS (SELECT 1 FROM attempt JOIN job ON job.job_id = attempt.job_id"
    " WHERE attempt.attempt_id = saved_agent.attempt_id AND attempt.ended_at IS NULL"
    " AND attempt.reached_at IS NOT NULL AND attempt.zone = saved_agent.zone AND job.ended_at IS NULL"
    " AND job.state IN (?, ?))"
)


def release_attempts(sql: Sql, zone: str) -> None:
    """Part the saved agents of a zone from all attempts that do not go on: not answered, over, job over."""
    sql.execute(
        f"UPDATE saved_agent SET attempt_id = '' WHERE zone = ? AND attempt_id <> '' AND NOT {_GOES_ON}",
        (zone, JobState.Running, JobState.Paused),
    )


def release_share(sql: Sql, job_id: int, zone: str) -> None:
    """Part saved agents from the attempts of a share that is over."""
    sql.execute(
        "UPDATE saved_agent SET attempt_id = '' WHERE attempt_id IN"
        " (SELECT attempt_id FROM attempt WHERE job_id = ? AND zone = ? AND ended_at IS NULL)",
        (job_id, zone),
    )


def read_saved(sql: Sql, zone: str) -> tuple[SavedAgent, ...]:
    """Return the saved agents of a zone by id, each with the attempt that goes on."""
    answers = read_answers(sql, zone)
    rows = sql.fetch(
        "SELECT agent_id, agent_state, call_state, reason_code, leg_id, attempt_id, extension, skills,"
        f" {', '.join(PLACE)} FROM saved_agent WHERE zone = ? ORDER BY agent_id",
        (zone,),
    )
    return tuple(
        SavedAgent(
            agent_id,
            AgentState(agent_state),
            CallState(call_state),
            reason_code,
            leg_id,
            _read_session(sql, attempt_id) if attempt_id else None,
            extension,
            skills,
            _place(place),
            answers.get(agent_id, ()),
        )
        for agent_id, agent_state, call_state, reason_code, leg_id, attempt_id, extension, skills, *place in (
            rows
        )
    )


def _place(row: Sequence[Any]) -> Place:
    values = zip(PLACE, row, strict=True)
    fields: dict[str, Any] = {name: bool(value) if name in FLAGS else value for name, value in values}
    return Place(**fields)


def _read_session(sql: Sql, attempt_id: str) -> SavedSession:
    (
        (
            sid,
            job_id,
            contact_id,
            contact_type,
            dialled,
            reached_at,
            answered_at,
            callback_id,
            attempts,
            phone,
            left_out,
            course,
            callbacks,
        ),
    ) = sql.fetch(
        "SELECT session_id, attempt.job_id, attempt.contact_id, contact_type, number, reached_at,"
        " answered_at, callback_id,"
        " COALESCE(job_contact.attempts, (SELECT attempts FROM callback"
        " WHERE callback.callback_id = attempt.callback_id), 0), COALESCE(job_contact.phone, ''),"
        " COALESCE(job_contact.left_out, ''), COALESCE(job_contact.course, ''),"
        " (SELECT count(*) FROM callback"
        " WHERE callback.contact_id = attempt.contact_id AND callback.job_id = attempt.job_id)"
        " FROM attempt LEFT JOIN job_contact ON job_contact.job_id = attempt.job_id"
        " AND job_contact.contact_id = attempt.contact_id AND contact_type <> ?"
        " WHERE attempt_id = ?",
        (ContactType.Callback, attempt_id),
    )
    (contact,) = read_contacts(sql, [(contact_id, attempts, phone, left_out, course)])
    number = next((n for n in contact.numbers if n.number == dialled), PhoneNumber("", dialled))
    return SavedSession(
        sid=sid,
        attempt_id=attempt_id,
        job_id=job_id,
        contact=contact,
        contact_type=ContactType(contact_type),
        number=number,
        answered_at=reached_at,
        reached=answered_at is not None,
        callback_id=callback_id or "",
        callback_count=callbacks,
    )
