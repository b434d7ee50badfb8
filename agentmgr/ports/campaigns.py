"""Campaigns and their jobs: kept, moved from state to state, counted, exported."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from agentmgr.core.model import CampaignSpec, JobSpec, Priority
from protocol.enums import PacingType


class JobState(StrEnum):
    """The life of a job, as it is stored; `Finished` and `Stopped` are its ends.

    `Queued` is one that waits until the job before it is over.
    """

    Preparing = "preparing"
    Queued = "queued"
    Running = "running"
    Paused = "paused"
    Stopping = "stopping"
    Finished = "finished"
    Stopped = "stopped"


LIVE_JOB_STATES = (
    JobState.Preparing,
    JobState.Queued,
    JobState.Running,
    JobState.Paused,
    JobState.Stopping,
)
"""States of a job that is not over; of a campaign's such jobs one at most has started."""


@frozen
class JobStatus:
    """A job with its progress; times are epoch seconds, `callbacks` are those that its campaign waits for.

    With custom pacing there are `max_calls` at once at most.
    """

    job_id: int
    campaign: str
    zones: tuple[str, ...]
    state: JobState
    total: int
    done: int
    created_at: float
    ended_at: float | None
    callbacks: int = 0
    campaign_id: int = 0
    max_calls: int | None = None


@frozen
class JobEntry:
    """A job in a list of jobs; times are epoch seconds, `max_calls` None without custom pacing."""

    job_id: int
    campaign: str
    organisation: str
    state: JobState
    total: int
    created_at: float
    started_at: float | None
    ended_at: float | None
    max_calls: int | None = None


@frozen
class CodedAttempt:
    """An attempt that can be given a completion code."""

    attempt_id: str
    job_id: int


class Paced(StrEnum):
    """What came of saying how many calls of a job there may be."""

    SET = "set"
    OVER = "not under way"
    UNSERVED = "nobody works on it"
    NOT_CUSTOM = "no custom pacing"


@frozen
class Added:
    """What came of contacts that a job was to be given: `had` it has, `undialable` have no number.

    In another state than running or paused it was given none.
    """

    state: JobState
    added: int = 0
    had: int = 0
    undialable: int = 0


@frozen
class ShareStatus:
    """What one zone has of a job, and has done: contacts, and attempts as in a `JobTally`.

    `pending` contacts wait in the store for the zone, `in_work` are with it; a share that `has_ended` had
    nothing left.
    """

    zone: str
    has_ended: bool
    pending: int
    in_work: int
    done: int
    dials: int
    live_answers: int
    abandoned: int


@frozen
class CampaignOverview:
    """A campaign in a list of campaigns, with its latest job; without an organisation it is everybody's."""

    campaign_id: int
    name: str
    pacing: PacingType
    lists: tuple[str, ...]
    job: JobStatus | None
    organisation: str = ""


@frozen
class JobTally:
    """What a job has done: counts by attempt outcome and by completion code, the most frequent first.

    `dials` of the `attempts` were dialled, the others were only shown. What was `refused` before it was
    dialled, by the reason (on the do-not-call list, in work elsewhere, ...), is in none of them;
    `abandoned` of the `live_answers` found no agent in time; `stored` is the number of dispositions;
    `callbacks` are those that ended, by what became of them; `done` contacts that are done, by their last
    outcome.
    """

    attempts: int
    dials: int
    live_answers: int
    abandoned: int
    outcomes: tuple[tuple[str, int], ...]
    dispositions: tuple[tuple[str, int], ...]
    stored: int
    callbacks: tuple[tuple[str, int], ...] = ()
    refused: tuple[tuple[str, int], ...] = ()
    done: tuple[tuple[str, int], ...] = ()


@frozen
class PendingContacts:
    """How many contacts of a job wait in a time zone: never called yet, and for another try."""

    timezone: str
    fresh: int
    retries: int


