"""Callbacks for which an agent of another job is there, and callbacks outside the calling hours."""

import pytest
from parties import DISPOSE, a_callback, bring_nailed, called_back, come_back, lose, start_job_with
from scenes import SID, Scene, a_contact

from agentmgr.core.model import CallingHours, Wanted
from agentmgr.testing.stage import without
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import CallbackType, CallState, DialFailReason, PacingType
from protocol.structures import AgentSkill, ContactNumber

DIAL = c.AGTPreviewDial(ContactNumber("PhoneNumber1"), SID)
DUE = "2023/11/14 22:15"
BOTH = (AgentSkill("sales"), AgentSkill("art"))


def a_quiet_scene(**callback):
    """The other job has a contact in an hour alone, so that its agent is idle."""
    scene = Scene()
    start_job_with(
        scene,
        a_callback(
            scene,
            7000.0,
            callback_id="later",
            contact=a_contact(60),
            campaign_id=2,
            number=a_contact(60).numbers[0],
        ),
        job_id=2,
        skill="art",
        campaign_id=2,
        name="Autumn",
        priority=9,
    )
    bring_nailed(scene, "P", *BOTH)
    start_job_with(scene, a_callback(scene, **callback))
    assert scene.agent("P").job.job_id == 2
    return scene


@pytest.mark.parametrize(
    "callback",
    [
        {},
        {"callback_type": CallbackType.Campaign},
        {"callback_type": CallbackType.Agent, "agent_id": "P"},
        {"callback_type": CallbackType.Agent, "agent_id": "X"},
    ],
    ids=["standard", "campaign", "for this agent", "for an agent who is not there"],
)
def test_callback_goes_to_the_agent_of_another_job_who_has_the_skill(callback):
    scene = a_quiet_scene(**callback)
    assert scene.wait(70) == [f"P ! PreviewCallbackPending {DUE} 1000000001"]
    assert scene.wait(30) == lines("""
        P ! JobAttached Summer
        store: StartAttempt 1000000001 50 Callback +49300000050 old-callback
        P ! CallNotify Callback(u50 +49300000050) 1000000001
        P ! state Callback
    """)


def test_agent_who_was_lent_for_a_callback_goes_back_after_it():
    scene = a_quiet_scene()
    scene.wait(100)
    scene.send("P", c.AGTPreviewCancel(SID))
    assert without(scene.send("P", DISPOSE), "store:") == lines("""
        P ! state Idle
        P < WrapupContact 0 1000000001
        P ! JobAttached Autumn
    """)
    assert scene.agent("P").job.job_id == 2
    assert scene.agent("P").home is None


def test_agent_who_was_lent_stays_where_the_own_job_does_not_run_any_more():
    scene = a_quiet_scene()
    scene.wait(100)
    scene.want(2, Wanted.PAUSE)
    start_job_with(scene, job_id=3, contacts=3, campaign_id=3, name="Winter", pacing=PacingType.Progressive)
    scene.send("P", c.AGTPreviewCancel(SID))
    scene.send("P", DISPOSE)
    assert scene.agent("P").job.job_id in (1, 3)


def test_callback_goes_to_nobody_of_another_job_at_too_low_a_level():
    scene = Scene()
    start_job_with(scene, job_id=2, skill="art", campaign_id=2, name="Autumn", contacts=1)
    bring_nailed(scene, "P", AgentSkill("sales", level=1), AgentSkill("art"))
    start_job_with(scene, a_callback(scene), min_skill_level=2)
    assert without(scene.wait(150), "store:", "switch:") == []


def test_agent_of_another_job_who_is_busy_gets_the_callback_after_its_contact():
    scene = a_quiet_scene()
    scene.start_job(
        PacingType.PreviewUntimed, job_id=3, contacts=1, skill="art", campaign_id=3, name="W", priority=9
    )
    scene.want(2, Wanted.PAUSE)
    assert scene.agent("P").call_state is CallState.Preview
    scene.wait(110)
    sid = scene.agent("P").session.sid
    scene.send("P", c.AGTPreviewCancel(sid))
    assert scene.send("P", c.AGTWrapupContact(DISPOSE.completion_code, sid))[-1] == "P ! state Callback"


def beside_a_line():
    """P is idle in a progressive job, whose line rings for it; a callback of another job is due in 10 s."""
    scene = Scene()
    scene.start_job(PacingType.Progressive, job_id=2, contacts=5, skill="art", campaign_id=2, name="Autumn")
    bring_nailed(scene, "P", *BOTH)
    start_job_with(scene, a_callback(scene, 10.0))
    return scene


def test_agent_for_whom_a_line_rings_is_not_taken_and_gets_the_callback_when_the_line_is_over():
    scene = beside_a_line()
    assert without(scene.wait(11), "P ! PreviewCallbackPending") == []
    shown = scene.customer_fails(DialFailReason.Busy)
    assert "P ! state Callback" in shown
    assert not [line for line in shown if line.startswith("switch: Dial")]


def test_agent_for_whom_a_line_rings_takes_that_call_before_the_callback():
    scene = beside_a_line()
    scene.wait(11)
    scene.customer_answers()
    assert scene.agent("P").call_state is CallState.Talking
    assert not scene.zone.stats.abandoned


