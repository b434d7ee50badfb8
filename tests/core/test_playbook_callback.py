"""Playbooks of callbacks: created, announced, delivered, put off, expired (agent API, section 7)."""

import pytest
from attrs import evolve
from parties import (
    CALLBACK_ID,
    DISPOSE,
    a_callback,
    awaiting,
    bring_nailed,
    called_back,
    come_back,
    create,
    lose,
    start_job_with,
    with_agent,
)
from scenes import (
    SID,
    Scene,
    a_campaign,
    a_contact,
    a_logon,
    preview,
    talking,
    wrapup,
    wrapup_nailing_lost,
)

from agentmgr.core.events import JobLoaded, TelephonyLost, Timer, TimerFired
from agentmgr.core.model import JobSpec, Wanted
from agentmgr.core.times import format_time
from agentmgr.testing.stage import without
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.connection import response_bytes
from protocol.enums import AgentState, CallbackType, CallState, DialFailReason, PacingType
from protocol.structures import AgentSkill, CallbackDest, CompletionCode, ContactNumber

DIAL = c.AGTPreviewDial(ContactNumber("PhoneNumber1"), SID)
DUE = "2023/11/14 22:15"
"""When the callback of `awaiting` is due, 100 s after its start."""
DELIVERED = lines("""
    store: StartAttempt 1000000001 50 Callback +49300000050 old-callback
    A ! CallNotify Callback(u50 +49300000050) 1000000001
    A ! state Callback
""")
LET_GO = lines("""
    A ! NailupChange PendingNailUpDrop
    switch: DropNail Z-1-line-A-1
""")


TO_B = CallbackDest(CallbackType.Agent, "B")
FOR_AGENT = {"callback_type": CallbackType.Agent}


def to_agent(agent_id):
    return {"callback_type": CallbackType.Agent, "agent_id": agent_id}


# -- creating --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [preview, talking, wrapup, wrapup_nailing_lost])
def test_callback_is_written_down_before_the_answer(way):
    scene = way()
    command = create(scene=scene, agent_notes=" After six. ")
    shown = scene.send("A", command)
    assert shown[0] == "store: SaveNote 1 1000000001 A After six."
    saved = "store: SaveCallback 1000000001-callback 1 1 Standard  A +49300000001 PhoneNumber1"
    assert shown[1].startswith(saved)
    assert shown[2:] == ["A < CreateCallback 0 1000000001"]
    (record,) = scene.store.callbacks.values()
    assert 0 <= scene.now + 1800 - record.due_at < 60
    assert record.expires_at == record.due_at + 3600


def test_types_and_destinations_of_callbacks():
    scene = talking()
    scene.nail("B")
    assert scene.send("A", c.AGTGetCallbackTypes(SID)) == lines("""
        A < GetCallbackTypes 0 1000000001 [Standard Agent Campaign] 60
    """)
    shown = [
        scene.send("A", c.AGTGetCallbackDestsForType(kind, SID, "Z"))[0].partition("1000000001 ")[2]
        for kind in CallbackType
    ]
    assert shown == [
        "Standard [CallbackDest(Standard Summer Summer Z)]",
        "Agent [CallbackDest(Agent A Agent A Ready Talking Europe/Berlin Z)"
        " CallbackDest(Agent B Agent B Ready Idle Europe/Berlin Z)]",
        "Campaign [CallbackDest(Campaign Summer Summer Z)]",
    ]


def test_colleagues_who_are_off_are_destinations_after_those_who_are_there():
    scene = talking()  # agents A and B are known, A alone is logged on
    scene.add_agent("C", AgentSkill("sales", level=1))
    scene.add_agent("D", AgentSkill("art", level=9))
    scene.log_on("C", time_zone="", agent_name="Carla")
    shown = scene.send("A", c.AGTGetCallbackDestsForType(CallbackType.Agent, SID))
    assert shown == [
        "A < GetCallbackDestsForType 0 1000000001 Agent ["
        "CallbackDest(Agent A Agent A Ready Talking Europe/Berlin Z)"
        " CallbackDest(Agent C Carla NotReady NoState UTC Z)"
        " CallbackDest(Agent B Agent B LoggedOff Z)]"
    ]


