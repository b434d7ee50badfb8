"""The simulated desktop with others: consults, conferences, callbacks, inbound, and coming back."""

from typing import Any

import pytest
from attrs import evolve

from agentmgr.desk.params import DeskParams
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallbackType, CallState, ContactType, DestinationType, NailupStatus
from protocol.results import ResultCode
from protocol.structures import AgentStatus, CallbackDest, Capabilities, Destination
from tests.desk.conversation import CONTACT, CUSTOMER, OFFER, OK, STEADY, T0, TALKING, Conversation

ASKS = evolve(
    STEADY,
    consult=1,
    consult_external=0,
    consult_cancel=0,
    transfer=0,
    conference=0,
    ownership=0,
    leave=0,
    consult_after_median_s=15,
    consult_median_s=20,
    conference_median_s=30,
)
CALLS_BACK = evolve(STEADY, callback=1, consult_after_median_s=15, callback_min_s=600, callback_max_s=600)
COLLEAGUE = Destination(DestinationType.Agent, "1002", "Ann")
OUTSIDE = Destination(DestinationType.External, "+4930555", "Back office")
ASKED = Capabilities(not_ready=True, leave_consult=True, send_dtmf=True, update_record=True)
CONSULTS = evolve(ASKED, transfer=True, conference=True)
CONSULTS_OUTSIDE = evolve(ASKED, conference=True)
HELPS = Capabilities(not_ready=True, leave_consult=True)
OWNS = Capabilities(not_ready=True, end_conference=True, change_ownership=True)
LISTENS = Capabilities(not_ready=True, leave_conference=True)


def enter(talk: Conversation, state: CallState, can: Capabilities) -> None:
    talk.tell(n.AGTCallStateChangedNotify(state), n.AGTCapabilitiesChanged(can))


def asking(params: DeskParams = ASKS, destination: Destination = COLLEAGUE) -> Conversation:
    """An agent who has just sent AGTConsultCall."""
    talk = Conversation(params)
    talk.be_idle()
    talk.talk()
    assert talk.wait() == 15
    assert talk.sent == c.AGTGetConsultTypes("s1")
    both = (DestinationType.Agent, DestinationType.External)
    talk.answer(c.AGTGetConsultTypesRESP(OK, "s1", both))
    assert talk.sent == c.AGTGetConsultDestsForType(destination.destination_type, "s1")
    talk.answer(c.AGTGetConsultDestsForTypeRESP(OK, "s1", destination.destination_type, (destination,)))
    assert talk.sent == c.AGTConsultCall(destination, "s1")
    return talk


def consulting(params: DeskParams = ASKS) -> Conversation:
    """The same, when the colleague is on the line."""
    talk = asking(params)
    talk.answer(c.AGTConsultCallRESP(OK, "s1"))
    enter(talk, CallState.Consult, CONSULTS)
    return talk


# -- asking ----------------------------------------------------------------------------------


def test_consult_ends_by_cancelling_if_nothing_else_is_wanted() -> None:
    talk = consulting()
    assert talk.wait() == 21
    assert talk.sent == c.AGTCancelConsult("s1")
    enter(talk, CallState.Talking, TALKING)
    talk.answer(c.AGTCancelConsultRESP(OK, "s1"))
    assert talk.wait() == 15
    assert talk.sent == c.AGTGetConsultTypes("s1")


def test_consult_outside_asks_the_address_book() -> None:
    asking(evolve(ASKS, consult_external=1), OUTSIDE)


def test_consult_nobody_there_is_given_up() -> None:
    talk = Conversation(ASKS)
    talk.be_idle()
    talk.talk()
    talk.wait()
    talk.answer(c.AGTGetConsultTypesRESP(OK, "s1", (DestinationType.Agent,)))
    talk.answer(c.AGTGetConsultDestsForTypeRESP(ResultCode.NO_AGENTS))
    assert talk.desk.next_at() is None


def test_consult_refused_is_given_up() -> None:
    talk = asking()
    talk.answer(c.AGTConsultCallRESP(ResultCode.CONSULT_NOT_READY))
    assert talk.desk.next_at() is None
    assert talk.desk.refusals == [("AGTConsultCall", ResultCode.CONSULT_NOT_READY)]


