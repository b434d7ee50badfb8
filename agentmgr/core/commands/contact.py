"""The customer behind a contact: attributes, notes, the do-not-call list."""

import re
from collections.abc import Iterable
from datetime import date
from functools import partial
from itertools import chain

from attrs import evolve, field, frozen

from agentmgr.core.agent import Agent
from agentmgr.core.commands.registry import Answer, on_agent_command
from agentmgr.core.contact_size import room_for_values, values_bytes
from agentmgr.core.effects import AddToDnc, SaveNote, SetAttribute, SetNumber
from agentmgr.core.events import CommandReceived
from agentmgr.core.model import (
    PHONE_ZONE_ATTRIBUTES,
    AttributeSpec,
    ContactSpec,
    Number,
    PhoneNumber,
    country_code_attribute,
)
from agentmgr.core.numbers import read_address, read_number
from agentmgr.core.parts import Parts
from agentmgr.core.session import Session
from agentmgr.text import fault_of
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
from protocol.enums import AttributeType, CallState
from protocol.notifications import AGTCustomerDetailsChanged
from protocol.results import ResultCode
from protocol.sizes import whole_entries
from protocol.structures import Attribute, CustomerDetails

MAX_NOTE_BYTES = 8000
"""So that a note always fits the RESP that reads it."""
MAX_VALUE_CHARACTERS = 1000
ADDRESSES_A_TURN = 4
"""So many addresses are read without letting others have their turn."""
PHONE = "phone"
"""The data type of attributes that are telephone numbers."""
FOLLOWING = frozenset(PHONE_ZONE_ATTRIBUTES.values()) | {
    country_code_attribute(name) for name in PHONE_ZONE_ATTRIBUTES
}
"""The attributes that nobody sets: they follow from the telephone numbers."""
OFFERED = frozenset({CallState.Preview, CallState.Callback})


@on_agent_command(AGTGetCustomerDetails, contact=True, no_contact=ResultCode.CONTACT_NOT_FOUND)
def get_customer_details(
    zone: Parts, agent: Agent, command: AGTGetCustomerDetails, event: CommandReceived
) -> Answer:
    """Read all attributes of the customer."""
    session = agent.engaged_session
    if not session.job.has_numbers:
        return _details(session, ())
    zone.ask_numbers(
        session.job,
        agent.agent_id,
        lambda numbers: zone.out.respond(event, _details(session, numbers)),
        event,
    )
    return None


