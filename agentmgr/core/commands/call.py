"""What an agent does with the call of a contact, up to its completion code."""

from attrs import evolve

from agentmgr.core.agent import Agent
from agentmgr.core.asking import Continuation, Result
from agentmgr.core.commands.registry import Answer, give_order, on_agent_command
from agentmgr.core.effects import Hold, SendDigit, Unhold
from agentmgr.core.events import CommandReceived
from agentmgr.core.model import PhoneNumber
from agentmgr.core.numbers import is_premium, read_number
from agentmgr.core.parts import Parts
from agentmgr.core.session import Session
from agentmgr.core.states import OFFERED_STATES
from agentmgr.core.timezones import parse_timezone
from protocol.commands import (
    AGTExtendWrapup,
    AGTExtendWrapupRESP,
    AGTGetCompCodes,
    AGTGetCompCodesRESP,
    AGTHoldCall,
    AGTPreviewCancel,
    AGTPreviewCancelRESP,
    AGTPreviewDial,
    AGTRedial,
    AGTReleaseLine,
    AGTReleaseLineRESP,
    AGTSendDTMF,
    AGTUnholdCall,
    AGTWrapupContact,
)
from protocol.enums import CallState
from protocol.results import ResultCode
from protocol.structures import ContactNumber

DIGITS = frozenset("0123456789ABCD*#")
FREE_FORM = ContactNumber().name
"""What a number is called that the contact does not have."""


def _held(zone: Parts, agent: Agent) -> Result:
    zone.calls.hold(agent.engaged_session, agent)
    return ResultCode.SUCCESS


def _unheld(zone: Parts, agent: Agent) -> Result:
    zone.calls.unhold(agent.engaged_session, agent)
    return ResultCode.SUCCESS


def _sent(zone: Parts, agent: Agent) -> Result:
    return ResultCode.SUCCESS


HOLD = Continuation(_held, ResultCode.HOLD_FAILED, ResultCode.HOLD_DISCONNECTED)
UNHOLD = Continuation(_unheld, ResultCode.UNHOLD_FAILED, ResultCode.UNHOLD_DISCONNECTED)
DIGIT = Continuation(_sent, ResultCode.DTMF_FAILED, ResultCode.DTMF_NO_CALL)


@on_agent_command(
    AGTHoldCall,
    capability="hold",
    nailed=True,
    refused=ResultCode.HOLD_NO_CALL,
    refused_in={CallState.Wrapup: ResultCode.HOLD_DISCONNECTED},
)
def hold(zone: Parts, agent: Agent, command: AGTHoldCall, event: CommandReceived) -> Answer:
    """Put the customer on hold."""
    return give_order(zone, agent, event, Hold(agent.engaged_session.sid), HOLD)


@on_agent_command(
    AGTUnholdCall,
    capability="unhold",
    nailed=True,
    refused=ResultCode.UNHOLD_NO_CALL,
    refused_in={CallState.Wrapup: ResultCode.UNHOLD_DISCONNECTED},
)
def unhold(zone: Parts, agent: Agent, command: AGTUnholdCall, event: CommandReceived) -> Answer:
    """Take the customer off hold."""
    return give_order(zone, agent, event, Unhold(agent.engaged_session.sid), UNHOLD)


@on_agent_command(AGTReleaseLine, capability="release", nailed=True, refused=ResultCode.RELEASE_FAILED)
def release(zone: Parts, agent: Agent, command: AGTReleaseLine, event: CommandReceived) -> Answer:
    """Hang up on the customer."""
    session = agent.engaged_session
    zone.calls.release(session, agent)
    return AGTReleaseLineRESP(
        ResultCode.SUCCESS, session_id=session.sid, wrapup_details=session.wrapup_details()
    )


@on_agent_command(AGTSendDTMF, capability="send_dtmf", nailed=True, refused=ResultCode.DTMF_NO_CALL)
def send_dtmf(zone: Parts, agent: Agent, command: AGTSendDTMF, event: CommandReceived) -> Answer:
    """Send one digit into the call."""
    if command.dtmf not in DIGITS:
        return ResultCode.DTMF_INVALID
    session = agent.engaged_session
    consultation = session.consultation
    outside = consultation is not None and consultation.is_established and consultation.agent is None
    # with an external party on the line the digit is for its menu, not for the customer
    call_id = consultation.party_id if consultation is not None and outside else session.sid
    return give_order(zone, agent, event, SendDigit(call_id, command.dtmf), DIGIT)


@on_agent_command(
    AGTGetCompCodes, contact=True, states=frozenset({CallState.Talking, CallState.Held, CallState.Wrapup})
)
def get_comp_codes(zone: Parts, agent: Agent, command: AGTGetCompCodes, event: CommandReceived) -> Answer:
    """List the campaign's completion codes."""
    session = agent.engaged_session
    codes = session.job.lists.completion_codes
    return AGTGetCompCodesRESP(ResultCode.SUCCESS, session_id=session.sid, completion_codes_list=codes)


