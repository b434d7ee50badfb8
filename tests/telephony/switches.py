"""A switch whose customers do as they are told, and short ways to drive it."""

import math
from collections.abc import Mapping
from random import Random

from attrs import frozen

from agentmgr.core.effects import Connect, Dial, NailUp
from agentmgr.core.events import TelephonyEvent
from agentmgr.telephony.customers import Answers, Fails, Reaction
from agentmgr.telephony.legs import Hears
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import DialFailReason

T0 = 1_760_000_000.0
PERSON = Answers(after_s=5.0, talk_s=60.0, patience_s=4.0, hold_patience_s=30.0)
RINGS_OUT = Fails(math.inf, DialFailReason.NoAnswer)
CALM_PHONES = SimParams(nail_answer=1, nail_answer_median_s=2, nail_answer_sigma=0, nail_loss_per_h=0)


@frozen
class ByNumber:
    """Customers who react by the number dialled; everybody else answers like `PERSON`."""

    reactions: Mapping[str, Reaction] = {}

    def react(self, number: str, draw: Random) -> Reaction:
        return self.reactions.get(number, PERSON)


def told(reactions: Mapping[str, Reaction] | None = None, params: SimParams = CALM_PHONES) -> SimSwitch:
    return SimSwitch(1, params, ByNumber(reactions or {}))


def dial(call_id: str = "c1", number: str = "+491", ring_time_s: float = 25.0) -> Dial:
    return Dial(call_id, number, ring_time_s)


def collect(switch: SimSwitch, until: float = math.inf) -> list[tuple[float, TelephonyEvent]]:
    """Drive the switch to `until`, or until nothing is under way: each event with its time after T0."""
    happened: list[tuple[float, TelephonyEvent]] = []
    while (at := switch.next_at()) is not None and at <= until:
        happened += [(round(at - T0, 6), event) for event in switch.due(at)]
    return happened


def living(switch: SimSwitch) -> set[str]:
    """The legs that a new owner may have: not those that ring, hear a message, or are being dropped."""
    deaf = (Hears.RINGING, Hears.MESSAGE)
    calls = {each.call_id for each in switch.calls.values() if each.hears not in deaf}
    return calls | {each.leg_id for each in switch.lines.values() if each.up}


def talking(switch: SimSwitch, call_id: str = "c1", leg_id: str = "n1") -> float:
    """Nail a phone up, dial and connect; returns when the two began to talk."""
    switch.order(NailUp(leg_id, "1001", "sip:1001"), T0)
    switch.due(T0 + 2)
    switch.order(dial(call_id), T0 + 2)
    switch.due(T0 + 7)
    switch.order(Connect(call_id, leg_id), T0 + 7)
    return T0 + 7
