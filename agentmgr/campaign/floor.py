"""The floor: who is logged on and what they do, and what a supervisor wants of them."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing

from attrs import evolve, frozen

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.wishes import LogOff, Outcome, TakeBreak, Wish, WorkIn
from agentmgr.ports import LIVE_JOB_STATES, AgentView, JobFacts, ZoneUpdate
from agentmgr.text import fault_of
from protocol.enums import AgentState, CallState

AWAY, SILENT, LEAVING = "Away", "Silent", "Leaving"
STATES = (*AgentState, *CallState, AWAY, SILENT, LEAVING)
"""What agents can be looked for by: a state of theirs, or what the desktop is."""

MAX_REASON_CHARACTERS = 50


@frozen
class AgentOnFloor:
    """An agent in its zone, seen at `at`, epoch seconds."""

    zone: str
    at: float
    agent: AgentView


@frozen
class Wished:
    """What came of a wish about an agent; the zone is empty for one who is logged on in none."""

    agent_id: str
    zone: str
    outcome: Outcome


class FloorService(Service):
    """What goes on in the zones that are served here.

    All raise ServiceError: no server serves the zone that is meant.
    """

    def agents(self, zone: str = "", state: str = "", campaign: str = "") -> Iterator[AgentOnFloor]:
        """Yield the agents who are logged on, by zone and id; only those that are meant.

        Args:
            zone: where they are; empty is everywhere.
            state: one of `STATES`, however it is written; empty is any.
            campaign: what they work in, or are placed in; empty is any.

        Raises:
            ServiceError: there is no such state.
        """
        wanted = {each.casefold(): each for each in STATES}
        if state and state.casefold() not in wanted:
            raise ServiceError(
                Cause.BAD_VALUE, f"state: found {state}; allowed: {', '.join(dict.fromkeys(STATES))}"
            )
        return self._agents(self._zones(zone), wanted.get(state.casefold(), ""), campaign)

    def _agents(self, zones: Sequence[str], state: str, campaign: str) -> Iterator[AgentOnFloor]:
        for name in zones:
            view = self._at.floors.look(name)
            if view is None:
                continue
            seen = [each for each in view.agents if self._caller.may_see(each.organisation)]
            for agent in sorted(seen, key=lambda agent: agent.agent_id):
                agent = self._shown(agent, view.jobs)
                if state and state not in _states_of(agent):
                    continue
                if campaign and campaign not in (agent.campaign, agent.placed_in):
                    continue
                yield AgentOnFloor(name, view.at, agent.on_day(view.day, view.at))

    def follow(self, zone: str = "") -> AsyncIterator[Sequence[ZoneUpdate]]:
        """Yield what is new in a zone, or in all, some times a second; for trio's thread."""
        if not self._caller.organisation:
            return self._at.floors.follow(zone)
        return self._follow_own(zone)

    async def _follow_own(self, zone: str) -> AsyncIterator[Sequence[ZoneUpdate]]:
        async with aclosing(self._at.floors.follow(zone)) as followed:  # type: ignore[type-var]  # a generator
            async for updates in followed:
                yield [self._own_of(update) for update in updates]

    def _own_of(self, update: ZoneUpdate) -> ZoneUpdate:
        """Leave out who and what belongs to others; everybody's agents may work for them."""
        jobs = update.look.jobs if update.look is not None else ()
        agents = {
            agent_id: agent and self._shown(agent, jobs)
            for agent_id, agent in update.agents.items()
            if agent is None or self._caller.may_see(agent.organisation)
        }
        own = [facts for facts in jobs if self._caller.may_see(facts.view.organisation)]
        look = update.look and evolve(update.look, jobs=own)
        return evolve(update, agents=agents, look=look)

    def _shown(self, agent: AgentView, jobs: Sequence[JobFacts]) -> AgentView:
        foreign = {each.view.campaign for each in jobs if not self._caller.may_see(each.view.organisation)}
        if agent.placed_in in foreign:
            agent = evolve(agent, placed_in="")
        return evolve(agent, campaign="", contact="") if agent.campaign in foreign else agent

    def log_off(self, agent_ids: Sequence[str], *, now: bool = False, zone: str = "") -> Sequence[Wished]:
        """Log agents off when nothing is on, or at once; return what came of it for each."""
        return self._wish(agent_ids, LogOff(now), zone)

    def take_break(
        self, agent_ids: Sequence[str], reason_code: str, reason_name: str = "", zone: str = ""
    ) -> Sequence[Wished]:
        """Let agents be NotReady with a reason, those with a contact after it.

        Raises:
            ServiceError: the reason is of no use.
        """
        for what, text in (("reason", reason_code), ("name of the reason", reason_name)):
            fault = fault_of(text)
            if fault or len(text) > MAX_REASON_CHARACTERS:
                raise ServiceError(
                    Cause.BAD_VALUE,
                    f"{what}: {fault or 'is too long'}; allowed: up to {MAX_REASON_CHARACTERS} characters",
                )
        return self._wish(agent_ids, TakeBreak(reason_code, reason_name), zone)

    def move(self, agent_ids: Sequence[str], campaign: str | None, zone: str = "") -> Sequence[Wished]:
        """Let agents work in a campaign while its job runs; with None where they are needed.

        Raises:
            ServiceError: there is no such campaign, or it does not run.
        """
        if campaign is None:
            return self._wish(agent_ids, WorkIn(None), zone)
        found = self.find_campaign(campaign)
        job = self._at.store.latest_job(found.campaign_id)
        if job is None or job.state not in LIVE_JOB_STATES:
            raise ServiceError(
                Cause.NOT_RUNNING,
                f"campaign {campaign}: {f'is {job.state}' if job else 'was never run'}; run it first",
            )
        return self._wish(agent_ids, WorkIn(job.job_id), zone)

    def _wish(self, agent_ids: Sequence[str], wish: Wish, zone: str) -> Sequence[Wished]:
        zones, agent_ids = self._zones(zone), tuple(dict.fromkeys(agent_ids))
        where = self._at.floors.where([each for each in agent_ids if self._is_visible(each)])
        found: dict[tuple[str, str], Outcome] = {}
        for name in zones:
            there = [agent_id for agent_id in agent_ids if name in where.get(agent_id, ())]
            if there:
                outcomes = self._at.floors.wish(name, [(agent_id, wish) for agent_id in there])
                found.update(zip(((agent_id, name) for agent_id in there), outcomes, strict=True))
        return [
            Wished(agent_id, name, found.get((agent_id, name), Outcome.NOT_LOGGED_ON))
            for agent_id in agent_ids
            for name in [each for each in zones if (agent_id, each) in found] or [""]
        ]

    def _is_visible(self, agent_id: str) -> bool:
        if not self._caller.organisation:
            return True
        login = self._at.store.find_agent(agent_id)
        return login is not None and self._caller.may_see(login.agent.organisation)

    def _zones(self, zone: str) -> Sequence[str]:
        """Return the zones that are meant, all of which are served here."""
        states = self._at.floors.states()
        if not states:
            raise ServiceError(
                Cause.NOT_SERVED,
                "no server is running here, and without one nobody is logged on; agentmgr serve starts it",
            )
        served = [name for name, state in states.items() if state in ("ok", "ending")]
        if zone and zone not in served:
            how = f"is {states[zone]}" if zone in states else "is not served here"
            raise ServiceError(
                Cause.NOT_SERVED, f"zone {zone}: {how}; there are: {', '.join(sorted(served)) or 'none'}"
            )
        return [zone] if zone else sorted(served)


def _states_of(agent: AgentView) -> set[str]:
    more = {AWAY: agent.is_away, SILENT: agent.is_silent, LEAVING: agent.is_leaving}
    return {agent.agent_state, agent.call_state, *(name for name, is_so in more.items() if is_so)}
