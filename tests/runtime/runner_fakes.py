"""A zone, a store, a writer, a switch and desktops that do what a test says."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import repeat
from time import perf_counter
from typing import Any

import trio
from prometheus_client import CollectorRegistry

from agentmgr.core.effects import Effect, Notify, Record, SaveNote, TelephonyOrder
from agentmgr.core.events import CommandReceived, ContactsFetched, Event, TelephonyEvent
from agentmgr.core.model import AgentSpec, JobSpec, LatestCalls, LiveCalls, Number, WantedJob
from agentmgr.core.outbox import Thing, Turn
from agentmgr.ports import AccountLogin, AgentLogin, Claim, OpenedZone, Token
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.runtime.runner import ZoneRunner
from protocol.commands import POMClientAlive
from protocol.notifications import POMAvailable

TOKEN = Token("Default", 1, 7)
OPENED = OpenedZone(TOKEN, ())


class ScriptedZone:
    """Answers events as `script` says, by the type of the event; notes what it saw."""

    def __init__(self) -> None:
        self.script: dict[type[Any], Callable[[Any], list[Effect]]] = {}
        self.seen: list[Event] = []
        self.seen_at: list[float] = []
        self.changed: list[Thing] = []

    def handle(self, event: Event, now: float) -> Turn:
        self.seen.append(event)
        self.seen_at.append(now)
        answer = self.script.get(type(event))
        return (answer(event) if answer else []), self.changed


class GatedWriter:
    """Runs calls in order, in trio's own thread, each only when `allow` lets it."""

    def __init__(self, log: list[Any], open_: bool = True) -> None:
        self._log = log
        self._allowed = 0
        self._open = open_
        self._changed = trio.Event()
        self._turn = trio.StrictFIFOLock()
        self.waiting = 0

    def allow(self, calls: int = 1) -> None:
        self._allowed += calls
        self._changed.set()

    async def call(self, fn: Callable[..., Any], *args: Any) -> Any:
        self.waiting += 1
        async with self._turn:
            while not self._open and not self._allowed:
                self._changed = trio.Event()
                await self._changed.wait()
            self._allowed -= not self._open
            self.waiting -= 1
            return fn(*args)


class ListStore:
    """Notes commits in the common log; raises `fault` instead if there is one."""

    def __init__(self, log: list[Any]) -> None:
        self._log = log
        self.fault: Exception | None = None
        self.agents: dict[str, AgentLogin] = {}
        self.accounts: dict[str, AccountLogin] = {}
        self.dnc: frozenset[str] = frozenset()
        self.dnc_of: dict[str, frozenset[str]] = {}
        self.jobs: dict[int, JobSpec] = {}

    def open_zone(self, zone: str, now: float, claim: Claim | None = None) -> OpenedZone:
        return OPENED

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        assert token == TOKEN
        if self.fault is not None:
            raise self.fault
        self._log.append(("commit", [r.text for r in records]))

    def claim_contacts(
        self, token: Token, job_id: int, limit: int, now: float, only_retries: bool = False
    ) -> ContactsFetched:
        if self.fault is not None:
            raise self.fault
        self._log.append(("claim", job_id))
        return ContactsFetched(job_id, (), None)

    def jobs_wanted(self, zone: str) -> tuple[WantedJob, ...]:
        if self.fault is not None:
            raise self.fault
        self._log.append("jobs")
        return tuple(WantedJob(job.job_id, job.wanted) for job in self.jobs.values())

    def load_job(self, token: Token, job_id: int) -> JobSpec | None:
        self._log.append(("load", job_id))
        return self.jobs.get(job_id)

    def live_calls(self, job_id: int, since: float, until: float) -> LiveCalls:
        self._log.append(("live calls", job_id, since, until))
        return LiveCalls(int(since), int(until))

    def latest_calls(self, job_id: int, since: float, until: float) -> LatestCalls:
        self._log.append(("latest calls", job_id, since, until))
        return LatestCalls(handled_s=(since, until))

    def on_dnc(self, addresses: Iterable[str], organisation: str = "") -> frozenset[str]:
        self._log.append(("dnc", sorted(addresses)))
        return (self.dnc | self.dnc_of.get(organisation, frozenset())).intersection(addresses)

    def numbers(self, job_id: int, agent_id: str, organisation: str) -> tuple[Number, ...]:
        return (Number(f"{job_id} {agent_id} {organisation}", 1.0),)

    def agents_with(
        self, zone: str, skill: str, level: int, limit: int, organisation: str = ""
    ) -> tuple[AgentSpec, ...]:
        able = (login.agent for login in self.agents.values() if login.zone == zone)
        return tuple(agent for agent in able if agent.works_for(organisation))[:limit]

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        if self.fault is not None:
            raise self.fault
        return self.agents.get(agent_id)

    def find_account(self, name: str) -> AccountLogin | None:
        if self.fault is not None:
            raise self.fault
        return self.accounts.get(name)


