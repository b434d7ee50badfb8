"""What a zone looks like from outside, for any number of readers: a snapshot, then numbered changes.

A reader is told what has changed since it looked last, however often it changed meanwhile; nobody waits for
a reader. One that is so far behind that telling everything is less gets a new snapshot. What is told is the
state when the reader looks, which may be a commit ahead of what desktops were told.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from attrs import define, field, frozen

from agentmgr.core.agent import Agent
from agentmgr.core.floor import Floor
from agentmgr.core.job import Callback, Job
from agentmgr.core.outbox import Thing
from agentmgr.core.states import CallbackPhase
from agentmgr.core.stats import ZoneStats
from agentmgr.ports import AgentView, JobView
from agentmgr.runtime.doorbell import Doorbell

MAX_CHANGES = 10_000
"""With more things changed than these since it looked last, a reader gets a new snapshot."""


@frozen
class CallbackView:
    """A callback that a job has to deliver; `due_at` in epoch seconds, `agent_id` whom it is promised to."""

    callback_id: str
    job_id: int
    phase: CallbackPhase
    due_at: float
    agent_id: str | None


@frozen
class Update:
    """What a reader did not know yet: a thing by its id, None if it is gone.

    Attributes:
        number: 1 for a reader's first, one more each time.
        is_snapshot: all there is; what is not in it does not exist.
        stats: the zone's own counters, alive; not to be changed.
    """

    number: int
    is_snapshot: bool
    agents: Mapping[str, AgentView | None]
    jobs: Mapping[int, JobView | None]
    callbacks: Mapping[str, CallbackView | None]
    stats: ZoneStats


@define(eq=False)
class Reader:
    """One who follows a zone; made by `Feed.open`."""

    _floor: Floor
    _max_changes: int
    _changed: dict[Thing, None] = field(factory=dict, init=False)
    _number: int = field(default=0, init=False)
    _needs_snapshot: bool = True
    _bell: Doorbell = field(factory=Doorbell, init=False)

    def take(self) -> Update:
        """Return what changed since the last time, which may be nothing; at once."""
        self._number += 1
        whole, changed = self._needs_snapshot, self._changed
        self._needs_snapshot, self._changed = False, {}
        floor = self._floor
        if whole:
            callbacks = [each for job in floor.jobs.values() for each in job.callbacks.values()]
            changed = dict.fromkeys((*floor.agents.values(), *floor.jobs.values(), *callbacks))
        agents: dict[str, AgentView | None] = {}
        jobs: dict[int, JobView | None] = {}
        waiting: dict[str, CallbackView | None] = {}
        for thing in changed:
            match thing:
                case Agent():
                    agents[thing.agent_id] = see_agent(floor.agents.get(thing.agent_id))
                case Job():
                    jobs[thing.job_id] = see_job(floor.jobs.get(thing.job_id))
                case Callback():
                    callback_id = thing.spec.callback_id
                    waiting[callback_id] = _see_callback(thing.job.callbacks.get(callback_id))
        return Update(self._number, whole, agents, jobs, waiting, floor.stats)

    async def next(self) -> Update:
        """Wait until something has changed, then as `take`."""
        while not self._needs_snapshot and not self._changed:
            await self._bell.wait()
        return self.take()

    def note(self, changed: Iterable[Thing]) -> None:
        """Note what changed; for the feed."""
        if self._needs_snapshot:
            return
        self._changed.update(dict.fromkeys(changed))
        if len(self._changed) > self._max_changes:
            self._needs_snapshot, self._changed = True, {}
        self._bell.ring()


class Feed:
    """Hands on what changes in a zone; costs nothing while nobody reads.

    Attributes:
        readers: who reads; to be read only.
    """

    def __init__(self, floor: Floor, max_changes: int = MAX_CHANGES) -> None:
        self.readers: list[Reader] = []
        self._floor = floor
        self._max_changes = max_changes

    @contextmanager
    def open(self, *, from_now: bool = False) -> Iterator[Reader]:
        """Follow the zone while the block runs; the first update is a snapshot.

        With `from_now` it is what changed since: for who looks at all there is by itself, after this.
        """
        reader = Reader(self._floor, self._max_changes, not from_now)
        self.readers.append(reader)
        try:
            yield reader
        finally:
            self.readers.remove(reader)

    def note(self, changed: Iterable[Thing]) -> None:
        """Tell all readers that these have changed."""
        for reader in self.readers:
            reader.note(changed)


def see_agent(agent: Agent | None) -> AgentView | None:
    """Return an agent as seen from outside; None if there is none."""
    if agent is None:
        return None
    return AgentView(
        agent.agent_id,
        agent.spec.name,
        agent.agent_state,
        agent.call_state,
        agent.nailup_status,
        agent.reason_code,
        agent.is_away,
        agent.leaving,
        agent.blend,
        agent.job.job_id if agent.job is not None else None,
        agent.session.sid if agent.session is not None else None,
        is_silent=agent.is_probed,
        campaign=agent.job.campaign.name if agent.job is not None else "",
        contact=agent.session.contact.user_contact_id if agent.session is not None else "",
        placed_in=agent.placed_in.campaign.name if agent.placed_in is not None else "",
        since=agent.since,
        talking_since=agent.talking_since,
        day=agent.today.day,
        calls=agent.today.calls,
        talk_s=agent.today.talk_s,
        walk_aways=agent.today.walk_aways,
        organisation=agent.spec.organisation,
    )


def see_job(job: Job | None) -> JobView | None:
    """Return a job as seen from outside; None if there is none."""
    if job is None:
        return None
    return JobView(
        job.job_id,
        job.campaign.name,
        job.paused,
        job.stopping,
        job.total,
        job.done,
        len(job.agents),
        len(job.idle),
        job.busy,
        len(job.ringing),
        len(job.waiting),
        job.done_here,
        job.campaign.organisation,
    )


def _see_callback(callback: Callback | None) -> CallbackView | None:
    if callback is None:
        return None
    agent_id = callback.agent.agent_id if callback.agent is not None else None
    return CallbackView(
        callback.spec.callback_id, callback.job.job_id, callback.phase, callback.spec.due_at, agent_id
    )
