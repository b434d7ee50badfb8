"""All state machines as tables; nothing else changes a state.

Each table has a row for every state, empty if nothing leads out of it. An agent has three machines, which
are coupled: `COUPLED` says what an event of the nailing machine means to the call machine. (Agent API,
sections 1 and 7.) A customer, a consultation and a callback have one each.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import TypeVar

from protocol.enums import AgentState, CallState, NailupStatus

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


class _Name(Enum):
    __hash__ = object.__hash__  # enum's own is a Python function, and these are looked up at every turn


class AgentEvent(_Name):
    """What changes the agent state."""

    WENT_READY = auto()
    WENT_NOT_READY = auto()
    ASKED_FOR_BREAK = auto()  # NotReady, asked for while a contact is on
    RESTED = auto()  # nothing is pending any more


class NailEvent(_Name):
    """What changes the nailing state."""

    CHOSEN = auto()
    ANSWERED = auto()
    GIVEN_UP = auto()  # not answered in time, or not wanted any more before it was
    DROP_ORDERED = auto()
    DROPPED = auto()
    LOST = auto()


class CallEvent(_Name):
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


class Phase(_Name):
    """Where the customer of a session is."""

    OFF_LINE = "OffLine"  # previewed, or over: no call exists
    CHECKING = "Checking"  # the do-not-call list is being asked
    RINGING = "Ringing"
    WAITING = "Waiting"  # answered, no agent yet
    ON_LINE = "OnLine"  # with an agent


class CustomerEvent(_Name):
    """What changes a customer's phase."""

    WANTED = auto()
    DIALED = auto()
    QUEUED = auto()  # answered, and nobody is free
    CONNECTED = auto()
    GONE = auto()  # not reached, hung up, or hung up on
    FOUND = auto()  # still on the line after a server died


class ConsultPhase(_Name):
    """How far a consultation is."""

    PENDING = "Pending"  # the agent is busy
    DIALING = "Dialing"  # the external party is being called
    ACTIVE = "Active"
    CONFERENCE = "Conference"
    OVER = "Over"


class ConsultEvent(_Name):
    """What changes the phase of a consultation."""

    BEGUN = auto()
    CONFERRED = auto()
    ENDED = auto()


class CallbackPhase(_Name):
    """Where a callback is that its job has to deliver."""

    KEPT = "Kept"  # until it is due soon
    WAITING = "Waiting"  # for an agent who is free
    PROMISED = "Promised"  # to an agent, until it is due
    DELIVERED = "Delivered"  # its session goes on
    OVER = "Over"


class CallbackEvent(_Name):
    """What changes the phase of a callback."""

    NOTICED = auto()
    CLOSED = auto()  # the calling hours ended before anybody had it
    PROMISED = auto()
    TAKEN_BACK = auto()
    DELIVERED = auto()
    PUT_BACK = auto()
    FOUND = auto()  # its session outlived a server that died
    ENDED = auto()


CUSTOMER_TABLE: Table[Phase, CustomerEvent] = {
    Phase.OFF_LINE: {CustomerEvent.WANTED: Phase.CHECKING, CustomerEvent.FOUND: Phase.ON_LINE},
    Phase.CHECKING: {CustomerEvent.DIALED: Phase.RINGING, CustomerEvent.GONE: Phase.OFF_LINE},
    Phase.RINGING: {
        CustomerEvent.QUEUED: Phase.WAITING,
        CustomerEvent.CONNECTED: Phase.ON_LINE,
        CustomerEvent.GONE: Phase.OFF_LINE,
    },
    Phase.WAITING: {CustomerEvent.CONNECTED: Phase.ON_LINE, CustomerEvent.GONE: Phase.OFF_LINE},
    Phase.ON_LINE: {CustomerEvent.GONE: Phase.OFF_LINE},
}

CONSULT_TABLE: Table[ConsultPhase, ConsultEvent] = {
    ConsultPhase.PENDING: {
        ConsultEvent.BEGUN: ConsultPhase.ACTIVE,
        ConsultEvent.ENDED: ConsultPhase.OVER,
    },
    ConsultPhase.DIALING: {
        ConsultEvent.BEGUN: ConsultPhase.ACTIVE,
        ConsultEvent.ENDED: ConsultPhase.OVER,
    },
    ConsultPhase.ACTIVE: {
        ConsultEvent.CONFERRED: ConsultPhase.CONFERENCE,
        ConsultEvent.ENDED: ConsultPhase.OVER,
    },
    ConsultPhase.CONFERENCE: {ConsultEvent.ENDED: ConsultPhase.OVER},
    ConsultPhase.OVER: {},
}

CALLBACK_TABLE: Table[CallbackPhase, CallbackEvent] = {
    CallbackPhase.KEPT: {
        CallbackEvent.NOTICED: CallbackPhase.WAITING,
        CallbackEvent.FOUND: CallbackPhase.DELIVERED,
        CallbackEvent.ENDED: CallbackPhase.OVER,
    },
    CallbackPhase.WAITING: {
        CallbackEvent.PROMISED: CallbackPhase.PROMISED,
        CallbackEvent.CLOSED: CallbackPhase.KEPT,
        CallbackEvent.ENDED: CallbackPhase.OVER,
    },
    CallbackPhase.PROMISED: {
        CallbackEvent.TAKEN_BACK: CallbackPhase.KEPT,
        CallbackEvent.DELIVERED: CallbackPhase.DELIVERED,
        CallbackEvent.ENDED: CallbackPhase.OVER,
    },
    CallbackPhase.DELIVERED: {
        CallbackEvent.PUT_BACK: CallbackPhase.KEPT,
        CallbackEvent.ENDED: CallbackPhase.OVER,
    },
    CallbackPhase.OVER: {},
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