def test_callback_for_a_colleague_who_is_off_is_delivered_when_the_colleague_is_back():
    scene = talking(contacts=1)
    assert scene.send("A", create(scene=scene, callback_dest=TO_B, **FOR_AGENT))[-1:] == [
        "A < CreateCallback 0 1000000001"
    ]
    scene.send("A", c.AGTReleaseLine(SID))
    scene.send("A", c.AGTWrapupContact(CompletionCode(1), SID))
    scene.nail("B")
    assert any(line.startswith("B ! CallNotify Callback") for line in scene.wait(1800))


def test_callback_for_a_colleague_who_stays_off_goes_to_another_when_it_is_due():
    scene = talking(contacts=1)
    scene.send("A", create(scene=scene, callback_dest=TO_B, **FOR_AGENT))
    scene.send("A", c.AGTReleaseLine(SID))
    scene.send("A", c.AGTWrapupContact(CompletionCode(1), SID))
    assert any(line.startswith("A ! CallNotify Callback") for line in scene.wait(1800))


def test_callback_without_an_expiry_has_that_of_the_campaign():
    scene = talking()
    scene.send("A", create(scene=scene, callback_expiry_time=0))
    (record,) = scene.store.callbacks.values()
    assert record.expires_at == record.due_at + 60 * scene.zone.jobs[1].campaign.callback_expiry_min


def test_no_agent_of_this_zone_is_a_destination_in_another():
    shown = talking().send("A", c.AGTGetCallbackDestsForType(CallbackType.Agent, SID, "Y"))
    assert shown == ["A < GetCallbackDestsForType 0 1000000001 Agent"]


def test_contact_with_a_callback_is_not_dialled_again_before():
    scene = talking(contacts=1)
    scene.send("A", create(scene=scene))
    scene.send("A", c.AGTReleaseLine(SID))
    later = c.AGTWrapupContact(CompletionCode(3), SID)  # a code that would dial it again
    assert "store: ReturnContact 1 1 Handled" in scene.send("A", later)


def test_contact_with_a_callback_is_not_shown_again_when_its_agent_is_gone():
    scene = preview(contacts=1)
    scene.send("A", create(scene=scene))
    shown = scene.send("A", a_logon(is_force=True), scene.connect("A"))
    assert "store: ReturnContact 1 0 Cancelled" in shown


def test_callback_created_in_a_preview_comes_to_an_agent():
    scene = preview(contacts=1)
    scene.send("A", create(scene=scene))
    scene.send("A", c.AGTPreviewCancel(SID))
    scene.send("A", DISPOSE)
    assert scene.wait(1800) == lines("""
        A ! PreviewCallbackPending 2023/11/14 22:43 1000000002
        store: StartAttempt 1000000002 1 Callback +49300000001 1000000001-callback
        A ! CallNotify Callback(u1 +49300000001) 1000000002
        A ! state Callback
    """)


def test_callback_created_twice_is_one_callback():
    scene = talking(contacts=1)
    scene.send("A", create(scene=scene, due_in_s=600))
    scene.send("A", create(scene=scene, due_in_s=1200))
    assert len(scene.store.callbacks) == 1
    assert len(scene.zone.jobs[1].callbacks) == 1
    scene.customer_leaves(SID)
    scene.send("A", DISPOSE)
    assert scene.wait(1000) == []
    assert scene.wait(200)[0].startswith("A ! PreviewCallbackPending")


def test_callback_for_another_campaign_is_delivered_by_its_job():
    scene = talking(contacts=1)
    bring_nailed_art(scene)
    start_job_with(scene, job_id=2, name="Autumn", skill="art", campaign_id=2, priority=9)
    scene.store.add_job(3, [])
    dest = CallbackDest(CallbackType.Campaign, "Autumn")
    shown = scene.send("A", create(scene=scene, callback_type=CallbackType.Campaign, callback_dest=dest))
    assert shown[-1] == "A < CreateCallback 0 1000000001"


def bring_nailed_art(scene):
    spec = JobSpec(2, a_campaign(name="Autumn", skill="art", campaign_id=2), total=1)
    scene.store.add_job(2, [a_contact(1000)], due_at=scene.now + 90_000)
    scene.post(JobLoaded(spec.job_id, spec))
    bring_nailed(scene, "P", AgentSkill("art"))


