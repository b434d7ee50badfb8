"""A connection between a switch and a manager: frames, signs of life, deadlines, and what is sent again."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trio
from attrs import define, field, frozen

from agentmgr.telephony.wire import Beat, decode, encode
from protocol.errors import RemoteProtocolError
from protocol.framing import FrameDecoder

RECEIVE_BYTES = 65_536
SEND_BYTES = 65_536

ENDED = (
    OSError,
    trio.BrokenResourceError,
    trio.ClosedResourceError,
    trio.TooSlowError,
    RemoteProtocolError,
)
"""What ends a connection; whoever has it makes a new one."""

_BEAT = encode(Beat())


@frozen
class LinkTimes:
    """The times of a connection, real seconds.

    Attributes:
        beat_s: with nothing else to say for so long, a sign of life is given.
        silence_s: with nothing heard for so long, the connection is over.
        send_s: how long the other side may take to take something.
        greet_s: how long connecting, and each step until both know each other, may take.
    """

    beat_s: float = 1.0
    silence_s: float = 3.0
    send_s: float = 3.0
    greet_s: float = 3.0


@define(eq=False)
class Numbered:
    """Messages that go out in their order, each kept until the other side says that it has it.

    Attributes:
        limit: how many are kept at most.
        last: the number of the last one.
    """

    limit: int
    last: int = 0
    _unsent: deque[tuple[int, bytes]] = field(factory=deque)
    _sent: deque[tuple[int, bytes]] = field(factory=deque)

    def __len__(self) -> int:
        return len(self._unsent) + len(self._sent)

    def add(self, make: Callable[[int], Any]) -> bool:
        """Add the message that is made with its number; False if there is no room."""
        if len(self) >= self.limit:
            return False
        self.last += 1
        self._unsent.append((self.last, encode(make(self.last))))
        return True

    def take(self) -> bytes:
        """Return what is to be sent next."""
        parts: list[bytes] = []
        size = 0
        while self._unsent and size < SEND_BYTES:
            entry = self._unsent.popleft()
            self._sent.append(entry)
            parts.append(entry[1])
            size += len(entry[1])
        return b"".join(parts)

    def arrived(self, number: int) -> None:
        """Forget all up to a number: the other side has them.

        Raises:
            RemoteProtocolError: it cannot have what was not sent.
        """
        if number > self.last - len(self._unsent):
            raise RemoteProtocolError(f"message {number} is said to have arrived, which was not sent")
        while self._sent and self._sent[0][0] <= number:
            self._sent.popleft()

    def send_again(self, after: int) -> None:
        """Begin anew on another connection, whose other side has all up to a number.

        Raises:
            RemoteProtocolError: it cannot have them, or lacks some that it had.
        """
        self._unsent.extendleft(reversed(self._sent))
        self._sent.clear()
        while self._unsent and self._unsent[0][0] <= after:
            self._unsent.popleft()
        if after != self.last - len(self._unsent):
            raise RemoteProtocolError(f"message {after} is not the last that the other side can have")

    def reset(self) -> None:
        """Forget everything, and count from 1 again."""
        self.last = 0
        self._unsent.clear()
        self._sent.clear()


@contextmanager
def _within(limit_s: float, what: str) -> Iterator[None]:
    """End a wait that takes too long.

    Raises:
        trio.TooSlowError: it did; says what was waited for.
    """
    with trio.move_on_after(limit_s) as scope:
        yield
    if scope.cancelled_caught:
        raise trio.TooSlowError(f"{what} for {limit_s:g} s")


def follows(number: int, last: int) -> bool:
    """Whether a message is the next one; False if it came before.

    Raises:
        RemoteProtocolError: some between are missing.
    """
    if number > last + 1:
        raise RemoteProtocolError(f"message {number} came after {last}")
    return number == last + 1


class Link:
    """Messages over a stream. One task may receive, and one run `write`."""

    def __init__(self, stream: trio.abc.Stream, times: LinkTimes) -> None:
        self._stream = stream
        self._times = times
        self._decoder = FrameDecoder()
        self._bell = trio.Event()
        self._early: list[Any] = []
        self._scope = trio.CancelScope()

    async def say(self, message: Any) -> None:
        """Send one message, before `write` runs.

        Raises:
            ENDED: the connection is over.
        """
        with trio.fail_after(self._times.greet_s):
            await self._stream.send_all(encode(message))

    async def greeted(self) -> Any:
        """Return the other side's next message, before `receive` is used.

        Raises:
            ENDED: the connection is over.
        """
        with trio.fail_after(self._times.greet_s):
            while not self._early:
                self._early = self._decoded(await self._stream.receive_some(RECEIVE_BYTES))
        return self._early.pop(0)

    async def receive(self) -> list[Any]:
        """Return what came, signs of life not counted; perhaps nothing.

        Raises:
            ENDED: the connection is over.
        """
        came, self._early = self._early, []
        if not came:
            with _within(self._times.silence_s, "nothing was heard"):
                came = self._decoded(await self._stream.receive_some(RECEIVE_BYTES))
        return [message for message in came if message.__class__ is not Beat]

    def _decoded(self, data: bytes | bytearray) -> list[Any]:
        if not data:
            raise trio.BrokenResourceError("the other side closed the connection")
        return [decode(value) for value in self._decoder.feed(bytes(data))]

    def ring(self) -> None:
        """Let `write` look for what there is to send."""
        self._bell.set()

    async def write(self, take: Callable[[], bytes]) -> None:
        """Send what `take` returns whenever there is something, and signs of life, until cancelled.

        Raises:
            ENDED: the connection is over.
        """
        times = self._times
        beats_at = trio.current_time() + times.beat_s  # from what was sent, whatever rings meanwhile
        while True:
            self._bell = trio.Event()
            data = take()
            if not data:
                with trio.move_on_at(beats_at) as waiting:
                    await self._bell.wait()
                if not waiting.cancelled_caught:
                    continue
                data = _BEAT
            with _within(times.send_s, "nothing was taken"):
                await self._stream.send_all(data)
            beats_at = trio.current_time() + times.beat_s

    async def run(self, take: Callable[[], bytes], on_message: Callable[[Any], None]) -> None:
        """Send what there is, and take in what comes, until `end`; then return.

        Raises:
            ENDED: the connection is over.
            Exception: `on_message` raised it.
        """
        fault: Exception | None = None

        async def write() -> None:
            nonlocal fault
            try:
                await self.write(take)
            except ENDED as error:
                fault = error
                self._scope.cancel()

        async def read() -> None:
            nonlocal fault
            try:
                while True:
                    for message in await self.receive():
                        on_message(message)
                    self.ring()
            except Exception as error:
                fault = error
                self._scope.cancel()

        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(write)
                nursery.start_soon(read)
        if fault is not None:
            raise fault

    def end(self, after_s: float = 0.0) -> None:
        """Let `run` return, at once or a moment later."""
        self._scope.deadline = trio.current_time() + after_s

    async def aclose(self) -> None:
        """Close the connection; never waits."""
        await trio.aclose_forcefully(self._stream)
