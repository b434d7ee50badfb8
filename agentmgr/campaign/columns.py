"""Which attribute each column of a contact file is: by its own name, by --map, or by a common other name."""

from collections.abc import Collection, Mapping, Sequence

from attrs import frozen

from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES, USER_CONTACT_ID, AttributeSpec
from agentmgr.text import fault_of
from protocol.enums import AttributeType

MAX_NAME_CHARACTERS = 100
MAX_COLUMNS = 1000
"""More than any contact can have attributes; a first line with more is no header."""
OF_CAMPAIGN = "campaign:"
"""So begin columns of an export that say how far a contact is in a campaign; imports leave them out."""

_READ_ONLY = AttributeType.READ_ONLY

SYSTEM_ATTRIBUTES: tuple[AttributeSpec, ...] = (
    AttributeSpec(USER_CONTACT_ID, attribute_type=_READ_ONLY),
    AttributeSpec("FirstName"),
    AttributeSpec("LastName"),
    AttributeSpec("PhoneNumber1", "phone"),
    AttributeSpec("PhoneNumber1CtryCode", attribute_type=_READ_ONLY),
    AttributeSpec("TimeZone", attribute_type=_READ_ONLY),
    AttributeSpec("PhoneNumber2", "phone"),
    AttributeSpec("PhoneNumber2CtryCode", attribute_type=_READ_ONLY),
    AttributeSpec("PhoneNumber2Tz", attribute_type=_READ_ONLY),
    AttributeSpec("Email"),
    AttributeSpec("Language"),
    AttributeSpec("TitlePredefined"),
    AttributeSpec("AddrLine1Predefined"),
    AttributeSpec("AddrLine2Predefined"),
    AttributeSpec("AddrLine3Predefined"),
    AttributeSpec("AddrLine4Predefined"),
    AttributeSpec("AddrLine5Predefined"),
    AttributeSpec("CountryPredefined"),
    AttributeSpec("ZipcodePredefined"),
)
"""What every contact has; a desktop does not change what says which number is dialled when."""

# Other names of these attributes in exports of CRMs (Salesforce, HubSpot and their like), the best
# first; compared without case, spaces and signs.
_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    USER_CONTACT_ID: ("id", "contactid", "recordid", "leadid"),
    "FirstName": ("givenname",),
    "LastName": ("surname", "familyname"),
    "PhoneNumber1": ("phone1", "phone", "phonenumber", "businessphone", "telephone"),
    "PhoneNumber1CtryCode": ("phonenumber1countrycode", "phone1countrycode", "countrycode"),
    "TimeZone": ("phonenumber1timezone", "phone1timezone"),
    "PhoneNumber2": ("phone2", "mobilephone", "mobilephonenumber", "mobile", "homephone", "otherphone"),
    "PhoneNumber2CtryCode": ("phonenumber2countrycode", "phone2countrycode"),
    "PhoneNumber2Tz": ("phonenumber2timezone", "phone2timezone"),
    "Email": ("emailaddress",),
    "Language": ("preferredlanguage",),
    "TitlePredefined": ("salutation", "title"),
    "AddrLine1Predefined": ("addressline1", "mailingstreet", "streetaddress", "street", "address"),
    "AddrLine2Predefined": ("addressline2", "mailingcity", "city"),
    "AddrLine3Predefined": ("addressline3", "mailingstate", "mailingstateprovince", "stateregion", "state"),
    "AddrLine4Predefined": ("addressline4",),
    "AddrLine5Predefined": ("addressline5",),
    "CountryPredefined": ("country", "countryregion", "mailingcountry"),
    "ZipcodePredefined": ("zipcode", "zip", "postalcode", "mailingpostalcode", "mailingzippostalcode"),
}
_SYSTEM_NAMES = {spec.name for spec in SYSTEM_ATTRIBUTES}
REQUIRED = ((USER_CONTACT_ID,), tuple(PHONE_ZONE_ATTRIBUTES))
"""Of each of these a file needs one at least."""


