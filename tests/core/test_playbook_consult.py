"""Playbooks of a second party: consult, transfer, conference, ownership (agent API, section 7)."""

import pytest
from parties import (
    DISPOSE,
    OUTSIDE,
    PARTY,
    beside,
    beside_busy,
    bring_nailed,
    called_in,
    conference,
    conferenced,
    consult,
    consult_pending,
    external_conference,
    external_consult,
    external_dialing,
    lose,
    with_agent,
    with_external,
)
from scenes import SID, Scene, a_logon, held, talking

from agentmgr.core.commands.consult import MAX_PENDING_CONSULTS
from agentmgr.core.events import CallAnswered, CallEnded, CallFailed, TelephonyLost
from agentmgr.core.model import ExternalDestination
from agentmgr.testing.stage import without
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.connection import response_bytes
from protocol.enums import AgentState, CallState, DestinationType, DialFailReason, PacingType
from protocol.structures import CompletionCode, Destination, KeyValuePair

AUTO_RELEASED = lines("""
    A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
    A ! state Wrapup
""")


# -- destinations ------------------------------------------------------------------------------


def test_destinations_are_the_other_agents_of_the_job():
    scene = beside_busy()
    assert scene.send("A", c.AGTGetConsultTypes(SID)) == lines("""
        A < GetConsultTypes 0 1000000001 [Agent External] True
    """)
    shown = scene.send("A", c.AGTGetConsultDestsForType(DestinationType.Agent, SID))
    other = "Destination(Agent B Agent B Ready Talking Europe/Berlin)"
    assert shown == [f"A < GetConsultDestsForType 0 {SID} Agent [{other}]"]


@pytest.mark.parametrize(
    "leave",
    [
        lambda scene: scene.want_break("B"),
        lambda scene: scene.line_drops("B"),
        lambda scene: scene.send("B", c.AGTPendingLogout()),
        lambda scene: scene.send("B", c.AGTBlendToInbound()),
        lambda scene: scene.send("B", c.AGTAgentDisconnected()),
        lambda scene: scene.disconnect(scene.agent("B").connection),
    ],
    ids=["break", "line", "logout", "blend", "disconnected", "lost"],
)
def test_agent_who_wants_nothing_new_is_no_destination(leave):
    scene = beside_busy()
    leave(scene)
    assert scene.send("A", c.AGTGetConsultDestsForType(DestinationType.Agent, SID)) == lines("""
        A < GetConsultDestsForType 383
    """)
    assert scene.send("A", with_agent()) == lines("""
        A < ConsultCall 141
    """)


def test_agent_who_comes_back_to_outbound_is_a_destination_again():
    scene = beside_busy()
    scene.send("B", c.AGTBlendToInbound())
    scene.send("B", c.AGTBlendToOutbound())
    assert len(scene.zone.jobs[1].consultable) == 2


def test_externals_are_those_of_the_address_book():
    scene = beside(address_book=(ExternalDestination("Desk", "4711"),), allow_free_form=False)
    assert scene.send("A", c.AGTGetConsultTypes(SID)) == lines("""
        A < GetConsultTypes 0 1000000001 [Agent External]
    """)
    assert scene.send("A", c.AGTGetConsultDestsForType(DestinationType.External, SID)) == lines("""
        A < GetConsultDestsForType 0 1000000001 External [Destination(External 4711 Desk)]
    """)
    assert scene.send("A", with_external()) == lines("""
        A < ConsultCall 143
    """)
    assert "switch: Dial Z-1-party-1 4711 25" in scene.send("A", with_external("4711"))


def test_no_external_type_without_address_book_and_free_form_numbers():
    scene = beside(allow_free_form=False)
    assert scene.send("A", c.AGTGetConsultTypes(SID)) == lines("""
        A < GetConsultTypes 0 1000000001 [Agent]
    """)


# -- an agent who is idle -------------------------------------------------------------------------


