"""A server for tests of clients: over memory streams, answering as the test says."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import trio
import trio.testing
from attrs import define, field
from trio.abc import Stream

from agentmgr.client import Pom
from protocol import commands
from protocol.connection import (
    CommandReceived,
    ServerConnection,
    closing_bytes,
    notification_bytes,
    response_bytes,
)
from protocol.notifications import POMAvailable
from protocol.registry import COMMANDS, VERSION
from protocol.results import ResultCode
from protocol.structures import SocketInfo

Address = tuple[str, int]
Connect = Callable[..., AbstractAsyncContextManager[Pom]]
"""`agentmgr.client.connect` with the scripted server as its first argument already."""


@define(eq=False)
class Visit:
    """One connection of a client to the scripted server."""

    address: Address
    stream: Stream
    received: list[CommandReceived] = field(factory=list)
    _sending: trio.Lock = field(factory=trio.Lock)

    async def answer(self, received: CommandReceived, response: commands.Resp) -> None:
        """Send a RESP."""
        await self.send(response_bytes(received.request_id, received.agent_id, response))

    async def accept(self, received: CommandReceived, **fields: Any) -> None:
        """Send the command's own RESP with result 0 and these fields."""
        spec = COMMANDS[type(received.command).__name__]
        await self.answer(received, spec.resp(result=ResultCode.SUCCESS, **fields))

    async def refuse(self, received: CommandReceived, code: int) -> None:
        """Send the command's own RESP with this result."""
        spec = COMMANDS[type(received.command).__name__]
        await self.answer(received, spec.resp(result=ResultCode(code)))

    async def notify(self, agent_id: str, *notifications: object) -> None:
        """Send notifications, all in one write."""
        await self.send(b"".join(notification_bytes(agent_id, each) for each in notifications))

    async def send(self, data: bytes) -> None:
        """Send bytes as they are, not into the midst of others."""
        async with self._sending:
            await self.stream.send_all(data)

    async def dismiss(self, reason: str) -> None:
        """Close the connection the way a server does."""
        await self.send(closing_bytes(reason))
        await self.stream.aclose()

    async def cut(self) -> None:
        """Break the connection."""
        await self.stream.aclose()


Behaviour = Callable[[Visit, CommandReceived], Awaitable[None]]


class ScriptedServer:
    """Accepts every command unless told otherwise; `open` is the client's opener.

    Attributes:
        zones: the directory.
        behaviours: by command name, what to do instead of accepting.
        down: addresses that refuse connections.
        visits: all connections so far.
    """

    def __init__(self, nursery: trio.Nursery, zones: dict[str, Address] | None = None) -> None:
        self.zones = zones or {"Default": ("am1", 9970)}
        self.behaviours: dict[str, Behaviour] = {
            "AgentSDKConnected": self.welcome,
            "GetPAMForZone": self._find_zone,
        }
        self.down: set[Address] = set()
        self.visits: list[Visit] = []
        self._nursery = nursery
        self._arrived = trio.Event()

    @property
    def directory(self) -> dict[str, SocketInfo]:
        """The directory as it stands on the wire."""
        return {zone: SocketInfo(*address) for zone, address in self.zones.items()}

    async def open(self, address: Address) -> Stream:
        """Connect a client."""
        await trio.lowlevel.checkpoint()
        if address in self.down:
            raise OSError("refused by the test")
        ours, theirs = trio.testing.memory_stream_pair()
        self._nursery.start_soon(self.serve, address, ours)
        return theirs

    async def visit(self, number: int) -> Visit:
        """Wait for the client's connection of this number, from 0."""
        while len(self.visits) <= number:
            self._arrived = trio.Event()
            await self._arrived.wait()
        return self.visits[number]

    def received(self, name: str) -> list[CommandReceived]:
        """All commands of this name so far, over all connections."""
        return [c for v in self.visits for c in v.received if type(c.command).__name__ == name]

    async def welcome(self, visit: Visit, received: CommandReceived) -> None:
        """Answer the first command as a server does."""
        await visit.accept(received, version=VERSION, zones=self.directory)
        for zone, address in self.zones.items():
            if address == visit.address:
                await visit.notify("", POMAvailable(zone))

    async def _find_zone(self, visit: Visit, received: CommandReceived) -> None:
        if received.command.zone_name in self.zones:
            await visit.accept(received, zones=self.directory)
        else:
            await visit.refuse(received, ResultCode.ZONE_NOT_FOUND)

    async def serve(self, address: Address, stream: Stream) -> None:
        """Serve a client that connected to `address`, until it leaves."""
        visit = Visit(address, stream)
        self.visits.append(visit)
        self._arrived.set()
        wire = ServerConnection()
        try:
            while data := await stream.receive_some():
                for message in wire.receive(bytes(data)):
                    assert isinstance(message, CommandReceived), message
                    visit.received.append(message)
                    behaviour = self.behaviours.get(type(message.command).__name__, _accept)
                    await behaviour(visit, message)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the client left, or the test cut the connection


async def _accept(visit: Visit, received: CommandReceived) -> None:
    await visit.accept(received)