@frozen
class Columns:
    """The columns of a file: `header` as it stands there, `attributes` what each is, empty if ignored.

    Columns at the end that have no name are not among them.
    """

    header: tuple[str, ...]
    attributes: tuple[str, ...]

    @property
    def custom(self) -> tuple[str, ...]:
        """Return the attributes that are not system ones."""
        return tuple(name for name in self.attributes if name and name not in _SYSTEM_NAMES)

    def column_of(self, attribute: str) -> str:
        """Return how the file calls an attribute."""
        return self.header[self.attributes.index(attribute)] if attribute in self.attributes else attribute


def read_columns(
    where: str, header: Sequence[str], mapping: Mapping[str, str], known: Collection[str] = ()
) -> Columns:
    """Tell what each column is.

    Args:
        where: the file and line, for errors.
        header: the names in the file.
        mapping: column -> attribute; an empty attribute ignores the column.
        known: attributes that were defined; a column with the name of one is that.

    Raises:
        ServiceError: a name is missing, double or too long, or a needed column is not there.
    """
    if len(header) > MAX_COLUMNS:
        raise ServiceError(
            Cause.BAD_FILE,
            f"{where}: {len(header)} columns; allowed are {MAX_COLUMNS}. Does the first line name them?",
        )
    names = tuple(name.strip() for name in header)
    while names and not names[-1]:  # spreadsheets write them where something once stood
        names = names[:-1]
    _check_header(where, names)
    found = _explicit(where, names, mapping)
    for index, name in enumerate(names):
        if index not in found and (name in _SYSTEM_NAMES or name in known):
            found[index] = name
    for attribute in (spec.name for spec in SYSTEM_ATTRIBUTES if spec.name not in found.values()):
        for other in (_folded(attribute), *_OTHER_NAMES[attribute]):
            index = next((i for i, n in enumerate(names) if i not in found and _folded(n) == other), -1)
            if index >= 0:
                found[index] = attribute
                break
    for index, name in enumerate(names):
        if name.startswith(OF_CAMPAIGN):
            found.setdefault(index, "")
    attributes = tuple(found.get(index, name) for index, name in enumerate(names))
    for index, attribute in enumerate(attributes):
        if attribute and attribute in attributes[:index]:
            raise ServiceError(
                Cause.BAD_FILE, f"{where}: two columns are {attribute}; leave one out with --map COLUMN="
            )
    for needed in REQUIRED:
        if not any(each in attributes for each in needed):
            raise ServiceError(
                Cause.BAD_FILE,
                f"{where}: no column is {' or '.join(needed)}; found {', '.join(names)};"
                f' say which it is with --map "COLUMN={needed[0]}"',
            )
    return Columns(names, attributes)


def _check_header(where: str, names: Sequence[str]) -> None:
    for number, name in enumerate(names, 1):
        if not name:
            raise ServiceError(
                Cause.BAD_FILE, f"{where}: column {number} has no name; the first line must name every column"
            )
        if fault := fault_of(name):
            raise ServiceError(Cause.BAD_FILE, f"{where}: the name of column {number}, {name!r}, {fault}")
        if len(name) > MAX_NAME_CHARACTERS:
            raise ServiceError(
                Cause.BAD_FILE,
                f"{where}: the name of column {number} has {len(name)} characters; allowed are"
                f" {MAX_NAME_CHARACTERS}. Does the first line name the columns?",
            )
        if name in names[: number - 1]:
            raise ServiceError(
                Cause.BAD_FILE, f"{where}: two columns are called {name!r}; give one another name"
            )


def _explicit(where: str, names: Sequence[str], mapping: Mapping[str, str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for column, attribute in mapping.items():
        matches = [i for i, n in enumerate(names) if n == column] or [
            i for i, n in enumerate(names) if _folded(n) == _folded(column)
        ]
        if not matches:
            raise ServiceError(
                Cause.BAD_FILE, f"{where}: --map names a column {column!r}; there are {', '.join(names)}"
            )
        if len(attribute) > MAX_NAME_CHARACTERS:
            raise ServiceError(
                Cause.BAD_FILE, f"{where}: --map: {attribute[:30]!r}... is longer than {MAX_NAME_CHARACTERS}"
            )
        if fault := fault_of(attribute):
            raise ServiceError(Cause.BAD_FILE, f"{where}: --map: {attribute!r} {fault}")
        found[matches[0]] = attribute
    return found


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
