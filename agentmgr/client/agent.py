"""An agent as its desktop sees it: commands to send, events to read, states as last received."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Self, TypeAlias

from agentmgr.client.commands import AgentCommands, CapabilityName, Event, R
from agentmgr.client.errors import AgentRemoved, CommandError, EventsLost
from agentmgr.client.handlers import METHODS, AgentHandler
from agentmgr.client.inbox import Inbox
from agentmgr.client.link import OPEN_S, Link
from agentmgr.client.shell import Shell
from agentmgr.client.wirelog import logger
from protocol.commands import AGTLogoff, AGTLogoffRESP, AGTLogon, AGTLogonRESP, Resp
from protocol.connection import failed
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.registry import COMMANDS
from protocol.results import ResultCode
from protocol.structures import AgentSkill, Capabilities

Route = Callable[[str], Awaitable[Link]]
"""Finds the connection to the Agent Manager of a zone, or raises CommandError."""

Wanted: TypeAlias = AgentState | CallState | NailupStatus | CapabilityName
"""What can be waited for: one of the three states, or that a capability is there."""

WITHOUT_CONTACT = frozenset({CallState.NoState, CallState.Idle})


class AgentView:
    """What is known of an agent: what the server told last, also while events wait to be read."""

    _inbox: Inbox

    @property
    def agent_id(self) -> str:
        """The agent's id."""
        return self._inbox.agent_id

    @property
    def connected(self) -> bool:
        """Whether there is a connection to the Agent Manager now."""
        return self._inbox.link.connected

    @property
    def logged_on(self) -> bool:
        """Whether the agent is logged on, as far as this desktop knows; also while the connection is lost."""
        return self._inbox.logged_on

    @property
    def resume_token(self) -> str:
        """What the agent can log on with instead of a password, as last given; empty when not logged on.

        It is replaced at every return: an application that keeps it for its next start keeps the newest.
        """
        return self._inbox.resume_token

    @property
    def agent_state(self) -> AgentState:
        """The agent state; NotReady when not logged on."""
        return self._inbox.status.agent_state

    @property
    def call_state(self) -> CallState:
        """The call state; NoState when not logged on."""
        return self._inbox.status.call_state

    @property
    def nailup_status(self) -> NailupStatus:
        """The nailing state; NotNailedUp when not logged on."""
        return self._inbox.status.nailup_status

    @property
    def capabilities(self) -> Capabilities:
        """What the desktop may offer its agent now; nothing when not logged on."""
        return self._inbox.capabilities


class Agent(AgentView, AgentCommands):
    """One agent; made by `Pom.agent`.

    Several tasks may send commands at the same time. The states and capabilities are what the server
    told last, also while events wait to be read.
    """

    def __init__(self, inbox: Inbox, shell: Shell, route: Route) -> None:
        self._inbox = inbox
        self._shell = shell
        self._route = route

    def events(self) -> "EventStream":
        """Return the agent's events, in order, for `async for` in one task at a time.

        They are kept until read, up to `max_events` of `connect`. Whoever reads too slowly delays
        nobody, but gets EventsLost where the gap is, and can then go on with a new `async for`. The
        stream ends when the agent is removed or the connection is closed by the application; a lost
        connection is an event like others (POMNotAvailable, later POMAvailable).

        Raises:
            RuntimeError: the agent was made with `on_event` or a handler, which gets the events instead.
        """
        if self._inbox.reader:
            raise RuntimeError(f"the events of agent {self.agent_id} go to its {self._inbox.reader}")
        return EventStream(self._inbox, self._shell)

    async def wait_for(self, wanted: Wanted) -> None:
        """Wait until the agent is in a state, or has a capability; at once if that is so now.

        A state that the agent is in for a moment only is not missed, however many events wait to be read.
        A time limit is the caller's: `trio.fail_after`, `asyncio.timeout`. The waiting goes on while the
        agent is logged off or the connection is lost.

        Args:
            wanted: such as `CallState.Talking`, `AgentState.NotReady`, `NailupStatus.NailedUp`, or the name
                of a field of `Capabilities`, such as `"hold"`.

        Raises:
            AgentRemoved: the agent was removed, or the application closed the connection.
            ValueError: nothing has that name.
        """
        await self._until(condition(wanted))

    async def logon(
        self,
        agent_ext: str,
        password: str = "",
        *,
        resume_token: str = "",
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
            password: the agent's password; not needed with a resume token.
            resume_token: the newest `Agent.resume_token` of an earlier run of the application.
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
            17: The agent, the password or the token is wrong.
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
            resume_token=resume_token,
        )
        return await self._call(command, AGTLogonRESP)

    async def logoff(self) -> AGTLogoffRESP:
        """Log the agent off, as soon as it has no contact any more.

        A Ready agent is made NotReady first, so that no further contact comes; one that it has goes on, and
        this waits until it is wrapped up, as the server does not let an agent go before. Who does not want to
        wait looks at `call_state` first, or cancels this: then the agent stays logged on, and takes a break
        after its contact. `pending_logout` leaves the waiting to the server; it does not need this desktop.
        An agent that was logged off by somebody else meanwhile is logged off: no error.

        Raises:
            AgentRemoved: the agent was removed, or the application closed the connection, before its
                contact was over.

        Refused with:
            541: The server still sees a contact.
            9002: The agent is not logged on.
        """
        if self.logged_on:
            if self.agent_state is AgentState.Ready:
                await self.state_change(AgentState.NotReady)
            await self._until(_may_go)
            if not self.logged_on:
                return AGTLogoffRESP(result=ResultCode.SUCCESS)
        return await self._call(AGTLogoff(), AGTLogoffRESP)

    async def request(self, command: object) -> Resp:
        """Send any command of `protocol.commands` as it is, and return its RESP, whatever its result.

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
        return checked(command, self.agent_id, await self._exchange(command), resp)

    async def _exchange(self, command: object) -> Resp:
        if isinstance(command, AGTLogon):
            await self._move(command)
        return await exchange(self._shell, self._inbox.link, self.agent_id, command)

    async def _move(self, command: AGTLogon) -> None:
        """Go over to the connection of the zone the agent logs on to."""
        try:
            link = await self._route(command.zone_name)
        except CommandError as error:
            raise CommandError(command, self.agent_id, error.code, error.text) from None
        if not link.connected:
            raise link.unavailable(self.agent_id, command)
        if link is not self._inbox.link:
            self._inbox.link.detach(self._inbox)
            link.attach(self._inbox)

    async def _until(self, is_true: Callable[[Inbox], bool]) -> None:
        await self._shell.checkpoint()
        inbox = self._inbox
        watcher = inbox.watch(is_true, self._shell.flag())
        try:
            await watcher.flag.wait()
        finally:
            inbox.watchers.remove(watcher)
        if not watcher.met:
            raise AgentRemoved(self.agent_id)


async def run_handler(inbox: Inbox, shell: Shell, handler: AgentHandler) -> None:
    """Give a handler the agent's events until the agent is removed."""
    while not inbox.queue.ended:
        try:
            async for event in EventStream(inbox, shell):
                await _handle(handler, inbox, event)
        except EventsLost as error:
            await handler.on_events_lost(error)


