"""The scripted server over TCP in a thread of its own, for clients that trio does not run."""

import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

import trio
from trio.abc import Stream

from agentmgr.testing.scripted import ScriptedServer, Visit

T = TypeVar("T")


class ServerThread:
    """A scripted server that listens on a free port of this machine while the block runs.

    Attributes:
        server: to be looked at by any thread, to be changed between the steps of a test.
        address: where it listens.
    """

    server: ScriptedServer
    address: str

    def __init__(self) -> None:
        self._ready: Future[None] = Future()
        self._stop = trio.CancelScope()
        self._thread = threading.Thread(target=trio.run, args=(self._serve,), name="server")

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        trio.from_thread.run_sync(self._stop.cancel, trio_token=self._token)
        self._thread.join()

    def run(self, work: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Have the server's thread do something."""
        return trio.from_thread.run(work, *args, trio_token=self._token)

    def visit(self, number: int = 0) -> Visit:
        """Wait for the connection of this number."""
        return self.run(self.server.visit, number)

    def tell(self, number: int, method: str, *args: Any) -> None:
        """Have something done on the connection of this number, once it is there."""

        async def do() -> None:
            visit = await self.server.visit(number)
            await getattr(visit, method)(*args)

        self.run(do)

    async def _serve(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        host, port = listeners[0].socket.getsockname()
        self.address = f"{host}:{port}"

        async def serve(stream: Stream) -> None:
            async with stream:
                await self.server.serve((host, port), stream)

        with self._stop:
            async with trio.open_nursery() as nursery:
                self.server = ScriptedServer(nursery, {"Default": (host, port)})
                nursery.start_soon(trio.serve_listeners, serve, listeners)
                self._ready.set_result(None)
