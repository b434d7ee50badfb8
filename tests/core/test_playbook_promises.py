"""A line in the air keeps its agent, or is hung up unanswered: nobody is called whom nobody would take."""

import pytest
from parties import bring_nailed, come_back, lose, with_agent
from scenes import SID, Scene, a_logon, overdialled, talking

from agentmgr.core.events import SERVER_CONNECTION, CallEnded, NailEnded, ZoneClosing
from agentmgr.core.model import Wanted
from agentmgr.core.pacer import MIN_ANSWERS
from agentmgr.core.states import Phase
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import CallState, DialFailReason, PacingType
from protocol.structures import AgentSkill

CAUTIOUS = [PacingType.Progressive, PacingType.Predictive]
"""Pacings that dial one line for each idle agent; predictive as long as it has seen few answers."""
HUNG_UP = lines("""
    switch: HangUp 1000000001
    store: EndAttempt 1000000001 Cancelled
    store: ReturnContact 1 0 Cancelled +60s
""")

LEAVE = {
    "break": lambda scene: scene.want_break(),
    "pending logout": lambda scene: scene.send("A", c.AGTPendingLogout()),
    "forced logon elsewhere": lambda scene: scene.send("A", a_logon(is_force=True), scene.connect("A")),
    "desktop lost": lose,
    "desktop lost behind a proxy": lambda scene: scene.send("A", c.AGTAgentDisconnected()),
    "other skills": lambda scene: scene.send("A", c.AGTSkillsChanged((AgentSkill("art"),))),
    "blended": lambda scene: scene.send("A", c.AGTBlendToInbound()),
    "blended by the server": lambda scene: scene.send("A", c.AGTBlendToInbound(), SERVER_CONNECTION),
    "line lost": lambda scene: scene.post(NailEnded(scene.leg())),
    "line lost, as the desktop says": lambda scene: scene.send("A", c.AGTLostNailing()),
    "zone closes": lambda scene: scene.post(ZoneClosing(1000)),
    "job stopped": lambda scene: scene.want(1, Wanted.STOP),
}
"""All that takes the only agent away for whom a line rings."""


def a_line_in_the_air(pacing=PacingType.Progressive, contacts=1, **campaign):
    scene = Scene(pacing, contacts=contacts, **campaign)
    scene.nail()
    return scene


@pytest.mark.parametrize("pacing", CAUTIOUS)
@pytest.mark.parametrize("leave", LEAVE.values(), ids=LEAVE)
def test_line_whose_agent_leaves_is_hung_up_unanswered_and_not_counted(leave, pacing):
    scene = a_line_in_the_air(pacing)
    shown = leave(scene)
    at = shown.index(HUNG_UP[0])
    assert shown[at : at + 3] == HUNG_UP
    assert scene.customer_answers(SID) == ["switch: HangUp 1000000001"]
    assert not scene.zone.stats.abandoned


@pytest.mark.parametrize("pacing", CAUTIOUS)
def test_contact_whose_phone_rang_is_left_alone_for_a_minute_however_soon_an_agent_is_back(pacing):
    scene = a_line_in_the_air(pacing)
    scene.want_break()
    again = "switch: Dial 1000000002 +49300000001 25"
    assert again not in [*scene.go_ready(), *scene.wait(59)]
    assert again in scene.wait(2)


def test_line_that_is_still_being_checked_is_dropped_and_never_dialled():
    scene = Scene(PacingType.Progressive, contacts=1)
    scene.log_on()
    scene.go_ready()
    scene.offer_phone()
    scene.call_phone()
    scene.answers_at_once = False
    scene.answer_phone()
    while scene.zone.jobs[1].ringing == {}:
        scene.answer()
    shown = scene.want_break()
    assert "switch: HangUp 1000000001" not in shown
    assert "store: ReturnContact 1 0 Cancelled +0s" in shown
    while scene.asked:
        assert not [line for line in scene.answer() if line.startswith("switch: Dial")]


def test_youngest_line_is_hung_up_and_the_others_keep_their_agents():
    scene = a_line_in_the_air(contacts=3)
    scene.nail("B")
    ordered = [line for line in scene.want_break("A") if line.startswith("switch")]
    assert ordered == ["switch: HangUp 1000000002"]
    scene.customer_answers(SID)
    assert scene.agent("B").call_state is CallState.Talking


def test_consult_of_an_agent_for_whom_a_line_rings_hangs_the_line_up():
    scene = talking(contacts=2)
    scene.nail("B")
    assert "switch: HangUp 1000000002" in scene.send("A", with_agent())
    assert scene.agent("B").call_state is CallState.Consult


