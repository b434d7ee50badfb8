"""The pacer: what it learns, and what it must never do."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scenes import Scene

from agentmgr.core.campaign import CampaignSettings
from agentmgr.core.pacer import (
    MAX_LINES_PER_AGENT,
    MIN_ANSWERS,
    Load,
    PacingEstimates,
    predictive_lines,
    progressive_lines,
)
from protocol.enums import PacingType

counts = st.integers(0, 60)
loads = st.builds(Load, idle=counts, busy=counts, ringing=counts, waiting=st.integers(0, 5))
limits = st.floats(0, 0.2)
SETTINGS = CampaignSettings()


def predictive(load, seen, limit):
    """Return how many lines are added at an abandon limit."""
    return predictive_lines(load, seen, CampaignSettings(abandon_limit=limit))


def progressive(load):
    """Return how many lines are added with one for each agent."""
    return progressive_lines(load, PacingEstimates(), SETTINGS)


@st.composite
def estimates(draw):
    """Draw what a job may have observed."""
    live = draw(st.integers(0, 5000))
    dials = draw(st.floats(4, 200))
    return PacingEstimates(
        dials=dials,
        answers=dials * draw(st.floats(0.01, 1)),
        answer_s=draw(st.floats(1, 40)),
        handle_s=draw(st.floats(0, 1000)),
        live_answers=live,
        abandoned=draw(st.integers(0, live)),
    )


def experienced(**changes):
    """Return estimates that are trusted and have nothing abandoned."""
    return PacingEstimates(**{"dials": 200, "answers": 80, "live_answers": 1000, **changes})


@given(loads)
def test_progressive_dials_one_line_for_each_agent_nobody_rings_for(load):
    assert progressive(load) == max(0, load.idle - load.ringing - load.waiting)


@given(loads, estimates(), limits)
def test_predictive_dials_no_fewer_than_progressive_and_no_more_than_the_cap(load, seen, limit):
    lines, certain = predictive(load, seen, limit), progressive(load)
    assert certain <= lines
    assert lines <= max(certain, (load.idle + load.busy) * MAX_LINES_PER_AGENT - load.ringing)


@given(loads, estimates(), limits)
def test_predictive_does_not_overdial_when_one_more_abandon_would_break_the_limit(load, seen, limit):
    assume(seen.abandoned + 1 > limit * seen.live_answers + 1e-9)
    assert predictive(load, seen, limit) == progressive(load)


@given(loads, estimates(), limits)
def test_predictive_does_not_overdial_before_it_has_seen_enough(load, seen, limit):
    seen.live_answers = min(seen.live_answers, MIN_ANSWERS - 1)
    seen.abandoned = 0
    assert predictive(load, seen, limit) == progressive(load)


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


def test_predictive_overdials_when_few_answer_and_the_limit_allows():
    load = Load(idle=20, busy=20, ringing=0, waiting=0)
    assert 40 < predictive(load, experienced(), 0.03) < 80


def test_predictive_dials_one_line_an_agent_when_everybody_answers():
    load = Load(idle=5, busy=0, ringing=0, waiting=0)
    assert predictive(load, experienced(answers=200), 0.03) == 5


def test_predictive_dials_for_agents_who_become_free_while_lines_ring():
    idle = predictive(Load(10, 0, 0, 0), experienced(handle_s=60), 0.03)
    busy = predictive(Load(10, 20, 0, 0), experienced(handle_s=60), 0.03)
    assert busy > idle


def test_predictive_dials_nothing_without_agents():
    assert predictive(Load(0, 0, 0, 0), experienced(), 0.03) == 0


def test_estimates_learn_the_rate_and_time_of_answers_and_forget():
    seen = PacingEstimates()
    for number in range(1000):
        seen.saw_dial_end(number % 4 == 0, 6.0)
    assert seen.answer_rate == pytest.approx(0.25, abs=0.01)
    assert seen.answer_s == pytest.approx(6.0, abs=0.05)
    assert seen.live_answers == 250
    for _ in range(1000):
        seen.saw_dial_end(False, 0.0)
    assert seen.answer_rate < 0.01
    assert seen.answer_s == pytest.approx(6.0, abs=0.05)


def test_estimates_never_believe_in_more_answers_than_dials():
    seen = PacingEstimates()
    for _ in range(2000):
        seen.saw_dial_end(True, 5.0)
    assert seen.answer_rate == pytest.approx(1.0)
    assert seen.answer_rate <= 1


def test_estimates_learn_how_long_a_contact_keeps_an_agent():
    seen = experienced()
    for _ in range(2000):
        seen.saw_contact_end(300.0)
    assert seen.handle_s == pytest.approx(300.0, abs=1)


EAGER = Load(idle=20, busy=20, ringing=0, waiting=0)
"""Agents for whom more than one line each would be dialled, as far as the model is concerned."""


@pytest.mark.parametrize(
    ("live_answers", "abandoned", "may_overdial"),
    [
        (1000, 29, True),
        (1000, 30, False),
        (1000, 31, False),
        (1030, 30, False),
        (1034, 30, True),
        (20, 0, False),
        (34, 0, True),
    ],
)
def test_predictive_overdials_only_while_one_more_abandon_keeps_the_limit(
    live_answers, abandoned, may_overdial
):
    seen = experienced(live_answers=live_answers, abandoned=abandoned)
    limit = 0.03
    assert ((abandoned + 1) / live_answers <= limit) is may_overdial
    assert (predictive(EAGER, seen, limit) > progressive(EAGER)) is may_overdial


def test_predictive_day_of_the_worst_luck_abandons_no_more_than_the_limit():
    """Whatever the model believes: every call beyond the certain ones is abandoned."""
    seen, limit = experienced(live_answers=MIN_ANSWERS), 0.03
    for _ in range(500):
        certain, lines = progressive(EAGER), predictive(EAGER, seen, limit)
        seen.live_answers += certain
        seen.abandoned += 1 if lines > certain else 0
        assert seen.abandoned <= limit * seen.live_answers
    assert seen.abandoned > 0


def test_estimates_of_many_answers_are_not_moved_far_by_one():
    seen = experienced(answer_s=6.0, handle_s=100.0)
    seen.saw_dial_end(True, 106.0)
    seen.saw_contact_end(300.0)
    assert seen.answer_s == pytest.approx(6.5)
    assert seen.handle_s == pytest.approx(101.0)


def test_estimates_of_few_answers_are_the_mean_of_what_was_seen():
    seen = PacingEstimates()
    for after_s in (4.0, 8.0, 12.0):
        seen.saw_dial_end(True, after_s)
    assert seen.answer_s == pytest.approx(8.0)


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
    scene.wait(after_s)
    scene.customer_answers()
    assert scene.zone.jobs[1].estimates.answer_s == before_s + after_s
