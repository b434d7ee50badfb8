"""The three coupled state machines of an agent, as tables; nothing else changes a state.

Each table has a row for every state, empty if nothing leads out of it. `COUPLED` says what an event of
the nailing machine means to the call machine. (Agent API, sections 1 and 7.)
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import TypeVar

from protocol.enums import AgentState, CallState, NailupStatus

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


class _Event(Enum):
    __hash__ = object.__hash__  # enum's own is a Python function, and events are looked up at every turn


class AgentEvent(_Event):
    """What changes the agent state."""

    WENT_READY = auto()
    WENT_NOT_READY = auto()
    ASKED_FOR_BREAK = auto()  # NotReady, asked for while a contact is on
    RESTED = auto()  # nothing is pending any more


class NailEvent(_Event):
    """What changes the nailing state."""

    CHOSEN = auto()
    ANSWERED = auto()
    GIVEN_UP = auto()  # not answered in time, or not wanted any more before it was
    DROP_ORDERED = auto()
    DROPPED = auto()
    LOST = auto()


class CallEvent(_Event):
    """What changes the call state."""

    NAILED = auto()
    UNNAILED = auto()
    NAILING_LOST = auto()
    PREVIEWED = auto()
    CALLED_BACK = auto()
    EXPIRED = auto()
    DECLINED = auto()
    DIALED = auto()
    DIAL_FAILED = auto()
    CONNECTED = auto()
    HELD = auto()
    UNHELD = auto()
    RELEASED = auto()
    DISCONNECTED = auto()
    WRAPPED_UP = auto()
    CONSULTED = auto()
    CONSULT_ENDED = auto()
    LEFT = auto()
    HANDED_OVER = auto()
    TOOK_OVER = auto()
    CONFERENCE_OWNED = auto()
    CONFERENCE_JOINED = auto()
    CONFERENCE_ENDED = auto()
    OWNERSHIP_GIVEN = auto()
    OWNERSHIP_TAKEN = auto()


Table = Mapping[S, Mapping[E, S]]

AGENT_TABLE: Table[AgentState, AgentEvent] = {
    AgentState.NotReady: {
        AgentEvent.WENT_READY: AgentState.Ready,
        AgentEvent.WENT_NOT_READY: AgentState.NotReady,
    },
    AgentState.Ready: {
        AgentEvent.WENT_NOT_READY: AgentState.NotReady,
        AgentEvent.ASKED_FOR_BREAK: AgentState.PendingNotReady,
    },
    AgentState.PendingNotReady: {
        AgentEvent.WENT_READY: AgentState.Ready,
        AgentEvent.RESTED: AgentState.NotReady,
    },
}

NAIL_TABLE: Table[NailupStatus, NailEvent] = {
    NailupStatus.NotNailedUp: {NailEvent.CHOSEN: NailupStatus.PendingNailUp},
    NailupStatus.PendingNailUp: {
        NailEvent.ANSWERED: NailupStatus.NailedUp,
        NailEvent.GIVEN_UP: NailupStatus.NotNailedUp,
    },
    NailupStatus.NailedUp: {
        NailEvent.DROP_ORDERED: NailupStatus.PendingNailUpDrop,
        NailEvent.LOST: NailupStatus.NailingLost,
    },
    NailupStatus.PendingNailUpDrop: {NailEvent.DROPPED: NailupStatus.NotNailedUp},
    NailupStatus.NailingLost: {
        NailEvent.CHOSEN: NailupStatus.PendingNailUp,
        NailEvent.GIVEN_UP: NailupStatus.NotNailedUp,
    },
}

CALL_TABLE: Table[CallState, CallEvent] = {
    CallState.NoState: {CallEvent.NAILED: CallState.Idle},
    CallState.Idle: {
        CallEvent.UNNAILED: CallState.NoState,
        CallEvent.NAILING_LOST: CallState.NoState,
        CallEvent.PREVIEWED: CallState.Preview,
        CallEvent.CALLED_BACK: CallState.Callback,
        CallEvent.CONNECTED: CallState.Talking,
        CallEvent.CONSULTED: CallState.Consult,
    },
    CallState.Preview: {
        CallEvent.DIALED: CallState.Dialing,
        CallEvent.DECLINED: CallState.Wrapup,
        CallEvent.NAILING_LOST: CallState.Wrapup,
    },
    CallState.Callback: {
        CallEvent.DIALED: CallState.Dialing,
        CallEvent.DECLINED: CallState.Wrapup,
        CallEvent.EXPIRED: CallState.Idle,
        CallEvent.NAILING_LOST: CallState.Wrapup,
    },
    CallState.Dialing: {
        CallEvent.CONNECTED: CallState.Talking,
        CallEvent.DIAL_FAILED: CallState.Wrapup,
        CallEvent.NAILING_LOST: CallState.Wrapup,
    },
    CallState.Talking: {
        CallEvent.HELD: CallState.Held,
        CallEvent.RELEASED: CallState.Wrapup,
        CallEvent.DISCONNECTED: CallState.Wrapup,
        CallEvent.CONSULTED: CallState.Consult,
        CallEvent.NAILING_LOST: CallState.Wrapup,
    },
    CallState.Held: {
        CallEvent.UNHELD: CallState.Talking,
        CallEvent.DISCONNECTED: CallState.Wrapup,
        CallEvent.NAILING_LOST: CallState.Wrapup,
    },
    CallState.Consult: {
        CallEvent.CONSULT_ENDED: CallState.Talking,
        CallEvent.LEFT: CallState.Idle,
        CallEvent.HANDED_OVER: CallState.Idle,
        CallEvent.TOOK_OVER: CallState.Talking,
        CallEvent.CONFERENCE_OWNED: CallState.ConferenceOwner,
        CallEvent.CONFERENCE_JOINED: CallState.ConferencePassive,
        CallEvent.DISCONNECTED: CallState.Wrapup,
        CallEvent.NAILING_LOST: CallState.Wrapup,
    },
    CallState.ConferenceOwner: {
        CallEvent.CONFERENCE_ENDED: CallState.Talking,
        CallEvent.OWNERSHIP_GIVEN: CallState.ConferencePassive,
        CallEvent.DISCONNECTED: CallState.Wrapup,
        CallEvent.NAILING_LOST: CallState.Wrapup,
    },
    CallState.ConferencePassive: {
        CallEvent.LEFT: CallState.Idle,
        CallEvent.OWNERSHIP_TAKEN: CallState.ConferenceOwner,
    },
    CallState.Wrapup: {
        CallEvent.WRAPPED_UP: CallState.Idle,
        CallEvent.DIALED: CallState.Dialing,
        CallEvent.NAILING_LOST: CallState.Wrapup,
    },
}

COUPLED: Mapping[NailEvent, CallEvent] = {
    NailEvent.ANSWERED: CallEvent.NAILED,
    NailEvent.DROPPED: CallEvent.UNNAILED,
    NailEvent.LOST: CallEvent.NAILING_LOST,
}

FREE_STATES = frozenset({CallState.NoState, CallState.Idle})
"""Call states without a contact."""

OFFERED_STATES = frozenset({CallState.Preview, CallState.Callback})
"""Call states in which the agent looks at a contact that was not dialled yet."""

LIVE_STATES = frozenset(
    {
        CallState.Dialing,
        CallState.Talking,
        CallState.Held,
        CallState.Consult,
        CallState.ConferenceOwner,
        CallState.ConferencePassive,
    }
)
"""Call states in which the agent is on the line with somebody, or about to be."""


class ImpossibleTransition(Exception):
    """An event was applied to a state that does not take it: a fault of ours, never a peer's."""


def step(table: Table[S, E], state: S, event: E) -> S:
    """Return the state after an event.

    Raises:
        ImpossibleTransition: the state's row does not take the event; nothing has changed.
    """
    try:
        return table[state][event]
    except KeyError:
        raise ImpossibleTransition(f"{event.name} in state {state.value}") from None
