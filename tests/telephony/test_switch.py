"""The simulated switch, order by order."""

from random import Random

import pytest
from attrs import evolve

from agentmgr.core.effects import (
    Connect,
    Dial,
    Dismiss,
    DropNail,
    HangUp,
    Hold,
    NailUp,
    SendDigit,
    TelephonyOrder,
    Tone,
    Unhold,
)
from agentmgr.core.events import (
    CallAnswered,
    CallEnded,
    CallFailed,
    NailAnswered,
    NailEnded,
    NailFailed,
    OrderFailed,
    OrderFault,
    TelephonyEvent,
    TelephonyLost,
    TelephonyRestored,
)
from agentmgr.ports import Telephony
from agentmgr.telephony import switch as switch_module
from agentmgr.telephony.customers import Answers, Fails
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import DialFailReason
from tests.telephony.switches import CALM_PHONES, PERSON, RINGS_OUT, T0, collect, dial, talking, told

DISMISS = Dismiss("c1", "+442079460018")
NAIL_UP = NailUp("n1", "1001", "sip:1001")


def test_switch_stands_behind_the_port() -> None:
    port: Telephony = SimSwitch(1)
    assert port.next_at() is None
    assert port.due(T0) == []


# -- dialling ------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [r for r in DialFailReason if r is not DialFailReason.NoAnswer])
def test_dial_failure_comes_once_it_is_known(reason: DialFailReason) -> None:
    switch = told({"+491": Fails(3.0, reason)})
    switch.order(dial(), T0)
    assert switch.next_at() == T0 + 3
    assert collect(switch) == [(3.0, CallFailed("c1", reason))]
    assert switch.open_calls == 0


def test_dial_nobody_answers_fails_when_the_ring_time_is_over() -> None:
    switch = told({"+491": RINGS_OUT})
    switch.order(dial(ring_time_s=18.0), T0)
    assert collect(switch) == [(18.0, CallFailed("c1", DialFailReason.NoAnswer))]


@pytest.mark.parametrize("reaction", [PERSON, Fails(5.0, DialFailReason.AnswerMachine)])
def test_dial_reaction_later_than_the_ring_time_is_no_answer(reaction: Answers | Fails) -> None:
    switch = told({"+491": reaction})
    switch.order(dial(ring_time_s=4.0), T0)
    assert collect(switch) == [(4.0, CallFailed("c1", DialFailReason.NoAnswer))]


def test_dial_person_nobody_connects_hangs_up_when_patience_is_over() -> None:
    switch = told()
    switch.order(dial(), T0)
    assert collect(switch) == [(5.0, CallAnswered("c1")), (9.0, CallEnded("c1"))]
    assert switch.open_calls == 0


def test_due_long_after_brings_answer_and_end_in_order() -> None:
    switch = told()
    switch.order(dial(), T0)
    assert switch.due(T0 + 100) == [CallAnswered("c1"), CallEnded("c1")]


def test_dial_known_call_starts_a_new_leg_and_silences_the_old() -> None:
    switch = told({"+491": Fails(6.0, DialFailReason.Busy)})
    switch.order(dial(), T0)
    switch.order(dial(number="+492"), T0 + 3)
    assert collect(switch) == [(8.0, CallAnswered("c1")), (12.0, CallEnded("c1"))]


def test_dial_again_while_talking_old_talk_never_ends() -> None:
    switch = told({"+499": RINGS_OUT})
    began = talking(switch)
    switch.order(dial(number="+499"), began + 10)
    assert collect(switch) == [(42.0, CallFailed("c1", DialFailReason.NoAnswer))]


def test_dial_again_after_its_call_failed_is_a_fresh_call() -> None:
    switch = told({"+491": Fails(1.0, DialFailReason.Busy)})
    switch.order(dial(), T0)
    assert switch.due(T0 + 1) == [CallFailed("c1", DialFailReason.Busy)]
    switch.order(dial(number="+492"), T0 + 2)
    assert switch.due(T0 + 7) == [CallAnswered("c1")]


# -- talking -------------------------------------------------------------------------------


def test_connect_customer_hangs_up_after_the_talk() -> None:
    switch = told()
    began = talking(switch)
    assert collect(switch) == [(began - T0 + 60, CallEnded("c1"))]


def test_connect_before_the_answer_or_to_an_unknown_line_does_not_connect() -> None:
    switch = told()
    switch.order(NAIL_UP, T0)
    switch.order(dial(), T0)
    switch.order(Connect("c1", "n1"), T0 + 4)
    switch.due(T0 + 5)
    switch.order(Connect("c1", "other"), T0 + 6)
    assert collect(switch) == [(9.0, CallEnded("c1"))]


