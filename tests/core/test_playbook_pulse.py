"""Playbooks of desktops of which nothing is heard: asked, and given up without an answer."""

import pytest
from parties import DISPOSE, awaiting, come_back, consult, lose, settled, with_agent
from scenes import LEG, SCENES, SID, Scene, logged_on, nailed_idle, preview, talking

from agentmgr.core.events import SERVER_CONNECTION
from agentmgr.core.model import ZoneConfig
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import AgentState, CallState, NailupStatus, PacingType
from protocol.structures import AgentStatus

ASKED = ["A ! GetAgentStatus A"]


def hushed(way=logged_on):
    """A scene in which nothing more comes from the desktop of A."""
    scene = way()
    scene.silent.add("A")
    return scene


def answer(scene, status=None):
    return scene.send("A", c.GetAgentStatusResponse(status or scene.agent("A").status))


def test_silent_desktop_is_asked_and_given_up_without_an_answer():
    scene = hushed()
    assert scene.wait(89) == []
    assert scene.wait(1) == ASKED
    assert scene.wait(9) == []
    assert not scene.agent("A").is_away
    scene.wait(1)
    assert scene.agent("A").is_away


def test_desktop_that_answers_stays_and_is_asked_again_when_it_was_silent_as_long():
    scene = hushed()
    scene.wait(99)
    assert answer(scene) == ["A < GetAgentStatusResponse 0"]
    assert scene.wait(89) == []
    assert scene.wait(1) == ASKED


@pytest.mark.parametrize("command", [c.AGTSaveAgentForHA(), c.AGTGetZoneList(), c.AGTHoldCall("none")])
def test_any_command_of_the_agent_is_a_sign_of_life(command):
    scene = hushed()
    scene.wait(50)
    scene.send("A", command)
    assert scene.wait(89) == []
    assert scene.wait(1) == ASKED
    scene.wait(9)
    scene.send("A", command)
    assert scene.wait(89) == []
    assert not scene.agent("A").is_away


def test_what_comes_over_the_connection_for_others_is_no_sign_of_life_of_the_agent():
    scene = hushed()
    connection = scene.agent("A").connection
    scene.log_on("B", connection=connection)
    scene.wait(89)
    scene.send("B", c.AGTSaveAgentForHA())
    scene.send("", c.POMClientAlive(), connection)
    assert scene.wait(1) == ASKED


def test_what_others_send_for_the_agent_is_no_sign_of_life():
    scene = hushed()
    stranger = scene.connect()
    scene.wait(89)
    assert scene.send("A", c.AGTSaveAgentForHA(), stranger) == ["A < SaveAgentForHA 9002"]
    scene.send("A", c.AGTPendingLogout(), stranger)
    scene.send("A", c.AGTBlendToInbound(), SERVER_CONNECTION)
    assert "A ! GetAgentStatus A" in scene.wait(1)


@pytest.mark.parametrize("name", SCENES)
def test_answer_of_a_desktop_that_is_there_changes_nothing_whatever_it_says(name):
    scene = SCENES[name]()
    agent = scene.agent("A")
    before = agent.status
    wrong = AgentStatus(AgentState.NotReady, CallState.Held, NailupStatus.NailingLost)
    for command in (
        c.GetAgentStatusResponse(before),
        c.GetAgentStatusResponse(wrong),
        c.GetAgentStatusResponse(wrong, resume_token="none of ours"),
    ):
        assert scene.send("A", command) == ["A < GetAgentStatusResponse 0"]
        assert (agent.status, agent.is_away) == (before, False)


def test_agent_lost_by_silence_gets_no_contact_and_keeps_its_place():
    scene = hushed(lambda: nailed_idle(PacingType.Progressive))
    assert scene.agent("A") in scene.zone.jobs[1].idle
    scene.wait(100)
    assert scene.agent("A").is_away
    assert scene.agent("A") not in scene.zone.jobs[1].idle
    assert scene.agent("A").is_nailed


def test_contact_of_an_agent_lost_by_silence_goes_on_and_the_desktop_is_told_what_it_missed():
    scene = settled(hushed(lambda: talking(contacts=1)))
    scene.wait(100)
    assert scene.customer_leaves(SID) == []
    assert answer(scene, scene.believed("A")) == lines("""
        A < GetAgentStatusResponse 0
        A ! CallNotify Progressive(u1 +49300000001) 1000000001
        A ! AutoReleaseLine wrapup(60s+ Done) 1000000001
        A ! state Wrapup
    """)
    assert "A < WrapupContact 0 1000000001" in scene.send("A", DISPOSE)


