"""Consults and conferences on the simulated switch: who hears whom, and who hangs up when."""

import pytest

from agentmgr.core.effects import (
    Conference,
    Connect,
    Consult,
    DropNail,
    HangUp,
    Hold,
    NailUp,
    TelephonyOrder,
    Unhold,
)
from agentmgr.core.events import CallEnded, CallFailed, NailEnded, TelephonyEvent
from agentmgr.telephony.customers import Answers, Fails
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import DialFailReason
from tests.telephony.switches import CALM_PHONES, PERSON, T0, ByNumber, collect, dial, talking

EXTERNAL = Answers(after_s=3.0, talk_s=40.0, patience_s=6.0, hold_patience_s=30.0)
OUTSIDE = "+4999"


def consulting() -> tuple[SimSwitch, float]:
    """Customer `c1` talks to `n1` when `n2` is nailed too: the switch, and when the talk began."""
    switch = SimSwitch(1, CALM_PHONES, ByNumber({OUTSIDE: EXTERNAL}))
    switch.order(NailUp("n2", "1002", "sip:1002"), T0)
    began = talking(switch)
    return switch, began


def with_external() -> tuple[SimSwitch, float]:
    """The same, 13 s later, when the external party `x` has answered 3 s ago."""
    switch, began = consulting()
    switch.order(dial("x", OUTSIDE), began + 7)
    switch.due(began + 13)
    return switch, began


def after(began: float, switch: SimSwitch) -> list[tuple[float, TelephonyEvent]]:
    return [(round(at - (began - T0), 6), event) for at, event in collect(switch)]


# -- with another agent --------------------------------------------------------------------


def test_consult_customer_hears_music_and_bears_it_as_long_as_a_hold() -> None:
    switch, began = consulting()
    switch.order(Consult("c1", "n2"), began + 10)
    assert after(began, switch) == [(40.0, CallEnded("c1"))]


def test_consult_ended_by_connect_talk_goes_on_where_it_was() -> None:
    switch, began = consulting()
    switch.order(Consult("c1", "n2"), began + 10)
    switch.order(Connect("c1", "n1"), began + 25)
    assert after(began, switch) == [(75.0, CallEnded("c1"))]


def test_consult_transfer_customer_talks_to_the_other_agent() -> None:
    switch, began = consulting()
    switch.order(Consult("c1", "n2"), began + 10)
    switch.order(Connect("c1", "n2"), began + 20)
    switch.order(DropNail("n1"), began + 30)
    assert after(began, switch) == [(30.05, NailEnded("n1")), (70.0, CallEnded("c1"))]


def test_conference_customer_talks_again() -> None:
    switch, began = consulting()
    switch.order(Consult("c1", "n2"), began + 10)
    switch.order(Conference("c1", "n2"), began + 20)
    assert after(began, switch) == [(70.0, CallEnded("c1"))]


def test_conference_owner_loses_the_line_customer_talks_on_with_the_other() -> None:
    switch, began = consulting()
    switch.order(Conference("c1", "n2"), began + 10)
    switch.order(DropNail("n1"), began + 20)
    assert after(began, switch) == [(20.05, NailEnded("n1")), (60.0, CallEnded("c1"))]


def test_conference_both_lines_lost_customer_is_alone() -> None:
    switch, began = consulting()
    switch.order(Conference("c1", "n2"), began + 10)
    switch.order(DropNail("n1"), began + 20)
    switch.order(DropNail("n2"), began + 22)
    assert after(began, switch)[-1] == (26.0, CallEnded("c1"))


def test_consult_party_loses_the_line_customer_hears_music_until_connected() -> None:
    switch, began = consulting()
    switch.order(Consult("c1", "n2"), began + 10)
    switch.order(DropNail("n2"), began + 15)
    switch.order(Connect("c1", "n1"), began + 20)
    assert after(began, switch) == [(15.05, NailEnded("n2")), (70.0, CallEnded("c1"))]


