"""The switch's word on orders: commands that wait for it, and what is done when an order fails."""

import pytest
from parties import (
    PARTY,
    beside,
    bring_nailed,
    come_back,
    conference,
    consult,
    external_consult,
    external_dialing,
    log_on_again,
    lose,
    restart,
    with_agent,
    with_external,
)
from scenes import (
    LEG,
    SID,
    Scene,
    a_logon,
    confirming,
    held,
    nailed_idle,
    number_of,
    pending_nailing,
    preview,
    talking,
    wrapup,
)

from agentmgr.core.effects import (
    Conference,
    Connect,
    Consult,
    Dial,
    DropNail,
    HangUp,
    Hold,
    NailUp,
    SendDigit,
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
)
from agentmgr.testing.stage import without
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import CallState, NailupStatus, PacingType

GONE = OrderFault.UNKNOWN_LEG
REFUSED = OrderFault.REFUSED


def refusing(way, *kinds):
    """A scene whose switch says no word but that it refuses some kinds of orders."""
    scene = way()
    scene.refuses.update(kinds)
    return scene


def last(scene, kind):
    return next(order for order in reversed(scene.orders) if isinstance(order, kind))


def fails(scene, kind, fault=REFUSED):
    """The last order of a kind fails, though it was answered for."""
    return scene.post(OrderFailed(last(scene, kind), fault))


def waiting(way, command, agent_id="A"):
    """A scene in which a command waits for the word of a switch that confirms its orders."""
    scene = confirming(way)()
    scene.answers_at_once = False
    scene.send(agent_id, command)
    return scene


# -- a switch that confirms -------------------------------------------------------------------------


def test_hold_is_answered_with_the_switch_s_word():
    scene = confirming(talking)()
    scene.answers_at_once = False
    assert scene.send("A", c.AGTHoldCall(SID)) == lines("""
        switch: Hold 1000000001
    """)
    assert scene.confirm() == lines("""
        A ! state Held
        A < HoldCall 0 1000000001
    """)


@pytest.mark.parametrize(
    ("way", "command", "kind", "answer"),
    [
        (talking, c.AGTHoldCall(SID), Hold, "A < HoldCall 101"),
        (held, c.AGTUnholdCall(SID), Unhold, "A < UnholdCall 121"),
        (talking, c.AGTSendDTMF("1", SID), SendDigit, "A < SendDTMF 343"),
        (consult, c.AGTStartConf(SID), Conference, "A < StartConf 181"),
        (external_consult, c.AGTStartConf(SID), Conference, "A < StartConf 181"),
        (consult, c.AGTCompleteTransfer(SID), Connect, "A < CompleteTransfer 421"),
    ],
)
@pytest.mark.parametrize("fault", OrderFault)
def test_command_that_the_switch_could_not_carry_out_changes_nothing(way, command, kind, answer, fault):
    scene = waiting(way, command)
    states = [agent.status for agent in scene.zone.agents.values()]
    assert fails(scene, kind, fault) == [answer]
    assert [agent.status for agent in scene.zone.agents.values()] == states
    assert not scene.zone.asking.waiting


def test_commands_of_an_agent_wait_in_order_behind_one_that_waits():
    scene = waiting(talking, c.AGTHoldCall(SID))
    assert scene.send("A", c.AGTUnholdCall(SID)) == []
    assert scene.send("A", c.AGTReleaseLine(SID)) == []
    assert scene.confirm() == lines("""
        A ! state Held
        A < HoldCall 0 1000000001
        switch: Unhold 1000000001
    """)
    assert scene.confirm() == lines("""
        A ! state Talking
        A < UnholdCall 0 1000000001
        switch: HangUp 1000000001
        A ! state Wrapup
        A < ReleaseLine 0 1000000001 wrapup(60s+ Done)
    """)


def test_commands_of_others_do_not_wait():
    scene = waiting(beside, c.AGTHoldCall(SID))
    assert scene.send("B", c.AGTGetTimezones())[0].startswith("B < GetTimezones 0")


@pytest.mark.parametrize(
    ("way", "command", "answer"),
    [
        (talking, c.AGTHoldCall(SID), "A < HoldCall 102"),
        (held, c.AGTUnholdCall(SID), "A < UnholdCall 122"),
        (talking, c.AGTSendDTMF("1", SID), "A < SendDTMF 342"),
        (consult, c.AGTStartConf(SID), "A < StartConf 182"),
        (consult, c.AGTCompleteTransfer(SID), "A < CompleteTransfer 421"),
    ],
)
@pytest.mark.parametrize("end", [CallEnded(SID), NailEnded(LEG), TelephonyLost()])
def test_command_whose_call_ends_before_the_word_is_answered_after_that(way, command, answer, end):
    scene = waiting(way, command)
    shown = without(scene.post(end), "B")
    assert shown[-1] == answer
    assert "A ! state Wrapup" in shown[:-1] or "A ! call Wrapup" in " ".join(shown[:-1])
    order = scene.unconfirmed[0]
    status = scene.agent("A").status
    assert scene.post(OrderDone(order)) == [], "the word comes too late"
    assert scene.agent("A").status == status


