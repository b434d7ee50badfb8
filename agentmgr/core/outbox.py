"""What one event causes: effects in order, what has changed, and what is left to do in the same turn."""

from collections.abc import Container, Mapping
from typing import Any

from agentmgr.core.agent import Agent
from agentmgr.core.effects import CancelTimer, Effect, Notify, Remark, Respond, SaveAnswer, SetTimer
from agentmgr.core.events import SERVER_CONNECTION, CommandReceived, TimerKey
from agentmgr.core.job import Callback, Job
from agentmgr.core.lanes import Lanes
from protocol.commands import AGTLogoff, AGTLogon, GetAgentStatusResponse
from protocol.registry import COMMANDS
from protocol.results import ResultCode

GIVEN_AGAIN = frozenset(
    spec.cls for name, spec in COMMANDS.items() if spec.for_agent and not name.startswith(("AGTGet", "AGTIs"))
) - {AGTLogon, AGTLogoff, GetAgentStatusResponse}
"""Commands that do something to an agent who is logged on: a second time would be once too often."""

Thing = Agent | Job | Callback
"""What can change so that somebody outside may want to know."""

Turn = tuple[list[Effect], list[Thing]]
"""What came of a turn: its effects in order, and what changed, by identity."""


class Outbox:
    """Collects what comes of one turn; `agents` are those logged on, by id, `connections` those open.

    Attributes:
        now: the time of the turn, epoch seconds; less than before if the clock was stepped back.
        steady: the same without the steps, never less than before: what durations and orders are measured by.
        effects: in order.
        changed: what is not as it was, in order; by identity, and more than once if it changed again.
        freed: agents who may have nothing to do.
        jobs: those that may have something to do, by id.
        strained: those with lines in the air that may have lost an agent for them.
        lanes: commands that wait for a RESP; those behind one that was answered belong to this turn.
        told: how many of those that changed have been told to their desktops.
        step_at: how many effects and changes there were when the present step of the turn began.
    """

    def __init__(self, now: float, agents: Mapping[str, Agent], connections: Container[int]) -> None:
        self._agents = agents
        self._connections = connections
        self.now = now
        self.steady = now
        self._stepped_s = 0.0
        self.effects: list[Effect] = []
        self.changed: list[Thing] = []
        self.freed: list[Agent] = []
        self.step_at = (0, 0)
        self.told = 0
        self.jobs: dict[int, Job] = {}
        self.strained: dict[Job, None] = {}
        self.lanes = Lanes()

    def begin(self, now: float) -> None:
        """Start a turn."""
        self.now = now
        self.steady = now - self._stepped_s
        self.effects = []
        self.changed = []
        self.step_at = (0, 0)
        self.told = 0

    def step(self, by_s: float) -> None:
        """The clock was stepped: `now` is after it already, the steady time goes on."""
        self._stepped_s += by_s
        self.steady -= by_s

    def begin_step(self) -> None:
        """Start a part of the turn that a fault in it does not carry over to the others."""
        self.step_at = (len(self.effects), len(self.changed))

    def emit(self, effect: Effect) -> None:
        """Append an effect."""
        self.effects.append(effect)

    def tell(self, agent: Agent, notification: Any) -> None:
        """Send a notification to the agent's desktop, or keep it until a lost desktop is back."""
        connection = agent.connection
        message = Notify(
            SERVER_CONNECTION if connection is None else connection, agent.agent_id, notification
        )
        agent.sent.keep(message, self.steady)
        if connection is not None and not agent.is_away:
            self.effects.append(message)

    def remark(self, event: str, agent: Agent, **fields: str) -> None:
        """Have a line in the log about something that an agent did."""
        self.effects.append(Remark(event, agent.agent_id, tuple(fields.items())))

    def tell_connection(self, connection: int, notification: Any) -> None:
        """Send a notification that concerns a connection as a whole."""
        self.effects.append(Notify(connection, "", notification))

    def respond(self, request: CommandReceived, response: Any) -> None:
        """Answer a command; if its connection is lost, the RESP follows the agent to another."""
        connection: int | None = request.connection
        message = Respond(request.connection, request.request_id, request.agent_id, response)
        agent = self._agents.get(request.agent_id)
        if agent is not None:
            if agent.resends and request.command.__class__ in GIVEN_AGAIN:
                self._keep_answer(agent, request, response)
            if agent.connection == connection:
                agent.sent.keep(message, self.steady)
            elif agent.lost_connection == connection and connection not in self._connections:
                agent.sent.keep(message, self.steady)
                connection = None if agent.is_away else agent.connection
        if connection == request.connection:
            self.effects.append(message)
        elif connection is not None:
            self.effects.append(Respond(connection, request.request_id, request.agent_id, response))
        if self.lanes.by_connection:
            self.lanes.open(request, refused=response.result is not ResultCode.SUCCESS)

    def _keep_answer(self, agent: Agent, request: CommandReceived, response: Any) -> None:
        """Keep an answer to be given again; in the store too what a command did whose agent is kept there."""
        if request.connection in (agent.connection, agent.lost_connection):
            kept = agent.answers.keep(request.request_id, request.command, response)
            if agent.outlives and response.result is ResultCode.SUCCESS:
                self.effects.append(
                    SaveAnswer(agent.agent_id, kept.number, request.request_id, request.command, response)
                )

    def respond_again(self, request: CommandReceived, response: Any) -> None:
        """Answer a command that was answered before; nothing rests on it."""
        self.effects.append(Respond(request.connection, request.request_id, request.agent_id, response))

    def set_timer(self, key: TimerKey, after_s: float) -> None:
        """Have `TimerFired(key)` come back after so many seconds, whatever the clock shows by then."""
        self.effects.append(SetTimer(key, self.now + after_s))

    def set_timer_at(self, key: TimerKey, at: float) -> None:
        """Have `TimerFired(key)` come back at a time, epoch seconds; at once if that has passed.

        A step of the clock brings it nearer, or takes it away.
        """
        self.effects.append(SetTimer(key, max(at, self.now), calendar=True))

    def cancel_timer(self, key: TimerKey) -> None:
        """Forget a timer."""
        self.effects.append(CancelTimer(key))

    def note(self, thing: Thing) -> None:
        """Note that something changed; an agent's desktop is told by the end of the turn."""
        self.changed.append(thing)

    def free(self, agent: Agent) -> None:
        """Note that the agent may have nothing to do; what it gets next comes after all answers."""
        self.freed.append(agent)

    def serve(self, job: Job) -> None:
        """Note that the job may have something to do."""
        self.jobs[job.job_id] = job

    def take_strained(self) -> list[Job]:
        """Return the jobs whose lines in the air are to be looked at, and forget them."""
        jobs = list(self.strained)
        self.strained.clear()
        return jobs

    def take_jobs(self) -> list[Job]:
        """Return the jobs noted, and forget them."""
        jobs = list(self.jobs.values())
        self.jobs.clear()
        return jobs
