"""What each command costs the zone's thread at its dearest, from its frame to the frames of all it causes.

A zone with 500 agents who talk, and a campaign that has as much of everything as people make: completion
codes, an address book, attributes, notes, callbacks. Every command of the registry is asked with the
arguments that cost most, by agents who have not asked before, and counted by the median.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from statistics import median
from time import thread_time
from typing import Any

from agentmgr.core import effects
from agentmgr.core.events import (
    AgentChecked,
    CallAnswered,
    CommandReceived,
    ContactsFetched,
    DialChecked,
    DirectoryChanged,
    DncChecked,
    Event,
    HistoryRead,
    JobLoaded,
    LogonChecked,
    NailAnswered,
    Timer,
    TimerFired,
)
from agentmgr.core.model import (
    AgentSpec,
    AttributeSpec,
    CampaignSpec,
    CompletionCodeSpec,
    ContactSpec,
    ExternalDestination,
    JobSpec,
    LatestCalls,
    PhoneNumber,
    ZoneConfig,
)
from agentmgr.core.timezones import TIMEZONES
from agentmgr.core.zone import Zone
from protocol import commands as c
from protocol.connection import CommandReader, command_bytes, notification_bytes, response_bytes
from protocol.enums import AgentState, CallbackType, DestinationType, PacingType
from protocol.examples import example
from protocol.registry import COMMANDS, MAX_VALUE_BYTES, VERSION
from protocol.results import ResultCode
from protocol.structures import (
    AgentSkill,
    Attribute,
    CallbackDest,
    CompletionCode,
    ContactNumber,
    Destination,
    KeyValuePair,
    SocketInfo,
)

AGENTS = 500
SKILL = (AgentSkill("bench"),)
NUMBERS = [PhoneNumber("PhoneNumber1", f"+49301{n:06}", "Europe/Berlin") for n in range(20_000)]
VALUES = {"FirstName": "Ann", "PhoneNumber1": "+4930123456"} | {f"Attribute{n}": "x" * 60 for n in range(100)}
ATTRIBUTES = tuple(AttributeSpec(name, "phone" if name == "PhoneNumber1" else "string") for name in VALUES)
NOTES = tuple(f"note {n}: the customer would like to be called again" for n in range(500))


def campaign(number: int) -> CampaignSpec:
    """Return a campaign with as much of everything as people make."""
    return CampaignSpec(
        number,
        f"Bench {number}",
        PacingType.Progressive,
        "bench" if number == 1 else f"other {number}",
        tuple(CompletionCodeSpec(n, f"Completion code {n}") for n in range(1, 1001)),
        1,
        attributes=ATTRIBUTES,
        address_book=tuple(ExternalDestination(f"Department {n}", f"+4930222{n:04}") for n in range(1000)),
        callback_types=tuple(CallbackType),
        allow_free_form=True,
        country="DE",
    )


class Bench:
    """A zone whose questions and orders are answered at once, and how long each command took it."""

    def __init__(self, agents: int = AGENTS) -> None:
        self.now = 1_750_000_000.0
        self.zone = Zone(ZoneConfig("Default", timezones=TIMEZONES, token_secret=bytes(32)), self.now)
        self._request = count(1)
        self._contact = count(1)
        self._waiting: deque[Event] = deque()
        self.post(DirectoryChanged({f"Zone {n}": SocketInfo("192.0.2.1", 9970) for n in range(300)}))
        for number in range(1, 201):
            self.post(JobLoaded(number, JobSpec(number, campaign(number), 10**6)))
        self.agents = [f"{1000 + n}" for n in range(agents)]
        for number, agent_id in enumerate(self.agents, 1):
            self.post(CommandReceived(number, 0, "", c.AgentSDKConnected((agent_id,), VERSION)))
            self.ask(agent_id, LOGON, number)
            for command in (
                c.AGTStateChange(AgentState.Ready),
                c.AGTAvailableForNailup(),
                c.AGTReadyForNailup(),
            ):
                self.ask(agent_id, command, number)
        while any(agent.session is None for agent in self.zone.agents.values()):
            self.now += 5
            self.post(TimerFired((Timer.PACE, "1")))

    def post(self, event: Event) -> list[Any]:
        """Let an event happen with all that follows from it; returns what the event itself caused."""
        first, _ = self.zone.handle(event, self.now)
        self._waiting.extend(answer for effect in first for answer in self._answers(effect))
        while self._waiting:
            caused, _ = self.zone.handle(self._waiting.popleft(), self.now)
            self._waiting.extend(answer for effect in caused for answer in self._answers(effect))
        return first

    def ask(self, agent_id: str, command: Any, connection: int | None = None) -> float:
        """Let a desktop send a command, and return what it costs the zone's thread, seconds."""
        number = connection or self.agents.index(agent_id) + 1
        reader = CommandReader(partial(CommandReceived, number))
        data = command_bytes(next(self._request), agent_id, command)
        began = thread_time()
        (event,) = reader.receive(data)
        caused, _ = self.zone.handle(event, self.now)
        spent = self._encode(caused, began)
        self.results = [int(each.response.result) for each in caused if isinstance(each, effects.Respond)]
        answers = [answer for effect in caused for answer in self._answers(effect)]
        for answer in answers:
            began = thread_time()
            follows, _ = self.zone.handle(answer, self.now)
            spent = max(spent, self._encode(follows, began))
            self._waiting.extend(each for effect in follows for each in self._answers(effect))
        while self._waiting:
            self.post(self._waiting.popleft())
        return spent

    def _encode(self, caused: list[Any], began: float) -> float:
        for effect in caused:
            if isinstance(effect, effects.Respond):
                response_bytes(effect.request_id, effect.agent_id, effect.response)
            elif isinstance(effect, effects.Notify):
                notification_bytes(effect.agent_id, effect.notification)
        return thread_time() - began

    def _answers(self, effect: Any) -> Iterator[Event]:
        match effect:
            case effects.CheckLogon():
                found = AgentSpec(effect.agent_id, f"Agent {effect.agent_id}", SKILL)
                yield LogonChecked(
                    effect.connection, effect.request_id, effect.agent_id, ResultCode.SUCCESS, found
                )
            case effects.NailUp():
                yield NailAnswered(effect.leg_id)
            case effects.CheckDial():
                yield DialChecked(effect.key, effect.number)
            case effects.CheckDnc():
                yield DncChecked(effect.key, frozenset())
            case effects.CheckAgent():
                yield AgentChecked(effect.key, True)
            case effects.Dial():
                yield CallAnswered(effect.call_id)
            case effects.FetchContacts():
                wanted = effect.limit if effect.job_id == 1 else 0
                yield ContactsFetched(effect.job_id, tuple(self._contacts(wanted)), self.now + 60)
            case effects.LoadJob():
                yield JobLoaded(effect.job_id, None)
            case effects.ReadHistory():
                yield HistoryRead(effect.job_id, (), LatestCalls())

    def _contacts(self, wanted: int) -> Iterator[ContactSpec]:
        for _ in range(wanted):
            number = next(self._contact)
            phone = NUMBERS[number]
            values = VALUES | {"PhoneNumber1": phone.number}
            yield ContactSpec(number, str(number), 1, "Bench", (phone,), values, notes=NOTES)

    def sid(self, agent_id: str) -> str:
        """Return the session of an agent; empty without one."""
        session = self.zone.agents[agent_id].session
        return session.sid if session is not None else ""


