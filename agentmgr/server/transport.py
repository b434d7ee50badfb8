"""A connection's bytes: straight on a TCP socket, with TLS on it, or over any trio stream."""

import socket
import ssl
from contextlib import suppress
from typing import Protocol

import trio

RECEIVE_BYTES = 64 * 1024
RECORD_BYTES = 16 * 1024
"""As much as TLS encrypts in one go."""


class Transport(Protocol):
    """Bytes in and out, once it is open. One task receives, one at most sends later."""

    async def open(self) -> None:
        """Do what must be done before the first byte.

        Raises:
            OSError, trio.BrokenResourceError, trio.ClosedResourceError: that failed.
        """
        ...

    async def receive(self) -> bytes:
        """Wait for bytes; empty at the end.

        Raises:
            OSError, trio.BrokenResourceError, trio.ClosedResourceError: the connection is broken.
            RemoteProtocolError: what came stands for no bytes of this wire.
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

    async def open(self) -> None:
        pass

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


class TlsTransport:
    """A non-blocking socket with TLS: a send from the zone's task is encrypted and leaves at once.

    A piece that was encrypted and could not leave whole is given again: OpenSSL goes on where it was, so the
    same bytes must come first the next time, as `Outgoing` has it.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self._socket = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        self._ended = False

    async def open(self) -> None:
        while True:
            try:
                self._socket.do_handshake()
            except ssl.SSLWantReadError:
                await trio.lowlevel.wait_readable(self._socket)
            except ssl.SSLWantWriteError:
                await trio.lowlevel.wait_writable(self._socket)
            else:
                return

    async def receive(self) -> bytes:
        while True:
            if not self._socket.pending():
                await trio.lowlevel.wait_readable(self._socket)
            try:
                if self._ended:  # what comes now is dropped, and need not be read as TLS
                    return socket.socket.recv(self._socket, RECEIVE_BYTES)
                return self._socket.recv(RECEIVE_BYTES)
            except (ssl.SSLWantReadError, BlockingIOError):
                continue
            except ssl.SSLWantWriteError:
                await trio.lowlevel.wait_writable(self._socket)

    def send_now(self, data: bytes) -> int:
        sent = 0
        try:
            while sent < len(data):
                sent += self._socket.send(data[sent : sent + RECORD_BYTES])
        except (ssl.SSLWantWriteError, BlockingIOError):
            pass
        return sent

    async def send_later(self, data: bytes) -> int:
        await trio.lowlevel.wait_writable(self._socket)
        return self.send_now(data)

    async def end(self) -> None:
        await trio.lowlevel.checkpoint()
        self._ended = True
        with suppress(ssl.SSLError):  # the last word of TLS has left; that of the peer is not waited for
            self._socket.unwrap()
        socket.socket.shutdown(self._socket, socket.SHUT_WR)

    async def close(self) -> None:
        trio.lowlevel.notify_closing(self._socket)
        self._socket.close()


class StreamTransport:
    """Any trio stream: that of a page, or in memory for tests. Everything is sent later."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream

    async def open(self) -> None:
        pass

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
