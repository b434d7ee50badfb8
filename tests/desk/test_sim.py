"""The simulated desktop, sequence by sequence (agent API, section 7)."""

from collections import Counter

import pytest
from attrs import evolve

from agentmgr.desk.params import AuxReason, DeskParams
from agentmgr.desk.sim import SimDesktop
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, DialFailReason, NailupStatus
from protocol.results import ResultCode
from protocol.structures import Capabilities, CompletionCode, KeyValuePair
from tests.desk.conversation import (
    CODES,
    CONTACT,
    CUSTOMER,
    DEFAULT,
    DETAILS,
    HOME,
    MOBILE,
    NOT_READY,
    OFFER,
    OK,
    READY,
    STEADY,
    T0,
    WRAPUP,
    Conversation,
)

# -- logon and nailing ---------------------------------------------------------------------


def test_start_logs_on_with_what_it_was_given() -> None:
    talk = Conversation()
    talk.start()
    assert talk.sent == c.AGTLogon("1001", "secret", False, "en_US", "UTC", "Default")
    assert not talk.desk.logged_on
    assert talk.desk.next_at() is None


def test_logon_confirmed_goes_ready_and_offers_its_phone_once() -> None:
    talk = Conversation()
    talk.log_on()
    assert talk.desk.logged_on
    assert talk.sent == c.AGTStateChange(AgentState.Ready)
    talk.tell(n.AGTStateChangedNotify(AgentState.Ready), n.AGTCapabilitiesChanged(READY))
    talk.answer(c.AGTStateChangeRESP(OK, AgentState.Ready))
    assert talk.sent == c.AGTAvailableForNailup()
    talk.answer(c.AGTAvailableForNailupRESP(OK))
    assert talk.sent is None
    assert talk.desk.next_at() is None
    assert (talk.desk.agent_state, talk.desk.capabilities) == (AgentState.Ready, READY)


def test_logon_elsewhere_already_is_repeated_by_force() -> None:
    talk = Conversation()
    talk.start()
    talk.answer(c.AGTLogonRESP(ResultCode.ALREADY_LOGGED_IN))
    assert talk.sent.is_force
    assert talk.desk.refusals == [("AGTLogon", ResultCode.ALREADY_LOGGED_IN)]
    talk.answer(c.AGTLogonRESP(OK))
    assert talk.desk.logged_on


def test_logon_refused_even_by_force_is_given_up() -> None:
    talk = Conversation()
    talk.start()
    talk.answer(c.AGTLogonRESP(ResultCode.ALREADY_LOGGED_IN))
    talk.answer(c.AGTLogonRESP(ResultCode.ALREADY_LOGGED_IN))
    assert talk.desk.finished
    assert talk.desk.failure is ResultCode.ALREADY_LOGGED_IN


def test_logon_with_a_wrong_password_is_given_up_with_the_reason() -> None:
    talk = Conversation()
    talk.start()
    talk.answer(c.AGTLogonRESP(ResultCode.AUTHENTICATION_FAILED))
    assert talk.sent is None
    assert talk.desk.finished
    assert talk.desk.failure is ResultCode.AUTHENTICATION_FAILED


def test_logon_while_the_server_is_starting_is_tried_again_later() -> None:
    talk = Conversation()
    talk.start()
    talk.answer(c.AGTLogonRESP(ResultCode.INITIALIZING))
    assert talk.sent is None
    assert talk.wait() == STEADY.retry_s
    assert talk.sent == c.AGTLogon("1001", "secret", False, "en_US", "UTC", "Default")


def test_nailing_announced_is_confirmed_each_time() -> None:
    talk = Conversation()
    talk.be_ready()
    for _ in range(2):
        talk.tell(n.AGTNailupChange(NailupStatus.PendingNailUp))
        assert talk.sent == c.AGTReadyForNailup()
        talk.answer(c.AGTReadyForNailupRESP(OK))
        talk.tell(n.AGTNailupChange(NailupStatus.NotNailedUp))
        assert talk.sent is None
    assert talk.desk.nailup_status is NailupStatus.NotNailedUp


def test_nailing_withdrawn_before_it_could_be_confirmed_is_not_confirmed() -> None:
    talk = Conversation()
    talk.log_on()
    talk.tell(n.AGTNailupChange(NailupStatus.PendingNailUp), n.AGTNailupChange(NailupStatus.NotNailedUp))
    talk.tell(n.AGTStateChangedNotify(AgentState.Ready), n.AGTCapabilitiesChanged(READY))
    talk.answer(c.AGTStateChangeRESP(OK, AgentState.Ready))
    talk.answer(c.AGTAvailableForNailupRESP(OK))
    assert talk.sent is None


def test_nailing_refused_while_telephony_is_down_is_confirmed_later() -> None:
    talk = Conversation()
    talk.be_ready()
    talk.tell(n.AGTNailupChange(NailupStatus.PendingNailUp))
    talk.answer(c.AGTReadyForNailupRESP(ResultCode.TELEPHONY_DOWN))
    assert talk.wait() == STEADY.retry_s
    assert talk.sent == c.AGTReadyForNailup()


# -- predictive and progressive ------------------------------------------------------------