def _details(session: Session, numbers: Iterable[Number]) -> AGTGetCustomerDetailsRESP:
    attributes = whole_entries(
        chain(
            (
                Attribute(spec.name, session.contact.attributes.get(spec.name, ""), spec.attribute_type)
                for spec in session.job.campaign.attributes
            ),
            (Attribute(each.name, repr(each.value), AttributeType.READ_ONLY) for each in numbers),
        )
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
    attributes = session.job.lists.attributes
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
    if spec.attribute_type is AttributeType.READ_ONLY or key in FOLLOWING:
        return ResultCode.ATTRIBUTE_READ_ONLY
    before = session.contact
    if spec.data_type == PHONE or key in PHONE_ZONE_ATTRIBUTES:
        taken = _set_number(zone, agent, session, key, value)
    else:
        taken = fits(spec, value) and _set_attribute(zone, agent, session, key, value)
    if not taken:
        return ResultCode.ATTRIBUTE_INVALID
    consultation = session.consultation
    if consultation is not None and consultation.agent is not None and consultation.is_established:
        for name, now in session.contact.attributes.items():
            changed = session.job.attributes.get(name)
            if changed is not None and (name == key or now != before.attributes.get(name)):
                told = Attribute(name, now, changed.attribute_type)
                zone.out.tell(consultation.agent, AGTCustomerDetailsChanged(told, session.sid))
    return ResultCode.SUCCESS


def _set_attribute(zone: Parts, agent: Agent, session: Session, name: str, value: str) -> bool:
    contact = session.contact
    changed = evolve(contact, attributes={**contact.attributes, name: value})
    if not _can_be_told(session, changed):
        return False
    session.contact = changed
    zone.out.emit(SetAttribute(contact.contact_id, name, value, agent.agent_id, zone.out.now))
    return True


def _can_be_told(session: Session, contact: ContactSpec) -> bool:
    room = room_for_values(session.job.campaign.attributes)
    # one that was too large before there was this limit may get smaller
    return values_bytes(contact.attributes) <= max(room, values_bytes(session.contact.attributes))


def _set_number(zone: Parts, agent: Agent, session: Session, name: str, text: str) -> bool:
    """Give the contact another telephone number, with all that follows from it; False if that cannot be."""
    try:
        typed = read_number(text, session.country)
    except ValueError:
        return False
    if typed.premium and not session.job.campaign.allow_premium:
        return False
    contact = session.contact
    if any(own.name == name and own.number == typed.e164 for own in contact.numbers):
        return True  # as desktops do that save a whole form; the zone may have been given with it
    number = PhoneNumber(name, typed.e164, typed.timezone, typed.wireless)
    changed = contact.with_number(number, typed.calling_code)
    if not _can_be_told(session, changed):
        return False
    session.contact = changed
    zone.out.emit(
        SetNumber(
            *(contact.contact_id, name, typed.e164, typed.timezone, typed.wireless, typed.calling_code),
            agent.agent_id,
            zone.out.now,
        )
    )
    owner = session.owner
    if owner is not None and owner.call_state in OFFERED and session.number.name == name:
        zone.attempts.change_number(session, number)  # what is dialled when the preview is over
    return True


def fits(spec: AttributeSpec, value: str) -> bool:
    """Tell whether an attribute takes a value; the empty value clears any but a telephone number."""
    if len(value) > MAX_VALUE_CHARACTERS or fault_of(value):
        return False
    if not value:
        return spec.data_type != PHONE
    match spec.data_type:
        case "integer":
            return re.fullmatch(r"[+-]?[0-9]{1,18}", value) is not None
        case "float":
            return re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", value) is not None
        case "boolean":
            return value.casefold() in ("true", "false")
        case "date":
            return _is_date(value)
        case _:
            return True


def _is_date(text: str) -> bool:
    """Tell whether a text is a day, written so that the order of texts is that of days."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@on_agent_command(AGTAddAgentNote, contact=True, no_contact=ResultCode.NOTE_NO_CONTACT)
def add_agent_note(zone: Parts, agent: Agent, command: AGTAddAgentNote, event: CommandReceived) -> Answer:
    """Store a note with the contact."""
    session = agent.engaged_session
    text = note_of(command.agent_note)
    if not text:
        return ResultCode.NOTE_INVALID
    contact = session.contact
    session.contact = evolve(contact, notes=(*contact.notes, text))
    zone.out.emit(
        SaveNote(session.job.job_id, contact.contact_id, session.sid, agent.agent_id, text, zone.out.now)
    )
    return ResultCode.SUCCESS


def note_of(text: str) -> str | None:
    """Return a note as it is kept, empty if it says nothing; None if it cannot be kept."""
    note = text.replace("\r\n", "\n").strip(" \n\t")
    if fault_of(note, is_note=True) or len(note.encode()) > MAX_NOTE_BYTES:
        return None
    return note if note.strip() else ""


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
    """Put addresses on the do-not-call list; an entry without value means the contact's own attribute.

    Reading a number is dear: of many, some are read in a turn, while the list is asked about those before.
    """
    session, contact = agent.engaged_session, agent.engaged_session.contact
    if any(entry.key not in session.job.attributes for entry in command.address_list):
        return ResultCode.DNC_INVALID
    texts = [entry.value or contact.attributes.get(entry.key, "") for entry in command.address_list]
    if not texts:
        return ResultCode.DNC_INVALID
    refusal = _look_up(zone, _Addition(event, agent.agent_id, session, texts), 0)
    if refusal is None:
        zone.lanes.hold(event)
    return refusal


@frozen(eq=False)
class _Addition:
    """Addresses as an agent wrote them for the list; `missing` are those that it does not have."""

    event: CommandReceived
    agent_id: str
    session: Session
    texts: list[str]
    missing: dict[str, None] = field(factory=dict)

    @property
    def organisation(self) -> str:
        """Whose list it is."""
        return self.session.job.campaign.organisation


def _look_up(zone: Parts, addition: _Addition, first: int) -> ResultCode | None:
    """Ask about some of the addresses; return why that cannot be."""
    texts = addition.texts[first : first + ADDRESSES_A_TURN]
    try:
        addresses = tuple(_address(addition.session, text) for text in texts)
    except ValueError:
        return ResultCode.DNC_BAD_ADDRESS
    then = partial(_looked_up, zone, addition, first + ADDRESSES_A_TURN, addresses)
    zone.ask_dnc(addresses, addition.organisation, then, addition.event)
    return None


def _looked_up(
    zone: Parts, addition: _Addition, rest: int, addresses: tuple[str, ...], present: frozenset[str]
) -> None:
    addition.missing.update((address, None) for address in addresses if address not in present)
    more = rest < len(addition.texts)
    refusal = _look_up(zone, addition, rest) if more else _add(zone, addition)
    if refusal is not None:
        zone.out.respond(addition.event, AGTAddToDNCRESP(refusal))


def _add(zone: Parts, addition: _Addition) -> ResultCode | None:
    if not addition.missing:
        return ResultCode.DNC_PRESENT
    for address in addition.missing:
        zone.out.emit(AddToDnc(address, addition.agent_id, zone.out.now, addition.organisation))
    response = AGTAddToDNCRESP(ResultCode.SUCCESS, session_id=addition.session.sid)
    zone.out.respond(addition.event, response)
    return None


@on_agent_command(AGTIsInDNC)
def is_in_dnc(zone: Parts, agent: Agent, command: AGTIsInDNC, event: CommandReceived) -> Answer:
    """Tell whether an address is on the do-not-call list."""
    session, job = agent.session, agent.job
    whose = session.job.campaign.organisation if session is not None else agent.spec.organisation
    country = session.country if session is not None else job.campaign.country if job is not None else ""
    try:
        address = read_address(command.address_value, country or None)
    except ValueError:
        return ResultCode.DNC_BAD_ADDRESS

    def looked_up(present: frozenset[str]) -> None:
        zone.out.respond(event, AGTIsInDNCRESP(ResultCode.SUCCESS, present=bool(present)))

    zone.ask_dnc((address,), whose, looked_up, event)
    return None


def _address(session: Session, text: str) -> str:
    """Return an address as the do-not-call list has it; a contact's own number is what is dialled.

    Raises:
        ValueError: it is neither number nor e-mail.
    """
    if any(number.number == text for number in session.contact.numbers):
        return text
    return read_address(text, session.country)
