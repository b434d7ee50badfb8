"""Campaigns: made, run, paused, resumed, stopped, looked at, exported, deleted."""

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from agentmgr.campaign.columns import SYSTEM_ATTRIBUTES
from agentmgr.campaign.dialling import (
    ContactsLeft,
    Dialling,
    contacts_left,
    facts_in,
    why_in_all,
    with_on_hand,
)
from agentmgr.campaign.jobs import JobService
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core import filters
from agentmgr.core.campaign import RETRY_S
from agentmgr.core.model import (
    PHONE_ZONE_ATTRIBUTES,
    AttributeSpec,
    CampaignSpec,
    CompletionCodeSpec,
    JobSpec,
)
from agentmgr.core.strategy import faults_of
from agentmgr.core.tasks import NEXT, OTHER, SAME
from agentmgr.fields import out_of_range, settled
from agentmgr.ports import (
    LIVE_JOB_STATES,
    CampaignHistory,
    CampaignOverview,
    DialPlace,
    DialRow,
    DispositionRow,
    JobState,
    JobStatus,
    JobTally,
    Scope,
    ShareStatus,
)
from agentmgr.text import faults_in

FILL_CHUNK = 500
EXPORT_CHUNK = 1000
DELETE_CHUNK = 500
MAX_NAME_CHARACTERS = 100

DEFAULT_COMPLETION_CODES: tuple[CompletionCodeSpec, ...] = (
    CompletionCodeSpec(1, "Sale", success=True),
    CompletionCodeSpec(2, "Not interested"),
    CompletionCodeSpec(3, "Call again", retry_after_s=3600),
    CompletionCodeSpec(4, "Wrong person"),
    CompletionCodeSpec(5, "No code given"),
)
"""For a campaign that names none of its own; the last one is what a wrapup ends with by itself."""
DEFAULT_CODE_ID = 5

NOT_WHILE_IT_RUNS = {
    "name": "name",
    "skill": "skill",
    "completion_codes": "codes",
    "organisation": "organisation",
    "infinite": "infinite",
    "custom_pacing": "custom_pacing",
}
"""What a job rests on from its beginning, and what people call it; all else may change under it."""


@frozen
class CampaignStatus:
    """A campaign with its latest job and what that has done; all None if it was never run.

    `diallings` are those of its zones, `shares` what each has done; `why` says why nothing is dialled now, or
    that it is.
    """

    name: str
    job: JobStatus | None
    tally: JobTally | None
    left: ContactsLeft = ContactsLeft()
    diallings: tuple[Dialling, ...] = ()
    shares: tuple[ShareStatus, ...] = ()
    why: str = ""


@frozen
class Progress:
    """How far a job is: what it has done, and what is left of its contacts."""

    job: JobStatus
    tally: JobTally
    left: ContactsLeft


@frozen
class Definition:
    """A campaign and the names of its contact lists."""

    campaign: CampaignSpec
    lists: tuple[str, ...]


@frozen
class StartedJob:
    """A job that was started; it begins in each of its zones when somebody serves that; `unserved` wait.

    One that `is_queued` begins when the job of its campaign is over that is under way.
    """

    job: JobSpec
    zones: tuple[str, ...]
    unserved: tuple[str, ...]
    is_queued: bool = False


