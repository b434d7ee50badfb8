"""What Prometheus can ask about zones: the library's metrics, and collectors over numbers kept elsewhere."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Protocol

from attrs import define, field
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from agentmgr.ports import Inbound
from protocol.enums import AgentState, CallState
from protocol.results import ResultCode

_COMMAND_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_COMMIT_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_SIZE_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)

_CodeFamily = CounterMetricFamily | GaugeMetricFamily


class ZoneNumbers(Protocol):
    """The counters and gauges that a zone keeps of itself."""

    @property
    def agents_by_state(self) -> Mapping[AgentState, int]: ...
    @property
    def calls_by_state(self) -> Mapping[CallState, int]: ...
    @property
    def attempts(self) -> int: ...
    @property
    def refused(self) -> Mapping[str, int]: ...
    @property
    def live_answers(self) -> int: ...
    @property
    def abandoned(self) -> int: ...
    @property
    def dismissed(self) -> int: ...
    @property
    def callbacks_ended(self) -> Mapping[str, int]: ...


class CampaignNumbers(Protocol):
    """A job as far as its campaign's metrics go; may be read from any thread."""

    @property
    def name(self) -> str: ...
    @property
    def dials(self) -> int: ...
    @property
    def answers(self) -> int: ...
    @property
    def abandoned(self) -> int: ...
    @property
    def agents_by_state(self) -> Mapping[str, int]: ...
    @property
    def lines_by_state(self) -> Mapping[str, int]: ...
    @property
    def total(self) -> int: ...
    @property
    def done_here(self) -> int: ...
    @property
    def done(self) -> int: ...


class BlendingNumbers(Protocol):
    """What a zone that lends agents to an inbound queue counts."""

    @property
    def inbound(self) -> Inbound: ...
    @property
    def acquired(self) -> int: ...
    @property
    def released(self) -> int: ...


class RuntimeMetrics:
    """All metrics of the runtime in one registry; a zone has its share from `for_zone`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.queue_depth = Gauge(
            "agentmgr_queue_depth",
            "What waits now: events for the zone, batches for a commit, logons for their check.",
            ["zone", "queue"],
            registry=registry,
        )
        self.commit_records = Histogram(
            "agentmgr_commit_records",
            "Records in a transaction.",
            ["zone"],
            buckets=_SIZE_BUCKETS,
            registry=registry,
        )
        self.commit_seconds = Histogram(
            "agentmgr_commit_seconds",
            "How long a transaction took, in seconds.",
            ["zone"],
            buckets=_COMMIT_BUCKETS_S,
            registry=registry,
        )
        self.faults = Counter(
            "agentmgr_faults",
            "Events and effects that failed because of a fault of ours.",
            ["zone"],
            registry=registry,
        )
        self.passwords = Counter(
            "agentmgr_passwords",
            "Passwords: right, wrong, not checked as another one of it waited or its turn was too far.",
            ["zone", "result"],
            registry=registry,
        )
        self.frozen = Gauge(
            "agentmgr_frozen",
            "1 while nothing becomes durable, or the lease is not renewed: nothing new is begun.",
            ["zone"],
            registry=registry,
        )
        self.connections = Gauge("agentmgr_connections", "Connections open.", ["zone"], registry=registry)
        self.connections_closed = Counter(
            "agentmgr_connections_closed",
            "Connections ended by the server.",
            ["zone", "cause"],
            registry=registry,
        )
        self._numbers = _NumbersCollector()
        self._campaigns = _CampaignsCollector()
        self._commands = _CommandsCollector()
        self._batches = _BatchesCollector()
        registry.register(self._numbers)
        registry.register(self._campaigns)
        registry.register(self._commands)
        registry.register(self._batches)

    def for_zone(self, zone: str) -> "ZoneMetrics":
        """Return the metrics of one zone."""
        commands = self._commands.zones.setdefault(zone, CommandCounts())
        batch_events = self._batches.zones.setdefault(zone, Distribution(_SIZE_BUCKETS))
        return ZoneMetrics(self, zone, commands, batch_events)

    def watch(self, zone: str, numbers: ZoneNumbers) -> None:
        """Show what a zone keeps of itself, from now on; replaces an earlier one of the same name."""
        self._numbers.zones[zone] = numbers

    def watch_campaigns(self, zone: str, jobs: Callable[[], Iterable[CampaignNumbers]]) -> None:
        """Show each campaign whose job a zone runs, as long as it does; any thread may call `jobs`."""
        self._campaigns.zones[zone] = jobs

    def watch_blending(self, zone: str, numbers: BlendingNumbers) -> None:
        """Show the inbound queue that a zone lends agents to."""
        self._numbers.blended[zone] = numbers


class Distribution:
    """How often a number was in each bucket: plain numbers, for what is observed at every command.

    The library's histogram takes a lock for each of its numbers. Written by the zone's thread alone,
    read by any.
    """

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, number: float) -> None:
        """Count a number."""
        self._counts[bisect_left(self._bounds, number)] += 1
        self._sum += number

    def add_to(self, family: HistogramMetricFamily, labels: list[str]) -> None:
        """Show what was counted."""
        bounds = [*map(str, map(float, self._bounds)), "+Inf"]
        cumulated = accumulate(list(self._counts))
        family.add_metric(labels, list(zip(bounds, cumulated, strict=True)), self._sum)


@define(eq=False)
class _Counts:
    results: defaultdict[ResultCode, int] = field(factory=lambda: defaultdict(int))
    seconds: Distribution = field(factory=lambda: Distribution(_COMMAND_BUCKETS_S))


class CommandCounts:
    """Answered commands of one zone by name: plain numbers, cheaper than the library's own counters."""

    def __init__(self) -> None:
        self.by_name: defaultdict[str, _Counts] = defaultdict(_Counts)

    def answered(self, name: str, result: ResultCode, seconds: float) -> None:
        """Count a command; `name` must come from the registry, so that labels stay few."""
        counts = self.by_name[name]
        counts.results[result] += 1
        counts.seconds.observe(seconds)

    def refused(self, name: str, result: ResultCode) -> None:
        """Count a command that was answered before it came to the zone."""
        self.by_name[name].results[result] += 1


