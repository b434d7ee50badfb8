"""Idle agents work where something is to be done: by priority, then by who has the fewest."""

from collections import Counter
from itertools import pairwise

import pytest
from attrs import evolve
from scenes import LATER, Scene, a_campaign, a_contact, nailed_idle, overdialled

from agentmgr.core.effects import Dial
from agentmgr.core.events import JobLoaded
from agentmgr.core.model import CallingHours, JobSpec, Wanted
from agentmgr.core.sharing import TURN_S
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import CallState, DialFailReason, PacingType
from protocol.structures import AgentSkill, CompletionCode

ALL = [PacingType.Predictive, PacingType.Progressive, PacingType.PreviewTimed, PacingType.PreviewUntimed]
SIX = "ABCDEF"


def scene_with(agents=SIX, *skills):
    """Agents that are nailed as soon as a job runs."""
    scene = Scene(agents=agents)
    for agent_id in agents:
        scene.log_on(agent_id)
        scene.go_ready(agent_id)
        scene.offer_phone(agent_id)
    return scene


def nail_all(scene):
    for agent_id in scene.zone.agents:
        scene.call_phone(agent_id)
        scene.answer_phone(agent_id)


def start(scene, job_id, pacing=PacingType.Progressive, contacts=20, due_in_s=None, **campaign):
    values = {"campaign_id": job_id, "name": f"J{job_id}", **campaign}
    return scene.start_job(pacing, job_id=job_id, contacts=contacts, due_in_s=due_in_s, **values)


def at_dry(agents=SIX, pacing=PacingType.Progressive, **campaign):
    """All agents are nailed and idle in job 1, which has nothing to dial for an hour."""
    scene = scene_with(agents)
    start(scene, 1, pacing, due_in_s=3600, **campaign)
    nail_all(scene)
    return scene


def places(scene):
    """Return how many agents each job has."""
    return Counter(agent.job.job_id for agent in scene.zone.agents.values())


def moves(shown):
    return [line for line in shown if "JobAttached" in line]


def let_all_answer(scene):
    """Every customer who is dialled answers, and is talked to until they hang up."""
    for session in list(scene.zone.sessions.values()):
        scene.customer_answers(session.sid)


def finish(scene, agent_id, code_id=1):
    """The customer of an agent hangs up, and the agent wraps up; returns the transcript."""
    sid = scene.agent(agent_id).session.sid
    if scene.agent(agent_id).call_state is CallState.Preview:
        shown = scene.send(agent_id, c.AGTPreviewCancel(sid))
    else:
        shown = scene.customer_leaves(sid)
    return [*shown, *scene.send(agent_id, c.AGTWrapupContact(CompletionCode(code_id), sid))]


# -- a job with nothing to do gives its agents away ----------------------------------------------


@pytest.mark.parametrize("pacing", ALL)
@pytest.mark.parametrize("own", ALL)
def test_idle_agents_of_a_job_that_has_nothing_to_dial_go_to_one_that_starts(own, pacing):
    scene = at_dry(pacing=own)
    shown = start(scene, 2, pacing, contacts=60)
    assert moves(shown) == [f"{agent_id} ! JobAttached J2" for agent_id in SIX]
    assert places(scene) == {2: 6}
    assert len(scene.zone.jobs[2].sessions) == 6


def test_idle_agents_go_to_a_job_of_lower_priority_that_has_something_to_dial():
    scene = at_dry(priority=9)
    start(scene, 2, contacts=60, priority=1)
    assert places(scene) == {2: 6}


def test_no_more_agents_move_than_have_something_to_do():
    scene = at_dry()
    start(scene, 2, contacts=2)
    assert places(scene) == {1: 4, 2: 2}
    assert moves(scene.wait(60)) == []


def test_idle_agents_go_to_a_job_that_is_resumed():
    scene = at_dry()
    start(scene, 2, wanted=Wanted.PAUSE)
    assert places(scene) == {1: 6}
    shown = scene.want(2, Wanted.RUN) + scene.wait(2)
    assert len(moves(shown)) == 6
    assert len([each for each in scene.orders if isinstance(each, Dial)]) == 6


def test_agent_comes_back_when_something_is_due_again():
    scene = scene_with("A")
    start(scene, 1, due_in_s=600)
    nail_all(scene)
    start(scene, 2, contacts=1, completion_codes=(LATER,), default_code_id=3)
    scene.customer_answers()
    assert moves(finish(scene, "A", code_id=3)) == []
    assert moves(scene.wait(599)) == []
    assert moves(scene.wait(1)) == ["A ! JobAttached J1"]
    assert scene.zone.jobs[1].ringing


