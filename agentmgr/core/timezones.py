"""Time zones: which there are, those of a country, and which of them keep the same time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from protocol.sizes import whole_entries
from protocol.structures import KeyValuePair
from protocol.values import Kept

_FIRST_WEEK = datetime(2026, 1, 5, 12, tzinfo=UTC)
_WEEKS = 5 * 52
_OFFSETS_HOLD_S = 900
"""Clocks are changed at full quarters of an hour of UTC."""


@cache
def country_timezones() -> dict[str, tuple[str, ...]]:
    """Return the zones of each ISO country."""
    found: dict[str, list[str]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}


TIMEZONES: tuple[str, ...] = tuple(
    sorted({"UTC", *(name for names in country_timezones().values() for name in names)})
)
"""The names to choose from, sorted: those that the IANA's zone.tab has for the places of the world, and UTC.

Other names for the same places (US/Pacific, Asia/Calcutta) are read wherever a time zone is given, not told.
"""

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


class Offsets:
    """Time zones with what their clocks are ahead of UTC, kept ready: desktops ask at every start."""

    def __init__(self, names: Iterable[str]) -> None:
        self._zones = [(name, ZoneInfo(name)) for name in names]
        self._quarter: int | None = None
        self._offsets: list[timedelta | None] = []
        self._told: Kept[KeyValuePair] = Kept()

    def at(self, now: float) -> Kept[KeyValuePair]:
        """Return name and offset of each, as many as one frame holds; `now` in epoch seconds."""
        quarter = int(now // _OFFSETS_HOLD_S)
        if quarter != self._quarter:
            self._quarter = quarter
            moment = datetime.fromtimestamp(now, UTC)
            offsets = [moment.astimezone(zone).utcoffset() for _, zone in self._zones]
            if offsets != self._offsets:
                self._offsets = offsets
                pairs = zip(self._zones, offsets, strict=True)
                self._told = Kept(
                    whole_entries(KeyValuePair(name, _written(offset)) for (name, _), offset in pairs)
                )
        return self._told


def _written(offset: timedelta | None) -> str:
    minutes = round((offset or timedelta()).total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
