"""What is configured of the services."""

from attrs import frozen

from agentmgr.core.recurrence import DAYS, read_day
from agentmgr.fields import Allowed, setting


def weekend_days(text: str) -> tuple[str, ...]:
    """Return the days of a weekend as it is configured: names by commas, none for no weekend.

    Raises:
        ValueError: a day that there is not, or a week of nothing else.
    """
    days = tuple(DAYS[number] for number in sorted({read_day(day) for day in text.split(",") if day.strip()}))
    if len(days) == len(DAYS):
        raise ValueError("no day is left")
    return days


def _is_weekend(value: object) -> bool:
    try:
        return type(value) is str and weekend_days(value) is not None
    except ValueError:
        return False


@frozen
class ScheduleRules:
    """Schedules of campaigns and imports."""

    weekend: str = setting(
        "Saturday, Sunday",
        Allowed('days such as "Friday, Saturday", not all of them; "" for none', _is_weekend, lambda v: v),
        "What schedules for weekdays only leave out.",
    )
