"""A switch that is simulated: the Telephony port, with customers and phones drawn from one seed.

It has no clock and no task: orders come with the time, events leave when the driver asks for them.
Every leg draws from a stream of its own, keyed by the seed, its id and how often that id was used,
so that what happens to one call changes nothing for another.
"""

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from functools import partial
from random import Random
from typing import assert_never

from attrs import define, field

from agentmgr.core.effects import (
    Connect,
    Dial,
    DropNail,
    HangUp,
    Hold,
    NailUp,
    SendDigit,
    TelephonyOrder,
    Unhold,
)
from agentmgr.core.events import (
    CallAnswered,
    CallEnded,
    CallFailed,
    NailAnswered,
    NailEnded,
    NailFailed,
    TelephonyEvent,
    TelephonyLost,
    TelephonyRestored,
)
from agentmgr.telephony.agenda import Action, Agenda
from agentmgr.telephony.customers import Answers, CustomerModel, RandomCustomers, Reaction, log_normal
from agentmgr.telephony.params import SimParams
from protocol.enums import DialFailReason

DROP_S = 0.05
"""From the order to drop a nailing call to its end."""

MAX_USES_KEPT = 100_000
"""How many ids are remembered for numbering legs; one that was forgotten starts again at 1."""


class _Phase(Enum):
    RINGING = auto()
    WAITING = auto()
    TALKING = auto()
    HELD = auto()


@define(eq=False)
class _Call:
    """A customer's leg; `ticket` and `until` are of the one thing it will do by itself next."""

    call_id: str
    customer: Answers | None
    ticket: int = 0
    until: float = 0.0
    phase: _Phase = _Phase.RINGING
    line: "_Line | None" = None
    talk_left_s: float = 0.0


@define(eq=False)
class _Line:
    """An agent's leg; `calls` keeps those connected to it in the order they came."""

    leg_id: str
    ticket: int = 0
    up: bool = False
    dropped: bool = False
    calls: dict[str, _Call] = field(factory=dict)


