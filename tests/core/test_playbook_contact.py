"""Playbooks of a contact: its arrival, the call, the wrapup (agent API, section 7)."""

import pytest
from scenes import (
    SID,
    Scene,
    a_contact,
    dialing,
    held,
    nailed_idle,
    number_of,
    overdialled,
    preview,
    talking,
    wrapup,
    wrapup_nailing_lost,
)

from agentmgr.core.effects import Dismiss
from agentmgr.core.events import (
    CallAnswered,
    CallEnded,
    CallFailed,
    JobsWanted,
    OrderFailed,
    OrderFault,
    TelephonyLost,
)
from agentmgr.core.model import CallingHours, Number, Wanted, WantedJob, ZoneConfig
from agentmgr.core.pacer import CONTACTS
from agentmgr.testing.stage import without
from agentmgr.testing.transcript import lines
from protocol.commands import (
    AGTExtendWrapup,
    AGTGetCompCodes,
    AGTGetCustomerDetails,
    AGTHoldCall,
    AGTPreviewCancel,
    AGTPreviewDial,
    AGTRedial,
    AGTReleaseLine,
    AGTSendDTMF,
    AGTUnholdCall,
    AGTWrapupContact,
)
from protocol.enums import DialFailReason, PacingType
from protocol.structures import CompletionCode, ContactNumber

DIAL = AGTPreviewDial(number_of(1), SID)


def dispose(code_id=1, session_id=SID):
    return AGTWrapupContact(CompletionCode(code_id), session_id)


# -- arrival -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pacing", [PacingType.Predictive, PacingType.Progressive])
def test_answered_call_is_announced_then_connected(pacing):
    scene = Scene(pacing)
    scene.nail()
    assert scene.customer_answers() == lines(f"""
        store: MarkAnswered 1000000001 A
        A ! CallNotify {pacing.value}(u1 +49300000001) 1000000001
        switch: Connect 1000000001 Z-1-line-A-1
        A ! state Talking
    """)


def test_answered_call_without_a_free_agent_waits_and_goes_to_the_next_one_free():
    scene = overdialled()
    scene.send("A", AGTReleaseLine(SID))
    assert scene.customer_answers("1000000002") == lines("""
        store: MarkAnswered 1000000002
    """)
    scene.wait(1)
    assert scene.send("A", dispose()) == lines("""
        store: SaveDisposition 1000000001 1 A 1 agent
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state Idle
        A < WrapupContact 0 1000000001
        store: MarkAnswered 1000000002 A
        A ! CallNotify Predictive(u2 +49300000002) 1000000002
        switch: Connect 1000000002 Z-1-line-A-1
        A ! state Talking
    """)


def test_answered_call_that_no_agent_takes_in_time_is_a_nuisance():
    scene = overdialled()
    assert scene.customer_answers("1000000002") == lines("""
        store: MarkAnswered 1000000002
    """)
    assert scene.wait(2) == lines("""
        switch: HangUp 1000000002
        store: EndAttempt 1000000002 Nuisance
        store: ReturnContact 2 1 Nuisance +259200s
    """)
    assert scene.zone.stats.abandoned == 1
    assert scene.customer_leaves("1000000002") == []


def abandoning(**campaign):
    """A customer waits for an agent, and there is none."""
    scene = overdialled(abandon_number="+442079460018", **campaign)
    scene.customer_answers("1000000002")
    return scene


def test_answered_call_that_no_agent_takes_ends_with_the_message_if_the_campaign_has_its_number():
    scene = abandoning()
    assert scene.wait(2) == lines("""
        switch: Dismiss 1000000002 +442079460018
        store: EndAttempt 1000000002 Nuisance
        store: ReturnContact 2 1 Nuisance +259200s
    """)
    assert (scene.zone.stats.abandoned, scene.zone.stats.dismissed) == (1, 1)
    assert scene.customer_leaves("1000000002") == []


def test_customer_who_does_not_wait_hears_no_message():
    scene = abandoning()
    assert scene.customer_leaves("1000000002")[0] == "switch: HangUp 1000000002"
    assert (scene.zone.stats.abandoned, scene.zone.stats.dismissed) == (1, 0)