def test_call_arrives_details_are_read_once_it_talks() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.tell(n.AGTCallNotify(CONTACT, "s1"))
    assert talk.sent is None
    talk.state(CallState.Talking)
    assert talk.sent == c.AGTGetCustomerDetails("s1")
    talk.answer(c.AGTGetCustomerDetailsRESP(OK, "s1", CUSTOMER))
    assert talk.sent is None
    assert talk.desk.next_at() is None


def test_customer_hangs_up_contact_is_wrapped_up_with_a_code_of_the_campaign() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.talk()
    talk.customer_leaves()
    talk.read_codes()
    assert talk.wait() == STEADY.wrapup_median_s
    assert isinstance(talk.sent, c.AGTWrapupContact)
    assert talk.sent.session_id == "s1"
    assert talk.sent.completion_code in CODES
    talk.wrapped_up()
    assert (talk.desk.wrapups_ok, talk.desk.contacts, talk.sent) == (1, 1, None)
    assert talk.desk.next_at() is None


def test_agent_releases_contact_is_wrapped_up_as_its_answer_allows() -> None:
    talk = Conversation(evolve(STEADY, release=1, wrapup_median_s=100))
    talk.be_idle()
    talk.talk()
    assert talk.wait() == STEADY.release_median_s
    assert talk.sent == c.AGTReleaseLine("s1")
    talk.state(CallState.Wrapup)
    talk.answer(c.AGTReleaseLineRESP(OK, "s1", DETAILS))
    talk.read_codes()
    assert talk.wait() == DETAILS.acw_max_time
    assert talk.sent == c.AGTWrapupContact(DEFAULT, "s1")


def test_release_refused_because_the_customer_was_quicker_is_not_repeated() -> None:
    talk = Conversation(evolve(STEADY, release=1))
    talk.be_idle()
    talk.talk()
    talk.wait()
    talk.customer_leaves()
    talk.answer(c.AGTReleaseLineRESP(ResultCode.RELEASE_FAILED, "s1"))
    talk.read_codes()
    talk.wait()
    assert isinstance(talk.sent, c.AGTWrapupContact)
    assert talk.desk.refusals == [("AGTReleaseLine", ResultCode.RELEASE_FAILED)]


def test_release_refused_after_the_next_contact_came_leaves_that_one_alone() -> None:
    talk = Conversation(evolve(STEADY, release=1))
    talk.be_idle()
    talk.talk()
    talk.wait()
    talk.state(CallState.Idle)
    talk.tell(n.AGTCallNotify(CONTACT, "s2"))
    talk.state(CallState.Talking)
    talk.answer(c.AGTReleaseLineRESP(ResultCode.BAD_DATA))
    talk.answer(c.AGTGetCustomerDetailsRESP(OK, "s2", CUSTOMER))
    assert talk.wait() == STEADY.release_median_s
    assert talk.sent == c.AGTReleaseLine("s2")


def test_hold_then_unhold_then_the_release_that_waited_meanwhile() -> None:
    talk = Conversation(evolve(STEADY, hold=1, release=1, release_median_s=25))
    talk.be_idle()
    talk.talk()
    assert talk.wait() == STEADY.hold_after_median_s
    assert talk.sent == c.AGTHoldCall("s1")
    talk.state(CallState.Held)
    talk.answer(c.AGTHoldCallRESP(OK, "s1"))
    assert talk.wait() == STEADY.hold_median_s
    assert talk.sent == c.AGTUnholdCall("s1")
    talk.state(CallState.Talking)
    talk.answer(c.AGTUnholdCallRESP(OK, "s1"))
    assert talk.sent == c.AGTReleaseLine("s1")


def test_unhold_refused_is_tried_again() -> None:
    talk = Conversation(evolve(STEADY, hold=1))
    talk.be_idle()
    talk.talk()
    talk.wait()
    talk.state(CallState.Held)
    talk.answer(c.AGTHoldCallRESP(OK, "s1"))
    talk.wait()
    talk.answer(c.AGTUnholdCallRESP(ResultCode.UNHOLD_FAILED, "s1"))
    assert talk.wait() == STEADY.retry_s
    assert talk.sent == c.AGTUnholdCall("s1")


def test_hold_refused_is_forgotten() -> None:
    talk = Conversation(evolve(STEADY, hold=1))
    talk.be_idle()
    talk.talk()
    talk.wait()
    talk.answer(c.AGTHoldCallRESP(ResultCode.HOLD_FAILED, "s1"))
    assert talk.desk.next_at() is None


def test_customer_hangs_up_during_hold_nothing_is_taken_off_hold() -> None:
    talk = Conversation(evolve(STEADY, hold=1))
    talk.be_idle()
    talk.talk()
    talk.wait()
    talk.state(CallState.Held)
    talk.answer(c.AGTHoldCallRESP(OK, "s1"))
    talk.customer_leaves()
    talk.read_codes()
    talk.wait()
    assert isinstance(talk.sent, c.AGTWrapupContact)