def test_callback_put_off_to_another_campaign_leaves_the_first_job():
    scene = talking(contacts=1)
    bring_nailed_art(scene)
    scene.send("A", create(scene=scene))
    dest = CallbackDest(CallbackType.Campaign, "Autumn")
    scene.send("A", create(scene=scene, callback_type=CallbackType.Campaign, callback_dest=dest))
    assert not scene.zone.jobs[1].callbacks
    assert list(scene.zone.jobs[2].callbacks) == ["1000000001-callback"]
    scene.customer_leaves(SID)
    assert "store: FinishJob finished" in scene.send("A", DISPOSE)
    shown = scene.wait(1800)
    assert shown[-1] == "P ! state Callback"


def test_list_of_callback_destinations_is_cut_without_a_look_at_all_agents():
    from test_playbook_consult import CountedAgents

    scene = talking()
    scene.witness = None  # they are there in name alone
    job = scene.zone.jobs[1]
    agents = CountedAgents(job.agents)
    agents.update({f"N{number}": scene.agent("A") for number in range(5000)})
    other = bring_other(scene)
    agents.update({f"M{number}": other for number in range(5000)})
    job.agents = agents
    scene.send("A", c.AGTGetCallbackDestsForType(CallbackType.Agent, SID))
    response = scene.responses[-1]
    assert len(response.callback_dests) > 50
    assert agents.looked_at < 6000
    assert len(response_bytes(1, "A", response)) <= 4 + 16_000


def bring_other(scene):
    scene.nail("B")
    return scene.agent("B")


# -- announced and delivered ---------------------------------------------------------------------------


def test_callback_is_announced_and_delivered_when_due():
    scene = awaiting()
    assert scene.wait(69) == []
    assert scene.wait(1) == lines(f"""
        A ! PreviewCallbackPending {DUE} 1000000001
    """)
    assert scene.wait(29) == []
    assert scene.wait(1) == DELIVERED
    contact = scene.agent("A").session.to_contact()
    assert (contact.callback_notes, contact.can_reschedule) == ("after work", True)
    assert contact.expiry_time == "2023/11/14 22:25"


def test_callback_is_announced_as_long_before_as_its_campaign_says():
    scene = Scene()
    start_job_with(scene, a_callback(scene, 100.0), callback_notice_s=60)
    scene.nail()
    assert scene.wait(39) == []
    assert scene.wait(1) == lines(f"""
        A ! PreviewCallbackPending {DUE} 1000000001
    """)


def test_callback_dialled_answered_and_handled():
    scene = called_back()
    assert scene.send("A", DIAL) == lines("""
        store: MarkDialed 1000000001 +49300000050 A
        A ! state Dialing
        A < PreviewDial 0 1000000001
        switch: Dial 1000000001 +49300000050 25
    """)
    assert scene.customer_answers(SID) == lines("""
        store: MarkAnswered 1000000001 A
        switch: Connect 1000000001 Z-1-line-A-1
        A ! state Talking
    """)
    assert scene.wait(1200) == []  # its time is over, but it is being talked about
    scene.send("A", c.AGTReleaseLine(SID))
    assert (
        scene.send("A", DISPOSE)
        == lines("""
        store: EndCallback old-callback Handled
        store: SaveDisposition 1000000001 50 A 1 agent
        store: EndAttempt 1000000001 Handled A
        A ! state Idle
        A < WrapupContact 0 1000000001
        store: FinishJob finished
    """)
        + LET_GO
    )


@pytest.mark.parametrize("reason", [DialFailReason.InvalidNumber, DialFailReason.DncBlocked])
def test_callback_dialled_without_success(reason):
    scene = called_back()
    scene.send("A", DIAL)
    assert scene.customer_fails(reason, SID) == lines(f"""
        A ! DialFailed wrapup(60s+ Done) {reason.value} 1000000001
        A ! state Wrapup
    """)
    assert scene.send("A", DISPOSE)[0] == "store: EndCallback old-callback Cancelled"


def test_callback_declined_by_the_agent():
    scene = called_back()
    assert scene.send("A", c.AGTPreviewCancel(SID)) == lines("""
        A ! state Wrapup
        A < PreviewCancel 0 1000000001 wrapup(60s+ Done)
    """)
    assert scene.wait(65)[:3] == lines("""
        store: EndCallback old-callback Cancelled
        store: SaveDisposition 1000000001 50 A 1 default
        store: EndAttempt 1000000001 Cancelled A
    """)


