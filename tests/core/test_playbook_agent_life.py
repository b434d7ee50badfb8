"""Playbooks of an agent's life: connection, logon, nailing, breaks, logoff (agent API, section 7)."""

import pytest
from scenes import (
    LEG,
    SCENES,
    SID,
    Scene,
    dialing,
    dropping,
    held,
    logged_on,
    nailed_idle,
    nailed_not_ready,
    nailing_lost,
    pending_nailing,
    preview,
    ready,
    talking,
    wrapup,
    wrapup_nailing_lost,
)

from agentmgr.conformance.matrix import Row, vector
from agentmgr.core.events import NailEnded, NailFailed, TelephonyLost, TelephonyRestored
from agentmgr.core.model import Wanted
from agentmgr.testing.transcript import lines, value_text
from protocol.commands import (
    AgentSDKConnected,
    AGTLogoff,
    AGTLostNailing,
    AGTPendingLogout,
    AGTStateChange,
    AGTWrapupContact,
)
from protocol.enums import AgentState, PacingType
from protocol.registry import VERSION
from protocol.structures import CompletionCode

DONE = AGTWrapupContact(CompletionCode(1), SID)


# -- connect, logon, ready -------------------------------------------------------------------


def test_connection_is_answered_with_the_directory_and_the_zone_managed_here():
    scene = Scene()
    assert scene.send("", AgentSDKConnected(("A",), VERSION), 1) == lines("""
        - < AgentSDKConnected 0 1 {Z=10.0.0.1:9970 Y=10.0.0.2:9970}
        - ! POMAvailable Z 1
        A ! AgentLoggedOut
    """)


def test_logon_tells_the_capabilities_before_the_answer():
    scene = Scene()
    assert scene.log_on() == lines("""
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_logon_without_skill_or_job_leaves_the_agent_alone():
    scene = Scene()
    scene.log_on()
    assert scene.go_ready() == lines("""
        A ! StateChangedNotify Ready
        A ! caps not_ready
        A < StateChange 0 Ready
    """)
    assert scene.offer_phone() == lines("""
        A < AvailableForNailup 0
    """)
    assert scene.wait(3600) == []


def test_ready_is_told_before_its_answer_and_offering_the_phone_may_be_repeated():
    scene = logged_on()
    assert scene.go_ready() == lines("""
        A ! StateChangedNotify Ready
        A ! caps not_ready
        A < StateChange 0 Ready
    """)
    assert scene.offer_phone() == lines("""
        A < AvailableForNailup 0
        A ! NailupChange PendingNailUp
    """)
    assert scene.offer_phone() == lines("""
        A < AvailableForNailup 0
    """)


def test_phone_offered_before_ready_is_nailed_up_once_ready():
    scene = logged_on()
    assert scene.offer_phone() == lines("""
        A < AvailableForNailup 0
    """)
    assert scene.go_ready() == lines("""
        A ! StateChangedNotify Ready
        A ! caps not_ready
        A < StateChange 0 Ready
        A ! NailupChange PendingNailUp
    """)


# -- nailing -----------------------------------------------------------------------------------


def test_nailing_is_answered_and_the_job_attached():
    scene = Scene(PacingType.Progressive)
    scene.log_on()
    scene.go_ready()
    assert scene.offer_phone() == lines("""
        A < AvailableForNailup 0
        A ! NailupChange PendingNailUp
    """)
    assert scene.call_phone() == lines("""
        switch: NailUp Z-1-line-A-1 A 5001
        A < ReadyForNailup 0
    """)
    assert scene.call_phone() == lines("""
        A < ReadyForNailup 0
    """)
    assert scene.answer_phone() == lines("""
        A ! NailupChange NailedUp
        A ! JobAttached Summer
        A ! call Idle
        store: StartAttempt 1000000001 1 Progressive +49300000001
        switch: Dial 1000000001 +49300000001 25
    """)


def test_nailing_begins_when_a_job_with_the_skill_starts():
    scene = ready()
    scene.offer_phone()
    assert scene.start_job(PacingType.Progressive, skill="other") == []
    assert scene.start_job(PacingType.Progressive, job_id=2) == lines("""
        A ! NailupChange PendingNailUp
    """)


def test_nailing_without_answer_times_out_and_is_tried_again():
    scene = pending_nailing()
    scene.call_phone()
    assert scene.wait(25) == lines("""
        switch: DropNail Z-1-line-A-1
        A ! NailupChange NotNailedUp
    """)
    assert scene.wait(14) == []
    assert scene.wait(1) == lines("""
        A ! NailupChange PendingNailUp
    """)
    assert scene.call_phone() == lines("""
        switch: NailUp Z-1-line-A-2 A 5001
        A < ReadyForNailup 0
    """)


def test_nailing_refused_by_the_phone_is_tried_again():
    scene = pending_nailing()
    scene.call_phone()
    assert scene.post(NailFailed(LEG)) == lines("""
        switch: DropNail Z-1-line-A-1
        A ! NailupChange NotNailedUp
    """)
    assert scene.wait(15) == lines("""
        A ! NailupChange PendingNailUp
    """)


def test_nailing_that_the_desktop_never_wants_times_out_too():
    scene = pending_nailing()
    assert scene.wait(25) == lines("""
        A ! NailupChange NotNailedUp
    """)


def test_nailing_answered_too_late_is_dropped():
    scene = pending_nailing()
    scene.call_phone()
    scene.wait(25)
    assert scene.answer_phone() == lines("""
        switch: DropNail Z-1-line-A-1
    """)


def test_unnailing_when_the_job_is_over():
    scene = nailed_idle()
    assert scene.want(1, Wanted.STOP) == lines("""
        store: FinishJob stopped
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
    """)
    assert scene.post(NailEnded(LEG)) == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
    """)


