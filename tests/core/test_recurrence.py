"""When schedules fire, by the clocks of places where those are turned."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agentmgr.core.recurrence import Frequency, Recurrence, read_recurrence, zone_of

NOW = datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")).timestamp()
NEW_YORK = "America/New_York"


def fires(count: int, frequency: str, start: str, timezone: str = NEW_YORK, **options: object) -> list[str]:
    """Return the first firings as clocks there show them, with their offset from UTC."""
    recurrence, at = read_recurrence(frequency, start, timezone, now=NOW, **options)  # type: ignore[arg-type]  # of several types
    found, clocks = [], zone_of(recurrence.timezone)
    each: float | None = at
    while each is not None and len(found) < count:
        found.append(datetime.fromtimestamp(each, clocks).strftime("%m-%d %H:%M %z"))
        each = recurrence.next_after(each)
    return found


def test_daily_where_a_clock_goes_forward_fires_as_much_later() -> None:
    assert fires(3, "Daily", "2026/03/07 02:30:00") == [
        "03-07 02:30 -0500",
        "03-08 03:30 -0400",
        "03-09 02:30 -0400",
    ]


def test_daily_where_a_clock_goes_back_fires_once_at_the_first() -> None:
    assert fires(3, "Daily", "2026/10/31 01:30:00") == [
        "10-31 01:30 -0400",
        "11-01 01:30 -0400",
        "11-02 01:30 -0500",
    ]


def test_once_at_a_time_that_does_not_exist_fires_later() -> None:
    assert fires(2, "Once", "2026/03/08 02:30:00") == ["03-08 03:30 -0400"]


def test_daily_on_weekdays_leaves_the_weekend_out() -> None:
    found = fires(3, "Daily", "2026/11/26 09:00:00", "Asia/Kolkata", weekdays_only=True)
    assert found == ["11-26 09:00 +0530", "11-27 09:00 +0530", "11-30 09:00 +0530"]


def test_daily_on_weekdays_where_friday_is_weekend_leaves_that_out() -> None:
    found = fires(
        3, "Daily", "2026/11/26 09:00:00", "Asia/Dubai", weekdays_only=True, weekend=("Friday", "Saturday")
    )
    assert found == ["11-26 09:00 +0400", "11-29 09:00 +0400", "11-30 09:00 +0400"]


def test_weekly_fires_on_its_days_however_they_are_written() -> None:
    found = fires(4, "Weekly", "2026/11/26 09:00:00", "GMT+5:30", days=["Monday", "FRIDAY", "mon"])
    assert found == ["11-27 09:00 +0530", "11-30 09:00 +0530", "12-04 09:00 +0530", "12-07 09:00 +0530"]


@pytest.mark.parametrize(
    ("day", "days"),
    [(31, ["31", "28", "31", "30"]), (30, ["30", "28", "30", "30"]), (29, ["29", "28", "29", "29"])],
)
def test_monthly_in_a_short_month_fires_on_its_last_day(day: int, days: list[str]) -> None:
    found = fires(4, "Monthly", f"2026/01/{day} 09:00:00")
    assert [each[3:5] for each in found] == days
    assert [each[:2] for each in found] == ["01", "02", "03", "04"]


def test_yearly_on_the_29th_of_february_fires_on_the_28th_in_other_years() -> None:
    found = fires(5, "Yearly", "2028/02/29 09:00:00")
    assert [each[:5] for each in found] == ["02-29", "02-28", "02-28", "02-28", "02-29"]


def test_yearly_on_the_28th_of_february_stays_there_in_leap_years() -> None:
    assert [each[:5] for each in fires(3, "Yearly", "2027/02/28 09:00:00")] == ["02-28"] * 3


def test_every_some_minutes_counts_real_minutes_over_a_gap() -> None:
    found = fires(4, "RunEveryNMins", "2026/03/08 00:00:00", every_min="90")
    assert found == ["03-08 00:00 -0500", "03-08 01:30 -0500", "03-08 04:00 -0400", "03-08 05:30 -0400"]


def test_every_some_minutes_asked_in_between_keeps_its_grid() -> None:
    recurrence, first = read_recurrence(
        "RunEveryNMins", "2026/11/26 09:00:00", "Europe/Berlin", now=NOW, every_min="25"
    )
    assert recurrence.next_after(first + 25 * 60 * 100 + 1) == first + 25 * 60 * 101
    assert recurrence.next_after(first + 25 * 60 * 100) == first + 25 * 60 * 101
    assert recurrence.next_after(0.0) == first


def test_an_end_is_the_last_moment_of_a_firing() -> None:
    assert len(fires(9, "Daily", "2026/11/26 09:00:00", end="2026/11/28 09:00:00")) == 3
    assert len(fires(9, "Daily", "2026/11/26 09:00:00", end="2026/11/28 08:59:59")) == 2


def test_an_end_at_the_end_of_time_is_as_good_as_none() -> None:
    assert len(fires(9, "Daily", "2026/11/26 09:00:00", end="9999/12/31 23:59:59")) == 9


def test_a_day_that_a_place_left_out_has_no_firing_of_its_own() -> None:
    """Samoa had no 30 December 2011: it went over the date line."""
    daily = Recurrence(Frequency.DAILY, "2011/12/28 10:00:00", "Pacific/Apia")
    at, found = 0.0, []
    for _ in range(4):
        at = daily.next_after(at) or 0.0
        found.append(datetime.fromtimestamp(at, zone_of(daily.timezone)).day)
    assert found == [28, 29, 31, 1]


def test_what_is_worked_out_does_not_depend_on_how_long_it_goes_on() -> None:
    recurrence, first = read_recurrence("Monthly", "2026/01/31 02:30:00", NEW_YORK, now=NOW)
    each, step = first, first
    for _ in range(400):
        step = recurrence.next_after(step) or 0.0
    while (found := recurrence.next_after(each)) is not None and found <= step:
        assert recurrence.next_after(found - 0.5) == found
        each = found
    assert each == step


@pytest.mark.parametrize(
    ("frequency", "start", "timezone", "options", "why"),
    [
        ("Fortnightly", "2026/11/26 09:00:00", NEW_YORK, {}, "the frequency is 'Fortnightly'; allowed are"),
        ("Once", "2026-11-26 09:00:00", NEW_YORK, {}, "the start is '2026-11-26"),
        ("Once", "2026/02/30 09:00:00", NEW_YORK, {}, "the start is '2026/02/30"),
        ("Once", "", NEW_YORK, {}, "the start is ''"),
        ("Once", "\u0662\u0660\u0662\u0667/01/01 09:00:00", NEW_YORK, {}, "the start is '\u0662"),
        ("Once", "0001/01/01 00:00:00", NEW_YORK, {}, "the start is '0001"),
        ("Once", "2025/12/31 09:00:00", NEW_YORK, {}, "which is over"),
        ("Once", "2026/11/26 09:00:00", "Mars/Olympus", {}, "no such time zone"),
        ("Once", "2026/11/26 09:00:00", "GMT+15", {}, "no clock is more than 14 hours off"),
        ("Daily", "2026/11/26 09:00:00", NEW_YORK, {"end": "2026/11/26 09:00:00"}, "must be later"),
        ("Daily", "2026/11/26 09:00:00", NEW_YORK, {"end": "later"}, "the end is 'later'"),
        ("Weekly", "2026/11/26 09:00:00", NEW_YORK, {}, "what is weekly needs days"),
        ("Weekly", "2026/11/26 09:00:00", NEW_YORK, {"days": ["Caturday"]}, "the day is 'Caturday'"),
        ("Daily", "2026/11/26 09:00:00", NEW_YORK, {"days": ["Monday"]}, "only what is Weekly has days"),
        ("RunEveryNMins", "2026/11/26 09:00:00", NEW_YORK, {}, "every '' minutes"),
        ("RunEveryNMins", "2026/11/26 09:00:00", NEW_YORK, {"every_min": "0"}, "every '0' minutes"),
        ("RunEveryNMins", "2026/11/26 09:00:00", NEW_YORK, {"every_min": "1.5"}, "every '1.5' minutes"),
        ("RunEveryNMins", "2026/11/26 09:00:00", NEW_YORK, {"every_min": "²"}, "every '²' minutes"),
        (
            "Weekly",
            "2026/11/26 09:00:00",
            NEW_YORK,
            {"days": ["Monday"], "end": "2026/11/27 09:00:00"},
            "it never happens",
        ),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_with_the_reason(
    frequency: str, start: str, timezone: str, options: dict[str, object], why: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        fires(1, frequency, start, timezone, **options)
