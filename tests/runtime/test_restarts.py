"""The server dies at any moment; what it had confirmed stands, and everybody goes on."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from attrs import evolve
from restarts import CAMPAIGN, FORGETFUL, T0, ZONE, World

from agentmgr.core.model import AgentSpec, ContactSpec, PhoneNumber
from agentmgr.ports import AgentLogin, ContactDraft
from agentmgr.store import SqlStore
from agentmgr.testing.memory_store import MemoryStore
from protocol.enums import PacingType
from protocol.structures import AgentSkill
from tests.databases import new_store

pytestmark = pytest.mark.slow

CONTACTS = 30
SEEDS = 40
AGENTS = tuple(AgentSpec(str(1001 + n), f"Agent {n}", (AgentSkill("English", "1", 1),)) for n in range(4))


def number_of(index: int) -> PhoneNumber:
    return PhoneNumber("PhoneNumber1", f"+4930{index:06}", "Europe/Berlin")


def memory_store(pacing: PacingType) -> MemoryStore:
    store = MemoryStore()
    for record in AGENTS:
        store.add_agent(record, ZONE)
    contacts = [
        ContactSpec(
            index,
            f"C{index}",
            1,
            "Spring",
            (number_of(index),),
            {
                "UserContactId": f"C{index}",
                "FirstName": "Ann",
                "PhoneNumber1": number_of(index).number,
                "TimeZone": "Europe/Berlin",
            },
        )
        for index in range(1, CONTACTS + 1)
    ]
    store.add_job(1, contacts, campaign=evolve(CAMPAIGN, campaign_id=1, pacing=pacing))
    return store


def sql_store(path: Path, pacing: PacingType) -> SqlStore:
    store = new_store(path)
    for record in AGENTS:
        store.put_agent(AgentLogin(record, "secret", ZONE, True))
    list_id = store.ensure_list("Spring", T0)
    drafts = [
        ContactDraft(f"C{index}", (number_of(index),), {"FirstName": "Ann"})
        for index in range(1, CONTACTS + 1)
    ]
    store.put_contacts(list_id, drafts, T0)
    spec = store.add_campaign(evolve(CAMPAIGN, pacing=pacing), [list_id], T0)
    job_id = store.create_job(spec.campaign_id, [ZONE], T0)
    store.fill_job(job_id, 0, 100)
    store.start_job(job_id)
    return store


def run_to_the_end(world: World, seed: int, lives: int = 60) -> None:
    """Let the server die often at first, and then let it end its job."""
    draw = Random(f"{seed}/deaths")
    while world.deaths < lives and world.live(
        draw.choice([5, 60, 300]),
        commits=draw.choice([1, 2, 5, 20, 60, 200]),
        dies_before=draw.random() < 0.5,
    ):
        if draw.random() < 0.3:
            world.lose_switch()
    while world.live(36_000, commits=1_000_000, dies_before=False):
        assert world.now < T0 + 360_000, "the job does not end"


def check_store(store: MemoryStore, world: World) -> None:
    """Check what no record says: the end of what new owners found open."""
    assert store.finished_jobs == {1: "finished"}
    assert not store.open_attempts
    assert not store.callbacks
    assert len(store.done[1]) == CONTACTS
    last = {each.session_id or each.attempt_id: each.attempt_id for each in store.attempts.values()}
    for attempt_id in store.answered_at.keys() & set(last.values()):  # not those dialled once more
        outcome = store.ended_attempts[attempt_id].outcome
        assert (attempt_id in store.dispositions) != (outcome in ("Interrupted", "Nuisance"))
        if outcome == "Interrupted":
            assert world.answered_by(attempt_id) == FORGETFUL


@pytest.mark.parametrize("pacing", [PacingType.Progressive, PacingType.PreviewTimed])
def test_nobody_who_talks_is_cut_off_by_a_death_where_all_agents_are_covered(pacing: PacingType) -> None:
    resumed: set[str] = set()
    for seed in range(SEEDS):
        store = memory_store(pacing)
        world = World([store], seed, pacing, covers_all=True)
        run_to_the_end(world, seed)
        world.check()
        check_store(store, world)
        answered = [each for each in store.answered_at if world.answered_by(each) is not None]
        ends = {each: store.ended_attempts[each].outcome for each in answered}
        assert "Interrupted" not in ends.values(), ends
        resumed |= {state.value for state in world.resumed}
    assert resumed == {"Talking", "Held", "Wrapup"}


@pytest.mark.parametrize("pacing", [PacingType.Progressive, PacingType.PreviewTimed])
def test_server_that_dies_again_and_again_loses_and_doubles_nothing(pacing: PacingType) -> None:
    seen: set[str] = set()
    for seed in range(SEEDS):
        store = memory_store(pacing)
        world = World([store], seed, pacing)
        run_to_the_end(world, seed)
        world.check()
        check_store(store, world)
        seen |= {f"back to {state}" for state in world.resumed}
        seen |= {f"callback {each.outcome}" for each in store.ended_callbacks.values()}
        seen |= {f"attempt {each.outcome}" for each in store.ended_attempts.values()}
    assert seen >= {
        "back to Talking",
        "back to Wrapup",
        "callback Handled",
        "callback Cancelled",
        "callback Expired",
        "callback Interrupted",
        "attempt Interrupted",
        "attempt Handled",
    }


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("pacing", [PacingType.Progressive, PacingType.PreviewTimed])
def test_stores_agree_on_what_is_left_after_every_death(
    tmp_path: Path, pacing: PacingType, seed: int
) -> None:
    memory, sql = memory_store(pacing), sql_store(tmp_path / "agentmgr.sqlite", pacing)
    world = World([memory, sql], seed, pacing, covers_all=seed == 2)
    run_to_the_end(world, seed, lives=40)
    world.check()
    check_store(memory, world)
    outcomes = Counter(end.outcome for end in memory.ended_attempts.values())
    assert dict(sql.tally(1).outcomes) == outcomes
    rows = sql.dispositions(1, 0, 10_000)
    assert {row.attempt_id: row.code_id for row in rows} == {
        attempt_id: each.code_id for attempt_id, each in memory.dispositions.items()
    }
    sql.close()