class PushingSwitch:
    """Notes orders in the common log; a test says what it delivers, and when it fails.

    `living` is what `keep` answers once `answers` is set.
    """

    def __init__(self, log: list[Any]) -> None:
        self._log = log
        self.deliver: Callable[[TelephonyEvent], None] = lambda event: None
        self.living: frozenset[str] = frozenset()
        self.answers = trio.Event()
        self.answers.set()
        self.asked: list[list[str]] = []
        self.left = False
        self.confirms = False
        self.refuses: Exception | None = None
        self._fault: Exception | None = None
        self._scope = trio.CancelScope()

    @asynccontextmanager
    async def open(self, deliver: Callable[[TelephonyEvent], None]) -> AsyncIterator[None]:
        self.deliver = deliver
        with self._scope:
            yield
        self.left = True
        if self._fault is not None:
            raise self._fault

    def fail(self, fault: Exception) -> None:
        self._fault = fault
        self._scope.cancel()

    def order(self, order: TelephonyOrder) -> None:
        if self.refuses is not None:
            raise self.refuses
        self._log.append(("order", order))

    async def keep(self, ids: Iterable[str]) -> frozenset[str]:
        self.asked.append(list(ids))
        await self.answers.wait()
        return self.living.intersection(self.asked[-1])


class ListDesktops:
    """Notes what is sent, and every flush, in the common log."""

    def __init__(self, log: list[Any]) -> None:
        self._log = log
        self.trusted: set[int] = set()
        self.hosts: dict[int, str | None] = {}

    def send(self, connection: int, frame: bytes) -> None:
        self._log.append(("send", connection, frame))

    def answer(self, connection: int, frame: bytes) -> None:
        self.send(connection, frame)

    def flush(self) -> None:
        self._log.append("flush")

    def close_all(self, reason: str) -> None:
        self._log.append(("close_all", reason))

    def trust(self, connection: int) -> None:
        self.trusted.add(connection)

    def host(self, connection: int) -> str | None:
        return self.hosts.get(connection, "192.0.2.1")


class Rig:
    """A runner with all its fakes; `log` has what happened outside the zone, in order.

    A test may bring some of the fakes itself.
    """

    def __init__(
        self,
        *,
        gated: bool = False,
        inbox_events: int = 100,
        verify: Callable[..., bool] | None = None,
        opened: OpenedZone = OPENED,
        log: Any = None,
        zone: Any = None,
        store: Any = None,
        writer: Any = None,
        switch: Any = None,
        feed: Any = None,
        meter: Callable[[], float] | None = None,
        permit: Any = None,
    ) -> None:
        self.log: Any = [] if log is None else log
        self.zone = zone or ScriptedZone()
        self.store = store or ListStore(self.log)
        self.writer = writer or GatedWriter(self.log, open_=not gated)
        self.switch = switch or PushingSwitch(self.log)
        self.desktops = ListDesktops(self.log)
        self.clock = Clock(1000.0)
        self.registry = CollectorRegistry()
        self.metrics = RuntimeMetrics(self.registry).for_zone("Default")
        self.runner = ZoneRunner(
            self.zone,
            opened,
            self.store,
            self.writer,
            self.switch,
            self.desktops,
            self.clock,
            verify or (lambda login, password: True),
            self.metrics,
            inbox_events=inbox_events,
            feed=feed,
            permit=permit,
            meter=meter or repeat(perf_counter()).__next__,  # no step ends early on a busy machine
        )

    def value(self, name: str, /, **labels: str) -> float | None:
        """Read a metric."""
        return self.registry.get_sample_value(name, {"zone": "Default", **labels})


def command(number: int, connection: int = 1) -> CommandReceived:
    """An event that is told from others by its number."""
    return CommandReceived(connection, number, "1001", POMClientAlive())


def note(text: str) -> SaveNote:
    """A record that is told from others by its text."""
    return SaveNote(1, 1, "a", "1001", text, 0.0)


def said(text: str, connection: int = 1) -> Notify:
    """Something sent that is told from others by its text."""
    return Notify(connection, "", POMAvailable(text))