@pytest.mark.parametrize(
    ("fault", "then"), [(OrderFault.REFUSED, ["switch: HangUp 1000000002"]), (OrderFault.UNKNOWN_LEG, [])]
)
def test_customer_who_cannot_be_told_is_hung_up_on(fault, then):
    scene = abandoning()
    scene.wait(2)
    (order,) = [each for each in scene.orders if isinstance(each, Dismiss)]
    assert scene.post(OrderFailed(order, fault)) == then


def test_answered_call_whose_customer_does_not_wait_is_a_nuisance():
    scene = overdialled()
    scene.customer_answers("1000000002")
    assert scene.customer_leaves("1000000002") == lines("""
        switch: HangUp 1000000002
        store: EndAttempt 1000000002 Nuisance
        store: ReturnContact 2 1 Nuisance +259200s
    """)


def test_nuisance_after_the_last_attempt_ends_the_contact():
    scene = overdialled(max_attempts=1)
    scene.customer_answers("1000000002")
    assert scene.wait(2) == lines("""
        switch: HangUp 1000000002
        store: EndAttempt 1000000002 Nuisance
        store: ReturnContact 2 1 Nuisance
    """)


@pytest.mark.parametrize(
    ("reason", "returned"),
    [
        (DialFailReason.Busy, "1 1 Busy +600s"),
        (DialFailReason.NoAnswer, "1 1 NoAnswer +1800s"),
        (DialFailReason.Rejected, "1 1 Rejected +3600s"),
        (DialFailReason.Congestion, "1 1 Congestion +120s"),
        (DialFailReason.AnswerMachine, "1 1 AnswerMachine +3600s"),
        (DialFailReason.TelephonyDown, "1 1 TelephonyDown +60s"),
        (DialFailReason.InvalidNumber, "1 1 InvalidNumber +0s"),
        (DialFailReason.DncBlocked, "1 1 DncBlocked +0s"),
    ],
)
def test_failed_call_gives_the_contact_back_until_it_is_due_again(reason, returned):
    scene = Scene(PacingType.Progressive, contacts=1)
    scene.nail()
    shown = scene.customer_fails(reason)
    assert shown[:2] == lines(f"""
        store: EndAttempt 1000000001 {reason.value}
        store: ReturnContact {returned}
    """)


def test_failed_call_after_the_last_attempt_ends_contact_and_job():
    scene = Scene(PacingType.Progressive, contacts=1, max_attempts=1)
    scene.nail()
    assert scene.customer_fails(DialFailReason.Busy) == lines("""
        store: EndAttempt 1000000001 Busy
        store: ReturnContact 1 1 Busy
        store: FinishJob finished
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
    """)


def test_second_number_is_dialled_after_the_first_failed():
    scene = Scene(PacingType.Progressive, contacts=1)
    scene.nail()
    assert scene.customer_fails(DialFailReason.InvalidNumber) == lines("""
        store: EndAttempt 1000000001 InvalidNumber
        store: ReturnContact 1 1 InvalidNumber +0s
        store: StartAttempt 1000000002 1 Progressive +493000000019
        switch: Dial 1000000002 +493000000019 25
    """)
    assert scene.customer_fails(DialFailReason.InvalidNumber) == lines("""
        store: EndAttempt 1000000002 InvalidNumber
        store: ReturnContact 1 2 InvalidNumber
        store: FinishJob finished
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
    """)


def test_call_that_the_switch_forgets_is_hung_up_as_not_answered():
    scene = Scene(PacingType.Progressive, contacts=1)
    scene.nail()
    assert scene.wait(39) == []
    assert scene.wait(1) == lines("""
        switch: HangUp 1000000001
        store: EndAttempt 1000000001 NoAnswer
        store: ReturnContact 1 1 NoAnswer +1800s
    """)


def test_number_on_the_dnc_list_is_not_dialled():
    scene = Scene(PacingType.Progressive, contacts=1, max_attempts=1, agents="A")
    scene.store.dnc.update(number.number for number in a_contact(1).numbers)
    assert scene.nail() == lines("""
        A ! NailupChange NailedUp
        A ! JobAttached Summer
        A ! call Idle
        store: StartAttempt 1000000001 1 Progressive +49300000001
        store: EndAttempt 1000000001 DncBlocked
        store: ReturnContact 1 0 DncBlocked +0s
        store: StartAttempt 1000000002 1 Progressive +493000000019
        store: EndAttempt 1000000002 DncBlocked
        store: ReturnContact 1 0 DncBlocked
        store: FinishJob finished
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
    """)


