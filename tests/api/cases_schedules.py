from attrs import evolve
from cases import done, refused
from world import T0, World

from agentmgr.api.contract_campaign import (
    GetImportJobStatus,
    GetImportJobStatusResponse,
    ImportJobState,
    ScheduleDataSource,
    ScheduleDataSourceResponse,
    ScheduleRecurringDataSource,
    ScheduleRecurringDataSourceResponse,
)
from agentmgr.ports import DataSource, ImportBatch, ImportCounts, ImportState, SourceKind

LATER, MUCH_LATER, BEFORE = "2025/07/01 09:00:00", "2025/08/01 09:00:00", "2025/06/01 09:00:00"
"""`T0` is in the middle of June 2025."""
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
