"""The limits that hold for a single request: the size of its body, and its time."""

import math
import re
from collections.abc import Callable, Mapping
from functools import partial

import structlog
import trio
from attrs import define
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agentmgr.web.limits import WebLimits

log = structlog.get_logger()


class Limited:
    """An ASGI application whose requests have a limited body, a limited time, and always an answer.

    More requests at a time than `limits.connections` are answered 503, but for the paths `always`. A body
    that is posted to a path that is `streamed` may have any size, and its time is that between two pieces of
    it, or of the answer. What is answered in place of the application is said as `tell` has it. A WebSocket
    is no request: whom it leads to has limits of its own.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: WebLimits,
        always: frozenset[str],
        streamed: re.Pattern[str] | None = None,
        tell: "Tell | None" = None,
    ) -> None:
        self._tell = tell or _plainly
        self._streamed = streamed
        self._app = app
        self._limits = limits
        self._always = always
        self._busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_busy = self._busy >= self._limits.connections and scope["path"] not in self._always
        self._busy += 1
        try:
            await self._serve(scope, receive, send, is_busy)
        finally:
            self._busy -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send, is_busy: bool) -> None:
        is_streamed = self._streamed is not None and bool(self._streamed.fullmatch(scope["path"]))
        body_bytes = ANY_SIZE if is_streamed and scope["method"] == "POST" else self._limits.body_bytes
        exchange = _Exchange(receive, send, body_bytes, has_body=_has_body(scope))
        began = trio.current_time()
        try:
            await self._answer(scope, exchange, is_busy)
        finally:
            ms = round((trio.current_time() - began) * 1000, 2)
            log.debug(
                "http_request", method=scope["method"], path=scope["path"], status=exchange.status, ms=ms
            )

    async def _answer(self, scope: Scope, exchange: "_Exchange", is_busy: bool) -> None:
        app = self._app
        if is_busy:
            app = self._tell(scope["path"], 503, _BUSY, {"Retry-After": "1"})
        if _announced(scope) > exchange.body_left:
            exchange.body_left = -1
        try:
            with trio.move_on_after(self._limits.request_s) as time:
                if exchange.body_left == ANY_SIZE:
                    exchange.moved = partial(_stretch, time, self._limits.request_s)
                    scope[GOES_ON] = exchange.moved
                await app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            return
        except Exception:
            log.exception("http_handler_failed", method=scope["method"], path=scope["path"])
            instead = self._tell(scope["path"], 500, "the server failed; its log says why\n", {})
        else:
            if not time.cancelled_caught:
                return
            late = 408 if exchange.receiving else 503
            instead = self._tell(scope["path"], late, "the request took too long\n", {})
        if exchange.status is None:
            await instead(scope, exchange.receive, exchange.send)


ANY_SIZE = math.inf
GOES_ON = "agentmgr.goes_on"
"""The key in the scope of a streamed request of what an application calls while it works on it."""
_TOO_LARGE = "the body is larger than body_bytes of [http] allows; nothing was done\n"
_BUSY = "too many requests are being answered; try again\n"

Tell = Callable[[str, int, str, Mapping[str, str]], ASGIApp]
"""Makes an answer for a path, of a status, a text for people, and headers."""


def _plainly(path: str, status: int, text: str, headers: Mapping[str, str]) -> ASGIApp:
    return PlainTextResponse(text, status, headers)


def _nothing() -> None:
    """Let the time be as it is."""


def _stretch(time: trio.CancelScope, by_s: float) -> None:
    """Let the time of a request begin anew."""
    time.deadline = trio.current_time() + by_s


@define
class _Exchange:
    """One request and its answer, as the application sees them; `has_body`: more of its body may come."""

    _receive: Receive
    _send: Send
    body_left: float
    has_body: bool = True
    moved: Callable[[], None] = _nothing
    receiving: bool = False
    status: int | None = None

    async def receive(self) -> Message:
        if self.body_left < 0:
            raise HTTPException(413, _TOO_LARGE)
        self.receiving = True
        message = await self._receive()
        self.receiving = False
        self.moved()
        if message["type"] == "http.request":
            self.has_body = message.get("more_body", False)
            self.body_left -= len(message.get("body", b""))
            if self.body_left < 0:
                raise HTTPException(413, _TOO_LARGE)
        return message

    async def send(self, message: Message) -> None:
        self.moved()
        if message["type"] == "http.response.start":
            self.status = message["status"]
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not (is_last and self.has_body):
            await self._send(message)
            return
        # The rest of a body that nobody read fills hypercorn's queue, and behind a full queue its
        # connection waits for ever.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._drain)
            await self._send(message)
            nursery.cancel_scope.cancel()

    async def _drain(self) -> None:
        while True:
            await self._receive()


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length)  # h11 has let pass digits alone
