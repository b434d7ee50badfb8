"""What Prometheus can ask about results that wait and leave, and about plug-ins."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from agentmgr.connectors.workers import Counts
from agentmgr.ports import Backlog
from agentmgr.publish.sender import SenderCounts


class ResultsCollector(Collector):
    """Reads what the senders count, and what was last seen to wait.

    Args:
        registry: where it is shown.
        senders: those of this process, by publisher; they tell nothing while another process does.
        plugins: what became of calls, by kind and name.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        senders: Mapping[str, SenderCounts],
        plugins: Callable[[], Mapping[tuple[str, str], Counts]],
    ) -> None:
        self.backlogs: Sequence[Backlog] = ()
        self._senders = senders
        self._plugins = plugins
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        by_publisher = ["publisher"]
        waiting = GaugeMetricFamily(
            "agentmgr_results_waiting", "Results that a publisher has to tell yet.", labels=by_publisher
        )
        oldest = GaugeMetricFamily(
            "agentmgr_results_oldest_timestamp_seconds",
            "When the oldest result that waits for a publisher is from; 0 if none waits.",
            labels=by_publisher,
        )
        found = {each.publisher: each for each in self.backlogs}
        for name in sorted({*found, *self._senders}):
            backlog = found.get(name, Backlog(name, 0, 0.0))
            waiting.add_metric([name], backlog.waiting)
            oldest.add_metric([name], backlog.oldest_at)
        told = CounterMetricFamily(
            "agentmgr_results_told", "Results that a publisher has confirmed.", labels=by_publisher
        )
        failures = CounterMetricFamily(
            "agentmgr_results_failures",
            "How often a publisher was out of reach or took nothing.",
            labels=by_publisher,
        )
        dropped = CounterMetricFamily(
            "agentmgr_results_dropped", "Results that were too old to be told.", labels=by_publisher
        )
        for name, counts in self._senders.items():
            told.add_metric([name], counts.told)
            failures.add_metric([name], counts.failures)
            dropped.add_metric([name], counts.dropped)
        yield from (waiting, oldest, told, failures, dropped)
        calls = CounterMetricFamily(
            "agentmgr_connector_calls", "Calls of plug-ins.", labels=["kind", "connector", "result"]
        )
        ended = CounterMetricFamily(
            "agentmgr_connector_processes_ended",
            "Processes of plug-ins that were late, crashed or could not be started.",
            labels=["kind", "connector"],
        )
        for (kind, name), plugin in self._plugins().items():
            calls.add_metric([kind, name, "done"], plugin.done)
            calls.add_metric([kind, name, "failed"], plugin.failed)
            ended.add_metric([kind, name], plugin.ended)
        yield from (calls, ended)
