"""Playbooks of a zone that ends: nothing new is begun, what was begun is finished, the rest is logged off."""

import pytest
from parties import (
    DISPOSE,
    awaiting,
    beside,
    called_back,
    come_back,
    conference,
    conferenced,
    consult,
    consult_pending,
    external_consult,
    lose,
    restart,
    with_agent,
)
from scenes import (
    SCENES,
    SID,
    Scene,
    a_logon,
    confirming,
    nailed_idle,
    number_of,
    overdialled,
    preview,
    talking,
    wrapup,
)

from agentmgr.core.effects import ContactsOver
from agentmgr.core.events import GraceOver, ZoneClosing
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import CallState, PacingType
from protocol.results import ResultCode
from protocol.structures import ContactNumber

CLOSING, OVER = ZoneClosing(30_000), GraceOver()


class Watch:
    """Counts how often the zone says that nobody has a contact any more."""

    def __init__(self, scene):
        self.told = 0
        look = scene.witness

        def see(event, caused):
            self.told += sum(isinstance(effect, ContactsOver) for effect in caused)
            if look is not None:
                look(event, caused)

        scene.witness = see


def closing(way):
    """A scene whose zone is about to end, and whether that nobody has a contact was said."""
    scene = way()
    watch = Watch(scene)
    scene.shown = scene.post(CLOSING)
    return scene, watch


def test_agents_are_told_at_once_and_what_they_have_goes_on():
    scene, watch = closing(lambda: talking(contacts=3))
    assert scene.shown == ["A ! ZoneDown Z 30000"]
    assert scene.customer_leaves(SID)[-1] == "A ! state Wrapup"
    assert watch.told == 0
    assert scene.send("A", DISPOSE) == lines("""
        store: SaveDisposition 1000000001 1 A 1 agent
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        A ! state Idle
        A < WrapupContact 0 1000000001
    """)
    assert watch.told == 1
    assert scene.wait(29) == []


def test_that_nobody_has_a_contact_is_said_at_once_and_once():
    scene, watch = closing(nailed_idle)
    assert watch.told == 1
    scene.want_break()
    scene.wait(10)
    assert watch.told == 1


def test_wrapup_goes_on_to_its_end():
    scene, _ = closing(lambda: wrapup(contacts=1))
    assert scene.shown == ["A ! ZoneDown Z 30000"]
    assert "store: SaveDisposition 1000000001 1 A 1 default" in scene.wait(65)


def test_wrapup_without_limit_is_not_cut_short():
    scene, _ = closing(lambda: wrapup(acw_max_time_s=0))
    assert scene.wait(29) == []
    assert "store: SaveDisposition 1000000001 1 A 1 default" in scene.post(OVER)


def test_lines_that_ring_for_nobody_are_hung_up_and_nothing_is_dialled():
    scene, watch = closing(overdialled)
    assert scene.shown[0].startswith("switch: HangUp 1000000002")
    scene.send("A", c.AGTReleaseLine(SID))
    scene.send("A", DISPOSE)
    assert watch.told == 1
    assert not [line for line in scene.wait(29) if "Dial" in line]


def test_somebody_who_answered_before_is_not_abandoned():
    scene = overdialled()
    scene.customer_answers("1000000002")
    scene.post(CLOSING)
    scene.send("A", c.AGTReleaseLine(SID))
    assert "A ! state Talking" in scene.send("A", DISPOSE)


def test_phone_that_is_about_to_ring_is_left_alone():
    scene, _ = closing(SCENES["pending_nailing"])
    assert scene.shown == ["A ! ZoneDown Z 30000", "A ! NailupChange NotNailedUp"]
    assert scene.wait(29) == []
    assert scene.send("A", c.AGTReadyForNailup()) == ["A < ReadyForNailup 9004"]


def test_phone_that_is_lost_is_not_called_again():
    scene, _ = closing(talking)
    scene.line_drops()
    assert not [line for line in scene.wait(29) if "PendingNailUp" in line]


def test_agent_dials_the_preview_that_it_has():
    scene, watch = closing(preview)
    shown = scene.send("A", c.AGTPreviewDial(number_of(1), SID))
    assert any(line.startswith("switch: Dial") for line in shown)
    scene.customer_answers(SID)
    scene.customer_leaves(SID)
    scene.send("A", DISPOSE)
    assert watch.told == 1
    assert scene.agent("A").call_state is CallState.Idle


@pytest.mark.parametrize("pacing", [PacingType.PreviewTimed, PacingType.PreviewUntimed])
def test_preview_that_nobody_dials_is_not_dialled_and_goes_back_uncounted(pacing):
    scene, _ = closing(lambda: preview(pacing))
    assert scene.wait(2000) == []
    assert "store: ReturnContact 1 0 Cancelled +0s" in scene.post(OVER)
    assert not scene.zone.sessions


def test_callback_that_was_promised_is_taken_back_and_waits_for_the_next_server():
    scene = awaiting()
    scene.wait(90)
    assert scene.agent("A").pending_callback is not None
    scene.post(CLOSING)
    assert scene.agent("A").pending_callback is None
    assert not [line for line in scene.wait(29) if "Callback" in line]
    scene.post(OVER)
    assert scene.store.callbacks


