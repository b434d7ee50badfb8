"""The operations on contacts, codes, callbacks and the do-not-call lists, as callers see them."""

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from agentmgr.api.contract import Long, Service, Signature, defaulted, nillable


class Priority(StrEnum):
    """In which order contacts of a job are called."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class ListStatus(StrEnum):
    """Whether a contact list is being emptied."""

    LIST_BEING_IDLE = "LIST_BEING_IDLE"
    LIST_BEING_EMPTIED = "LIST_BEING_EMPTIED"


class OperationType(StrEnum):
    """What is done to the value of an attribute."""

    ADD = "ADD"
    MINUS = "MINUS"
    ASSIGN = "ASSIGN"


@frozen
class AttributeType:
    """An attribute of a contact, or the definition of one."""

    Name: str
    Value: str
    Type: str | None = None
    DisplayName: str | None = None
    Masked: bool | None = None
    ReadOnly: bool | None = None


@frozen
class ContactType:
    """A contact as older programs know it; a group is a contact list."""

    ContactId: str
    ContactGroupName: str
    PhoneNumber1: str | None = None
    PhoneNumber2: str | None = None
    FirstName: str | None = None
    LastName: str | None = None
    Email: str | None = None
    LastModifiedOn: datetime | None = None
    LastModifiedBy: str | None = None
    Language: str | None = None
    TimeZone: str | None = None
    LastAttemptTime: datetime | None = None
    LastSuccessfulAttemptTime: datetime | None = None
    LastCompletionCodeId: int | None = None
    AttributeObj: tuple[AttributeType, ...] = ()


@frozen
class ContactDataType:
    """A contact."""

    UserContactId: str
    ContactListName: str
    Title: str | None = None
    FirstName: str | None = None
    LastName: str | None = None
    PhoneNumber1: str | None = None
    TimeZone: str | None = None
    PhoneNumber1CountryCode: str | None = None
    PhoneNumber2: str | None = None
    PhoneNumber2TimeZone: str | None = None
    PhoneNumber2CountryCode: str | None = None
    Email: str | None = None
    Language: str | None = None
    AddressLine1: str | None = None
    AddressLine2: str | None = None
    AddressLine3: str | None = None
    AddressLine4: str | None = None
    AddressLine5: str | None = None
    Country: str | None = None
    ZipCode: str | None = None
    AttributeObj: tuple[AttributeType, ...] = ()
    LastCompletionCodeId: int | None = None
    LastAttemptTime: datetime | None = None
    LastSuccessfulAttemptTime: datetime | None = None
    LastModifiedOn: datetime | None = None
    LastModifiedBy: str | None = None


@frozen
class PhoneType:
    """A telephone number of a contact.

    In a change a field that is absent stays as it is, and one that is empty is removed.
    """

    CountryCode: str | None = nillable()
    PhoneNumber: str | None = nillable()
    TimeZone: str | None = nillable()
    PhoneAttributeName: str | None = nillable()


@frozen
class ContactListStatus:
    """How far the emptying of a list is, and how many contacts are in it."""

    EmptyStatus: ListStatus
    TotalCount: Long


@frozen
class GetContactData:
    """Return a contact of a list."""

    ContactID: str
    ContactGroupName: str


@frozen
class GetContactDataResponse:
    Contact: ContactType


@frozen
class GetContactAttributeValue:
    """Return one attribute of a contact as text."""

    ContactID: str
    ContactGroupName: str
    AttributeName: str


@frozen
class GetContactAttributeValueResponse:
    AttributeValue: str


@frozen
class SaveContact:
    """Insert a contact into a list, or replace what is given of it."""

    Contact: ContactType


@frozen
class SaveContactResponse:
    Result: int


@frozen
class AddContactToJob:
    """Give a contact to the running job of a campaign."""

    CampaignName: str
    ContactID: str
    ContactGroupName: str


@frozen
class AddContactToJobResponse:
    Result: int


@frozen
class IsDNC:
    """Tell whether an address is on the common do-not-call list, or on that of an organisation."""

    Address: str
    OrgName: str | None = None
    CheckForRejectPattern: bool = defaulted(False)
    CheckForPhoneFormatsRule: bool = defaulted(False)


@frozen
class IsDNCResponse:
    Result: bool


@frozen
class AddToDNCList:
    """Put an address on the common do-not-call list, or on that of an organisation."""

    Address: str
    OrgName: str | None = None
    CheckForRejectPattern: bool = defaulted(False)
    CheckForPhoneFormatsRule: bool = defaulted(False)


@frozen
class AddToDNCListResponse:
    Result: bool


@frozen
class RemoveFromDNCList:
    """Take an address off the common do-not-call list, or off that of an organisation."""

    Address: str
    OrgName: str | None = None
    CheckForRejectPattern: bool = defaulted(False)
    CheckForPhoneFormatsRule: bool = defaulted(False)


@frozen
class RemoveFromDNCListResponse:
    Result: bool


@frozen
class UpdateContactAttributeValue:
    """Set one attribute of a contact."""

    ContactID: str
    ContactGroupName: str
    AttributeName: str
    AttributeValue: str


@frozen
class UpdateContactAttributeValueResponse:
    Result: int


@frozen
class GetAllCompletionCodesForCampaign:
    """Return the completion codes of a job's campaign."""

    JobID: int