def test_capability_missing_nothing_that_needs_it_is_sent() -> None:
    talk = Conversation(evolve(STEADY, hold=1, release=1, attribute=1))
    talk.be_idle()
    talk.talk()
    talk.tell(n.AGTCapabilitiesChanged(Capabilities(not_ready=True)))
    assert talk.desk.next_at() is None
    assert talk.desk.due(T0 + 1000) == []


def test_attribute_writable_and_filled_is_confirmed_during_the_talk() -> None:
    talk = Conversation(evolve(STEADY, attribute=1))
    talk.be_idle()
    talk.talk()
    assert 1 <= talk.wait() <= 10
    assert talk.sent == c.AGTSetCustomerDetail(KeyValuePair("email", "a@example.org"), "s1")
    talk.answer(c.AGTSetCustomerDetailRESP(OK, "s1"))
    assert talk.desk.next_at() is None


def test_attribute_nothing_writable_nothing_is_sent() -> None:
    talk = Conversation(evolve(STEADY, attribute=1))
    talk.be_idle()
    talk.tell(n.AGTCallNotify(CONTACT, "s1"))
    talk.state(CallState.Talking)
    talk.answer(c.AGTGetCustomerDetailsRESP(ResultCode.CONTACT_NOT_FOUND))
    assert talk.desk.next_at() is None


# -- preview -------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [CallState.Preview, CallState.Callback])
def test_preview_is_dialled_at_its_default_number_after_a_look(state: CallState) -> None:
    talk = Conversation()
    talk.be_idle()
    talk.offer(state=state)
    assert talk.wait() == STEADY.preview_median_s
    assert talk.sent == c.AGTPreviewDial(MOBILE, "s1")
    talk.state(CallState.Dialing)
    talk.answer(c.AGTPreviewDialRESP(OK, "s1"))
    assert talk.desk.next_at() is None
    talk.state(CallState.Talking)
    talk.customer_leaves()
    talk.read_codes()
    talk.wait()
    talk.wrapped_up()
    assert talk.desk.wrapups_ok == 1


def test_preview_number_by_default_number_then_first_then_bare() -> None:
    for contact, number in [
        (evolve(OFFER, contact_numbers=(MOBILE, HOME), default_number=HOME.number), MOBILE),
        (evolve(OFFER, contact_numbers=(HOME,), default_number="+490"), HOME),
    ]:
        talk = Conversation()
        talk.be_idle()
        talk.offer(contact)
        talk.wait()
        assert talk.sent.contact_number == number
    talk = Conversation()
    talk.be_idle()
    talk.offer(evolve(OFFER, contact_numbers=()))
    talk.wait()
    assert talk.sent.contact_number.number == OFFER.default_number


def test_preview_timed_is_dialled_when_its_time_is_up() -> None:
    talk = Conversation(evolve(STEADY, preview_median_s=100))
    talk.be_idle()
    talk.offer(evolve(OFFER, timed=True, timeout=30))
    assert talk.wait() == 30
    assert talk.sent == c.AGTPreviewDial(MOBILE, "s1")


def test_preview_cancelled_goes_to_wrapup_with_the_details_of_the_answer() -> None:
    talk = Conversation(evolve(STEADY, preview_cancel=1, wrapup_median_s=90))
    talk.be_idle()
    talk.offer()
    assert talk.wait() == STEADY.preview_median_s
    assert talk.sent == c.AGTPreviewCancel("s1")
    talk.state(CallState.Wrapup)
    talk.answer(c.AGTPreviewCancelRESP(OK, "s1", DETAILS))
    talk.read_codes()
    assert talk.wait() == DETAILS.acw_max_time


def test_preview_that_may_not_be_cancelled_is_dialled() -> None:
    talk = Conversation(evolve(STEADY, preview_cancel=1))
    talk.be_idle()
    talk.offer(evolve(OFFER, can_cancel=False))
    talk.wait()
    assert isinstance(talk.sent, c.AGTPreviewDial)


def test_preview_dial_refused_is_cancelled_instead() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.offer()
    talk.wait()
    talk.answer(c.AGTPreviewDialRESP(ResultCode.DIAL_BAD_NUMBER, "s1"))
    assert talk.sent == c.AGTPreviewCancel("s1")


def test_preview_dial_refused_and_not_to_be_cancelled_is_tried_again() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.offer(evolve(OFFER, can_cancel=False))
    talk.wait()
    talk.answer(c.AGTPreviewDialRESP(ResultCode.FAILURE, "s1"))
    assert talk.wait() == STEADY.retry_s
    assert talk.sent == c.AGTPreviewDial(MOBILE, "s1")


def test_dial_failed_contact_is_wrapped_up_in_the_time_it_said() -> None:
    talk = Conversation(evolve(STEADY, wrapup_median_s=100))
    talk.be_idle()
    talk.offer()
    talk.wait()
    talk.state(CallState.Dialing)
    talk.answer(c.AGTPreviewDialRESP(OK, "s1"))
    talk.tell(n.AGTDialFailed(DETAILS, DialFailReason.Busy, "s1"))
    talk.state(CallState.Wrapup)
    talk.read_codes()
    assert talk.wait() == DETAILS.acw_max_time
    assert talk.sent == c.AGTWrapupContact(DEFAULT, "s1")


