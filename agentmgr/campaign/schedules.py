"""Schedules: what is to happen to campaigns and with data sources at times of the calendar."""

from datetime import datetime

import structlog
from attrs import evolve, frozen

from agentmgr.campaign.campaigns import CampaignService
from agentmgr.campaign.jobs import JobService
from agentmgr.campaign.rules import weekend_days
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.recurrence import MADE_UP_WITHIN_S, Frequency, Recurrence, read_recurrence, zone_of
from agentmgr.ports import LIVE_JOB_STATES, Firing, Schedule, Target

log = structlog.get_logger()

DUE_AT_ONCE = 100
MINUTES_AN_HOUR = 60
MAX_ARCHIVAL_H = 24
DATE_CHARACTERS = len("2026/11/30")


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


@frozen
class Archival:
    """When finished contacts leave a job without end: `Hourly`, `RunEveryNHours` or `DailyAt`, as written."""

    frequency: str = ""
    hours: str = ""
    at: str = ""


NO_ARCHIVAL = Archival()
ARCHIVALS = ("Hourly", "RunEveryNHours", "DailyAt")


class ScheduleService(Service):
    """What is scheduled, and how it comes about."""

    def add_run(self, campaign: str, times: Times, archival: Archival = NO_ARCHIVAL) -> Schedule:
        """Let a campaign be run, once or again and again.

        Args:
            campaign: its name.
            times: when.
            archival: when finished contacts are moved out of the job of an infinite campaign, from then on;
                it replaces what was said of that before. It does not concern others.

        Raises:
            ServiceError: there is no such campaign for the caller, the times cannot be, or an infinite one
                has no archival; nothing was scheduled.
        """
        spec = self.find_campaign(campaign)
        run = self._read(Target.RUN, spec.name, spec.campaign_id, times)
        if spec.infinite:
            try:
                recurrence, next_at = _archival(archival, run)
            except ValueError as error:
                raise _bad(spec.name, error) from None
            self._keep(evolve(run, target=Target.ARCHIVE, recurrence=recurrence, next_at=next_at))
        return self._keep(run)

    def add_import(self, source: str, times: Times) -> Schedule:
        """Let a data source be imported, once or again and again.

        Raises:
            ServiceError: there is no such data source for the caller, or the times cannot be.
        """
        found = self.find_source(source)
        return self._keep(self._read(Target.IMPORT, found.name, found.source_id, times))

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

    def _read(self, target: Target, subject: str, subject_id: int, times: Times) -> Schedule:
        """Return a schedule that is not kept yet."""
        try:
            recurrence, next_at = read_recurrence(
                times.frequency,
                times.start,
                times.timezone,
                now=self._at.now(),
                end=times.end,
                every_min=times.every_min,
                days=times.days,
                weekdays_only=times.weekdays_only,
                weekend=weekend_days(self._at.schedules.weekend),
            )
        except ValueError as error:
            raise _bad(subject, error) from None
        return Schedule(0, target, subject, subject_id, recurrence, next_at, self._caller.name)

    def _keep(self, new: Schedule) -> Schedule:
        assert new.next_at is not None, "it is new"
        key = self._at.store.add_schedule(
            new.target, new.subject_id, new.recurrence, new.next_at, new.made_by, self._at.now()
        )
        return evolve(new, schedule_id=key)

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
            case Target.ARCHIVE:
                self._archive(firing)
            case Target.RUN:
                self._run(firing)

    def _run(self, firing: Firing) -> None:
        """Run a campaign: its job is made with the firing, and filled and started after it."""
        store, campaigns = self._at.store, CampaignService(self._at, self._caller)
        campaign = self.find_campaign(firing.schedule.subject)
        job = store.latest_job(campaign.campaign_id)
        zones = tuple(sorted(campaigns.zones_to_run_in(campaign.name)))
        if campaign.infinite and job is not None and job.state in LIVE_JOB_STATES:
            why = f"left out: the campaign is infinite, and its job {job.job_id} is {job.state}"
            log.warning("schedule_left_out", schedule=firing.schedule.schedule_id, why=why)
            store.pass_firing(evolve(firing, outcome=why))
        elif not zones:
            store.pass_firing(evolve(firing, outcome="left out: the campaign has no zone to run in"))
        elif (job_id := store.fire_run(firing, zones)) is not None:
            try:
                started = campaigns.begin_job(campaign, job_id, zones)
                how = "queued" if started.is_queued else "started"
                outcome = f"job {job_id} with {started.job.total} contacts is {how}"
            except ServiceError as error:
                outcome = f"job {job_id}: {error}"
            store.note_outcome(firing.schedule.schedule_id, outcome)

    def _archive(self, firing: Firing) -> None:
        """Move what is done out of the running job of a campaign."""
        store, schedule = self._at.store, firing.schedule
        job = store.latest_job(schedule.subject_id)
        if job is None or job.state not in LIVE_JOB_STATES:
            store.pass_firing(evolve(firing, outcome="nothing to archive: the campaign does not run"))
        elif store.pass_firing(evolve(firing, outcome=f"job {job.job_id} is being archived")):
            archived = JobService(self._at, self._caller).archive(job.job_id)
            store.note_outcome(schedule.schedule_id, f"job {job.job_id}: {archived} contacts archived")


def _archival(archival: Archival, run: Schedule) -> tuple[Recurrence, float]:
    """Return when finished contacts are moved out of what a schedule runs, and when first.

    Raises:
        ValueError: it cannot be.
    """
    start, timezone = run.recurrence.start, run.recurrence.timezone
    match archival.frequency:
        case "Hourly":
            hours = 1
        case "RunEveryNHours":
            hours = _hours(archival.hours)
        case "DailyAt":
            at = _time_of_day(archival.at)
            daily = Recurrence(Frequency.DAILY, f"{start[:DATE_CHARACTERS]} {at}:00", timezone)
            return daily, _first_after(daily, run)
        case other:
            raise ValueError(f"archival is {other!r}; allowed are {', '.join(ARCHIVALS)}")
    often = Recurrence(Frequency.EVERY_N_MINUTES, start, timezone, every_min=hours * MINUTES_AN_HOUR)
    return often, _first_after(often, run)


def _first_after(recurrence: Recurrence, run: Schedule) -> float:
    assert run.next_at is not None, "it is new"
    first = recurrence.next_after(run.next_at)
    if first is None:
        raise ValueError("archival never happens")
    return first


def _hours(text: str) -> int:
    digits = text.strip()
    if digits.isascii() and digits.isdecimal() and len(digits) < 3 and 1 <= int(digits) <= MAX_ARCHIVAL_H:
        return int(digits)
    raise ValueError(
        f"archival is every {text[:50]!r} hours; allowed is a whole number from 1 to {MAX_ARCHIVAL_H}"
    )


def _time_of_day(text: str) -> str:
    try:
        if not text.isascii():
            raise ValueError(text)
        return datetime.strptime(text.strip(), "%H:%M").strftime("%H:%M")  # noqa: DTZ007  # a time alone
    except ValueError:
        raise ValueError(f"archival is daily at {text[:50]!r}; allowed is a time such as 02:30") from None


def _bad(subject: str, error: ValueError) -> ServiceError:
    return ServiceError(Cause.BAD_SCHEDULE, f"{subject} cannot be scheduled so: {error}")


def _on_the_wall(at: float, recurrence: Recurrence) -> str:
    clocks = zone_of(recurrence.timezone)
    return f"{datetime.fromtimestamp(at, clocks):%Y-%m-%d %H:%M:%S} {recurrence.timezone}"
