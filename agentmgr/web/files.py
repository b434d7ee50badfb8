"""Files of a page, given to browsers with a policy that lets nothing else in; nobody signs in for them."""

import gzip
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files

import trio
from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
}
_PLAIN = "text/plain; charset=utf-8"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}
INDEX = "index.html"


@frozen
class _File:
    """A file as it is and as it is sent, with what tells whether a browser has it."""

    whole: bytes
    packed: bytes
    tag: str


@cache
def _read(directory: str, name: str) -> _File:
    try:
        whole = (files("agentmgr.web") / directory / name).read_bytes()
    except FileNotFoundError:
        raise HTTPException(503, "this page has not been built; scripts/pages does it\n") from None
    return _File(whole, gzip.compress(whole, mtime=0), f'"{hashlib.sha256(whole).hexdigest()[:32]}"')


@frozen
class Site:
    """A page at a path, and its other files below it.

    Attributes:
        path: where the page is.
        directory: of agentmgr.web, where the files are.
        names: of all files that are given, the page's own among them.
        policy: the page's Content-Security-Policy.
        reaches: returns what the page may connect to beside its own server.
    """

    path: str
    directory: str
    names: tuple[str, ...]
    policy: str
    reaches: Callable[[], Iterable[str]] = tuple

    def routes(self) -> list[Route]:
        """Return the routes of all files."""
        return [Route(self.path_of(name), self._give, methods=["GET"]) for name in self.names]

    def path_of(self, name: str) -> str:
        """Return where a file is."""
        return self.path if name == INDEX else f"{self.path}/{name}"

    def _policy(self) -> str:
        own = "connect-src 'self'"
        return self.policy.replace(own, " ".join([own, *self.reaches()]))

    async def _give(self, request: Request) -> Response:
        name = request.url.path.removeprefix(self.path).removeprefix("/") or INDEX
        # the first time it is read and packed
        file = await trio.to_thread.run_sync(_read, self.directory, name)
        headers: Mapping[str, str] = {
            **_HEADERS,
            "Content-Security-Policy": self._policy(),
            "X-Frame-Options": "DENY",
            "ETag": file.tag,
        }
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        media_type = _TYPES.get(name.rpartition(".")[2], _PLAIN)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(file.whole, media_type=media_type, headers=headers)
        return Response(file.packed, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})
