"""The customer behind a contact: attributes, notes, the do-not-call list."""

import re
from datetime import date

from attrs import evolve

from agentmgr.core.agent import Agent
from agentmgr.core.commands.registry import Answer, on_agent_command
from agentmgr.core.effects import AddToDnc, SaveNote, SetAttribute
from agentmgr.core.events import CommandReceived
from agentmgr.core.model import AttributeSpec
from agentmgr.core.parts import Parts
from protocol.commands import (
    AGTAddAgentNote,
    AGTAddToDNC,
    AGTAddToDNCRESP,
    AGTGetContactAttributes,
    AGTGetContactAttributesRESP,
    AGTGetCustomerDetails,
    AGTGetCustomerDetailsRESP,
    AGTIsInDNC,
    AGTIsInDNCRESP,
    AGTRefreshAgentNotes,
    AGTRefreshAgentNotesRESP,
    AGTSetCustomerDetail,
)
from protocol.enums import AttributeType
from protocol.notifications import AGTCustomerDetailsChanged
from protocol.results import ResultCode
from protocol.sizes import whole_entries
from protocol.structures import Attribute, CustomerDetails

MAX_NOTE_BYTES = 8000
"""So that a note always fits the RESP that reads it."""
MAX_VALUE_CHARACTERS = 1000
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SEPARATORS = re.compile(r"[\s().\-/]")


@on_agent_command(AGTGetCustomerDetails, contact=True, no_contact=ResultCode.CONTACT_NOT_FOUND)
def get_customer_details(
    zone: Parts, agent: Agent, command: AGTGetCustomerDetails, event: CommandReceived
) -> Answer:
    """Read all attributes of the customer."""
    session = agent.engaged_session
    attributes = whole_entries(
        Attribute(spec.name, session.contact.attributes.get(spec.name, ""), spec.attribute_type)
        for spec in session.job.campaign.attributes
    )
    return AGTGetCustomerDetailsRESP(
        ResultCode.SUCCESS, session_id=session.sid, customer_details=CustomerDetails(attributes)
    )


@on_agent_command(AGTGetContactAttributes, contact=True, no_contact=ResultCode.CONTACT_NOT_FOUND)
def get_contact_attributes(
    zone: Parts, agent: Agent, command: AGTGetContactAttributes, event: CommandReceived
) -> Answer:
    """List the attributes without their values."""
    session = agent.engaged_session
    attributes = whole_entries(
        Attribute(spec.name, attribute_type=spec.attribute_type) for spec in session.job.campaign.attributes
    )
    return AGTGetContactAttributesRESP(ResultCode.SUCCESS, session_id=session.sid, attributes=attributes)


@on_agent_command(AGTSetCustomerDetail, capability="update_record", no_contact=ResultCode.CONTACT_NOT_FOUND)
def set_customer_detail(
    zone: Parts, agent: Agent, command: AGTSetCustomerDetail, event: CommandReceived
) -> Answer:
    """Change one attribute of the customer."""
    session = agent.engaged_session
    key, value = command.key_value_pair.key, command.key_value_pair.value
    spec = session.job.attributes.get(key)
    if spec is None:
        return ResultCode.ATTRIBUTE_INVALID
    if spec.attribute_type is AttributeType.READ_ONLY:
        return ResultCode.ATTRIBUTE_READ_ONLY
    if not fits(spec, value):
        return ResultCode.ATTRIBUTE_INVALID
    contact = session.contact
    numbers = tuple(
        evolve(number, number=value) if number.name == key else number for number in contact.numbers
    )
    session.contact = evolve(contact, attributes={**contact.attributes, key: value}, numbers=numbers)
    zone.out.emit(SetAttribute(contact.contact_id, key, value))
    consultation = session.consultation
    if consultation is not None and consultation.agent is not None and consultation.is_established:
        changed = Attribute(key, value, spec.attribute_type)
        zone.out.tell(consultation.agent, AGTCustomerDetailsChanged(changed, session.sid))
    return ResultCode.SUCCESS


