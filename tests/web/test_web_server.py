"""The server under the pages: what a client may take of it, and how it ends. Time is trio's mock clock."""

import errno
import math
import socket
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from structlog.testing import capture_logs

from agentmgr.web.limits import WebLimits
from agentmgr.web.server import WebServer

LIMITS = WebLimits(connections=2, head_bytes=500, body_bytes=1000, idle_s=5, request_s=20)
ADDRESSES = SimpleNamespace(
    family=socket.AF_INET,
    fileno=lambda: 5,
    getpeername=lambda: ("127.0.0.1", 40_000),
    getsockname=lambda: ("127.0.0.1", 9971),
)


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def echo(request: Request) -> Response:
    return Response(await request.body())


async def never(request: Request) -> Response:
    await request.body()
    await trio.sleep_forever()
    raise AssertionError


async def ten_seconds(_: Request) -> Response:
    await trio.sleep(10)
    return PlainTextResponse("done")


async def broken(_: Request) -> Response:
    raise RuntimeError("planted")


async def endless(_: Request) -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b"more"
            await trio.sleep(1)

    return StreamingResponse(chunks())


TALKING: list[WebSocket] = []


async def talk_only(websocket: WebSocket) -> None:
    """Send for ever and never look whether anybody is there."""
    await websocket.accept()
    TALKING.append(websocket)
    try:
        while True:
            await websocket.send_text("tick")
            await trio.sleep(1)
    finally:
        TALKING.remove(websocket)


APP = Starlette(
    routes=[
        Route("/hello", hello),
        Route("/echo", echo, methods=["POST"]),
        Route("/never", never),
        Route("/ten", ten_seconds),
        Route("/broken", broken),
        Route("/endless", endless),
        WebSocketRoute("/talk", talk_only),
    ]
)


class MemoryListener(trio.abc.Listener[Any]):
    """Connections in memory, accepted in the order in which they were made."""

    def __init__(self) -> None:
        self.knock, self._waiting = trio.open_memory_channel[Any](math.inf)
        self.accepted = 0
        self.failures: list[OSError] = []

    def connect(
        self, pair: Callable[[], tuple[Any, Any]] = trio.testing.memory_stream_pair
    ) -> "trio.StapledStream[Any, Any]":
        ours, theirs = pair()
        theirs.socket = ADDRESSES
        self.knock.send_nowait(theirs)
        client: trio.StapledStream[Any, Any] = ours
        return client

    async def accept(self) -> Any:
        stream = await self._waiting.receive()
        if self.failures:
            raise self.failures.pop()
        self.accepted += 1
        return stream

    async def aclose(self) -> None:
        self._waiting.close()


@pytest.fixture
def clock() -> trio.testing.MockClock:
    return trio.testing.MockClock(autojump_threshold=0)


@pytest.fixture
def listener() -> MemoryListener:
    return MemoryListener()


@pytest.fixture
async def server(listener: MemoryListener, nursery: trio.Nursery) -> WebServer:
    server = WebServer(APP, LIMITS)
    nursery.start_soon(server.serve, [listener])
    return server


@pytest.fixture
def client(server: WebServer, listener: MemoryListener) -> "trio.StapledStream[Any, Any]":
    return listener.connect()


def request(path: str, *headers: str, method: str = "GET", version: str = "1.1", body: bytes = b"") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: x", *headers, "", ""]).encode() + body


def chunked(*chunks: bytes) -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return request("/hello", "Transfer-Encoding: chunked", method="POST", body=body)


async def until_closed(client: Any) -> bytes:
    with trio.fail_after(100):
        return b"".join([bytes(data) async for data in client])


async def answer(client: Any, text: bytes = b"") -> bytes:
    """Receive what there is until the server has nothing more to do just now."""
    await client.send_all(text)
    received = b""
    with trio.move_on_after(1):
        while not received.endswith(b"hello"):
            received += await client.receive_some()
    return received


async def test_connection_serves_one_request_after_another(
    client: Any, clock: trio.testing.MockClock
) -> None:
    for _ in range(3):
        assert (await answer(client, request("/hello"))).startswith(b"HTTP/1.1 200")


async def test_connection_is_not_closed_after_a_number_of_requests(
    client: Any, clock: trio.testing.MockClock
) -> None:
    for _ in range(1100):
        assert (await answer(client, request("/hello"))).startswith(b"HTTP/1.1 200")


async def test_pipelined_requests_are_answered_in_their_order(
    client: Any, clock: trio.testing.MockClock
) -> None:
    await client.send_all(request("/ten") + request("/hello", "Connection: close"))
    received = await until_closed(client)
    assert received.count(b"HTTP/1.1 200") == 2
    assert received.index(b"done") < received.index(b"hello")