def test_unnailing_is_believed_without_a_word_of_the_switch():
    scene = nailed_idle()
    scene.want(1, Wanted.STOP)
    assert scene.wait(10) == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
    """)
    assert scene.post(NailEnded(LEG)) == []


def test_job_over_moves_the_agent_to_another_job_without_unnailing():
    scene = nailed_idle()
    scene.start_job(PacingType.PreviewUntimed, job_id=2, name="Winter", due_in_s=900)
    assert scene.want(1, Wanted.STOP) == lines("""
        store: FinishJob stopped
        A ! JobAttached Winter
    """)
    assert scene.wait(900) == lines("""
        store: StartAttempt 1000000001 1001 Preview +49300001001
        A ! CallNotify Preview(u1001 +49300001001) 1000000001
        A ! state Preview
    """)


def test_job_over_while_nailing_is_pending_gives_the_nailing_up():
    scene = pending_nailing()
    scene.call_phone()
    assert scene.want(1, Wanted.STOP) == lines("""
        store: ReturnContact 1 0 Stopped +0s
        store: ReturnContact 2 0 Stopped +0s
        store: ReturnContact 3 0 Stopped +0s
        store: FinishJob stopped
        switch: DropNail Z-1-line-A-1
        A ! NailupChange NotNailedUp
    """)
    assert scene.answer_phone() == lines("""
        switch: DropNail Z-1-line-A-1
    """)


def test_job_over_while_nailing_is_pending_goes_on_for_another_job():
    scene = pending_nailing()
    scene.call_phone()
    scene.start_job(PacingType.PreviewUntimed, job_id=2, name="Winter")
    assert scene.want(1, Wanted.STOP) == lines("""
        store: ReturnContact 1 0 Stopped +0s
        store: ReturnContact 2 0 Stopped +0s
        store: ReturnContact 3 0 Stopped +0s
        store: FinishJob stopped
    """)
    assert scene.answer_phone() == lines("""
        A ! NailupChange NailedUp
        A ! JobAttached Winter
        A ! call Idle
        store: StartAttempt 1000000001 1001 Preview +49300001001
        A ! CallNotify Preview(u1001 +49300001001) 1000000001
        A ! state Preview
    """)


def test_unnailing_at_logoff():
    scene = nailed_not_ready()
    assert scene.send("A", AGTLogoff()) == lines("""
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
    """)
    assert scene.post(NailEnded(LEG)) == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
        A < Logoff 0
    """)


def test_logoff_while_nailing_is_pending_gives_the_nailing_up():
    scene = pending_nailing()
    scene.call_phone()
    scene.want_break()
    assert scene.send("A", AGTLogoff()) == lines("""
        switch: DropNail Z-1-line-A-1
        A ! NailupChange NotNailedUp
        A < Logoff 0
    """)


