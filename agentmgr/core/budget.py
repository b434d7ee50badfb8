"""How many calls of a job may still be abandoned: over thirty days, over the job, and on one day.

Each zone keeps the limit over its own calls, and goes on with its part of what its campaign did before: what
all of them do together is within the limit then, too.
"""

from collections import deque
from collections.abc import Sequence

from attrs import define, field, frozen

WINDOW_DAYS = 30
"""Over so many days an abandon rate is taken (16 CFR 310.4(b)(4)(i), 47 CFR 64.1200(a)(7))."""

MEASURE = 1 / 3
"""By so much may the rate of one day be above the limit to use what other days have saved."""


@frozen
class Counted:
    """So many live answers, and so many of them were abandoned."""

    answers: int = 0
    abandoned: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.answers + other.answers, self.abandoned + other.abandoned)

    def __sub__(self, other: "Counted") -> "Counted":
        return Counted(self.answers - other.answers, self.abandoned - other.abandoned)

    def part(self, shares: int) -> "Counted":
        """Return the part of one of so many zones."""
        return Counted(round(self.answers / shares), round(self.abandoned / shares))

    def beyond(self, limit: float) -> float:
        """Return how many abandoned calls are too many; below 0 so many more there may be."""
        return self.abandoned - limit * self.answers


@define(eq=False)
class Budget:
    """What the days up to today came to; `job` is always what the job did up to the moment."""

    day: int = 0
    _before: Counted = Counted()
    """What the job had done, so that the rest is today's; less what other jobs of its campaign did today."""
    _days: deque[tuple[int, Counted]] = field(factory=deque)
    _earlier: Counted = Counted()

    def today(self, job: Counted) -> Counted:
        """Return what this day came to so far."""
        return job - self._before

    def begin_day(self, day: int, job: Counted) -> None:
        """Count anew what happens on a day, and forget those that are no more among the thirty."""
        self._keep(self.day, self.today(job))
        self.day, self._before = day, job
        while self._days and self._days[0][0] <= day - WINDOW_DAYS:
            self._earlier -= self._days.popleft()[1]

    def learn(self, days: Sequence[Counted], job: Counted) -> None:
        """Go on from what the campaign did on days up to today, and of it the job."""
        *earlier, today = days
        for ago, counted in zip(range(len(earlier), 0, -1), earlier, strict=True):
            self._keep(self.day - ago, counted)
        self._before += job - today

    def _keep(self, day: int, counted: Counted) -> None:
        if counted != Counted():
            self._days.append((day, counted))
            self._earlier += counted

    def too_many(self, limit: float, job: Counted) -> float:
        """Return how many abandoned calls are too many at a limit; below 0 so many more there may be.

        The limit holds over thirty days, and over the job. What was overdrawn is made good at once; what
        was saved is used with measure, as no day is to be much above the limit, whatever others were.
        """
        over_job = job.beyond(limit)
        over_today = over_job - self._before.beyond(limit)
        over_days = self._earlier.beyond(limit) + over_today
        measure = MEASURE * limit * (job.answers - self._before.answers)
        return max(over_days, over_job, over_today - measure)