def test_callback_put_off_comes_again_under_its_old_name():
    scene = called_back()
    shown = scene.send("A", create(scene=scene, contact_number=ContactNumber("PhoneNumber2")))
    assert shown[0].startswith("store: SaveCallback old-callback 1 50 Standard  A +493000000509 PhoneNumber2")
    scene.send("A", c.AGTPreviewCancel(SID))
    assert scene.send("A", DISPOSE) == lines("""
        store: SaveDisposition 1000000001 50 A 1 agent
        store: EndAttempt 1000000001 Cancelled A
        A ! state Idle
        A < WrapupContact 0 1000000001
    """)
    shown = scene.wait(1800)
    assert shown[1] == "store: StartAttempt 1000000002 50 Callback +493000000509 old-callback"


def test_callback_put_off_and_expired_on_the_desktop_is_left_there():
    scene = called_back()
    scene.send("A", create(scene=scene, due_in_s=3600))
    assert scene.wait(700) == []
    assert scene.agent("A").call_state is CallState.Callback


def test_callback_put_off_by_an_agent_who_is_gone_then_is_not_lost():
    scene = called_back()
    scene.send("A", create(scene=scene))
    scene.send("A", a_logon(is_force=True), scene.connect("A"))
    assert list(scene.zone.jobs[1].callbacks) == [CALLBACK_ID]
    assert not scene.store.ended_callbacks


def test_callback_due_while_the_agent_is_busy_comes_after_the_contact():
    scene = awaiting(pacing=PacingType.Progressive, contacts=1, **to_agent("A"))
    scene.customer_answers()
    assert scene.wait(100) == lines(f"""
        A ! PreviewCallbackPending {DUE} 1000000002
    """)
    scene.customer_leaves(SID)
    assert without(scene.send("A", DISPOSE), "store:") == lines("""
        A ! state Idle
        A < WrapupContact 0 1000000001
        A ! CallNotify Callback(u50 +49300000050) 1000000002
        A ! state Callback
    """)


def test_break_waits_for_the_pending_callback():
    scene = awaiting()
    scene.wait(75)
    assert scene.want_break() == lines("""
        A ! StateChangedNotify PendingNotReady
        A ! caps ready
        A < StateChange 0 PendingNotReady
    """)
    assert scene.wait(25) == lines("""
        store: StartAttempt 1000000001 50 Callback +49300000050 old-callback
        A ! CallNotify Callback(u50 +49300000050) 1000000001
        A ! state Callback
    """)
    scene.send("A", c.AGTPreviewCancel(SID))
    assert without(scene.send("A", DISPOSE), "store:")[:4] == lines("""
        A ! state Idle
        A ! StateChangedNotify NotReady
        A ! caps ready not_ready
        A < WrapupContact 0 1000000001
    """)


def test_break_during_a_contact_waits_for_the_pending_callback_too():
    scene = awaiting(pacing=PacingType.Progressive, contacts=1, **to_agent("A"))
    scene.customer_answers()
    scene.wait(75)
    scene.want_break()
    scene.customer_leaves(SID)
    assert without(scene.send("A", DISPOSE), "store:") == lines("""
        A ! state Idle
        A < WrapupContact 0 1000000001
    """)
    assert scene.agent("A").agent_state is AgentState.PendingNotReady
    scene.wait(100)
    assert scene.agent("A").call_state is CallState.Callback


@pytest.mark.parametrize(
    "end",
    [
        lambda scene: scene.want(1, Wanted.STOP),
        lambda scene: scene.want(1, Wanted.PAUSE),
        lambda scene: scene.line_drops("A"),
        lambda scene: scene.post(TelephonyLost()),
        lambda scene: scene.send("A", c.AGTSkillsChanged((AgentSkill("art"),))),
    ],
    ids=["stop", "pause", "line", "switch", "skills"],
)
def test_break_begins_when_the_callback_it_waits_for_is_taken_back(end):
    scene = awaiting()
    scene.wait(75)
    scene.want_break()
    shown = end(scene)
    assert "A ! PreviewCallbackCancelled 1000000001" in shown
    assert "A ! StateChangedNotify NotReady" in shown
    assert scene.agent("A").agent_state is AgentState.NotReady