LOGON = c.AGTLogon("sip:1@pbx", "secret", False, "en", "Europe/Berlin", "Default")

Case = Callable[[Bench, str], Any]
"""Brings an agent who talks to where a command is dearest, and returns that command."""


def _wrapped(bench: Bench, agent_id: str) -> str:
    bench.ask(agent_id, c.AGTReleaseLine(bench.sid(agent_id)))
    return bench.sid(agent_id)


def _consulting(bench: Bench, agent_id: str) -> str:
    other = bench.agents[-1 - bench.agents.index(agent_id)]
    bench.ask(other, c.AGTStateChange(AgentState.NotReady))
    bench.ask(other, c.AGTReleaseLine(bench.sid(other)))
    bench.ask(other, c.AGTWrapupContact(CompletionCode(1), bench.sid(other)))
    sid = bench.sid(agent_id)
    bench.ask(agent_id, c.AGTConsultCall(Destination(DestinationType.Agent, other), sid))
    return bench.sid(agent_id)


def _then(_: object, command: Any) -> Any:
    return command


def _filled(make: Callable[[int], Any]) -> Any:
    """Return the largest of what is made with a number that fits a frame."""
    low, high = 1, 1024
    while low < high:
        middle = (low + high + 1) // 2
        try:
            command_bytes(1, "1000", make(middle))
            low = middle
        except ValueError:
            high = middle - 1
    return make(low)


def _numbers(many: int) -> c.AGTAddToDNC:
    return c.AGTAddToDNC(tuple(Attribute("PhoneNumber1", f"0 30 / {7_000_000 + n}") for n in range(many)))


LONG = "x" * 7_900