def test_contact_outside_its_calling_hours_waits_for_their_opening():
    scene = Scene(PacingType.Progressive, contacts=1, calling_hours=CallingHours(0, 60))
    assert scene.nail() == lines("""
        A ! NailupChange NailedUp
        A ! JobAttached Summer
        A ! call Idle
        store: ReturnContact 1 0 OutsideCallingHours +2800s
    """)
    assert scene.zone.stats.attempts == 0


def test_more_contacts_outside_calling_hours_than_one_turn_takes_are_left_for_the_next_tick():
    scene = Scene(PacingType.Progressive, contacts=150, calling_hours=CallingHours(0, 60))
    shown = scene.nail()
    assert len([line for line in shown if "OutsideCallingHours" in line]) == 100
    assert len(scene.wait(1)) == 50


def test_job_stopped_cancels_what_rings_and_ends_after_what_is_on():
    scene = talking()
    scene.nail("B")
    assert scene.want(1, Wanted.STOP) == lines("""
        store: ReturnContact 3 0 Stopped +0s
        switch: HangUp 1000000002
        store: EndAttempt 1000000002 Cancelled
        store: ReturnContact 2 0 Cancelled +60s
    """)
    scene.send("A", AGTReleaseLine(SID))
    assert scene.send("A", dispose()) == lines("""
        store: SaveDisposition 1000000001 1 A 1 agent
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state Idle
        A < WrapupContact 0 1000000001
        store: FinishJob stopped
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
        B ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-B-2
    """)


# -- preview -----------------------------------------------------------------------------------


def test_preview_is_announced_then_dialled_and_answered():
    scene = Scene(PacingType.PreviewUntimed)
    assert scene.nail() == lines("""
        A ! NailupChange NailedUp
        A ! JobAttached Summer
        A ! call Idle
        store: StartAttempt 1000000001 1 Preview +49300000001
        A ! CallNotify Preview(u1 +49300000001) 1000000001
        A ! state Preview
    """)
    assert scene.send("A", DIAL) == lines("""
        store: MarkDialed 1000000001 +49300000001 A
        A ! state Dialing
        A < PreviewDial 0 1000000001
        switch: Dial 1000000001 +49300000001 25
    """)
    assert scene.customer_answers() == lines("""
        store: MarkAnswered 1000000001 A
        switch: Connect 1000000001 Z-1-line-A-1
        A ! state Talking
    """)


def test_preview_timed_says_so_and_is_dialled_by_the_desktop():
    scene = Scene(PacingType.PreviewTimed)
    assert scene.nail() == lines("""
        A ! NailupChange NailedUp
        A ! JobAttached Summer
        A ! call Idle
        store: StartAttempt 1000000001 1 Preview +49300000001
        A ! CallNotify Preview(u1 +49300000001 30s) 1000000001
        A ! state Preview
    """)
    scene.wait(30)
    assert scene.send("A", DIAL) == lines("""
        store: MarkDialed 1000000001 +49300000001 A
        A ! state Dialing
        A < PreviewDial 0 1000000001
        switch: Dial 1000000001 +49300000001 25
    """)


def test_preview_timed_that_the_desktop_does_not_dial_is_dialled_by_the_server():
    scene = preview(PacingType.PreviewTimed)
    assert scene.wait(34) == []
    assert scene.wait(1) == lines("""
        store: MarkDialed 1000000001 +49300000001 A
        A ! state Dialing
        switch: Dial 1000000001 +49300000001 25
    """)


