"""The zone's clock: epoch seconds that never go back, at the pace of the wall clock or faster."""

import math
import time

import trio

_ROUNDING_S = 1e-6
"""Epoch seconds as floats are 0.24 us apart: added so that at a deadline `now()` has reached it."""


class Clock:
    """Epoch seconds from trio's monotonic clock; made inside `trio.run`.

    Args:
        start_s: epoch seconds UTC at the start; None is the wall clock's present time.
        speed: seconds of this clock per real second, above 0.
    """

    def __init__(self, start_s: float | None = None, speed: float = 1.0) -> None:
        if not 0 < speed < math.inf:
            raise ValueError(f"speed must be above 0, not {speed}")
        self._start_s = time.time() if start_s is None else start_s
        self._speed = speed
        self._current_time = trio.lowlevel.current_clock().current_time
        self._base = self._current_time()

    def now(self) -> float:
        """Return the present, epoch seconds UTC; never less than it returned before."""
        return self._start_s + (self._current_time() - self._base) * self._speed

    def deadline(self, at: float) -> float:
        """Return when `at`, epoch seconds, will be on trio's own clock."""
        return self._base + (at + _ROUNDING_S - self._start_s) / self._speed

    async def sleep_until(self, at: float) -> None:
        """Sleep until `now()` is at least `at`, epoch seconds; at once if that has passed."""
        await trio.sleep_until(self.deadline(at))
