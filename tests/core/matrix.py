"""The capability matrix of the contract, written out once more as text, and read without the core."""

from protocol.enums import AgentState, CallState
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

TEXT = """
row                                     rdy nrd hld unh rel trf cnf lcs ecf lcf own dtm cbk dsp org upd rec
FREE NotReady                            T   T   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
FREE Ready                               .   T   .   .   .   .   .   .   .   .   .   .   .   .   .   .   .
OFFERED Ready                            .   T   .   .   .   .   .   .   .   .   .   .   T   .   T   T   .
DIALING Ready                            .   T   .   .   .   .   .   .   .   .   .   .   .   .   .   T   .
TALKING Ready                            .   T   T   .   T   T   T   .   .   .   .   T   T   .   .   T   .
CONSULT_ASKED Ready                      .   T   .   .   .   .   .   .   .   .   .   T   .   .   .   T   .
CONSULT_CANCELLABLE Ready                .   T   .   .   .   .   .   T   .   .   .   T   .   .   .   T   .
HELD Ready                               .   T   .   T   .   .   .   .   .   .   .   .   .   .   .   T   .
CONSULT_WITH_AGENT Ready                 .   T   .   .   .   T   T   T   .   .   .   T   .   .   .   T   .
CONSULT_WITH_EXTERNAL Ready              .   T   .   .   .   .   T   T   .   .   .   T   .   .   .   T   .
CONSULT_PASSIVE Ready                    .   T   .   .   .   .   .   T   .   .   .   .   .   .   .   .   .
CONFERENCE_WITH_AGENT Ready              .   T   .   .   .   .   .   .   T   .   T   T   .   .   .   T   .
CONFERENCE_WITH_EXTERNAL Ready           .   T   .   .   .   .   .   .   T   .   .   T   .   .   .   T   .
CONFERENCE_PASSIVE Ready                 .   T   .   .   .   .   .   .   .   T   .   .   .   .   .   .   .
WRAPUP Ready                             .   T   .   .   .   .   .   .   .   .   .   .   T   T   T   T   .
WRAPUP_NAILING_LOST Ready                .   T   .   .   .   .   .   .   .   .   .   .   T   T   .   T   .
"""

SIMPLE_ROWS = {
    CallState.NoState: "FREE",
    CallState.Idle: "FREE",
    CallState.Preview: "OFFERED",
    CallState.Callback: "OFFERED",
    CallState.Dialing: "DIALING",
    CallState.Talking: "TALKING",
    CallState.Held: "HELD",
}


def _read() -> dict[tuple[str, AgentState], frozenset[str]]:
    header, *lines = TEXT.strip().splitlines()
    columns = header.split()[1:]
    matrix = {}
    for line in lines:
        row, state, *cells = line.split()
        assert len(cells) == len(columns)
        assert set(cells) <= {"T", "."}
        true = frozenset(short for short, cell in zip(columns, cells, strict=True) if cell == "T")
        matrix[row, AgentState[state]] = true
        if row != "FREE":
            matrix[row, AgentState.PendingNotReady] = true - {"nrd"} | {"rdy"}
    return matrix


MATRIX = _read()
"""The columns that are true by row and agent state; only pairs that the contract has."""


def vector(row: str, state: AgentState) -> Capabilities:
    """Return the capabilities of a row as the contract has them."""
    return Capabilities(**{COLUMNS[short]: True for short in MATRIX[row, state]})


def shorts(capabilities: Capabilities) -> str:
    """Return the columns that are true, in the contract's order."""
    return " ".join(short for short, name in COLUMNS.items() if getattr(capabilities, name))
