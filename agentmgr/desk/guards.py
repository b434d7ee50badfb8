"""What a desktop lets its agent do now, by the states and capabilities received last."""

from typing import Protocol, assert_never

from agentmgr.desk.casework import Casework
from agentmgr.desk.wishes import Wish
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.structures import Capabilities

FREE = frozenset({CallState.NoState, CallState.Idle})
OFFERED = frozenset({CallState.Preview, CallState.Callback})
ON_LINE = frozenset({CallState.Talking, CallState.Held})


class Desk(Protocol):
    """What a desktop knows."""

    agent_state: AgentState
    call_state: CallState
    nailup_status: NailupStatus
    capabilities: Capabilities
    logged_on: bool
    stopping: bool
    case: Casework | None


def may(wish: Wish, desk: Desk) -> bool:
    """Tell whether the desktop would let its agent do that now."""
    can, case = desk.capabilities, desk.case
    match wish:
        case Wish.LOG_ON:
            return not desk.logged_on
        case Wish.TELL_STATUS:
            return True
        case Wish.BE_AVAILABLE:
            return desk.logged_on
        case Wish.BE_READY:
            return can.ready and desk.agent_state is AgentState.NotReady and not desk.stopping
        case Wish.BE_NOT_READY:
            return can.not_ready and desk.agent_state is AgentState.Ready
        case Wish.LOG_OFF:
            return desk.logged_on and desk.call_state in FREE and desk.agent_state is AgentState.NotReady
        case Wish.TAKE_NAILING:
            return desk.nailup_status is NailupStatus.PendingNailUp
        case Wish.NAIL_UP:
            return desk.logged_on and desk.nailup_status is not NailupStatus.NailedUp
    if case is None or desk.call_state in FREE:
        return False
    state = desk.call_state
    in_wrapup = state is CallState.Wrapup
    can_consult = state is CallState.Talking and can.transfer
    match wish:
        case Wish.SEE_DETAILS:
            return True
        case Wish.DIAL:
            return can.originate and state in OFFERED
        case Wish.CANCEL:
            return case.contact.can_cancel and state in OFFERED
        case Wish.HOLD:
            return can.hold
        case Wish.UNHOLD:
            return can.unhold
        case Wish.RELEASE:
            return can.release
        case Wish.SET_DETAIL:
            return can.update_record and case.to_confirm() is not None
        case Wish.ADD_NOTE:
            return in_wrapup or case.passive
        case Wish.SEE_CODES | Wish.EXTEND:
            return in_wrapup
        case Wish.REDIAL:
            return in_wrapup and can.originate
        case Wish.WRAP_UP:
            return can.disposition and (case.wrapup is not None or bool(case.codes))
        case Wish.SEE_CONSULT_TYPES | Wish.SEE_CONSULT_DESTS:
            return can_consult
        case Wish.CONSULT:
            return can_consult and case.destination is not None
        case Wish.LEAVE_CONSULT:
            return can.leave_consult
        case Wish.TRANSFER:
            return can.transfer and state is CallState.Consult
        case Wish.CONFER:
            return can.conference and state is CallState.Consult
        case Wish.END_CONFERENCE:
            return can.end_conference
        case Wish.LEAVE_CONFERENCE:
            return can.leave_conference
        case Wish.CHANGE_OWNER:
            return can.change_ownership
        case Wish.SEE_CALLBACK_TYPES:
            return can.create_callback
        case Wish.SEE_CALLBACK_DESTS | Wish.CREATE_CALLBACK:
            return can.create_callback and case.callback is not None
        case _:
            assert_never(wish)
