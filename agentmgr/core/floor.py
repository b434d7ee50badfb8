"""The floor of a zone: who is there and what is going on, as all its parts see it."""

from collections.abc import Callable, Mapping

from agentmgr.core.agent import Agent
from agentmgr.core.effects import CheckDnc
from agentmgr.core.events import CommandReceived
from agentmgr.core.ids import Ids
from agentmgr.core.job import Job
from agentmgr.core.model import ZoneConfig
from agentmgr.core.outbox import Outbox
from agentmgr.core.session import Session
from agentmgr.core.stats import ZoneStats
from protocol.structures import SocketInfo


class Floor:
    """The state of a zone that is not one part's alone."""

    def __init__(self, config: ZoneConfig, now: float) -> None:
        self.config = config
        self.stats = ZoneStats()
        self.out = Outbox(now)
        self.ids = Ids(config.zone, config.epoch)
        self.agents: dict[str, Agent] = {}
        self.connections: dict[int, dict[str, Agent]] = {}
        self.jobs: dict[int, Job] = {}
        self.loading: set[int] = set()
        self.closing = False
        self.sessions: dict[str, Session] = {}
        self.contacts_in_work: set[int] = set()
        self.logons: dict[tuple[int, int], CommandReceived] = {}
        self.telephony_is_down = False
        self.directory: Mapping[str, SocketInfo] = {}
        self.questions: dict[int, tuple[Callable[[frozenset[str]], None], Session | CommandReceived]] = {}
        self._question_count = 0

    def choose_job(self, agent: Agent) -> Job | None:
        """Return the job to attach an agent to: by priority, then where the fewest agents are."""
        candidates = [job for job in self.jobs.values() if job.is_running and job.accepts(agent)]
        return min(candidates, key=lambda job: (-job.campaign.priority, len(job.agents)), default=None)

    def ask_dnc(
        self,
        addresses: tuple[str, ...],
        then: Callable[[frozenset[str]], None],
        about: Session | CommandReceived,
    ) -> None:
        """Look addresses up in the do-not-call list and go on with those that are on it.

        `about` is what waits for the answer.
        """
        self._question_count += 1
        self.questions[self._question_count] = then, about
        self.out.emit(CheckDnc(self._question_count, addresses))

    def answer_dnc(self, key: int, present: frozenset[str]) -> None:
        """Go on where `ask_dnc` has asked; an answer that nobody waits for does no harm."""
        question = self.questions.get(key)
        if question is not None:
            then, _ = question
            then(present)
            del self.questions[key]
