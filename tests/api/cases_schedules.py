from attrs import evolve
from cases import done, refused
from world import T0, World

from agentmgr.api.contract_campaign import (
    ArchivalFrequencyType,
    GetImportJobStatus,
    GetImportJobStatusResponse,
    ImportJobState,
    RecurringFrequencyType,
    ScheduleCampaign,
    ScheduleCampaignResponse,
    ScheduleDataSource,
    ScheduleDataSourceResponse,
    ScheduleRecurringCampaign,
    ScheduleRecurringCampaignResponse,
    ScheduleRecurringDataSource,
    ScheduleRecurringDataSourceResponse,
)
from agentmgr.core.effects import ReturnContact
from agentmgr.core.model import PhoneNumber
from agentmgr.ports import (
    ContactDraft,
    DataSource,
    ImportBatch,
    ImportCounts,
    ImportState,
    JobState,
    SourceKind,
    Target,
)

LATER, MUCH_LATER, BEFORE = "2025/07/01 09:00:00", "2025/08/01 09:00:00", "2025/06/01 09:00:00"
"""`T0` is in the middle of June 2025."""
RUN_ONCE = ScheduleCampaign("Spring", LATER, "Europe/Berlin")
RUN_DAILY = ScheduleRecurringCampaign(
    "Spring", LATER, MUCH_LATER, "Europe/Berlin", RecurringFrequencyType.Daily
)
ONCE = ScheduleDataSource("Leads", LATER, "Europe/Berlin")
DAILY = ScheduleRecurringDataSource("Leads", LATER, MUCH_LATER, "Europe/Berlin", "Daily")
STATUS = GetImportJobStatus("Leads")


def add_source(world: World) -> DataSource:
    return world.services.sources.add(DataSource(0, "Leads", "Leads", SourceKind.FILE, "leads.csv"))


@done(ScheduleDataSource)
def an_import_begins_once_at_its_time(world: World) -> None:
    add_source(world)
    assert world.call(ONCE, ScheduleDataSourceResponse).Result == 0
    (schedule,) = world.services.schedules.all()
    assert schedule.next_at is not None
    world.now = schedule.next_at
    assert world.services.schedules.fire() is None
    assert [each.state for each in world.services.sources.imports("Leads")] == [ImportState.QUEUED]


@done(ScheduleRecurringDataSource)
def imports_begin_on_selected_days_until_the_end(world: World) -> None:
    add_source(world)
    weekly = evolve(DAILY, ScheduleFrequency="Weekly", SelectedDays=("Wed", "FRIDAY"))
    assert world.call(weekly, ScheduleRecurringDataSourceResponse).Result == 0
    began = 0
    while (next_at := world.store.next_firing()) is not None:
        world.now = next_at
        world.services.schedules.fire()
        began += 1
    assert began == len(world.services.sources.imports("Leads")) == 10


@done(ScheduleRecurringDataSource)
def imports_begin_every_so_many_minutes(world: World) -> None:
    add_source(world)
    world.call(
        evolve(DAILY, ScheduleFrequency="RunEveryNMins", RunEveryMinutes="90"),
        ScheduleRecurringDataSourceResponse,
    )
    (schedule,) = world.services.schedules.all()
    assert schedule.next_at is not None
    world.now = schedule.next_at
    assert world.services.schedules.fire() == schedule.next_at + 90 * 60


@done(GetImportJobStatus)
def imports_are_told_by_their_states_the_newest_first(world: World) -> None:
    source = add_source(world)
    older, newer = (world.services.sources.begin("Leads").import_id for _ in range(2))
    job = world.store.claim_import("me", T0, 0.0)
    assert job is not None
    world.store.take_step(job, T0, state=ImportState.RUNNING, deleted=4)
    counts = ImportCounts(invalid=1, misformatted=2, rejected=3, on_dnc=5)
    world.store.put_batch(job, ImportBatch(0, 11, (), counts), T0)
    (running,) = world.call(STATUS, GetImportJobStatusResponse).ImportJobs
    assert (running.ImportName, running.ListName, running.ImportJobId) == ("Leads", "Leads", older)
    assert running.Status is ImportJobState.RUNNING
    assert (running.ValidationFailedCount, running.PhoneFormatFailedCount) == (1, 2)
    assert (running.MatchPhoneRejectPatternCount, running.MatchesDncCount) == (3, 5)
    assert (running.DeleteCount, running.ProcessedRecordCount) == (4, 11)
    both = evolve(STATUS, JobStates=(ImportJobState.QUEUED, ImportJobState.RUNNING))
    found = world.call(both, GetImportJobStatusResponse).ImportJobs
    assert [each.ImportJobId for each in found] == [newer, older]
    assert source.source_id


