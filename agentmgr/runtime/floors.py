"""The zones of a host as supervisors see them from worker threads."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack

import trio
from attrs import evolve, frozen

from agentmgr.core.agent import Agent, Blend
from agentmgr.core.floor import Floor
from agentmgr.core.job import Job
from agentmgr.core.wishes import Outcome, Wish
from agentmgr.ports import AgentView, JobFacts, ZoneHealth, ZoneUpdate, ZoneView
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.feed import Reader, see_agent, see_job
from agentmgr.runtime.host import HostedZone, ZoneHost
from protocol.enums import AgentState

UPDATE_INTERVAL_S = 0.1
"""How often whoever follows the zones is told which agents have changed."""
LOOK_INTERVAL_S = 1.0
"""How often jobs are looked at for them, which takes a look at every agent."""

AT_A_TIME = 100
"""So many agents are looked at in a row; whoever waits for trio's thread comes in between."""


class HostedFloors:
    """Implements `Floors` for the zones of this process."""

    def __init__(self, host: ZoneHost, clock: Clock) -> None:
        self._host = host
        self._clock = clock

    def states(self) -> Mapping[str, str]:
        return trio.from_thread.run_sync(lambda: dict(self._host.states))

    def health(self) -> Mapping[str, ZoneHealth]:
        return trio.from_thread.run_sync(self._health)

    def look(self, zone: str) -> ZoneView | None:
        return trio.from_thread.run(self._look, zone)

    def agents_in(self, zone: str) -> int | None:
        return trio.from_thread.run_sync(self._agents_in, zone)

    def where(self, agent_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return trio.from_thread.run_sync(self._where, agent_ids)

    def jobs_of(self, agent_id: str) -> Sequence[int] | None:
        return trio.from_thread.run_sync(self._jobs_of, agent_id)

    def wish(self, zone: str, wishes: Sequence[tuple[str, Wish]]) -> Sequence[Outcome]:
        return trio.from_thread.run(self._wish, zone, wishes)

    def _health(self) -> Mapping[str, ZoneHealth]:
        found = {}
        for name, state in self._host.states.items():
            hosted = self._host.zones.get(name)
            found[name] = (
                ZoneHealth(state, hosted.zone.telephony_is_down, hosted.runner.commits_waiting)
                if hosted is not None
                else ZoneHealth(state)
            )
        return found

    def _agents_in(self, zone: str) -> int | None:
        hosted = self._host.zones.get(zone)
        return len(hosted.zone.agents) if hosted is not None else None

    async def _look(self, zone: str) -> ZoneView | None:
        hosted = self._host.zones.get(zone)
        return await _look(hosted, self._clock.now()) if hosted is not None else None

    async def follow(self, zone: str) -> AsyncIterator[Sequence[ZoneUpdate]]:
        with ExitStack() as readers:
            followed: dict[str, _Followed] = {}
            while True:
                updates = []
                for name, state in dict(self._host.states).items():
                    if zone in ("", name):
                        one = followed.setdefault(name, _Followed(name, readers))
                        updates.append(await one.take(state, self._host.zones.get(name), self._clock.now()))
                yield updates
                await trio.sleep(UPDATE_INTERVAL_S)

    def _where(self, agent_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        zones: Sequence[HostedZone] = tuple(self._host.zones.values())
        return {
            agent_id: [each.name for each in zones if agent_id in each.zone.agents] for agent_id in agent_ids
        }

    def _jobs_of(self, agent_id: str) -> Sequence[int] | None:
        zones: Sequence[HostedZone] = tuple(self._host.zones.values())
        found = [each.zone.agents[agent_id] for each in zones if agent_id in each.zone.agents]
        return [agent.job.job_id for agent in found if agent.job is not None] if found else None

    async def _wish(self, zone: str, wishes: Sequence[tuple[str, Wish]]) -> Sequence[Outcome]:
        hosted = self._host.zones.get(zone)
        if hosted is None:
            return [Outcome.ZONE_ENDED for _ in wishes]
        return await hosted.runner.wishes.ask(wishes)


class _Followed:
    """One zone that is followed through its openings."""

    def __init__(self, zone: str, readers: ExitStack) -> None:
        self._zone = zone
        self._readers = readers
        self._hosted: HostedZone | None = None
        self._reader: Reader | None = None
        self._seen: ZoneView | None = None
        self._look_at = 0.0

    async def take(self, state: str, hosted: HostedZone | None, now: float) -> ZoneUpdate:
        if hosted is None:
            self._hosted = None
            return ZoneUpdate(self._zone, state, is_snapshot=True, agents={}, look=None)
        is_new = hosted is not self._hosted
        if is_new or self._reader is None:
            self._hosted = hosted
            self._reader = self._readers.enter_context(hosted.feed.open(from_now=True))
        whole: Sequence[AgentView] = ()
        is_looked = is_new or self._seen is None or trio.current_time() >= self._look_at
        if is_looked or self._seen is None:
            # all that is there in portions, what changes meanwhile is with the reader
            seen = await _look(hosted, now, with_agents=is_new)
            whole, self._seen = seen.agents, evolve(seen, agents=())
            self._look_at = trio.current_time() + LOOK_INTERVAL_S
        update = self._reader.take()
        agents = {agent.agent_id: agent for agent in whole} | dict(update.agents)
        look = evolve(self._seen, at=now)
        return ZoneUpdate(self._zone, state, is_new or update.is_snapshot, agents, look, is_looked)


async def _look(hosted: HostedZone, now: float, *, with_agents: bool = True) -> ZoneView:
    """Return what is in a zone at `now`, epoch seconds; others get their turns meanwhile."""
    floor = hosted.zone
    views: list[AgentView] = []
    tally = _Tally(list(floor.jobs.values()))
    for number, agent_id in enumerate(list(floor.agents), 1):
        agent = floor.agents.get(agent_id)
        if agent is not None:
            tally.count(agent)
        if with_agents and (view := see_agent(agent)) is not None:
            views.append(view)
        if number % AT_A_TIME == 0:
            await trio.lowlevel.checkpoint()
    return ZoneView(
        hosted.name,
        now,
        floor.stats.days.day(now),
        views,
        [facts_of(job, floor.out.steady, tally.of(job)) for job in floor.jobs.values() if job in tally],
        telephony_is_down=floor.telephony_is_down,
        is_ending=floor.closing,
        commits_wait=hosted.runner.commits_waiting,
    )


class _Tally:
    """Counts for each job the agents who have its skill, by why they do not work for it.

    Jobs that want the same are counted together, so that each agent is looked at once, whatever runs.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._wanted: dict[str, dict[int, Counter[str]]] = {}
        self._own: dict[int, Counter[str]] = {job.job_id: Counter() for job in jobs}
        for job in jobs:
            levels = self._wanted.setdefault(job.campaign.skill, {})
            levels.setdefault(job.campaign.min_skill_level, Counter())

    def __contains__(self, job: Job) -> bool:
        return job.job_id in self._own

    def count(self, agent: Agent) -> None:
        job, own = agent.job, _own_reason(agent)
        elsewhere = own if job is None else "elsewhere"
        for skill, level in agent.skills.items():
            for least, counts in self._wanted.get(skill, _NOBODY).items():
                if level >= least:
                    counts["skilled"] += 1
                    counts[elsewhere] += 1
        if job is not None and job in self and job.accepts(agent):
            self._own[job.job_id][own] += 1
            self._own[job.job_id]["elsewhere"] -= 1

    def of(self, job: Job) -> Mapping[str, int]:
        """Return how many agents there are for a job under each reason."""
        together = self._wanted[job.campaign.skill][job.campaign.min_skill_level]
        own = self._own[job.job_id]
        return {reason: together[reason] + own[reason] for reason in REASONS}


_NOBODY: Mapping[int, Counter[str]] = {}


def _own_reason(agent: Agent) -> str:
    """Return under which reason an agent does not work for its job, or for any; `here` if it does."""
    if agent.is_away:
        return "away"
    if agent.blend is not Blend.OUTBOUND:
        return "inbound"
    if agent.is_free and (agent.agent_state is not AgentState.Ready or agent.leaving):
        return "on_break"
    return "here" if agent.is_nailed and agent.job is not None else "unnailed"


def facts_of(job: Job, steady: float, agents: Mapping[str, int]) -> JobFacts:
    """Return a job as it is, with how many agents there are for it."""
    view = see_job(job)
    assert view is not None, "there is a job"
    dials, answers, abandoned = job.counts.rates(steady)
    return JobFacts(
        view,
        pacing=job.campaign.pacing,
        skill=job.campaign.skill,
        min_level=job.campaign.min_skill_level,
        abandon_limit=job.campaign.abandon_limit,
        max_calls_per_agent=job.campaign.max_calls_per_agent,
        on_hand=len(job.contacts),
        on_hand_fresh=sum(not contact.due_at for contact in job.contacts),
        in_work=len(job.sessions),
        callbacks=len(job.callbacks),
        is_fetching=job.fetching,
        next_due_at=job.next_due_at,
        dials=job.counts.dials,
        answers=job.estimates.live_answers,
        abandoned=job.estimates.abandoned,
        may_risk=job.estimates.may_risk_abandon,
        dials_a_minute=dials,
        answers_a_minute=answers,
        abandoned_a_minute=abandoned,
        **agents,
    )


@frozen
class JobNumbers:
    """Implements `CampaignNumbers` at one moment."""

    name: str
    dials: int
    answers: int
    abandoned: int
    agents_by_state: Mapping[str, int]
    lines_by_state: Mapping[str, int]
    total: int
    done: int
    done_here: int


def numbers_of_jobs(floor: Floor) -> Iterator[JobNumbers]:
    """Yield what each job of a zone is at; reads single numbers alone, so any thread may ask."""
    for job in list(floor.jobs.values()):
        idle, busy = len(job.idle), job.busy
        yield JobNumbers(
            job.campaign.name,
            job.counts.dials,
            job.counts.answers,
            job.counts.abandoned,
            {"idle": idle, "busy": busy, "other": max(0, len(job.agents) - idle - busy)},
            {"ringing": len(job.ringing), "waiting": len(job.waiting)},
            job.total,
            job.done,
            job.done_here,
        )


REASONS = ("skilled", "elsewhere", "away", "on_break", "inbound", "unnailed")
