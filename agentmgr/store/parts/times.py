"""Schedules, imports, and figures of minutes."""

from collections.abc import Iterable, Sequence

from agentmgr.core.recurrence import Recurrence
from agentmgr.ports import (
    DataSource,
    Firing,
    ImportBatch,
    ImportJob,
    ImportState,
    ImportStep,
    MinuteFigure,
    Sampled,
    Schedule,
    Target,
)
from agentmgr.store import (
    figures,
    imports,
    schedules,
)
from agentmgr.store.parts.part import Part


class TimePart(Part):
    """What is done at its time, imports, and figures of minutes."""

    # -- figures of minutes --------------------------------------------------------------------

    def add_figures(self, sampled: Iterable[Sampled]) -> None:
        """Keep what was sampled, beside what others have of the same minutes, and what is counted now."""
        self._database.write(figures.add_figures, tuple(sampled))

    def figures(self, campaign_id: int, first: int, last: int) -> tuple[MinuteFigure, ...]:
        """Return those of a campaign from one minute to another, excluded, by job, zone and minute."""
        return self._database.read(figures.read_figures, campaign_id, first, last)

    def drop_figures(self, before: int, limit: int) -> int:
        """Forget so many that are of minutes before one; return how many."""
        return self._database.write(figures.drop_figures, before, limit)

    # -- schedules ---------------------------------------------------------------------------

    def add_schedule(
        self,
        target: Target,
        subject_id: int,
        recurrence: Recurrence,
        next_at: float,
        made_by: str,
        now: float,
    ) -> int:
        """Keep a schedule and return its id; what was over for long is forgotten."""
        return self._database.write(
            schedules.add_schedule, target, subject_id, recurrence, next_at, made_by, now
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Return all schedules by id."""
        return self._database.read(schedules.read_schedules)

    def remove_schedule(self, schedule_id: int) -> bool:
        """Forget a schedule; False if there is none."""
        return self._database.write(schedules.remove_schedule, schedule_id)

    def next_firing(self) -> float | None:
        """Return when the next schedule is due; None if there is none."""
        return self._database.read(schedules.next_firing)

    def due_schedules(self, now: float, limit: int) -> tuple[Schedule, ...]:
        """Return some of the schedules that are due, the first ones first."""
        return self._database.read(schedules.due_schedules, now, limit)

    def pass_firing(self, firing: Firing) -> bool:
        """Let a schedule go on to its next firing; False if somebody has done so."""
        return self._database.write(schedules.pass_firing, firing)

    def fire_run(self, firing: Firing, zones: Sequence[str]) -> int | None:
        """Do that, and make an empty job in preparation; None if somebody else was first."""
        return self._database.write(schedules.fire_run, firing, tuple(zones))

    def note_outcome(self, schedule_id: int, outcome: str) -> None:
        """Keep what came of the last firing."""
        self._database.write(schedules.note_outcome, schedule_id, outcome)

    # -- imports -----------------------------------------------------------------------------

    def add_source(self, source: DataSource, now: float) -> DataSource | None:
        """Keep a data source and return it with its id; None if there is one of that name."""
        return self._database.write(imports.add_source, source, now)

    def find_source(self, name: str) -> DataSource | None:
        """Look a data source up."""
        return self._database.read(imports.find_source, name)

    def sources(self) -> tuple[DataSource, ...]:
        """Return all data sources by name."""
        return self._database.read(imports.read_sources)

    def remove_source(self, source_id: int) -> bool:
        """Forget a data source with its schedules and imports; False while one of those is not over."""
        return self._database.write(imports.remove_source, source_id)

    def queue_import(self, source_id: int, made_by: str, now: float) -> int:
        """Let an import from a data source wait for somebody who carries it out; return its id."""
        return self._database.write(imports.queue_import, source_id, made_by, now)

    def fire_import(self, firing: Firing) -> int | None:
        """Do that with the firing of a schedule; None if somebody else was first."""
        return self._database.write(imports.fire_import, firing)

    def find_import(self, import_id: int) -> ImportJob | None:
        """Look an import up."""
        return self._database.read(imports.find_import, import_id)

    def imports(
        self, source_id: int | None, states: Iterable[ImportState], limit: int
    ) -> tuple[ImportJob, ...]:
        """Return imports that are in some states, of a data source or of all, the newest first."""
        return self._database.read(imports.read_imports, source_id, tuple(states), limit)

    def move_import(self, import_id: int, allowed: Iterable[ImportState], state: ImportState) -> bool:
        """Let an import be in a state if it is in an allowed one; return whether it was."""
        return self._database.write(imports.move_import, import_id, tuple(allowed), state)

    def claim_import(self, owner: str, now: float, dead_before: float) -> ImportJob | None:
        """Become the one who carries out the oldest import that waits for somebody; None if none does."""
        return self._database.write(imports.claim_import, owner, now, dead_before)

    def take_step(
        self,
        job: ImportJob,
        now: float,
        *,
        state: ImportState | None = None,
        fingerprint: str | None = None,
        error: str = "",
        deleted: int = 0,
    ) -> ImportJob | None:
        """Say what its owner does with an import, or that it lives; None if it is not its."""
        return self._database.write(imports.take_step, job, now, state, fingerprint, error, deleted)

    def release_import(self, job: ImportJob) -> None:
        """Let somebody else carry an import on."""
        self._database.write(imports.release_import, job)

    def put_batch(self, job: ImportJob, batch: ImportBatch, now: float) -> ImportStep | None:
        """Store a batch with what it counts; None if the import is not the owner's, or stands elsewhere."""
        try:
            return self._database.write(imports.put_batch, job, batch, now)
        except imports.NotMine:
            return None
