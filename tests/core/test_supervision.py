"""What a supervisor wants of agents happens as if they had asked for it, and is answered in every state."""

import pytest
from scenes import SCENES, a_campaign, a_contact, confirming, logged_on, nailed_idle, preview, talking, wrapup

from agentmgr.core import supervision
from agentmgr.core.events import JobLoaded
from agentmgr.core.model import JobSpec, Wanted
from agentmgr.core.wishes import LogOff, Outcome, TakeBreak, WorkIn
from agentmgr.testing.stage import without
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import AgentState, CallState, NailupStatus, PacingType
from protocol.structures import AgentSkill, CompletionCode

WISHES = [
    LogOff(),
    LogOff(now=True),
    TakeBreak("9", "Meeting"),
    WorkIn(1),
    WorkIn(2),
    WorkIn(7),
    WorkIn(None),
]


@pytest.mark.parametrize("wish", WISHES, ids=str)
@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("confirms", [False, True])
def test_wish_in_any_state_is_answered_once_and_leaves_the_zone_sound(name, wish, confirms):
    scene = (confirming(SCENES[name]) if confirms else SCENES[name])()
    scene.wish("A", wish)  # which checks the answer, what the desktop was told and all that is counted
    scene.wait(90)
    assert not scene.faults


# -- logoff --------------------------------------------------------------------------------------


def test_logoff_of_an_idle_agent_lets_its_phone_go_and_tells_its_desktop():
    scene = nailed_idle()
    assert scene.wish("A", LogOff())[:2] == lines("""
        A ! StateChangedNotify NotReady
        supervisor: logs off now; its phone is being let go
    """)
    assert scene.line_drops()[-1:] == lines("A ! AgentLoggedOut")
    assert "A" not in scene.zone.agents


def test_logoff_of_a_talking_agent_waits_for_the_end_of_its_contact():
    scene = talking()
    shown = scene.wish("A", LogOff())
    assert shown[0] == "A ! StateChangedNotify PendingNotReady"
    assert "supervisor: logs off after the contact" in shown
    assert scene.agent("A").call_state is CallState.Talking
    scene.send("A", c.AGTReleaseLine("1000000001"))
    scene.send("A", c.AGTWrapupContact(CompletionCode(2), "1000000001"))
    assert scene.line_drops()[-1:] == lines("A ! AgentLoggedOut")


def test_logoff_now_of_a_talking_agent_ends_its_contact_with_the_default_code():
    scene = talking()
    shown = scene.wish("A", LogOff(now=True))
    assert without(shown, "store:") == lines("""
        switch: HangUp 1000000001
        switch: DropNail Z-1-line-A-1
        A ! AgentLoggedOut
        supervisor: is logged off
    """)
    assert any(line.startswith("store: SaveDisposition") for line in shown)


def test_logoff_of_an_agent_who_is_away_needs_no_desktop():
    scene = nailed_idle()
    scene.disconnect(scene.agent("A").connection)
    assert scene.wish("A", LogOff(now=True))[-1:] == lines("supervisor: is logged off")
    assert not scene.zone.agents


def test_wish_of_somebody_who_is_not_logged_on_is_refused():
    scene = nailed_idle()
    assert scene.wish("Z", LogOff()) == lines("supervisor: is not logged on")
    assert Outcome.NOT_LOGGED_ON.is_refusal


# -- notready ------------------------------------------------------------------------------------


def test_break_of_an_idle_agent_is_told_and_keeps_contacts_away():
    scene = nailed_idle()
    assert scene.wish("A", TakeBreak("9", "Meeting"))[:2] == lines("""
        A ! StateChangedNotify NotReady
        supervisor: is not ready
    """)
    agent = scene.agent("A")
    assert (agent.reason_code, agent.reason_name) == ("9", "Meeting")
    scene.wait_long(3700)
    assert agent.call_state is CallState.Idle, "the contact that is due by now is not for an agent on a break"


def test_break_of_an_agent_with_a_contact_begins_after_it():
    scene = wrapup()
    assert "supervisor: is not ready after the contact" in scene.wish("A", TakeBreak("9"))
    assert scene.agent("A").agent_state is AgentState.PendingNotReady
    scene.send("A", c.AGTWrapupContact(CompletionCode(2), "1000000001"))
    assert scene.agent("A").agent_state is AgentState.NotReady


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [("7", Outcome.ON_BREAK_ALREADY), ("9", Outcome.ON_BREAK)],
)
def test_break_of_an_agent_on_a_break_changes_the_reason_alone(reason, outcome):
    scene = nailed_idle()
    scene.want_break(reason="7")
    assert scene.wish("A", TakeBreak(reason))[-1:] == [f"supervisor: {outcome.value}"]
    assert scene.agent("A").reason_code == reason


def test_break_while_another_is_pending_is_refused():
    scene = talking()
    scene.want_break(reason="7")
    assert scene.wish("A", TakeBreak("9")) == [f"supervisor: {Outcome.BREAK_REFUSED.value}"]
    assert scene.agent("A").reason_code == "7"


# -- move ----------------------------------------------------------------------------------------


def start_quiet_job(scene, job_id, **campaign):
    """Start a job whose only contact is due in two hours."""
    scene.store.add_job(job_id, [a_contact(job_id * 1000)], due_at=scene.now + 7200)
    spec = JobSpec(job_id, a_campaign(PacingType.PreviewUntimed, **campaign), total=1)
    scene.post(JobLoaded(job_id, spec))


