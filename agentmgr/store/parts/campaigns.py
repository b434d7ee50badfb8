"""Campaigns, their jobs, and what these have come to."""

from collections.abc import Iterable, Sequence

from agentmgr.core.model import (
    CampaignSpec,
    JobSpec,
    Priority,
)
from agentmgr.ports import (
    Added,
    CampaignHistory,
    CampaignOverview,
    Change,
    Changed,
    CodedAttempt,
    DialPlace,
    DialRow,
    DispositionRow,
    JobEntry,
    JobState,
    JobStatus,
    JobTally,
    JobValue,
    NumberAttribute,
    Paced,
    PendingContacts,
    Scope,
    ShareStatus,
)
from agentmgr.store import (
    campaigns,
    counters,
    deletion,
    dispositions,
    intake,
    jobs,
    pacing,
    values,
)
from agentmgr.store.parts.part import Part


class CampaignPart(Part):
    """Campaigns with their jobs."""

    def add_campaign(
        self, spec: CampaignSpec, list_ids: Sequence[int], now: float, by: str = ""
    ) -> CampaignSpec:
        """Store a campaign that somebody made and return it with its id and all known attributes."""
        return self._database.write(campaigns.add_campaign, spec, list_ids, now, by)

    def change_campaign(
        self, spec: CampaignSpec, list_ids: Sequence[int], now: float, by: str = "", *, while_it_runs: bool
    ) -> bool:
        """Write a campaign anew under its id, one version on; attributes stay as they are."""
        return self._database.write(campaigns.change_campaign, spec, tuple(list_ids), now, by, while_it_runs)

    def lists_of(self, campaign_id: int) -> tuple[str, ...]:
        """Return the names of a campaign's contact lists."""
        return self._database.read(campaigns.read_list_names, campaign_id)

    def find_campaign(self, name: str) -> CampaignSpec | None:
        """Look a campaign up."""
        return self._database.read(campaigns.find_campaign, name)

    def campaigns(self) -> tuple[CampaignOverview, ...]:
        """Return all campaigns by name."""
        return self._database.read(jobs.read_overviews)

    def history(self, campaign_id: int) -> CampaignHistory:
        """Count what the jobs of a campaign have left."""
        return self._database.read(deletion.read_history, campaign_id)

    def delete_history(self, campaign_id: int, limit: int) -> int | None:
        """Delete what the jobs of a campaign have left, so many rows at most; None if one is not over."""
        return self._database.write(deletion.delete_history, campaign_id, limit)

    def campaigns_being_deleted(self) -> tuple[int, ...]:
        """Return the campaigns of which something was deleted and something is left, by id."""
        return self._database.read(deletion.being_deleted)

    def delete_campaign(self, campaign_id: int) -> bool:
        """Delete a campaign with its jobs; False if one is not over, or has left something."""
        return self._database.write(deletion.delete_campaign, campaign_id)

    def create_job(self, campaign_id: int, zones: Sequence[str], now: float) -> int:
        """Make an empty job in preparation, with a share in each zone, and return its id."""
        return self._database.write(jobs.create_job, campaign_id, tuple(zones), now)

    def fill_job(self, job_id: int, after_contact_id: int, limit: int) -> int | None:
        """Give the job the next contacts of its campaign's lists, those above an id."""
        return self._database.write(jobs.fill_job, job_id, after_contact_id, limit)

    def start_job(self, job_id: int, after_contact_id: int | None = None) -> JobSpec | None:
        """Let a prepared job run, or wait while another of its campaign does."""
        return self._database.write(jobs.start_job, job_id, after_contact_id)

    def jobs_in_preparation(self) -> tuple[tuple[int, int], ...]:
        """Return the jobs that are being filled, by id, and how many contacts each has."""
        return self._database.read(jobs.jobs_in_preparation)

    def job(self, job_id: int) -> JobStatus | None:
        """Return a job; None if there is none of that id."""
        return self._database.read(jobs.find_job, job_id)

    def list_jobs(
        self,
        campaign_id: int | None,
        states: Iterable[JobState],
        after: int,
        limit: int,
        organisation: str = "",
    ) -> tuple[JobEntry, ...]:
        """Return the next jobs of a campaign, or of all that an organisation sees, in some states, by id."""
        return self._database.read(jobs.list_jobs, campaign_id, tuple(states), after, limit, organisation)

    def attempt_of(self, session_id: str) -> CodedAttempt | None:
        """Return the latest attempt of a session; None if there is none."""
        return self._database.read(dispositions.find_coded, session_id)

    def put_code(self, attempt_id: str, code_id: int, now: float) -> bool:
        """Give an attempt a completion code from outside; False if there is no such attempt any more."""
        return self._database.write(dispositions.put_code, attempt_id, code_id, now)

    def number_attributes(self, scope: Scope) -> tuple[NumberAttribute, ...]:
        """Return all definitions of numbers by name."""
        return self._database.read(values.read_number_attributes, scope)

    def find_number_attribute(self, scope: Scope, name: str) -> NumberAttribute | None:
        """Return the definition of a number; None if there is none of that name."""
        return self._database.read(values.find_number_attribute, scope, name)

    def put_number_attribute(self, spec: NumberAttribute) -> None:
        """Define a number, or replace the definition with the same name."""
        self._database.write(values.put_number_attribute, spec)

    def change_value(
        self, job_id: int, agent_id: str, spec: NumberAttribute, change: Change, value: float
    ) -> Changed:
        """Change a number of a job that is not over."""
        return self._database.write(values.change_value, job_id, agent_id, spec, change, value)

    def job_values(self, job_id: int) -> tuple[JobValue, ...]:
        """Return the numbers of a job that were changed, those of the campaign first."""
        return self._database.read(values.read_job_values, job_id)

    def saved_place(self, agent_id: str) -> tuple[str, int] | None:
        """Return the zone in which an agent is written down, and the job that it is in, 0 for none."""
        return self._database.read(values.read_saved_place, agent_id)

    def set_max_calls(self, job_id: int, count: int, served: Iterable[str]) -> Paced:
        """Let a job with custom pacing have so many calls at once at most, over all its zones."""
        return self._database.write(pacing.set_max_calls, job_id, count, tuple(served))

    def zones_behind(self, job_id: int, served: Iterable[str]) -> tuple[str, ...]:
        """Return the zones at work that may begin more calls of a job than they are granted."""
        return self._database.read(pacing.zones_behind, job_id, tuple(served))

    def add_contacts(self, job_id: int, contact_ids: Sequence[int], priority: Priority) -> Added:
        """Give a job that runs or is paused some contacts."""
        return self._database.write(intake.add_contacts, job_id, tuple(contact_ids), priority)

    def add_list(
        self,
        job_id: int,
        list_id: int,
        after: int,
        limit: int,
        priority: Priority,
        *,
        has_added: bool,
        filtered: bool = False,
    ) -> tuple[Added, int | None]:
        """Give it the next contacts of a list; with the last ones the list is one of its."""
        arguments = (job_id, list_id, after, limit, priority, has_added, filtered)
        return self._database.write(intake.add_list, *arguments)

    def has_list(self, job_id: int, list_id: int) -> bool:
        """Return whether a list is one of a job's."""
        return self._database.read(intake.has_list, job_id, list_id)

    def archive_contacts(self, job_id: int, after_contact_id: int, limit: int) -> tuple[int, int | None]:
        """Move those out of a job that are done, among its next contacts."""
        return self._database.write(jobs.archive_contacts, job_id, after_contact_id, limit)

    def move_job(
        self, job_id: int, allowed: Iterable[JobState], state: JobState, ended_at: float | None = None
    ) -> bool:
        """Change a job's state if it is an allowed one; with `ended_at` it is over and all is settled."""
        return self._database.write(jobs.move_job, job_id, tuple(allowed), state, ended_at)

    def stop_job(self, job_id: int, served: Iterable[str], now: float) -> JobState | None:
        """Let a job stop; return what it is then, None if it was over."""
        return self._database.write(jobs.stop_job, job_id, tuple(served), now)

    def latest_job(self, campaign_id: int) -> JobStatus | None:
        """Return the job of a campaign that was created last."""
        return self._database.read(jobs.latest_job, campaign_id)

    def tally(self, job_id: int) -> JobTally:
        """Count what a job has done."""
        return self._database.read(counters.read_tally, job_id)

    def shares(self, job_id: int) -> tuple[ShareStatus, ...]:
        """Return what each zone has of a job and has done, by zone."""
        return self._database.read(counters.read_shares, job_id)

    def contacts_left(self, job_id: int) -> tuple[PendingContacts, ...]:
        """Return how many contacts of a job wait in each time zone."""
        return self._database.read(counters.read_pending, job_id)

    def dispositions(self, campaign_id: int, after_row_id: int, limit: int) -> tuple[DispositionRow, ...]:
        """Return the next dispositions of a campaign in the order they were saved, those above a row id."""
        return self._database.read(jobs.read_dispositions, campaign_id, after_row_id, limit)

    def dials(self, campaign_id: int, after: DialPlace, limit: int) -> tuple[DialRow, ...]:
        """Return the next dials of a campaign by job and time, those after a place."""
        return self._database.read(jobs.read_dials, campaign_id, after, limit)
