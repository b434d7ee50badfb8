"""Telephone numbers as people write them, read into what is dialled: E.164.

Nothing is guessed: what could be two numbers, or somebody else's, is no number.
"""

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from functools import cache, lru_cache
from urllib.parse import unquote

import phonenumbers
from attrs import frozen
from phonenumbers import (
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_geographical_number
from phonenumbers.tzdata import TIMEZONE_DATA

from agentmgr.core.timezones import clock_of, country_timezones, different
from agentmgr.text import fault_of

_NO_REGION = ("ZZ", "001")
_TRUNK_PREFIX = re.compile(r"[(\[] ?0 ?[)\]]")
_WITH_LETTERS = frozenset({1, 61, 64})
"""Calling codes of countries where numbers are advertised as words."""
_PREMIUM_TOO = re.compile(r"\+49137|\+1\d{3}976")
"""Dearer than a call, though phonenumbers counts them among others: mass calling, 976 in North America."""

_DASHES = "\u2212\u30fc\u2043\u02d7"
_INVISIBLE_TOO = re.compile("[\u034f\ufe00-\ufe0f]")
_LINK = re.compile(r"(?:tel|callto)\s*:(?://)?", re.IGNORECASE)
_CONTEXT = re.compile(r";\s*phone-context=(\+[\d\-.()]+)(?=;|$)", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:^|;)\s*ext=", re.IGNORECASE)
_FRACTION_OF_NOTHING = re.compile(r"(\+?\d+)[.,]0{1,2}")
_SCIENTIFIC = re.compile(r"\d+([.,]\d+)?E[+-]?\d+", re.IGNORECASE)
_DIGITS_ALONE = re.compile(r"[\d \-.()\[\]/]+")
_WORD_LAST = re.compile(r"([+(\[]*\d[\d \-.()\[\]/]*)[A-Z][A-Z\d \-]*", re.IGNORECASE)
_MIN_LETTERS = 3
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")

_TOO_SHORT_OR_LONG = {
    ValidationResult.TOO_SHORT: "too short",
    ValidationResult.TOO_LONG: "too long",
    ValidationResult.INVALID_LENGTH: "of a length that does not exist",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "without its area code",
}
_WHOLE = (ValidationResult.IS_POSSIBLE, ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
_LONGER_THAN_NATIONAL = (ValidationResult.TOO_LONG, ValidationResult.INVALID_LENGTH)


@frozen
class DialableNumber:
    """A number that can be called, and what it tells by itself.

    `region` is its ISO country, `001` for one of no country. `timezone` has the IANA names of all zones
    that it may be in, joined by commas; empty if it tells none. `wireless` is sure; in some countries one
    cannot see it in the number, and it is False there. A `premium` number costs more than a call.
    """

    e164: str
    calling_code: int
    region: str
    timezone: str
    wireless: bool
    premium: bool


@lru_cache(maxsize=4096)
def read_number(text: str, region: str | None = None) -> DialableNumber:
    """Read a number; one without `+` and country code is taken as one of the ISO country `region`.

    Takes about 300 us when it is new; phonenumbers looks at every pattern of the country.

    Raises:
        ValueError: it is not one number that can be called; the text goes on after the number's.
    """
    number = _read(_as_written(text), region)
    kind = _kind(number)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    country = phonenumbers.region_code_for_number(number) or "001"
    return DialableNumber(
        e164,
        number.country_code or 0,
        country,
        ",".join(_timezones(number, kind, country)),
        kind == PhoneNumberType.MOBILE,
        kind == PhoneNumberType.PREMIUM_RATE or _PREMIUM_TOO.match(e164) is not None,
    )


def read_address(text: str, region: str | None = None) -> str:
    """Return a do-not-call address in the form it is kept in: E.164, or an e-mail address in lower case.

    Raises:
        ValueError: it is neither.
    """
    if "@" not in text:
        return read_number(text, region).e164
    address = _plain(text).removeprefix("mailto:").casefold()
    if fault := fault_of(address):
        raise ValueError(fault)
    if not is_email(address):
        raise ValueError("is neither a telephone number nor an e-mail address")
    return address


_EMAIL = re.compile(r"(?=.{3,254}\Z)[^@\s]{1,64}@([^@\s.]{1,63}\.)+[^@\s.]{1,63}")
"""Lengths as RFC 5321, 4.5.3.1, and host names have them."""


def is_email(text: str) -> bool:
    """Tell whether mail could be sent there, as far as one can see."""
    return _EMAIL.fullmatch(text) is not None


@lru_cache(maxsize=1024)  # asked twice of each number: before it is dialled, and once it was checked
def is_premium(e164: str) -> bool:
    """Tell whether a number costs more than a call; one that does not exist costs nothing."""
    if _E164.fullmatch(e164) and not _PREMIUM_TOO.match(e164):
        code = str(calling_code_of(e164))
        suspect = _premium_somewhere(code)
        if suspect is None or suspect.fullmatch(e164, 1 + len(code)) is None:
            return False  # as of nearly every number that is dialled, and in a hundredth of the time
    try:
        return read_number(e164).premium
    except ValueError:
        return False


@cache
def _premium_somewhere(code: str) -> re.Pattern[str] | None:
    """Return what matches all national numbers that cost more in any country of a calling code, and others.

    phonenumbers takes a national prefix away that stands behind the code: it may stand here too.
    """
    patterns, prefixes = set[str](), set[str]()
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()):
        metadata = (
            PhoneMetadata.metadata_for_nongeo_region(int(code))
            if region == "001"
            else PhoneMetadata.metadata_for_region(region)
        )
        if metadata is None:
            continue
        if metadata.premium_rate is not None and metadata.premium_rate.national_number_pattern:
            patterns.add(metadata.premium_rate.national_number_pattern)
        if metadata.national_prefix_for_parsing:
            prefixes.add(metadata.national_prefix_for_parsing)
    if not patterns:
        return None
    digits = [*patterns, *(f"(?:{prefix}).+" for prefix in prefixes)]
    return re.compile("|".join(f"(?:{each})" for each in digits))


def region_of(e164: str) -> str | None:
    """Return the ISO country of a number, by its calling code alone if there is no such number."""
    number = _parse(e164, None)
    if number is None:
        return None
    code = phonenumbers.region_code_for_country_code(number.country_code or 0)
    region = phonenumbers.region_code_for_number(number) or code
    return None if region in _NO_REGION else region


def calling_code_of(e164: str) -> int:
    """Return the calling code of a number; 0 if there is no such country."""
    if _E164.fullmatch(e164):  # no code begins with another one, so that nothing else has to be read
        codes = (int(e164[1 : 1 + digits]) for digits in (1, 2, 3))
        return next((code for code in codes if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), 0)
    number = _parse(e164, None)
    return (number.country_code or 0) if number is not None else 0


def parse_country(text: str) -> str:
    """Return the ISO region of a country code, given as calling code (`44`, `+44`) or region (`GB`).

    Raises:
        ValueError: there is no such country.
    """
    code = text.strip().removeprefix("+").removeprefix("00")
    if fraction := _FRACTION_OF_NOTHING.fullmatch(code):
        code = fraction[1]
    region = phonenumbers.region_code_for_country_code(int(code)) if code.isdecimal() else code.upper()
    if region in _NO_REGION or region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("no such country code; a calling code such as 44 or a region such as GB is needed")
    return region


def calling_code(region: str) -> int:
    """Return the calling code of an ISO region."""
    return phonenumbers.country_code_for_region(region)


# -- what is written -----------------------------------------------------------------------


def _plain(text: str) -> str:
    """Write a text with plain letters, digits, dashes and spaces, and without what cannot be seen."""
    if text.isascii() and text.isprintable():
        return text.strip()
    plain: list[str] = []
    for char in text.strip():
        kind = unicodedata.category(char)
        if kind == "Cf" or _INVISIBLE_TOO.match(char):
            continue
        if kind == "Nd":
            plain.append(str(unicodedata.decimal(char)))
        elif kind in ("No", "Nl", "Cc", "Cs", "Zl", "Zp"):
            raise ValueError(f"has a sign that belongs to no number, U+{ord(char):04X}")
        else:
            plain.append("-" if kind == "Pd" else unicodedata.normalize("NFKC", char))
    joined = "".join(plain)
    return "".join("-" if c in _DASHES else " " if c.isspace() else c for c in joined).strip()


def _as_written(text: str) -> str:
    """Return a number's text without what address books and spreadsheets put around it."""
    plain = _plain(text).removeprefix("=").strip("'\"’ ")
    link = _LINK.match(plain)
    if link:
        plain = _linked(unquote(plain[link.end() :]).strip())
    if fraction := _FRACTION_OF_NOTHING.fullmatch(plain):
        return fraction[1]
    return plain


def _linked(text: str) -> str:
    """Return the number of a link, RFC 3966: a local one after the country code of its context."""
    context = _CONTEXT.search(text)
    number, _, parameters = text.partition(";")
    if _EXTENSION.search(parameters):
        raise ValueError("has an extension, which cannot be dialled")
    if number.lstrip().startswith("+"):
        return number
    if context:
        return f"{context[1]} {number}"
    if "phone-context" in parameters.casefold():
        raise ValueError("is a local number of a network that has no country code")
    return number


# -- how it is read ------------------------------------------------------------------------


def _read(text: str, region: str | None) -> PhoneNumber:
    if not _TRUNK_PREFIX.search(text):
        return _read_one(text, region)
    # the 0 that is not dialled from abroad; a few countries, such as Italy, dial it all the same
    found: list[PhoneNumber] = []
    for way in (text, _TRUNK_PREFIX.sub("", text, count=1)):
        with suppress(ValueError):
            found.append(_read_one(way, region))
    return _only(found) if found else _read_one(text, region)


def _read_one(text: str, region: str | None) -> PhoneNumber:
    if text[:1] in ("-", ".", "/"):
        raise ValueError(f"begins with {text[0]!r}; a spreadsheet may have changed it")
    has_letters = any(c.isalpha() for c in text)
    if has_letters:
        text = _as_digits(text, region)
    is_international = text.lstrip("([ ").startswith("+")
    signs = text.replace("+", "", 1) if is_international else text
    if not _DIGITS_ALONE.fullmatch(signs):
        raise ValueError(_why_not(signs))
    for mark in re.finditer(r"[/(\[]" if signs.count(".") != 1 else r"[/(\[.]", signs):
        if _is_number(signs[: mark.start()], is_international, region):
            raise ValueError(f"goes on with {mark[0]!r} after a whole number; one number is needed")
    digits = _digits(signs)
    if is_international:
        return _existing(_parse("+" + digits, None))
    return _read_plain(signs, digits, region, may_be_foreign=not has_letters)


def _why_not(text: str) -> str:
    if not any(c.isdecimal() for c in text):
        return "is not a telephone number"
    strange = next((c for c in text if not _DIGITS_ALONE.fullmatch(c)), "")
    return f"has the sign {strange!r} (U+{ord(strange):04X}) where no number has it; one number is needed"


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdecimal())


