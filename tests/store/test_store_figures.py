"""Figures of minutes: seconds add up, what was counted is what the status counts, and old ones go."""

from attrs import evolve
from stores import T0, Bench, handled, start

from agentmgr.core.effects import EndAttempt, FinishJob, MarkAnswered
from agentmgr.ports import MINUTE_S, MinuteFigure, Sampled

MINUTE = int(T0 // MINUTE_S)


def sampled(bench: Bench, minute: int = MINUTE, **changes: object) -> Sampled:
    seen = Sampled(bench.job_id, minute, "Default", 60.0, 30.0, 90.0, 0.0, 120.0, 2)
    return evolve(seen, **changes)


def read(bench: Bench, first: int = MINUTE, last: int = MINUTE + 100) -> tuple[MinuteFigure, ...]:
    (campaign,) = bench.store.campaigns()
    return bench.store.figures(campaign.campaign_id, first, last)


def test_seconds_of_two_owners_of_a_minute_add_up(bench: Bench) -> None:
    bench.store.add_figures(
        [sampled(bench, sampled_s=20.0, idle_s=10.0, busy_s=5.0, other_s=1.0, callbacks=9)]
    )
    bench.reopen()
    bench.store.add_figures(
        [sampled(bench, sampled_s=40.0, idle_s=20.0, busy_s=10.0, other_s=2.0, callbacks=3)]
    )
    (figure,) = read(bench)
    assert figure.sampled == sampled(
        bench, idle_s=30.0, busy_s=15.0, other_s=3.0, ringing_s=240.0, callbacks=3
    )


def test_what_was_counted_is_as_the_status_has_it(bench: Bench) -> None:
    first, second, *_ = bench.claim()
    bench.store.commit(bench.token, handled(bench, first, "A1"))
    bench.store.add_figures([sampled(bench)])
    dialed = evolve(start(bench, second, "A2"), dialed_at=T0)
    bench.store.commit(bench.token, [dialed, MarkAnswered("A2", T0 + 4, None)])
    bench.store.commit(bench.token, [EndAttempt("A2", "Nuisance", T0 + 5)])
    bench.store.add_figures([sampled(bench, MINUTE + 1)])
    tally, (share,) = bench.store.tally(bench.job_id), bench.store.shares(bench.job_id)
    before, after = read(bench)
    assert (after.dials, after.live_answers, after.abandoned) == (tally.dials, tally.live_answers, 1)
    assert after.done == share.done
    assert (before.dials, before.live_answers, before.abandoned) == (0, 1, 0)
    assert (after.dials, after.live_answers) == (1, 2)


def test_the_last_figure_before_stands_before_the_first(bench: Bench) -> None:
    for minute in (MINUTE - 9, MINUTE - 3, MINUTE + 1, MINUTE + 5):
        bench.store.add_figures([sampled(bench, minute)])
    found = [each.sampled.minute - MINUTE for each in read(bench, MINUTE, MINUTE + 5)]
    assert found == [-3, 1]
    assert read(bench, MINUTE + 6, MINUTE + 9) == ()


def test_figures_of_a_job_that_is_gone_are_no_trouble(bench: Bench) -> None:
    bench.store.add_figures([sampled(bench, job_id=999), sampled(bench)])
    assert len(read(bench)) == 1


def test_old_figures_go_some_at_a_time(bench: Bench) -> None:
    bench.store.add_figures([sampled(bench, MINUTE + n) for n in range(5)])
    assert bench.store.drop_figures(MINUTE + 4, 3) == 3
    assert bench.store.drop_figures(MINUTE + 4, 3) == 1
    assert [each.sampled.minute - MINUTE for each in read(bench)] == [4]


def test_figures_go_with_their_campaign(bench: Bench) -> None:
    bench.store.add_figures([sampled(bench)])
    bench.store.commit(bench.token, [FinishJob(bench.job_id, "stopped", T0)])
    (campaign,) = bench.store.campaigns()
    while bench.store.delete_history(campaign.campaign_id, 100):
        pass
    assert bench.store.delete_campaign(campaign.campaign_id)
    assert bench.rows("SELECT count(*) FROM minute_figure") == [(0,)]