def test_consult_owner_loses_the_line_customer_hears_music_on() -> None:
    switch, began = consulting()
    switch.order(Consult("c1", "n2"), began + 10)
    switch.order(DropNail("n1"), began + 15)
    assert after(began, switch) == [(15.05, NailEnded("n1")), (40.0, CallEnded("c1"))]


@pytest.mark.parametrize("order", [Hold("c1"), Unhold("c1")])
def test_consult_hold_and_unhold_change_nothing(order: TelephonyOrder) -> None:
    switch, began = consulting()
    switch.order(Consult("c1", "n2"), began + 10)
    switch.order(order, began + 20)
    assert after(began, switch) == [(40.0, CallEnded("c1"))]


@pytest.mark.parametrize("party", ["n1", "c1", "nobody"])
def test_consult_with_oneself_or_nobody_changes_nothing(party: str) -> None:
    switch, began = consulting()
    switch.order(Consult("c1", party), began + 10)
    assert after(began, switch) == [(60.0, CallEnded("c1"))]


def test_consult_line_still_ringing_changes_nothing() -> None:
    switch, began = consulting()
    switch.order(NailUp("n3", "1003", "sip:1003"), began + 10)
    switch.order(Consult("c1", "n3"), began + 11)
    assert after(began, switch)[-1] == (60.0, CallEnded("c1"))


def test_consult_after_the_customer_hung_up_uncollected_is_too_late() -> None:
    switch, began = consulting()
    switch.order(Consult("c1", "n2"), began + 60.5)
    assert switch.due(began + 61) == [CallEnded("c1")]


@pytest.mark.parametrize("order", [Consult("c1", "n2"), Conference("c1", "n2")])
def test_hang_up_in_consult_or_conference_is_silent_for_good(order: TelephonyOrder) -> None:
    switch, began = consulting()
    switch.order(order, began + 10)
    switch.order(HangUp("c1"), began + 12)
    assert after(began, switch) == []
    assert switch.open_calls == 0


def test_consult_line_of_one_customer_joins_another_the_first_is_left_alone() -> None:
    switch, began = consulting()
    switch.order(dial("c2"), began)
    switch.due(began + 5)
    switch.order(Connect("c2", "n2"), began + 5)
    switch.order(Consult("c1", "n2"), began + 10)
    assert (14.0, CallEnded("c2")) in after(began, switch)


# -- with an external party ------------------------------------------------------------------


@pytest.mark.parametrize("reason", list(DialFailReason))
def test_external_fails_for_any_reason_and_the_customer_talks_on(reason: DialFailReason) -> None:
    switch = SimSwitch(1, CALM_PHONES, ByNumber({OUTSIDE: Fails(3.0, reason)}))
    began = talking(switch)
    switch.order(dial("x", OUTSIDE), began + 10)
    assert after(began, switch) == [(13.0, CallFailed("x", reason)), (60.0, CallEnded("c1"))]


def test_external_nobody_consults_it_loses_patience() -> None:
    switch, began = with_external()
    assert (16.0, CallEnded("x")) in after(began, switch)


def test_consult_repeated_changes_nothing() -> None:
    switch, began = with_external()
    switch.order(Consult("c1", "x"), began + 13)
    switch.order(Consult("c1", "x"), began + 20)
    assert after(began, switch) == [(43.0, CallEnded("c1")), (49.0, CallEnded("x"))]


def test_external_hangs_up_in_consult_customer_hears_music_until_connected() -> None:
    switch, began = with_external()
    switch.order(Conference("c1", "x"), began + 13)
    switch.order(Consult("c1", "x"), began + 40)
    assert [event for _, event in collect(switch, began + 59)] == [CallEnded("x")]
    assert switch.next_at() == began + 70
    switch.order(Connect("c1", "n1"), began + 60)
    assert after(began, switch) == [(80.0, CallEnded("c1"))]


