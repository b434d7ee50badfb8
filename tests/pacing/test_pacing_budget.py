"""What a campaign's earlier days leave of its budget, over restarts of the server too, in virtual time."""

import pytest

from agentmgr.core.budget import WINDOW_DAYS
from scripts.benchmarks.pacing.days import ABANDON_LIMIT, MONDAY_8_H, Days
from scripts.benchmarks.pacing.endless import HOUR_S
from scripts.benchmarks.pacing.scenes import DAY_S, SCENES

SHIFT_S = 3 * HOUR_S
MORNING = int(MONDAY_8_H // HOUR_S)
"""The hour in which the first shift begins."""


def days_of(agents=10, seed=1, shift_s=SHIFT_S, day_s=3.5 * HOUR_S, **more):
    """Shifts of three hours, the first two on one calendar day."""
    return Days(SCENES["exponential"], "ours", agents, seed, shift_s, day_s, **more)


def rate(*shifts):
    """The share of the live answers of some shifts that found no agent."""
    return sum(shift.abandoned for shift in shifts) / sum(shift.answers for shift in shifts)


def after_a_month(abandon_rate, answers=1800):
    """A server is started whose campaign has so many answers on each of the days before."""
    days = days_of()
    for ago in range(1, WINDOW_DAYS):
        hour = int((MONDAY_8_H - ago * DAY_S) // HOUR_S)
        days.store.by_hour[1, hour] = [answers, round(answers * abandon_rate)]
    days.restart()
    return days


def test_server_started_anew_at_noon_knows_what_was_abandoned_and_how_calls_end():
    days = days_of()
    (morning,) = days.run(1)
    before = days.zone.jobs[1].estimates
    days.restart()
    after = days.zone.jobs[1].estimates
    assert after is not before
    assert after.may_risk_abandon
    assert after.today == before.today
    assert (after.live_answers, after.abandoned) == (morning.answers, morning.abandoned)
    assert after.answer_rate == pytest.approx(before.answer_rate, rel=0.15)
    assert after.handle_s == pytest.approx(before.handle_s, rel=0.15)


def test_afternoon_after_a_restart_makes_good_what_the_morning_overdrew():
    days = days_of()
    (morning,) = days.run(1)
    days.store.by_hour[1, MORNING][1] += 25
    days.restart()
    _, afternoon = days.run(2)  # the morning is over at once
    assert rate(afternoon) < ABANDON_LIMIT / 2
    assert rate(morning) > ABANDON_LIMIT / 2


def test_strict_day_holds_its_limit_over_a_restart_at_noon():
    days = days_of(strict=True)
    (morning,) = days.run(1)
    days.store.by_hour[1, MORNING][1] += 1000
    days.restart()
    seen = days.zone.jobs[1].estimates
    assert seen.today.abandoned == morning.abandoned + 1000
    _, afternoon = days.run(2)
    assert afternoon.abandoned == 0


def test_day_after_a_month_over_the_limit_is_cautious():
    days = after_a_month(0.035)
    (today,) = days.run(1)
    assert rate(today) < 0.005


def test_day_after_a_month_below_the_limit_is_not_reckless():
    days = after_a_month(0.01)
    (today,) = days.run(1)
    assert ABANDON_LIMIT < rate(today) < ABANDON_LIMIT * 4 / 3 + 0.005
