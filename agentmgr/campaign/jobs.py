"""Jobs by their ids: looked at, paused, resumed, stopped, and rid of what is done."""

from collections.abc import Iterator, Sequence

from attrs import evolve

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.ports import JobEntry, JobState, JobStatus

PAGE = 500
ARCHIVE_CHUNK = 500


class JobService(Service):
    """Jobs, each by its id.

    All raise ServiceError: no such job, or it is of a campaign of another organisation.
    """

    def find(self, job_id: int) -> JobStatus:
        """Return a job that the caller may see."""
        job = self._at.store.job(job_id)
        if job is None:
            raise ServiceError(Cause.NO_SUCH_JOB, f"no job {job_id}; agentmgr campaign jobs has all")
        self.find_campaign(job.campaign)
        return job

    def list(self, campaign: str = "", states: Sequence[JobState] = ()) -> Iterator[JobEntry]:
        """Return the jobs of a campaign, or all that the caller may see, by id; those in some states, or all.

        Raises:
            ServiceError: there is no such campaign.
        """
        return self._pages(self.find_campaign(campaign).campaign_id if campaign else None, states)

    def _pages(self, campaign_id: int | None, states: Sequence[JobState]) -> Iterator[JobEntry]:
        last = 0
        while page := self._at.store.list_jobs(campaign_id, states or tuple(JobState), last, PAGE):
            yield from (each for each in page if self._caller.may_see(each.organisation))
            last = page[-1].job_id

    def pause(self, job_id: int) -> JobStatus:
        """Let a running job start nothing new until it is resumed.

        Raises:
            ServiceError: it is not running.
        """
        return self._move(self.find(job_id), JobState.Running, JobState.Paused)

    def resume(self, job_id: int) -> JobStatus:
        """Let a paused job go on.

        Raises:
            ServiceError: it is not paused.
        """
        return self._move(self.find(job_id), JobState.Paused, JobState.Running)

    def _move(self, job: JobStatus, allowed: JobState, state: JobState) -> JobStatus:
        if not self._at.store.move_job(job.job_id, (allowed,), state):
            job = self.find(job.job_id)
            raise ServiceError(
                Cause.WRONG_STATE,
                f"campaign {job.campaign}: its job {job.job_id} is {job.state} and cannot become {state};"
                f" that needs a job that is {allowed}",
            )
        self.hint(job.zones)
        return evolve(job, state=state)

    def stop(self, job_id: int) -> JobStatus:
        """Stop a job for good; it is over at once if no zone works on it.

        A zone that is served finds the stop in the store, and ends its share after its last contact; the job
        ends with the last share. What is left of a zone that closes meanwhile ends when it opens again, or is
        stopped once more.

        Raises:
            ServiceError: it is over.
        """
        job, now = self.find(job_id), self._at.now()
        state = self._at.store.stop_job(job_id, self._at.served(), now)
        if state is None:
            job = self.find(job_id)
            raise ServiceError(
                Cause.WRONG_STATE, f"campaign {job.campaign}: its job {job_id} is {job.state}, and over"
            )
        self.hint(job.zones)
        return evolve(job, state=state, ended_at=now if state is JobState.Stopped else None)

    def archive(self, job_id: int) -> int:
        """Move the contacts out of a job that are done, so that they can be added again; return how many.

        They stay among what the job has done. It goes on in chunks, so that no zone waits.
        """
        job = self.find(job_id)
        archived, last = 0, 0
        while True:
            moved, after = self._at.store.archive_contacts(job.job_id, last, ARCHIVE_CHUNK)
            archived += moved
            if after is None:
                return archived
            last = after
