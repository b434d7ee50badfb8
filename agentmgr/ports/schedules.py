"""What happens to campaigns and with data sources at times of the calendar."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from agentmgr.core.recurrence import Recurrence


class Target(StrEnum):
    """What a schedule does."""

    RUN = "run"
    ARCHIVE = "archive"
    IMPORT = "import"


@frozen
class Schedule:
    """What is done when; times are epoch seconds.

    `subject` is the name of the campaign or data source, `next_at` None once it is over, and `outcome` what
    came of the last time, in words.
    """

    schedule_id: int
    target: Target
    subject: str
    subject_id: int
    recurrence: Recurrence
    next_at: float | None
    made_by: str
    last_at: float | None = None
    outcome: str = ""


@frozen
class Firing:
    """A schedule that was found due, and when it is due again; who is first to say so fires it."""

    schedule: Schedule
    at: float
    next_at: float | None
    outcome: str = ""


class ScheduleStore(Protocol):
    """Schedules, each of which fires once, whoever sees to it."""

    def add_schedule(
        self,
        target: Target,
        subject_id: int,
        recurrence: Recurrence,
        next_at: float,
        made_by: str,
        now: float,
    ) -> int:
        """Keep a schedule and return its id; what was over for long is forgotten.

        One for archival replaces the one that its campaign has.
        """
        ...

    def schedules(self) -> tuple[Schedule, ...]:
        """Return all schedules by id."""
        ...

    def remove_schedule(self, schedule_id: int) -> bool:
        """Forget a schedule; False if there is none."""
        ...

    def next_firing(self) -> float | None:
        """Return when the next schedule is due; None if there is none."""
        ...

    def due_schedules(self, now: float, limit: int) -> tuple[Schedule, ...]:
        """Return some of the schedules that are due, the first ones first."""
        ...

    def pass_firing(self, firing: Firing) -> bool:
        """Let a schedule go on to its next firing; False if somebody has done so."""
        ...

    def fire_run(self, firing: Firing, zones: Sequence[str]) -> int | None:
        """Do that, and make an empty job in preparation, with a share in each zone; return its id.

        None if somebody else was first.
        """
        ...

    def note_outcome(self, schedule_id: int, outcome: str) -> None:
        """Keep what came of the last firing."""
        ...
