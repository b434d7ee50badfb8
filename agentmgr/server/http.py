"""/metrics and /healthz over HTTP: GET only, one request a connection, a few connections at a time."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import h11
import orjson
import structlog
import trio
from attrs import frozen
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

log = structlog.get_logger()

MAX_CONNECTIONS = 32
REQUEST_TIMEOUT_S = 10.0


@frozen
class Answer:
    """What an HTTP request gets."""

    status: int
    content_type: str
    body: bytes


Page = Callable[[str], Awaitable[Answer]]
"""Makes an answer, given the request's Accept header."""


def metrics_page(registry: CollectorRegistry) -> Page:
    """Show a registry to Prometheus, in the text format that it asks for."""

    async def page(accept: str) -> Answer:
        encode, content_type = choose_encoder(accept)
        # A thousand series take 10 ms to write: too long for the thread that serves desktops.
        body = await trio.to_thread.run_sync(encode, registry)
        return Answer(200, content_type, body)

    return page


def health_page(state: Callable[[], Mapping[str, str]]) -> Page:
    """Say 200 while every part of `state` is "ok", otherwise 503; the body names the parts."""

    async def page(_: str) -> Answer:
        parts = state()
        healthy = all(part == "ok" for part in parts.values())
        return Answer(200 if healthy else 503, "application/json", orjson.dumps(dict(parts)))

    return page


async def serve_http(listeners: list[trio.SocketListener], pages: Mapping[str, Page]) -> None:
    """Answer requests until cancelled.

    Args:
        listeners: where to accept; closed in the end.
        pages: what there is, by path.
    """
    slots = trio.CapacityLimiter(MAX_CONNECTIONS)
    await trio.serve_listeners(partial(_serve_connection, pages, slots), listeners)


async def _serve_connection(
    pages: Mapping[str, Page], slots: trio.CapacityLimiter, stream: trio.SocketStream
) -> None:
    async with stream, slots:
        with trio.move_on_after(REQUEST_TIMEOUT_S):
            try:
                await _serve_request(pages, stream)
            except trio.BrokenResourceError:
                log.debug("http_client_left")


async def _serve_request(pages: Mapping[str, Page], stream: trio.SocketStream) -> None:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=8_192)
    try:
        request = await _request(connection, stream)
    except h11.RemoteProtocolError as error:
        await _send(connection, stream, _text(error.error_status_hint, "not a usable HTTP request\n"), False)
        return
    if request is None:
        return
    path = request.target.split(b"?", 1)[0].decode("ascii", "replace")
    method = request.method.decode("ascii")
    page = pages.get(path)
    if page is None:
        answer = _text(404, f"no such page; there are: {', '.join(sorted(pages))}\n")
    elif method not in ("GET", "HEAD"):
        answer = _text(405, "only GET is allowed\n")
    else:
        accept = b",".join(value for name, value in request.headers if name == b"accept")
        answer = await page(accept.decode("latin-1"))
    await _send(connection, stream, answer, method == "HEAD")


async def _request(connection: h11.Connection, stream: trio.SocketStream) -> h11.Request | None:
    """Read until a request is complete; None if the client left before it was."""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await stream.receive_some())
        elif isinstance(event, h11.Request):
            return event
        else:
            return None


async def _send(
    connection: h11.Connection, stream: trio.SocketStream, answer: Answer, head_only: bool
) -> None:
    headers = [
        ("Content-Type", answer.content_type),
        ("Content-Length", str(len(answer.body))),
        ("Connection", "close"),
    ]
    parts = [connection.send(h11.Response(status_code=answer.status, headers=headers))]
    if not head_only:
        parts.append(connection.send(h11.Data(data=answer.body)))
    parts.append(connection.send(h11.EndOfMessage()))
    await stream.send_all(b"".join(part for part in parts if part))


def _text(status: int, text: str) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", text.encode())