def test_consult_that_waits_is_given_up_after_a_while_if_the_agent_is_like_that() -> None:
    for chance, sent in ((1.0, c.AGTCancelConsult("s1")), (0.0, None)):
        talk = asking(evolve(ASKS, consult_cancel=chance))
        talk.tell(n.AGTCapabilitiesChanged(ASKED))
        talk.answer(c.AGTConsultCallRESP(OK, "s1"))
        if sent is None:
            assert talk.desk.next_at() is None
        else:
            assert talk.wait() == 20
            assert talk.sent == sent


def test_consult_fails_the_talk_goes_on_without_another() -> None:
    talk = asking(evolve(ASKS, release=1, release_median_s=80))
    talk.tell(n.AGTCapabilitiesChanged(ASKED))
    talk.answer(c.AGTConsultCallRESP(OK, "s1"))
    enter(talk, CallState.Talking, TALKING)
    assert talk.wait() == 65
    assert talk.sent == c.AGTReleaseLine("s1")


def test_consult_customer_hangs_up_contact_is_wrapped_up() -> None:
    talk = consulting()
    talk.customer_leaves()
    talk.read_codes()
    assert talk.wait() == 10
    assert isinstance(talk.sent, c.AGTWrapupContact)


def test_transfer_hands_the_contact_over_and_ends_it_here() -> None:
    talk = consulting(evolve(ASKS, transfer=1))
    assert talk.wait() == 20
    assert talk.sent == c.AGTCompleteTransfer("s1")
    talk.state(CallState.Idle)
    talk.answer(c.AGTCompleteTransferRESP(OK, "s1"))
    assert talk.desk.contacts == 1
    assert talk.desk.next_at() is None


def test_transfer_not_possible_with_somebody_outside_the_consult_is_cancelled() -> None:
    talk = asking(evolve(ASKS, consult_external=1, transfer=1), OUTSIDE)
    talk.answer(c.AGTConsultCallRESP(OK, "s1"))
    enter(talk, CallState.Consult, CONSULTS_OUTSIDE)
    assert talk.wait() == 21
    assert talk.sent == c.AGTCancelConsult("s1")


@pytest.mark.parametrize(
    ("ownership", "waited_s", "sent"),
    [(0.0, 31, c.AGTEndConf("s1")), (1.0, 30, c.AGTConfChangeOwnership("s1"))],
)
def test_conference_is_ended_or_given_away(ownership: float, waited_s: float, sent: Any) -> None:
    talk = consulting(evolve(ASKS, conference=1, ownership=ownership))
    assert talk.wait() == 20
    assert talk.sent == c.AGTStartConf("s1")
    enter(talk, CallState.ConferenceOwner, OWNS)
    talk.answer(c.AGTStartConfRESP(OK, "s1"))
    assert talk.wait() == waited_s
    assert talk.sent == sent


def test_conference_given_away_the_contact_is_a_colleagues_from_then_on() -> None:
    talk = consulting(evolve(ASKS, conference=1, ownership=1))
    talk.wait()
    enter(talk, CallState.ConferenceOwner, OWNS)
    talk.answer(c.AGTStartConfRESP(OK, "s1"))
    talk.wait()
    enter(talk, CallState.ConferencePassive, LISTENS)
    talk.answer(c.AGTConfChangeOwnershipRESP(OK, "s1"))
    assert talk.desk.next_at() is None
    talk.tell(n.AGTConferenceEnded("s1"))
    talk.state(CallState.Idle)
    assert talk.desk.contacts == 0


# -- being asked -----------------------------------------------------------------------------


def helping(params: DeskParams = ASKS) -> Conversation:
    """An agent whom a colleague consults."""
    talk = Conversation(params)
    talk.be_idle()
    talk.tell(n.AGTConsultNotify(CONTACT, "1002", "s7"))
    enter(talk, CallState.Consult, HELPS)
    assert talk.sent == c.AGTGetCustomerDetails("s7")
    talk.answer(c.AGTGetCustomerDetailsRESP(OK, "s7", CUSTOMER))
    return talk


