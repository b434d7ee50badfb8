"""Campaigns that run: their jobs, and what comes into them."""

from collections.abc import Iterable, Mapping

from agentmgr.api import contract_agent
from agentmgr.api.contract_agent import (
    AddContactFromListToJob,
    AddContactFromListToJobResponse,
    AddContactGroupToJob,
    AddContactGroupToJobResponse,
    AddContactListToJob,
    AddContactListToJobResponse,
    AddContactToJob,
    AddContactToJobResponse,
    GetAllCompletionCodesForCampaign,
    GetAllCompletionCodesForCampaignResponse,
    UpdateCompletionCode,
    UpdateCompletionCodeResponse,
)
from agentmgr.api.contract_campaign import (
    CampaignNameJobIDsAndStates,
    GetActiveJobs,
    GetActiveJobsResponse,
    GetActiveJobTaskIdForTask,
    GetActiveJobTaskIdForTaskResponse,
    GetActiveJobTaskIds,
    GetActiveJobTaskIdsResponse,
    GetCampaignDetails,
    GetCampaignDetailsResponse,
    GetCampaignJobs,
    GetCampaignJobsResponse,
    JobIDAndTask,
    JobIDsAndStates,
    PauseActiveJob,
    PauseActiveJobResponse,
    ResumePausedJob,
    ResumePausedJobResponse,
    RunCampaign,
    RunCampaignResponse,
    SetMaxAttemptsCount,
    SetMaxAttemptsCountForTask,
    SetMaxAttemptsCountForTaskResponse,
    SetMaxAttemptsCountResponse,
    StopJob,
    StopJobResponse,
)
from agentmgr.api.handling import handles
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.services import Services
from agentmgr.core.model import Priority
from agentmgr.ports import ATTEMPT_OUTCOMES, JobState

DONE = 0

STATE_NAMES: Mapping[JobState, str] = {
    JobState.Preparing: "JOB_QUEUED",
    JobState.Queued: "JOB_QUEUED",
    JobState.Running: "JOB_ACTIVE",
    JobState.Paused: "JOB_PAUSED",
    JobState.Stopping: "JOB_STOPPING",
    JobState.Stopped: "JOB_STOPPED",
    JobState.Finished: "JOB_COMPLETED",
}


def _states(names: Iterable[str]) -> tuple[JobState, ...]:
    """Return the states that some names stand for; all for none."""
    names = tuple(names)
    for name in names:
        if name not in STATE_NAMES.values():
            allowed = ", ".join(dict.fromkeys(STATE_NAMES.values()))
            raise ServiceError(Cause.NO_SUCH_STATE, f"no job state {name[:100]!r}; there are: {allowed}")
    return tuple(state for state, name in STATE_NAMES.items() if not names or name in names)


@handles(RunCampaign)
def run_campaign(request: RunCampaign, services: Services) -> RunCampaignResponse:
    """Queue a job of a campaign, where that says, ran before, or anywhere."""
    services.campaigns.run(request.CampaignName, services.campaigns.zones_to_run_in(request.CampaignName))
    return RunCampaignResponse(True)


@handles(PauseActiveJob)
def pause_active_job(request: PauseActiveJob, services: Services) -> PauseActiveJobResponse:
    """Let an active job start nothing new."""
    services.jobs.pause(request.JobID)
    return PauseActiveJobResponse(True)


@handles(ResumePausedJob)
def resume_paused_job(request: ResumePausedJob, services: Services) -> ResumePausedJobResponse:
    """Let a paused job go on."""
    services.jobs.resume(request.JobID)
    return ResumePausedJobResponse(True)


@handles(StopJob)
def stop_job(request: StopJob, services: Services) -> StopJobResponse:
    """Stop a job that is active or paused."""
    services.jobs.stop(request.JobID, (JobState.Running, JobState.Paused))
    return StopJobResponse(True)


@handles(GetCampaignJobs)
def get_campaign_jobs(request: GetCampaignJobs, services: Services) -> GetCampaignJobsResponse:
    """Return the jobs of a campaign in some states, the oldest first."""
    found = tuple(services.jobs.all(request.CampaignName))
    states = _states(request.JobState)
    if not found:
        raise ServiceError(Cause.NO_SUCH_JOB, f"campaign {request.CampaignName}: was never run")
    return GetCampaignJobsResponse(
        tuple(JobIDsAndStates(job.job_id, STATE_NAMES[job.state]) for job in found if job.state in states)
    )


@handles(GetCampaignDetails)
def get_campaign_details(request: GetCampaignDetails, services: Services) -> GetCampaignDetailsResponse:
    """Name all campaigns, or return all jobs in some states."""
    if not request.JobState:
        names = (campaign.name for campaign in services.campaigns.all())
        return GetCampaignDetailsResponse(tuple(CampaignNameJobIDsAndStates(name, -1) for name in names))
    return GetCampaignDetailsResponse(
        tuple(
            CampaignNameJobIDsAndStates(job.campaign, job.job_id, STATE_NAMES[job.state])
            for job in services.jobs.all(states=_states(request.JobState))
        )
    )


