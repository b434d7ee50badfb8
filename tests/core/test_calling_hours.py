"""When a number may be called: by the clocks on its walls, also on the days when they change."""

from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmgr.core.calling_hours import next_opening
from agentmgr.core.model import CallingHours

NINE_TO_NINE = CallingHours(9 * 60, 21 * 60)
WORKDAYS = CallingHours(9 * 60, 17 * 60 + 30, frozenset(range(1, 6)))
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")


def at(text, zone="Europe/Berlin", fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


CASES = """
9-21       Europe/Berlin     2024-05-06T12:00     2024-05-06T12:00  is open
9-21       Europe/Berlin     2024-05-06T09:00     2024-05-06T09:00  first minute
9-21       Europe/Berlin     2024-05-06T08:59:59  2024-05-06T09:00  a second too early
9-21       Europe/Berlin     2024-05-06T21:00     2024-05-07T09:00  closed for today
workdays   Europe/Berlin     2024-05-03T17:30     2024-05-06T09:00  closed for the weekend
workdays   Europe/Berlin     2024-05-04T10:00     2024-05-06T09:00  saturday
9-21       Asia/Kolkata      2024-05-06T08:30     2024-05-06T09:00  half-hour zone
9-21       Asia/Kathmandu    2024-05-06T22:00     2024-05-07T09:00  quarter-hour zone
9-21       Europe/Berlin     2024-03-30T22:00     2024-03-31T09:00  night to summer time
9-21       Europe/Berlin     2024-03-31T01:00     2024-03-31T09:00  before the clock goes forward
9-21       Europe/Berlin     2024-10-26T22:00     2024-10-27T09:00  night to winter time
mondays    America/New_York  2024-05-06T17:30     2024-05-13T09:00  same weekday next week
"""
HOURS = {
    "9-21": NINE_TO_NINE,
    "workdays": WORKDAYS,
    "mondays": CallingHours(9 * 60, 17 * 60 + 30, frozenset({1})),
}


@pytest.mark.parametrize("case", CASES.strip().splitlines(), ids=lambda case: case.split(maxsplit=4)[4])
def test_next_opening_when(case):
    hours, zone, now, opens, _ = case.split(maxsplit=4)
    assert next_opening(HOURS[hours], zone, at(now, zone)) == at(opens, zone)


def test_whole_week_is_always_open_and_asks_no_time_zone():
    assert next_opening(CallingHours(), "no such zone", 5.0) == 5.0


def test_whole_day_of_some_weekdays_opens_at_midnight():
    hours = CallingHours(0, 1440, frozenset({1}))
    assert next_opening(hours, "Europe/Berlin", at("2024-05-05T12:00")) == at("2024-05-06T00:00")


def test_day_to_summer_time_has_an_hour_less_until_the_opening():
    now = at("2024-03-31T01:00")
    assert next_opening(NINE_TO_NINE, "Europe/Berlin", now) - now == 7 * 3600


def test_opening_in_the_hour_that_is_left_out_is_where_the_clock_goes_on():
    hours = CallingHours(2 * 60 + 30, 600)
    assert next_opening(hours, "Europe/Berlin", at("2024-03-31T01:00")) == at("2024-03-31T03:00")


def test_hours_that_the_clock_leaves_out_open_the_day_after():
    hours = CallingHours(2 * 60, 3 * 60)
    assert next_opening(hours, "Europe/Berlin", at("2024-03-31T01:00")) == at("2024-04-01T02:00")


def test_single_hour_of_the_week_that_the_clock_leaves_out_opens_a_week_later():
    hours = CallingHours(2 * 60, 3 * 60, frozenset({7}))
    assert next_opening(hours, "Europe/Berlin", at("2024-03-24T03:00")) == at("2024-04-07T02:00")


def test_hour_that_comes_twice_is_open_twice():
    hours = CallingHours(2 * 60, 2 * 60 + 30)
    for fold in (0, 1):
        now = at("2024-10-27T02:15", fold=fold)
        assert next_opening(hours, "Europe/Berlin", now) == now
    between = at("2024-10-27T02:45", fold=0)
    assert next_opening(hours, "Europe/Berlin", between) == at("2024-10-27T02:00", fold=1)


def test_several_time_zones_are_open_only_while_all_are():
    zones = "Australia/Sydney,Australia/Perth"
    assert next_opening(NINE_TO_NINE, zones, at("2024-05-06T08:00", "Australia/Sydney")) == at(
        "2024-05-06T09:00", "Australia/Perth"
    )
    assert next_opening(NINE_TO_NINE, zones, at("2024-05-06T21:00", "Australia/Sydney")) == at(
        "2024-05-07T09:00", "Australia/Perth"
    )
    evening = at("2024-05-06T20:59", "Australia/Sydney")
    assert next_opening(NINE_TO_NINE, zones, evening) == evening


def test_zones_too_far_from_each_other_to_be_open_together_never_open():
    hours = CallingHours(9 * 60, 17 * 60)
    assert next_opening(hours, "America/New_York,Asia/Tokyo", at("2024-05-06T12:00")) is None


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "Europe/Berlin,", "Europe/Berlin,Mars/Olympus", "../UTC"]
)
def test_unknown_time_zone_never_opens_in_restricted_hours(zone):
    assert next_opening(NINE_TO_NINE, zone, at("2024-05-06T12:00")) is None


@pytest.mark.parametrize("hours", [CallingHours(540, 600, frozenset()), CallingHours(600, 600)])
def test_hours_without_a_minute_never_open(hours):
    assert next_opening(hours, "UTC", 0.0) is None


@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3),
    begin=st.one_of(
        st.integers(1_700_000_000, 1_760_000_000),
        # within three days before a change of the clock
        st.builds(
            lambda change, before: int(change) - before,
            st.sampled_from(
                (at("2024-03-31T03:00"), at("2024-10-27T02:00"), at("2024-03-10T03:00", "America/New_York"))
            ),
            st.integers(0, 3 * 86_400),
        ),
    ),
    fraction=st.sampled_from((0.0, 0.25)),
    start=st.integers(0, 1435),
    length=st.integers(5, 1440),
    weekdays=st.sets(st.integers(1, 7), min_size=1).map(frozenset),
)
def test_opening_is_what_a_search_minute_by_minute_finds(zones, begin, fraction, start, length, weekdays):
    hours = CallingHours(start, min(1440, start + length), weekdays)
    now = begin + fraction
    whole = int(now // 60 + 1) * 60
    moments = chain([now], range(whole, whole + 9 * 86_400, 60))
    found = next((moment for moment in moments if all(is_open(hours, zone, moment) for zone in zones)), None)
    opens = next_opening(hours, ",".join(zones), now)
    if found is None:
        assert opens is None or opens > now + 8 * 86_400
    else:
        assert opens == found


def is_open(hours, zone, moment):
    local = datetime.fromtimestamp(moment, ZoneInfo(zone))
    return local.isoweekday() in hours.weekdays and (
        hours.start_min <= local.hour * 60 + local.minute < hours.end_min
    )
