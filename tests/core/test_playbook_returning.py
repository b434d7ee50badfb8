"""Playbooks of desktops that are lost and come back, and of a server that is started again."""

import pytest
from attrs import evolve
from parties import (
    DISPOSE,
    answer_to_status,
    awaiting,
    beside,
    called_back,
    called_in,
    come_back,
    conference,
    conferenced,
    consult,
    consult_pending,
    create,
    external_consult,
    log_on_again,
    lose,
    restart,
    settled,
    with_agent,
)
from scenes import (
    LEG,
    SCENES,
    SID,
    Scene,
    a_contact,
    dialing,
    dropping,
    held,
    logged_on,
    nailed_idle,
    number_of,
    overdialled,
    preview,
    talking,
    wrapup,
)

from agentmgr.core.effects import MarkAnswered, SaveAgent, StartAttempt
from agentmgr.core.events import (
    AgentRestored,
    CallEnded,
    GraceOver,
    NailEnded,
    TelephonyLost,
    TelephonyRestored,
    ZoneClosing,
)
from agentmgr.core.model import SavedAgent, SavedSession, Wanted, ZoneConfig
from agentmgr.core.sent import MAX_BACKLOG
from agentmgr.core.wishes import WorkIn
from agentmgr.ports import Token
from agentmgr.testing.stage import without
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import AgentState, CallState, ContactType, NailupStatus, PacingType
from protocol.structures import AgentSkill, AgentStatus, KeyValuePair

SAVE = c.AGTSaveAgentForHA()


def trusting():
    """A zone that lets desktops come back without a token."""
    return ZoneConfig("Z", token_secret=bytes(32), resume_without_token=True)


# -- lost and back in step -------------------------------------------------------------------------