def test_nailing_lost_when_idle_is_tried_again_later():
    scene = nailed_idle()
    assert scene.line_drops() == lines("""
        switch: DropNail Z-1-line-A-1
        A ! NailupChange NailingLost
        A ! call NoState
    """)
    assert scene.wait(15) == lines("""
        A ! NailupChange PendingNailUp
    """)


def test_nailing_lost_when_talking_hangs_up_and_sends_the_contact_to_wrapup():
    scene = talking()
    assert scene.line_drops() == lines("""
        switch: DropNail Z-1-line-A-1
        switch: HangUp 1000000001
        A ! NailupChange NailingLost
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)
    assert scene.send("A", DONE) == lines("""
        store: SaveDisposition 1000000001 1 A 1 agent
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state NoState
        A < WrapupContact 0 1000000001
        A ! NailupChange PendingNailUp
    """)


def test_nailing_lost_when_the_preview_is_shown():
    scene = preview()
    assert scene.line_drops() == lines("""
        switch: DropNail Z-1-line-A-1
        A ! NailupChange NailingLost
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)


def test_nailing_lost_when_dialing():
    scene = dialing()
    assert scene.line_drops() == lines("""
        switch: DropNail Z-1-line-A-1
        switch: HangUp 1000000001
        A ! NailupChange NailingLost
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)


def test_nailing_lost_when_held():
    scene = held()
    assert scene.line_drops() == lines("""
        switch: DropNail Z-1-line-A-1
        switch: HangUp 1000000001
        A ! NailupChange NailingLost
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)


def test_nailing_lost_in_wrapup_changes_what_may_be_done_only():
    scene = wrapup()
    assert scene.line_drops() == lines("""
        switch: DropNail Z-1-line-A-1
        A ! NailupChange NailingLost
        A ! caps not_ready create_callback disposition update_record
    """)


def test_nailing_lost_is_reported_by_the_desktop_without_a_contact():
    scene = nailed_idle()
    assert scene.send("A", AGTLostNailing()) == lines("""
        switch: DropNail Z-1-line-A-1
        A ! NailupChange NailingLost
        A ! call NoState
        A < LostNailing 0
    """)


def test_nailing_lost_is_reported_by_the_desktop_with_a_contact():
    scene = talking()
    assert scene.send("A", AGTLostNailing()) == lines("""
        switch: DropNail Z-1-line-A-1
        switch: HangUp 1000000001
        A ! NailupChange NailingLost
        A ! state Wrapup
        A < LostNailing 0 1000000001 wrapup(60s+ Done)
    """)


def test_nailing_lost_and_not_wanted_again_while_not_ready():
    scene = nailed_not_ready()
    scene.line_drops()
    assert scene.wait(60) == []
    assert scene.go_ready() == lines("""
        A ! StateChangedNotify Ready
        A ! caps not_ready
        A < StateChange 0 Ready
        A ! NailupChange PendingNailUp
    """)


# -- breaks ------------------------------------------------------------------------------------


def test_break_without_contact_begins_at_once_and_its_reason_can_change():
    scene = nailed_idle()
    assert scene.want_break(reason="1") == lines("""
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < StateChange 0 NotReady
    """)
    assert scene.want_break(reason="2") == lines("""
        A ! StateChangedNotify NotReady
        A < StateChange 0 NotReady
    """)
    assert scene.agent("A").reason_code == "2"


def test_break_with_a_contact_is_pending_and_may_be_withdrawn():
    scene = talking()
    pending, taken_back = (
        value_text(vector(Row.TALKING, state)) for state in (AgentState.PendingNotReady, AgentState.Ready)
    )
    assert scene.want_break() == lines(f"""
        A ! StateChangedNotify PendingNotReady
        A ! caps {pending}
        A < StateChange 0 PendingNotReady
    """)
    assert scene.go_ready() == lines(f"""
        A ! StateChangedNotify Ready
        A ! caps {taken_back}
        A < StateChange 0 Ready
    """)


def test_pending_break_begins_after_wrapup_before_the_answer():
    scene = wrapup()
    assert scene.want_break() == lines("""
        A ! StateChangedNotify PendingNotReady
        A ! caps ready create_callback disposition originate update_record
        A < StateChange 0 PendingNotReady
    """)
    assert scene.send("A", DONE) == lines("""
        store: SaveDisposition 1000000001 1 A 1 agent
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state Idle
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < WrapupContact 0 1000000001
    """)