def test_agent_lost_by_silence_is_asked_when_it_sends_something_after_all():
    scene = hushed()
    scene.wait(100)
    assert scene.send("A", c.AGTSaveAgentForHA()) == ["A ! GetAgentStatus A", "A < SaveAgentForHA 9004"]
    answer(scene)
    assert not scene.agent("A").is_away
    assert scene.wait(89) == []
    assert scene.wait(1) == ASKED


def test_agent_lost_by_silence_is_logged_off_when_it_stays_silent():
    scene = hushed()
    scene.wait(159)
    assert "A" in scene.zone.agents
    scene.wait(1)
    assert "A" not in scene.zone.agents


def test_desktop_that_claims_the_agent_is_asked_when_the_silent_one_is_given_up():
    scene = hushed()
    scene.wait(99)
    scene.connect("A")
    assert ASKED[0] in scene.wait(1)


def test_clock_that_is_stepped_makes_nobody_silent():
    scene = hushed()
    scene.wait(10)
    assert scene.step_clock(86_400) == []
    assert scene.wait(79) == []
    assert scene.wait(1) == ASKED
    scene.step_clock(-86_400)
    assert scene.wait(9) == []
    assert not scene.agent("A").is_away


def test_limits_are_settings():
    scene = Scene(config=ZoneConfig("Z", token_secret=bytes(32), agent_silence_s=20, agent_answer_s=3))
    scene.log_on()
    scene.silent.add("A")
    assert scene.wait(20) == ASKED
    scene.wait(3)
    assert scene.agent("A").is_away


# -- desktops that do nothing about their contact --------------------------------------------------


def dials(shown):
    return [line for line in shown if line.startswith("switch: Dial")]


def hung(way=lambda: talking(contacts=3)):
    """A scene in which the desktop of A does nothing about the contact that it has."""
    scene = way()
    scene.silent.add("A")
    return scene


def until_wrapped_up(scene):
    """The customer hangs up, and the server wraps up with the default code; returns what came of that."""
    if scene.agent("A").call_state is CallState.Talking:
        scene.customer_leaves(SID)
    return scene.wait(65)


def test_desktop_that_did_nothing_about_its_contact_gets_no_second_one_and_is_asked():
    scene = hung()
    shown = until_wrapped_up(scene)
    assert "store: SaveDisposition 1000000001 1 A 1 default" in shown
    assert shown[-2:] == ["A ! state Idle", ASKED[0]]
    assert scene.agent("A") not in scene.zone.jobs[1].idle
    assert scene.wait(9.9) == []


def test_hung_desktop_is_away_without_an_answer_and_logged_off_later():
    scene = hung()
    until_wrapped_up(scene)
    assert scene.wait(10) == []
    assert scene.agent("A").is_away
    assert "switch: DropNail Z-1-line-A-1" in scene.wait(60)
    scene.line_drops()
    assert "A" not in scene.zone.agents


@pytest.mark.parametrize("sign", [c.AGTGetZoneList(), c.AGTHoldCall(SID), c.POMClientAlive()])
def test_any_sign_of_life_brings_the_next_contact_at_once(sign):
    scene = hung()
    until_wrapped_up(scene)
    assert len(dials(scene.send("A", sign))) == 1
    scene.customer_answers()
    assert scene.agent("A").call_state is CallState.Talking


def test_sign_of_life_that_came_before_the_contact_does_not_count():
    scene = hung(lambda: talking(contacts=3))
    scene.send("A", c.AGTReleaseLine(SID))
    assert len(dials(scene.send("A", DISPOSE))) == 1  # in the same instant the next one is on its way
    scene.customer_answers("1000000002")
    scene.customer_leaves("1000000002")
    assert scene.wait(65)[-1] == ASKED[0]


@pytest.mark.parametrize("when", ["talking", "wrapup"])
def test_desktop_that_did_anything_about_its_contact_is_not_asked(when):
    scene = hung()
    if when == "talking":
        scene.send("A", c.AGTGetCustomerDetails(SID))
    scene.customer_leaves(SID)
    if when == "wrapup":
        scene.send("A", c.AGTGetCompCodes(SID))
    assert ASKED[0] not in scene.wait(64)
    assert len(dials(scene.wait(1))) == 1


def test_agent_with_a_break_after_the_contact_is_not_asked():
    scene = hung()
    scene.want_break()
    assert ASKED[0] not in until_wrapped_up(scene)
    assert not scene.agent("A").is_probed