def test_lost_desktop_ends_nothing_and_is_told_later_what_it_missed():
    scene = settled(talking(contacts=1))
    assert lose(scene) == []
    assert scene.customer_leaves(SID) == []
    assert come_back(scene) == lines("""
        A < GetAgentStatusResponse 0
        A ! CallNotify Progressive(u1 +49300000001) 1000000001
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)
    assert "A < WrapupContact 0 1000000001" in scene.send("A", DISPOSE)


DEFAULT_CODE_THEN_GONE = lines("""
    store: SaveDisposition 1000000001 1 A 1 default
    store: EndAttempt 1000000001 Handled A
    store: ReturnContact 1 1 Handled
    switch: DropNail Z-1-line-A-1
    store: FinishJob finished
""")


def test_wrapup_without_limit_ends_when_its_desktop_is_lost_for_good():
    scene = wrapup(contacts=1, acw_max_time_s=0)
    lose(scene)
    assert scene.wait(59) == []
    assert scene.wait(1) == DEFAULT_CODE_THEN_GONE


def test_wrapup_without_limit_after_the_desktop_was_lost_for_good_ends_by_itself():
    scene = talking(contacts=1, acw_max_time_s=0)
    lose(scene)
    scene.wait(60)
    assert scene.customer_leaves(SID) == []
    assert scene.wait(60) == DEFAULT_CODE_THEN_GONE


def test_wrapup_without_limit_goes_on_when_its_desktop_is_back():
    scene = talking(contacts=1, acw_max_time_s=0)
    lose(scene)
    scene.wait(60)
    scene.customer_leaves(SID)
    scene.wait(59)
    come_back(scene)
    assert scene.wait_long(7200) == []  # the longest limit is an hour
    assert "A < WrapupContact 0 1000000001" in scene.send("A", DISPOSE)


def test_wrapup_with_a_limit_is_not_cut_short_when_its_desktop_is_lost_for_good():
    scene = wrapup(contacts=1, acw_max_time_s=600)
    lose(scene)
    assert scene.wait(604) == []
    assert scene.wait(1) == DEFAULT_CODE_THEN_GONE


def test_desktop_that_connects_is_asked_for_its_agents_who_are_kept_and_told_of_those_who_are_not():
    scene = talking(contacts=1)
    scene.nail("B")
    lose(scene)
    command = c.AgentSDKConnected(("A", "B", "A", "C", "", "x" * 65), 1)
    assert scene.send("", command, 9) == lines("""
        - < AgentSDKConnected 0 1 {Z=10.0.0.1:9970 Y=10.0.0.2:9970}
        - ! POMAvailable Z 1
        A ! GetAgentStatus A
        B ! GetAgentStatus B
        C ! AgentLoggedOut
    """)


def test_connection_that_names_its_own_agent_again_is_told_nothing_of_it():
    scene = talking(contacts=1)
    connection = scene.agent("A").connection
    assert scene.send("", c.AgentSDKConnected(("A",), 1), connection)[2:] == []


def test_desktop_takes_its_agent_over_while_the_old_connection_seems_to_live():
    scene = settled(talking(contacts=1))
    old = scene.agent("A").connection
    new = scene.connect("A")
    assert scene.send("A", answer_to_status(scene), new) == lines("""
        A < GetAgentStatusResponse 0
        A ! AgentLoggedOut
        A ! CallNotify Progressive(u1 +49300000001) 1000000001
        A ! caps not_ready hold release transfer conference send_dtmf create_callback update_record
    """)
    assert scene.agent("A").connection == new
    assert scene.send("A", c.AGTHoldCall(SID), old) == ["A < HoldCall 9002"]
    assert scene.disconnect(old) == []
    assert scene.send("A", c.AGTHoldCall(SID))[-1] == "A < HoldCall 0 1000000001"


def test_desktop_that_has_no_token_is_asked_again_when_the_old_connection_is_given_up():
    scene = Scene(PacingType.Progressive, contacts=0, config=trusting())
    connection = scene.connect("A")
    scene.log_on("A", connection)
    new = scene.connect("A")
    status = c.GetAgentStatusResponse(scene.believed("A"))
    assert scene.send("A", status, new) == ["A < GetAgentStatusResponse 17"]
    assert scene.disconnect(connection) == lines("A ! GetAgentStatus A")
    assert scene.send("A", status, new)[0] == "A < GetAgentStatusResponse 0"
    assert scene.agent("A").connection == new


def test_messages_wait_in_order_for_a_desktop_that_is_away():
    scene = consult()
    lose(scene, "B")
    scene.send("A", c.AGTStartConf(SID))
    scene.send("A", c.AGTSetCustomerDetail(KeyValuePair("Age", "40"), SID))
    scene.send("A", c.AGTEndConf(SID))
    assert without(come_back(scene, "B"), "B ! caps") == lines("""
        B < GetAgentStatusResponse 0
        B ! ConferenceNotify Progressive(u1 +49300000001) 1000000001
        B ! state ConferencePassive
        B ! CustomerDetailsChanged Attribute(Age 40 WRITE) 1000000001
        B ! ConferenceEnded 1000000001
        B ! state Idle
    """)


@pytest.mark.parametrize("name", [name for name in SCENES if name != "dropping"])
def test_desktop_comes_back_in_every_state_and_goes_on(name):
    scene = SCENES[name]()
    before = scene.agent("A").status
    lose(scene)
    assert come_back(scene)[0] == "A < GetAgentStatusResponse 0"
    agent = scene.agent("A")
    assert (agent.agent_state, agent.call_state) == (before.agent_state, before.call_state)


def test_agent_whose_desktop_is_lost_gets_no_contact():
    scene = Scene(PacingType.Progressive, contacts=1)
    scene.nail()
    assert lose(scene) == lines("""
        switch: HangUp 1000000001
        store: EndAttempt 1000000001 Cancelled
        store: ReturnContact 1 0 Cancelled +60s
    """)


def test_idle_agent_who_comes_back_gets_the_customer_who_waits():
    scene = overdialled()
    scene.nail("B")
    lose(scene, "B")
    scene.customer_answers("1000000002")
    assert come_back(scene, "B") == lines("""
        B < GetAgentStatusResponse 0
        B ! caps not_ready
        store: MarkAnswered 1000000002 B
        B ! CallNotify Predictive(u2 +49300000002) 1000000002
        switch: Connect 1000000002 Z-1-line-B-2
        B ! state Talking
    """)


def test_answer_to_a_status_that_nobody_asked_for():
    scene = talking(contacts=1)
    status = scene.agent("A").status
    assert scene.send("A", c.GetAgentStatusResponse(status)) == ["A < GetAgentStatusResponse 0"]
    other = scene.connect()
    assert scene.send("A", c.GetAgentStatusResponse(status), other) == ["A < GetAgentStatusResponse 17"]
    lose(scene)
    assert scene.send("A", c.GetAgentStatusResponse(status), other) == ["A < GetAgentStatusResponse 17"]
    assert scene.send("X", c.GetAgentStatusResponse(status), other) == ["X < GetAgentStatusResponse 9002"]


# -- back, but not in step --------------------------------------------------------------------------


NEVER_TOLD = AgentStatus(AgentState.PendingNotReady, CallState.Held, NailupStatus.PendingNailUp)


def test_desktop_that_believes_what_it_was_never_told_is_told_where_its_agent_is():
    scene = settled(talking(contacts=1))
    lose(scene)
    assert come_back(scene, status=NEVER_TOLD) == lines("""
        A < GetAgentStatusResponse 0
        A ! StateChangedNotify Ready
        A ! NailupChange NailedUp
        A ! JobAttached Summer
        A ! CallNotify Progressive(u1 +49300000001) 1000000001
        A ! state Talking
    """)
    assert scene.send("A", c.AGTHoldCall(SID))[-1] == "A < HoldCall 0 1000000001"


@pytest.mark.parametrize("name", [name for name in SCENES if name != "dropping"])
def test_desktop_out_of_step_is_brought_in_step_in_every_state(name):
    scene = SCENES[name]()
    scene.wait(0.5)
    lose(scene)
    assert come_back(scene, status=NEVER_TOLD)[0] == "A < GetAgentStatusResponse 0"
    assert scene.believed("A") == scene.agent("A").status


def test_desktop_that_missed_too_much_is_told_where_its_agent_is():
    scene = settled(consult(), "B")
    lose(scene, "B")
    for _ in range(MAX_BACKLOG + 1):
        scene.send("A", c.AGTSetCustomerDetail(KeyValuePair("Age", "40"), SID))
    assert scene.agent("B").sent.overflowed
    assert come_back(scene, "B") == lines("""
        B < GetAgentStatusResponse 0
        B ! StateChangedNotify Ready
        B ! NailupChange NailedUp
        B ! JobAttached Summer
        B ! ConsultNotify Progressive(u1 +49300000001) A 1000000001
        B ! state Consult
    """)


def test_resp_under_way_when_the_line_broke_is_given_again_under_its_id():
    scene = talking(contacts=1)
    settled(scene)
    believed = scene.believed("A")
    scene.send("A", c.AGTHoldCall(SID))
    lose(scene)
    assert come_back(scene, status=believed) == lines("""
        A < GetAgentStatusResponse 0
        A ! CallNotify Progressive(u1 +49300000001) 1000000001
        A ! state Held
        A < HoldCall 0 1000000001
    """)


def test_resp_that_comes_while_the_desktop_is_away_waits_for_it():
    scene = settled(talking(contacts=1))
    scene.answers_at_once = False
    scene.send("A", c.AGTIsInDNC("+49300000001", SID))
    lose(scene)
    assert scene.answer() == []
    scene.answers_at_once = True
    assert "A < IsInDNC 0" in come_back(scene)


def test_resp_that_comes_after_the_return_goes_to_the_new_connection():
    scene = settled(talking(contacts=1))
    scene.answers_at_once = False
    scene.send("A", c.AGTIsInDNC("+49300000001", SID))
    lose(scene)
    come_back(scene)
    assert scene.answer() == ["A < IsInDNC 0"]


def test_commands_that_waited_behind_another_when_the_line_broke_are_carried_out(monkeypatch):
    monkeypatch.setattr(Scene, "confirms", True)
    scene = settled(talking(contacts=1))
    scene.answers_at_once = False
    scene.send("A", c.AGTHoldCall(SID))
    scene.send("A", c.AGTUnholdCall(SID))
    lose(scene)
    scene.answers_at_once = True
    while scene.unconfirmed:
        scene.confirm()
    shown = come_back(scene)
    assert [line for line in shown if line.startswith("A <")] == lines("""
        A < GetAgentStatusResponse 0
        A < HoldCall 0 1000000001
        A < UnholdCall 0 1000000001
    """)
    assert scene.agent("A").call_state is CallState.Talking


def test_customer_who_changed_on_a_dead_line_is_told_though_the_states_are_the_same():
    scene = talking(contacts=2)
    settled(scene)
    believed = scene.believed("A")
    scene.customer_leaves(SID)
    scene.wait(65)  # the wrapup ends by itself
    scene.customer_answers("1000000002")
    assert scene.believed("A") == believed
    lose(scene)
    shown = come_back(scene, status=believed)
    assert shown[0] == "A < GetAgentStatusResponse 0"
    assert [line for line in shown if "CallNotify" in line][-1].endswith("1000000002")
    assert scene.send("A", c.AGTHoldCall("1000000002"))[-1] == "A < HoldCall 0 1000000002"


def test_consult_that_began_as_the_line_broke_is_told_after_the_return():
    scene = beside()
    settled(scene)
    believed = scene.believed("A")
    scene.send("A", with_agent())
    lose(scene)
    shown = come_back(scene, status=believed)
    assert "A ! state Consult" in shown
    assert scene.believed("A") == scene.agent("A").status


def test_what_was_sent_again_into_a_second_dying_line_is_sent_once_more():
    scene = talking(contacts=1)
    settled(scene)
    believed = scene.believed("A")
    scene.send("A", c.AGTHoldCall(SID))
    lose(scene)
    come_back(scene, status=believed)
    lose(scene)
    assert "A < HoldCall 0 1000000001" in come_back(scene, status=believed)


def test_resp_given_again_out_of_step_into_a_second_dying_line_is_given_once_more():
    scene = settled(talking(contacts=1))
    scene.send("A", c.AGTHoldCall(SID))
    for _ in range(2):
        lose(scene)
        assert "A < HoldCall 0 1000000001" in come_back(scene, status=NEVER_TOLD)


def test_what_has_arrived_for_certain_is_not_sent_again():
    scene = talking(contacts=1)
    scene.send("A", c.AGTHoldCall(SID))
    scene.wait(60)
    scene.send("", c.POMClientAlive(), scene.agent("A").connection)
    lose(scene)
    assert come_back(scene) == lines("""
        A < GetAgentStatusResponse 0
        A ! CallNotify Progressive(u1 +49300000001) 1000000001
        A ! caps not_ready unhold update_record
    """)


# -- resume tokens ---------------------------------------------------------------------------------


def test_token_is_new_at_each_return_and_the_one_before_is_good_until_it_is_used():
    scene = nailed_idle()
    first = scene.tokens["A"]
    lose(scene)
    come_back(scene)
    second = scene.tokens["A"]
    assert first != second
    lose(scene)
    scene.tokens["A"] = first  # the RESP with the second was lost
    come_back(scene)
    third = scene.tokens["A"]
    lose(scene)
    scene.tokens["A"] = second
    assert come_back(scene) == ["A < GetAgentStatusResponse 17"]
    scene.tokens["A"] = third
    assert come_back(scene)[0] == "A < GetAgentStatusResponse 0"
    lose(scene)
    scene.tokens["A"] = first
    assert come_back(scene) == ["A < GetAgentStatusResponse 17"]


def test_wrong_answer_changes_nothing_for_an_agent_who_is_away_or_there():
    scene = talking(contacts=1)
    status, right = scene.believed("A"), scene.tokens["A"]
    scene.nail("B")
    stranger = scene.connect("A")
    for is_lost in (False, True):
        if is_lost:
            lose(scene)
        for token in ("", "x", right[:-1], scene.tokens["B"], right + "x"):
            answer = c.GetAgentStatusResponse(status, token)
            assert scene.send("A", answer, stranger) == ["A < GetAgentStatusResponse 17"]
    assert scene.agent("A").is_away
    assert come_back(scene)[0] == "A < GetAgentStatusResponse 0"


def test_desktop_of_a_trusting_zone_comes_back_without_a_token():
    scene = Scene(PacingType.Progressive, contacts=0, config=trusting())
    scene.log_on("A", scene.connect("A"))
    lose(scene)
    scene.tokens["A"] = ""
    assert come_back(scene)[0] == "A < GetAgentStatusResponse 0"


def test_token_replaces_the_password_of_a_logon_that_begins_afresh():
    scene = talking(contacts=1)
    lose(scene)
    shown = log_on_again(scene, pwd="", resume_token=scene.tokens["A"])
    assert "store: SaveDisposition 1000000001 1 A 1 default" in shown
    assert "A < Logon 0" in shown
    assert scene.agent("A").status == AgentStatus(
        AgentState.NotReady, CallState.NoState, NailupStatus.NotNailedUp
    )


def test_token_of_somebody_else_is_no_password():
    scene = nailed_idle()
    scene.nail("B")
    lose(scene)
    assert log_on_again(scene, pwd="", resume_token=scene.tokens["B"]) == ["A < Logon 17"]
    assert log_on_again(scene, pwd="secret", resume_token="x") == ["A < Logon 17"]


def test_agent_who_logged_off_needs_a_password_again():
    scene = logged_on()
    token = scene.tokens["A"]
    scene.send("A", c.AGTLogoff())
    assert log_on_again(scene, pwd="", resume_token=token) == ["A < Logon 17"]
    assert log_on_again(scene)[-1] == "A < Logon 0"


def test_agent_whose_desktop_was_lost_for_good_logs_on_with_its_token():
    scene = nailed_idle()
    lose(scene)
    scene.wait(60)
    scene.line_drops()
    assert "A" not in scene.zone.agents
    assert log_on_again(scene, pwd="", resume_token=scene.tokens["A"])[-1] == "A < Logon 0"


def test_token_is_good_for_a_logon_as_long_as_the_zone_says():
    scene = nailed_idle()
    token, limit_s = scene.tokens["A"], scene.config.resume_token_s
    lose(scene)
    scene.wait_long(limit_s + 1)
    assert log_on_again(scene, pwd="", resume_token=token) == ["A < Logon 17"]


def test_logon_by_password_makes_the_tokens_before_it_worthless():
    scene = nailed_idle()
    token = scene.tokens["A"]
    log_on_again(scene, is_force=True)
    lose(scene)
    scene.tokens["A"] = token
    assert come_back(scene) == ["A < GetAgentStatusResponse 17"]


# -- not back in time --------------------------------------------------------------------------------


def test_agent_who_does_not_come_back_is_logged_off():
    scene = nailed_idle()
    lose(scene)
    assert scene.wait(59) == []
    assert scene.wait(1) == ["switch: DropNail Z-1-line-A-1"]
    scene.line_drops()
    assert "A" not in scene.zone.agents
    assert not scene.zone.connections or all("A" not in each for each in scene.zone.connections.values())


def test_agent_who_does_not_come_back_keeps_the_customer_until_the_customer_leaves():
    scene = talking(contacts=1)
    lose(scene)
    assert scene.wait(300) == []
    assert scene.customer_leaves(SID) == []
    assert scene.wait(65)[0] == "store: SaveDisposition 1000000001 1 A 1 default"
    scene.line_drops()
    assert "A" not in scene.zone.agents


def test_agent_who_comes_back_too_late_but_in_time_for_the_contact_stays():
    scene = talking(contacts=2)
    lose(scene)
    scene.wait(100)
    assert come_back(scene)[0] == "A < GetAgentStatusResponse 0"
    scene.customer_leaves(SID)
    assert scene.send("A", DISPOSE)[-1] == "switch: Dial 1000000002 +49300000002 25"


def test_agent_who_wanted_to_log_off_before_does_so_though_it_came_back():
    scene = talking(contacts=1)
    scene.send("A", c.AGTPendingLogout())
    lose(scene)
    scene.wait(100)
    come_back(scene)
    scene.customer_leaves(SID)
    assert "A ! NailupChange PendingNailUpDrop" in scene.send("A", DISPOSE)


@pytest.mark.parametrize("way", [preview, dialing, talking, held, wrapup, called_back])
@pytest.mark.slow
def test_agent_who_never_comes_back_comes_to_rest(way):
    scene = way()
    scene.want(1, Wanted.STOP)
    lose(scene)
    scene.wait_long(20_000)
    assert not scene.zone.agents
    assert not scene.zone.jobs


def test_logoff_that_nobody_waits_for_any_more_is_carried_out():
    scene = dropping()
    lose(scene)
    assert scene.line_drops() == []
    assert not scene.zone.agents


# -- a proxy that lost a desktop ----------------------------------------------------------------------


def test_agent_disconnected_is_kept_like_one_whose_connection_is_lost():
    scene = settled(talking(contacts=1))
    status = scene.agent("A").status
    assert scene.send("A", c.AGTAgentDisconnected()) == ["A < AgentDisconnected 0"]
    assert scene.send("A", c.AGTAgentDisconnected()) == ["A < AgentDisconnected 0"]
    assert scene.customer_leaves(SID) == []
    connection = scene.agent("A").connection
    assert scene.send("", c.AgentSDKConnected(("A",), 1), connection)[-1] == "A ! GetAgentStatus A"
    assert scene.send("A", c.GetAgentStatusResponse(status)) == lines("""
        A < GetAgentStatusResponse 0
        A ! CallNotify Progressive(u1 +49300000001) 1000000001
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)