def test_consult_of_an_idle_agent_begins_after_the_answer():
    assert beside().send("A", with_agent()) == lines("""
        A < ConsultCall 0 1000000001
        switch: Consult 1000000001 Z-1-line-B-2
        B ! ConsultNotify Progressive(u1 +49300000001) A 1000000001
        B ! state Consult
        A ! state Consult
        A ! EnableCancelConsult 1000000001
    """)


def test_agent_in_consult_gets_no_other_contact():
    scene = talking(contacts=3)
    scene.nail("B")
    scene.send("A", with_agent())
    assert len(scene.zone.jobs[1].idle) == 0
    assert scene.customer_answers("1000000002") == ["switch: HangUp 1000000002"]


def test_consult_cancelled_by_the_one_who_asked():
    scene = consult()
    assert scene.send("A", c.AGTCancelConsult(SID, "B")) == lines("""
        switch: Connect 1000000001 Z-1-line-A-1
        B ! ConsultCancelled A 1000000001
        B ! state Idle
        A ! state Talking
        A < CancelConsult 0 1000000001
    """)
    assert scene.zone.jobs[1].idle.peek() is scene.agent("B")


def test_consult_cancelled_by_the_one_who_was_asked():
    assert consult().send("B", c.AGTCancelConsult(SID)) == lines("""
        switch: Connect 1000000001 Z-1-line-A-1
        A ! ConsultCancelled B 1000000001
        A ! state Talking
        B ! state Idle
        B < CancelConsult 0 1000000001
    """)


def test_break_asked_for_in_a_consult_begins_after_it():
    scene = consult()
    assert scene.want_break("B") == lines("""
        B ! StateChangedNotify PendingNotReady
        B ! caps ready leave_consult
        B < StateChange 0 PendingNotReady
    """)
    assert scene.send("A", c.AGTCancelConsult(SID)) == lines("""
        switch: Connect 1000000001 Z-1-line-A-1
        B ! ConsultCancelled A 1000000001
        B ! state Idle
        B ! StateChangedNotify NotReady
        B ! caps ready not_ready
        A ! state Talking
        A < CancelConsult 0 1000000001
    """)


# -- an agent who is busy -------------------------------------------------------------------------


def test_consult_of_a_busy_agent_waits_until_the_agent_is_free():
    scene = beside_busy()
    assert scene.send("A", with_agent()) == lines("""
        A ! EnableCancelConsult 1000000001
        A ! caps not_ready leave_consult send_dtmf update_record
        A < ConsultCall 0 1000000001
        B ! ConsultPending Agent A A Summer 1000000001
    """)
    assert scene.send("B", c.AGTReleaseLine("1000000002")) == lines("""
        switch: HangUp 1000000002
        B ! state Wrapup
        B < ReleaseLine 0 1000000002 wrapup(60s+ Done)
    """)
    shown = scene.send("B", c.AGTWrapupContact(CompletionCode(1), "1000000002"))
    assert without(shown, "store:") == lines("""
        B ! state Idle
        B < WrapupContact 0 1000000002
        switch: Consult 1000000001 Z-1-line-B-2
        B ! ConsultNotify Progressive(u1 +49300000001) A 1000000001
        B ! state Consult
        A ! PendingConsultComplete 1000000001
        A ! state Consult
    """)
    assert scene.wait(120) == []


def test_consult_pending_is_withdrawn_by_the_one_who_asked():
    scene = consult_pending()
    assert scene.send("A", c.AGTCancelConsult(SID, "B")) == lines("""
        B ! ConsultCancelled A 1000000001
        A ! state Talking
        A < CancelConsult 0 1000000001
    """)
    assert scene.wait(120) == []
    assert not scene.agent("B").pending_consults


def test_consult_pending_cannot_be_withdrawn_by_the_other_one():
    assert consult_pending().send("B", c.AGTCancelConsult("1000000002")) == lines("""
        B < CancelConsult 401
    """)


def test_consult_pending_fails_when_the_agent_is_not_free_in_time():
    scene = consult_pending()
    assert scene.wait(119) == []
    assert scene.wait(1) == lines("""
        B ! ConsultCancelled A 1000000001
        A ! ConsultDialFailed NoAnswer 1000000001
        A ! state Talking
    """)