def test_connect_line_still_ringing_does_not_connect() -> None:
    switch = told()
    switch.order(dial(), T0)
    switch.due(T0 + 5)
    switch.order(NAIL_UP, T0 + 5)
    switch.order(Connect("c1", "n1"), T0 + 6)
    assert collect(switch) == [(7.0, NailAnswered("n1")), (9.0, CallEnded("c1"))]


def test_connect_after_the_customer_lost_patience_uncollected_is_too_late() -> None:
    switch = told()
    switch.order(NAIL_UP, T0)
    switch.order(dial(), T0)
    switch.due(T0 + 5)
    switch.order(Connect("c1", "n1"), T0 + 9.5)
    assert switch.due(T0 + 9.5) == [CallEnded("c1")]


def test_connect_to_another_line_the_talk_goes_on() -> None:
    switch = told()
    began = talking(switch)
    switch.order(NailUp("n2", "1002", "sip:1002"), began)
    switch.due(began + 2)
    switch.order(Connect("c1", "n2"), began + 10)
    switch.order(DropNail("n1"), began + 20)
    assert collect(switch) == [(27.05, NailEnded("n1")), (67.0, CallEnded("c1"))]


def test_hold_time_held_is_not_counted_as_talk() -> None:
    switch = told()
    began = talking(switch)
    switch.order(Hold("c1"), began + 10)
    switch.order(Unhold("c1"), began + 30)
    assert collect(switch) == [(began - T0 + 80, CallEnded("c1"))]


def test_hold_too_long_customer_hangs_up() -> None:
    switch = told()
    began = talking(switch)
    switch.order(Hold("c1"), began + 10)
    assert collect(switch) == [(began - T0 + 40, CallEnded("c1"))]


def test_hold_again_each_hold_is_borne_as_long() -> None:
    switch = told()
    began = talking(switch)
    switch.order(Hold("c1"), began + 10)
    switch.order(Unhold("c1"), began + 35)
    switch.order(Hold("c1"), began + 40)
    assert collect(switch) == [(began - T0 + 70, CallEnded("c1"))]


def test_hold_twice_or_unhold_without_hold_change_nothing() -> None:
    switch = told()
    began = talking(switch)
    switch.order(Unhold("c1"), began + 5)
    switch.order(Hold("c1"), began + 10)
    switch.order(Hold("c1"), began + 20)
    switch.order(Unhold("c1"), began + 30)
    switch.order(Unhold("c1"), began + 40)
    assert collect(switch) == [(began - T0 + 80, CallEnded("c1"))]


def test_hold_before_connect_changes_nothing() -> None:
    switch = told()
    switch.order(dial(), T0)
    switch.due(T0 + 5)
    switch.order(Hold("c1"), T0 + 6)
    assert collect(switch) == [(9.0, CallEnded("c1"))]


def test_hold_after_the_customer_hung_up_uncollected_is_too_late() -> None:
    switch = told()
    began = talking(switch)
    switch.order(Hold("c1"), began + 61)
    assert switch.due(began + 61) == [CallEnded("c1")]


def test_connect_while_held_takes_the_customer_off_hold() -> None:
    switch = told()
    began = talking(switch)
    switch.order(Hold("c1"), began + 10)
    switch.order(Connect("c1", "n1"), began + 20)
    assert collect(switch) == [(began - T0 + 70, CallEnded("c1"))]


def test_send_digit_nothing_comes_of_it() -> None:
    switch = told()
    began = talking(switch)
    switch.order(SendDigit("c1", "5"), began + 1)
    assert collect(switch) == [(67.0, CallEnded("c1"))]


def test_tone_is_heard_by_those_it_names_and_changes_nothing_else() -> None:
    switch = told()
    began = talking(switch)
    switch.order(Tone("c1", ("n1", "c1")), began + 1)
    switch.order(Tone("c1", ("n1",)), began + 2)
    assert (switch.lines["n1"].tones, switch.calls["c1"].tones) == (2, 1)
    assert collect(switch) == [(67.0, CallEnded("c1"))]


def test_tone_for_somebody_who_is_gone_is_heard_by_the_others_and_told_as_failed() -> None:
    switch = told(params=evolve(CALM_PHONES, confirms_orders=True))
    began = talking(switch)
    switch.due(began)
    tone = Tone("c1", ("n1", "n9"))
    switch.order(tone, began + 1)
    assert switch.lines["n1"].tones == 1
    assert switch.due(began + 1) == [OrderFailed(tone, OrderFault.UNKNOWN_LEG)]


