from collections.abc import Callable
from typing import Any

from cases import done, refused
from world import T0, World

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
    Priority,
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
    GetContactListNames,
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
    StopJob,
    StopJobResponse,
)
from agentmgr.core.effects import EndAttempt, HoldCalls, SaveDisposition, StartAttempt
from agentmgr.core.model import CompletionCodeSpec, PhoneNumber
from agentmgr.core.tasks import FIRST_TASK
from agentmgr.ports import ContactDraft, JobState
from protocol.enums import ContactType

ZONE = "North"


def fill(world: World, name: str = "A", count: int = 2, first: int = 1, *, numbers: bool = True) -> None:
    """Make a contact list with contacts U1, U2, ..., each with a number or none."""
    list_id = world.store.ensure_list(name, T0, "", world.caller.organisation)
    drafts = [
        ContactDraft(f"U{n}", (PhoneNumber("PhoneNumber1", f"+1212555{n:04}", "UTC"),) if numbers else (), {})
        for n in range(first, first + count)
    ]
    world.store.put_contacts(list_id, drafts, T0)


def running(world: World, name: str = "Spring", **settings: Any) -> int:
    """Make a campaign on list A and run it in a zone that is served; return its job."""
    world.served = frozenset({ZONE})
    fill(world)
    world.add_campaign(name, "A", **settings)
    return world.services.campaigns.run(name, [ZONE]).job.job_id


def over(world: World, job_id: int) -> None:
    world.store.move_job(job_id, tuple(JobState), JobState.Stopped, T0 + 1)


def foreign(world: World, **settings: Any) -> int:
    """A job of a campaign of another organisation than the caller's."""
    world.share("North Bank", "South Bank")
    world.call_for("South Bank")
    job_id = running(world, **settings)
    world.call_for("North Bank")
    return job_id


# -- running, pausing, resuming, stopping --------------------------------------------------


@done(RunCampaign)
def a_campaign_runs_and_its_next_job_waits(world: World) -> None:
    running(world)
    assert world.call(RunCampaign("Spring"), RunCampaignResponse).IsQueued
    assert [job.state for job in world.services.jobs.all("Spring")] == [JobState.Running, JobState.Queued]
    assert world.hints == [ZONE, ZONE]


@refused(RunCampaign, -26)
def a_campaign_that_is_not_there(world: World) -> RunCampaign:
    return RunCampaign("Spring")


@refused(RunCampaign, -26)
def a_campaign_of_another_organisation(world: World) -> RunCampaign:
    foreign(world)
    return RunCampaign("Spring")


@refused(RunCampaign, -51)
def an_infinite_campaign_that_runs(world: World) -> RunCampaign:
    running(world, infinite=True)
    return RunCampaign("Spring")


@refused(RunCampaign, -52)
def a_campaign_with_nobody_to_call(world: World) -> RunCampaign:
    world.served = frozenset({ZONE})
    world.add_campaign("Spring", "A")
    return RunCampaign("Spring")


@refused(RunCampaign, -52)
def a_campaign_that_no_zone_may_run(world: World) -> RunCampaign:
    fill(world)
    world.add_campaign("Spring", "A")
    return RunCampaign("Spring")


@refused(RunCampaign, -52)
def a_campaign_whose_job_cannot_be_stored(world: World) -> RunCampaign:
    running(world)
    world.fail("create_job")
    return RunCampaign("Spring")


@done(PauseActiveJob)
@done(ResumePausedJob)
@done(StopJob)
def a_job_is_paused_resumed_and_stopped(world: World) -> None:
    job_id = running(world)
    assert world.call(PauseActiveJob(job_id), PauseActiveJobResponse).IsPaused
    assert world.services.jobs.find(job_id).state is JobState.Paused
    assert world.call(ResumePausedJob(job_id), ResumePausedJobResponse).IsResumed
    assert world.services.jobs.find(job_id).state is JobState.Running
    assert world.call(StopJob(job_id), StopJobResponse).IsStopped
    assert world.services.jobs.find(job_id).state is JobState.Stopping


