"""Times of the wire as datetimes, and the other way round."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from protocol.enums import ContactType
from protocol.notifications import AGTPreviewCallbackPending
from protocol.structures import Contact
from protocol.times import instant, text_of_time

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (NOON, "2026/03/02 12:00"),
        (NOON.astimezone(timezone(timedelta(hours=5, minutes=30))), "2026/03/02 12:00"),
        (NOON + timedelta(seconds=1), "2026/03/02 12:01"),
        (NOON + timedelta(microseconds=1), "2026/03/02 12:01"),
        ("2026/03/02/12:00", "2026/03/02/12:00"),
    ],
)
def test_datetime_is_written_in_utc_and_never_earlier(time: datetime | str, text: str) -> None:
    assert text_of_time(time) == text


def test_datetime_without_zone_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"2026-03-02 12:00:00 has no time zone: give one, such as"):
        text_of_time(NOON.replace(tzinfo=None))


def test_messages_have_their_times_as_datetimes() -> None:
    assert AGTPreviewCallbackPending("2026/03/02 12:00", "S1").due_at == NOON
    contact = Contact("7", "Spring", ContactType.Callback, expiry_time="2026/03/02/12:00")
    assert contact.expires_at == NOON
    assert Contact("7", "Spring", ContactType.Preview).expires_at is None
    assert instant("soon") is None
