"""When a contact may be called, by the clock on its own wall."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from agentmgr.core.model import CallingHours

DAY_MIN = 1440


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


def next_opening(hours: CallingHours, timezone: str, now: float) -> float:
    """Return when a contact may be called: `now` if it may at once, else the next opening, epoch seconds.

    Args:
        hours: minutes of the day and ISO weekdays.
        timezone: IANA name of the contact's time zone, known to zoneinfo.
        now: epoch seconds.
    """
    if hours.start_min == 0 and hours.end_min >= DAY_MIN and len(hours.weekdays) == 7:
        return now
    local = datetime.fromtimestamp(now, UTC).astimezone(_zone(timezone))
    minute = local.hour * 60 + local.minute
    today = local.isoweekday()
    if today in hours.weekdays and hours.start_min <= minute < hours.end_min:
        return now
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    for days in range(8):
        day = midnight + timedelta(days=days)
        if day.isoweekday() not in hours.weekdays:
            continue
        # wall-clock arithmetic: the opening is at this hour of that day, also across a change to summer time
        opening = day.replace(hour=hours.start_min // 60, minute=hours.start_min % 60)
        at = opening.timestamp()
        if at > now:
            return at
    raise ValueError(f"calling hours {hours} never open")