def test_agent_of_the_own_job_for_whom_a_line_rings_keeps_it_too():
    scene = Scene()
    start_job_with(scene, a_callback(scene), pacing=PacingType.Progressive, contacts=5)
    scene.nail()
    assert "switch: HangUp 1000000001" not in scene.wait(39)
    while scene.now < 1_700_000_100:
        scene.wait(1)
    assert scene.agent("A").call_state is not CallState.Callback or not scene.zone.jobs[1].ringing
    scene.wait(45)
    assert scene.agent("A").call_state is CallState.Callback


def test_callback_promised_to_an_agent_who_is_busy_when_it_is_due_goes_to_one_who_is_idle():
    scene = Scene()
    start_job_with(scene, a_callback(scene), contacts=2)
    scene.nail("A")
    start_job_with(scene, job_id=2, skill="art", campaign_id=2, name="Autumn")
    scene.wait(50)
    sid = scene.agent("A").session.sid
    scene.send("A", c.AGTPreviewCancel(sid))
    scene.nail("B")
    scene.wait(60)
    states = {scene.agent(who).call_state for who in "AB"}
    assert CallState.Callback in states or scene.zone.jobs[1].callbacks_waiting


def test_preferred_agent_who_comes_before_the_time_gets_what_was_promised_to_another():
    scene = Scene()
    start_job_with(scene, a_callback(scene, callback_type=CallbackType.Agent, agent_id="B"))
    scene.nail("A")
    assert scene.wait(80) == [f"A ! PreviewCallbackPending {DUE} 1000000001"]
    assert scene.nail("B")[-2:] == lines(f"""
        A ! PreviewCallbackCancelled 1000000001
        B ! PreviewCallbackPending {DUE} 1000000002
    """)
    scene.wait(20)
    assert scene.agent("B").call_state is CallState.Callback


def test_preferred_agent_who_comes_after_the_time_finds_it_with_the_other():
    scene = Scene()
    start_job_with(scene, a_callback(scene, callback_type=CallbackType.Agent, agent_id="B"))
    scene.nail("A")
    scene.wait(110)
    scene.nail("B")
    assert scene.agent("A").call_state is CallState.Callback
    assert scene.agent("B").call_state is CallState.Idle


def test_lent_agent_whose_desktop_is_lost_comes_back_to_its_callback():
    scene = a_quiet_scene()
    scene.wait(100)
    lose(scene, "P")
    come_back(scene, "P")
    assert scene.agent("P").call_state is CallState.Callback
    assert scene.agent("P").job.job_id == 1


# -- calling hours -------------------------------------------------------------------------------------

NIGHT = CallingHours(start_min=8 * 60, end_min=20 * 60)
"""It is 23:13 in Berlin when a scene begins: the campaign calls again in 31,600 s."""


def closing_soon(**callback):
    """Closed in 200 s."""
    scene = Scene()
    hours = CallingHours(start_min=8 * 60, end_min=23 * 60 + 17)
    start_job_with(scene, a_callback(scene, **callback), calling_hours=hours)
    scene.nail()
    return scene


def test_callback_due_outside_the_hours_waits_for_their_opening():
    scene = Scene()
    start_job_with(scene, a_callback(scene, expires_at=scene.now + 50_000), calling_hours=NIGHT)
    scene.nail()
    assert scene.wait_long(31_500) == []
    assert scene.wait(100)[:1] == ["A ! PreviewCallbackPending 2023/11/15 07:00 1000000001"]
    assert scene.agent("A").call_state is CallState.Callback


def test_callback_that_expires_before_the_opening_ends_as_any_other():
    scene = Scene()
    start_job_with(scene, a_callback(scene), calling_hours=NIGHT)
    scene.nail()
    assert scene.wait(800)[0].startswith("store: EndCallback old-callback Expired")
    assert scene.zone.stats.callbacks_ended == {"Expired": 1}


def test_callback_that_nobody_was_free_for_before_closing_is_not_shown_after_it():
    scene = Scene()
    hours = CallingHours(start_min=8 * 60, end_min=23 * 60 + 17)
    start_job_with(scene, a_callback(scene, expires_at=scene.now + 50_000), calling_hours=hours)
    scene.wait(300)
    assert scene.nail()[-1] == "A ! call Idle"
    scene.wait_long(31_600)
    assert scene.agent("A").call_state is CallState.Callback


def test_callback_dialled_after_closing_waits_for_the_opening_and_is_not_cancelled():
    scene = closing_soon(expires_at=1_700_050_000.0)
    scene.wait(230)
    assert scene.agent("A").call_state is CallState.Callback
    scene.send("A", DIAL)
    assert scene.agent("A").call_state is CallState.Wrapup
    assert "EndCallback" not in "".join(scene.send("A", DISPOSE))
    assert not scene.store.ended_callbacks
    scene.wait_long(31_500)
    assert scene.agent("A").call_state is CallState.Callback


def test_callback_dialled_within_the_hours_is_dialled():
    assert "switch: Dial 1000000001 +49300000050 25" in called_back().send("A", DIAL)
