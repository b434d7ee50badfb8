"""What waits for a zone: its own events, and lines of the connections, which take turns by what they cost.

What the switch, the store and the zone itself have to say comes first, in its order. Of the connections
each has a line of its own, whose order is kept. A line goes on until it has used up its share of a round,
then the others have their turns; who has asked nothing lately comes before those who always have something
waiting. So a desktop that asks once does not wait for another that asks a thousand times.
"""

from collections import deque

from attrs import define, field

from agentmgr.core.events import CommandReceived, ConnectionLost, Event

SHARE_S = 0.0005
"""What a line may cost before the next one has its turn."""

Waiting = tuple[Event, float]
"""An event, and when it came on the caller's clock."""


@define(eq=False)
class _Line:
    """The events of one connection, and what is left of its share in seconds: less than 0 is a debt."""

    connection: int
    events: deque[Waiting] = field(factory=deque)
    share_s: float = SHARE_S


class Inbox:
    """The events that wait; `limit` of them at most, but of each connection one at least.

    Fair queueing by deficit, with new lines first, as routers do it with packets (RFC 8290).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._own: deque[Waiting] = deque()
        self._lines: dict[int, _Line] = {}
        self._new: deque[_Line] = deque()
        self._old: deque[_Line] = deque()
        self._current: _Line | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def room(self) -> int:
        """How many events can be put in, whosever they are."""
        return max(0, self._limit - self._count)

    def has_room(self, connection: int) -> bool:
        """Whether there is room for an event of a connection."""
        if self._count < self._limit:
            return True
        line = self._lines.get(connection)
        return line is None or not line.events

    def put(self, event: Event, since: float) -> None:
        """Put an event in, whether there is room or not; `since` comes back with it."""
        self._count += 1
        if event.__class__ is not CommandReceived and event.__class__ is not ConnectionLost:
            self._own.append((event, since))
            return
        line = self._lines.get(event.connection)
        if line is None:
            line = self._lines[event.connection] = _Line(event.connection)
            self._new.append(line)
        line.events.append((event, since))

    def put_first(self, events: list[Event], since: float) -> None:
        """Put events of the zone in before all that wait."""
        self._count += len(events)
        self._own.extendleft((event, since) for event in reversed(events))

    def take(self) -> Waiting:
        """Take out the event whose turn it is; there must be one. What it cost is to be told by `charge`."""
        self._count -= 1
        if self._own:
            self._current = None
            return self._own.popleft()
        line = self._current = self._next_line()
        return line.events.popleft()

    @property
    def goes_on(self) -> bool:
        """Whether more waits of the connection whose event was taken last."""
        return self._current is not None and bool(self._current.events)

    def charge(self, cost_s: float) -> None:
        """Say what the event that was taken last has cost."""
        if self._current is not None:
            self._current.share_s -= cost_s

    def clear(self) -> None:
        """Forget all that waits."""
        self.__init__(self._limit)  # type: ignore[misc]  # as it was made

    def _next_line(self) -> _Line:
        while True:
            turns = self._new or self._old
            line = turns[0]
            if line.events and line.share_s > 0:
                return line
            turns.popleft()
            if line.share_s <= 0:
                line.share_s += SHARE_S
            elif turns is self._old or not self._old:
                del self._lines[line.connection]
                continue
            # One that is empty waits for its turn among the old ones too: else it would come back as new.
            self._old.append(line)
