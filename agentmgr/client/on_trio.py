"""The shell for trio: streams, a task for each connection, one for the time."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from ssl import SSLContext

import trio
from trio.abc import Stream

from agentmgr.client.addresses import Address, Backoff, jittered, parse_addresses
from agentmgr.client.hub import Hub
from agentmgr.client.link import SEND_S, Link
from agentmgr.client.pom import Pom
from agentmgr.client.shell import Flag
from agentmgr.client.tls import Tls, why_of
from agentmgr.client.wirelog import logger

Opener = Callable[[Address], Awaitable[Stream]]
"""Opens a stream to an address, or raises OSError."""

RECEIVE_BYTES = 65536


async def open_tcp(address: Address, tls: SSLContext | None = None, server_name: str = "") -> Stream:
    """Open a TCP connection, with TLS on it if a context is given; the name is the host's if none is."""
    stream = await trio.open_tcp_stream(*address)
    if tls is None:
        return stream
    secure = trio.SSLStream(stream, tls, server_hostname=server_name or address[0], https_compatible=True)
    try:
        await secure.do_handshake()
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise
    return secure


class _Line:
    """A stream under a link, and the task that reads it."""

    def __init__(self, link: Link, shell: "TrioShell") -> None:
        self._link = link
        self._shell = shell
        self._number = link.number
        self._stream: Stream | None = None
        self._is_sending = False
        self.scope = trio.CancelScope()

    async def run(self, opener: Opener) -> None:
        """Open the stream and read it to its end."""
        link, number = self._link, self._number
        with self.scope:
            try:
                stream = await opener(link.address)
            except Exception as error:
                if not isinstance(error, OSError | trio.BrokenResourceError):
                    logger.exception("opening a stream failed")
                link.lost(number, _told(error), trio.current_time())
                return
            try:
                self._stream = stream
                link.opened(number, _peer_of(stream), trio.current_time())
                await self._read(stream)
            finally:
                self._stream = None
                with trio.CancelScope(shield=True):  # else its Cancelled would take the place of a fault
                    await trio.aclose_forcefully(stream)

    async def _read(self, stream: Stream) -> None:
        link, number = self._link, self._number
        while True:
            try:
                data = await stream.receive_some(RECEIVE_BYTES)
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                link.lost(number, f"the connection broke: {_told(error)}", trio.current_time())
                return
            if not data:
                link.lost(number, "the server closed the connection", trio.current_time())
                return
            link.received(number, bytes(data), trio.current_time())

    async def send(self) -> None:
        """Send what waits to be sent, unless somebody does so already."""
        stream = self._stream
        if stream is None or self._is_sending or not self._link.has_outgoing():
            return
        self._is_sending = True
        fault = ""
        try:
            # Shielded: half a frame would make everything after it unreadable.
            with trio.move_on_after(SEND_S, shield=True) as sending:
                try:
                    await stream.send_all(self._link.outgoing())
                except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                    fault = f"sending failed: {_told(error)}"
            if sending.cancelled_caught:
                fault = f"the server accepted no data for {SEND_S:g} s"
        finally:
            self._is_sending = False
        if fault:
            self._link.lost(self._number, fault, trio.current_time())
        elif self._link.has_outgoing() and self._stream is stream:
            self._shell.flush(self._link)  # not by this task: it waits for its own RESP alone


class TrioShell:
    """Carries out the wishes of a client in a nursery."""

    def __init__(self, nursery: trio.Nursery, opener: Opener) -> None:
        self._nursery = nursery
        self._opener = opener
        self._sleep = trio.CancelScope()

    def flag(self) -> Flag:
        """Make a flag."""
        return trio.Event()

    def now(self) -> float:
        """Return the time."""
        return trio.current_time()

    def open(self, link: Link) -> None:
        """Run a stream for a link."""
        link.line = line = _Line(link, self)
        self._nursery.start_soon(line.run, self._opener)

    def close(self, link: Link) -> None:
        """End it."""
        line, link.line = link.line, None
        if isinstance(line, _Line):
            line.scope.cancel()

    def flush(self, link: Link) -> None:
        """Send from a task of its own."""
        if isinstance(link.line, _Line):
            self._nursery.start_soon(link.line.send)

    async def send(self, link: Link) -> None:
        """Send from this task."""
        if isinstance(link.line, _Line):
            await link.line.send()

    def retime(self) -> None:
        """Have the time looked at anew."""
        self._sleep.cancel()

    async def keep_time(self, hub: Hub) -> None:
        """Tell what time it is whenever something is due."""
        while True:
            with trio.CancelScope() as self._sleep:
                await trio.sleep_until(hub.next_at())
            hub.tick(trio.current_time())

    async def checkpoint(self) -> None:
        """Let others run."""
        await trio.lowlevel.checkpoint()

    async def wait(self, flag: Flag, timeout_s: float) -> None:
        """Wait until the flag is set, but not longer than this."""
        with trio.move_on_after(timeout_s):
            await flag.wait()

    def spawn(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run something in the nursery."""
        self._nursery.start_soon(run)

    def busy(self, text: str) -> Exception:
        """Return trio's own error."""
        return trio.BusyResourceError(text)


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
        opener: opens a stream to an address in a way of the application's own.
        tls: encrypts the connections, with the library's own opener; None is plaintext.
        backoff: seconds to wait between attempts, by the number of those that failed.
        account: name of a service account to sign in with: AGTBlendToInbound, AGTBlendToOutbound,
            AGTSkillsChanged, AGTPendingLogout and AGTAgentDisconnected can then be sent for any agent.
        password: that of the account.

    Raises:
        CommandError: 9999, none of the addresses answered in time; 17, account or password is wrong.
        ValueError: an address is none, or a file of `tls` cannot be used; the text says which.
        RuntimeError: this is not run by trio.
    """
    if not trio.lowlevel.in_trio_run():
        raise RuntimeError("this is the trio client; under asyncio use agentmgr.client.aio")
    parsed = parse_addresses(addresses)
    if tls is not None:
        opener = partial(open_tcp, tls=tls.context(), server_name=tls.server_name)
    body_error: BaseException | None = None
    try:
        async with trio.open_nursery() as nursery:
            shell = TrioShell(nursery, opener)
            pom = Pom(parsed, shell, backoff, max_events, (account, password))
            nursery.start_soon(shell.keep_time, pom._hub)
            try:
                await pom._connected(patience_s)
                yield pom
            except BaseException as error:
                body_error = error
                raise
            finally:
                pom._close()
                nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        # The nursery is an inner matter: who catches CommandError around `connect` wants no group.
        the_one = _one_of(group, body_error)
        raise the_one from the_one.__cause__


def _one_of(group: BaseExceptionGroup[BaseException], body_error: BaseException | None) -> BaseException:
    """Return the error that matters: the body's, unless that was only cancelled because of another."""
    if body_error is not None and not isinstance(body_error, trio.Cancelled):
        return body_error
    faults = group.split(trio.Cancelled)[1]
    error: BaseException = group if faults is None else faults
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _peer_of(stream: Stream) -> Address | None:
    """Return the numeric address a stream leads to, if it is a TCP stream, with TLS or without."""
    if isinstance(stream, trio.SSLStream):
        stream = stream.transport_stream
    if not isinstance(stream, trio.SocketStream):
        return None
    host, port, *_ = stream.socket.getpeername()
    return host, port


def _told(error: Exception) -> str:
    """Return what a person wants to know of an error; trio wraps those of each address tried."""
    cause: BaseException | None = error.__cause__
    if (why := why_of(cause or error)) is not None:
        return why
    if isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    return str(error) or type(error).__name__
