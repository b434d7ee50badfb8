"""The simulated inbound queue: arrivals, service, abandonment."""

import math

import pytest
from attrs import evolve

from agentmgr.core.blender import InboundLoad
from agentmgr.ports import Inbound, InboundChange
from agentmgr.telephony.inbound import SimInbound
from agentmgr.telephony.params import InboundParams
from tests.telephony.switches import T0

STEADY = InboundParams(
    calls_per_h=360,
    service_median_s=100,
    service_sigma=0,
    patience_median_s=50,
    patience_sigma=0,
    own_agents=0,
)


def queue(params: InboundParams = STEADY, seed: int = 1) -> SimInbound:
    return SimInbound(seed, params, T0)


def pass_time(inbound: SimInbound, until: float) -> list[tuple[float, InboundChange]]:
    changes: list[tuple[float, InboundChange]] = []
    while (at := inbound.next_at()) is not None and at <= until:
        changes += [(at, change) for change in inbound.due(at)]
    return changes


def test_queue_stands_behind_the_port() -> None:
    port: Inbound = queue()
    assert port.load == InboundLoad(0, 100.0)
    assert port.due(T0) == []


def test_arrivals_come_as_often_as_the_rate_says_and_far_apart_at_random() -> None:
    inbound = queue()
    pass_time(inbound, T0 + 36_000)
    totals = inbound.totals
    assert totals.arrived == pytest.approx(3600, abs=5 * math.sqrt(3600))
    assert totals.served == 0
    assert totals.arrived == totals.abandoned + totals.waiting


def test_arrivals_none_wanted_nothing_ever_happens() -> None:
    assert queue(evolve(STEADY, calls_per_h=0)).next_at() is None


def test_customer_nobody_serves_waits_as_long_as_its_patience() -> None:
    inbound = queue(evolve(STEADY, calls_per_h=1))
    arrives_at = inbound.next_at()
    assert arrives_at is not None
    inbound.due(arrives_at)
    assert inbound.load.queue == 1
    inbound.due(arrives_at + 49.9)
    assert (inbound.load.queue, inbound.totals.abandoned) == (1, 0)
    inbound.due(arrives_at + 50)
    assert (inbound.load.queue, inbound.totals.abandoned) == (0, 1)


def test_agent_joins_serves_the_one_who_waited_and_is_free_after_the_call() -> None:
    inbound = queue(evolve(STEADY, calls_per_h=1))
    arrives_at = inbound.next_at()
    assert arrives_at is not None
    inbound.due(arrives_at)
    inbound.join("a", arrives_at + 10)
    assert inbound.due(arrives_at + 10) == [InboundChange("a", busy=True)]
    assert inbound.load.queue == 0
    assert pass_time(inbound, arrives_at + 110)[-1] == (arrives_at + 110, InboundChange("a", busy=False))
    assert inbound.totals.served == 1
    assert inbound.totals.abandoned == 0


def test_agent_idle_longest_serves_first() -> None:
    inbound = queue()
    inbound.join("b", T0)
    inbound.join("a", T0)
    inbound.join("b", T0)
    assert [change.agent_id for _, change in pass_time(inbound, T0 + 60)[:2]] == ["b", "a"]
    assert inbound.totals.agents == 2


def test_agent_who_ends_a_call_serves_the_next_who_waits_at_once() -> None:
    inbound = queue(evolve(STEADY, own_agents=1))
    had_to_wait = False
    while (at := inbound.next_at()) is not None and at < T0 + 3600:
        inbound.due(at)
        load = inbound.load
        assert not load.queue or load.own_busy == 1
        had_to_wait |= load.queue > 0
    assert had_to_wait


def test_agent_leaves_in_the_middle_of_a_call_which_ends_then() -> None:
    inbound = queue()
    inbound.join("a", T0)
    (began_at, _), *_ = pass_time(inbound, T0 + 60)
    inbound.leave("a")
    inbound.leave("a")
    assert inbound.totals.served == 1
    assert inbound.totals.agents == 0
    assert [change for at, change in pass_time(inbound, began_at + 200) if change.agent_id == "a"] == []


def test_agent_leaves_before_its_call_was_collected_nothing_is_told_of_it() -> None:
    inbound = queue(evolve(STEADY, calls_per_h=1))
    arrives_at = inbound.next_at()
    assert arrives_at is not None
    inbound.due(arrives_at)
    inbound.join("a", arrives_at + 1)
    inbound.leave("a")
    assert inbound.due(arrives_at + 1) == []


def test_own_agents_serve_without_being_told_of() -> None:
    inbound = queue(evolve(STEADY, own_agents=2))
    assert inbound.load == InboundLoad(0, 100.0, own_agents=2)
    assert pass_time(inbound, T0 + 3600) == []
    assert inbound.load.own_busy == 2
    assert inbound.totals.served >= 60


def test_load_service_time_is_the_mean_of_late() -> None:
    inbound = queue(evolve(STEADY, calls_per_h=60, service_sigma=1, own_agents=9))
    pass_time(inbound, T0 + 36_000)
    # the mean of a log-normal distribution
    assert inbound.load.service_s == pytest.approx(100 * math.exp(0.5), rel=0.5)


def test_queue_same_seed_same_calls_another_seed_others() -> None:
    def story(seed: int) -> list[tuple[float, InboundChange]]:
        inbound = queue(evolve(STEADY, service_sigma=0.5, patience_sigma=0.5), seed)
        inbound.join("a", T0)
        return pass_time(inbound, T0 + 7200)

    assert story(1) == story(1)
    assert story(1) != story(2)