def fits(spec: AttributeSpec, value: str) -> bool:
    """Tell whether an attribute takes a value; the empty value clears any but a telephone number."""
    if len(value) > MAX_VALUE_CHARACTERS or not value.isprintable():
        return False
    if not value:
        return spec.data_type != "phone"
    match spec.data_type:
        case "integer":
            return re.fullmatch(r"[+-]?[0-9]{1,18}", value) is not None
        case "float":
            return re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", value) is not None
        case "boolean":
            return value.casefold() in ("true", "false")
        case "date":
            return _is_date(value)
        case "phone":
            return PHONE.fullmatch(value) is not None
        case _:
            return True


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@on_agent_command(AGTAddAgentNote, contact=True, no_contact=ResultCode.NOTE_NO_CONTACT)
def add_agent_note(zone: Parts, agent: Agent, command: AGTAddAgentNote, event: CommandReceived) -> Answer:
    """Store a note with the contact."""
    session = agent.engaged_session
    text = "".join(c for c in command.agent_note if c.isprintable() or c == "\n").strip()
    if not text or len(text.encode()) > MAX_NOTE_BYTES:
        return ResultCode.NOTE_INVALID
    contact = session.contact
    session.contact = evolve(contact, notes=(*contact.notes, text))
    zone.out.emit(
        SaveNote(session.job.job_id, contact.contact_id, session.sid, agent.agent_id, text, zone.out.now)
    )
    return ResultCode.SUCCESS


@on_agent_command(AGTRefreshAgentNotes, contact=True)
def refresh_agent_notes(
    zone: Parts, agent: Agent, command: AGTRefreshAgentNotes, event: CommandReceived
) -> Answer:
    """Read the notes of the contact, the oldest first; what does not fit is cut from the oldest."""
    session = agent.engaged_session
    newest_first = whole_entries(reversed(session.contact.notes))
    return AGTRefreshAgentNotesRESP(
        ResultCode.SUCCESS, session_id=session.sid, agent_notes=tuple(reversed(newest_first))
    )


@on_agent_command(AGTAddToDNC, contact=True)
def add_to_dnc(zone: Parts, agent: Agent, command: AGTAddToDNC, event: CommandReceived) -> Answer:
    """Put addresses on the do-not-call list; an entry without value means the contact's own attribute."""
    session = agent.engaged_session
    addresses = []
    for entry in command.address_list:
        if entry.key not in session.job.attributes:
            return ResultCode.DNC_INVALID
        address = normal_address(entry.value or session.contact.attributes.get(entry.key, ""))
        if address is None:
            return ResultCode.DNC_BAD_ADDRESS
        addresses.append(address)
    if not addresses:
        return ResultCode.DNC_INVALID

    def looked_up(present: frozenset[str]) -> None:
        missing = [address for address in dict.fromkeys(addresses) if address not in present]
        for address in missing:
            zone.out.emit(AddToDnc(address, agent.agent_id, zone.out.now))
        result = ResultCode.SUCCESS if missing else ResultCode.DNC_PRESENT
        session_id = session.sid if missing else None
        zone.out.respond(event, AGTAddToDNCRESP(result, session_id=session_id))

    zone.ask_dnc(tuple(addresses), looked_up, event)
    return None


@on_agent_command(AGTIsInDNC)
def is_in_dnc(zone: Parts, agent: Agent, command: AGTIsInDNC, event: CommandReceived) -> Answer:
    """Tell whether an address is on the do-not-call list."""
    address = normal_address(command.address_value)
    if address is None:
        return ResultCode.DNC_BAD_ADDRESS

    def looked_up(present: frozenset[str]) -> None:
        zone.out.respond(event, AGTIsInDNCRESP(ResultCode.SUCCESS, present=bool(present)))

    zone.ask_dnc((address,), looked_up, event)
    return None


def normal_address(text: str) -> str | None:
    """Return an address as the do-not-call list has it; None if it is neither number nor e-mail."""
    text = text.strip()
    if EMAIL.fullmatch(text):
        return text.casefold()
    number = _SEPARATORS.sub("", text)
    return number if PHONE.fullmatch(number) else None