def test_consult_that_the_other_ends_before_the_word_answers_the_conference():
    scene = waiting(consult, c.AGTStartConf(SID))
    assert scene.send("B", c.AGTCancelConsult(SID)) == lines("""
        switch: Connect 1000000001 Z-1-line-A-1
        A ! ConsultCancelled B 1000000001
        A ! state Talking
        B ! state Idle
        B < CancelConsult 0 1000000001
        A < StartConf 182
    """)


@pytest.mark.parametrize(
    ("way", "command", "shown"),
    [
        (talking, c.AGTHoldCall(SID), "switch: Connect 1000000001 Z-1-line-A-1\nA < HoldCall 101"),
        (held, c.AGTUnholdCall(SID), "switch: Hold 1000000001\nA < UnholdCall 121"),
        (talking, c.AGTSendDTMF("1", SID), "A < SendDTMF 343"),
        (
            consult,
            c.AGTStartConf(SID),
            f"switch: Connect {SID} Z-1-line-A-1\nswitch: Consult {SID} Z-1-line-B-2\nA < StartConf 181",
        ),
        (
            consult,
            c.AGTCompleteTransfer(SID),
            "switch: Connect 1000000001 Z-1-line-A-1\nswitch: Consult 1000000001 Z-1-line-B-2\n"
            "A < CompleteTransfer 421",
        ),
    ],
)
def test_command_on_which_the_switch_is_silent_is_refused_and_the_line_brought_to_the_state(
    way, command, shown
):
    scene = waiting(way, command)
    late = scene.unconfirmed[0]
    assert without(scene.wait(4.9), "B") == []
    assert scene.wait(0.2) == lines(shown)
    status = scene.agent("A").status
    assert scene.post(OrderDone(late)) == []
    assert scene.agent("A").status == status


def test_same_order_given_again_is_not_answered_by_the_late_word_on_the_first():
    scene = waiting(talking, c.AGTHoldCall(SID))
    scene.wait(6)
    first = scene.unconfirmed.popleft()
    scene.send("A", c.AGTHoldCall(SID))
    assert scene.post(OrderDone(first)) == []
    assert scene.agent("A").call_state is CallState.Talking
    scene.confirm()  # the line, brought to the state meanwhile
    assert scene.confirm()[-1] == "A < HoldCall 0 1000000001"


def test_agent_who_is_logged_on_elsewhere_leaves_no_command_unanswered():
    scene = waiting(talking, c.AGTHoldCall(SID))
    scene.send("A", c.AGTUnholdCall(SID))
    scene.answers_at_once = True
    scene.unconfirmed.clear()
    shown = scene.send("A", a_logon(is_force=True), scene.connect("A"))
    assert [line for line in shown if line.startswith("A < ")] == [
        "A < Logon 0",
        "A < HoldCall 102",
        "A < UnholdCall 9002",
    ]
    assert not scene.unanswered


def test_desktop_that_is_lost_meanwhile_finds_what_the_switch_did():
    scene = waiting(talking, c.AGTHoldCall(SID))
    lose(scene)
    assert scene.confirm() == []
    assert scene.agent("A").call_state is CallState.Held
    assert "A < HoldCall 0 1000000001" in come_back(scene)


# -- an order that was answered for, and fails -------------------------------------------------------


def test_hold_that_failed_later_is_taken_back():
    assert refusing(talking, Hold).send("A", c.AGTHoldCall(SID)) == lines("""
        switch: Hold 1000000001
        A ! state Held
        A < HoldCall 0 1000000001
        switch: Connect 1000000001 Z-1-line-A-1
        A ! state Talking
    """)


def test_unhold_that_failed_later_is_tried_by_connecting():
    scene = refusing(held, Unhold)
    assert scene.send("A", c.AGTUnholdCall(SID)) == lines("""
        switch: Unhold 1000000001
        A ! state Talking
        A < UnholdCall 0 1000000001
        switch: Connect 1000000001 Z-1-line-A-1
    """)
    assert fails(scene, Connect) == lines("""
        switch: HangUp 1000000001
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)


def test_digit_that_failed_later_changes_nothing():
    assert refusing(talking, SendDigit).send("A", c.AGTSendDTMF("1", SID)) == lines("""
        switch: SendDigit 1000000001 1
        A < SendDTMF 0 1000000001
    """)


def test_call_that_could_not_be_connected_ends_in_wrapup():
    assert fails(talking(), Connect) == lines("""
        switch: HangUp 1000000001
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)


