"""Telephone numbers as people write them: each is read as what it is, or refused with its reason."""

import re
from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from agentmgr.core import numbers
from agentmgr.core.numbers import parse_country, read_address, read_number, region_of

_KINDS = [kind for kind in vars(PhoneNumberType).values() if type(kind) is int]
_WIDE = str.maketrans("0123456789+-()/", "0123456789+-()/")


def _examples() -> Iterator[tuple[str, phonenumbers.PhoneNumber]]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        found = (phonenumbers.example_number_for_type(region, kind) for kind in _KINDS)
        yield from ((region, number) for number in found if number is not None)


def _ways(region: str, number: phonenumbers.PhoneNumber) -> Iterator[tuple[str, str | None]]:
    """Yield the ways in which people write a number, each with the country that it is written in."""

    def form(which: int) -> str:
        return phonenumbers.format_number(number, which)

    e164, abroad, at_home = (
        form(PhoneNumberFormat.E164),
        form(PhoneNumberFormat.INTERNATIONAL),
        form(PhoneNumberFormat.NATIONAL),
    )
    yield e164, None
    yield e164, "DE"
    yield abroad, None
    yield form(PhoneNumberFormat.RFC3966), None
    yield f"tel:{e164}", None
    yield f"callto:{abroad}", None
    yield f"tel:{at_home};phone-context=+{number.country_code}", None
    yield abroad.replace(" ", "\u00a0"), None
    yield abroad.replace(" ", "\u2011"), None
    yield abroad.replace(" ", "."), None
    yield f"\u202a{abroad.replace(' ', chr(0x200B))}\u202c", None
    yield abroad.translate(_WIDE), None
    yield f"(+{number.country_code}) {abroad.partition(' ')[2]}", None
    yield f"'{e164}", None
    yield f"{e164}.0", None
    yield f"00{e164[1:]}", None
    yield f"00 {abroad[1:]}", None
    yield phonenumbers.format_out_of_country_calling_number(number, "US"), "US"
    yield at_home, region
    yield at_home.translate(_WIDE), region
    yield at_home.replace("-", "\u2013").replace(" ", "\u202f"), region
    yield at_home.replace(" ", "").replace("-", ""), region
    yield f"{phonenumbers.normalize_digits_only(at_home)}.0", region
    if (phonenumbers.ndd_prefix_for_region(region, True) or "").startswith("0"):
        code, _, rest = abroad.partition(" ")
        yield f"{code} (0){rest}", None
        yield f"{code}(0) {rest}", None


@pytest.mark.slow
def test_number_is_read_back_in_every_country_however_it_is_written() -> None:
    wrong = []
    for region, number in _examples():
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for text, country in _ways(region, number):
            try:
                found = read_number(text, country).e164
            except ValueError as error:
                found = str(error)
            if found != e164:
                wrong.append((text, country, found))
    assert wrong == []


@pytest.mark.slow
def test_number_with_00_is_read_or_refused_but_never_another_one() -> None:
    # where 00 and a digit choose the carrier, one text may be two numbers, and some countries have
    # numbers of their own that begin with 00
    uncertain = set()
    for _, number in _examples():
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for country in ("DE", "US", "AU", "GB", "JP", "SG", "HK", "KR", "TH", "BR", "RU"):
            try:
                found = read_number(f"00{e164[1:]}", country).e164
            except ValueError as error:
                found = re.sub(rf"may be .*{re.escape(e164)}\b.*; write it with \+", e164, str(error))
                uncertain.add(country)
            assert found == e164
    assert uncertain <= {"AU", "BR", "HK", "JP", "KR", "SG", "TH"}


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_number_of_sydney_with_00_is_the_same_everywhere(region: str) -> None:
    assert read_number("0061255500077", region).e164 == "+61255500077"


@pytest.mark.parametrize("region", ["GB", "US", "AU", "FR", "ES", "CH", "NZ", "ZA"])
def test_digits_too_long_for_the_country_are_read_as_international(region: str) -> None:
    assert read_number("61255500077", region).e164 == "+61255500077"


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("+44 (0)20 7946 0018", None, "+442079460018"),
        ("+39 (0)6 1234 5678", None, "+390612345678"),
        ("+49 [0] 30 123456", None, "+4930123456"),
        ("+49 (030) 123456", None, "+4930123456"),
        ("030123456.0", "DE", "+4930123456"),
        ("030123456,0", "DE", "+4930123456"),
        ("030123456.00", "DE", "+4930123456"),
        ("30123456.0", "DE", "+4930123456"),
        ("030/123456", "DE", "+4930123456"),
        ("+49 30/123456", None, "+4930123456"),
        ("030.123456", "DE", "+4930123456"),
        ("030.1230000", "DE", "+49301230000"),
        ("030.000000", "DE", "+4930000000"),
        ("030–123456", "DE", "+4930123456"),
        ("030—123 456", "DE", "+4930123456"),
        ("+1 (0)212 555 0123", None, "+12125550123"),
        ("6591234567", "IN", "+916591234567"),
        ("01.23.45.67.00", "FR", "+33123456700"),
        ("02/512.34.00", "BE", "+3225123400"),
        ("030 12345-67", "DE", "+49301234567"),
        ("090ー1234ー5678", "JP", "+819012345678"),
        ("٠٣٠ ١٢٣٤٥٦", "DE", "+4930123456"),
        ("TEL:%2B49%2030%20123456", None, "+4930123456"),
        ('="030123456"', "DE", "+4930123456"),
        ("4930123456", "DE", "+4930123456"),
        ("+1.2125550123", None, "+12125550123"),
        ("8 495 123-45-67", "RU", "+74951234567"),
        ("495 123-45-67", "RU", "+74951234567"),
        ("98765 43210", "IN", "+919876543210"),
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("+1 (800) GO-FEDEX", None, "+18004633339"),
        ("1300 FLIGHT", "AU", "+611300354448"),
        ("13 CABS", "AU", "+61132227"),
        ("0800 BUY NOW", "NZ", "+64800289669"),
    ],
)
def test_number_is_read_as_people_write_it(text: str, region: str | None, e164: str) -> None:
    assert read_number(text, region).e164 == e164


