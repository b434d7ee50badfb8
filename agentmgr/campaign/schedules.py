"""Schedules: what is to happen to campaigns and with data sources at times of the calendar."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import evolve, frozen

from agentmgr.campaign.rules import weekend_days
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.recurrence import MADE_UP_WITHIN_S, Frequency, Recurrence, read_recurrence, zone_of
from agentmgr.ports import Firing, JobState, Schedule, Target

DUE_AT_ONCE = 100
FILL_CHUNK = 500


@frozen
class Times:
    """When something shall happen, as somebody wrote it; see `agentmgr.core.recurrence.read_recurrence`."""

    start: str
    timezone: str
    frequency: str = Frequency.ONCE
    end: str | None = None
    every_min: str = ""
    days: tuple[str, ...] = ()
    weekdays_only: bool = False


class ScheduleService(Service):
    """What is scheduled, and how it comes about."""

    def add_run(self, campaign: str, times: Times) -> Schedule:
        """Let a campaign be run, once or again and again.

        Raises:
            ServiceError: there is no such campaign for the caller, or the times cannot be.
        """
        spec = self.find_campaign(campaign)
        return self._add(Target.RUN, spec.name, spec.campaign_id, times)

    def add_import(self, source: str, times: Times) -> Schedule:
        """Let a data source be imported, once or again and again.

        Raises:
            ServiceError: there is no such data source for the caller, or the times cannot be.
        """
        found = self.find_source(source)
        return self._add(Target.IMPORT, found.name, found.source_id, times)

    def all(self) -> tuple[Schedule, ...]:
        """Return all schedules of what the caller may see; those that are over too, for a month."""
        store, sees_all = self._at.store, not self._caller.organisation
        if sees_all:
            return store.schedules()
        campaigns = {each.name for each in self.visible_campaigns()}
        sources = {each.name for each in self.visible_sources()}
        return tuple(
            each
            for each in store.schedules()
            if each.subject in (sources if each.target is Target.IMPORT else campaigns)
        )

    def remove(self, schedule_id: int) -> None:
        """Take a schedule away; what it has begun goes on.

        Raises:
            ServiceError: there is none.
        """
        mine = [each.schedule_id for each in self.all()]
        if schedule_id not in mine or not self._at.store.remove_schedule(schedule_id):
            there = ", ".join(map(str, mine)) or "none yet"
            raise ServiceError(
                Cause.NO_SUCH_SCHEDULE, f"no schedule {schedule_id}; there are: {there}; nothing was changed"
            )

    def fire(self) -> float | None:
        """Do all that is due; return when something is due next, epoch seconds, None if nothing is.

        Each firing is done once, whichever processes see to it.
        """
        store = self._at.store
        while (next_at := store.next_firing()) is not None and next_at <= self._at.now():
            for schedule in store.due_schedules(self._at.now(), DUE_AT_ONCE):
                self._fire(schedule)
        return next_at

    def _add(self, target: Target, subject: str, subject_id: int, times: Times) -> Schedule:
        now = self._at.now()
        try:
            recurrence, next_at = read_recurrence(
                times.frequency,
                times.start,
                times.timezone,
                now=now,
                end=times.end,
                every_min=times.every_min,
                days=times.days,
                weekdays_only=times.weekdays_only,
                weekend=weekend_days(self._at.schedules.weekend),
            )
        except ValueError as error:
            raise ServiceError(Cause.BAD_SCHEDULE, f"{subject} cannot be scheduled so: {error}") from None
        made_by = self._caller.name
        key = self._at.store.add_schedule(target, subject_id, recurrence, next_at, made_by, now)
        return Schedule(key, target, subject, subject_id, recurrence, next_at, made_by)

    def _fire(self, schedule: Schedule) -> None:
        """Do what is due of a schedule: the latest firing of those missed, if that is not too late."""
        now, recurrence = self._at.now(), schedule.recurrence
        assert schedule.next_at is not None, "it is due"
        latest = recurrence.next_after(max(schedule.next_at - 1, now - MADE_UP_WITHIN_S))
        firing = Firing(schedule, now, recurrence.next_after(now))
        if latest is None or latest > now:
            when = _on_the_wall(schedule.next_at, recurrence)
            self._at.store.pass_firing(evolve(firing, outcome=f"left out: nobody was there at {when}"))
            return
        match schedule.target:
            case Target.IMPORT:
                import_id = self._at.store.fire_import(firing)
                if import_id is not None:
                    self._at.store.note_outcome(schedule.schedule_id, f"import {import_id}")
            case _:
                self._run(firing)

    def _run(self, firing: Firing) -> None:
        """Run a campaign: its job is made with the firing, and filled and started after it."""
        store, name = self._at.store, firing.schedule.subject
        job = store.latest_job(firing.schedule.subject_id)
        zones = self._zones(name)
        if job is not None and job.ended_at is None:
            store.pass_firing(evolve(firing, outcome=f"left out: its job {job.job_id} is {job.state}"))
        elif not zones:
            store.pass_firing(evolve(firing, outcome="left out: the campaign has no zone to run in"))
        elif (job_id := store.fire_run(firing, zones)) is not None:
            store.note_outcome(firing.schedule.schedule_id, self._start(job_id, zones, firing.at))

    def _zones(self, campaign: str) -> Sequence[str]:
        """Return where a campaign is run that is told no zones: where it says, where it ran, or anywhere."""
        spec = self._at.store.find_campaign(campaign)
        job = self._at.store.latest_job(spec.campaign_id) if spec is not None else None
        return (
            (spec.zones if spec is not None else ())
            or (job.zones if job is not None else ())
            or sorted(self._at.served())[:1]
        )

    def _start(self, job_id: int, zones: Iterable[str], now: float) -> str:
        store = self._at.store
        last: int | None = 0
        while last is not None:
            last = store.fill_job(job_id, last, FILL_CHUNK)
        started = store.start_job(job_id)
        if started is None:
            return f"job {job_id} was stopped while it was prepared"
        if not started.total:
            store.move_job(job_id, (JobState.Running,), JobState.Stopped, now)
            return f"job {job_id} had no contacts"
        self.hint(zones)
        return f"job {job_id} with {started.total} contacts"


def _on_the_wall(at: float, recurrence: Recurrence) -> str:
    clocks = zone_of(recurrence.timezone)
    return f"{datetime.fromtimestamp(at, clocks):%Y-%m-%d %H:%M:%S} {recurrence.timezone}"
