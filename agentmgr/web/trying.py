"""A page on which people try the resources: it and all it needs comes from here, and nothing else may."""

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import trio
from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agentmgr.rest.routes import ROOT

PAGE = f"{ROOT}/try"
TYPES = MappingProxyType(
    {
        "index.html": "text/html; charset=utf-8",
        "start.js": "text/javascript; charset=utf-8",
        "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
        "swagger-ui-bundle.js.LICENSE.txt": "text/plain; charset=utf-8",
        "swagger-ui.css": "text/css; charset=utf-8",
        "LICENSE": "text/plain; charset=utf-8",
        "NOTICE": "text/plain; charset=utf-8",
    }
)
"""The files: two of ours, and what `scripts/vendor` takes from Swagger UI, with its licences."""
SAFE = MappingProxyType(
    {
        # Swagger UI has its icons in its style, as data
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
        " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
    }
)


@frozen
class _File:
    """A file as it is and as it is sent, with what tells whether a browser has it."""

    whole: bytes
    packed: bytes
    tag: str


@cache
def _read(name: str) -> _File:
    whole = (files("agentmgr.web") / "swagger" / name).read_bytes()
    return _File(whole, gzip.compress(whole, mtime=0), f'"{hashlib.sha256(whole).hexdigest()[:32]}"')


def trying_routes() -> list[Route]:
    """Return the routes of the page and its files; nobody signs in for them, but for what is tried there."""
    return [
        Route(PAGE, _give, methods=["GET"]),
        *(Route(f"{PAGE}/{name}", _give, methods=["GET"]) for name in TYPES if name != "index.html"),
    ]


async def _give(request: Request) -> Response:
    name = request.url.path.removeprefix(PAGE).removeprefix("/") or "index.html"
    file = await trio.to_thread.run_sync(_read, name)  # the first time it is read and packed
    headers = {**SAFE, "ETag": file.tag}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(file.whole, media_type=TYPES[name], headers=headers)
    return Response(file.packed, media_type=TYPES[name], headers=headers | {"Content-Encoding": "gzip"})
