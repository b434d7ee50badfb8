"""The zones of a host as supervisors see them from worker threads."""

from collections.abc import Mapping, Sequence

import trio

from agentmgr.core.wishes import Outcome, Wish
from agentmgr.ports import AgentView, ZoneView
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.feed import see_agent, see_job
from agentmgr.runtime.host import HostedZone, ZoneHost

AT_A_TIME = 100
"""So many agents are looked at in a row; whoever waits for trio's thread comes in between."""


class HostedFloors:
    """Implements `Floors` for the zones of this process."""

    def __init__(self, host: ZoneHost, clock: Clock) -> None:
        self._host = host
        self._clock = clock

    def states(self) -> Mapping[str, str]:
        return trio.from_thread.run_sync(lambda: dict(self._host.states))

    def look(self, zone: str) -> ZoneView | None:
        return trio.from_thread.run(self._look, zone)

    def where(self, agent_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return trio.from_thread.run_sync(self._where, agent_ids)

    def wish(self, zone: str, wishes: Sequence[tuple[str, Wish]]) -> Sequence[Outcome]:
        return trio.from_thread.run(self._wish, zone, wishes)

    async def _look(self, zone: str) -> ZoneView | None:
        hosted = self._host.zones.get(zone)
        if hosted is None:
            return None
        floor = hosted.zone
        views: list[AgentView] = []
        for number, agent_id in enumerate(list(floor.agents), 1):
            view = see_agent(floor.agents.get(agent_id))
            if view is not None:
                views.append(view)
            if number % AT_A_TIME == 0:
                await trio.lowlevel.checkpoint()
        jobs = [seen for job in floor.jobs.values() if (seen := see_job(job)) is not None]
        now = self._clock.now()
        return ZoneView(zone, now, floor.stats.days.day(now), views, jobs)

    def _where(self, agent_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        zones: Sequence[HostedZone] = tuple(self._host.zones.values())
        return {
            agent_id: [each.name for each in zones if agent_id in each.zone.agents] for agent_id in agent_ids
        }

    async def _wish(self, zone: str, wishes: Sequence[tuple[str, Wish]]) -> Sequence[Outcome]:
        hosted = self._host.zones.get(zone)
        if hosted is None:
            return [Outcome.ZONE_ENDED for _ in wishes]
        return await hosted.runner.wishes.ask(wishes)
