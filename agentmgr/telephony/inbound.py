"""An inbound queue that is simulated: customers who call in, wait for an agent, and are served.

Like the simulated switch it has no clock and no task: agents come and go with the time, and everything
that happens by itself happens when the driver asks for it. All chance comes from one seed.
"""

from collections import OrderedDict, deque
from collections.abc import Sequence
from functools import partial
from random import Random

from attrs import define, field

from agentmgr.core.blender import InboundLoad
from agentmgr.ports import InboundChange, InboundTotals
from agentmgr.telephony.agenda import Agenda
from agentmgr.telephony.customers import log_normal
from agentmgr.telephony.params import InboundParams

RECENT_CALLS = 50
"""The mean of so many service times is what the queue takes for the next."""


@define(eq=False)
class _Talk:
    ticket: int
    since: float


@define(eq=False)
class SimInbound:
    """Implements `agentmgr.ports.Inbound`; `start_s` is when customers begin to call, epoch seconds."""

    seed: int
    params: InboundParams
    start_s: float
    _arrived: int = field(init=False, default=0)
    _served: int = field(init=False, default=0)
    _abandoned: int = field(init=False, default=0)
    _draw: Random = field(init=False)
    _agenda: Agenda = field(init=False, factory=Agenda)
    _waiting: "OrderedDict[int, int]" = field(init=False, factory=OrderedDict)
    _idle: "OrderedDict[str, None]" = field(init=False, factory=OrderedDict)
    _serving: dict[str, _Talk] = field(init=False, factory=dict)
    _own_ids: frozenset[str] = field(init=False)
    _own_busy: int = field(init=False, default=0)
    _recent_s: deque[float] = field(init=False, factory=lambda: deque(maxlen=RECENT_CALLS))
    _changes: list[InboundChange] = field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        self._draw = Random(f"{self.seed}/inbound")
        self._recent_s.append(self.params.service_median_s)
        self._own_ids = frozenset(f"own {number}" for number in range(self.params.own_agents))
        self._idle.update(dict.fromkeys(sorted(self._own_ids)))
        self._expect_call(self.start_s)

    @property
    def load(self) -> InboundLoad:
        """Who waits, and how long the calls of late took."""
        mean_s = sum(self._recent_s) / len(self._recent_s)
        return InboundLoad(len(self._waiting), mean_s, len(self._own_ids), self._own_busy)

    @property
    def totals(self) -> InboundTotals:
        """Calls so far, and who is there now."""
        agents = len(self._idle) + len(self._serving)
        return InboundTotals(self._arrived, self._served, self._abandoned, len(self._waiting), agents)

    def join(self, agent_id: str, now: float) -> None:
        """Let an agent take calls; one that does already stays as it is."""
        if agent_id not in self._idle and agent_id not in self._serving:
            self._idle[agent_id] = None
            self._match(now)

    def leave(self, agent_id: str) -> None:
        """Take an agent away; the call that it was in ends. One that is not there does no harm."""
        self._idle.pop(agent_id, None)
        self._changes = [change for change in self._changes if change.agent_id != agent_id]
        talk = self._serving.pop(agent_id, None)
        if talk is not None:
            self._agenda.cancel(talk.ticket)
            self._served += 1

    def next_at(self) -> float | None:
        """Return when something happens by itself next, epoch seconds."""
        return self._agenda.next_at()

    def due(self, now: float) -> Sequence[InboundChange]:
        """Let all happen that is due by `now`; returns which agents began and ended calls, in order."""
        self._agenda.run(now)
        changes, self._changes = self._changes, []
        return changes

    def _expect_call(self, at: float) -> None:
        if self.params.calls_per_h > 0:
            after_s = self._draw.expovariate(self.params.calls_per_h / 3600)
            self._agenda.plan(at + after_s, self._arrive)

    def _arrive(self, at: float) -> None:
        self._arrived += 1
        number = self._arrived
        patience_s = log_normal(self._draw, self.params.patience_median_s, self.params.patience_sigma)
        self._waiting[number] = self._agenda.plan(at + patience_s, partial(self._give_up, number))
        self._match(at)
        self._expect_call(at)

    def _give_up(self, number: int, _: float) -> None:
        del self._waiting[number]
        self._abandoned += 1

    def _match(self, now: float) -> None:
        """Give those who have waited longest to the agents who have been idle longest."""
        while self._waiting and self._idle:
            _, ticket = self._waiting.popitem(last=False)
            self._agenda.cancel(ticket)
            agent_id, _ = self._idle.popitem(last=False)
            service_s = log_normal(self._draw, self.params.service_median_s, self.params.service_sigma)
            ticket = self._agenda.plan(now + service_s, partial(self._finish, agent_id))
            self._serving[agent_id] = _Talk(ticket, now)
            self._changed(agent_id, busy=True)

    def _finish(self, agent_id: str, at: float) -> None:
        self._recent_s.append(at - self._serving.pop(agent_id).since)
        self._served += 1
        self._idle[agent_id] = None
        self._changed(agent_id, busy=False)
        self._match(at)

    def _changed(self, agent_id: str, *, busy: bool) -> None:
        if agent_id in self._own_ids:
            self._own_busy += 1 if busy else -1
        else:
            self._changes.append(InboundChange(agent_id, busy))