for request in (ONCE, DAILY, STATUS):

    @refused(type(request), -12)
    def no_such_source(
        world: World,
        request: ScheduleDataSource | ScheduleRecurringDataSource | GetImportJobStatus = request,
    ) -> ScheduleDataSource | ScheduleRecurringDataSource | GetImportJobStatus:
        add_source(world)
        return evolve(request, DataSourceName="leads")

    @refused(type(request), -60)
    def the_source_of_another_organisation(
        world: World,
        request: ScheduleDataSource | ScheduleRecurringDataSource | GetImportJobStatus = request,
    ) -> ScheduleDataSource | ScheduleRecurringDataSource | GetImportJobStatus:
        world.share("North Bank", "South Bank")
        world.call_for("South Bank")
        add_source(world)
        world.call_for("North Bank")
        return request


BAD_TIMES = (
    {"StartTime": "tomorrow"},
    {"StartTime": ""},
    {"StartTime": BEFORE},
    {"TimeZone": "Berlin"},
)
for changes in BAD_TIMES:

    @refused(ScheduleDataSource, -59)
    def a_time_that_cannot_be(world: World, changes: dict[str, str] = changes) -> ScheduleDataSource:
        add_source(world)
        return evolve(ONCE, **changes)  # type: ignore[arg-type]  # all are texts


BAD_RECURRENCES: tuple[dict[str, object], ...] = (
    *BAD_TIMES,
    {"EndTime": LATER},
    {"EndTime": ""},
    {"EndTime": "never"},
    {"ScheduleFrequency": "Fortnightly"},
    {"ScheduleFrequency": "Once"},
    {"ScheduleFrequency": ""},
    {"ScheduleFrequency": "Weekly"},
    {"SelectedDays": ("Monday",)},
    {"ScheduleFrequency": "Weekly", "SelectedDays": ("Caturday",)},
    {"ScheduleFrequency": "RunEveryNMins"},
    {"ScheduleFrequency": "RunEveryNMins", "RunEveryMinutes": "0"},
)
for wrong in BAD_RECURRENCES:

    @refused(ScheduleRecurringDataSource, -59)
    def a_recurrence_that_cannot_be(
        world: World, wrong: dict[str, object] = wrong
    ) -> ScheduleRecurringDataSource:
        add_source(world)
        return evolve(DAILY, **wrong)  # type: ignore[arg-type]  # of several types


@refused(GetImportJobStatus, -63)
def the_store_fails(world: World) -> GetImportJobStatus:
    add_source(world)
    world.fail("imports")
    return STATUS


# -- campaigns -----------------------------------------------------------------------------


def add_campaign(world: World, **settings: object) -> int:
    """Make a campaign with a contact, in a zone; return its id."""
    spec = world.add_campaign("Spring", "A", zones=("North",), **settings)
    found = world.store.find_list("A")
    assert found is not None
    phone = PhoneNumber("PhoneNumber1", "+12125550001", "America/New_York")
    world.store.put_contacts(found.list_id, [ContactDraft("1", (phone,), {})], T0, "ann")
    return spec.campaign_id


def fire_next(world: World) -> None:
    next_at = world.store.next_firing()
    assert next_at is not None
    world.now = next_at
    world.services.schedules.fire()


@done(ScheduleCampaign)
def a_campaign_is_run_once_at_its_time(world: World) -> None:
    campaign_id = add_campaign(world)
    assert world.call(RUN_ONCE, ScheduleCampaignResponse).Result == 0
    assert world.store.latest_job(campaign_id) is None
    fire_next(world)
    job = world.store.latest_job(campaign_id)
    assert job is not None
    assert (job.state, job.total, job.zones) == (JobState.Running, 1, ("North",))
    assert world.store.next_firing() is None
    assert "North" in world.hints


@done(ScheduleRecurringCampaign)
def a_campaign_that_still_runs_has_its_next_job_queued(world: World) -> None:
    add_campaign(world)
    assert world.call(RUN_DAILY, ScheduleRecurringCampaignResponse).Result == 0
    fire_next(world)
    fire_next(world)
    states = [each.state for each in world.services.jobs.all("Spring")]
    assert states == [JobState.Running, JobState.Queued]


