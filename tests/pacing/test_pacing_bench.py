"""The benchmark of pacing: its arithmetic by small figures, and a short day end to end."""

import json
import sys
from collections import Counter

import pytest

from agentmgr.core.effects import StartAttempt
from agentmgr.core.stats import ZoneStats
from scripts.benchmarks.pacing import command
from scripts.benchmarks.pacing.days import DayResult, Days
from scripts.benchmarks.pacing.measure import Repetition, Row, faults, measure, run, sum_up
from scripts.benchmarks.pacing.optimum import OPTIMUM, gap_closed, optimum
from scripts.benchmarks.pacing.plot import draw
from scripts.benchmarks.pacing.scenes import SCENES


def a_day(*, worked_s=80.0, waited_s=20.0, answers=100, abandoned=0, attempts=300, seconds=1.0):
    return DayResult(worked_s, waited_s, answers, abandoned, attempts, seconds)


def test_gap_from_progressive_to_the_optimum_is_a_share_of_the_way():
    assert gap_closed(0.75, 0.75, 0.85) == 0
    assert gap_closed(0.80, 0.75, 0.85) == pytest.approx(0.5)
    assert gap_closed(0.70, 0.75, 0.85) == pytest.approx(-0.5)


def test_gap_without_an_optimum_above_progressive_is_none():
    assert gap_closed(0.8, 0.75, None) is None
    assert gap_closed(0.8, 0.75, 0.75) is None


def test_optimum_between_computed_sizes_rises_and_none_is_made_up_outside():
    values = [optimum(agents) for agents in range(5, 501)]
    assert values == sorted(values)
    assert {size: round(optimum(size), 9) for size in OPTIMUM} == OPTIMUM
    assert optimum(4) is None
    assert optimum(501) is None


def test_row_of_several_days_weighs_them_by_what_happened_and_counts_those_over_the_limit():
    days = [a_day(answers=100, abandoned=3), a_day(answers=300, abandoned=12, worked_s=100, waited_s=0)]
    row = sum_up("ours", 20, "exponential", days, base=0.75)
    assert row.utilisation == 0.9
    assert row.abandon_rate == 0.0375
    assert row.worst_day_abandon_rate == 0.04
    assert row.days_over_limit == 1  # 3 of 100 is not over 3 %
    assert row.attempts == 600
    assert row.gap_closed == pytest.approx((0.9 - 0.75) / (0.898 - 0.75), abs=0.001)


def test_row_of_a_day_without_answers_has_no_abandoned_call():
    row = sum_up("ours", 20, "exponential", [a_day(answers=0, worked_s=0, waited_s=0)], base=None)
    assert (row.utilisation, row.abandon_rate, row.gap_closed) == (0, 0, None)


@pytest.mark.parametrize(
    ("utilisation", "abandon_rate", "count"), [(0.904, 0.03, 1), (0.902, 0.03, 0), (0.95, 0.031, 0)]
)
def test_result_above_the_optimum_is_a_fault_of_the_simulation(utilisation, abandon_rate, count):
    row = Row("ours", 20, "exponential", utilisation, abandon_rate, None, 0, 0, 1, 1)
    assert len(faults([row])) == count


def test_short_day_on_the_real_zone_counts_as_zone_and_store_do():
    days = Days(SCENES["exponential"], "ours", agents=5, seed=1, shift_s=1800)
    (day,) = days.run(1)
    stats: ZoneStats = days.zone.stats
    assert day.answers == stats.live_answers > 20
    assert day.abandoned == stats.abandoned
    assert day.attempts == stats.attempts
    assert day.worked_s + day.waited_s == pytest.approx(5 * 1800, rel=0.01)
    assert all(desktop.finished for desktop in days.desktops)


def test_days_that_follow_go_on_with_what_was_learned_and_forget_what_is_over():
    days = Days(SCENES["exponential"], "ours", agents=5, seed=1, shift_s=900, day_s=3600)
    first, second = days.run(2)
    assert min(first.answers, second.answers) > 10
    assert days.zone.stats.live_answers == first.answers + second.answers
    store = days.store
    kept = (store.records, store.attempts, store.ended_attempts, store.answered_at, store.dispositions)
    assert not any(kept)
    assert store.contacts.keys() == store.claimed[1].keys()
    assert len(store.contacts) <= 2 * days.zone.config.fetch_size


class Unsearched(dict):
    """A dictionary in which things are found by their keys alone."""

    def __iter__(self):
        raise AssertionError("everything was gone through")

    keys = values = items = __iter__


def test_day_is_stored_without_going_through_attempts_contacts_or_agents():
    days = Days(SCENES["exponential"], "ours", agents=5, seed=1, shift_s=600)
    store = days.store
    for name in ("open_attempts", "attempts", "contacts", "holders", "agents", "answered_at"):
        setattr(store, name, Unsearched(getattr(store, name)))
    store.claimed[1] = Unsearched(store.claimed[1])
    (day,) = days.run(1)
    assert day.answers > 5


