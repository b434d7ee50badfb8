"""Which agents to move between outbound and inbound, by inbound load: pure, and constant time per decision.

Agents are acquired for inbound, those first who have had nothing to do for longest, when customers wait
too many or too long, and released when one agent fewer would still be enough. Between the two thresholds
nothing moves, and an agent that was moved stays for a while, so that nobody is thrown to and fro.
"""

import math
from collections import OrderedDict, deque
from collections.abc import Mapping
from enum import Enum, auto

from attrs import define, field, frozen

from agentmgr.fields import NO_OR_SOME_SECONDS, SECONDS, setting, whole_number


class Standing(Enum):
    """What an agent does, as far as moving it is concerned."""

    OUTBOUND_IDLE = auto()
    OUTBOUND_BUSY = auto()
    LEAVING = auto()  # to inbound, after the contact at hand
    INBOUND_IDLE = auto()
    INBOUND_BUSY = auto()
    ABSENT = auto()  # not ready, away, logging off


OUTBOUND = (Standing.OUTBOUND_IDLE, Standing.OUTBOUND_BUSY)
INBOUND = (Standing.LEAVING, Standing.INBOUND_IDLE, Standing.INBOUND_BUSY)


@frozen
class InboundLoad:
    """The inbound side at this moment, without the agents that outbound lends it.

    Attributes:
        queue: how many customers wait.
        service_s: how long a call keeps an agent.
        own_agents, own_busy: its own agents, and how many of them are in a call.
    """

    queue: int
    service_s: float
    own_agents: int = 0
    own_busy: int = 0


@frozen(slots=False)  # the settings have more than one base
class BlendRules:
    """When agents move."""

    acquire_queue: int = setting(
        3, whole_number(1, 10_000), "With so many customers waiting, an agent of outbound is taken."
    )
    acquire_wait_s: float = setting(
        20.0, SECONDS, "The same if the next customer has to expect so long a wait."
    )
    release_wait_s: float = setting(
        2.0, NO_OR_SOME_SECONDS, "An agent goes back if the expected wait stays at most that without it."
    )
    thrash_s: float = setting(
        300.0, NO_OR_SOME_SECONDS, "How long an agent that was moved is left where it is."
    )
    reserve: int = setting(1, whole_number(0, 10_000), "How many agents outbound keeps at least.")

    def __attrs_post_init__(self) -> None:
        if self.release_wait_s >= self.acquire_wait_s:
            raise ValueError(
                f"release_wait_s is {self.release_wait_s:g}; allowed: less than acquire_wait_s, "
                f"{self.acquire_wait_s:g}"
            )


@frozen
class Move:
    """An agent that shall work for the other side."""

    agent_id: str
    to_inbound: bool


@define(eq=False)
class _Seat:
    standing: Standing
    stays_until: float = -math.inf


@define(eq=False)
class Blender:
    """The agents of a zone by what they do; `place` follows every change, `decide` says who moves."""

    rules: BlendRules
    _seats: dict[str, _Seat] = field(factory=dict)
    _counts: dict[Standing, int] = field(factory=lambda: dict.fromkeys(Standing, 0))
    _movable: Mapping[Standing, "OrderedDict[str, None]"] = field(
        factory=lambda: {standing: OrderedDict() for standing in Standing}
    )
    _moved: deque[tuple[float, str]] = field(factory=deque)

    def count(self, *standings: Standing) -> int:
        """Return how many agents do one of these."""
        return sum(self._counts[standing] for standing in standings)

    def place(self, agent_id: str, standing: Standing, now: float) -> None:
        """Note what an agent does from now on; the same as before changes nothing.

        Of an agent that was just moved the time counts from the end of its stay.
        """
        seat = self._seats.get(agent_id)
        if seat is None:
            seat = self._seats[agent_id] = _Seat(standing)
        elif seat.standing is standing:
            return
        else:
            self._counts[seat.standing] -= 1
            self._movable[seat.standing].pop(agent_id, None)
            seat.standing = standing
        self._counts[standing] += 1
        if seat.stays_until <= now:
            self._movable[standing][agent_id] = None

    def remove(self, agent_id: str) -> None:
        """Forget an agent; one that is not known does no harm."""
        seat = self._seats.pop(agent_id, None)
        if seat is not None:
            self._counts[seat.standing] -= 1
            self._movable[seat.standing].pop(agent_id, None)

    def decide(self, load: InboundLoad, now: float) -> Move | None:
        """Return the next agent to move, None if all may stay; ask again until it is None.

        The agent counts as moved at once: an acquired one as leaving, a released one as busy outbound.
        """
        self._end_stays(now)
        lent = self.count(*INBOUND)
        if self._is_short(load, lent):
            return self._acquire(now)
        if lent and load.queue == 0 and self._wait_s(load, lent - 1) <= self.rules.release_wait_s:
            return self._release(now)
        return None

    def _is_short(self, load: InboundLoad, lent: int) -> bool:
        if load.queue <= self.count(Standing.LEAVING, Standing.INBOUND_IDLE):
            return False  # somebody is there, or on the way, for each of them
        too_many = load.queue - self.count(Standing.LEAVING) >= self.rules.acquire_queue
        return too_many or self._wait_s(load, lent) >= self.rules.acquire_wait_s

    def _wait_s(self, load: InboundLoad, lent: int) -> float:
        """Return how long the next customer would wait, with so many agents lent to inbound."""
        agents = load.own_agents + lent
        busy = load.own_busy + self.count(Standing.INBOUND_BUSY)
        if load.queue + busy < agents:
            return 0.0
        return (load.queue + 1) * load.service_s / agents if agents > 0 else math.inf

    def _acquire(self, now: float) -> Move | None:
        if self.count(*OUTBOUND) <= self.rules.reserve:
            return None
        for standing in OUTBOUND:
            for agent_id in self._movable[standing]:
                self._stay(agent_id, Standing.LEAVING, now)
                return Move(agent_id, to_inbound=True)
        return None

    def _release(self, now: float) -> Move | None:
        for agent_id in self._movable[Standing.INBOUND_IDLE]:
            self._stay(agent_id, Standing.OUTBOUND_BUSY, now)
            return Move(agent_id, to_inbound=False)
        return None

    def _stay(self, agent_id: str, standing: Standing, now: float) -> None:
        self._seats[agent_id].stays_until = now + self.rules.thrash_s
        self._moved.append((now + self.rules.thrash_s, agent_id))
        self.place(agent_id, standing, now)
        if self.rules.thrash_s > 0:
            self._movable[standing].pop(agent_id, None)

    def _end_stays(self, now: float) -> None:
        """Let those move again who were moved long enough ago: each is looked at once per move."""
        while self._moved and self._moved[0][0] <= now:
            _, agent_id = self._moved.popleft()
            seat = self._seats.get(agent_id)
            if seat is not None and seat.stays_until <= now:
                self._movable[seat.standing].setdefault(agent_id)
