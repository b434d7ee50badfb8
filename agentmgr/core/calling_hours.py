"""When a number may be called, by the clocks on the walls where it may be."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from agentmgr.core.model import CallingHours

DAY_MIN = 1440
SEARCH_DAYS = 15
"""How far to look for an opening: that of a single hour a week may fall where a clock goes forward."""


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def is_timezone(name: str) -> bool:
    """Tell whether zoneinfo knows a time zone."""
    try:
        _zone(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def next_opening(hours: CallingHours, timezone: str, now: float) -> float | None:
    """Return when a number may be called: `now` if it may at once, else its next opening, epoch seconds.

    It may be called only while it is open in all of its time zones. None if that is never the case, as
    where the time zone is not known.

    Args:
        hours: minutes of the day and ISO weekdays; around the clock all week asks no time zone.
        timezone: IANA names, joined by commas.
        now: epoch seconds.
    """
    if hours.start_min == 0 and hours.end_min >= DAY_MIN and len(hours.weekdays) == 7:
        return now
    minute = now // 60 * 60
    # clocks are set by whole minutes, so what is open at its beginning is open all the minute
    opening = _first_open(hours, timezone, minute)
    return now if opening == minute else opening


@lru_cache(maxsize=4096)
def _first_open(hours: CallingHours, timezone: str, begin: float) -> float | None:
    """Return the first moment from `begin` on at which all time zones are open, None if there is none.

    It is asked for each contact, of a list that is in few time zones, within the same minute.
    """
    names = timezone.split(",")
    if not all(map(is_timezone, names)) or not hours.weekdays or hours.start_min >= hours.end_min:
        return None
    latest, at = begin + SEARCH_DAYS * 86_400, begin
    agreed = 0
    # nobody is open before the one who opens last, so each step goes no further than all of them must
    while at <= latest:
        for name in names:
            opening = _opening(hours, _zone(name), at, latest)
            agreed = agreed + 1 if opening == at else 1
            at = opening
            if agreed >= len(names):
                return at if at <= latest else None
    return None


def _opening(hours: CallingHours, zone: ZoneInfo, at: float, latest: float) -> float:
    """Return the first moment from `at` on at which one zone is open; beyond `latest` it is not exact."""
    while at <= latest:
        local = datetime.fromtimestamp(at, zone)
        offset = local.utcoffset()
        wall = local.replace(tzinfo=None, fold=0)
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
        begins, ends = (timedelta(minutes=minute) for minute in (hours.start_min, hours.end_min))
        if local.isoweekday() in hours.weekdays and begins <= wall - midnight < ends:
            return at
        days = (midnight + timedelta(days=n) for n in range(8))
        opens = next(o for d in days if d.isoweekday() in hours.weekdays and (o := d + begins) > wall)
        opening = (opens - (offset or timedelta())).replace(tzinfo=UTC).timestamp()
        changed = _change(zone, at, opening)
        if changed is None:
            return opening
        at = changed  # the wall shows another time from there on, which may be within the hours
    return at


def _change(zone: ZoneInfo, begin: float, end: float) -> float | None:
    """Return when the clock of a zone is changed between two moments, up to the second one; None if never."""
    offset = datetime.fromtimestamp(begin, zone).utcoffset()
    if datetime.fromtimestamp(end, zone).utcoffset() == offset:
        return None
    before, after = int(begin), int(end)
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return float(after)
