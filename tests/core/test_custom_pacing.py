"""A job with custom pacing has as many calls at once as its zone is granted, and cuts none."""

import pytest
from scenes import Scene, a_campaign, a_contact

from agentmgr.core.events import JobLoaded, JobsWanted
from agentmgr.core.model import CallGrant, JobSpec, Wanted, WantedJob
from protocol.enums import PacingType

AGENTS = "ABCD"


@pytest.fixture
def scene():
    """Four idle agents, and a job that was granted no calls yet."""
    scene = Scene(agents=AGENTS)
    spec = JobSpec(1, a_campaign(PacingType.Progressive), total=9, calls=CallGrant(0, 0, 1))
    scene.store.add_job(1, [a_contact(number) for number in range(1, 10)], 0.0)
    scene.post(JobLoaded(1, spec))
    for agent_id in AGENTS:
        scene.nail(agent_id)
    return scene


def grant(scene, granted, number, reserved=None):
    """The zone is told a grant; return the calls that are dialled, and what it holds."""
    calls = CallGrant(granted, granted if reserved is None else reserved, number)
    shown = scene.post(JobsWanted((WantedJob(1, Wanted.RUN, total=9, calls=calls),)))
    return (
        sum(line.startswith("switch: Dial") for line in shown),
        [line for line in shown if line.startswith("store: HoldCalls")],
    )


def in_the_air(scene):
    return scene.zone.jobs[1].in_the_air


def test_nobody_is_called_until_it_is_said_how_many(scene):
    assert in_the_air(scene) == 0
    assert grant(scene, 2, 2) == (2, [])
    assert in_the_air(scene) == 2


def test_maximum_that_falls_cuts_no_call_and_lets_none_begin(scene):
    grant(scene, 3, 2)
    assert grant(scene, 1, 3, reserved=3) == (0, [])
    assert in_the_air(scene) == 3
    shown = scene.customer_fails()
    assert "store: HoldCalls 3 2 True" in shown
    assert in_the_air(scene) == 2
    scene.customer_fails(call_id=next(iter(scene.zone.jobs[1].ringing)))
    assert in_the_air(scene) == 1


def test_call_counts_until_an_agent_has_it(scene):
    grant(scene, 1, 2)
    scene.customer_answers()
    assert in_the_air(scene) == 0
    assert grant(scene, 1, 3) == (1, [])
    assert len(scene.zone.jobs[1].sessions) == 2


def test_grant_that_was_read_before_the_latest_changes_nothing(scene):
    grant(scene, 1, 5)
    assert grant(scene, 4, 4) == (0, [])
    assert in_the_air(scene) == 1


def test_grant_of_fewer_calls_is_said_to_be_heard_once_even_if_nothing_else_changes(scene):
    grant(scene, 3, 2)
    fewer = CallGrant(1, 3, 3, heard=False)
    shown = scene.post(JobsWanted((WantedJob(1, Wanted.RUN, total=9, calls=fewer),)))
    assert "store: HoldCalls 3 3 True" in shown
    assert not any(line.startswith("store: HoldCalls") for line in grant(scene, 1, 3, reserved=3)[1])


def test_zone_that_knew_of_fewer_calls_says_it_heard_of_a_grant_that_others_may_have_believed_higher(scene):
    more = CallGrant(2, 2, 4, heard=False)
    shown = scene.post(JobsWanted((WantedJob(1, Wanted.RUN, total=9, calls=more),)))
    assert "store: HoldCalls 4 2 True" in shown
