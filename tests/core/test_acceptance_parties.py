"""Capability = acceptance where more than one party, a callback or a restart is in play."""

import pytest
from attrs import frozen
from matrix import MATRIX, shorts, vector
from parties import (
    bring_nailed,
    called_back,
    called_in,
    conference,
    conferenced,
    consult,
    consult_pending,
    external_conference,
    external_consult,
    external_dialing,
    log_on_again,
    restart,
    with_agent,
    with_external,
)
from scenes import SCENES, SID, number_of, pending_break, talking
from test_acceptance import PROMISES, WITHOUT_CAPABILITY

from agentmgr.core.capabilities import Row
from protocol import commands as c
from protocol.enums import CallState, DestinationType, NailupStatus
from protocol.results import ResultCode
from protocol.structures import AgentSkill


def ownership_taken():
    """A took the conference over from B."""
    scene = conferenced()
    scene.send("B", c.AGTConfChangeOwnership(SID))
    return scene


def ownership_given():
    scene = conference()
    scene.send("A", c.AGTConfChangeOwnership(SID))
    return scene


def transferred():
    """B handed its customer over to A."""
    scene = called_in()
    scene.send("B", c.AGTCompleteTransfer(SID))
    return scene


def resumed():
    """A's desktop crashed in a consult and is back."""
    scene = consult()
    scene.send("A", c.AGTSaveAgentForHA())
    scene.disconnect(scene.agent("A").connection)
    log_on_again(scene)
    return scene


def restarted():
    scene = talking(contacts=1)
    scene.send("A", c.AGTSaveAgentForHA())
    later = restart(scene)
    log_on_again(later)
    return later


ROWS = {
    called_back: "OFFERED",
    consult_pending: "CONSULT_CANCELLABLE",
    external_dialing: "CONSULT_CANCELLABLE",
    consult: "CONSULT_WITH_AGENT",
    resumed: "CONSULT_WITH_AGENT",
    external_consult: "CONSULT_WITH_EXTERNAL",
    called_in: "CONSULT_PASSIVE",
    conference: "CONFERENCE_WITH_AGENT",
    ownership_taken: "CONFERENCE_WITH_AGENT",
    external_conference: "CONFERENCE_WITH_EXTERNAL",
    conferenced: "CONFERENCE_PASSIVE",
    ownership_given: "CONFERENCE_PASSIVE",
    transferred: "TALKING",
    restarted: "TALKING",
}
"""The row that agent A stands in."""

PARTY_SCENES = {way.__name__: way for way in ROWS}
PARTY_SCENES |= {f"{name}_pending_break": pending_break(way) for name, way in PARTY_SCENES.items()}
EVERY_STATE = pytest.mark.parametrize("name", PARTY_SCENES)
OF_PARTIES = ("trf", "cnf", "ecf", "lcf")
SINGLE = {short: commands for short, commands in PROMISES.items() if short not in OF_PARTIES}
CONSULT = {
    "trf": [with_agent("C"), c.AGTCompleteTransfer(SID)],
    "cnf": [with_external(), c.AGTStartConf(SID)],
}
"""In Talking the first stands for the capability, in Consult the second."""


def row_of(name):
    return next(row for way, row in ROWS.items() if way.__name__ == name.removesuffix("_pending_break"))


def accepted(name, command):
    """Bring agent A into a state, send the command, and tell whether it was accepted."""
    scene = PARTY_SCENES[name]()
    if command == with_agent("C"):
        bring_nailed(scene, "C")
    before = len(scene.responses)
    scene.send("A", command)
    mine = [r for r in scene.responses[before:] if type(r).__name__ == f"{type(command).__name__}RESP"]
    return [each.result for each in mine] == [ResultCode.SUCCESS]


@EVERY_STATE
def test_capabilities_are_those_of_the_contract(name):
    agent = PARTY_SCENES[name]().agent("A")
    assert agent.row.name == row_of(name)
    assert shorts(agent.capabilities) == shorts(vector(row_of(name), agent.agent_state))


@EVERY_STATE
@pytest.mark.parametrize("short", SINGLE)
def test_capability_is_true_exactly_where_its_commands_are_accepted(name, short):
    promised = short in shorts(PARTY_SCENES[name]().agent("A").capabilities).split()
    for command in SINGLE[short]:
        assert accepted(name, command) is promised, command


