"""A zone as supervisors see it: in portions, with each agent under one reason for each job."""

from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from attrs import evolve

from agentmgr.core.events import JobLoaded, NailAnswered
from agentmgr.core.model import (
    AgentSpec,
    CampaignSpec,
    CompletionCodeSpec,
    ContactSpec,
    JobSpec,
    PhoneNumber,
)
from agentmgr.core.wishes import LogOff, TakeBreak
from agentmgr.runtime import floors
from agentmgr.runtime.feed import Feed
from agentmgr.testing.memory_store import MemoryStore
from agentmgr.testing.stage import Stage
from protocol import commands as c
from protocol.enums import AgentState, PacingType
from protocol.structures import AgentSkill

SPRING = CampaignSpec(
    1, "Spring", PacingType.PreviewUntimed, "sales", (CompletionCodeSpec(1, "Done"),), 1, min_skill_level=2
)
AUTUMN = evolve(SPRING, campaign_id=2, name="Autumn")
WINTER = evolve(SPRING, campaign_id=3, name="Winter", skill="French", min_skill_level=1)


@pytest.fixture
def stage() -> Stage:
    """Three jobs whose only contacts are due later; A to D log on, E has too low a level for any."""
    store = MemoryStore()
    numbers = (PhoneNumber("PhoneNumber1", "+49301234567", "Europe/Berlin"),)
    stage = Stage(store)
    for job_id, campaign in enumerate((SPRING, AUTUMN, WINTER), 1):
        store.add_job(job_id, [ContactSpec(job_id, f"u{job_id}", 7, "List", numbers, {})], stage.now + 7200)
        stage.post(JobLoaded(job_id, JobSpec(job_id, campaign, total=1)))
    for agent_id, level in zip("ABCDE", (2, 3, 2, 2, 1), strict=True):
        store.add_agent(AgentSpec(agent_id, agent_id, (AgentSkill("sales", level=level),)), "Z")
        stage.send(
            agent_id, c.AGTLogon("5001", "secret", False, "en-US", "UTC", "Z"), stage.connect(agent_id)
        )
        stage.send(agent_id, c.AGTStateChange(AgentState.Ready))
    return stage


def hosted(stage: Stage) -> Any:
    return SimpleNamespace(
        name="Z", zone=stage.zone, feed=Feed(stage.zone), runner=SimpleNamespace(commits_waiting=2)
    )


def nail(stage: Stage, agent_id: str) -> None:
    stage.send(agent_id, c.AGTAvailableForNailup())
    stage.send(agent_id, c.AGTReadyForNailup())
    stage.post(NailAnswered(stage.agent(agent_id).leg_id))


async def facts_by_campaign(stage: Stage) -> dict[str, Any]:
    view = await floors._look(hosted(stage), stage.now)
    return {facts.view.campaign: facts for facts in view.jobs}


async def test_each_agent_with_the_skill_is_under_one_reason_for_each_job(stage: Stage) -> None:
    nail(stage, "A")
    stage.wish("B", TakeBreak("7"))
    connection = stage.agent("C").connection
    assert connection is not None
    stage.disconnect(connection)
    facts = await facts_by_campaign(stage)
    own = stage.agent("A").job
    assert own is not None
    here, there = ("Spring", "Autumn") if own.campaign is SPRING else ("Autumn", "Spring")
    expected = {"skilled": 4, "elsewhere": 0, "away": 1, "on_break": 1, "inbound": 0, "unnailed": 1}
    for name, elsewhere in ((here, 0), (there, 1)):
        found = {reason: getattr(facts[name], reason) for reason in floors.REASONS}
        assert found == {**expected, "elsewhere": elsewhere}
    assert facts["Winter"].skilled == 0
    assert facts[here].view.idle == 1


async def test_jobs_of_an_agent_are_those_it_works_in_wherever_it_is_logged_on(stage: Stage) -> None:
    nail(stage, "A")
    host = SimpleNamespace(zones={"Z": hosted(stage)}, states={"Z": "ok"})
    at: Any = floors.HostedFloors(host, SimpleNamespace(now=lambda: stage.now))  # type: ignore[arg-type]  # what is asked of them
    found = [await trio.to_thread.run_sync(at.jobs_of, agent_id) for agent_id in ("A", "B", "X")]
    job = stage.agent("A").job
    assert job is not None
    assert found == [[job.job_id], [], None]


async def test_look_has_all_agents_and_what_the_zone_is_at(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floors, "AT_A_TIME", 2)
    view = await floors._look(hosted(stage), stage.now)
    assert [agent.agent_id for agent in view.agents] == list("ABCDE")
    assert (view.commits_wait, view.telephony_is_down, view.is_ending) == (2, False, False)


async def test_whoever_follows_gets_all_once_then_changes_and_all_again_of_a_zone_opened_anew(
    stage: Stage,
) -> None:
    zone = hosted(stage)
    with ExitStack() as readers:
        followed = floors._Followed("Z", readers)
        first = await followed.take("ok", zone, stage.now)
        assert (first.is_snapshot, sorted(first.agents)) == (True, list("ABCDE"))
        quiet = await followed.take("ok", zone, stage.now)
        assert (quiet.is_snapshot, quiet.agents) == (False, {})
        zone.feed.note([stage.agent("B")])
        gone = stage.agent("A")
        stage.wish("A", LogOff(now=True))
        zone.feed.note([gone])
        changed = await followed.take("ok", zone, stage.now)
        assert (changed.is_snapshot, sorted(changed.agents), changed.agents["A"]) == (False, ["A", "B"], None)
        lost = await followed.take("reopening", None, stage.now)
        assert (lost.is_snapshot, lost.agents, lost.look) == (True, {}, None)
        again = await followed.take("ok", hosted(stage), stage.now)
        assert (again.is_snapshot, sorted(again.agents)) == (True, list("BCDE"))