def _is_number(text: str, is_international: bool, region: str | None) -> bool:
    digits = _digits(text)
    try:
        if is_international:
            _existing(_parse("+" + digits, None))
        else:
            _read_plain(text, digits, region, may_be_foreign=True)
    except ValueError:
        return False
    return True


def _read_plain(text: str, digits: str, region: str | None, *, may_be_foreign: bool) -> PhoneNumber:
    """Read digits without a plus sign, by all that they may mean in a region."""
    has_00 = digits.startswith("00")
    foreign = _parse("+" + (digits[2:] if has_00 else digits), None)
    if region is None:
        if has_00:
            return _existing(foreign)
        raise ValueError("has no country code; write it with +, or tell the country")
    own = _parse(digits, region)
    candidates = [own]
    if has_00 or (own is not None and _exists(own) and _lacks_trunk_prefix(own, digits, region)):
        candidates.append(foreign)
    found = [number for number in candidates if number is not None and _exists(number)]
    if found:
        return _only(found)
    if may_be_foreign and foreign is not None and _exists(foreign) and _is_too_long(digits, region):
        _check_not_two(text, region)
        return foreign
    return _existing(foreign if has_00 else own)


def _only(found: Iterable[PhoneNumber]) -> PhoneNumber:
    readings = {phonenumbers.format_number(number, PhoneNumberFormat.E164): number for number in found}
    if len(readings) > 1:
        raise ValueError(f"may be {' or '.join(readings)}; write it with +")
    return next(iter(readings.values()))


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _exists(number: PhoneNumber) -> bool:
    return _kind(number) != PhoneNumberType.UNKNOWN


