"""The three tables: their shape, every cell, and what couples them."""

from itertools import product

import pytest

from agentmgr.core.states import (
    AGENT_TABLE,
    CALL_TABLE,
    CALLBACK_TABLE,
    CONSULT_TABLE,
    COUPLED,
    CUSTOMER_TABLE,
    FREE_STATES,
    LIVE_STATES,
    NAIL_TABLE,
    AgentEvent,
    CallbackEvent,
    CallbackPhase,
    CallEvent,
    ConsultEvent,
    ConsultPhase,
    CustomerEvent,
    ImpossibleTransition,
    NailEvent,
    Phase,
    step,
)
from protocol.enums import AgentState, CallState, NailupStatus

AGENT = """
NotReady         WENT_READY=Ready WENT_NOT_READY=NotReady
Ready            WENT_NOT_READY=NotReady ASKED_FOR_BREAK=PendingNotReady
PendingNotReady  WENT_READY=Ready RESTED=NotReady
"""
NAIL = """
NotNailedUp        CHOSEN=PendingNailUp
PendingNailUp      ANSWERED=NailedUp GIVEN_UP=NotNailedUp
NailedUp           DROP_ORDERED=PendingNailUpDrop LOST=NailingLost
PendingNailUpDrop  DROPPED=NotNailedUp
NailingLost        CHOSEN=PendingNailUp GIVEN_UP=NotNailedUp
"""
CALL = """
NoState   NAILED=Idle
Idle      UNNAILED=NoState NAILING_LOST=NoState PREVIEWED=Preview CALLED_BACK=Callback
Idle      CONNECTED=Talking CONSULTED=Consult
Preview   DIALED=Dialing DECLINED=Wrapup NAILING_LOST=Wrapup
Callback  DIALED=Dialing DECLINED=Wrapup EXPIRED=Idle NAILING_LOST=Wrapup
Dialing   CONNECTED=Talking DIAL_FAILED=Wrapup NAILING_LOST=Wrapup
Talking   HELD=Held RELEASED=Wrapup DISCONNECTED=Wrapup CONSULTED=Consult NAILING_LOST=Wrapup
Held      UNHELD=Talking DISCONNECTED=Wrapup NAILING_LOST=Wrapup
Consult   CONSULT_ENDED=Talking LEFT=Idle HANDED_OVER=Idle TOOK_OVER=Talking
Consult   CONFERENCE_OWNED=ConferenceOwner CONFERENCE_JOINED=ConferencePassive
Consult   DISCONNECTED=Wrapup NAILING_LOST=Wrapup
ConferenceOwner    CONFERENCE_ENDED=Talking OWNERSHIP_GIVEN=ConferencePassive
ConferenceOwner    DISCONNECTED=Wrapup NAILING_LOST=Wrapup
ConferencePassive  LEFT=Idle OWNERSHIP_TAKEN=ConferenceOwner
Wrapup    WRAPPED_UP=Idle DIALED=Dialing NAILING_LOST=Wrapup
"""
CUSTOMER = """
OffLine   WANTED=Checking FOUND=OnLine
Checking  DIALED=Ringing GONE=OffLine
Ringing   QUEUED=Waiting CONNECTED=OnLine GONE=OffLine
Waiting   CONNECTED=OnLine GONE=OffLine
OnLine    GONE=OffLine
"""
CONSULT = """
Pending     BEGUN=Active ENDED=Over
Dialing     BEGUN=Active ENDED=Over
Active      CONFERRED=Conference ENDED=Over
Conference  ENDED=Over
"""
CALLBACK = """
Kept       NOTICED=Waiting FOUND=Delivered ENDED=Over
Waiting    PROMISED=Promised CLOSED=Kept ENDED=Over
Promised   TAKEN_BACK=Kept DELIVERED=Delivered ENDED=Over
Delivered  PUT_BACK=Kept ENDED=Over
"""
MACHINES = {
    "agent": (AGENT_TABLE, AgentState, AgentEvent, AGENT, AgentState.NotReady),
    "nail": (NAIL_TABLE, NailupStatus, NailEvent, NAIL, NailupStatus.NotNailedUp),
    "call": (CALL_TABLE, CallState, CallEvent, CALL, CallState.NoState),
    "customer": (CUSTOMER_TABLE, Phase, CustomerEvent, CUSTOMER, Phase.OFF_LINE),
    "consult": (CONSULT_TABLE, ConsultPhase, ConsultEvent, CONSULT, ConsultPhase.PENDING),
    "callback": (CALLBACK_TABLE, CallbackPhase, CallbackEvent, CALLBACK, CallbackPhase.KEPT),
}
EVERY_MACHINE = pytest.mark.parametrize("machine", MACHINES)
ENDS = {"consult": ConsultPhase.OVER, "callback": CallbackPhase.OVER}
"""The end of what does not begin anew."""
ALSO_FIRST = {"consult": {ConsultPhase.DIALING, ConsultPhase.ACTIVE}}
"""Further states that a machine may begin in."""


