"""An agent as its desktop sees it: commands to send, events to read, states as last received."""

from collections.abc import Awaitable, Callable

from agentmgr.client.commands import AgentCommands, R
from agentmgr.client.errors import CommandError
from agentmgr.client.inbox import EventStream, Inbox
from agentmgr.client.link import Link
from protocol.commands import AGTLogon, AGTLogonRESP, Resp
from protocol.connection import failed
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.registry import COMMANDS
from protocol.results import ResultCode
from protocol.structures import AgentSkill, Capabilities

Route = Callable[[str], Awaitable[Link]]
"""Finds the connection to the Agent Manager of a zone, or raises CommandError."""


class Agent(AgentCommands):
    """One agent; made by `Pom.agent`.

    Several tasks may send commands at the same time. The states and capabilities are what the server
    told last, also while events wait to be read.
    """

    def __init__(self, inbox: Inbox, link: Link, route: Route) -> None:
        self._inbox = inbox
        self._link = link
        self._route = route
        link.attach(inbox)

    @property
    def agent_id(self) -> str:
        """The agent's id."""
        return self._inbox.agent_id

    @property
    def connected(self) -> bool:
        """Whether there is a connection to the Agent Manager now."""
        return self._link.connected

    @property
    def logged_on(self) -> bool:
        """Whether the agent is logged on, as far as this desktop knows."""
        return self._inbox.logged_on

    @property
    def agent_state(self) -> AgentState:
        """The agent state; NotReady before logon."""
        return self._inbox.status.agent_state

    @property
    def call_state(self) -> CallState:
        """The call state; NoState before logon."""
        return self._inbox.status.call_state

    @property
    def nailup_status(self) -> NailupStatus:
        """The nailing state; NotNailedUp before logon."""
        return self._inbox.status.nailup_status

    @property
    def capabilities(self) -> Capabilities:
        """What the desktop may offer its agent now; nothing before logon."""
        return self._inbox.capabilities

    def events(self) -> EventStream:
        """Return the agent's events, in order, for `async for` in one task at a time.

        They are kept until read, up to `max_events` of `connect`. Whoever reads too slowly delays
        nobody, but gets EventsLost where the gap is, and can then go on with a new `async for`. The
        stream ends when the agent is removed or the connection is closed by the application; a lost
        connection is an event like others (POMNotAvailable, later POMAvailable).

        Raises:
            RuntimeError: the agent was made with `on_event`, which gets the events instead.
        """
        if self._inbox.on_event is not None:
            raise RuntimeError(f"the events of agent {self.agent_id} go to its on_event")
        return EventStream(self._inbox)

    async def logon(
        self,
        agent_ext: str,
        password: str,
        *,
        zone: str = "Default",
        force: bool = False,
        locale: str = "en-US",
        time_zone: str = "UTC",
        org_name: str | None = None,
        agent_name: str | None = None,
        agent_skills: tuple[AgentSkill, ...] | None = None,
    ) -> AGTLogonRESP:
        """Log the agent on, at the Agent Manager that looks after the zone.

        Args:
            agent_ext: extension or SIP URL of the agent's phone.
            password: the agent's password.
            zone: the agent's zone.
            force: take over a login on another desktop, and start afresh.
            locale: language of texts, such as `en-US`.
            time_zone: IANA name.
            org_name: the agent's organisation, if the server has several.
            agent_name: needed when skills are given.
            agent_skills: replace the stored skills.

        Refused with:
            2, 3, 6, 9 to 13, 15, 16: see the text.
            7: The agent is logged on already; `force` takes over.
            17: The agent or the password is wrong.
            9998: No Agent Manager looks after this zone.
        """
        command = AGTLogon(
            agent_ext=agent_ext,
            pwd=password,
            is_force=force,
            locale=locale,
            time_zone=time_zone,
            zone_name=zone,
            org_name=org_name,
            agent_name=agent_name,
            agent_skills=agent_skills,
        )
        return await self._call(command, AGTLogonRESP)

    async def request(self, command: object) -> Resp:
        """Send any command of `protocol.commands` and return its RESP, whatever its result.

        What goes wrong in this library comes back in the same way, as 9996 to 9999.
        """
        try:
            return await self._exchange(command)
        except CommandError as error:
            spec = COMMANDS.get(type(command).__name__)
            if spec is None:
                raise
            return failed(spec, error.code)

    async def _call(self, command: object, resp: type[R]) -> R:
        response = await self._exchange(command)
        if response.result is not ResultCode.SUCCESS:
            raise CommandError(command, self.agent_id, response.result)
        assert isinstance(response, resp)  # the link lets nothing else through
        return response

    async def _exchange(self, command: object) -> Resp:
        if isinstance(command, AGTLogon):
            await self._move(command)
        return await self._link.exchange(self.agent_id, command)

    async def _move(self, command: AGTLogon) -> None:
        """Go over to the connection of the zone the agent logs on to."""
        try:
            link = await self._route(command.zone_name)
        except CommandError as error:
            raise CommandError(command, self.agent_id, error.code, error.text) from None
        if link is not self._link:
            self._link.inboxes.pop(self.agent_id, None)
            link.attach(self._inbox)
            self._link = link

    def _remove(self) -> None:
        self._link.inboxes.pop(self.agent_id, None)
        self._inbox.close()