def test_break_begins_when_the_desktop_is_lost_that_a_callback_was_promised_to():
    scene = awaiting()
    scene.wait(75)
    scene.want_break()
    lose(scene)
    assert scene.agent("A").agent_state is AgentState.NotReady


# -- to whom ---------------------------------------------------------------------------------------


def test_callback_of_an_agent_goes_to_that_agent():
    assert awaiting("AB", **to_agent("B")).wait(70) == lines(f"""
        B ! PreviewCallbackPending {DUE} 1000000001
    """)


@pytest.mark.parametrize(
    "leave",
    [
        lambda scene: scene.want_break("B"),
        lambda scene: lose(scene, "B"),
        lambda scene: scene.line_drops("B"),
        lambda scene: scene.send("B", c.AGTBlendToInbound()),
        lambda scene: scene.send("B", c.AGTPendingLogout()),
        lambda scene: scene.send("B", c.AGTSkillsChanged((AgentSkill("art"),))),
    ],
    ids=["break", "desktop", "line", "blended", "logout", "skills"],
)
def test_callback_of_an_agent_who_is_gone_goes_to_another(leave):
    scene = awaiting("AB", **to_agent("B"))
    leave(scene)
    assert f"A ! PreviewCallbackPending {DUE} 1000000001" in scene.wait(70)


def test_callback_of_an_agent_who_lost_the_skill_in_a_contact_goes_to_another():
    scene = awaiting("BA", pacing=PacingType.Progressive, contacts=1, **to_agent("B"))
    scene.customer_answers()
    scene.send("B", c.AGTSkillsChanged((AgentSkill("art"),)))
    assert scene.wait(70) == [f"A ! PreviewCallbackPending {DUE} 1000000002"]


@pytest.mark.parametrize(
    "leave",
    [lambda scene: lose(scene, "B"), lambda scene: scene.line_drops("B")],
    ids=["desktop", "line"],
)
def test_callback_promised_to_an_agent_who_leaves_goes_to_another(leave):
    scene = awaiting("AB", **to_agent("B"))
    scene.wait(75)
    leave(scene)
    assert without(scene.wait(25), "B") == lines(f"""
        A ! PreviewCallbackPending {DUE} 1000000002
        store: StartAttempt 1000000002 50 Callback +49300000050 old-callback
        A ! CallNotify Callback(u50 +49300000050) 1000000002
        A ! state Callback
    """)


def test_callback_with_nobody_free_goes_to_the_first_who_is():
    scene = awaiting("")
    assert scene.wait(150) == []
    assert scene.nail()[-4:] == [f"A ! PreviewCallbackPending {DUE} 1000000001", *DELIVERED]


def test_callback_goes_to_nobody_without_the_skill():
    scene = awaiting("")
    bring_nailed_art(scene)
    assert without(scene.wait(150), "store:", "switch:") == []


def test_two_callbacks_at_once_go_to_two_agents():
    scene = Scene()
    first, second = a_callback(scene), a_callback(scene, callback_id="other", contact=a_contact(51))
    start_job_with(scene, first, second)
    scene.nail("A")
    scene.nail("B")
    assert scene.wait(70) == lines(f"""
        A ! PreviewCallbackPending {DUE} 1000000001
        B ! PreviewCallbackPending {DUE} 1000000002
    """)


def test_second_callback_of_one_agent_comes_after_the_first():
    scene = Scene()
    first, second = a_callback(scene), a_callback(scene, callback_id="other", contact=a_contact(51))
    start_job_with(scene, first, second)
    scene.nail("A")
    assert len(scene.wait(70)) == 1
    scene.wait(30)
    scene.send("A", c.AGTPreviewCancel(SID))
    assert scene.send("A", DISPOSE)[-4:] == lines(f"""
        A ! PreviewCallbackPending {DUE} 1000000002
        store: StartAttempt 1000000002 51 Callback +49300000050 other
        A ! CallNotify Callback(u51 +49300000050) 1000000002
        A ! state Callback
    """)


def test_agent_with_a_pending_callback_is_the_last_to_get_a_call():
    scene = awaiting("AB", pacing=PacingType.Predictive)
    scene.wait(75)
    job = scene.zone.jobs[1]
    assert job.idle.peek() is scene.agent("B")
    lose(scene, "B")
    assert job.idle.peek() is scene.agent("A")


