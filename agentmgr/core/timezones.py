"""Time zones: which there are, those of a country, and which of them keep the same time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

_FIRST_WEEK = datetime(2026, 1, 5, 12, tzinfo=UTC)
_WEEKS = 5 * 52
_NOT_A_PLACE = ("Etc/", "SystemV/", "posix/", "right/")

TIMEZONES: tuple[str, ...] = tuple(
    sorted(
        name
        for name in available_timezones()
        if name == "UTC" or ("/" in name and not name.startswith(_NOT_A_PLACE))
    )
)
"""The IANA names that a person would choose from, sorted."""

_BY_FOLDED_NAME = {name.casefold(): name for name in available_timezones()}


def parse_timezone(text: str) -> str:
    """Return the IANA name, however its case and spaces are written.

    Raises:
        ValueError: there is no such time zone.
    """
    name = _BY_FOLDED_NAME.get(text.strip().replace(" ", "_").casefold())
    if name is None:
        raise ValueError("no such time zone; an IANA name such as Europe/Berlin is needed")
    return name


@cache
def country_timezones() -> dict[str, tuple[str, ...]]:
    """Return the zones of each ISO country."""
    found: dict[str, list[str]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}


def different(names: Iterable[str]) -> tuple[str, ...]:
    """Leave out each zone whose clocks go as those of one before it, whatever they did in the past."""
    found: dict[tuple[timedelta | None, ...], str] = {}
    for name in names:
        found.setdefault(clock_of(name), name)
    return tuple(found.values())


@cache
def clock_of(name: str) -> tuple[timedelta | None, ...]:
    """Return what a zone's clocks are ahead of UTC, each week from a January on for years."""
    zone = ZoneInfo(name)
    return tuple((_FIRST_WEEK + timedelta(weeks=week)).astimezone(zone).utcoffset() for week in range(_WEEKS))
