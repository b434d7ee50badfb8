"""The shell around one zone: a batch of events in, their records committed, then their effects performed.

One task steps the zone, another commits. While a commit runs the next batches are stepped already and
wait behind it; all that wait share the next commit. Nothing leaves before what it rests on is durable,
and everything leaves in the order in which the zone asked for it. A step ends after a few milliseconds of
work, whatever waits, and so does a turn of performing: then everybody else in the process has theirs.
"""

from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from time import perf_counter
from typing import Any, Protocol

import structlog
import trio
from attrs import define

from agentmgr.core import effects
from agentmgr.core.events import (
    ClockStepped,
    CommandReceived,
    ConnectionLost,
    Event,
    Frozen,
    GraceOver,
    OrderFailed,
    TelephonyEvent,
    Thawed,
    TimerFired,
    ZoneClosing,
)
from agentmgr.core.outbox import Thing, Turn
from agentmgr.ports import ErrandRunner, Fenced, OpenedZone, Permit, StoreFault, Telephony, ZoneStore
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.desktops import Desktops
from agentmgr.runtime.doorbell import Doorbell
from agentmgr.runtime.errands import Errands, NobodyRuns
from agentmgr.runtime.feed import Feed
from agentmgr.runtime.frost import Always, Frost, PatientWriter
from agentmgr.runtime.inbox import Inbox
from agentmgr.runtime.metrics import ZoneMetrics
from agentmgr.runtime.passwords import Passwords, Verify
from agentmgr.runtime.perform import Performer
from agentmgr.runtime.questions import Questions
from agentmgr.runtime.rounds import Rounds
from agentmgr.runtime.startup import saved_legs, start_events
from agentmgr.runtime.supervising import Wishes
from agentmgr.runtime.timers import TimerHeap
from agentmgr.runtime.writer import Writer
from protocol.commands import (
    AGTGetErrorInfo,
    AGTGetErrorString,
    AGTGetZoneList,
    AGTLogon,
    GetPAMForZone,
    POMClientAlive,
)
from protocol.connection import refusal_bytes
from protocol.results import ResultCode

INBOX_EVENTS = 4096
"""With more events than these waiting, connections are not read from that have one of their own there."""

STEP_S = 0.004
"""How long a step takes events in, and half as long timers; then others have their turn."""

TOGETHER = 32
"""How many effects are gathered before they are performed: alike work in a row is a good deal cheaper."""

HARMLESS = (POMClientAlive, GetPAMForZone, AGTGetZoneList, AGTGetErrorString, AGTGetErrorInfo)
"""Commands that are answered while the zone is frozen: they change nothing and need no database."""

PENDING_EFFECTS = 20_000
"""With more effects than these waiting for a commit, the zone is not stepped."""


class ZoneMachine(Protocol):
    """A zone: pure, and driven by one event after another."""

    def handle(self, event: Event, now: float) -> Turn:
        """Take an event in at `now`, epoch seconds; return its consequences and what changed.

        A fault of a rule is among the consequences. An exception says that the state of the zone cannot
        be trusted any more: it is stopped, and whoever takes it over goes on from the store.
        """
        ...


@define(eq=False)
class _Batch:
    """What came of one step: records to commit, then effects to perform; and what has changed.

    Some effects may have left already, as they rest on no commit.
    """

    records: list[effects.Record]
    later: list[effects.Effect]
    changed: list[Thing]
    has_left: bool = False