async def test_request_of_http_1_0_is_answered_and_ends_the_connection(
    client: Any, clock: trio.testing.MockClock
) -> None:
    await client.send_all(request("/hello", version="1.0"))
    received = await until_closed(client)
    assert received.endswith(b"hello")
    assert b"connection: close" in received.lower()


@pytest.mark.parametrize("sent", [b"", b"GET /hel", request("/hello")], ids=["nothing", "half", "one"])
async def test_connection_without_a_next_request_is_closed_after_the_idle_time(
    client: Any, sent: bytes, clock: trio.testing.MockClock
) -> None:
    await client.send_all(sent)
    await until_closed(client)
    assert trio.current_time() == pytest.approx(LIMITS.idle_s, abs=0.1)


async def test_head_that_comes_byte_by_byte_gets_no_more_time(
    client: Any, clock: trio.testing.MockClock
) -> None:
    async def trickle() -> None:
        for byte in request("/hello"):
            await client.send_all(bytes([byte]))
            await trio.sleep(0.5)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trickle)
        assert await until_closed(client) == b""
        nursery.cancel_scope.cancel()
    assert trio.current_time() == pytest.approx(LIMITS.idle_s, abs=0.1)


async def test_body_that_comes_too_slowly_is_answered_with_408(
    client: Any, clock: trio.testing.MockClock
) -> None:
    await client.send_all(request("/echo", "Content-Length: 10", method="POST", body=b"12345"))
    assert (await until_closed(client)).startswith(b"HTTP/1.1 408")
    assert trio.current_time() == pytest.approx(LIMITS.request_s, abs=0.1)


async def test_handler_that_takes_too_long_is_answered_with_503(
    client: Any, clock: trio.testing.MockClock
) -> None:
    await client.send_all(request("/never"))
    with trio.fail_after(LIMITS.request_s + LIMITS.idle_s + 1):
        assert (await until_closed(client)).startswith(b"HTTP/1.1 503")


async def test_answer_that_takes_too_long_is_cut_off(client: Any, clock: trio.testing.MockClock) -> None:
    with capture_logs() as logs:
        await client.send_all(request("/endless"))
        assert (await until_closed(client)).startswith(b"HTTP/1.1 200")
    assert [line for line in logs if line["log_level"] != "debug"] == []
    assert trio.current_time() == pytest.approx(LIMITS.request_s, abs=0.1)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("/echo", "Content-Length: 1000", method="POST", body=b"x" * 1000), b"200"),
        (request("/echo", "Content-Length: 1001", method="POST", body=b"x" * 1001), b"413"),
        (request("/echo", "Content-Length: 99999999999", method="POST"), b"413"),
        (chunked(*[b"x" * 200] * 5, b"").replace(b"/hello", b"/echo"), b"200"),
        (chunked(*[b"x" * 200] * 5, b"x", b"").replace(b"/hello", b"/echo"), b"413"),
        (request("/hello", "X: " + "x" * 1000)[:-2], b"431"),
        (b"hello\r\n\r\n", b"400"),
        (request("/echo", "Content-Length: ten", method="POST"), b"400"),
        (request("/nothing"), b"404"),
        (request("/hello", method="DELETE"), b"405"),
        (request("/hello", method="HEAD"), b"200"),
    ],
)
async def test_request_is_answered_by_what_is_allowed(
    client: Any, sent: bytes, status: bytes, clock: trio.testing.MockClock
) -> None:
    await client.send_all(sent)
    received = await until_closed(client)
    assert received.split(b" ")[1] == status


async def test_body_that_nobody_reads_does_not_hold_the_connection(
    listener: MemoryListener, client: Any, clock: trio.testing.MockClock
) -> None:
    await client.send_all(chunked(*[b"x"] * 1000))
    assert (await until_closed(client)).startswith(b"HTTP/1.1 405")
    assert trio.current_time() < 1


@pytest.mark.slow
async def test_client_that_does_not_read_is_given_up(
    server: WebServer, listener: MemoryListener, clock: trio.testing.MockClock
) -> None:
    deaf = [listener.connect(trio.testing.lockstep_stream_pair) for _ in range(LIMITS.connections)]
    for client in deaf:
        await client.send_all(request("/hello") * 2)
    late = listener.connect()
    assert (await answer(late, request("/hello"))).startswith(b"HTTP/1.1 503")
    await trio.sleep(LIMITS.request_s)
    assert (await answer(listener.connect(), request("/hello"))).startswith(b"HTTP/1.1 200")
    assert (await until_closed(deaf[0])).count(b"HTTP/1.1") == 1
    assert trio.current_time() < LIMITS.request_s + 3


