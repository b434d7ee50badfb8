"""Which agent gets the next contact: skill first, then the highest level, then the longest idle.

An agent whom a callback is promised to comes last: the callback is due in a moment.
"""

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from itertools import count

from attrs import define, field

from agentmgr.core.agent import Agent
from agentmgr.core.model import CampaignSpec

_tickets = count(1)


@define(eq=False)
class IdleAgents:
    """The idle agents of a job in routing order.

    Adding, removing and taking cost O(log n); removed agents stay in the heap until they surface or
    outnumber the others. Beside that all who have no callback promised, and are not placed here by a
    supervisor, are found by each of their skills and their organisation.
    """

    skill: str
    _heap: list[tuple[bool, int, float, int, Agent]] = field(factory=list)
    _present: int = 0
    _by_skill: dict[str, dict[str, dict[int, dict[str, Agent]]]] = field(factory=dict)
    _listed: dict[str, Mapping[str, int]] = field(factory=dict)

    def __len__(self) -> int:
        return self._present

    def __contains__(self, agent: Agent) -> bool:
        return agent.idle_ticket != 0

    def add(self, agent: Agent, idle_since: float) -> None:
        """Queue an agent; one that is queued already keeps its place."""
        if agent.idle_ticket:
            return
        agent.idle_ticket = next(_tickets)
        self._present += 1
        promised, level = agent.pending_callback is not None, agent.skills.get(self.skill, 0)
        heappush(self._heap, (promised, -level, idle_since, agent.idle_ticket, agent))
        if not promised and agent.placed_in is None:
            self._list(agent)

    def remove(self, agent: Agent) -> None:
        """Take an agent out; one that is not queued does no harm."""
        if not agent.idle_ticket:
            return
        agent.idle_ticket = 0
        self._present -= 1
        self._unlist(agent)
        if len(self._heap) > 2 * self._present + 64:
            self._heap = [entry for entry in self._heap if entry[4].idle_ticket == entry[3]]
            heapify(self._heap)

    def requeue(self, agent: Agent, idle_since: float) -> None:
        """Give an agent that is queued the place it deserves now."""
        if agent.idle_ticket:
            self.remove(agent)
            self.add(agent, idle_since)

    def peek(self) -> Agent | None:
        """Return the agent whose turn it is without taking it."""
        while self._heap:
            *_, ticket, agent = self._heap[0]
            if agent.idle_ticket == ticket:
                return agent
            heappop(self._heap)
        return None

    def keep(self, agents: Iterable[Agent]) -> None:
        """Count anew: of those queued, keep who is among `agents` and may take a contact."""
        able = {agent for agent in agents if agent.can_take_contact}
        queued = [entry for entry in self._heap if entry[4].idle_ticket == entry[3]]
        for *_, agent in queued:
            agent.idle_ticket = agent.idle_ticket if agent in able else 0
        self._heap = [entry for entry in queued if entry[4] in able]
        heapify(self._heap)
        self._present = len(self._heap)
        for agent in able.difference(entry[4] for entry in self._heap):
            agent.idle_ticket = 0
        self._by_skill.clear()
        self._listed.clear()
        for *_, agent in sorted(self._heap):
            if agent.pending_callback is None and agent.placed_in is None:
                self._list(agent)

    def take(self) -> Agent | None:
        """Take the agent whose turn it is; None if nobody is idle."""
        while self._heap:
            *_, ticket, agent = heappop(self._heap)
            if agent.idle_ticket == ticket:
                agent.idle_ticket = 0
                self._present -= 1
                self._unlist(agent)
                return agent
        return None

    def find(self, campaign: CampaignSpec) -> Agent | None:
        """Return who is best for another job: the highest level of its skill, then the longest idle.

        Of several organisations those come first that work for one alone.
        """
        there = self._by_skill.get(campaign.skill)
        if there is None:
            return None
        own = campaign.organisation
        found, best = None, campaign.min_skill_level - 1
        for organisation in (own, "") if own else sorted(there, reverse=True):
            levels = there.get(organisation)
            if levels and (level := max(levels)) > best:
                found, best = next(iter(levels[level].values())), level
        return found

    def _list(self, agent: Agent) -> None:
        self._listed[agent.agent_id] = agent.skills
        for skill, level in agent.skills.items():
            there = self._by_skill.setdefault(skill, {}).setdefault(agent.spec.organisation, {})
            there.setdefault(level, {})[agent.agent_id] = agent

    def _unlist(self, agent: Agent) -> None:
        for skill, level in self._listed.pop(agent.agent_id, {}).items():
            levels = self._by_skill[skill][agent.spec.organisation]
            del levels[level][agent.agent_id]
            if not levels[level]:
                del levels[level]
