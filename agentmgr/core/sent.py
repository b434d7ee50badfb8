"""What a desktop was sent lately and may not have got, and what waits for it while it is away."""

from collections import deque
from typing import Any

from attrs import define, field

from agentmgr.core.events import CommandReceived
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.structures import AgentStatus

IN_FLIGHT_S = 5.0
"""What was sent less than so long before the last sign of life of a desktop may not have reached it."""

MAX_SENT = 64
"""How many messages are kept of a desktop that is there."""

MAX_BACKLOG = 256
"""How many messages wait for a desktop that is away; with more it is told where its agent is, and no more."""

States = tuple[AgentState, CallState | None, NailupStatus]
"""The three states as the desktop was told them."""

Sent = tuple[float, Any, CommandReceived | None, States]
"""When (steady seconds); a notification or RESP; the command that a RESP answers; the states told then."""

FRESH: States = (AgentState.NotReady, CallState.NoState, NailupStatus.NotNailedUp)
"""What a desktop takes as given after a logon."""


@define(eq=False)
class SentLog:
    """The messages of one agent, in order.

    Attributes:
        overflowed: whether more had to wait than is kept.
    """

    entries: deque[Sent] = field(factory=deque)
    before: States = FRESH
    overflowed: bool = False

    def keep(self, entry: Sent, since: float) -> None:
        """Keep a message to a desktop that is there; what was sent before `since` has arrived."""
        entries = self.entries
        entries.append(entry)
        while entries[0][0] < since or len(entries) > MAX_SENT:
            self.before = entries.popleft()[3]

    def wait(self, entry: Sent) -> None:
        """Keep a message for a desktop that is away."""
        self.entries.append(entry)
        if len(self.entries) > MAX_BACKLOG:
            self.before = self.entries.popleft()[3]
            self.overflowed = True

    def lose(self, since: float) -> None:
        """The desktop is lost; what was sent before `since` has arrived."""
        entries = self.entries
        while entries and entries[0][0] < since:
            self.before = entries.popleft()[3]

    def missed(self, said: AgentStatus) -> list[Sent] | None:
        """Return what a desktop that says these states has not got, with what it perhaps got; None if no
        moment is known at which it was told these."""
        if self.overflowed:
            return None
        states = [self.before, *(entry[3] for entry in self.entries)]
        believed = (said.agent_state, said.call_state, said.nailup_status)
        if believed not in states:
            return None
        return list(self.entries)[states.index(believed) :]

    def answers(self) -> list[Sent]:
        """Return the RESPs alone."""
        return [entry for entry in self.entries if entry[2] is not None]

    def begin_again(self, at: float) -> None:
        """What is kept is sent now, over another connection."""
        self.entries = deque((at, message, request, states) for _, message, request, states in self.entries)
        self.overflowed = False
