"""What happens at times of the calendar, and the imports that come of it."""

from agentmgr.api.contract import Long
from agentmgr.api.contract_campaign import (
    GetImportJobStatus,
    GetImportJobStatusResponse,
    ImportJobState,
    ImportJobStatus,
    ScheduleDataSource,
    ScheduleDataSourceResponse,
    ScheduleRecurringDataSource,
    ScheduleRecurringDataSourceResponse,
)
from agentmgr.api.handling import handles
from agentmgr.campaign.schedules import Times
from agentmgr.campaign.services import Services
from agentmgr.core.recurrence import Frequency
from agentmgr.ports import ImportJob, ImportState

DONE = 0


@handles(ScheduleDataSource)
def schedule_data_source(request: ScheduleDataSource, services: Services) -> ScheduleDataSourceResponse:
    """Let a data source be imported once."""
    services.schedules.add_import(request.DataSourceName, Times(request.StartTime, request.TimeZone))
    return ScheduleDataSourceResponse(DONE)


@handles(ScheduleRecurringDataSource)
def schedule_recurring_data_source(
    request: ScheduleRecurringDataSource, services: Services
) -> ScheduleRecurringDataSourceResponse:
    """Let a data source be imported again and again."""
    times = Times(
        request.StartTime,
        request.TimeZone,
        again_and_again(request.ScheduleFrequency),
        request.EndTime,
        request.RunEveryMinutes or "",
        request.SelectedDays,
        request.WeekDaysOnly,
    )
    services.schedules.add_import(request.DataSourceName, times)
    return ScheduleRecurringDataSourceResponse(DONE)


def again_and_again(frequency: str) -> str:
    """Return a frequency as it was written; once is none of those that recur."""
    return frequency if frequency != Frequency.ONCE else ""


@handles(GetImportJobStatus)
def get_import_job_status(request: GetImportJobStatus, services: Services) -> GetImportJobStatusResponse:
    """Tell how the imports from a data source are."""
    source = services.sources.find_source(request.DataSourceName)
    states = [ImportState(each) for each in request.JobStates]
    return GetImportJobStatusResponse(tuple(map(_status, services.sources.imports(source.name, states))))


def _status(job: ImportJob) -> ImportJobStatus:
    counts = job.counts
    return ImportJobStatus(
        ImportName=job.source.name,
        ListName=job.source.list_name,
        ImportJobId=Long(job.import_id),
        Status=ImportJobState(job.state),
        SuccessCount=Long(counts.created),
        UpdateCount=Long(counts.updated),
        RunTimeErrorCount=Long(counts.failed),
        ValidationFailedCount=Long(counts.invalid),
        DuplicateIgnoredCount=Long(counts.ignored),
        MatchPhoneRejectPatternCount=Long(counts.rejected),
        DeleteCount=Long(counts.deleted),
        MatchesDncCount=Long(counts.on_dnc),
        PhoneFormatFailedCount=Long(counts.misformatted),
        ProcessedRecordCount=Long(counts.processed),
    )