def test_command_of_an_agent_who_was_said_to_be_disconnected_asks_for_its_status():
    scene = talking(contacts=1)
    scene.send("A", c.AGTAgentDisconnected())
    assert scene.send("A", c.AGTHoldCall(SID)) == lines("""
        A ! GetAgentStatus A
        A < HoldCall 9004
    """)
    assert (
        scene.send("A", c.GetAgentStatusResponse(scene.agent("A").status))[0]
        == lines("""
        A < GetAgentStatusResponse 0
    """)[0]
    )
    assert scene.send("A", c.AGTHoldCall(SID))[-1] == "A < HoldCall 0 1000000001"


def test_proxy_whose_connection_is_lost_later_changes_nothing():
    scene = talking(contacts=1)
    scene.send("A", c.AGTAgentDisconnected())
    scene.wait(30)
    lose(scene)
    scene.customer_leaves(SID)
    scene.wait(29)
    assert not scene.agent("A").leaving
    scene.wait(1)
    assert scene.agent("A").leaving


def test_proxy_keeps_its_other_agents():
    scene = Scene(PacingType.Progressive, contacts=0)
    scene.store.add_job(2, [])
    connection = scene.connect("A", "B")
    scene.log_on("A", connection)
    scene.log_on("B", connection)
    scene.send("A", c.AGTAgentDisconnected())
    assert scene.go_ready("B")[-1] == "B < StateChange 0 Ready"