CASES: dict[str, Case] = {
    "AGTLogon": lambda bench, agent: LOGON,
    "AGTGetCompCodes": lambda bench, agent: c.AGTGetCompCodes(bench.sid(agent)),
    "AGTReleaseLine": lambda bench, agent: c.AGTReleaseLine(bench.sid(agent)),
    "AGTHoldCall": lambda bench, agent: c.AGTHoldCall(bench.sid(agent)),
    "AGTWrapupContact": lambda bench, agent: c.AGTWrapupContact(CompletionCode(999), _wrapped(bench, agent)),
    "AGTExtendWrapup": lambda bench, agent: c.AGTExtendWrapup(_wrapped(bench, agent)),
    "AGTRedial": lambda bench, agent: _then(
        _wrapped(bench, agent), c.AGTRedial(ContactNumber(number=f"030 4{bench.agents.index(agent):06}"))
    ),
    "AGTGetConsultDestsForType": lambda bench, agent: c.AGTGetConsultDestsForType(
        DestinationType.Agent, bench.sid(agent)
    ),
    "AGTGetConsultDestsForType External": lambda bench, agent: c.AGTGetConsultDestsForType(
        DestinationType.External, bench.sid(agent)
    ),
    "AGTConsultCall": lambda bench, agent: c.AGTConsultCall(
        Destination(DestinationType.External, f"+49 30 5{bench.agents.index(agent):06}"), bench.sid(agent)
    ),
    "AGTCompleteTransfer": lambda bench, agent: c.AGTCompleteTransfer(_consulting(bench, agent)),
    "AGTStartConf": lambda bench, agent: c.AGTStartConf(_consulting(bench, agent)),
    "AGTCancelConsult": lambda bench, agent: c.AGTCancelConsult(_consulting(bench, agent)),
    "AGTGetCallbackDestsForType": lambda bench, agent: c.AGTGetCallbackDestsForType(
        CallbackType.Agent, bench.sid(agent)
    ),
    "AGTGetCallbackDestsForType Campaign": lambda bench, agent: c.AGTGetCallbackDestsForType(
        CallbackType.Campaign, bench.sid(agent)
    ),
    "AGTCreateCallback": lambda bench, agent: c.AGTCreateCallback(
        callback_type=CallbackType.Campaign,
        callback_dest=CallbackDest(CallbackType.Campaign, "Bench 200"),
        callback_time="2025/12/02 09:30",
        callback_expiry_time=0,
        callback_timezone="Europe/Berlin",
        contact_number=ContactNumber(number=f"030 6{bench.agents.index(agent):06}"),
        agent_notes=LONG,
        session_id=bench.sid(agent),
    ),
    "AGTGetCustomerDetails": lambda bench, agent: c.AGTGetCustomerDetails(bench.sid(agent)),
    "AGTGetContactAttributes": lambda bench, agent: c.AGTGetContactAttributes(),
    "AGTSetCustomerDetail": lambda bench, agent: c.AGTSetCustomerDetail(
        KeyValuePair("PhoneNumber1", f"030 8{bench.agents.index(agent):06}"), bench.sid(agent)
    ),
    "AGTAddAgentNote": lambda bench, agent: c.AGTAddAgentNote(LONG),
    "AGTRefreshAgentNotes": lambda bench, agent: c.AGTRefreshAgentNotes(bench.sid(agent)),
    "AGTAddToDNC": lambda bench, agent: _filled(_numbers),
    "AGTIsInDNC": lambda bench, agent: c.AGTIsInDNC(f"030 9{bench.agents.index(agent):06}", bench.sid(agent)),
    "AgentSDKConnected": lambda bench, agent: _filled(
        lambda many: c.AgentSDKConnected(tuple(bench.agents[n % AGENTS] for n in range(many)), VERSION)
    ),
    "AgentSDKConnected unknown": lambda bench, agent: _filled(
        lambda many: c.AgentSDKConnected(tuple(f"a{n}" for n in range(many)), VERSION)
    ),
    "AGTGetErrorInfo": lambda bench, agent: c.AGTGetErrorInfo(9008, "x" * (MAX_VALUE_BYTES - 200)),
}
"""Those whose dearest case is not the example of the reference."""


def measure(rounds: int) -> list[dict[str, Any]]:
    """Return what each command costs, the dearest first, milliseconds: median and most of so many."""
    bench = Bench()
    fresh = iter(bench.agents)
    costs = []
    for name in dict.fromkeys((*COMMANDS, *CASES)):
        case = CASES.get(name, lambda bench, agent, name=name: example(COMMANDS[name].cls))
        spent = []
        for number in range(rounds + 1):
            agent_id = next(fresh) if name in CASES else bench.agents[-1 - number]
            command = case(bench, agent_id)
            spent.append(bench.ask(agent_id, command) * 1e3)
        taken = spent[1:]  # the first one warms up
        costs.append(
            {
                "command": name,
                "result": bench.results,
                "median_ms": round(median(taken), 3),
                "max_ms": round(max(taken), 3),
            }
        )
    return sorted(costs, key=lambda cost: -cost["median_ms"])
