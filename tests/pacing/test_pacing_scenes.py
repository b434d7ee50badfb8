"""The scenes of the benchmark of pacing: what they draw has the means and spreads that are said."""

from math import inf, isinf
from random import Random
from statistics import fmean, stdev

import pytest

from agentmgr.telephony.customers import Answers, Fails
from scripts.benchmarks.pacing.days import Days
from scripts.benchmarks.pacing.scenes import (
    BLOCK,
    LANDLINE,
    MOBILE,
    SCENES,
    SceneCustomers,
    log_normal,
    with_breaks,
)

DRAWS = 20_000


def drawn(of):
    draw = Random(1)
    return [of(draw) for _ in range(DRAWS)]


@pytest.mark.parametrize("name", SCENES)
def test_scene_has_contacts_that_keep_agents_busy_for_two_minutes_in_the_mean(name):
    scene = SCENES[name]
    assert fmean(drawn(lambda draw: scene.talk_s(draw) + scene.wrapup_s(draw))) == pytest.approx(
        120, rel=0.03
    )


@pytest.mark.parametrize("name", [name for name, scene in SCENES.items() if scene.has_optimum])
def test_scene_with_an_optimum_has_the_dials_that_it_was_computed_for(name):
    scene = SCENES[name]
    for dial_s in (scene.answer_s, scene.failure_s):
        assert fmean(drawn(dial_s)) == pytest.approx(12, rel=0.03)
        assert stdev(drawn(dial_s)) == pytest.approx(12, rel=0.05)
    assert {scene.live(LANDLINE, part) for part in (0, 0.5, 1)} == {0.3}


@pytest.mark.parametrize(("mean_s", "cv"), [(100, 0.9), (20, 0.6), (120, 0.15)])
def test_log_normal_draws_have_their_mean_and_coefficient_of_variation(mean_s, cv):
    times = drawn(log_normal(mean_s, cv))
    assert fmean(times) == pytest.approx(mean_s, rel=0.03)
    assert stdev(times) / fmean(times) == pytest.approx(cv, rel=0.06)


def test_realistic_scene_answers_after_four_to_twenty_seconds_and_fails_fast_once_in_four():
    scene = SCENES["realistic"]
    answers = drawn(scene.answer_s)
    assert 4 <= min(answers) < max(answers) <= 20
    failures = drawn(scene.failure_s)
    assert {*failures} == {3, inf}
    assert sum(map(isinf, failures)) / DRAWS == pytest.approx(0.75, abs=0.02)
    assert scene.ring_time_s == 25


def test_regular_scene_has_ends_that_can_be_foreseen():
    scene = SCENES["regular"]
    times = drawn(lambda draw: scene.talk_s(draw) + scene.wrapup_s(draw))
    assert stdev(times) / fmean(times) < 0.05


def test_noon_scene_has_half_the_answers_in_the_afternoon():
    live = SCENES["noon"].live
    assert live(LANDLINE, 0.51) == live(LANDLINE, 0.49) / 2


def test_customers_answer_as_often_as_the_scene_says_at_the_hour():
    part = 0.0
    customers, draw = SceneCustomers(SCENES["noon"], lambda: part), Random(1)
    for part, expected in ((0.2, 0.30), (0.8, 0.15)):  # noqa: B007 - customers see it
        reactions = [customers.react(LANDLINE, draw) for _ in range(DRAWS)]
        assert {type(each) for each in reactions} == {Answers, Fails}
        assert fmean(isinstance(each, Answers) for each in reactions) == pytest.approx(expected, abs=0.01)


def test_lists_have_blocks_of_both_types_which_answer_at_their_hours():
    scene = SCENES["lists"]
    assert [scene.prefix(contact) for contact in (0, BLOCK - 1, BLOCK, 2 * BLOCK)] == [
        LANDLINE,
        LANDLINE,
        MOBILE,
        LANDLINE,
    ]
    assert scene.live(MOBILE + "1", 0) > scene.live(MOBILE + "1", 1)
    assert scene.live(LANDLINE + "1", 0) < scene.live(LANDLINE + "1", 1)


def test_agents_with_breaks_are_away_one_after_another_and_a_good_part_of_the_day():
    draw, shift_s, away = Random(1), 28_800.0, []
    for _ in range(200):
        there = with_breaks(draw, shift_s)
        assert 0 <= there.comes_at < there.leaves_at <= shift_s
        assert list(there.breaks) == sorted(there.breaks)
        assert all(one[1] <= other[0] for one, other in zip(there.breaks, there.breaks[1:], strict=False))
        away.append(sum(until - since for since, until in there.breaks))
    assert 0.08 * shift_s < fmean(away) < 0.25 * shift_s


def test_agents_who_come_and_go_are_counted_only_while_they_are_there():
    (day,) = Days(SCENES["breaks"], "progressive", agents=10, seed=1, shift_s=3600, day_s=7200).run(1)
    assert 0.6 < (day.worked_s + day.waited_s) / (10 * 3600) < 0.95
