"""The capability matrix as the contract has it: written down a second time on purpose.

A suite that took the server's own table would find every mistake in it in order.
"""

from enum import Enum

import attrs

from protocol.enums import AgentState, CallState
from protocol.registry import wire_name
from protocol.structures import Capabilities

_NAMES = {
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
}


class Row(Enum):
    """A situation of the matrix; the value is what is true in it beside ready and notReady."""

    FREE = "no contact", ""
    OFFERED = "Preview or Callback", "cbk org upd"
    DIALING = "Dialing", "upd"
    TALKING = "Talking", "hld rel trf cnf dtm cbk upd"
    ASKED = "Talking, own consult pending or dialing", "dtm upd"
    CANCELLABLE = "Talking, own consult that can be cancelled", "lcs dtm upd"
    HELD = "Held", "unh upd"
    CONSULT_AGENT = "Consult, active, with an agent", "trf cnf lcs dtm upd"
    CONSULT_EXTERNAL = "Consult, active, with an external party", "cnf lcs dtm upd"
    CONSULT_PASSIVE = "Consult, passive", "lcs"
    OWNER_AGENT = "ConferenceOwner, with an agent", "ecf own dtm upd"
    OWNER_EXTERNAL = "ConferenceOwner, with an external party", "ecf dtm upd"
    PASSIVE = "ConferencePassive", "lcf"
    WRAPUP = "Wrapup", "cbk dsp org upd"
    WRAPUP_UNNAILED = "Wrapup, nailing lost", "cbk dsp upd"


ROWS: dict[CallState, tuple[Row, ...]] = {
    CallState.NoState: (Row.FREE,),
    CallState.Idle: (Row.FREE,),
    CallState.Preview: (Row.OFFERED,),
    CallState.Callback: (Row.OFFERED,),
    CallState.Dialing: (Row.DIALING,),
    CallState.Talking: (Row.TALKING, Row.ASKED, Row.CANCELLABLE),
    CallState.Held: (Row.HELD,),
    CallState.Consult: (Row.CONSULT_AGENT, Row.CONSULT_EXTERNAL, Row.CONSULT_PASSIVE),
    CallState.ConferenceOwner: (Row.OWNER_AGENT, Row.OWNER_EXTERNAL),
    CallState.ConferencePassive: (Row.PASSIVE,),
    CallState.Wrapup: (Row.WRAPUP, Row.WRAPUP_UNNAILED),
}
"""The rows that a call state may stand for; the first is the usual one."""


def vector(row: Row, state: AgentState) -> Capabilities:
    """Return what the matrix says for a row and an agent state."""
    true = {_NAMES[short] for short in row.value[1].split()}
    if state is AgentState.PendingNotReady or (row is Row.FREE and state is AgentState.NotReady):
        true.add("ready")
    if state is not AgentState.PendingNotReady:
        true.add("not_ready")
    return Capabilities(**dict.fromkeys(true, True))


def in_words(capabilities: Capabilities) -> str:
    """Name what is true as the wire spells it, in the order of the structure."""
    true = [wire_name(a) for a in attrs.fields(Capabilities) if getattr(capabilities, a.name)]
    return ", ".join(true) or "nothing"
