"""The least desktop that works: ready, nailed, and a wrapup after each call; knows how its time was spent."""

from collections.abc import Callable, Sequence
from math import inf
from random import Random
from typing import Any

from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.results import ResultCode
from protocol.structures import CompletionCode

WORKING = frozenset({CallState.Talking, CallState.Wrapup})
CODE = CompletionCode(1)


class BenchDesktop:
    """One agent.

    Attributes:
        worked_s: time spent talking or wrapping up, `waited_s` ready and nailed without a call; both up to
            the last change, see `settle`.
        finished: logged off.
    """

    def __init__(self, agent_id: str, zone: str, draw: Random, wrapup_s: Callable[[Random], float]) -> None:
        self.agent_id = agent_id
        self.worked_s = self.waited_s = 0.0
        self.finished = True
        self._zone = zone
        self._draw = draw
        self._wrapup_s = wrapup_s
        self._agent_state = AgentState.NotReady
        self._call_state = CallState.NoState
        self._since = 0.0
        self._session_id = ""
        self._wrap_up_at = inf
        self._leaving = False

    def settle(self, now: float) -> None:
        """Count the time up to now."""
        spent_s, self._since = now - self._since, now
        if self._call_state in WORKING:
            self.worked_s += spent_s
        elif self._call_state is CallState.Idle and self._agent_state is AgentState.Ready:
            self.waited_s += spent_s

    # -- what the driver calls -------------------------------------------------------------

    def start(self, now: float) -> Sequence[Any]:
        """Log on."""
        self._since, self.finished, self._leaving = now, False, False
        return (c.AGTLogon(self.agent_id, "secret", False, "en_US", "UTC", self._zone),)

    def stop(self, now: float) -> Sequence[Any]:
        """Log off after the contact at hand."""
        self._leaving = True
        return (c.AGTStateChange(AgentState.NotReady, "0", "End of shift"),)

    def step_clock(self, by_s: float) -> None:
        """No clock is stepped here."""

    def next_at(self) -> float | None:
        """Return when the wrapup is over, if there is one."""
        return self._wrap_up_at if self._wrap_up_at < inf else None

    def due(self, now: float) -> Sequence[Any]:
        """Wrap up if it is time."""
        if now < self._wrap_up_at:
            return ()
        self._wrap_up_at = inf
        return (c.AGTWrapupContact(CODE, self._session_id),)

    def notified(self, notification: Any, now: float) -> Sequence[Any]:
        """Take in where the server says that the agent is."""
        match notification:
            case n.AGTCallStateChangedNotify(call_state=call_state):
                self.settle(now)
                self._call_state = call_state
                if call_state is CallState.Wrapup:
                    self._wrap_up_at = now + self._wrapup_s(self._draw)
                    return self.due(now)
            case n.AGTCallNotify(session_id=session_id):
                self._session_id = session_id
            case n.AGTStateChangedNotify(agent_state=agent_state):
                self.settle(now)
                self._agent_state = agent_state
                if agent_state is AgentState.NotReady and self._leaving:
                    return (c.AGTLogoff(),)
            case n.AGTNailupChange(nailup_status=NailupStatus.PendingNailUp):
                return (c.AGTReadyForNailup(),)
        return ()

    def answered(self, command: Any, response: Any, now: float) -> Sequence[Any]:
        """Go on with the next step of a logon; nothing that this desktop asks for is refused.

        Raises:
            RuntimeError: it was.
        """
        if response.result is not ResultCode.SUCCESS:
            raise RuntimeError(f"{command} of {self.agent_id} is answered {response.result.name}")
        match command:
            case c.AGTLogon():
                return (c.AGTStateChange(AgentState.Ready), c.AGTAvailableForNailup())
            case c.AGTLogoff():
                self.settle(now)
                self._agent_state, self._call_state = AgentState.NotReady, CallState.NoState
                self.finished = True
        return ()
