"""What one agent has been told: its states as last received, and the events not yet read."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs
from attrs import evolve

from agentmgr.client.commands import Event
from agentmgr.client.errors import EventsLost
from agentmgr.client.pending import Pending
from agentmgr.client.shell import Flag
from agentmgr.client.wirelog import logger
from protocol.commands import (
    AGTLogoff,
    AGTLogon,
    AGTLogonRESP,
    GetAgentStatusResponse,
    GetAgentStatusResponseRESP,
    Resp,
)
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import (
    AGTAgentLoggedOut,
    AGTCallStateChangedNotify,
    AGTCapabilitiesChanged,
    AGTNailupChange,
    AGTStateChangedNotify,
    GetAgentStatus,
)
from protocol.results import ResultCode
from protocol.structures import AgentStatus, Capabilities

if TYPE_CHECKING:
    from agentmgr.client.link import Link

OnEvent = Callable[[Event], None]

FRESH = AgentStatus(AgentState.NotReady, CallState.NoState, NailupStatus.NotNailedUp)
"""What a desktop takes as given after a logon."""
NO_PLACE = frozenset({ResultCode.AUTHENTICATION_FAILED, ResultCode.NOT_LOGGED_ON})
"""Answers to a status that say: the agent is not on this connection."""


def _after(status: AgentStatus, event: Event) -> AgentStatus:
    """Return the states after a notification that changes one of them."""
    match event:
        case AGTStateChangedNotify(agent_state=agent_state):
            return evolve(status, agent_state=agent_state)
        case AGTCallStateChangedNotify(call_state=call_state):
            return evolve(status, call_state=call_state)
        case AGTNailupChange(nailup_status=nailup_status):
            return evolve(status, nailup_status=nailup_status)
        case _:
            return status


class EventQueue:
    """Events in order until they are read; what there is no room for is counted, and told at its place."""

    def __init__(self, agent_id: str, max_events: int) -> None:
        self.wake: Callable[[], None] | None = None
        self.closed = False
        self._agent_id = agent_id
        self._max_events = max_events
        self._events: deque[Event] = deque()
        self._lost = 0

    @property
    def ended(self) -> bool:
        """Whether there will be nothing to take any more."""
        return self.closed and not self._events and not self._lost

    def put(self, event: Event) -> None:
        """Keep an event."""
        if self._lost or len(self._events) >= self._max_events:
            # Nothing is kept behind a gap until the reader has been told of it.
            self._lost += 1
            return
        self._events.append(event)
        if self.wake is not None:
            self.wake()

    def take(self) -> Event | None:
        """Return the next event, if there is one.

        Raises:
            EventsLost: events were dropped at this place; reading can go on.
        """
        if self._events:
            return self._events.popleft()
        if self._lost:
            count, self._lost = self._lost, 0
            raise EventsLost(self._agent_id, count)
        return None

    def close(self) -> None:
        """End, once everything kept has been read."""
        self.closed = True
        if self.wake is not None:
            self.wake()


@attrs.define(eq=False)
class Watcher:
    """Somebody who waits until something is true of an agent, if only for a moment."""

    is_true: Callable[["Inbox"], bool]
    flag: Flag
    met: bool = False


class Inbox:
    """Takes one agent's messages from its connection, in order and without ever waiting.

    Attributes:
        reader: what gets the events, if the application does not read them itself.
        link: the connection that the agent is on.
        zone: the zone that it logged on to.
        resume_token: the newest that the server gave; empty when there is none.
        returning: whether the agent was named on a new connection, and nothing was heard of it yet.
        held_back: its commands meanwhile: the server would take them for those of a stranger.
        carried: its commands that were sent over a connection that broke, by request id; their RESPs may
            come again.
        carried_until: how long they are waited for.
    """

    link: "Link"

    def __init__(self, agent_id: str, max_events: int, on_event: OnEvent | None) -> None:
        self.agent_id = agent_id
        self.on_event = on_event
        self.reader = "on_event" if on_event is not None else ""
        self.queue = EventQueue(agent_id, max_events)
        self.watchers: list[Watcher] = []
        self.logged_on = False
        self.zone = ""
        self.resume_token = ""
        self.capabilities = Capabilities()
        self.status = FRESH
        self.returning = False
        self.held_back: list[Pending] = []
        self.carried: dict[int, Pending] = {}
        self.carried_until = float("inf")
        self._entering: AgentStatus | None = None

    def sending(self, command: object) -> None:
        """Note that a command is on its way.

        A logon that goes on where the agent was tells its states before its RESP; what it doesn't tell is
        as after any logon.
        """
        if isinstance(command, AGTLogon):
            self._entering = FRESH
            self.returning = False

    def answered(self, command: object, response: Resp) -> None:
        """Note what a RESP says about the agent."""
        succeeded = response.result is ResultCode.SUCCESS
        if isinstance(response, AGTLogonRESP):
            assert isinstance(command, AGTLogon)
            if succeeded:  # its capabilities came before the RESP
                self.logged_on = True
                self.zone = command.zone_name
                self.resume_token = response.resume_token or ""
                self.status = self._entering or FRESH
                self.lose_carried()
            self._entering = None
        elif isinstance(response, GetAgentStatusResponseRESP):
            if succeeded:
                self.resume_token = response.resume_token or self.resume_token
            elif response.result in NO_PLACE and self.logged_on:
                self.notified(AGTAgentLoggedOut())
        elif isinstance(command, AGTLogoff) and succeeded:
            self._leave()
        self._look()

    def notified(self, event: Event) -> GetAgentStatusResponse | None:
        """Take a notification; return the answer that is due to it, if any.

        An agent that is not logged on has no status to tell: that the server asks and hears nothing
        makes it start the agent afresh.
        """
        answer = None
        match event:
            case AGTStateChangedNotify() | AGTCallStateChangedNotify() | AGTNailupChange():
                self.status = _after(self.status, event)
                if self._entering is not None:
                    self._entering = _after(self._entering, event)
                self._look()
            case AGTCapabilitiesChanged(capabilities=capabilities):
                self.capabilities = capabilities
                self._look()
            case AGTAgentLoggedOut():
                self._leave()
                self._look()
            case GetAgentStatus() if self.logged_on:
                answer = GetAgentStatusResponse(status=self.status, resume_token=self.resume_token)
            case _:
                pass
        self._pass_on(event)
        return answer

    def lose_carried(self) -> None:
        """Give up the RESPs that were waited for after a connection broke."""
        lost, self.carried = self.carried, {}
        self.carried_until = float("inf")
        for pending in lost.values():
            pending.lose()

    def watch(self, is_true: Callable[["Inbox"], bool], flag: Flag) -> Watcher:
        """Have a flag set as soon as something is true of the agent, or the agent is removed."""
        watcher = Watcher(is_true, flag, met=is_true(self))
        if watcher.met or self.queue.closed:
            flag.set()
        self.watchers.append(watcher)
        return watcher

    def close(self) -> None:
        """Let `events()` end once everything kept has been read."""
        self.queue.close()
        for watcher in self.watchers:
            watcher.flag.set()
        self.lose_carried()

    def _look(self) -> None:
        for watcher in self.watchers:
            if not watcher.met and watcher.is_true(self):
                watcher.met = True
                watcher.flag.set()

    def _leave(self) -> None:
        self.logged_on = False
        self.resume_token = ""
        self.capabilities = Capabilities()
        self.status = FRESH
        if self._entering is not None:  # by force, over the same connection
            self._entering = FRESH
        self.lose_carried()

    def _pass_on(self, event: Event) -> None:
        if self.on_event is None:
            self.queue.put(event)
            return
        try:
            self.on_event(event)
        except Exception:
            logger.exception("the application failed on an event of agent %s", self.agent_id)
