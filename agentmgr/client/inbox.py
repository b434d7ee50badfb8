"""What one agent has been told: its states as last received, and the events not yet read."""

from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Self

import trio
from attrs import evolve

from agentmgr.client.commands import Event
from agentmgr.client.errors import EventsLost
from agentmgr.client.wirelog import logger
from protocol.commands import AGTLogoff, AGTLogon, GetAgentStatusResponse, Resp
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

OnEvent = Callable[[Event], None]

FRESH = AgentStatus(AgentState.NotReady, CallState.NoState, NailupStatus.NotNailedUp)
"""What a desktop takes as given after a logon."""


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


class Inbox:
    """Takes one agent's messages from the connection, in order and without ever waiting."""

    def __init__(self, agent_id: str, max_events: int, on_event: OnEvent | None) -> None:
        self.agent_id = agent_id
        self.on_event = on_event
        self._max_events = max_events
        self._events: deque[Event] = deque()
        self._lost = 0
        self._closed = False
        self._reader: trio.Event | None = None
        self.logged_on = False
        self.capabilities = Capabilities()
        self.status = FRESH
        self._entering: AgentStatus | None = None

    def sending(self, command: object) -> None:
        """Note that a command is on its way.

        A logon that goes on where the agent was tells its states before its RESP; what it doesn't tell is
        as after any logon.
        """
        if isinstance(command, AGTLogon):
            self._entering = FRESH

    def answered(self, command: object, response: Resp) -> None:
        """Note what a RESP says about the agent's states."""
        succeeded = response.result is ResultCode.SUCCESS
        if isinstance(command, AGTLogon):
            if succeeded:  # its capabilities came before the RESP
                self.logged_on = True
                self.status = self._entering or FRESH
            self._entering = None
        elif isinstance(command, AGTLogoff) and succeeded:
            self._leave()

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
            case AGTCapabilitiesChanged(capabilities=capabilities):
                self.capabilities = capabilities
            case AGTAgentLoggedOut():
                self._leave()
            case GetAgentStatus() if self.logged_on:
                answer = GetAgentStatusResponse(status=self.status)
            case _:
                pass
        self._pass_on(event)
        return answer

    def close(self) -> None:
        """Let `events()` end once everything kept has been read."""
        self._closed = True
        self._wake()

    async def next_event(self) -> Event:
        """Wait for the next event.

        Raises:
            EventsLost: events were dropped at this place of the stream; reading can go on.
            StopAsyncIteration: there will be none any more.
            trio.BusyResourceError: another task is waiting for this agent's events.
        """
        await trio.lowlevel.checkpoint()
        while not self._events:
            if self._lost:
                count, self._lost = self._lost, 0
                raise EventsLost(self.agent_id, count)
            if self._closed:
                raise StopAsyncIteration
            if self._reader is not None:
                raise trio.BusyResourceError(f"two tasks read the events of agent {self.agent_id}")
            self._reader = trio.Event()
            try:
                await self._reader.wait()
            finally:
                self._reader = None
        return self._events.popleft()

    def _leave(self) -> None:
        self.logged_on = False
        self.capabilities = Capabilities()
        self.status = FRESH
        if self._entering is not None:  # by force, over the same connection
            self._entering = FRESH

    def _pass_on(self, event: Event) -> None:
        if self.on_event is not None:
            try:
                self.on_event(event)
            except Exception:
                logger.exception("the application failed on an event of agent %s", self.agent_id)
        elif self._lost or len(self._events) >= self._max_events:
            # Nothing is kept behind a gap until the reader has been told of it.
            self._lost += 1
        else:
            self._events.append(event)
            self._wake()

    def _wake(self) -> None:
        if self._reader is not None:
            self._reader.set()


class EventStream(AsyncIterator[Event]):
    """The events of one agent, for `async for`."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        return await self._inbox.next_event()
