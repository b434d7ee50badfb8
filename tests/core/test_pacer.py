"""The pacer: what it learns, what it must never do, and that it keeps to the limit."""

from heapq import heappop, heappush
from itertools import count
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import Scene

from agentmgr.core.campaign import CampaignSettings
from agentmgr.core.lifetimes import BINS, Belief, Lifetimes
from agentmgr.core.pacer import (
    MIN_ANSWERS,
    USED,
    Load,
    PacingEstimates,
    predictive_lines,
    progressive_lines,
)
from protocol.enums import PacingType

counts = st.integers(0, 60)
loads = st.builds(Load, idle=counts, busy=counts, ringing=counts, waiting=st.integers(0, 5))
limits = st.floats(0, 0.2)
LIMIT = 0.03
NOON = 1_000_000.0


def predictive(load, seen, limit=LIMIT):
    """Return how many lines are added at an abandon limit."""
    return predictive_lines(load, seen, CampaignSettings(abandon_limit=limit))


def progressive(load):
    """Return how many lines are added with one for each agent."""
    return progressive_lines(load, PacingEstimates(), CampaignSettings())


def experienced(rate=0.4, answer_s=10.0, handle_s=100.0, live_answers=1000, abandoned=29):
    """Return what was observed of many calls, all alike."""
    seen = PacingEstimates()
    for number in range(500):
        answered = int((number + 1) * rate) > int(number * rate)
        seen.saw_dial_end(answered, answer_s, 0.0)
        seen.saw_contact_end(handle_s * (0.5 + number / 500), 0.0)
    seen.live_answers, seen.abandoned = live_answers, abandoned
    return seen


@st.composite
def estimates(draw):
    """Draw what a job may have observed."""
    rate, live = draw(st.sampled_from([0.0, 0.02, 0.3, 1.0])), draw(st.integers(0, 5000))
    seen = experienced(rate, draw(st.sampled_from([1.0, 12.0, 70.0])), draw(st.sampled_from([1.0, 90, 2e3])))
    seen.live_answers, seen.abandoned = live, draw(st.integers(0, live))
    return seen


# -- how many lines -------------------------------------------------------------------------------


@given(loads)
def test_progressive_dials_one_line_for_each_agent_nobody_rings_for(load):
    assert progressive(load) == max(0, load.idle - load.ringing - load.waiting)


@given(loads, estimates(), limits)
def test_predictive_dials_no_fewer_than_progressive_and_no_more_than_the_cap(load, seen, limit):
    lines, certain = predictive(load, seen, limit), progressive(load)
    assert certain <= lines
    assert lines <= max(
        certain, (load.idle + load.busy) * CampaignSettings().max_calls_per_agent - load.ringing
    )


@given(loads, estimates(), limits)
def test_predictive_does_not_overdial_before_it_has_seen_enough(load, seen, limit):
    seen.live_answers = min(seen.live_answers, MIN_ANSWERS - 1)
    seen.abandoned = 0
    assert predictive(load, seen, limit) == progressive(load)


@given(loads, estimates())
def test_predictive_never_overdials_where_nothing_may_be_abandoned(load, seen):
    assert predictive(load, seen, 0.0) == progressive(load)


@given(loads, estimates(), limits, limits)
def test_predictive_dials_no_fewer_lines_when_more_may_be_abandoned(load, seen, one, other):
    low, high = sorted((one, other))
    assert predictive(load, seen, low) <= predictive(load, seen, high)


@given(loads, estimates(), limits)
def test_predictive_dials_no_fewer_lines_for_one_idle_agent_more(load, seen, limit):
    more = Load(load.idle + 1, load.busy, load.ringing, load.waiting)
    assert predictive(load, seen, limit) <= predictive(more, seen, limit)


@given(loads, estimates(), limits, st.integers(1, 20))
def test_predictive_counts_the_lines_that_ring_already(load, seen, limit, more):
    fuller = Load(load.idle, load.busy, load.ringing + more, load.waiting)
    assert predictive(fuller, seen, limit) <= predictive(load, seen, limit)