# -- wrapup --------------------------------------------------------------------------------


def in_wrapup(params: DeskParams) -> Conversation:
    talk = Conversation(params)
    talk.be_idle()
    talk.talk()
    talk.customer_leaves()
    talk.read_codes()
    return talk


def test_wrapup_codes_are_chosen_by_their_weights() -> None:
    chosen: Counter[CompletionCode] = Counter()
    talk = Conversation(evolve(STEADY, code_weights=(6.0, 1.0)))
    talk.be_idle()
    for n_contacts in range(2000):
        sid = f"s{n_contacts}"
        talk.talk(sid)
        talk.customer_leaves(sid)
        talk.read_codes(sid)
        talk.wait()
        chosen[talk.sent.completion_code] += 1
        talk.wrapped_up(sid)
    assert talk.desk.wrapups_ok == 2000
    for code, weight in zip(CODES, (6, 1, 1), strict=True):
        assert chosen[code] / 2000 == pytest.approx(weight / 8, abs=0.04)


def test_wrapup_codes_not_told_the_default_ends_it() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.talk()
    talk.customer_leaves()
    talk.answer(c.AGTGetCompCodesRESP(ResultCode.FAILURE, "s1"))
    talk.wait()
    assert talk.sent == c.AGTWrapupContact(DEFAULT, "s1")


def test_wrapup_after_lost_nailing_needs_no_details() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.talk()
    talk.tell(n.AGTNailupChange(NailupStatus.NailingLost))
    talk.tell(n.AGTCallStateChangedNotify(CallState.Wrapup))
    talk.tell(n.AGTCapabilitiesChanged(evolve(WRAPUP, originate=False)))
    assert talk.sent == c.AGTGetCompCodes("s1")
    assert talk.desk.next_at() is None
    talk.read_codes()
    assert talk.wait() == STEADY.wrapup_median_s
    assert talk.sent.completion_code in CODES


def test_wrapup_neither_codes_nor_details_known_waits_for_the_server() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.talk()
    talk.state(CallState.Wrapup)
    talk.answer(c.AGTGetCompCodesRESP(ResultCode.FAILURE, "s1"))
    assert talk.desk.next_at() is None


def test_wrapup_refused_is_repeated_with_the_default_code() -> None:
    talk = in_wrapup(STEADY)
    talk.wait()
    talk.answer(c.AGTWrapupContactRESP(ResultCode.WRAPUP_BAD_CODE, "s1"))
    assert (talk.desk.wrapups_ok, talk.desk.wrapups_refused) == (0, 1)
    assert talk.wait() == STEADY.retry_s
    assert talk.sent == c.AGTWrapupContact(DEFAULT, "s1")
    talk.wrapped_up()
    assert (talk.desk.wrapups_ok, talk.desk.wrapups_refused) == (1, 1)
    assert talk.desk.refusals == [("AGTWrapupContact", ResultCode.WRAPUP_BAD_CODE)]


def test_wrapup_refused_because_the_server_was_quicker_is_not_repeated() -> None:
    talk = in_wrapup(STEADY)
    talk.wait()
    talk.state(CallState.Idle)
    talk.answer(c.AGTWrapupContactRESP(ResultCode.WRAPUP_NO_CONTACT))
    assert talk.desk.next_at() is None
    talk.talk("s2")
    talk.customer_leaves("s2")
    talk.read_codes("s2")
    talk.wait()
    assert talk.sent.completion_code in CODES


def test_wrapup_codes_of_the_contact_before_are_not_used() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.talk()
    talk.customer_leaves()
    talk.state(CallState.Idle)
    talk.tell(n.AGTCallNotify(CONTACT, "s2"))
    talk.state(CallState.Talking)
    talk.answer(c.AGTGetCompCodesRESP(OK, "s1", (CompletionCode(5, "Old"),)))
    talk.answer(c.AGTGetCustomerDetailsRESP(OK, "s2", CUSTOMER))
    talk.customer_leaves("s2")
    talk.read_codes("s2")
    talk.wait()
    assert talk.sent.completion_code in CODES


def test_wrapup_note_is_added_before_the_code() -> None:
    talk = in_wrapup(evolve(STEADY, note=1))
    assert talk.wait() == pytest.approx(STEADY.wrapup_median_s / 3)
    assert isinstance(talk.sent, c.AGTAddAgentNote)
    assert talk.sent.agent_note
    talk.answer(c.AGTAddAgentNoteRESP(OK, "s1"))
    talk.wait()
    assert isinstance(talk.sent, c.AGTWrapupContact)
    assert talk.now - T0 == pytest.approx(STEADY.wrapup_median_s)


def test_wrapup_redial_once_then_wrapped_up() -> None:
    talk = in_wrapup(evolve(STEADY, redial=1))
    assert talk.wait() == STEADY.wrapup_median_s / 2
    assert talk.sent == c.AGTRedial(MOBILE)
    talk.tell(n.AGTSessionIDChange("s1", "s2"))
    talk.state(CallState.Dialing)
    talk.answer(c.AGTRedialRESP(OK, "s2"))
    assert talk.desk.next_at() is None
    talk.state(CallState.Talking)
    talk.customer_leaves("s2")
    talk.read_codes("s2")
    assert talk.wait() == STEADY.wrapup_median_s
    assert talk.sent.session_id == "s2"