def test_agent_from_whom_a_callback_is_taken_back_is_not_the_last_any_more():
    scene = awaiting("AB", pacing=PacingType.Predictive)
    scene.wait(75)
    job = scene.zone.jobs[1]
    scene.want(1, Wanted.PAUSE)
    lose(scene, "B")
    scene.wait(1)
    come_back(scene, "B")
    assert len(job.idle) == 2
    assert job.idle.peek() is scene.agent("A")


# -- over ------------------------------------------------------------------------------------------


def test_callback_expires_with_nobody_to_take_it():
    scene = awaiting("")
    assert scene.wait(699) == []
    assert scene.wait(1) == lines("""
        store: EndCallback old-callback Expired
        store: FinishJob finished
    """)


def test_callback_expires_before_its_agent_is_free():
    scene = awaiting(pacing=PacingType.Progressive, contacts=1, **to_agent("A"))
    scene.customer_answers()
    scene.wait(699)
    assert scene.wait(1) == lines("""
        store: EndCallback old-callback Expired
        A ! PreviewCallbackCancelled 1000000002
    """)
    assert scene.agent("A").pending_callback is None


def test_callback_expires_on_the_desktop():
    scene = called_back()
    assert scene.wait(599) == []
    assert (
        scene.wait(1)
        == lines("""
        store: EndCallback old-callback Expired
        A ! PreviewCallbackCancelled 1000000001
        store: EndAttempt 1000000001 Expired
        A ! state Idle
        store: FinishJob finished
    """)
        + LET_GO
    )


def test_callback_that_expires_on_the_desktop_lets_a_break_begin():
    scene = called_back()
    scene.want_break()
    assert "A ! StateChangedNotify NotReady" in scene.wait(600)


def test_callback_that_expires_while_it_is_dialled_goes_on():
    scene = called_back()
    scene.wait(590)
    scene.send("A", DIAL)
    assert scene.wait(10) == []
    scene.customer_answers(SID)
    assert scene.agent("A").call_state is CallState.Talking


# -- nobody decided ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end",
    [
        lambda scene: scene.send("A", a_logon(is_force=True), scene.connect("A")),
        lambda scene: scene.line_drops("A") and scene.wait(65),
        lambda scene: scene.send("A", DIAL) and scene.line_drops("A") and scene.wait(65),
    ],
    ids=["logged off", "line lost", "line lost in dialing"],
)
def test_callback_that_nobody_decided_about_waits_again(end):
    scene = called_back()
    end(scene)
    scene.wait(1)
    assert not scene.store.ended_callbacks
    scene.nail("B")
    assert scene.agent("B").call_state is CallState.Callback


def test_callback_that_nobody_decided_about_expires_all_the_same():
    scene = called_back()
    scene.line_drops("A")
    scene.wait(65)
    lose(scene)
    scene.wait(600)
    assert scene.store.ended_callbacks[CALLBACK_ID].outcome == "Expired"


def test_callback_on_a_desktop_that_does_nothing_is_taken_away_and_waits_again():
    scene = awaiting("A", pacing=PacingType.PreviewTimed, expires_at=1_700_009_000.0)
    scene.wait(100)
    lose(scene)
    assert scene.wait(35) == []
    scene.wait(65)
    assert not scene.store.ended_callbacks
    assert not scene.zone.sessions


# -- the job -----------------------------------------------------------------------------------------


def test_job_waits_for_its_callbacks():
    scene = awaiting()
    assert not scene.zone.jobs[1].over
    assert scene.wait(60) == []


def test_stopped_job_leaves_its_callbacks_to_the_next():
    scene = awaiting()
    scene.wait(80)
    assert (
        scene.want(1, Wanted.STOP)
        == lines("""
        A ! PreviewCallbackCancelled 1000000001
        store: FinishJob stopped
    """)
        + LET_GO
    )
    assert not scene.store.ended_callbacks
    assert scene.wait(1000)[-1:] == ["A ! call NoState"]


def test_stopped_job_ends_with_the_callback_that_is_on():
    scene = called_back()
    assert scene.want(1, Wanted.STOP) == []
    scene.send("A", c.AGTPreviewCancel(SID))
    assert "store: FinishJob stopped" in scene.send("A", DISPOSE)


