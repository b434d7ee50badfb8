"""What agents and lines of each job did, minute by minute."""

from collections.abc import Iterable
from typing import Protocol

from attrs import frozen

MINUTE_S = 60.0


@frozen
class Sampled:
    """What a zone's agents and lines did for a job in a minute, or in a part of it.

    `minute` is that of the epoch. In `sampled_s` seconds the others came together, of all agents and
    lines; `callbacks` waited at the end.
    """

    job_id: int
    minute: int
    zone: str
    sampled_s: float = 0.0
    idle_s: float = 0.0
    busy_s: float = 0.0
    other_s: float = 0.0
    ringing_s: float = 0.0
    callbacks: int = 0


@frozen
class MinuteFigure:
    """The same as it is kept, with what the zone's share of the job had come to when the minute was over."""

    sampled: Sampled
    dials: int = 0
    live_answers: int = 0
    abandoned: int = 0
    done: int = 0


class FigureStore(Protocol):
    """Figures of minutes."""

    def add_figures(self, sampled: Iterable[Sampled]) -> None:
        """Keep what was sampled, beside what others have of the same minutes, and what is counted now."""
        ...

    def figures(self, campaign_id: int, first: int, last: int) -> tuple[MinuteFigure, ...]:
        """Return those of a campaign from one minute to another, excluded, by job, zone and minute.

        Before the first of a job and zone stands the last one that was before, if there is any.
        """
        ...

    def drop_figures(self, before: int, limit: int) -> int:
        """Forget so many that are of minutes before one; return how many."""
        ...
