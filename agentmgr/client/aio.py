"""The library for programs on asyncio: the same names as in `agentmgr.client`, which is for trio."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from ssl import SSLContext
from typing import Any

from agentmgr.client.addresses import Address, Backoff, jittered, parse_addresses
from agentmgr.client.agent import Agent
from agentmgr.client.commands import Event
from agentmgr.client.errors import AgentRemoved, CommandError, EventsLost
from agentmgr.client.handlers import AgentHandler
from agentmgr.client.hub import Hub
from agentmgr.client.link import NEVER, SEND_S, Link
from agentmgr.client.pom import Pom
from agentmgr.client.shell import Flag
from agentmgr.client.tls import Tls, why_of
from agentmgr.client.wirelog import logger

__all__ = [
    "Agent",
    "AgentHandler",
    "AgentRemoved",
    "CommandError",
    "Event",
    "EventsLost",
    "Opener",
    "Pom",
    "Tls",
    "connect",
    "open_tcp",
]

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Opener = Callable[[Address], Awaitable[Streams]]
"""Opens streams to an address, or raises OSError."""

RECEIVE_BYTES = 65536
WRONG_LOOP = "this is the asyncio client; under trio use agentmgr.client, with threads agentmgr.client.sync"


async def open_tcp(address: Address, tls: SSLContext | None = None, server_name: str = "") -> Streams:
    """Open a TCP connection, with TLS on it if a context is given; the name is the host's if none is."""
    name = server_name or address[0] if tls is not None else None
    return await asyncio.open_connection(*address, ssl=tls, server_hostname=name)


class _Line:
    """Streams under a link, and the task that reads them."""

    def __init__(self, link: Link, shell: "AioShell", opener: Opener) -> None:
        self._link = link
        self._shell = shell
        self._number = link.number
        self._writer: asyncio.StreamWriter | None = None
        self._is_stuck = False
        self.task = shell.start(self._run(opener))

    async def _run(self, opener: Opener) -> None:
        link = self._link
        try:
            reader, writer = await opener(link.address)
        except Exception as error:
            if not isinstance(error, OSError):
                logger.exception("opening a stream failed")
            self._lost(_told(error))
            return
        try:
            writer.transport.set_write_buffer_limits(high=0)  # `drain` waits until all has left
            self._writer = writer
            link.opened(self._number, _peer_of(writer), self._shell.now())
            await self._read(reader)
        finally:
            self._writer = None
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                data = await reader.read(RECEIVE_BYTES)
            except OSError as error:
                self._lost(f"the connection broke: {_told(error)}")
                return
            if not data:
                self._lost("the server closed the connection")
                return
            self._link.received(self._number, data, self._shell.now())

    def send(self) -> None:
        """Send what waits to be sent, unless what was sent before has not left yet."""
        writer = self._writer
        if writer is None or self._is_stuck or not self._link.has_outgoing():
            return
        writer.write(self._link.outgoing())
        if writer.transport.get_write_buffer_size():
            self._is_stuck = True
            self._shell.start(self._drain(writer))

    async def _drain(self, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SEND_S):
                await writer.drain()
        except TimeoutError:
            self._lost(f"the server accepted no data for {SEND_S:g} s")
        except OSError as error:
            self._lost(f"sending failed: {_told(error)}")
        else:
            self._is_stuck = False
            self.send()

    def _lost(self, why: str) -> None:
        self._link.lost(self._number, why, self._shell.now())


