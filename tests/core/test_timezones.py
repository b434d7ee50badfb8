"""Time zones: which there are, and which keep the same time."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import attrs
import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from agentmgr.core.timezones import TIMEZONES, Offsets, country_timezones, different, parse_timezone
from protocol.commands import AGTGetTimezonesRESP
from protocol.connection import ClientConnection, response_bytes
from protocol.results import ResultCode


def names_in(table: str) -> set[str]:
    """The names in the third column of a table of the IANA."""
    lines = (files("tzdata") / "zoneinfo" / table).read_text(encoding="utf-8").splitlines()
    return {line.split("\t")[2] for line in lines if line and not line.startswith("#")}


def test_timezones_are_the_canonical_names_and_utc() -> None:
    assert set(TIMEZONES) == names_in("zone.tab") | {"UTC"}
    assert set(TIMEZONES) >= names_in("zone1970.tab")
    assert {"Pacific/Auckland", "Pacific/Honolulu", "America/Argentina/Buenos_Aires"} <= set(TIMEZONES)
    assert not {"US/Pacific", "Asia/Calcutta", "Etc/GMT+1", "EST5EDT", "Factory"} & set(TIMEZONES)
    assert list(TIMEZONES) == sorted(TIMEZONES)
    for name in TIMEZONES:
        ZoneInfo(name)


@pytest.mark.parametrize("link", ["US/Pacific", "asia/calcutta", "GMT", "Etc/UTC", "NZ"])
def test_other_names_of_a_timezone_are_read(link: str) -> None:
    assert parse_timezone(link).casefold() == link.casefold()


def test_all_timezones_fit_one_frame() -> None:
    told = Offsets(TIMEZONES).at(1_700_000_000.0)

    assert [pair.key for pair in told] == list(TIMEZONES)
    data = response_bytes(2**53 - 1, "x" * 64, AGTGetTimezonesRESP(ResultCode.SUCCESS, timezones=told))
    (answer,) = list(ClientConnection().receive(data))
    assert answer.response.timezones == told


@pytest.mark.parametrize(
    ("changes_at", "name", "before", "after"),
    [
        ("2026-03-29T01:00:00+00:00", "Europe/Berlin", "+01:00", "+02:00"),
        ("2026-10-25T01:00:00+00:00", "Europe/Berlin", "+02:00", "+01:00"),
        ("2026-04-04T15:00:00+00:00", "Australia/Lord_Howe", "+11:00", "+10:30"),
        ("2026-04-04T14:00:00+00:00", "Pacific/Chatham", "+13:45", "+12:45"),
    ],
)
def test_offsets_change_with_the_clocks_and_are_the_same_list_until_then(
    changes_at: str, name: str, before: str, after: str
) -> None:
    at, offsets = datetime.fromisoformat(changes_at).timestamp(), Offsets(TIMEZONES)
    winter = offsets.at(at - 0.001)

    assert dict(map(attrs.astuple, winter))[name] == before
    assert offsets.at(at - 900) is offsets.at(at - 1) is winter
    assert dict(map(attrs.astuple, offsets.at(at)))[name] == after
    assert dict(map(attrs.astuple, offsets.at(at - 1)))[name] == before  # a clock that was set back


def test_clocks_are_changed_at_full_quarters() -> None:
    """What `Offsets` rests on, for some years to come."""
    hour = timedelta(hours=1)
    for name in TIMEZONES:
        zone, moment = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC)
        while moment.year < 2029:
            later = moment + 24 * hour
            if moment.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
                low, high = moment, later
                while high - low > timedelta(seconds=1):
                    middle = low + (high - low) / 2
                    same = middle.astimezone(zone).utcoffset() == moment.astimezone(zone).utcoffset()
                    low, high = (middle, high) if same else (low, middle)
                assert min(high.timestamp() % 900, -high.timestamp() % 900) < 2, (name, high)
            moment = later


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