def test_two_consults_at_most_wait_for_an_agent_and_begin_in_order():
    scene = talking(contacts=4)
    for agent_id in "BCD":
        if agent_id != "B":
            scene.add_agent(agent_id)
        scene.nail(agent_id)
        scene.customer_answers()
    assert MAX_PENDING_CONSULTS == 2
    for agent_id, sid in (("B", "1000000002"), ("C", "1000000003")):
        assert scene.send(agent_id, with_agent("A", sid))[-1].startswith("A ! ConsultPending")
    assert scene.send("D", with_agent("A", "1000000004")) == lines("""
        D < ConsultCall 144
    """)
    scene.want_break("A")
    scene.customer_leaves(SID)
    assert without(scene.send("A", DISPOSE), "store:") == lines("""
        A ! state Idle
        A < WrapupContact 0 1000000001
        switch: Consult 1000000002 Z-1-line-A-1
        A ! ConsultNotify Progressive(u2 +49300000002) B 1000000002
        A ! state Consult
        B ! PendingConsultComplete 1000000002
        B ! state Consult
    """)
    assert scene.send("B", c.AGTCancelConsult("1000000002")) == lines("""
        switch: Connect 1000000002 Z-1-line-B-2
        A ! ConsultCancelled B 1000000002
        A ! state Idle
        B ! state Talking
        B < CancelConsult 0 1000000002
        switch: Consult 1000000003 Z-1-line-A-1
        A ! ConsultNotify Progressive(u3 +49300000003) C 1000000003
        A ! state Consult
        C ! PendingConsultComplete 1000000003
        C ! state Consult
    """)
    assert scene.send("C", c.AGTCancelConsult("1000000003")) == lines("""
        switch: Connect 1000000003 Z-1-line-C-3
        A ! ConsultCancelled C 1000000003
        A ! state Idle
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        C ! state Talking
        C < CancelConsult 0 1000000003
    """)


def test_break_does_not_begin_while_a_consult_waits():
    scene = consult_pending()
    scene.want_break("B")
    scene.customer_leaves("1000000002")
    scene.send("B", c.AGTWrapupContact(CompletionCode(1), "1000000002"))
    assert scene.agent("B").agent_state is AgentState.PendingNotReady
    assert scene.agent("B").call_state is CallState.Consult


@pytest.mark.parametrize(
    "leave", [lambda scene: lose(scene, "B"), lambda scene: scene.line_drops("B")], ids=["desktop", "line"]
)
def test_consult_pending_is_refused_when_the_agent_cannot_be_consulted_any_more(leave):
    scene = consult_pending()
    assert "A ! ConsultDialFailed Rejected 1000000001" in leave(scene)
    assert scene.agent("A").call_state is CallState.Talking
    assert scene.agent("A").capabilities.transfer


def test_consult_pending_of_an_agent_who_logs_off_by_force_is_refused():
    scene = consult_pending()
    shown = scene.send("B", a_logon(is_force=True), scene.connect("B"))
    assert "A ! ConsultDialFailed Rejected 1000000001" in shown


# -- somebody outside ------------------------------------------------------------------------------


def test_consult_of_an_external_party_begins_when_it_answers():
    scene = beside()
    assert scene.send("A", with_external()) == lines("""
        A ! EnableCancelConsult 1000000001
        A ! caps not_ready leave_consult send_dtmf update_record
        switch: Dial Z-1-party-1 +442071234567 25
        A < ConsultCall 0 1000000001
    """)
    assert scene.post(CallAnswered(PARTY)) == lines("""
        switch: Consult 1000000001 Z-1-party-1
        A ! state Consult
    """)
    assert scene.send("A", c.AGTCompleteTransfer(SID)) == lines("""
        A < CompleteTransfer 421
    """)
    assert scene.post(CallAnswered(PARTY)) == []
    assert scene.wait(60) == []


@pytest.mark.parametrize("reason", DialFailReason)
def test_consult_of_an_external_party_that_is_not_reached(reason):
    scene = external_dialing()
    assert scene.post(CallFailed(PARTY, reason)) == lines(f"""
        A ! ConsultDialFailed {reason.value} 1000000001
        A ! state Talking
    """)
    assert scene.post(CallFailed(PARTY, reason), CallEnded(PARTY)) == []


