"""A switch that is simulated, with customers and phones drawn from one seed.

It has no clock and no task: orders come with the time, events leave when the driver asks for them.
Every leg draws from a stream of its own, keyed by the seed, its id and how often that id was used,
so that what happens to one call changes nothing for another.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import partial
from random import Random
from typing import assert_never

from agentmgr.core.effects import (
    Conference,
    Connect,
    Consult,
    Dial,
    Dismiss,
    DropNail,
    HangUp,
    Hold,
    NailUp,
    SendDigit,
    TelephonyOrder,
    Tone,
    Unhold,
)
from agentmgr.core.events import (
    CallAnswered,
    CallEnded,
    CallFailed,
    NailAnswered,
    NailEnded,
    NailFailed,
    OrderDone,
    OrderFailed,
    OrderFault,
    TelephonyEvent,
    TelephonyLost,
    TelephonyRestored,
)
from agentmgr.telephony.agenda import Action, Agenda
from agentmgr.telephony.customers import (
    Answers,
    CustomerModel,
    DigitCustomers,
    RandomCustomers,
    Reaction,
    log_normal,
)
from agentmgr.telephony.legs import Call, Hears, Line
from agentmgr.telephony.params import SimParams
from protocol.enums import DialFailReason

DROP_S = 0.05
"""From the order to drop a nailing call to its end."""

_DEAF = (Hears.RINGING, Hears.MESSAGE)
"""With these nobody can be spoken to yet, or any more."""

MAX_USES_KEPT = 10_000
"""How many ids are remembered for numbering legs; one that was forgotten starts again at 1."""


class SimSwitch:
    """Implements `agentmgr.ports.Simulated`, which `telephony/driver.py` makes the switch of a zone.

    The time a customer is on hold, aside in a consult or left without an agent is not counted as talk.
    A person who is left alone, because the agent's line ended, waits with fresh patience to be connected
    again. An order that comes after something happened to the call which the driver has not collected
    yet is too late and changes nothing, except `HangUp` and `Dial`: they silence the old leg for good.
    With delays of orders and events the two cross each other on their way, as they do with a real switch.

    Attributes:
        calls, lines: all legs by id, ringing ones included; to be read only.
        dismissed: how many customers heard the message that no agent was free.
    """

    def __init__(
        self, seed: int, params: SimParams | None = None, customers: CustomerModel | None = None
    ) -> None:
        self._seed = seed
        self._params = params or SimParams()
        self._customers = customers or DigitCustomers(RandomCustomers(self._params))
        self._agenda = Agenda()
        self._happened: list[TelephonyEvent] = []
        self.calls: dict[str, Call] = {}
        self.lines: dict[str, Line] = {}
        self.dismissed = 0
        self._uses: OrderedDict[str, int] = OrderedDict()
        self._reports: dict[str, set[int]] = {}
        self._refusals: dict[type[TelephonyOrder], int] = {}
        self._fortune = Random(f"{seed}/orders")
        self._reachable = True
        self._restoring: int | None = None
        self._keeps = 0

    @property
    def confirms(self) -> bool:
        """Whether each order brings word of whether it was carried out."""
        return self._params.confirms_orders

    @property
    def open_calls(self) -> int:
        """How many customers' legs there are, ringing ones included."""
        return len(self.calls)

    @property
    def open_lines(self) -> int:
        """How many agents' legs there are, ringing ones included."""
        return len(self.lines)

    # -- the port --------------------------------------------------------------------------

    def order(self, order: TelephonyOrder, now: float) -> None:
        """Carry an order out, after the delay of orders; while the switch is out of reach it is lost."""
        if not self._reachable:
            return
        if self._params.order_delay_s:
            self._agenda.plan(now + self._params.order_delay_s, partial(self._arrived, order, self._keeps))
        else:
            self._carry_out(order, now)

    def _arrived(self, order: TelephonyOrder, keeps: int, at: float) -> None:
        if keeps == self._keeps:
            self._carry_out(order, at)

    def refuse_next(self, kind: type[TelephonyOrder], times: int = 1) -> None:
        """Plant a fault: so many of the next orders of a kind are not carried out, which is told."""
        self._refusals[kind] = self._refusals.get(kind, 0) + times

    def _carry_out(self, order: TelephonyOrder, now: float) -> None:
        told: OrderDone | OrderFailed
        if self._refuses(order):
            told = OrderFailed(order, OrderFault.REFUSED, "the simulation has it so")
        else:
            obeyed = self._obeys(order, now)
            if not self._params.confirms_orders:
                return
            told = OrderDone(order) if obeyed else OrderFailed(order, OrderFault.UNKNOWN_LEG)
        self._agenda.plan(now + self._params.event_delay_s, self._emit(told))

    def _refuses(self, order: TelephonyOrder) -> bool:
        planted = self._refusals.get(type(order), 0)
        if planted:
            self._refusals[type(order)] = planted - 1
        chance = self._params.order_failure
        return planted > 0 or (chance > 0 and self._fortune.random() < chance)

    def _obeys(self, order: TelephonyOrder, now: float) -> bool:
        """Carry an order out; False if it names a leg that is not there, or is over already."""
        match order:
            case Dial():
                return self._dial(order, now)
            case Connect(call_id=call_id, leg_id=leg_id):
                return self._connect(self._ready(call_id, now), self.lines.get(leg_id), now)
            case Hold(call_id=call_id):
                return self._play_music(self._ready(call_id, now), now)
            case Unhold(call_id=call_id):
                return self._stop_music(self._ready(call_id, now), now)
            case Consult(call_id=call_id, party_id=party_id):
                return self._invite(self._ready(call_id, now), party_id, now, aside=True)
            case Conference(call_id=call_id, party_id=party_id):
                return self._invite(self._ready(call_id, now), party_id, now, aside=False)
            case HangUp(call_id=call_id):
                self._silence(call_id)
                return self._forget(call_id, now)
            case Dismiss(call_id=call_id):
                return self._dismiss(self._ready(call_id, now), now)
            case NailUp(leg_id=leg_id):
                return self._nail_up(leg_id, now)
            case DropNail(leg_id=leg_id):
                return self._drop_nail(self.lines.get(leg_id), now)
            case SendDigit(call_id=call_id):
                return self._ready(call_id, now) is not None  # and nobody there reacts to it
            case Tone(to=to):
                return self._sound(to, now)
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

    def keep(self, ids: Iterable[str], now: float) -> frozenset[str]:
        """End every call and leg but these without a word, and return those of them that live.

        A leg that rings or is being dropped does not live, nor does a customer who hears the message, but
        hears it to its end. Orders on their way are of whoever had the switch before: they are lost.
        """
        self._keeps += 1
        kept = frozenset(ids)
        living: set[str] = set()
        for call in list(self.calls.values()):
            if call.hears is Hears.MESSAGE:
                continue
            if call.call_id in kept and call.hears is not Hears.RINGING:
                living.add(call.call_id)
            else:
                self._silence(call.call_id)
                self._forget(call.call_id, now)
        for line in list(self.lines.values()):
            if line.leg_id in kept and line.up:
                living.add(line.leg_id)
            else:
                self._forget_line(line, now)
        return frozenset(living)

    # -- the whole switch --------------------------------------------------------------------

    def fail(self, now: float) -> None:
        """Let the switch be out of reach: all legs are gone, `TelephonyLost` is the next event."""
        if self._reachable:
            self._reachable = False
            self._agenda.clear()
            self.calls.clear()
            self.lines.clear()
            self._reports.clear()
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

    def _dial(self, order: Dial, now: float) -> bool:
        self._silence(order.call_id)
        self._forget(order.call_id, now)
        draw = self._stream("call", order.call_id)
        reaction: Reaction = self._customers.react(order.number, draw)
        customer = reaction if isinstance(reaction, Answers) else None
        call = self.calls[order.call_id] = Call(order.call_id, customer)
        if reaction.after_s > order.ring_time_s:
            outcome = partial(self._failed, call, DialFailReason.NoAnswer)
        elif isinstance(reaction, Answers):
            outcome = partial(self._answered, call, reaction)
        else:
            outcome = partial(self._failed, call, reaction.reason)
        self._plan(call, now + min(reaction.after_s, order.ring_time_s), outcome)
        return True

    def _answered(self, call: Call, customer: Answers, at: float) -> None:
        call.talk_left_s = customer.talk_s
        self._hear(call, customer, Hears.NOBODY, at)
        self._report(call.call_id, CallAnswered(call.call_id), at)

    def _failed(self, call: Call, reason: DialFailReason, at: float) -> None:
        self._forget(call.call_id, at)
        self._report(call.call_id, CallFailed(call.call_id, reason), at)

    def _ended(self, call: Call, at: float) -> None:
        self._forget(call.call_id, at)
        self._report(call.call_id, CallEnded(call.call_id), at)

    def _ready(self, call_id: str, now: float) -> Call | None:
        """Return a call whose customer took it and, as far as the switch knows, is still there."""
        call = self.calls.get(call_id)
        return None if call is None or call.hears in _DEAF or call.until <= now else call

    def _connect(self, call: Call | None, line: Line | None, now: float) -> bool:
        """Put two together and nobody else: a guest of the call, or its host, is left to itself."""
        if call is None or line is None or not line.up:
            return False
        concerned = call.part()
        call.join(line)
        self._settle(concerned, now)
        return True

    def _invite(self, host: Call | None, party_id: str, now: float, *, aside: bool) -> bool:
        """Bring a party to the agent of a call, the customer aside with music or with them."""
        line, call = self.lines.get(party_id), self._ready(party_id, now)
        guest = line if line is not None and line.up else call
        if host is None or guest is None or guest is host or guest is host.line:
            return False
        concerned = list(host.circle)
        if host.host is not None:
            host.host.invite(None)
        if guest is not host.guest:
            concerned += guest.part()
        host.invite(guest)
        host.music = aside
        self._settle([*concerned, *host.circle], now)
        return True

    def _sound(self, to: Iterable[str], now: float) -> bool:
        """Let all hear a tone who are there; False if somebody is not."""
        everybody = True
        for leg_id in to:
            line, call = self.lines.get(leg_id), self._ready(leg_id, now)
            leg = line if line is not None and line.up else call
            if leg is None:
                everybody = False
            else:
                leg.tones += 1
        return everybody

    def _play_music(self, call: Call | None, now: float) -> bool:
        if call is not None and call.hears is Hears.VOICES and call.guest is None and call.host is None:
            call.music = True
            self._settle([call], now)
        return call is not None

    def _stop_music(self, call: Call | None, now: float) -> bool:
        if call is not None and call.music and call.guest is None and call.line is not None:
            call.music = False
            self._settle([call], now)
        return call is not None

    def _settle(self, calls: Iterable[Call], now: float) -> None:
        """Let those react who hear something else than before, and have not acted already."""
        for call in calls:
            customer, hears = call.customer, call.would_hear
            is_answered = customer is not None and call.hears is not Hears.RINGING
            if is_answered and call.until > now and hears is not call.hears:
                assert customer is not None
                self._hear(call, customer, hears, now)

    def _hear(self, call: Call, customer: Answers, hears: Hears, now: float) -> None:
        if call.hears is Hears.VOICES:
            call.talk_left_s -= now - call.talks_since
        call.hears = hears
        if hears is Hears.VOICES:
            call.talks_since = now
            bears_s = call.talk_left_s
            if call.leaves_at is None:
                call.leaves_at = now + customer.stays_s
        else:
            bears_s = customer.patience_s if hears is Hears.NOBODY else customer.hold_patience_s
        until = now + bears_s
        self._plan(
            call, until if call.leaves_at is None else min(until, call.leaves_at), partial(self._ended, call)
        )

    def _dismiss(self, call: Call | None, now: float) -> bool:
        """Play the message to its end, whoever still listens, and hang up without a word to the zone."""
        if call is None:
            return False
        self._silence(call.call_id)
        concerned = [other for other in call.part() if other is not call]
        call.hears = Hears.MESSAGE
        self.dismissed += 1
        self._settle(concerned, now)
        self._plan(call, now + self._params.message_s, partial(self._message_over, call))
        return True

    def _message_over(self, call: Call, at: float) -> None:
        self._forget(call.call_id, at)

    def _forget(self, call_id: str, now: float) -> bool:
        call = self.calls.pop(call_id, None)
        if call is not None:
            self._agenda.cancel(call.ticket)
            self._settle([other for other in call.part() if other is not call], now)
        return call is not None

    def _plan(self, call: Call, at: float, action: Action) -> None:
        self._agenda.cancel(call.ticket)
        call.until = at
        call.ticket = self._agenda.plan(at, action) if at < math.inf else 0

    # -- agents' phones ----------------------------------------------------------------------

    def _nail_up(self, leg_id: str, now: float) -> bool:
        old = self.lines.get(leg_id)
        if old is not None:
            self._forget_line(old, now)
        self._silence(leg_id)
        draw = self._stream("line", leg_id)
        p = self._params
        line = self.lines[leg_id] = Line(leg_id)
        takes = draw.random() < p.nail_answer
        answer_s = log_normal(draw, p.nail_answer_median_s, p.nail_answer_sigma)
        if takes and answer_s <= p.nail_ring_s:
            line.ticket = self._agenda.plan(now + answer_s, partial(self._nailed, line, draw))
        else:
            line.ticket = self._agenda.plan(now + p.nail_ring_s, partial(self._not_nailed, line))
        return True

    def _nailed(self, line: Line, draw: Random, at: float) -> None:
        line.up = True
        if self._params.nail_loss_per_h:
            lasts_s = draw.expovariate(self._params.nail_loss_per_h / 3600)
            line.ticket = self._agenda.plan(at + lasts_s, partial(self._nail_ended, line))
        self._report(line.leg_id, NailAnswered(line.leg_id), at)

    def _not_nailed(self, line: Line, at: float) -> None:
        del self.lines[line.leg_id]
        self._report(line.leg_id, NailFailed(line.leg_id), at)

    def _drop_nail(self, line: Line | None, now: float) -> bool:
        if line is not None and not line.dropped:
            self._silence(line.leg_id)
            line.dropped = True
            line.up = False
            self._settle(line.part(), now)
            self._agenda.cancel(line.ticket)
            line.ticket = self._agenda.plan(now + DROP_S, partial(self._nail_ended, line))
        return line is not None

    def _forget_line(self, line: Line, now: float) -> None:
        """Let a line be gone without a word."""
        self._silence(line.leg_id)
        self._agenda.cancel(line.ticket)
        del self.lines[line.leg_id]
        self._settle(line.part(), now)

    def _nail_ended(self, line: Line, at: float) -> None:
        del self.lines[line.leg_id]
        self._settle(line.part(), at)
        self._report(line.leg_id, NailEnded(line.leg_id), at)

    # -- what is told ------------------------------------------------------------------------

    def _report(self, leg_id: str, event: TelephonyEvent, at: float) -> None:
        """Let an event of a leg be told after the delay of events."""
        if not self._params.event_delay_s:
            self._happened.append(event)
            return
        tickets = self._reports.setdefault(leg_id, set())

        def tell(_: float) -> None:
            tickets.discard(ticket)
            if not tickets and self._reports.get(leg_id) is tickets:
                del self._reports[leg_id]
            self._happened.append(event)

        ticket = self._agenda.plan(at + self._params.event_delay_s, tell)
        tickets.add(ticket)

    def _silence(self, leg_id: str) -> None:
        """Nothing of what the old leg of this name has still to tell is told."""
        for ticket in self._reports.pop(leg_id, ()):
            self._agenda.cancel(ticket)

    # -- chance ------------------------------------------------------------------------------

    def _stream(self, kind: str, leg_id: str) -> Random:
        """Return the source of all chance for a new leg."""
        name = f"{kind}/{leg_id}"
        use = self._uses.pop(name, 0) + 1
        self._uses[name] = use
        if len(self._uses) > MAX_USES_KEPT:
            self._uses.popitem(last=False)
        return Random(f"{self._seed}/{name}/{use}")

    def _emit(self, event: TelephonyEvent) -> Action:
        return lambda _: self._happened.append(event)