@frozen
class DispositionRow:
    """A disposition with what it is about; times are epoch seconds, `row_id` rises in order of saving."""

    row_id: int
    attempt_id: str
    job_id: int
    contact_list: str
    user_contact_id: str
    number: str
    agent_id: str
    code_id: int
    code: str
    source: str
    outcome: str
    started_at: float
    answered_at: float | None
    saved_at: float


@frozen
class DialRow:
    """A dial with what came of it; times are epoch seconds, `code` is empty without a disposition.

    `session_id` is common to the dials of one session; `number_name` is that of the contact's number, or what
    the agent's desktop calls a number that was typed.
    """

    job_id: int
    attempt_id: str
    session_id: str
    contact_list: str
    user_contact_id: str
    number_name: str
    number: str
    dialed_at: float
    answered_at: float | None
    ended_at: float | None
    outcome: str
    agent_id: str
    contact_type: str
    code: str


@frozen
class DialPlace:
    """Where a dial stands in the order of a campaign's dials: by job, then by time."""

    job_id: int = 0
    dialed_at: float = 0.0
    attempt_id: str = ""


@frozen
class CampaignHistory:
    """What all jobs of a campaign have left; `callbacks` are those that customers still wait for."""

    jobs: int
    attempts: int
    dispositions: int
    callbacks: int


class CampaignStore(Protocol):
    """Campaigns."""

    def add_campaign(
        self, spec: CampaignSpec, list_ids: Sequence[int], now: float, by: str = ""
    ) -> CampaignSpec:
        """Store a campaign that somebody made and return it with its id and all known attributes."""
        ...

    def change_campaign(
        self, spec: CampaignSpec, list_ids: Sequence[int], now: float, by: str = "", *, while_it_runs: bool
    ) -> bool:
        """Write a campaign anew under its id, one version on; attributes stay as they are.

        False if it is not of the spec's version any more, or a job of it lives that must not; nothing was
        written then.
        """
        ...

    def lists_of(self, campaign_id: int) -> tuple[str, ...]:
        """Return the names of a campaign's contact lists."""
        ...

    def find_campaign(self, name: str) -> CampaignSpec | None:
        """Look a campaign up."""
        ...

    def campaigns(self) -> tuple[CampaignOverview, ...]:
        """Return all campaigns by name."""
        ...

    def history(self, campaign_id: int) -> CampaignHistory:
        """Count what the jobs of a campaign have left."""
        ...

    def delete_history(self, campaign_id: int, limit: int) -> int | None:
        """Delete what the jobs of a campaign have left, so many rows at most; return how many.

        0 once nothing is left; None if a job is not over, and nothing was deleted. From the first time on the
        campaign is being deleted, until it is gone, or a job of it is found that is not over.
        """
        ...

    def campaigns_being_deleted(self) -> tuple[int, ...]:
        """Return the campaigns that are being deleted, by id."""
        ...

    def delete_campaign(self, campaign_id: int) -> bool:
        """Delete a campaign with its jobs; False if one is not over, or has left something."""
        ...