def test_external_party_of_whom_the_switch_says_nothing_is_given_up():
    scene = external_dialing()
    assert scene.wait(39) == []
    assert scene.wait(1) == lines("""
        switch: HangUp Z-1-party-1
        A ! ConsultDialFailed NoAnswer 1000000001
        A ! state Talking
    """)


def test_external_party_cancelled_while_it_rings():
    scene = external_dialing()
    assert scene.send("A", c.AGTCancelConsult(SID, OUTSIDE)) == lines("""
        switch: HangUp Z-1-party-1
        A ! state Talking
        A < CancelConsult 0 1000000001
    """)
    assert scene.post(CallAnswered(PARTY)) == ["switch: HangUp Z-1-party-1"]
    assert scene.wait(60) == []


def test_consult_with_an_external_party_cancelled():
    assert external_consult().send("A", c.AGTCancelConsult(SID)) == lines("""
        switch: HangUp Z-1-party-1
        switch: Connect 1000000001 Z-1-line-A-1
        A ! state Talking
        A < CancelConsult 0 1000000001
    """)


def test_external_party_hangs_up_in_consult():
    assert external_consult().post(CallEnded(PARTY)) == lines("""
        switch: HangUp Z-1-party-1
        switch: Connect 1000000001 Z-1-line-A-1
        A ! ConsultCancelled  1000000001
        A ! state Talking
    """)


def test_second_external_party_of_a_contact_is_another_call():
    scene = external_dialing()
    scene.post(CallFailed(PARTY, DialFailReason.Busy))
    assert "switch: Dial Z-1-party-2 +442071234567 25" in scene.send("A", with_external())


# -- transfer --------------------------------------------------------------------------------------


def test_transfer_hands_customer_and_disposition_over():
    scene = consult()
    assert scene.send("A", c.AGTCompleteTransfer(SID)) == lines("""
        switch: Connect 1000000001 Z-1-line-B-2
        B ! TransferNotify Progressive(u1 +49300000001) 1000000001
        B ! state Talking
        A ! state Idle
        A < CompleteTransfer 0 1000000001
    """)
    assert scene.send("A", DISPOSE) == lines("""
        A < WrapupContact 201
    """)
    assert scene.send("B", c.AGTReleaseLine(SID)) == lines("""
        switch: HangUp 1000000001
        B ! state Wrapup
        B < ReleaseLine 0 1000000001 wrapup(60s+ Done)
    """)
    assert "store: SaveDisposition 1000000001 1 B 1 agent" in scene.send("B", DISPOSE)


def test_transfer_by_an_agent_who_wants_a_break_lets_the_break_begin():
    scene = consult()
    scene.want_break("A")
    assert scene.send("A", c.AGTCompleteTransfer(SID))[-4:] == lines("""
        A ! state Idle
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < CompleteTransfer 0 1000000001
    """)


def test_contact_transferred_can_be_transferred_on():
    scene = consult()
    scene.send("A", c.AGTCompleteTransfer(SID))
    assert scene.send("B", with_agent("A"))[1:3] == lines("""
        switch: Consult 1000000001 Z-1-line-A-1
        A ! ConsultNotify Progressive(u1 +49300000001) B 1000000001
    """)
    assert "A ! state Talking" in scene.send("B", c.AGTCompleteTransfer(SID))


# -- conference ------------------------------------------------------------------------------------


def test_conference_brings_all_three_together():
    assert consult().send("A", c.AGTStartConf(SID)) == lines("""
        switch: Conference 1000000001 Z-1-line-B-2
        B ! ConferenceNotify Progressive(u1 +49300000001) 1000000001
        B ! state ConferencePassive
        A ! state ConferenceOwner
        A < StartConf 0 1000000001
    """)


