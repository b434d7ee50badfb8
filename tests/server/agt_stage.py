"""A listener with an inbox that answers by itself, and desktops on memory streams."""

from collections.abc import Callable
from typing import Any

import trio
import trio.testing
from prometheus_client import CollectorRegistry

from agentmgr.core.events import CommandReceived, ConnectionLost, Event
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.server.connections import Connections
from agentmgr.server.limits import Limits
from agentmgr.server.listener import AgtServer
from agentmgr.tls.certificates import Certificate
from protocol.commands import AgentSDKConnected
from protocol.connection import (
    ClientConnection,
    NotificationReceived,
    ResponseReceived,
    UnknownReceived,
    command_bytes,
    response_bytes,
)
from protocol.notifications import POMConnectionClosed
from protocol.registry import COMMANDS, VERSION
from protocol.results import ResultCode

HELLO = AgentSDKConnected(("1001",), VERSION)


class Inbox:
    """Answers every command with success at once; holds events back while it is `full`."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.events: list[Event] = []
        self.full = False
        self.proves = True
        """Whether a greeting is as good as a logon."""
        self.react: Callable[[CommandReceived], None] = self.answer
        self._room = trio.lowlevel.ParkingLot()

    def answer(self, event: CommandReceived) -> None:
        name = type(event.command).__name__
        response = COMMANDS[name].resp(result=ResultCode.SUCCESS)
        frame = response_bytes(event.request_id, event.agent_id, response)
        if self.proves and isinstance(event.command, AgentSDKConnected):
            self.connections.trust(event.connection)
        self.connections.answer(event.connection, frame)
        self.connections.flush()

    def offer(self, event: Event) -> bool:
        if self.full:
            return False
        self.push(event)
        return True

    async def post(self, event: Event) -> None:
        while not self.offer(event):
            await self._room.park()

    def make_room(self) -> None:
        self.full = False
        self._room.unpark_all()

    def push(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, CommandReceived):
            self.react(event)

    @property
    def commands(self) -> list[Any]:
        return [event.command for event in self.events if isinstance(event, CommandReceived)]

    @property
    def lost(self) -> list[int]:
        return [event.connection for event in self.events if isinstance(event, ConnectionLost)]


class Desktop:
    """The client's end of a connection."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self.wire = ClientConnection()
        self.received: list[Any] = []
        self._count = 0

    async def send(self, command: object, agent_id: str = "1001") -> None:
        self._count += 1
        await self.stream.send_all(command_bytes(self._count, agent_id, command))

    async def next(self) -> Any:
        """Wait for the next message; None at the end of the stream."""
        while not self.received:
            data = await self.stream.receive_some(65536)
            if not data:
                return None
            self.received.extend(_content(message) for message in self.wire.receive(bytes(data)))
        return self.received.pop(0)

    async def hello(self) -> None:
        await self.send(HELLO, "")
        assert (await self.next()).result is ResultCode.SUCCESS

    async def rest(self) -> list[Any]:
        """Everything until the stream ends."""
        messages = []
        while (message := await self.next()) is not None:
            messages.append(message)
        return messages

    async def reason(self) -> str:
        """Read to the end, which must be told with its reason."""
        last = (await self.rest())[-1]
        assert isinstance(last, POMConnectionClosed)
        return last.reason


def _content(message: ResponseReceived | NotificationReceived | UnknownReceived) -> Any:
    if isinstance(message, ResponseReceived):
        return message.response
    return message.notification if isinstance(message, NotificationReceived) else message


class Stage:
    """A listener that serves memory streams."""

    def __init__(
        self,
        nursery: trio.Nursery,
        limits: Limits | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        self._nursery = nursery
        self.registry = CollectorRegistry()
        self.connections = Connections()
        self.inbox = Inbox(self.connections)
        metrics = RuntimeMetrics(self.registry).for_zone("Default")
        self.server = AgtServer(self.connections, self.inbox, metrics, limits, certificate)

    async def start(self) -> "Stage":
        await self._nursery.start(self.server.serve)
        return self

    def connect(self, pair: Callable[[], tuple[Any, Any]] = trio.testing.memory_stream_pair) -> Desktop:
        ours, theirs = pair()
        self._nursery.start_soon(self.server.serve_stream, ours)
        return Desktop(theirs)

    def closed(self, cause: str) -> float | None:
        labels = {"zone": "Default", "cause": cause}
        return self.registry.get_sample_value("agentmgr_connections_closed_total", labels)
