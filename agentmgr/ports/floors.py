"""The zones of this process as a supervisor sees them: who is there, what is going on, and what is wanted."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from attrs import evolve, frozen

from agentmgr.core.agent import Blend
from agentmgr.core.wishes import Outcome, Wish
from protocol.enums import AgentState, CallState, NailupStatus, PacingType


@frozen
class AgentView:
    """A logged-on agent.

    `job_id` and `session_id` are None without a job or a contact, and `campaign` and `contact` empty;
    `placed_in` is the campaign that a supervisor has placed the agent in. `is_silent` says that the desktop
    was asked whether it lives, and has not answered yet. `since` is when a state of the agent last changed,
    `talking_since` when somebody came on the line who is on it, epoch seconds. `calls`, `talk_s` of those
    that are over, and `walk_aways` are of `day`, the last on which the agent did anything, as far as this
    server has seen it.
    """

    agent_id: str
    name: str
    agent_state: AgentState
    call_state: CallState
    nailup_status: NailupStatus
    reason_code: str
    is_away: bool
    is_leaving: bool
    blend: Blend
    job_id: int | None
    session_id: str | None
    is_silent: bool = False
    campaign: str = ""
    contact: str = ""
    placed_in: str = ""
    since: float = 0.0
    talking_since: float | None = None
    day: int = 0
    calls: int = 0
    talk_s: float = 0.0
    walk_aways: int = 0
    organisation: str = ""

    def on_day(self, day: int, at: float) -> "AgentView":
        """Return the agent with what it has done on a day up to `at`, the call that is on included."""
        on_s = max(0.0, at - self.talking_since) if self.talking_since is not None else 0.0
        if self.day != day:
            return evolve(self, day=day, calls=0, talk_s=on_s, walk_aways=0)
        return evolve(self, talk_s=self.talk_s + on_s)


@frozen
class JobView:
    """A job that the zone runs; `idle`, `busy` and `agents` count agents, the others lines and contacts.

    `total` and `done` are those of the whole job, `done_here` those that this zone has finished.
    """

    job_id: int
    campaign: str
    is_paused: bool
    is_stopping: bool
    total: int
    done: int
    agents: int
    idle: int
    busy: int
    ringing: int
    waiting: int
    done_here: int = 0
    organisation: str = ""


@frozen
class JobFacts:
    """A job as it is at a moment, with what its zone knows of the reasons.

    `on_hand` contacts are in the zone, `on_hand_fresh` of them never called, `in_work` being worked on;
    `next_due_at` is when the store may have the next one, epoch seconds, None if it has none. Of the
    `skilled` agents, who are logged on and have the skill, each that does not work for the job now is
    counted under one reason: `elsewhere`, `away`, `on_break`, `inbound`, or `unnailed`. Rates are a minute's,
    of the last minutes; `answers` and `abandoned` are what the zone's part of the job came to,
    `may_risk` that it dials ahead by them.
    """

    view: JobView
    pacing: PacingType
    skill: str
    min_level: int
    abandon_limit: float
    max_calls_per_agent: float
    on_hand: int
    on_hand_fresh: int
    in_work: int
    callbacks: int
    is_fetching: bool
    next_due_at: float | None
    dials: int
    answers: int
    abandoned: int
    may_risk: bool
    dials_a_minute: float
    answers_a_minute: float
    abandoned_a_minute: float
    skilled: int = 0
    elsewhere: int = 0
    away: int = 0
    on_break: int = 0
    inbound: int = 0
    unnailed: int = 0


@frozen
class ZoneView:
    """A zone with all that is in it; what is seen of its agents may be some milliseconds apart.

    `at` is when, epoch seconds, `day` the number of that day there. `commits_wait` batches of changes wait
    for the database.
    """

    zone: str
    at: float
    day: int
    agents: Sequence[AgentView]
    jobs: Sequence[JobFacts]
    telephony_is_down: bool = False
    is_ending: bool = False
    commits_wait: int = 0


@frozen
class ZoneHealth:
    """How a zone of this process is, without a look at what is in it; `state` as `Floors.states` has it."""

    state: str
    telephony_is_down: bool = False
    commits_wait: int = 0


@frozen
class ZoneUpdate:
    """What is new in a zone: agents by their ids, None if one is gone.

    With `is_snapshot` there are no others. `look` has the zone as it is without its agents, None while it is
    not open; with `is_looked` its jobs are as they are now, otherwise as they were when it was last so.
    """

    zone: str
    state: str
    is_snapshot: bool
    agents: Mapping[str, AgentView | None]
    look: ZoneView | None
    is_looked: bool = True


class Floors(Protocol):
    """The zones that this process serves; to be called from worker threads, unless it says otherwise."""

    def states(self) -> Mapping[str, str]:
        """Return how each zone is: `ok`, `reopening`, `ending`, or `ended`; none if there is no server."""
        ...

    def health(self) -> Mapping[str, ZoneHealth]:
        """Return how each zone is, at the cost of a few numbers each."""
        ...

    def look(self, zone: str) -> ZoneView | None:
        """Return all that is in a zone; None if it is not open."""
        ...

    def agents_in(self, zone: str) -> int | None:
        """Return how many agents are logged on in a zone; None if it is not open."""
        ...

    def follow(self, zone: str) -> AsyncIterator[Sequence[ZoneUpdate]]:
        """Yield what is new in a zone, or in all if it is empty, some times a second; for trio's thread."""
        ...

    def where(self, agent_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the zones in which each of these agents is logged on."""
        ...

    def jobs_of(self, agent_id: str) -> Sequence[int] | None:
        """Return the jobs that an agent is in; None if it is logged on to none of these zones."""
        ...

    def wish(self, zone: str, wishes: Sequence[tuple[str, Wish]]) -> Sequence[Outcome]:
        """Let something be wanted of agents of a zone, by their ids; return what came of each."""
        ...


class NoFloors:
    """Implements `Floors` where no server runs."""

    def states(self) -> Mapping[str, str]:
        return {}

    def health(self) -> Mapping[str, ZoneHealth]:
        return {}

    def look(self, zone: str) -> ZoneView | None:
        return None

    def agents_in(self, zone: str) -> int | None:
        return None

    async def follow(self, zone: str) -> AsyncIterator[Sequence[ZoneUpdate]]:
        yield ()

    def where(self, agent_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return dict.fromkeys(agent_ids, ())

    def jobs_of(self, agent_id: str) -> Sequence[int] | None:
        return None

    def wish(self, zone: str, wishes: Sequence[tuple[str, Wish]]) -> Sequence[Outcome]:
        return [Outcome.ZONE_ENDED for _ in wishes]