class SimSwitch:
    """Implements `agentmgr.ports.Telephony`.

    The time a customer is on hold or left without an agent is not counted as talk. A person who is
    left alone, because the agent's line ended, waits with fresh patience to be connected again.
    An order that comes after something happened to the call which the driver has not collected yet
    is too late and changes nothing, except `HangUp` and `Dial`: they silence the old leg for good.
    """

    def __init__(
        self, seed: int, params: SimParams | None = None, customers: CustomerModel | None = None
    ) -> None:
        self._seed = seed
        self._params = params or SimParams()
        self._customers = customers or RandomCustomers(self._params)
        self._agenda = Agenda()
        self._happened: list[TelephonyEvent] = []
        self._calls: dict[str, _Call] = {}
        self._lines: dict[str, _Line] = {}
        self._uses: dict[str, int] = {}
        self._reachable = True
        self._restoring: int | None = None

    @property
    def open_calls(self) -> int:
        """How many customers' legs there are, ringing ones included."""
        return len(self._calls)

    @property
    def open_lines(self) -> int:
        """How many agents' legs there are, ringing ones included."""
        return len(self._lines)

    # -- the port --------------------------------------------------------------------------

    def order(self, order: TelephonyOrder, now: float) -> None:
        """Carry an order out; while the switch is out of reach it is lost."""
        if not self._reachable:
            return
        match order:
            case Dial():
                self._dial(order, now)
            case Connect(call_id=call_id, leg_id=leg_id):
                self._connect(self._ready(call_id, now), self._lines.get(leg_id), now)
            case Hold(call_id=call_id):
                self._hold(self._ready(call_id, now), now)
            case Unhold(call_id=call_id):
                self._unhold(self._ready(call_id, now), now)
            case HangUp(call_id=call_id):
                self._forget(call_id)
            case NailUp(leg_id=leg_id):
                self._nail_up(leg_id, now)
            case DropNail(leg_id=leg_id):
                self._drop_nail(self._lines.get(leg_id), now)
            case SendDigit():
                pass  # nobody at the other end reacts to digits
            case _:
                assert_never(order)

    def next_at(self) -> float | None:
        """Return when the next event is due, epoch seconds; None if nothing is under way."""
        return self._agenda.next_at()

    def due(self, now: float) -> Sequence[TelephonyEvent]:
        """Return all events due by `now`, in the order they happened."""
        self._agenda.run(now)
        happened, self._happened = self._happened, []
        return happened

    def alive(self, ids: Iterable[str]) -> frozenset[str]:
        """Return those of the call and leg ids that the switch still has; a leg being dropped is gone."""
        return frozenset(
            each
            for each in ids
            if each in self._calls or ((line := self._lines.get(each)) is not None and not line.dropped)
        )

    # -- the whole switch --------------------------------------------------------------------

    def fail(self, now: float) -> None:
        """Let the switch be out of reach: all legs are gone, `TelephonyLost` is the next event."""
        if self._reachable:
            self._reachable = False
            self._agenda.clear()
            self._calls.clear()
            self._lines.clear()
            self._agenda.plan(now, self._emit(TelephonyLost()))
        else:
            self._agenda.cancel(self._restoring)
            self._restoring = None

    def restore(self, now: float) -> None:
        """Let the switch come back; it takes orders as soon as `TelephonyRestored` was collected."""
        if not self._reachable and self._restoring is None:
            self._restoring = self._agenda.plan(now, self._restored)

    def _restored(self, _: float) -> None:
        self._reachable = True
        self._restoring = None
        self._happened.append(TelephonyRestored())

    # -- customers ---------------------------------------------------------------------------

    def _dial(self, order: Dial, now: float) -> None:
        self._forget(order.call_id)
        draw = self._stream("call", order.call_id)
        reaction: Reaction = self._customers.react(order.number, draw)
        customer = reaction if isinstance(reaction, Answers) else None
        call = self._calls[order.call_id] = _Call(order.call_id, customer)
        if reaction.after_s > order.ring_time_s:
            outcome = partial(self._failed, call, DialFailReason.NoAnswer)
        elif isinstance(reaction, Answers):
            outcome = partial(self._answered, call, reaction)
        else:
            outcome = partial(self._failed, call, reaction.reason)
        self._plan(call, now + min(reaction.after_s, order.ring_time_s), outcome)

    def _answered(self, call: _Call, customer: Answers, at: float) -> None:
        call.talk_left_s = customer.talk_s
        self._wait(call, customer, at)
        self._happened.append(CallAnswered(call.call_id))

    def _failed(self, call: _Call, reason: DialFailReason, _: float) -> None:
        self._forget(call.call_id)
        self._happened.append(CallFailed(call.call_id, reason))

    def _ended(self, call: _Call, _: float) -> None:
        self._forget(call.call_id)
        self._happened.append(CallEnded(call.call_id))

    def _ready(self, call_id: str, now: float) -> _Call | None:
        """Return a call whose customer took it and, as far as the switch knows, is still there."""
        call = self._calls.get(call_id)
        return None if call is None or call.phase is _Phase.RINGING or call.until <= now else call

    def _connect(self, call: _Call | None, line: _Line | None, now: float) -> None:
        if call is None or line is None or not line.up:
            return
        if call.line is not None:
            call.line.calls.pop(call.call_id)
        call.line = line
        line.calls[call.call_id] = call
        if call.phase is not _Phase.TALKING:
            self._talk(call, now)

    def _hold(self, call: _Call | None, now: float) -> None:
        if call is not None and call.customer is not None and call.phase is _Phase.TALKING:
            call.talk_left_s = call.until - now
            call.phase = _Phase.HELD
            self._plan(call, now + call.customer.hold_patience_s, partial(self._ended, call))

    def _unhold(self, call: _Call | None, now: float) -> None:
        if call is not None and call.phase is _Phase.HELD and call.line is not None:
            self._talk(call, now)

    def _talk(self, call: _Call, now: float) -> None:
        call.phase = _Phase.TALKING
        self._plan(call, now + call.talk_left_s, partial(self._ended, call))

    def _wait(self, call: _Call, customer: Answers, at: float) -> None:
        call.phase = _Phase.WAITING
        self._plan(call, at + customer.patience_s, partial(self._ended, call))

    def _leave_alone(self, call: _Call, now: float) -> None:
        """Part a call from a line that ended; one on hold hears its music on."""
        call.line = None
        if call.phase is _Phase.TALKING and call.customer is not None and call.until > now:
            call.talk_left_s = call.until - now
            self._wait(call, call.customer, now)

    def _forget(self, call_id: str) -> None:
        call = self._calls.pop(call_id, None)
        if call is not None:
            self._agenda.cancel(call.ticket)
            if call.line is not None:
                call.line.calls.pop(call_id)

    def _plan(self, call: _Call, at: float, action: Action) -> None:
        self._agenda.cancel(call.ticket)
        call.until = at
        call.ticket = self._agenda.plan(at, action)

    # -- agents' phones ----------------------------------------------------------------------

    def _nail_up(self, leg_id: str, now: float) -> None:
        old = self._lines.pop(leg_id, None)
        if old is not None:
            self._agenda.cancel(old.ticket)
            self._part(old, now)
        draw = self._stream("line", leg_id)
        p = self._params
        line = self._lines[leg_id] = _Line(leg_id)
        takes = draw.random() < p.nail_answer
        answer_s = log_normal(draw, p.nail_answer_median_s, p.nail_answer_sigma)
        if takes and answer_s <= p.nail_ring_s:
            line.ticket = self._agenda.plan(now + answer_s, partial(self._nailed, line, draw))
        else:
            line.ticket = self._agenda.plan(now + p.nail_ring_s, partial(self._not_nailed, line))

    def _nailed(self, line: _Line, draw: Random, at: float) -> None:
        line.up = True
        if self._params.nail_loss_per_h:
            lasts_s = draw.expovariate(self._params.nail_loss_per_h / 3600)
            line.ticket = self._agenda.plan(at + lasts_s, partial(self._nail_ended, line))
        self._happened.append(NailAnswered(line.leg_id))

    def _not_nailed(self, line: _Line, _: float) -> None:
        self._lines.pop(line.leg_id)
        self._happened.append(NailFailed(line.leg_id))

    def _drop_nail(self, line: _Line | None, now: float) -> None:
        if line is not None and not line.dropped:
            line.dropped = True
            line.up = False
            self._part(line, now)
            self._agenda.cancel(line.ticket)
            line.ticket = self._agenda.plan(now + DROP_S, partial(self._nail_ended, line))

    def _nail_ended(self, line: _Line, at: float) -> None:
        self._lines.pop(line.leg_id)
        self._part(line, at)
        self._happened.append(NailEnded(line.leg_id))

    def _part(self, line: _Line, now: float) -> None:
        for call in line.calls.values():
            self._leave_alone(call, now)
        line.calls.clear()

    # -- chance ------------------------------------------------------------------------------

    def _stream(self, kind: str, leg_id: str) -> Random:
        """Return the source of all chance for a new leg."""
        name = f"{kind}/{leg_id}"
        use = self._uses.pop(name, 0) + 1
        self._uses[name] = use
        if len(self._uses) > MAX_USES_KEPT:
            del self._uses[next(iter(self._uses))]
        return Random(f"{self._seed}/{name}/{use}")

    def _emit(self, event: TelephonyEvent) -> Action:
        return lambda _: self._happened.append(event)
