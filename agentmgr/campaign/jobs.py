"""Jobs by their ids: looked at, paused, resumed, stopped, and rid of what is done."""

from collections.abc import Collection, Iterator, Sequence
from math import isfinite

from attrs import evolve

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.model import CampaignSpec, Priority
from agentmgr.ports import ATTEMPT_OUTCOMES, LIVE_JOB_STATES, JobEntry, JobState, JobStatus, Paced

PAGE = 500
ARCHIVE_CHUNK = 500
ADD_CHUNK = 500
MAX_CALLS = 100_000
MAX_SESSION = 10**14
HEARD_S, HEARD_LOOKS = 0.02, 200
"""How often it is looked whether all zones have heard of a maximum that fell, and how many times: 4 s."""
TAKES_CONTACTS = (JobState.Running, JobState.Paused)


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

    def all(self, campaign: str = "", states: Sequence[JobState] = ()) -> Iterator[JobEntry]:
        """Return the jobs of a campaign, or all that the caller may see, by id; those in some states, or all.

        Raises:
            ServiceError: there is no such campaign.
        """
        return self._pages(self._campaign_id(campaign), states)

    def _pages(self, campaign_id: int | None, states: Sequence[JobState]) -> Iterator[JobEntry]:
        last = 0
        while page := self._page(campaign_id, states, last, PAGE):
            yield from page
            last = page[-1].job_id

    def page(self, campaign: str, states: Sequence[JobState], after: int, limit: int) -> tuple[JobEntry, ...]:
        """Return the next jobs, as `all` has them, after one.

        Raises:
            ServiceError: there is no such campaign.
        """
        return self._page(self._campaign_id(campaign), states, after, limit)

    def _campaign_id(self, name: str) -> int | None:
        return self.find_campaign(name).campaign_id if name else None

    def _page(
        self, campaign_id: int | None, states: Sequence[JobState], after: int, limit: int
    ) -> tuple[JobEntry, ...]:
        wanted = states or tuple(JobState)
        return self._at.store.list_jobs(campaign_id, wanted, after, limit, self._caller.organisation)

    def in_preparation(self) -> tuple[tuple[int, int], ...]:
        """Return the jobs of all campaigns that are being filled, by id, and how many contacts each has.

        Raises:
            ServiceError: the caller belongs to an organisation.
        """
        self.check_global("jobs in preparation")
        return self._at.store.jobs_in_preparation()

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

    def stop(self, job_id: int, allowed: Collection[JobState] = LIVE_JOB_STATES) -> JobStatus:
        """Stop a job for good; it is over at once if no zone works on it.

        A zone that is served finds the stop in the store, and ends its share after its last contact; the job
        ends with the last share. What is left of a zone that closes meanwhile ends when it opens again, or is
        stopped once more.

        Args:
            job_id: the job.
            allowed: in which states it may be.

        Raises:
            ServiceError: it is over, or in none of these states.
        """
        job, now = self.find(job_id), self._at.now()
        is_allowed = job.state in allowed
        state = self._at.store.stop_job(job_id, self._at.served(), now) if is_allowed else None
        if state is None:
            job = self.find(job_id)
            raise ServiceError(
                Cause.WRONG_STATE,
                f"campaign {job.campaign}: its job {job_id} is {job.state}"
                + (", and over" if job.ended_at is not None else f"; allowed is {' or '.join(allowed)}"),
            )
        self.hint(job.zones)
        return evolve(job, state=state, ended_at=now if state is JobState.Stopped else None)

    def active(self, campaign: str) -> Sequence[int]:
        """Return the ids of a campaign's jobs that run or are paused.

        Raises:
            ServiceError: there is no such campaign, or none of its jobs does.
        """
        found = [job.job_id for job in self.all(campaign, TAKES_CONTACTS)]
        if not found:
            raise ServiceError(
                Cause.NOT_RUNNING, f"no job of the campaign runs or is paused; run it first: {campaign}"
            )
        return found

    def check_custom_pacing(self, campaign: str) -> None:
        """Check that it is said from outside how many calls of a campaign there may be at once.

        Raises:
            ServiceError: there is no such campaign, or it calls as it finds right.
        """
        if not self.find_campaign(campaign).custom_pacing:
            raise ServiceError(
                Cause.NO_CUSTOM_PACING, f"campaign without custom pacing; its setting is off: {campaign}"
            )

    def set_max_calls(self, job_id: int, count: int, task_id: int | None = None) -> None:
        """Let a job with custom pacing have so many calls at once at most; those under way are not cut.

        Fewer than before are waited for until all zones go by it: from then on none begins a call beyond.

        Args:
            job_id: the job.
            count: calls that no agent has yet, 0 for none.
            task_id: the task of its campaign that is meant, if one is.

        Raises:
            ServiceError: it is not under way or nobody works on it, has no custom pacing or no such task; it
                is no count; or a zone has not taken it in time: it stands, and the zone goes by it later.
        """
        job = self.find(job_id)
        campaign = self.find_campaign(job.campaign)
        if job.ended_at is not None:
            raise ServiceError(Cause.NO_SUCH_JOB, f"job {job_id} is {job.state}, and over")
        if count < 0 or count > MAX_CALLS:
            raise ServiceError(Cause.BAD_COUNT, f"{count} calls at once; allowed are 0 to {MAX_CALLS}")
        if task_id is not None and all(task.task_id != task_id for task in campaign.tasks):
            raise ServiceError(Cause.NO_SUCH_TASK, f"job {job_id} has no task {task_id}")
        self.check_custom_pacing(job.campaign)
        done = self._at.store.set_max_calls(job_id, count, self._at.served())
        if done is not Paced.SET:
            cause = Cause.NO_CUSTOM_PACING if done is Paced.NOT_CUSTOM else Cause.NOT_SERVED
            raise ServiceError(
                cause, f"job {job_id}: {done}; no zone can be told how many calls there may be"
            )
        self.hint(job.zones)
        for _ in range(HEARD_LOOKS):
            behind = self._at.store.zones_behind(job_id, self._at.served())
            if not behind:
                return
            self._at.pause(HEARD_S)
        raise ServiceError(
            Cause.NOT_TAKEN,
            f"job {job_id}: zone {', '.join(behind)} has not heard in {HEARD_S * HEARD_LOOKS:.0f} s of the"
            f" maximum of {count}, which is lower; until it has, it may begin calls as before: say it again",
        )

    def set_code(self, session: float, name: str) -> None:
        """Give the latest attempt of a session a completion code of its campaign.

        It replaces an earlier one; what the agent says who is in wrapup with it comes after it, and counts.

        Raises:
            ServiceError: that is no session id, or nobody's; no such code, or one of others or the system's.
        """
        if not isfinite(session) or session < 0 or session >= MAX_SESSION or session != int(session):
            raise ServiceError(
                Cause.BAD_SESSION, f"no session id; it is a whole number below {MAX_SESSION}: {session!r}"
            )
        session_id = str(int(session))
        attempt = self._at.store.attempt_of(session_id)
        if attempt is None:
            raise ServiceError(Cause.NO_SUCH_ATTEMPT, f"no attempt of the session {session_id}")
        campaign = self.find_campaign(self.find(attempt.job_id).campaign)
        code_id = next((code.code_id for code in campaign.completion_codes if code.name == name), None)
        if code_id is None:
            raise self._refused_code(campaign, name)
        if not self._at.store.put_code(attempt.attempt_id, code_id, self._at.now()):
            raise ServiceError(Cause.NO_SUCH_ATTEMPT, f"no attempt any more of the session {session_id}")

    def _refused_code(self, campaign: CampaignSpec, name: str) -> ServiceError:
        if name in ATTEMPT_OUTCOMES:
            return ServiceError(Cause.SYSTEM_CODE, f"code {name}: is the system's, and set by that alone")
        for other in self.visible_campaigns():
            spec = self._at.store.find_campaign(other.name)
            if spec is not None and any(code.name == name for code in spec.completion_codes):
                return ServiceError(
                    Cause.CODE_ELSEWHERE, f"campaign {campaign.name}: has no code {name}, {other.name} has"
                )
        there = ", ".join(code.name for code in campaign.completion_codes)
        return ServiceError(Cause.NO_SUCH_CODE, f"no code {name[:100]!r}; {campaign.name} has: {there}")

    def live(self, campaign: str) -> JobStatus:
        """Return the job of a campaign that takes contacts: the one that runs or is paused.

        Raises:
            ServiceError: there is no such campaign, or none of its jobs does.
        """
        job = self._at.store.latest_job(self.find_campaign(campaign).campaign_id)
        if job is None or job.ended_at is not None:
            how = f"is {job.state}" if job else "was never run"
            raise ServiceError(Cause.NOT_RUNNING, f"campaign {campaign}: {how}; run it first")
        self._check_open(job, job.state)
        return job

    @staticmethod
    def _check_open(job: JobStatus, state: JobState) -> None:
        if state in (JobState.Finished, JobState.Stopped):
            raise ServiceError(Cause.NO_SUCH_JOB, f"job {job.job_id} is {state} meanwhile")
        if state not in TAKES_CONTACTS:
            raise ServiceError(
                Cause.WRONG_STATE, f"job {job.job_id} is {state}, and takes no contacts: {job.job_id}"
            )

    def add_contact(
        self, campaign: str, list_name: str, user_contact_id: str, priority: Priority = Priority.MEDIUM
    ) -> JobStatus:
        """Give the job of a campaign one contact, due at once.

        Raises:
            ServiceError: there is no such contact, or it has no number, or the job has it already.
        """
        contact_list = self.find_list(list_name)
        self.check_list_for(self.find_campaign(campaign), contact_list)
        job = self.live(campaign)
        contact = self._at.store.find_contact(contact_list.list_id, user_contact_id)
        who = f"contact {user_contact_id[:100]} of list {list_name}"
        if contact is None:
            raise ServiceError(Cause.NO_SUCH_CONTACT, f"no {who}")
        added = self._at.store.add_contacts(job.job_id, [contact.contact.contact_id], priority)
        self._check_open(job, added.state)
        if added.had:
            raise ServiceError(Cause.IN_JOB, f"{who}: job {job.job_id} has it already")
        if not added.added:
            raise ServiceError(Cause.NO_NUMBER, f"{who}: has no number that can be dialled")
        self.hint(job.zones)
        return job

    def add_list(
        self,
        campaign: str,
        list_name: str,
        priority: Priority = Priority.MEDIUM,
        *,
        filtered: bool = False,
    ) -> int:
        """Give the job of a campaign the contacts of a list, and what comes into that; return how many.

        Those that the job has are left as they are. It is done in chunks, so that no zone waits.

        Args:
            campaign: the campaign.
            list_name: the list.
            priority: of all that are added.
            filtered: whether only those are wanted that the campaign's filter lets through.

        Raises:
            ServiceError: the job has the list, or all of its contacts; it has none, or none with a number.
        """
        contact_list = self.find_list(list_name)
        self.check_list_for(self.find_campaign(campaign), contact_list)
        job, store = self.live(campaign), self._at.store
        if store.has_list(job.job_id, contact_list.list_id):
            raise ServiceError(
                Cause.LIST_IN_JOB, f"contact list {list_name}: is one of job {job.job_id} already"
            )
        last: int | None = 0
        total, had, undialable = 0, 0, 0
        while last is not None:
            added, last = store.add_list(
                job.job_id,
                contact_list.list_id,
                last,
                ADD_CHUNK,
                priority,
                has_added=total > 0,
                filtered=filtered,
            )
            self._check_open(job, added.state)
            total, had, undialable = total + added.added, had + added.had, undialable + added.undialable
        if not total:
            if had:
                raise ServiceError(Cause.IN_JOB, f"contact list {list_name}: job {job.job_id} has all of it")
            if undialable:
                raise ServiceError(
                    Cause.NO_NUMBER,
                    f"contact list {list_name}: nobody has a number that can be dialled",
                )
            raise ServiceError(Cause.NO_CONTACTS, f"contact list {list_name}: has no contacts to add")
        self.hint(job.zones)
        return total

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