@pytest.mark.parametrize("way", [held, consult, conference])
def test_connect_that_failed_ends_the_call_in_whatever_state(way):
    scene = way()
    first = next(order for order in scene.orders if isinstance(order, Connect))
    scene.post(OrderFailed(first, GONE))
    assert scene.agent("A").call_state is CallState.Wrapup
    assert isinstance(scene.orders[-1], HangUp)


def test_transfer_that_failed_later_ends_with_its_new_owner():
    assert refusing(consult, Connect).send("A", c.AGTCompleteTransfer(SID)) == lines("""
        switch: Connect 1000000001 Z-1-line-B-2
        B ! TransferNotify Progressive(u1 +49300000001) 1000000001
        B ! state Talking
        A ! state Idle
        A < CompleteTransfer 0 1000000001
        switch: HangUp 1000000001
        B ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        B ! state Wrapup
    """)


def test_consult_that_failed_parts_both_and_the_owner_keeps_the_customer():
    assert refusing(beside, Consult).send("A", with_agent()) == lines("""
        A < ConsultCall 0 1000000001
        switch: Consult 1000000001 Z-1-line-B-2
        B ! ConsultNotify Progressive(u1 +49300000001) A 1000000001
        B ! state Consult
        A ! state Consult
        A ! EnableCancelConsult 1000000001
        switch: Connect 1000000001 Z-1-line-A-1
        A ! ConsultDialFailed TelephonyDown 1000000001
        A ! state Talking
        B ! ConsultCancelled A 1000000001
        B ! state Idle
    """)


def test_external_consult_that_failed_hangs_up_on_the_party():
    assert refusing(external_dialing, Consult).post(CallAnswered(PARTY)) == lines("""
        switch: Consult 1000000001 Z-1-party-1
        A ! state Consult
        switch: HangUp Z-1-party-1
        switch: Connect 1000000001 Z-1-line-A-1
        A ! ConsultDialFailed TelephonyDown 1000000001
        A ! state Talking
    """)


def test_conference_that_failed_later_ends_for_both():
    assert refusing(consult, Conference).send("A", c.AGTStartConf(SID)) == lines("""
        switch: Conference 1000000001 Z-1-line-B-2
        B ! ConferenceNotify Progressive(u1 +49300000001) 1000000001
        B ! state ConferencePassive
        A ! state ConferenceOwner
        A < StartConf 0 1000000001
        switch: Connect 1000000001 Z-1-line-A-1
        A ! ConferenceEnded 1000000001
        A ! state Talking
        B ! ConferenceEnded 1000000001
        B ! state Idle
    """)


def test_dial_that_failed_is_a_call_that_failed():
    scene = refusing(preview, Dial)
    assert scene.send("A", c.AGTPreviewDial(number_of(1), SID)) == lines("""
        store: MarkDialed 1000000001 +49300000001 A
        A ! state Dialing
        A < PreviewDial 0 1000000001
        switch: Dial 1000000001 +49300000001 25
        A ! DialFailed wrapup(60s+ Done) TelephonyDown 1000000001
        A ! state Wrapup
    """)


def test_dial_of_the_job_that_failed_is_retried_as_its_campaign_says_and_counts_as_no_attempt():
    scene = Scene(PacingType.Progressive, contacts=1)
    scene.refuses.add(Dial)
    assert scene.nail("A")[-3:] == lines("""
        switch: Dial 1000000001 +49300000001 25
        store: EndAttempt 1000000001 TelephonyDown
        store: ReturnContact 1 0 TelephonyDown +60s
    """)


def test_external_party_that_could_not_be_dialled_is_told():
    assert refusing(beside, Dial).send("A", with_external())[-2:] == lines("""
        A ! ConsultDialFailed TelephonyDown 1000000001
        A ! state Talking
    """)


def test_phone_that_could_not_be_called_is_tried_later():
    assert refusing(pending_nailing, NailUp).call_phone() == lines("""
        switch: NailUp Z-1-line-A-1 A 5001
        A < ReadyForNailup 0
        switch: DropNail Z-1-line-A-1
        A ! NailupChange NotNailedUp
    """)


@pytest.mark.parametrize("kind", [Hold, Unhold, Consult, Conference, Connect, Dial, NailUp, SendDigit])
def test_failure_that_is_told_when_all_is_over_changes_nothing(kind):
    scene = {
        Hold: held,
        Unhold: lambda: refusing(held, HangUp),
        Consult: consult,
        Conference: conference,
        Connect: talking,
        Dial: talking,
        NailUp: talking,
        SendDigit: talking,
    }[kind]()
    if kind is Unhold:
        scene.send("A", c.AGTUnholdCall(SID))
    if kind is SendDigit:
        scene.send("A", c.AGTSendDTMF("1", SID))
    order = last(scene, kind)
    scene.post(TelephonyLost())
    before = [agent.status for agent in scene.zone.agents.values()]
    assert scene.post(OrderFailed(order, REFUSED)) == []
    assert [agent.status for agent in scene.zone.agents.values()] == before