async def test_client_of_a_websocket_that_does_not_read_is_given_up(
    server: WebServer, listener: MemoryListener, clock: trio.testing.MockClock
) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    for _ in range(LIMITS.connections):
        deaf = listener.connect(trio.testing.lockstep_stream_pair)
        await deaf.send_all(request("/talk", *upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="))
        assert (await deaf.receive_some()).startswith(b"HTTP/1.1 101")
    await trio.testing.wait_all_tasks_blocked()
    assert len(TALKING) == LIMITS.connections
    assert (await answer(listener.connect(), request("/hello"))).startswith(b"HTTP/1.1 200")
    await trio.sleep(2 * LIMITS.request_s + 2)  # to read, then for the handler to end
    assert not TALKING


async def test_connections_that_could_not_be_accepted_take_no_place(
    server: WebServer, listener: MemoryListener, clock: trio.testing.MockClock
) -> None:
    listener.failures = [OSError(errno.EMFILE, "planted") for _ in range(LIMITS.connections)]
    for _ in range(LIMITS.connections):
        listener.connect()
    assert (await answer(listener.connect(), request("/hello"))).startswith(b"HTTP/1.1 200")


async def test_of_too_many_connections_that_wait_the_oldest_makes_room(
    server: WebServer, listener: MemoryListener, clock: trio.testing.MockClock
) -> None:
    busy = listener.connect()
    await busy.send_all(request("/ten"))
    await trio.testing.wait_all_tasks_blocked()
    first, second, third = (listener.connect() for _ in range(3))
    await first.send_all(b"GET /hel")
    await trio.testing.wait_all_tasks_blocked()
    assert await first.receive_some() == b""
    for client in (second, third):
        assert (await answer(client, request("/hello"))).startswith(b"HTTP/1.1 200")
        await trio.testing.wait_all_tasks_blocked()
    assert b"200" in await busy.receive_some()


async def test_connection_that_was_answered_waits_anew(
    server: WebServer, listener: MemoryListener, clock: trio.testing.MockClock
) -> None:
    first, second = listener.connect(), listener.connect()
    await trio.testing.wait_all_tasks_blocked()
    await answer(first, request("/hello"))
    listener.connect()
    await trio.testing.wait_all_tasks_blocked()
    assert await second.receive_some() == b""
    assert (await answer(first, request("/hello"))).startswith(b"HTTP/1.1 200")


async def test_request_over_the_limit_is_refused_but_for_what_is_always_answered(
    listener: MemoryListener, nursery: trio.Nursery, clock: trio.testing.MockClock
) -> None:
    nursery.start_soon(WebServer(APP, LIMITS, frozenset({"/hello"})).serve, [listener])
    for _ in range(LIMITS.connections):
        await listener.connect().send_all(request("/never"))
    await trio.testing.wait_all_tasks_blocked()
    assert b"503" in await answer(listener.connect(), request("/ten"))
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    talker = listener.connect()
    await talker.send_all(request("/talk", *upgrade, key))
    assert b"101" in await talker.receive_some()  # which is no request
    assert b"200" in await answer(listener.connect(), request("/hello"))
    with trio.move_on_after(LIMITS.request_s + 1):
        await trio.sleep_forever()
    assert b"200" in await until_closed_by(listener.connect(), request("/ten", "Connection: close"))


async def until_closed_by(client: Any, text: bytes) -> bytes:
    await client.send_all(text)
    return await until_closed(client)


async def test_request_is_one_line_of_the_log(client: Any, clock: trio.testing.MockClock) -> None:
    with capture_logs() as logs:
        await client.send_all(request("/ten?secret=1"))
        await until_closed(client)
    (line,) = logs
    assert line == {
        "event": "http_request",
        "log_level": "debug",
        "method": "GET",
        "path": "/ten",
        "status": 200,
        "ms": pytest.approx(10_000, abs=10),
    }


async def test_handler_that_fails_gives_500_and_one_line(client: Any, clock: trio.testing.MockClock) -> None:
    with capture_logs() as logs:
        await client.send_all(request("/broken"))
        assert (await until_closed(client)).startswith(b"HTTP/1.1 500")
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert (line["event"], line["method"], line["path"]) == ("http_handler_failed", "GET", "/broken")


async def test_fault_of_the_connection_itself_ends_that_connection_alone(
    server: WebServer,
    listener: MemoryListener,
    monkeypatch: pytest.MonkeyPatch,
    clock: trio.testing.MockClock,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("planted")

    bad = listener.connect()
    with capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr("hypercorn.protocol.h11.H11Protocol._create_stream", fail)
        await bad.send_all(request("/hello"))
        assert await until_closed(bad) == b""
        await trio.testing.wait_all_tasks_blocked()
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["http_connection_failed"]
    assert (await answer(listener.connect(), request("/hello"))).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /hel",
        request("/echo", "Content-Length: 10", method="POST", body=b"12345"),
        request("/never"),
        request("/endless"),
        chunked(*[b"x"] * 100),
    ],
)
async def test_client_that_leaves_disturbs_nobody_and_frees_its_place(
    server: WebServer, listener: MemoryListener, sent: bytes, clock: trio.testing.MockClock
) -> None:
    with capture_logs() as logs:
        for _ in range(LIMITS.connections):
            leaving = listener.connect()
            await leaving.send_all(sent)
            await trio.testing.wait_all_tasks_blocked()
            await leaving.aclose()
        await trio.sleep(LIMITS.request_s)
        assert (await answer(listener.connect(), request("/hello"))).startswith(b"HTTP/1.1 200")
    assert [line for line in logs if line["log_level"] != "debug"] == []


async def test_client_that_only_listens_on_gets_its_answer(
    client: Any, clock: trio.testing.MockClock
) -> None:
    await client.send_all(request("/ten"))
    await client.send_eof()
    assert (await until_closed(client)).endswith(b"done")


@pytest.mark.parametrize("messages", [0, 100])
async def test_handler_of_a_websocket_does_not_outlive_its_client(
    server: WebServer, listener: MemoryListener, messages: int, clock: trio.testing.MockClock
) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    for _ in range(LIMITS.connections):
        leaving = listener.connect()
        await leaving.send_all(request("/talk", *upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="))
        assert (await leaving.receive_some()).startswith(b"HTTP/1.1 101")
        await leaving.send_all(b"\x81\x80\0\0\0\0" * messages)
        await leaving.aclose()
    await trio.sleep(LIMITS.request_s + 2)
    assert not TALKING


async def test_websocket_that_nobody_serves_is_refused(client: Any, clock: trio.testing.MockClock) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    await client.send_all(request("/hello", *upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="))
    assert (await until_closed(client)).startswith(b"HTTP/1.1 403")


async def test_http_2_is_not_spoken(
    client: Any, listener: MemoryListener, clock: trio.testing.MockClock
) -> None:
    assumed = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    await client.send_all(assumed)
    assert (await until_closed(client)).startswith(b"HTTP/1.1 40")
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    received = await answer(listener.connect(), request("/hello", *upgrade))
    assert received.startswith(b"HTTP/1.1 200")


async def test_close_ends_idle_connections_at_once_and_others_after_their_answer(
    listener: MemoryListener, clock: trio.testing.MockClock
) -> None:
    server = WebServer(APP, LIMITS)
    idle, busy = listener.connect(), listener.connect()
    await busy.send_all(request("/ten"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.serve, [listener])
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(server.close)
        assert await until_closed(idle) == b""
        assert trio.current_time() < 1
        assert (await until_closed(busy)).endswith(b"done")
    assert trio.current_time() == pytest.approx(10, abs=0.1)
    with pytest.raises(trio.BrokenResourceError):
        listener.connect()


async def test_cancelled_server_waits_for_nobody(
    listener: MemoryListener, clock: trio.testing.MockClock
) -> None:
    server = WebServer(APP, WebLimits())
    deaf = listener.connect(trio.testing.lockstep_stream_pair)
    busy, half, idle = (listener.connect() for _ in range(3))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.serve, [listener])
        await deaf.send_all(request("/hello"))
        await busy.send_all(request("/never"))
        await half.send_all(request("/echo", "Content-Length: 10", method="POST", body=b"12345"))
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert trio.current_time() == 0
    assert await until_closed(idle) == b""


async def test_application_is_asked_about_requests_alone(
    listener: MemoryListener, nursery: trio.Nursery, clock: trio.testing.MockClock
) -> None:
    kinds = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        kinds.append(scope["type"])
        await PlainTextResponse("hello")(scope, receive, send)

    nursery.start_soon(WebServer(app, LIMITS).serve, [listener])
    await answer(listener.connect(), request("/hello"))
    assert kinds == ["http"]


async def test_application_that_is_no_framework_and_fails_is_answered_for(
    listener: MemoryListener, nursery: trio.Nursery, clock: trio.testing.MockClock
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("planted")

    nursery.start_soon(WebServer(app, LIMITS).serve, [listener])
    client = listener.connect()
    await client.send_all(request("/hello"))
    assert (await until_closed(client)).endswith(b"the server failed; its log says why\n")