def test_paused_job_starts_no_callback():
    scene = awaiting()
    scene.want(1, Wanted.PAUSE)
    assert scene.wait(120) == []
    assert scene.want(1, Wanted.RUN) == [f"A ! PreviewCallbackPending {DUE} 1000000001", *DELIVERED]


def test_paused_job_takes_back_what_it_promised():
    scene = awaiting()
    scene.wait(80)
    assert scene.want(1, Wanted.PAUSE) == ["A ! PreviewCallbackCancelled 1000000001"]
    assert scene.wait(60) == []
    assert scene.want(1, Wanted.RUN)[0] == f"A ! PreviewCallbackPending {DUE} 1000000002"


def test_callback_that_is_past_its_time_at_the_start_of_the_job_is_delivered_at_once():
    scene = Scene()
    scene.log_on()
    start_job_with(scene, a_callback(scene, -60.0))
    scene.wait(0)
    scene.go_ready()
    scene.offer_phone()
    scene.call_phone()
    assert scene.answer_phone()[-1] == "A ! state Callback"


def test_callback_that_expired_before_the_start_of_the_job_ends():
    scene = Scene()
    start_job_with(scene, a_callback(scene, -1000.0))
    assert scene.wait(0) == lines("""
        store: EndCallback old-callback Expired
        store: FinishJob finished
    """)


def test_timers_of_callbacks_that_are_over_do_nothing():
    scene = awaiting()
    for purpose in ("callback", "due", "expiry"):
        assert scene.post(TimerFired((purpose, "none"))) == []
    scene.wait(75)
    assert scene.post(TimerFired(("callback", CALLBACK_ID))) == []


def test_number_of_a_contact_in_the_zone_of_its_callback():
    scene = talking(contacts=1)
    scene.send("A", create(scene=scene, callback_timezone="America/New_York"))
    (callback,) = scene.zone.jobs[1].callbacks.values()
    assert callback.spec.number.timezone == "America/New_York"
    assert evolve(callback.spec.number, timezone="Europe/Berlin") == a_contact(1).numbers[0]


@pytest.mark.parametrize("text", ["2023/11/14 23:00", "2023/11/14/23:00"])
def test_time_of_a_callback_is_read_in_both_spellings(text):
    scene = talking()
    scene.send("A", create(callback_time=text))
    (record,) = scene.store.callbacks.values()
    assert format_time(record.due_at) == "2023/11/14 23:00"


# -- one customer, one call ----------------------------------------------------------------------------


def test_callback_that_is_due_while_its_customer_is_talked_to_waits_for_the_end_of_the_talk():
    scene = talking(contacts=1)
    scene.nail("B")
    scene.send("A", create(scene=scene, due_in_s=120))
    assert without(scene.wait(121), "store:") == lines("""
        B ! PreviewCallbackPending 2023/11/14 22:15 1000000002
    """)
    assert scene.agent("B").call_state is CallState.Idle
    scene.customer_leaves(SID)
    scene.send("A", DISPOSE)
    assert scene.wait(60)[-1] == "B ! state Callback"


def test_callback_that_is_due_while_its_agent_talks_to_its_customer_comes_after_that_and_is_not_tried_again():
    scene = talking(contacts=1)
    scene.nail("B")
    scene.send("A", create(scene=scene, due_in_s=120))
    scene.wait(121)
    scene.send("A", with_agent("B"))
    scene.send("A", c.AGTCompleteTransfer(SID))
    scene.send("B", c.AGTReleaseLine(SID))
    assert scene.send("B", DISPOSE)[-1] == "B ! state Callback"
    assert (Timer.DUE, f"{SID}-callback") not in scene.timers._live


def test_contact_that_is_talked_to_in_one_job_is_not_dialled_by_another():
    scene = talking(contacts=1)
    spec = JobSpec(2, a_campaign(name="Autumn", skill="art", campaign_id=2), total=1)
    scene.store.add_job(2, [a_contact(1)])
    scene.post(JobLoaded(spec.job_id, spec))
    assert bring_nailed(scene, "P", AgentSkill("art"))[3:] == lines("""
        store: ReturnContact 1 0 Cancelled +60s
    """)
    scene.customer_leaves(SID)
    scene.send("A", DISPOSE)
    assert scene.wait(61)[-1].startswith("switch: Dial 1")