@done(ScheduleCampaign)
def an_infinite_campaign_is_run_and_archived_each_hour(world: World) -> None:
    campaign_id = add_campaign(world, infinite=True)
    world.call(RUN_ONCE, ScheduleCampaignResponse)
    fire_next(world)
    job = world.store.latest_job(campaign_id)
    assert job is not None
    began = world.now
    token = world.store.open_zone("North", T0).token
    claimed = world.store.claim_contacts(token, job.job_id, 1, began)
    done = ReturnContact(job.job_id, claimed.contacts[0].contact_id, 1, "Handled", None)
    world.store.commit(token, [done])
    fire_next(world)
    assert world.now == began + 3600
    (archival,) = [each for each in world.services.schedules.all() if each.target is Target.ARCHIVE]
    assert archival.outcome == f"job {job.job_id}: 1 contacts archived"


@done(ScheduleRecurringCampaign)
def an_infinite_campaign_that_runs_is_not_run_again(world: World) -> None:
    campaign_id = add_campaign(world, infinite=True)
    daily = evolve(
        RUN_DAILY, ArchivalScheduleFrequency=ArchivalFrequencyType.DailyAt, ArchivalTimeInHrsMins="02:30"
    )
    world.call(daily, ScheduleRecurringCampaignResponse)
    fire_next(world)
    job = world.store.latest_job(campaign_id)
    for _ in range(4):
        fire_next(world)
    assert world.store.latest_job(campaign_id) == job
    outcomes = {each.target: each.outcome for each in world.services.schedules.all()}
    assert "left out: the campaign is infinite" in outcomes[Target.RUN]


RUNS: tuple[ScheduleCampaign | ScheduleRecurringCampaign, ...] = (RUN_ONCE, RUN_DAILY)
for run in RUNS:

    @refused(type(run), -26)
    def no_such_campaign(
        world: World, run: ScheduleCampaign | ScheduleRecurringCampaign = run
    ) -> ScheduleCampaign | ScheduleRecurringCampaign:
        add_campaign(world)
        return evolve(run, CampaignName="spring")

    @refused(type(run), -30)
    def the_campaign_of_another_organisation(
        world: World, run: ScheduleCampaign | ScheduleRecurringCampaign = run
    ) -> ScheduleCampaign | ScheduleRecurringCampaign:
        world.share("North Bank", "South Bank")
        world.call_for("South Bank")
        add_campaign(world)
        world.call_for("North Bank")
        return run

    @refused(type(run), -59)
    def a_start_that_is_over(
        world: World, run: ScheduleCampaign | ScheduleRecurringCampaign = run
    ) -> ScheduleCampaign | ScheduleRecurringCampaign:
        add_campaign(world)
        return evolve(run, StartTime=BEFORE)


BAD_ARCHIVALS: tuple[dict[str, object], ...] = (
    {"ArchivalScheduleFrequency": ArchivalFrequencyType.RunEveryNHours},
    {"ArchivalScheduleFrequency": ArchivalFrequencyType.RunEveryNHours, "ArchivalInNHours": "25"},
    {"ArchivalScheduleFrequency": ArchivalFrequencyType.DailyAt},
    {"ArchivalScheduleFrequency": ArchivalFrequencyType.DailyAt, "ArchivalTimeInHrsMins": "24:00"},
)
for bad in BAD_ARCHIVALS:

    @refused(ScheduleCampaign, -59)
    def an_archival_that_cannot_be(world: World, bad: dict[str, object] = bad) -> ScheduleCampaign:
        add_campaign(world, infinite=True)
        return evolve(RUN_ONCE, **bad)  # type: ignore[arg-type]  # of several types


@refused(ScheduleRecurringCampaign, -59)
def an_infinite_campaign_without_archival(world: World) -> ScheduleRecurringCampaign:
    add_campaign(world, infinite=True)
    return RUN_DAILY


for wrong in ({"EndTime": LATER}, {"ScheduleFrequency": RecurringFrequencyType.Weekly}):

    @refused(ScheduleRecurringCampaign, -59)
    def a_recurrence_of_runs_that_cannot_be(
        world: World,
        wrong: dict[str, object] = wrong,  # type: ignore[assignment]  # of several types
    ) -> ScheduleRecurringCampaign:
        add_campaign(world)
        return evolve(RUN_DAILY, **wrong)  # type: ignore[arg-type]
