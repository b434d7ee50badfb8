"""The pacers that the zone's own is compared with, by small tables."""

import pytest

from agentmgr.core.campaign import CampaignSettings
from agentmgr.core.pacer import Load, PacingEstimates
from scripts.benchmarks.pacing.days import PACERS, Days
from scripts.benchmarks.pacing.rules import (
    ADJUST_S,
    MAX_LEVEL,
    RULES,
    STEP_DOWN,
    Adaptive,
    FixedRatio,
    Linear,
    ahead_for,
    tapered,
)
from scripts.benchmarks.pacing.scenes import SCENES

SETTINGS = CampaignSettings(abandon_limit=0.03)


def seen(answers=100, abandoned=0):
    return PacingEstimates(live_answers=answers, abandoned=abandoned)


def lines(rule, idle=0, busy=0, ringing=0, waiting=0, at=0.0, estimates=None):
    return rule(Load(idle, busy, ringing, waiting, at), estimates or seen(), SETTINGS)


@pytest.mark.parametrize(
    ("idle", "ringing", "waiting", "added"),
    [(0, 0, 0, 0), (1, 0, 0, 1), (2, 0, 0, 3), (4, 2, 1, 3), (1, 5, 0, 0)],
)
def test_fixed_ratio_has_one_and_a_half_lines_for_each_free_agent(idle, ringing, waiting, added):
    assert lines(FixedRatio(1.5), idle=idle, ringing=ringing, waiting=waiting) == added


@pytest.mark.parametrize(
    ("idle", "ringing", "waiting", "added"),
    [(0, 0, 0, 4), (0, 3, 0, 1), (2, 0, 0, 10), (0, 0, 1, 1), (0, 0, 2, 0), (3, 20, 0, 0)],
)
def test_linear_rule_rings_for_free_agents_and_for_those_who_will_be(idle, ringing, waiting, added):
    assert lines(Linear(ahead=4.0, slope=3.0), idle=idle, ringing=ringing, waiting=waiting) == added


def test_linear_rule_between_tuned_sizes_is_in_proportion_and_grows_beyond_them():
    scene = SCENES["exponential"]
    sizes = sorted(scene.ahead)
    low, high = sizes[1], sizes[2]
    middle = ahead_for(scene, (low + high) // 2)
    assert scene.ahead[low] <= middle <= scene.ahead[high]
    assert [ahead_for(scene, size) for size in sizes] == pytest.approx([scene.ahead[size] for size in sizes])
    assert ahead_for(scene, 1) == scene.ahead[sizes[0]]
    assert ahead_for(scene, 2 * sizes[-1]) == 2 * scene.ahead[sizes[-1]]


def adjusted(rule, *, idle, abandoned=0, times=1, start_at=0.0):
    """Let so many adjustments pass with the same agents idle of ten, each with 100 answers more."""
    for turn in range(times + 1):
        estimates = seen(100 * turn, abandoned * turn)
        lines(rule, idle=idle, busy=10 - idle, at=start_at + turn * ADJUST_S, estimates=estimates)
    return rule.level


def test_adaptive_level_rises_while_agents_wait_and_stays_when_nobody_does():
    assert adjusted(Adaptive(False, lambda part: 1.0), idle=5) == pytest.approx(1.05)
    assert adjusted(Adaptive(False, lambda part: 1.0), idle=0) == 1.0
    assert adjusted(Adaptive(False, lambda part: 1.0), idle=10, times=100) == MAX_LEVEL


def test_adaptive_level_is_lines_for_each_agent_those_who_talk_included():
    rule = Adaptive(False, lambda part: 1.0, level=1.5)
    assert lines(rule, idle=2, busy=8, ringing=1) == 15 - 8 - 1


def test_average_law_steps_down_when_too_many_were_abandoned():
    rule = Adaptive(False, lambda part: 1.0, level=2.0)
    assert adjusted(rule, idle=5, abandoned=4) == pytest.approx(2.0 - STEP_DOWN)


def test_tapered_law_stops_at_once_when_too_many_were_abandoned_for_the_hour():
    early = Adaptive(True, tapered, level=2.0)
    assert adjusted(early, idle=0, abandoned=5) == 2.0  # 5 % of twice 3 %
    late = Adaptive(True, tapered, shift_s=2 * ADJUST_S, level=2.0)
    assert adjusted(late, idle=0, abandoned=5, times=2) == 1.0


def test_tapered_law_allows_twice_the_limit_for_half_a_shift_and_the_limit_at_its_end():
    assert [tapered(part) for part in (0, 0.49, 0.5, 0.75, 1)] == [2, 2, 2, 1.5, 1]


def test_adaptive_law_forgets_what_was_abandoned_before_the_night():
    rule = Adaptive(True, lambda part: 1.0, level=2.0)
    assert adjusted(rule, idle=0, abandoned=50) == 1.0
    rule.level = 2.0
    lines(rule, busy=10, at=86_400, estimates=seen(200, 60))
    lines(rule, busy=10, at=86_400 + ADJUST_S, estimates=seen(300, 60))
    assert rule.level == 2.0


@pytest.mark.parametrize("name", RULES)
def test_rule_drives_the_real_zone_through_days_on_which_agents_come_and_go(name):
    days = Days(SCENES["breaks"], name, agents=4, seed=1, shift_s=900, day_s=2700)
    for day in days.run(2):
        assert 0 <= day.abandoned <= day.answers
        assert day.answers > 5
    assert all(desktop.finished for desktop in days.desktops)


def test_pacers_are_the_zones_own_and_all_rules():
    assert set(PACERS) == {"progressive", "ours", *RULES}