@given(loads, estimates(), st.integers(1, 500))
def test_predictive_dials_no_more_lines_the_more_were_abandoned(load, seen, more):
    before = predictive(load, seen)
    seen.abandoned += more
    assert predictive(load, seen) <= before


@given(counts, counts, estimates(), limits)
def test_predictive_dials_nothing_without_agents(ringing, waiting, seen, limit):
    assert predictive(Load(0, 0, ringing, waiting), seen, limit) == 0


def test_predictive_dials_nothing_for_agents_who_will_all_leave():
    assert predictive(Load(0, 30, 0, 0, returning=0), experienced(handle_s=20)) == 0
    assert predictive(Load(0, 30, 0, 0), experienced(handle_s=20)) > 0


def test_predictive_overdials_when_few_answer_and_the_limit_allows():
    assert 40 < predictive(Load(idle=20, busy=20, ringing=0, waiting=0), experienced()) < 80


def test_predictive_dials_one_line_an_agent_when_everybody_answers():
    assert predictive(Load(idle=5, busy=0, ringing=0, waiting=0), experienced(rate=1.0)) == 5


def test_predictive_dials_for_agents_who_become_free_while_lines_ring():
    idle = predictive(Load(10, 0, 0, 0), experienced(handle_s=60))
    busy = predictive(Load(10, 20, 0, 0), experienced(handle_s=60))
    assert busy > idle


def test_predictive_expects_more_of_agents_whose_contacts_are_old_enough_to_end():
    young, old = experienced(handle_s=100), experienced(handle_s=100)
    for _ in range(20):
        young.saw_contact(NOON)
        old.saw_contact(NOON - 100)
    load = Load(0, 20, 0, 0, NOON)
    assert predictive(load, young) < predictive(load, old)


def test_predictive_expects_nothing_of_lines_that_rang_longer_than_anybody_lets_them():
    lines = {}
    for age_s in (2, 20):
        seen = PacingEstimates()
        for number in range(600):
            seen.saw_dial_end(number % 3 == 0, 5 + number % 7 if number % 3 == 0 else 25, NOON)
        seen.live_answers, seen.abandoned = 1000, 29
        for _ in range(20):
            seen.saw_dial(NOON + 30 - age_s)
        lines[age_s] = predictive(Load(10, 10, 20, 0, NOON + 30), seen)
    assert lines[2] + 10 < lines[20]


def test_predictive_that_kept_within_the_limit_for_long_is_bold_but_not_reckless():
    load = Load(idle=10, busy=10, ringing=0, waiting=0)
    within = predictive(load, experienced(live_answers=1000, abandoned=29))
    unused = predictive(load, experienced(live_answers=100_000, abandoned=0))
    assert within < unused < 2 * within


# -- what it learns -------------------------------------------------------------------------------


def test_estimates_learn_the_rate_of_answers_and_forget():
    seen = PacingEstimates()
    for number in range(2000):
        seen.saw_dial_end(number % 4 == 0, 6.0, float(number))
    assert seen.answer_rate == pytest.approx(0.25, abs=0.01)
    assert seen.live_answers == 500
    for number in range(2000):
        seen.saw_dial_end(False, 6.0, 2000.0 + number)
    assert seen.answer_rate < 0.03


def test_lives_that_outlast_all_bins_do_not_count_as_ended_in_the_last_one():
    lifetimes, draw = Lifetimes(2.0, Belief(60.0, (1.0,), weight=8.0, memory=10_000, memory_s=1e9)), Random(1)
    longest_s = BINS * lifetimes.width_s
    for _ in range(5000):  # a memoryless end: of each age the same share ends
        lifetimes.end(draw.expovariate(1 / 60), 0, 0.0)
    curves = lifetimes.curves()
    assert lifetimes.width_s * BINS == longest_s  # 12 % are older
    ends = curves.within(lifetimes.width_s, curves.lasting)
    assert ends[-2:] == [pytest.approx(ends[5], rel=0.4)] * 2


