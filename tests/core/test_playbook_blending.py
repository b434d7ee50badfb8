"""Playbooks of blending and of other skills (agent API, section 7)."""

import pytest
from parties import DISPOSE, awaiting, beside, called_back, consult, consult_pending, start_job_with
from scenes import LEG, SID, logged_on, nailed_idle, nailing_lost, pending_nailing, talking, wrapup

from agentmgr.core.events import SERVER_CONNECTION, NailEnded
from agentmgr.testing.stage import without
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import AgentState, CallState, NailupStatus, PacingType
from protocol.structures import AgentSkill, CompletionCode

TO_INBOUND, TO_OUTBOUND = c.AGTBlendToInbound(), c.AGTBlendToOutbound()
ART = c.AGTSkillsChanged((AgentSkill("art", level=3),))
DROP_ORDERED = lines("""
    A ! NailupChange PendingNailUpDrop
    switch: DropNail Z-1-line-A-1
""")


def inbound():
    scene = nailed_idle()
    scene.send("A", TO_INBOUND)
    scene.line_drops()
    return scene


# -- out to inbound --------------------------------------------------------------------------------


def test_blend_to_inbound_is_answered_at_once_and_lets_the_phone_go():
    scene = nailed_idle()
    assert scene.send("A", TO_INBOUND) == ["A < BlendToInbound 0", *DROP_ORDERED]
    assert scene.line_drops() == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
        A ! BlendedToInbound
    """)
    assert scene.wait_long(3600) == []


@pytest.mark.parametrize("way", [logged_on, nailing_lost])
def test_blend_to_inbound_without_a_line(way):
    scene = way()
    assert scene.send("A", TO_INBOUND) == lines("""
        A < BlendToInbound 0
        A ! BlendedToInbound
    """)
    assert scene.wait_long(3600) == []


def test_blend_to_inbound_before_the_phone_is_nailed_up():
    assert pending_nailing().send("A", TO_INBOUND) == lines("""
        A < BlendToInbound 0
        A ! NailupChange NotNailedUp
        A ! BlendedToInbound
    """)


def test_blend_to_inbound_waits_for_the_contact():
    scene = talking(contacts=2)
    assert scene.send("A", TO_INBOUND) == ["A < BlendToInbound 0"]
    scene.customer_leaves(SID)
    assert without(scene.send("A", DISPOSE), "store:") == [
        "A ! state Idle",
        "A < WrapupContact 0 1000000001",
        *DROP_ORDERED,
    ]


def test_blend_to_inbound_waits_for_the_consult_that_is_on():
    scene = consult()
    scene.send("B", TO_INBOUND)
    assert scene.send("A", c.AGTCancelConsult(SID))[-2:] == lines("""
        B ! NailupChange PendingNailUpDrop
        switch: DropNail Z-1-line-B-2
    """)


def test_blend_to_inbound_waits_for_the_consult_that_is_pending():
    scene = consult_pending()
    scene.send("B", TO_INBOUND)
    scene.customer_leaves("1000000002")
    scene.send("B", c.AGTWrapupContact(CompletionCode(1), "1000000002"))
    assert scene.agent("B").call_state is CallState.Consult
    assert "switch: DropNail Z-1-line-B-2" in scene.send("A", c.AGTCancelConsult(SID))


def test_blend_to_inbound_waits_for_the_callback_that_was_promised():
    scene = awaiting()
    scene.wait(80)
    assert scene.send("A", TO_INBOUND) == ["A < BlendToInbound 0"]
    scene.wait(20)
    assert scene.agent("A").call_state is CallState.Callback
    scene.send("A", c.AGTPreviewCancel(SID))
    assert without(scene.send("A", DISPOSE), "store:")[-2:] == DROP_ORDERED


def test_blend_to_inbound_waits_for_the_callback_that_is_on():
    scene = called_back()
    assert scene.send("A", TO_INBOUND) == ["A < BlendToInbound 0"]
    assert scene.wait(599) == []
    assert without(scene.wait(1), "store:")[-2:] == DROP_ORDERED


def test_agent_on_its_way_to_inbound_gets_no_contact_consult_or_callback():
    scene = awaiting("A", pacing=PacingType.Progressive, contacts=1)
    scene.customer_answers()
    scene.send("A", TO_INBOUND)
    assert scene.wait(100) == []
    assert not scene.agent("A").is_consultable


def test_second_blend_to_inbound_is_refused():
    scene = nailed_idle()
    scene.send("A", TO_INBOUND)
    assert scene.send("A", TO_INBOUND) == ["A < BlendToInbound 581"]


def test_server_blends_over_its_own_connection():
    scene = nailed_idle()
    assert scene.send("A", TO_INBOUND, SERVER_CONNECTION) == ["A < BlendToInbound 0", *DROP_ORDERED]
    scene.line_drops()
    assert scene.send("A", TO_OUTBOUND, SERVER_CONNECTION) == lines("""
        A ! BlendedToOutbound
        A < BlendToOutbound 0
    """)


def test_server_may_send_nothing_else_over_its_own_connection():
    assert nailed_idle().send("A", c.AGTLogoff(), SERVER_CONNECTION) == ["A < Logoff 9002"]


def test_blended_agent_may_take_a_break_and_log_off():
    scene = inbound()
    scene.want_break()
    assert scene.send("A", c.AGTLogoff()) == ["A < Logoff 0"]


# -- back to outbound ------------------------------------------------------------------------------


def test_blend_to_outbound_nails_the_phone_up_when_the_desktop_asks_for_it():
    scene = inbound()
    assert scene.send("A", TO_OUTBOUND) == lines("""
        A ! BlendedToOutbound
        A < BlendToOutbound 0
    """)
    assert scene.wait(60) == []
    assert scene.send("A", c.AGTNailupAgent()) == lines("""
        A < NailupAgent 0
        A ! NailupChange PendingNailUp
    """)
    scene.call_phone()
    assert scene.answer_phone() == lines("""
        A ! NailupChange NailedUp
        A ! JobAttached Summer
        A ! call Idle
    """)


def test_blend_to_outbound_before_the_contact_is_over_changes_nothing():
    scene = talking(contacts=2)
    scene.send("A", TO_INBOUND)
    assert scene.send("A", TO_OUTBOUND) == lines("""
        A ! BlendedToOutbound
        A < BlendToOutbound 0
    """)
    scene.customer_leaves(SID)
    assert without(scene.send("A", DISPOSE), "store:") == lines("""
        A ! state Idle
        A < WrapupContact 0 1000000001
        switch: Dial 1000000002 +49300000002 25
    """)


def test_blend_to_outbound_while_the_phone_is_let_go_nails_it_up_again():
    scene = nailed_idle()
    scene.send("A", TO_INBOUND)
    scene.send("A", TO_OUTBOUND)
    assert scene.line_drops() == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
        A ! NailupChange PendingNailUp
    """)


