"""The server under the pages: hypercorn's connections in our nursery, with the limits that they lack."""

import math
import re
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.logging import Logger
from hypercorn.protocol import h11
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import TrioSingleTask, WorkerContext
from hypercorn.typing import ConnectionState
from starlette.types import ASGIApp

from agentmgr.accepting import accept_all
from agentmgr.tls.certificates import Certificate
from agentmgr.tls.settings import HANDSHAKE_S
from agentmgr.web.limited import Limited, Tell
from agentmgr.web.limits import WebLimits
from agentmgr.web.websocket import LimitedSocket

log = structlog.get_logger()

h11.WSStream = LimitedSocket  # type: ignore[attr-defined]  # hypercorn has no other place to say it

KEEPS = 0.5
"""How much of the reserve of descriptors HTTP leaves alone; it answers when desktops have taken theirs."""


_HEAD = re.compile(rb"HTTP/1\.1 [2-5].*\r\ncontent-length:", re.DOTALL | re.IGNORECASE)
"""The head of an answer whose whole body is at hand when it is sent; a stream has none of these.

A piece of a body may look like that too, and waits for the next one then, or for the end.
"""


class WebServer:
    """Serves an ASGI application over HTTP/1.1, with TLS if there is a certificate.

    There are no lifespan events: what a route needs is opened and ended by whoever runs the server.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: WebLimits | None = None,
        always: frozenset[str] = frozenset(),
        certificate: Certificate | None = None,
        streamed: re.Pattern[str] | None = None,
        tell: Tell | None = None,
    ) -> None:
        self._limits = limits or WebLimits()
        self._certificate = certificate
        limited = Limited(app, self._limits, always, streamed, tell)
        self._app = ASGIWrapper(limited)  # type: ignore[arg-type]  # two names of one type
        self._config = _config(self._limits)
        self._context = WorkerContext(None)
        self._waiting: OrderedDict[_Connection, None] = OrderedDict()
        self._accepting = trio.CancelScope()
        self._ended = trio.Event()

    async def serve(self, listeners: Sequence[trio.abc.Listener[Any]]) -> None:
        """Serve until `close` or cancelled; the listeners are closed in the end."""
        try:
            async with trio.open_nursery() as connections:

                def take(stream: Any) -> None:
                    connections.start_soon(self.serve_stream, stream)

                with self._accepting:
                    async with trio.open_nursery() as accepting:
                        for listener in listeners:
                            accepting.start_soon(accept_all, listener, "http", KEEPS, take)
        finally:
            self._ended.set()

    async def close(self) -> None:
        """Take no more connections and requests, and wait until those that came before are answered."""
        self._accepting.cancel()
        await self._context.terminated.set()
        for connection in list(self._waiting):
            connection.give_up()
        await self._ended.wait()

    async def serve_stream(self, stream: Any) -> None:
        """Serve one connection; returns when it is closed."""
        if self._certificate is not None:
            stream = trio.SSLStream(stream, self._certificate.context, server_side=True)
        connection = _Connection(
            self._app, self._config, self._context, self._limits.request_s, stream, self._note
        )
        self._note(connection, True)
        if self._context.terminated.is_set():
            connection.give_up()
        try:
            await connection.run()
        except* Exception as group:
            log.error("http_connection_failed", exc_info=group)
        finally:
            self._note(connection, False)
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

    def _note(self, connection: "_Connection", waits: bool) -> None:
        """Note whether a connection waits for a request; if too many do, the one that has longest goes."""
        self._waiting.pop(connection, None)
        if waits:
            self._waiting[connection] = None
            if len(self._waiting) > self._limits.connections:
                oldest, _ = self._waiting.popitem(last=False)
                oldest.give_up()


class _Connection(TCPServer):
    """hypercorn's connection, which ends although the peer does not read or the application does not end."""

    def __init__(
        self,
        app: ASGIWrapper,
        config: Config,
        context: WorkerContext,
        patience_s: float,
        stream: Any,
        note: Callable[["_Connection", bool], None],
    ) -> None:
        super().__init__(app, config, context, ConnectionState({}), stream)
        self._patience_s = patience_s
        self._note = note
        self._scope = trio.CancelScope()
        self._idle = trio.CancelScope()
        self.idle_task = _Deadline(self._idle, config.keep_alive_timeout)
        self._head = b""

    async def run(self) -> None:
        with self._scope, self._idle:
            await super().run()

    def give_up(self) -> None:
        """End the connection now; nothing is being answered."""
        self._scope.cancel()

    async def protocol_send(self, event: Event) -> None:
        if isinstance(event, Updated):
            self._note(self, event.idle)
        if not isinstance(event, RawData):
            # A streamed answer is cancelled by its own end; the connection would stay open for ever.
            with trio.move_on_after(self._patience_s, shield=True) as time:
                await super().protocol_send(event)
            if time.cancelled_caught:
                await trio.aclose_forcefully(self.stream)
            return
        if _HEAD.match(event.data):  # goes with its body
            self._head = event.data
            return
        data, self._head = self._head + event.data, b""
        if not data:  # the end of a message whose length was said
            return
        # hypercorn shields this and waits for ever: a client that does not read would outlive a shutdown.
        async with self.send_lock:
            try:
                with trio.fail_after(self._patience_s):
                    await self.stream.send_all(data)
            except (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
                self._end_soon()
                await trio.aclose_forcefully(self.stream)
                await self.protocol.handle(Closed())

    async def _read_data(self) -> None:
        # HTTP/2 without TLS can be neither asked for nor assumed: nothing here needs it.
        self.protocol.protocol._check_protocol = _stay_with_http1  # type: ignore[method-assign, union-attr]
        await super()._read_data()
        await self.idle_task.stop()  # else it would keep the connection for as long as an idle one
        self._end_soon()

    def _end_soon(self) -> None:
        """Nothing comes from this peer any more: let the application end, but don't wait for ever."""
        self._scope.deadline = min(self._scope.deadline, trio.current_time() + self._patience_s)


class _Deadline(TrioSingleTask):
    """How long a connection may be idle: a time, where hypercorn has a task for each request."""

    def __init__(self, scope: trio.CancelScope, idle_s: float) -> None:
        super().__init__()
        self._scope = scope
        self._idle_s = idle_s

    async def restart(self, task_group: object, action: object) -> None:
        """Let the connection end when nothing comes from now on."""
        self._scope.deadline = trio.current_time() + self._idle_s

    async def stop(self) -> None:
        """Let it go on."""
        self._scope.deadline = math.inf


async def _stay_with_http1(_: Any) -> None:
    pass


def _config(limits: WebLimits) -> Config:
    config = Config()
    config.logger_class = _Log
    config.errorlog = None
    config.include_server_header = False
    config.h11_max_incomplete_size = limits.head_bytes
    config.keep_alive_timeout = limits.idle_s
    config.keep_alive_max_requests = sys.maxsize  # else it closes without a word after a thousand
    config.ssl_handshake_timeout = HANDSHAKE_S
    return config


class _Log(Logger):
    """What hypercorn has to say, in the server's own log."""

    async def access(self, request: Any, response: Any, request_time: float) -> None:
        """Say nothing: `Limited` has one line a request, where hypercorn may have two."""

    async def exception(self, message: str, *args: Any, **kwargs: Any) -> None:
        log.exception("http_handler_failed")