class ZoneRunner:
    """Runs one zone. Everything but `run`, `post` and `close` returns at once and is for trio's thread."""

    def __init__(
        self,
        zone: ZoneMachine,
        opened: OpenedZone,
        store: ZoneStore,
        writer: Writer,
        telephony: Telephony,
        desktops: Desktops,
        clock: Clock,
        verify: Verify,
        metrics: ZoneMetrics,
        inbox_events: int = INBOX_EVENTS,
        feed: Feed | None = None,
        meter: Callable[[], float] = perf_counter,
        permit: Permit | None = None,
        errands: ErrandRunner | None = None,
    ) -> None:
        self._zone = zone
        self._feed = feed
        self._opened = opened
        self.token = token = opened.token
        self._store = store
        self._frost = Frost(permit or Always(), self._on_frost)
        self._writer = writer = PatientWriter(writer, self._frost)
        self._telephony = telephony
        self._desktops = desktops
        self._clock = clock
        self._metrics = metrics
        self._log = structlog.get_logger().bind(zone=token.zone)
        self._inbox = Inbox(inbox_events)
        self._meter = meter
        self._inbox_bell = Doorbell()
        self._room = trio.lowlevel.ParkingLot()
        self._rounds = Rounds()
        self._pending: deque[_Batch] = deque()
        self._pending_effects = 0
        self._pending_bell = Doorbell()
        self._pending_room = Doorbell()
        self._committing = False
        self._timers = TimerHeap()
        self._alarm_at: float | None = None
        self._alarm_scope = trio.CancelScope()
        self._deaf = False
        self._drained = trio.Event()
        self._closing = False
        self._grace_over = trio.Event()
        self._stopped = False
        self._fault: Exception | None = None
        self._scope = trio.CancelScope()
        self._questions = Questions(token, store, writer, clock, self.push, self.fail)
        self._passwords = Passwords(token.zone, store, writer, verify, desktops, self.push, metrics)
        self._performer = Performer(token.zone, desktops, telephony, metrics, self.hear)
        self._errands = Errands(errands or NobodyRuns(), self.push)
        self.wishes = Wishes(self.push)
        self._performer.branches.update(
            {
                effects.SupervisorAnswered: self.wishes.answered,
                effects.CheckLogon: self._check_logon,
                effects.CheckAccount: self._passwords.ask,
                effects.FetchContacts: self._questions.look_up,
                effects.LoadJob: self._questions.look_up,
                effects.ReadHistory: self._questions.read_history,
                effects.CheckDial: self._questions.look_up,
                effects.CheckDnc: self._questions.look_up,
                effects.CheckAgent: self._questions.look_up,
                effects.ListAgents: self._questions.look_up,
                effects.ReadNumbers: self._questions.look_up,
                effects.AskConnector: self._errands.ask,
            }
        )
        self._branches = self._performer.branches
        self._at_once: dict[type[Any], Callable[[Any], None]] = {
            effects.SetTimer: self._set_timer,
            effects.CancelTimer: self._cancel_timer,
            effects.ReportFault: self._report,
            effects.ContactsOver: lambda effect: self._grace_over.set(),
        }
        metrics.inbox_depth.set_function(lambda: len(self._inbox))
        metrics.commit_depth.set_function(lambda: len(self._pending))
        metrics.logon_depth.set_function(lambda: self._passwords.waiting)

    # -- events in -------------------------------------------------------------------------

    def offer(self, event: CommandReceived) -> bool:
        """Take a command in if there is room; False if there is none.

        One that comes alone is stepped in the caller's turn: the zone's own task would get to it a round
        of the scheduler later, which is most of the latency of a server that has little to do. With more
        going on, events are better taken together.
        """
        inbox = self._inbox
        if self._frost.is_on:
            self._answer_frozen(event)
        elif inbox and not self._deaf:
            if not inbox.has_room(event.connection):
                return False
            inbox.put(event, self._meter())
        elif self._rounds.comes_alone() and not self._pending_effects and not self._deaf:
            self._step_alone(event)
        else:
            self.push(event)
        return True

    def _answer_frozen(self, event: CommandReceived) -> None:
        """Answer a command while nothing can be acknowledged: what changes nothing as ever, the rest 9005."""
        if event.command.__class__ in HARMLESS:
            batch = _Batch([], [], [])
            self._handle(event, self._clock.now(), batch)
            for effect in batch.later:
                self._branches[effect.__class__](effect)
        else:
            name, result = event.command.__class__.__name__, ResultCode.SYSTEM_NOT_AVAILABLE
            self._metrics.commands.refused(name, result)
            frame = refusal_bytes(event.request_id, event.agent_id, name, result)
            self._desktops.answer(event.connection, frame)
        self._desktops.flush()

    async def post(self, event: CommandReceived) -> None:
        """Put a command into the inbox, and wait for room first if it is full."""
        while not self.offer(event):
            await self._room.park()

    def push(self, event: Event) -> None:
        """Put an event into the inbox, full or not: for answers to the zone's own effects and for ends.

        A zone that is about to stop takes none, and says nothing about it: its desktops are told.
        """
        if self._deaf:
            return
        if not self._inbox:
            self._inbox_bell.ring()
        self._inbox.put(event, self._meter())

    @property
    def commits_waiting(self) -> int:
        """How many batches of changes wait for the database."""
        return len(self._pending) + self._committing

    def read_jobs_wanted(self) -> None:
        """Have the zone told which jobs it shall have, as the store has it by then."""
        self._questions.read_jobs_wanted()

    def hear(self, event: TelephonyEvent) -> None:
        """Take what the switch tells; an order that it could not carry out is worth a line in the log."""
        if event.__class__ is OrderFailed:
            order, fault = type(event.order).__name__, event.fault.name
            self._log.warning("order_failed", order=order, fault=fault, why=event.why)
        self.push(event)

    # -- life ------------------------------------------------------------------------------

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run the zone, and its switch, until `close` has finished or this is cancelled.

        What the zone goes on with comes before all that was posted already.

        Raises:
            Fenced: another owner has the zone; nothing was performed that it might contradict.
            StoreFault: the store failed; what it had confirmed was performed, and nothing else.
            Exception: the switch's adapter has a fault; as above.
        """
        try:
            self._clock.listeners.add(self._on_clock_stepped)
            self._frost.begin()
            async with self._telephony.open(self.hear):
                with self._scope:
                    await self._go_on()
                    async with trio.open_nursery() as nursery:
                        nursery.start_soon(self._step_batches)
                        nursery.start_soon(self._commit_batches)
                        nursery.start_soon(self._watch_alarm)
                        nursery.start_soon(self._questions.run)
                        nursery.start_soon(self._questions.read_histories)
                        nursery.start_soon(self._passwords.run)
                        nursery.start_soon(self._errands.run)
                        task_status.started()
        except Exception as error:
            self.fail(error)
        finally:
            self._clock.listeners.discard(self._on_clock_stepped)
            self._frost.end()
            self._stop()
            with suppress(KeyError):
                trio.lowlevel.remove_instrument(self._rounds)
        if self._fault is not None:
            raise self._fault

    async def _go_on(self) -> None:
        """Put what a dead server left before all that waits; the switch is open, so no leg ends unheard."""
        alive = await self._telephony.keep(saved_legs(self._opened))
        self._inbox.put_first(start_events(self._opened, alive), self._meter())
        trio.lowlevel.add_instrument(self._rounds)

    async def wind_down(self, grace_s: float) -> None:
        """Announce the end, and let agents finish what they have for `grace_s` real seconds.

        Returns earlier if nobody has a contact any more, at `end_grace`, and when the zone has stopped.
        """
        if not self._closing:
            self._closing = True
            self.push(ZoneClosing(int(grace_s * 1000)))
            with trio.move_on_after(grace_s):
                await self._grace_over.wait()

    def end_grace(self) -> None:
        """Let the time be over that agents have to finish what they have begun."""
        self._grace_over.set()

    async def close(self) -> None:
        """Have whoever is left logged off, finish all commits and stop; announces the end if nobody did.

        Desktops are told what the zone has to say; their connections stay open for their owner to close.
        """
        await self.wind_down(0.0)
        self.end_grace()
        self.push(GraceOver())
        self._deaf = True
        self._inbox_bell.ring()
        await self._drained.wait()
        self._scope.cancel()

    def fail(self, error: Exception) -> None:
        """Stop at once: what waits is not performed, and desktops learn that nobody answers here."""
        if self._fault is not None:
            return
        self._fault = error
        self._stop()
        fenced = isinstance(error, Fenced)
        unforeseen = None if isinstance(error, StoreFault) else error
        self._log.error("zone_stopped", why=str(error), fenced=fenced, exc_info=unforeseen)
        self._desktops.close_all(
            "the zone is served by another Agent Manager now"
            if fenced
            else "the zone had to stop; log on again"
        )

    def _stop(self) -> None:
        self._deaf = self._stopped = True
        self._pending.clear()
        self._inbox.clear()
        self._room.unpark_all()
        self._drained.set()
        self._grace_over.set()
        self.wishes.end()
        self._scope.cancel()

    def _on_frost(self, why: str | None) -> None:
        """Tell the zone to begin nothing, or that it may go on."""
        self._metrics.frozen.set(why is not None)
        if why is not None:
            self._log.error("zone_frozen", why=why)
            self.push(Frozen())
        else:
            self._log.info("zone_thawed")
            self.push(Thawed())

    # -- stepping --------------------------------------------------------------------------

    async def _step_batches(self) -> None:
        while not self._stopped:
            if self._pending_effects > PENDING_EFFECTS:
                await self._pending_room.wait()
                continue
            now, at = self._clock.now(), self._timers.next_at()
            if self._inbox or (at is not None and at <= now):
                self._step(now)
                self._room.unpark(count=self._inbox.room)
                at = self._timers.next_at()
                if self._inbox or (at is not None and at <= now):
                    await trio.lowlevel.checkpoint()
                continue
            self._arm(at)
            if self._deaf and not self._pending and not self._committing:
                self._drained.set()
            await self._inbox_bell.wait()

    def _step(self, now: float) -> None:
        """Take in what waits, as much as a step has time for, and timers that are due by `now`."""
        batch, inbox, meter, count = _Batch([], [], []), self._inbox, self._meter, 0
        try:
            at = meter()
            until = at + STEP_S
            while inbox and at < until:
                event, since = inbox.take()
                self._take(event, since, now, batch)
                count += 1
                if len(batch.later) >= TOGETHER or inbox.goes_on:
                    # what this costs is a part of what an event of a connection costs that asks for much
                    self._perform_now(batch)
                began, at = at, meter()
                inbox.charge(at - began)
            if count > 1:
                self._rounds.note_busy()
            self._end_step(batch, count + self._fire(now, batch))
        except Exception as error:
            self.fail(error)

    def _step_alone(self, event: Event) -> None:
        """Take one event in, before all that waits, and timers that are due."""
        batch, now = _Batch([], [], []), self._clock.now()
        try:
            self._take(event, self._meter(), now, batch)
            self._end_step(batch, 1 + self._fire(now, batch))
        except Exception as error:
            self.fail(error)
        self._arm(self._timers.next_at())

    def _take(self, event: Event, since: float, now: float, batch: _Batch) -> None:
        if event.__class__ is CommandReceived:
            self._performer.asked(event.connection, event.request_id, since)
            if event.command.__class__ is AGTLogon and event.command.is_force:
                self._performer.forced(event.connection, event.request_id)
        elif event.__class__ is ConnectionLost:
            self._performer.forget(event.connection)
            self._passwords.forget(event.connection)
        self._handle(event, now, batch)

    def _fire(self, now: float, batch: _Batch) -> int:
        """Let timers fire that are due, as many as there is time for; those that are left are due still."""
        if not self._timers.may_be_due(now):
            return 0
        count, until = 0, self._meter() + STEP_S / 2
        with closing(self._timers.due(now)) as keys:
            for key in keys:
                self._handle(TimerFired(key), now, batch)
                self._perform_now(batch)
                count += 1
                if self._meter() >= until:
                    break
        return count

    def _end_step(self, batch: _Batch, count: int) -> None:
        self._metrics.batch_events.observe(count)
        self._perform_now(batch)
        if batch.has_left:
            self._desktops.flush()
        if batch.records or batch.later or self._pending or self._committing:
            self._pending.append(batch)
            self._pending_effects += len(batch.later)
            self._pending_bell.ring()
        else:
            self._note(batch)

    def _handle(self, event: Event, now: float, batch: _Batch) -> None:
        asked_for, changed = self._zone.handle(event, now)
        if self._feed is not None and self._feed.readers:
            batch.changed.extend(changed)
        branches, later = self._branches, batch.later
        for effect in asked_for:
            cls = effect.__class__
            if cls in branches:
                later.append(effect)
            elif cls in self._at_once:
                # A timer is nobody's business but the zone's: set before the commit, and cancelled
                # before it can come once more.
                self._at_once[cls](effect)
            elif cls in effects.RECORDS:
                batch.records.append(effect)  # type: ignore[arg-type]  # it is one of RECORDS
            else:
                raise TypeError(f"the runtime has no branch for the effect {cls.__name__}")

    def _perform_now(self, batch: _Batch) -> None:
        """Perform what a step has brought so far, if it rests on no commit."""
        waits = batch.records or self._pending or self._committing
        if batch.later and not waits and self._frost.may_act():
            branches = self._branches
            for effect in batch.later:
                branches[effect.__class__](effect)
            batch.later.clear()
            batch.has_left = True

    def _report(self, effect: effects.ReportFault) -> None:
        """One line for a fault of ours; whom it was about has been told, the zone lives on."""
        self._metrics.faults.inc()
        self._log.error("event_failed", event_type=effect.about, exc_info=effect.fault)

    def _check_logon(self, question: effects.CheckLogon) -> None:
        if question.resume_token:
            self._questions.look_up(question)
        else:
            self._passwords.ask(question)

    def _set_timer(self, effect: effects.SetTimer) -> None:
        self._timers.set(effect.key, effect.at, calendar=effect.calendar)

    def _cancel_timer(self, effect: effects.CancelTimer) -> None:
        self._timers.cancel(effect.key)

    # -- committing and performing ---------------------------------------------------------

    async def _commit_batches(self) -> None:
        while not self._stopped:
            if not self._pending:
                if self._deaf:
                    self._inbox_bell.ring()
                await self._pending_bell.wait()
                continue
            batches = list(self._pending)
            self._pending.clear()
            try:
                self._committing = True
                await self._commit([record for batch in batches for record in batch.records])
                await self._frost.wait_permitted()
                await self._perform(batches)
                self._committing = False
            except Exception as error:
                self.fail(error)
            self._pending_effects -= sum(len(batch.later) for batch in batches)
            self._pending_room.ring()

    async def _commit(self, records: list[effects.Record]) -> None:
        if not records:
            return
        began = perf_counter()
        await self._writer.call(self._store.commit, self.token, records)
        self._metrics.commit_seconds.observe(perf_counter() - began)
        self._metrics.commit_records.observe(len(records))

    async def _perform(self, batches: list[_Batch]) -> None:
        """Perform what is durable now; what is stepped between two turns of this waits behind it."""
        branches, meter = self._branches, self._meter
        until = meter() + STEP_S
        for batch in batches:
            for effect in batch.later:
                if meter() >= until:
                    self._desktops.flush()
                    await trio.lowlevel.checkpoint()
                    await self._frost.wait_permitted()
                    until = meter() + STEP_S
                if self._stopped:
                    return
                branches[effect.__class__](effect)
            self._note(batch)
        self._desktops.flush()

    def _note(self, batch: _Batch) -> None:
        if batch.changed and self._feed is not None:
            self._feed.note(batch.changed)

    # -- the alarm -------------------------------------------------------------------------

    def _arm(self, at: float | None) -> None:
        """Let the zone be woken at `at` for its next timer."""
        if at != self._alarm_at:
            self._alarm_at = at
            self._alarm_scope.deadline = float("inf") if at is None else self._clock.deadline(at)

    def _on_clock_stepped(self, by_s: float) -> None:
        """Tell the zone before anything else can happen in it, and let happen what is due now."""
        self._timers.step(by_s)
        self._alarm_at = None
        if not self._stopped:
            self._step_alone(ClockStepped(by_s))

    async def _watch_alarm(self) -> None:
        while True:
            with self._alarm_scope:
                await trio.sleep_forever()
            self._alarm_scope = trio.CancelScope()
            self._alarm_at = None
            self._inbox_bell.ring()
