"""Lanes: commands that wait because one before them, of the same agent on the same connection, does.

A lane is what one agent's desktop sends over one connection; without an agent, all that a connection sends.
A command that is answered later may close it (`hold`); its RESP opens it (`open`), and those behind are
carried out in their order, until one of them closes it again. Others on the connection go on meanwhile, and
so does the agent itself where it is logged on over another one.
"""

from collections import deque
from collections.abc import Iterator

from attrs import Factory, define

from agentmgr.core.events import CommandReceived
from protocol.commands import AGTLogoff, AGTLogon, GetAgentStatusResponse, POMClientAlive
from protocol.registry import COMMANDS

MAX_BEHIND = 64
"""How many commands wait in one lane at most; they are carried out in one turn."""

MAX_WAITING = 8192
"""How many wait in all lanes of a zone at most."""

NO_AGENT = frozenset(spec.cls for spec in COMMANDS.values() if not spec.for_agent)
"""What concerns the connection, and so waits for no agent."""

ENTERING = NO_AGENT | {AGTLogon, AGTLogoff, GetAgentStatusResponse}
"""What is about a connection, and so about nothing when that is lost."""


@define(eq=False)
class Lane:
    """Commands in the order sent.

    Attributes:
        head: the command that the others wait for; None while they are being carried out.
        behind: those that wait.
        logons: how many of them are an AGTLogon.
        refused: whether the last AGTLogon from here was refused.
    """

    connection: int
    agent_id: str
    head: CommandReceived | None = None
    behind: deque[CommandReceived] = Factory(deque)
    logons: int = 0
    refused: bool = False


class Lanes:
    """The lanes of a zone in which something waits.

    Attributes:
        by_connection: by number of the connection, then by agent; to be read only.
        opened: those whose head was answered in this turn.
    """

    def __init__(self) -> None:
        self.by_connection: dict[int, dict[str, Lane]] = {}
        self.opened: list[Lane] = []
        self._waiting = 0

    def before(self, event: CommandReceived) -> Lane | None:
        """Return the lane that a command must wait in; None if it need not."""
        lanes = self.by_connection.get(event.connection)
        if lanes is None:
            return None
        cls = event.command.__class__
        if cls is POMClientAlive:
            return None
        lane = lanes.get("")
        if lane is not None and lane.head is not None:
            return lane
        if cls in NO_AGENT or cls is GetAgentStatusResponse:  # that one is an answer itself
            return None
        lane = lanes.get(event.agent_id)
        return lane if lane is not None and lane.head is not None else None

    def keep(self, lane: Lane, event: CommandReceived) -> CommandReceived | None:
        """Let a command wait; returns one that has to be refused for it, if there is no room.

        That is itself; or, for an AGTLogon, an earlier one in this lane: of several the last one counts.
        """
        is_logon = event.command.__class__ is AGTLogon
        refused = None
        if len(lane.behind) >= MAX_BEHIND or self._waiting >= MAX_WAITING:
            if not (is_logon and lane.logons):
                return event
            refused = next(each for each in lane.behind if each.command.__class__ is AGTLogon)
            lane.behind.remove(refused)
            self._count(lane, refused, -1)
        lane.behind.append(event)
        self._count(lane, event, +1)
        return refused

    def hold(self, event: CommandReceived) -> None:
        """Let what comes behind a command wait until it is answered."""
        command = event.command
        agent_id = "" if command.__class__ in NO_AGENT else event.agent_id
        lanes = self.by_connection.setdefault(event.connection, {})
        lane = lanes.get(agent_id)
        if lane is None:
            lane = lanes[agent_id] = Lane(event.connection, agent_id)
        lane.head = event

    def is_closed(self, connection: int, agent_id: str) -> bool:
        """Whether what an agent's desktop sends over a connection waits."""
        lane = self.by_connection.get(connection, {}).get(agent_id)
        return lane is not None and lane.head is not None

    def waiting(self, connection: int, agent_id: str) -> Iterator[CommandReceived]:
        """Yield the commands of an agent over a connection that wait: for an answer, or behind one."""
        lane = self.by_connection.get(connection, {}).get(agent_id)
        if lane is not None:
            if lane.head is not None:
                yield lane.head
            yield from lane.behind

    def head(self, connection: int, agent_id: str, request_id: int) -> CommandReceived | None:
        """Return the command that a lane is closed by, if it is this one."""
        lane = self.by_connection.get(connection, {}).get(agent_id)
        head = lane.head if lane is not None else None
        return head if head is not None and head.request_id == request_id else None

    def open(self, answered: CommandReceived, *, refused: bool) -> None:
        """A command was answered: those behind it are to be carried out, in this turn."""
        agent_id = "" if answered.command.__class__ in NO_AGENT else answered.agent_id
        lane = self.by_connection.get(answered.connection, {}).get(agent_id)
        if lane is not None and lane.head is answered:
            lane.head = None
            lane.refused = refused and answered.command.__class__ is AGTLogon
            self.opened.append(lane)

    def take(self, lane: Lane) -> CommandReceived | None:
        """Return the next command that is to be carried out; None if they must wait, or there is none."""
        if lane.head is not None:
            return None
        if lane.behind:
            event = lane.behind.popleft()
            self._count(lane, event, -1)
            return event
        lanes = self.by_connection.get(lane.connection, {})
        if lanes.get(lane.agent_id) is lane:
            del lanes[lane.agent_id]
            if not lanes:
                del self.by_connection[lane.connection]
        return None

    def lose(self, connection: int) -> None:
        """A connection is gone, and what waits on it with it.

        What an agent at work sent before is carried out all the same, and its RESPs follow the agent.
        """
        kept = {}
        for agent_id, lane in self.by_connection.pop(connection, {}).items():
            goes_on = lane.head is not None and lane.head.command.__class__ not in ENTERING
            for event in list(lane.behind):
                if not goes_on or event.command.__class__ in ENTERING:
                    lane.behind.remove(event)
                    self._count(lane, event, -1)
            if goes_on:
                kept[agent_id] = lane
        if kept:
            self.by_connection[connection] = kept

    def _count(self, lane: Lane, event: CommandReceived, by: int) -> None:
        self._waiting += by
        lane.logons += by * (event.command.__class__ is AGTLogon)