def test_wrapup_redial_fails_goes_on_wrapping_up() -> None:
    talk = in_wrapup(evolve(STEADY, redial=1))
    talk.wait()
    talk.state(CallState.Dialing)
    talk.tell(n.AGTDialFailed(DETAILS, DialFailReason.NoAnswer, "s1"))
    talk.state(CallState.Wrapup)
    talk.answer(c.AGTRedialRESP(OK, "s1"))
    talk.read_codes()
    assert talk.wait() == STEADY.wrapup_median_s
    assert isinstance(talk.sent, c.AGTWrapupContact)


def test_wrapup_redial_not_allowed_is_left_out() -> None:
    talk = in_wrapup(evolve(STEADY, redial=1))
    talk.tell(n.AGTCapabilitiesChanged(evolve(WRAPUP, originate=False)))
    assert talk.wait() == STEADY.wrapup_median_s
    assert isinstance(talk.sent, c.AGTWrapupContact)


def test_wrapup_extended_is_ended_with_a_chosen_code_after_the_first_limit() -> None:
    talk = in_wrapup(evolve(STEADY, extend=1))
    assert talk.wait() == pytest.approx(0.8 * DETAILS.acw_max_time)
    assert talk.sent == c.AGTExtendWrapup("s1")
    talk.answer(c.AGTExtendWrapupRESP(OK, "s1", evolve(DETAILS, acw_extendable=False)))
    talk.wait()
    assert talk.now - T0 == pytest.approx(1.2 * DETAILS.acw_max_time)
    assert talk.sent.completion_code in CODES


def test_wrapup_extension_refused_the_default_code_ends_it_in_time() -> None:
    talk = in_wrapup(evolve(STEADY, extend=1))
    talk.wait()
    talk.answer(c.AGTExtendWrapupRESP(ResultCode.WRONG_STATE, "s1"))
    talk.wait()
    assert talk.now - T0 == pytest.approx(DETAILS.acw_max_time)
    assert talk.sent == c.AGTWrapupContact(DEFAULT, "s1")


def test_wrapup_extension_is_short_the_new_limit_holds() -> None:
    talk = in_wrapup(evolve(STEADY, extend=1))
    talk.wait()
    talk.answer(c.AGTExtendWrapupRESP(OK, "s1", evolve(DETAILS, acw_max_time=15, acw_extendable=False)))
    talk.wait()
    assert talk.now - T0 == pytest.approx(0.8 * DETAILS.acw_max_time + 15)
    assert talk.sent == c.AGTWrapupContact(DEFAULT, "s1")


def test_wrapup_not_extendable_is_not_extended() -> None:
    talk = Conversation(evolve(STEADY, extend=1))
    talk.be_idle()
    talk.talk()
    talk.tell(n.AGTAutoReleaseLine(evolve(DETAILS, acw_extendable=False), "s1"))
    talk.state(CallState.Wrapup)
    talk.read_codes()
    assert talk.wait() == DETAILS.acw_max_time
    assert talk.sent == c.AGTWrapupContact(DEFAULT, "s1")


def test_wrapup_without_limit_takes_as_long_as_the_agent_likes() -> None:
    talk = Conversation(evolve(STEADY, extend=1))
    talk.be_idle()
    talk.talk()
    talk.tell(n.AGTAutoReleaseLine(evolve(DETAILS, acw_max_time=0, acw_extendable=False), "s1"))
    talk.state(CallState.Wrapup)
    talk.read_codes()
    assert 0 < talk.wait() < float("inf")
    assert talk.sent.completion_code in CODES


def test_wrapup_times_are_log_normal() -> None:
    talk = Conversation(evolve(STEADY, wrapup_median_s=20, wrapup_sigma=0.5))
    talk.be_idle()
    times = []
    for _ in range(1500):
        talk.talk()
        talk.tell(n.AGTAutoReleaseLine(evolve(DETAILS, acw_max_time=10_000), "s1"))
        talk.state(CallState.Wrapup)
        talk.read_codes()
        times.append(talk.wait())
        talk.wrapped_up()
    times.sort()
    assert times[750] == pytest.approx(20, rel=0.08)
    assert times[int(1500 * 0.841)] == pytest.approx(20 * 2.718281828**0.5, rel=0.1)


# -- breaks --------------------------------------------------------------------------------

REASONS = (AuxReason("7", "Lunch"),)


def test_break_after_the_contact_begins_and_ends() -> None:
    talk = in_wrapup(evolve(STEADY, aux=1, aux_in_wrapup=0, aux_reasons=REASONS))
    talk.wait()
    talk.wrapped_up()
    assert talk.sent == c.AGTStateChange(AgentState.NotReady, "7", "Lunch")
    talk.tell(n.AGTStateChangedNotify(AgentState.NotReady), n.AGTCapabilitiesChanged(NOT_READY))
    talk.answer(c.AGTStateChangeRESP(OK, AgentState.NotReady))
    assert talk.wait() == STEADY.aux_median_s
    assert talk.sent == c.AGTStateChange(AgentState.Ready)
    talk.tell(n.AGTStateChangedNotify(AgentState.Ready), n.AGTCapabilitiesChanged(READY))
    talk.answer(c.AGTStateChangeRESP(OK, AgentState.Ready))
    assert talk.sent is None