@refused(PauseActiveJob, -1)
def a_job_to_pause_that_is_not_there(world: World) -> PauseActiveJob:
    return PauseActiveJob(7)


@refused(ResumePausedJob, -1)
def a_job_to_resume_that_is_not_there(world: World) -> ResumePausedJob:
    return ResumePausedJob(7)


@refused(StopJob, -1)
def a_job_to_stop_that_is_not_there(world: World) -> StopJob:
    return StopJob(7)


@refused(PauseActiveJob, -30)
def a_foreign_job_to_pause(world: World) -> PauseActiveJob:
    return PauseActiveJob(foreign(world))


@refused(ResumePausedJob, -30)
def a_foreign_job_to_resume(world: World) -> ResumePausedJob:
    return ResumePausedJob(foreign(world))


@refused(StopJob, -30)
def a_foreign_job_to_stop(world: World) -> StopJob:
    return StopJob(foreign(world))


@refused(PauseActiveJob, -55)
def a_job_to_pause_that_waits(world: World) -> PauseActiveJob:
    running(world)
    return PauseActiveJob(world.services.campaigns.run("Spring", [ZONE]).job.job_id)


@refused(ResumePausedJob, -56)
def a_job_to_resume_that_runs(world: World) -> ResumePausedJob:
    return ResumePausedJob(running(world))


@refused(StopJob, -57)
def a_job_to_stop_that_waits(world: World) -> StopJob:
    running(world)
    return StopJob(world.services.campaigns.run("Spring", [ZONE]).job.job_id)


@refused(StopJob, -57)
def a_job_to_stop_that_is_over(world: World) -> StopJob:
    job_id = running(world)
    over(world, job_id)
    return StopJob(job_id)


# -- looking at jobs -----------------------------------------------------------------------


@done(GetCampaignJobs)
def jobs_of_a_campaign_are_listed_by_state(world: World) -> None:
    first = running(world)
    second, third = (world.services.campaigns.run("Spring", [ZONE]).job.job_id for _ in range(2))
    over(world, first)
    world.services.jobs.pause(second)
    found = world.call(GetCampaignJobs("Spring"), GetCampaignJobsResponse)
    assert found.JobDetails == (
        JobIDsAndStates(first, "JOB_STOPPED"),
        JobIDsAndStates(second, "JOB_PAUSED"),
        JobIDsAndStates(third, "JOB_QUEUED"),
    )
    some = GetCampaignJobs("Spring", ("JOB_QUEUED", "JOB_ACTIVE"))
    assert world.call(some, GetCampaignJobsResponse).JobDetails == found.JobDetails[2:]
    assert world.call(GetCampaignJobs("Spring", ("JOB_ACTIVE",)), GetCampaignJobsResponse).JobDetails == ()


@refused(GetCampaignJobs, -1)
def a_campaign_that_never_ran(world: World) -> GetCampaignJobs:
    world.add_campaign("Spring", "A")
    return GetCampaignJobs("Spring")


@refused(GetCampaignJobs, -26)
def jobs_of_no_campaign(world: World) -> GetCampaignJobs:
    return GetCampaignJobs("Spring")


@refused(GetCampaignJobs, -30)
def jobs_of_a_foreign_campaign(world: World) -> GetCampaignJobs:
    foreign(world)
    return GetCampaignJobs("Spring")


@refused(GetCampaignJobs, -53)
def jobs_in_no_state(world: World) -> GetCampaignJobs:
    running(world)
    return GetCampaignJobs("Spring", ("JOB_ACTIVE", "Active"))


@done(GetCampaignDetails)
def campaigns_are_named_and_their_jobs_found(world: World) -> None:
    job_id = running(world)
    world.add_campaign("Autumn", "A")
    found = world.call(GetCampaignDetails(), GetCampaignDetailsResponse)
    assert found.CampaignDetails == (
        CampaignNameJobIDsAndStates("Autumn", -1),
        CampaignNameJobIDsAndStates("Spring", -1),
    )
    active = world.call(GetCampaignDetails(("JOB_ACTIVE",)), GetCampaignDetailsResponse)
    assert active.CampaignDetails == (CampaignNameJobIDsAndStates("Spring", job_id, "JOB_ACTIVE"),)