def test_helping_agent_waits_to_be_sent_away_and_counts_no_contact() -> None:
    talk = helping()
    assert talk.desk.next_at() is None
    talk.tell(n.AGTConsultCancelled("1002", "s7"))
    talk.state(CallState.Idle)
    assert talk.desk.contacts == 0


def test_helping_agent_leaves_and_notes_if_it_is_like_that() -> None:
    talk = helping(evolve(ASKS, leave=1, note=1))
    assert talk.wait() == 2
    assert isinstance(talk.sent, c.AGTAddAgentNote)
    talk.answer(c.AGTAddAgentNoteRESP(OK, "s7"))
    assert talk.wait() == 18
    assert talk.sent == c.AGTCancelConsult("s7")


def test_helping_agent_gets_the_customer_and_wraps_up() -> None:
    talk = helping()
    talk.tell(n.AGTTransferNotify(CONTACT, "s7"))
    enter(talk, CallState.Talking, TALKING)
    talk.customer_leaves("s7")
    talk.read_codes("s7")
    assert talk.wait() == 10
    talk.wrapped_up("s7")
    assert talk.desk.contacts == 1


def test_helping_agent_leaves_a_conference() -> None:
    talk = helping(evolve(ASKS, leave=1))
    talk.tell(n.AGTConferenceNotify(CONTACT, "s7"))
    enter(talk, CallState.ConferencePassive, LISTENS)
    assert talk.wait() == 20
    assert talk.sent == c.AGTEndConf("s7")


def test_helping_agent_becomes_the_owner_and_ends_the_conference() -> None:
    talk = helping()
    talk.tell(n.AGTConferenceNotify(CONTACT, "s7"))
    enter(talk, CallState.ConferencePassive, LISTENS)
    talk.tell(n.AGTConferenceOwnershipChanged(CONTACT, "s7"))
    enter(talk, CallState.ConferenceOwner, OWNS)
    assert talk.wait() == 31
    assert talk.sent == c.AGTEndConf("s7")


# -- callbacks -------------------------------------------------------------------------------


def test_callback_is_promised_in_three_steps() -> None:
    talk = Conversation(CALLS_BACK)
    talk.be_idle()
    talk.talk()
    assert talk.wait() == 15
    assert talk.sent == c.AGTGetCallbackTypes("s1")
    talk.answer(c.AGTGetCallbackTypesRESP(OK, "s1", (CallbackType.Agent,), 45))
    assert talk.sent == c.AGTGetCallbackDestsForType(CallbackType.Agent, "s1", "Default")
    dest = CallbackDest(CallbackType.Agent, "1001")
    talk.answer(c.AGTGetCallbackDestsForTypeRESP(OK, "s1", CallbackType.Agent, (dest,)))
    assert isinstance(talk.sent, c.AGTCreateCallback)
    command = talk.sent
    assert (command.callback_type, command.callback_dest) == (CallbackType.Agent, dest)
    # T0 is 2025-10-09 08:53:20 UTC
    assert (talk.now, command.callback_time) == (T0 + 15, "2025/10/09 09:03")
    assert (command.callback_expiry_time, command.callback_timezone) == (45, "")
    talk.answer(c.AGTCreateCallbackRESP(OK, "s1"))
    assert talk.desk.next_at() is None


def test_callback_campaign_has_none_nothing_is_promised() -> None:
    talk = Conversation(CALLS_BACK)
    talk.be_idle()
    talk.talk()
    talk.wait()
    talk.answer(c.AGTGetCallbackTypesRESP(OK, "s1", (), 45))
    assert talk.desk.next_at() is None


def test_callback_on_the_desktop_is_put_off_once_more_and_then_cancelled() -> None:
    talk = Conversation(evolve(CALLS_BACK, reschedule=1))
    talk.be_idle()
    offer = evolve(OFFER, contact_type=ContactType.Callback, can_reschedule=True)
    talk.offer(offer, CallState.Callback)
    assert talk.sent == c.AGTGetCallbackTypes("s1")
    talk.answer(c.AGTGetCallbackTypesRESP(OK, "s1", (CallbackType.Standard,), 45))
    talk.answer(c.AGTGetCallbackDestsForTypeRESP(OK, "s1", CallbackType.Standard, ()))
    assert isinstance(talk.sent, c.AGTCreateCallback)
    talk.answer(c.AGTCreateCallbackRESP(OK, "s1"))
    assert talk.sent == c.AGTPreviewCancel("s1")


