"""The budget of abandoned calls: over thirty days, over the job, and with measure on one day."""

import pytest

from agentmgr.core.budget import MEASURE, WINDOW_DAYS, Budget, Counted
from agentmgr.core.model import LatestCalls, LiveCalls
from agentmgr.core.pacer import MIN_ANSWERS, PacingEstimates

LIMIT = 0.03
TODAY = 20_000
NOTHING = Counted()


def after(*days, job=NOTHING):
    """A budget on the last of some days, which its job, or another one of its campaign, has had so far."""
    budget = Budget()
    budget.begin_day(TODAY, NOTHING)
    budget.learn(days, job)
    return budget


def a_month(abandoned, answers=1000):
    """The days before today, each alike, and today without calls."""
    return [Counted(answers, abandoned)] * (WINDOW_DAYS - 1) + [NOTHING]


def test_month_that_overdrew_is_made_good_from_the_first_call_of_the_day():
    assert after(*a_month(35)).too_many(LIMIT, NOTHING) == pytest.approx(5 * (WINDOW_DAYS - 1))


def test_month_that_saved_lets_another_job_have_no_more_than_its_limit():
    budget = after(*a_month(0))
    assert budget.too_many(LIMIT, Counted(1000, 30)) == pytest.approx(0)
    assert budget.too_many(LIMIT, Counted(1000, 29)) < 0


def test_month_that_its_own_job_saved_is_used_with_measure():
    month = a_month(0)
    job = Counted(1000 * (WINDOW_DAYS - 1), 0)
    budget = after(*month, job=job)
    most = round(1000 * LIMIT * (1 + MEASURE))
    assert budget.too_many(LIMIT, job + Counted(1000, most)) == pytest.approx(0)
    assert budget.too_many(LIMIT, job + Counted(1000, most + 1)) > 0


def test_job_is_over_its_limit_though_thirty_days_are_not():
    budget = after(*a_month(0)[:-1], Counted(500, 0))
    assert budget.today(NOTHING) == Counted(500, 0)
    assert budget.too_many(LIMIT, Counted(100, 5)) == pytest.approx(2)


def test_day_leaves_the_window_after_thirty_days_and_not_before():
    budget = after(Counted(1000, 130))
    for day in range(1, WINDOW_DAYS):
        budget.begin_day(TODAY + day, NOTHING)
        assert budget.too_many(LIMIT, NOTHING) == pytest.approx(100)
    budget.begin_day(TODAY + WINDOW_DAYS, NOTHING)
    assert budget.too_many(LIMIT, NOTHING) == 0


def test_days_that_pass_are_counted_each_by_itself():
    budget, job = Budget(), NOTHING
    for day in range(5):
        budget.begin_day(TODAY + day, job)
        job += Counted(100, day)
        assert budget.today(job) == Counted(100, day)


def learned(shares=1, **latest):
    seen = PacingEstimates()
    days = (LiveCalls(300, 12, 100, 6), LiveCalls(60, 3, 40, 2))
    seen.learn(days, LatestCalls(**latest), shares, TODAY, 5.0)
    return seen


def test_estimates_go_on_from_what_the_job_and_the_day_came_to():
    seen = learned()
    assert (seen.live_answers, seen.abandoned) == (140, 8)
    assert seen.today == Counted(60, 3)
    seen.saw_dial_end(True, 10.0, 6.0)
    assert (seen.live_answers, seen.today) == (141, Counted(61, 3))


def test_each_of_several_zones_takes_over_its_part():
    seen = learned(shares=2)
    assert (seen.live_answers, seen.abandoned, seen.today) == (70, 4, Counted(30, 2))


def test_estimates_of_a_new_job_know_how_calls_of_the_campaign_end():
    rang = tuple((10.0, number % 4 == 0) for number in range(800))
    seen = PacingEstimates()
    seen.learn((LiveCalls(),), LatestCalls(rang, (200.0,) * 300), 1, TODAY, 5.0)
    assert seen.live_answers == 0
    assert seen.may_risk_abandon
    assert seen.answer_rate == pytest.approx(0.25, abs=0.02)
    assert seen.handle_s == pytest.approx(200, rel=0.05)


def test_history_with_few_answers_is_not_trusted():
    seen = PacingEstimates()
    seen.learn((LiveCalls(),), LatestCalls(((9.0, True),) * (MIN_ANSWERS - 1)), 1, TODAY, 5.0)
    assert not seen.may_risk_abandon