@refused(GetCampaignDetails, -53)
def details_in_no_state(world: World) -> GetCampaignDetails:
    return GetCampaignDetails(("",))


@refused(GetCampaignDetails, -58)
def details_that_cannot_be_read(world: World) -> GetCampaignDetails:
    world.fail("campaigns")
    return GetCampaignDetails()


@done(GetActiveJobs)
@done(GetActiveJobTaskIds)
@done(GetActiveJobTaskIdForTask)
def active_and_paused_jobs_are_found_with_their_tasks(world: World) -> None:
    job_id = running(world, custom_pacing=True)
    world.services.campaigns.run("Spring", [ZONE])
    pairs = (JobIDAndTask(job_id, FIRST_TASK.task_id),)
    for _ in range(2):
        assert world.call(GetActiveJobs("Spring"), GetActiveJobsResponse).Jobs == (job_id,)
        tasks = world.call(GetActiveJobTaskIds("Spring"), GetActiveJobTaskIdsResponse)
        assert tasks.JobAndTaskDetails == pairs
        of_task = GetActiveJobTaskIdForTask("Spring", FIRST_TASK.name)
        assert world.call(of_task, GetActiveJobTaskIdForTaskResponse).ActiveJobsAndTaskDetails == pairs
        if world.services.jobs.find(job_id).state is JobState.Running:
            world.services.jobs.pause(job_id)


@refused(GetActiveJobs, -22)
def a_campaign_without_custom_pacing(world: World) -> GetActiveJobs:
    running(world)
    return GetActiveJobs("Spring")


@refused(GetActiveJobs, -26)
def active_jobs_of_a_foreign_campaign(world: World) -> GetActiveJobs:
    foreign(world, custom_pacing=True)
    return GetActiveJobs("Spring")


@refused(GetActiveJobs, -27)
def active_jobs_of_a_campaign_that_stops(world: World) -> GetActiveJobs:
    world.services.jobs.stop(running(world, custom_pacing=True))
    return GetActiveJobs("Spring")


@refused(GetActiveJobTaskIds, -26)
def tasks_of_no_campaign(world: World) -> GetActiveJobTaskIds:
    return GetActiveJobTaskIds("Spring")


@refused(GetActiveJobTaskIds, -27)
def tasks_of_a_campaign_that_does_not_run(world: World) -> GetActiveJobTaskIds:
    world.add_campaign("Spring", "A")
    return GetActiveJobTaskIds("Spring")


@refused(GetActiveJobTaskIds, -47)
def tasks_that_cannot_be_read(world: World) -> GetActiveJobTaskIds:
    running(world)
    world.fail("list_jobs")
    return GetActiveJobTaskIds("Spring")


@refused(GetActiveJobTaskIdForTask, -26)
def a_task_of_no_campaign(world: World) -> GetActiveJobTaskIdForTask:
    return GetActiveJobTaskIdForTask("Spring", FIRST_TASK.name)


@refused(GetActiveJobTaskIdForTask, -27)
def a_task_of_a_campaign_that_does_not_run(world: World) -> GetActiveJobTaskIdForTask:
    world.add_campaign("Spring", "A", custom_pacing=True)
    return GetActiveJobTaskIdForTask("Spring", FIRST_TASK.name)


@refused(GetActiveJobTaskIdForTask, -47)
def a_task_that_cannot_be_read(world: World) -> GetActiveJobTaskIdForTask:
    running(world, custom_pacing=True)
    world.fail("list_jobs")
    return GetActiveJobTaskIdForTask("Spring", FIRST_TASK.name)


@refused(GetActiveJobTaskIdForTask, -48)
def a_task_that_is_not_there(world: World) -> GetActiveJobTaskIdForTask:
    running(world, custom_pacing=True)
    return GetActiveJobTaskIdForTask("Spring", "No such task")


@refused(GetActiveJobTaskIdForTask, -49)
def a_task_without_custom_pacing(world: World) -> GetActiveJobTaskIdForTask:
    running(world)
    return GetActiveJobTaskIdForTask("Spring", FIRST_TASK.name)