# -- inbound and coming back -----------------------------------------------------------------


def test_blended_to_outbound_the_desktop_asks_for_nailing() -> None:
    talk = Conversation()
    talk.be_ready()
    talk.tell(n.AGTBlendedToInbound())
    assert talk.sent is None
    talk.tell(n.AGTBlendedToOutbound())
    assert talk.sent == c.AGTNailupAgent()


def test_blended_to_outbound_before_the_phone_was_let_go_nothing_is_asked() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.tell(n.AGTBlendedToOutbound())
    assert talk.sent is None


def test_asked_for_its_status_it_goes_on_where_it_was_cut_off() -> None:
    talk = Conversation(evolve(STEADY, release=1))
    talk.be_idle()
    talk.talk()
    talk.tell(n.POMNotAvailable())
    talk.now += 3
    talk.tell(n.POMAvailable("Default"), n.GetAgentStatus("1001"))
    status = AgentStatus(AgentState.Ready, CallState.Talking, NailupStatus.NailedUp)
    assert talk.sent == c.GetAgentStatusResponse(status)
    talk.answer(c.GetAgentStatusResponseRESP(OK))
    assert talk.desk.logged_on
    assert talk.wait() == 77
    assert talk.sent == c.AGTReleaseLine("s1")


def test_server_that_knows_it_is_given_time_to_ask_before_it_logs_on() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.tell(n.POMNotAvailable())
    talk.now += 60
    talk.tell(n.POMAvailable("Default"))
    assert talk.sent is None
    assert talk.wait() == STEADY.retry_s
    assert isinstance(talk.sent, c.AGTLogon)


def test_cut_off_in_the_middle_of_a_command_it_is_sent_again() -> None:
    talk = Conversation(evolve(STEADY, release=1))
    talk.be_idle()
    talk.talk()
    talk.wait()
    talk.tell(n.POMNotAvailable())
    talk.answer(c.AGTReleaseLineRESP(ResultCode.MANAGER_NOT_AVAILABLE))
    talk.tell(n.GetAgentStatus("1001"))
    talk.answer(c.GetAgentStatusResponseRESP(OK))
    assert talk.sent == c.AGTReleaseLine("s1")


def test_out_of_step_it_logs_on_again() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.tell(n.POMNotAvailable(), n.GetAgentStatus("1001"))
    talk.answer(c.GetAgentStatusResponseRESP(OK))
    talk.tell(n.AGTAgentLoggedOut())
    assert isinstance(talk.sent, c.AGTLogon)
    assert not talk.desk.finished


def test_status_refused_it_logs_on_again() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.tell(n.POMNotAvailable(), n.GetAgentStatus("1001"))
    talk.answer(c.GetAgentStatusResponseRESP(ResultCode.NOT_LOGGED_ON))
    assert isinstance(talk.sent, c.AGTLogon)


def test_asked_for_its_status_without_a_cut_it_says_what_it_believes() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.tell(n.GetAgentStatus("1001"))
    status = AgentStatus(AgentState.Ready, CallState.Idle, NailupStatus.NailedUp)
    assert talk.sent == c.GetAgentStatusResponse(status)


def test_habits_off_by_default_draw_nothing() -> None:
    assert (DeskParams().consult, DeskParams().callback, DeskParams().reschedule) == (0, 0, 0)


def test_place_not_kept_it_logs_on_again_and_shows_the_newest_token_the_next_time() -> None:
    talk = Conversation()
    talk.be_idle()
    talk.tell(n.POMNotAvailable(), n.POMAvailable("Default"), n.AGTAgentLoggedOut())
    assert isinstance(talk.sent, c.AGTLogon)
    talk.answer(c.AGTLogonRESP(OK, resume_token="T1"))
    for token in ("T1", "T2"):
        talk.tell(n.GetAgentStatus("1001"))
        assert talk.sent.resume_token == token
        talk.answer(c.GetAgentStatusResponseRESP(OK, resume_token="T2"))
    talk.tell(n.AGTStateChangedNotify(AgentState.Ready))
    assert talk.desk.logged_on
