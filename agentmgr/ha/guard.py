"""How long a manager may act: until a moment before its rivals may call it dead, and not one step longer."""

import math
import signal
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

KILL_AFTER_S = 0.5
"""After the time in which a manager may act, the kernel ends it, if it has not frozen by then."""


def boot_time() -> float:
    """Return seconds by the one clock that also runs while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Guard:
    """Says whether this manager may still act; read before each effect that others see.

    Args:
        now: the clock; seconds.
        kill_in: has the kernel end this process after so many seconds unless it is called again; 0 lets it
            live.

    Attributes:
        valid_until: by that clock.
        on_change: called with whether it may act, each time that this changes, by `look` or `renewed`.
    """

    def __init__(
        self, now: Callable[[], float] = boot_time, kill_in: Callable[[float], None] = lambda after_s: None
    ) -> None:
        self._now = now
        self._kill_in = kill_in
        self.valid_until = -math.inf
        self.on_change: set[Callable[[bool], None]] = set()
        self._was_valid = False

    def is_valid(self) -> bool:
        """Whether it may act at this moment."""
        return self._now() < self.valid_until

    def renewed(self, until: float) -> None:
        """A renewal worked that gives it time; never less than it had."""
        if until > self.valid_until:
            self.valid_until = until
        self.look()

    def look(self) -> None:
        """Tell of a change; to be called often.

        Whoever has frozen does no harm, and need not be ended.
        """
        is_valid = self.is_valid()
        if is_valid != self._was_valid:
            self._was_valid = is_valid
            for told in list(self.on_change):
                told(is_valid)
        self._kill_in(self.valid_until - self._now() + KILL_AFTER_S if is_valid else 0.0)

    def end(self) -> None:
        """It does not act any more, and need not be ended by the kernel."""
        self.valid_until = -math.inf
        self.look()


def kernel_timer(after_s: float) -> None:
    """Have the kernel end this process after so many seconds; it does so whatever Python is doing.

    A process that was stopped past that moment ends before it runs a line. 0 takes that back. For the main
    thread of a program that has no other use for SIGALRM.
    """
    signal.setitimer(signal.ITIMER_REAL, after_s)
