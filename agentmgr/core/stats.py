"""What a supervisor wants to see of a zone, kept up to date at every change so that nobody has to count."""

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from attrs import define, field

from protocol.enums import AgentState, CallState

WORKING_STATES = frozenset(CallState) - {CallState.NoState, CallState.Idle}


class Counted(Protocol):
    """An agent, as far as it is counted."""

    agent_state: AgentState
    call_state: CallState


@define(eq=False)
class ZoneStats:
    """Counters since the zone started, and gauges of now; `dismissed` of the `abandoned` heard a message.

    `utilisation` is the share of the agents' time at work among that time and their ready, nailed,
    idle time; 0 to 1.
    """

    agents_by_state: Counter[AgentState] = field(factory=Counter)
    calls_by_state: Counter[CallState] = field(factory=Counter)
    dialing: int = 0
    waiting: int = 0
    attempts: int = 0
    live_answers: int = 0
    abandoned: int = 0
    dismissed: int = 0
    dispositions: int = 0
    callbacks_ended: Counter[str] = field(factory=Counter)
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
