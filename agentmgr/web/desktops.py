"""The agent's desktop in a browser: its files, and what it has to know of this place."""

from collections.abc import Callable, Iterable

from attrs import asdict, evolve
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from agentmgr.web.files import INDEX, Site
from agentmgr.web.page_settings import BrowserSettings, reasons

PAGE = "/desktop"
DESKTOP = Site(
    PAGE,
    "built/desktop",  # by scripts/pages
    (INDEX, "main.js", "main.css", "preact.LICENSE.txt"),
    # frames: the script of a campaign is where the centre has it; it is shown without rights on the page
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " frame-src http: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'",
)


def desktop_routes(
    zones: Callable[[], Iterable[str]],
    settings: BrowserSettings | None = None,
    managers: Callable[[], Iterable[str]] = tuple,
) -> list[BaseRoute]:
    """Return the routes of the desktop.

    Args:
        zones: returns the names of all zones, wherever they are served.
        settings: how the desktop shall be.
        managers: returns where browsers reach the managers, one of which has a zone.
    """
    settings = settings or BrowserSettings()
    [away] = map(asdict, reasons(settings.away))
    place = {
        "breaks": list(map(asdict, reasons(settings.breaks))),
        "away": away,
        "awayAfter": settings.away_after,
    }

    async def tell(_: Request) -> JSONResponse:
        now = {"zones": sorted(zones()), "managers": sorted(managers())}
        return JSONResponse({**now, **place}, headers={"Cache-Control": "no-store"})

    def sockets() -> Iterable[str]:
        return sorted("ws" + url.removeprefix("http") for url in managers())

    return [*evolve(DESKTOP, reaches=sockets).routes(), Route(f"{PAGE}/settings", tell, methods=["GET"])]
