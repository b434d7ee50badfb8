"""What a desktop was sent lately and may not have got, and what waits for it while it is away."""

from collections import deque
from collections.abc import Iterable
from typing import Any

from attrs import define, evolve, field

from agentmgr.core.effects import Notify, Respond
from agentmgr.core.model import SavedAnswer
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

_TELLS: dict[type[Any], str] = {
    AGTStateChangedNotify: "agent_state",
    AGTCallStateChangedNotify: "call_state",
    AGTNailupChange: "nailup_status",
}
"""The field of a notification that tells a state, which is of the same name in `AgentStatus`."""

MAX_ANSWERS = 16
"""How many answers of an agent are kept, to be given again; a desktop has one or two commands under way."""

Sent = Notify | Respond


class Answers:
    """The latest answers to commands of one agent that do more than ask, by request id."""

    def __init__(self, saved: Iterable[SavedAnswer] = ()) -> None:
        self._by_id = {each.request_id: each for each in saved}
        self._count = max((each.number for each in self._by_id.values()), default=-1) + 1

    def keep(self, request_id: int, command: Any, response: Any) -> SavedAnswer:
        """Keep an answer; the oldest one makes room."""
        by_id = self._by_id
        by_id.pop(request_id, None)
        if len(by_id) >= MAX_ANSWERS:
            del by_id[next(iter(by_id))]
        answer = by_id[request_id] = SavedAnswer(self._count, request_id, command, response)
        self._count += 1
        return answer

    @property
    def any_kept(self) -> bool:
        """Whether anything was answered since the agent's logon."""
        return bool(self._by_id)

    def find(self, request_id: int) -> SavedAnswer | None:
        """Return what a request was answered; None if it was not, or too long ago."""
        return self._by_id.get(request_id)


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
        entries = self._entries
        if at != self._marked_at or self.is_waiting:
            if at != self._marked_at:
                self._marked_at = at
                entries.append(at)
            if len(entries) > (MAX_BACKLOG if self.is_waiting else MAX_SENT):
                self.overflowed = self.is_waiting
                self._drop(len(entries) // 2)
        entries.append(message)

    def _drop(self, count: int) -> None:
        dropped = [self._entries.popleft() for _ in range(count)]
        self.before = _after(self.before, dropped)

    def lose(self, since: float) -> None:
        """The desktop is lost: what was sent before `since` has arrived, and what comes now waits."""
        self.is_waiting = True
        entries = self._entries
        is_kept = (number for number, each in enumerate(entries) if isinstance(each, float) and each >= since)
        self._drop(next(is_kept, len(entries)))

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
            told = _after(told, [entry])
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


def _after(status: AgentStatus, entries: Iterable[Sent | float]) -> AgentStatus:
    """Return the states that a desktop has been told after some messages."""
    told = {}
    for entry in entries:
        if isinstance(entry, Notify):
            field = _TELLS.get(entry.notification.__class__)
            if field is not None:
                told[field] = getattr(entry.notification, field)
    return evolve(status, **told) if told else status
