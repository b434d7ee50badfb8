"""Who hears a tone when: the moments at which agents and customers are told by ear."""

import pytest
from parties import (
    PARTY,
    conference,
    consult,
    consult_pending,
    external_conference,
    external_consult,
    external_dialing,
)
from scenes import LEG, SID, held, nailed_idle, talking

from agentmgr.core.events import CallEnded, NailEnded, OrderFailed, OrderFault, TelephonyLost
from protocol import commands as c


def heard(scene, act):
    """Do something in a scene, and return who hears a tone of it, each as people call them."""
    before, agents = len(scene.tones), scene.zone.agents.values()
    names = {SID: "customer", PARTY: "party"}
    names |= {agent.leg_id: agent.agent_id for agent in agents}
    act(scene)
    assert all(tone.call_id == SID for tone in scene.tones[before:])
    return [sorted(names[leg] for leg in tone.to) for tone in scene.tones[before:]]


def by(agent_id, command):
    return lambda scene: scene.send(agent_id, command)


END, CANCEL = c.AGTEndConf(SID), c.AGTCancelConsult(SID)
CUSTOMER_LEAVES = CallEnded(SID)

MOMENTS = {
    "the owner ends a consult": (consult, by("A", CANCEL), ["A", "B"]),
    "the consulted agent ends it": (consult, by("B", CANCEL), ["A", "B", "customer"]),
    "the owner ends a consult with somebody outside": (external_consult, by("A", CANCEL), ["A", "party"]),
    "somebody outside ends the consult": (
        external_consult,
        lambda scene: scene.post(CallEnded(PARTY)),
        ["A", "customer"],
    ),
    "transfer": (consult, by("A", c.AGTCompleteTransfer(SID)), ["A", "B", "customer"]),
    "the owner ends a conference": (conference, by("A", END), ["A", "B", "customer"]),
    "the passive party leaves it": (conference, by("B", END), ["A", "B", "customer"]),
    "the owner ends a conference with somebody outside": (
        external_conference,
        by("A", END),
        ["A", "customer", "party"],
    ),
    "somebody outside leaves the conference": (
        external_conference,
        lambda scene: scene.post(CallEnded(PARTY)),
        ["A", "customer"],
    ),
    "the ownership changes": (conference, by("A", c.AGTConfChangeOwnership(SID)), ["A", "B", "customer"]),
    "the customer leaves a conference": (conference, lambda s: s.post(CUSTOMER_LEAVES), ["A", "B"]),
    "the customer leaves one with somebody outside": (
        external_conference,
        lambda s: s.post(CUSTOMER_LEAVES),
        ["A", "party"],
    ),
    "the customer hangs up": (talking, lambda s: s.post(CUSTOMER_LEAVES), ["A"]),
    "the customer hangs up while a consult waits": (
        consult_pending,
        lambda s: s.post(CUSTOMER_LEAVES),
        ["A"],
    ),
    "the consulted agent's line is lost": (
        consult,
        lambda scene: scene.post(NailEnded(scene.agent("B").leg_id)),
        ["A", "customer"],
    ),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_tone_is_heard_by_those_whom_the_moment_concerns(name):
    way, act, expected = MOMENTS[name]
    assert heard(way(), act) == [expected]


@pytest.mark.parametrize(
    ("way", "expected"), [(consult, ["A", "B"]), (external_consult, ["A", "party"])], ids=["agent", "outside"]
)
def test_tone_is_heard_by_both_when_a_consult_begins_and_not_by_the_customer(way, expected):
    scene = way()
    names = {PARTY: "party", LEG: "A", scene.agent("B").leg_id: "B"}
    assert [sorted(names[leg] for leg in tone.to) for tone in scene.tones] == [expected]


def test_tone_is_heard_when_a_consult_that_waited_begins():
    scene = consult_pending()
    assert not scene.tones
    other = scene.agent("B").session
    scene.post(CallEnded(other.sid))
    assert [tone.call_id for tone in scene.tones] == [other.sid]
    scene.send("B", c.AGTWrapupContact(c.CompletionCode(1), other.sid))
    assert {*scene.tones[-1].to} == {LEG, scene.agent("B").leg_id}


@pytest.mark.parametrize(
    ("way", "act"),
    [
        (held, lambda scene: scene.post(CUSTOMER_LEAVES)),
        (consult, lambda scene: scene.post(CUSTOMER_LEAVES)),
        (talking, by("A", c.AGTReleaseLine(SID))),
        (talking, by("A", c.AGTHoldCall(SID))),
        (external_dialing, by("A", CANCEL)),
        (consult_pending, by("A", CANCEL)),
        (consult, by("A", c.AGTStartConf(SID))),
        (conference, lambda scene: scene.post(TelephonyLost())),
    ],
    ids=["held", "consult", "release", "hold", "dialing", "pending", "conference begins", "no switch"],
)
def test_no_tone_is_heard_at_other_moments(way, act):
    scene = way()
    before = len(scene.tones)
    act(scene)
    assert len(scene.tones) == before


@pytest.mark.parametrize("fault", OrderFault)
def test_tone_that_could_not_be_sounded_changes_nothing(fault):
    scene = consult()
    status = scene.agent("A").status, scene.agent("B").status
    assert scene.post(OrderFailed(scene.tones[-1], fault)) == []
    assert (scene.agent("A").status, scene.agent("B").status) == status


def test_nobody_who_is_idle_hears_anything():
    assert nailed_idle().tones == []
