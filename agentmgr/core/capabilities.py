"""The capability matrix (agent API, section 6), and which row of it an agent stands in."""

from enum import Enum, auto

import attrs

from protocol.enums import AgentState
from protocol.structures import Capabilities

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


class Row(Enum):
    """The situations that the matrix tells apart."""

    __hash__ = object.__hash__  # enum's own is a Python function

    FREE = auto()
    OFFERED = auto()
    DIALING = auto()
    TALKING = auto()
    CONSULT_ASKED = auto()
    CONSULT_CANCELLABLE = auto()
    HELD = auto()
    CONSULT_WITH_AGENT = auto()
    CONSULT_WITH_EXTERNAL = auto()
    CONSULT_PASSIVE = auto()
    CONFERENCE_WITH_AGENT = auto()
    CONFERENCE_WITH_EXTERNAL = auto()
    CONFERENCE_PASSIVE = auto()
    WRAPUP = auto()
    WRAPUP_NAILING_LOST = auto()


TRUE_IN = {
    Row.FREE: "",
    Row.OFFERED: "cbk org upd",  # Preview, Callback
    Row.DIALING: "upd",
    Row.TALKING: "hld rel trf cnf dtm cbk upd",
    Row.CONSULT_ASKED: "dtm upd",  # Talking, own consult pending or dialing
    Row.CONSULT_CANCELLABLE: "lcs dtm upd",  # the same, after AGTEnableCancelConsult
    Row.HELD: "unh upd",
    Row.CONSULT_WITH_AGENT: "trf cnf lcs dtm upd",
    Row.CONSULT_WITH_EXTERNAL: "cnf lcs dtm upd",
    Row.CONSULT_PASSIVE: "lcs",
    Row.CONFERENCE_WITH_AGENT: "ecf own dtm upd",
    Row.CONFERENCE_WITH_EXTERNAL: "ecf dtm upd",
    Row.CONFERENCE_PASSIVE: "lcf",
    Row.WRAPUP: "cbk dsp org upd",
    Row.WRAPUP_NAILING_LOST: "cbk dsp upd",
}
"""Which capabilities a row makes true. `rdy` and `nrd` follow from row and agent state, see `_vector`."""


def _vector(row: Row, state: AgentState) -> Capabilities:
    true = {COLUMNS[short] for short in TRUE_IN[row].split()}
    if state is AgentState.PendingNotReady or (row is Row.FREE and state is AgentState.NotReady):
        true.add("ready")
    if state is not AgentState.PendingNotReady:
        true.add("not_ready")
    return Capabilities(**dict.fromkeys(true, True))


_MATRIX = {state: {row: _vector(row, state) for row in Row} for state in AgentState}
VECTORS = frozenset(vector for rows in _MATRIX.values() for vector in rows.values())
"""All that ever are; equal ones of different rows count as one."""


def capabilities(row: Row, state: AgentState) -> Capabilities:
    """Return the vector of a row; the same object each time, so that identity tells a change."""
    return _MATRIX[state][row]


assert set(COLUMNS.values()) == {field.name for field in attrs.fields(Capabilities)}
