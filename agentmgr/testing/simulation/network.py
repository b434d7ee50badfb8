"""A network that delays, holds back, cuts and resets, under streams that look like TCP."""

from collections import deque
from collections.abc import Iterator
from random import Random

import trio
from trio.abc import HalfCloseableStream

from agentmgr.testing.simulation.processes import Process

Address = tuple[str, int]
DELAY_S = (0.0002, 0.003)
SLOW_S = (0.2, 3.0)
SLOW = 0.01
"""How many of all packets are slow ones."""
WINDOW_BYTES = 262_144
"""With more under way than that a sender waits."""


class Network:
    """All machines and what is between them.

    Machines are known by name. Between two that are cut from each other nothing arrives; what was sent
    arrives when they are joined again, unless the connection is given up before, as with TCP.
    """

    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self._listeners: dict[Address, Listener] = {}
        self._isolated: set[tuple[str, str]] = set()
        self.streams: dict[SimStream, None] = {}
        self.is_calm = False

    def listen(self, address: Address, process: Process) -> "Listener":
        """Take connections at an address, until it is closed or its process ends.

        Raises:
            OSError: another process listens there.
        """
        before = self._listeners.get(address)
        if before is not None and before.process is not process:
            raise OSError(98, f"somebody listens at {address[0]}:{address[1]} already")
        listener = self._listeners[address] = Listener(self, address, process)
        process.at_end(listener.close)
        return listener

    async def connect(self, name: str, address: Address, process: Process | None = None) -> "SimStream":
        """Open a connection from a machine.

        Raises:
            OSError: nobody listens there.
        """
        await trio.sleep(self.delay_s())
        listener = self._listeners.get(address)
        while listener is not None and self.is_cut(name, listener.process.name):
            await trio.sleep(0.5)
            listener = self._listeners.get(address)
        if listener is None:
            raise OSError(111, f"nobody listens at {address[0]}:{address[1]}")
        ours = SimStream(self, name, process)
        theirs = SimStream(self, listener.process.name, listener.process)
        ours.peer, theirs.peer = theirs, ours
        for stream in (ours, theirs):
            self.streams[stream] = None
            if stream.process is not None:
                stream.process.at_end(stream.abort)
        listener.take(theirs, name)
        return ours

    def forget_listener(self, address: Address, listener: "Listener") -> None:
        """Listen there no more, unless another one does."""
        if self._listeners.get(address) is listener:
            del self._listeners[address]

    def delay_s(self) -> float:
        """Draw how long a packet takes."""
        slow = not self.is_calm and self._draw.random() < SLOW
        return self._draw.uniform(*(SLOW_S if slow else DELAY_S))

    # -- faults ----------------------------------------------------------------------------

    def is_cut(self, one: str, other: str) -> bool:
        """Tell whether nothing passes between two machines."""
        return any(
            (name, kind) in self._isolated
            for name, peer in ((one, other), (other, one))
            for kind in ("*", peer.partition("-")[0])
        )

    def cut(self, name: str, kind: str = "*") -> None:
        """Cut a machine off from all, or from those whose names begin with a kind and a dash."""
        self._isolated.add((name, kind))

    def join(self, name: str, kind: str = "*") -> None:
        """Undo a cut; what waits is under way again."""
        self._isolated.discard((name, kind))
        for stream in list(self.streams):
            if name in (stream.name, stream.peer.name):
                stream.look_again()

    def heal(self) -> None:
        """Undo all cuts, and let nothing be slow any more."""
        for name, kind in list(self._isolated):
            self.join(name, kind)
        self.is_calm = True

    def reset(self, name: str, share: float = 1.0) -> None:
        """Reset connections of a machine, all or some."""
        for stream in self._of(name):
            if self._draw.random() < share:
                stream.peer.break_up()
                stream.break_up()

    def _of(self, name: str) -> Iterator["SimStream"]:
        return (stream for stream in list(self.streams) if stream.name == name)


