"""A switch process and its managers over memory, with a line between them that a test may cut anywhere."""

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import trio
import trio.testing

from agentmgr.ports import Token
from agentmgr.runtime.clock import Clock
from agentmgr.telephony.link import LinkTimes
from agentmgr.telephony.remote import RemoteSwitch
from agentmgr.telephony.served import SwitchServer
from agentmgr.telephony.switch import SimSwitch
from tests.telephony.switches import told

START_S = 1_000.0
SECRET = b"the secret that both sides know"
TIMES = LinkTimes()


class Line:
    """Makes connections to a server; each carries bytes both ways until the line is cut.

    `cut_after` counts down with each byte that gets through in either direction; at 0 all connections end in
    the middle of what they carry, once. A line that is `down` makes none; one that is `silent` carries
    nothing, and says nothing of it.
    """

    def __init__(self, server: SwitchServer, nursery: trio.Nursery) -> None:
        self.cut_after: float = math.inf
        self.down = False
        self.silent = False
        self.carried = 0
        self.connections = 0
        self._server = server
        self._nursery = nursery
        self._scopes: set[trio.CancelScope] = set()

    async def connect(self) -> trio.abc.Stream:
        await trio.lowlevel.checkpoint()
        if self.down:
            raise OSError("the line is down")
        self.connections += 1
        mine, near = trio.testing.memory_stream_pair()
        far, its = trio.testing.memory_stream_pair()
        self._server.take(its)
        self._nursery.start_soon(self._join, near, far)
        return mine

    def cut(self) -> None:
        """End all connections now."""
        for scope in self._scopes:
            scope.cancel()

    async def _join(self, near: trio.abc.Stream, far: trio.abc.Stream) -> None:
        with trio.CancelScope() as scope:
            self._scopes.add(scope)
            async with trio.open_nursery() as nursery:

                async def carry(one: trio.abc.Stream, other: trio.abc.Stream) -> None:
                    try:
                        while data := await one.receive_some(4096):
                            if self.silent:
                                continue
                            passed = bytes(data)[: int(min(self.cut_after, len(data)))]
                            self.carried += len(passed)
                            self.cut_after -= len(passed)
                            await other.send_all(passed)
                            if self.cut_after <= 0:
                                self.cut_after = math.inf
                                self.cut()
                    except (trio.BrokenResourceError, trio.ClosedResourceError):
                        pass
                    nursery.cancel_scope.cancel()

                nursery.start_soon(carry, near, far)
                nursery.start_soon(carry, far, near)
        self._scopes.discard(scope)
        await trio.aclose_forcefully(near)
        await trio.aclose_forcefully(far)


class Ear:
    """Notes what was delivered."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def __call__(self, event: Any) -> None:
        self.heard.append(event)


class Centre:
    """A switch process, a line to it, and managers of zone Default."""

    def __init__(self, server: SwitchServer, line: Line) -> None:
        self.server = server
        self.line = line

    def manager(self, epoch: int = 1, **options: Any) -> RemoteSwitch:
        """Make the switch of an owner."""
        secret = options.pop("secret", SECRET)
        return RemoteSwitch(
            self.line.connect, secret, Token("Default", 1, epoch), draw=Random(1), times=TIMES, **options
        )

    @property
    def zone(self) -> Any:
        return self.server.zones["Default"]


@asynccontextmanager
async def centre(
    make: Callable[[], SimSwitch] = told, secret: bytes = SECRET, **options: Any
) -> AsyncIterator[Centre]:
    server = SwitchServer(make, Clock(START_S).steady, secret=secret, times=TIMES, **options)
    async with trio.open_nursery() as nursery, server.running():
        yield Centre(server, Line(server, nursery))
        nursery.cancel_scope.cancel()
