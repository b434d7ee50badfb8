"""What an agent may do, as the contract has it: written down a second time on purpose.

A suite that took the server's own tables would find every mistake in them in order. `Row` is the capability
matrix, `GATES` says which commands a capability stands for and where the others are accepted.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

import attrs
from attrs import frozen

from protocol import commands as c
from protocol.enums import AgentState, CallbackType, CallState, DestinationType, NailupStatus
from protocol.registry import wire_name
from protocol.structures import (
    AgentSkill,
    AgentStatus,
    Attribute,
    CallbackDest,
    Capabilities,
    CompletionCode,
    ContactNumber,
    Destination,
    KeyValuePair,
)

COLUMNS = {
    "rdy": "ready",
    "nrd": "not_ready",
    "hld": "hold",
    "unh": "unhold",
    "rel": "release",
    "trf": "transfer",
    "cnf": "conference",
    "lcs": "leave_consult",
    "ecf": "end_conference",
    "lcf": "leave_conference",
    "own": "change_ownership",
    "dtm": "send_dtmf",
    "cbk": "create_callback",
    "dsp": "disposition",
    "org": "originate",
    "upd": "update_record",
    "rec": "record",
}
"""What the suite knows of; a capability that is not named here is none of its business."""


class Row(Enum):
    """A situation of the matrix; the value is what is true in it beside ready and notReady."""

    FREE = "no contact", ""
    OFFERED = "Preview or Callback", "cbk org upd"
    DIALING = "Dialing", "upd"
    TALKING = "Talking", "hld rel trf cnf dtm cbk upd"
    CONSULT_ASKED = "Talking, own consult pending or dialing", "dtm upd"
    CONSULT_CANCELLABLE = "Talking, own consult that can be cancelled", "lcs dtm upd"
    HELD = "Held", "unh upd"
    CONSULT_WITH_AGENT = "Consult, active, with an agent", "trf cnf lcs dtm upd"
    CONSULT_WITH_EXTERNAL = "Consult, active, with an external party", "cnf lcs dtm upd"
    CONSULT_PASSIVE = "Consult, passive", "lcs"
    CONFERENCE_WITH_AGENT = "ConferenceOwner, with an agent", "ecf own dtm upd"
    CONFERENCE_WITH_EXTERNAL = "ConferenceOwner, with an external party", "ecf dtm upd"
    CONFERENCE_PASSIVE = "ConferencePassive", "lcf"
    WRAPUP = "Wrapup", "cbk dsp org upd"
    WRAPUP_NAILING_LOST = "Wrapup, nailing lost", "cbk dsp upd"


ROWS: dict[CallState, tuple[Row, ...]] = {
    CallState.NoState: (Row.FREE,),
    CallState.Idle: (Row.FREE,),
    CallState.Preview: (Row.OFFERED,),
    CallState.Callback: (Row.OFFERED,),
    CallState.Dialing: (Row.DIALING,),
    CallState.Talking: (Row.TALKING, Row.CONSULT_ASKED, Row.CONSULT_CANCELLABLE),
    CallState.Held: (Row.HELD,),
    CallState.Consult: (Row.CONSULT_WITH_AGENT, Row.CONSULT_WITH_EXTERNAL, Row.CONSULT_PASSIVE),
    CallState.ConferenceOwner: (Row.CONFERENCE_WITH_AGENT, Row.CONFERENCE_WITH_EXTERNAL),
    CallState.ConferencePassive: (Row.CONFERENCE_PASSIVE,),
    CallState.Wrapup: (Row.WRAPUP, Row.WRAPUP_NAILING_LOST),
}
"""The rows that a call state may stand for; the first is the usual one."""


def vector(row: Row, state: AgentState) -> Capabilities:
    """Return what the matrix says for a row and an agent state."""
    true = {COLUMNS[short] for short in row.value[1].split()}
    if state is AgentState.PendingNotReady or (row is Row.FREE and state is AgentState.NotReady):
        true.add("ready")
    if state is not AgentState.PendingNotReady:
        true.add("not_ready")
    return Capabilities(**dict.fromkeys(true, True))


def known(capabilities: Capabilities) -> Capabilities:
    """Return capabilities with all that are not in `COLUMNS` false."""
    return Capabilities(**{name: getattr(capabilities, name) for name in COLUMNS.values()})


def in_words(capabilities: Capabilities) -> str:
    """Name what is true as the wire spells it, in the order of the structure."""
    true = [wire_name(a) for a in attrs.fields(Capabilities) if getattr(capabilities, a.name)]
    return ", ".join(true) or "nothing"


# -- commands --------------------------------------------------------------------------------------


@frozen
class Given:
    """What right arguments are made of in a place where commands are tried.

    Attributes:
        session_id: of the contact.
        agent_id: a colleague who can be consulted and called back.
        number: one that the contact can be dialled at.
        outside: a number that is nobody's here.
        attribute: of a contact, text, may be written.
        code_id: of a completion code.
    """

    session_id: str
    agent_id: str
    number: ContactNumber
    outside: str
    attribute: str
    code_id: int


Arguments = Callable[[Given], Iterable[Any]]


def _of_session(given: Given) -> tuple[str]:
    return (given.session_id,)


def _callback(given: Given) -> tuple[Any, ...]:
    kind = CallbackType.Standard
    return kind, "2999/01/01 10:00", 1, given.number, given.session_id, CallbackDest(kind)


def _consult(kind: DestinationType, address: Callable[[Given], str]) -> Arguments:
    return lambda given: (Destination(kind, address(given)), given.session_id)


_ANY_CALL = frozenset(CallState)
_CONTACT = _ANY_CALL - {CallState.NoState, CallState.Idle}
_PREVIEWED = frozenset({CallState.Preview, CallState.Callback})
_TALKING = frozenset({CallState.Talking})
_CONSULT = frozenset({CallState.Consult})
_WRAPUP = frozenset({CallState.Wrapup})
_ANY_NAILING = frozenset(NailupStatus)
_NAILED = frozenset({NailupStatus.NailedUp})


@frozen
class Gate:
    """Where a command with right arguments is accepted: in these states, with this capability."""

    cls: type[Any]
    capability: str | None
    in_call: frozenset[CallState]
    arguments: Arguments = _of_session
    in_nailing: frozenset[NailupStatus] = _ANY_NAILING
    in_agent: frozenset[AgentState] = frozenset(AgentState)

    def opens(self, status: AgentStatus, capabilities: Capabilities) -> bool:
        """Whether an agent in these states, with these capabilities, may send it."""
        return (
            status.call_state in self.in_call
            and status.nailup_status in self.in_nailing
            and status.agent_state in self.in_agent
            and (self.capability is None or getattr(capabilities, self.capability))
        )

    def command(self, given: Given) -> Any:
        """Return the command with right arguments."""
        return self.cls(*self.arguments(given))

    def __str__(self) -> str:
        return f"{self.cls.__name__}-{self.capability or 'always'}"


GATES = (
    # -- a capability stands for them
    Gate(c.AGTStateChange, "ready", _ANY_CALL, lambda _: (AgentState.Ready,)),
    Gate(c.AGTStateChange, "not_ready", _ANY_CALL, lambda _: (AgentState.NotReady, "77", "Another reason")),
    Gate(c.AGTHoldCall, "hold", _CONTACT),
    Gate(c.AGTUnholdCall, "unhold", _CONTACT),
    Gate(c.AGTReleaseLine, "release", _CONTACT),
    Gate(c.AGTConsultCall, "transfer", _TALKING, _consult(DestinationType.Agent, lambda g: g.agent_id)),
    Gate(c.AGTConsultCall, "conference", _TALKING, _consult(DestinationType.External, lambda g: g.outside)),
    Gate(c.AGTCompleteTransfer, "transfer", _CONSULT),
    Gate(c.AGTStartConf, "conference", _CONSULT),
    Gate(c.AGTCancelConsult, "leave_consult", _CONTACT),
    Gate(c.AGTEndConf, "end_conference", _CONTACT),
    Gate(c.AGTEndConf, "leave_conference", _CONTACT),
    Gate(c.AGTConfChangeOwnership, "change_ownership", _CONTACT),
    Gate(c.AGTSendDTMF, "send_dtmf", _CONTACT, lambda g: ("5", g.session_id)),
    Gate(c.AGTGetCallbackTypes, "create_callback", _CONTACT),
    Gate(
        c.AGTGetCallbackDestsForType,
        "create_callback",
        _CONTACT,
        lambda g: (CallbackType.Standard, g.session_id),
    ),
    Gate(c.AGTCreateCallback, "create_callback", _CONTACT, _callback),
    Gate(c.AGTWrapupContact, "disposition", _CONTACT, lambda g: (CompletionCode(g.code_id), g.session_id)),
    Gate(c.AGTPreviewDial, "originate", _PREVIEWED, lambda g: (g.number, g.session_id)),
    Gate(c.AGTRedial, "originate", _WRAPUP, lambda g: (g.number,)),
    Gate(
        c.AGTSetCustomerDetail,
        "update_record",
        _CONTACT,
        lambda g: (KeyValuePair(g.attribute, "x"), g.session_id),
    ),
    # -- the states alone decide
    Gate(
        c.AGTLogoff,
        None,
        _ANY_CALL - _CONTACT,
        lambda _: (),
        in_agent=frozenset({AgentState.NotReady}),
    ),
    Gate(c.AGTPendingLogout, None, _ANY_CALL, lambda _: ()),
    Gate(c.AGTAvailableForNailup, None, _ANY_CALL, lambda _: ()),
    Gate(
        c.AGTReadyForNailup,
        None,
        _ANY_CALL,
        lambda _: (),
        in_nailing=frozenset({NailupStatus.PendingNailUp}),
    ),
    Gate(c.AGTLostNailing, None, _ANY_CALL, lambda _: (), in_nailing=_NAILED),
    Gate(c.AGTPreviewCancel, None, _PREVIEWED),
    Gate(c.AGTGetCompCodes, None, frozenset({CallState.Talking, CallState.Held, CallState.Wrapup})),
    Gate(c.AGTExtendWrapup, None, _WRAPUP),
    Gate(c.AGTGetConsultTypes, None, _TALKING),
    Gate(c.AGTGetCustomerDetails, None, _CONTACT),
    Gate(c.AGTGetContactAttributes, None, _CONTACT, lambda _: ()),
    Gate(c.AGTAddAgentNote, None, _CONTACT, lambda _: ("Rang twice.",)),
    Gate(c.AGTRefreshAgentNotes, None, _CONTACT),
    Gate(c.AGTAddToDNC, None, _CONTACT, lambda _: ((Attribute("PhoneNumber1"),),)),
    Gate(c.AGTIsInDNC, None, _ANY_CALL, lambda g: (g.outside,)),
    Gate(c.AGTGetTimezones, None, _ANY_CALL, lambda _: ()),
    Gate(c.AGTBlendToInbound, None, _ANY_CALL, lambda _: ()),
    Gate(c.AGTSkillsChanged, None, _ANY_CALL, lambda _: ((AgentSkill("another"),),)),
    Gate(c.AGTSaveAgentForHA, None, _ANY_CALL, lambda _: ()),
    Gate(c.AGTAgentDisconnected, None, _ANY_CALL, lambda _: ()),
)
"""Where every command is accepted of which the states of its agent alone decide."""
