"""Commands that rest on an order to the switch, from the order to the switch's word.

With a switch that confirms its orders (`ZoneConfig.switch_confirms`) such a command is answered after the
switch's word. Until then nothing has changed, and the agent's further commands wait behind it: all is as if
the switch had been asked in no time. With a switch that does not confirm, the command is answered at once.
"""

from collections.abc import Callable
from typing import Any

from attrs import define, field, frozen

from agentmgr.core.agent import Agent
from agentmgr.core.effects import Connect, Consult, Hold, SendDigit, TelephonyOrder
from agentmgr.core.events import CommandReceived, Timer
from agentmgr.core.floor import Floor
from agentmgr.core.session import Session
from protocol.commands import Resp
from protocol.enums import CallState
from protocol.results import ResultCode

Result = ResultCode | Resp
"""A bare code, or a whole RESP."""


@frozen
class Continuation:
    """What becomes of a command that rests on an order.

    When the order is carried out, `change` makes the changes, in zone and agent, and returns the answer.
    `failed` is the answer if the switch cannot, `over` if the contact goes on otherwise before its word.
    """

    change: Callable[[Any, Agent], Result]
    failed: ResultCode
    over: ResultCode


@define(eq=False)
class Asked:
    """A command that waits for the switch's word on `order`; `behind` are later ones of its agent."""

    agent: Agent
    event: CommandReceived
    order: TelephonyOrder
    then: Continuation
    session: Session
    call_state: CallState
    behind: list[CommandReceived] = field(factory=list)

    @property
    def is_over(self) -> bool:
        """Whether the contact has gone on otherwise."""
        return self.agent.session is not self.session or self.agent.call_state is not self.call_state


class Asking:
    """The commands of a zone that wait for the switch's word, one of each agent at most.

    Attributes:
        waiting: by agent; to be read only.
    """

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._out = floor.out
        self.waiting: dict[str, Asked] = {}
        self._by_order: dict[int, Asked] = {}

    def wait(self, agent: Agent, event: CommandReceived, order: TelephonyOrder, then: Continuation) -> None:
        """Let the command of an agent with a contact wait for the word on its order."""
        asked = Asked(agent, event, order, then, agent.engaged_session, agent.call_state)
        self.waiting[agent.agent_id] = self._by_order[id(order)] = asked
        self._out.set_timer((Timer.ORDER, agent.agent_id), self._floor.config.order_wait_s)

    def about(self, order: TelephonyOrder) -> Asked | None:
        """Return the command that waits for the word on an order; None if it does no more."""
        # by identity: an order that was given up may be told of after its like was given
        asked = self._by_order.get(id(order))
        return asked if asked is not None and asked.order is order else None

    def restate(self, asked: Asked) -> None:
        """Order the line to be what the state of its agent says: nobody knows what became of an order."""
        session, owner = asked.session, asked.agent
        if isinstance(asked.order, SendDigit):
            return
        if owner.call_state is CallState.Held:
            self._out.emit(Hold(session.sid))
            return
        self._out.emit(Connect(session.sid, owner.leg_id))
        if owner.call_state is CallState.Consult and session.consultation is not None:
            self._out.emit(Consult(session.sid, session.consultation.party_id))

    def forget(self, asked: Asked) -> None:
        """A command is answered."""
        self.waiting.pop(asked.agent.agent_id, None)
        self._by_order.pop(id(asked.order), None)
        self._out.cancel_timer((Timer.ORDER, asked.agent.agent_id))
