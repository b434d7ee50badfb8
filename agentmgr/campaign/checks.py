"""What a contact may hold: the one place that reads its values, whichever way they come in."""

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from agentmgr.campaign.attributes import misfit
from agentmgr.campaign.phone_rules import PhoneRules
from agentmgr.campaign.service import Cause
from agentmgr.core import numbers
from agentmgr.core.model import (
    PHONE_ZONE_ATTRIBUTES,
    USER_CONTACT_ID,
    AttributeSpec,
    PhoneNumber,
    country_code_attribute,
)
from agentmgr.core.timezones import parse_timezone
from agentmgr.ports import ContactDraft
from agentmgr.text import fault_of

MAX_ID_CHARACTERS = 100
MAX_VALUE_CHARACTERS = 2000
EMAIL = "Email"
PREMIUM = "costs a premium; --allow-premium takes such numbers too"
_OF_NUMBERS = frozenset(
    each
    for name, zone in PHONE_ZONE_ATTRIBUTES.items()
    for each in (name, zone, country_code_attribute(name))
)


@frozen
class Checks:
    """What is checked beyond what always is, if somebody asks for it."""

    reject_patterns: bool = False
    phone_formats: bool = False
    dnc: bool = False
    automatic_timezone: bool = False


NO_CHECKS = Checks()


@frozen
class Fault:
    """Why a value cannot be taken: of which attribute, what was found, and what is wrong."""

    attribute: str
    found: str
    why: str
    cause: Cause = Cause.BAD_VALUE
    check: str = ""
    """Which of the checks that were asked for has found it: `reject` or `format`."""


@frozen
class WrittenNumber:
    """A telephone number as somebody wrote it, with country and time zone if those were said too."""

    name: str
    text: str
    country: str = ""
    timezone: str = ""


def _by_name(specs: Iterable[AttributeSpec]) -> Mapping[str, AttributeSpec]:
    return {spec.name: spec for spec in specs}