class ZoneMetrics:
    """The metrics of one zone."""

    def __init__(
        self, metrics: RuntimeMetrics, zone: str, commands: CommandCounts, batch_events: Distribution
    ) -> None:
        self._metrics = metrics
        self._zone = zone
        self._closed: dict[str, Counter] = {}
        self.commands = commands
        self.inbox_depth = metrics.queue_depth.labels(zone, "inbox")
        self.commit_depth = metrics.queue_depth.labels(zone, "commit")
        self.logon_depth = metrics.queue_depth.labels(zone, "logon")
        self.batch_events = batch_events
        self.commit_records = metrics.commit_records.labels(zone)
        self.commit_seconds = metrics.commit_seconds.labels(zone)
        self.faults = metrics.faults.labels(zone)
        self.frozen = metrics.frozen.labels(zone)
        self._passwords = {
            result: metrics.passwords.labels(zone, result) for result in ("right", "wrong", "another", "turn")
        }
        self.connections = metrics.connections.labels(zone)

    def password_checked(self, *, right: bool) -> None:
        """Count a password that was checked."""
        self._passwords["right" if right else "wrong"].inc()

    def password_put_off(self, why: str) -> None:
        """Count a password that was not checked; `why` is `another` or `turn`."""
        self._passwords[why].inc()

    def closed(self, cause: str) -> None:
        """Count a connection that the server ended; `cause` is one of a few words."""
        counter = self._closed.get(cause)
        if counter is None:
            counter = self._closed[cause] = self._metrics.connections_closed.labels(self._zone, cause)
        counter.inc()


class _CommandsCollector(Collector):
    """Reads the counts of commands when they are asked for; from any thread."""

    def __init__(self) -> None:
        self.zones: dict[str, CommandCounts] = {}

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
        answered = CounterMetricFamily(
            "agentmgr_commands", "Commands answered.", labels=["zone", "name", "result"]
        )
        latency = HistogramMetricFamily(
            "agentmgr_command_seconds",
            "From a command's arrival to its RESP, in seconds.",
            labels=["zone", "name"],
        )
        for zone, commands in dict(self.zones).items():
            for name, counts in dict(commands.by_name).items():
                for code, count in dict(counts.results).items():
                    answered.add_metric([zone, name, str(int(code))], count)
                counts.seconds.add_to(latency, [zone, name])
        yield from (answered, latency)


class _BatchesCollector(Collector):
    """Reads how many events the zones took at a time; from any thread."""

    def __init__(self) -> None:
        self.zones: dict[str, Distribution] = {}

    def collect(self) -> Iterator[HistogramMetricFamily]:
        sizes = HistogramMetricFamily(
            "agentmgr_batch_events", "Events that the zone took at a time.", labels=["zone"]
        )
        for zone, distribution in dict(self.zones).items():
            distribution.add_to(sizes, [zone])
        yield sizes