def test_connect_to_another_agent_that_fails_late_leaves_the_owner_s_call_alone():
    scene = waiting(consult, c.AGTCompleteTransfer(SID))
    late = scene.unconfirmed[0]
    scene.wait(6)
    assert scene.post(OrderFailed(late, REFUSED)) == []
    assert scene.agent("A").call_state is CallState.Consult


def test_connect_that_fails_when_the_agent_has_released_already_changes_nothing():
    scene = talking()
    order = last(scene, Connect)
    scene.send("A", c.AGTReleaseLine(SID))
    assert scene.post(OrderFailed(order, GONE)) == []


def test_consult_that_fails_when_the_conference_is_on_changes_nothing():
    scene = conference()
    assert fails(scene, Consult) == []


def test_consult_of_one_agent_that_fails_late_leaves_that_of_another_alone():
    scene = consult()
    order = last(scene, Consult)
    bring_nailed(scene, "C")
    scene.send("A", c.AGTCancelConsult(SID))
    scene.send("A", with_agent("C"))
    assert scene.post(OrderFailed(order, REFUSED)) == []
    assert scene.agent("C").call_state is CallState.Consult


def test_line_of_a_saved_agent_that_the_switch_does_not_know_is_gone():
    scene = talking()
    scene.send("A", c.AGTSaveAgentForHA())
    later = restart(scene)
    assert later.post(OrderFailed(DropNail(LEG), GONE)) == []
    assert "A ! NailupChange NailedUp" not in log_on_again(later)


# -- legs that must end ------------------------------------------------------------------------------


def hung_up_in_vain():
    scene = refusing(talking, HangUp)
    scene.send("A", c.AGTReleaseLine(SID))
    return scene


def test_hang_up_that_fails_is_tried_again_with_pauses_that_double_up_to_a_minute():
    scene = hung_up_in_vain()
    scene.zone.jobs[1].paused = True
    at, tried = scene.now, []
    for _ in range(3000):
        tried += [scene.now - at] * ("switch: HangUp 1000000001" in scene.wait(0.1))
    assert [round(each) for each in tried] == [1, 3, 7, 15, 31, 63, 123, 183, 243]


@pytest.mark.parametrize(
    "word",
    [
        lambda scene: OrderDone(last(scene, HangUp)),
        lambda scene: OrderFailed(last(scene, HangUp), GONE),
        lambda scene: CallEnded(SID),
        lambda scene: TelephonyLost(),
    ],
)
def test_leg_that_is_gone_is_not_ended_again(word):
    scene = hung_up_in_vain()
    scene.post(word(scene))
    scene.refuses.clear()
    assert not [line for line in scene.wait(50) if line.startswith("switch: HangUp 1000000001")]


def test_leg_is_not_tried_again_when_the_switch_says_nothing_against_it():
    scene = hung_up_in_vain()
    scene.refuses.clear()
    tried = [line for line in scene.wait(50) if line == "switch: HangUp 1000000001"]
    assert len(tried) == 1
    assert not scene.zone.remedies._endings


def test_customer_who_is_dialled_again_is_not_hung_up_on():
    scene = refusing(wrapup, HangUp)
    scene.post(OrderFailed(HangUp(SID), REFUSED))
    scene.send("A", c.AGTRedial(number_of(1)))
    scene.post(CallAnswered(SID))
    assert scene.agent("A").call_state is CallState.Talking
    assert scene.wait(20) == []


def test_line_that_could_not_be_dropped_is_dropped_again_and_the_agent_let_go_meanwhile():
    scene = refusing(nailed_idle, DropNail)
    scene.send("A", c.AGTBlendToInbound())
    assert scene.wait(9) == ["switch: DropNail Z-1-line-A-1"] * 3
    assert scene.agent("A").nailup_status is NailupStatus.PendingNailUpDrop
    assert scene.wait(2)[0] == "A ! NailupChange NotNailedUp"
    assert scene.wait(5) == ["switch: DropNail Z-1-line-A-1"]
    assert scene.post(NailEnded(LEG)) == []
    scene.refuses.clear()
    assert scene.wait(100) == []


def test_line_that_the_switch_does_not_know_is_dropped():
    scene = nailed_idle()
    scene.send("A", c.AGTBlendToInbound())
    assert fails(scene, DropNail, GONE) == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
        A ! BlendedToInbound
    """)