@refused(GetContactListNames, -68)
def an_infinite_campaign_without_a_list(world: World) -> GetContactListNames:
    world.add_campaign("Spring", infinite=True)
    return GetContactListNames("Spring")


# -- custom pacing -------------------------------------------------------------------------


def setters(job_id: int, count: int = 3) -> tuple[Any, Any]:
    return (
        SetMaxAttemptsCount(job_id, count),
        SetMaxAttemptsCountForTask(job_id, FIRST_TASK.task_id, count),
    )


@done(SetMaxAttemptsCount)
@done(SetMaxAttemptsCountForTask)
def calls_at_once_begin_with_none_and_are_as_many_as_was_said(world: World) -> None:
    job_id = running(world, custom_pacing=True)
    assert world.services.jobs.find(job_id).max_calls == 0
    for count, request in zip((3, 5), (setters(job_id, 3)[0], setters(job_id, 5)[1]), strict=True):
        assert world.call(request, object).Result == 0  # type: ignore[type-var, attr-defined]  # of two kinds
        assert world.services.jobs.find(job_id).max_calls == count
        (wanted,) = world.store.jobs_wanted(ZONE)
        assert wanted.calls is not None
        assert wanted.calls.granted == count


@done(SetMaxAttemptsCount)
@done(SetMaxAttemptsCountForTask)
def fewer_calls_at_once_are_answered_when_the_zone_has_heard(world: World) -> None:
    job_id = running(world, custom_pacing=True)
    for count, request in enumerate(setters(job_id, 2)):
        world.supervisor.jobs.set_max_calls(job_id, 3 + count)

        def hear() -> None:
            token = world.store.open_zone(ZONE, T0).token
            (wanted,) = world.store.jobs_wanted(ZONE)
            assert wanted.calls is not None
            assert (wanted.calls.granted, wanted.calls.heard) == (2, False)
            world.store.commit(token, [HoldCalls(job_id, wanted.calls.number, 2, True)])

        world.meanwhile("zones_behind", lambda: world.meanwhile("zones_behind", hear))  # at the second look
        assert world.call(request, object).Result == 0  # type: ignore[type-var, attr-defined]  # of two kinds
        assert len(world.pauses) == 1 + count


def each_setter(code: int, *, of_task: int | None = None) -> Callable[[Callable[[World], int]], None]:
    """Register a way to a code for both; it returns the job."""

    def register(way: Callable[[World], int]) -> None:
        for place, request in enumerate((SetMaxAttemptsCount, SetMaxAttemptsCountForTask)):

            def of_request(world: World, place: int = place) -> Any:
                return setters(way(world), -1 if code == -23 else 3)[place]

            of_request.__name__ = f"{request.__name__}_{way.__name__}"
            refused(request, of_task if of_task and place else code)(of_request)

    return register


@each_setter(-1)
def no_job_to_pace(world: World) -> int:
    return 7


@each_setter(-1)
def job_to_pace_is_over(world: World) -> int:
    job_id = running(world, custom_pacing=True)
    over(world, job_id)
    return job_id


@each_setter(-1)
def job_to_pace_is_foreign(world: World) -> int:
    return foreign(world, custom_pacing=True)


@each_setter(-20)
def job_to_pace_waits(world: World) -> int:
    running(world, custom_pacing=True)
    return world.services.campaigns.run("Spring", [ZONE]).job.job_id


@each_setter(-20)
def zone_of_the_job_to_pace_is_down(world: World) -> int:
    job_id = running(world, custom_pacing=True)
    world.served = frozenset()
    return job_id


@each_setter(-22, of_task=-49)
def job_has_no_custom_pacing(world: World) -> int:
    return running(world)


@each_setter(-23)
def count_is_below_none(world: World) -> int:
    return running(world, custom_pacing=True)


@each_setter(-50)
def maximum_cannot_be_stored(world: World) -> int:
    job_id = running(world, custom_pacing=True)
    world.fail("set_max_calls")
    return job_id