# -- hanging up ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "orders",
    [[], [Hold("c1")], [Hold("c1"), Unhold("c1")], [DropNail("n1")]],
    ids=["talking", "held", "unheld", "alone"],
)
def test_hang_up_connected_call_is_silent_for_good(orders: list[TelephonyOrder]) -> None:
    switch = told()
    began = talking(switch)
    for order in orders:
        switch.order(order, began + 1)
    switch.order(HangUp("c1"), began + 2)
    assert CallEnded("c1") not in [event for _, event in collect(switch)]
    assert switch.open_calls == 0


@pytest.mark.parametrize("at", [0.0, 4.9, 5.5, 8.9])
def test_hang_up_ringing_or_waiting_call_nothing_more_comes(at: float) -> None:
    switch = told()
    switch.order(dial(), T0)
    switch.due(T0 + at)
    switch.order(HangUp("c1"), T0 + at)
    assert collect(switch) == []
    assert switch.next_at() is None


def test_hang_up_answered_but_uncollected_answer_never_appears() -> None:
    switch = told()
    switch.order(dial(), T0)
    switch.order(HangUp("c1"), T0 + 5.2)
    assert switch.due(T0 + 100) == []


# -- the message of a call that no agent took ------------------------------------------------


def test_dismissed_customer_hears_the_message_and_nothing_is_told() -> None:
    switch = told(params=evolve(CALM_PHONES, message_s=6))
    switch.order(dial(), T0)
    assert collect(switch, T0 + 7) == [(5.0, CallAnswered("c1"))]
    switch.order(DISMISS, T0 + 7)
    assert switch.dismissed == 1
    assert switch.keep(["c1"], T0 + 8) == frozenset(), "nobody can be spoken to in the message"
    switch.due(T0 + 12.9)
    assert switch.open_calls == 1
    assert collect(switch) == []
    assert switch.open_calls == 0


@pytest.mark.parametrize("order", [Connect("c1", "n1"), Hold("c1"), SendDigit("c1", "1")])
def test_dismissed_customer_cannot_be_spoken_to(order: TelephonyOrder) -> None:
    switch = told(params=evolve(CALM_PHONES, confirms_orders=True))
    talking(switch)
    at = T0 + 7
    switch.order(DISMISS, at)
    switch.due(at)
    switch.order(order, at)
    assert switch.due(at) == [OrderFailed(order, OrderFault.UNKNOWN_LEG)]


@pytest.mark.parametrize("at", [0.0, 4.9])
def test_dismissed_while_it_rings_is_not_dismissed(at: float) -> None:
    switch = told()
    switch.order(dial(), T0)
    switch.order(DISMISS, T0 + at)
    assert switch.dismissed == 0
    assert (5.0, CallAnswered("c1")) in collect(switch)


def test_dismissed_customer_can_be_hung_up_on() -> None:
    switch = told()
    began = talking(switch)
    switch.order(DISMISS, began)
    switch.order(HangUp("c1"), began + 1)
    assert switch.open_calls == 0
    assert collect(switch) == []


@pytest.mark.parametrize(
    "order",
    [Connect("x", "n1"), Hold("x"), Unhold("x"), HangUp("x"), SendDigit("x", "1"), DropNail("x"), DISMISS],
)
def test_order_about_an_unknown_call_does_no_harm(order: TelephonyOrder) -> None:
    switch = told()
    switch.order(order, T0)
    assert switch.next_at() is None


# -- agents' phones ------------------------------------------------------------------------


def test_nail_up_phone_answers_after_its_delay() -> None:
    switch = told()
    switch.order(NAIL_UP, T0)
    assert collect(switch) == [(2.0, NailAnswered("n1"))]
    assert switch.open_lines == 1


def test_nail_up_phone_nobody_takes_fails_when_it_has_rung_long_enough() -> None:
    switch = told(params=SimParams(nail_answer=0, nail_ring_s=20))
    switch.order(NAIL_UP, T0)
    assert collect(switch) == [(20.0, NailFailed("n1"))]
    assert switch.open_lines == 0


def test_nail_up_phone_slower_than_the_ring_time_fails() -> None:
    switch = told(
        params=SimParams(nail_answer=1, nail_answer_median_s=30, nail_answer_sigma=0, nail_ring_s=20)
    )
    switch.order(NAIL_UP, T0)
    assert collect(switch) == [(20.0, NailFailed("n1"))]


