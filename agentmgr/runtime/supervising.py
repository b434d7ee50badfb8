"""What supervisors want of a zone's agents, from the wish to its answer."""

from collections.abc import Callable, Sequence

import trio
from attrs import define, field

from agentmgr.core.effects import SupervisorAnswered
from agentmgr.core.events import Event, SupervisorAsked
from agentmgr.core.wishes import Outcome, Wish


@define(eq=False)
class Wishes:
    """Takes wishes to the zone; each is answered once, by the zone or by its end. For trio's thread."""

    _push: Callable[[Event], None]
    _answers: dict[int, Outcome | None] = field(factory=dict, init=False)
    _answered: trio.lowlevel.ParkingLot = field(factory=trio.lowlevel.ParkingLot, init=False)
    _count: int = field(default=0, init=False)
    _ended: bool = field(default=False, init=False)

    async def ask(self, wishes: Sequence[tuple[str, Wish]]) -> Sequence[Outcome]:
        """Have wishes carried out in their order, and wait until what comes of them is durable."""
        if self._ended:
            return [Outcome.ZONE_ENDED for _ in wishes]
        keys = range(self._count + 1, self._count + 1 + len(wishes))
        self._count += len(wishes)
        self._answers.update(dict.fromkeys(keys))
        try:
            for key, (agent_id, wish) in zip(keys, wishes, strict=True):
                self._push(SupervisorAsked(key, agent_id, wish))
            while any(self._answers[key] is None for key in keys):
                await self._answered.park()
            return [outcome for key in keys if (outcome := self._answers[key]) is not None]
        finally:
            for key in keys:
                del self._answers[key]

    def answered(self, effect: SupervisorAnswered) -> None:
        """The zone said what came of a wish; one that nobody waits for any more does no harm."""
        if effect.key in self._answers:
            self._answers[effect.key] = effect.outcome
            self._answered.unpark_all()

    def end(self) -> None:
        """The zone has ended: nobody knows what became of the wishes that wait."""
        self._ended = True
        for key, outcome in self._answers.items():
            if outcome is None:
                self._answers[key] = Outcome.ZONE_ENDED
        self._answered.unpark_all()
