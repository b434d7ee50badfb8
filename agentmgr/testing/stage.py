"""A zone on a stage: events in, a transcript of what came of them out, in virtual time set by hand."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from copy import copy
from itertools import pairwise
from typing import Any, Protocol

from agentmgr.core import effects
from agentmgr.core.agent import Agent
from agentmgr.core.effects import (
    AskConnector,
    CheckAccount,
    CheckAgent,
    CheckDial,
    CheckDnc,
    CheckLogon,
    FetchContacts,
    ListAgents,
    LoadJob,
    ReadHistory,
    ReadNumbers,
)
from agentmgr.core.events import (
    AccountChecked,
    AgentChecked,
    AgentsListed,
    ClockStepped,
    CommandReceived,
    ConnectionLost,
    ConnectorAnswered,
    DncChecked,
    Event,
    HistoryRead,
    JobLoaded,
    JobsWanted,
    LogonChecked,
    NumbersRead,
    OrderDone,
    OrderFailed,
    OrderFault,
    SupervisorAsked,
    TimerFired,
)
from agentmgr.core.model import Wanted, WantedJob, ZoneConfig
from agentmgr.core.outbox import Thing
from agentmgr.core.wishes import Wish
from agentmgr.core.zone import Zone
from agentmgr.ports import Token, ZoneStore
from agentmgr.runtime.timers import TimerHeap
from agentmgr.testing.mirror import DesktopMirror
from agentmgr.testing.transcript import transcript
from protocol.commands import (
    AgentSDKConnected,
    AGTLogonRESP,
    GetAgentStatusResponse,
    GetAgentStatusResponseRESP,
)
from protocol.notifications import GetAgentStatus
from protocol.registry import VERSION
from protocol.results import ResultCode
from protocol.structures import AgentStatus

SECRET = bytes(32)
"""What resume tokens are made of in tests."""

Question = (
    FetchContacts
    | LoadJob
    | ReadHistory
    | CheckDial
    | CheckDnc
    | CheckAgent
    | ListAgents
    | ReadNumbers
    | CheckLogon
    | CheckAccount
    | AskConnector
)


class Witness(Protocol):
    """Sees every turn of the zone."""

    def __call__(self, event: Event, caused: list[effects.Effect]) -> None: ...


class Stage:
    """Drives a zone by hand, and checks after every turn what must hold after any.

    Every command is answered once; what a desktop was told last is the zone's truth; the store's own
    checks hold. The switch is played by whoever posts its events; its word on orders is given at once.

    Attributes:
        now: epoch seconds; moved by `wait`.
        asked: questions of the zone; answered at once unless `answers_at_once` is set to False.
        unconfirmed: orders that the switch has to say a word of; said like the answers.
        silent: agents whose desktops say nothing when they are asked whether they live; those of all others
            do at once, and neither question nor answer is in the transcript.
        refuses: kinds of orders that the switch does not carry out; `refused` are those it did not.
        unanswered: commands without RESP yet, by connection and request id.
        errands: all that connectors were asked for.
        connector: what they answer; None if they never do.
        tokens: the newest resume token of each agent.
        mirrors: what each agent's desktop was told, by connection and agent.
        orders: all orders to the switch so far, but `tones`: nothing rests on these.
        responses: all RESPs so far.
        changed: what the last turn has changed.
        faults: those of rules, as the zone reported them; raised unless `expects_faults`.
        witness: sees every turn.
    """

    def __init__(
        self, store: ZoneStore, config: ZoneConfig | None = None, *, start_s: float = 1_700_000_000.0
    ) -> None:
        self.store = store
        self.config = config or ZoneConfig("Z", token_secret=SECRET)
        self.now = start_s
        self.zone = Zone(self.config, start_s)
        self.timers = TimerHeap()
        self.asked: deque[Question] = deque()
        self.answers_at_once = True
        self.unconfirmed: deque[effects.TelephonyOrder] = deque()
        self.refuses: set[type[effects.TelephonyOrder]] = set()
        self.refused: list[effects.TelephonyOrder] = []
        self.unanswered: dict[tuple[int, int], Any] = {}
        self.silent: set[str] = set()
        self.mirrors: dict[tuple[int, str], DesktopMirror] = {}
        self.orders: list[effects.TelephonyOrder] = []
        self.responses: list[Any] = []
        self.changed: list[Thing] = []
        self.faults: list[effects.ReportFault] = []
        self.tones: list[effects.Tone] = []
        self.errands: list[AskConnector] = []
        self.connector: Callable[[AskConnector], bool | None] = lambda errand: True
        self.expects_faults = False
        self.witness: Witness | None = None
        self._token = Token(self.config.zone, 0, self.config.epoch)
        self.tokens: dict[str, str] = {}
        self._gone: set[int] = set()
        self._probed: deque[str] = deque()
        self._sent_over: dict[tuple[str, int], int] = {}
        self._latest: dict[str, DesktopMirror] = {}
        self._connection_count = 0
        self._request_count = 0

    def agent(self, agent_id: str) -> Agent:
        """Return a logged-on agent."""
        return self.zone.agents[agent_id]

    # -- what can happen -------------------------------------------------------------------

    def connect(self, *agent_ids: str) -> int:
        """Open a connection; returns its number."""
        self._connection_count += 1
        connection = self._connection_count
        self.send("", AgentSDKConnected(agent_ids, VERSION), connection)
        return connection

    def disconnect(self, connection: int) -> list[str]:
        """Cut a connection: a RESP to what is under way reaches nobody, a notification must not be sent."""
        self._gone.add(connection)
        for key in [key for key in self.unanswered if key[0] == connection]:
            del self.unanswered[key]
        return self.post(ConnectionLost(connection))

    def believed(self, agent_id: str) -> AgentStatus:
        """Return the states that an agent's desktop was told last."""
        return self._latest[agent_id].status

    def send(self, agent_id: str, command: Any, connection: int | None = None) -> list[str]:
        """Send a command, over the connection the agent is logged on by unless another is named."""
        if connection is None:
            connection = self.agent(agent_id).connection
            assert connection is not None, f"{agent_id} has no connection"
        self._request_count += 1
        self.unanswered[connection, self._request_count] = command
        self._sent_over[agent_id, self._request_count] = connection
        return self.post(CommandReceived(connection, self._request_count, agent_id, command))

    def post(self, *events: Event) -> list[str]:
        """Let events happen, with the answers to the zone's questions after each; returns the transcript."""
        shown: list[str] = []
        for event in events:
            shown += self._turn(event)
            while self.answers_at_once and (self.asked or self.unconfirmed):
                shown += self.confirm() if self.unconfirmed else self.answer()
            while self._probed:
                shown += self._tell_status(self._probed.popleft())
        return shown

    def _tell_status(self, agent_id: str) -> list[str]:
        """Let the desktop of an agent who is there say that it lives."""
        agent = self.zone.agents.get(agent_id)
        if agent is None or agent.connection is None:
            return []
        self._request_count += 1
        self._sent_over[agent_id, self._request_count] = agent.connection
        self.unanswered[agent.connection, self._request_count] = command = GetAgentStatusResponse(
            agent.status
        )
        shown = self._turn(CommandReceived(agent.connection, self._request_count, agent_id, command))
        return without(shown, f"{agent_id} < GetAgentStatusResponse ")

    def _is_probe(self, effect: effects.Effect) -> bool:
        """Whether a desktop is asked that was not lost."""
        match effect:
            case effects.Notify(agent_id=agent_id, connection=connection, notification=GetAgentStatus()):
                agent = self.zone.agents.get(agent_id)
                is_there = agent is not None and not agent.is_away and agent.connection == connection
                return is_there and agent_id not in self.silent
        return False

    def wish(self, agent_id: str, wish: Wish) -> list[str]:
        """Let a supervisor want something of an agent; returns the transcript, with one answer."""
        self._request_count += 1
        shown = self.post(SupervisorAsked(self._request_count, agent_id, wish))
        assert sum(line.startswith("supervisor: ") for line in shown) == 1, shown
        return shown

    def confirm(self) -> list[str]:
        """Let the switch say its word on the oldest order that waits for it."""
        order = self.unconfirmed.popleft()
        if type(order) not in self.refuses:
            return self._turn(OrderDone(order))
        self.refused.append(order)
        return self._turn(OrderFailed(order, OrderFault.REFUSED))

    def want(self, job_id: int, wanted: Wanted) -> list[str]:
        """Let another state of one job be wanted, of the others what they are in; returns the transcript."""
        level = {job.job_id: Wanted.PAUSE if job.paused else Wanted.RUN for job in self.zone.jobs.values()}
        level[job_id] = wanted
        return self.post(JobsWanted(tuple(WantedJob(*each) for each in sorted(level.items()))))

    def answer(self, question: Question | None = None) -> list[str]:
        """Answer a question of the zone, the oldest one unless another is named."""
        if question is None:
            question = self.asked.popleft()
        else:
            self.asked.remove(question)
        return self._turn(self._answer_to(question))

    def wait(self, seconds: float) -> list[str]:
        """Let time pass, and all timers fire that are due meanwhile."""
        shown, until = [], self.now + seconds
        while (at := self.timers.next_at()) is not None and at <= until:
            self.now = max(self.now, at)
            for key in self.timers.due(self.now):
                shown += self.post(TimerFired(key))
        self.now = until
        return shown

    def step_clock(self, by_s: float) -> list[str]:
        """Let the clock be stepped, and all happen that is due by it; returns the transcript."""
        self.now += by_s
        self.timers.step(by_s)
        return [*self.post(ClockStepped(by_s)), *self.wait(0)]

    # -- a turn ----------------------------------------------------------------------------

    def _turn(self, event: Event) -> list[str]:
        for mirror in self.mirrors.values():
            mirror.turn()
        caused, self.changed = self.zone.handle(event, self.now)
        for effect in caused:
            if isinstance(effect, effects.ReportFault):
                self.faults.append(effect)
                if not self.expects_faults:
                    raise effect.fault
        records = [effect for effect in caused if isinstance(effect, effects.RECORDS)]
        if records:
            self.store.commit(self._token, records)
        for effect in caused:
            self._begin_anew(effect)
        answers = Counter(self._whose(effect) for effect in caused if isinstance(effect, effects.Respond))
        for effect in caused:
            self._perform(effect)
            if isinstance(effect, effects.Respond):
                whose = self._whose(effect)
                answers[whose] -= 1
                if answers[whose]:  # commands that waited are carried out one after the other
                    self._mirror(*whose).next_answer()
        self._compare()
        if self.witness is not None:
            self.witness(event, caused)
        probes = [effect for effect in caused if self._is_probe(effect)]
        self._probed.extend(effect.agent_id for effect in probes if isinstance(effect, effects.Notify))
        return transcript([effect for effect in caused if effect not in probes], self.now)

    def _perform(self, effect: effects.Effect) -> None:
        match effect:
            case effects.Respond(connection=connection) if connection in self._gone:
                pass
            case effects.Respond(connection=connection, request_id=request_id, agent_id=agent_id):
                if self._sent_over[agent_id, request_id] == connection:
                    assert (connection, request_id) in self.unanswered, f"answered once too often: {effect}"
                    del self.unanswered[connection, request_id]
                else:  # the RESP follows its agent to another connection
                    agent = self.zone.agents.get(agent_id)  # none: a fault in this turn logged it off
                    assert agent is None or agent.connection == connection, f"follows nobody: {effect}"
                self.responses.append(effect.response)
                if token := getattr(effect.response, "resume_token", None):
                    self.tokens[agent_id] = token
                self._mirror(connection, agent_id).answered(effect.response)
            case effects.Notify(connection=connection, agent_id=agent_id):
                assert connection not in self._gone, f"sent to nobody: {effect}"
                if not isinstance(effect.notification, GetAgentStatus):
                    self._latest[agent_id] = self._mirror(connection, agent_id)
                    self._latest[agent_id].notified(effect.notification)
            case effects.SetTimer():
                self.timers.set(effect.key, effect.at, calendar=effect.calendar)
            case effects.CancelTimer():
                self.timers.cancel(effect.key)
            case AskConnector():
                self.errands.append(effect)
                if self.connector(effect) is not None:
                    self.asked.append(effect)
            case _ if isinstance(effect, Question):
                self.asked.append(effect)
            case effects.Tone():
                self.tones.append(effect)
            case _ if isinstance(effect, effects.TELEPHONY_ORDERS):
                self.orders.append(effect)
                if self.config.switch_confirms or type(effect) in self.refuses:
                    self.unconfirmed.append(effect)

    def _begin_anew(self, effect: effects.Effect) -> None:
        """A desktop that logs on knows nothing; one that comes back knows what it knew."""
        match effect:
            case effects.Respond(response=AGTLogonRESP(result=ResultCode.SUCCESS)):
                self.mirrors[effect.connection, effect.agent_id] = DesktopMirror()
            case effects.Respond(response=GetAgentStatusResponseRESP(result=ResultCode.SUCCESS)):
                mirror = copy(self._latest.get(effect.agent_id) or DesktopMirror())
                self.mirrors[effect.connection, effect.agent_id] = mirror
                self._latest[effect.agent_id] = mirror
                mirror.came_back()

    @staticmethod
    def _whose(answer: effects.Respond) -> tuple[int, str]:
        return answer.connection, answer.agent_id

    def _mirror(self, connection: int, agent_id: str) -> DesktopMirror:
        return self.mirrors.setdefault((connection, agent_id), DesktopMirror())

    def _compare(self) -> None:
        for agent in self.zone.agents.values():
            if agent.connection is not None and not agent.is_away:
                mirror = self._mirror(agent.connection, agent.agent_id)
                assert mirror.status == agent.status, f"{agent.agent_id} was told {mirror.status}"
                assert mirror.capabilities == agent.capabilities, (
                    f"{agent.agent_id} was told other capabilities"
                )

    def _answer_to(self, question: Question) -> Event:
        if isinstance(question, FetchContacts):
            wanted = question.job_id, question.limit, self.now, question.only_retries
            return self.store.claim_contacts(self._token, *wanted)
        if isinstance(question, ListAgents):
            able = question.skill, question.level, question.limit, question.organisation
            return AgentsListed(question.key, self.store.agents_with(self.config.zone, *able))
        if isinstance(question, ReadNumbers):
            whose = question.job_id, question.agent_id, question.organisation
            return NumbersRead(question.key, self.store.numbers(*whose))
        if isinstance(question, LoadJob):
            return JobLoaded(question.job_id, self.store.load_job(self._token, question.job_id))
        if isinstance(question, ReadHistory):
            job_id, begins = question.job_id, question.begins
            days = tuple(self.store.live_calls(job_id, *day) for day in pairwise(begins))
            return HistoryRead(job_id, days, self.store.latest_calls(job_id, begins[0], begins[-1]))
        if isinstance(question, AskConnector):
            return ConnectorAnswered(question.key, bool(self.connector(question)))
        if isinstance(question, CheckDial):
            return self.store.check_dials([question])[0]
        if isinstance(question, CheckDnc):
            return DncChecked(question.key, self.store.on_dnc(question.addresses, question.organisation))
        if isinstance(question, CheckAccount):
            account = self.store.find_account(question.account)
            right = account is not None and account.may_sign_in and account.password_hash == question.password
            result = ResultCode.SUCCESS if right else ResultCode.AUTHENTICATION_FAILED
            return AccountChecked(question.connection, question.request_id, result)
        login = self.store.find_agent(question.agent_id)
        if isinstance(question, CheckAgent):
            exists = login is not None and login.agent.works_for(question.organisation)
            return AgentChecked(question.key, exists)
        right = login is not None and (
            login.has_token(question.resume_token, question.tokens_since)
            if question.resume_token
            else login.password_hash == question.password
        )
        return LogonChecked(
            question.connection,
            question.request_id,
            question.agent_id,
            ResultCode.SUCCESS if right else ResultCode.AUTHENTICATION_FAILED,
            login.agent if login is not None and right else None,
        )


def without(shown: Iterable[str], *starts: str) -> list[str]:
    """Return a transcript without the lines that start so, such as `store:`."""
    return [line for line in shown if not line.startswith(starts)]