def test_nail_up_share_of_phones_that_answer_is_their_chance() -> None:
    switch = SimSwitch(3, SimParams(nail_answer=0.7, nail_loss_per_h=0))
    for n in range(2000):
        switch.order(NailUp(f"n{n}", "a", "sip:a"), T0)
    answered = sum(isinstance(event, NailAnswered) for _, event in collect(switch))
    assert answered / 2000 == pytest.approx(0.7, abs=0.04)
    assert switch.open_lines == answered


@pytest.mark.parametrize("wait_s", [1.0, 10.0])
def test_drop_nail_ringing_or_up_brings_one_end(wait_s: float) -> None:
    switch = told()
    switch.order(NAIL_UP, T0)
    switch.due(T0 + wait_s)
    switch.order(DropNail("n1"), T0 + wait_s)
    switch.order(DropNail("n1"), T0 + wait_s + 0.03)
    assert collect(switch) == [(wait_s + 0.05, NailEnded("n1"))]
    assert switch.open_lines == 0


def test_nail_up_known_leg_starts_anew_and_parts_its_call() -> None:
    switch = told()
    began = talking(switch)
    switch.order(NAIL_UP, began + 1)
    assert collect(switch) == [(10.0, NailAnswered("n1")), (12.0, CallEnded("c1"))]


def test_nail_up_known_leg_that_rings_answers_once() -> None:
    switch = told()
    switch.order(NAIL_UP, T0)
    switch.order(NAIL_UP, T0 + 1)
    assert collect(switch) == [(3.0, NailAnswered("n1"))]


def test_drop_nail_customer_left_alone_loses_patience() -> None:
    switch = told()
    began = talking(switch)
    switch.order(DropNail("n1"), began + 10)
    assert collect(switch) == [(17.05, NailEnded("n1")), (21.0, CallEnded("c1"))]


def test_drop_nail_customer_connected_to_the_line_meanwhile_is_alone_all_the_same() -> None:
    switch = told()
    began = talking(switch)
    switch.order(DropNail("n1"), began + 10)
    switch.order(Connect("c1", "n1"), began + 10)
    assert collect(switch) == [(17.05, NailEnded("n1")), (21.0, CallEnded("c1"))]


def test_drop_nail_customer_connected_again_talks_the_rest() -> None:
    switch = told()
    began = talking(switch)
    switch.order(NailUp("n2", "1002", "sip:1002"), began)
    switch.due(began + 9)
    switch.order(DropNail("n1"), began + 10)
    switch.order(Connect("c1", "n2"), began + 13)
    assert collect(switch)[-1] == (began - T0 + 63, CallEnded("c1"))


def test_drop_nail_while_held_unhold_has_nobody_to_bring_back() -> None:
    switch = told()
    began = talking(switch)
    switch.order(Hold("c1"), began + 10)
    switch.order(DropNail("n1"), began + 12)
    switch.order(Unhold("c1"), began + 13)
    assert collect(switch)[-1] == (began - T0 + 40, CallEnded("c1"))


def test_drop_nail_after_the_customer_hung_up_uncollected_call_ends_once() -> None:
    switch = told()
    began = talking(switch)
    switch.order(DropNail("n1"), began + 61)
    assert switch.due(began + 100) == [CallEnded("c1"), NailEnded("n1")]


def test_nail_loss_line_ends_unasked_and_leaves_the_customer_alone() -> None:
    switch = told(
        params=SimParams(nail_answer=1, nail_answer_median_s=2, nail_answer_sigma=0, nail_loss_per_h=600)
    )
    switch.order(NAIL_UP, T0)
    assert switch.due(T0 + 2) == [NailAnswered("n1")]
    lost_at = switch.next_at()
    assert lost_at is not None
    switch.order(dial(), lost_at - 5.5)
    switch.due(lost_at - 0.5)
    switch.order(Connect("c1", "n1"), lost_at - 0.4)
    assert switch.due(lost_at) == [NailEnded("n1")]
    assert switch.next_at() == pytest.approx(lost_at + 4)


def test_nail_loss_lines_last_as_long_as_the_rate_says() -> None:
    switch = SimSwitch(5, SimParams(nail_answer=1, nail_loss_per_h=2))
    for n in range(2000):
        switch.order(NailUp(f"n{n}", "a", "sip:a"), T0)
    ends = [at for at, event in collect(switch) if isinstance(event, NailEnded)]
    assert len(ends) == 2000
    assert sum(ends) / 2000 == pytest.approx(1800, rel=0.08)


def test_drop_nail_of_a_line_that_would_be_lost_brings_no_second_end() -> None:
    switch = told(params=SimParams(nail_answer=1, nail_loss_per_h=600))
    switch.order(NAIL_UP, T0)
    switch.due(switch.next_at() or T0)
    switch.order(DropNail("n1"), T0 + 20)
    assert [event for _, event in collect(switch)] == [NailEnded("n1")]