def test_pending_break_begins_after_wrapup_by_default_code():
    scene = wrapup()
    scene.want_break()
    assert scene.wait(65) == lines("""
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state Idle
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
    """)


# -- logoff ------------------------------------------------------------------------------------


def test_logoff_without_nailing_is_answered_at_once():
    scene = logged_on()
    assert scene.send("A", AGTLogoff()) == lines("""
        A < Logoff 0
    """)
    assert not scene.zone.agents


def test_logoff_straight_after_wrapup():
    scene = wrapup()
    scene.want_break()
    scene.send("A", DONE)
    assert scene.send("A", AGTLogoff()) == lines("""
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
    """)
    assert scene.post(NailEnded(LEG)) == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
        A < Logoff 0
    """)


def test_name_of_a_logon_is_what_colleagues_see_until_the_next_logon():
    scene = Scene(agents="A")
    scene.log_on("A", agent_name="Ada", time_zone="america/new_york")
    agent = scene.agent("A")
    assert (agent.spec.name, agent.timezone) == ("Ada", "America/New_York")
    scene.log_on("A", is_force=True, time_zone="")
    agent = scene.agent("A")
    assert (agent.spec.name, agent.timezone) == ("Agent A", "UTC")


def test_pending_logout_without_nailing():
    scene = logged_on()
    assert scene.send("A", AGTPendingLogout()) == lines("""
        log: pending_logout A call_state=NoState
        A < PendingLogout 0
        A ! AgentLoggedOut
    """)


def test_pending_logout_when_ready_without_job():
    scene = ready()
    assert scene.send("A", AGTPendingLogout()) == lines("""
        log: pending_logout A call_state=NoState
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < PendingLogout 0
        A ! AgentLoggedOut
    """)


def test_pending_logout_while_nailing_is_pending():
    scene = pending_nailing()
    scene.call_phone()
    assert scene.send("A", AGTPendingLogout()) == lines("""
        log: pending_logout A call_state=NoState
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < PendingLogout 0
        switch: DropNail Z-1-line-A-1
        A ! NailupChange NotNailedUp
        A ! AgentLoggedOut
    """)


def test_pending_logout_when_idle():
    scene = nailed_idle()
    assert scene.send("A", AGTPendingLogout()) == lines("""
        log: pending_logout A call_state=Idle
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < PendingLogout 0
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
    """)
    assert scene.post(NailEnded(LEG)) == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
        A ! AgentLoggedOut
    """)


def test_pending_logout_when_talking_waits_for_the_wrapup():
    scene = talking()
    assert scene.send("A", AGTPendingLogout()) == lines("""
        log: pending_logout A call_state=Talking
        A ! StateChangedNotify PendingNotReady
        A ! caps ready hold release transfer conference send_dtmf create_callback update_record
        A < PendingLogout 0
    """)
    assert scene.customer_leaves() == lines("""
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)
    assert scene.send("A", DONE) == lines("""
        store: SaveDisposition 1000000001 1 A 1 agent
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state Idle
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < WrapupContact 0 1000000001
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
    """)
    assert scene.post(NailEnded(LEG)) == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
        A ! AgentLoggedOut
    """)


def test_pending_logout_in_wrapup_without_nailing():
    scene = wrapup_nailing_lost()
    assert scene.send("A", AGTPendingLogout()) == lines("""
        log: pending_logout A call_state=Wrapup
        A ! StateChangedNotify PendingNotReady
        A ! caps ready create_callback disposition update_record
        A < PendingLogout 0
    """)
    assert scene.send("A", DONE) == lines("""
        store: SaveDisposition 1000000001 1 A 1 agent
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state NoState
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < WrapupContact 0 1000000001
        A ! AgentLoggedOut
    """)


def test_pending_logout_when_nailing_is_lost():
    scene = nailing_lost()
    assert scene.send("A", AGTPendingLogout()) == lines("""
        log: pending_logout A call_state=NoState
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < PendingLogout 0
        A ! AgentLoggedOut
    """)


def test_pending_logout_again_tells_nothing_more():
    scene = talking()
    scene.send("A", AGTPendingLogout())
    assert scene.send("A", AGTPendingLogout()) == ["A < PendingLogout 0"]


