"""What one event causes: effects in order, and what is left to do before the turn of the next event."""

from typing import Any

from agentmgr.core.agent import Agent
from agentmgr.core.effects import CancelTimer, Effect, Notify, Respond, SetTimer
from agentmgr.core.events import CommandReceived, TimerKey
from agentmgr.core.job import Job

MAX_BACKLOG = 256
"""How many notifications are kept for a lost desktop; with more it must log on again."""


class Outbox:
    """Collects the effects of one turn. `now` is the time of the turn, epoch seconds."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.effects: list[Effect] = []
        self.freed: list[Agent] = []
        self._touched: list[Agent] = []
        self._jobs: dict[int, Job] = {}

    def begin(self, now: float) -> None:
        """Start a turn."""
        self.now = now
        self.effects = []

    def emit(self, effect: Effect) -> None:
        """Append an effect."""
        self.effects.append(effect)

    def tell(self, agent: Agent, notification: Any) -> None:
        """Send a notification to the agent's desktop, or keep it until a lost desktop is back."""
        if agent.backlog is not None:
            if len(agent.backlog) < MAX_BACKLOG:
                agent.backlog.append(notification)
            else:
                agent.backlog_overflowed = True
        elif agent.connection is not None:
            self.effects.append(Notify(agent.connection, agent.agent_id, notification))

    def tell_connection(self, connection: int, notification: Any) -> None:
        """Send a notification that concerns a connection as a whole."""
        self.effects.append(Notify(connection, "", notification))

    def respond(self, request: CommandReceived, response: Any) -> None:
        """Answer a command."""
        self.effects.append(Respond(request.connection, request.request_id, request.agent_id, response))

    def set_timer(self, key: TimerKey, after_s: float) -> None:
        """Have `TimerFired(key)` come back after so many seconds."""
        self.effects.append(SetTimer(key, self.now + after_s))

    def set_timer_at(self, key: TimerKey, at: float) -> None:
        """Have `TimerFired(key)` come back at a time, epoch seconds; at once if that has passed."""
        self.effects.append(SetTimer(key, max(at, self.now)))

    def cancel_timer(self, key: TimerKey) -> None:
        """Forget a timer."""
        self.effects.append(CancelTimer(key))

    def touch(self, agent: Agent) -> None:
        """Note that a state of the agent changed, so that its desktop is told by the end of the turn."""
        self._touched.append(agent)

    def free(self, agent: Agent) -> None:
        """Note that the agent may have nothing to do; what it gets next comes after all answers."""
        self.freed.append(agent)

    def serve(self, job: Job) -> None:
        """Note that the job may have something to do."""
        self._jobs[job.job_id] = job

    @property
    def has_jobs(self) -> bool:
        """Whether any job was noted."""
        return bool(self._jobs)

    def forget(self, agent: Agent) -> None:
        """Drop what is noted of an agent that is logged off: its desktop is told no state any more."""
        self._touched = [touched for touched in self._touched if touched is not agent]

    def take_jobs(self) -> list[Job]:
        """Return the jobs noted, and forget them."""
        jobs = list(self._jobs.values())
        self._jobs.clear()
        return jobs

    def sync_touched(self) -> list[Agent]:
        """Tell every desktop whose agent changed; returns those who want their changes saved."""
        saved = []
        for agent in self._touched:
            agent.sync()
            if agent.job is not None:
                agent.job.list_consultable(agent)
            if agent.saved_for_ha:
                saved.append(agent)
        self._touched.clear()
        return saved
