"""What attempts came to, added up for reports: by agent, list or completion code, or all together."""

from collections.abc import Mapping

from agentmgr.ports import ReportCounts
from agentmgr.store.history import CODE
from agentmgr.store.schema import LIVE_ANSWER
from agentmgr.store.sql import Transaction

_KEYS: Mapping[str, str] = {
    "": "''",
    "agent": "COALESCE(attempt.agent_id, '')",
    "list": "contact_list.name",
    "code": f"COALESCE(NULLIF({CODE}, ''), attempt.outcome, '')",
}
"""What attempts are added up by; an attempt without a completion code by what it came to instead."""
_CALLBACK_KEYS: Mapping[str, str] = {"": "''", "agent": "callback.created_by", "list": "contact_list.name"}
"""The same of the callbacks that were promised."""

_ATTEMPTS = (
    "count(*), count(attempt.dialed_at), count(attempt.answered_at),"
    f" count(CASE WHEN {LIVE_ANSWER} THEN 1 END),"
    f" count(CASE WHEN {LIVE_ANSWER} AND attempt.outcome = 'Nuisance' THEN 1 END),"
    " count(CASE WHEN attempt.outcome = 'Handled' THEN 1 END),"
    " count(CASE WHEN completion_code.success = 1 THEN 1 END),"
    " COALESCE(SUM(CASE WHEN attempt.outcome = 'Handled' AND attempt.answered_at IS NOT NULL"
    " THEN attempt.ended_at - attempt.answered_at END), 0)"
    " FROM job JOIN attempt ON attempt.job_id = job.job_id"
    " AND attempt.started_at >= ? AND attempt.started_at < ?"
    " JOIN contact ON contact.contact_id = attempt.contact_id"
    " JOIN contact_list ON contact_list.list_id = contact.list_id"
    " LEFT JOIN disposition ON disposition.attempt_id = attempt.attempt_id"
    " LEFT JOIN completion_code ON completion_code.campaign_id = job.campaign_id"
    " AND completion_code.code_id = disposition.code_id WHERE job.campaign_id = ?"
)
_CALLBACKS = (
    "count(*) FROM job JOIN callback ON callback.job_id = job.job_id"
    " AND callback.created_at >= ? AND callback.created_at < ?"
    " JOIN contact ON contact.contact_id = callback.contact_id"
    " JOIN contact_list ON contact_list.list_id = contact.list_id WHERE job.campaign_id = ?"
)
SELECTS: Mapping[str, str] = {
    f"attempts by {by}": f"SELECT {key}, {_ATTEMPTS} GROUP BY 1" for by, key in _KEYS.items()
} | {f"callbacks by {by}": f"SELECT {key}, {_CALLBACKS} GROUP BY 1" for by, key in _CALLBACK_KEYS.items()}


def read_report(
    tx: Transaction, by: str, campaign_id: int, since: float, until: float
) -> tuple[ReportCounts, ...]:
    """Add up what began in a time, epoch seconds, the second excluded."""
    within = since, until, campaign_id
    select = SELECTS[f"attempts by {by}"]
    found = {key: ReportCounts(key, *counts) for key, *counts in tx.sql.fetch(select, within)}
    if by in _CALLBACK_KEYS:
        select = SELECTS[f"callbacks by {by}"]
        for key, how_many in tx.sql.fetch(select, within):
            found[key] = found.get(key, ReportCounts(key)) + ReportCounts(key, callbacks=how_many)
    return tuple(found.values())
