"""Attributes of contacts: defined before an import or changed later, and listed."""

from collections.abc import Collection, Mapping

from attrs import evolve

from agentmgr.campaign.columns import MAX_NAME_CHARACTERS, SYSTEM_ATTRIBUTES
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.commands.contact import FOLLOWING, PHONE, fits
from agentmgr.core.model import DATA_TYPES, USER_CONTACT_ID, AttributeSpec, PhoneNumber
from agentmgr.core.numbers import read_number
from agentmgr.text import fault_of
from protocol.enums import AttributeType

VALUES_CHUNK = 5000
_SYSTEM: Mapping[str, AttributeSpec] = {spec.name: spec for spec in SYSTEM_ATTRIBUTES}
_EXPECTED: Mapping[str, str] = {
    "integer": "a whole number of 1 to 18 digits",
    "float": "a number such as 12.5",
    "boolean": "true or false",
    "date": "a date such as 2026-12-31",
    "phone": "a telephone number as it is dialled, such as +442079460018",
}


def misfit(data_type: str, value: str) -> str:
    """Return what a value had to be for a data type, empty if it is that; no value fits any."""
    if not value or data_type not in _EXPECTED:
        return ""
    if data_type != "phone":
        return "" if fits(AttributeSpec("", data_type), value) else _EXPECTED[data_type]
    try:
        return "" if read_number(value).e164 == value else _EXPECTED[data_type]
    except ValueError:
        return _EXPECTED[data_type]


class AttributeService(Service):
    """The attributes that contacts can have."""

    def all(self) -> tuple[AttributeSpec, ...]:
        """Return all attributes that the caller may see, in the order they were defined.

        Those included that every contact has.
        """
        return tuple({**_SYSTEM, **self._known(None)}.values())

    def named(self, names: Collection[str]) -> dict[str, AttributeSpec]:
        """Return those of some names that the caller may see."""
        return {**{name: _SYSTEM[name] for name in names if name in _SYSTEM}, **self._known(names)}

    def _known(self, names: Collection[str] | None) -> dict[str, AttributeSpec]:
        specs = self._at.store.attributes(names)
        return {spec.name: spec for spec in specs if self._caller.may_see(spec.organisation)}

    def of_list(self, list_name: str) -> tuple[AttributeSpec, ...]:
        """Return the attributes that contacts of a list have, or had, and those that every contact has.

        Raises:
            ServiceError: there is no such list for the caller.
        """
        names = self._at.store.list_attributes(self.find_list(list_name).list_id)
        return tuple(spec for spec in self.all() if spec.name in names or spec.name in _SYSTEM)

    def define(
        self,
        name: str,
        *,
        attribute_type: str | None = None,
        data_type: str | None = None,
        display_name: str | None = None,
        organisation: str | None = None,
    ) -> bool:
        """Define an attribute, or change one; tell whether it is new. None stays, or is the default.

        Name on screen and type may change at any time. The data type may if all values that contacts have
        fit it, and never of an attribute that every contact has. A job has the attributes as they were when
        it was loaded. With an organisation only its users see it; a caller who belongs to none may change
        whose it is.

        Raises:
            ServiceError: what is not allowed, or that contacts have values that do not fit; nothing changed.
        """
        store = self._at.store
        known = {spec.name: spec for spec in store.attributes()}
        before = known.get(name) or _SYSTEM.get(name)
        if before is not None:
            self.check_owner(before.organisation, Cause.FOREIGN_ATTRIBUTE, f"attribute {name}")
            if not before.organisation:
                self.check_global(f"to change attribute {name}, which is everybody's")
        owner = before.organisation if before is not None else self.owner_of_new(organisation or "")
        if before is not None and organisation is not None and organisation != owner:
            self.check_global(f"to say whose attribute {name} is")
            self.check_organisation(organisation)
            owner = organisation
        spec = before or AttributeSpec(name)
        wanted = evolve(
            spec,
            attribute_type=spec.attribute_type if attribute_type is None else _type(name, attribute_type),
            data_type=spec.data_type if data_type is None else data_type,
            display_name=spec.display_name if display_name is None else display_name,
            organisation=owner,
        )
        _check(wanted)
        if name in _SYSTEM:
            _check_system(wanted)
        elif before is not None and wanted.data_type != before.data_type:
            self._check_values(wanted)
        if name not in known:
            self.check_attributes((*SYSTEM_ATTRIBUTES, wanted))
            store.define_attributes(SYSTEM_ATTRIBUTES)
        store.put_attribute(wanted)
        if before is not None and data_type is not None and name not in _SYSTEM:
            self._move_values(wanted)
        return before is None

    def _move_values(self, spec: AttributeSpec) -> None:
        """Let the values that contacts have be what they are of their type: telephone numbers or not.

        What an interrupted one has left is moved when the type is given once more.
        """
        store = self._at.store
        last: int | None = 0
        while last is not None:
            if spec.data_type == PHONE:
                values, _ = store.attribute_values(spec.name, last, VALUES_CHUNK)
                numbers = {value: _number(spec.name, value) for _, _, value in values}
                last = store.be_numbers(spec.name, numbers, last, VALUES_CHUNK)
            else:
                last = store.be_values(spec.name, last, VALUES_CHUNK)

    def _check_values(self, spec: AttributeSpec) -> None:
        last: int | None = 0
        while last is not None:
            values, last = self._at.store.attribute_values(spec.name, last, VALUES_CHUNK)
            for contact_list, user_contact_id, value in values:
                expected = misfit(spec.data_type, value)
                if expected:
                    raise ServiceError(
                        Cause.IN_USE,
                        f"attribute {spec.name}: cannot become {spec.data_type}: contact {user_contact_id}"
                        f" of list {contact_list} has {value[:50]!r}, which is not {expected}; import that"
                        " contact with a value that fits, or an empty one; nothing was changed",
                    )


