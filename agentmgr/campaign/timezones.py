"""Time zones: which there are, and which one a country's people mostly live in."""

from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

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
    """Return the zones of each ISO country, the one with most people first."""
    found: dict[str, list[str]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}