def test_preview_untimed_that_nobody_decides_is_taken_away():
    scene = preview(PacingType.PreviewUntimed)
    assert scene.wait(899) == []
    assert scene.wait(1) == lines("""
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)


def test_preview_cancelled_goes_to_wrapup():
    scene = preview()
    assert scene.send("A", AGTPreviewCancel(SID)) == lines("""
        A ! state Wrapup
        A < PreviewCancel 0 1000000001 wrapup(60s+ Done)
    """)
    assert scene.send("A", dispose()) == lines("""
        store: SaveDisposition 1000000001 1 A 1 agent
        store: EndAttempt 1000000001 Cancelled A
        store: ReturnContact 1 1 Cancelled
        A ! state Idle
        A < WrapupContact 0 1000000001
        store: StartAttempt 1000000002 2 Preview +49300000002
        A ! CallNotify Preview(u2 +49300000002) 1000000002
        A ! state Preview
    """)


@pytest.mark.parametrize("reason", list(DialFailReason))
def test_preview_whose_dial_fails_goes_to_wrapup(reason):
    scene = dialing()
    assert scene.customer_fails(reason) == lines(f"""
        A ! DialFailed wrapup(60s+ Done) {reason.value} 1000000001
        A ! state Wrapup
    """)


def test_preview_of_a_number_on_the_dnc_list_fails_without_a_dial():
    scene = preview()
    scene.store.dnc.add(number_of(1).number)
    assert scene.send("A", DIAL) == lines("""
        store: MarkDialed 1000000001 +49300000001 A
        A ! state Dialing
        A < PreviewDial 0 1000000001
        A ! DialFailed wrapup(60s+ Done) DncBlocked 1000000001
        A ! state Wrapup
    """)


def test_preview_dialled_while_the_switch_is_down_fails():
    scene = preview()
    scene.answers_at_once = False
    scene.send("A", DIAL)
    scene.zone.telephony_is_down = True
    assert scene.answer() == lines("""
        A ! DialFailed wrapup(60s+ Done) TelephonyDown 1000000001
        A ! state Wrapup
    """)


def test_preview_is_answered_by_the_number_that_the_agent_typed():
    scene = preview()
    typed = ContactNumber(number="+442071234567")
    assert scene.send("A", AGTPreviewDial(typed, SID)) == lines("""
        store: MarkDialed 1000000001 +442071234567 A
        A ! state Dialing
        A < PreviewDial 0 1000000001
        switch: Dial 1000000001 +442071234567 25
    """)


def test_failed_dial_disposed_without_retry_comes_back_after_the_time_of_its_reason():
    scene = dialing()
    scene.customer_fails(DialFailReason.Busy)
    assert "store: ReturnContact 1 1 Busy +600s" in scene.send("A", dispose())


def test_failed_dial_disposed_as_success_is_done():
    scene = dialing()
    scene.customer_fails(DialFailReason.Busy)
    assert "store: ReturnContact 1 1 Busy" in scene.send("A", dispose(2))


# -- talking -----------------------------------------------------------------------------------


def test_hold_and_unhold():
    scene = talking()
    assert scene.send("A", AGTHoldCall(SID)) == lines("""
        switch: Hold 1000000001
        A ! state Held
        A < HoldCall 0 1000000001
    """)
    assert scene.send("A", AGTUnholdCall(SID)) == lines("""
        switch: Unhold 1000000001
        A ! state Talking
        A < UnholdCall 0 1000000001
    """)


def test_digit_is_sent_into_the_call():
    scene = talking()
    assert scene.send("A", AGTSendDTMF("#", SID)) == lines("""
        switch: SendDigit 1000000001 #
        A < SendDTMF 0 1000000001
    """)


def test_details_of_the_customer():
    scene = talking()
    shown = scene.send("A", AGTGetCustomerDetails(SID))
    assert len(shown) == 1
    assert shown[0].startswith("A < GetCustomerDetails 0 1000000001 CustomerDetails(")
    assert "Attribute(First Name N1 WRITE)" in shown[0]


def test_details_end_with_the_numbers_of_campaign_and_agent_if_there_are_some():
    scene = talking()
    scene.store.job_numbers = (Number("campaign.Sold", 3.0), Number("agent.Sold", 1.5))
    assert "Sold" not in scene.send("A", AGTGetCustomerDetails(SID))[0]  # nobody has said so yet
    scene.post(JobsWanted((WantedJob(1, Wanted.RUN, has_numbers=True),)))
    (shown,) = scene.send("A", AGTGetCustomerDetails(SID))
    assert shown.startswith("A < GetCustomerDetails 0 1000000001 CustomerDetails([Attribute(First Name N1 ")
    assert shown.endswith("Attribute(campaign.Sold 3.0) Attribute(agent.Sold 1.5)])")


def test_call_dropped_by_the_agent_wrapped_up_and_followed_by_the_next():
    scene = talking()
    assert scene.send("A", AGTReleaseLine(SID)) == lines("""
        switch: HangUp 1000000001
        A ! state Wrapup
        A < ReleaseLine 0 1000000001 wrapup(60s+ Done)
    """)
    assert scene.send("A", AGTGetCompCodes(SID)) == lines("""
        A < GetCompCodes 0 1000000001 [CompletionCode(1 Done) CompletionCode(2 Sale) CompletionCode(3 Later)]
    """)
    assert scene.send("A", dispose(2)) == lines("""
        store: SaveDisposition 1000000001 1 A 2 agent
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state Idle
        A < WrapupContact 0 1000000001
        store: StartAttempt 1000000002 2 Progressive +49300000002
        switch: Dial 1000000002 +49300000002 25
    """)


def test_call_dropped_by_the_agent_with_a_break_asked_for_from_the_answer():
    scene = talking()
    scene.send("A", AGTReleaseLine(SID))
    scene.want_break()
    assert without(scene.send("A", dispose()), "store:") == lines("""
        A ! state Idle
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < WrapupContact 0 1000000001
    """)


def test_call_dropped_by_the_customer_when_talking():
    scene = talking()
    assert scene.customer_leaves() == lines("""
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)
    assert scene.customer_leaves() == []


