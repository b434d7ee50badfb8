"""Test numbers: the table, and that the switch does what it says."""

import math
from random import Random

import phonenumbers
import pytest

from agentmgr.core.effects import Connect, Consult, Dial, Hold, NailUp
from agentmgr.core.events import CallAnswered, CallEnded, CallFailed
from agentmgr.telephony.customers import Answers, DigitCustomers, Fails, RandomCustomers
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import DialFailReason
from protocol.test_numbers import RANGES, Outcome, Script, number_for, reference, script_of
from tests.telephony.switches import CALM_PHONES, T0, collect


def test_number_every_one_is_valid_for_an_import() -> None:
    for prefix in RANGES:
        for digits in range(0, 10_000, 7):
            assert phonenumbers.is_valid_number(phonenumbers.parse(f"{prefix}{digits:04}"))


def test_number_for_and_script_of_are_each_others_inverse() -> None:
    seen = set()
    for outcome in Outcome:
        for line in range(len(RANGES)):
            number = number_for(outcome, after_s=3, time_s=27, line=line)
            seen.add(number)
            assert script_of(number) == script_of(number_for(outcome, after_s=3, time_s=27))
    assert len(seen) == len(Outcome) * len(RANGES)


@pytest.mark.parametrize(
    ("number", "script"),
    [
        ("+61255500230", Script(None, 2, talk_s=30)),
        ("61255500230", Script(None, 2, talk_s=30)),
        ("+61255500000", Script(None, 0)),
        ("+61370101400", Script(DialFailReason.Busy, 4)),
        ("+61370102400", Script(DialFailReason.NoAnswer, math.inf)),
        ("+61370103000", Script(DialFailReason.Rejected, 0)),
        ("+61755504100", Script(DialFailReason.InvalidNumber, 1)),
        ("+61755505100", Script(DialFailReason.Congestion, 1)),
        ("+61755506100", Script(DialFailReason.AnswerMachine, 1)),
        ("+61255507112", Script(None, 1, stays_s=12)),
        ("+61255507100", Script(None, 1, stays_s=0.05)),
        ("+61255508105", Script(None, 1, patience_s=5)),
        ("+61255508100", Script(None, 1, patience_s=0.05)),
        ("+61255509100", Script(DialFailReason.DncBlocked, 1)),
        ("+61255509101", Script(DialFailReason.OutsideCallingHours, 1)),
        ("+61255509102", Script(DialFailReason.TelephonyDown, 1)),
        ("+61255509150", Script(DialFailReason.Rejected, 1)),
    ],
)
def test_script_is_read_from_the_last_four_digits(number: str, script: Script) -> None:
    assert script_of(number) == script


@pytest.mark.parametrize("number", ["", "+4930123456", "+6125550023", "+612555002300", "+61255510230", "x"])
def test_script_of_another_number_is_none(number: str) -> None:
    assert script_of(number) is None


@pytest.mark.parametrize(("after_s", "time_s"), [(10, 0), (-1, 0), (0, 100), (0, -1)])
def test_number_for_a_time_out_of_range_is_refused(after_s: int, time_s: int) -> None:
    with pytest.raises(ValueError, match="allowed: 0 to 9 and 0 to 99"):
        number_for(Outcome.ANSWERS, after_s=after_s, time_s=time_s)


def test_reference_has_a_row_for_every_outcome_and_every_reason() -> None:
    text = reference()
    for outcome in Outcome:
        assert f"\n| {outcome.value} | " in text
    for reason in DialFailReason:
        assert str(reason) in text
    assert all(prefix in text for prefix in RANGES)


def test_customers_with_other_numbers_are_those_of_the_other_model() -> None:
    params = SimParams()
    ours, others = DigitCustomers(RandomCustomers(params)), RandomCustomers(params)
    assert [ours.react("+4930123", Random(n)) for n in range(50)] == [
        others.react("+4930123", Random(n)) for n in range(50)
    ]


def test_customers_with_test_numbers_leave_nothing_to_chance() -> None:
    ours = DigitCustomers(RandomCustomers(SimParams()))
    draw = Random(1)
    state = draw.getstate()
    assert ours.react(number_for(Outcome.BUSY, after_s=2), draw) == Fails(2, DialFailReason.Busy)
    assert ours.react(number_for(Outcome.IMPATIENT, time_s=9), draw) == Answers(0, math.inf, 9, 9)
    assert draw.getstate() == state


def called(outcome: Outcome, time_s: int, after_s: int = 1) -> SimSwitch:
    """A switch whose line `n1` is up, and that has dialled a test number 10 s after T0."""
    switch = SimSwitch(1, CALM_PHONES)
    switch.order(NailUp("n1", "1001", "sip:1001"), T0)
    switch.order(NailUp("n2", "1002", "sip:1002"), T0)
    switch.due(T0 + 5)
    switch.order(Dial("c1", number_for(outcome, after_s=after_s, time_s=time_s), 20.0), T0 + 10)
    return switch


def test_switch_answers_at_once_and_never_hangs_up() -> None:
    switch = called(Outcome.ANSWERS, 0, after_s=0)
    assert collect(switch) == [(10.0, CallAnswered("c1"))]
    switch.order(Connect("c1", "n1"), T0 + 20)
    switch.order(Hold("c1"), T0 + 30)
    assert switch.next_at() is None
    assert switch.open_calls == 1


def test_switch_hangs_up_after_so_much_talk() -> None:
    switch = called(Outcome.ANSWERS, 30)
    switch.due(T0 + 11)
    switch.order(Connect("c1", "n1"), T0 + 12)
    switch.order(Consult("c1", "n2"), T0 + 20)
    switch.order(Connect("c1", "n1"), T0 + 25)
    assert collect(switch) == [(47.0, CallEnded("c1"))]


def test_switch_rings_until_the_ring_time_is_over() -> None:
    assert collect(called(Outcome.RINGS_OUT, 0)) == [(30.0, CallFailed("c1", DialFailReason.NoAnswer))]


@pytest.mark.parametrize("order", [Hold("c1"), Consult("c1", "n2")])
def test_switch_leaves_in_the_middle_of_a_hold_or_consult(order: Hold | Consult) -> None:
    switch = called(Outcome.LEAVES, 15)
    switch.due(T0 + 11)
    switch.order(Connect("c1", "n1"), T0 + 20)
    switch.order(order, T0 + 25)
    assert collect(switch) == [(35.0, CallEnded("c1"))]


def test_switch_impatient_customer_waits_and_holds_that_long() -> None:
    switch = called(Outcome.IMPATIENT, 7)
    switch.due(T0 + 11)
    switch.order(Connect("c1", "n1"), T0 + 17)
    switch.order(Hold("c1"), T0 + 500)
    assert collect(switch) == [(507.0, CallEnded("c1"))]
