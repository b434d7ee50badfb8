"""What is done about an order that the switch did not carry out, and that no command waits for.

Every agent's state must be that of its line. What was told already is taken back by the states; each remedy
is an order too, and the last in the row is to hang up. Ending a leg is tried again until the switch does it.
"""

from collections.abc import Callable
from typing import Any

from attrs import define

from agentmgr.core.attempts import Attempts
from agentmgr.core.callflow import CallFlow
from agentmgr.core.consults import Consults
from agentmgr.core.dialer import Dialer
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
from agentmgr.core.events import OrderFault, Timer
from agentmgr.core.floor import Floor
from agentmgr.core.nailer import Nailer
from agentmgr.core.returns import Returns
from agentmgr.core.states import ConsultPhase, Phase
from protocol.enums import CallState, DialFailReason

FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 60.0
"""A leg that did not end is ended once more after the first pause; each doubles, up to the longest."""

IN_USE = frozenset({Phase.RINGING, Phase.WAITING, Phase.ON_LINE})
"""Phases of a session that has a call: one that was to be hung up before has the same id."""


@define(eq=False)
class _Ending:
    """A leg that must end; `failed` says that it did not, since it was ordered last."""

    order: HangUp | DropNail
    pause_s: float = FIRST_RETRY_S
    failed: bool = True


class Remedies:
    """Makes good what the switch did not do."""

    def __init__(
        self,
        floor: Floor,
        attempts: Attempts,
        calls: CallFlow,
        consults: Consults,
        dialer: Dialer,
        nailer: Nailer,
        returns: Returns,
    ) -> None:
        self._floor = floor
        self._out = floor.out
        self._attempts = attempts
        self._calls = calls
        self._consults = consults
        self._dialer = dialer
        self._nailer = nailer
        self._returns = returns
        self._endings: dict[str, _Ending] = {}

    def on_failed(self, order: TelephonyOrder, fault: OrderFault) -> None:
        """The switch did not carry an order out."""
        _REMEDIES[type(order)](self, order, fault)

    def _nail_up_failed(self, order: NailUp, fault: OrderFault) -> None:
        self._nailer.on_leg_failed(order.leg_id)

    def _dial_failed(self, order: Dial, fault: OrderFault) -> None:
        session = self._floor.sessions.get(order.call_id)
        if session is None:
            self._consults.on_party_failed(order.call_id, DialFailReason.TelephonyDown)
            return
        self._attempts.on_dial_refused(session)
        if session.owner is not None:
            self._calls.on_dial_failed(session, DialFailReason.TelephonyDown)
        else:
            self._dialer.on_failed(session, DialFailReason.TelephonyDown)

    def _connect_failed(self, order: Connect, fault: OrderFault) -> None:
        """The agent has nobody on the line: the call ends."""
        session = self._floor.sessions.get(order.call_id)
        owner = session.owner if session is not None else None
        if session is None or owner is None or owner.leg_id != order.leg_id:
            return
        if session.phase is Phase.ON_LINE:
            self._out.emit(HangUp(session.sid))
            self._calls.on_customer_gone(session)

    def _hold_failed(self, order: Hold, fault: OrderFault) -> None:
        """The customer hears the agent, who must know that."""
        session = self._floor.sessions.get(order.call_id)
        owner = session.owner if session is not None else None
        if session is not None and owner is not None and owner.call_state is CallState.Held:
            self._calls.unhold(session, owner)
            self._out.emit(Connect(session.sid, owner.leg_id))

    def _unhold_failed(self, order: Unhold, fault: OrderFault) -> None:
        """The customer may hear music: another way to the agent is tried before the call is given up."""
        session = self._floor.sessions.get(order.call_id)
        owner = session.owner if session is not None else None
        if session is not None and owner is not None and owner.call_state is CallState.Talking:
            self._out.emit(Connect(session.sid, owner.leg_id))

    def _party_failed(self, order: Consult | Conference, fault: OrderFault) -> None:
        session = self._floor.sessions.get(order.call_id)
        consultation = session.consultation if session is not None else None
        if session is None or consultation is None or consultation.party_id != order.party_id:
            return
        phase = ConsultPhase.ACTIVE if isinstance(order, Consult) else ConsultPhase.CONFERENCE
        if consultation.phase is phase:
            self._consults.on_not_joined(session)

    def _digit_failed(self, order: SendDigit, fault: OrderFault) -> None:
        """Nothing rests on a digit that was answered for."""

    def _tone_failed(self, order: Tone, fault: OrderFault) -> None:
        """A tone that was not heard changes nothing; those it was for were told in states."""

    def _dismiss_failed(self, order: Dismiss, fault: OrderFault) -> None:
        """A customer who cannot be told anything is not kept on the line either."""
        if fault is not OrderFault.UNKNOWN_LEG:
            self._out.emit(HangUp(order.call_id))

    # -- legs that must end ------------------------------------------------------------------

    def _hang_up_failed(self, order: HangUp, fault: OrderFault) -> None:
        if fault is OrderFault.UNKNOWN_LEG:
            self.on_leg_gone(order.call_id)
        else:
            self._try_again(order.call_id, order)

    def _drop_failed(self, order: DropNail, fault: OrderFault) -> None:
        if fault is OrderFault.UNKNOWN_LEG:
            self.on_leg_gone(order.leg_id)
            self._nailer.on_ended(order.leg_id)
            self._returns.on_leg_ended(order.leg_id)
        else:
            self._try_again(order.leg_id, order)

    def _try_again(self, leg_id: str, order: HangUp | DropNail) -> None:
        ending = self._endings.get(leg_id)
        if ending is None:
            ending = self._endings[leg_id] = _Ending(order)
            self._out.set_timer((Timer.ENDING, leg_id), ending.pause_s)
        ending.failed = True

    def on_ending_timeout(self, leg_id: str) -> None:
        """End a leg once more, unless nothing was said against it since the last time."""
        ending = self._endings.get(leg_id)
        if ending is None:
            return
        session = self._floor.sessions.get(leg_id)
        if not ending.failed or (session is not None and session.phase in IN_USE):
            del self._endings[leg_id]
            return
        ending.failed = False
        ending.pause_s = min(2 * ending.pause_s, LONGEST_RETRY_S)
        self._out.emit(ending.order)
        self._out.set_timer((Timer.ENDING, leg_id), ending.pause_s)

    def on_done(self, order: TelephonyOrder) -> None:
        """The switch carried an order out: a leg that was to end has ended."""
        if isinstance(order, HangUp):
            self.on_leg_gone(order.call_id)
        elif isinstance(order, DropNail):
            self.on_leg_gone(order.leg_id)

    def on_leg_gone(self, leg_id: str) -> None:
        """A leg has ended: nobody need try it any more."""
        if self._endings.pop(leg_id, None) is not None:
            self._out.cancel_timer((Timer.ENDING, leg_id))

    def on_telephony_lost(self) -> None:
        """All legs have ended."""
        for leg_id in list(self._endings):
            self.on_leg_gone(leg_id)


_REMEDIES: dict[type[Any], Callable[[Remedies, Any, OrderFault], None]] = {
    NailUp: Remedies._nail_up_failed,
    DropNail: Remedies._drop_failed,
    Dial: Remedies._dial_failed,
    Connect: Remedies._connect_failed,
    Hold: Remedies._hold_failed,
    Unhold: Remedies._unhold_failed,
    Consult: Remedies._party_failed,
    Conference: Remedies._party_failed,
    HangUp: Remedies._hang_up_failed,
    Dismiss: Remedies._dismiss_failed,
    SendDigit: Remedies._digit_failed,
    Tone: Remedies._tone_failed,
}