@each_setter(-50)
def zone_does_not_hear_of_fewer_calls(world: World) -> int:
    job_id = running(world, custom_pacing=True)
    world.supervisor.jobs.set_max_calls(job_id, 9)
    return job_id


@refused(SetMaxAttemptsCountForTask, -48)
def a_task_that_the_job_has_not(world: World) -> SetMaxAttemptsCountForTask:
    return SetMaxAttemptsCountForTask(running(world, custom_pacing=True), 99, 1)


# -- adding contacts -----------------------------------------------------------------------


@done(AddContactToJob)
@done(AddContactFromListToJob)
def contacts_are_added_and_called_by_priority(world: World) -> None:
    job_id = running(world, infinite=True)
    fill(world, "B", 3, first=11)
    for priority, contact in ((Priority.LOW, "U11"), (Priority.HIGH, "U12")):
        added = AddContactFromListToJob("Spring", contact, "B", priority)
        assert world.call(added, AddContactFromListToJobResponse).Result == 0
    assert world.call(AddContactToJob("Spring", "U13", "B"), AddContactToJobResponse).Result == 0
    token = world.store.open_zone(ZONE, T0).token
    claimed = world.store.claim_contacts(token, job_id, 100, T0).contacts
    assert [each.user_contact_id for each in claimed] == ["U12", "U1", "U2", "U13", "U11"]
    assert world.services.jobs.find(job_id).total == 5


@done(AddContactGroupToJob)
def a_list_is_added_and_what_comes_into_it(world: World) -> None:
    job_id = running(world)
    fill(world, "B", 3, first=11)
    assert world.call(AddContactGroupToJob("Spring", "B"), AddContactGroupToJobResponse).Result == 0
    fill(world, "B", 1, first=20)
    assert world.services.jobs.find(job_id).total == 6


@done(AddContactListToJob)
def those_of_a_list_are_added_that_the_filter_lets_through(world: World) -> None:
    job_id = running(world, infinite=True, filter="UserContactId <> 'U12'")
    fill(world, "B", 3, first=11)
    added = AddContactListToJob("Spring", "B", Priority.HIGH, ApplyFilter=True)
    assert world.call(added, AddContactListToJobResponse).Result == 0
    token = world.store.open_zone(ZONE, T0).token
    claimed = world.store.claim_contacts(token, job_id, 100, T0).contacts
    assert [each.user_contact_id for each in claimed] == ["U11", "U13", "U1", "U2"]


ADDERS: tuple[Any, ...] = (
    (AddContactToJob, lambda contact="U11", name="B": AddContactToJob("Spring", contact, name)),
    (
        AddContactFromListToJob,
        lambda contact="U11", name="B": AddContactFromListToJob("Spring", contact, name),
    ),
    (AddContactGroupToJob, lambda contact="U11", name="B": AddContactGroupToJob("Spring", name)),
    (AddContactListToJob, lambda contact="U11", name="B": AddContactListToJob("Spring", name)),
)


def each_adder(code: int, *requests: type[Any]) -> Callable[[Callable[[World, Any], Any]], None]:
    """Register a way to a code for requests that add; it gets the world and what makes the request."""

    def register(way: Callable[[World, Any], Any]) -> None:
        for request, make in ADDERS:
            if not requests or request in requests:

                def of_request(world: World, make: Any = make) -> Any:
                    return way(world, make)

                of_request.__name__ = f"{request.__name__}_{way.__name__}"
                refused(request, code)(of_request)

    return register


@each_adder(-1)
def job_ends_meanwhile(world: World, make: Any) -> Any:
    job_id = running(world)
    fill(world, "B", first=11)
    for method in ("add_contacts", "add_list"):
        world.meanwhile(method, lambda: over(world, job_id))
    return make()


@each_adder(-2, AddContactToJob, AddContactFromListToJob)
def contact_is_not_there(world: World, make: Any) -> Any:
    running(world)
    fill(world, "B", first=11)
    return make("U99")