def test_conference_ended_by_its_owner():
    scene = conference()
    assert scene.send("A", c.AGTEndConf(SID)) == lines("""
        switch: Connect 1000000001 Z-1-line-A-1
        B ! ConferenceEnded 1000000001
        B ! state Idle
        A ! state Talking
        A < EndConf 0 1000000001
    """)
    assert scene.zone.jobs[1].idle.peek() is scene.agent("B")


def test_conference_left_by_the_passive_agent():
    assert conference().send("B", c.AGTEndConf(SID)) == lines("""
        switch: Connect 1000000001 Z-1-line-A-1
        A ! ConferenceEnded 1000000001
        A ! state Talking
        B ! state Idle
        B < EndConf 0 1000000001
    """)


def test_conference_ownership_given_and_given_back():
    scene = conference()
    assert scene.send("A", c.AGTConfChangeOwnership(SID)) == lines("""
        B ! ConferenceOwnershipChanged Progressive(u1 +49300000001) 1000000001
        B ! state ConferenceOwner
        A ! state ConferencePassive
        A < ConfChangeOwnership 0 1000000001
    """)
    assert scene.send("A", c.AGTConfChangeOwnership(SID)) == lines("""
        A < ConfChangeOwnership 302
    """)
    assert scene.send("B", c.AGTConfChangeOwnership(SID)) == lines("""
        A ! ConferenceOwnershipChanged Progressive(u1 +49300000001) 1000000001
        A ! state ConferenceOwner
        B ! state ConferencePassive
        B < ConfChangeOwnership 0 1000000001
    """)


def test_conference_ended_by_the_new_owner_leaves_it_with_the_customer():
    scene = conference()
    scene.send("A", c.AGTConfChangeOwnership(SID))
    assert scene.send("B", c.AGTEndConf(SID)) == lines("""
        switch: Connect 1000000001 Z-1-line-B-2
        A ! ConferenceEnded 1000000001
        A ! state Idle
        B ! state Talking
        B < EndConf 0 1000000001
    """)
    scene.customer_leaves(SID)
    assert "store: SaveDisposition 1000000001 1 B 1 agent" in scene.send("B", DISPOSE)


def test_conference_with_an_external_party():
    scene = external_consult()
    assert scene.send("A", c.AGTStartConf(SID)) == lines("""
        switch: Conference 1000000001 Z-1-party-1
        A ! state ConferenceOwner
        A < StartConf 0 1000000001
    """)
    assert scene.send("A", c.AGTConfChangeOwnership(SID)) == lines("""
        A < ConfChangeOwnership 321
    """)
    assert scene.send("A", c.AGTEndConf(SID)) == lines("""
        switch: HangUp Z-1-party-1
        switch: Connect 1000000001 Z-1-line-A-1
        A ! state Talking
        A < EndConf 0 1000000001
    """)


def test_external_party_hangs_up_in_conference():
    assert external_conference().post(CallEnded(PARTY)) == lines("""
        switch: HangUp Z-1-party-1
        switch: Connect 1000000001 Z-1-line-A-1
        A ! ConferenceEnded 1000000001
        A ! state Talking
    """)