class CampaignService(Service):
    """Campaigns and their jobs: made, run, paused, resumed, stopped, looked at, exported.

    All raise ServiceError: no such campaign, or what else a method says.
    """

    def create(self, spec: CampaignSpec, lists: Sequence[str]) -> CampaignSpec:
        """Store a new campaign on contact lists.

        Args:
            spec: the campaign; its `campaign_id` is given by the store.
            lists: names of contact lists, at least one.

        Raises:
            ServiceError: a setting is out of range, the name is taken, a list is not there.
        """
        store = self._at.store
        spec = self._checked(evolve(spec, organisation=self.owner_of_new(spec.organisation)))
        if store.find_campaign(spec.name) is not None:
            raise ServiceError(
                Cause.EXISTS, f"campaign {spec.name}: there is one already; choose another name"
            )
        list_ids = self._list_ids(spec, lists)
        self._check_numbers(spec)
        self.check_attributes(spec.attributes)
        return store.add_campaign(spec, list_ids, self._at.now(), self._caller.name)

    def _checked(self, spec: CampaignSpec) -> CampaignSpec:
        spec = evolve(spec, name=spec.name.strip(), attributes=(*SYSTEM_ATTRIBUTES, *spec.attributes))
        problem = _problem(spec)
        if problem:
            raise ServiceError(Cause.BAD_VALUE, f"campaign {spec.name or '(no name)'}: {problem}")
        known = {each.name: each for each in (*spec.attributes, *self._at.store.attributes())}
        visible = [each for each in known.values() if each.organisation in ("", spec.organisation)]
        numbers = [
            AttributeSpec(each.name, "float")
            for each in self._at.store.number_attributes(Scope.CAMPAIGN)
            if each.organisation in ("", spec.organisation)
        ]
        for name, specs in (("filter", visible), ("finish_when", numbers)):
            try:
                filters.check(getattr(spec, name), specs)
            except filters.FilterError as error:
                raise ServiceError(Cause.BAD_VALUE, f"campaign {spec.name}: {name}: {error}") from None
        return settled(spec)

    def _check_numbers(self, spec: CampaignSpec) -> None:
        """Check that the numbers that a strategy names are numbers of contacts."""
        named = [(f"tasks[{place}]", task.number) for place, task in enumerate(spec.tasks, 1)]
        named += [(f"steps[{place}]", step.number) for place, step in enumerate(spec.steps, 1)]
        others = [(where, name) for where, name in named if name not in ("", NEXT, SAME, OTHER)]
        if not others:
            return
        known = {each.name: each for each in (*self._at.store.attributes(), *spec.attributes)}
        phones = sorted(
            {*PHONE_ZONE_ATTRIBUTES, *(n for n, each in known.items() if each.data_type == "phone")}
        )
        for where, name in others:
            if name not in phones:
                raise ServiceError(
                    Cause.BAD_VALUE,
                    f"campaign {spec.name}: {where}.number: found {name!r}; allowed: {', '.join(phones)}",
                )

    def _list_ids(self, spec: CampaignSpec, lists: Sequence[str]) -> list[int]:
        found = [self.find_list(each) for each in lists]
        for each in found:
            self.check_list_for(spec, each)
        if not lists and not spec.infinite:
            raise ServiceError(Cause.BAD_VALUE, f"campaign {spec.name}: needs at least one contact list")
        return sorted({each.list_id for each in found})

    def definition(self, name: str) -> Definition:
        """Return how a campaign is made."""
        spec = self.find_campaign(name)
        return Definition(spec, self._at.store.lists_of(spec.campaign_id))

    def change(self, name: str, spec: CampaignSpec, lists: Sequence[str]) -> JobStatus | None:
        """Let a campaign be as it is said to be; return its job if one runs on with that.

        Args:
            name: of the campaign as it is.
            spec: how it shall be.
            lists: names of its contact lists.

        Raises:
            ServiceError: a setting is out of range or needs that no job runs, the name is taken, a list is
                not there; nothing was changed.
        """
        old, job = self.definition(name), self._at.store.latest_job(self.find_campaign(name).campaign_id)
        if spec.organisation != old.campaign.organisation:
            spec = evolve(spec, organisation=self.owner_of_new(spec.organisation))
        spec = self._checked(spec)
        is_live = job is not None and job.state in LIVE_JOB_STATES
        fixed = [
            called
            for field, called in NOT_WHILE_IT_RUNS.items()
            if getattr(spec, field) != getattr(old.campaign, field)
        ]
        fixed += ["lists"] if set(lists) != set(old.lists) else []
        if is_live and fixed:
            raise ServiceError(
                Cause.IN_USE,
                f"campaign {name}: {', '.join(fixed)} cannot change while its job runs;"
                f" agentmgr campaign stop {name} ends that",
            )
        if spec.name != name and self._at.store.find_campaign(spec.name) is not None:
            raise ServiceError(
                Cause.EXISTS, f"campaign {spec.name}: there is one already; choose another name"
            )
        kept = {code.code_id for code in spec.completion_codes}
        gone = [code.name for code in old.campaign.completion_codes if code.code_id not in kept]
        if job is not None and gone:
            raise ServiceError(
                Cause.IN_USE,
                f"campaign {name}: {', '.join(gone)} cannot be left out of the codes: contacts may have been"
                " given it; with its id it can have another name",
            )
        list_ids = self._list_ids(spec, lists)
        self._check_numbers(spec)
        at, by = self._at, self._caller.name
        if not at.store.change_campaign(spec, list_ids, at.now(), by, while_it_runs=not fixed):
            raise ServiceError(Cause.WRONG_STATE, f"campaign {name}: was changed or run meanwhile; try again")
        if not is_live or job is None:
            return None
        self.hint(job.zones)
        return job

    def run(self, name: str, zones: Sequence[str] = (), otherwise: str = "") -> StartedJob:
        """Start a job with all contacts that are in the campaign's lists now, dealt to its zones.

        The zones find it in the store when they open, or look again. While another job of the campaign is
        under way it waits in a queue.

        Args:
            name: the campaign.
            zones: where its job shall run; if none, where the campaign says.
            otherwise: the zone if that says nothing.

        Raises:
            ServiceError: a zone is not served although others are, or named twice, no zones, no contacts, or
                the campaign is infinite and runs already.
        """
        store, now, served = self._at.store, self._at.now(), self._at.served()
        campaign = self.find_campaign(name)
        zones = tuple(sorted(zones or campaign.zones or ([otherwise] if otherwise else [])))
        for place, zone in enumerate(zones):
            if served and zone not in served:
                raise ServiceError(
                    Cause.NOT_SERVED,
                    f"zone {zone}: is not served here; there are: {', '.join(sorted(served))}",
                )
            if zone in zones[:place]:
                raise ServiceError(Cause.BAD_VALUE, f"campaign {name}: zone {zone} is named twice")
        if not zones:
            raise ServiceError(Cause.NOT_SERVED, f"campaign {name}: needs at least one zone to run in")
        self._check_free(campaign)
        return self.begin_job(campaign, store.create_job(campaign.campaign_id, zones, now), zones)

    def begin_job(self, campaign: CampaignSpec, job_id: int, zones: tuple[str, ...]) -> StartedJob:
        """Fill a job that was just made, and start it.

        Raises:
            ServiceError: it has no contacts, or was stopped meanwhile.
        """
        store, now, served = self._at.store, self._at.now(), self._at.served()
        name = campaign.name
        filled_to, last = 0, store.fill_job(job_id, 0, FILL_CHUNK)
        while last is not None:
            filled_to, last = last, store.fill_job(job_id, last, FILL_CHUNK)
        started = store.start_job(job_id, filled_to)
        if started is None:
            raise ServiceError(Cause.WRONG_STATE, f"campaign {name}: was stopped while it was being prepared")
        if started.total == 0 and not campaign.infinite:
            store.move_job(job_id, (JobState.Running, JobState.Queued), JobState.Stopped, now)
            raise ServiceError(
                Cause.NO_CONTACTS,
                f"campaign {name}: its contact lists have no contacts"
                f"{' that its filter lets through' if campaign.filter else ''}; import some first",
            )
        self.hint(zones)
        status = store.job(job_id)
        is_queued = status is not None and status.state is JobState.Queued
        return StartedJob(started, zones, tuple(zone for zone in zones if zone not in served), is_queued)

    def go_on_with(self, job_id: int) -> StartedJob:
        """Fill and start a job that was made and left by whoever made it.

        Raises:
            ServiceError: there is no such job, it has no contacts, or it is over.
        """
        job = self._jobs.find(job_id)
        return self.begin_job(self.find_campaign(job.campaign), job_id, tuple(job.zones))

    def zones_to_run_in(self, name: str) -> tuple[str, ...]:
        """Return where a campaign is run that is told no zones: where it says, where it ran, or anywhere."""
        campaign = self.find_campaign(name)
        job = self._at.store.latest_job(campaign.campaign_id)
        return campaign.zones or (job.zones if job else ()) or tuple(sorted(self._at.served())[:1])

    def _check_free(self, campaign: CampaignSpec) -> None:
        """Of an infinite campaign no job waits for another: that would never be over by itself."""
        job = self._at.store.latest_job(campaign.campaign_id)
        if campaign.infinite and job is not None and job.state in LIVE_JOB_STATES:
            raise ServiceError(
                Cause.RUNS_ALREADY,
                f"campaign {campaign.name}: is infinite, and its job {job.job_id} is {job.state};"
                f" agentmgr campaign stop {campaign.name} ends it",
            )

    def pause(self, name: str) -> JobStatus:
        """Let the running job start nothing new until it is resumed.

        Raises:
            ServiceError: the campaign has no running job.
        """
        return self._jobs.pause(self._live_job(name).job_id)

    def resume(self, name: str) -> JobStatus:
        """Let the paused job go on.

        Raises:
            ServiceError: the campaign has no paused job.
        """
        return self._jobs.resume(self._live_job(name).job_id)

    def stop(self, name: str) -> JobStatus:
        """Stop the job for good; it is over at once if no zone works on it.

        A zone that is served finds the stop in the store, and ends its share after its last contact; the job
        ends with the last share. What is left of a zone that closes meanwhile ends when it opens again, or is
        stopped once more.

        Raises:
            ServiceError: the campaign has no job that is not over.
        """
        return self._jobs.stop(self._live_job(name).job_id)

    def status(self, name: str) -> CampaignStatus:
        """Return how far the latest job of a campaign is."""
        found, floors = self.progress(name), self._at.floors
        if found is None:
            return CampaignStatus(name, None, None)
        job, now, states = found.job, self._at.now(), floors.states()
        diallings = []
        for zone in job.zones:
            view = floors.look(zone) if job.state in LIVE_JOB_STATES else None
            facts = facts_in(view, job.job_id)
            diallings.append(
                Dialling(name, job, found.left, now, states.get(zone, ""), view, facts, zone_name=zone)
            )
        return CampaignStatus(
            name,
            job,
            found.tally,
            with_on_hand(found.left, diallings),
            tuple(diallings),
            self._at.store.shares(job.job_id),
            why_in_all(diallings),
        )

    def progress(self, name: str) -> Progress | None:
        """Return how far the latest job of a campaign is, as the store has it; None if it was never run."""
        campaign, store, now = self.find_campaign(name), self._at.store, self._at.now()
        job = store.latest_job(campaign.campaign_id)
        if job is None:
            return None
        tally = store.tally(job.job_id)
        left = contacts_left(job, tally, store.contacts_left(job.job_id), campaign.calling_hours, now)
        return Progress(job, tally, left)

    def all(self) -> tuple[CampaignOverview, ...]:
        """Return all campaigns that the caller may see, by name."""
        return self.visible_campaigns()

    def delete(self, name: str, *, with_history: bool = False) -> CampaignHistory:
        """Delete a campaign that does not run, and return what its jobs had left.

        Contacts, lists and the do-not-call list stay. It is done in chunks, so that no zone waits.

        Args:
            name: the campaign.
            with_history: also delete whom it called and what came of it, notes that agents wrote in it, and
                the callbacks that customers wait for.

        Raises:
            ServiceError: a job is not over, or something was called and `with_history` is not said; if the
                campaign is run meanwhile, a part of its history is gone.
        """
        store, campaign_id = self._at.store, self.find_campaign(name).campaign_id
        history = store.history(campaign_id)
        self._check_over(name, campaign_id)
        if history.attempts and not with_history:
            raise ServiceError(
                Cause.IN_USE,
                f"campaign {name}: has {history.attempts} attempts, {history.dispositions} dispositions and"
                f" {history.callbacks} open callbacks; export them (agentmgr campaign export {name}"
                " --attempts), then delete it --with-history; nothing was deleted",
            )
        deleted: int | None = 1
        while deleted:
            deleted = store.delete_history(campaign_id, DELETE_CHUNK)
        if deleted is None or not store.delete_campaign(campaign_id):
            self._check_over(name, campaign_id)
            raise ServiceError(Cause.WRONG_STATE, f"campaign {name}: was run meanwhile; delete it once more")
        return history

    def go_on_deleting(self) -> bool:
        """Delete some of what is left of campaigns that are being deleted; tell whether there is more.

        Raises:
            ServiceError: the caller belongs to an organisation.
        """
        self.check_global("campaigns that are being deleted")
        store = self._at.store
        begun = store.campaigns_being_deleted()
        left = [each for each in begun if store.delete_history(each, DELETE_CHUNK)]
        for campaign_id in set(begun) - set(left):
            store.delete_campaign(campaign_id)
        return bool(left)

    def _check_over(self, name: str, campaign_id: int) -> None:
        job = self._at.store.latest_job(campaign_id)
        if job is not None and job.state in LIVE_JOB_STATES:
            raise ServiceError(
                Cause.IN_USE,
                f"campaign {name}: its job {job.job_id} is {job.state}; agentmgr campaign stop {name} ends"
                " it, and once it is over the campaign can be deleted",
            )

    def dispositions(self, name: str) -> Iterator[DispositionRow]:
        """Return all dispositions of a campaign, of all its jobs, in the order they were saved.

        They are read in chunks, so that the store is free for others in between.
        """
        return self._dispositions(self.find_campaign(name).campaign_id)

    def dispositions_after(self, name: str, row_id: int, limit: int) -> tuple[DispositionRow, ...]:
        """Return the next dispositions of a campaign, those above a row id."""
        return self._at.store.dispositions(self.find_campaign(name).campaign_id, row_id, limit)

    def dials(self, name: str) -> Iterator[DialRow]:
        """Return all dials of a campaign, of all its jobs, each job's in the order of their time.

        They are read in chunks, so that the store is free for others in between.
        """
        return self._dials(self.find_campaign(name).campaign_id)

    def _dials(self, campaign_id: int) -> Iterator[DialRow]:
        place = DialPlace()
        while rows := self._at.store.dials(campaign_id, place, EXPORT_CHUNK):
            yield from rows
            last = rows[-1]
            place = DialPlace(last.job_id, last.dialed_at, last.attempt_id)

    def _dispositions(self, campaign_id: int) -> Iterator[DispositionRow]:
        last = 0
        while rows := self._at.store.dispositions(campaign_id, last, EXPORT_CHUNK):
            yield from rows
            last = rows[-1].row_id

    def _live_job(self, name: str) -> JobStatus:
        job = self._at.store.latest_job(self.find_campaign(name).campaign_id)
        if job is None or job.state not in LIVE_JOB_STATES:
            raise ServiceError(
                Cause.NOT_RUNNING,
                f"campaign {name}: {f'is {job.state}' if job else 'was never run'}; run it first",
            )
        return job

    @property
    def _jobs(self) -> JobService:
        return JobService(self._at, self._caller)