class _CampaignsCollector(Collector):
    """Reads what the zones' jobs are at when it is asked for; from any thread.

    A job that is over is shown no more, so that there are as many series as campaigns that run. Counters
    begin anew with each job, and with each opening of its zone.
    """

    def __init__(self) -> None:
        self.zones: dict[str, Callable[[], Iterable[CampaignNumbers]]] = {}

    def collect(self) -> Iterator[_CodeFamily]:
        labels = ["zone", "campaign"]
        dials = CounterMetricFamily("agentmgr_campaign_dials", "Numbers dialled.", labels=labels)
        answers = CounterMetricFamily("agentmgr_campaign_live_answers", "Calls a person took.", labels=labels)
        abandoned = CounterMetricFamily(
            "agentmgr_campaign_abandoned", "Answered calls that no agent took.", labels=labels
        )
        agents = GaugeMetricFamily(
            "agentmgr_campaign_agents", "Agents who work on it.", labels=[*labels, "state"]
        )
        lines = GaugeMetricFamily(
            "agentmgr_campaign_lines", "Lines without an agent yet.", labels=[*labels, "state"]
        )
        contacts = GaugeMetricFamily(
            "agentmgr_campaign_contacts",
            "Contacts of its job: done in the zone, left in all.",
            labels=[*labels, "state"],
        )
        for zone, jobs in dict(self.zones).items():
            for job in {job.name: job for job in jobs()}.values():  # a series twice would be none at all
                at = [zone, job.name]
                dials.add_metric(at, job.dials)
                answers.add_metric(at, job.answers)
                abandoned.add_metric(at, job.abandoned)
                for state, number in job.agents_by_state.items():
                    agents.add_metric([*at, state], number)
                for state, number in job.lines_by_state.items():
                    lines.add_metric([*at, state], number)
                contacts.add_metric([*at, "done"], job.done_here)
                contacts.add_metric([*at, "left"], job.total - job.done)
        yield from (dials, answers, abandoned, agents, lines, contacts)


class _NumbersCollector(Collector):
    """Reads the zones' own numbers when they are asked for; from any thread."""

    def __init__(self) -> None:
        self.zones: dict[str, ZoneNumbers] = {}
        self.blended: dict[str, BlendingNumbers] = {}

    def collect(self) -> Iterator[_CodeFamily]:
        agents = GaugeMetricFamily("agentmgr_agents", "Agents by agent state.", labels=["zone", "state"])
        calls = GaugeMetricFamily("agentmgr_calls", "Agents by call state.", labels=["zone", "state"])
        attempts = CounterMetricFamily("agentmgr_attempts", "Attempts that ended.", labels=["zone"])
        refused = CounterMetricFamily(
            "agentmgr_refused", "Numbers that were not dialled after all.", labels=["zone", "reason"]
        )
        answers = CounterMetricFamily("agentmgr_live_answers", "Calls a person took.", labels=["zone"])
        abandoned = CounterMetricFamily(
            "agentmgr_abandoned", "Answered calls that no agent took.", labels=["zone"]
        )
        dismissed = CounterMetricFamily(
            "agentmgr_dismissed", "Abandoned customers who were told who called.", labels=["zone"]
        )
        callbacks = CounterMetricFamily(
            "agentmgr_callbacks", "Callbacks by what became of them.", labels=["zone", "outcome"]
        )
        # Copies, which are made in one step: the zone's task changes them meanwhile.
        for zone, numbers in dict(self.zones).items():
            agents_by_state, calls_by_state = dict(numbers.agents_by_state), dict(numbers.calls_by_state)
            for agent_state in AgentState:
                agents.add_metric([zone, agent_state.value], agents_by_state.get(agent_state, 0))
            for call_state in CallState:
                calls.add_metric([zone, call_state.value], calls_by_state.get(call_state, 0))
            attempts.add_metric([zone], numbers.attempts)
            for reason, how_many in dict(numbers.refused).items():
                refused.add_metric([zone, reason], how_many)
            answers.add_metric([zone], numbers.live_answers)
            abandoned.add_metric([zone], numbers.abandoned)
            dismissed.add_metric([zone], numbers.dismissed)
            for outcome, how_many in {"Expired": 0, **numbers.callbacks_ended}.items():
                callbacks.add_metric([zone, outcome], how_many)
        yield from (agents, calls, attempts, refused, answers, abandoned, dismissed, callbacks)
        if self.blended:
            yield from self._collect_blended()

    def _collect_blended(self) -> Iterator[_CodeFamily]:
        queue = GaugeMetricFamily("agentmgr_inbound_queue", "Inbound customers who wait.", labels=["zone"])
        agents = GaugeMetricFamily("agentmgr_inbound_agents", "Agents who take inbound.", labels=["zone"])
        calls = CounterMetricFamily(
            "agentmgr_inbound_calls", "Inbound calls by what became of them.", labels=["zone", "outcome"]
        )
        moves = CounterMetricFamily(
            "agentmgr_blended", "Agents moved by the blender.", labels=["zone", "direction"]
        )
        for zone, numbers in dict(self.blended).items():
            totals = numbers.inbound.totals
            queue.add_metric([zone], totals.waiting)
            agents.add_metric([zone], totals.agents)
            for outcome, count in (
                ("arrived", totals.arrived),
                ("served", totals.served),
                ("abandoned", totals.abandoned),
            ):
                calls.add_metric([zone, outcome], count)
            moves.add_metric([zone, "inbound"], numbers.acquired)
            moves.add_metric([zone, "outbound"], numbers.released)
        yield from (queue, agents, calls, moves)