class AioShell:
    """Carries out the wishes of a client in tasks of the running loop."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._hub: Hub | None = None

    def flag(self) -> Flag:
        """Make a flag."""
        return asyncio.Event()

    def now(self) -> float:
        """Return the time."""
        return self._loop.time()

    def open(self, link: Link) -> None:
        """Run streams for a link."""
        link.line = _Line(link, self, self._opener)

    def close(self, link: Link) -> None:
        """End them."""
        line, link.line = link.line, None
        if isinstance(line, _Line):
            line.task.cancel()

    def flush(self, link: Link) -> None:
        """Send at once: the transport keeps what the socket does not take."""
        if isinstance(link.line, _Line):
            link.line.send()

    async def send(self, link: Link) -> None:
        """Send at once."""
        self.flush(link)

    def keep_time(self, hub: Hub) -> None:
        """Tell what time it is whenever something is due."""
        self._hub = hub

    def retime(self) -> None:
        """Have the time looked at anew."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._hub.next_at() if self._hub is not None else NEVER
        if at != NEVER:
            self._timer = self._loop.call_at(at, self._tick)

    def _tick(self) -> None:
        if self._hub is not None:
            self._hub.tick(self.now())
            self.retime()

    async def checkpoint(self) -> None:
        """Let others run."""
        await asyncio.sleep(0)

    async def wait(self, flag: Flag, timeout_s: float) -> None:
        """Wait until the flag is set, but not longer than this."""
        try:
            async with asyncio.timeout(timeout_s):
                await flag.wait()
        except TimeoutError:
            pass

    def start(self, run: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in a task."""
        task = self._loop.create_task(run)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def spawn(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run something in a task."""

        async def await_it() -> None:
            await run()

        self.start(await_it())

    def busy(self, text: str) -> Exception:
        """Return what asyncio itself would raise."""
        return RuntimeError(text)

    async def end(self) -> None:
        """End all tasks, and wait for them."""
        self._hub = None
        self.retime()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a task of the library failed", exc_info=error)


@asynccontextmanager
async def connect(
    addresses: Sequence[Address | str],
    *,
    patience_s: float = 10.0,
    max_events: int = 1000,
    opener: Opener = open_tcp,
    tls: Tls | None = None,
    backoff: Backoff = jittered,
    account: str = "",
    password: str = "",
) -> AsyncIterator[Pom]:
    """Connect to an Agent Manager, and to those of other zones when an agent logs on there.

    A lost connection is made again by itself, every few seconds; meanwhile commands fail with 9999. Agents
    that were logged on come back with it, each with its resume token, and follow their zone if it has moved.

    Args:
        addresses: where Agent Managers listen, `("127.0.0.1", 9970)` or `"127.0.0.1:9970"`; the first
            that answers is used.
        patience_s: how many seconds to try at first, above 0.
        max_events: how many events are kept for an agent that does not read them, 1 and up.
        opener: opens streams to an address in a way of the application's own.
        tls: encrypts the connections, with the library's own opener; None is plaintext.
        backoff: seconds to wait between attempts, by the number of those that failed.
        account: name of a service account to sign in with: AGTBlendToInbound, AGTBlendToOutbound,
            AGTSkillsChanged, AGTPendingLogout and AGTAgentDisconnected can then be sent for any agent.
        password: that of the account.

    Raises:
        CommandError: 9999, none of the addresses answered in time; 17, account or password is wrong.
        ValueError: an address is none, or a file of `tls` cannot be used; the text says which.
        RuntimeError: this is not run by asyncio.
    """
    if tls is not None:
        opener = partial(open_tcp, tls=tls.context(), server_name=tls.server_name)
    try:
        shell = AioShell(opener)
    except RuntimeError:
        raise RuntimeError(WRONG_LOOP) from None
    pom = Pom(parse_addresses(addresses), shell, backoff, max_events, (account, password))
    shell.keep_time(pom._hub)
    try:
        await pom._connected(patience_s)
        yield pom
    finally:
        pom._close()
        await shell.end()


def _peer_of(writer: asyncio.StreamWriter) -> Address | None:
    """Return the numeric address that streams lead to, if they are of TCP."""
    peer = writer.get_extra_info("peername")
    return (peer[0], peer[1]) if isinstance(peer, tuple) else None


def _told(error: Exception) -> str:
    """Return what a person wants to know of an error."""
    if (why := why_of(error)) is not None:
        return why
    if isinstance(error, OSError) and error.strerror and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return str(error) or type(error).__name__
