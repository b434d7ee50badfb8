"""Utilisation and abandon rate from what was counted."""

import pytest

from agentmgr.core.stats import DayBook, JobCounts, ZoneStats


def test_utilisation_of_nobody_is_nothing():
    stats = ZoneStats()
    assert stats.utilisation(100.0) == 0
    assert stats.abandon_rate == 0


def test_utilisation_is_the_share_of_work_in_work_and_waiting():
    stats = ZoneStats()
    stats.count_work(1, 1, 100.0)  # one works, one waits
    stats.count_work(1, -1, 160.0)  # both work
    stats.count_work(-2, 0, 190.0)  # both away
    assert stats.utilisation(190.0) == pytest.approx(120 / 180)
    assert stats.utilisation(500.0) == pytest.approx(120 / 180)


def test_utilisation_counts_up_to_the_moment_it_is_asked_for():
    stats = ZoneStats()
    stats.count_work(0, 1, 100.0)
    stats.count_work(1, 0, 110.0)
    assert stats.utilisation(110.0) == 0
    assert stats.utilisation(120.0) == pytest.approx(10 / 30)


def test_abandon_rate_is_the_share_of_live_answers():
    assert ZoneStats(live_answers=200, abandoned=3).abandon_rate == pytest.approx(0.015)


def test_day_of_an_agent_lasts_over_logons_and_ends_at_midnight_on_the_wall():
    book = DayBook(utc_offset_s=-3600.0)
    late = 10 * 86_400 + 3599.0
    book.of("A", late).calls += 1
    assert book.of("A", late).calls == 1
    assert book.of("A", late + 2).calls == 0
    assert book.of("B", late + 2).calls == 0


def test_rates_are_of_the_last_minutes_and_not_before_the_job_began():
    counts = JobCounts(began_at=1000.0)
    for at in (1001.0, 1002.0, 1030.0):
        counts.saw_dial(at)
    counts.saw_answer(1030.0)
    counts.saw_abandoned(1031.0)
    assert counts.rates(1030.0) == (3.0, 1.0, 1.0), "a job of half a minute is not taken for a busy one"
    assert counts.rates(1120.0) == (1.5, 0.5, 0.5)
    assert counts.rates(1120.0 + 600) == (0.0, 0.0, 0.0)
    assert (counts.dials, counts.answers, counts.abandoned) == (3, 1, 1)
