"""What a supervisor wants to see of a zone, kept up to date at every change so that nobody has to count."""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Protocol

from attrs import define, field

from protocol.enums import AgentState, CallState

WORKING_STATES = frozenset(CallState) - {CallState.NoState, CallState.Idle}
TALK_STATES = frozenset(
    {
        CallState.Talking,
        CallState.Held,
        CallState.Consult,
        CallState.ConferenceOwner,
        CallState.ConferencePassive,
    }
)
"""Call states in which an agent has somebody on the line."""

DAY_S = 86_400
MINUTE_S = 60.0
RECENT_MINUTES = 5
"""Rates are those of so many minutes, the one that runs among them."""


@define(eq=False)
class AgentDay:
    """What an agent has done on a day, over all logons; `talk_s` is of the calls that are over."""

    day: int
    calls: int = 0
    talk_s: float = 0.0
    walk_aways: int = 0


class DayBook:
    """What each agent has done today; yesterday is forgotten with the first entry of a day."""

    def __init__(self, utc_offset_s: float = 0.0) -> None:
        self._utc_offset_s = utc_offset_s
        self._day = 0
        self._agents: dict[str, AgentDay] = {}

    def day(self, now: float) -> int:
        """Return the number of the day of `now`, epoch seconds."""
        return int((now + self._utc_offset_s) // DAY_S)

    def begins(self, now: float, count: int) -> tuple[float, ...]:
        """Return when so many days began, up to the day of `now`, epoch seconds."""
        today = self.day(now)
        return tuple(day * DAY_S - self._utc_offset_s for day in range(today + 1 - count, today + 1))

    def of(self, agent_id: str, now: float) -> AgentDay:
        """Return what an agent has done on the day of `now`, epoch seconds; to be added to."""
        day = self.day(now)
        if day != self._day:
            self._day, self._agents = day, {}
        found = self._agents.get(agent_id)
        if found is None:
            found = self._agents[agent_id] = AgentDay(day)
        return found


@define(eq=False)
class _Minute:
    number: int
    dials: int = 0
    answers: int = 0
    abandoned: int = 0


@define(eq=False)
class JobCounts:
    """What a job has done since its zone runs it; times are steady seconds."""

    began_at: float
    dials: int = 0
    answers: int = 0
    abandoned: int = 0
    _minutes: deque[_Minute] = field(factory=lambda: deque(maxlen=RECENT_MINUTES))

    def saw_dial(self, at: float) -> None:
        """A number was dialled."""
        self.dials += 1
        self._minute(at).dials += 1

    def saw_answer(self, at: float) -> None:
        """A person answered."""
        self.answers += 1
        self._minute(at).answers += 1

    def saw_abandoned(self, at: float) -> None:
        """Nobody was there for a person who had answered."""
        self.abandoned += 1
        self._minute(at).abandoned += 1

    def rates(self, at: float) -> tuple[float, float, float]:
        """Return dials, answers and abandoned calls a minute, of the last minutes."""
        first = int(at // MINUTE_S) - RECENT_MINUTES + 1
        elapsed_s = at - max(self.began_at, first * MINUTE_S)
        recent = [each for each in list(self._minutes) if each.number >= first]
        minutes = max(1.0, elapsed_s / MINUTE_S)
        return (
            sum(each.dials for each in recent) / minutes,
            sum(each.answers for each in recent) / minutes,
            sum(each.abandoned for each in recent) / minutes,
        )

    def _minute(self, at: float) -> _Minute:
        number = int(at // MINUTE_S)
        if not self._minutes or self._minutes[-1].number != number:
            self._minutes.append(_Minute(number))
        return self._minutes[-1]


class Counted(Protocol):
    """An agent, as far as it is counted."""

    agent_state: AgentState
    call_state: CallState


@define(eq=False)
class ZoneStats:
    """Counters since the zone started, and gauges of now; `dismissed` of the `abandoned` heard a message.

    `attempts` are those that were dialled, `refused` those whose number was not after all, by the reason.

    `utilisation` is the share of the agents' time at work among that time and their ready, nailed,
    idle time; 0 to 1.
    """

    agents_by_state: Counter[AgentState] = field(factory=Counter)
    calls_by_state: Counter[CallState] = field(factory=Counter)
    dialing: int = 0
    waiting: int = 0
    attempts: int = 0
    refused: Counter[str] = field(factory=Counter)
    live_answers: int = 0
    abandoned: int = 0
    dismissed: int = 0
    dispositions: int = 0
    callbacks_ended: Counter[str] = field(factory=Counter)
    days: DayBook = field(factory=DayBook)
    _working_s: float = 0.0
    _waiting_s: float = 0.0
    _working: int = 0
    _available: int = 0
    _last_at: float = 0.0

    @property
    def abandon_rate(self) -> float:
        """The share of answered calls that no agent took, 0 to 1."""
        return self.abandoned / self.live_answers if self.live_answers else 0.0

    def utilisation(self, now: float) -> float:
        """Return the share of working time up to `now`."""
        self._advance(now)
        total = self._working_s + self._waiting_s
        return self._working_s / total if total else 0.0

    def step(self, by_s: float) -> None:
        """The clock was stepped, in which nobody worked or waited; the next `now` is after it."""
        if self._last_at:
            self._last_at += by_s

    def move_call(self, old: CallState, new: CallState) -> None:
        """Change the call state of an agent who works as much in the one as in the other."""
        calls = self.calls_by_state
        calls[old] -= 1
        calls[new] += 1

    def count_work(self, working: int, available: int, now: float) -> None:
        """Change how many agents work or wait by these differences."""
        self._advance(now)
        self._working += working
        self._available += available

    def recount(self, agents: Iterable["Counted"], now: float) -> None:
        """Count the gauges of agents anew; how long they worked stays as it is."""
        self._advance(now)
        present = list(agents)
        self.agents_by_state = Counter(agent.agent_state for agent in present)
        self.calls_by_state = Counter(agent.call_state for agent in present)
        self._working = sum(agent.call_state in WORKING_STATES for agent in present)
        self._available = sum(
            agent.call_state is CallState.Idle and agent.agent_state is AgentState.Ready for agent in present
        )

    def _advance(self, now: float) -> None:
        if now > self._last_at:
            if self._last_at:
                elapsed = now - self._last_at
                self._working_s += elapsed * self._working
                self._waiting_s += elapsed * self._available
            self._last_at = now
