"""What each durable record does to the tables: the hot path, SQL straight to the driver."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from attrs import frozen

from agentmgr.core.effects import (
    RECORDS,
    AddToDnc,
    DropAnswers,
    DropResumeToken,
    EndAttempt,
    EndCallback,
    FinishJob,
    ForgetAgent,
    HoldCalls,
    HoldContact,
    MarkAnswered,
    MarkDialed,
    Record,
    ReturnContact,
    SaveAgent,
    SaveAnswer,
    SaveCallback,
    SaveDisposition,
    SaveNote,
    SaveResumeToken,
    SetAttribute,
    SetNumber,
    StartAttempt,
)
from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES, country_code_attribute
from agentmgr.ports import Token
from agentmgr.store.answers import DROP_ANSWERS, SAVE_ANSWER, parameters_of
from agentmgr.store.contacts import CHANGED_BY, CORRECT_CALLBACKS, FOLLOW_NUMBER, GIVEN_TIMEZONE, LIST_HAS
from agentmgr.store.counters import RecordCount
from agentmgr.store.dispositions import give_way
from agentmgr.store.ownership import check_token
from agentmgr.store.pacing import hold_calls
from agentmgr.store.saved import FLAGS, PLACE
from agentmgr.store.shares import finish_share
from agentmgr.store.sql import Sql, Transaction


@frozen
class Statement:
    """SQL with how its parameters are taken from a record; with `of_zone` the zone is its first one."""

    sql: str
    parameters: Callable[[Any], Any]
    of_zone: bool = False

    def values(self, zone: str, record: Any) -> Any:
        """Return the parameters for a record of a zone."""
        values = self.parameters(record)
        return (zone, *values) if self.of_zone else values


def _statement(sql: str, *names: str, of_zone: bool = False) -> tuple[Statement, ...]:
    return (Statement(sql, attrgetter(*names), of_zone),)


_OF_AGENT = {
    **{name: name for name in ("zone", "agent_state", "call_state", "reason_code", "leg_id", "attempt_id")},
    **{name: name for name in ("extension", "skills")},
    **{name: f"place.{name}" for name in PLACE},
}
"""The columns of `saved_agent` beside its key, each with where it is in the record."""

_CHECK = (
    "checked_at = COALESCE(?, checked_at), timezone = COALESCE(NULLIF(?, ''), timezone),"
    " hours = COALESCE(NULLIF(?, ''), hours)"
)
"""The check of a dial; of a call that another manager had dialled nobody knows it any more."""

STATEMENTS: Mapping[type[Any], tuple[Statement, ...]] = {
    StartAttempt: _statement(
        "INSERT INTO attempt (zone, attempt_id, session_id, job_id, contact_id, contact_type, number,"
        " number_name, started_at, dialed_at, reached_at, agent_id, callback_id)"
        " VALUES (?, ?, COALESCE(?, ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *("attempt_id", "session_id", "attempt_id", "job_id", "contact_id", "contact_type", "number"),
        *("number_name", "at", "dialed_at", "reached_at", "agent_id", "callback_id"),
        of_zone=True,
    ),
    MarkDialed: _statement(
        "UPDATE attempt SET number = ?, number_name = ?, dialed_at = ?, agent_id = COALESCE(?, agent_id)"
        " WHERE attempt_id = ? AND ended_at IS NULL",
        *("number", "number_name", "at", "agent_id", "attempt_id"),
    ),
    # A call can be answered first and find its agent later: the time is that of the answer.
    MarkAnswered: _statement(
        "UPDATE attempt SET answered_at = COALESCE(answered_at, ?), reached_at = COALESCE(reached_at, ?),"
        f" agent_id = COALESCE(?, agent_id), {_CHECK} WHERE attempt_id = ?",
        *("at", "at", "agent_id", "check.at", "check.timezone", "check.hours", "attempt_id"),
    ),
    EndAttempt: _statement(
        "UPDATE attempt SET ended_at = ?, outcome = ?, agent_id = COALESCE(?, agent_id),"
        " dialed_at = CASE WHEN CAST(? AS INTEGER) = 1 THEN dialed_at END,"
        f" {_CHECK} WHERE attempt_id = ? AND ended_at IS NULL",
        *("at", "outcome", "agent_id", "dialed", "check.at", "check.timezone", "check.hours", "attempt_id"),
    ),
    # The first disposition of an attempt stands, it was confirmed to somebody; but see `dispositions`.
    SaveDisposition: _statement(
        "INSERT INTO disposition (attempt_id, job_id, contact_id, agent_id, code_id, source, saved_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (attempt_id) DO NOTHING",
        *("attempt_id", "job_id", "contact_id", "agent_id", "code_id", "source", "at"),
    ),
    ReturnContact: _statement(
        "UPDATE job_contact SET attempts = ?,"
        " last_outcome = COALESCE(NULLIF(CAST(? AS TEXT), ''), last_outcome),"
        " state = CASE WHEN CAST(? AS DOUBLE PRECISION) IS NULL THEN 'done' ELSE 'pending' END,"
        " due_at = COALESCE(CAST(? AS DOUBLE PRECISION), due_at), phone = ?, left_out = ?,"
        " course = ?,"
        " timezone = CASE WHEN CAST(? AS DOUBLE PRECISION) IS NULL THEN timezone"
        f" ELSE {GIVEN_TIMEZONE} END WHERE job_id = ? AND contact_id = ? AND state = 'claimed'",
        *("attempts", "outcome", "due_at", "due_at", "phone", "left_out", "course"),
        *("due_at", "phone"),
        *("job_id", "contact_id"),
    ),
    HoldContact: _statement(
        "UPDATE job_contact SET attempts = ?,"
        " last_outcome = COALESCE(NULLIF(CAST(? AS TEXT), ''), last_outcome), due_at = ?, phone = ?,"
        f" left_out = ?, course = ?, timezone = {GIVEN_TIMEZONE}"
        " WHERE job_id = ? AND contact_id = ? AND state = 'claimed'",
        *("attempts", "outcome", "at", "phone", "left_out", "course", "phone", "job_id", "contact_id"),
    ),
    SaveNote: _statement(
        "INSERT INTO note (contact_id, job_id, attempt_id, agent_id, text, written_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        *("contact_id", "job_id", "attempt_id", "agent_id", "text", "at"),
    ),
    AddToDnc: _statement(
        "INSERT INTO dnc (organisation, address, added_by, added_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (organisation, address) DO NOTHING",
        *("organisation", "address", "agent_id", "at"),
    ),
    SetAttribute: (
        *_statement(
            "INSERT INTO contact_attribute (contact_id, name, value) VALUES (?, ?, ?)"
            " ON CONFLICT (contact_id, name) DO UPDATE SET value = excluded.value",
            *("contact_id", "name", "value"),
        ),
        *_statement(LIST_HAS, "name", "contact_id"),
        *_statement(CHANGED_BY, "at", "agent_id", "contact_id"),
    ),
    SetNumber: (
        *_statement(CORRECT_CALLBACKS, *("number", "timezone", "contact_id", "name", "number")),
        *_statement(
            "INSERT INTO contact_phone (contact_id, name, number, timezone, wireless)"
            " VALUES (?, ?, ?, ?, CAST(? AS INTEGER))"
            " ON CONFLICT (contact_id, name) DO UPDATE SET number = excluded.number,"
            " timezone = excluded.timezone, wireless = excluded.wireless",
            *("contact_id", "name", "number", "timezone", "wireless"),
        ),
        *_statement(
            "INSERT INTO contact_attribute (contact_id, name, value)"
            f" SELECT CAST(? AS INTEGER), CAST(? AS TEXT) || '{country_code_attribute('')}', CAST(? AS TEXT)"
            f" WHERE CAST(? AS TEXT) IN ({', '.join(map(repr, PHONE_ZONE_ATTRIBUTES))})"
            " ON CONFLICT (contact_id, name) DO UPDATE SET value = excluded.value",
            *("contact_id", "name", "calling_code", "name"),
        ),
        Statement(FOLLOW_NUMBER, lambda record: (record.contact_id,)),
        *_statement(LIST_HAS, "name", "contact_id"),
        *_statement(CHANGED_BY, "at", "agent_id", "contact_id"),
    ),
    # A callback that is put off does not end with the attempt that it was put off in.
    SaveCallback: (
        *_statement(
            "INSERT INTO callback (zone, callback_id, campaign_id, job_id, contact_id, callback_type,"
            " agent_id, created_by, number, number_name, timezone, due_at, expires_at, notes, created_at,"
            " saved_at, attempts, moved_in, reason, made_in)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0)"
            " ON CONFLICT (callback_id) DO UPDATE SET zone = excluded.zone,"
            " campaign_id = excluded.campaign_id, callback_type = excluded.callback_type,"
            " agent_id = excluded.agent_id, number = excluded.number,"
            " number_name = excluded.number_name, timezone = excluded.timezone,"
            " due_at = excluded.due_at, expires_at = excluded.expires_at, notes = excluded.notes,"
            " saved_at = excluded.saved_at, attempts = excluded.attempts, ended_at = NULL, outcome = NULL",
            *("callback_id", "campaign_id", "job_id", "contact_id", "callback_type", "agent_id"),
            *("created_by", "number", "number_name", "timezone", "due_at", "expires_at", "notes", "at", "at"),
            "attempts",
            of_zone=True,
        ),
        Statement(
            "UPDATE attempt SET callback_id = NULL WHERE callback_id = ? AND ended_at IS NULL",
            lambda record: (record.callback_id,),
        ),
    ),
    EndCallback: _statement(
        "UPDATE callback SET outcome = ?, ended_at = ?, job_id = ?"
        " WHERE callback_id = ? AND ended_at IS NULL",
        *("outcome", "at", "job_id", "callback_id"),
    ),
    SaveAgent: _statement(
        f"INSERT INTO saved_agent (agent_id, {', '.join(_OF_AGENT)})"
        f" VALUES (?, {', '.join('CAST(? AS INTEGER)' if name in FLAGS else '?' for name in _OF_AGENT)})"
        " ON CONFLICT (agent_id) DO UPDATE SET"
        f" {', '.join(f'{name} = excluded.{name}' for name in _OF_AGENT)}",
        *("agent_id", *_OF_AGENT.values()),
    ),
    ForgetAgent: (
        Statement("DELETE FROM saved_agent WHERE agent_id = ?", lambda record: (record.agent_id,)),
        Statement(DROP_ANSWERS, lambda record: (record.agent_id,)),
    ),
    SaveAnswer: (Statement(SAVE_ANSWER, parameters_of),),
    DropAnswers: (Statement(DROP_ANSWERS, lambda record: (record.agent_id,)),),
    SaveResumeToken: _statement(
        "INSERT INTO resume_token (agent_id, newest, before, given_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (agent_id) DO UPDATE SET newest = excluded.newest, before = excluded.before,"
        " given_at = excluded.given_at",
        *("agent_id", "newest", "before", "at"),
    ),
    DropResumeToken: (
        Statement("DELETE FROM resume_token WHERE agent_id = ?", lambda record: (record.agent_id,)),
    ),
    # What ends with a share, or is dealt anew, is several steps: `shares.finish_share`, `pacing.hold_calls`.
    FinishJob: (),
    HoldCalls: (),
}

if STATEMENTS.keys() != set(RECORDS):
    raise TypeError(f"records without SQL, or SQL without record: {STATEMENTS.keys() ^ set(RECORDS)}")


def commit(tx: Transaction, token: Token, records: Sequence[Record]) -> None:
    """Write records of the zone's owner."""
    check_token(tx, token)
    write_records(tx.sql, token.zone, records)


def write_records(sql: Sql, zone: str, records: Sequence[Record]) -> None:
    """Apply records of a zone in their order; neighbours of one kind go to the database together."""
    counting = RecordCount(sql, zone)
    for kind, neighbours in groupby(records, type):
        group, statements = list(neighbours), STATEMENTS[kind]
        if kind is SaveDisposition:
            group = give_way(sql, zone, group)
        if len(statements) == 1:
            (statement,) = statements
            counting.before(kind, group)
            changed = sql.execute_many(statement.sql, (statement.values(zone, record) for record in group))
            counting.after(kind, group, changed)
            continue
        for record in group:
            if isinstance(record, FinishJob):
                finish_share(sql, zone, record.job_id, record.state, record.at)
            elif isinstance(record, HoldCalls):
                hold_calls(sql, zone, record)
            for statement in statements:
                sql.execute(statement.sql, statement.values(zone, record))
    counting.write()
