"""The server's clock: epoch seconds that follow the wall clock, and beside them a time without its steps."""

import math
import time
from collections.abc import Callable

import structlog
import trio

_ROUNDING_S = 1e-6
"""Epoch seconds as floats are 0.24 us apart: added so that at a deadline `now()` has reached it."""

CHECK_INTERVAL_S = 1.0
"""How often the wall clock is looked at."""

STEP_S = 1.0
"""What the wall clock differs by at least if it was stepped; with less it is followed smoothly."""

SLEW = 0.05
"""How much faster or slower than the wall clock a small difference is made up for, as a share."""

_AT_ONCE_S = 0.01
"""With more between two readings, the process did not run meanwhile, and they tell nothing of each other."""

OnStep = Callable[[float], None]
"""Told by how many seconds the clock was just stepped, forward or, below 0, back."""


def _machine_time() -> float:
    return time.time()


class Steady:
    """Seconds from trio's monotonic clock, beginning at `start_s`; they never go back and never leap."""

    def __init__(self, start_s: float, speed: float) -> None:
        self._start_s = start_s
        self._speed = speed
        self._current_time = trio.lowlevel.current_clock().current_time
        self._base = self._current_time()

    def now(self) -> float:
        """Return the present; never less than it returned before."""
        return self._start_s + (self._current_time() - self._base) * self._speed

    def deadline(self, at: float) -> float:
        """Return when `at` will be on trio's own clock."""
        return self._base + (at + _ROUNDING_S - self._start_s) / self._speed

    async def sleep_until(self, at: float) -> None:
        """Sleep until `now()` is at least `at`; at once if that has passed."""
        await trio.sleep_until(self.deadline(at))


class Clock:
    """Epoch seconds; made inside `trio.run`.

    With a start, or with a speed other than 1, it has a time of its own that nobody steps. Otherwise `follow`
    keeps it at the wall clock.

    Attributes:
        steady: the same seconds without the steps: what durations are measured by.
        listeners: told of each step after it, before anything else runs.

    Args:
        start_s: epoch seconds UTC at the start; None is the wall clock's present time.
        speed: seconds of this clock per real second, above 0.
        wall: the wall clock, epoch seconds; None is that of the machine.
    """

    def __init__(
        self, start_s: float | None = None, speed: float = 1.0, wall: Callable[[], float] | None = None
    ) -> None:
        if not 0 < speed < math.inf:
            raise ValueError(f"speed must be above 0, not {speed}")
        self._wall = wall or _machine_time
        self._follows = start_s is None and speed == 1.0
        self.steady = Steady(self._wall() if start_s is None else start_s, speed)
        self.listeners: set[OnStep] = set()
        self._ahead_s = 0.0
        """How far the clock is ahead of the steady time, without what is being made up for."""
        self._checked_at = -math.inf
        self._late_s = 0.0
        """How much was to be made up for at the last check, below 0 if the clock was fast."""

    def now(self) -> float:
        """Return the present, epoch seconds UTC; less than before only after a step that was told."""
        steady = self.steady.now()
        return steady + self._ahead_s + (self._made_up(steady) if self._late_s else 0.0)

    def _made_up(self, steady: float) -> float:
        most = min(abs(self._late_s), SLEW * (steady - self._checked_at))
        return math.copysign(most, self._late_s)

    def deadline(self, at: float) -> float:
        """Return when `at`, epoch seconds, will be on trio's own clock."""
        at -= self._ahead_s
        if self._late_s:
            slewed = self._checked_at + (at - self._checked_at) / (1 + math.copysign(SLEW, self._late_s))
            at = slewed if abs(self._late_s) > SLEW * (slewed - self._checked_at) else at - self._late_s
        return self.steady.deadline(at)

    async def sleep_until(self, at: float) -> None:
        """Sleep until `now()` is at least `at`, epoch seconds; at once if that has passed."""
        await trio.sleep_until(self.deadline(at))

    async def follow(self) -> None:
        """Follow the wall clock until cancelled; a clock with a time of its own has nothing to follow."""
        while self._follows:
            self.check()
            await trio.sleep(CHECK_INTERVAL_S)

    def check(self) -> None:
        """Look at the wall clock: step at once to what is far off, and begin to make up for what is near."""
        steady = self.steady.now()
        wall = self._wall()
        if self.steady.now() - steady > _AT_ONCE_S:
            return  # the next look is as good
        self._ahead_s += self._made_up(steady) if self._late_s else 0.0
        self._late_s, self._checked_at = 0.0, steady
        late_s = wall - steady - self._ahead_s
        if abs(late_s) < STEP_S:
            self._late_s = late_s
            return
        self._ahead_s += late_s
        structlog.get_logger().warning("clock_stepped", by_s=round(late_s, 3), now=wall)
        for told in list(self.listeners):
            told(late_s)
