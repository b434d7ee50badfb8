"""A connection's bytes: straight on a TCP socket, or over any trio stream."""

import socket
from typing import Protocol

import trio

RECEIVE_BYTES = 64 * 1024


class Transport(Protocol):
    """Bytes in and out. One task receives, one at most sends later."""

    async def receive(self) -> bytes:
        """Wait for bytes; empty at the end.

        Raises:
            OSError, trio.BrokenResourceError, trio.ClosedResourceError: the connection is broken.
        """
        ...

    def send_now(self, data: bytes) -> int:
        """Send what can be sent without waiting, and return how many bytes that was.

        Raises:
            OSError: the connection is broken.
        """
        ...

    async def send_later(self, data: bytes) -> int:
        """Wait until something can be sent, and return how many bytes were.

        Raises:
            OSError, trio.BrokenResourceError, trio.ClosedResourceError: the connection is broken.
        """
        ...

    async def end(self) -> None:
        """Say that nothing more will be sent; receiving goes on."""
        ...

    async def close(self) -> None:
        """Close at once; what was sent before may still arrive."""
        ...


class TcpTransport:
    """A non-blocking socket, without a layer between: a send from the zone's task costs one system call."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    async def receive(self) -> bytes:
        while True:
            await trio.lowlevel.wait_readable(self._socket)
            try:
                return self._socket.recv(RECEIVE_BYTES)
            except BlockingIOError:
                continue

    def send_now(self, data: bytes) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0

    async def send_later(self, data: bytes) -> int:
        await trio.lowlevel.wait_writable(self._socket)
        return self.send_now(data)

    async def end(self) -> None:
        await trio.lowlevel.checkpoint()
        self._socket.shutdown(socket.SHUT_WR)

    async def close(self) -> None:
        trio.lowlevel.notify_closing(self._socket)
        self._socket.close()


class StreamTransport:
    """Any trio stream: in memory for tests, or with TLS. Everything is sent later."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream

    async def receive(self) -> bytes:
        return bytes(await self._stream.receive_some(RECEIVE_BYTES))

    def send_now(self, data: bytes) -> int:
        return 0

    async def send_later(self, data: bytes) -> int:
        await self._stream.send_all(data)
        return len(data)

    async def end(self) -> None:
        if isinstance(self._stream, trio.abc.HalfCloseableStream):
            await self._stream.send_eof()

    async def close(self) -> None:
        await trio.aclose_forcefully(self._stream)