@frozen
class GetAllCompletionCodesForCampaignResponse:
    CompletionCodes: tuple[str, ...] = ()


@frozen
class UpdateCompletionCode:
    """Give the attempt of a session a completion code."""

    PimSessionID: float
    CompletionCode: str


@frozen
class UpdateCompletionCodeResponse:
    Result: int


@frozen
class DeleteContact:
    """Delete a contact; what came of its calls stays."""

    ContactID: str
    ContactGroupName: str


@frozen
class DeleteContactResponse:
    Result: bool


@frozen
class AddContactGroupToJob:
    """Give all contacts of a list to the running job of a campaign."""

    CampaignName: str
    ContactGroupName: str


@frozen
class AddContactGroupToJobResponse:
    Result: int


@frozen
class UpdatePhoneNumber:
    """Set a telephone number of a contact, with its country code and time zone."""

    ContactID: str
    ContactListName: str
    PhoneObject: PhoneType
    AutomaticUpdateForTimeZone: bool = defaulted(False)
    CheckForRejectPattern: bool = defaulted(False)
    CheckForPhoneFormatsRule: bool = defaulted(False)
    CheckDNC: bool = defaulted(False)


@frozen
class UpdatePhoneNumberResponse:
    Result: int


@frozen
class GetPhoneNumber:
    """Return a telephone number of a contact."""

    ContactID: str
    ContactListName: str
    PhoneAttributeName: str


@frozen
class GetPhoneNumberResponse:
    Phone: PhoneType


@frozen(kw_only=True)
class ScheduleCallBack:
    """Make a callback for a contact by the running job of a campaign."""

    UserContactID: str
    ContactListName: str
    CampaignName: str
    StartTime: str
    EndTime: str
    TimeZone: str | None = None
    ContactAttributeName: str | None = None
    Address: str | None = None
    Notes: str


@frozen
class ScheduleCallBackResponse:
    Result: int


@frozen
class AddContactFromListToJob:
    """Give a contact to the running job of a campaign, with a priority."""

    CampaignName: str
    ContactID: str
    ContactListName: str
    ContactPriority: Priority = defaulted(Priority.MEDIUM)


@frozen
class AddContactFromListToJobResponse:
    Result: int


@frozen
class SaveContactToList:
    """Insert a contact into a list, or change it if that is said; 1 if it is there and stays so."""

    ContactToBeSaved: ContactDataType
    AutomaticUpdateForTimeZone: bool = defaulted(False)
    CheckForRejectPattern: bool = defaulted(False)
    CheckForPhoneFormatsRule: bool = defaulted(False)
    UpdateExisting: bool = defaulted(False)
    CheckDNC: bool = defaulted(False)


@frozen
class SaveContactToListResponse:
    Result: int


@frozen
class GetContactDataFromList:
    """Return a contact of a list."""

    UserContactID: str
    ContactListName: str


@frozen
class GetContactDataFromListResponse:
    ContactRecord: ContactDataType


@frozen
class GetContactAttributeValueFromList:
    """Return one attribute of a contact as text."""

    ContactID: str
    ContactListName: str
    AttributeName: str


@frozen
class GetContactAttributeValueFromListResponse:
    AttributeValue: str


@frozen
class UpdateContactAttributeValueToList:
    """Set one attribute of a contact; an empty value removes it."""

    ContactID: str
    ContactListName: str
    AttributeName: str
    AttributeValue: str


@frozen
class UpdateContactAttributeValueToListResponse:
    Result: int


@frozen
class AddContactListToJob:
    """Give all contacts of a list to the running job of a campaign, or those that its filter lets through."""

    CampaignName: str
    ContactListName: str
    ContactPriority: Priority = defaulted(Priority.MEDIUM)
    ApplyFilter: bool = defaulted(False)


@frozen
class AddContactListToJobResponse:
    Result: int


@frozen
class DeleteContactFromList:
    """Delete a contact; what came of its calls stays."""

    ContactID: str
    ContactListName: str


@frozen
class DeleteContactFromListResponse:
    Result: bool


@frozen
class GetAttributesList:
    """Return the definitions of contact attributes, of one list or of all."""

    ContactListName: str | None = None


@frozen
class GetAttributesListResponse:
    attributes: tuple[AttributeType, ...] = ()


@frozen
class EmptyContactList:
    """Delete all contacts that are in a list now, in the background."""

    ContactListName: str


@frozen
class EmptyContactListResponse:
    TotalContacts: Long


@frozen
class GetContactListEmptyStatus:
    """Tell whether a list is being emptied, and how many contacts it has."""

    ContactListName: str


@frozen
class GetContactListEmptyStatusResponse:
    ContactListEmptyStatus: ContactListStatus


