"""Which of the running jobs an agent belongs to who has nothing to do: the one that needs it most.

A job needs agents for the contacts that it has on hand and for its lines in the air. Of those that do, the
higher priority comes first; of equals, the one with fewer agents, by at least two, so that a move does not
call for the move back. An agent leaves a job that has nothing to do for it only for something that is there
to be done, and no agent leaves whom a line in the air is meant for: a job that others have a better claim
to dials no more than it must until its lines are over.
"""

from collections.abc import Iterator

from agentmgr.core.agent import Agent
from agentmgr.core.floor import Floor
from agentmgr.core.job import Job
from agentmgr.core.nailer import Nailer

TURN_S = 300.0
"""After how long a job without anybody gets an agent of another one of its priority that has but one."""


class Sharing:
    """Moves agents between the jobs of a zone."""

    def __init__(self, floor: Floor, nailer: Nailer) -> None:
        self._floor = floor
        self._out = floor.out
        self._nailer = nailer

    def better_job(self, agent: Agent) -> Job | None:
        """Return the job that a free agent shall go to; None if it stays where it is."""
        own = agent.job
        if own is None or self._floor.is_halted:
            return None
        others = (job for job in self._floor.jobs_for(agent) if job is not own and job.lacks > 0)
        best = min(others, key=lambda job: (-job.campaign.priority, job.staff), default=None)
        if best is None:
            return None
        is_queued = agent.idle_ticket != 0
        if own.spare - is_queued < 0:  # a line in the air is meant for it
            self._ask(own, best)
            return None
        return None if self._has_work(own, is_queued) and not self._outranks(best, own) else best

    def call_in(self, job: Job) -> Iterator[Agent]:
        """Move idle agents of other jobs to one that lacks agents; yields each to be employed."""
        self._note_staff(job)
        if job.lacks <= 0 or self._floor.is_halted:
            return
        for other in list(self._floor.jobs.values()):
            if len(other.idle) and other is not job:
                yield from self._move(other, job)

    def give_way(self, job: Job) -> Iterator[Agent]:
        """Move idle agents of a job to the one that it yields to; yields each to be employed."""
        other = job.yields_to
        if other is None:
            return
        if self._out.steady >= job.yields_until or other.lacks <= 0:
            job.yields_to = None
        elif not self._floor.is_halted:
            yield from self._move(job, other)

    def _move(self, job: Job, to: Job) -> Iterator[Agent]:
        """Move as many idle agents as the one job can spare and the other one can use."""
        while to.lacks > 0:
            is_needed = job.spare <= 0 or self._has_work(job, is_queued=True)
            if is_needed and not self._outranks(to, job):
                return
            agent = job.idle.find(to.campaign)
            if agent is None:
                return
            if job.spare <= 0:
                self._ask(job, to)
                return
            self._nailer.transfer(agent, to)
            yield agent

    def _has_work(self, job: Job, is_queued: bool) -> bool:
        """Whether a job has something to do for one of its agents, or may have it in a moment.

        Args:
            job: whose the agent is.
            is_queued: whether the agent is counted among its idle ones.
        """
        if not job.is_running:
            return False
        is_due = job.next_due_at is not None and job.next_due_at <= self._out.now
        return job.fetching or is_due or job.undone + is_queued > 0

    def _outranks(self, other: Job, job: Job) -> bool:
        """Whether a job has a better claim to an agent of another one, while both have something to do."""
        if not job.is_running:
            return True
        if other.campaign.priority != job.campaign.priority:
            return other.campaign.priority > job.campaign.priority
        if other.staff + 1 < job.staff:
            return True
        since = other.unstaffed_at
        return since is not None and not other.staff and self._out.steady - since >= TURN_S

    def _ask(self, job: Job, other: Job) -> None:
        """Let a job whose agents all have lines in the air give way, if the other one's claim is better."""
        if self._outranks(other, job):
            job.yields_to = other
            job.yields_until = self._out.steady + job.campaign.ring_time_s

    def _note_staff(self, job: Job) -> None:
        if job.lacks <= 0 or job.staff:
            job.unstaffed_at = None
        elif job.unstaffed_at is None:
            job.unstaffed_at = self._out.steady
