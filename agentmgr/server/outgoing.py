"""What waits to be read by one desktop: written at once if the kernel takes it, bounded if not."""

from collections.abc import Callable

import trio

from agentmgr.server.limits import Limits
from agentmgr.server.transport import Transport

BROKEN = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)
"""What a transport raises when the other side is gone."""


class Outgoing:
    """The sending half of a connection.

    Args:
        transport: takes the bytes.
        limits: how much may wait, and how long.
        spawn: runs `drain` beside everything else.
        too_slow: called once when more waits than is allowed.
    """

    def __init__(
        self,
        transport: Transport,
        limits: Limits,
        spawn: Callable[["Outgoing"], None],
        too_slow: Callable[[], None],
    ) -> None:
        self.fresh: list[bytes] = []
        """Frames since the last `flush`; whoever appends the first one sees to the flush."""
        self._transport = transport
        self._limits = limits
        self._spawn = spawn
        self._too_slow = too_slow
        self._backlog = b""
        self._backlog_since = 0.0
        self._over = False
        self._empty = trio.Event()
        self._empty.set()

    def send(self, frame: bytes) -> None:
        """Send a frame at once, behind what waits already."""
        self.fresh.append(frame)
        self.flush()

    def send_last(self, frame: bytes) -> None:
        """Send a frame at once, and nothing that is given later."""
        self.send(frame)
        self._over = True

    def flush(self) -> None:
        """Send the fresh frames in one call, or queue them behind what waits already."""
        fresh = self.fresh
        data = fresh[0] if len(fresh) == 1 else b"".join(fresh)
        fresh.clear()
        if self._over or not data:
            return
        if self._backlog:
            self._backlog += data
        else:
            try:
                sent = self._transport.send_now(data)
            except BROKEN:
                self._over = True  # the receiving half notices as well, and ends the connection
                return
            if sent == len(data):
                return
            self._backlog = data[sent:]
            self._backlog_since = trio.current_time()
            self._empty = trio.Event()
            self._spawn(self)
        if len(self._backlog) > self._limits.queue_bytes:
            self._too_slow()

    def is_stale(self, now: float) -> bool:
        """Whether something waits for longer than is allowed; `now` on trio's clock."""
        return bool(self._backlog) and now - self._backlog_since > self._limits.queue_age_s

    async def drain(self) -> None:
        """Send what waits until nothing does; `flush` starts it."""
        try:
            while self._backlog:
                # While this waits more may be added behind.
                sent = await self._transport.send_later(self._backlog)
                if sent:
                    self._backlog = self._backlog[sent:]
                    self._backlog_since = trio.current_time()
        except BROKEN:
            self._over = True
            self._backlog = b""
        finally:
            self._empty.set()

    async def wait_empty(self) -> None:
        """Wait until all has been sent, or cannot be."""
        await self._empty.wait()