def _number(name: str, value: str) -> PhoneNumber:
    number = read_number(value)
    return PhoneNumber(name, number.e164, number.timezone, number.wireless)


def _type(name: str, text: str) -> AttributeType:
    try:
        return AttributeType(text.upper().replace("-", "_"))
    except ValueError:
        raise ServiceError(
            Cause.BAD_VALUE,
            f"attribute {name}: the type is {text[:50]!r}; allowed: {', '.join(AttributeType)}",
        ) from None


def _check(spec: AttributeSpec) -> None:
    where = f"attribute {spec.name[:MAX_NAME_CHARACTERS] or '(no name)'}"
    if spec.name != spec.name.strip() or not 1 <= len(spec.name) <= MAX_NAME_CHARACTERS:
        raise ServiceError(
            Cause.BAD_VALUE,
            f"{where}: a name has 1 to {MAX_NAME_CHARACTERS} characters, and no space at its ends",
        )
    if len(spec.display_name) > MAX_NAME_CHARACTERS:
        raise ServiceError(
            Cause.BAD_VALUE,
            f"{where}: the display name has {len(spec.display_name)} characters;"
            f" allowed are {MAX_NAME_CHARACTERS}",
        )
    for what, text in (("name", spec.name), ("display name", spec.display_name)):
        if fault := fault_of(text):
            raise ServiceError(Cause.BAD_VALUE, f"attribute {spec.name!r}: the {what} {fault}")
    if spec.data_type not in DATA_TYPES:
        raise ServiceError(
            Cause.BAD_VALUE,
            f"{where}: the data type is {spec.data_type[:50]!r}; allowed: {', '.join(DATA_TYPES)}",
        )


def _check_system(spec: AttributeSpec) -> None:
    fixed = _SYSTEM[spec.name]
    if spec.data_type != fixed.data_type:
        raise ServiceError(
            Cause.BAD_VALUE,
            f"attribute {spec.name}: every contact has it as {fixed.data_type}, which cannot be changed;"
            " define an attribute with another name",
        )
    if spec.organisation:
        raise ServiceError(Cause.BAD_VALUE, f"attribute {spec.name}: every contact has it, it is everybody's")
    if spec.name in {USER_CONTACT_ID, *FOLLOWING} and spec.attribute_type != fixed.attribute_type:
        raise ServiceError(
            Cause.BAD_VALUE,
            f"attribute {spec.name}: is {fixed.attribute_type}, which cannot be changed: it says who a"
            " contact is, or follows from its telephone numbers",
        )
