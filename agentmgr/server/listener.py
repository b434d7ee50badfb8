"""The listener of a zone: accepts connections, runs them, and ends them in order."""

import itertools
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

import structlog
import trio

from agentmgr.accepting import EXHAUSTED, RETRY_S, Shortage, highest_descriptor
from agentmgr.core.events import ConnectionLost, Event
from agentmgr.runtime.metrics import ZoneMetrics
from agentmgr.server.admission import Admission
from agentmgr.server.connection import Connection, Inbox
from agentmgr.server.connections import Connections
from agentmgr.server.limits import Limits
from agentmgr.server.outgoing import Outgoing
from agentmgr.server.transport import StreamTransport, TcpTransport, TlsTransport, Transport
from agentmgr.tls.certificates import Certificate
from protocol.connection import closing_bytes

log = structlog.get_logger()

BACKLOG = 1024
CHECK_INTERVAL_S = 1.0
ACCEPT_AT_ONCE = 8
"""How many connections are taken in one pass of trio's scheduler."""
DRAINED_BYTES = 64 * 1024
ENDS = "the zone is ending"


class ZoneInbox(Inbox, Protocol):
    """The zone's inbox as the listener needs it."""

    def push(self, event: Event) -> None:
        """Put an event in, whether there is room or not."""
        ...


def open_listener(host: str, port: int) -> socket.socket:
    """Listen on a TCP port; 0 takes a free one.

    Raises:
        OSError: the address cannot be listened on; its `strerror` says why.
    """
    family, kind, number, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, number)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _host(peer: str) -> str:
    return peer.rpartition(":")[0] or peer


def _refusal(why: str) -> bytes:
    return closing_bytes(f"{why}; try again later")


class AgtServer:
    """Serves desktops, with TLS if there is a certificate.

    `connections` is given to the zone's runner as its desktops.
    """

    def __init__(
        self,
        connections: Connections,
        inbox: ZoneInbox,
        metrics: ZoneMetrics,
        limits: Limits | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        self._connections = connections
        self._certificate = certificate
        self._inbox = inbox
        self._limits = limits or Limits()
        connections.admission = Admission(self._limits)
        self._metrics = metrics
        self._numbers = itertools.count(1)
        self._accepting = trio.CancelScope()
        self._all_gone = trio.Event()
        self._nursery: trio.Nursery | None = None
        self._running = 0
        self._shortage = Shortage("desktops")
        metrics.connections.set_function(lambda: len(connections))

    async def serve(
        self,
        listeners: Sequence[socket.socket] = (),
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve until `close` has finished or this is cancelled; the listeners are closed in the end."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                nursery.start_soon(self._accept_all, listeners)
                nursery.start_soon(self._check_all)
                task_status.started()
        finally:
            self._nursery = None
            for listener in listeners:
                listener.close()

    async def serve_stream(self, stream: trio.abc.Stream, peer: str = "memory") -> None:
        """Serve one connection over any stream, while `serve` runs; returns when it is closed.

        Each call of the stream's `send_all` has whole frames.
        """
        transport = StreamTransport(stream)
        ends = self._nursery is None or self._accepting.cancel_called
        why = ENDS if ends else self._connections.admission.judge(_host(peer))
        if why:
            self._metrics.closed("full")
            await transport.send_later(_refusal(why))
            await transport.end()
            await transport.close()
        else:
            await self._serve(transport, peer)

    def stop_accepting(self) -> None:
        """Take no new connections; those that are open go on."""
        self._accepting.cancel()

    async def close(self, reason: str) -> None:
        """Tell every desktop the reason and close; takes at most twice `linger_s`, then `serve` returns."""
        self.stop_accepting()
        self._connections.close_all(reason)
        if self._running:
            with trio.move_on_after(2 * self._limits.linger_s):
                self._all_gone = trio.Event()
                await self._all_gone.wait()
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    # -- accepting -------------------------------------------------------------------------

    async def _accept_all(self, listeners: Sequence[socket.socket]) -> None:
        with self._accepting:
            async with trio.open_nursery() as nursery:
                for listener in listeners:
                    nursery.start_soon(self._accept, listener)
        for listener in listeners:
            listener.close()

    async def _accept(self, listener: socket.socket) -> None:
        shortage, highest = self._shortage, highest_descriptor()
        while True:
            await trio.lowlevel.wait_readable(listener)
            try:
                # trio has one pass of its scheduler for each wait, in which all connections have their turn:
                # of a crowd that knocks some are taken in each, so that the others' turns come between.
                for _ in range(ACCEPT_AT_ONCE):
                    sock, address = listener.accept()
                    if sock.fileno() < highest:
                        self._open(sock, address)
                    else:
                        sock.close()
                        shortage.tell("too few file descriptors are left")
            except BlockingIOError:
                continue
            except OSError as error:
                if error.errno in EXHAUSTED:
                    shortage.tell(error.strerror or str(error))
                    await trio.sleep(RETRY_S)
                else:  # that one connection failed before it was taken
                    log.debug("accept_failed", why=error.strerror)

    def _open(self, sock: socket.socket, address: object) -> None:
        sock.setblocking(False)
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address)
        why = self._connections.admission.judge(_host(peer))
        if why:
            self._turn_away(sock, why)
            return
        transport: Transport
        if self._certificate is None:
            transport = TcpTransport(sock)
        else:
            try:
                transport = TlsTransport(sock, self._certificate.context)
            except OSError as error:  # it has gone already
                log.debug("accept_failed", why=str(error))
                sock.close()
                return
        if self._nursery is not None:
            self._nursery.start_soon(self._serve, transport, peer)

    def _turn_away(self, sock: socket.socket, why: str) -> None:
        """Close a connection that cannot be served, as cheaply as may be."""
        self._shortage.tell(why)
        self._metrics.closed("full")
        if self._certificate is None:
            with suppress(OSError):
                sock.send(_refusal(why))
                sock.shutdown(socket.SHUT_WR)
                sock.recv(DRAINED_BYTES)  # bytes left unread would make the kernel reset it
        sock.close()

    # -- one connection --------------------------------------------------------------------

    async def _serve(self, transport: Transport, peer: str) -> None:
        number = next(self._numbers)
        inbox, limits, metrics = self._inbox, self._limits, self._metrics
        connection = Connection(number, peer, transport, self._spawn, inbox, limits, metrics)
        self._connections.add(connection)
        self._running += 1
        try:
            await connection.run()
        finally:
            self._connections.remove(connection)
            if connection.greeted:
                self._inbox.push(ConnectionLost(number))
            try:
                await connection.finish()
            finally:
                self._running -= 1
                if not self._running:
                    self._all_gone.set()

    def _spawn(self, outgoing: Outgoing) -> None:
        if self._nursery is not None:
            self._nursery.start_soon(outgoing.drain)

    async def _check_all(self) -> None:
        """One look at every connection now and then, instead of a timer for each of its commands."""
        while True:
            await trio.sleep(CHECK_INTERVAL_S)
            now = trio.current_time()
            for connection in self._connections:
                connection.check(now)
