"""What the simulated switch says of its orders: confirmed, refused, about legs that are not there."""

import pytest
from attrs import evolve

from agentmgr.core.effects import (
    TELEPHONY_ORDERS,
    Conference,
    Connect,
    Consult,
    Dismiss,
    DropNail,
    HangUp,
    Hold,
    NailUp,
    SendDigit,
    Tone,
    Unhold,
)
from agentmgr.core.events import (
    CallAnswered,
    CallEnded,
    NailEnded,
    OrderDone,
    OrderFailed,
    OrderFault,
    TelephonyLost,
    TelephonyRestored,
)
from agentmgr.telephony.switch import DROP_S
from tests.telephony.switches import CALM_PHONES, T0, collect, dial, talking, told

CONFIRMING = evolve(CALM_PHONES, confirms_orders=True)
SAMPLE = (
    dial(),
    Connect("c1", "n1"),
    Hold("c1"),
    Unhold("c1"),
    Consult("c1", "n2"),
    Conference("c1", "n2"),
    HangUp("c1"),
    Dismiss("c1", "+442079460018"),
    NailUp("n1", "1001", "sip:1001"),
    DropNail("n1"),
    SendDigit("c1", "5"),
    Tone("c1", ("n1", "c1")),
)
NO_LEG_NEEDED = (dial(), NailUp("n1", "1001", "sip:1001"))


def words(switch, until=T0 + 7.0):
    """What is said of orders until a time, without all that happens to legs."""
    return [event for _, event in collect(switch, until) if isinstance(event, OrderDone | OrderFailed)]


def test_sample_has_every_kind_of_order():
    assert {type(order) for order in SAMPLE} == {*TELEPHONY_ORDERS}


def test_each_order_is_confirmed_in_the_order_given():
    switch = told(params=CONFIRMING)
    at = talking(switch)
    words(switch, at)
    orders = [Hold("c1"), Unhold("c1"), SendDigit("c1", "5"), HangUp("c1"), DropNail("n1")]
    for order in orders:
        switch.order(order, at)
    assert switch.next_at() == at
    assert switch.due(at) == [OrderDone(order) for order in orders]
    assert collect(switch) == [(round(7 + DROP_S, 6), NailEnded("n1"))]


def test_word_names_the_very_order():
    switch = told(params=CONFIRMING)
    order = dial()
    switch.order(order, T0)
    (word,) = switch.due(T0)
    assert word.order is order


@pytest.mark.parametrize("order", SAMPLE, ids=lambda order: type(order).__name__)
def test_order_about_a_leg_that_is_not_there_is_said_to_be_so(order):
    switch = told(params=CONFIRMING)
    switch.order(order, T0)
    fits = order in NO_LEG_NEEDED
    assert switch.due(T0) == [OrderDone(order) if fits else OrderFailed(order, OrderFault.UNKNOWN_LEG)]


@pytest.mark.parametrize("order", SAMPLE, ids=lambda order: type(order).__name__)
def test_switch_that_does_not_confirm_says_nothing_of_orders(order):
    switch = told()
    switch.order(order, T0)
    assert switch.due(T0) == []


def test_order_that_crosses_the_end_of_its_call_is_about_no_leg():
    switch = told(params=CONFIRMING)
    at = talking(switch)
    words(switch, at)
    switch.order(Hold("c1"), at + 60)
    assert switch.due(at + 60) == [CallEnded("c1"), OrderFailed(Hold("c1"), OrderFault.UNKNOWN_LEG)]


@pytest.mark.parametrize("confirms", [True, False])
@pytest.mark.parametrize("order", SAMPLE, ids=lambda order: type(order).__name__)
def test_planted_fault_leaves_all_as_it_is_and_is_told(order, confirms):
    switch = told(params=evolve(CALM_PHONES, confirms_orders=confirms))
    at = talking(switch)
    switch.order(NailUp("n2", "1002", "sip:1002"), at)
    collect(switch, at + 3)
    heard = switch.calls["c1"].hears
    planned = switch.next_at()
    switch.refuse_next(type(order))
    switch.order(order, at + 3)
    (word,) = switch.due(at + 3)
    assert (word.order, word.fault) == (order, OrderFault.REFUSED)
    assert switch.calls["c1"].hears is heard
    assert switch.next_at() == planned
    assert (switch.open_calls, switch.open_lines) == (1, 2)


def test_planted_faults_are_as_many_as_were_planted():
    switch = told()
    switch.refuse_next(SendDigit, times=2)
    for _ in range(5):
        switch.order(SendDigit("c1", "5"), T0)
    assert len(switch.due(T0)) == 2


def test_chance_of_failure_refuses_such_a_share():
    switch = told(params=evolve(CALM_PHONES, order_failure=0.2))
    for _ in range(2000):
        switch.order(SendDigit("c1", "5"), T0)
    assert 300 < len(switch.due(T0)) < 500


def test_chance_of_failure_changes_nothing_else_for_a_call():
    sure, other = told(), told(params=evolve(CALM_PHONES, order_failure=0.5))
    sure.order(dial(), T0)
    while "c1" not in other.calls:
        other.order(dial(), T0)
    other.due(T0)
    assert [event for _, event in collect(other)] == [event for _, event in collect(sure)]


def test_word_comes_after_both_delays():
    switch = told(params=evolve(CONFIRMING, order_delay_s=1.0, event_delay_s=2.0))
    switch.order(dial(), T0)
    assert collect(switch, T0 + 8) == [(3.0, OrderDone(dial())), (8.0, CallAnswered("c1"))]


def test_lost_switch_says_no_word_and_orders_until_it_is_found_are_lost():
    switch = told(params=CONFIRMING)
    switch.order(dial(), T0)
    switch.fail(T0)
    switch.order(dial("c2"), T0)
    assert switch.due(T0) == [TelephonyLost()]
    switch.restore(T0 + 5)
    assert collect(switch) == [(5.0, TelephonyRestored())]
