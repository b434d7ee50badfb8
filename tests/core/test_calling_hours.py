"""When a contact may be called: by the clock on its own wall, also on the days when it changes."""

from datetime import UTC, datetime, timedelta
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


def test_opening_in_the_hour_that_is_left_out_comes_right_after_it():
    hours = CallingHours(2 * 60 + 30, 600)
    opens = next_opening(hours, "Europe/Berlin", at("2024-03-31T01:00"))
    assert opens == at("2024-03-31T03:30")
    assert next_opening(hours, "Europe/Berlin", opens) == opens


def test_hour_that_comes_twice_is_open_twice():
    hours = CallingHours(2 * 60, 3 * 60)
    for fold in (0, 1):
        now = at("2024-10-27T02:30", fold=fold)
        assert next_opening(hours, "Europe/Berlin", now) == now


def test_hours_that_never_open_are_a_fault():
    with pytest.raises(ValueError, match="never open"):
        next_opening(CallingHours(540, 600, frozenset()), "UTC", 0.0)


@given(
    zone=st.sampled_from(ZONES),
    now=st.integers(1_700_000_000, 1_760_000_000),
    start=st.integers(0, 23 * 60),
    length=st.integers(60, 1440),
    weekdays=st.sets(st.integers(1, 7), min_size=1).map(frozenset),
)
def test_opening_is_open_and_nothing_before_it_is(zone, now, start, length, weekdays):
    hours = CallingHours(start, min(1440, start + length), weekdays)
    opens = next_opening(hours, zone, float(now))
    assert opens >= now
    assert is_open(hours, zone, opens) or in_a_gap(zone, opens)
    step_s = 15 * 60
    for moment in range(now, int(min(opens, now + 8 * 86_400)), step_s):
        assert not is_open(hours, zone, moment), datetime.fromtimestamp(moment, ZoneInfo(zone))


def is_open(hours, zone, moment):
    local = datetime.fromtimestamp(moment, ZoneInfo(zone))
    return local.isoweekday() in hours.weekdays and (
        hours.start_min <= local.hour * 60 + local.minute < hours.end_min
    )


def in_a_gap(zone, moment):
    """Whether the clock was put forward within the hour before."""
    local = datetime.fromtimestamp(moment, UTC)
    before = local - timedelta(hours=1)
    return local.astimezone(ZoneInfo(zone)).utcoffset() != before.astimezone(ZoneInfo(zone)).utcoffset()
