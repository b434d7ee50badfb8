"""Durable wrapups per second: the zone's runner with group commit, into SQLite and into PostgreSQL.

Every agent sends its next wrapup when the last one was answered, which is when it is on disk. A wrapup
is what the zone writes for it: disposition, end of the attempt, contact done. The zone itself is left
out: it is measured with the wire.
"""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import trio
from prometheus_client import CollectorRegistry

from agentmgr.core.effects import (
    Effect,
    EndAttempt,
    Record,
    Respond,
    ReturnContact,
    SaveDisposition,
    StartAttempt,
)
from agentmgr.core.events import CommandReceived, Event
from agentmgr.core.model import CampaignSpec, CompletionCodeSpec, PhoneNumber
from agentmgr.core.outbox import Turn
from agentmgr.ports import ContactDraft, OpenedZone, Token
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.runtime.runner import ZoneRunner
from agentmgr.runtime.writer import WriterThread, open_writer
from agentmgr.store import SqlStore, open_postgres, open_sqlite
from agentmgr.telephony.driver import Driver
from agentmgr.telephony.switch import SimSwitch
from agentmgr.testing.postgres import ThrowawayPostgres
from protocol.commands import AGTWrapupContact, AGTWrapupContactRESP
from protocol.enums import ContactType, PacingType
from protocol.results import ResultCode
from protocol.structures import CompletionCode

DONE = CompletionCode(1, "Done")
CAMPAIGN = CampaignSpec(1, "Bench", PacingType.Progressive, "bench", (CompletionCodeSpec(1, "Done"),), 1)


def measure(agents: int, wrapups: int) -> list[dict[str, Any]]:
    """Measure so many wrapups of so many agents at a time, on both databases."""
    with tempfile.TemporaryDirectory() as directory:
        found = [
            trio.run(_measure, open_sqlite(Path(directory) / "bench.sqlite", create=True), agents, wrapups)
        ]
    server = ThrowawayPostgres(careful=True)
    try:
        server.start()
        found.append(trio.run(_measure, open_postgres(server.url(), create=True), agents, wrapups))
    finally:
        server.stop()
    return found


async def _measure(store: SqlStore, agents: int, wrapups: int) -> dict[str, Any]:
    commits = 0
    commit = store.commit

    def counted(token: Token, records: Sequence[Record]) -> None:
        nonlocal commits
        commits += 1
        commit(token, records)

    try:
        token, zone = _prepare(store, wrapups)
        store.commit = counted  # type: ignore[method-assign]  # of this one
        async with open_writer() as writer:
            seconds, latencies = await _wrap_up(store, token, zone, writer, agents, wrapups)
    finally:
        store.close()
    return {
        "database": str(store.path).partition(":")[0] if "://" in str(store.path) else "sqlite",
        "agents": agents,
        "wrapups": wrapups,
        "wrapups_per_s": round(wrapups / seconds),
        "records_per_s": round(3 * wrapups / seconds),
        "commits_per_s": round(commits / seconds),
        "p50_ms": round(median(latencies) * 1e3, 3),
        "p99_ms": round(quantiles(latencies, n=100)[98] * 1e3, 3),
    }


class WrapupZone:
    """What a zone asks for at each AGTWrapupContact."""

    def __init__(self, job_id: int, contact_ids: list[int]) -> None:
        self.job_id = job_id
        self.contact_ids = contact_ids

    def handle(self, event: Event, now: float) -> Turn:
        if not isinstance(event, CommandReceived):
            return [], []
        attempt_id, agent_id = event.command.session_id, event.agent_id
        contact_id = self.contact_ids[int(attempt_id)]
        response = AGTWrapupContactRESP(ResultCode.SUCCESS, session_id=attempt_id)
        effects: list[Effect] = [
            SaveDisposition(attempt_id, self.job_id, contact_id, agent_id, 1, "agent", now),
            EndAttempt(attempt_id, "Handled", now, agent_id),
            ReturnContact(self.job_id, contact_id, 1, "Handled", None),
            Respond(event.connection, event.request_id, agent_id, response),
        ]
        return effects, []


class Agents:
    """Stands for all desktops: sends the next wrapup for every RESP."""

    def __init__(self, wrapups: int) -> None:
        self.latencies: list[float] = []
        self.done = trio.Event()
        self._wrapups = wrapups
        self._next = 0
        self._sent_at: dict[int, float] = {}
        self._answered: list[int] = []

    def start(self, runner: ZoneRunner, agents: int) -> None:
        self._runner = runner
        for connection in range(agents):
            self._wrap_up(connection)

    def _wrap_up(self, connection: int) -> None:
        if self._next < self._wrapups:
            command = AGTWrapupContact(DONE, str(self._next))
            self._sent_at[connection] = perf_counter()
            self._runner.push(CommandReceived(connection, self._next, str(1000 + connection), command))
            self._next += 1

    def send(self, connection: int, frame: bytes) -> None:
        self.latencies.append(perf_counter() - self._sent_at[connection])
        self._answered.append(connection)

    def answer(self, connection: int, frame: bytes) -> None:
        self.send(connection, frame)

    def flush(self) -> None:
        answered, self._answered = self._answered, []
        for connection in answered:
            self._wrap_up(connection)
        if len(self.latencies) == self._wrapups:
            self.done.set()

    def close(self, connection: int, reason: str) -> None:
        raise RuntimeError(reason)

    def close_all(self, reason: str) -> None:
        raise RuntimeError(reason)

    def trust(self, connection: int) -> None:
        raise RuntimeError("nobody logs on here")

    def host(self, connection: int) -> str | None:
        return None


def _prepare(store: SqlStore, wrapups: int) -> tuple[Token, WrapupZone]:
    list_id = store.ensure_list("Bench", 0.0)
    number = PhoneNumber("PhoneNumber1", "+4930123456")
    store.put_contacts(list_id, [ContactDraft(str(i), (number,), {}) for i in range(wrapups)], 0.0)
    campaign = store.add_campaign(CAMPAIGN, [list_id], 0.0)
    job_id = store.create_job(campaign.campaign_id, ("Default",), 0.0)
    last: int | None = 0
    while last is not None:
        last = store.fill_job(job_id, last, 1000)
    store.start_job(job_id)
    token = store.open_zone("Default", 0.0).token
    claimed = store.claim_contacts(token, job_id, wrapups, math.inf)
    ids = [contact.contact_id for contact in claimed.contacts]
    store.commit(
        token,
        [
            StartAttempt(str(i), job_id, contact_id, ContactType.Progressive, number.number, 0.0)
            for i, contact_id in enumerate(ids)
        ],
    )
    return token, WrapupZone(job_id, ids)


async def _wrap_up(
    store: SqlStore, token: Token, zone: WrapupZone, writer: WriterThread, agents: int, wrapups: int
) -> tuple[float, list[float]]:
    desktops = Agents(wrapups)
    metrics = RuntimeMetrics(CollectorRegistry()).for_zone("Default")
    clock = Clock()
    async with trio.open_nursery() as nursery:
        runner = ZoneRunner(
            zone,
            OpenedZone(token, ()),
            store,
            writer,
            Driver(SimSwitch(1), clock),
            desktops,
            clock,
            lambda login, password: True,
            metrics,
        )
        await nursery.start(runner.run)
        began = perf_counter()
        desktops.start(runner, agents)
        await desktops.done.wait()
        seconds = perf_counter() - began
        nursery.cancel_scope.cancel()
    return seconds, desktops.latencies