def test_estimates_learn_how_long_a_contact_keeps_an_agent():
    seen = PacingEstimates()
    for _ in range(2000):
        seen.saw_contact_end(300.0, 0.0)
    assert seen.handle_s == pytest.approx(300.0, abs=2)


@given(st.floats(0, 1e6), st.floats(0, 1e5), st.integers(1, 300), st.booleans())
def test_estimates_bear_any_time(began_at, lasted_s, times, answered):
    seen = PacingEstimates()
    for number in range(times):
        seen.saw_dial(began_at + number)
        seen.saw_contact(began_at + number)
    at = began_at + lasted_s
    for number in range(times):
        seen.saw_line_leave(began_at + number)
        seen.saw_contact_leave(began_at + number)
        seen.saw_dial_end(answered, lasted_s, at)
        seen.saw_contact_end(lasted_s, at)
    seen.live_answers += MIN_ANSWERS
    assert 0 <= seen.answer_rate <= 1
    assert predictive(Load(5, 5, 3, 0, at), seen) >= 2


# -- the limit ------------------------------------------------------------------------------------


class Shift:
    """Hours of a campaign without zone or switch: exponential times, whoever answers waits for 2 s.

    `share` of the time was worked, `rate` of the lines dialled in an hour are answered.
    """

    def __init__(self, seed, agents, hours, rate=lambda hour: 0.3, seen=None, settings=None):
        draw, numbers = Random(seed), count(1)
        seen = self.seen = seen or PacingEstimates()
        settings = settings or CampaignSettings()
        began = seen.live_answers, seen.abandoned
        agenda, idle, ringing, waiting = [(0.0, 0, "look", 0.0)], agents, 0, {}
        self.worked_s, last = 0.0, 0.0

        def plan(after_s, what, about=0.0):
            key = next(numbers)
            heappush(agenda, (at + after_s, key, what, about))
            return key

        def talk():
            seen.saw_contact(at)
            plan(draw.expovariate(1 / 120), "free", at)

        while agenda and agenda[0][0] < hours * 3600:
            at, key, what, about = heappop(agenda)
            self.worked_s += (agents - idle) * (at - last)
            last = at
            if what == "look":
                plan(1.0, "look")
            elif what in ("answer", "fail"):
                ringing -= 1
                seen.saw_line_leave(about)
                seen.saw_dial_end(what == "answer", at - about, at)
                if what == "answer" and idle:
                    idle -= 1
                    talk()
                elif what == "answer":
                    waiting[plan(2.0, "leave")] = at
            elif what == "free":
                seen.saw_contact_leave(about)
                seen.saw_contact_end(at - about, at)
                if waiting:
                    waiting.pop(next(iter(waiting)))
                    talk()
                else:
                    idle += 1
            elif waiting.pop(key, None) is not None:
                seen.abandoned += 1
            load = Load(idle, agents - idle, ringing, len(waiting), at)
            for _ in range(predictive_lines(load, seen, settings)):
                ringing += 1
                seen.saw_dial(at)
                answered = draw.random() < rate(at / 3600)
                plan(draw.expovariate(1 / 12), "answer" if answered else "fail", at)
        self.share = self.worked_s / (agents * last)
        self.answers = seen.live_answers - began[0]
        self.abandoned = seen.abandoned - began[1]


def owed(shift, limit=LIMIT):
    """Return how many more calls were abandoned than is aimed at."""
    return shift.abandoned - USED * limit * shift.answers


def test_shift_uses_what_may_be_abandoned_and_no_more():
    shift = Shift(seed=1, agents=20, hours=2)
    assert abs(owed(shift)) < 8
    assert shift.share > 0.86