class JobStore(Protocol):
    """Jobs, and what they have done."""

    def create_job(self, campaign_id: int, zones: Sequence[str], now: float) -> int:
        """Make an empty job in preparation, with a share in each zone, and return its id."""
        ...

    def fill_job(self, job_id: int, after_contact_id: int, limit: int) -> int | None:
        """Give a job in preparation the next contacts of its campaign's lists, those above an id.

        Returns the id to go on after; None once there are no more, or it is in preparation no more. Several
        may fill a job: each goes on after what it has.
        """
        ...

    def start_job(self, job_id: int, after_contact_id: int | None = None) -> JobSpec | None:
        """Let a prepared job run, or wait while another of its campaign does.

        It takes contacts that came meanwhile: those after the one up to which it was filled, if that is said.
        The transaction that ends a job lets the oldest run that waits for it. One that somebody else has
        started is returned as it is; None if it is over.
        """
        ...

    def jobs_in_preparation(self) -> tuple[tuple[int, int], ...]:
        """Return the jobs that are being filled, by id, and how many contacts each has."""
        ...

    def move_job(
        self, job_id: int, allowed: Iterable[JobState], state: JobState, ended_at: float | None = None
    ) -> bool:
        """Change a job's state if it is an allowed one; return whether it was.

        With `ended_at` the job is over: no zone may be working on it, and what is open is settled.
        """
        ...

    def stop_job(self, job_id: int, served: Iterable[str], now: float) -> JobState | None:
        """Let a job stop; return what it is then, `Stopping` or `Stopped`, None if it was over.

        Shares of zones that are neither among those `served` nor owned by a live manager end at once, with
        what is open in them; those of the others are ended by their zones.
        """
        ...

    def latest_job(self, campaign_id: int) -> JobStatus | None:
        """Return the job of a campaign that is under way, else the one that was created last."""
        ...

    def job(self, job_id: int) -> JobStatus | None:
        """Return a job; None if there is none of that id."""
        ...

    def list_jobs(
        self,
        campaign_id: int | None,
        states: Iterable[JobState],
        after: int,
        limit: int,
        organisation: str = "",
    ) -> tuple[JobEntry, ...]:
        """Return the next jobs of a campaign, or of all that an organisation sees, in some states, by id."""
        ...

    def attempt_of(self, session_id: str) -> CodedAttempt | None:
        """Return the latest attempt of a session; None if there is none."""
        ...

    def put_code(self, attempt_id: str, code_id: int, now: float) -> bool:
        """Give an attempt a completion code from outside; False if there is no such attempt any more.

        It replaces what was there, and what an agent says later replaces it.
        """
        ...

    def set_max_calls(self, job_id: int, count: int, served: Iterable[str]) -> Paced:
        """Let a job with custom pacing have so many calls at once at most, over all its zones.

        Refused if none of its zones is among those `served` or owned by a live manager. One that fell is in
        force when no zone is behind.
        """
        ...

    def zones_behind(self, job_id: int, served: Iterable[str]) -> tuple[str, ...]:
        """Return the zones that may begin more calls of a job than they are granted: they have not heard.

        Of those `served` or owned by a live manager; nobody calls in the others.
        """
        ...

    def add_contacts(self, job_id: int, contact_ids: Sequence[int], priority: Priority) -> Added:
        """Give a job that runs or is paused some contacts."""
        ...

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
        """Give it the next contacts of a list, those above an id; with the last ones the list is one of its.

        Args:
            job_id: the job.
            list_id: the list.
            after: the id.
            limit: how many at most.
            priority: of all of them.
            has_added: whether some were added before.
            filtered: whether only those are wanted that the campaign's filter lets through.

        Returns:
            what came of them, and the id to go on after, None once there are no more.
        """
        ...

    def has_list(self, job_id: int, list_id: int) -> bool:
        """Return whether a list is one of a job's: what comes into it comes into the job."""
        ...

    def archive_contacts(self, job_id: int, after_contact_id: int, limit: int) -> tuple[int, int | None]:
        """Move those out of a job that are done, among its next contacts.

        Returns how many were, and the id to go on after; None once there are no more. They count among what
        the job has done and can be added again.
        """
        ...

    def tally(self, job_id: int) -> JobTally:
        """Count what a job has done."""
        ...

    def shares(self, job_id: int) -> tuple[ShareStatus, ...]:
        """Return what each zone has of a job and has done, by zone."""
        ...

    def contacts_left(self, job_id: int) -> tuple[PendingContacts, ...]:
        """Return how many contacts of a job wait in each time zone, by its name; some rows at any size."""
        ...

    def dispositions(self, campaign_id: int, after_row_id: int, limit: int) -> tuple[DispositionRow, ...]:
        """Return the next dispositions of a campaign in the order they were saved, those above a row id."""
        ...

    def dials(self, campaign_id: int, after: DialPlace, limit: int) -> tuple[DialRow, ...]:
        """Return the next dials of a campaign by job and time, those after a place."""
        ...