def test_agent_whose_skills_change_and_still_fit_keeps_its_line():
    scene = a_line_in_the_air()
    shown = scene.send("A", c.AGTSkillsChanged((AgentSkill("sales", level=3),)))
    assert not [line for line in shown if line.startswith("switch")]
    scene.customer_answers(SID)
    assert scene.agent("A").call_state is CallState.Talking


# -- predictive, once it dials ahead --------------------------------------------------------------


def test_predictive_lines_go_on_while_an_agent_is_left_who_may_take_them():
    scene = overdialled()
    assert scene.zone.jobs[1].ringing["1000000002"].phase is Phase.RINGING
    scene.customer_leaves(SID)
    assert scene.zone.jobs[1].ringing


@pytest.mark.parametrize("leave", LEAVE.values(), ids=LEAVE)
def test_predictive_lines_are_hung_up_when_no_agent_is_left(leave):
    scene = overdialled()
    assert "switch: HangUp 1000000002" in leave(scene)


def test_predictive_lines_keep_to_their_agents_until_answers_enough_were_seen():
    scene = a_line_in_the_air(PacingType.Predictive, contacts=3)
    scene.nail("B")
    scene.zone.jobs[1].estimates.live_answers = MIN_ANSWERS - 1
    assert "switch: HangUp 1000000002" in scene.want_break("A")


# -- a pause finishes what it promises -------------------------------------------------------------


def beside_another_job(agents="A", pacing=PacingType.Progressive, contacts=4, priority=9):
    """Lines of the first job ring for its agents, who could work for a second one, too."""
    scene = a_line_in_the_air(pacing, contacts)
    for agent_id in agents[1:]:
        scene.nail(agent_id)
    other = {"campaign_id": 2, "name": "Autumn", "priority": priority}
    scene.start_job(PacingType.Progressive, job_id=2, contacts=4, **other)
    return scene


@pytest.mark.parametrize("pacing", CAUTIOUS)
def test_pause_lets_a_line_that_rings_find_its_agent(pacing):
    scene = beside_another_job(pacing=pacing)
    assert scene.want(1, Wanted.PAUSE) == []
    scene.customer_answers(SID)
    assert scene.agent("A").call_state is CallState.Talking
    assert scene.agent("A").job.job_id == 1


def test_agent_moves_from_a_paused_job_when_its_line_has_failed():
    scene = beside_another_job()
    scene.want(1, Wanted.PAUSE)
    shown = scene.customer_fails(DialFailReason.Busy, SID)
    assert "A ! JobAttached Autumn" in shown
    assert shown[-1].startswith("switch: Dial 1000000002")


def test_agent_moves_from_a_paused_job_after_the_call_that_the_pause_had_left_it():
    scene = beside_another_job()
    scene.want(1, Wanted.PAUSE)
    scene.customer_answers(SID)
    scene.post(CallEnded(SID))
    assert "A ! JobAttached Autumn" in scene.wait(70)


def test_agents_move_from_a_paused_job_as_far_as_no_line_is_meant_for_them():
    scene = beside_another_job(contacts=1)
    scene.want(1, Wanted.PAUSE)
    bring_nailed(scene, "C")
    assert scene.agent("C").job.job_id == 2
    assert scene.agent("A").job.job_id == 1


def test_agent_in_excess_leaves_a_paused_job_at_once_and_the_others_stay():
    scene = a_line_in_the_air(contacts=1)
    scene.nail("B")
    scene.start_job(PacingType.Progressive, job_id=2, campaign_id=2, name="Autumn", due_in_s=3600)
    assert scene.want(1, Wanted.PAUSE)[0] == "A ! JobAttached Autumn"
    scene.customer_answers(SID)
    assert scene.agent("B").call_state is CallState.Talking


def test_resumed_job_keeps_its_agents_and_dials_on():
    scene = beside_another_job(priority=5)
    scene.want(1, Wanted.PAUSE)
    scene.want(1, Wanted.RUN)
    assert scene.customer_fails(DialFailReason.Busy, SID)[-1] == "switch: Dial 1000000002 +49300000002 25"
    assert scene.agent("A").job.job_id == 1


def test_desktop_that_comes_back_at_once_gets_another_line():
    scene = a_line_in_the_air(contacts=2)
    lose(scene)
    assert come_back(scene)[-1] == "switch: Dial 1000000002 +49300000002 25"
