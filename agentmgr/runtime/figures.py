"""What agents and lines of each job do, looked at each second and kept each minute.

A look reads some numbers of each job, whatever the number of agents and lines. What was counted comes from
the store when a minute is kept, so a process that dies loses a minute of seconds, and never a call.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

import structlog
import trio
from attrs import define, evolve, field

from agentmgr.core.floor import Floor
from agentmgr.ports import MINUTE_S, Sampled, StoreFault
from agentmgr.runtime.clock import Clock

log = structlog.get_logger()

LOOK_S = 1.0
"""How often it is looked, seconds of the server's clock."""
SHORTEST_S = 0.1
"""And how often at most, real seconds: a clock may be faster than a wall's."""
LONGEST_S = 10.0
"""A look stands for so long at most: if there was none for longer, nobody knows what was in between."""
LAST_S = 1.0
"""How long the end may wait for the last minute to be kept, real seconds."""
LINGER_MINUTES = 5
"""So long a job is kept in which nobody does anything, since what was begun ends later."""
MOST_KEPT = 10_000
"""So many wait at most for a store that is out of reach."""

Key = tuple[int, int, str]


@define(eq=False)
class Sampler:
    """Adds up what it sees, by job, minute and zone."""

    _at: dict[str, float] = field(factory=dict)
    _open: dict[Key, Sampled] = field(factory=dict)
    _busy: dict[tuple[int, str], int] = field(factory=dict)

    def look(self, zone: str, floor: Floor, at: float) -> None:
        """Let what is seen now stand for the time since the last look; `at` in epoch seconds."""
        before, self._at[zone] = self._at.get(zone, at), at
        passed_s, minute = at - before, int(at // MINUTE_S)
        if passed_s <= 0:
            return
        passed_s = min(passed_s, LONGEST_S)
        for job in floor.jobs.values():
            agents, idle, busy = len(job.agents), len(job.idle), job.busy
            ringing, callbacks = len(job.ringing), len(job.callbacks)
            if agents or ringing or callbacks:
                self._busy[job.job_id, zone] = minute
            elif minute - self._busy.get((job.job_id, zone), -LINGER_MINUTES) >= LINGER_MINUTES:
                continue
            key = job.job_id, minute, zone
            seen = self._open.get(key) or Sampled(*key)
            self._open[key] = evolve(
                seen,
                sampled_s=seen.sampled_s + passed_s,
                idle_s=seen.idle_s + idle * passed_s,
                busy_s=seen.busy_s + busy * passed_s,
                other_s=seen.other_s + max(0, agents - idle - busy) * passed_s,
                ringing_s=seen.ringing_s + ringing * passed_s,
                callbacks=callbacks,
            )

    def take(self, before: float) -> list[Sampled]:
        """Return what is of minutes that were over at a time, epoch seconds; it is not kept any more."""
        minute = int(before // MINUTE_S)
        over = [each for each in self._open.values() if each.minute < minute]
        for each in over:
            del self._open[each.job_id, each.minute, each.zone]
        self._busy = {key: at for key, at in self._busy.items() if minute - at <= LINGER_MINUTES}
        return over


class FigureKeeper:
    """Looks at the zones of a process and keeps what it has seen.

    Args:
        zones: returns the floors of the zones that are open here.
        clock: whose minutes are meant.
        keep: writes.
    """

    def __init__(
        self,
        zones: Callable[[], Mapping[str, Floor]],
        clock: Clock,
        keep: Callable[[Collection[Sampled]], Awaitable[None]],
    ) -> None:
        self._zones = zones
        self._clock = clock
        self._keep = keep
        self._sampler = Sampler()
        self._waiting: Sequence[Sampled] = ()

    async def run(self) -> None:
        """Look and keep until cancelled; the minute that runs then is kept as far as it came."""
        try:
            while True:
                now = self._clock.now()
                for zone, floor in self._zones().items():
                    self._sampler.look(zone, floor, now)
                await self._write(self._sampler.take(now))
                soonest = trio.current_time() + SHORTEST_S
                await trio.sleep_until(max(soonest, self._clock.deadline(now + LOOK_S)))
        finally:
            with trio.move_on_after(LAST_S, shield=True):
                await self._write(self._sampler.take(self._clock.now() + MINUTE_S))

    async def _write(self, some: Iterable[Sampled]) -> None:
        self._waiting = (*self._waiting, *some)[-MOST_KEPT:]
        if not self._waiting:
            return
        try:
            await self._keep(self._waiting)
        except StoreFault as fault:
            log.warning("figures_not_kept", minutes=len(self._waiting), reason=str(fault))
        else:
            self._waiting = ()
