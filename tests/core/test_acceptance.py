"""Capability = acceptance: in every joint state a command is accepted exactly where the contract says so."""

import pytest
from attrs import frozen
from matrix import MATRIX, SIMPLE_ROWS, shorts, vector
from scenes import SCENES, SID, number_of

from protocol import commands as c
from protocol.enums import AgentState, CallbackType, CallState, DestinationType, NailupStatus
from protocol.results import ResultCode
from protocol.structures import (
    AgentStatus,
    Attribute,
    CallbackDest,
    CompletionCode,
    Destination,
    KeyValuePair,
)

A_CALLBACK = c.AGTCreateCallback(
    CallbackType.Standard,
    "2100/01/01 10:00",
    60,
    number_of(1),
    SID,
    CallbackDest(CallbackType.Standard),
)

PROMISES = {
    "rdy": [c.AGTStateChange(AgentState.Ready)],
    "nrd": [c.AGTStateChange(AgentState.NotReady, "another", "Another")],
    "hld": [c.AGTHoldCall(SID)],
    "unh": [c.AGTUnholdCall(SID)],
    "rel": [c.AGTReleaseLine(SID)],
    "trf": [c.AGTConsultCall(Destination(DestinationType.Agent, "B"), SID)],
    "cnf": [c.AGTConsultCall(Destination(DestinationType.External, "+442071234567"), SID)],
    "lcs": [c.AGTCancelConsult(SID)],
    "ecf": [c.AGTEndConf(SID)],
    "lcf": [c.AGTEndConf(SID)],
    "own": [c.AGTConfChangeOwnership(SID)],
    "dtm": [c.AGTSendDTMF("5", SID)],
    "cbk": [
        c.AGTGetCallbackTypes(SID),
        c.AGTGetCallbackDestsForType(CallbackType.Standard, SID),
        A_CALLBACK,
    ],
    "dsp": [c.AGTWrapupContact(CompletionCode(2), SID)],
    "upd": [c.AGTSetCustomerDetail(KeyValuePair("First Name", "Ada"), SID)],
}
"""The commands that a capability stands for, with right arguments; `org` depends on the call state."""

CONTACT = frozenset(CallState) - {CallState.NoState, CallState.Idle}
PREVIEWED = frozenset({CallState.Preview, CallState.Callback})


@frozen
class Allowed:
    """Where a command without a capability of its own is accepted."""

    command: object
    in_call: frozenset[CallState] = frozenset(CallState)
    in_nailing: frozenset[NailupStatus] = frozenset(NailupStatus)
    in_agent: frozenset[AgentState] = frozenset(AgentState)

    def takes(self, status: AgentStatus) -> bool:
        return (
            status.call_state in self.in_call
            and status.nailup_status in self.in_nailing
            and status.agent_state in self.in_agent
        )


WITHOUT_CAPABILITY = [
    Allowed(
        c.AGTLogoff(),
        frozenset(CallState) - CONTACT,
        in_agent=frozenset({AgentState.NotReady}),
    ),
    Allowed(c.AGTPendingLogout()),
    Allowed(c.AGTAvailableForNailup(), in_nailing=frozenset(NailupStatus) - {NailupStatus.NailedUp}),
    Allowed(c.AGTReadyForNailup(), in_nailing=frozenset({NailupStatus.PendingNailUp})),
    Allowed(c.AGTLostNailing(), in_nailing=frozenset({NailupStatus.NailedUp})),
    Allowed(c.AGTGetCompCodes(SID), frozenset({CallState.Talking, CallState.Held, CallState.Wrapup})),
    Allowed(c.AGTExtendWrapup(SID), frozenset({CallState.Wrapup})),
    Allowed(
        c.AGTRedial(number_of(1)),
        frozenset({CallState.Wrapup}),
        in_nailing=frozenset({NailupStatus.NailedUp}),
    ),
    Allowed(c.AGTPreviewDial(number_of(1), SID), PREVIEWED),
    Allowed(c.AGTPreviewCancel(SID), PREVIEWED),
    Allowed(c.AGTGetCustomerDetails(SID), CONTACT),
    Allowed(c.AGTGetContactAttributes(), CONTACT),
    Allowed(c.AGTAddAgentNote("Rang twice."), CONTACT),
    Allowed(c.AGTRefreshAgentNotes(SID), CONTACT),
    Allowed(c.AGTAddToDNC((Attribute("PhoneNumber1"),)), CONTACT),
    Allowed(c.AGTIsInDNC("+442071234567")),
    Allowed(c.AGTGetTimezones()),
]

EVERY_STATE = pytest.mark.parametrize("name", SCENES)


def accepted(name, command):
    """Bring agent A into a state, send the command, and tell whether it was accepted."""
    scene = SCENES[name]()
    if isinstance(command, c.AGTConsultCall) and scene.zone.jobs:
        scene.nail("B")
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
    agent = SCENES[name]().agent("A")
    row = SIMPLE_ROWS.get(agent.call_state) or (
        "WRAPUP" if agent.nailup_status is NailupStatus.NailedUp else "WRAPUP_NAILING_LOST"
    )
    assert shorts(agent.capabilities) == shorts(vector(row, agent.agent_state))


@EVERY_STATE
@pytest.mark.parametrize("short", PROMISES)
def test_capability_is_true_exactly_where_its_commands_are_accepted(name, short):
    agent = SCENES[name]().agent("A")
    promised = short in shorts(agent.capabilities).split()
    for command in PROMISES[short]:
        assert accepted(name, command) is promised, command


@EVERY_STATE
def test_originate_is_true_exactly_where_a_preview_is_dialled_or_a_contact_redialled(name):
    promised = SCENES[name]().agent("A").capabilities.originate
    dials = accepted(name, c.AGTPreviewDial(number_of(1), SID))
    redials = accepted(name, c.AGTRedial(number_of(1)))
    assert (dials or redials) is promised


@EVERY_STATE
@pytest.mark.parametrize("allowed", WITHOUT_CAPABILITY, ids=lambda allowed: type(allowed.command).__name__)
def test_command_without_capability_is_accepted_exactly_where_the_contract_allows(name, allowed):
    status = SCENES[name]().agent("A").status
    assert accepted(name, allowed.command) is allowed.takes(status)


def test_scenes_reach_every_joint_state_of_one_agent_alone():
    """Consult, conference and callback rows need another agent or another day."""
    reached = set()
    for way in SCENES.values():
        agent = way().agent("A")
        reached.add((agent.row.name, agent.agent_state))
    later = ("CONSULT", "CONFERENCE")
    assert reached == {key for key in MATRIX if not key[0].startswith(later)}
