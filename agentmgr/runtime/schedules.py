"""Sees to it that what is scheduled happens when it is due."""

from collections.abc import Awaitable, Callable

import structlog
import trio

from agentmgr.ports import StoreFault
from agentmgr.runtime.clock import Clock

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
"""How late at most it is heard what another process has scheduled, real seconds."""


class ScheduleKeeper:
    """Has all that is due done, and sleeps until something is due next.

    Args:
        fire: does what is due, and returns when something is due next, epoch seconds.
        clock: by which it is due.
        every_s: how long it sleeps at most, real seconds.
        what: is seen to, for the log.
    """

    def __init__(
        self,
        fire: Callable[[], Awaitable[float | None]],
        clock: Clock,
        every_s: float = LOOK_EVERY_S,
        what: str = "schedules",
    ) -> None:
        self._fire = fire
        self._clock = clock
        self._every_s = every_s
        self._what = what

    async def run(self) -> None:
        """See to it until cancelled; a store that fails is asked again."""
        while True:
            wake_at = trio.current_time() + self._every_s
            try:
                next_at = await self._fire()
            except StoreFault as fault:
                log.warning("schedules_failed", what=self._what, reason=str(fault))
            else:
                if next_at is not None:
                    wake_at = min(wake_at, self._clock.deadline(next_at))
            await trio.sleep_until(wake_at)
