"""The rules that hold for every scenario, on transcripts written by hand."""

from typing import Any

import pytest

from agentmgr.conformance.matrix import Row, vector
from agentmgr.conformance.rules import violations
from agentmgr.conformance.transcript import Kind, Transcript
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, ContactType, NailupStatus
from protocol.results import ResultCode
from protocol.structures import Contact

DONE = ResultCode.SUCCESS
FREE = n.AGTCapabilitiesChanged(vector(Row.FREE, AgentState.NotReady))
READY = n.AGTCapabilitiesChanged(vector(Row.FREE, AgentState.Ready))
TALKING = n.AGTCapabilitiesChanged(vector(Row.TALKING, AgentState.Ready))
CALL = n.AGTCallNotify(Contact("1", "Spring", ContactType.Predictive), "s-1")


def state(call_state: CallState) -> n.AGTCallStateChangedNotify:
    return n.AGTCallStateChangedNotify(call_state)


LOGGED_ON = [c.AGTLogon("1", "x", False, "en", "UTC", "Default"), FREE, c.AGTLogonRESP(DONE)]
IDLE = [
    *LOGGED_ON,
    c.AGTStateChange(AgentState.Ready),
    n.AGTStateChangedNotify(AgentState.Ready),
    READY,
    c.AGTStateChangeRESP(DONE),
    n.AGTNailupChange(NailupStatus.PendingNailUp),
    n.AGTNailupChange(NailupStatus.NailedUp),
    n.AGTJobAttached("Spring"),
    state(CallState.Idle),
]


def written(messages: list[Any]) -> Transcript:
    transcript = Transcript()
    number = 0
    for message in messages:
        name = type(message).__name__
        if isinstance(message, c.Resp):
            transcript.note(1, Kind.RESPONSE, "1001", name, request_id=number, message=message)
        elif hasattr(c, name):
            number += 1
            transcript.note(1, Kind.COMMAND, "1001", name, request_id=number, message=message)
        else:
            transcript.note(1, Kind.NOTIFICATION, "1001", name, message=message)
    return transcript


async def test_sequence_of_the_contract_is_in_order() -> None:
    assert violations(written([*IDLE, CALL, state(CallState.Talking), TALKING, n.AGTZoneDown("x", 1)])) == []


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([*LOGGED_ON, c.AGTLogonRESP(DONE)], "no command waits"),
        ([*LOGGED_ON, FREE], "nothing in it differs"),
        (
            [*LOGGED_ON, n.AGTStateChangedNotify(AgentState.Ready), n.AGTBlendedToInbound()],
            "are not those of Ready",
        ),
        ([*IDLE, state(CallState.Talking), TALKING], "AGTCallNotify must come directly before it"),
        (
            [*IDLE, CALL, state(CallState.Talking), n.AGTZoneDown("x", 1)],
            "are not those of Ready, 'Talking': notReady, hold",
        ),
        ([*IDLE, CALL, state(CallState.Wrapup)], "Wrapup cannot follow Idle"),
        ([*IDLE, n.AGTNailupChange(NailupStatus.NailedUp)], "the nailing state was the same before"),
        (
            [*LOGGED_ON, c.AGTHoldCall("s-1"), c.AGTHoldCallRESP(DONE, "s-2")],
            "the command was about session s-1",
        ),
        (
            [*LOGGED_ON, c.AGTHoldCall("s-1"), c.AGTUnholdCallRESP(DONE, "s-1")],
            "it has the id of AGTHoldCall",
        ),
    ],
)
async def test_broken_rule_is_told(messages: list[Any], why: str) -> None:
    (violation,) = violations(written(messages))

    assert why in violation
