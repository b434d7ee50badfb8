"""A running campaign: its contacts on hand, its sessions, its agents, and what was observed for pacing."""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import Factory, define, field, frozen

from agentmgr.core.campaign_lists import CampaignLists
from agentmgr.core.model import (
    AttributeSpec,
    CallbackSpec,
    CallGrant,
    CampaignSpec,
    CompletionCodeSpec,
    ContactSpec,
    JobSpec,
)
from agentmgr.core.pacer import Load, Pacer, PacingEstimates, pacer_for
from agentmgr.core.router import IdleAgents
from agentmgr.core.states import CALLBACK_TABLE, CallbackEvent, CallbackPhase, step
from agentmgr.core.stats import JobCounts, ZoneStats
from agentmgr.core.strategy import Strategy
from protocol.enums import NailupStatus, PacingType

if TYPE_CHECKING:
    from agentmgr.core.agent import Agent
    from agentmgr.core.session import Session

_PENDING = NailupStatus.PendingNailUp  # dear through its class in Python 3.11, and asked for at every change


@define(eq=False)
class Callback:
    """A callback that its job has to deliver.

    `agent` is whom it is promised to, `sid` the id that its session then has, `session` that session.
    `ready_at` is its time or, if that is outside the calling hours, their next opening, epoch seconds; None
    if they never open.
    """

    spec: CallbackSpec
    job: "Job"
    ready_at: float | None
    phase: CallbackPhase = CallbackPhase.KEPT
    sid: str = ""
    agent: "Agent | None" = None
    session: "Session | None" = None
    is_withdrawn: bool = False
    """A supervisor cancelled it while it was delivered: it does not wait again."""

    def on_event(self, event: CallbackEvent) -> None:
        """Change the phase, and whether it waits in its job for a free agent; nothing else does."""
        callback_id, agent_id, job = self.spec.callback_id, self.spec.agent_id, self.job
        self.phase = step(CALLBACK_TABLE, self.phase, event)
        job.note(self)
        if self.phase is CallbackPhase.WAITING:
            job.callbacks_waiting[callback_id] = self
        else:
            job.callbacks_waiting.pop(callback_id, None)
        if agent_id and self.phase in (CallbackPhase.WAITING, CallbackPhase.PROMISED):
            job.callbacks_for.setdefault(agent_id, {})[callback_id] = self
        elif (wanted := job.callbacks_for.get(agent_id)) is not None:
            wanted.pop(callback_id, None)
            if not wanted:
                del job.callbacks_for[agent_id]


@frozen(eq=False)
class Errand:
    """A contact that waits for a connector, after so many attempts and with what the last one came to.

    One that is not held is a callback's: it goes its own way.
    """

    key: int
    job: "Job"
    contact: ContactSpec
    attempts: int
    outcome: str
    is_held: bool = True