# -- the switch as a whole -----------------------------------------------------------------


def test_fail_every_leg_is_gone_and_only_the_loss_is_told() -> None:
    switch = told()
    began = talking(switch)
    switch.order(dial("c2"), began + 1)
    switch.fail(began + 2)
    assert collect(switch) == [(9.0, TelephonyLost())]
    assert (switch.open_calls, switch.open_lines) == (0, 0)


def test_fail_orders_are_lost_until_the_return_was_collected() -> None:
    switch = told()
    switch.fail(T0)
    switch.order(dial(), T0 + 1)
    assert switch.due(T0 + 1) == [TelephonyLost()]
    switch.order(NAIL_UP, T0 + 2)
    switch.restore(T0 + 3)
    switch.order(dial("c2"), T0 + 3)
    assert switch.due(T0 + 60) == [TelephonyRestored()]
    switch.order(dial("c3"), T0 + 61)
    assert switch.due(T0 + 66) == [CallAnswered("c3")]


def test_fail_and_restore_repeated_are_told_in_turn() -> None:
    switch = told()
    switch.restore(T0)
    switch.fail(T0 + 1)
    switch.fail(T0 + 2)
    switch.restore(T0 + 3)
    switch.restore(T0 + 4)
    switch.fail(T0 + 5)
    switch.restore(T0 + 6)
    assert collect(switch) == [(1.0, TelephonyLost()), (6.0, TelephonyRestored())]


# -- chance --------------------------------------------------------------------------------


def campaign_day(seed: int, calls: int = 400) -> list[tuple[float, TelephonyEvent]]:
    """Dial many customers and connect each at once: every event with its time."""
    switch = SimSwitch(seed)
    lines = [f"n{n}" for n in range(20)]
    for leg_id in lines:
        switch.order(NailUp(leg_id, leg_id, leg_id), T0)
    for n in range(calls):
        switch.order(dial(f"c{n}"), T0 + 3 * n)
    happened: list[tuple[float, TelephonyEvent]] = []
    while (at := switch.next_at()) is not None and at < T0 + 7200:
        for event in switch.due(at):
            happened.append((at, event))
            if isinstance(event, CallAnswered):
                switch.order(Connect(event.call_id, lines[len(happened) % 20]), at)
    return happened


def test_switch_same_seed_and_orders_same_events() -> None:
    assert campaign_day(8) == campaign_day(8)


def test_switch_another_seed_other_events() -> None:
    assert campaign_day(8) != campaign_day(9)


def story(switch: SimSwitch, call_id: str) -> list[tuple[float, TelephonyEvent]]:
    return [
        (at, event)
        for at, event in collect(switch)
        if isinstance(event, CallAnswered | CallFailed | CallEnded) and event.call_id == call_id
    ]


def test_switch_other_calls_change_nothing_for_a_call() -> None:
    for n in range(30):
        call_id = f"c{n}"
        alone, among = SimSwitch(2), SimSwitch(2)
        for m in range(30):
            if m != n:
                among.order(dial(f"c{m}"), T0)
        alone.order(dial(call_id), T0)
        among.order(dial(call_id), T0)
        assert story(among, call_id) == story(alone, call_id)


def test_switch_redials_of_one_call_draw_anew() -> None:
    switch = SimSwitch(2)
    stories = []
    for _ in range(20):
        switch.order(dial(), T0)
        stories.append(tuple(story(switch, "c1")))
    assert len(set(stories)) > 5


def test_switch_more_ids_than_are_kept_the_oldest_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch_module, "MAX_USES_KEPT", 3)
    switch = SimSwitch(2)
    first = {}
    for call_id in ("c1", "c2", "c3", "c4"):
        switch.order(dial(call_id), T0)
        first[call_id] = story(switch, call_id)
    switch.order(dial("c1"), T0)
    assert story(switch, "c1") == first["c1"]


def test_switch_model_decides_by_the_number() -> None:
    class LastDigit:
        def react(self, number: str, draw: Random) -> Answers | Fails:
            return PERSON if number.endswith("7") else Fails(1.0, DialFailReason.Busy)

    switch = SimSwitch(1, CALM_PHONES, LastDigit())
    switch.order(Dial("c1", "+4930117", 20), T0)
    switch.order(Dial("c2", "+4930118", 20), T0)
    assert [event for _, event in collect(switch, T0 + 5)] == [
        CallFailed("c2", DialFailReason.Busy),
        CallAnswered("c1"),
    ]