@each_adder(-2, AddContactGroupToJob, AddContactListToJob)
def list_is_empty(world: World, make: Any) -> Any:
    running(world)
    fill(world, "B", 0)
    return make()


@each_adder(-7)
def nobody_has_a_number(world: World, make: Any) -> Any:
    running(world)
    fill(world, "B", first=11, numbers=False)
    return make()


@each_adder(-8, AddContactToJob, AddContactFromListToJob)
def job_has_it(world: World, make: Any) -> Any:
    running(world)
    return make("U1", "A")


@each_adder(-8, AddContactGroupToJob)
def job_has_the_list(world: World, make: Any) -> Any:
    running(world)
    return make("", "A")


@each_adder(-14)
def list_is_not_there(world: World, make: Any) -> Any:
    running(world)
    return make("U1", "C")


@each_adder(-8, AddContactListToJob)
def job_has_each_of_the_list(world: World, make: Any) -> Any:
    running(world, infinite=True)
    fill(world, "B", 2, first=11)
    for contact in ("U11", "U12"):
        world.services.jobs.add_contact("Spring", "B", contact)
    return make()


@each_adder(-35, AddContactListToJob)
def list_is_the_job_s(world: World, make: Any) -> Any:
    running(world)
    return make("", "A")


@refused(AddContactListToJob, -2)
def a_filter_lets_nobody_through(world: World) -> AddContactListToJob:
    running(world, infinite=True, filter="UserContactId = 'xx'")
    fill(world, "B", first=11)
    return AddContactListToJob("Spring", "B", ApplyFilter=True)


@each_adder(-14, AddContactToJob)
def list_of_another_organisation_is_not_there(world: World, make: Any) -> Any:
    foreign(world)
    return make("U1", "A")


@each_adder(-26)
def campaign_is_not_there(world: World, make: Any) -> Any:
    fill(world, "B", first=11)
    return make()


@each_adder(-27)
def campaign_does_not_run(world: World, make: Any) -> Any:
    fill(world, "B", first=11)
    over(world, running(world))
    return make()


@each_adder(-28, AddContactFromListToJob, AddContactGroupToJob, AddContactListToJob)
def list_is_foreign(world: World, make: Any) -> Any:
    foreign(world)
    return make("U1", "A")


@each_adder(-30, AddContactFromListToJob, AddContactGroupToJob, AddContactListToJob)
def campaign_is_foreign(world: World, make: Any) -> Any:
    foreign(world)
    fill(world, "B", first=11)
    return make()


@each_adder(-34)
def job_stops(world: World, make: Any) -> Any:
    fill(world, "B", first=11)
    world.services.jobs.stop(running(world))
    return make()


# -- completion codes ----------------------------------------------------------------------


@done(GetAllCompletionCodesForCampaign)
def codes_of_a_job_that_is_over_are_named_too(world: World) -> None:
    codes = (CompletionCodeSpec(5, "Sale"), CompletionCodeSpec(6, "Busy"))
    job_id = running(world, completion_codes=codes)
    over(world, job_id)
    found = world.call(GetAllCompletionCodesForCampaign(job_id), GetAllCompletionCodesForCampaignResponse)
    assert found.CompletionCodes == ("Sale",)


@refused(GetAllCompletionCodesForCampaign, -1)
def codes_of_no_job(world: World) -> GetAllCompletionCodesForCampaign:
    return GetAllCompletionCodesForCampaign(7)


@refused(GetAllCompletionCodesForCampaign, -30)
def codes_of_a_foreign_job(world: World) -> GetAllCompletionCodesForCampaign:
    return GetAllCompletionCodesForCampaign(foreign(world))


@refused(GetAllCompletionCodesForCampaign, -32)
def codes_of_the_system_alone(world: World) -> GetAllCompletionCodesForCampaign:
    return GetAllCompletionCodesForCampaign(
        running(world, completion_codes=(CompletionCodeSpec(5, "Busy"),), default_code_id=5)
    )


SESSION, SALE, LATER = 12_000_000_042.0, 1, 3