@frozen
class ContactReader:
    """Reads the values of contacts.

    Args:
        specs: all attributes that there are.
        region: ISO country of numbers that are written without one.
        checks: what is checked beyond what always is.
        rules: the patterns for telephone numbers.
        needs_number: refuse a contact without one of the numbers that all can have.
        allow_premium: take numbers that cost whoever calls them a premium.
    """

    _specs: Mapping[str, AttributeSpec] = field(converter=_by_name)
    _region: str | None = None
    _checks: Checks = NO_CHECKS
    _rules: PhoneRules = PhoneRules()
    _needs_number: bool = field(default=False, kw_only=True)
    _allow_premium: bool = field(default=True, kw_only=True)

    def read(self, values: Mapping[str, str]) -> tuple[ContactDraft | None, list[Fault]]:
        """Return a contact as it is stored, or None and all that is wrong with it.

        An attribute that is not there stays as it is, one that is empty is taken away.
        """
        faults = list(self._plain_faults(values))
        kept = {name: value for name, value in values.items() if name not in _OF_NUMBERS}
        phones: list[PhoneNumber] = []
        region = self._region
        if self._needs_number and not any(values.get(name) for name in PHONE_ZONE_ATTRIBUTES):
            first = next((name for name in PHONE_ZONE_ATTRIBUTES if name in values), "PhoneNumber1")
            faults.append(Fault(first, "", "every contact needs a telephone number"))
        for name, zone in PHONE_ZONE_ATTRIBUTES.items():
            country = country_code_attribute(name)
            text = values.get(name)
            if not text:
                if text is not None:
                    kept |= {name: "", country: ""}
                continue
            if region is None and phones:
                region = numbers.region_of(phones[0].number)
            written = WrittenNumber(name, text, values.get(country, ""), values.get(zone, ""))
            phone, wrong = self.read_number(written, region)
            faults += wrong
            if phone is not None:
                phones.append(phone)
                kept[country] = str(numbers.calling_code_of(phone.number))
        for name in sorted(kept):
            if kept[name] and self._is_phone(name):
                if region is None and phones:
                    region = numbers.region_of(phones[0].number)
                phone, wrong = self.read_number(WrittenNumber(name, kept.pop(name)), region)
                faults += wrong
                phones += [phone] if phone is not None else []
        user_contact_id = kept.pop(USER_CONTACT_ID, "").strip()
        if not user_contact_id:
            faults.append(Fault(USER_CONTACT_ID, "", "every contact needs an id"))
        if faults:
            return None, faults
        return ContactDraft(user_contact_id, tuple(phones), kept, self._zones_not_said(values, phones)), []

    def _is_phone(self, name: str) -> bool:
        spec = self._specs.get(name)
        return spec is not None and spec.data_type == "phone" and name not in PHONE_ZONE_ATTRIBUTES

    def _zones_not_said(self, values: Mapping[str, str], phones: Iterable[PhoneNumber]) -> frozenset[str]:
        if self._checks.automatic_timezone:
            return frozenset()
        return frozenset(
            each.name for each in phones if PHONE_ZONE_ATTRIBUTES.get(each.name, "") not in values
        )

    def _plain_faults(self, values: Mapping[str, str]) -> Iterable[Fault]:
        for name, value in values.items():
            allowed = MAX_ID_CHARACTERS if name == USER_CONTACT_ID else MAX_VALUE_CHARACTERS
            if len(value) > allowed:
                yield Fault(name, value, f"has {len(value)} characters; allowed are {allowed}")
            if fault := fault_of(value):
                yield Fault(name, value, f"{fault}; no value may have one")
            spec = self._specs.get(name)
            if spec is not None and spec.data_type != "phone" and (expected := misfit(spec.data_type, value)):
                yield Fault(name, value, f"the attribute needs {expected}")
        email = values.get(EMAIL, "")
        if email and not numbers.is_email(email):
            yield Fault(EMAIL, email, "is no e-mail address")

    def read_number(
        self, written: WrittenNumber, region: str | None = None
    ) -> tuple[PhoneNumber | None, list[Fault]]:
        """Return a telephone number as it is stored, or None and what is wrong with it.

        Args:
            written: by somebody.
            region: ISO country of one without country; that of the reader if None.
        """
        name, country_name = written.name, country_code_attribute(written.name)
        region = region or self._region
        try:
            region = numbers.parse_country(written.country) if written.country else region
        except ValueError as error:
            return None, [Fault(country_name, written.country, str(error))]
        try:
            number = numbers.read_number(written.text, region)
        except ValueError as error:
            return None, [Fault(name, written.text, str(error))]
        faults = []
        if number.premium and not self._allow_premium:
            return None, [Fault(name, written.text, PREMIUM)]
        if written.country and region and number.calling_code != numbers.calling_code(region):
            why = f"the number has the country code {number.calling_code}"
            faults.append(Fault(country_name, written.country, why))
        for check, asked, refuses in (
            ("reject", self._checks.reject_patterns, self._rules.rejects),
            ("format", self._checks.phone_formats, self._rules.misses_format),
        ):
            if asked and (why := refuses(number)):
                faults.append(Fault(name, written.text, why, Cause.CHECK_FAILED, check))
        timezone, wrong = self._timezone(written, number)
        faults += wrong
        phone = PhoneNumber(name, number.e164, timezone, number.wireless)
        return (None if faults else phone), faults

    def _timezone(self, written: WrittenNumber, number: numbers.DialableNumber) -> tuple[str, list[Fault]]:
        zone_name = PHONE_ZONE_ATTRIBUTES.get(written.name, written.name)
        text = written.timezone
        if self._checks.automatic_timezone and number.timezone:
            text = ""
        try:
            # the zones of a number that has several come back from an export
            timezone = parse_timezone(text) if text not in ("", number.timezone) else number.timezone
        except ValueError as error:
            return "", [Fault(zone_name, text, str(error))]
        if not timezone and written.name in PHONE_ZONE_ATTRIBUTES:
            why = "the number does not tell its time zone, so it must be given"
            return "", [Fault(zone_name, "", why)]
        return timezone, []


def addresses_of(draft: ContactDraft) -> frozenset[str]:
    """Return what may be on a do-not-call list of what a contact is given."""
    email = draft.attributes.get(EMAIL, "")
    found = {phone.number for phone in draft.numbers}
    return frozenset(found | {email.casefold()} if "@" in email else found)


def with_numbers(values: Mapping[str, str], there: Mapping[str, str]) -> dict[str, str]:
    """Return values with the numbers that a contact has, where a country or time zone alone is given.

    Args:
        values: what is given.
        there: what the contact has.
    """
    found = dict(values)
    for name, zone in PHONE_ZONE_ATTRIBUTES.items():
        number = there.get(name, "")
        is_told_of = found.get(zone) or found.get(country_code_attribute(name))
        if name not in found and number and is_told_of:
            found[name] = number
    return found
