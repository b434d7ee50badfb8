"""What the desktop in a browser has to know of the place where it is."""

from typing import Any

import orjson
import pytest
from page import get
from starlette.applications import Starlette

from agentmgr.fields import out_of_range
from agentmgr.web.desktops import desktop_routes
from agentmgr.web.limits import is_origin
from agentmgr.web.page_settings import BrowserSettings, Reason, reasons


async def told(settings: BrowserSettings | None = None) -> Any:
    app = Starlette(routes=desktop_routes(lambda: ["South", "North"], settings))
    _, headers, body = await get(app, "/desktop/settings")
    assert headers["cache-control"] == "no-store"
    return orjson.loads(body)


async def test_desktop_is_told_the_zones_and_the_breaks_of_the_house() -> None:
    settings = BrowserSettings(breaks="7 Tea time, KB Kundenbesuch", away="13 Gone", away_after=3)
    assert await told(settings) == {
        "zones": ["North", "South"],
        "managers": [],
        "breaks": [{"code": "7", "name": "Tea time"}, {"code": "KB", "name": "Kundenbesuch"}],
        "away": {"code": "13", "name": "Gone"},
        "awayAfter": 3,
    }


async def test_house_that_says_nothing_has_four_breaks() -> None:
    place = await told()
    assert [each["name"] for each in place["breaks"]] == ["Break", "Lunch", "Paperwork", "Coaching"]


async def test_page_may_reach_the_managers_that_live_now_and_nobody_else() -> None:
    managers = ["https://m2.example:9980"]
    app = Starlette(routes=desktop_routes(list, managers=lambda: managers))
    for now in (managers, [*managers, "http://m3.example"]):
        managers[:] = now
        _, headers, _ = await get(app, "/desktop")
        connect = next(
            each for each in headers["content-security-policy"].split("; ") if each.startswith("connect-src")
        )
        sockets = [each.replace("http", "ws") for each in managers]
        assert sorted(connect.split()) == sorted(["connect-src", "'self'", *sockets])
        _, _, body = await get(app, "/desktop/settings")
        assert sorted(orjson.loads(body)["managers"]) == sorted(managers)


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("", True),
        ("https://m1.example.org:9980", True),
        ("http://[::1]:9980", True),
        ("https://m1.example.org/desktop", False),
        ("https://m1.example.org/", False),
        ("m1.example.org:9980", False),
        ("https://m1; script-src *", False),
        (9980, False),
    ],
)
def test_address_of_pages_is_one_that_browsers_write(url: Any, is_allowed: bool) -> None:
    assert is_origin(url) is is_allowed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        (" 1  Coffee break ,2 Lunch,", (Reason("1", "Coffee break"), Reason("2", "Lunch"))),
        ("1 <b>\u202e", (Reason("1", "<b>\u202e"),)),
    ],
)
def test_reasons_are_read_with_their_codes(text: str, found: tuple[Reason, ...]) -> None:
    assert reasons(text) == found


@pytest.mark.parametrize(
    "breaks", ["Lunch", "1 Break, Lunch", "1 Break, 1 Lunch", "1 " + "n" * 63, "1 a\x07b", 1]
)
def test_breaks_that_are_none_are_not_allowed(breaks: Any) -> None:
    assert len(list(out_of_range(BrowserSettings(breaks=breaks)))) == 1


@pytest.mark.parametrize("away", ["", "9", "9 Away, 10 Gone"])
def test_away_is_one_reason(away: str) -> None:
    assert len(list(out_of_range(BrowserSettings(away=away)))) == 1