def two_jobs(lead=nailed_idle):
    scene = lead()
    start_quiet_job(scene, 2, name="Autumn")
    return scene


def test_move_of_an_idle_agent_is_told_and_stays_although_there_is_nothing_to_do():
    scene = two_jobs()
    assert scene.wish("A", WorkIn(2)) == lines("""
        supervisor: works in it
        A ! JobAttached Autumn
    """)
    scene.wait_long(3700)  # a contact of the first job is due by now
    assert scene.agent("A").job is scene.zone.jobs[2]
    assert scene.agent("A").call_state is CallState.Idle


def test_move_of_an_agent_with_a_contact_comes_after_it():
    scene = two_jobs(preview)
    assert scene.wish("A", WorkIn(2)) == lines("supervisor: works in it after the contact")
    scene.send("A", c.AGTPreviewCancel("1000000001"))
    assert "A ! JobAttached Autumn" in scene.send("A", c.AGTWrapupContact(CompletionCode(2), "1000000001"))


def test_move_of_an_agent_without_a_line_decides_where_it_is_nailed_up_for():
    scene = two_jobs(logged_on)
    assert scene.wish("A", WorkIn(2)) == [f"supervisor: {Outcome.PLACED_WHEN_READY.value}"]
    scene.go_ready()
    scene.offer_phone()
    assert scene.agent("A").job is scene.zone.jobs[2]
    assert scene.agent("A").nailup_status is NailupStatus.PendingNailUp


def test_moved_agent_goes_where_it_is_needed_when_that_job_is_paused_or_over():
    scene = two_jobs()
    scene.wish("A", WorkIn(2))
    scene.want(2, Wanted.PAUSE)
    assert scene.agent("A").job is scene.zone.jobs[1]
    scene.want(2, Wanted.RUN)
    scene.wait(10)
    assert scene.agent("A").job is scene.zone.jobs[2], "the wish lasts as long as the job"
    scene.want(2, Wanted.STOP)
    assert scene.agent("A").job is scene.zone.jobs[1]


def test_moved_agent_that_is_left_to_the_zone_goes_back_to_work():
    scene = two_jobs()
    scene.wish("A", WorkIn(2))
    assert scene.wish("A", WorkIn(None)) == lines("supervisor: works where it is needed")
    assert scene.agent("A").placed_in is None


@pytest.mark.parametrize(
    ("job_id", "outcome"), [(7, Outcome.NO_JOB), (3, Outcome.NO_SKILL), (1, Outcome.PLACED_ALREADY)]
)
def test_move_to_where_an_agent_cannot_work_is_refused_and_changes_nothing(job_id, outcome):
    scene = two_jobs()
    start_quiet_job(scene, 3, name="Winter", skill="French")
    assert scene.wish("A", WorkIn(job_id)) == [f"supervisor: {outcome.value}"]
    assert scene.agent("A").job is scene.zone.jobs[1]


def test_moved_agent_that_loses_the_skill_works_elsewhere():
    scene = two_jobs()
    start_quiet_job(scene, 3, name="Winter", skill="French")
    scene.send("A", c.AGTSkillsChanged((AgentSkill("sales", 1), AgentSkill("French", 1))))
    scene.wish("A", WorkIn(3))
    assert scene.agent("A").job is scene.zone.jobs[3]
    scene.send("A", c.AGTSkillsChanged((AgentSkill("sales", 1),)))
    assert scene.agent("A").job is not scene.zone.jobs[3]


# -- faults --------------------------------------------------------------------------------------


def test_wish_that_meets_a_fault_is_answered_and_ends_what_it_was_about(monkeypatch):
    scene = talking()
    scene.expects_faults = True

    def fail(zone, agent, wish):
        agent.leaving = True
        raise RuntimeError("planted")

    monkeypatch.setattr(supervision, "_log_off", fail)
    shown = scene.wish("A", LogOff())
    assert f"supervisor: {Outcome.FAULT.value}" in shown
    assert "A ! AgentLoggedOut" in shown


# -- what is counted -----------------------------------------------------------------------------


def test_agent_has_its_calls_talk_time_and_walk_aways_of_the_day_over_logons():
    scene = talking()
    scene.wait(40)
    scene.send("A", c.AGTHoldCall("1000000001"))
    scene.wait(20)
    agent = scene.agent("A")
    assert (agent.today.calls, agent.today.talk_s, agent.talking_since) == (1, 0.0, scene.now - 60)
    scene.send("A", c.AGTUnholdCall("1000000001"))
    scene.send("A", c.AGTReleaseLine("1000000001"))
    assert (agent.today.talk_s, agent.since, agent.talking_since) == (60.0, scene.now, None)
    scene.wait(5)
    scene.send("A", c.AGTStateChange(AgentState.NotReady, "7", "Lunch", has_walked_away=True))
    scene.wish("A", LogOff(now=True))
    scene.log_on("A")
    today = scene.agent("A").today
    assert (today.calls, today.talk_s, today.walk_aways) == (1, 60.0, 1)
    scene.wait_long(7200)  # it was a quarter past 22 o'clock
    assert scene.agent("A").on_day(scene.now).calls == 0


def test_agent_who_leaves_in_the_middle_of_a_call_has_talked_until_then():
    scene = talking()
    scene.wait(30)
    agent = scene.agent("A")
    scene.wish("A", LogOff(now=True))
    assert agent.today.talk_s == 30.0