def test_pending_logout_stands_though_the_agent_goes_ready_again():
    scene = talking()
    scene.send("A", AGTPendingLogout())
    scene.send("A", AGTStateChange(AgentState.Ready))
    scene.customer_leaves()
    assert scene.send("A", DONE)[3:] == lines("""
        A ! state Idle
        A < WrapupContact 0 1000000001
        A ! StateChangedNotify NotReady
        A ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-A-1
        A ! caps ready not_ready
    """)
    assert scene.post(NailEnded(LEG))[-1] == "A ! AgentLoggedOut"


def test_pending_logout_and_logoff_of_a_ready_agent_in_one_write_log_off_once():
    scene = nailed_idle()
    scene.send("A", AGTPendingLogout())
    scene.send("A", AGTLogoff())
    assert scene.post(NailEnded(LEG))[-1] == "A < Logoff 0"
    assert not scene.zone.agents


def test_logoff_of_an_agent_who_was_logged_off_meanwhile_is_refused_as_not_logged_on():
    scene = ready()
    scene.send("A", AGTPendingLogout())
    assert scene.send("A", AGTLogoff(), 1) == ["A < Logoff 9002"]


def test_walk_away_is_counted_and_logged():
    scene = wrapup()
    away = AGTStateChange(AgentState.NotReady, "9", "Away", has_walked_away=True)
    assert scene.send("A", away) == lines("""
        A ! StateChangedNotify PendingNotReady
        log: agent_walked_away A call_state=Wrapup reason_code=9 reason_name=Away
        A ! caps ready create_callback disposition originate update_record
        A < StateChange 0 PendingNotReady
    """)
    assert scene.agent("A").today.walk_aways == 1
    scene.send("A", away)  # the same once more is refused, and no second one
    assert scene.agent("A").today.walk_aways == 1


def test_walk_away_in_a_call_is_refused_and_not_counted():
    scene = talking()
    shown = scene.send("A", AGTStateChange(AgentState.NotReady, "9", has_walked_away=True))
    assert shown == ["A < StateChange 62 Ready"]
    assert scene.agent("A").today.walk_aways == 0


