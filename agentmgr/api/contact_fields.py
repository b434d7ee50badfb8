"""What the attributes of a contact are called in records and in calls, and how their values are written."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from attrs import fields_dict

from agentmgr.api.contract_agent import AttributeType, ContactDataType, ContactType
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.core.model import USER_CONTACT_ID, AttributeSpec
from agentmgr.ports import StoredContact
from protocol.enums import AttributeType as Kind

FIELDS: Mapping[str, str] = {
    USER_CONTACT_ID: "UserContactId",
    "TitlePredefined": "Title",
    "FirstName": "FirstName",
    "LastName": "LastName",
    "PhoneNumber1": "PhoneNumber1",
    "TimeZone": "TimeZone",
    "PhoneNumber1CtryCode": "PhoneNumber1CountryCode",
    "PhoneNumber2": "PhoneNumber2",
    "PhoneNumber2Tz": "PhoneNumber2TimeZone",
    "PhoneNumber2CtryCode": "PhoneNumber2CountryCode",
    "Email": "Email",
    "Language": "Language",
    **{f"AddrLine{number}Predefined": f"AddressLine{number}" for number in range(1, 6)},
    "CountryPredefined": "Country",
    "ZipcodePredefined": "ZipCode",
}
"""The attributes that every contact has, each with its field in a record; older records have some."""
OLDER_ID = "ContactId"
TIME = "%Y/%m/%d %H:%M:%S"

Record = ContactDataType | ContactType


def values_of(record: Record, specs: Mapping[str, AttributeSpec]) -> dict[str, str]:
    """Return what a record says of a contact; what it does not say is left out.

    Raises:
        ServiceError: it says twice whose it is.
    """
    found: dict[str, str] = {}
    for name, field in FIELDS.items():
        value = getattr(record, _field(type(record), field), None)
        if value is not None:
            found[name] = value.strip(" ")
    for each in record.AttributeObj:
        if each.Name == USER_CONTACT_ID:
            raise ServiceError(Cause.BAD_VALUE, f"attribute {USER_CONTACT_ID}: is a field of its own")
        spec = specs.get(each.Name)
        found[each.Name] = as_kept(spec.data_type if spec is not None else "", each.Value.strip(" "))
    return found


def _field(record: type[Record], field: str) -> str:
    return OLDER_ID if record is ContactType and field == "UserContactId" else field


def fields_of(
    record: type[Record], found: StoredContact, specs: Mapping[str, AttributeSpec]
) -> dict[str, Any]:
    """Return the fields of a record of a contact, but that with the name of its list."""
    values, known = found.contact.attributes, fields_dict(record)
    written = {_field(record, field): values[name] for name, field in FIELDS.items() if values.get(name)}
    own = [spec for spec in specs.values() if spec.name not in FIELDS and values.get(spec.name)]
    return {
        **{field: value for field, value in written.items() if field in known},
        "AttributeObj": tuple(described(spec, values[spec.name]) for spec in own),
        "LastModifiedOn": _moment(found.updated_at),
        "LastModifiedBy": found.updated_by or None,
        "LastAttemptTime": _moment(found.last_attempt_at),
        "LastSuccessfulAttemptTime": _moment(found.last_success_at),
        "LastCompletionCodeId": found.last_code_id,
    }


def kept_value(found: StoredContact, name: str) -> str:
    """Return as text what the system keeps of a contact itself; empty if there is nothing."""
    value = fields_of(ContactDataType, found, {})[name]
    if isinstance(value, datetime):
        return value.strftime(TIME)
    return "" if value is None else str(value)


def described(spec: AttributeSpec, value: str = "") -> AttributeType:
    """Return an attribute with its definition."""
    is_read_only = spec.attribute_type is Kind.READ_ONLY
    return AttributeType(
        spec.name,
        as_written(spec.data_type, value),
        spec.data_type,
        spec.display_name or spec.name,
        spec.masked,
        is_read_only,
    )


def as_written(data_type: str, value: str) -> str:
    """Return a value as callers get it: a date with its time, a boolean in small letters."""
    if data_type == "boolean":
        return value.casefold()
    try:
        day = date.fromisoformat(value) if data_type == "date" and value else None
    except ValueError:
        return value
    return value if day is None else datetime(day.year, day.month, day.day).strftime(TIME)  # noqa: DTZ001


def as_kept(data_type: str, text: str) -> str:
    """Return a value as it is kept; what is no date stays, and is refused where values are checked."""
    if data_type != "date":
        return text
    for form in (TIME, "%Y/%m/%d"):
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007  # a day has no time zone
        except ValueError:
            continue
        if (found.hour, found.minute, found.second) == (0, 0, 0):
            return found.date().isoformat()
    return text


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
