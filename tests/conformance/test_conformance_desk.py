"""What a scenario's desktop takes for its own news."""

from types import SimpleNamespace
from typing import Any

import pytest

from agentmgr.conformance.desk import Desk
from agentmgr.conformance.transcript import Entry, Kind, Transcript
from protocol.notifications import AGTAgentLoggedOut, AGTPreviewCallbackCancelled, AGTPreviewCallbackPending


@pytest.mark.parametrize(
    ("message", "is_news"),
    [
        (AGTAgentLoggedOut(), True),
        (AGTPreviewCallbackPending("2026/01/01 10:00", "other"), False),
        (AGTPreviewCallbackCancelled("other"), False),
        (AGTPreviewCallbackCancelled("own"), True),
    ],
)
async def test_callback_that_was_promised_and_never_came_is_no_news(message: Any, is_news: bool) -> None:
    transcript = Transcript()
    agent: Any = SimpleNamespace(agent_id="1001")
    desk = Desk(agent, 1, 1, transcript, 1.0, sid="own")
    name = type(message).__name__
    transcript.entries.append(Entry(1, 1, 0.0, Kind.NOTIFICATION, "1001", name, message=message))
    assert desk.has_news == is_news
