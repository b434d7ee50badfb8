"""How a person writes what a campaign is made with: pacing, calling hours, weekdays, retries, codes."""

from collections.abc import Mapping, Sequence

from attrs import evolve

from agentmgr.admin.requests import Code
from agentmgr.admin.socket import AdminRefused
from agentmgr.core.model import CallingHours, CompletionCodeSpec
from protocol.enums import DialFailReason, PacingType

PACING = {
    "predictive": PacingType.Predictive,
    "progressive": PacingType.Progressive,
    "preview": PacingType.PreviewTimed,
    "preview-untimed": PacingType.PreviewUntimed,
}
MINUTES_OF_A_DAY = 1440
WEEK = range(1, 8)
"""ISO weekdays: 1 is Monday."""


def read_codes(codes: Sequence[Code]) -> tuple[CompletionCodeSpec, ...]:
    """Number completion codes in their order."""
    return tuple(
        CompletionCodeSpec(number, code.name, code.success, code.retry_after_s)
        for number, code in enumerate(codes, 1)
    )


def read_pacing(pacing: str) -> PacingType:
    """Return the pacing of a name.

    Raises:
        AdminRefused: there is none of that name.
    """
    if pacing not in PACING:
        raise AdminRefused(f"pacing: found {pacing}; allowed: {', '.join(PACING)}")
    return PACING[pacing]


def read_retries(retry_s: Mapping[str, int]) -> dict[DialFailReason, int]:
    """Return the seconds until a contact is dialled again by reason.

    Raises:
        AdminRefused: a name is no reason.
    """
    found = {}
    for reason, delay_s in retry_s.items():
        try:
            found[DialFailReason.parse(reason)] = delay_s
        except ValueError:
            allowed = ", ".join(DialFailReason)
            raise AdminRefused(f"retry: found {reason}; allowed: {allowed}") from None
    return found


def read_calling_hours(hours: str, weekdays: str) -> CallingHours:
    """Read `08:00-21:00` and `1-5` or `1,2,6`; empty is always.

    Raises:
        AdminRefused: they are written otherwise.
    """
    found = CallingHours()
    if hours:
        try:
            start, end = map(_minutes, hours.split("-"))
        except ValueError:
            raise AdminRefused(
                f"calling hours: found {hours}; allowed: from-to as in 08:00-21:00, the end up to 24:00"
            ) from None
        found = evolve(found, start_min=start, end_min=end)
    if weekdays:
        days: set[int] = set()
        try:
            for part in weekdays.split(","):
                first, _, last = part.partition("-")
                days.update(WEEK[WEEK.index(int(first)) : WEEK.index(int(last or first)) + 1])
        except ValueError:
            raise AdminRefused(
                f"weekdays: found {weekdays}; allowed: as in 1-5 or 1,2,6, Monday is 1"
            ) from None
        found = evolve(found, weekdays=frozenset(days))
    return found


def _minutes(time_of_day: str) -> int:
    hour, minute = map(int, time_of_day.split(":"))
    if not (0 <= minute < 60 and 0 <= hour * 60 + minute <= MINUTES_OF_A_DAY):
        raise ValueError(time_of_day)
    return hour * 60 + minute
