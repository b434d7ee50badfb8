"""Utilisation and abandon rate from what was counted."""

import pytest

from agentmgr.core.stats import ZoneStats


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