class Listener:
    """Takes connections at an address."""

    def __init__(self, network: Network, address: Address, process: Process) -> None:
        self.process = process
        self._network = network
        self._address = address
        self._waiting: deque[tuple[SimStream, str]] = deque()
        self._bell = trio.Event()
        self.is_open = True

    def take(self, stream: "SimStream", name: str) -> None:
        """Put a new connection behind the others."""
        self._waiting.append((stream, name))
        self._bell.set()

    async def accept(self) -> tuple["SimStream", str]:
        """Wait for a connection, and return it with the name of the machine that it comes from."""
        while not self._waiting:
            self._bell = trio.Event()
            await self._bell.wait()
        return self._waiting.popleft()

    def close(self) -> None:
        """Listen no more; connections that nobody has taken break."""
        if self.is_open:
            self.is_open = False
            self._network.forget_listener(self._address, self)
            for stream, _ in self._waiting:
                stream.peer.break_up()


class SimStream(HalfCloseableStream):
    """One end of a connection."""

    peer: "SimStream"

    def __init__(self, network: Network, name: str, process: Process | None) -> None:
        self.name = name
        self.process = process
        self._network = network
        self._arriving: deque[tuple[float, bytes | None]] = deque()
        self._bytes = 0
        self._bell = trio.Event()
        self._room = trio.Event()
        self._last_at = 0.0
        self._is_broken = False
        self._is_closed = False
        self._has_ended = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send, once there is room."""
        await trio.lowlevel.checkpoint()
        while True:
            self._check()
            if self.peer._bytes < WINDOW_BYTES:
                break
            self._room = trio.Event()
            await self._room.wait()
        self._leave(bytes(data))

    async def wait_send_all_might_not_block(self) -> None:
        """Wait for nothing."""
        await trio.lowlevel.checkpoint()

    async def send_eof(self) -> None:
        """Say that nothing more comes."""
        await trio.lowlevel.checkpoint()
        self._check()
        if not self._has_ended:
            self._has_ended = True
            self._leave(None)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Wait for what has arrived; empty at the end."""
        await trio.lowlevel.checkpoint()
        while True:
            self._check()
            now = trio.current_time()
            if self._arriving and self._arriving[0][0] <= now and not self._is_cut():
                if self._arriving[0][1] is None:
                    return b""
                return self._take(now)
            self._bell = trio.Event()
            with trio.move_on_at(self._next_at()):
                await self._bell.wait()

    def _take(self, now: float) -> bytes:
        taken = []
        while self._arriving and self._arriving[0][0] <= now and self._arriving[0][1] is not None:
            _, data = self._arriving.popleft()
            taken.append(data or b"")
        found = b"".join(taken)
        self._bytes -= len(found)
        self.peer._room.set()
        return found

    async def aclose(self) -> None:
        """Close; the other end reads to the end, or finds it broken if something was unread."""
        if not self._is_closed:
            self._is_closed = True
            self._bell.set()
            self._room.set()
            self._network.streams.pop(self, None)
            if not self._has_ended:
                self._leave(None)
        await trio.lowlevel.checkpoint()

    def abort(self) -> None:
        """End because its process has; what it had sent arrives, and then the end."""
        self._is_closed = True
        self._network.streams.pop(self, None)
        self.peer.arrive(None)

    def break_up(self) -> None:
        """Be reset by the other end or by the network."""
        self._is_broken = True
        self._network.streams.pop(self, None)
        self._bell.set()
        self._room.set()

    def arrive(self, data: bytes | None) -> None:
        """Take what the other end has sent; it can be read a little later."""
        if self._is_broken or self._is_closed:
            return
        at = max(self._last_at, trio.current_time() + self._network.delay_s())
        self._last_at = at
        self._arriving.append((at, data))
        self._bytes += len(data or b"")
        self._bell.set()

    def look_again(self) -> None:
        """The network has changed."""
        self._bell.set()

    def _leave(self, data: bytes | None) -> None:
        if self.process is None:
            self.peer.arrive(data)
        else:
            self.process.emit(self.peer.arrive, data)

    def _next_at(self) -> float:
        if not self._arriving or self._is_cut():
            return float("inf")
        return self._arriving[0][0]

    def _is_cut(self) -> bool:
        return self._network.is_cut(self.name, self.peer.name)

    def _check(self) -> None:
        if self._is_closed:
            raise trio.ClosedResourceError("this end is closed")
        if self._is_broken:
            raise trio.BrokenResourceError("the connection was reset")