def _kind(number: PhoneNumber) -> int:
    """Return the type of a number, which is asked for several times while one is read."""
    return _kind_of(
        number.country_code,
        number.national_number,
        number.italian_leading_zero,
        number.number_of_leading_zeros,
    )


@lru_cache(maxsize=256)
def _kind_of(code: int | None, national: int | None, leading_zero: bool | None, zeros: int | None) -> int:
    number = PhoneNumber(
        country_code=code,
        national_number=national,
        italian_leading_zero=leading_zero,
        number_of_leading_zeros=zeros,
    )
    return phonenumbers.number_type(number)


def _existing(number: PhoneNumber | None) -> PhoneNumber:
    """Return a number that exists.

    Raises:
        ValueError: it does not; says why.
    """
    if number is None:
        raise ValueError("is not a telephone number")
    if _exists(number):
        return number
    country = phonenumbers.region_code_for_country_code(number.country_code or 0)
    reason = _TOO_SHORT_OR_LONG.get(phonenumbers.is_possible_number_with_reason(number))
    raise ValueError(
        f"is {reason} for a number of {country}" if reason else f"is not a number that exists in {country}"
    )


def _is_too_long(digits: str, region: str) -> bool:
    """Tell whether a region has no number of so many digits, and none that is longer but special ones."""
    number = PhoneNumber(country_code=calling_code(region), national_number=int(digits))
    return (
        phonenumbers.is_possible_number_with_reason(number) in _LONGER_THAN_NATIONAL
        and phonenumbers.is_possible_number_for_type_with_reason(number, PhoneNumberType.FIXED_LINE_OR_MOBILE)
        == ValidationResult.TOO_LONG
    )


