"""Time zones: which there are, and which keep the same time."""

from zoneinfo import ZoneInfo

import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from agentmgr.core.timezones import TIMEZONES, country_timezones, different, parse_timezone


def test_timezones_are_places_that_zoneinfo_knows() -> None:
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC"} <= set(TIMEZONES)
    assert not {"Etc/GMT+1", "EST5EDT", "posixrules", "Factory"} & set(TIMEZONES)
    assert list(TIMEZONES) == sorted(TIMEZONES)
    for name in TIMEZONES:
        ZoneInfo(name)


def test_timezones_of_numbers_are_all_known_to_zoneinfo() -> None:
    named = {zone for zones in TIMEZONE_DATA.values() for zone in zones}
    named |= {zone for zones in country_timezones().values() for zone in zones}
    for name in named:
        ZoneInfo(name)


def test_timezone_parsed_in_any_case() -> None:
    assert parse_timezone(" europe/BERLIN ") == "Europe/Berlin"
    with pytest.raises(ValueError, match="no such time zone"):
        parse_timezone("Europe/Atlantis")


def test_zones_whose_clocks_go_alike_are_one() -> None:
    assert different(["Europe/London", "Europe/Jersey", "Europe/Berlin", "Europe/Paris"]) == (
        "Europe/London",
        "Europe/Berlin",
    )
    # the same in winter alone
    assert different(["America/Denver", "America/Phoenix"]) == ("America/Denver", "America/Phoenix")
