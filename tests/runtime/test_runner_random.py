"""The runner at random: whatever happens around a zone, what leaves it leaves in order and after its commit.

Each example is a life of a zone: what it says, turn by turn, and what happens to it, with an end.
`shell_model.Ledger` holds every entry and exit against what was promised; here is what must be true
whenever nothing moves any more.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import trio
import trio.testing
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from runner_fakes import TOKEN, Rig, command
from shell_model import (
    PUNCTUAL_S,
    AllowedWriter,
    AnsweringStore,
    Ledger,
    SpeakingZone,
    TellingSwitch,
    WatchedFeed,
    Word,
    line_of,
)
from structlog.testing import capture_logs

from agentmgr.core.events import AgentRestored, CallEnded, ConnectionLost, Event, GraceOver, ZoneClosing
from agentmgr.core.model import SavedAgent
from agentmgr.ports import Fenced, OpenedZone, StoreFault
from agentmgr.runtime import runner as runner_module
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.runner import STEP_S
from protocol.enums import AgentState, CallState

SAVED = tuple(SavedAgent(name, AgentState.Ready, CallState.NoState, "", "leg", None) for name in "AB")
INBOX_EVENTS = 4
PENDING_EFFECTS = 8
FAULTS = [Fenced("another owner"), StoreFault("the disk is gone"), ZeroDivisionError("a fault of ours")]
MOVED, STOPPED = "the zone is served by another Agent Manager now", "the zone had to stop; log on again"

Action = tuple[Any, ...]
"""The name of one of ACTIONS, and its arguments."""


@frozen
class Script:
    """What a zone says, and what happens to it: before the switch says what lives, then, how it ends, after.

    Commits are as quick as the scheduler while the gate is open, else they wait until they are allowed.
    Everything that the zone does costs `cost_s`: with more than nothing its steps end early.
    """

    is_open: bool
    cost_s: float
    turns: list[list[Word]]
    before: list[tuple[Action, int]]
    actions: list[tuple[Action, int]]
    end: Action
    after: list[tuple[Action, int]]


def several(elements: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    """Lists of any length up to `most` alike; Hypothesis by itself makes nearly all of them short."""
    return st.integers(0, most).flatmap(lambda n: st.lists(elements, min_size=n, max_size=n))


SETTLED = 0
CONNECTIONS = st.integers(1, 3)
KEYS = st.sampled_from("abc")
WORDS = st.one_of(
    st.just(("record",)),
    st.tuples(st.sampled_from(["notify", "notify", "respond"]), CONNECTIONS),
    st.tuples(st.just("set"), KEYS, st.sampled_from([1, 2, 5, 0, -1])),
    st.sampled_from(["record", "fetch", "load", "dnc", "logon"]).map(lambda name: (name,)),
    st.sampled_from(["order", "order that ends a call", "order that is refused", "report"]).map(
        lambda name: (name,)
    ),
    st.tuples(st.just("cancel"), KEYS),
)
HAPPENS = st.one_of(
    st.tuples(st.sampled_from(["offer", "offer", "post", "push", "lose"]), CONNECTIONS),
    st.sampled_from(["tell", "read jobs", "open the gate", "shut the gate"]).map(lambda name: (name,)),
    st.tuples(st.just("allow"), st.integers(1, 3)),
    st.tuples(st.sampled_from(["let pass", "let pass", "stall"]), st.sampled_from([1, 2, 5])),
)
ENDS = st.one_of(
    st.tuples(st.just("close"), st.sampled_from([0, 2])),
    st.just(("cancel",)),
    st.tuples(
        st.sampled_from(["fail the store", "fail the switch", "fail the zone"]), st.sampled_from(FAULTS)
    ),
)
PAUSES = st.sampled_from([SETTLED, SETTLED, SETTLED, 1, 2, 3, 4])
"""How many rounds of the scheduler to wait after an action, 0 is until nothing moves any more; 1 is none."""

SCRIPTS = st.builds(
    Script,
    st.booleans(),
    st.sampled_from([0.0, STEP_S / 6, STEP_S]),
    several(several(WORDS, 4), 24),
    several(st.tuples(HAPPENS, PAUSES), 4),
    several(st.tuples(HAPPENS, PAUSES), 30),
    ENDS,
    several(st.tuples(st.one_of(HAPPENS, HAPPENS, ENDS), PAUSES), 8),
)


class Life:
    """A runner with a world around it that does what a script says, and the promises that it must keep."""

    def __init__(self, script: Script, clock: trio.testing.MockClock) -> None:
        self.script = script
        self.trio_clock = clock
        self.ledger = ledger = Ledger(PENDING_EFFECTS)
        self.zone = SpeakingZone(ledger, script.turns)
        self.store = AnsweringStore(ledger)
        self.clock = Clock(1000.0)
        self.writer = AllowedWriter(ledger, self.clock)
        self.switch = TellingSwitch(ledger)
        self.switch.answers = trio.Event()
        self.switch.living = frozenset({"leg"})
        self.switch.tell = self._tell
        self.switch.expect = self._accept
        self.rig = Rig(
            inbox_events=INBOX_EVENTS,
            verify=lambda login, password: False,
            opened=OpenedZone(TOKEN, (), SAVED),
            log=ledger,
            zone=self.zone,
            store=self.store,
            writer=self.writer,
            switch=self.switch,
            feed=WatchedFeed(ledger),
            meter=self._meter,
        )
        self.runner = self.rig.runner
        self.take_in = self.runner.offer
        self.runner.offer = self._take_in  # type: ignore[method-assign]  # `post` offers too
        self.scope = trio.CancelScope()
        self.events = 0
        self.spent_s = 0.0
        self.posting: set[int] = set()
        self.deaf_at = math.inf
        self.started = self.cancelled = self.closing = self.closed = self.ended = False
        self.fault: Exception | None = None
        self.held: tuple[int, int] | None = None
        for agent in SAVED:
            self._accept(AgentRestored(agent))

    # -- the runner's two callers ----------------------------------------------------------

    async def _run(self) -> None:
        with self.scope:
            try:
                await self.runner.run()
            except Exception as error:
                self.fault = error
        self.ended = True

    async def _close(self, grace_s: int) -> None:
        self._accept(ZoneClosing(grace_s * 1000))
        await self.runner.wind_down(grace_s)
        self._accept(GraceOver())
        self.deaf_at = min(self.deaf_at, self.clock.now())
        await self.runner.close()
        self.closing = False
        ledger = self.ledger
        if not ledger.raised and not self.cancelled:
            self.closed = True
            assert ledger.committed == len(ledger.records), "closed before everything was committed"
            assert ledger.left == len(ledger.caused), "closed before everything was performed"
            assert ledger.taken >= ledger.sure, "closed before everything was taken in"

    def _meter(self) -> float:
        self.spent_s += self.script.cost_s
        return self.spent_s

    # -- what can happen -------------------------------------------------------------------

    def _accept(self, event: Event) -> None:
        self.ledger.accept(event, self._is_open)

    @property
    def _is_open(self) -> bool:
        return not self.ledger.raised and self.clock.now() < self.deaf_at

    def _tell(self, event: Event) -> None:
        self._accept(event)
        self.switch.deliver(event)

    def _event(self, connection: int) -> Event:
        self.events += 1
        return command(self.events, connection)

    def _push(self, connection: int) -> None:
        event = self._event(connection)
        self._accept(event)
        self.runner.push(event)

    def _lose(self, connection: int) -> None:
        self._accept(ConnectionLost(connection))
        self.runner.push(ConnectionLost(connection))

    def _offer(self, connection: int) -> None:
        if connection not in self.posting:
            self.runner.offer(self._event(connection))

    def _take_in(self, event: Event) -> bool:
        """Offer an event; it may be stepped at once, so it is noted before."""
        ledger, is_open = self.ledger, self._is_open
        start = 0 if ledger.taken else len(SAVED)  # what the zone goes on with is not in the inbox yet, or is
        waiting = len(ledger.accepted) - ledger.taken
        answers = len(ledger.answers) - ledger.heard + len(ledger.checked)
        has_some = bool(ledger.lines[line_of(event)])
        self._accept(event)
        if self.take_in(event):
            if is_open and waiting - start >= INBOX_EVENTS and has_some:
                ledger.breaks("taken although the inbox is full", event)
            return True
        ledger.retract(event, is_open)
        if waiting + answers < INBOX_EVENTS or not has_some:
            ledger.breaks("refused although there is room", event)
        return False

    def _post(self, connection: int) -> None:
        if connection not in self.posting:
            self.posting.add(connection)
            self.nursery.start_soon(self._wait_for_room, connection)

    async def _wait_for_room(self, connection: int) -> None:
        await self.runner.post(self._event(connection))
        self.posting.discard(connection)

    def _read_jobs(self) -> None:
        self.ledger.reads_wanted += 1
        self.ledger.read_is_due = True
        self.runner.read_jobs_wanted()

    def _stall(self, seconds: int) -> None:
        self.trio_clock.jump(seconds)
        self.ledger.excused_until = self.clock.now()

    def _start_close(self, grace_s: int) -> None:
        if not self.closing and not self.closed:
            self.closing = True
            self.nursery.start_soon(self._close, grace_s)

    def _cancel(self) -> None:
        self.cancelled = True
        self.deaf_at = min(self.deaf_at, self.clock.now())
        self.scope.cancel()

    def _fail_store(self, fault: Exception) -> None:
        self.store.fault = fault

    def _fail_switch(self, fault: Exception) -> None:
        self.ledger.raised.append(fault)
        self.switch.fail(fault)

    def _fail_zone(self, fault: Exception) -> None:
        self.zone.fault = fault
        self._lose(9)

    async def _let_pass(self, seconds: int) -> None:
        await trio.sleep(seconds)

    # -- the play --------------------------------------------------------------------------

    async def play(self) -> None:
        async with trio.open_nursery() as self.nursery:
            self.nursery.start_soon(self._run)
            try:
                await self._live()
            finally:
                self.writer.open()  # what waits for the store cannot be cancelled

    async def _live(self) -> None:
        self.writer.open(self.script.is_open)
        await self._settle()  # the switch is opened: it tells nothing before
        for action, pause in self.script.before:
            await self._act(action, pause)
        self.started = True
        self.switch.answers.set()
        for action, pause in self.script.actions:
            await self._act(action, pause)
        await self._act(self.script.end, 1)
        for action, pause in self.script.after:
            await self._act(action, pause)
        await self._finish()

    async def _act(self, action: Action, pause: int) -> None:
        name, *arguments = action
        waits = ACTIONS[name](self, *arguments)
        if waits is not None:
            await waits
        if pause is SETTLED:
            await self._settle()
        for _ in range(pause - 1):
            await trio.lowlevel.checkpoint()

    async def _settle(self) -> None:
        """Wait until nothing moves any more, and look at the promises."""
        await trio.testing.wait_all_tasks_blocked()
        ledger = self.ledger
        assert not ledger.broken, ledger.broken
        self._check_end()
        if not self.started or self.cancelled or ledger.raised or self.closed:
            return
        is_deaf = self.clock.now() >= self.deaf_at
        if ledger.waiting_at_most <= PENDING_EFFECTS:
            assert ledger.taken >= ledger.sure, "an event waits, and nothing holds the zone back"
            assert is_deaf or not self.posting, "a connection waits, and there is room"
            by = self.clock.now() - PUNCTUAL_S
            late = [key for key, timer in ledger.timers.items() if timer.at <= by]
            assert not late, f"timers are due and do not fire: {late}"
        if self.held is not None and self.held[0] == ledger.left:
            assert self.held[1] == ledger.taken, "the zone is stepped, and too much waits for its commit"
        holds = ledger.waiting_at_least > PENDING_EFFECTS
        self.held = (ledger.left, ledger.taken) if holds else None
        assert not ledger.unflushed, "something was not flushed"
        if self.writer.is_idle:
            assert ledger.committed == len(ledger.records), "records are not committed"
            assert ledger.left == len(ledger.caused), "something is committed and does not leave"
            assert ledger.shown == len(ledger.changed), "a change is not shown"
            assert not is_deaf, "nothing is left to do, and the zone does not close"
            assert ledger.asked == len(ledger.asked_for), "a question is not asked"
            assert ledger.heard == len(ledger.answers), "an answer is lost"
            assert not ledger.logons, "a logon is not checked"
            assert not ledger.checked, "a logon is not answered"
            assert not ledger.read_is_due, "the jobs were not read after that was asked for"

    def _check_end(self) -> None:
        ledger = self.ledger
        ledger.silent = ledger.silent or self.ended
        if ledger.raised and not self.cancelled and not self.closed and self.writer.is_idle:
            assert self.ended, "the zone goes on after a fault"
        if not self.ended:
            return
        assert not self.posting, "a connection waits for a zone that has ended"
        if self.fault is None:
            assert self.cancelled or self.closed or not ledger.raised, "a fault is hidden"
        else:
            assert self.fault in ledger.raised
            assert ledger.told == [MOVED if isinstance(self.fault, Fenced) else STOPPED]
        assert len(ledger.told) <= bool(ledger.raised)

    async def _finish(self) -> None:
        """Let all go on that was held up; then nothing may be left of the zone."""
        ledger = self.ledger
        self.writer.open()
        await self._settle()
        if not ledger.raised and not self.cancelled:
            self._start_close(0)
        await trio.sleep(10)
        await self._settle()
        assert self.ended
        assert not self.closing
        last = [self.runner.offer(command(0)), len(ledger.log), ledger.taken]
        self.switch.deliver(CallEnded("last"))
        await trio.sleep(10)
        await self._settle()
        assert last == [True, len(ledger.log), ledger.taken]
        with trio.fail_after(1):
            await self.runner.post(command(0))
        if not ledger.raised:
            refused = sum(1 for entry in ledger.log if entry[0] == "order" and hasattr(entry[1], "digit"))
            assert self.rig.value("agentmgr_faults_total") == ledger.faults + refused


ACTIONS: dict[str, Callable[..., Any]] = {
    "offer": Life._offer,
    "post": Life._post,
    "push": Life._push,
    "lose": Life._lose,
    "tell": lambda life: life._tell(CallEnded(str(life.events))),
    "read jobs": Life._read_jobs,
    "open the gate": lambda life: life.writer.open(),
    "shut the gate": lambda life: life.writer.open(False),
    "allow": lambda life, calls: life.writer.allow(calls),
    "let pass": Life._let_pass,
    "stall": Life._stall,
    "close": Life._start_close,
    "cancel": Life._cancel,
    "fail the store": Life._fail_store,
    "fail the switch": Life._fail_switch,
    "fail the zone": Life._fail_zone,
}


async def _at_once(function: Callable[..., Any], *arguments: Any) -> Any:
    """Do what `trio.to_thread.run_sync` does, without a thread and so the same each time."""
    await trio.lowlevel.checkpoint()
    return function(*arguments)


@contextmanager
def small_and_quiet() -> Iterator[None]:
    with (
        mock.patch.object(runner_module, "PENDING_EFFECTS", PENDING_EFFECTS),
        mock.patch.object(trio.to_thread, "run_sync", _at_once),
        capture_logs(),
    ):
        yield


@given(SCRIPTS)
def test_whatever_happens_all_leaves_in_order_after_its_commit_and_once(script):
    clock = trio.testing.MockClock(autojump_threshold=0)

    async def play() -> None:
        with trio.fail_after(10_000):
            await Life(script, clock).play()

    with small_and_quiet():
        trio.run(play, clock=clock)
