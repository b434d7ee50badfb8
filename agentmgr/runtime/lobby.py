"""Who answers at the port of a zone that this process does not own: where it is, and no more."""

from collections.abc import Mapping

from agentmgr.core.commands.info import answer_without_zone
from agentmgr.core.events import CommandReceived, Event
from agentmgr.runtime.desktops import Desktops
from agentmgr.runtime.metrics import ZoneMetrics
from protocol.connection import response_bytes
from protocol.structures import SocketInfo


class Lobby:
    """Takes the commands of desktops in the place of a zone, and answers each at once; for trio's thread."""

    def __init__(self, desktops: Desktops, metrics: ZoneMetrics) -> None:
        self.directory: Mapping[str, SocketInfo | None] = {}
        self._desktops = desktops
        self._metrics = metrics

    def offer(self, event: CommandReceived) -> bool:
        """Answer a command; there is always room."""
        response = answer_without_zone(self.directory, event.command)
        self._metrics.commands.refused(event.command.__class__.__name__, response.result)
        self._desktops.answer(event.connection, response_bytes(event.request_id, event.agent_id, response))
        self._desktops.flush()
        return True

    async def post(self, event: CommandReceived) -> None:
        """Answer a command."""
        self.offer(event)

    def push(self, event: Event) -> None:
        """Take note of the end of a connection: there is nothing to do."""