def test_call_dropped_by_the_customer_when_held():
    scene = held()
    assert scene.customer_leaves() == lines("""
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)


def test_call_dropped_by_the_customer_with_a_break_asked_for_in_the_handler():
    scene = talking()
    scene.customer_leaves()
    assert scene.want_break() == lines("""
        A ! StateChangedNotify PendingNotReady
        A ! caps ready create_callback disposition originate update_record
        A < StateChange 0 PendingNotReady
    """)


@pytest.mark.slow
def test_call_that_lasts_too_long_is_cut():
    scene = talking()
    assert scene.wait_long(14_399) == []
    assert scene.wait(1) == lines("""
        switch: HangUp 1000000001
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)


# -- wrapup ------------------------------------------------------------------------------------


def test_wrapup_extended_once_and_ended_by_the_default_code():
    scene = wrapup(contacts=1)
    scene.wait(60)
    assert scene.send("A", AGTExtendWrapup(SID)) == lines("""
        A < ExtendWrapup 0 1000000001 wrapup(60s Done)
    """)
    assert scene.send("A", AGTExtendWrapup(SID)) == lines("""
        A < ExtendWrapup 9004
    """)
    assert scene.wait(64) == []
    assert scene.wait(1) == lines("""
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state Idle
        store: FinishJob finished
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
    """)


def test_wrapup_without_limit_waits_for_its_agent():
    scene = talking(contacts=1, acw_max_time_s=0)
    assert scene.customer_leaves(SID) == lines("""
        A ! AutoReleaseLine wrapup(0s Done) 1000000001
        A ! state Wrapup
    """)
    assert scene.send("A", AGTExtendWrapup(SID)) == ["A < ExtendWrapup 9004"]
    assert scene.wait_long(7200) == []  # the longest limit is an hour
    assert "A < WrapupContact 0 1000000001" in scene.send("A", dispose())


def test_wrapup_over_its_time_ends_with_the_default_code():
    scene = wrapup(contacts=1)
    assert scene.wait(64) == []
    assert scene.wait(1) == lines("""
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state Idle
        store: FinishJob finished
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
    """)


def test_completion_code_with_a_retry_brings_the_contact_back():
    scene = wrapup(contacts=1)
    assert "store: ReturnContact 1 1 Handled +900s" in scene.send("A", dispose(3))


def test_completion_code_with_a_retry_after_the_last_attempt_ends_the_contact():
    scene = wrapup(contacts=1, max_attempts=1)
    assert "store: ReturnContact 1 1 Handled" in scene.send("A", dispose(3))


def test_redial_that_is_answered():
    scene = wrapup()
    assert scene.send("A", AGTRedial(number_of(1))) == lines("""
        store: EndAttempt 1000000001 Handled A
        store: StartAttempt 1000000001.2 1 Progressive +49300000001 1000000001 A
        A ! state Dialing
        A < Redial 0 1000000001
        switch: Dial 1000000001 +49300000001 25
    """)
    assert scene.customer_answers(SID) == lines("""
        store: MarkAnswered 1000000001.2 A
        switch: Connect 1000000001 Z-1-line-A-1
        A ! state Talking
    """)