def test_shift_whose_rate_of_answers_changes_keeps_to_the_limit():
    shift = Shift(seed=2, agents=10, hours=3, rate=lambda hour: 0.2 if 1 <= hour < 2 else 0.4)
    assert abs(owed(shift)) < 8


def test_shift_begun_with_too_many_abandoned_makes_up_for_it():
    seen = experienced(rate=0.3, handle_s=120, live_answers=1000, abandoned=45)
    shift = Shift(seed=3, agents=20, hours=1, seen=seen)
    assert seen.abandoned / seen.live_answers <= LIMIT + 0.005
    assert shift.abandoned / shift.answers < 0.02


def test_shift_of_one_agent_has_a_line_for_each_moment_it_is_idle_and_abandons_little():
    shift = Shift(seed=4, agents=1, hours=3)
    assert shift.abandoned <= LIMIT * shift.answers + 3
    assert shift.share > 0.65


@pytest.mark.parametrize("agents", [5, 20])
def test_strict_shift_keeps_to_the_limit_by_itself(agents):
    settings = CampaignSettings(strict_abandon_limit=True)
    for seed in (1, 2):
        shift = Shift(seed, agents, hours=2, settings=settings)
        assert 0 < shift.abandoned <= LIMIT * shift.answers


def test_strict_day_of_the_worst_luck_abandons_no_more_than_the_limit():
    """Whatever the model believes: every call beyond the certain ones is abandoned."""
    settings = CampaignSettings(strict_abandon_limit=True)
    seen, load = experienced(live_answers=1000, abandoned=0), Load(20, 20, 0, 0)
    for _ in range(500):
        certain, lines = progressive(load), predictive_lines(load, seen, settings)
        seen.live_answers += certain
        seen.abandoned += lines > certain
        assert seen.abandoned <= LIMIT * seen.live_answers
    assert seen.abandoned > 0


def test_strict_campaign_counts_each_day_by_itself():
    settings = CampaignSettings(strict_abandon_limit=True)
    seen, load = experienced(live_answers=1000, abandoned=20), Load(20, 20, 0, 0)
    seen.begin_day(1)
    assert predictive_lines(load, seen, settings) == progressive(load)
    seen.live_answers += 400
    assert predictive_lines(load, seen, settings) > progressive(load)
    seen.begin_day(2)
    assert predictive_lines(load, seen, settings) == progressive(load)


def test_lines_for_each_agent_are_no_fewer_and_no_more_than_the_campaign_says():
    load, seen = Load(20, 20, 0, 0), experienced(rate=0.3)
    wide = predictive_lines(load, seen, CampaignSettings(abandon_limit=0.2, max_calls_per_agent=50))
    narrow = predictive_lines(load, seen, CampaignSettings(abandon_limit=0.2, max_calls_per_agent=1.5))
    assert wide > 60 == narrow
    scared = experienced(rate=0.9, abandoned=500)
    assert predictive_lines(load, scared, CampaignSettings(min_calls_per_agent=2)) == 40
    assert predictive_lines(load, scared, CampaignSettings()) == 20


# -- in the zone ----------------------------------------------------------------------------------


@pytest.mark.parametrize("by_s", [30_000.0, -30_000.0])
@pytest.mark.parametrize(("before_s", "after_s"), [(0, 5), (2, 3)], ids=["before the dial", "while it rings"])
def test_how_long_a_line_rang_is_learned_without_a_step_of_the_clock(by_s, before_s, after_s):
    scene = Scene(PacingType.Predictive)
    if before_s:
        scene.nail()
        scene.wait(before_s)
    scene.step_clock(by_s)
    if not before_s:
        scene.nail()
    lines = scene.zone.jobs[1].estimates.lines
    scene.wait(after_s)
    scene.customer_answers()
    expected = Lifetimes(lines.width_s, lines.belief)
    expected.end(before_s + after_s, 0, 0.0)
    assert lines.mean_s == pytest.approx(expected.mean_s)