def attempted(world: World, job_id: int, code_id: int | None = None) -> Callable[[int, str], None]:
    """Let an attempt of the session be over, with a code of its agent's; return what gives it another one."""
    token = world.store.open_zone(ZONE, T0).token
    contact = world.store.claim_contacts(token, job_id, 1, T0).contacts[0].contact_id
    attempt = str(int(SESSION))
    kind = ContactType.Predictive
    world.store.commit(token, [StartAttempt(attempt, job_id, contact, kind, "+12125550001", T0)])

    def save(code: int, source: str) -> None:
        record = SaveDisposition(attempt, job_id, contact, "1001", code, source, T0 + 9)
        world.store.commit(token, [record])

    if code_id is not None:
        save(code_id, "agent")
        world.store.commit(token, [EndAttempt(attempt, "Handled", T0 + 9, "1001")])
    return save


def codes_of(world: World) -> tuple[list[str], tuple[tuple[str, int], ...]]:
    found = [row.code for row in world.services.campaigns.dispositions("Spring")]
    job = world.services.jobs.all("Spring")
    return found, world.store.tally(next(job).job_id).dispositions


@done(UpdateCompletionCode)
def a_code_replaces_the_agent_s_of_before(world: World) -> None:
    attempted(world, running(world), SALE)
    for name in ("Call again", "Wrong person"):
        assert world.call(UpdateCompletionCode(SESSION, name), UpdateCompletionCodeResponse).Result == 0
    found, counted = codes_of(world)
    assert found == ["Wrong person"]
    assert [(name, count) for name, count in counted if count] == [("Wrong person", 1)]


@done(UpdateCompletionCode)
def an_agent_s_code_counts_that_comes_after_it_and_a_default_does_not(world: World) -> None:
    save = attempted(world, running(world))
    world.call(UpdateCompletionCode(SESSION, "Call again"), UpdateCompletionCodeResponse)
    save(5, "default")
    assert codes_of(world)[0] == ["Call again"]
    save(SALE, "agent")
    save(LATER, "agent")
    found, counted = codes_of(world)
    assert found == ["Sale"]
    assert [(name, count) for name, count in counted if count] == [("Sale", 1)]


@refused(UpdateCompletionCode, -1)
def a_session_whose_job_goes_meanwhile(world: World) -> UpdateCompletionCode:
    job_id = running(world)
    attempted(world, job_id, SALE)

    def delete() -> None:
        over(world, job_id)
        world.services.campaigns.delete("Spring", with_history=True)

    world.meanwhile("job", delete)
    return UpdateCompletionCode(SESSION, "Sale")


@refused(UpdateCompletionCode, -3)
def a_code_that_is_not_there(world: World) -> UpdateCompletionCode:
    attempted(world, running(world), SALE)
    return UpdateCompletionCode(SESSION, "sale")


@refused(UpdateCompletionCode, -4)
def a_code_of_another_campaign(world: World) -> UpdateCompletionCode:
    attempted(world, running(world), SALE)
    world.add_campaign("Autumn", "A", completion_codes=(CompletionCodeSpec(5, "Cold"),))
    return UpdateCompletionCode(SESSION, "Cold")


@refused(UpdateCompletionCode, -10)
def a_code_of_the_system(world: World) -> UpdateCompletionCode:
    attempted(world, running(world), SALE)
    return UpdateCompletionCode(SESSION, "Busy")


@refused(UpdateCompletionCode, -16)
def a_session_without_an_attempt(world: World) -> UpdateCompletionCode:
    attempted(world, running(world), SALE)
    return UpdateCompletionCode(SESSION + 1, "Sale")


@refused(UpdateCompletionCode, -30)
def a_session_of_another_organisation(world: World) -> UpdateCompletionCode:
    attempted(world, foreign(world), SALE)
    return UpdateCompletionCode(SESSION, "Sale")


def no_session(session: float) -> None:
    def way(world: World) -> UpdateCompletionCode:
        return UpdateCompletionCode(session, "Sale")

    way.__name__ = f"no_session_{session}"
    refused(UpdateCompletionCode, -31)(way)


for each in (-1.0, 1.5, float("nan"), float("inf"), 1e14):
    no_session(each)