def test_retry_of_a_job_that_ran_dry_gets_an_agent_of_a_lower_priority_within_a_tick_of_its_next_free_one():
    scene = scene_with("AB")
    start(scene, 1, contacts=1, priority=9, completion_codes=(LATER,), default_code_id=3)
    nail_all(scene)
    start(scene, 2, contacts=60, priority=1)
    assert places(scene) == {1: 1, 2: 1}
    let_all_answer(scene)
    first = next(agent.agent_id for agent in scene.zone.agents.values() if agent.job.job_id == 1)
    assert f"{first} ! JobAttached J2" in finish(scene, first, code_id=3)
    let_all_answer(scene)
    for _ in range(9):
        scene.wait(100)
        let_all_answer(scene)
    assert len(scene.zone.jobs[1].contacts) == 1, "it is due, and both agents are busy"
    other = next(agent.agent_id for agent in scene.zone.agents.values() if not agent.is_free)
    assert f"{other} ! JobAttached J1" in finish(scene, other)


def test_hours_that_open_bring_the_agents():
    scene = scene_with("A")
    start(scene, 1, due_in_s=7200)
    nail_all(scene)
    hours = CallingHours(60 * 24 - 1, 60 * 24)
    closed = a_campaign(campaign_id=2, name="J2", calling_hours=hours)
    scene.store.add_job(2, [a_contact(1)], campaign=closed)
    assert moves(scene.post(JobLoaded(2, JobSpec(2, closed, total=1))) + scene.wait(60)) == []
    assert moves(scene.wait(3600)) == ["A ! JobAttached J2"], "it is past 23 o'clock where its contact lives"
    assert any(isinstance(each, Dial) for each in scene.orders)


def test_raised_priority_takes_the_agents_one_by_one_as_they_are_free():
    scene = scene_with("ABCD")
    start(scene, 1)
    start(scene, 2)
    nail_all(scene)
    assert places(scene) == {1: 2, 2: 2}
    let_all_answer(scene)
    raised = evolve(scene.zone.jobs[2].campaign, priority=8, version=2)
    scene.post(JobLoaded(2, JobSpec(2, raised, total=20)))
    assert places(scene) == {1: 2, 2: 2}, "who talks stays"
    for agent_id in [a.agent_id for a in scene.zone.agents.values() if a.job.job_id == 1]:
        assert f"{agent_id} ! JobAttached J2" in finish(scene, agent_id)
    assert places(scene) == {2: 4}


# -- several that have something to do -----------------------------------------------------------


def test_agents_go_by_priority_as_far_as_there_is_something_to_do_and_on_to_the_next():
    scene = at_dry()
    start(scene, 2, contacts=2, priority=9)
    start(scene, 3, contacts=3, priority=7)
    start(scene, 4, contacts=9, priority=6)
    assert places(scene) == {2: 2, 3: 3, 4: 1}
    shown = []
    for _ in range(5):
        let_all_answer(scene)
        for agent in scene.zone.agents.values():
            if agent.session is not None and agent.job.job_id in (2, 3):
                shown += finish(scene, agent.agent_id)
    assert places(scene) == {4: 6}
    assert len(moves(shown)) == 5


def test_equals_share_agents_evenly_and_nobody_is_moved_to_and_fro():
    scene = scene_with()
    start(scene, 1, contacts=300)
    nail_all(scene)
    start(scene, 2, contacts=300)
    shown = []
    for _ in range(30):
        let_all_answer(scene)
        for agent in scene.zone.agents.values():
            if agent.session is not None:
                shown += finish(scene, agent.agent_id)
        shown += scene.wait(5)
    assert places(scene) == {1: 3, 2: 3}
    assert len(moves(shown)) == 3


def test_those_on_a_break_do_not_count_among_who_works_for_a_job():
    scene = scene_with("ABCD")
    start(scene, 1, contacts=90)
    nail_all(scene)
    let_all_answer(scene)
    for agent_id in "AB":
        scene.want_break(agent_id)
        finish(scene, agent_id)
    start(scene, 2, contacts=90)
    finish(scene, "C")
    assert scene.agent("C").job.job_id == 2
    let_all_answer(scene)
    finish(scene, "C")
    assert scene.agent("C").job.job_id == 2, "one works for each"


def test_equals_with_one_agent_get_it_by_turns_of_minutes():
    scene = scene_with("A")
    start(scene, 1, contacts=90)
    nail_all(scene)
    start(scene, 2, contacts=90)
    at, began = [], scene.now
    while scene.now < began + 4 * TURN_S:
        let_all_answer(scene)
        at += [(line, scene.now - began) for line in moves(finish(scene, "A"))]
        at += [(line, scene.now - began) for line in moves(scene.wait(20))]
    assert [line for line, _ in at] == [f"A ! JobAttached J{job}" for job in (2, 1, 2)]
    assert all(later - sooner >= TURN_S for (_, sooner), (_, later) in pairwise(at))


def test_only_those_with_the_skill_move():
    scene = Scene(agents="")
    for agent_id, skills in {"A": ("sales",), "B": ("sales", "art"), "C": ("sales",)}.items():
        scene.add_agent(agent_id, *(AgentSkill(name, level=1) for name in skills))
    start(scene, 1, due_in_s=3600)
    for agent_id in "ABC":
        scene.nail(agent_id)
    assert moves(start(scene, 2, skill="art")) == ["B ! JobAttached J2"]
    assert moves(start(scene, 3, skill="art", priority=9)) == [], "a line is meant for it"
    scene.customer_fails()
    assert scene.agent("B").job.job_id == 3
    assert places(scene) == {1: 2, 3: 1}


