"""The pacing of a campaign is changed while its job runs: at once, and with what was learned."""

import pytest
from attrs import evolve
from scenes import SID, Scene, overdialled

from agentmgr.core.events import JobLoaded
from agentmgr.core.model import JobSpec
from agentmgr.core.pacer import PacingEstimates, predictive_lines, progressive_lines
from agentmgr.core.states import Phase
from protocol import commands as c
from protocol.enums import AgentState, CallState, ContactType, PacingType
from protocol.structures import CompletionCode

SECOND = "1000000002"


def change(scene, pacing, **changes):
    """Another version of the campaign comes from the store; returns the transcript."""
    job = scene.zone.jobs[1]
    campaign = evolve(job.campaign, pacing=pacing, version=job.campaign.version + 1, **changes)
    return scene.post(JobLoaded(1, JobSpec(1, campaign, 0)))


def wrap_up(scene, agent_id="A"):
    """The agent ends its contact."""
    sid = scene.agent(agent_id).session.sid
    scene.send(agent_id, c.AGTReleaseLine(sid))
    return scene.send(agent_id, c.AGTWrapupContact(CompletionCode(1), session_id=sid))


def test_predictive_that_becomes_progressive_hangs_up_what_no_agent_is_meant_for_and_keeps_what_it_learned():
    scene = overdialled(contacts=20)
    job = scene.zone.jobs[1]
    learned = job.estimates
    assert job.ringing[SECOND].phase is Phase.RINGING
    shown = change(scene, PacingType.Progressive)
    assert f"switch: HangUp {SECOND}" in shown
    assert job.pacer is progressive_lines
    assert scene.agent("A").call_state is CallState.Talking
    assert job.estimates is learned
    assert learned.live_answers == 1001


def test_progressive_that_becomes_predictive_dials_ahead_by_what_it_has_seen():
    scene = overdialled(contacts=20)
    job = scene.zone.jobs[1]
    change(scene, PacingType.Progressive)
    wrap_up(scene)
    assert len(job.ringing) == 1
    change(scene, PacingType.Predictive)
    assert len(job.ringing) > 1
    assert job.pacer is predictive_lines


def test_lines_that_ring_when_previews_begin_keep_their_agents_and_others_get_previews():
    scene = Scene(PacingType.Progressive, contacts=4)
    scene.nail("A")
    change(scene, PacingType.PreviewTimed)
    assert list(scene.zone.jobs[1].ringing) == [SID]
    scene.nail("B")
    states = sorted(scene.agent(each).call_state for each in "AB")
    assert states == [CallState.Idle, CallState.Preview]
    scene.customer_answers(SID)
    states = sorted(scene.agent(each).call_state for each in "AB")
    assert states == [CallState.Preview, CallState.Talking]


def test_predictive_that_becomes_previews_rings_for_nobody():
    scene = overdialled(contacts=20)
    assert f"switch: HangUp {SECOND}" in change(scene, PacingType.PreviewUntimed)
    assert not scene.zone.jobs[1].ringing
    wrap_up(scene)
    assert scene.agent("A").call_state is CallState.Preview


def test_previews_that_become_progressive_let_the_preview_go_on_and_dial_from_then_on():
    scene = Scene(PacingType.PreviewUntimed, contacts=3)
    scene.nail("A")
    change(scene, PacingType.Progressive)
    session = scene.agent("A").session
    assert (scene.agent("A").call_state, session.contact_type) == (CallState.Preview, ContactType.Preview)
    scene.nail("B")
    assert [each.contact_type for each in scene.zone.jobs[1].ringing.values()] == [ContactType.Progressive]


@pytest.mark.parametrize(
    ("began", "then", "is_dialled"),
    [
        (PacingType.PreviewTimed, PacingType.PreviewUntimed, True),
        (PacingType.PreviewTimed, PacingType.Predictive, True),
        (PacingType.PreviewUntimed, PacingType.PreviewTimed, False),
    ],
)
def test_preview_ends_as_its_desktop_was_told_whatever_the_pacing_is_then(began, then, is_dialled):
    scene = Scene(began, contacts=1)
    scene.nail("A")
    session, config = scene.agent("A").session, scene.zone.config
    change(scene, then)
    assert session.to_contact().timed is is_dialled
    scene.wait(30 + config.preview_grace_s + 1 if is_dialled else config.preview_max_s + 1)
    assert (session.phase is Phase.RINGING) is is_dialled


def test_rule_that_took_the_place_of_the_pacer_stays_while_the_pacing_does():
    scene = Scene(PacingType.Predictive, contacts=4)
    job = scene.zone.jobs[1]
    job.pacer = rule = lambda load, estimates, settings: 0
    change(scene, PacingType.Predictive, priority=7)
    assert job.pacer is rule
    scene.nail("A")
    assert not job.ringing
    change(scene, PacingType.Progressive)
    assert len(job.ringing) == 1


def test_caution_drifts_only_while_the_pacer_asks_for_it():
    seen = PacingEstimates()
    seen.live_answers, seen.abandoned = 1000, 25
    first = seen.caution(0.03, strict=False)
    for _ in range(5000):
        seen.saw_dial_end(True, 10.0, 0.0)
    seen.live_answers = 1000
    assert seen.caution(0.03, strict=False) == pytest.approx(first, abs=0.01)


def test_agent_ready_while_the_pacing_changes_back_and_forth_is_called_for_in_the_end():
    scene = Scene(PacingType.Progressive, contacts=3)
    scene.nail("A")
    for pacing in (*PacingType, PacingType.Predictive):
        change(scene, pacing)
    scene.customer_answers(scene.ringing())
    assert scene.agent("A").agent_state is AgentState.Ready
    assert scene.agent("A").call_state is CallState.Talking
