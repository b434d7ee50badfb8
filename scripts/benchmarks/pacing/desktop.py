"""The least desktop that works: ready, nailed, and a wrapup after each call; knows how its time was spent."""

from collections import deque
from collections.abc import Sequence
from math import inf
from random import Random
from typing import Any

from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.results import ResultCode
from protocol.structures import CompletionCode
from scripts.benchmarks.pacing.scenes import Scene

WORKING = frozenset({CallState.Talking, CallState.Wrapup})
CODE = CompletionCode(1)
READY = c.AGTStateChange(AgentState.Ready)
BREAK = c.AGTStateChange(AgentState.NotReady, "1", "Break")
HOME = c.AGTStateChange(AgentState.NotReady, "0", "End of shift")


class BenchDesktop:
    """One agent.

    Attributes:
        worked_s: time spent talking or wrapping up, `waited_s` ready and nailed without a call; both up to
            the last change, see `settle`.
        finished: logged off.
    """

    def __init__(self, agent_id: str, zone: str, draw: Random, scene: Scene, shift_s: float) -> None:
        self.agent_id = agent_id
        self.worked_s = self.waited_s = 0.0
        self.finished = True
        self._zone = zone
        self._draw = draw
        self._scene = scene
        self._shift_s = shift_s
        self._agent_state = AgentState.NotReady
        self._call_state = CallState.NoState
        self._since = 0.0
        self._session_id = ""
        self._wrap_up_at = inf
        self._leaving = self._gone = False
        self._plan: deque[tuple[float, Any]] = deque()
        """What the agent does by itself, with its time."""

    def settle(self, now: float) -> None:
        """Count the time up to now."""
        spent_s, self._since = now - self._since, now
        if self._call_state in WORKING:
            self.worked_s += spent_s
        elif self._call_state is CallState.Idle and self._agent_state is AgentState.Ready:
            self.waited_s += spent_s

    # -- what the driver calls -------------------------------------------------------------

    def start(self, now: float) -> Sequence[Any]:
        """Begin a day: log on when it is time."""
        self._since, self.finished = now, False
        self._leaving = self._gone = False
        there = self._scene.presence(self._draw, self._shift_s)
        self._plan = deque([(now + there.comes_at, self._logon())])
        for begin, end in there.breaks:
            self._plan += [(now + begin, BREAK), (now + end, READY)]
        if there.leaves_at < inf:
            self._plan.append((now + there.leaves_at, HOME))
        return self.due(now)

    def _logon(self) -> Any:
        return c.AGTLogon(self.agent_id, "secret", False, "en_US", "UTC", self._zone)

    def stop(self, now: float) -> Sequence[Any]:
        """Log off after the contact at hand, whatever was planned."""
        self._plan.clear()
        if self._leaving:
            return ()
        self._leaving = True
        return (HOME,)

    def step_clock(self, by_s: float) -> None:
        """No clock is stepped here."""

    def next_at(self) -> float | None:
        """Return when the wrapup is over, or the agent does something else by itself."""
        at = min(self._wrap_up_at, self._plan[0][0] if self._plan else inf)
        return at if at < inf else None

    def due(self, now: float) -> Sequence[Any]:
        """Wrap up if it is time, or do what is planned for now."""
        commands: list[Any] = []
        if now >= self._wrap_up_at:
            self._wrap_up_at = inf
            commands.append(c.AGTWrapupContact(CODE, self._session_id))
        while self._plan and self._plan[0][0] <= now:
            _, command = self._plan.popleft()
            self._leaving |= command is HOME
            commands.append(command)
        return commands

    def notified(self, notification: Any, now: float) -> Sequence[Any]:
        """Take in where the server says that the agent is."""
        match notification:
            case n.AGTCallStateChangedNotify(call_state=call_state):
                self.settle(now)
                self._call_state = call_state
                if call_state is CallState.Wrapup:
                    self._wrap_up_at = now + self._scene.wrapup_s(self._draw)
                    return self.due(now)
            case n.AGTCallNotify(session_id=session_id):
                self._session_id = session_id
            case n.AGTStateChangedNotify(agent_state=agent_state):
                self.settle(now)
                self._agent_state = agent_state
                return self._log_off()
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
                return (READY, c.AGTAvailableForNailup())
            case c.AGTStateChange():
                return self._log_off()
            case c.AGTLogoff():
                self.settle(now)
                self._agent_state, self._call_state = AgentState.NotReady, CallState.NoState
                self.finished = True
        return ()

    def _log_off(self) -> Sequence[Any]:
        """Go home, if the agent is on the way and nothing is left to do."""
        if self._leaving and self._agent_state is AgentState.NotReady and not self._gone:
            self._gone = True
            return (c.AGTLogoff(),)
        return ()
