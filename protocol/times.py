"""Times as they stand on the wire, UTC to the minute, and as datetimes."""

from datetime import UTC, datetime, timedelta

FORMATS = ("%Y/%m/%d %H:%M", "%Y/%m/%d/%H:%M")
"""How a time may be written; the first one is how this package writes it."""


def instant(text: str) -> datetime | None:
    """Return the datetime, with its zone, that a text stands for; None if it is written otherwise."""
    for time_format in FORMATS:
        try:
            return datetime.strptime(text, time_format).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def text_of_time(time: datetime | str) -> str:
    """Write a datetime as a time of the wire: never earlier than it is; what is none stays as it is.

    Raises:
        ValueError: it has no zone, so that nobody knows when it is.
    """
    if not isinstance(time, datetime):
        return time
    if time.utcoffset() is None:
        raise ValueError(f"{time} has no time zone: give one, such as datetime.now(UTC) or .astimezone()")
    utc = time.astimezone(UTC)
    if utc.second or utc.microsecond:
        utc += timedelta(minutes=1)
    return utc.strftime(FORMATS[0])
