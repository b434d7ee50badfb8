"""The publishers of a configuration, each with its sender, and the plug-ins that are called beside."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from random import Random
from typing import TypeVar, TypeVarTuple

import structlog
import trio
from attrs import frozen
from prometheus_client import CollectorRegistry

from agentmgr.connectors.calling import ConnectorCalls
from agentmgr.connectors.installed import missing, plans
from agentmgr.connectors.processing import JobProcessing
from agentmgr.connectors.protocols import Kind
from agentmgr.connectors.workers import Connectors
from agentmgr.databases import ServerFailed
from agentmgr.ports import ProcessingStore, StoreFault
from agentmgr.publish.metrics import ResultsCollector
from agentmgr.publish.plugin import PluginPublisher
from agentmgr.publish.sender import Call, Outbox, Sender, drop_old
from agentmgr.publish.stomp import StompTopic
from agentmgr.publish.stream import RedisStream
from agentmgr.publish.ways import Way
from agentmgr.publish.webhook import Webhook
from agentmgr.settings.classes import Settings
from agentmgr.tables import Mistakes

log = structlog.get_logger()

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

LOOK_S = 10.0
"""How often it is looked what waits."""
THREADS = 2
"""So many calls of senders to the store go on at a time."""


@frozen
class Publishing:
    """What tells the results of attempts, and what calls plug-ins."""

    connectors: Connectors
    calls: ConnectorCalls
    _senders: tuple[Sender, ...]
    _processings: tuple[JobProcessing, ...]
    _collector: ResultsCollector
    _store: Outbox
    _call: Call
    _now: Callable[[], float]
    _keep_s: float

    async def run(self) -> None:
        """Tell results until cancelled."""
        async with trio.open_nursery() as nursery:
            for sender in self._senders:
                nursery.start_soon(sender.run)
            for processing in self._processings:
                nursery.start_soon(processing.run)
            nursery.start_soon(self._look)

    async def _look(self) -> None:
        names = {sender.name for sender in self._senders}
        while True:
            try:
                self._collector.backlogs = await self._call(self._store.backlogs)
                for each in self._collector.backlogs:
                    if each.publisher not in names:  # it is none any more, and may be one again
                        await drop_old(self._store, self._call, each.publisher, self._now(), self._keep_s)
            except StoreFault as fault:
                log.warning("results_not_counted", why=str(fault))
            await trio.sleep(LOOK_S)


def prepare(
    settings: Settings,
    store: Outbox,
    jobs: ProcessingStore,
    incarnation: str,
    now: Callable[[], float],
    registry: CollectorRegistry,
    stack: ExitStack,
) -> Publishing:
    """Make what is configured; from now on results are kept for its publishers.

    Raises:
        ServerFailed: a plug-in that is configured is not installed, or its options cannot be read.
        StoreFault: the store cannot be used.
    """
    problems = missing(settings.connectors)
    if problems:
        raise ServerFailed("; ".join(problems))
    try:
        connectors = Connectors(plans(settings.connectors))
    except Mistakes as mistakes:
        raise ServerFailed(str(mistakes)) from None
    stack.callback(connectors.close)
    calls, limiter = ConnectorCalls(connectors), trio.CapacityLimiter(THREADS)

    async def call(fn: Callable[[*Ts], T], *args: *Ts) -> T:
        return await trio.to_thread.run_sync(fn, *args, limiter=limiter)

    keep_s = settings.results.keep_days * 86_400
    senders = tuple(
        Sender(way, store, call, incarnation, now, keep_s, Random(f"{incarnation} {way.name}"))
        for way in _ways(settings, calls)
    )
    for name in sorted(store.set_publishers([sender.name for sender in senders])):
        log.warning("publisher_gone", publisher=name)
    counts = {sender.name: sender.counts for sender in senders}
    collector = ResultsCollector(registry, counts, lambda: connectors.counts)
    processings = tuple(
        JobProcessing(each.name, jobs, store, call, calls, incarnation)
        for each in settings.connectors
        if each.kind == Kind.PostProcessor
    )
    jobs.set_processors([each.name for each in processings], now())
    return Publishing(connectors, calls, senders, processings, collector, store, call, now, keep_s)


def _ways(settings: Settings, calls: ConnectorCalls) -> Iterator[Way]:
    if settings.topic.host:
        yield StompTopic(settings.topic)
    for webhook in settings.webhooks:
        yield Webhook(webhook, time.time)
    if settings.stream.host:
        yield RedisStream(settings.stream)
    for each in settings.connectors:
        if each.kind == Kind.Publisher:
            yield PluginPublisher(each.name, calls)
