"""Telephone numbers: read as people write them, kept as E.164, with the time zone they are in."""

import phonenumbers
from attrs import frozen
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_geographical_number

from agentmgr.campaign.timezones import country_timezones

_TOO_SHORT_OR_LONG = {
    ValidationResult.TOO_SHORT: "too short",
    ValidationResult.TOO_LONG: "too long",
    ValidationResult.INVALID_LENGTH: "of a length that does not exist",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "without its area code",
}
_NO_REGION = ("ZZ", "001")


def parse_country(text: str) -> str:
    """Return the ISO region of a country code, given as calling code (`44`, `+44`) or region (`GB`).

    Raises:
        ValueError: there is no such country.
    """
    code = text.strip().removeprefix("+").removeprefix("00")
    region = phonenumbers.region_code_for_country_code(int(code)) if code.isdecimal() else code.upper()
    if region in _NO_REGION or region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("no such country code; a calling code such as 44 or a region such as GB is needed")
    return region


def calling_code(region: str) -> int:
    """Return the calling code of an ISO region."""
    return phonenumbers.country_code_for_region(region)


@frozen
class DialableNumber:
    """A number that can be called: E.164, its calling code, and its time zone where the number tells it.

    `wireless` is sure; in some countries one cannot see it in the number, and it is False there.
    """

    e164: str
    calling_code: int
    timezone: str | None
    wireless: bool


def parse_number(text: str, region: str | None) -> DialableNumber:
    """Read a number; one without `+` and country code is taken as one of `region`.

    Takes about 70 us; phonenumbers looks at every pattern of the country.

    Raises:
        ValueError: it is not a number that can be called.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise ValueError("has no country code; write it with +, or tell the country") from None
        raise ValueError("is not a telephone number") from None
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        country = phonenumbers.region_code_for_country_code(number.country_code or 0)
        reason = _TOO_SHORT_OR_LONG.get(phonenumbers.is_possible_number_with_reason(number))
        raise ValueError(
            f"is {reason} for a number of {country}"
            if reason
            else f"is not a number that exists in {country}"
        )
    if number.extension:
        raise ValueError("has an extension, which cannot be dialled")
    return DialableNumber(
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        number.country_code or 0,
        _timezone_of(number),
        kind == PhoneNumberType.MOBILE,
    )


def _timezone_of(number: phonenumbers.PhoneNumber) -> str | None:
    """Return the zone of a number; of several the one where most people of its country live."""
    zones = time_zones_for_geographical_number(number)
    if len(zones) > 1:
        country = phonenumbers.region_code_for_number(number)
        for candidate in country_timezones().get(country or "", ()):
            if candidate in zones:
                return candidate
    return None if zones[0] == UNKNOWN_TIMEZONE else zones[0]


def parse_address(text: str, region: str | None) -> str:
    """Return a do-not-call address in the form it is kept in: E.164, or an e-mail address in lower case.

    Raises:
        ValueError: it is neither.
    """
    if "@" in text:
        return text.strip().casefold()
    return parse_number(text, region).e164