def test_same_seed_gives_the_same_day_and_another_gives_another():
    def counts(seed):
        (day,) = Days(SCENES["exponential"], "ours", 3, seed, 600).run(1)
        return day.worked_s, day.answers, day.attempts

    assert counts(1) == counts(1) != counts(2)


def test_strict_day_is_one_of_a_strict_campaign_and_dials_less():
    def attempts(strict):
        days = Days(SCENES["exponential"], "ours", 10, 1, 3600, strict=strict)
        (day,) = days.run(1)
        assert days.zone.jobs[1].campaign.strict_abandon_limit is strict
        return day.attempts

    assert attempts(True) < attempts(False)


def test_rows_are_of_every_pacer_and_size_and_progressive_abandons_nobody(capsys):
    rows = measure(["ours"], [2, 5], "exponential", days=1, seeds=1, jobs=1, shift_s=900)
    assert [(row.agents, row.pacer) for row in rows] == [
        (2, "progressive"),
        (2, "ours"),
        (5, "progressive"),
        (5, "ours"),
    ]
    assert all(row.abandon_rate == 0 for row in rows if row.pacer == "progressive")
    assert "4 of 4" in capsys.readouterr().err


def test_json_has_the_figures_by_name(capsys):
    parser = command.parser()
    options = "--agents 3 --seeds 1 --jobs 1 --hours 1 --pacers progressive --json"
    assert command.run(parser.parse_args(options.split())) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert set(row) == {
        "pacer",
        "agents",
        "scene",
        "utilisation",
        "abandon_rate",
        "gap_closed",
        "worst_day_abandon_rate",
        "days_over_limit",
        "attempts",
        "seconds",
    }


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("--agents", "5,x", "whole numbers, 1 to 10000"),
        ("--scene", "noon2", "exponential"),
        ("--pacers", "ours,theirs", "progressive, ours"),
        ("--seeds", "0", "whole numbers, 1 to 1000"),
    ],
)
def test_wrong_option_is_told_with_what_is_allowed(option, value, allowed, capsys):
    with pytest.raises(SystemExit):
        command.parser().parse_args([option, value])
    *_, line = capsys.readouterr().err.splitlines()
    assert option in line
    assert allowed in line


def test_plot_without_its_library_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    options = command.parser().parse_args(["--plot", str(tmp_path / "a.png")])
    assert command.run(options) == 2
    assert "./scripts/setup dev" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "said"), [("a.gif", ".png, .svg, .pdf"), ("nowhere/a.png", "no directory")])
def test_plot_that_cannot_be_written_is_refused_before_anything_is_measured(name, said, tmp_path, capsys):
    assert command.run(command.parser().parse_args(["--plot", str(tmp_path / name)])) == 2
    assert said in capsys.readouterr().err


def test_plot_has_every_pacer_and_the_optimum(tmp_path):
    rows = [Row(pacer, 20, "exponential", 0.8, 0.02, 0.5, 0, 0, 1, 1) for pacer in ("progressive", "ours")]
    path = tmp_path / "a.svg"
    draw(rows, path)
    assert "<!-- ours -->" in (written := path.read_text())
    assert "<!-- optimum -->" in written


@pytest.mark.parametrize(("scene", "seed"), [("exponential", 2), ("realistic", 3)])
def test_large_floor_that_begins_at_once_is_not_misled_by_the_lines_that_end_first(scene, seed):
    (day,) = Days(SCENES[scene], "ours", 200, seed, 300).run(1)
    assert day.answers > 500
    assert day.abandoned < 0.05 * day.answers  # it was 0.19 and 0.09


def test_campaigns_that_share_agents_have_what_came_for_them_by_priority():
    scene = SCENES["shared"]
    days = Days(scene, "ours", agents=2, seed=1)
    dialled = Counter()
    commit = days.store.commit

    def counted(token, records):
        for record in records:
            if isinstance(record, StartAttempt):
                dialled[record.job_id] += 1
        commit(token, records)

    days.store.commit = counted
    list(days.run(1))
    urgent = scene.shares[0]
    assert dialled[1] == 2 * urgent.waves * urgent.contacts_an_agent
    assert dialled[2] > 200  # in what was left of each hour


def test_zones_share_the_agents_and_count_together():
    results = run(Repetition("ours", 5, "zones", seed=1, days=1, shift_s=600))
    parts = [list(Days(SCENES["zones"], "ours", n, seed, 600).run(1)) for n, seed in ((3, 2), (2, 3))]
    assert [(day.answers, day.worked_s) for day in results] == [
        (one.answers + other.answers, one.worked_s + other.worked_s)
        for one, other in zip(*parts, strict=True)
    ]
