"""The blender: who moves between outbound and inbound, and when nobody does."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agentmgr.core.blender import INBOUND, OUTBOUND, Blender, BlendRules, InboundLoad, Move, Standing

T0 = 1000.0
IDLE, BUSY, LEAVING = Standing.OUTBOUND_IDLE, Standing.OUTBOUND_BUSY, Standing.LEAVING
SERVES, WAITS, ABSENT = Standing.INBOUND_BUSY, Standing.INBOUND_IDLE, Standing.ABSENT
CALM = InboundLoad(0, 100.0)
RULES = BlendRules(acquire_queue=3, acquire_wait_s=20, release_wait_s=2, thrash_s=300, reserve=1)


def blender(*standings: Standing, rules: BlendRules = RULES) -> Blender:
    """Agents `a`, `b`, ... who came to what they do in this order."""
    one = Blender(rules)
    for number, standing in enumerate(standings):
        one.place("abcdefghij"[number], standing, T0 + number)
    return one


def moves(one: Blender, load: InboundLoad, now: float) -> list[str]:
    """Whom the blender moves at one moment: `+` to inbound, `-` back."""
    moved = []
    while (move := one.decide(load, now)) is not None:
        moved.append(("+" if move.to_inbound else "-") + move.agent_id)
    return moved


# -- taking agents -------------------------------------------------------------------------


def test_decide_nobody_waits_nobody_moves() -> None:
    assert moves(blender(IDLE, BUSY), CALM, T0 + 10) == []


def test_decide_queue_without_any_agent_takes_the_longest_idle_for_each() -> None:
    assert moves(blender(BUSY, IDLE, IDLE, IDLE), InboundLoad(2, 100.0), T0 + 10) == ["+b", "+c"]


def test_decide_none_idle_takes_a_busy_one_after_its_contact() -> None:
    assert moves(blender(BUSY, BUSY, BUSY), InboundLoad(1, 100.0), T0 + 10) == ["+a"]


def test_decide_expected_wait_below_the_threshold_nobody_moves() -> None:
    # 1 waits and would be followed by another: 2 * 100 s / 11 own agents
    load = InboundLoad(1, 100.0, own_agents=11, own_busy=11)
    assert moves(blender(IDLE, IDLE), load, T0 + 10) == []


def test_decide_expected_wait_at_the_threshold_takes_one() -> None:
    load = InboundLoad(1, 100.0, own_agents=10, own_busy=10)
    assert moves(blender(IDLE, IDLE), load, T0 + 10) == ["+a"]


def test_decide_queue_at_the_threshold_takes_agents_whatever_the_wait() -> None:
    load = InboundLoad(3, 1.0, own_agents=50, own_busy=50)
    assert moves(blender(IDLE, IDLE, IDLE, IDLE), load, T0 + 10) == ["+a"]
    load = InboundLoad(2, 1.0, own_agents=50, own_busy=50)
    assert moves(blender(IDLE, IDLE, IDLE, IDLE), load, T0 + 10) == []


def test_decide_agents_on_their_way_are_counted() -> None:
    assert moves(blender(LEAVING, LEAVING, IDLE, IDLE), InboundLoad(2, 100.0), T0 + 10) == []


def test_decide_reserve_of_outbound_is_kept() -> None:
    rules = BlendRules(reserve=2)
    assert moves(blender(IDLE, BUSY, IDLE, rules=rules), InboundLoad(9, 100.0), T0 + 10) == ["+a"]


def test_decide_absent_agents_are_neither_taken_nor_counted_as_reserve() -> None:
    assert moves(blender(ABSENT, ABSENT, IDLE), InboundLoad(9, 100.0), T0 + 10) == []


def test_place_again_as_before_keeps_the_place() -> None:
    one = blender(IDLE, IDLE)
    one.place("a", IDLE, T0 + 5)
    assert one.decide(InboundLoad(1, 100.0), T0 + 10) == Move("a", to_inbound=True)


def test_place_busy_and_idle_again_counts_from_then() -> None:
    one = blender(IDLE, IDLE)
    one.place("a", BUSY, T0 + 5)
    one.place("a", IDLE, T0 + 6)
    assert one.decide(InboundLoad(1, 100.0), T0 + 10) == Move("b", to_inbound=True)


def test_remove_agent_is_not_moved_any_more() -> None:
    one = blender(IDLE, IDLE, IDLE)
    one.remove("a")
    one.remove("unknown")
    assert moves(one, InboundLoad(9, 100.0), T0 + 10) == ["+b"]


# -- giving them back ------------------------------------------------------------------------


def test_decide_one_fewer_is_still_enough_gives_back_those_idle_longest() -> None:
    assert moves(blender(WAITS, WAITS, WAITS, SERVES), CALM, T0 + 10) == ["-a", "-b"]


def test_decide_own_agents_suffice_gives_all_back() -> None:
    load = InboundLoad(0, 100.0, own_agents=2, own_busy=1)
    assert moves(blender(WAITS, WAITS), load, T0 + 10) == ["-a", "-b"]


def test_decide_without_the_last_agent_the_wait_would_be_endless_it_stays() -> None:
    assert moves(blender(WAITS), CALM, T0 + 10) == []


def test_decide_somebody_waits_nobody_goes_back() -> None:
    load = InboundLoad(1, 1.0, own_agents=50, own_busy=10)
    assert moves(blender(WAITS, WAITS), load, T0 + 10) == []


def test_decide_agents_in_a_call_are_not_taken_out_of_it() -> None:
    load = InboundLoad(0, 100.0, own_agents=9, own_busy=0)
    assert moves(blender(SERVES, SERVES), load, T0 + 10) == []


def test_decide_between_the_thresholds_nothing_moves() -> None:
    """Without one of them the wait were 10 s: too long to release, too short to acquire."""
    load = InboundLoad(0, 100.0, own_agents=9, own_busy=9)
    assert moves(blender(WAITS, IDLE), load, T0 + 10) == []


# -- staying -----------------------------------------------------------------------------------


def test_decide_moved_agent_stays_for_the_thrash_interval() -> None:
    one = blender(IDLE, BUSY)
    assert moves(one, InboundLoad(1, 100.0), T0 + 10) == ["+a"]
    one.place("a", WAITS, T0 + 11)
    enough = InboundLoad(0, 100.0, own_agents=5)
    assert moves(one, enough, T0 + 309) == []
    assert moves(one, enough, T0 + 310) == ["-a"]
    one.place("a", IDLE, T0 + 311)
    assert moves(one, InboundLoad(1, 100.0), T0 + 609) == ["+b"]


def test_decide_agent_whose_stay_is_over_stands_behind_those_idle_before() -> None:
    one = blender(IDLE, IDLE, IDLE, IDLE)
    assert moves(one, InboundLoad(1, 100.0), T0 + 10) == ["+a"]
    one.place("a", IDLE, T0 + 11)  # it came back by a way of its own
    assert moves(one, InboundLoad(3, 100.0), T0 + 400) == ["+b", "+c", "+d"]


def test_decide_agent_logged_on_anew_may_be_moved_at_once() -> None:
    one = blender(IDLE, BUSY, BUSY)
    assert moves(one, InboundLoad(1, 100.0), T0 + 10) == ["+a"]
    one.remove("a")
    one.place("a", IDLE, T0 + 20)
    assert moves(one, InboundLoad(1, 100.0), T0 + 30) == ["+a"]


def test_decide_no_thrash_interval_agents_move_at_once() -> None:
    one = blender(IDLE, BUSY, rules=BlendRules(thrash_s=0))
    assert moves(one, InboundLoad(1, 100.0), T0 + 10) == ["+a"]
    one.place("a", WAITS, T0 + 10)
    assert moves(one, InboundLoad(0, 100.0, own_agents=5), T0 + 10) == ["-a"]


def test_rules_that_would_move_agents_to_and_fro_are_refused() -> None:
    with pytest.raises(ValueError, match="release_wait_s is 20; allowed: less than acquire_wait_s, 20"):
        BlendRules(acquire_wait_s=20, release_wait_s=20)


class AnyLoad(RuleBasedStateMachine):
    """Agents do anything under any load; nobody is moved twice within the interval, and the reserve stays."""

    @initialize()
    def begin(self) -> None:
        self.now = T0
        self.one = Blender(BlendRules(thrash_s=60, reserve=2))
        self.places: dict[str, Standing] = {}
        self.moved_at: dict[str, float] = {}

    @rule(agent_id=st.sampled_from("abcdef"), standing=st.sampled_from(list(Standing)))
    def place(self, agent_id: str, standing: Standing) -> None:
        self.one.place(agent_id, standing, self.now)
        self.places[agent_id] = standing

    @rule(agent_id=st.sampled_from("abcdef"))
    def remove(self, agent_id: str) -> None:
        self.one.remove(agent_id)
        self.places.pop(agent_id, None)
        self.moved_at.pop(agent_id, None)

    @rule(passing_s=st.sampled_from([0.0, 1.0, 30.0, 61.0]))
    def wait(self, passing_s: float) -> None:
        self.now += passing_s

    @rule(queue=st.integers(0, 9), own_agents=st.integers(0, 3))
    def decide(self, queue: int, own_agents: int) -> None:
        for _ in range(20):
            move = self.one.decide(InboundLoad(queue, 100.0, own_agents), self.now)
            if move is None:
                return
            was = self.places[move.agent_id]
            outbound = sum(each in OUTBOUND for each in self.places.values())
            assert self.now - self.moved_at.get(move.agent_id, -1e9) >= 60
            self.moved_at[move.agent_id] = self.now
            if move.to_inbound:
                assert was in OUTBOUND
                assert outbound > 2
                assert queue > 0
                assert was is IDLE or not self._movable(IDLE)
            else:
                assert was is WAITS
                assert queue == 0
            self.places[move.agent_id] = LEAVING if move.to_inbound else BUSY
        raise AssertionError("the blender never comes to an end")

    def _movable(self, standing: Standing) -> list[str]:
        return [
            agent_id
            for agent_id, each in self.places.items()
            if each is standing and self.now - self.moved_at.get(agent_id, -1e9) >= 60
        ]

    @invariant()
    def counts_agree(self) -> None:
        if hasattr(self, "one"):
            for standing in Standing:
                assert self.one.count(standing) == sum(s is standing for s in self.places.values())
            assert self.one.count(*INBOUND) + self.one.count(*OUTBOUND) <= len(self.places)


AnyLoad.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestBlenderUnderAnyLoad = AnyLoad.TestCase
