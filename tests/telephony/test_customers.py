"""The distributions behind customers, over many draws."""

import math
from collections import Counter
from random import Random
from statistics import median

import pytest

from agentmgr.telephony.customers import Answers, Fails, RandomCustomers, Reaction
from agentmgr.telephony.params import SimParams
from protocol.enums import DialFailReason

DRAWS = 20_000


def reactions(params: SimParams, draws: int = DRAWS) -> list[Reaction]:
    customers = RandomCustomers(params)
    draw = Random(11)
    return [customers.react("+4930123456", draw) for _ in range(draws)]


def people(params: SimParams) -> list[Answers]:
    return [r for r in reactions(params, 5000) if isinstance(r, Answers)]


def test_react_default_settings_outcomes_come_as_often_as_their_chances_say() -> None:
    p = SimParams()
    expected = {
        None: p.live,
        DialFailReason.Busy: p.busy,
        DialFailReason.Rejected: p.rejected,
        DialFailReason.AnswerMachine: p.machine,
        DialFailReason.InvalidNumber: p.invalid,
        DialFailReason.Congestion: p.congestion,
    }
    expected[DialFailReason.NoAnswer] = 1 - sum(expected.values())
    seen = Counter(r.reason if isinstance(r, Fails) else None for r in reactions(p))
    assert set(seen) == set(expected)
    for outcome, chance in expected.items():
        error = math.sqrt(chance * (1 - chance) / DRAWS)
        assert abs(seen[outcome] / DRAWS - chance) < 4 * error, outcome


def test_react_live_share_on_default_settings_is_what_a_demo_wants() -> None:
    ring_time_s = 25.0
    live = sum(isinstance(r, Answers) and r.after_s <= ring_time_s for r in reactions(SimParams()))
    assert 0.35 < live / DRAWS < 0.45


@pytest.mark.parametrize(
    ("field", "median_s", "sigma"),
    [
        ("after_s", SimParams().answer_median_s, SimParams().answer_sigma),
        ("patience_s", SimParams().patience_median_s, SimParams().patience_sigma),
        ("hold_patience_s", SimParams().hold_patience_median_s, SimParams().hold_patience_sigma),
        ("talk_s", SimParams().talk_median_s, SimParams().talk_sigma),
    ],
)
def test_react_times_are_log_normal(field: str, median_s: float, sigma: float) -> None:
    times = [
        getattr(person, field)
        for person in people(
            SimParams(live=1, busy=0, rejected=0, machine=0, invalid=0, congestion=0, leaves_at_once=0)
        )
    ]
    logs = [math.log(t / median_s) for t in times]
    spread = math.sqrt(sum(x * x for x in logs) / len(logs))
    assert median(times) == pytest.approx(median_s, rel=0.08)
    assert spread == pytest.approx(sigma, rel=0.06)
    share_below_one_sigma = sum(x < sigma for x in logs) / len(logs)
    assert share_below_one_sigma == pytest.approx(0.841, abs=0.02)


def test_react_sigma_zero_every_time_is_the_median() -> None:
    p = SimParams(
        live=1,
        busy=0,
        rejected=0,
        machine=0,
        invalid=0,
        congestion=0,
        leaves_at_once=0,
        answer_sigma=0,
        talk_sigma=0,
        patience_sigma=0,
        hold_patience_sigma=0,
    )
    assert set(people(p)) == {
        Answers(p.answer_median_s, p.talk_median_s, p.patience_median_s, p.hold_patience_median_s)
    }


def test_react_leaves_at_once_certain_every_talk_is_short() -> None:
    p = SimParams(leaves_at_once=1)
    assert all(0.5 <= person.talk_s <= 3.0 for person in people(p))


def test_react_leaves_at_once_share_is_its_chance() -> None:
    everybody = people(SimParams(leaves_at_once=0.25, talk_median_s=1000, talk_sigma=0.1))
    assert sum(p.talk_s <= 3.0 for p in everybody) / len(everybody) == pytest.approx(0.25, abs=0.04)


def test_react_machine_is_known_only_after_detection() -> None:
    p = SimParams(
        live=0,
        busy=0,
        rejected=0,
        machine=1,
        invalid=0,
        congestion=0,
        answer_sigma=0,
        machine_detection_s=2.5,
    )
    assert set(reactions(p, 20)) == {Fails(p.answer_median_s + 2.5, DialFailReason.AnswerMachine)}


def test_react_nothing_likely_rings_for_ever() -> None:
    p = SimParams(live=0, busy=0, rejected=0, machine=0, invalid=0, congestion=0)
    assert set(reactions(p, 20)) == {Fails(math.inf, DialFailReason.NoAnswer)}


def test_params_chances_above_one_together_are_refused_with_their_sum() -> None:
    with pytest.raises(ValueError, match=r"machine, invalid, congestion is 1\.23; allowed: at most 1"):
        SimParams(live=0.9)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"live": 1.5}, "live is 1.5; allowed: a number from 0 to 1"),
        ({"talk_median_s": 0.0}, "talk_median_s is 0.0; allowed: a number from 0.001 to 86400"),
        ({"talk_sigma": -1.0}, "talk_sigma is -1.0; allowed: a number from 0 to 5"),
        ({"nail_loss_per_h": math.inf}, "nail_loss_per_h is inf; allowed: a number from 0 to 3600"),
    ],
)
def test_params_value_out_of_range_is_refused_by_name(changes: dict[str, float], text: str) -> None:
    with pytest.raises(ValueError, match=text.replace(".", r"\.")):
        SimParams(**changes)
