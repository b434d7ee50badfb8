"""Whether frames that no client would send end their own connection alone.

They go to the real listener, connection, runner and zone, in this process, over streams in memory; half of
the connections have logged an agent on before. Beside them a desktop asks something after each few frames,
and must be answered. Nothing may be logged as a fault of the server's.
"""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import structlog
import trio
import trio.testing
from attrs import evolve

from agentmgr.server.listener import AgtServer
from agentmgr.testing.fuzz import Frames, ends_its_connection
from protocol.commands import AgentSDKConnected, AGTLogon, POMClientAlive
from protocol.connection import ClientConnection, ResponseReceived, UnknownReceived, command_bytes
from protocol.registry import VERSION
from scripts.benchmarks.servers import UNLIMITED, Manager

AT_ONCE = 40
"""How many frames are sent before the answers are read; those that end a connection come last."""
ASKED = 2**40
"""Ids of the questions between."""
PATIENCE_S = 20.0
LIMITS = evolve(UNLIMITED, answers_s=0.05)
"""What an agent is not free to do is answered much later, as a logoff in a talk: nobody waits for it here."""


class Failed(Exception):
    """The server did what it must not; the text has the seed and the frame."""


def measure(frames: int, seed: int) -> dict[str, Any]:
    """Send so many frames, and return what became of the connections.

    Raises:
        Failed: a question beside them was not answered, a connection ended that should not, or did not end.
    """
    began = time.perf_counter()
    faults: list[Any] = []

    def keep_faults(_: Any, method: str, event: Any) -> Any:
        if method in ("error", "critical") or event.get("exc_info"):
            faults.append(dict(event))
        raise structlog.DropEvent

    kept = structlog.get_config()
    structlog.configure(processors=[keep_faults], cache_logger_on_first_use=False)
    try:
        counts = trio.run(_play, frames, seed)
    finally:
        structlog.configure(**kept)
    if faults:
        raise Failed(f"seed {seed}: {len(faults)} faults of the server's, such as {faults[0]}")
    return {"frames": frames, "seed": seed, "seconds": round(time.perf_counter() - began, 1), **counts}


async def _play(frames: int, seed: int) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    async with trio.open_nursery() as nursery:
        manager = Manager(_Inline())
        await manager.start(nursery)
        server = AgtServer(manager.connections, manager.runner, manager.metrics, LIMITS)
        await nursery.start(server.serve)
        beside = _Client(server, nursery)
        await beside.begin("1009")
        made = itertools.islice(Frames(seed), frames)
        while sent := list(_together(made)):
            await _attack(_Client(server, nursery), sent, counts, f"seed {seed}, frame {counts['frames']}")
            if not await beside.answers():
                raise Failed(f"seed {seed}, frame {counts['frames']}: a desktop beside is not answered")
        nursery.cancel_scope.cancel()
    return dict(counts)


def _together(made: Iterator[bytes]) -> Iterator[bytes]:
    """Yield frames that can be sent together: one that ends its connection is the last."""
    for data in itertools.islice(made, AT_ONCE):
        yield data
        if ends_its_connection(data):
            return


async def _attack(client: "_Client", sent: list[bytes], counts: Counter[str], where: str) -> None:
    await client.begin(f"{1001 + counts['connections'] // 2 % 3}" if counts["connections"] % 2 else "")
    counts["connections"] += 1
    counts["frames"] += len(sent)
    await client.send(b"".join(sent))
    if ends_its_connection(sent[-1]):
        await client.end()  # what is cut would be waited for
        counts["ended"] += 1
        if not await client.is_ended():
            raise Failed(f"{where}: the connection does not end after {sent[-1]!r}")
    elif not await client.answers():
        raise Failed(f"{where}: the connection ended, or is not answered, after {sent!r}")
    await client.leave()


class _Inline:
    """Calls what a zone writes at once."""

    async def call(self, do: Any, *arguments: Any) -> Any:
        await trio.lowlevel.checkpoint()
        return do(*arguments)


class _Client:
    def __init__(self, server: AgtServer, nursery: trio.Nursery) -> None:
        ours, self._stream = trio.testing.memory_stream_pair()
        nursery.start_soon(server.serve_stream, ours)
        self._wire = ClientConnection()
        self._asked = itertools.count(ASKED)
        self.over = False

    async def begin(self, agent_id: str) -> None:
        await self.send(command_bytes(1, "", AgentSDKConnected((), VERSION)))
        if agent_id:
            logon = AGTLogon("100", "any", True, "en", "UTC", "Default")
            await self.send(command_bytes(2, agent_id, logon))

    async def send(self, data: bytes) -> None:
        try:
            await self._stream.send_all(data)
        except trio.BrokenResourceError:
            self.over = True

    async def answers(self) -> bool:
        """Ask something, and read until that is answered."""
        number = next(self._asked)
        await self.send(command_bytes(number, "", POMClientAlive()))
        with trio.move_on_after(PATIENCE_S):
            while data := await self._stream.receive_some(65536):
                for message in self._wire.receive(bytes(data)):
                    if isinstance(message, ResponseReceived | UnknownReceived) and (
                        message.request_id == number
                    ):
                        return True
        return False

    async def end(self) -> None:
        await self._stream.send_eof()

    async def is_ended(self) -> bool:
        with trio.move_on_after(PATIENCE_S):
            while await self._stream.receive_some(65536):
                pass
            return True
        return False

    async def leave(self) -> None:
        await self._stream.aclose()
