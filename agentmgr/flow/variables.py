"""The variables of a call flow, with the names that flows know them by."""

from attrs import define, fields_dict, frozen

from agentmgr.api.contract_agent import ContactDataType


@define(kw_only=True)
class PomInfo:
    """A call and its contact; all are texts, and what is not known is empty.

    `SessionID` is the call's, `ContactGroupName` the contact's list, `VDN` where callers are transferred to.
    """

    CampaignName: str = ""
    CompletionCode: str = ""
    EMailID: str = ""
    FirstName: str = ""
    LastName: str = ""
    PhoneNumber1: str = ""
    PhoneNumber2: str = ""
    PrimaryPomServer: str = ""
    SecondaryPomServer: str = ""
    SessionID: str = ""
    ContactGroupName: str = ""
    ContactID: str = ""
    JobID: str = ""
    VDN: str = ""
    AddressLine1: str = ""
    AddressLine2: str = ""
    AddressLine3: str = ""
    AddressLine4: str = ""
    AddressLine5: str = ""
    Country: str = ""
    Language: str = ""
    PhoneNumber1CountryCode: str = ""
    PhoneNumber1Timezone: str = ""
    PhoneNumber2CountryCode: str = ""
    PhoneNumber2TimeZone: str = ""
    ZipCode: str = ""


@frozen
class DynamicAttribute:
    """An attribute of a contact that has no variable of its own."""

    AttributeName: str
    AttributeType: str
    AttributeValue: str


@frozen(kw_only=True)
class PhoneInfo:
    """A telephone number of a contact; what is None stays as it is, what is empty is removed."""

    PhoneAttributeName: str
    PhoneNumber: str | None = None
    CountryCode: str | None = None
    Timezone: str | None = None


_OTHERWISE = {
    "ContactID": "UserContactId",
    "ContactGroupName": "ContactListName",
    "EMailID": "Email",
    "PhoneNumber1Timezone": "TimeZone",
}
"""Variables that the service calls otherwise."""

OF_CONTACT = {
    name: _OTHERWISE.get(name, name)
    for name in fields_dict(PomInfo)
    if _OTHERWISE.get(name, name) in fields_dict(ContactDataType)
}
"""The variables that say something of the contact, each with its name at the service."""