def _lacks_trunk_prefix(number: PhoneNumber, digits: str, region: str) -> bool:
    """Tell whether a number is not written as its country writes it: with the 0 that most begin with."""
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    return (
        trunk.startswith("0")
        and not digits.startswith(trunk)
        and not _may_lack_trunk_prefix(region)
        and _digits(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)) != digits
    )


@cache
def _may_lack_trunk_prefix(region: str) -> bool:
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None, "a region that parse_country has let through"
    return any(form.national_prefix_optional_when_formatting for form in metadata.number_format)


def _check_not_two(text: str, region: str) -> None:
    """Refuse what is longer than one number because it is two with a space between."""
    for gap in re.finditer(r"[ \-]+", text):
        if _is_number(text[: gap.start()], False, region) and _is_number(text[gap.end() :], False, region):
            raise ValueError("may be two numbers; one number is needed")


def _as_digits(text: str, region: str | None) -> str:
    """Return a number that is advertised as a word in digits.

    Raises:
        ValueError: the letters are none of a number.
    """
    if _SCIENTIFIC.fullmatch(text):
        raise ValueError("is written with an exponent; a spreadsheet has lost its last digits")
    if not any(c.isdecimal() for c in text):
        raise ValueError("is not a telephone number")
    number = _parse(text, region)
    if number is not None and number.extension:
        raise ValueError("has an extension, which cannot be dialled")
    digits = phonenumbers.convert_alpha_characters_in_number(text)
    number = _parse(digits, region)
    if number is None or number.country_code not in _WITH_LETTERS:
        raise ValueError("has letters, which numbers of its country do not have")
    word = _WORD_LAST.fullmatch(text)
    if word is None or sum(c.isalpha() for c in text) < _MIN_LETTERS:
        raise ValueError("has letters that are no part of a number")
    before = _parse(word[1], region)
    if before is not None and phonenumbers.is_possible_number_with_reason(before) in _WHOLE:
        raise ValueError("goes on with letters after a whole number")
    return digits


# -- what it tells -------------------------------------------------------------------------


def _timezones(number: PhoneNumber, kind: int, region: str) -> tuple[str, ...]:
    """Return the zones that a number may be in, one of those whose clocks go alike."""
    code = number.country_code or 0
    if not phonenumbers.is_number_type_geographical(kind, code):
        return _anywhere_in(region, code)
    of_country = country_timezones().get(region, ())
    found: list[str] = []
    for zone in time_zones_for_geographical_number(number):
        if zone in of_country or not of_country:
            found.append(zone)
            continue
        alike = [other for other in of_country if clock_of(other) == clock_of(zone)]
        # phonenumbers has another country's zone for some places, such as Bucharest for Kaliningrad
        found += alike or [other for other in of_country if clock_of(other)[0] == clock_of(zone)[0]]
    return different(zone for zone in found or of_country if zone != UNKNOWN_TIMEZONE)


@cache
def _anywhere_in(region: str, code: int) -> tuple[str, ...]:
    """Return all zones of a country, the well-known places first, as phonenumbers has them."""
    known = TIMEZONE_DATA.get(str(code), ())
    of_country = country_timezones().get(region, ()) or known
    return different(sorted(of_country, key=lambda zone: zone not in known))
