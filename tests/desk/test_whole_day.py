"""Simulated desktops with all their habits, a simulated switch and a real zone, for hours of virtual time."""

import pytest

from agentmgr.core.effects import EndCallback, SaveCallback
from agentmgr.telephony.inbound import InboundParams
from agentmgr.telephony.params import SimParams
from protocol.enums import PacingType
from protocol.results import ResultCode
from tests.desk.whole_day import Day, WholeDay, check_lines

pytestmark = pytest.mark.slow


def lived(day: Day) -> WholeDay:
    """Run a day to its end and check that nothing and nobody is left over."""
    has_delays = day.switch.order_delay_s or day.switch.event_delay_s
    whole = WholeDay(day) if has_delays else WholeDay(day, check_lines)
    whole.run()
    whole.end()
    assert whole.store.finished_jobs == {1: "stopped"}
    assert [desktop.agent_id for desktop in whole.desktops if not desktop.finished] == []
    assert [desktop.failure for desktop in whole.desktops if desktop.failure] == []
    assert whole.zone.agents == {}
    assert whole.zone.sessions == {}
    assert whole.zone.contacts_in_work == set()
    assert whole.store.open_attempts == {}
    assert (whole.switch.open_calls, whole.switch.open_lines) == (0, 0)
    return whole


def test_day_of_20_agents_nobody_is_refused_and_nothing_is_left_over() -> None:
    whole = lived(Day(PacingType.Predictive, seed=1, hours=8))
    assert whole.refusals == {}
    records = whole.store.records
    assert sum(isinstance(record, SaveCallback) for record in records) > 200
    assert sum(isinstance(record, EndCallback) for record in records) > 150
    assert len(whole.store.dispositions) > 2000


@pytest.mark.parametrize("pacing", list(PacingType))
def test_day_with_lines_lost_all_the_time_zone_and_switch_agree(pacing: PacingType) -> None:
    switch = SimParams(nail_loss_per_h=20, nail_answer=0.8)
    assert lived(Day(pacing, seed=2, hours=1, switch=switch)).refusals == {}


@pytest.mark.parametrize("delay_s", [0.3, 2.0])
def test_day_with_a_slow_switch_nothing_is_left_over(delay_s: float) -> None:
    switch = SimParams(nail_loss_per_h=20, order_delay_s=delay_s, event_delay_s=delay_s)
    assert lived(Day(PacingType.Progressive, seed=3, hours=1, switch=switch)).refusals == {}


@pytest.mark.parametrize("cut_for_s", [20.0, 120.0])
def test_day_with_desktops_cut_off_they_go_on_where_they_were(cut_for_s: float) -> None:
    whole = lived(Day(PacingType.Predictive, seed=4, hours=2, cuts_per_h=5, cut_for_s=cut_for_s))
    # one that comes back may send a command before it has read what happened meanwhile
    assert whole.cuts > 50
    assert whole.refusals.total() < whole.cuts / 4


@pytest.mark.parametrize("delay_s", [0.0, 0.5])
def test_day_with_the_switch_out_of_reach_now_and_then_nothing_is_left_over(delay_s: float) -> None:
    switch = SimParams(order_delay_s=delay_s, event_delay_s=delay_s)
    whole = lived(Day(PacingType.Predictive, seed=7, hours=1, switch=switch, outages=8))
    # what an agent does in the moment in which all lines are lost comes too late
    assert whole.refusals.total() <= 8
    assert {result for _, result in whole.refusals} <= {ResultCode.NOT_NAILED}


def test_day_with_inbound_agents_are_lent_and_come_back() -> None:
    inbound = InboundParams(calls_per_h=200, own_agents=1)
    day = Day(PacingType.Progressive, 6, hours=3, cuts_per_h=1, inbound=inbound)
    whole = lived(day)
    assert whole.blended is not None
    assert whole.blended.acquired > 50
    assert whole.blended.released > 40
    totals = whole.blended.inbound.totals
    assert totals.served > 0.85 * totals.arrived
    # one that was asked for its phone may be taken for inbound before it could say that it is ready; one that
    # was cut off may have asked for what was over when it was back
    others = [count for (name, _), count in whole.refusals.items() if name != "AGTReadyForNailup"]
    assert sum(others) < whole.cuts / 4


def test_day_same_seed_same_records() -> None:
    first, second = (lived(Day(PacingType.Progressive, seed=5, hours=0.5, agents=10)) for _ in range(2))
    assert first.store.records == second.store.records