def test_break_asked_for_in_wrapup_begins_when_the_contact_is_over() -> None:
    talk = Conversation(evolve(STEADY, aux=1, aux_in_wrapup=1, aux_reasons=REASONS))
    talk.be_idle()
    talk.talk()
    talk.customer_leaves()
    assert talk.sent == c.AGTStateChange(AgentState.NotReady, "7", "Lunch")
    talk.tell(n.AGTStateChangedNotify(AgentState.PendingNotReady))
    talk.tell(n.AGTCapabilitiesChanged(evolve(WRAPUP, ready=True, not_ready=False)))
    talk.answer(c.AGTStateChangeRESP(OK, AgentState.PendingNotReady))
    talk.read_codes()
    talk.wait()
    talk.tell(n.AGTCallStateChangedNotify(CallState.Idle), n.AGTStateChangedNotify(AgentState.NotReady))
    talk.tell(n.AGTCapabilitiesChanged(NOT_READY))
    talk.answer(c.AGTWrapupContactRESP(OK, "s1"))
    assert talk.sent is None
    assert talk.wait() == STEADY.aux_median_s
    assert talk.sent == c.AGTStateChange(AgentState.Ready)


def test_break_refused_is_asked_for_again() -> None:
    talk = in_wrapup(evolve(STEADY, aux=1, aux_in_wrapup=0))
    talk.wait()
    talk.wrapped_up()
    talk.answer(c.AGTStateChangeRESP(ResultCode.STATE_CHANGE_REFUSED))
    assert talk.wait() == STEADY.retry_s
    assert talk.sent.agent_state is AgentState.NotReady


# -- the end -------------------------------------------------------------------------------


def go_not_ready(talk: Conversation) -> None:
    assert talk.sent == c.AGTStateChange(AgentState.NotReady, "0", "End of shift")
    talk.tell(n.AGTStateChangedNotify(AgentState.NotReady), n.AGTCapabilitiesChanged(NOT_READY))
    talk.answer(c.AGTStateChangeRESP(OK, AgentState.NotReady))


def log_off(talk: Conversation) -> None:
    assert talk.sent == c.AGTLogoff()
    talk.answer(c.AGTLogoffRESP(OK))
    assert talk.desk.finished
    assert not talk.desk.logged_on
    assert talk.desk.next_at() is None
    assert talk.desk.failure is None


def test_stop_idle_goes_not_ready_and_logs_off() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.stop()
    go_not_ready(talk)
    log_off(talk)


def test_stop_during_a_contact_brings_it_to_its_end_first() -> None:
    talk = Conversation(evolve(STEADY, aux=1, aux_in_wrapup=0))
    talk.be_idle()
    talk.talk()
    talk.stop()
    assert talk.sent == c.AGTStateChange(AgentState.NotReady, "0", "End of shift")
    talk.tell(n.AGTStateChangedNotify(AgentState.PendingNotReady))
    talk.answer(c.AGTStateChangeRESP(OK, AgentState.PendingNotReady))
    talk.customer_leaves()
    talk.read_codes()
    talk.wait()
    talk.tell(n.AGTCallStateChangedNotify(CallState.Idle), n.AGTStateChangedNotify(AgentState.NotReady))
    talk.tell(n.AGTCapabilitiesChanged(NOT_READY))
    talk.answer(c.AGTWrapupContactRESP(OK, "s1"))
    assert talk.desk.wrapups_ok == 1
    log_off(talk)


def test_stop_during_a_break_logs_off_at_once() -> None:
    talk = in_wrapup(evolve(STEADY, aux=1, aux_in_wrapup=0))
    talk.wait()
    talk.wrapped_up()
    talk.tell(n.AGTStateChangedNotify(AgentState.NotReady), n.AGTCapabilitiesChanged(NOT_READY))
    talk.answer(c.AGTStateChangeRESP(OK, AgentState.NotReady))
    talk.stop()
    log_off(talk)


def test_stop_while_logging_on_logs_off_without_going_ready() -> None:
    talk = Conversation()
    talk.start()
    talk.stop()
    talk.tell(n.AGTCapabilitiesChanged(NOT_READY))
    talk.answer(c.AGTLogonRESP(OK))
    log_off(talk)


def test_stop_while_going_ready_goes_back_to_not_ready() -> None:
    talk = Conversation()
    talk.log_on()
    talk.stop()
    talk.tell(n.AGTStateChangedNotify(AgentState.Ready), n.AGTCapabilitiesChanged(READY))
    talk.answer(c.AGTStateChangeRESP(OK, AgentState.Ready))
    go_not_ready(talk)
    talk.answer(c.AGTAvailableForNailupRESP(OK))
    log_off(talk)