@on_agent_command(AGTWrapupContact, capability="disposition", refused=ResultCode.WRAPUP_NO_CONTACT)
def wrapup_contact(zone: Parts, agent: Agent, command: AGTWrapupContact, event: CommandReceived) -> Answer:
    """End the contact with a completion code."""
    session = agent.engaged_session
    code_id = command.completion_code.code_id
    if code_id not in session.job.codes:
        return ResultCode.WRAPUP_BAD_CODE
    zone.calls.dispose(session, agent, code_id, "agent")
    return ResultCode.SUCCESS


@on_agent_command(
    AGTExtendWrapup,
    contact=True,
    states=frozenset({CallState.Wrapup}),
    refused=ResultCode.EXTEND_STATE,
    no_contact=ResultCode.CONTACT_NOT_FOUND,
)
def extend_wrapup(zone: Parts, agent: Agent, command: AGTExtendWrapup, event: CommandReceived) -> Answer:
    """Grant more time to wrap up, as often as the campaign allows."""
    session = agent.engaged_session
    if not session.is_extendable:
        return ResultCode.WRONG_STATE
    zone.calls.extend(session)
    return AGTExtendWrapupRESP(
        ResultCode.SUCCESS, session_id=session.sid, wrapup_details=session.wrapup_details()
    )


@on_agent_command(
    AGTRedial,
    capability="originate",
    states=frozenset({CallState.Wrapup}),
    nailed=True,
    refused=ResultCode.REDIAL_STATE,
)
def redial(zone: Parts, agent: Agent, command: AGTRedial, event: CommandReceived) -> Answer:
    """Dial the customer again from wrapup."""
    return _dial(zone, agent, command.contact_number)


@on_agent_command(
    AGTPreviewDial,
    capability="originate",
    states=OFFERED_STATES,
    nailed=True,
    refused=ResultCode.PREVIEW_DIAL_STATE,
)
def preview_dial(zone: Parts, agent: Agent, command: AGTPreviewDial, event: CommandReceived) -> Answer:
    """Accept the preview or callback."""
    return _dial(zone, agent, command.contact_number)


@on_agent_command(
    AGTPreviewCancel,
    contact=True,
    states=OFFERED_STATES,
    refused=ResultCode.PREVIEW_CANCEL_STATE,
)
def preview_cancel(zone: Parts, agent: Agent, command: AGTPreviewCancel, event: CommandReceived) -> Answer:
    """Decline the preview or callback."""
    session = agent.engaged_session
    session.declined = True
    zone.calls.decline(session, agent)
    return AGTPreviewCancelRESP(
        ResultCode.SUCCESS, session_id=session.sid, wrapup_details=session.wrapup_details()
    )


def _dial(zone: Parts, agent: Agent, wanted: ContactNumber) -> ResultCode:
    session = agent.engaged_session
    number = choose_number(session, wanted)
    if number is None:
        return ResultCode.DIAL_BAD_NUMBER
    zone.calls.dial(session, agent, number)
    return ResultCode.SUCCESS


def choose_number(session: Session, wanted: ContactNumber) -> PhoneNumber | None:
    """Return the number to dial: one that the contact has, or another where the campaign allows it.

    None if it is no number, one that costs a premium which the campaign does not pay, or has a time zone
    that does not exist.
    """
    campaign = session.job.campaign
    number = _own_number(session, wanted) or _free_form_number(session, wanted)
    if number is None or (not campaign.allow_premium and is_premium(number.number)):
        return None
    # desktops send back what they were told, and a number may be in several zones
    if wanted.timezone in ("", number.timezone):
        return number
    try:
        return evolve(number, timezone=parse_timezone(wanted.timezone))
    except ValueError:
        return None


def _own_number(session: Session, wanted: ContactNumber) -> PhoneNumber | None:
    own = session.contact.numbers
    if not wanted.number:
        return next((number for number in own if number.name == wanted.name), None)
    typed = read_e164(session, wanted.number) or wanted.number
    return next((number for number in (session.number, *own) if number.number == typed), None)


def _free_form_number(session: Session, wanted: ContactNumber) -> PhoneNumber | None:
    if not session.job.campaign.allow_free_form:
        return None
    try:
        typed = read_number(wanted.number, session.country)
    except ValueError:
        return None
    return PhoneNumber(FREE_FORM, typed.e164, typed.timezone, typed.wireless)


def read_e164(session: Session, text: str) -> str | None:
    """Return what a number is that was typed with a contact on the desktop; None if it is none."""
    try:
        return read_number(text, session.country).e164
    except ValueError:
        return None
