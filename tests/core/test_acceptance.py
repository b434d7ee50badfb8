"""Capability = acceptance: in every joint state a command is accepted exactly where the contract says so."""

from functools import cache

import attrs
import pytest
from attrs import evolve
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
)
from scenes import GIVEN, SCENES, SID, pending_break, talking

from agentmgr.conformance.matrix import GATES, ROWS, Row, vector
from agentmgr.core.commands import AGENT_RULES
from protocol import commands as c
from protocol.enums import AgentState, CallState, DestinationType, NailupStatus
from protocol.results import ResultCode
from protocol.structures import Capabilities


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


PARTY_ROWS = {
    called_back: Row.OFFERED,
    consult_pending: Row.CONSULT_CANCELLABLE,
    external_dialing: Row.CONSULT_CANCELLABLE,
    consult: Row.CONSULT_WITH_AGENT,
    resumed: Row.CONSULT_WITH_AGENT,
    external_consult: Row.CONSULT_WITH_EXTERNAL,
    called_in: Row.CONSULT_PASSIVE,
    conference: Row.CONFERENCE_WITH_AGENT,
    ownership_taken: Row.CONFERENCE_WITH_AGENT,
    external_conference: Row.CONFERENCE_WITH_EXTERNAL,
    conferenced: Row.CONFERENCE_PASSIVE,
    ownership_given: Row.CONFERENCE_PASSIVE,
    transferred: Row.TALKING,
    restarted: Row.TALKING,
}
"""The row that agent A stands in, where another party, a callback or a restart is in play."""

PARTY_SCENES = {way.__name__: way for way in PARTY_ROWS}
PARTY_SCENES |= {f"{name}_pending_break": pending_break(way) for name, way in PARTY_SCENES.items()}
ALL_SCENES = SCENES | PARTY_SCENES
EVERY_STATE = pytest.mark.parametrize("name", ALL_SCENES)

COLLEAGUE = "C"
"""Nobody but the test of a consult has any business with this one."""


@cache
def agent_a(name):
    """Return agent A in a state, to be looked at."""
    return ALL_SCENES[name]().agent("A")


def row_of(name):
    """Return the row of agent A as the contract has it."""
    agent = agent_a(name)
    if agent.call_state is CallState.Wrapup:
        return Row.WRAPUP if agent.nailup_status is NailupStatus.NailedUp else Row.WRAPUP_NAILING_LOST
    of_parties = {way.__name__: row for way, row in PARTY_ROWS.items()}
    return of_parties.get(name.removesuffix("_pending_break"), ROWS[agent.call_state][0])


def accepted(name, command):
    """Bring agent A into a state, send the command, and tell whether it was accepted."""
    scene = ALL_SCENES[name]()
    if isinstance(command, c.AGTConsultCall) and scene.zone.jobs:
        bring_nailed(scene, COLLEAGUE)
    before = len(scene.responses)
    scene.send("A", command)
    expected = type(command).__name__ + "RESP"
    mine = [each for each in scene.responses[before:] if type(each).__name__ == expected]
    if not mine:  # a logoff that waits for the phone to be let go
        assert scene.agent("A").logoff_request is not None
        return True
    assert mine[0].result is not ResultCode.NOT_PROCESSED
    return mine[0].result is ResultCode.SUCCESS


@EVERY_STATE
def test_capabilities_are_those_of_the_contract(name):
    agent = agent_a(name)
    assert agent.row.name == row_of(name).name
    assert agent.capabilities == vector(row_of(name), agent.agent_state)


@EVERY_STATE
@pytest.mark.parametrize("gate", GATES, ids=str)
def test_command_is_accepted_exactly_where_the_contract_says(name, gate):
    agent = agent_a(name)
    if gate.cls is c.AGTAvailableForNailup and agent.leaving:
        assert not accepted(name, gate.command(GIVEN))
        return
    command = gate.command(evolve(GIVEN, agent_id=COLLEAGUE))
    opens = any(
        other.opens(agent.status, agent.capabilities)
        for other in GATES
        if other.command(GIVEN) == gate.command(GIVEN)
    )
    assert accepted(name, command) is opens


@pytest.mark.parametrize(
    "gate", [g for g in GATES if getattr(g.command(GIVEN), "session_id", "") == SID], ids=str
)
def test_command_about_another_session_is_refused_where_it_would_be_accepted(gate):
    """9008 before whatever else may be wrong; the states of the agent alone would let it through."""
    states = {name: agent_a(name) for name in ALL_SCENES}
    name = next(n for n, a in states.items() if gate.opens(a.status, a.capabilities))
    scene = ALL_SCENES[name]()
    scene.send("A", gate.command(evolve(GIVEN, session_id="1000000099")))
    assert scene.responses[-1].result is ResultCode.BAD_DATA


@EVERY_STATE
def test_true_capability_stands_for_a_command_that_is_accepted(name):
    agent = agent_a(name)
    true = {each for each in CAPABILITIES if getattr(agent.capabilities, each)}
    assert true == {g.capability for g in GATES if g.capability and g.opens(agent.status, agent.capabilities)}


CAPABILITIES = [field.name for field in attrs.fields(Capabilities)]


def test_every_capability_but_record_stands_for_a_command():
    assert {gate.capability for gate in GATES} - {None} == set(CAPABILITIES) - {"record"}


@EVERY_STATE
def test_consult_of_an_agent_is_offered_where_a_colleague_is_to_be_had(name):
    agent = agent_a(name)
    talks = agent.call_state is CallState.Talking
    colleagues = agent.job.consultable.keys() - {"A"} if talks else ()
    assert accepted(name, c.AGTGetConsultDestsForType(DestinationType.Agent, SID)) is bool(colleagues)


ELSEWHERE = {
    c.AGTGetConsultDestsForType: "depends on who is there: above",
    c.AGTBlendToOutbound: "only after AGTBlendToInbound: below",
    c.AGTNailupAgent: "only after AGTBlendToInbound: below",
    c.GetAgentStatusResponse: "answers a question: test_playbook_returning",
}
"""Commands of an agent of which its states alone do not decide."""


def test_every_command_of_an_agent_has_a_gate_or_a_reason():
    assert {gate.cls for gate in GATES} == AGENT_RULES.keys() - ELSEWHERE.keys()


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


def test_scenes_reach_every_row_of_the_matrix_in_every_agent_state():
    """CONSULT_ASKED is passed within a turn: the asker may cancel as soon as it is answered."""
    agents = [agent_a(name) for name in ALL_SCENES]
    expected = {
        (row.name, state)
        for row in Row
        for state in AgentState
        if row is not Row.CONSULT_ASKED
        and (state is AgentState.NotReady) <= (row is Row.FREE)
        and (state is AgentState.PendingNotReady) <= (row is not Row.FREE)
    }
    assert {(agent.row.name, agent.agent_state) for agent in agents} == expected
