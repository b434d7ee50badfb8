"""Numbers of campaigns and agents: a change is one UPDATE, so that none is lost among those at one moment.

A sum that is out of range is refused before it is made: SQLite would keep an infinity, from which no number
comes back, and PostgreSQL fail.
"""

import sys

from agentmgr.core.model import Number
from agentmgr.ports import Change, Changed, JobValue, ManagerState, NumberAttribute, Scope
from agentmgr.store.sql import Transaction

_MAX = sys.float_info.max
_COLUMNS = "scope, name, initial, display_name, organisation"
_TO = "CAST(? AS DOUBLE PRECISION)"


def read_number_attributes(tx: Transaction, scope: Scope) -> tuple[NumberAttribute, ...]:
    """Return all definitions by name."""
    rows = tx.sql.fetch(f"SELECT {_COLUMNS} FROM number_attribute WHERE scope = ? ORDER BY name", (scope,))
    return tuple(_attribute(*row) for row in rows)


def find_number_attribute(tx: Transaction, scope: Scope, name: str) -> NumberAttribute | None:
    """Return a definition; None if there is none of that name."""
    rows = tx.sql.fetch(
        f"SELECT {_COLUMNS} FROM number_attribute WHERE scope = ? AND name = ?", (scope, name)
    )
    return _attribute(*rows[0]) if rows else None


def _attribute(
    scope: str, name: str, initial: float, display_name: str, organisation: str
) -> NumberAttribute:
    return NumberAttribute(Scope(scope), name, initial, display_name, organisation)


def put_number_attribute(tx: Transaction, spec: NumberAttribute) -> None:
    """Define a number, or replace the definition with the same name."""
    tx.sql.execute(
        f"INSERT INTO number_attribute ({_COLUMNS}) VALUES (?, ?, {_TO}, ?, ?)"
        " ON CONFLICT (scope, name) DO UPDATE SET initial = excluded.initial,"
        " display_name = excluded.display_name, organisation = excluded.organisation",
        (spec.scope, spec.name, spec.initial, spec.display_name, spec.organisation),
    )


def change_value(
    tx: Transaction, job_id: int, agent_id: str, spec: NumberAttribute, change: Change, value: float
) -> Changed:
    """Change a number of a job that is not over."""
    sql = tx.sql
    if not sql.fetch("SELECT 1 FROM job WHERE job_id = ? AND ended_at IS NULL", (job_id,)):
        return Changed.OVER
    sql.execute(
        f"INSERT INTO job_value (job_id, agent_id, name, value) VALUES (?, ?, ?, {_TO})"
        " ON CONFLICT (job_id, agent_id, name) DO NOTHING",
        (job_id, agent_id, spec.name, spec.initial),
    )
    by = -value if change is Change.MINUS else value
    becomes, low, high = _TO, -_MAX, _MAX
    if change is not Change.ASSIGN:
        becomes, low, high = f"value + {_TO}", -_MAX - min(by, 0.0), _MAX - max(by, 0.0)
    done = sql.execute(
        f"UPDATE job_value SET value = {becomes} WHERE job_id = ? AND agent_id = ? AND name = ?"
        f" AND value >= {_TO} AND value <= {_TO}",
        (by, job_id, agent_id, spec.name, low, high),
    )
    return Changed.DONE if done else Changed.OUT_OF_RANGE


def read_job_values(tx: Transaction, job_id: int) -> tuple[JobValue, ...]:
    """Return the numbers of a job that were changed, those of the campaign first."""
    rows = tx.sql.fetch(
        "SELECT agent_id, name, value FROM job_value WHERE job_id = ? ORDER BY agent_id, name", (job_id,)
    )
    return tuple(JobValue(*row) for row in rows)


def read_numbers(tx: Transaction, job_id: int, agent_id: str, organisation: str) -> tuple[Number, ...]:
    """Return what a campaign and an agent have in a job, changed or not, that an organisation may see."""
    rows = tx.sql.fetch(
        "SELECT number_attribute.scope, number_attribute.name, COALESCE(job_value.value, initial)"
        " FROM number_attribute LEFT JOIN job_value ON job_value.job_id = ?"
        " AND job_value.name = number_attribute.name"
        f" AND job_value.agent_id = CASE scope WHEN '{Scope.AGENT}' THEN CAST(? AS TEXT) ELSE '' END"
        " WHERE organisation IN ('', ?) ORDER BY scope DESC, number_attribute.name",
        (job_id, agent_id, organisation),
    )
    return tuple(Number(f"{scope}.{name}", value) for scope, name, value in rows)


def read_saved_place(tx: Transaction, agent_id: str) -> tuple[str, int] | None:
    """Return the zone of a live manager in which an agent is written down, and its job, 0 for none."""
    rows = tx.sql.fetch(
        "SELECT saved_agent.zone, saved_agent.job_id FROM saved_agent"
        " JOIN zone ON zone.name = saved_agent.zone JOIN manager ON manager.incarnation = zone.owner"
        f" WHERE agent_id = ? AND manager.state = '{ManagerState.Live}'",
        (agent_id,),
    )
    return (rows[0][0], rows[0][1]) if rows else None
