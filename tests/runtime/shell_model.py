"""What a runner promises, as a ledger that knows nothing but what the zone said; and fakes that write to it.

All that leaves a runner is entered as it leaves, and held at once against what the zone caused before.
A broken promise is noted, not raised: it would only be one more fault for the runner to deal with.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import outcome
import trio
from attrs import define, field
from runner_fakes import TOKEN, PushingSwitch, note, said

from agentmgr.core.effects import (
    CancelTimer,
    CheckDnc,
    CheckLogon,
    DropNail,
    Effect,
    FetchContacts,
    HangUp,
    LoadJob,
    Notify,
    Record,
    ReportFault,
    Respond,
    SaveNote,
    SendDigit,
    SetTimer,
    TelephonyOrder,
)
from agentmgr.core.events import (
    CallEnded,
    CommandReceived,
    ConnectionLost,
    ContactsFetched,
    DncChecked,
    Event,
    JobLoaded,
    JobsWanted,
    LogonChecked,
    OrderFailed,
    OrderFault,
    TimerFired,
    TimerKey,
)
from agentmgr.core.model import Wanted, WantedJob
from agentmgr.ports import Token
from agentmgr.runtime.clock import Clock
from protocol.commands import POMClientAliveRESP
from protocol.connection import notification_bytes, response_bytes
from protocol.results import ResultCode

Word = tuple[Any, ...]
"""What a zone says in a turn: the name of one of WORDS, and its arguments."""

REFUSED = ConnectionError("the switch does not take it")
PUNCTUAL_S = 1e-3
"""How late a timer may be, seconds: the clock is rounded."""


OWN = -1
"""The line of the events that are no connection's."""


def line_of(event: Event) -> int:
    """Return the connection whose order an event keeps."""
    return event.connection if isinstance(event, CommandReceived | ConnectionLost) else OWN


@define
class _LiveTimer:
    at: float
    count: int
    set_at: float
    set_by_timer: bool