def test_blend_to_outbound_of_an_idle_agent_puts_it_back_to_work():
    scene = awaiting()
    scene.wait(80)
    scene.send("A", TO_INBOUND)
    scene.send("A", TO_OUTBOUND)
    assert scene.zone.jobs[1].idle.peek() is scene.agent("A")


def test_phone_is_not_nailed_up_while_the_agent_works_for_inbound():
    scene = inbound()
    assert scene.send("A", c.AGTNailupAgent()) == ["A < NailupAgent 9004"]
    assert scene.offer_phone() == ["A < AvailableForNailup 5"]
    scene.send("A", TO_OUTBOUND)
    assert scene.agent("A").nailup_status is NailupStatus.NotNailedUp


# -- other skills ----------------------------------------------------------------------------------


def test_skills_changed_of_a_free_agent_without_other_work_lets_its_phone_go():
    assert nailed_idle().send("A", ART) == ["A < SkillsChanged 0", *DROP_ORDERED]


def test_skills_changed_move_a_free_agent_to_the_job_that_wants_them():
    scene = nailed_idle()
    start_job_with(scene, job_id=2, name="Autumn", skill="art", campaign_id=2, contacts=2)
    assert without(scene.send("A", ART), "store:") == lines("""
        A < SkillsChanged 0
        A ! JobAttached Autumn
        A ! CallNotify Preview(u1 +49300000001) 1000000001
        A ! state Preview
    """)


def test_skills_changed_before_the_phone_is_nailed_up_move_the_agent_too():
    scene = pending_nailing()
    start_job_with(scene, job_id=2, name="Autumn", skill="art", campaign_id=2, contacts=2)
    assert scene.send("A", ART) == ["A < SkillsChanged 0"]
    scene.call_phone()
    assert scene.answer_phone()[:2] == lines("""
        A ! NailupChange NailedUp
        A ! JobAttached Autumn
    """)


def test_skills_changed_in_a_contact_move_the_agent_after_it():
    scene = talking(contacts=1)
    assert scene.send("A", ART) == ["A < SkillsChanged 0"]
    scene.customer_leaves(SID)
    assert without(scene.send("A", DISPOSE), "store:") == [
        "A ! state Idle",
        "A < WrapupContact 0 1000000001",
        *DROP_ORDERED,
    ]


def test_skills_changed_to_a_higher_level_come_first():
    scene = awaiting("AB", pacing=PacingType.Predictive)
    job = scene.zone.jobs[1]
    assert job.idle.peek() is scene.agent("A")
    scene.send("B", c.AGTSkillsChanged((AgentSkill("sales", level=9),)))
    assert job.idle.peek() is scene.agent("B")


def test_skills_changed_take_a_promised_callback_back():
    scene = awaiting("AB")
    scene.wait(80)
    shown = scene.send("A", ART)
    assert "A ! PreviewCallbackCancelled 1000000001" in shown
    assert scene.wait(0)[0].startswith("B ! PreviewCallbackPending")


def test_skills_changed_to_none_are_refused():
    assert beside().send("A", c.AGTSkillsChanged(())) == ["A < SkillsChanged 9"]


def test_break_asked_for_while_leaving_for_inbound_begins_first():
    scene = wrapup(contacts=1)
    scene.send("A", TO_INBOUND)
    scene.want_break()
    scene.send("A", DISPOSE)
    assert scene.agent("A").agent_state is AgentState.NotReady
    assert scene.post(NailEnded(LEG))[-1] == "A ! BlendedToInbound"
