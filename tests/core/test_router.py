"""Who gets the next contact: the highest level first, then the longest idle."""

from hypothesis import given
from hypothesis import strategies as st

from agentmgr.core.agent import Agent
from agentmgr.core.model import AgentSpec
from agentmgr.core.router import IdleAgents
from agentmgr.core.stats import ZoneStats


def an_agent(name, level=1, skill="sales"):
    record = AgentSpec(name, name, ())
    nothing = lambda *_: None  # noqa: E731  # a name for what is passed twice
    return Agent(record, 1, "", nothing, nothing, ZoneStats(), skills={skill: level})


def taken(idle):
    return [agent.agent_id for agent in iter(idle.take, None)]


def test_highest_level_goes_first_whoever_waits_longer():
    idle = IdleAgents("sales")
    for name, level, since in (("A", 1, 10.0), ("B", 3, 30.0), ("C", 2, 20.0), ("D", 3, 25.0)):
        idle.add(an_agent(name, level), since)
    assert taken(idle) == ["D", "B", "C", "A"]


def test_agents_idle_since_the_same_moment_go_in_the_order_they_came():
    idle = IdleAgents("sales")
    for name in "CAB":
        idle.add(an_agent(name), 10.0)
    assert taken(idle) == ["C", "A", "B"]


def test_agent_without_the_skill_goes_last():
    idle = IdleAgents("sales")
    idle.add(an_agent("A", 9, "art"), 1.0)
    idle.add(an_agent("B", 1), 2.0)
    assert taken(idle) == ["B", "A"]


def test_agent_queued_twice_keeps_its_place_and_counts_once():
    idle, first = IdleAgents("sales"), an_agent("A")
    idle.add(first, 1.0)
    idle.add(an_agent("B"), 2.0)
    idle.add(first, 3.0)
    assert len(idle) == 2
    assert taken(idle) == ["A", "B"]


def test_agent_removed_and_queued_again_goes_to_the_end():
    idle, first = IdleAgents("sales"), an_agent("A")
    idle.add(first, 1.0)
    idle.add(an_agent("B"), 2.0)
    idle.remove(first)
    idle.remove(first)
    assert first not in idle
    assert len(idle) == 1
    idle.add(first, 3.0)
    assert first in idle
    assert taken(idle) == ["B", "A"]


def test_agent_queued_again_is_seen_at_the_new_place():
    idle, first = IdleAgents("sales"), an_agent("A")
    idle.add(first, 1.0)
    idle.add(an_agent("B"), 2.0)
    idle.remove(first)
    idle.add(first, 3.0)
    assert idle.peek().agent_id == "B"


def test_nobody_is_taken_of_nobody():
    assert IdleAgents("sales").take() is None


def test_agents_who_come_and_go_all_day_do_not_pile_up():
    idle, restless = IdleAgents("sales"), an_agent("A")
    for moment in range(10_000):
        idle.add(restless, float(moment))
        idle.remove(restless)
    assert len(idle._heap) < 100
    assert len(idle) == 0


@given(
    st.lists(st.tuples(st.sampled_from(["add", "remove", "peek", "take"]), st.integers(0, 5)), max_size=200)
)
def test_queue_behaves_like_a_sorted_list(steps):
    agents = [an_agent(str(number), level=1 + number % 3) for number in range(6)]
    idle, model = IdleAgents("sales"), []
    for moment, (what, number) in enumerate(steps):
        agent = agents[number]
        if what == "add":
            idle.add(agent, float(moment // 3))
            if all(entry[-1] is not agent for entry in model):
                model.append((-agent.skills["sales"], moment // 3, moment, agent))
        elif what == "remove":
            idle.remove(agent)
            model = [entry for entry in model if entry[-1] is not agent]
        elif what == "peek":
            assert idle.peek() is (min(model, key=lambda entry: entry[:3])[-1] if model else None)
        else:
            model.sort(key=lambda entry: entry[:3])
            assert idle.take() is (model.pop(0)[-1] if model else None)
        assert len(idle) == len(model)