@define
class Ledger:
    """What the zone caused, and what became of it.

    Attributes:
        limit: how many effects may wait before the zone need not be stepped.
        accepted: events that the inbox took, in order; not the answers of the store.
        lines: those that were not taken in yet, by connection; OWN are of none.
        sure: how many of them came while the zone was neither closed nor stopped.
        answers: what the store answered, in the order in which it was read.
        raised: faults that must stop the zone.
        broken: promises that were not kept.
    """

    limit: int
    broken: list[str] = field(factory=list)
    raised: list[Exception] = field(factory=list)
    log: list[Any] = field(factory=list)
    accepted: list[Event] = field(factory=list)
    lines: dict[int, deque[tuple[Event, bool]]] = field(factory=lambda: defaultdict(deque))
    sure: int = 0
    taken: int = 0
    answers: list[Event] = field(factory=list)
    heard: int = 0
    silent: bool = False

    records: list[str] = field(factory=list)
    turn_ends: set[int] = field(factory=lambda: {0})
    committed: int = 0
    commit_failed: bool = False
    caused: list[tuple[Any, int]] = field(factory=list)
    left: int = 0
    asked_for: list[tuple[Any, int]] = field(factory=list)
    asked: int = 0
    logons: dict[int, int] = field(factory=dict)
    checked: dict[int, ResultCode] = field(factory=dict)
    unflushed: bool = False
    changed: list[tuple[int, int]] = field(factory=list)
    shown: int = 0
    told: list[str] = field(factory=list)
    faults: int = 0

    reads_wanted: int = 0
    reads: int = 0
    read_is_due: bool = False

    timers: dict[TimerKey, _LiveTimer] = field(factory=dict)
    timers_set: int = 0
    excused_until: float = 0.0

    def breaks(self, promise: str, *details: object) -> None:
        """Note that a promise was not kept."""
        self.broken.append(": ".join((promise, ", ".join(map(repr, details)))))

    @property
    def waiting_at_least(self) -> int:
        """How many effects wait for a commit, without questions: nobody sees when those leave."""
        return len(self.caused) - self.left

    @property
    def waiting_at_most(self) -> int:
        """How many effects may wait for a commit."""
        return self.waiting_at_least + len(self.asked_for) - self.asked + len(self.logons)

    # -- into the zone ---------------------------------------------------------------------

    def accept(self, event: Event, is_sure: bool) -> None:
        """Note an event that the inbox took; one that is not sure came when the zone was about to end."""
        self.accepted.append(event)
        self.lines[line_of(event)].append((event, is_sure))
        self.sure += is_sure

    def retract(self, event: Event, is_sure: bool) -> None:
        """Note that the inbox did not take the event that was accepted last."""
        assert self.accepted.pop() is self.lines[line_of(event)].pop()[0] is event, event
        self.sure -= is_sure

    def take(self, event: Event, now: float) -> None:
        """Note that the zone is given an event."""
        if self.silent:
            self.breaks("an event comes after the end", event)
        if isinstance(event, TimerFired):
            self._fire(event.key, now)
        elif isinstance(event, LogonChecked):
            if self.checked.pop(event.request_id, None) is not event.result:
                self.breaks("a logon is answered that was not checked, or otherwise", event)
        elif isinstance(event, ContactsFetched | JobLoaded | DncChecked | JobsWanted):
            if event not in self.answers[self.heard : self.heard + 1]:
                self.breaks("an answer comes out of order", event, self.answers[self.heard :])
            self.heard += 1
        else:
            line = self.lines[line_of(event)]
            if not line or line.popleft()[0] != event:
                self.breaks("an event comes out of order", event, self.lines)
            if line_of(event) != OWN and any(is_sure for _, is_sure in self.lines[OWN]):
                self.breaks("a command comes before what the zone itself has to do", event, self.lines[OWN])
            self.taken += 1

    def _fire(self, key: TimerKey, now: float) -> None:
        timer = self.timers.pop(key, None)
        if timer is None:
            self.breaks("a timer fires that is not set", key)
            return
        due = max(timer.at, timer.set_at, self.excused_until)
        if not timer.at <= now <= due + PUNCTUAL_S:
            self.breaks("a timer does not fire at its time", key, timer.at, now)
        for other, earlier in self.timers.items():
            if (earlier.at, earlier.count) < (timer.at, timer.count) and not (
                earlier.set_by_timer and earlier.set_at == now
            ):
                self.breaks("a timer fires before one that was due earlier", key, other)

    def cause(self, effects: Sequence[Effect], event: Event, now: float) -> None:
        """Note what the zone says in a turn."""
        self.records += [effect.text for effect in effects if isinstance(effect, SaveNote)]
        rests_on = len(self.records)
        self.turn_ends.add(rests_on)
        for effect in effects:
            match effect:
                case SetTimer():
                    self.timers_set += 1
                    by_timer = isinstance(event, TimerFired)
                    self.timers[effect.key] = _LiveTimer(effect.at, self.timers_set, now, by_timer)
                case CancelTimer():
                    self.timers.pop(effect.key, None)
                case CheckLogon():
                    self.logons[effect.request_id] = rests_on
                case ReportFault():
                    self.faults += 1
                case SaveNote():
                    pass
                case FetchContacts() | LoadJob() | CheckDnc():
                    self.asked_for.append((effect, rests_on))
                case _:
                    self.caused.append((_as_it_leaves(effect), rests_on))

    def change(self) -> int:
        """Note that something changes in the turn whose effects were the last, and return it."""
        thing = len(self.changed)
        self.changed.append((thing, len(self.records)))
        return thing

    # -- out of the zone -------------------------------------------------------------------

    def append(self, entry: Any) -> None:
        """Note what left, as the fakes write it."""
        self.log.append(entry)
        if entry == "flush":
            self.unflushed = False
        elif entry[0] == "close_all":
            self.told.append(entry[1])
        else:
            self._leave(entry)

    def _leave(self, entry: Any) -> None:
        self.unflushed = self.unflushed or entry[0] == "send"
        if self.left == len(self.caused):
            self.breaks("something leaves that nobody caused", entry)
            return
        expected, rests_on = self.caused[self.left]
        self.left += 1
        if entry != expected:
            self.breaks("something leaves out of order", entry, expected)
        if rests_on > self.committed:
            self.breaks("something leaves before it is committed", entry, rests_on, self.committed)
        if self.told or self.silent:
            self.breaks("something leaves after the end was told", entry)

    def commit(self, texts: list[str]) -> None:
        """Note a transaction."""
        self.log.append(("commit", texts))
        if texts != self.records[self.committed : self.committed + len(texts)]:
            self.breaks("records are not committed once and in order", texts, self.records[self.committed :])
        if self.commit_failed:
            self.breaks("something is committed after a commit that failed", texts)
        self.committed += len(texts)
        if self.committed not in self.turn_ends:
            self.breaks("a turn is committed in parts", texts)

    def call(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Note that a call of the store is asked for."""
        expected: list[Any] = self.asked_for[self.asked :]
        match name, *arguments:
            case "commit", *_:
                return
            case "jobs_wanted", _:
                self.reads += 1
                if self.reads > self.reads_wanted:
                    self.breaks("the jobs are read unasked")
                return
            case "find_agent", agent_id:
                self._ask([self.logons.pop(int(agent_id), len(self.records) + 1)], agent_id)
                return
            case "claim_contacts", _, job_id, limit, _, only_retries:
                questions: list[Any] = [FetchContacts(job_id, limit, only_retries)]
            case "load_job", _, job_id:
                questions = [LoadJob(job_id)]
            case _, addresses, _:
                questions = [question for question, _ in expected[: len(addresses)]]
                if not questions or {a for q in questions for a in getattr(q, "addresses", ())} != addresses:
                    self.breaks("addresses are checked out of order", addresses, expected)
        if questions != [question for question, _ in expected[: len(questions)]]:
            self.breaks("a question is asked out of order", questions, expected)
        self._ask([rests_on for _, rests_on in expected[: len(questions)]], *questions)
        self.asked += len(questions)

    def show(self, changed: Iterable[int]) -> None:
        """Note what readers of the feed are told."""
        for thing in changed:
            expected = self.changed[self.shown : self.shown + 1]
            self.shown += 1
            if [thing] != [each for each, _ in expected]:
                self.breaks("a change is shown out of order", thing, expected)
            elif expected[0][1] > self.committed:
                self.breaks("a change is shown before it is committed", thing)

    def _ask(self, rest_on: list[int], *questions: Any) -> None:
        if max(rest_on, default=0) > self.committed:
            self.breaks("a question leaves before what it rests on, or twice", *questions)


def _as_it_leaves(effect: Any) -> Any:
    match effect:
        case Notify():
            frame = notification_bytes(effect.agent_id, effect.notification)
        case Respond():
            frame = response_bytes(effect.request_id, effect.agent_id, effect.response)
        case _:
            return "order", effect
    return "send", effect.connection, frame


# -- what a zone can say -------------------------------------------------------------------


def _respond(event: Event, number: int, connection: int) -> Respond:
    request = event.request_id if isinstance(event, CommandReceived) else number
    return Respond(connection, request, "1001", POMClientAliveRESP(ResultCode.SUCCESS))


WORDS: dict[str, Callable[..., Effect]] = {
    "record": lambda event, number, now: note(str(number)),
    "respond": lambda event, number, now, connection: _respond(event, number, connection),
    "notify": lambda event, number, now, connection: said(str(number), connection),
    "order": lambda event, number, now: HangUp(str(number)),
    "order that ends a call": lambda event, number, now: DropNail(str(number)),
    "order that is refused": lambda event, number, now: SendDigit(str(number), "1"),
    "set": lambda event, number, now, key, in_s: SetTimer((key, ""), now + in_s),
    "cancel": lambda event, number, now, key: CancelTimer((key, "")),
    "fetch": lambda event, number, now: FetchContacts(number, 10, number % 2 == 0),
    "load": lambda event, number, now: LoadJob(number),
    "dnc": lambda event, number, now: CheckDnc(number, (f"+{number}",)),
    "logon": lambda event, number, now: CheckLogon(1, number, str(number), "secret"),
    "report": lambda event, number, now: ReportFault("X", ZeroDivisionError()),
}
"""What a zone's word is; the number makes every effect another one."""


class SpeakingZone:
    """Says in its n-th turn what the n-th of `turns` says, and then nothing more."""

    def __init__(self, ledger: Ledger, turns: Iterable[Sequence[Word]]) -> None:
        self._ledger = ledger
        self._turns = iter(turns)
        self._effects = 0
        self.fault: Exception | None = None

    def handle(self, event: Event, now: float) -> Any:
        self._ledger.take(event, now)
        if self.fault is not None:
            self._ledger.raised.append(self.fault)
            raise self.fault
        effects = []
        for name, *arguments in next(self._turns, ()):
            self._effects += 1
            effects.append(WORDS[name](event, self._effects, now, *arguments))
        self._ledger.cause(effects, event, now)
        return effects, [self._ledger.change()]


# -- the world around it -------------------------------------------------------------------


class AnsweringStore:
    """Answers every question in its own way, or raises `fault` if there is one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.fault: Exception | None = None

    def _fail(self) -> None:
        if self.fault is not None:
            self._ledger.raised.append(self.fault)
            raise self.fault

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        assert token == TOKEN
        if self.fault is not None:
            self._ledger.commit_failed = True
        self._fail()
        self._ledger.commit([record.text for record in records])

    def claim_contacts(
        self, token: Token, job_id: int, limit: int, now: float, only_retries: bool = False
    ) -> ContactsFetched:
        self._fail()
        answer = ContactsFetched(job_id, (), None)
        self._ledger.answers.append(answer)
        return answer

    def load_job(self, token: Token, job_id: int) -> None:
        self._fail()
        self._ledger.answers.append(JobLoaded(job_id, None))

    def on_dnc(self, addresses: frozenset[str], organisation: str) -> frozenset[str]:
        self._fail()
        numbers = sorted(int(address) for address in addresses)
        present = {number for number in numbers if number % 2}
        self._ledger.answers += [
            DncChecked(number, frozenset({f"+{number}"} if number in present else ())) for number in numbers
        ]
        return frozenset(f"+{number}" for number in present)

    def jobs_wanted(self, zone: str) -> tuple[WantedJob, ...]:
        self._fail()
        self._ledger.read_is_due = False
        jobs = (WantedJob(self._ledger.reads, Wanted.RUN),)
        self._ledger.answers.append(JobsWanted(jobs))
        return jobs

    def find_agent(self, agent_id: str) -> None:
        failed = ResultCode.PASSWORD_NOT_VERIFIABLE
        self._ledger.checked[int(agent_id)] = failed if self.fault else ResultCode.AUTHENTICATION_FAILED
        if self.fault is not None:
            raise self.fault


class WatchedFeed:
    """A feed that somebody reads."""

    readers = ("somebody",)

    def __init__(self, ledger: Ledger) -> None:
        self.note = ledger.show


class AllowedWriter:
    """Runs calls in order, each when `allow` or an open gate lets it; as the real one, it abandons none."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._soon = trio.lowlevel.current_trio_token().run_sync_soon
        self._calls: deque[tuple[trio.lowlevel.Task, Callable[..., Any], tuple[Any, ...]]] = deque()
        self._is_open = False

    @property
    def is_idle(self) -> bool:
        return not self._calls

    def open(self, is_open: bool = True) -> None:
        self._is_open = is_open
        self._work()

    def allow(self, calls: int) -> None:
        """Let some of the calls that wait run."""
        for _ in range(min(calls, len(self._calls))):
            if self._ledger.waiting_at_most > self._ledger.limit:
                self._ledger.excused_until = self._clock.now()
            task, function, arguments = self._calls.popleft()
            trio.lowlevel.reschedule(task, outcome.capture(function, *arguments))

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        await trio.lowlevel.checkpoint_if_cancelled()
        self._ledger.call(function.__name__, arguments)
        self._calls.append((trio.lowlevel.current_task(), function, arguments))
        self._soon(self._work)
        return await trio.lowlevel.wait_task_rescheduled(lambda _: trio.lowlevel.Abort.FAILED)

    def _work(self) -> None:
        if self._is_open:
            self.allow(len(self._calls))


class TellingSwitch(PushingSwitch):
    """Takes most orders; some bring an event while they are given, others are refused by an exception.

    `tell` is how it delivers.
    """

    def __init__(self, log: Any) -> None:
        super().__init__(log)
        self.tell: Callable[[Event], None] = lambda event: None
        self.expect: Callable[[Event], None] = lambda event: None

    def order(self, order: TelephonyOrder) -> None:
        super().order(order)
        if isinstance(order, DropNail):
            self.tell(CallEnded(order.leg_id))
        elif isinstance(order, SendDigit):
            self.expect(OrderFailed(order, OrderFault.REFUSED, str(REFUSED)))
            raise REFUSED
