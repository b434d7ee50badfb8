"""The way in: a connection to the Agent Managers, and the agents on it."""

import random
from collections.abc import Mapping, Sequence
from functools import partial

from agentmgr.client.addresses import Address, Backoff, text_of
from agentmgr.client.agent import Agent, awake, checked, exchange, run_handler
from agentmgr.client.commands import PomCommands, R
from agentmgr.client.errors import CommandError
from agentmgr.client.handlers import AgentHandler
from agentmgr.client.hub import Hub
from agentmgr.client.inbox import Inbox, OnEvent
from agentmgr.client.link import SETTLE_S, Link
from agentmgr.client.shell import Shell
from protocol.commands import AgentSDKConnected, GetPAMForZone, GetPAMForZoneRESP
from protocol.registry import MAX_AGENT_ID_CHARACTERS, VERSION
from protocol.results import ResultCode
from protocol.structures import SocketInfo

FIRST_IDS = 2**31


class Pom(PomCommands):
    """The Agent Managers of one installation; made by `connect`."""

    def __init__(
        self,
        addresses: Sequence[Address],
        shell: Shell,
        backoff: Backoff,
        max_events: int,
        account: tuple[str, str] = ("", ""),
    ) -> None:
        self._shell = shell
        self._max_events = max_events
        self._agents: dict[str, Agent] = {}
        self._hub = Hub(addresses, shell, backoff, random.randrange(1, FIRST_IDS))
        self._hub.account = account

    @property
    def zones(self) -> Mapping[str, SocketInfo]:
        """Where each zone's Agent Manager listens, as last told."""
        return self._hub.directory

    @property
    def agents(self) -> Mapping[str, Agent]:
        """The agents made and not removed, by id."""
        return self._agents

    async def agent(
        self, agent_id: str, *, on_event: OnEvent | None = None, handler: AgentHandler | None = None
    ) -> Agent:
        """Return the agent of this id, made at the first call.

        Args:
            agent_id: 1 to 64 characters.
            on_event: gets each event at once, in order and before the RESP that follows it, instead of
                `Agent.events()`, POMAvailable even before this returns. It must neither wait nor raise:
                it runs in the connection's reader, for thousands of desktops in one process.
            handler: gets each event in a task of the agent's own, where commands may be awaited.

        Raises:
            ValueError: the id is no string of that length, its agent exists with another `on_event` or
                handler, both were given, or the handler is another agent's.
        """
        await self._shell.checkpoint()
        return self._find_or_make(agent_id, on_event, handler)

    def _find_or_make(
        self, agent_id: str, on_event: OnEvent | None, handler: AgentHandler | None = None
    ) -> Agent:
        if agent_id.__class__ is not str or not 0 < len(agent_id) <= MAX_AGENT_ID_CHARACTERS:
            raise ValueError(f"an agent id is a string of 1 to {MAX_AGENT_ID_CHARACTERS} characters")
        agent = self._agents.get(agent_id)
        if agent is None:
            agent = self._agents[agent_id] = self._make(agent_id, on_event, handler)
        elif on_event is not None or handler is not None:
            raise ValueError(f"agent {agent_id} exists already and keeps the reader it was made with")
        return agent

    def _make(self, agent_id: str, on_event: OnEvent | None, handler: AgentHandler | None) -> Agent:
        if handler is not None and (on_event is not None or hasattr(handler, "agent")):
            raise ValueError(f"agent {agent_id} needs a handler of its own, and then no on_event")
        inbox = Inbox(agent_id, self._max_events, on_event)
        agent = Agent(inbox, self._shell, self._route)
        if handler is not None:
            handler.agent = agent
            inbox.reader = "handler"
            self._shell.spawn(partial(run_handler, inbox, self._shell, handler))
        self._hub.home.attach(inbox)
        return agent

    def remove(self, agent: Agent) -> None:
        """Forget an agent that has logged off; its `events()` end."""
        if self._agents.pop(agent.agent_id, None) is not None:
            inbox = agent._inbox
            inbox.link.detach(inbox)
            inbox.close()

    async def _call(self, command: object, resp: type[R]) -> R:
        return checked(command, "", await exchange(self._shell, self._hub.any_link(), "", command), resp)

    async def _route(self, zone: str) -> Link:
        """Return the connection to a zone's Agent Manager, made if need be.

        Raises:
            CommandError: 9998, no server knows the zone; 9999, none can be asked.
        """
        hub = self._hub
        await awake(self._shell, hub.home)
        if hub.home.connected:  # the directory may have an address that leads nowhere from here
            await self._shell.wait(hub.home.known, SETTLE_S)
        link = hub.connected_link(zone)
        if link is None:
            await self._look_up(zone)
            link = hub.connected_link(zone)
        if link is None:
            link = hub.link_to(hub.directory[zone])
            link.wake()  # one over which nobody had logged on rests
            await link.first_try.wait()
        return link

    async def _look_up(self, zone: str) -> None:
        command = GetPAMForZone(zone)
        response = await exchange(self._shell, self._hub.any_link(), "", command)
        if isinstance(response, GetPAMForZoneRESP):
            self._hub.learn(response.zones)
        if response.result is ResultCode.INITIALIZING:
            text = f"Nobody serves zone {zone} now; try again in a moment."
            raise CommandError(command, "", ResultCode.MANAGER_NOT_AVAILABLE, text)
        if response.result is ResultCode.ZONE_NOT_FOUND or zone not in self._hub.directory:
            raise CommandError(command, "", ResultCode.NO_MANAGER_FOR_ZONE)

    async def _connected(self, patience_s: float) -> None:
        """Begin, and wait until there is a connection.

        Raises:
            CommandError: 9999, there is none after so many seconds; 17, the account was refused.
        """
        home = self._hub.home
        self._hub.start()
        await self._shell.wait(home.ready, patience_s)
        if self._hub.refused is not None:
            raise CommandError(AgentSDKConnected((), VERSION, self._hub.account[0]), "", self._hub.refused)
        if not home.connected:
            raise CommandError(
                AgentSDKConnected((), VERSION),
                "",
                ResultCode.MANAGER_NOT_AVAILABLE,
                f"No Agent Manager could be reached at {text_of(home.address)}: {home.fault}.",
            )

    def _close(self) -> None:
        self._hub.close()
        for agent in list(self._agents.values()):
            self.remove(agent)
