"""Numbers that campaigns and agents have in a job: defined, changed by programs, and looked at."""

from collections.abc import Sequence
from contextlib import suppress
from math import isfinite

from attrs import evolve

from agentmgr.campaign.columns import MAX_NAME_CHARACTERS
from agentmgr.campaign.jobs import JobService
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core import filters
from agentmgr.ports import Change, Changed, JobStatus, JobValue, NumberAttribute, Scope
from agentmgr.text import fault_of


class ValueService(Service):
    """The numbers of campaigns and agents, each by the job that it belongs to."""

    def all(self, scope: Scope) -> tuple[NumberAttribute, ...]:
        """Return the definitions that the caller may see, by name."""
        found = self._at.store.number_attributes(scope)
        return tuple(each for each in found if self._caller.may_see(each.organisation))

    def define(
        self,
        scope: Scope,
        name: str,
        *,
        initial: float | None = None,
        display_name: str | None = None,
        organisation: str | None = None,
    ) -> bool:
        """Define a number, or change its definition; tell whether it is new. None stays, or is the default.

        What a job has of it already stays. Whose it is can change for who belongs to no organisation.

        Raises:
            ServiceError: what is not allowed; nothing changed.
        """
        before = self._at.store.find_number_attribute(scope, name)
        if before is None:
            spec = NumberAttribute(scope, name, organisation=self.owner_of_new(organisation or ""))
        else:
            spec = before
            self.check_owner(spec.organisation, Cause.FOREIGN_ATTRIBUTE, f"attribute {name}")
            if not spec.organisation:
                self.check_global(f"to change attribute {name}, which is everybody's")
            if organisation is not None and organisation != spec.organisation:
                self.check_global(f"to say whose attribute {name} is")
                self.check_organisation(organisation)
                spec = evolve(spec, organisation=organisation)
        spec = evolve(
            spec,
            initial=spec.initial if initial is None else initial,
            display_name=spec.display_name if display_name is None else display_name,
        )
        _check(spec)
        self._at.store.put_number_attribute(spec)
        return before is None

    def change_campaign(self, job_id: int, name: str, change: Change, value: float) -> None:
        """Change a number that the campaign of a job has in it.

        Raises:
            ServiceError: there is no such job or it is over, no such number, or it would be none.
        """
        job = self._live_job(job_id)
        self._change(job, "", self._find(Scope.CAMPAIGN, name), change, value)

    def change_agent(self, job_id: int, agent_id: str, name: str, change: Change, value: float) -> None:
        """Change a number of an agent who works in a job.

        Raises:
            ServiceError: there is no such job or it is over, no such number, or it would be none; the agent
                is not logged on, or not in the job.
        """
        job = self._live_job(job_id)
        spec = self._find(Scope.AGENT, name)
        if job_id not in self._jobs_of(agent_id):
            raise ServiceError(
                Cause.NOT_LOGGED_ON,
                f"agent {agent_id[:100]}: is not logged on, or does not work in job {job_id}",
            )
        self._change(job, agent_id, spec, change, value)

    def of_job(self, job_id: int) -> Sequence[JobValue]:
        """Return the numbers of a job that the caller may see: the campaign's, and what agents have.

        Those of the campaign that nobody has changed are what they begin with.

        Raises:
            ServiceError: there is no such job for the caller.
        """
        job = self._jobs().find(job_id)
        changed = self._at.store.job_values(job.job_id)
        of_campaign = {each.name: each for each in changed if not each.agent_id}
        names = {spec.name for spec in self.all(Scope.AGENT)}
        return [
            *(
                of_campaign.get(spec.name) or JobValue("", spec.name, spec.initial)
                for spec in self.all(Scope.CAMPAIGN)
            ),
            *(each for each in changed if each.agent_id and each.name in names),
        ]

    def _jobs(self) -> JobService:
        return JobService(self._at, self._caller)

    def _live_job(self, job_id: int) -> JobStatus:
        job = self._jobs().find(job_id)
        if job.ended_at is not None:
            raise _over(job)
        return job

    def _find(self, scope: Scope, name: str) -> NumberAttribute:
        found = self._at.store.find_number_attribute(scope, name)
        if found is None:
            there = ", ".join(each.name for each in self.all(scope)) or "none yet"
            raise ServiceError(
                Cause.NO_SUCH_ATTRIBUTE, f"no attribute {name[:100]!r} of {scope}s; there are: {there}"
            )
        self.check_owner(found.organisation, Cause.FOREIGN_ATTRIBUTE, f"attribute {name}")
        return found

    def _jobs_of(self, agent_id: str) -> Sequence[int]:
        """Return the jobs an agent is in: as zones of this process know it, else as others wrote it down."""
        here = self._at.floors.jobs_of(agent_id)
        if here is not None:
            return here
        place = self._at.store.saved_place(agent_id)
        if place is None or place[0] in self._at.floors.states():
            return ()  # a zone of this process waits for the agent to come back
        return (place[1],)

    def _change(
        self, job: JobStatus, agent_id: str, spec: NumberAttribute, change: Change, value: float
    ) -> None:
        _check_finite(spec.name, value)
        changed = self._at.store.change_value(job.job_id, agent_id, spec, change, value)
        if changed is Changed.OVER:
            raise _over(job)
        if changed is Changed.OUT_OF_RANGE:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"attribute {spec.name}: {change} {value} would make it larger than a number of 64 bits can"
                " be; it stays as it is",
            )
        if not agent_id:
            self._stop_when_finished(job)

    def _stop_when_finished(self, job: JobStatus) -> None:
        """Let a job stop whose campaign says that it is done with these numbers."""
        campaign = self._at.store.find_campaign(job.campaign)
        rule = filters.parse(campaign.finish_when) if campaign is not None else None
        if rule is None:
            return
        numbers = {each.name: each.value for each in self.of_job(job.job_id) if not each.agent_id}
        if filters.holds(rule, numbers):
            with suppress(ServiceError):  # it is over, or is being stopped already
                self._jobs().stop(job.job_id)


def _over(job: JobStatus) -> ServiceError:
    return ServiceError(Cause.NO_SUCH_JOB, f"job {job.job_id} of campaign {job.campaign}: is over")


def _check(spec: NumberAttribute) -> None:
    if spec.name != spec.name.strip() or not 1 <= len(spec.name) <= MAX_NAME_CHARACTERS:
        raise ServiceError(
            Cause.BAD_VALUE,
            f"attribute {spec.name[:MAX_NAME_CHARACTERS] or '(no name)'}: a name has 1 to"
            f" {MAX_NAME_CHARACTERS} characters, and no space at its ends",
        )
    if len(spec.display_name) > MAX_NAME_CHARACTERS:
        raise ServiceError(
            Cause.BAD_VALUE,
            f"attribute {spec.name}: the display name has {len(spec.display_name)} characters;"
            f" allowed are {MAX_NAME_CHARACTERS}",
        )
    for what, text in (("name", spec.name), ("display name", spec.display_name)):
        if fault := fault_of(text):
            raise ServiceError(Cause.BAD_VALUE, f"attribute {spec.name!r}: the {what} {fault}")
    _check_finite(spec.name, spec.initial)


def _check_finite(name: str, value: float) -> None:
    if not isfinite(value):
        raise ServiceError(Cause.BAD_VALUE, f"attribute {name}: {value} is no number to reckon with")
