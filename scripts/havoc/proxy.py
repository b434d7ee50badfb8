"""Lines between the processes of a centre that can be made bad; a process of its own that is told how.

`python -m scripts.havoc.proxy` reads lines of JSON, `{"line": NAME, "to": PORT}` for a new line, which is
answered with its port, and `{"line": NAME, "mode": MODE}` for how it shall be.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field

PIECE_BYTES = 7
SLOW_S = 0.3
ENDED = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)

MODES = ("well", "silent", "slow", "sliced", "refused", "reset", "half-closed")
"""How a line may be.

silent: nothing gets through, and nobody is told; refused: no connection is made, those there are go on;
reset: those there are end, once; half-closed: the same, but the side that connected hears it alone.
"""


@define(eq=False)
class Line:
    """Connections to one port, and how they are."""

    to: int
    mode: str = "well"
    changed: trio.Event = field(factory=trio.Event)
    _scopes: set[trio.CancelScope] = field(factory=set)
    _near: set[trio.SocketStream] = field(factory=set)

    async def be(self, mode: str) -> None:
        """Change how it is."""
        if mode == "reset":
            for scope in self._scopes:
                scope.cancel()
            mode = "well"
        elif mode == "half-closed":
            for stream in list(self._near):
                try:
                    await stream.send_eof()
                except ENDED:
                    continue
            mode = "well"
        self.mode = mode
        self.changed.set()
        self.changed = trio.Event()

    async def carry(self, near: trio.SocketStream) -> None:
        """Carry what one connection has to say, both ways, to its end."""
        async with near:
            if self.mode == "refused":
                return
            while self.mode == "silent":
                await self.changed.wait()
            try:
                far = await trio.open_tcp_stream("127.0.0.1", self.to)
            except OSError:
                return
            async with far:
                with trio.CancelScope() as scope:
                    self._scopes.add(scope)
                    self._near.add(near)
                    async with trio.open_nursery() as nursery:
                        nursery.start_soon(self._one_way, near, far, nursery.cancel_scope)
                        nursery.start_soon(self._one_way, far, near, nursery.cancel_scope)
                self._scopes.discard(scope)
                self._near.discard(near)

    async def _one_way(
        self, one: trio.SocketStream, other: trio.SocketStream, both: trio.CancelScope
    ) -> None:
        try:
            while data := await one.receive_some(65536):
                while self.mode == "silent":
                    await self.changed.wait()
                if self.mode == "slow":
                    await trio.sleep(SLOW_S)
                step = PIECE_BYTES if self.mode == "sliced" else len(data)
                for start in range(0, len(data), step):
                    await other.send_all(data[start : start + step])
        except ENDED:
            pass
        both.cancel()


async def main() -> None:
    """Carry, and do what the standard input says, until it ends."""
    lines: dict[str, Line] = {}
    async with trio.open_nursery() as nursery:
        async for word in _words():
            if "to" in word:
                line = lines[word["line"]] = Line(word["to"])
                (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
                nursery.start_soon(trio.serve_listeners, line.carry, [listener])
                sys.stdout.write(json.dumps({"port": listener.socket.getsockname()[1]}) + "\n")
                sys.stdout.flush()
            else:
                await lines[word["line"]].be(word["mode"])
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def _standard_input() -> AsyncIterator[trio.abc.ReceiveStream]:
    async with trio.lowlevel.FdStream(sys.stdin.fileno()) as stream:
        yield stream


async def _words() -> AsyncIterator[dict[str, Any]]:
    rest = b""
    async with _standard_input() as stream:
        async for data in stream:
            *whole, rest = (rest + data).split(b"\n")
            for each in whole:
                yield json.loads(each)


if __name__ == "__main__":
    trio.run(main)