def _problem(spec: CampaignSpec) -> str:
    """Return what is wrong with the settings, empty if nothing is."""
    codes = spec.completion_codes
    ids, names = [c.code_id for c in codes], [c.name.strip() for c in codes]
    hours = spec.calling_hours
    if not spec.name or len(spec.name) > MAX_NAME_CHARACTERS:
        return f"needs a name of 1 to {MAX_NAME_CHARACTERS} characters"
    for fault in faults_in(spec):
        return fault
    if not spec.skill.strip():
        return "needs a skill that its agents must have"
    if not codes or not all(names) or len(set(ids)) < len(ids) or len(set(names)) < len(names):
        return "needs completion codes, each with an id and a name of its own"
    if spec.default_code_id not in ids:
        return (
            f"the default code is {spec.default_code_id}; allowed are its codes: {', '.join(map(str, ids))}"
        )
    for problem in out_of_range(spec):
        return problem
    if spec.custom_pacing and spec.previews:
        return f"custom pacing is of lines that nobody has yet, and {spec.pacing} has none; leave it out"
    retries = {f"retry after {reason}": retry_s for reason, retry_s in spec.retry_s.items()} | {
        f"retry after code {c.name}": c.retry_after_s for c in codes if c.retry_after_s is not None
    }
    for what, retry_s in retries.items():
        if not RETRY_S.test(retry_s):
            return f"{what} is {retry_s} s; allowed: {RETRY_S.words}"
    if not 0 <= hours.start_min < hours.end_min <= 1440:
        found = hours.clock
        return f"calling hours are {found}; allowed: the end later than the beginning and up to 24:00"
    for fault in faults_of(spec):
        return fault
    if not hours.weekdays or not hours.weekdays <= set(range(1, 8)):
        return f"calling weekdays are {sorted(hours.weekdays)}; allowed are 1 (Monday) to 7, at least one"
    return ""
