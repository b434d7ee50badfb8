"""The simulated switch under any orders at any time, against a simple model of what may be told."""

from collections import Counter, deque

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agentmgr.core.effects import (
    TELEPHONY_ORDERS,
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
    TelephonyEvent,
    TelephonyLost,
    TelephonyRestored,
)
from agentmgr.telephony.legs import Hears
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from tests.telephony.switches import T0, living

pytestmark = pytest.mark.slow

CALLS = st.sampled_from(["c1", "c2", "c3", "c4"])
LEGS = st.sampled_from(["n1", "n2", "n3"])

SILENT, RINGING, ANSWERED = "silent", "ringing", "answered"
"""What may still be told of a leg: nothing; an answer or a failure (and an end, if dropped); an end."""

RESTLESS = SimParams(talk_median_s=30, nail_answer=0.8, nail_loss_per_h=60)


class AnyOrders(RuleBasedStateMachine):
    """Gives orders, lets time pass, and holds every event against what the orders allow."""

    @initialize(seed=st.integers(0, 2**32), confirms=st.booleans())
    def begin(self, seed: int, confirms: bool) -> None:
        params = evolve(RESTLESS, confirms_orders=confirms)
        self.switch = SimSwitch(seed, params)
        self.twin = SimSwitch(seed, params)
        self.confirms = confirms
        self.unsaid: deque[TelephonyOrder] = deque()
        self.planted: Counter[type[TelephonyOrder]] = Counter()
        self.now = T0
        self.calls: dict[str, str] = {}
        self.legs: dict[str, str] = {}
        self.dropped: set[str] = set()
        self.reachable = True
        self.loss_told = True
        self.restoring = False

    def order(self, order: TelephonyOrder) -> bool:
        """Give an order to both switches; tells whether it counts."""
        self.switch.order(order, self.now)
        self.twin.order(order, self.now)
        refused = self.reachable and self.planted[type(order)] > 0
        if refused or (self.reachable and self.confirms):
            self.unsaid.append(order)
        self.planted[type(order)] -= refused
        return self.reachable and not refused

    @rule(kind=st.sampled_from(TELEPHONY_ORDERS))
    def plant_a_fault(self, kind: type[TelephonyOrder]) -> None:
        self.switch.refuse_next(kind)
        self.twin.refuse_next(kind)
        self.planted[kind] += 1

    @rule(call_id=CALLS, ring_time_s=st.sampled_from([0.5, 10.0, 30.0]))
    def dial(self, call_id: str, ring_time_s: float) -> None:
        if self.order(Dial(call_id, "+4930123", ring_time_s)):
            self.calls[call_id] = RINGING

    @rule(call_id=CALLS)
    def hang_up(self, call_id: str) -> None:
        if self.order(HangUp(call_id)):
            self.calls[call_id] = SILENT

    @rule(kept=st.sets(st.one_of(CALLS, LEGS)))
    def keep(self, kept: set[str]) -> None:
        there = living(self.switch) & kept
        assert self.switch.keep(kept, self.now) == there
        self.twin.keep(kept, self.now)
        self.dropped.clear()
        for legs in self.calls, self.legs:
            legs.update(dict.fromkeys(legs.keys() - there, SILENT))

    @rule(call_id=CALLS)
    def dismiss(self, call_id: str) -> None:
        call = self.switch.calls.get(call_id)
        is_there = call is not None and call.hears not in (Hears.RINGING, Hears.MESSAGE)
        if self.order(Dismiss(call_id, "+442079460018")) and is_there and call.until > self.now:
            self.calls[call_id] = SILENT

    @rule(call_id=CALLS, leg_id=LEGS)
    def connect(self, call_id: str, leg_id: str) -> None:
        self.order(Connect(call_id, leg_id))

    @rule(call_id=CALLS, kind=st.sampled_from([Hold, Unhold]))
    def hold_or_unhold(self, call_id: str, kind: type[Hold] | type[Unhold]) -> None:
        self.order(kind(call_id))

    @rule(call_id=CALLS, party_id=st.one_of(CALLS, LEGS), kind=st.sampled_from([Consult, Conference]))
    def consult_or_confer(self, call_id: str, party_id: str, kind: type[Consult] | type[Conference]) -> None:
        self.order(kind(call_id, party_id))

    @rule(call_id=CALLS)
    def send_digit(self, call_id: str) -> None:
        self.order(SendDigit(call_id, "#"))

    @rule(call_id=CALLS, to=st.lists(st.one_of(CALLS, LEGS), max_size=3))
    def sound(self, call_id: str, to: list[str]) -> None:
        self.order(Tone(call_id, tuple(to)))

    @rule(leg_id=LEGS)
    def nail_up(self, leg_id: str) -> None:
        if self.order(NailUp(leg_id, "1001", "sip:1001")):
            self.legs[leg_id] = RINGING
            self.dropped.discard(leg_id)

    @rule(leg_id=LEGS)
    def drop_nail(self, leg_id: str) -> None:
        if self.order(DropNail(leg_id)) and self.legs.get(leg_id, SILENT) != SILENT:
            self.dropped.add(leg_id)

    @rule()
    def fail(self) -> None:
        self.switch.fail(self.now)
        self.twin.fail(self.now)
        if self.reachable:
            self.loss_told = False
        self.reachable = self.restoring = False
        self.calls.clear()
        self.legs.clear()
        self.dropped.clear()
        self.unsaid.clear()

    @rule()
    def restore(self) -> None:
        self.switch.restore(self.now)
        self.twin.restore(self.now)
        self.restoring = not self.reachable

    @rule(passing_s=st.one_of(st.just(0.0), st.floats(0.01, 20.0), st.just(200.0)))
    def pass_time_uncollected(self, passing_s: float) -> None:
        self.now += passing_s

    @rule()
    def collect_next(self) -> None:
        at = self.switch.next_at()
        if at is not None:
            self.now = max(self.now, at)
            self.collect()

    @rule(passing_s=st.floats(0.0, 60.0))
    def collect_all(self, passing_s: float) -> None:
        self.now += passing_s
        self.collect()

    def collect(self) -> None:
        happened = self.switch.due(self.now)
        assert happened == self.twin.due(self.now)
        next_at = self.switch.next_at()
        assert next_at is None or next_at > self.now
        for event in happened:
            self.check(event)
        # whatever was due is told: nothing that was left behind can still ring
        assert self.loss_told
        assert not self.restoring
        assert not self.unsaid

    def check(self, event: TelephonyEvent) -> None:
        match event:
            case OrderDone(order=order):
                assert self.confirms
                assert order is self.unsaid.popleft()
            case OrderFailed(order=order):
                assert order is self.unsaid.popleft()
            case CallAnswered(call_id=call_id):
                assert self.calls.get(call_id) == RINGING
                self.calls[call_id] = ANSWERED
            case CallFailed(call_id=call_id):
                assert self.calls.get(call_id) == RINGING
                self.calls[call_id] = SILENT
            case CallEnded(call_id=call_id):
                assert self.calls.get(call_id) == ANSWERED
                self.calls[call_id] = SILENT
            case NailAnswered(leg_id=leg_id):
                assert self.legs.get(leg_id) == RINGING
                assert leg_id not in self.dropped
                self.legs[leg_id] = ANSWERED
            case NailFailed(leg_id=leg_id):
                assert self.legs.get(leg_id) == RINGING
                assert leg_id not in self.dropped
                self.legs[leg_id] = SILENT
            case NailEnded(leg_id=leg_id):
                assert self.legs.get(leg_id) == ANSWERED or leg_id in self.dropped
                self.legs[leg_id] = SILENT
                self.dropped.discard(leg_id)
            case TelephonyLost():
                assert not self.loss_told
                self.loss_told = True
            case TelephonyRestored():
                assert self.restoring
                assert self.loss_told
                self.restoring = False
                self.reachable = True
            case _:
                raise AssertionError(f"nothing is known of {event}")

    @invariant()
    def counts_agree(self) -> None:
        if hasattr(self, "switch"):
            heard = [call for call in self.switch.calls.values() if call.hears is not Hears.MESSAGE]
            assert len(heard) == sum(state != SILENT for state in self.calls.values())
            assert self.switch.open_lines == sum(state != SILENT for state in self.legs.values())
            there = {each for each, state in {**self.calls, **self.legs}.items() if state == ANSWERED}
            assert living(self.switch) == there - self.dropped

    def teardown(self) -> None:
        """Let everything run out: each call answered or failed, each person gone, each line lost."""
        if hasattr(self, "switch"):
            self.now += 1e7
            self.collect()
            assert set(self.calls.values()) <= {SILENT}
            assert set(self.legs.values()) <= {SILENT}
            assert self.switch.next_at() is None


AnyOrders.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestSwitchUnderAnyOrders = AnyOrders.TestCase