def test_agent_may_redial_and_consult_within_its_contact():
    scene, _ = closing(wrapup)
    shown = scene.send("A", c.AGTRedial(ContactNumber(number=number_of(1).number)))
    assert "A < Redial 0 1000000001" in shown
    scene, _ = closing(beside)
    assert "A ! state Consult" in scene.send("A", with_agent())


def test_new_logon_is_refused_and_a_return_is_not():
    scene, _ = closing(lambda: talking(contacts=1))
    assert scene.log_on("B") == [f"B < Logon {int(ResultCode.SYSTEM_NOT_AVAILABLE)}"]
    assert scene.log_on("A", is_force=True) == [f"A < Logon {int(ResultCode.SYSTEM_NOT_AVAILABLE)}"]
    assert scene.agent("A").call_state is CallState.Talking
    lose(scene)
    come_back(scene)
    assert not scene.agent("A").is_away
    assert scene.agent("A").call_state is CallState.Talking


def test_logon_that_was_being_checked_when_the_end_was_announced_is_refused():
    scene = Scene()
    connection = scene.connect()
    scene.answers_at_once = False
    scene.send("A", a_logon(), connection)
    scene.post(CLOSING)
    assert scene.answer() == ["A < Logon 9005"]


def test_saved_agent_whose_server_died_may_still_come_back():
    scene = talking(contacts=1)
    scene.send("A", c.AGTSaveAgentForHA())
    scene = restart(scene)
    scene.post(CLOSING)
    assert "A < Logon 0" in scene.log_on()


def test_agent_may_log_off_while_the_zone_ends():
    scene, _ = closing(SCENES["logged_on"])
    assert scene.send("A", c.AGTLogoff()) == ["A < Logoff 0"]


def test_jobs_that_are_wanted_begin_nothing_any_more():
    scene, _ = closing(lambda: talking(contacts=3))
    scene.start_job(PacingType.Progressive, job_id=2)
    assert list(scene.zone.jobs) == [1]


@pytest.mark.parametrize("desktop", ["there", "lost"])
@pytest.mark.parametrize(
    "way",
    [
        *SCENES.values(),
        called_back,
        conference,
        conferenced,
        consult,
        consult_pending,
        external_consult,
        overdialled,
    ],
)
def test_when_the_grace_is_over_everybody_is_logged_off_and_every_contact_recorded(way, desktop):
    scene, watch = closing(way)
    if desktop == "lost":
        lose(scene)
    present = list(scene.zone.agents)
    shown = scene.post(OVER)
    assert not scene.zone.agents
    assert not scene.zone.sessions
    assert not scene.store.open_attempts
    assert watch.told == 1
    for agent_id in present:
        is_told = [line for line in shown if line.startswith(f"{agent_id} ")][-1:] == [
            f"{agent_id} ! AgentLoggedOut"
        ]
        assert is_told is not (desktop == "lost" and agent_id == "A")


def test_talk_that_is_cut_off_ends_with_the_default_code():
    scene, _ = closing(lambda: talking(contacts=1))
    assert scene.post(OVER) == lines("""
        switch: HangUp 1000000001
        store: SaveDisposition 1000000001 1 A 1 default
        store: EndAttempt 1000000001 Handled A
        store: ReturnContact 1 1 Handled
        switch: DropNail Z-1-line-A-1
        A ! AgentLoggedOut
        store: FinishJob finished
    """)


def test_end_without_a_grace_is_in_order_too():
    scene = talking(contacts=1)
    assert scene.post(ZoneClosing(0), OVER)[0] == "A ! ZoneDown Z 0"
    assert not scene.zone.sessions


def test_contact_of_a_saved_agent_who_is_not_back_is_left_to_the_next_server():
    scene = talking(contacts=1)
    scene.send("A", c.AGTSaveAgentForHA())
    scene = restart(scene)
    scene.post(CLOSING, OVER)
    assert "A" in scene.store.saved_agents
    later = restart(scene)
    assert "A ! state Talking" in later.log_on()


def test_caller_who_waits_when_the_grace_is_over_is_told_that_nobody_comes():
    scene = overdialled()
    scene.customer_answers("1000000002")
    scene.post(CLOSING)
    assert "switch: HangUp 1000000002" in scene.post(OVER)
    assert not scene.zone.sessions


def test_command_that_waits_for_the_switch_when_the_grace_is_over_is_answered():
    scene = confirming(talking)()
    scene.answers_at_once = False
    assert scene.send("A", c.AGTHoldCall(SID)) == ["switch: Hold 1000000001"]
    scene.send("A", c.AGTSaveAgentForHA())
    scene.post(CLOSING)
    scene.post(OVER)
    assert not scene.unanswered
    assert not scene.zone.agents


def test_logoff_that_waits_for_the_phone_when_the_grace_is_over_is_answered():
    scene = SCENES["nailed_not_ready"]()
    scene.send("A", c.AGTLogoff())
    scene.post(CLOSING)
    assert scene.post(OVER)[-2:] == ["A < Logoff 0", "A ! AgentLoggedOut"]
