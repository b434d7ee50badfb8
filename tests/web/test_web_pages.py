from collections.abc import Mapping

import pytest
import trio
import trio.testing
from prometheus_client import CollectorRegistry, Counter

from agentmgr.web.pages import pages
from agentmgr.web.server import WebServer

REGISTRY = CollectorRegistry()
Counter("things", "Things.", registry=REGISTRY).inc(3)


@pytest.fixture
def parts() -> dict[str, str]:
    return {"Default": "ok"}


@pytest.fixture
async def port(parts: Mapping[str, str], nursery: trio.Nursery) -> int:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(WebServer(pages(REGISTRY, lambda: parts)).serve, listeners)
    number: int = listeners[0].socket.getsockname()[1]
    return number


async def exchange(port: int, request: bytes) -> tuple[int, bytes, bytes]:
    """Send bytes and return status, head and body of the answer."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(request)
        answer = b"".join([bytes(chunk) async for chunk in stream])
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head, body


def get(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


async def test_metrics_are_the_registry_as_text(port: int) -> None:
    status, head, body = await exchange(port, get("/metrics?x=1"))
    assert status == 200
    assert b"text/plain" in head
    assert b"things_total 3.0" in body


async def test_metrics_come_in_the_format_asked_for(port: int) -> None:
    accepted = ("Accept: text/html", "Accept: application/openmetrics-text; version=1.0.0")
    _, head, body = await exchange(port, get("/metrics", *accepted))
    assert b"application/openmetrics-text" in head
    assert body.endswith(b"# EOF\n")


async def test_health_is_200_while_every_part_is_ok_and_503_after(port: int, parts: dict[str, str]) -> None:
    assert (await exchange(port, get("/healthz")))[::2] == (200, b'{"Default":"ok"}')
    parts["Default"] = "ending"
    assert (await exchange(port, get("/healthz")))[::2] == (503, b'{"Default":"ending"}')


async def test_head_request_gets_no_body(port: int) -> None:
    status, head, body = await exchange(port, get("/healthz").replace(b"GET", b"HEAD"))
    assert (status, body) == (200, b"")
    assert b"16" in head


async def test_refusals_say_what_there_is_and_what_is_allowed(port: int) -> None:
    _, _, body = await exchange(port, get("/nothing"))
    assert body == b"no such page; there are: /healthz, /metrics\n"
    _, head, body = await exchange(port, get("/metrics").replace(b"GET", b"POST"))
    assert body == b"POST is not allowed here; allowed: GET, HEAD\n"
    assert b"\r\nallow: get, head" in head.lower()


async def test_answer_does_not_tell_what_software_serves_it(port: int) -> None:
    _, head, _ = await exchange(port, get("/healthz"))
    assert b"\r\nserver:" not in head.lower()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (get("/nothing"), 404),
        (get("/metrics/"), 404),
        (get("/metrics").replace(b"GET", b"POST"), 405),
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000, 431),
    ],
)
async def test_request_that_cannot_be_served_is_answered_so(
    port: int, request_bytes: bytes, status: int
) -> None:
    assert (await exchange(port, request_bytes))[0] == status


async def test_client_that_leaves_in_the_middle_disturbs_nobody(port: int) -> None:
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(b"GET /metr")
    assert (await exchange(port, get("/healthz")))[0] == 200