@handles(GetActiveJobs)
def get_active_jobs(request: GetActiveJobs, services: Services) -> GetActiveJobsResponse:
    """Return the jobs of a campaign with custom pacing that are active or paused."""
    services.jobs.check_custom_pacing(request.CampaignName)
    return GetActiveJobsResponse(tuple(services.jobs.active(request.CampaignName)))


@handles(GetActiveJobTaskIds)
def get_active_job_task_ids(request: GetActiveJobTaskIds, services: Services) -> GetActiveJobTaskIdsResponse:
    """Return the active and paused jobs of a campaign, each with each of its tasks."""
    tasks = services.campaigns.definition(request.CampaignName).campaign.tasks
    jobs = services.jobs.active(request.CampaignName)
    return GetActiveJobTaskIdsResponse(
        tuple(JobIDAndTask(job_id, task.task_id) for job_id in jobs for task in tasks)
    )


@handles(GetActiveJobTaskIdForTask)
def get_active_job_task_id_for_task(
    request: GetActiveJobTaskIdForTask, services: Services
) -> GetActiveJobTaskIdForTaskResponse:
    """Return the active and paused jobs of a campaign with the task of a name."""
    campaign = services.campaigns.definition(request.CampaignName).campaign
    ids = [task.task_id for task in campaign.tasks if task.name == request.TaskName]
    if not ids:
        there = ", ".join(task.name for task in campaign.tasks)
        raise ServiceError(
            Cause.NO_SUCH_TASK,
            f"campaign {campaign.name}: no task {request.TaskName[:100]!r}; there are: {there}",
        )
    services.jobs.check_custom_pacing(request.CampaignName)
    jobs = services.jobs.active(request.CampaignName)
    return GetActiveJobTaskIdForTaskResponse(tuple(JobIDAndTask(job_id, ids[0]) for job_id in jobs))


@handles(SetMaxAttemptsCount)
def set_max_attempts_count(request: SetMaxAttemptsCount, services: Services) -> SetMaxAttemptsCountResponse:
    """Say how many calls of a job there may be at once."""
    services.jobs.set_max_calls(request.JobID, request.Count)
    return SetMaxAttemptsCountResponse(DONE)


@handles(SetMaxAttemptsCountForTask)
def set_max_attempts_count_for_task(
    request: SetMaxAttemptsCountForTask, services: Services
) -> SetMaxAttemptsCountForTaskResponse:
    """Say how many calls of a job's task there may be at once."""
    services.jobs.set_max_calls(request.JobID, request.Count, request.TaskID)
    return SetMaxAttemptsCountForTaskResponse(DONE)


@handles(AddContactToJob)
def add_contact_to_job(request: AddContactToJob, services: Services) -> AddContactToJobResponse:
    """Give a contact to the job of a campaign."""
    services.jobs.add_contact(request.CampaignName, request.ContactGroupName, request.ContactID)
    return AddContactToJobResponse(DONE)


@handles(AddContactFromListToJob)
def add_contact_from_list_to_job(
    request: AddContactFromListToJob, services: Services
) -> AddContactFromListToJobResponse:
    """Give a contact to the job of a campaign, with a priority."""
    priority = _priority(request.ContactPriority)
    services.jobs.add_contact(request.CampaignName, request.ContactListName, request.ContactID, priority)
    return AddContactFromListToJobResponse(DONE)


@handles(AddContactGroupToJob)
def add_contact_group_to_job(
    request: AddContactGroupToJob, services: Services
) -> AddContactGroupToJobResponse:
    """Give the contacts of a list to the job of a campaign."""
    services.jobs.add_list(request.CampaignName, request.ContactGroupName)
    return AddContactGroupToJobResponse(DONE)


@handles(AddContactListToJob)
def add_contact_list_to_job(request: AddContactListToJob, services: Services) -> AddContactListToJobResponse:
    """Give the contacts of a list to the job of a campaign, with a priority."""
    priority, filtered = _priority(request.ContactPriority), request.ApplyFilter
    services.jobs.add_list(request.CampaignName, request.ContactListName, priority, filtered=filtered)
    return AddContactListToJobResponse(DONE)


def _priority(name: contract_agent.Priority) -> Priority:
    return Priority[name.value]


@handles(UpdateCompletionCode)
def update_completion_code(request: UpdateCompletionCode, services: Services) -> UpdateCompletionCodeResponse:
    """Give the attempt of a session a completion code."""
    services.jobs.set_code(request.PimSessionID, request.CompletionCode)
    return UpdateCompletionCodeResponse(DONE)


@handles(GetAllCompletionCodesForCampaign)
def get_all_completion_codes_for_campaign(
    request: GetAllCompletionCodesForCampaign, services: Services
) -> GetAllCompletionCodesForCampaignResponse:
    """Name the completion codes of a job's campaign."""
    campaign = services.campaigns.definition(services.jobs.find(request.JobID).campaign).campaign
    codes = tuple(code.name for code in campaign.completion_codes if code.name not in ATTEMPT_OUTCOMES)
    if not codes:
        raise ServiceError(Cause.NO_CODES, f"campaign {campaign.name}: has no codes of its own")
    return GetAllCompletionCodesForCampaignResponse(codes)