async def _handle(handler: AgentHandler, inbox: Inbox, event: Event) -> None:
    try:
        try:
            await getattr(handler, METHODS[type(event)])(event)
        except Exception as error:
            if not (inbox.queue.closed and isinstance(error, AgentRemoved)):
                await handler.on_failure(event, error)
    except Exception:
        logger.exception("the handler of agent %s failed at its failure", inbox.agent_id)


async def exchange(shell: Shell, link: Link, agent_id: str, command: object) -> Resp:
    """Send a command and wait for its RESP.

    Raises:
        CommandError: 9996, 9997 or 9999; the connection is as usable as it was.
    """
    await awake(shell, link)
    try:
        pending = link.submit(agent_id, command, shell.flag())
    except CommandError:
        await shell.checkpoint()
        raise
    try:
        await shell.send(link)
        assert pending.flag is not None
        await pending.flag.wait()
    finally:
        pending.forget()
    return pending.result()


async def awake(shell: Shell, link: Link) -> None:
    """Have a connection that rests made again, if that can be."""
    if link.is_resting:
        link.wake()
        await shell.wait(link.first_try, OPEN_S)


def checked(command: object, agent_id: str, response: Resp, resp: type[R]) -> R:
    """Return a RESP of its own type.

    Raises:
        CommandError: the command was refused.
    """
    if response.result is not ResultCode.SUCCESS:
        raise CommandError(command, agent_id, response.result)
    assert isinstance(response, resp)  # the link lets nothing else through
    return response


def condition(wanted: Wanted) -> Callable[[Inbox], bool]:
    """Return the test for what is waited for.

    Raises:
        ValueError: nothing has that name.
    """
    match wanted:
        case AgentState():
            return lambda inbox: inbox.status.agent_state is wanted
        case CallState():
            return lambda inbox: inbox.status.call_state is wanted
        case NailupStatus():
            return lambda inbox: inbox.status.nailup_status is wanted
        case _ if wanted in CAPABILITIES:
            return lambda inbox: bool(getattr(inbox.capabilities, wanted))
        case _:
            raise ValueError(f"{wanted!r} is neither a state nor a capability: {', '.join(CAPABILITIES)}")


CAPABILITIES = tuple(field.name for field in Capabilities.__attrs_attrs__)


def _may_go(inbox: Inbox) -> bool:
    status = inbox.status
    return not inbox.logged_on or (
        status.agent_state is AgentState.NotReady and status.call_state in WITHOUT_CONTACT
    )


class EventStream(AsyncIterator[Event]):
    """The events of one agent, for `async for`."""

    def __init__(self, inbox: Inbox, shell: Shell) -> None:
        self._inbox = inbox
        self._shell = shell

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Wait for the next event.

        Raises:
            EventsLost: events were dropped at this place of the stream; reading can go on.
            StopAsyncIteration: there will be none any more.
            Exception: another task is waiting for this agent's events; which one says the library of tasks.
        """
        await self._shell.checkpoint()
        queue = self._inbox.queue
        while (event := queue.take()) is None:
            if queue.closed:
                raise StopAsyncIteration
            if queue.wake is not None:
                raise self._shell.busy(f"two tasks read the events of agent {self._inbox.agent_id}")
            flag = self._shell.flag()
            queue.wake = flag.set
            try:
                await flag.wait()
            finally:
                queue.wake = None
        return event