def test_external_in_conference_talks_and_the_customer_too() -> None:
    switch, began = with_external()
    switch.order(Consult("c1", "x"), began + 13)
    switch.order(Conference("c1", "x"), began + 20)
    assert after(began, switch) == [(53.0, CallEnded("x")), (67.0, CallEnded("c1"))]


def test_conference_owner_loses_the_line_the_external_talks_on_with_the_customer() -> None:
    switch, began = with_external()
    switch.order(Conference("c1", "x"), began + 13)
    switch.order(DropNail("n1"), began + 20)
    assert after(began, switch)[:2] == [(20.05, NailEnded("n1")), (53.0, CallEnded("x"))]


def test_external_parted_from_a_conference_is_alone() -> None:
    switch, began = with_external()
    switch.order(Conference("c1", "x"), began + 13)
    switch.order(Connect("c1", "n1"), began + 20)
    assert after(began, switch) == [(26.0, CallEnded("x")), (60.0, CallEnded("c1"))]


@pytest.mark.parametrize("order", [Consult("c1", "x"), Conference("c1", "x")])
def test_customer_hangs_up_the_external_is_alone(order: TelephonyOrder) -> None:
    switch, began = with_external()
    switch.order(order, began + 13)
    switch.order(HangUp("c1"), began + 20)
    assert after(began, switch) == [(26.0, CallEnded("x"))]


def test_consult_owner_loses_the_line_the_external_is_alone() -> None:
    switch, began = with_external()
    switch.order(Consult("c1", "x"), began + 13)
    switch.order(DropNail("n1"), began + 20)
    assert after(began, switch) == [
        (20.05, NailEnded("n1")),
        (26.0, CallEnded("x")),
        (43.0, CallEnded("c1")),
    ]


def test_external_taken_over_by_another_consult_leaves_the_first() -> None:
    switch, began = with_external()
    switch.order(dial("c2"), began + 8)
    switch.due(began + 13)
    switch.order(Connect("c2", "n2"), began + 13)
    switch.order(Conference("c1", "x"), began + 14)
    switch.order(Consult("c2", "x"), began + 15)
    switch.order(DropNail("n2"), began + 17)
    assert (23.0, CallEnded("x")) in after(began, switch)


# -- what is still there ---------------------------------------------------------------------


def test_keep_calls_and_legs_that_are_not_over_live() -> None:
    switch, began = with_external()
    everybody = ["c1", "x", "n1", "n2", "c9"]
    assert switch.keep(everybody, began + 13) == {"c1", "x", "n1", "n2"}
    switch.order(DropNail("n2"), began + 13)
    switch.order(HangUp("x"), began + 13)
    assert switch.keep(everybody, began + 13) == {"c1", "n1"}
    switch.due(began + 61)
    assert switch.keep(everybody, began + 61) == {"n1"}
    switch.fail(began + 62)
    assert switch.keep(everybody, began + 62) == frozenset()


def test_keep_what_rings_is_ended() -> None:
    switch, began = with_external()
    switch.order(dial("c2"), began + 13)
    switch.order(NailUp("n3", "1003", "sip:1003"), began + 13)
    assert switch.keep(["c1", "n1", "c2", "n3"], began + 14) == {"c1", "n1"}
    assert (set(switch.calls), set(switch.lines)) == ({"c1"}, {"n1"})


def test_keep_ends_all_others_without_a_word_and_who_is_left_alone_waits() -> None:
    switch, began = with_external()
    assert switch.keep(["c1", "n2"], began + 13) == {"c1", "n2"}
    assert (set(switch.calls), set(switch.lines)) == ({"c1"}, {"n2"})
    assert after(began, switch) == [(17.0, CallEnded("c1"))]


def test_person_of_the_tests_bears_a_hold_for_30_s() -> None:
    """What the times in this module rest on."""
    assert (PERSON.talk_s, PERSON.patience_s, PERSON.hold_patience_s) == (60.0, 4.0, 30.0)