def test_hung_desktop_counts_for_nobody_who_dials():
    scene = hung(lambda: talking(contacts=9))
    scene.nail("B")
    scene.customer_answers()
    until_wrapped_up(scene)
    scene.send("B", c.AGTGetCustomerDetails("1000000002"))
    job = scene.zone.jobs[1]
    assert (len(job.idle), len(job.ringing)) == (0, 0)
    scene.customer_leaves("1000000002")
    scene.wait(5)
    assert len(job.ringing) == 0
    scene.wait(61)
    assert (len(job.idle), len(job.ringing)) == (1, 1)


def test_hung_desktop_is_shown_no_second_preview():
    scene = hung(lambda: preview(PacingType.PreviewTimed))
    assert len(dials(scene.wait(35))) == 1  # the server has dialled by itself
    scene.customer_fails()
    shown = scene.wait(65)  # it was silent for 90 s by then, and was asked for that already
    assert (shown.count(ASKED[0]), "A ! state Preview" in shown) == (1, False)
    assert scene.agent("A").is_away


def test_hung_desktop_is_silent_before_an_untimed_preview_is_over_and_its_contact_goes_back():
    scene = hung(preview)
    assert scene.wait(90) == ASKED
    assert "store: ReturnContact 1 0 Cancelled +0s" in scene.wait(70)
    assert "A" not in scene.zone.agents
    assert not scene.zone.sessions


def test_hung_desktop_is_shown_no_callback():
    scene = hung(lambda: awaiting(pacing=PacingType.Progressive, contacts=1, due_in_s=500.0))
    scene.customer_answers()
    scene.wait(10)
    scene.customer_leaves()
    assert scene.wait(65)[-1] == ASKED[0]
    assert scene.wait(9) == []
    scene.silent.clear()
    answer(scene)
    assert "A ! state Callback" in scene.wait(500)


def test_hung_desktop_gets_no_consult_before_it_has_answered():
    scene = hung(consult)
    scene.silent.add("B")
    scene.send("A", c.AGTCancelConsult(SID))
    assert scene.agent("B").call_state is CallState.Idle
    assert scene.agent("B").is_probed
    shown = scene.send("A", with_agent())
    assert "B ! ConsultPending Agent A A Summer 1000000001" in shown
    assert scene.agent("A").call_state is CallState.Talking
    shown = scene.send("B", c.GetAgentStatusResponse(scene.agent("B").status))
    assert "B ! state Consult" in shown
    assert "A ! state Consult" in shown


def test_consult_that_waits_for_a_hung_desktop_is_refused_when_it_is_given_up():
    scene = hung(consult)
    scene.silent.add("B")
    scene.send("A", c.AGTCancelConsult(SID))
    scene.send("A", with_agent())
    assert "A ! ConsultDialFailed Rejected 1000000001" in scene.wait(10)
    assert scene.agent("B").is_away


def test_customer_that_was_transferred_to_a_hung_desktop_is_its_last():
    scene = Scene(PacingType.Progressive, contacts=5)
    scene.silent.add("A")
    scene.nail("B")
    scene.customer_answers()
    scene.nail("A")
    scene.send("B", with_agent("A"))
    scene.send("B", c.AGTCompleteTransfer(SID))
    scene.customer_leaves(SID)
    scene.send("B", c.AGTPendingLogout())
    assert scene.wait(65)[-1] == ASKED[0]


def test_hung_desktop_that_breaks_and_returns_starts_afresh():
    scene = hung()
    until_wrapped_up(scene)
    lose(scene)
    come_back(scene)
    assert scene.agent("A") in scene.zone.jobs[1].idle


def test_agent_who_leaves_after_a_contact_is_let_go_without_a_question():
    scene = hung()
    agent = scene.agent("A")
    agent.leaving = True
    assert f"switch: DropNail {LEG}" in until_wrapped_up(scene)


def test_idle_agent_who_is_asked_for_its_silence_keeps_its_place_and_its_lines():
    scene = hushed(lambda: Scene(PacingType.Progressive, contacts=1, ring_time_s=120))
    scene.nail()
    idle = scene.zone.jobs[1].idle
    assert scene.wait(90) == ASKED
    assert scene.agent("A") in idle
    assert len(scene.zone.jobs[1].ringing) == 1
    assert "switch: HangUp 1000000001" in scene.wait(10)
    assert scene.agent("A") not in idle