def test_stop_while_the_logon_is_refused_is_the_end() -> None:
    talk = Conversation()
    talk.start()
    talk.stop()
    talk.answer(c.AGTLogonRESP(ResultCode.INITIALIZING))
    assert talk.desk.finished
    assert talk.sent is None


def test_stop_not_logged_on_is_the_end() -> None:
    talk = Conversation()
    talk.stop()
    assert talk.desk.finished
    assert talk.sent is None


def test_logoff_refused_is_tried_again() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.stop()
    go_not_ready(talk)
    talk.answer(c.AGTLogoffRESP(ResultCode.LOGOFF_STATE))
    assert talk.wait() == STEADY.retry_s
    log_off(talk)


def test_logged_out_in_the_middle_nothing_more_is_sent() -> None:
    talk = in_wrapup(STEADY)
    talk.tell(n.AGTAgentLoggedOut())
    assert talk.desk.finished
    assert not talk.desk.logged_on
    assert talk.desk.next_at() is None
    assert talk.desk.due(T0 + 1000) == []
    assert talk.desk.start(T0 + 1000) == []


def test_logged_out_before_the_answer_a_confirmed_wrapup_still_counts() -> None:
    talk = in_wrapup(STEADY)
    talk.wait()
    talk.tell(n.AGTAgentLoggedOut())
    talk.answer(c.AGTWrapupContactRESP(OK, "s1"))
    assert talk.desk.wrapups_ok == 1
    assert talk.sent is None


def test_logged_out_before_the_logon_was_answered_is_the_end() -> None:
    talk = Conversation()
    talk.start()
    talk.tell(n.AGTAgentLoggedOut())
    talk.answer(c.AGTLogonRESP(OK))
    assert talk.desk.finished
    assert not talk.desk.logged_on


def test_not_logged_on_any_more_is_the_end() -> None:
    talk = Conversation()
    talk.be_ready()
    talk.tell(n.AGTNailupChange(NailupStatus.PendingNailUp))
    talk.answer(c.AGTReadyForNailupRESP(ResultCode.NOT_LOGGED_ON))
    assert talk.desk.finished


def test_zone_down_logs_off() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.tell(n.AGTZoneDown("Default", 5000))
    go_not_ready(talk)
    log_off(talk)


def test_agent_that_returns_works_on_while_its_zone_goes_down_and_logs_on_again_behind_it() -> None:
    talk = Conversation(DeskParams(returns=True))
    talk.be_idle()
    talk.tell(n.AGTZoneDown("Default", 5000))
    assert not talk.desk.stopping
    talk.tell(n.AGTAgentLoggedOut())
    assert not talk.desk.finished
    talk.wait()
    assert isinstance(talk.sent, c.AGTLogon)


def test_connection_lost_in_a_contact_starts_again_with_a_logon() -> None:
    talk = in_wrapup(STEADY)
    talk.wait()
    talk.tell(n.POMNotAvailable())
    talk.answer(c.AGTWrapupContactRESP(ResultCode.MANAGER_NOT_AVAILABLE))
    desk = talk.desk
    assert (desk.call_state, desk.nailup_status) == (CallState.NoState, NailupStatus.NotNailedUp)
    assert (desk.logged_on, desk.finished, desk.capabilities) == (False, False, Capabilities())
    assert talk.wait() == STEADY.retry_s
    talk.answer(c.AGTLogonRESP(ResultCode.MANAGER_NOT_AVAILABLE))
    assert talk.wait() == STEADY.retry_s
    talk.tell(n.AGTCapabilitiesChanged(NOT_READY))
    talk.answer(c.AGTLogonRESP(OK))
    talk.tell(n.AGTStateChangedNotify(AgentState.Ready), n.AGTCapabilitiesChanged(READY))
    talk.answer(c.AGTStateChangeRESP(OK, AgentState.Ready))
    assert talk.sent == c.AGTAvailableForNailup()


def test_connection_lost_while_stopping_is_the_end() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.stop()
    talk.tell(n.POMNotAvailable())
    talk.answer(c.AGTStateChangeRESP(ResultCode.MANAGER_NOT_AVAILABLE))
    assert talk.desk.finished
    assert talk.sent is None


def test_answer_nobody_waits_for_is_the_drivers_mistake() -> None:
    desk = SimDesktop("1001", "secret", "Default", 1)
    with pytest.raises(ValueError, match="AGTLogoffRESP for 1001, who waits for no answer"):
        desk.answered(c.AGTLogoff(), c.AGTLogoffRESP(OK), T0)


def test_notification_of_no_meaning_is_ignored() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.tell(n.POMAvailable("Default"), n.AGTSessionIDChange("a", "b"), n.AGTBlendedToInbound())
    talk.tell(n.AGTCallStateChangedNotify(CallState.Consult), n.AGTCallStateChangedNotify(CallState.Idle))
    assert talk.sent is None
    assert talk.desk.next_at() is None


# -- chance --------------------------------------------------------------------------------

LIVELY = DeskParams(hold=0.5, release=0.5, aux=0.3, note=0.5, attribute=0.5, extend=0.2)


