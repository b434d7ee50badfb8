"""What waits for one desktop: its order, its bounds, and how long it may wait."""

import pytest
import trio

from agentmgr.server.limits import Limits
from agentmgr.server.outgoing import Outgoing


class Owner:
    """Notes what it is told."""

    def __init__(self):
        self.told = []

    def close_slow(self):
        self.told.append("slow")

    def ease(self):
        self.told.append("ease")

    def fail(self, fault):
        self.told.append(fault)


class SlowTransport:
    """Takes nothing at once, and later a few bytes every few seconds."""

    def __init__(self, take_bytes: int, every_s: float) -> None:
        self.taken = b""
        self._take_bytes = take_bytes
        self._every_s = every_s

    def send_now(self, data: bytes) -> int:
        return 0

    async def send_later(self, data: bytes) -> int:
        await trio.sleep(self._every_s)
        self.taken += data[: self._take_bytes]
        return min(len(data), self._take_bytes)


@pytest.fixture
def slow(nursery):
    transport = SlowTransport(10, every_s=6.0)
    outgoing = Outgoing(transport, Limits(), lambda out: nursery.start_soon(out.drain), Owner())
    return transport, outgoing


async def test_desktop_that_reads_slowly_but_steadily_is_not_stale(slow, autojump_clock):
    transport, outgoing = slow
    outgoing.send(b"x" * 40)
    for _ in range(23):
        await trio.sleep(1.0)
        assert not outgoing.is_stale(trio.current_time())
    await outgoing.wait_empty()
    assert transport.taken == b"x" * 40


async def test_desktop_that_takes_nothing_for_too_long_is_stale_until_it_does(nursery, autojump_clock):
    transport = SlowTransport(10, every_s=12.0)
    outgoing = Outgoing(transport, Limits(), lambda out: nursery.start_soon(out.drain), Owner())
    outgoing.send(b"x" * 20)
    await trio.sleep(9.9)
    assert not outgoing.is_stale(trio.current_time())
    await trio.sleep(1.0)
    assert outgoing.is_stale(trio.current_time())
    await trio.sleep(1.5)
    assert not outgoing.is_stale(trio.current_time())
    await outgoing.wait_empty()


async def test_frames_sent_while_others_wait_come_behind_them(slow, autojump_clock):
    transport, outgoing = slow
    outgoing.send(b"a" * 15)
    await trio.sleep(1.0)
    outgoing.send(b"b" * 5)
    await outgoing.wait_empty()
    assert transport.taken == b"a" * 15 + b"b" * 5
