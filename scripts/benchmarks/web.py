"""How soon a supervisor's page shows what an agent does, and what open pages cost the desktops.

One page is a real one in Chromium; the others are connections that read what a page is sent, since a machine
that serves has no browsers on it. The clock is the machine's: a row says since when its agent is in a state,
and the page looks at the clock once the frame with it is drawn.
"""

import json
import os
import selectors
import socket
import urllib.request
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any
from urllib.parse import urlsplit

from scripts.benchmarks.wire import pin
from scripts.loading.crowd import merged
from scripts.loading.measuring import ZONE, Crowds, Load, Server, crowds_of, serving
from scripts.loading.server import SUPERVISOR, Order

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
SETTLE_S = 3.0
PATIENCE_S = 60.0
RECEIVE_BYTES = 1 << 20
WATCHED = """
const since = new Map(), drawn = (window.drawnMs = []);
let changedAt = 0;
new MutationObserver(() => { changedAt = performance.now(); })
  .observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
window.WebSocket = class extends WebSocket {
  constructor(...where) {
    super(...where);
    this.addEventListener("message", ({ data }) => {
      const cameAt = performance.now(), changes = [];
      for (const row of JSON.parse(data)) {
        if (row.kind !== "agent") continue;
        if (since.has(row.agent) && since.get(row.agent) !== row.since_at) changes.push(row.since_at * 1000);
        since.set(row.agent, row.since_at);
      }
      // a frame for pages that draw in the next one, and then what was drawn is on its way to the screen
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
        if (changedAt >= cameAt) for (const each of changes) drawn.push(Date.now() - each);
      })));
    });
  }
};
"""
"""Notes for each change of an agent how long it took until it was drawn, in ms; runs before the page does."""


def measure(agents: int, wallboards: int, rate: float, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """Return what desktops waited with no page open and with pages, by turns, and what pages waited.

    Args:
        agents: who work.
        wallboards: pages that are open.
        rate: attempts a second.
        seconds: of each part.
        rounds: parts of each kind.

    Raises:
        RuntimeError: a server did not start.
    """
    load = Load(agents, rate, (seconds + 2 * SETTLE_S) * 2 * rounds, tokens=True)
    alone_s, beside_s, drawn_ms = array("d"), array("d"), array("d")
    shares: list[list[float]] = [[], []]
    sizes: list[dict[str, float]] = []
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="agentmgr-web-")))
        order = Order(agents, load.contacts, load.ring_s, load.handle_s / 2, ZONE)
        server = stack.enter_context(serving(directory, order, lambda line: None))
        crowds = stack.enter_context(crowds_of(load, order, server.port))
        crowds.ask("log_on")
        pin(server.process_id, 0)
        crowds.pin()
        pin(0, -1)  # and with this process the browser
        server.ask("run")
        crowds.ask("work", 1.0)
        sleep(load.settle_s)
        for _ in range(rounds):
            alone_s += _waits(server, crowds, seconds, shares[0])
            with _pages(server.http, wallboards) as page:
                sleep(SETTLE_S)
                sizes.append(_sizes(page))
                page.evaluate("drawnMs.length = 0")
                beside_s += _waits(server, crowds, seconds, shares[1])
                drawn_ms += array("d", page.evaluate("drawnMs.splice(0)"))
                sizes.append(_sizes(page))
            sleep(SETTLE_S)
        server.stop()
    alone, beside = (_p(each, 99) * 1e3 for each in (alone_s, beside_s))
    return [
        {"agents": agents, "wallboards": 0, "resp_p99_ms": round(alone, 2), "core_share": _mean(shares[0])},
        {
            "agents": agents,
            "wallboards": wallboards,
            "resp_p99_ms": round(beside, 2),
            "core_share": _mean(shares[1]),
            "changes_drawn": len(drawn_ms),
            "drawn_p50_ms": round(_p(drawn_ms, 50), 1),
            "drawn_p95_ms": round(_p(drawn_ms, 95), 1),
            "page_sizes": sizes,  # at the begin of each part and at its end
        },
        {"resp_p99_ratio": round(beside / alone, 2), "machine_load": os.getloadavg()[0]},
    ]


def _waits(server: Server, crowds: Crowds, seconds: float, shares: list[float]) -> "array[float]":
    crowds.ask("measure")
    began, cpu_s = perf_counter(), server.cpu_s()
    sleep(seconds)
    shares.append((server.cpu_s() - cpu_s) / (perf_counter() - began))
    notes = merged(crowds.ask("notes"))
    return notes.plain_s + notes.durable_s


def _sizes(page: Any) -> dict[str, float]:
    """Return what must not grow in a page that is left open."""
    browser = page.context.new_cdp_session(page)
    browser.send("HeapProfiler.collectGarbage")
    browser.send("Performance.enable")
    found = {each["name"]: each["value"] for each in browser.send("Performance.getMetrics")["metrics"]}
    return {
        "heap_mb": round(found["JSHeapUsedSize"] / 2**20, 2),
        "nodes": found["Nodes"],
        "listeners": found["JSEventListeners"],
    }


def _p(values: "array[float]", percent: int) -> float:
    return quantiles(values, n=100)[percent - 1] if len(values) > 1 else 0.0


def _mean(shares: list[float]) -> float:
    return round(sum(shares) / len(shares), 3)


@contextmanager
def _pages(url: str, wallboards: int) -> Iterator[Any]:
    """Open so many pages; yields the one that is real."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise RuntimeError("playwright is needed; install it with: ./scripts/setup dev") from None
    cookie = _sign_in(url)
    with ExitStack() as stack:
        stack.enter_context(_readers(url, cookie, wallboards - 1))
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        stack.callback(browser.close)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.context.add_init_script(WATCHED)
        name, _, value = cookie.partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": f"{url}/supervise"}])
        page.goto(f"{url}/supervise")
        began = perf_counter()
        while not page.evaluate("drawnMs.length"):
            if perf_counter() - began > PATIENCE_S:
                raise RuntimeError("the page shows no changes of agents")
            sleep(0.1)
        yield page


def _sign_in(url: str) -> str:
    name, password = SUPERVISOR
    body = json.dumps({"name": name, "password": password}).encode()
    headers = {"Content-Type": "application/json", "Origin": url}
    asked = urllib.request.Request(f"{url}/supervise/session", body, headers)
    with urllib.request.urlopen(asked) as answer:
        return str(answer.headers["Set-Cookie"]).partition(";")[0]


@contextmanager
def _readers(url: str, cookie: str, how_many: int) -> Iterator[None]:
    """Read, in a thread, what so many pages are sent."""
    at = urlsplit(url)
    head = (
        f"GET /supervise/floor HTTP/1.1\r\nHost: {at.netloc}\r\nOrigin: {url}\r\nCookie: {cookie}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    ended = Event()
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(how_many):
            sock = stack.enter_context(socket.create_connection((at.hostname or "", at.port or 80)))
            sock.sendall(head.encode())
            selector.register(sock, selectors.EVENT_READ)

        def read() -> None:
            while not ended.is_set():
                for key, _ in selector.select(0.2):
                    if isinstance(key.fileobj, socket.socket):
                        key.fileobj.recv(RECEIVE_BYTES)

        thread = Thread(target=read, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
