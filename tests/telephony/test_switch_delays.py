"""Orders and events that cross each other on their way, as with a real switch."""

from attrs import evolve

from agentmgr.core.effects import Connect, Dial, DropNail, HangUp, Hold, NailUp
from agentmgr.core.events import (
    CallAnswered,
    CallEnded,
    CallFailed,
    NailAnswered,
    NailEnded,
    TelephonyLost,
)
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import DialFailReason
from tests.telephony.switches import CALM_PHONES, RINGS_OUT, T0, ByNumber, collect, dial

ORDERS = evolve(CALM_PHONES, order_delay_s=0.5)
EVENTS = evolve(CALM_PHONES, event_delay_s=0.5)


def switch(params: SimParams) -> SimSwitch:
    return SimSwitch(1, params, ByNumber({"+499": RINGS_OUT}))


def test_order_takes_effect_after_its_delay() -> None:
    one = switch(ORDERS)
    one.order(dial(), T0)
    assert one.open_calls == 0
    assert collect(one) == [(5.5, CallAnswered("c1")), (9.5, CallEnded("c1"))]


def test_orders_of_one_moment_take_effect_in_their_order() -> None:
    one = switch(ORDERS)
    one.order(dial(), T0)
    one.order(HangUp("c1"), T0)
    assert collect(one) == []


def test_hang_up_crossed_by_the_answer_both_happen() -> None:
    one = switch(ORDERS)
    one.order(dial(), T0)
    one.order(HangUp("c1"), T0 + 5.2)
    assert collect(one) == [(5.5, CallAnswered("c1"))]
    assert one.open_calls == 0


def test_hold_crossed_by_the_customers_end_is_too_late() -> None:
    one = switch(ORDERS)
    one.order(dial(), T0)
    one.due(T0 + 6)
    one.order(Hold("c1"), T0 + 9.2)
    assert collect(one) == [(9.5, CallEnded("c1"))]


def test_drop_nail_crossed_by_the_answer_ends_after_it() -> None:
    one = switch(ORDERS)
    one.order(NailUp("n1", "1001", "sip:1001"), T0)
    one.order(DropNail("n1"), T0 + 2.2)
    assert collect(one) == [(2.5, NailAnswered("n1")), (2.75, NailEnded("n1"))]


def test_event_is_told_after_its_delay() -> None:
    one = switch(EVENTS)
    one.order(Dial("c1", "+499", 10.0), T0)
    assert collect(one) == [(10.5, CallFailed("c1", DialFailReason.NoAnswer))]


def test_connect_crossed_by_the_customers_end_is_too_late() -> None:
    one = switch(EVENTS)
    one.order(NailUp("n1", "1001", "sip:1001"), T0)
    one.order(dial(), T0)
    one.due(T0 + 6)
    one.order(Connect("c1", "n1"), T0 + 9.2)
    assert collect(one) == [(9.5, CallEnded("c1"))]


def test_hang_up_crosses_the_end_of_the_leg_which_is_never_told() -> None:
    one = switch(EVENTS)
    one.order(dial(), T0)
    one.due(T0 + 6)
    one.order(HangUp("c1"), T0 + 9.2)
    assert collect(one) == []


def test_dial_again_crosses_the_answer_of_the_old_leg_which_is_never_told() -> None:
    one = switch(EVENTS)
    one.order(dial(), T0)
    one.order(Dial("c1", "+499", 10.0), T0 + 5.2)
    assert collect(one) == [(15.7, CallFailed("c1", DialFailReason.NoAnswer))]


def test_drop_nail_crosses_the_answer_which_is_never_told() -> None:
    one = switch(EVENTS)
    one.order(NailUp("n1", "1001", "sip:1001"), T0)
    assert one.due(T0 + 2.1) == []
    one.order(DropNail("n1"), T0 + 2.2)
    assert collect(one) == [(2.75, NailEnded("n1"))]


def test_drop_nail_crosses_the_loss_of_the_line_one_end_is_told() -> None:
    one = switch(evolve(EVENTS, nail_loss_per_h=600))
    one.order(NailUp("n1", "1001", "sip:1001"), T0)
    one.due(T0 + 3)
    lost_at = one.next_at()
    assert lost_at is not None
    one.order(DropNail("n1"), lost_at + 0.2)
    assert [event for _, event in collect(one)] == [NailEnded("n1")]


def test_nail_up_known_leg_crosses_its_answer_which_is_told_once() -> None:
    one = switch(EVENTS)
    one.order(NailUp("n1", "1001", "sip:1001"), T0)
    one.due(T0 + 2.2)
    one.order(NailUp("n1", "1001", "sip:1001"), T0 + 2.3)
    assert collect(one) == [(4.8, NailAnswered("n1"))]


def test_keep_call_whose_end_is_on_its_way_is_gone() -> None:
    one = switch(EVENTS)
    one.order(dial(), T0)
    one.due(T0 + 9.2)
    assert one.keep(["c1"], T0 + 9.2) == frozenset()


def test_keep_orders_of_the_owner_before_are_lost_on_their_way() -> None:
    one = switch(ORDERS)
    one.order(dial("before"), T0)
    one.keep((), T0 + 0.1)
    one.order(dial("after"), T0 + 0.1)
    assert {event for _, event in collect(one)} == {CallAnswered("after"), CallEnded("after")}


def test_fail_orders_and_events_on_their_way_are_lost() -> None:
    one = switch(evolve(ORDERS, event_delay_s=0.5))
    one.order(dial(), T0)
    one.due(T0 + 5.7)
    one.order(dial("c2"), T0 + 5.7)
    one.fail(T0 + 5.8)
    assert collect(one) == [(5.8, TelephonyLost())]


def test_call_that_is_hung_up_while_its_answer_is_on_the_way_is_not_told_to_be_answered() -> None:
    one = switch(EVENTS)
    one.order(dial(), T0)
    assert collect(one, T0 + 5.2) == []
    one.order(HangUp("c1"), T0 + 5.2)
    assert collect(one) == []
