"""How long a claim takes with contacts before it that may not be called now, by how many there are.

A list that begins with people in time zones where it is night, then people where it is day; a job claims as
a zone does, some hundred at a time, until nobody is left who may be called.
"""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from attrs import evolve

from agentmgr.campaign.contacts import CHUNK_ROWS
from agentmgr.core.model import CallingHours, PhoneNumber
from agentmgr.ports import ContactDraft
from agentmgr.store.opening import SqlStore, open_sqlite
from scripts.benchmarks.store import CAMPAIGN

NOW = datetime(2025, 6, 16, 12, tzinfo=UTC).timestamp()
NIGHT = ("Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "America/Los_Angeles", "America/Denver")
DAY = ("Europe/Berlin", "Europe/London", "Africa/Lagos", "Europe/Madrid")
HOURS = CallingHours(9 * 60, 18 * 60)
FETCH = 200


def measure(closed: Sequence[int], open_contacts: int) -> list[dict[str, Any]]:
    """Measure claims behind so many closed contacts each, with so many open ones."""
    return [_measure(each, open_contacts) for each in closed]


def _measure(closed: int, open_contacts: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        store = open_sqlite(Path(directory) / "bench.sqlite", create=True)
        try:
            return {"closed": closed, "open": open_contacts, **_claim_all(store, closed, open_contacts)}
        finally:
            store.close()


def _claim_all(store: SqlStore, closed: int, open_contacts: int) -> dict[str, Any]:
    list_id = store.ensure_list("Bench", 0.0)
    drafts = [_draft(n, NIGHT[n % len(NIGHT)]) for n in range(closed)]
    drafts += [_draft(n, DAY[n % len(DAY)]) for n in range(closed, closed + open_contacts)]
    for start in range(0, len(drafts), CHUNK_ROWS):
        store.put_contacts(list_id, drafts[start : start + CHUNK_ROWS], 0.0)
    campaign = store.add_campaign(evolve(CAMPAIGN, calling_hours=HOURS), [list_id], 0.0)
    job_id = store.create_job(campaign.campaign_id, ("Default",), 0.0)
    last: int | None = 0
    while last is not None:
        last = store.fill_job(job_id, last, 1000)
    store.start_job(job_id)
    token = store.open_zone("Default", 0.0).token
    took_ms: list[float] = []
    claimed = 0
    next_due_at: float | None = 0.0
    while next_due_at is not None and next_due_at <= NOW:
        began = perf_counter()
        fetched = store.claim_contacts(token, job_id, FETCH, NOW)
        took_ms.append((perf_counter() - began) * 1e3)
        claimed, next_due_at = claimed + len(fetched.contacts), fetched.next_due_at
    return {
        "claimed": claimed,
        "claims": len(took_ms),
        "first_ms": round(took_ms[0], 3),
        "p50_ms": round(median(took_ms), 3),
        "max_ms": round(max(took_ms), 3),
    }


def _draft(number: int, timezone: str) -> ContactDraft:
    return ContactDraft(str(number), (PhoneNumber("PhoneNumber1", f"+4930{number:07}", timezone),), {})