def test_redial_that_fails():
    scene = wrapup()
    scene.send("A", AGTRedial(number_of(1)))
    assert scene.customer_fails(DialFailReason.NoAnswer, SID) == lines("""
        A ! DialFailed wrapup(60s+ Done) NoAnswer 1000000001
        A ! state Wrapup
    """)
    assert scene.zone.stats.live_answers == 1


def test_redial_that_is_answered_counts_as_a_dial_of_its_own():
    scene = wrapup()
    scene.send("A", AGTRedial(number_of(1)))
    scene.customer_answers(SID)
    assert (scene.zone.stats.attempts, scene.zone.stats.live_answers) == (2, 2)


def test_redial_of_a_contact_that_was_cancelled_counts_the_answer():
    scene = preview()
    scene.send("A", AGTPreviewCancel(SID))
    scene.send("A", AGTRedial(number_of(1)))
    scene.customer_answers(SID)
    assert scene.zone.stats.live_answers == 1


# -- too late, or from another world -------------------------------------------------------------


@pytest.mark.parametrize("event", [CallFailed("?", DialFailReason.Busy), CallEnded("?")])
def test_word_of_an_unknown_call_changes_nothing(event):
    assert talking().post(event) == []


def test_unknown_call_that_is_answered_is_hung_up():
    assert talking().post(CallAnswered("?")) == ["switch: HangUp ?"]


@pytest.mark.parametrize("way", [preview, talking, held, wrapup, wrapup_nailing_lost])
@pytest.mark.parametrize("event", [CallAnswered(SID), CallFailed(SID, DialFailReason.Busy)])
def test_word_of_a_call_that_rings_no_more_changes_nothing(way, event):
    assert way().post(event) == []


@pytest.mark.parametrize("way", [preview, dialing, wrapup, wrapup_nailing_lost])
def test_end_of_a_call_that_is_not_on_changes_nothing(way):
    assert way().post(CallEnded(SID)) == []


def test_answer_about_dnc_after_the_contact_is_gone_dials_nothing():
    scene = preview(contacts=1)
    scene.answers_at_once = False
    scene.send("A", DIAL)
    scene.line_drops()
    assert scene.answer() == []


def test_customer_waits_when_the_switch_is_lost_and_is_a_nuisance():
    scene = overdialled()
    scene.customer_answers("1000000002")
    shown = scene.post(TelephonyLost())
    assert "store: EndAttempt 1000000002 Nuisance" in shown


def test_idle_agent_gets_the_next_contact_after_the_answer_to_its_wrapup():
    scene = wrapup()
    assert without(scene.send("A", dispose()), "store:") == lines("""
        A ! state Idle
        A < WrapupContact 0 1000000001
        switch: Dial 1000000002 +49300000002 25
    """)


def test_idle_agent_of_a_job_with_nothing_due_is_left_alone():
    assert nailed_idle().wait(60) == []


# -- what a job learns and has on hand ----------------------------------------------------------------


def test_contact_wrapped_up_tells_the_pacer_how_long_it_kept_its_agent():
    scene = talking()
    before = scene.zone.jobs[1].estimates.handle_s
    scene.wait(40)
    scene.send("A", AGTReleaseLine(SID))
    scene.wait(20)
    scene.send("A", AGTWrapupContact(CompletionCode(1), SID))
    after = scene.zone.jobs[1].estimates.handle_s
    assert after == pytest.approx(before + (60 - before) / (1 + CONTACTS.weight))


def test_job_claims_a_few_contacts_ahead_and_no_more():
    scene = Scene(
        PacingType.PreviewUntimed, contacts=40, config=ZoneConfig("Z", token_secret=bytes(32), fetch_size=4)
    )
    scene.nail()
    claimed = scene.store.claimed[1]
    for number in range(1, 13):
        sid = scene.agent("A").session.sid
        assert 1 <= len(claimed) <= 7  # one at work, two left when four more are fetched
        scene.send("A", AGTPreviewCancel(sid))
        scene.send("A", AGTWrapupContact(CompletionCode(1), sid))
        assert len(scene.store.done[1]) == number