# -- the customer hangs up -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "rest"),
    [
        (consult_pending, "B ! ConsultCancelled A 1000000001"),
        (external_dialing, "switch: HangUp Z-1-party-1"),
        (external_consult, "switch: HangUp Z-1-party-1"),
        (external_conference, "switch: HangUp Z-1-party-1"),
        (consult, "B ! ConsultCancelled  1000000001 \n B ! state Idle"),
        (conference, "B ! ConferenceEnded 1000000001 \n B ! state Idle"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_customer_hangs_up(way, rest):
    scene = way()
    assert scene.customer_leaves(SID) == AUTO_RELEASED + lines(rest)
    assert scene.send("A", DISPOSE)[-1] != "A < WrapupContact 201"
    assert scene.post(CallEnded(PARTY), CallEnded(SID)) == []


def test_customer_hangs_up_on_the_one_who_was_asked_with_a_break_pending():
    scene = consult()
    scene.want_break("B")
    assert scene.customer_leaves(SID)[-2:] == lines("""
        B ! StateChangedNotify NotReady
        B ! caps ready not_ready
    """)


@pytest.mark.slow
def test_call_that_lasts_too_long_is_cut_in_a_conference_too():
    scene = conference()
    assert scene.wait_long(14_400)[:1] == lines("""
        switch: HangUp 1000000001
    """)
    assert scene.agent("B").session is None


# -- a line is lost --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way", [consult, external_consult, external_dialing, conference, external_conference]
)
def test_line_of_the_owner_is_lost(way):
    scene = way()
    shown = scene.line_drops("A")
    assert shown[:5] == lines("""
        switch: DropNail Z-1-line-A-1
        switch: HangUp 1000000001
        A ! NailupChange NailingLost
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)
    if "external" in way.__name__:
        assert shown[5:] == ["switch: HangUp Z-1-party-1"]
    else:
        told = "ConferenceEnded 1000000001" if way is conference else "ConsultCancelled  1000000001"
        assert shown[5:] == [f"B ! {told}", "B ! state Idle"]


@pytest.mark.parametrize(
    ("way", "told"), [(consult, "ConsultCancelled B 1000000001"), (conference, "ConferenceEnded 1000000001")]
)
def test_line_of_the_passive_agent_is_lost(way, told):
    assert way().line_drops("B")[:6] == lines(f"""
        switch: DropNail Z-1-line-B-2
        B ! NailupChange NailingLost
        switch: Connect 1000000001 Z-1-line-A-1
        A ! {told}
        A ! state Talking
        B ! state NoState
    """)


def test_line_of_the_passive_agent_is_reported_lost_by_its_desktop():
    scene = consult()
    shown = scene.send("B", c.AGTLostNailing())
    assert "B < LostNailing 0" in shown
    assert "A ! state Talking" in shown


@pytest.mark.parametrize("way", [consult, conference, external_consult, external_dialing, consult_pending])
def test_switch_is_lost_with_more_than_two_parties(way):
    scene = way()
    scene.post(TelephonyLost())
    assert scene.agent("A").call_state is CallState.Wrapup
    assert scene.agent("B").call_state in (CallState.NoState, CallState.Wrapup)


# -- an agent is taken away ------------------------------------------------------------------------


@pytest.mark.parametrize("way", [consult, conference])
def test_passive_agent_who_is_logged_off_by_force_leaves_the_owner_with_the_customer(way):
    scene = way()
    scene.send("B", a_logon(is_force=True), scene.connect("B"))
    assert scene.agent("A").call_state is CallState.Talking
    assert scene.agent("B").call_state is CallState.NoState
    scene.customer_leaves(SID)
    assert "A < WrapupContact 0 1000000001" in scene.send("A", DISPOSE)


@pytest.mark.parametrize("way", [consult, conference, external_consult, external_dialing, consult_pending])
def test_owner_who_is_logged_off_by_force_leaves_nobody_on_the_line(way):
    scene = way()
    shown = scene.send("A", a_logon(is_force=True), scene.connect("A"))
    assert "switch: HangUp 1000000001" in shown
    assert "store: SaveDisposition 1000000001 1 A 1 default" in shown
    assert scene.agent("B").session is None or scene.agent("B").session.sid == "1000000002"


def test_agent_logs_off_after_the_consult_it_was_called_to():
    scene = consult()
    assert scene.send("B", c.AGTPendingLogout()) == lines("""
        log: pending_logout B call_state=Consult
        B ! StateChangedNotify PendingNotReady
        B ! caps ready leave_consult
        B < PendingLogout 0
    """)
    assert scene.send("A", c.AGTCancelConsult(SID))[-2:] == lines("""
        B ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-B-2
    """)


# -- the customer's record ---------------------------------------------------------------------------


@pytest.mark.parametrize("way", [called_in, conferenced])
def test_passive_agent_may_write_notes_and_not_change_the_customer(way):
    scene = way()
    assert scene.send("A", c.AGTAddAgentNote("Wants a rebate.")) == lines("""
        store: SaveNote 1 1000000001 A Wants a rebate.
        A < AddAgentNote 0 1000000001
    """)
    assert scene.send("B", c.AGTRefreshAgentNotes(SID)) == lines("""
        B < RefreshAgentNotes 0 1000000001 [Wants a rebate.]
    """)
    assert scene.send("A", c.AGTSetCustomerDetail(KeyValuePair("Age", "40"), SID)) == lines("""
        A < SetCustomerDetail 9004
    """)


@pytest.mark.parametrize("way", [called_in, conferenced])
def test_what_the_owner_changes_reaches_the_passive_agent(way):
    assert way().send("B", c.AGTSetCustomerDetail(KeyValuePair("Age", "40"), SID)) == lines("""
        store: SetAttribute 1 Age 40 B
        A ! CustomerDetailsChanged Attribute(Age 40 WRITE) 1000000001
        B < SetCustomerDetail 0 1000000001
    """)


@pytest.mark.parametrize("way", [consult_pending, external_consult])
def test_what_the_owner_changes_reaches_nobody_who_is_not_on_the_line(way):
    assert way().send("A", c.AGTSetCustomerDetail(KeyValuePair("Age", "40"), SID)) == lines("""
        store: SetAttribute 1 Age 40 A
        A < SetCustomerDetail 0 1000000001
    """)


@pytest.mark.parametrize("way", [external_consult, external_conference])
def test_digit_goes_to_the_external_party(way):
    assert way().send("A", c.AGTSendDTMF("1", SID)) == lines("""
        switch: SendDigit Z-1-party-1 1
        A < SendDTMF 0 1000000001
    """)


@pytest.mark.parametrize("way", [consult, conference, external_dialing])
def test_digit_goes_to_the_customer(way):
    assert way().send("A", c.AGTSendDTMF("1", SID)) == lines("""
        switch: SendDigit 1000000001 1
        A < SendDTMF 0 1000000001
    """)


def test_no_consult_while_the_customer_is_on_hold():
    assert held().send("A", with_agent()) == lines("""
        A < ConsultCall 421
    """)


# -- lists -----------------------------------------------------------------------------------------


class CountedAgents(dict):
    """Counts how many of its values were looked at."""

    looked_at = 0

    def values(self):
        for value in super().values():
            self.looked_at += 1
            yield value


def test_list_of_agents_is_cut_by_whole_entries_without_a_look_at_all_of_them():
    scene = beside()
    scene.witness = None  # they are there in name alone
    job = scene.zone.jobs[1]
    for number in range(5000):
        bring = scene.agent("B")
        job.consultable[f"agent {number}"] = bring
    job.consultable = CountedAgents(job.consultable)
    scene.send("A", c.AGTGetConsultDestsForType(DestinationType.Agent, SID))
    response = scene.responses[-1]
    assert 100 < len(response.destinations) < 300
    assert job.consultable.looked_at < 300
    assert len(response_bytes(1, "A", response)) <= 4 + 16_000


def test_many_agents_are_nailed_and_asked_without_harm():
    scene = beside()
    for number in range(30):
        bring_nailed(scene, f"N{number}")
    scene.send("A", c.AGTGetConsultDestsForType(DestinationType.Agent, SID))
    assert len(scene.responses[-1].destinations) == 31


def test_name_and_time_zone_of_a_logon_are_in_the_lists_of_colleagues_and_in_what_waits():
    scene = Scene(PacingType.Progressive)
    for agent_id, name in (("A", "Ada"), ("B", "Bo")):
        scene.log_on(agent_id, agent_name=name, time_zone="Asia/Kolkata")
        scene.go_ready(agent_id)
        scene.offer_phone(agent_id)
        scene.call_phone(agent_id)
        scene.answer_phone(agent_id)
        scene.customer_answers(str(1_000_000_001 if agent_id == "A" else 1_000_000_002))
    shown = scene.send("A", c.AGTGetConsultDestsForType(DestinationType.Agent, SID))
    assert "Destination(Agent B Bo Ready Talking Asia/Kolkata)" in shown[0]
    shown = scene.send("A", c.AGTConsultCall(Destination(DestinationType.Agent, "B"), SID))
    assert shown[-1] == "B ! ConsultPending Ada A Summer 1000000001"