@define(eq=False)
class Job:
    """The state of one job in one zone.

    `total` and `done` count the contacts of the whole job, of which other zones may have `shares`, too; what
    those have done is heard of now and then, `done_here` is what this one has. `beckons` says that contacts
    are due in the store that are not kept on hand while nobody works for the job here. `has_numbers` says
    that the store has numbers of the campaign, or of agents, which these see.

    `next_due_at` is when the store has the next contact that is not claimed, epoch seconds; None if it has
    none; `next_retry_at` is the same of those that were given back before, `retries_asked_at` when they were
    last asked for while enough fresh ones were on hand. `returned_due_at` is the earliest of those given back
    while a fetch was on its way, which may not have seen them. `contacts` are on hand, retries before fresh
    ones; `at_hand` is the one that is being looked at. `ringing` holds the lines that no agent has dialled,
    the oldest first, also those that are being checked before; `waiting` those that were answered and have no
    agent. `keeps_agents` says that agents of the paused job stay for them. `callbacks_waiting` are callbacks
    due soon without agent, `callbacks_for` those due soon for a preferred agent, by agent; `owing` are idle
    agents whose callback is due while a line is meant for them. `consultable` are the agents that work on in
    the job, now or when their contact is over: others may ask them for a consult; `coming` those whose phones
    are called for it. `errands` are what connectors were asked for, by key. `yields_to` is a job that has a
    better claim to agents of this one, which therefore dials no more than it must until `yields_until`,
    steady seconds; `unstaffed_at` is since when it has had something to do and nobody for it, steady seconds.
    """

    job_id: int
    campaign: CampaignSpec
    total: int
    shares: int = field(default=1, kw_only=True)
    note: "Callable[[Job | Callback], None]" = field(kw_only=True)
    stats: ZoneStats = field(kw_only=True)
    began_at: float = field(kw_only=True)
    done: int = 0
    done_here: int = field(default=0, kw_only=True)
    paused: bool = False
    keeps_agents: bool = False
    stopping: bool = False
    over: bool = False
    beckons: bool = False
    has_numbers: bool = False
    next_due_at: float | None = None
    next_retry_at: float | None = None
    retries_asked_at: float = 0.0
    fetching: bool = False
    at_hand: ContactSpec | None = None
    returned_due_at: float | None = None
    contacts: deque[ContactSpec] = field(factory=deque)
    sessions: "dict[str, Session]" = field(factory=dict)
    ringing: "OrderedDict[str, Session]" = field(factory=OrderedDict)
    waiting: "OrderedDict[str, Session]" = field(factory=OrderedDict)
    agents: "dict[str, Agent]" = field(factory=dict)
    callbacks: "dict[str, Callback]" = field(factory=dict)
    callbacks_waiting: "OrderedDict[str, Callback]" = field(factory=OrderedDict)
    callbacks_for: "dict[str, dict[str, Callback]]" = field(factory=dict)
    owing: "dict[str, Agent]" = field(factory=dict)
    consultable: "dict[str, Agent]" = field(factory=dict)
    coming: "dict[str, Agent]" = field(factory=dict)
    errands: dict[int, Errand] = field(factory=dict)
    yields_to: "Job | None" = None
    yields_until: float = 0.0
    unstaffed_at: float | None = None
    calls: CallGrant | None = None
    busy: int = 0
    estimates: PacingEstimates = field(factory=PacingEstimates)
    pacer: Pacer = Factory(lambda self: pacer_for(self.campaign.pacing), takes_self=True)
    counts: JobCounts = Factory(lambda self: JobCounts(self.began_at), takes_self=True)
    idle: IdleAgents = Factory(lambda self: IdleAgents(self.campaign.skill), takes_self=True)
    codes: dict[int, CompletionCodeSpec] = Factory(
        lambda self: {code.code_id: code for code in self.campaign.completion_codes}, takes_self=True
    )

    attributes: dict[str, AttributeSpec] = Factory(
        lambda self: {spec.name: spec for spec in self.campaign.attributes}, takes_self=True
    )
    lists: CampaignLists = Factory(lambda self: CampaignLists(self.campaign), takes_self=True)
    strategy: Strategy = Factory(lambda self: Strategy(self.campaign), takes_self=True)

    @classmethod
    def from_spec(
        cls,
        spec: JobSpec,
        now: float,
        steady: float,
        stats: ZoneStats,
        note: "Callable[[Job | Callback], None]",
    ) -> "Job":
        """Return the job as it starts: with everything still in the store, and not paused yet."""
        return cls(
            spec.job_id,
            spec.campaign,
            spec.total,
            spec.done,
            next_due_at=now,
            began_at=steady,
            stats=stats,
            note=note,
            shares=spec.shares,
            done_here=spec.done_here,
            calls=spec.calls,
        )

    def change_campaign(self, campaign: CampaignSpec) -> None:
        """Go by another version of the campaign from now on; its skill and codes are the same."""
        if campaign.pacing is not self.campaign.pacing:
            self.pacer = pacer_for(campaign.pacing)
        self.campaign = campaign
        self.attributes = {spec.name: spec for spec in campaign.attributes}
        self.lists = CampaignLists(campaign)
        self.strategy = Strategy(campaign)
        self.note(self)

    @property
    def is_running(self) -> bool:
        """Whether new contacts may be started."""
        return not (self.paused or self.stopping or self.over)

    def load_at(self, steady: float, patience_s: float) -> Load:
        """Return agents and lines at this moment, where an answer may wait so long."""
        idle, busy = len(self.idle), self.busy
        returning = min(busy, max(0, len(self.consultable) - idle))
        return Load(idle, busy, len(self.ringing), len(self.waiting), steady, returning, patience_s)

    @property
    def in_the_air(self) -> int:
        """How many calls are under way that no agent has yet, being checked or ringing or waiting."""
        return len(self.ringing) + len(self.waiting)

    @property
    def is_cautious(self) -> bool:
        """Whether each line in the air has an idle agent meant for it; at first predictive, too."""
        pacing = self.campaign.pacing
        return pacing is not PacingType.Predictive or not self.estimates.may_risk_abandon

    @property
    def spare(self) -> int:
        """How many idle agents no line in the air is meant for; below 0 so many agents are missing."""
        return len(self.idle) - len(self.ringing) - len(self.waiting)

    @property
    def may_spare(self) -> bool:
        """Whether an idle agent may be given something else without a line in the air losing it."""
        return not self.is_cautious or self.spare > 0

    @property
    def undone(self) -> int:
        """How much is to be done at once and has no idle agent; below 0 so many agents have nothing to do."""
        return (len(self.contacts) or int(self.beckons)) - self.spare

    @property
    def lacks(self) -> int:
        """How many more agents could be given something at once; below 1 none."""
        return self.undone - len(self.coming) if self.is_running else 0

    @property
    def staff(self) -> int:
        """How many agents work for the job, now or in a moment; those on a break do not count."""
        return len(self.consultable) + len(self.coming)

    @property
    def surplus(self) -> int:
        """How many of the ringing lines nobody will be there for, if a person answers."""
        if self.is_cautious:
            return min(len(self.ringing), max(0, -self.spare))
        return 0 if self.consultable else len(self.ringing)

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing is left to do, now or later; not while other zones may give contacts back."""
        if self.sessions or self.contacts or self.fetching or self.errands:
            return False
        is_over = not self.campaign.infinite and (self.shares == 1 or self.done >= self.total)
        return self.stopping or (self.next_due_at is None and not self.callbacks and is_over)

    def attach(self, agent: "Agent") -> None:
        """Let an agent without job work in this one."""
        agent.job = self
        self.agents[agent.agent_id] = agent
        self.list_agent(agent)
        agent.note(agent)
        self.note(self)

    def detach(self, agent: "Agent") -> None:
        """Take an agent out of the job; where it was lent from is forgotten."""
        self.idle.remove(agent)
        for agents in (self.agents, self.consultable, self.coming, self.owing):
            agents.pop(agent.agent_id, None)
        agent.job = agent.home = None
        agent.note(agent)
        self.note(self)

    def list_agent(self, agent: "Agent") -> None:
        """List or unlist one of the job's agents after its states changed."""
        if agent.is_consultable and self.accepts(agent):
            self.consultable[agent.agent_id] = agent
        else:
            self.consultable.pop(agent.agent_id, None)
        if agent.nailup_status is _PENDING:
            self.coming[agent.agent_id] = agent
        elif self.coming:
            self.coming.pop(agent.agent_id, None)

    def accepts(self, agent: "Agent") -> bool:
        """Whether the agent may work for the campaign, and has its skill at the level that it needs."""
        campaign = self.campaign
        level = agent.skills.get(campaign.skill)
        if level is None or level < campaign.min_skill_level:
            return False
        return agent.spec.works_for(campaign.organisation)
