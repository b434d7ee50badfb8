"""What Prometheus gets to see is named as its own checker wants names, and stays as small as the floor."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from attrs import evolve
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from agentmgr.core.effects import Dial
from agentmgr.core.events import CallAnswered, JobLoaded, NailAnswered
from agentmgr.core.model import (
    AgentSpec,
    CampaignSpec,
    CompletionCodeSpec,
    ContactSpec,
    JobSpec,
    PhoneNumber,
    Wanted,
)
from agentmgr.runtime.floors import JobNumbers, numbers_of_jobs
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.testing.memory_store import MemoryStore
from agentmgr.testing.stage import Stage
from protocol import commands as c
from protocol.enums import AgentState, PacingType
from protocol.results import ResultCode
from protocol.structures import AgentSkill

CAMPAIGN = CampaignSpec(
    1, 'Spring "1"\\', PacingType.Progressive, "sales", (CompletionCodeSpec(1, "Done"),), 1
)


class Blending:
    """Stands for a zone that lends agents."""

    class Inbound:
        class totals:
            waiting = agents = arrived = served = abandoned = 1

    inbound = Inbound()
    acquired = released = 1


@pytest.fixture
def stage() -> Stage:
    store = MemoryStore()
    store.add_agent(AgentSpec("A", "Ann", (AgentSkill("sales", level=1),)), "Z")
    numbers = (PhoneNumber("PhoneNumber1", "+49301234567", "Europe/Berlin"),)
    contacts = [ContactSpec(n, f"u{n}", 7, "List", numbers, {}) for n in range(1, 4)]
    store.add_job(1, contacts, campaign=CAMPAIGN)
    stage = Stage(store)
    stage.post(JobLoaded(1, JobSpec(1, CAMPAIGN, total=3)))
    connection = stage.connect()
    stage.send("A", c.AGTLogon("5001", "secret", False, "en-US", "UTC", "Z"), connection)
    stage.send("A", c.AGTStateChange(AgentState.Ready))
    stage.send("A", c.AGTAvailableForNailup())
    stage.send("A", c.AGTReadyForNailup())
    stage.post(NailAnswered(stage.agent("A").leg_id))
    return stage


@pytest.fixture
def page(stage: Stage) -> Iterator[str]:
    registry = CollectorRegistry()
    metrics = RuntimeMetrics(registry)
    metrics.watch("Z", stage.zone.stats)
    metrics.watch_campaigns("Z", lambda: numbers_of_jobs(stage.zone))
    metrics.watch_blending("Z", Blending())  # type: ignore[arg-type]
    zone = metrics.for_zone("Z")
    zone.commands.answered("AGTLogon", ResultCode.SUCCESS, 0.1)
    zone.closed("idle")
    zone.batch_events.observe(3)
    return generate_latest(registry).decode()


def families(page: str) -> list[Metric]:
    return list(text_string_to_metric_families(page))


UNITS = re.compile(r"_(ms|millis|milliseconds|minutes|hours|kb|mb|percent|milli|kilo)(_|$)")
TYPES = re.compile(r"(gauge|counter|histogram|summary|untyped)")


def test_names_are_as_the_checker_of_prometheus_wants_them(page: str) -> None:
    found = families(page)
    assert len(found) > 20
    for family in found:
        name = family.name.removesuffix("_created")
        assert family.documentation.strip(), f"{name} says nothing of itself"
        assert re.fullmatch(r"agentmgr(_[a-z]+)+", name), f"{name} is no name in snake case"
        assert not UNITS.search(name), f"{name} is not in a base unit"
        assert not TYPES.search(name), f"{name} names its type"
        assert not name.endswith(("_count", "_sum", "_bucket")), f"{name} ends as a part of a histogram"
        declared = re.search(rf"^# TYPE {family.name}(\w*) (\w+)$", page, re.MULTILINE)
        assert declared is not None
        is_total = declared[1] == "_total" or family.name.endswith("_total")
        assert is_total == (declared[2] == "counter"), f"{name}: a counter ends in _total, and nothing else"
        for sample in family.samples:
            assert "le" not in sample.labels or sample.name.endswith("_bucket")


def test_no_series_comes_twice(page: str) -> None:
    series = Counter(
        (sample.name, *sorted(sample.labels.items()))
        for family in families(page)
        for sample in family.samples
    )
    assert [name for name, times in series.items() if times > 1] == []


def value(stage: Stage, name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    RuntimeMetrics(registry).watch_campaigns("Z", lambda: numbers_of_jobs(stage.zone))
    return registry.get_sample_value(name, {"zone": "Z", "campaign": CAMPAIGN.name, **labels})


def test_campaign_is_shown_while_its_job_runs(stage: Stage) -> None:
    assert value(stage, "agentmgr_campaign_dials_total") == 1
    assert value(stage, "agentmgr_campaign_lines", state="ringing") == 1
    assert value(stage, "agentmgr_campaign_agents", state="idle") == 1
    assert value(stage, "agentmgr_campaign_contacts", state="left") == 3
    (dial,) = (order for order in stage.orders if isinstance(order, Dial))
    stage.post(CallAnswered(dial.call_id))
    assert value(stage, "agentmgr_campaign_live_answers_total") == 1
    assert value(stage, "agentmgr_campaign_agents", state="busy") == 1
    assert value(stage, "agentmgr_campaign_abandoned_total") == 0


def test_campaign_whose_job_is_over_is_shown_no_more(stage: Stage) -> None:
    (dial,) = (order for order in stage.orders if isinstance(order, Dial))
    stage.post(CallAnswered(dial.call_id))
    stage.want(1, Wanted.STOP)
    stage.send("A", c.AGTReleaseLine(dial.call_id))
    stage.wait(600)
    assert value(stage, "agentmgr_campaign_dials_total") is None


def test_two_jobs_of_a_campaign_are_one_series() -> None:
    registry = CollectorRegistry()
    one = JobNumbers("Spring", 1, 0, 0, {"idle": 0}, {"ringing": 0}, 5, 5, 5)
    RuntimeMetrics(registry).watch_campaigns("Z", lambda: [one, evolve(one, dials=2, done=0)])
    page = generate_latest(registry).decode()
    assert page.count("agentmgr_campaign_dials_total{") == 1
