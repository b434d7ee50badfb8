"""The listener on real sockets."""

import errno
import socket
import struct

import pytest
import trio
import trio.testing
from agt_stage import Desktop, Stage
from structlog.testing import capture_logs

from agentmgr.server.limits import Limits
from agentmgr.server.listener import open_listener
from protocol.commands import POMClientAlive, POMClientAliveRESP
from protocol.connection import command_bytes, notification_bytes
from protocol.notifications import AGTZoneDown
from protocol.results import ResultCode


class Tcp(Stage):
    """A listener on a free port."""

    async def start(self):
        self.listener = open_listener("127.0.0.1", 0)
        await self._nursery.start(self.server.serve, [self.listener])
        self.address = self.listener.getsockname()
        return self

    async def open(self) -> Desktop:
        return Desktop(await trio.open_tcp_stream(*self.address))


async def test_tcp_desktop_is_answered_without_delay_of_small_packets(nursery):
    stage = await Tcp(nursery).start()
    desktop = await stage.open()
    await desktop.hello()
    for _ in range(10):
        await desktop.send(POMClientAlive(), "")
        assert await desktop.next() == POMClientAliveRESP(ResultCode.SUCCESS)
    connection = next(iter(stage.connections))
    sock = connection._transport._socket
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
    await desktop.stream.aclose()
    nursery.cancel_scope.cancel()


@pytest.mark.slow
async def test_tcp_many_connections_at_once_are_all_accepted(nursery):
    stage = await Tcp(nursery).start()
    desktops = []

    async def connect():
        desktop = await stage.open()
        await desktop.hello()
        desktops.append(desktop)

    async with trio.open_nursery() as inner:
        for _ in range(200):
            inner.start_soon(connect)
    assert len(stage.connections) == 200
    await stage.server.close("over")
    for desktop in desktops:
        assert await desktop.reason() == "over"
        await desktop.stream.aclose()


async def test_tcp_bad_input_with_much_behind_it_still_gets_its_reason(nursery):
    stage = await Tcp(nursery).start()
    desktop = await stage.open()
    await desktop.hello()
    await desktop.stream.send_all(b"\x00\x00\x00\x01\xc1" + b"junk" * 50_000)
    assert "msgpack" in await desktop.reason()
    await desktop.stream.aclose()
    nursery.cancel_scope.cancel()


async def test_tcp_reset_by_the_desktop_is_a_lost_connection(nursery):
    stage = await Tcp(nursery).start()
    desktop = await stage.open()
    await desktop.hello()
    desktop.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await desktop.stream.aclose()
    while not stage.inbox.lost:
        await trio.lowlevel.checkpoint()
    assert stage.inbox.lost == [1]
    nursery.cancel_scope.cancel()


async def test_tcp_answer_larger_than_the_kernel_takes_arrives_whole_and_in_order(nursery):
    stage = await Tcp(nursery, Limits(queue_bytes=64_000_000)).start()
    desktop = await stage.open()
    await desktop.hello()
    count = 0
    while next(iter(stage.connections)).outgoing.is_empty:
        for _ in range(100):
            _notify(stage, count)
            count += 1
        stage.connections.flush()
    for number in range(count):
        assert (await desktop.next()).grace_period_in_millis == number
    await desktop.send(POMClientAlive(), "")
    assert await desktop.next() == POMClientAliveRESP(ResultCode.SUCCESS)
    await desktop.stream.aclose()
    nursery.cancel_scope.cancel()


async def test_tcp_desktop_that_does_not_read_is_closed_and_can_still_read_the_reason(nursery):
    stage = await Tcp(nursery, Limits(queue_bytes=10_000)).start()
    desktop = await stage.open()
    await desktop.hello()
    count = 0
    while not stage.closed("slow_consumer"):
        _notify(stage, count)
        stage.connections.flush()
        count += 1
    *notifications, closed = await desktop.rest()
    assert closed.reason.startswith("slow consumer")
    assert [n.grace_period_in_millis for n in notifications] == list(range(count))
    await desktop.stream.aclose()
    nursery.cancel_scope.cancel()


async def test_listener_out_of_descriptors_says_so_once_and_accepts_again_later(nursery):
    stage = Tcp(nursery)
    exhausted = 3

    class Poor(socket.socket):
        def accept(self):
            nonlocal exhausted
            if exhausted:
                exhausted -= 1
                raise OSError(errno.EMFILE, "Too many open files")
            return super().accept()

    listener = open_listener("127.0.0.1", 0)
    poor = Poor(fileno=listener.detach())
    poor.setblocking(False)
    with capture_logs() as logs:
        await nursery.start(stage.server.serve, [poor])
        stage.address = poor.getsockname()
        desktop = await stage.open()
        await desktop.hello()
    assert [entry["event"] for entry in logs] == ["connections_not_taken"], "one line for all three"
    await desktop.stream.aclose()
    nursery.cancel_scope.cancel()


async def test_listener_that_stopped_accepting_serves_on_and_refuses_new_connections(nursery):
    stage = await Tcp(nursery).start()
    desktop = await stage.open()
    await desktop.hello()
    stage.server.stop_accepting()
    await trio.testing.wait_all_tasks_blocked()
    with pytest.raises(OSError, match=r"[Cc]onnect"):
        await stage.open()
    await desktop.stream.send_all(command_bytes(5, "", POMClientAlive()))
    assert await desktop.next() == POMClientAliveRESP(ResultCode.SUCCESS)
    await desktop.stream.aclose()
    nursery.cancel_scope.cancel()


def test_listener_on_a_port_in_use_fails_and_a_port_just_left_can_be_taken_again():
    first = open_listener("127.0.0.1", 0)
    port = first.getsockname()[1]
    with pytest.raises(OSError, match="in use"):
        open_listener("127.0.0.1", port)
    client = socket.create_connection(("127.0.0.1", port))
    served, _ = first.accept()
    served.close()  # this end goes to TIME_WAIT
    client.close()
    first.close()
    open_listener("127.0.0.1", port).close()


def _notify(stage: Stage, number: int) -> None:
    stage.connections.send(1, notification_bytes("1001", AGTZoneDown("z" * 5000, number)))