# -- a crash of the desktop -----------------------------------------------------------------------------


def saved(way):
    scene = way()
    scene.send("A", SAVE)
    lose(scene)
    return scene


def test_logon_after_a_crash_of_the_desktop_goes_on_where_it_was():
    assert log_on_again(saved(lambda: talking(contacts=1))) == lines("""
        A ! StateChangedNotify Ready
        A ! NailupChange NailedUp
        A ! JobAttached Summer
        A ! CallNotify Progressive(u1 +49300000001) 1000000001
        A ! state Talking
        A < Logon 0
    """)


def test_connection_that_claimed_an_agent_who_came_back_over_another_is_not_asked_for_it_any_more():
    scene = talking(contacts=1)
    scene.send("A", SAVE)
    scene.connect("A")
    assert lose(scene) == lines("A ! GetAgentStatus A")
    log_on_again(scene)
    assert lose(scene) == []


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (called_in, ["A ! ConsultNotify Progressive(u1 +49300000001) B 1000000001", "A ! state Consult"]),
        (
            conferenced,
            ["A ! ConferenceNotify Progressive(u1 +49300000001) 1000000001", "A ! state ConferencePassive"],
        ),
        (consult, ["A ! CallNotify Progressive(u1 +49300000001) 1000000001", "A ! state Consult"]),
        (conference, ["A ! CallNotify Progressive(u1 +49300000001) 1000000001", "A ! state ConferenceOwner"]),
        (consult_pending, ["A ! CallNotify Progressive(u1 +49300000001) 1000000001", "A ! state Talking"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_logon_after_a_crash_tells_what_part_the_agent_has(way, told):
    assert log_on_again(saved(way))[3:5] == told


def test_logon_after_a_crash_says_that_the_consult_may_be_cancelled():
    shown = log_on_again(saved(consult_pending))
    assert shown[4:7] == ["A ! state Talking", "A ! EnableCancelConsult 1000000001", "A < Logon 0"]


@pytest.mark.parametrize("name", [name for name in SCENES if name != "dropping"])
def test_logon_after_a_crash_resumes_in_every_state(name):
    scene = saved(SCENES[name])
    before = scene.agent("A").status
    assert "A < Logon 0" in log_on_again(scene)
    agent = scene.agent("A")
    assert (agent.agent_state, agent.call_state) == (before.agent_state, before.call_state)
    assert not agent.is_away
    agent_of_nobody = [key for key, each in scene.zone.connections.items() if each]
    assert agent_of_nobody == [agent.connection]


def test_logon_after_a_crash_takes_the_new_extension_and_skills():
    scene = saved(logged_on)
    log_on_again(scene, agent_ext="7007", agent_name="Ada", agent_skills=(AgentSkill("sales", level=7),))
    assert scene.agent("A").extension == "7007"
    assert scene.agent("A").skills == {"sales": 7}


def test_logon_after_a_crash_that_was_not_prepared_for_is_refused_without_force():
    scene = talking(contacts=1)
    lose(scene)
    assert log_on_again(scene) == ["A < Logon 7"]


def test_logon_by_force_after_a_crash_starts_afresh():
    scene = saved(lambda: talking(contacts=1))
    assert log_on_again(scene, is_force=True) == lines("""
        switch: HangUp 1000000001
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        switch: DropNail Z-1-line-A-1
        store: ForgetAgent A
        A ! caps ready not_ready
        A < Logon 0
        store: FinishJob finished
    """)


def test_logon_while_the_desktop_is_there_is_refused_though_it_is_saved():
    scene = talking(contacts=1)
    scene.send("A", SAVE)
    assert log_on_again(scene) == ["A < Logon 7"]


def test_saved_agent_who_does_not_come_back_in_time_is_forgotten():
    scene = saved(nailed_idle)
    scene.wait(60)
    scene.line_drops()
    assert scene.store.saved_agents == {}
    assert log_on_again(scene) == ["A ! caps ready not_ready", "A < Logon 0"]


# -- what is saved ---------------------------------------------------------------------------------------


def test_agent_is_saved_with_every_change_of_its_states_and_contact():
    scene = talking(contacts=1)
    assert scene.send("A", SAVE) == lines("""
        A < SaveAgentForHA 0
        store: SaveAgent A Z Ready Talking  Z-1-line-A-1 1000000001
    """)
    assert "store: SaveAgent A Z Ready Held  Z-1-line-A-1 1000000001" in scene.send("A", c.AGTHoldCall(SID))
    assert "store: SaveAgent A Z PendingNotReady Held 7 Z-1-line-A-1 1000000001" in scene.want_break()
    assert f"store: SaveAgent A Z PendingNotReady Wrapup 7 Z-1-line-A-1 {SID}" in scene.customer_leaves(SID)
    assert "store: SaveAgent A Z NotReady NoState 7  " in scene.send("A", DISPOSE)


def test_nothing_is_saved_when_nothing_changed():
    scene = talking(contacts=1)
    scene.send("A", SAVE)
    assert scene.send("A", SAVE) == ["A < SaveAgentForHA 0"]


def test_contact_is_saved_with_its_owner():
    scene = consult()
    for agent_id in "AB":
        scene.send(agent_id, SAVE)
    saved_agents = scene.store.saved_agents
    assert (saved_agents["A"].attempt_id, saved_agents["B"].attempt_id) == (SID, "")
    scene.send("A", c.AGTCompleteTransfer(SID))
    assert (saved_agents["A"].attempt_id, saved_agents["B"].attempt_id) == ("", SID)


def test_agent_who_logs_off_is_forgotten():
    scene = logged_on()
    scene.send("A", SAVE)
    assert scene.send("A", c.AGTLogoff()) == lines("""
        store: ForgetAgent A
        A < Logoff 0
    """)


# -- a new server ------------------------------------------------------------------------------------------


def restarted(way=lambda: talking(contacts=2), **kept):
    """The server of a saved agent A has died and was started again."""
    scene = way()
    scene.send("A", SAVE)
    return restart(scene, **kept)


def test_restart_with_line_and_customer_goes_on_with_the_call():
    scene = restarted()
    assert log_on_again(scene) == lines("""
        switch: Connect 1000000001 Z-1-line-A-1
        A ! StateChangedNotify Ready
        A ! NailupChange NailedUp
        A ! JobAttached Summer
        A ! CallNotify Progressive(u1 +49300000001) 1000000001
        A ! state Talking
        A < Logon 0
        store: SaveAgent A Z Ready Talking  Z-1-line-A-1 1000000001
    """)
    assert "A ! state Wrapup" in scene.customer_leaves(SID)
    assert "A < WrapupContact 0 1000000001" in scene.send("A", DISPOSE)


def test_restart_with_the_customer_alone_lets_the_customer_go_and_the_agent_wrap_up():
    scene = restarted(legs=())
    assert log_on_again(scene) == lines("""
        switch: HangUp 1000000001
        A ! StateChangedNotify Ready
        A ! CallNotify Progressive(u1 +49300000001) 1000000001
        A ! state Wrapup
        A < Logon 0
        store: SaveAgent A Z Ready Wrapup   1000000001
    """)
    shown = scene.send("A", DISPOSE)
    assert "A ! state NoState" in shown
    assert shown[-2:] == ["A ! NailupChange PendingNailUp", "store: SaveAgent A Z Ready NoState   "]


COVERED = {"config": ZoneConfig("Z", token_secret=bytes(32), cover_all_agents=True)}


def test_agent_who_never_asked_is_saved_where_all_are_covered_and_forgotten_at_its_logoff():
    scene = logged_on()
    assert scene.store.saved_agents == {}
    scene = Scene(**COVERED)
    scene.log_on()
    assert scene.store.saved_agents["A"].place.has_asked is False
    assert "store: ForgetAgent A" in scene.send("A", c.AGTLogoff())
    assert scene.store.saved_agents == {}


def test_agent_is_saved_once_a_turn_and_for_no_contact_that_nobody_has_answered():
    scene = preview(**COVERED)
    count = len(saves(scene))
    scene.send("A", c.AGTPreviewCancel(SID))
    assert len(saves(scene)) == count
    scene = talking(**COVERED)
    before = len(saves(scene))
    scene.send("A", c.AGTReleaseLine(SID))
    assert [each.call_state for each in saves(scene)[before:]] == [CallState.Wrapup]


def saves(scene):
    return [each for each in scene.store.records if isinstance(each, SaveAgent)]


def test_talk_that_was_on_hold_is_on_hold_after_a_restart():
    scene = talking(**COVERED)
    scene.send("A", c.AGTHoldCall(SID))
    later = restart(scene)
    shown = log_on_again(later)
    assert "A ! state Held" in shown
    assert shown.index(f"switch: Connect {SID} Z-1-line-A-1") + 1 == shown.index(f"switch: Hold {SID}")
    assert "A ! state Talking" in later.send("A", c.AGTUnholdCall(SID))


def test_wrapup_has_after_a_restart_what_was_left_of_its_time_and_of_its_extensions():
    scene = wrapup(contacts=1, acw_max_time_s=60, acw_extensions=2, **COVERED)
    scene.send("A", c.AGTExtendWrapup(SID))
    scene.wait(20)
    later = restart(scene, live=(), seconds=10)
    log_on_again(later)
    session = later.agent("A").session
    assert session.extensions_left == 1
    assert later.wait(34) == []
    assert "store: SaveDisposition 1000000001 1 A 1 default" in later.wait(2)


def test_talk_whose_customer_left_meanwhile_has_all_of_its_wrapup_after_a_restart():
    later = restart(talking(contacts=1, acw_max_time_s=60, **COVERED), live=(), seconds=50)
    log_on_again(later)
    assert later.wait(64) == []
    assert "store: SaveDisposition 1000000001 1 A 1 default" in later.wait(2)


def test_agent_who_was_ready_is_ready_after_a_restart_and_gets_the_next_contact_by_itself():
    scene = Scene(PacingType.Progressive, contacts=3, **COVERED)
    scene.nail()
    later = restart(scene, live=())
    assert later.orders == []  # nobody is there to talk to them
    shown = log_on_again(later)
    assert "A ! StateChangedNotify Ready" in shown
    assert [line for line in shown if line.startswith("switch: Dial")]


def test_planned_end_leaves_covered_agents_without_a_contact_to_the_next_server():
    scene = talking(**COVERED)
    scene.nail("B")
    scene.post(ZoneClosing(1000))
    shown = scene.post(GraceOver())
    assert "A ! AgentLoggedOut" in shown
    assert not [line for line in shown if line.startswith("B ")]
    assert set(scene.store.saved_agents) == {"B"}


def test_restart_keeps_a_pending_logout_and_what_a_break_is_for():
    scene = talking(**COVERED)
    scene.send("A", c.AGTStateChange(AgentState.NotReady, "7", "Lunch"))
    scene.send("A", c.AGTPendingLogout())
    later = restart(scene)
    assert "A ! state Talking" in log_on_again(later)
    agent = later.agent("A")
    assert (agent.leaving, agent.agent_state) == (True, AgentState.PendingNotReady)
    later.send("A", c.AGTReleaseLine(SID))
    assert "A ! AgentLoggedOut" in later.send("A", DISPOSE) + later.post(NailEnded(LEG))


def test_agent_placed_by_a_supervisor_is_so_after_a_restart():
    scene = Scene(**COVERED)
    for job_id in (1, 2):
        scene.start_job(PacingType.Progressive, job_id=job_id, due_in_s=3600)
    scene.log_on()
    scene.wish("A", WorkIn(2))
    later = restart(scene, live=())
    log_on_again(later)
    assert later.agent("A").placed_in is later.zone.jobs[2]


def test_restart_with_the_line_alone_lets_the_agent_wrap_up():
    scene = restarted(live=())
    assert "A ! state Wrapup" in log_on_again(scene)
    assert scene.agent("A").capabilities.originate
    assert scene.send("A", DISPOSE)[-1].startswith("switch: Dial 2")


def test_restart_with_nothing_left_lets_the_agent_wrap_up():
    scene = restarted(legs=(), live=())
    assert "A ! state Wrapup" in log_on_again(scene)
    assert not scene.agent("A").capabilities.originate
    assert "store: SaveDisposition 1000000001 1 A 1 agent" in scene.send("A", DISPOSE)


def test_restart_with_a_contact_that_was_in_wrapup_does_not_talk_again():
    scene = restarted(wrapup)
    assert "A ! state Wrapup" in log_on_again(scene)


@pytest.mark.parametrize("leg", [LEG, ""])
def test_restart_without_a_contact(leg):
    scene = Scene(PacingType.Progressive, contacts=0, config=ZoneConfig("Z", token_secret=bytes(32), epoch=2))
    scene.start_job(PacingType.Progressive, job_id=2)
    scene.post(AgentRestored(SavedAgent("A", AgentState.Ready, CallState.NoState, "", leg, None)))
    shown = log_on_again(scene)
    assert shown[0] == "A ! StateChangedNotify Ready"
    assert ("A ! NailupChange NailedUp" in shown) == bool(leg)
    if leg:
        assert shown[-1].startswith("switch: Dial 1")
    else:
        assert shown[-2:] == ["A ! NailupChange PendingNailUp", "store: SaveAgent A Z Ready NoState   "]


def test_restart_with_a_line_and_no_job_lets_the_line_go():
    scene = Scene(config=ZoneConfig("Z", token_secret=bytes(32), epoch=2))
    scene.post(AgentRestored(SavedAgent("A", AgentState.Ready, CallState.NoState, "", LEG, None)))
    shown = log_on_again(scene)
    assert shown[-3:-1] == ["A ! NailupChange PendingNailUpDrop", "switch: DropNail Z-1-line-A-1"]


def test_restart_in_a_pending_break_begins_the_break():
    scene = Scene(config=ZoneConfig("Z", token_secret=bytes(32), epoch=2))
    scene.post(AgentRestored(SavedAgent("A", AgentState.PendingNotReady, CallState.NoState, "7", "", None)))
    shown = log_on_again(scene)
    assert shown[0] == "A ! StateChangedNotify PendingNotReady"
    assert scene.agent("A").agent_state is AgentState.NotReady
    assert scene.agent("A").reason_code == "7"


def test_restart_by_force_starts_afresh():
    scene = restarted()
    assert log_on_again(scene, is_force=True) == lines("""
        store: ForgetAgent A
        switch: DropNail Z-1-line-A-1
        switch: HangUp 1000000001
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! caps ready not_ready
        A < Logon 0
    """)


def test_restart_and_the_agent_does_not_come_back():
    scene = restarted()
    assert scene.wait(59) == []
    assert scene.wait(1) == lines("""
        store: ForgetAgent A
        switch: DropNail Z-1-line-A-1
        switch: HangUp 1000000001
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
    """)
    assert log_on_again(scene) == ["A ! caps ready not_ready", "A < Logon 0"]


def test_restart_and_the_customer_hangs_up_before_the_agent_is_back():
    scene = restarted()
    assert scene.post(CallEnded(SID)) == []
    assert "A ! state Wrapup" in log_on_again(scene)


def test_restart_and_the_line_ends_before_the_agent_is_back():
    scene = restarted()
    assert scene.post(NailEnded(LEG)) == []
    shown = log_on_again(scene)
    assert "switch: HangUp 1000000001" in shown
    assert "A ! NailupChange NailedUp" not in shown


def test_restart_and_the_line_ends_after_the_agent_is_back():
    scene = restarted()
    log_on_again(scene)
    assert "A ! NailupChange NailingLost" in scene.post(NailEnded(LEG))


def test_restart_and_the_switch_is_lost_before_the_agent_is_back():
    scene = restarted()
    scene.post(TelephonyLost(), TelephonyRestored())
    log_on_again(scene)
    agent = scene.agent("A")
    assert (agent.nailup_status, agent.call_state) == (NailupStatus.NotNailedUp, CallState.Wrapup)


def test_restart_without_the_job_of_the_contact_ends_the_attempt_and_forgets_the_agent_in_time():
    scene = Scene(config=ZoneConfig("Z", token_secret=bytes(32), epoch=2))
    contact = a_contact(1)
    scene.store.add_job(9, [contact])
    token = Token("Z", 0, 2)
    scene.store.claim_contacts(token, 9, 1, scene.now)
    number = contact.numbers[0].number
    begun = StartAttempt(SID, 9, contact.contact_id, ContactType.Progressive, number, scene.now)
    scene.store.commit(token, [begun, MarkAnswered(SID, scene.now, "A")])
    kept = SavedSession(
        SID, SID, 9, contact, ContactType.Progressive, contact.numbers[0], scene.now, is_live=True
    )
    assert scene.post(AgentRestored(SavedAgent("A", AgentState.Ready, CallState.Talking, "", LEG, kept))) == [
        f"switch: HangUp {SID}",
        f"store: EndAttempt {SID} Interrupted A",
        "store: ReturnContact 1 1 Interrupted",
    ]
    assert scene.wait(60) == ["store: ForgetAgent A", "switch: DropNail Z-1-line-A-1"]


def talked_to_with_callback():
    scene = talking(contacts=1)
    scene.send("A", create(scene=scene))
    return scene


def test_restart_of_a_contact_with_a_callback_does_not_dial_it_again():
    scene = restarted(talked_to_with_callback)
    log_on_again(scene)
    scene.send("A", c.AGTReleaseLine(SID))
    later = evolve(DISPOSE, completion_code=evolve(DISPOSE.completion_code, code_id=3))
    assert "store: ReturnContact 1 1 Handled" in scene.send("A", later)


def talked_to_called_back():
    scene = called_back()
    scene.send("A", c.AGTPreviewDial(number_of(50), SID))
    scene.customer_answers(SID)
    return scene


def test_restart_during_a_callback_ends_the_callback_with_its_contact():
    scene = restarted(talked_to_called_back)
    assert scene.wait(10) == []
    log_on_again(scene)
    scene.customer_leaves(SID)
    assert scene.send("A", DISPOSE)[:3] == lines("""
        store: EndCallback old-callback Handled
        store: SaveDisposition 1000000001 50 A 1 agent
        store: EndAttempt 1000000001 Handled A
    """)


@pytest.mark.parametrize("way", [called_back, awaiting, preview, dialing])
def test_restart_loses_no_contact_that_nobody_was_talking_to(way):
    scene = restarted(way)
    assert "A < Logon 0" in log_on_again(scene)
    scene.wait(200)
    assert scene.agent("A").call_state in (CallState.Callback, CallState.Preview)


@pytest.mark.parametrize("way", [consult, conference, external_consult, consult_pending])
def test_restart_gives_the_owner_the_customer_alone(way):
    scene = way()
    for agent_id in "AB":
        scene.send(agent_id, SAVE)
    later = restart(scene, legs=(LEG, "Z-1-line-B-2"), live=(SID, "1000000002"))
    waits = way in (consult, external_consult)
    assert f"A ! state {'Held' if waits else 'Talking'}" in log_on_again(later)
    shown = log_on_again(later, "B")
    assert ("B ! state Idle" in shown) or ("B ! state Talking" in shown) == (way is consult_pending)


def test_callback_is_delivered_by_the_next_server():
    scene = restart(talked_to_with_callback(), live=())
    scene.nail("B")
    assert scene.wait(1800)[-1] == "B ! state Callback"


# -- the end ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [consult, conference, external_consult, called_back, awaiting, beside])
def test_closing_zone_tells_everybody(way):
    scene = way()
    shown = scene.post(ZoneClosing(5000))
    assert "A ! ZoneDown Z 5000" in shown


def test_nothing_is_sent_to_a_desktop_that_is_away_when_the_zone_closes():
    scene = talking(contacts=1)
    lose(scene)
    assert scene.post(ZoneClosing(5000)) == []