@pytest.mark.parametrize(
    ("text", "region", "why"),
    [
        ("030 123456 Fax", "DE", "has letters"),
        ("030 123456 priv", "DE", "has letters"),
        ("Tel. 030 123456", "DE", "has letters"),
        ("030 123456 oder 030 123457", "DE", "has letters"),
        ("030 123456 факс", "DE", "has letters"),
        ("1-800-FLOWERS", "GB", "has letters"),
        ("212 555 0123 Fax", "US", "letters after a whole number"),
        ("212 3456 Fax", "US", "letters after a whole number"),
        ("9555 0123 Fax", "AU", "letters after a whole number"),
        ("Fax 212 555 0123", "US", "letters that are no part"),
        ("2125550123 m", "US", "letters that are no part"),
        ("1-800-FLOWERSHOP", "US", "is too long"),
        ("44 2079 GMO018", "US", "is too long"),
        ("+247 (0)62889", None, "may be +247062889 or +24762889"),
        ("0037410123456", "JP", "may be +810037410123456 or +37410123456"),
        ("FLOWERS", "US", "is not a telephone number"),
        ("+4930123456/57", None, "goes on with '/' after a whole number"),
        ("030 123456 / 030 123457", "DE", "goes on with '/'"),
        ("212-555-0123/0124", "US", "goes on with '/'"),
        ("030 123456 (57)", "DE", "goes on with '(' after a whole number"),
        ("030123456.5", "DE", "goes on with '.' after a whole number"),
        ("030 123456; 030 123457", "DE", "the sign ';'"),
        ("030 123456, 030 123457", "DE", "the sign ','"),
        ("030 123456 | 030 123457", "DE", "the sign '|'"),
        ("030 123456 & 57", "DE", "the sign '&'"),
        ("030 123456\n030 123457", "DE", "U+000A"),
        ("+49 30 123456 +49 30 123457", None, "the sign '+'"),
        ("++4930123456", None, "the sign '+'"),
        ("030 123456+", "DE", "the sign '+'"),
        ("4.93012E+11", "DE", "with an exponent"),
        ("4,93012E+11", "US", "with an exponent"),
        ("61E10", "AU", "with an exponent"),
        ("*31#030123456", "DE", "the sign '*'"),
        ("030 123456#12", "DE", "the sign '#'"),
        ("-30123456", "DE", "begins with '-'"),
        ("−30123456", "DE", "begins with '-'"),
        ("/30123456", "DE", "begins with '/'"),
        ("030 123456²", "DE", "U+00B2"),
        ("030 12345½", "DE", "U+00BD"),
        ("030 123456 ext. 12", "DE", "an extension"),
        ("212 555 0123 x12", "US", "an extension"),
        ("tel:+4930123456;ext=12", None, "an extension"),
        ("tel:123456;phone-context=example.com", "DE", "a network that has no country code"),
        ("110", "DE", "without its area code"),
        ("+49110", None, "without its area code"),
        ("911", "US", "is too short"),
        ("112", "GB", "is too short"),
        ("+44999", None, "is too short"),
        ("030123456", None, "has no country code"),
        ("+4412", None, "is too short for a number of GB"),
        ("+442079460018000", None, "is too long for a number of GB"),
        ("4930123456", "US", "is not a number that exists in US"),
        ("", "DE", "is not a telephone number"),
        (" \u200b ", "DE", "is not a telephone number"),
        ("+", None, "is not a telephone number"),
        ("9" * 300, "DE", "is not a telephone number"),
    ],
)
def test_what_is_no_single_number_is_refused(text: str, region: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        read_number(text, region)


@pytest.mark.slow
def test_two_short_numbers_are_not_read_as_one_of_abroad() -> None:
    for region, number in _examples():
        text = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        with pytest.raises(ValueError, match=r"^(is|has|may|goes) "):
            read_number(f"{text} - {text}", region)


def test_number_without_its_0_that_may_be_of_abroad_is_refused_with_both() -> None:
    with pytest.raises(ValueError, match=r"may be \+4961255500077 or \+61255500077; write it with \+"):
        read_number("61255500077", "DE")


@pytest.mark.parametrize(
    ("text", "premium"),
    [
        ("+44 909 879 0000", True),
        ("+1 900 234 5678", True),
        ("+1 212 976 1234", True),
        ("+49 900 1 234567", True),
        ("+49 137 7 123456", True),
        ("+49 1371 234567", True),
        ("+979 1 2345 6789", True),
        ("+33 891 123456", True),
        ("+61 1900 654 321", True),
        ("+41 900 123 456", True),
        ("+43 900 123456", True),
        ("+1 800 234 5678", False),
        ("+49 800 1234567", False),
        ("+44 20 7946 0018", False),
        ("+49 30 1370000", False),
    ],
)
def test_premium_number_is_known(text: str, premium: bool) -> None:
    number = read_number(text)
    assert number.premium is premium
    assert numbers.is_premium(number.e164) is premium


def test_what_is_dialled_is_premium_as_the_whole_reading_has_it() -> None:
    """Most are told by a pattern alone: examples, their neighbours, and prefixes where none belong."""
    for _, number in _examples():
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        code = len(str(number.country_code)) + 1
        behind = "".join(chr(ord("0") + (int(digit) + 1) % 10) for digit in e164[code:])
        for text in (e164, e164[:code] + behind, f"{e164[:code]}0{e164[code:]}", e164[:-1] + "0"):
            try:
                premium = read_number(text).premium
            except ValueError:
                premium = False
            assert numbers.is_premium(text) is premium, text


def test_number_that_does_not_exist_is_not_premium() -> None:
    assert not numbers.is_premium("+15550001")


@pytest.mark.parametrize(
    ("e164", "zones"),
    [
        ("+442079460018", "Europe/London"),
        ("+447912345678", "Europe/London"),
        ("+4915123456789", "Europe/Berlin"),
        ("+12125550123", "America/New_York"),
        ("+77011234567", "Asia/Almaty"),
        ("+74012123456", "Europe/Kaliningrad"),
        ("+213551234567", "Africa/Algiers"),
        ("+529982123456", "America/Cancun"),
        ("+61255500077", "Australia/Sydney"),
        ("+34612345678", "Europe/Madrid,Atlantic/Canary"),
        (
            "+18002345678",
            "America/New_York,America/Chicago,America/Denver,America/Phoenix,America/Los_Angeles,"
            "America/Anchorage,America/Adak,Pacific/Honolulu",
        ),
        ("+979123456789", ""),
    ],
)
def test_number_tells_all_zones_that_it_may_be_in(e164: str, zones: str) -> None:
    assert read_number(e164).timezone == zones


def test_mobile_number_may_be_anywhere_in_its_country() -> None:
    assert {"Australia/Perth", "Australia/Sydney"} <= set(read_number("+61412345678").timezone.split(","))
    russia = read_number("+79161234567").timezone.split(",")
    assert {"Europe/Kaliningrad", "Europe/Moscow", "Asia/Kamchatka"} <= set(russia)
    assert len(russia) == 11


def test_number_tells_whether_it_is_wireless_where_one_can_see() -> None:
    assert read_number("+34612345678").wireless
    assert not read_number("+34910000123").wireless
    assert not read_number("+12125550123").wireless


def test_number_tells_its_country() -> None:
    found = read_number("+14165550123")
    assert (found.region, found.calling_code) == ("CA", 1)
    assert [region_of(e164) for e164 in ("+14165550123", "+15550001", "+979123456789", "x")] == [
        "CA",
        "US",
        None,
        None,
    ]


@pytest.mark.parametrize("text", ["44", "+44", "0044", " gb ", "44.0"])
def test_country_is_read_as_people_write_it(text: str) -> None:
    assert parse_country(text) == "GB"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ann@Example.COM ", "ann@example.com"),
        ("mailto:ann@example.com", "ann@example.com"),
        ("\u200bann@example.com", "ann@example.com"),
        ("020 7946 0018", "+442079460018"),
    ],
)
def test_address_is_read_in_the_form_it_is_kept(text: str, address: str) -> None:
    assert read_address(text, "GB") == address


@pytest.mark.parametrize(
    "text",
    [
        "@",
        "ann@",
        "ann@home",
        "a b@example.com",
        "ann@example.com, bob@example.com",
        f"{'a' * 65}@example.com",
        f"ann@{'a' * 64}.com",
        "ann@" + "abc." * 63 + "com",
        "ann@example..com",
    ],
)
def test_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither a telephone number nor an e-mail address"):
        read_address(text, "GB")


def test_calling_code_of_a_number_is_what_the_number_says_itself() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number(region)
        assert example is not None
        e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        assert numbers.calling_code_of(e164) == example.country_code
    assert (numbers.calling_code_of(""), numbers.calling_code_of("+999123456")) == (0, 0)