def test_pending_logout_followed_by_logoff_is_answered_when_done():
    scene = dropping()
    assert scene.send("A", AGTLogoff()) == []
    assert scene.post(NailEnded(LEG)) == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
        A < Logoff 0
    """)


# -- takeover ----------------------------------------------------------------------------------


def force(scene):
    return scene.log_on("A", scene.connect("A"), is_force=True)


def test_takeover_when_not_ready():
    scene = logged_on()
    assert force(scene) == lines("""
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_takeover_while_nailing_is_pending():
    scene = pending_nailing()
    scene.call_phone()
    assert force(scene) == lines("""
        switch: DropNail Z-1-line-A-1
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_takeover_when_idle():
    scene = nailed_idle()
    assert force(scene) == lines("""
        switch: DropNail Z-1-line-A-1
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_takeover_when_logging_off_answers_the_logoff():
    scene = nailed_not_ready()
    scene.send("A", AGTLogoff())
    assert force(scene) == lines("""
        switch: DropNail Z-1-line-A-1
        A < Logoff 0
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_takeover_of_a_preview_gives_the_contact_back_undisposed():
    scene = preview(contacts=1)
    assert force(scene) == lines("""
        store: EndAttempt 1000000001 Cancelled
        store: ReturnContact 1 0 Cancelled +0s
        switch: DropNail Z-1-line-A-1
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_takeover_when_dialing():
    scene = dialing()
    assert force(scene) == lines("""
        switch: HangUp 1000000001
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Cancelled A
        store: ReturnContact 1 1 Cancelled
        switch: DropNail Z-1-line-A-1
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_takeover_when_talking():
    scene = talking()
    assert force(scene) == lines("""
        switch: HangUp 1000000001
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        switch: DropNail Z-1-line-A-1
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_takeover_when_held():
    scene = held()
    assert force(scene) == lines("""
        switch: HangUp 1000000001
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        switch: DropNail Z-1-line-A-1
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_takeover_in_wrapup():
    scene = wrapup()
    assert force(scene) == lines("""
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        switch: DropNail Z-1-line-A-1
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_takeover_in_wrapup_without_nailing():
    scene = wrapup_nailing_lost()
    assert force(scene) == lines("""
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


@pytest.mark.parametrize("name", SCENES)
def test_takeover_from_any_state_starts_afresh(name):
    scene = SCENES[name]()
    old = scene.agent("A").connection
    shown = force(scene)
    agent = scene.agent("A")
    assert agent.connection != old
    assert agent.status == a_fresh_agent().status
    assert agent.session is None
    assert agent.leg_id == ""
    assert "A ! AgentLoggedOut" in shown
    assert shown.index("A ! AgentLoggedOut") < shown.index("A < Logon 0")
    assert not [line for line in shown[shown.index("A < Logon 0") :] if line.startswith("A !")]


def a_fresh_agent():
    return logged_on().agent("A")


def test_takeover_over_the_same_connection():
    scene = talking()
    assert scene.log_on("A", scene.agent("A").connection, is_force=True) == lines("""
        switch: HangUp 1000000001
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        switch: DropNail Z-1-line-A-1
        A ! AgentLoggedOut
        A ! caps ready not_ready
        A < Logon 0
    """)


# -- lost desktops -----------------------------------------------------------------------------


def test_connection_lost_when_idle_takes_the_agent_out_of_pacing_and_logs_it_off_later():
    scene = nailed_idle()
    assert scene.disconnect(1) == []
    assert len(scene.zone.jobs[1].idle) == 0
    assert scene.wait(60) == lines("""
        switch: DropNail Z-1-line-A-1
    """)
    assert scene.post(NailEnded(LEG)) == []
    assert not scene.zone.agents


def test_connection_lost_when_talking_leaves_the_contact_to_its_default_code():
    scene = talking(contacts=1)
    assert scene.disconnect(1) == []
    assert scene.wait(60) == []
    assert scene.customer_leaves() == []
    assert scene.wait(65) == lines("""
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        switch: DropNail Z-1-line-A-1
        store: FinishJob finished
    """)
    assert scene.post(NailEnded(LEG)) == []
    assert not scene.zone.agents


@pytest.mark.parametrize("pacing", [PacingType.PreviewTimed, PacingType.PreviewUntimed])
def test_connection_lost_with_a_preview_gives_the_contact_back_undisposed(pacing):
    scene = preview(pacing, contacts=1)
    scene.disconnect(1)
    assert scene.wait(59) == []
    assert scene.wait(1) == lines("""
        store: EndAttempt 1000000001 Cancelled
        store: ReturnContact 1 0 Cancelled +0s
        switch: DropNail Z-1-line-A-1
    """)
    assert not scene.zone.agents


def test_connection_lost_and_logon_by_force_before_the_time_is_over():
    scene = talking(contacts=1)
    scene.disconnect(1)
    assert force(scene) == lines("""
        switch: HangUp 1000000001
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        switch: DropNail Z-1-line-A-1
        A ! caps ready not_ready
        A < Logon 0
        store: FinishJob finished
    """)
    assert scene.wait(60) == []


def test_connection_lost_of_a_proxy_loses_all_its_agents():
    scene = Scene()
    proxy = scene.connect("A", "B")
    scene.log_on("A", proxy)
    scene.log_on("B", proxy)
    scene.disconnect(proxy)
    assert scene.wait(60) == []
    assert not scene.zone.agents


# -- the switch, the zone ----------------------------------------------------------------------


def test_switch_out_of_reach_ends_everything_on_it():
    scene = talking()
    scene.nail("B")
    assert scene.post(TelephonyLost()) == lines("""
        store: EndAttempt 1000000002 TelephonyDown
        store: ReturnContact 2 1 TelephonyDown +60s
        switch: DropNail Z-1-line-A-1
        switch: HangUp 1000000001
        A ! NailupChange NailingLost
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
        switch: DropNail Z-1-line-B-2
        B ! NailupChange NailingLost
        B ! call NoState
    """)
    assert scene.wait(60) == []
    assert scene.post(TelephonyRestored()) == lines("""
        B ! NailupChange PendingNailUp
    """)


def test_job_paused_starts_nothing_and_resumed_goes_on():
    scene = wrapup()
    scene.want(1, Wanted.PAUSE)
    assert scene.send("A", DONE) == lines("""
        store: SaveDisposition 1000000001 1 A 1 agent
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state Idle
        A < WrapupContact 0 1000000001
    """)
    assert scene.wait(60) == []
    assert scene.want(1, Wanted.RUN) == lines("""
        store: StartAttempt 1000000002 2 Progressive +49300000002
        switch: Dial 1000000002 +49300000002 25
    """)
