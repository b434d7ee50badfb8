"""Contacts: read, saved, deleted; their telephone numbers; lists that are emptied."""

from agentmgr.api.contact_fields import Record, fields_of, values_of
from agentmgr.api.contract import Long
from agentmgr.api.contract_agent import (
    ContactDataType,
    ContactListStatus,
    ContactType,
    DeleteContact,
    DeleteContactFromList,
    DeleteContactFromListResponse,
    DeleteContactResponse,
    EmptyContactList,
    EmptyContactListResponse,
    GetContactData,
    GetContactDataFromList,
    GetContactDataFromListResponse,
    GetContactDataResponse,
    GetContactListEmptyStatus,
    GetContactListEmptyStatusResponse,
    GetPhoneNumber,
    GetPhoneNumberResponse,
    ListStatus,
    PhoneType,
    SaveContact,
    SaveContactResponse,
    SaveContactToList,
    SaveContactToListResponse,
    UpdatePhoneNumber,
    UpdatePhoneNumberResponse,
)
from agentmgr.api.handling import handles
from agentmgr.campaign.checks import NO_CHECKS, Checks
from agentmgr.campaign.services import Services

STORED, LEFT_ALONE = 0, 1


@handles(GetContactData)
def get_contact_data(request: GetContactData, services: Services) -> GetContactDataResponse:
    """Return a contact as older programs know it."""
    found = services.contact.get(request.ContactGroupName, request.ContactID)
    fields = fields_of(ContactType, found, services.attributes.named(found.contact.attributes))
    return GetContactDataResponse(ContactType(ContactGroupName=request.ContactGroupName, **fields))


@handles(GetContactDataFromList)
def get_contact_data_from_list(
    request: GetContactDataFromList, services: Services
) -> GetContactDataFromListResponse:
    """Return a contact."""
    found = services.contact.get(request.ContactListName, request.UserContactID)
    fields = fields_of(ContactDataType, found, services.attributes.named(found.contact.attributes))
    return GetContactDataFromListResponse(ContactDataType(ContactListName=request.ContactListName, **fields))


@handles(SaveContact)
def save_contact(request: SaveContact, services: Services) -> SaveContactResponse:
    """Store a contact as older programs know it."""
    _save(request.Contact, request.Contact.ContactGroupName, services, NO_CHECKS, update=True)
    return SaveContactResponse(STORED)


@handles(SaveContactToList)
def save_contact_to_list(request: SaveContactToList, services: Services) -> SaveContactToListResponse:
    """Store a contact, or leave the one that is there alone."""
    checks = Checks(
        request.CheckForRejectPattern,
        request.CheckForPhoneFormatsRule,
        request.CheckDNC,
        request.AutomaticUpdateForTimeZone,
    )
    record = request.ContactToBeSaved
    is_stored = _save(record, record.ContactListName, services, checks, update=request.UpdateExisting)
    return SaveContactToListResponse(STORED if is_stored else LEFT_ALONE)


def _save(record: Record, list_name: str, services: Services, checks: Checks, *, update: bool) -> bool:
    values = values_of(record, services.attributes.named([each.Name for each in record.AttributeObj]))
    return services.contact.save(list_name, values, checks, update=update)


@handles(DeleteContact)
def delete_contact(request: DeleteContact, services: Services) -> DeleteContactResponse:
    """Delete a contact."""
    services.contact.delete(request.ContactGroupName, request.ContactID)
    return DeleteContactResponse(True)


@handles(DeleteContactFromList)
def delete_contact_from_list(
    request: DeleteContactFromList, services: Services
) -> DeleteContactFromListResponse:
    """Delete a contact."""
    services.contact.delete(request.ContactListName, request.ContactID)
    return DeleteContactFromListResponse(True)


@handles(GetPhoneNumber)
def get_phone_number(request: GetPhoneNumber, services: Services) -> GetPhoneNumberResponse:
    """Return a telephone number with its country code and time zone."""
    name = request.PhoneAttributeName
    found = services.contact.number(request.ContactListName, request.ContactID, name)
    phone = PhoneType(
        str(found.calling_code) if found.calling_code else None,
        found.number.number,
        found.number.timezone or None,
        name,
    )
    return GetPhoneNumberResponse(phone)


@handles(UpdatePhoneNumber)
def update_phone_number(request: UpdatePhoneNumber, services: Services) -> UpdatePhoneNumberResponse:
    """Change a telephone number, its country code and time zone, each that is given."""
    phone = request.PhoneObject
    checks = Checks(
        request.CheckForRejectPattern,
        request.CheckForPhoneFormatsRule,
        request.CheckDNC,
        request.AutomaticUpdateForTimeZone,
    )
    services.contact.set_number(
        request.ContactListName,
        request.ContactID,
        phone.PhoneAttributeName or "",
        checks,
        text=phone.PhoneNumber,
        country=phone.CountryCode,
        timezone=phone.TimeZone,
    )
    return UpdatePhoneNumberResponse(STORED)


@handles(EmptyContactList)
def empty_contact_list(request: EmptyContactList, services: Services) -> EmptyContactListResponse:
    """Let a list be emptied."""
    return EmptyContactListResponse(Long(services.contacts.empty(request.ContactListName)))


@handles(GetContactListEmptyStatus)
def get_contact_list_empty_status(
    request: GetContactListEmptyStatus, services: Services
) -> GetContactListEmptyStatusResponse:
    """Tell whether a list is being emptied."""
    state = services.contacts.emptying(request.ContactListName)
    status = ListStatus.LIST_BEING_EMPTIED if state.being_emptied else ListStatus.LIST_BEING_IDLE
    return GetContactListEmptyStatusResponse(ContactListStatus(status, Long(state.contacts)))
