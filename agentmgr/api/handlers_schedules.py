"""What happens at times of the calendar, and the imports that come of it."""

from agentmgr.api.contract import Long
from agentmgr.api.contract_campaign import (
    GetImportJobStatus,
    GetImportJobStatusResponse,
    ImportJobState,
    ImportJobStatus,
    ScheduleCampaign,
    ScheduleCampaignResponse,
    ScheduleDataSource,
    ScheduleDataSourceResponse,
    ScheduleRecurringCampaign,
    ScheduleRecurringCampaignResponse,
    ScheduleRecurringDataSource,
    ScheduleRecurringDataSourceResponse,
)
from agentmgr.api.handling import handles
from agentmgr.campaign.schedules import Archival, Times
from agentmgr.campaign.services import Services
from agentmgr.core.recurrence import Frequency
from agentmgr.ports import ImportJob, ImportState

DONE = 0


@handles(ScheduleCampaign)
def schedule_campaign(request: ScheduleCampaign, services: Services) -> ScheduleCampaignResponse:
    """Let a campaign be run once."""
    times = Times(request.StartTime, request.TimeZone)
    services.schedules.add_run(request.CampaignName, times, _archival(request))
    return ScheduleCampaignResponse(DONE)


@handles(ScheduleRecurringCampaign)
def schedule_recurring_campaign(
    request: ScheduleRecurringCampaign, services: Services
) -> ScheduleRecurringCampaignResponse:
    """Let a campaign be run again and again."""
    services.schedules.add_run(request.CampaignName, _recurring(request), _archival(request))
    return ScheduleRecurringCampaignResponse(DONE)


def _archival(request: ScheduleCampaign | ScheduleRecurringCampaign) -> Archival:
    return Archival(
        request.ArchivalScheduleFrequency or "",
        request.ArchivalInNHours or "",
        request.ArchivalTimeInHrsMins or "",
    )


def _recurring(request: ScheduleRecurringCampaign | ScheduleRecurringDataSource) -> Times:
    """Return when something recurs; once is no frequency of that."""
    frequency = str(request.ScheduleFrequency)
    return Times(
        request.StartTime,
        request.TimeZone,
        frequency if frequency != Frequency.ONCE else "",
        request.EndTime,
        request.RunEveryMinutes or "",
        request.SelectedDays,
        request.WeekDaysOnly,
    )


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
    services.schedules.add_import(request.DataSourceName, _recurring(request))
    return ScheduleRecurringDataSourceResponse(DONE)


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
