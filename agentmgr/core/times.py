"""Times as callbacks have them on the wire: UTC, to the minute."""

from datetime import UTC, datetime

TIME_FORMATS = ("%Y/%m/%d %H:%M", "%Y/%m/%d/%H:%M")


def parse_time(text: str) -> float | None:
    """Return epoch seconds of a callback time in UTC; None if it is written otherwise."""
    for time_format in TIME_FORMATS:
        try:
            return datetime.strptime(text, time_format).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


def format_time(at: float) -> str:
    """Return a time as the API writes it."""
    return datetime.fromtimestamp(at, UTC).strftime(TIME_FORMATS[0])