@frozen
class UpdateCampaignAttributeValue:
    """Change a number attribute of a running job's campaign."""

    JobId: int
    AttributeName: str
    AttributeValue: float
    Operation: OperationType = defaulted(OperationType.ASSIGN, empty=OperationType.ADD)


@frozen
class UpdateCampaignAttributeValueResponse:
    Result: int


@frozen
class UpdateAgentAttributeValue:
    """Change a number attribute of an agent who works in a job."""

    JobId: int
    AgentId: str
    AttributeName: str
    AttributeValue: float
    Operation: OperationType = defaulted(OperationType.ASSIGN, empty=OperationType.ADD)


@frozen
class UpdateAgentAttributeValueResponse:
    Result: int


@frozen
class GetCampaignAttributesList:
    """Return the definitions of the attributes that campaigns have."""


@frozen
class GetCampaignAttributesListResponse:
    campaignAttributes: tuple[AttributeType, ...] = ()


@frozen
class GetAgentAttributesList:
    """Return the definitions of the attributes that agents have."""


@frozen
class GetAgentAttributesListResponse:
    agentAttributes: tuple[AttributeType, ...] = ()


SERVICE = Service(
    "VP_POMAgentAPIService",
    "AgentAPI",
    "http://services.pim.avaya.com/AgentAPI/",
    (
        Signature(GetContactData, GetContactDataResponse, (-2, -14, -28, -29)),
        Signature(
            GetContactAttributeValue, GetContactAttributeValueResponse, (-2, -5, -14, -24, -28, -29, -46)
        ),
        Signature(SaveContact, SaveContactResponse, (-5, -6, -14, -28, -29, -38), text_first=True),
        Signature(AddContactToJob, AddContactToJobResponse, (-1, -2, -7, -8, -14, -26, -27, -34)),
        Signature(IsDNC, IsDNCResponse, (-18, -19, -21, -40, -43)),
        Signature(AddToDNCList, AddToDNCListResponse, (-9, -18, -19, -21, -40, -41, -43), text_first=True),
        Signature(
            RemoveFromDNCList, RemoveFromDNCListResponse, (-17, -18, -19, -21, -40, -42, -43), text_first=True
        ),
        Signature(
            UpdateContactAttributeValue, UpdateContactAttributeValueResponse, (-2, -5, -14, -28, -29, -45)
        ),
        Signature(GetAllCompletionCodesForCampaign, GetAllCompletionCodesForCampaignResponse, (-1, -30, -32)),
        Signature(UpdateCompletionCode, UpdateCompletionCodeResponse, (-1, -3, -4, -10, -16, -30, -31)),
        Signature(DeleteContact, DeleteContactResponse, (-2, -14, -28, -33, -44)),
        Signature(
            AddContactGroupToJob, AddContactGroupToJobResponse, (-1, -2, -7, -8, -14, -26, -27, -28, -30, -34)
        ),
        Signature(UpdatePhoneNumber, UpdatePhoneNumberResponse, (-2, -5, -14, -28, -36, -38)),
        Signature(GetPhoneNumber, GetPhoneNumberResponse, (-2, -5, -14, -28, -37)),
        Signature(ScheduleCallBack, ScheduleCallBackResponse, (-2, -19, -26, -28, -30, -39)),
        Signature(
            AddContactFromListToJob,
            AddContactFromListToJobResponse,
            (-1, -2, -7, -8, -14, -26, -27, -28, -30, -34),
        ),
        Signature(SaveContactToList, SaveContactToListResponse, (-5, -6, -14, -28, -29, -38)),
        Signature(
            GetContactDataFromList, GetContactDataFromListResponse, (-2, -14, -28, -29), text_first=True
        ),
        Signature(
            GetContactAttributeValueFromList,
            GetContactAttributeValueFromListResponse,
            (-2, -5, -14, -24, -28, -29, -46),
        ),
        Signature(
            UpdateContactAttributeValueToList,
            UpdateContactAttributeValueToListResponse,
            (-2, -5, -14, -28, -29, -45),
        ),
        Signature(
            AddContactListToJob,
            AddContactListToJobResponse,
            (-1, -2, -7, -8, -14, -26, -27, -28, -30, -34, -35),
        ),
        Signature(DeleteContactFromList, DeleteContactFromListResponse, (-2, -14, -28, -33, -44)),
        Signature(GetAttributesList, GetAttributesListResponse, (-14, -28, -44)),
        Signature(EmptyContactList, EmptyContactListResponse, (-14, -28, -61)),
        Signature(GetContactListEmptyStatus, GetContactListEmptyStatusResponse, (-14, -28, -61)),
        Signature(UpdateCampaignAttributeValue, UpdateCampaignAttributeValueResponse, (-1, -45)),
        Signature(UpdateAgentAttributeValue, UpdateAgentAttributeValueResponse, (-1, -45, -66)),
        Signature(GetCampaignAttributesList, GetCampaignAttributesListResponse, (-44,)),
        Signature(GetAgentAttributesList, GetAgentAttributesListResponse, (-44,)),
    ),
)