def test_too_low_a_level_does_not_count():
    scene = at_dry("A")
    assert moves(start(scene, 2, min_skill_level=2)) == []


# -- lines in the air ----------------------------------------------------------------------------


@pytest.mark.parametrize("pacing", [PacingType.Progressive, PacingType.Predictive])
def test_agent_for_whom_a_line_rings_goes_when_that_has_failed(pacing):
    scene = scene_with("AB")
    start(scene, 1, pacing, contacts=90)
    nail_all(scene)
    shown = start(scene, 2, contacts=90, priority=9) + scene.wait(3)
    assert moves(shown) == [], "the lines in the air have their agents"
    first, second = scene.zone.jobs[1].ringing
    assert moves(scene.customer_fails(DialFailReason.NoAnswer, first)) != []
    scene.customer_answers(second)
    assert places(scene) == {1: 1, 2: 1}
    assert not scene.zone.stats.abandoned


def test_predictive_job_dials_no_further_ahead_until_its_agents_have_gone_to_a_higher_priority():
    scene = overdialled(contacts=200)
    job = scene.zone.jobs[1]
    start(scene, 2, contacts=90, priority=9)
    finish(scene, "A")
    assert scene.agent("A").job is job, "the line that was dialled ahead is meant for it"
    assert job.yields_to is scene.zone.jobs[2]
    while job.ringing:
        before = len(job.ringing)
        scene.customer_fails(DialFailReason.Busy, next(iter(job.ringing)))
        assert len(job.ringing) == before - 1
    assert scene.agent("A").job.job_id == 2
    assert not scene.zone.stats.abandoned


def test_job_dials_ahead_again_when_the_better_claim_is_gone():
    scene = overdialled(contacts=200)
    job = scene.zone.jobs[1]
    start(scene, 2, contacts=90, priority=9)
    finish(scene, "A")
    scene.want(2, Wanted.PAUSE)
    scene.wait(1)
    assert job.yields_to is None
    assert len(job.ringing) > 1


def test_customer_who_waits_for_an_agent_gets_an_idle_one_of_another_job():
    scene = overdialled()
    second = next(iter(scene.zone.jobs[1].ringing))
    start(scene, 2, due_in_s=3600, skill="art")
    scene.add_agent("Z", AgentSkill("sales", level=1), AgentSkill("art", level=1))
    scene.want(1, Wanted.PAUSE)
    scene.nail("Z")
    assert scene.agent("Z").job.job_id == 2
    scene.want(1, Wanted.RUN)
    scene.customer_answers(second)
    scene.wait(scene.config.pace_interval_s)
    assert scene.agent("Z").call_state is CallState.Talking
    assert not scene.zone.stats.abandoned


def test_pause_of_the_switch_moves_nobody():
    scene = at_dry()
    scene.zone.telephony_is_down = True
    assert moves(start(scene, 2)) == []
    assert moves(scene.wait(10)) == []


# -- a job that is paused or over ----------------------------------------------------------------


def test_agent_of_a_paused_job_goes_to_another_that_wants_its_skill() -> None:
    scene = nailed_idle()
    scene.want(1, Wanted.PAUSE)
    assert scene.zone.agents["A"].job is scene.zone.jobs[1], "there is nothing better"
    assert scene.start_job(PacingType.PreviewUntimed, job_id=2, contacts=1, name="Autumn")[:1] == lines("""
        A ! JobAttached Autumn
    """)
    assert scene.zone.agents["A"].job is scene.zone.jobs[2]


def test_agent_leaves_a_job_that_is_paused_while_another_runs() -> None:
    scene = nailed_idle()
    scene.start_job(PacingType.PreviewUntimed, job_id=2, contacts=0, name="Autumn")
    scene.start_job(PacingType.PreviewUntimed, job_id=3, contacts=1, name="Winter", due_in_s=3600)
    assert scene.want(1, Wanted.PAUSE)[:1] == lines("A ! JobAttached Winter")


# -- agents that are to be nailed up -------------------------------------------------------------


def test_agents_are_nailed_up_for_what_is_to_be_done_before_anything_of_higher_priority():
    scene = Scene(agents="AB")
    start(scene, 1, due_in_s=3600, priority=9)
    start(scene, 2, contacts=1)
    scene.nail("A")
    scene.nail("B")
    assert places(scene) == {1: 1, 2: 1}


def test_agents_whose_phones_are_called_count_where_they_are_awaited():
    scene = Scene(agents=SIX)
    start(scene, 1)
    start(scene, 2)
    for agent_id in SIX:
        scene.log_on(agent_id)
        scene.go_ready(agent_id)
        scene.offer_phone(agent_id)
    assert places(scene) == {1: 3, 2: 3}
