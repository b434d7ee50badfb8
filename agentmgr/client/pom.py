"""The way in: a connection to the Agent Managers, and the agents on it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import trio

from agentmgr.client.agent import Agent
from agentmgr.client.commands import PomCommands, R
from agentmgr.client.errors import CommandError
from agentmgr.client.inbox import Inbox, OnEvent
from agentmgr.client.link import Link
from agentmgr.client.transport import (
    Address,
    Backoff,
    Opener,
    jittered,
    open_tcp,
    parse_address,
    text_of,
)
from protocol.commands import AgentSDKConnected, GetPAMForZone, GetPAMForZoneRESP
from protocol.connection import MAX_AGENT_ID_CHARACTERS
from protocol.registry import VERSION
from protocol.results import ResultCode
from protocol.structures import SocketInfo


class Pom(PomCommands):
    """The Agent Managers of one installation; made by `connect`."""

    def __init__(
        self,
        addresses: Sequence[Address],
        nursery: trio.Nursery,
        opener: Opener,
        backoff: Backoff,
        max_events: int,
    ) -> None:
        self._nursery = nursery
        self._opener = opener
        self._backoff = backoff
        self._max_events = max_events
        self._directory: dict[str, SocketInfo] = {}
        self._agents: dict[str, Agent] = {}
        self._home = self._open(addresses)
        self._links = [self._home]

    @property
    def zones(self) -> Mapping[str, SocketInfo]:
        """Where each zone's Agent Manager listens, as last told."""
        return self._directory

    @property
    def agents(self) -> Mapping[str, Agent]:
        """The agents made and not removed, by id."""
        return self._agents

    async def agent(self, agent_id: str, *, on_event: OnEvent | None = None) -> Agent:
        """Return the agent of this id, made at the first call.

        Args:
            agent_id: 1 to 64 characters.
            on_event: gets each event at once, in order and before the RESP that follows it, instead of
                `Agent.events()`, POMAvailable even before this returns. It must neither wait nor raise:
                it runs in the connection's reader, for thousands of desktops in one process.

        Raises:
            ValueError: the id is no string of that length, or its agent exists with other `on_event`.
        """
        await trio.lowlevel.checkpoint()
        if agent_id.__class__ is not str or not 0 < len(agent_id) <= MAX_AGENT_ID_CHARACTERS:
            raise ValueError(f"an agent id is a string of 1 to {MAX_AGENT_ID_CHARACTERS} characters")
        agent = self._agents.get(agent_id)
        if agent is None:
            inbox = Inbox(agent_id, self._max_events, on_event)
            agent = self._agents[agent_id] = Agent(inbox, self._home, self._route)
        elif on_event is not None:
            raise ValueError(f"agent {agent_id} exists already and keeps the on_event it was made with")
        return agent

    def remove(self, agent: Agent) -> None:
        """Forget an agent that has logged off; its `events()` end."""
        if self._agents.pop(agent.agent_id, None) is not None:
            agent._remove()

    async def _call(self, command: object, resp: type[R]) -> R:
        response = await self._any_link().exchange("", command)
        if response.result is not ResultCode.SUCCESS:
            raise CommandError(command, "", response.result)
        assert isinstance(response, resp)  # the link lets nothing else through
        return response

    async def _route(self, zone: str) -> Link:
        """Return the connection to a zone's Agent Manager, made if need be.

        Raises:
            CommandError: 9998, no server knows the zone; 9999, none can be asked.
        """
        link = self._connected_link(zone)
        if link is None:
            await self._look_up(zone)
            link = self._connected_link(zone)
        if link is None:
            link = self._link_to(self._directory[zone])
            await link.first_try.wait()
        return link

    def _connected_link(self, zone: str) -> Link | None:
        where = self._directory.get(zone)
        for link in self._links:
            if link.connected and (zone in link.zones or (where is not None and _leads_to(link, where))):
                return link
        return None

    async def _look_up(self, zone: str) -> None:
        command = GetPAMForZone(zone)
        response = await self._any_link().exchange("", command)
        if isinstance(response, GetPAMForZoneRESP):
            self._directory.update(response.zones)
        if response.result is ResultCode.ZONE_NOT_FOUND or zone not in self._directory:
            raise CommandError(command, "", ResultCode.NO_MANAGER_FOR_ZONE)

    def _link_to(self, where: SocketInfo) -> Link:
        for link in self._links:
            if _leads_to(link, where):
                return link
        link = self._open([(where.ip_address, where.port)])
        self._links.append(link)
        return link

    def _any_link(self) -> Link:
        return next((link for link in self._links if link.connected), self._home)

    def _open(self, addresses: Sequence[Address]) -> Link:
        link = Link(addresses, self._opener, self._backoff, self._directory)
        self._nursery.start_soon(link.run)
        return link

    async def _connected(self, patience_s: float) -> None:
        if not await self._home.wait_connected(patience_s):
            raise CommandError(
                AgentSDKConnected((), VERSION),
                "",
                ResultCode.MANAGER_NOT_AVAILABLE,
                f"No Agent Manager could be reached at {text_of(self._home.address)}: {self._home.fault}.",
            )

    def _close(self) -> None:
        for link in self._links:
            link.fault = "the application has closed it"
        for agent in list(self._agents.values()):
            self.remove(agent)
        self._nursery.cancel_scope.cancel()


def _leads_to(link: Link, where: SocketInfo) -> bool:
    return (where.ip_address, where.port) in (link.address, link.peer)


@asynccontextmanager
async def connect(
    addresses: Sequence[Address | str],
    *,
    patience_s: float = 10.0,
    max_events: int = 1000,
    opener: Opener = open_tcp,
    backoff: Backoff = jittered,
) -> AsyncIterator[Pom]:
    """Connect to an Agent Manager, and to those of other zones when an agent logs on there.

    A lost connection is made again by itself, every few seconds; meanwhile commands fail with 9999.

    Args:
        addresses: where Agent Managers listen, `("127.0.0.1", 9970)` or `"127.0.0.1:9970"`; the first
            that answers is used.
        patience_s: how many seconds to try at first, above 0.
        max_events: how many events are kept for an agent that does not read them, 1 and up.
        opener: opens a stream to an address; for TLS one that returns a `trio.SSLStream`.
        backoff: seconds to wait between attempts, by the number of those that failed.

    Raises:
        CommandError: 9999, none of the addresses answered in time.
        ValueError: an address is none; the text says which.
    """
    if not addresses:
        raise ValueError("connect() needs the address of at least one Agent Manager")
    parsed = [parse_address(address) for address in addresses]
    body_error: BaseException | None = None
    try:
        async with trio.open_nursery() as nursery:
            pom = Pom(parsed, nursery, opener, backoff, max_events)
            try:
                await pom._connected(patience_s)
                yield pom
            except BaseException as error:
                body_error = error
                raise
            finally:
                pom._close()
    except BaseExceptionGroup as group:
        # The nursery is an inner matter: who catches CommandError around `connect` wants no group.
        if body_error is not None and group.exceptions == (body_error,):
            raise body_error from body_error.__cause__
        raise
