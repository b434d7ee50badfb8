"""Playbooks of desktops of which nothing is heard: asked, and given up without an answer."""

import pytest
from parties import DISPOSE
from scenes import SCENES, SID, Scene, logged_on, nailed_idle, talking

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
    scene = hushed(lambda: talking(contacts=1))
    scene.wait(100)
    assert scene.customer_leaves(SID) == []
    assert answer(scene, scene.agent("A").last_seen) == lines("""
        A < GetAgentStatusResponse 0
        A ! AutoReleaseLine wrapup(60s+ Done) Z-1-1
        A ! state Wrapup
    """)
    assert "A < WrapupContact 0 Z-1-1" in scene.send("A", DISPOSE)


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
    scene = Scene(config=ZoneConfig("Z", agent_silence_s=20, agent_answer_s=3))
    scene.log_on()
    scene.silent.add("A")
    assert scene.wait(20) == ASKED
    scene.wait(3)
    assert scene.agent("A").is_away
