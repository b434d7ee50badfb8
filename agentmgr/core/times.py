"""Times as callbacks have them on the wire: UTC, to the minute."""

from datetime import UTC, datetime

from protocol.times import FORMATS, instant


def parse_time(text: str) -> float | None:
    """Return epoch seconds of a callback time in UTC; None if it is written otherwise."""
    time = instant(text)
    return None if time is None else time.timestamp()


def format_time(at: float) -> str:
    """Return a time as the API writes it."""
    return datetime.fromtimestamp(at, UTC).strftime(FORMATS[0])
