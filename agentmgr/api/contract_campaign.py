"""The operations on campaigns, jobs, schedules and imports, as callers see them."""

from enum import StrEnum

from attrs import frozen

from agentmgr.api.contract import Long, Service, Signature, defaulted


class ImportJobState(StrEnum):
    """How far an import is."""

    COMPLETED = "COMPLETED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    ERROR = "ERROR"
    FILE_COPYING = "FILE_COPYING"
    PAUSING = "PAUSING"
    PAUSED = "PAUSED"
    STOPPING = "STOPPING"
    WAITING_TO_RESUME = "WAITING_TO_RESUME"
    DELETING_CONTACTS = "DELETING_CONTACTS"
    CREATING_HISTORY = "CREATING_HISTORY"


class ArchivalFrequencyType(StrEnum):
    """When finished contacts leave a job without end."""

    Hourly = "Hourly"
    RunEveryNHours = "RunEveryNHours"
    DailyAt = "DailyAt"


class RecurringFrequencyType(StrEnum):
    """What a schedule repeats by."""

    RunEveryNMins = "RunEveryNMins"
    Daily = "Daily"
    Weekly = "Weekly"
    Monthly = "Monthly"
    Yearly = "Yearly"


@frozen
class JobIDsAndStates:
    """A job and its state."""

    JobID: int
    JobState: str


@frozen
class JobIDAndTask:
    """A job and the task of its campaign."""

    JobID: int
    TaskID: int


@frozen
class CampaignNameJobIDsAndStates:
    """A campaign, with one of its jobs where jobs were asked for."""

    CampaignName: str
    JobID: int | None = None
    JobState: str | None = None


@frozen
class ImportJobStatus:
    """An import and what has become of its rows."""

    ImportName: str | None = None
    ListName: str | None = None
    ImportJobId: Long | None = None
    Status: ImportJobState | None = None
    SuccessCount: Long | None = None
    UpdateCount: Long | None = None
    RunTimeErrorCount: Long | None = None
    ValidationFailedCount: Long | None = None
    DuplicateIgnoredCount: Long | None = None
    MatchPhoneRejectPatternCount: Long | None = None
    DeleteCount: Long | None = None
    MatchesDncCount: Long | None = None
    PhoneFormatFailedCount: Long | None = None
    ProcessedRecordCount: Long | None = None


@frozen
class GetActiveJobs:
    """Return the jobs of a campaign with custom pacing that are active or paused."""

    CampaignName: str


@frozen
class GetActiveJobsResponse:
    Jobs: tuple[int, ...] = ()


@frozen
class SetMaxAttemptsCount:
    """Say how many calls of a job there may be at once."""

    JobID: int
    Count: int


@frozen
class SetMaxAttemptsCountResponse:
    Result: int


@frozen
class PauseActiveJob:
    """Let an active job start nothing new."""

    JobID: int


@frozen
class PauseActiveJobResponse:
    IsPaused: bool


@frozen
class ResumePausedJob:
    """Let a paused job go on."""

    JobID: int


@frozen
class ResumePausedJobResponse:
    IsResumed: bool


@frozen
class StopJob:
    """Stop a job for good."""

    JobID: int


@frozen
class StopJobResponse:
    IsStopped: bool


@frozen
class RunCampaign:
    """Queue a job of a campaign; it starts at once if it can."""

    CampaignName: str


@frozen
class RunCampaignResponse:
    IsQueued: bool


@frozen
class GetCampaignJobs:
    """Return the jobs of a campaign, all or those in some states, the oldest first."""

    CampaignName: str
    JobState: tuple[str, ...] = ()


@frozen
class GetCampaignJobsResponse:
    JobDetails: tuple[JobIDsAndStates, ...] = ()


@frozen
class GetActiveJobTaskIds:
    """Return the active and paused jobs of a campaign with their tasks."""

    CampaignName: str


@frozen
class GetActiveJobTaskIdsResponse:
    JobAndTaskDetails: tuple[JobIDAndTask, ...] = ()


@frozen
class SetMaxAttemptsCountForTask:
    """Say how many calls of a job's task there may be at once."""

    JobID: int
    TaskID: int
    Count: int


@frozen
class SetMaxAttemptsCountForTaskResponse:
    Result: int


@frozen
class GetActiveJobTaskIdForTask:
    """Return the active and paused jobs of a campaign that have the task of a name."""

    CampaignName: str
    TaskName: str


@frozen
class GetActiveJobTaskIdForTaskResponse:
    ActiveJobsAndTaskDetails: tuple[JobIDAndTask, ...] = ()


