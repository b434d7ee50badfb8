"""The floor of a zone: who is there and what is going on, as all its parts see it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agentmgr.core.agent import Agent
from agentmgr.core.effects import CheckAgent, CheckDial, CheckDnc, ListAgents, ReadNumbers, Tone
from agentmgr.core.events import (
    SERVER_CONNECTION,
    CommandReceived,
    DialChecked,
    StoreAnswer,
    Timer,
)
from agentmgr.core.ids import Ids
from agentmgr.core.job import Errand, Job
from agentmgr.core.model import AgentSpec, Number, ZoneConfig
from agentmgr.core.outbox import Outbox
from agentmgr.core.session import Session
from agentmgr.core.stats import DayBook, ZoneStats
from agentmgr.core.timezones import Offsets
from protocol.structures import SocketInfo


class Floor:
    """The state of a zone that is not one part's alone."""

    def __init__(self, config: ZoneConfig, now: float) -> None:
        self.config = config
        self.stats = ZoneStats(days=DayBook(config.utc_offset_s))
        self.agents: dict[str, Agent] = {}
        self.connections: dict[int, dict[str, Agent]] = {}
        self.out = Outbox(now, self.agents, self.connections)
        self.lanes = self.out.lanes
        self.ids = Ids(config.zone, config.epoch, config.run)
        self.resending: set[int] = set()
        """The connections whose desktops send again, under the same id, what was not answered."""
        self.heartbeats: dict[int, float] = {}
        self.services: dict[int, str] = {SERVER_CONNECTION: "server"}
        """The connections over which some commands may be sent for any agent, with their accounts."""
        self.jobs: dict[int, Job] = {}
        self._by_skill: dict[str, dict[int, Job]] = {}
        self.loading: set[int] = set()
        self.closing = False
        self.sessions: dict[str, Session] = {}
        self.contacts_in_work: set[int] = set()
        self.numbers_in_work: dict[str, Session] = {}
        self.telephony_is_down = False
        self.is_frozen = False
        self.directory: Mapping[str, SocketInfo | None] = {}
        self.timezones = Offsets(config.timezones)
        self.questions: dict[int, tuple[Callable[[Any], None], Session | CommandReceived]] = {}
        self._question_count = 0
        self.errands: dict[int, Errand] = {}
        """What connectors were asked for and have not answered, by key."""
        self._errand_count = 0

    @property
    def is_halted(self) -> bool:
        """Whether nothing new is begun for now: without the switch, and while nothing becomes durable."""
        return self.telephony_is_down or self.is_frozen

    def listen_to(self, agent: Agent) -> None:
        """A desktop is there for the agent: from now on it is to be heard of."""
        if agent.is_probed:
            agent.note(agent)
        agent.heard_at = self.out.steady
        agent.is_mute = agent.is_probed = False
        self.out.set_timer((Timer.SILENT, agent.agent_id), self.config.agent_silence_s)

    def open_job(self, job: Job) -> None:
        """Let a job be there, by its id and by the skill that it needs."""
        self.jobs[job.job_id] = job
        self._by_skill.setdefault(job.campaign.skill, {})[job.job_id] = job

    def close_job(self, job: Job) -> None:
        """Let a job be there no more; one that is gone already does no harm."""
        self.jobs.pop(job.job_id, None)
        here = self._by_skill.get(job.campaign.skill, {})
        here.pop(job.job_id, None)
        if not here:
            self._by_skill.pop(job.campaign.skill, None)

    def jobs_for(self, agent: Agent) -> Iterator[Job]:
        """Yield the running jobs that the agent has the skill for; one that it is placed in alone."""
        placed = agent.placed_in
        if placed is not None and placed.is_running and placed.accepts(agent):
            yield placed
            return
        for skill in agent.skills:
            for job in self._by_skill.get(skill, {}).values():
                if job.is_running and job.accepts(agent):
                    yield job

    def choose_job(self, agent: Agent) -> Job | None:
        """Return the job to attach an agent to: with something to do, by priority, where the fewest are."""
        return min(self.jobs_for(agent), key=_claim, default=None)

    def sound(self, session: Session, *to: Agent | str | None, customer: bool = False) -> None:
        """Let agents and an external party of a session hear a tone, and the customer if that is said.

        Left out is whose line is gone, as is all of it without a switch.
        """
        legs = [
            each.leg_id if isinstance(each, Agent) else each
            for each in to
            if each and not (isinstance(each, Agent) and not each.is_nailed)
        ]
        if customer:
            legs.append(session.sid)
        if legs and not self.telephony_is_down:
            self.out.emit(Tone(session.sid, tuple(legs)))

    def ask_dnc(
        self,
        addresses: tuple[str, ...],
        organisation: str,
        then: Callable[[frozenset[str]], None],
        about: CommandReceived,
    ) -> None:
        """Look addresses up in the do-not-call lists that count for an organisation; go on with those found.

        `about` is the command that waits for the answer.
        """
        key = self._question(lambda answer: then(answer.present), about)
        self.out.emit(CheckDnc(key, addresses, organisation))

    def ask_agent(
        self, agent_id: str, organisation: str, then: Callable[[bool], None], about: CommandReceived
    ) -> None:
        """Ask whether there is such an agent of an organisation, logged on or not; go on with the answer."""
        key = self._question(lambda answer: then(answer.exists), about)
        self.out.emit(CheckAgent(key, agent_id, organisation))

    def ask_agents(
        self, job: Job, limit: int, then: Callable[[tuple[AgentSpec, ...]], None], about: CommandReceived
    ) -> None:
        """Ask who of the zone's agents could work in a job, logged on or not, and go on with the answer."""
        key = self._question(lambda answer: then(answer.agents), about)
        campaign = job.campaign
        wanted = campaign.skill, campaign.min_skill_level, limit, campaign.organisation
        self.out.emit(ListAgents(key, *wanted))

    def ask_numbers(
        self, job: Job, agent_id: str, then: Callable[[tuple[Number, ...]], None], about: CommandReceived
    ) -> None:
        """Ask for the numbers of a campaign in a job, and an agent's there; go on with the answer."""
        key = self._question(lambda answer: then(answer.numbers), about)
        self.out.emit(ReadNumbers(key, job.job_id, agent_id, job.campaign.organisation))

    def ask_about_dial(self, session: Session, then: Callable[[DialChecked], None]) -> None:
        """Ask the store what stands against dialling the number of a session."""
        key, number = self._question(then, session), session.number
        is_own = any((n.name, n.number) == (number.name, number.number) for n in session.contact.numbers)
        whose = session.job.campaign.organisation
        self.out.emit(CheckDial(key, session.attempt_id, session.contact.contact_id, number, is_own, whose))

    def new_errand(self) -> int:
        """Return the key of another errand."""
        self._errand_count += 1
        return self._errand_count

    def _question(self, then: Callable[[Any], None], about: Session | CommandReceived) -> int:
        self._question_count += 1
        self.questions[self._question_count] = then, about
        return self._question_count

    def answer(self, event: StoreAnswer) -> None:
        """Go on where something was asked; an answer that nobody waits for does no harm."""
        question = self.questions.get(event.key)
        if question is not None:
            then, _ = question
            then(event)
            del self.questions[event.key]


def _claim(job: Job) -> tuple[bool, int, int]:
    return job.lacks <= 0, -job.campaign.priority, job.staff
