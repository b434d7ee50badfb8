"""The clients for asyncio and for threads in the place of the one for trio, behind a proxy that taps them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, TypeVar, cast

import trio
from trio.abc import Stream

import agentmgr.client.aio
import agentmgr.client.sync
from agentmgr.client import Opener, Pom
from agentmgr.conformance.stage import Stage
from protocol.commands import Resp

T = TypeVar("T")
CHUNK_BYTES = 65536

CLIENTS: dict[str, Callable[..., AbstractAsyncContextManager[Any]]] = {}


class OtherStage(Stage):
    """Plays with the client of this name."""

    client = ""

    def _client(self, opener: Opener) -> AbstractAsyncContextManager[Pom]:
        return cast("AbstractAsyncContextManager[Pom]", self._behind_proxy(opener))

    @asynccontextmanager
    async def _behind_proxy(self, opener: Opener) -> AsyncIterator[Any]:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        host, port = listeners[0].socket.getsockname()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, partial(self._pass_on, opener), listeners)
            connecting = CLIENTS[self.client](f"{host}:{port}", self.target.patience_s)
            async with connecting as pom:
                yield pom
            nursery.cancel_scope.cancel()

    async def _pass_on(self, opener: Opener, ours: Stream) -> None:
        """Connect to the server for a client that has connected; the end of one is the end of the other."""
        try:
            theirs = await opener((self.target.host, self.target.port))
        except OSError:
            await trio.aclose_forcefully(ours)
            return
        async with ours, theirs, trio.open_nursery() as nursery:
            for source, sink in ((ours, theirs), (theirs, ours)):
                nursery.start_soon(_pump, source, sink, nursery.cancel_scope)


async def _pump(source: Stream, sink: Stream, both: trio.CancelScope) -> None:
    try:
        while data := await source.receive_some(CHUNK_BYTES):
            await sink.send_all(data)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    both.cancel()


class OtherPom:
    """What scenarios use of `Pom`; `run` does something in the world of the other client."""

    def __init__(self, pom: Any, run: Callable[..., Awaitable[Any]]) -> None:
        self._pom = pom
        self._run = run

    async def agent(self, agent_id: str, *, on_event: Any = None) -> "OtherAgent":
        """Return the agent of this id."""
        return OtherAgent(await self._run(self._pom.agent, agent_id, on_event=on_event), self._run)


class OtherAgent:
    """What scenarios use of `Agent`."""

    def __init__(self, agent: Any, run: Callable[..., Awaitable[Any]]) -> None:
        self._agent = agent
        self._run = run

    async def request(self, command: object) -> Resp:
        """Send a command."""
        response: Resp = await self._run(self._agent.request, command)
        return response

    def __getattr__(self, name: str) -> Any:
        return getattr(self._agent, name)


@asynccontextmanager
async def threads(address: str, patience_s: float) -> AsyncIterator[OtherPom]:
    """Connect the client for threads."""
    pom = await trio.to_thread.run_sync(
        partial(agentmgr.client.sync.connect, [address], patience_s=patience_s, backoff=lambda _: 0.05)
    )

    async def run(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        return await trio.to_thread.run_sync(partial(call, *args, **options), abandon_on_cancel=True)

    try:
        yield OtherPom(pom, run)
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(pom.close)


@asynccontextmanager
async def tasks(address: str, patience_s: float) -> AsyncIterator[OtherPom]:
    """Connect the client for asyncio, in a loop that runs in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="asyncio")
    thread.start()
    connecting = agentmgr.client.aio.connect([address], patience_s=patience_s, backoff=lambda _: 0.05)

    async def run(call: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **options: Any) -> Any:
        future = asyncio.run_coroutine_threadsafe(call(*args, **options), loop)
        return await _result(future)

    try:
        pom = await run(connecting.__aenter__)
        try:
            yield OtherPom(pom, run)
        finally:
            with trio.CancelScope(shield=True):
                await run(connecting.__aexit__, None, None, None)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(thread.join)
        loop.close()


async def _result(future: "Future[T]") -> T:
    """Wait for what another thread does; it is cancelled with whoever waits."""
    done = trio.Event()
    token = trio.lowlevel.current_trio_token()
    future.add_done_callback(lambda _: token.run_sync_soon(done.set))
    try:
        await done.wait()
    finally:
        future.cancel()
    return future.result()


CLIENTS |= {"asyncio": tasks, "threads": threads}


def stage_of(client: str) -> type[Stage]:
    """Return the stage for scenarios that are played with a client."""
    return type(f"StageOf{client}", (OtherStage,), {"client": client})