def diary(seed: int, contacts: int = 60) -> list[tuple[float, str]]:
    """Serve an agent many contacts: every command it sent, with its time."""
    talk = Conversation(LIVELY, seed)
    talk.be_idle()
    sent: list[tuple[float, str]] = []
    for number in range(contacts):
        sid = f"s{number}"
        if talk.desk.agent_state is AgentState.NotReady:
            talk.wait()
            talk.tell(n.AGTStateChangedNotify(AgentState.Ready), n.AGTCapabilitiesChanged(READY))
            talk.answer(c.AGTStateChangeRESP(OK, AgentState.Ready))
        talk.talk(sid)
        hangs_up_at = talk.now + 90
        while (at := talk.desk.next_at()) is not None and at < hangs_up_at:
            talk.wait()
            sent.append((talk.now, repr(talk.sent)))
            if serve(talk, sid):
                break
        else:
            talk.now = hangs_up_at
            talk.customer_leaves(sid)
        while talk.desk.call_state is CallState.Wrapup or talk.sent is not None:
            if talk.sent is None:
                talk.wait()
            sent.append((talk.now, repr(talk.sent)))
            serve(talk, sid)
    assert talk.desk.wrapups_ok == contacts
    return sent


def serve(talk: Conversation, sid: str) -> bool:
    """Answer whatever was sent; tells whether the call is over by it."""
    match talk.sent:
        case c.AGTHoldCall():
            talk.state(CallState.Held)
            talk.answer(c.AGTHoldCallRESP(OK, sid))
        case c.AGTUnholdCall():
            talk.state(CallState.Talking)
            talk.answer(c.AGTUnholdCallRESP(OK, sid))
        case c.AGTSetCustomerDetail():
            talk.answer(c.AGTSetCustomerDetailRESP(OK, sid))
        case c.AGTReleaseLine():
            talk.state(CallState.Wrapup)
            talk.answer(c.AGTReleaseLineRESP(OK, sid, DETAILS))
            return True
        case c.AGTGetCompCodes():
            talk.answer(c.AGTGetCompCodesRESP(OK, sid, CODES))
        case c.AGTAddAgentNote():
            talk.answer(c.AGTAddAgentNoteRESP(OK, sid))
        case c.AGTExtendWrapup():
            talk.answer(c.AGTExtendWrapupRESP(OK, sid, evolve(DETAILS, acw_extendable=False)))
        case c.AGTRedial():
            talk.answer(c.AGTRedialRESP(ResultCode.REDIAL_STATE, sid))
        case c.AGTStateChange():
            in_contact = talk.desk.call_state is CallState.Wrapup
            state = AgentState.PendingNotReady if in_contact else AgentState.NotReady
            can = evolve(talk.desk.capabilities, ready=True, not_ready=not in_contact)
            talk.tell(n.AGTStateChangedNotify(state), n.AGTCapabilitiesChanged(can))
            talk.answer(c.AGTStateChangeRESP(OK, state))
        case c.AGTWrapupContact():
            talk.tell(n.AGTCallStateChangedNotify(CallState.Idle))
            if talk.desk.agent_state is AgentState.PendingNotReady:
                talk.tell(n.AGTStateChangedNotify(AgentState.NotReady), n.AGTCapabilitiesChanged(NOT_READY))
            else:
                talk.tell(n.AGTCapabilitiesChanged(READY))
            talk.answer(c.AGTWrapupContactRESP(OK, sid))
        case other:
            raise AssertionError(f"not expected: {other}")
    return False


def test_desktop_same_seed_same_commands_at_the_same_times() -> None:
    assert diary(5) == diary(5)


def test_desktop_another_seed_works_differently() -> None:
    assert diary(5) != diary(6)


def test_desktop_habits_show_as_often_as_their_chances_say() -> None:
    contacts = 1500
    names = Counter(text.split("(")[0] for _, text in diary(3, contacts))
    assert names["AGTAddAgentNote"] / contacts == pytest.approx(LIVELY.note, abs=0.05)
    assert names["AGTSetCustomerDetail"] / contacts == pytest.approx(LIVELY.attribute, abs=0.08)
    assert names["AGTHoldCall"] / contacts == pytest.approx(LIVELY.hold, abs=0.08)
    assert names["AGTStateChange"] / contacts == pytest.approx(LIVELY.aux, abs=0.05)
    assert names["AGTExtendWrapup"] / contacts == pytest.approx(LIVELY.extend, abs=0.05)
    assert names["AGTRedial"] / contacts == pytest.approx(LIVELY.redial, abs=0.02)
    assert names["AGTReleaseLine"] / contacts < LIVELY.release
    assert names["AGTHoldCall"] >= names["AGTUnholdCall"] > 0
    assert names["AGTWrapupContact"] == contacts


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"hold": 1.2}, "hold"),
        ({"wrapup_median_s": 0}, "wrapup_median_s"),
        ({"sigma": -0.1}, "sigma"),
        ({"code_weights": ()}, "code_weights"),
        ({"code_weights": (1.0, 0.0)}, "code_weights"),
        ({"aux_reasons": ()}, "aux_reasons"),
    ],
)
def test_params_value_out_of_range_is_refused_by_name(changes: dict[str, object], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        DeskParams(**changes)  # type: ignore[arg-type]  # wrong on purpose
