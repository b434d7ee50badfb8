"""The played server leads desktops that are written with the clients for asyncio and for threads."""

import asyncio
import queue
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import trio
import trio.testing

from agentmgr.client import aio, sync
from agentmgr.client.commands import Event
from agentmgr.conformance.runner import Outcome, Result
from agentmgr.conformance.served import lead
from agentmgr.desk.sim import SimDesktop
from protocol.commands import GetAgentStatusResponse, GetAgentStatusResponseRESP
from protocol.results import ResultCode
from tests.conformance.test_conformance_desktop import AT_WORK, PATIENCE_S

pytestmark = pytest.mark.slow

RATE = 8.0
"""How much faster than the wall clock the play and the desktops are."""
LIMIT_S = 120.0
ANSWERED = GetAgentStatusResponseRESP(ResultCode.SUCCESS)
"""The library answers GetAgentStatus by itself."""


class FastLoop(asyncio.SelectorEventLoop):
    """A loop whose time passes faster."""

    def __init__(self) -> None:
        super().__init__(FastSelector())

    def time(self) -> float:
        """Return the time on the faster scale."""
        return super().time() * RATE


class FastSelector(selectors.DefaultSelector):
    """Waits as long as a loop on the faster scale means."""

    def select(self, timeout: float | None = None) -> Any:
        """Wait for events."""
        return super().select(timeout if timeout is None else timeout / RATE)


def new_desktop() -> SimDesktop:
    return SimDesktop("1001", "demo", "Default", 1, AT_WORK)


async def work_in_tasks(address: str) -> None:
    """Be a desktop with the client for asyncio."""
    desktop = new_desktop()
    commands: deque[Any] = deque()
    woken = asyncio.Event()
    now = asyncio.get_running_loop().time

    def notified(event: Event) -> None:
        commands.extend(desktop.notified(event, now()))
        woken.set()

    async with aio.connect([address]) as pom:
        agent = await pom.agent(desktop.agent_id, on_event=notified)
        commands.extend(desktop.start(now()))
        while not desktop.finished:
            if not commands:
                woken.clear()
                commands.extend(desktop.due(now()))
            if commands:
                command = commands.popleft()
                own = isinstance(command, GetAgentStatusResponse)
                response = ANSWERED if own else await agent.request(command)
                commands.extend(desktop.answered(command, response, now()))
            else:
                at = desktop.next_at()
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(at):
                        await woken.wait()


def work_in_threads(address: str, over: threading.Event) -> None:
    """Be a desktop with the client for threads, whose events come by the queue of a window."""
    desktop = new_desktop()
    commands: deque[Any] = deque()
    window: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def now() -> float:
        return time.monotonic() * RATE

    def notified(event: Event) -> None:
        commands.extend(desktop.notified(event, now()))

    def look(wait_s: float) -> None:
        with suppress(queue.Empty):
            window.get(timeout=max(0.0, wait_s))()

    with sync.connect([address], dispatch=window.put) as pom:
        agent = pom.agent(desktop.agent_id, on_event=notified)
        commands.extend(desktop.start(now()))
        while not desktop.finished and not over.is_set():
            if not commands:
                commands.extend(desktop.due(now()))
            if commands:
                command = commands.popleft()
                own = isinstance(command, GetAgentStatusResponse)
                future = None if own else agent.submit(command)
                while future is not None and not future.done():
                    look(0.002)
                while not window.empty():  # what came before the RESP
                    look(0.0)
                response = ANSWERED if future is None else future.result()
                commands.extend(desktop.answered(command, response, now()))
            else:
                at = desktop.next_at()
                look(0.05 if at is None else min(0.05, (at - now()) / RATE))


def led(work: Callable[[str], None]) -> dict[str, Outcome]:
    """Lead a desktop through all acts."""
    port: Future[int] = Future()
    outcomes: list[Outcome] = []
    play = partial(lead, "127.0.0.1", 0, "Default", PATIENCE_S, port.set_result, outcomes.append)
    errors: list[BaseException] = []

    def serve() -> None:
        try:
            trio.run(play, clock=trio.testing.MockClock(rate=RATE))
        except BaseException as error:
            errors.append(error)

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    desktop = threading.Thread(target=work, args=(f"127.0.0.1:{port.result(10)}",), daemon=True)
    desktop.start()
    server.join(LIMIT_S)
    assert not server.is_alive(), "the play is not over in time"
    assert errors == []
    return {outcome.name: outcome for outcome in outcomes}


def check(outcomes: dict[str, Outcome]) -> None:
    assert {name: o.why for name, o in outcomes.items() if o.result is not Result.PASS} == {}
    assert len(outcomes) == 15


def test_desktop_of_tasks_passes_every_act(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio.events, "new_event_loop", FastLoop)
    ended = threading.Event()
    stop: Future[Callable[[], Any]] = Future()

    def work(address: str) -> None:
        async def main() -> None:
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            assert task is not None
            stop.set_result(lambda: loop.call_soon_threadsafe(task.cancel))
            with suppress(asyncio.CancelledError):
                await work_in_tasks(address)

        asyncio.run(main())
        ended.set()

    outcomes = led(work)
    with suppress(RuntimeError):  # it has ended by itself
        stop.result()()
    assert ended.wait(10)
    check(outcomes)


def test_desktop_of_threads_passes_every_act(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio.events, "new_event_loop", FastLoop)
    over, ended = threading.Event(), threading.Event()

    def work(address: str) -> None:
        work_in_threads(address, over)
        ended.set()

    outcomes = led(work)
    over.set()
    assert ended.wait(10)
    check(outcomes)
