"""The agent's desktop in a browser: its files, and which zones are here."""

from collections.abc import Callable, Iterable

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from agentmgr.web.files import INDEX, Site

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


def desktop_routes(zones: Callable[[], Iterable[str]]) -> list[BaseRoute]:
    """Return the routes of the desktop.

    Args:
        zones: returns the names of the zones that are served here.
    """

    async def names(_: Request) -> JSONResponse:
        return JSONResponse(sorted(zones()), headers={"Cache-Control": "no-store"})

    return [*DESKTOP.routes(), Route(f"{PAGE}/zones", names, methods=["GET"])]