@EVERY_STATE
@pytest.mark.parametrize("short", CONSULT)
def test_capability_of_a_consult_stands_for_what_comes_next(name, short):
    agent = PARTY_SCENES[name]().agent("A")
    promised = short in shorts(agent.capabilities).split()
    first, second = CONSULT[short]
    assert accepted(name, first) is (promised and agent.call_state is CallState.Talking)
    assert accepted(name, second) is (promised and agent.call_state is CallState.Consult)


@EVERY_STATE
def test_end_of_a_conference_is_accepted_where_either_capability_says_so(name):
    capabilities = PARTY_SCENES[name]().agent("A").capabilities
    promised = capabilities.end_conference or capabilities.leave_conference
    assert accepted(name, c.AGTEndConf(SID)) is promised


@EVERY_STATE
def test_originate_is_true_exactly_where_a_callback_is_dialled(name):
    promised = PARTY_SCENES[name]().agent("A").capabilities.originate
    dials = accepted(name, c.AGTPreviewDial(number_of(50), SID))
    assert dials is promised
    assert not accepted(name, c.AGTRedial(number_of(50)))


@frozen
class AllowedAnywhere:
    """A command that no capability stands for, and the call states in which it is accepted."""

    command: object
    in_call: frozenset[CallState] = frozenset(CallState)


ANYWHERE = [
    AllowedAnywhere(c.AGTGetConsultTypes(SID), frozenset({CallState.Talking})),
    AllowedAnywhere(c.AGTGetConsultDestsForType(DestinationType.Agent, SID), frozenset({CallState.Talking})),
    AllowedAnywhere(c.AGTBlendToInbound()),
    AllowedAnywhere(c.AGTSkillsChanged((AgentSkill("art"),))),
    AllowedAnywhere(c.AGTSaveAgentForHA()),
    AllowedAnywhere(c.AGTAgentDisconnected()),
]


@EVERY_STATE
@pytest.mark.parametrize("allowed", ANYWHERE, ids=lambda allowed: type(allowed.command).__name__)
def test_command_of_many_parties_is_accepted_exactly_where_the_contract_allows(name, allowed):
    scene = PARTY_SCENES[name]()
    expected = scene.agent("A").call_state in allowed.in_call
    if isinstance(allowed.command, c.AGTGetConsultDestsForType):
        expected = expected and len(scene.agent("A").job.consultable.keys() - {"A"}) > 0
    assert accepted(name, allowed.command) is expected


@EVERY_STATE
@pytest.mark.parametrize("allowed", WITHOUT_CAPABILITY, ids=lambda allowed: type(allowed.command).__name__)
def test_command_without_capability_is_accepted_exactly_where_the_contract_allows(name, allowed):
    status = PARTY_SCENES[name]().agent("A").status
    assert accepted(name, allowed.command) is allowed.takes(status)


@pytest.mark.parametrize("name", SCENES)
def test_blending_and_nailing_are_accepted_where_the_contract_allows(name):
    def sent(*commands):
        scene = SCENES[name]()
        for command in commands:
            scene.send("A", command)
        return scene.responses[-1].result

    nailed = SCENES[name]().agent("A").nailup_status is NailupStatus.NailedUp
    assert sent(c.AGTBlendToInbound()) is ResultCode.SUCCESS
    assert sent(c.AGTBlendToOutbound()) is ResultCode.ALREADY_OUTBOUND
    assert sent(c.AGTBlendToInbound(), c.AGTBlendToOutbound()) is ResultCode.SUCCESS
    assert sent(c.AGTNailupAgent()) is (ResultCode.ALREADY_NAILED if nailed else ResultCode.SUCCESS)


def test_scenes_reach_every_row_of_the_matrix():
    """CONSULT_ASKED is passed within a turn: the asker may cancel as soon as it is answered."""
    reached = {(way().agent("A").row.name, way().agent("A").agent_state) for way in PARTY_SCENES.values()}
    reached |= {(way().agent("A").row.name, way().agent("A").agent_state) for way in SCENES.values()}
    assert {key for key in MATRIX if key[0] != "CONSULT_ASKED"} == reached
    assert {row.name for row in Row} == {row for row, _ in MATRIX}
