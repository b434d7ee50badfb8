"""A page's end of a WebSocket, without a browser: what it sends and how it is answered."""

import json
import math
import socket
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import trio
import trio.testing
import wsproto
import wsproto.utilities
from starlette import types
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Message,
    RejectConnection,
    Request,
    TextMessage,
)

from protocol.registry import VERSION

HOST = "agents.example:9980"
ADDRESSES = SimpleNamespace(
    family=socket.AF_INET,
    fileno=lambda: 5,
    getpeername=lambda: ("192.0.2.1", 40_000),
    getsockname=lambda: ("127.0.0.1", 9971),
)


class MemoryListener(trio.abc.Listener[Any]):
    """Connections in memory."""

    def __init__(self) -> None:
        self._knock, self._waiting = trio.open_memory_channel[Any](math.inf)

    def connect(self, pair: Callable[[], tuple[Any, Any]] = trio.testing.memory_stream_pair) -> Any:
        ours, theirs = pair()
        theirs.socket = ADDRESSES
        self._knock.send_nowait(theirs)
        return ours

    async def accept(self) -> Any:
        return await self._waiting.receive()

    async def aclose(self) -> None:
        self._waiting.close()


class Page:
    """A page, or who pretends to be one."""

    def __init__(self, stream: Any, host: str = HOST) -> None:
        self.stream = stream
        self.host = host
        self.wire = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self.closed_with: int | None = None
        self._events: list[Event] = []
        self._count = 0

    async def open(
        self,
        zone: str = "Default",
        origin: str | None = "http://{host}",
        extensions: Any = (),
        target: str = "/wire/{zone}",
        cookie: str = "",
    ) -> int:
        """Shake hands; return HTTP's status."""
        headers = [] if origin is None else [(b"origin", origin.format(host=self.host).encode())]
        headers += [(b"cookie", cookie.encode())] if cookie else []
        path = target.format(zone=zone)
        asked = Request(host=self.host, target=path, extra_headers=headers, extensions=list(extensions))
        await self.stream.send_all(self.wire.send(asked))
        answer = await self._next()
        if isinstance(answer, RejectConnection):
            return answer.status_code
        assert isinstance(answer, AcceptConnection)
        self.extensions = answer.extensions
        return 101

    async def send(self, name: str, agent_id: str = "", **args: Any) -> None:
        """Send a command."""
        self._count += 1
        message = {"name": name, "id": self._count, "agentID": agent_id, "args": args}
        await self.say(json.dumps(message, ensure_ascii=False))

    async def say(self, text: str) -> None:
        """Send any text."""
        await self.stream.send_all(self.wire.send(TextMessage(text)))

    async def hello(self) -> Any:
        """Greet, and return the answer."""
        await self.send("AgentSDKConnected", agentIds=["1001"], version=VERSION)
        return await self.next()

    async def next(self) -> Any:
        """Wait for a message; None when the server has closed."""
        text = ""
        while not isinstance(event := await self._next(), CloseConnection):
            assert isinstance(event, TextMessage)
            text += event.data
            if event.message_finished:
                return json.loads(text)
        self.closed_with = event.code
        with suppress(trio.BrokenResourceError, wsproto.utilities.LocalProtocolError):
            await self.stream.send_all(self.wire.send(event.response()))
        return None

    async def reason(self) -> str:
        """Read to the end, and return the reason that was told."""
        last: Any = None
        while (message := await self.next()) is not None:
            last = message
        assert last["name"] == "POMConnectionClosed"
        return str(last["args"]["reason"])

    async def _next(self) -> Event:
        while True:
            while self._events:
                event = self._events.pop(0)
                if isinstance(event, Message | CloseConnection | AcceptConnection | RejectConnection):
                    return event
            data = await self.stream.receive_some()
            assert data, "the connection was cut off without a word"
            self.wire.receive_data(bytes(data))
            self._events.extend(self.wire.events())


async def get(app: types.ASGIApp, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask an application for a page; returns its status, head and body."""
    sent = list[types.Message]()

    async def receive() -> types.Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: types.Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }
    await app(scope, receive, send)
    start, body = sent
    return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, body["body"]
