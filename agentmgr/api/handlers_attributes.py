"""Attributes of contacts: their values and their definitions."""

from agentmgr.api.contact_fields import as_kept, as_written, described, kept_value
from agentmgr.api.contract_agent import (
    GetAttributesList,
    GetAttributesListResponse,
    GetContactAttributeValue,
    GetContactAttributeValueFromList,
    GetContactAttributeValueFromListResponse,
    GetContactAttributeValueResponse,
    UpdateContactAttributeValue,
    UpdateContactAttributeValueResponse,
    UpdateContactAttributeValueToList,
    UpdateContactAttributeValueToListResponse,
)
from agentmgr.api.handling import handles
from agentmgr.campaign.one_contact import KEPT
from agentmgr.campaign.services import Services

DONE = 0


@handles(GetContactAttributeValue)
def get_contact_attribute_value(
    request: GetContactAttributeValue, services: Services
) -> GetContactAttributeValueResponse:
    """Return one attribute of a contact."""
    value = _value(services, request.ContactGroupName, request.ContactID, request.AttributeName)
    return GetContactAttributeValueResponse(value)


@handles(GetContactAttributeValueFromList)
def get_contact_attribute_value_from_list(
    request: GetContactAttributeValueFromList, services: Services
) -> GetContactAttributeValueFromListResponse:
    """Return one attribute of a contact."""
    value = _value(services, request.ContactListName, request.ContactID, request.AttributeName)
    return GetContactAttributeValueFromListResponse(value)


def _value(services: Services, list_name: str, user_contact_id: str, name: str) -> str:
    if name in KEPT:
        return kept_value(services.contact.get(list_name, user_contact_id), name)
    value = services.contact.value(list_name, user_contact_id, name)
    return as_written(_data_type(services, name), value)


@handles(UpdateContactAttributeValue)
def update_contact_attribute_value(
    request: UpdateContactAttributeValue, services: Services
) -> UpdateContactAttributeValueResponse:
    """Set one attribute of a contact."""
    _set(services, request.ContactGroupName, request.ContactID, request.AttributeName, request.AttributeValue)
    return UpdateContactAttributeValueResponse(DONE)


@handles(UpdateContactAttributeValueToList)
def update_contact_attribute_value_to_list(
    request: UpdateContactAttributeValueToList, services: Services
) -> UpdateContactAttributeValueToListResponse:
    """Set one attribute of a contact."""
    _set(services, request.ContactListName, request.ContactID, request.AttributeName, request.AttributeValue)
    return UpdateContactAttributeValueToListResponse(DONE)


def _set(services: Services, list_name: str, user_contact_id: str, name: str, value: str) -> None:
    kept = as_kept(_data_type(services, name), value.strip(" "))
    services.contact.set_value(list_name, user_contact_id, name, kept)


def _data_type(services: Services, name: str) -> str:
    spec = services.attributes.named([name]).get(name)
    return spec.data_type if spec is not None else ""


@handles(GetAttributesList)
def get_attributes_list(request: GetAttributesList, services: Services) -> GetAttributesListResponse:
    """Return the definitions of the attributes of a list, or of all."""
    of_all = request.ContactListName is None
    found = (
        services.attributes.all() if of_all else services.attributes.of_list(request.ContactListName or "")
    )
    return GetAttributesListResponse(tuple(map(described, found)))