@frozen
class GetCampaignDetails:
    """Return all campaigns, or the jobs that are in some states."""

    JobState: tuple[str, ...] = ()


@frozen
class GetCampaignDetailsResponse:
    CampaignDetails: tuple[CampaignNameJobIDsAndStates, ...] = ()


@frozen
class ScheduleCampaign:
    """Run a campaign once at a time."""

    CampaignName: str
    StartTime: str
    TimeZone: str
    ArchivalScheduleFrequency: ArchivalFrequencyType = defaulted(ArchivalFrequencyType.Hourly)
    ArchivalTimeInHrsMins: str | None = None
    ArchivalInNHours: str | None = None


@frozen
class ScheduleCampaignResponse:
    Result: int


@frozen
class ScheduleRecurringCampaign:
    """Run a campaign again and again."""

    CampaignName: str
    StartTime: str
    EndTime: str
    TimeZone: str
    ScheduleFrequency: RecurringFrequencyType
    WeekDaysOnly: bool = defaulted(False)
    SelectedDays: tuple[str, ...] = ()
    RunEveryMinutes: str | None = None
    ArchivalScheduleFrequency: ArchivalFrequencyType | None = None
    ArchivalInNHours: str | None = None
    ArchivalTimeInHrsMins: str | None = None


@frozen
class ScheduleRecurringCampaignResponse:
    Result: int


@frozen
class ScheduleDataSource:
    """Import from a data source once at a time."""

    DataSourceName: str
    StartTime: str
    TimeZone: str


@frozen
class ScheduleDataSourceResponse:
    Result: int


@frozen
class ScheduleRecurringDataSource:
    """Import from a data source again and again."""

    DataSourceName: str
    StartTime: str
    EndTime: str
    TimeZone: str
    ScheduleFrequency: str
    WeekDaysOnly: bool = defaulted(False)
    SelectedDays: tuple[str, ...] = ()
    RunEveryMinutes: str | None = None


@frozen
class ScheduleRecurringDataSourceResponse:
    Result: int


@frozen
class GetImportJobStatus:
    """Return the imports of a data source that are in some states, the newest first."""

    DataSourceName: str
    JobStates: tuple[ImportJobState, ...] = defaulted((ImportJobState.RUNNING,), empty=ImportJobState.RUNNING)


@frozen
class GetImportJobStatusResponse:
    ImportJobs: tuple[ImportJobStatus, ...] = ()


@frozen
class GetContactListNames:
    """Return the names of a campaign's contact lists."""

    CampaignName: str


@frozen
class GetContactListNamesResponse:
    ListNames: tuple[str, ...] = ()


SERVICE = Service(
    "VP_POMCmpMgmtService",
    "CmpMgmt",
    "http://services.pim.avaya.com/CmpMgmt/",
    (
        Signature(GetActiveJobs, GetActiveJobsResponse, (-22, -26, -27)),
        Signature(SetMaxAttemptsCount, SetMaxAttemptsCountResponse, (-1, -20, -22, -23, -50)),
        Signature(PauseActiveJob, PauseActiveJobResponse, (-1, -30, -55)),
        Signature(ResumePausedJob, ResumePausedJobResponse, (-1, -30, -56)),
        Signature(StopJob, StopJobResponse, (-1, -30, -57)),
        Signature(RunCampaign, RunCampaignResponse, (-26, -51, -52)),
        Signature(GetCampaignJobs, GetCampaignJobsResponse, (-1, -26, -30, -53)),
        Signature(GetActiveJobTaskIds, GetActiveJobTaskIdsResponse, (-26, -27, -47)),
        Signature(
            SetMaxAttemptsCountForTask, SetMaxAttemptsCountForTaskResponse, (-1, -20, -23, -48, -49, -50)
        ),
        Signature(GetActiveJobTaskIdForTask, GetActiveJobTaskIdForTaskResponse, (-26, -27, -47, -48, -49)),
        Signature(GetCampaignDetails, GetCampaignDetailsResponse, (-53, -58)),
        Signature(ScheduleCampaign, ScheduleCampaignResponse, (-26, -30, -59)),
        Signature(ScheduleRecurringCampaign, ScheduleRecurringCampaignResponse, (-26, -30, -59)),
        Signature(ScheduleDataSource, ScheduleDataSourceResponse, (-12, -59, -60)),
        Signature(ScheduleRecurringDataSource, ScheduleRecurringDataSourceResponse, (-12, -59, -60)),
        Signature(GetImportJobStatus, GetImportJobStatusResponse, (-12, -60, -63)),
        Signature(GetContactListNames, GetContactListNamesResponse, (-26, -30, -68), text_first=True),
    ),
)