def expected(machine):
    """Return the machine's cells as they are written out above: (state, event) -> state."""
    _, states, events, text, _ = MACHINES[machine]
    cells = {}
    for line in text.strip().splitlines():
        state, *entries = line.split()
        for event, leads_to in (entry.split("=") for entry in entries):
            assert (states(state), events[event]) not in cells
            cells[states(state), events[event]] = states(leads_to)
    return cells


CELLS = [
    pytest.param(machine, state, event, id=f"{machine}-{state.value}-{event.name}")
    for machine, (_, states, events, _, _) in MACHINES.items()
    for state, event in product(states, events)
]


@pytest.mark.parametrize(("machine", "state", "event"), CELLS)
def test_cell_leads_where_the_contract_says_or_nowhere(machine, state, event):
    table = MACHINES[machine][0]
    leads_to = expected(machine).get((state, event))
    if leads_to is not None:
        assert step(table, state, event) is leads_to
    else:
        with pytest.raises(ImpossibleTransition, match=f"{event.name} in state {state.value}"):
            step(table, state, event)


@EVERY_MACHINE
def test_every_state_has_a_row_and_every_row_is_a_state(machine):
    table, states, *_ = MACHINES[machine]
    assert set(table) == set(states)


@EVERY_MACHINE
def test_every_event_leads_somewhere(machine):
    table, _, events, *_ = MACHINES[machine]
    assert {event for row in table.values() for event in row} == set(events)


@EVERY_MACHINE
def test_every_state_is_reached_from_the_first(machine):
    table, states, _, _, first = MACHINES[machine]
    assert reached_from(table, first) | ALSO_FIRST.get(machine, set()) == set(states)


@EVERY_MACHINE
def test_every_state_leads_back_to_the_first_or_to_the_end(machine):
    table, states, _, _, first = MACHINES[machine]
    goal = ENDS.get(machine, first)
    assert all(goal in reached_from(table, state) for state in states)


def reached_from(table, first):
    seen, open_states = {first}, [first]
    while open_states:
        for state in set(table[open_states.pop()].values()) - seen:
            seen.add(state)
            open_states.append(state)
    return seen


def test_coupling_maps_nailing_events_to_those_of_the_call():
    assert COUPLED == {
        NailEvent.ANSWERED: CallEvent.NAILED,
        NailEvent.DROPPED: CallEvent.UNNAILED,
        NailEvent.LOST: CallEvent.NAILING_LOST,
    }


def test_loss_of_nailing_is_borne_in_every_call_state_of_a_nailed_agent_with_a_contact_of_its_own():
    without = {state for state in CallState if CallEvent.NAILING_LOST not in CALL_TABLE[state]}
    assert without == {CallState.NoState, CallState.ConferencePassive}


def test_loss_of_nailing_parts_the_line_but_never_ends_a_wrapup():
    after = {state: row.get(CallEvent.NAILING_LOST) for state, row in CALL_TABLE.items()}
    assert after[CallState.Idle] is CallState.NoState
    assert {state for state in after.values() if state} == {CallState.NoState, CallState.Wrapup}


def test_free_and_live_states_and_the_rest_part_the_call_states():
    offline = {CallState.Preview, CallState.Callback, CallState.Wrapup}
    assert {CallState.NoState, CallState.Idle} == FREE_STATES
    assert set(CallState) == FREE_STATES | LIVE_STATES | offline
    assert not FREE_STATES & LIVE_STATES
    assert not offline & (FREE_STATES | LIVE_STATES)
