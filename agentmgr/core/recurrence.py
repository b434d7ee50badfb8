"""When something happens again and again by the clock on a wall: read from text, worked out, never kept.

The rules of the calendar are dateutil's; what it gives are times on the wall, which become instants here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from attrs import frozen
from dateutil import rrule

from agentmgr.core.timezones import parse_timezone

MADE_UP_WITHIN_S = 3600.0
"""A firing that nobody was there for is made up if it is less than this late."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SATURDAY_AND_SUNDAY = ("Saturday", "Sunday")
MAX_EVERY_MIN = 527_040
"""The minutes of a leap year."""

_TIME = "%Y/%m/%d %H:%M:%S"
_MINUTE = "%Y/%m/%d %H:%M"
_FIRST_YEAR, _END_OF_TIME = 1970, 10_000
_LAST_INSTANT = datetime(9999, 12, 30, tzinfo=UTC).timestamp()
_OFFSET = re.compile(r"(?:GMT|UTC)\s*([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_MAX_OFFSET_H = 14
_FEBRUARY = 2
_BACK = timedelta(days=2)
"""More than any clock on a wall is off, and any of them was ever turned."""


class Frequency(StrEnum):
    """How often something happens."""

    ONCE = "Once"
    EVERY_N_MINUTES = "RunEveryNMins"
    DAILY = "Daily"
    WEEKLY = "Weekly"
    MONTHLY = "Monthly"
    YEARLY = "Yearly"


AGAIN_AND_AGAIN = tuple(each for each in Frequency if each is not Frequency.ONCE)


@frozen
class Recurrence:
    """From when to when, and how often; times are those of the time zone's clocks.

    `weekdays` are those of a weekly one, 0 is Monday; `left_out` are left out of all that is daily or more
    often. `end` is empty if it has none.
    """

    frequency: Frequency
    start: str
    timezone: str
    end: str = ""
    every_min: int = 0
    weekdays: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()

    def next_after(self, at: float) -> float | None:
        """Return the first firing later than a time, epoch seconds; None if there is none."""
        zone = zone_of(self.timezone)
        end = min(_instant(self.end, zone), _LAST_INSTANT) if self.end else _LAST_INSTANT
        for each in self._instants(zone, at):
            if each > at:
                return each if each <= end else None
        return None

    def _instants(self, zone: tzinfo, at: float) -> Iterator[float]:
        start = _instant(self.start, zone)
        if self.frequency is Frequency.ONCE:
            yield start
        elif self.frequency is Frequency.EVERY_N_MINUTES:
            yield from self._every_some_minutes(zone, start, at)
        else:
            for local in self._locals(zone, at):
                yield _on_the_wall(local, zone)

    def _every_some_minutes(self, zone: tzinfo, start: float, at: float) -> Iterator[float]:
        step_s = self.every_min * 60
        each = start + max(0.0, (at - start) // step_s) * step_s
        while each <= _LAST_INSTANT:
            if datetime.fromtimestamp(each, zone).weekday() not in self.left_out:
                yield each
            each += step_s

    def _locals(self, zone: tzinfo, at: float) -> Iterator[datetime]:
        """Give times on the wall from a little before an instant on."""
        first = _read_time(self.start)
        near = datetime.fromtimestamp(min(max(at, 0.0), _LAST_INSTANT), zone).replace(tzinfo=None) - _BACK
        since = max(first, datetime.combine(near.date(), first.time()))
        match self.frequency:
            case Frequency.DAILY:
                kept = [day for day in range(7) if day not in self.left_out]
                return iter(rrule.rrule(rrule.DAILY, since, byweekday=kept))
            case Frequency.WEEKLY:
                return iter(rrule.rrule(rrule.WEEKLY, since, byweekday=self.weekdays))
            case Frequency.MONTHLY:
                days = _up_to(first.day)
                return iter(rrule.rrule(rrule.MONTHLY, since, bymonthday=days, bysetpos=-1))
        days = _up_to(first.day) if first.month == _FEBRUARY else (first.day,)
        return iter(rrule.rrule(rrule.YEARLY, since, bymonth=first.month, bymonthday=days, bysetpos=-1))


def _up_to(day: int) -> Sequence[int]:
    """Return the days of which the last that a month has is meant: 31 is the end of each month."""
    shortest = 28
    return range(shortest, day + 1) if day > shortest else (day,)


def _on_the_wall(local: datetime, zone: tzinfo) -> float:
    """Return when clocks show a time: the first of two times, and one that is left out as much later."""
    return local.replace(tzinfo=zone, fold=0).timestamp()


def _instant(text: str, zone: tzinfo) -> float:
    return _on_the_wall(_read_time(text), zone)


def _read_time(text: str, form: str = _TIME) -> datetime:
    if not text.isascii():  # strptime reads the digits of all scripts
        raise ValueError(text)
    return datetime.strptime(text, form)  # noqa: DTZ007  # what the zone is stands beside it


def zone_of(name: str) -> tzinfo:
    """Return the clocks of a time zone by a name that `read_zone` gave."""
    if (found := _OFFSET.fullmatch(name)) is not None:
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-offset if sign == "-" else offset)
    return ZoneInfo(name)


# -- from text -----------------------------------------------------------------------------


def read_zone(text: str) -> str:
    """Return the name of a time zone: IANA's, or one such as GMT+05:30.

    Raises:
        ValueError: there is none.
    """
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        return parse_timezone(text)
    sign, hours, minutes = found[1], int(found[2]), int(found[3] or 0)
    if hours * 60 + minutes > _MAX_OFFSET_H * 60:
        raise ValueError(f"no clock is more than {_MAX_OFFSET_H} hours off")
    return f"GMT{sign}{hours:02}:{minutes:02}"


def read_recurrence(
    frequency: str,
    start: str,
    timezone: str,
    *,
    now: float,
    end: str | None = None,
    every_min: str = "",
    days: Iterable[str] = (),
    weekdays_only: bool = False,
    weekend: Sequence[str] = SATURDAY_AND_SUNDAY,
) -> tuple[Recurrence, float]:
    """Read what somebody wrote; return it with its first firing, epoch seconds.

    Args:
        frequency: one of `Frequency`.
        start: yyyy/MM/dd HH:mm:ss, as the clocks of the time zone show it.
        timezone: its IANA name, or an offset such as GMT+5:30.
        now: the present, epoch seconds.
        end: as `start`; there is no firing after it. None is no end.
        every_min: minutes, of what happens every so many.
        days: names of days, of what is weekly.
        weekdays_only: leave out the weekend.
        weekend: its days.

    Raises:
        ValueError: it cannot be read, or never happens.
    """
    try:
        kind = Frequency(frequency)
    except ValueError:
        raise ValueError(
            f"the frequency is {frequency!r}; allowed are {', '.join(AGAIN_AND_AGAIN)}"
        ) from None
    try:
        zone = read_zone(timezone)
    except ValueError as error:
        raise ValueError(f"the time zone is {timezone!r}: {error}") from None
    starts, ends = _written_time("start", start), ""
    if kind is not Frequency.ONCE:
        ends = _written_time("end", end) if end is not None else ""
    clocks = zone_of(zone)
    if _instant(starts, clocks) < now // 1:
        raise ValueError(f"the start is {starts} in {zone}, which is over")
    if ends and _instant(ends, clocks) <= _instant(starts, clocks):
        raise ValueError(f"the end is {ends}; it must be later than the start, {starts}")
    found = Recurrence(
        kind,
        starts,
        zone,
        ends,
        _minutes(every_min) if kind is Frequency.EVERY_N_MINUTES else 0,
        _weekdays(kind, days),
        _left_out(kind, weekend) if weekdays_only else (),
    )
    first = found.next_after(_instant(starts, clocks) - 1)
    if first is None:
        until = f"to {ends}" if ends else "on"
        raise ValueError(f"from {starts} {until} it never happens")
    return found, first


def _written_time(what: str, text: str) -> str:
    try:
        time = _read_time(text.strip())
    except ValueError:
        time = None
    if time is None or not _FIRST_YEAR <= time.year < _END_OF_TIME:
        raise ValueError(f"the {what} is {text[:50]!r}; allowed is a time such as 2026/11/30 09:00:00")
    return time.strftime(_TIME)


def read_minute(what: str, text: str, timezone: str) -> float:
    """Return when clocks show a time without seconds, epoch seconds.

    Args:
        what: what it is, for a person.
        text: the time, as 2026/11/30 09:00.
        timezone: a name that `read_zone` gave.

    Raises:
        ValueError: it is written otherwise, or too far away.
    """
    try:
        local = _read_time(text.strip(), _MINUTE)
    except ValueError:
        local = None
    if local is None or not _FIRST_YEAR < local.year < _END_OF_TIME - 1:
        raise ValueError(f"the {what} is {text[:50]!r}; allowed is a time such as 2026/11/30 09:00")
    return _on_the_wall(local, zone_of(timezone))


def _minutes(text: str) -> int:
    digits = text.strip()
    if digits.isascii() and digits.isdecimal() and len(digits) < 9 and 1 <= int(digits) <= MAX_EVERY_MIN:
        return int(digits)
    raise ValueError(
        f"it is run every {text[:50]!r} minutes; allowed is a whole number from 1 to {MAX_EVERY_MIN}"
    )


def read_day(text: str) -> int:
    """Return the number of a day, 0 is Monday, by its name or the first three letters, however written.

    Raises:
        ValueError: there is none.
    """
    name = text.strip().capitalize()
    for number, day in enumerate(DAYS):
        if name in (day, day[:3]):
            return number
    raise ValueError(f"the day is {text[:50]!r}; allowed are {', '.join(DAYS)}, or their first three letters")


def _weekdays(kind: Frequency, days: Iterable[str]) -> tuple[int, ...]:
    found = tuple(sorted({read_day(day) for day in days}))
    if kind is Frequency.WEEKLY and not found:
        raise ValueError("what is weekly needs days")
    if kind is not Frequency.WEEKLY and found:
        raise ValueError(f"days are given, but it is {kind}; only what is Weekly has days")
    return found


def _left_out(kind: Frequency, weekend: Iterable[str]) -> tuple[int, ...]:
    if kind not in (Frequency.DAILY, Frequency.EVERY_N_MINUTES):
        return ()
    return tuple(sorted({read_day(day) for day in weekend}))
