"""What Prometheus gets to see."""

from collections import Counter

from attrs import define, field
from prometheus_client import CollectorRegistry

from agentmgr.runtime.metrics import RuntimeMetrics
from protocol.enums import AgentState, CallState
from protocol.results import ResultCode


@define
class Numbers:
    agents_by_state: Counter[AgentState] = field(factory=Counter)
    calls_by_state: Counter[CallState] = field(factory=Counter)
    attempts: int = 0
    refused: Counter[str] = field(factory=Counter)
    live_answers: int = 0
    abandoned: int = 0
    dismissed: int = 0
    callbacks_ended: Counter[str] = field(factory=Counter)


def test_zone_numbers_are_read_when_asked_for_with_every_state_shown():
    registry = CollectorRegistry()
    metrics, numbers = RuntimeMetrics(registry), Numbers(attempts=7, live_answers=3, abandoned=2, dismissed=1)
    metrics.watch("Default", numbers)
    numbers.agents_by_state[AgentState.Ready] += 2
    numbers.calls_by_state[CallState.Talking] += 1

    def value(metric, /, **labels):
        return registry.get_sample_value(metric, {"zone": "Default", **labels})

    assert value("agentmgr_agents", state="Ready") == 2
    assert value("agentmgr_agents", state="NotReady") == 0
    assert value("agentmgr_calls", state="Talking") == 1
    assert value("agentmgr_attempts_total") == 7
    assert value("agentmgr_live_answers_total") == 3
    assert value("agentmgr_abandoned_total") == 2
    assert value("agentmgr_dismissed_total") == 1
    numbers.refused["DncBlocked"] += 3
    assert value("agentmgr_refused_total", reason="DncBlocked") == 3
    assert value("agentmgr_callbacks_total", outcome="Expired") == 0
    numbers.callbacks_ended["Expired"] += 1
    assert value("agentmgr_callbacks_total", outcome="Expired") == 1


def test_commands_are_counted_by_zone_name_and_result_with_cumulated_buckets():
    registry = CollectorRegistry()
    metrics = RuntimeMetrics(registry)
    one, two = metrics.for_zone("One").commands, metrics.for_zone("Two").commands
    one.answered("AGTLogon", ResultCode.SUCCESS, 0.0004)
    one.answered("AGTLogon", ResultCode.SUCCESS, 0.005)
    one.answered("AGTLogon", ResultCode.AUTHENTICATION_FAILED, 99.0)
    two.refused("unknown", ResultCode.UNKNOWN_COMMAND)

    def value(metric, /, **labels):
        return registry.get_sample_value(f"agentmgr_{metric}", labels)

    assert value("commands_total", zone="One", name="AGTLogon", result="0") == 2
    assert value("commands_total", zone="One", name="AGTLogon", result="17") == 1
    assert value("commands_total", zone="Two", name="unknown", result="9011") == 1
    buckets = {
        le: value("command_seconds_bucket", zone="One", name="AGTLogon", le=le)
        for le in ("0.0005", "0.002", "0.005", "10.0", "+Inf")
    }
    assert buckets == {"0.0005": 1, "0.002": 1, "0.005": 2, "10.0": 2, "+Inf": 3}
    assert value("command_seconds_count", zone="One", name="AGTLogon") == 3
