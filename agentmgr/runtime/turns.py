"""Turns: whose password is checked next, so that nobody who asks often keeps the others waiting.

Sources take turns, then connections of a source, then what one connection asks, in its order. A connection
over which a password was wrong comes after the others of its source.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from heapq import heappop, heappush

from attrs import Factory, define

from agentmgr.core.effects import CheckAccount, CheckLogon

Question = CheckLogon | CheckAccount
Who = tuple[type[Question], str]
"""An agent or an account; the two have names of their own."""


@define(eq=False)
class Check:
    """A password that waits for its check.

    Attributes:
        source: the address that it came from.
        since: when it came.
        over: whether nobody waits for it any more.
    """

    question: Question
    source: str
    since: float
    over: bool = False

    @property
    def connection(self) -> int:
        return self.question.connection

    @property
    def who(self) -> Who:
        """Whose password it is said to be."""
        question = self.question
        name = question.agent_id if isinstance(question, CheckLogon) else question.account
        return type(question), name

    @property
    def name(self) -> str:
        """The agent's id, or the account's name."""
        return self.who[1]

    @property
    def pair(self) -> tuple[Who, str]:
        """Whose password, and from where."""
        return self.who, self.source


class _Line:
    """Connections that take turns."""

    def __init__(self) -> None:
        self._connections: OrderedDict[int, deque[Check]] = OrderedDict()
        self.waiting = 0

    def put(self, check: Check) -> None:
        self._connections.setdefault(check.connection, deque()).append(check)
        self.waiting += 1

    def take(self) -> Check:
        connection, checks = self._connections.popitem(last=False)
        check = checks.popleft()
        if checks:
            self._connections[connection] = checks
        self.waiting -= 1
        return check

    def forget(self, connection: int) -> int:
        dropped = len(self._connections.pop(connection, ()))
        self.waiting -= dropped
        return dropped

    def ahead(self, connection: int) -> int:
        """Return how many are taken at most before one that a connection adds."""
        own = len(self._connections.get(connection, ()))
        others = len(self._connections) - (own > 0)
        return min(self.waiting, own + (own + 1) * others)


@define(eq=False)
class _Source:
    fresh: _Line = Factory(_Line)
    tried: _Line = Factory(_Line)

    @property
    def waiting(self) -> int:
        return self.fresh.waiting + self.tried.waiting


class Turns:
    """The checks that wait for their turn. Times are seconds on any one scale."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._rotation: deque[str] = deque()
        self._parked: list[tuple[float, str]] = []
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def put(self, check: Check, *, tried: bool) -> None:
        """Let a check wait for its turn; `tried` says that its connection had a wrong password before."""
        source = self._sources.get(check.source)
        if source is None:
            source = self._sources[check.source] = _Source()
            self._rotation.append(check.source)
        (source.tried if tried else source.fresh).put(check)
        self._waiting += 1

    def take(self, now: float, wait_s: Callable[[str], float] = lambda source: 0.0) -> Check | None:
        """Return the check whose turn it is; None if there is none.

        Args:
            now: the present.
            wait_s: says how long a source may not have another turn; it is passed over until then.
        """
        while self._parked and self._parked[0][0] <= now:
            self._rotation.append(heappop(self._parked)[1])
        while self._rotation:
            name = self._rotation.popleft()
            source = self._sources[name]
            while source.waiting:
                pause_s = wait_s(name)
                if now + pause_s > now:
                    heappush(self._parked, (now + pause_s, name))
                    break
                check = (source.fresh if source.fresh.waiting else source.tried).take()
                self._waiting -= 1
                if not check.over:
                    self._put_back(name, source)
                    return check
            else:
                del self._sources[name]
        return None

    def _put_back(self, name: str, source: _Source) -> None:
        if source.waiting:
            self._rotation.append(name)
        else:
            del self._sources[name]

    def next_at(self) -> float | None:
        """Return when the next turn of a source comes that was passed over; None if there is none."""
        return self._parked[0][0] if self._parked else None

    def forget(self, source_name: str, connection: int) -> None:
        """Drop all that a connection asked."""
        source = self._sources.get(source_name)
        if source is None:
            return
        self._waiting -= source.fresh.forget(connection) + source.tried.forget(connection)

    def ahead(self, source_name: str, connection: int, *, tried: bool) -> tuple[int, int]:
        """Return how many checks of all sources, and how many of its own, a new one waits for at most."""
        source = self._sources.get(source_name)
        if source is None:
            return min(self._waiting, len(self._sources)), 0
        line = source.tried if tried else source.fresh
        own = line.ahead(connection) + (source.fresh.waiting if tried else 0)
        return min(self._waiting, (own + 1) * len(self._sources)), own
