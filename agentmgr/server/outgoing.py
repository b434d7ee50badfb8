"""What waits to be read by one desktop: written at once if the kernel takes it, bounded if not."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

import trio

from agentmgr.server.limits import Limits
from agentmgr.server.transport import Transport

BROKEN = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)
"""What a transport raises when the other side is gone."""

PIECE_BYTES = 64 * 1024
"""So much of what waits is handed to the kernel at once."""


class Owner(Protocol):
    """Whose sending half it is."""

    def close_slow(self) -> None:
        """More waits than is allowed."""
        ...

    def ease(self) -> None:
        """Less waits than before, or nothing can be sent any more."""
        ...

    def fail(self, fault: Exception) -> None:
        """Sending met a fault of ours."""
        ...


class Outgoing:
    """The sending half of a connection.

    Notifications that wait may have so many bytes and not more. Answers come on top: a desktop gets all that
    it asked for if it reads in time, and asks for no more while a good part of the room is taken.

    Args:
        transport: takes the bytes.
        limits: how much may wait, and how long.
        spawn: runs `drain` beside everything else.
        owner: told of what becomes of it.
    """

    def __init__(
        self,
        transport: Transport,
        limits: Limits,
        spawn: Callable[["Outgoing"], None],
        owner: Owner,
    ) -> None:
        self.fresh: list[bytes] = []
        """Frames since the last `flush`; whoever appends the first one sees to the flush."""
        self.answer_bytes = 0
        """How many bytes of answers there may be among the fresh frames and those that wait."""
        self.is_over = False
        """Whether nothing can be sent any more."""
        self._transport = transport
        self._limits = limits
        self._spawn = spawn
        self._owner = owner
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._full_bytes = limits.queue_bytes // 4
        self._waiting_since = 0.0
        self._empty = trio.Event()
        self._empty.set()

    @property
    def is_full(self) -> bool:
        """Whether so much waits that nothing more should be asked for."""
        return self._waiting_bytes > self._full_bytes

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting_bytes

    def send(self, frame: bytes) -> None:
        """Send a frame at once, behind what waits already."""
        self.fresh.append(frame)
        self.flush()

    def send_last(self, frame: bytes) -> None:
        """Send a frame at once, and nothing that is given later."""
        self.send(frame)
        self.is_over = True

    def flush(self) -> None:
        """Send the fresh frames in one call, or queue them behind what waits already."""
        fresh = self.fresh
        data = fresh[0] if len(fresh) == 1 else b"".join(fresh)
        fresh.clear()
        if self.is_over or not data:
            return
        if not self._waiting_bytes:
            try:
                sent = self._transport.send_now(data)
            except BROKEN:
                self._break()  # the receiving half notices as well, and ends the connection
                return
            except Exception as fault:  # whoever writes serves others as well
                self._break()
                self._owner.fail(fault)
                return
            if sent == len(data):
                self.answer_bytes = 0
                return
            data = data[sent:]
            self._waiting_since = trio.current_time()
            self._empty = trio.Event()
            self._spawn(self)
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes - self.answer_bytes > self._limits.queue_bytes:
            self._owner.close_slow()

    def is_stale(self, now: float) -> bool:
        """Whether something waits for longer than is allowed; `now` on trio's clock."""
        return bool(self._waiting_bytes) and now - self._waiting_since > self._limits.queue_age_s

    async def drain(self) -> None:
        """Send what waits until nothing does; `flush` starts it."""
        try:
            while self._waiting_bytes:
                # While this waits more may be added behind.
                piece = self._next_piece()
                sent = await self._transport.send_later(piece)
                if sent:
                    self._waiting_bytes -= sent
                    self._waiting_since = trio.current_time()
                if sent < len(piece):
                    self._waiting.appendleft(piece[sent:])
                if sent:
                    self._owner.ease()
        except BROKEN:
            self._break()
        except Exception as fault:
            self._break()
            self._owner.fail(fault)
        finally:
            self.answer_bytes = 0
            self._empty.set()

    async def wait_empty(self) -> None:
        """Wait until all has been sent, or cannot be."""
        await self._empty.wait()

    def _next_piece(self) -> bytes:
        waiting = self._waiting
        pieces = [waiting.popleft()]
        size = len(pieces[0])
        while waiting and size + len(waiting[0]) <= PIECE_BYTES:
            pieces.append(waiting.popleft())
            size += len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _break(self) -> None:
        self.is_over = True
        self._waiting.clear()
        self._waiting_bytes = 0
        self._owner.ease()
