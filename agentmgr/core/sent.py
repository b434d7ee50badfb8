"""What a desktop was sent lately and may not have got, and what waits for it while it is away."""

from collections import deque
from typing import Any

from attrs import define, evolve, field

from agentmgr.core.effects import Notify, Respond
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import AGTCallStateChangedNotify, AGTNailupChange, AGTStateChangedNotify
from protocol.structures import AgentStatus

IN_FLIGHT_S = 5.0
"""What was sent less than so long before the last sign of life of a desktop may not have reached it."""

MAX_SENT = 64
"""How many messages and marks are kept of a desktop that is there."""

MAX_BACKLOG = 256
"""How many wait for a desktop that is away; with more it is told where its agent is, and no more."""

FRESH = AgentStatus(AgentState.NotReady, CallState.NoState, NailupStatus.NotNailedUp)
"""What a desktop takes as given after a logon."""

Sent = Notify | Respond


@define(eq=False)
class SentLog:
    """The messages of one agent, in order.

    Every message of every agent comes here, so `keep` does next to nothing: the effect is kept as it is,
    and a mark of the time only where that has changed.

    Attributes:
        before: what the desktop was told before all that is kept.
        overflowed: whether more had to wait than is kept.
    """

    before: AgentStatus = FRESH
    overflowed: bool = False
    is_waiting: bool = False
    _entries: deque[Sent | float] = field(factory=deque)
    _marked_at: float = -1.0

    def keep(self, message: Sent, at: float) -> None:
        """Keep a message that is sent, or waits, at a time: steady seconds."""
        if at != self._marked_at or self.is_waiting:
            self._mark(at)
        self._entries.append(message)

    def _mark(self, at: float) -> None:
        if at != self._marked_at:
            self._marked_at = at
            self._entries.append(at)
        if len(self._entries) > (MAX_BACKLOG if self.is_waiting else MAX_SENT):
            self.overflowed = self.is_waiting
            for _ in range(len(self._entries) // 2):
                self._drop()

    def _drop(self) -> None:
        self.before = _after(self.before, self._entries.popleft())

    def lose(self, since: float) -> None:
        """The desktop is lost: what was sent before `since` has arrived, and what comes now waits."""
        self.is_waiting = True
        entries = self._entries
        while entries and not (isinstance(entries[0], float) and entries[0] >= since):
            self._drop()

    def missed(self, said: AgentStatus) -> list[Sent] | None:
        """Return what a desktop that says these states has not got, with what it perhaps got.

        That is all since the earliest moment at which it had been told these; None if there was none.
        """
        if self.overflowed:
            return None
        told, entries = self.before, list(self._entries)
        for number, entry in enumerate(entries):
            if told == said:
                return _messages(entries[number:])
            told = _after(told, entry)
        return [] if told == said else None

    def answers(self) -> list[Sent]:
        """Return the RESPs alone."""
        return [entry for entry in self._entries if isinstance(entry, Respond)]

    def begin_again(self, at: float, connection: int) -> None:
        """What is kept is sent now, over another connection; RESPs stay those of the old one."""
        kept = [
            evolve(each, connection=connection) if isinstance(each, Notify) else each
            for each in _messages(self._entries)
        ]
        self._entries = deque([at, *kept])
        self._marked_at = at
        self.overflowed = self.is_waiting = False


def _messages(entries: Any) -> list[Sent]:
    return [each for each in entries if not isinstance(each, float)]


def _after(status: AgentStatus, entry: Sent | float) -> AgentStatus:
    """Return the states that a desktop has been told after a message."""
    match entry:
        case Notify(notification=AGTStateChangedNotify(agent_state=agent_state)):
            return evolve(status, agent_state=agent_state)
        case Notify(notification=AGTCallStateChangedNotify(call_state=call_state)):
            return evolve(status, call_state=call_state)
        case Notify(notification=AGTNailupChange(nailup_status=nailup_status)):
            return evolve(status, nailup_status=nailup_status)
        case _:
            return status
