"""A zone that shares its agents with an inbound queue: the zone as it is, with a blender around it.

It is driven like the zone, by real or virtual time: what it needs to be woken for are timers among the
zone's effects. The blender's commands enter the zone as a desktop's do, over SERVER_CONNECTION, and their
answers stay here.
"""

import structlog

from agentmgr.core import effects
from agentmgr.core.agent import Agent, Blend
from agentmgr.core.blender import Blender, BlendRules, Move, Standing
from agentmgr.core.events import (
    SERVER_CONNECTION,
    ClockStepped,
    CommandReceived,
    Event,
    Timer,
    TimerFired,
    ZoneClosing,
)
from agentmgr.core.outbox import Thing, Turn
from agentmgr.core.zone import Zone
from agentmgr.ports import Inbound
from protocol.commands import AGTBlendToInbound, AGTBlendToOutbound
from protocol.enums import AgentState
from protocol.results import ResultCode

WAKE = (Timer.BLEND, "")
LOOK_INTERVAL_S = 5.0
"""How long at most nothing is decided, so that an agent whose stay is over is found."""


class BlendedZone:
    """Implements `ZoneMachine` around a zone.

    Attributes:
        inbound: the queue, for those who want to watch it.
        acquired, released: how many moves there were to inbound, and back.
    """

    def __init__(self, zone: Zone, inbound: Inbound, rules: BlendRules) -> None:
        self.inbound = inbound
        self.acquired = 0
        self.released = 0
        self._zone = zone
        self._blender = Blender(rules)
        self._serving: set[str] = set()
        self._request_count = 0
        self._wake_at: float | None = None
        self._stepped_s = 0.0
        self._closing = False
        self._log = structlog.get_logger().bind(zone=zone.config.zone)

    def handle(self, event: Event, now: float) -> Turn:
        """Let an event happen, then move agents as the load asks for."""
        caused: list[effects.Effect] = []
        changed: list[Thing] = []
        if isinstance(event, ClockStepped):
            self._stepped_s += event.by_s
        if isinstance(event, TimerFired) and event.key == WAKE:
            self._wake_at = None
        else:
            self._step(event, now, caused, changed)
        self._closing |= isinstance(event, ZoneClosing)
        if not self._closing:
            steady = now - self._stepped_s  # queue and stays know nothing of steps
            self._follow_inbound(steady)
            self._move_agents(steady, caused, changed)
            self._follow_inbound(steady)
            self._arm(steady, caused)
        return caused, changed

    def _step(self, event: Event, now: float, caused: list[effects.Effect], changed: list[Thing]) -> None:
        effects_now, changed_now = self._zone.handle(event, now)
        for thing in dict.fromkeys(changed_now):
            if isinstance(thing, Agent):
                self._place(thing.agent_id, now - self._stepped_s)
        changed += changed_now
        for effect in effects_now:
            if isinstance(effect, effects.Respond) and effect.connection == SERVER_CONNECTION:
                self._answered(effect)
            else:
                caused.append(effect)

    def _answered(self, effect: effects.Respond) -> None:
        if effect.response.result is not ResultCode.SUCCESS:
            name = type(effect.response).__name__
            self._log.warning("blending_refused", name=name, result=int(effect.response.result))

    # -- who does what -----------------------------------------------------------------------

    def _place(self, agent_id: str, now: float) -> None:
        agent = self._zone.agents.get(agent_id)
        takes_inbound = agent is not None and agent.blend is Blend.INBOUND and _is_present(agent)
        if takes_inbound:
            self.inbound.join(agent_id, now)
        else:
            self.inbound.leave(agent_id)
            self._serving.discard(agent_id)
        if agent is None:
            self._blender.remove(agent_id)
        else:
            self._blender.place(agent_id, self._standing(agent), now)

    def _standing(self, agent: Agent) -> Standing:
        if not _is_present(agent):
            return Standing.ABSENT
        if agent.blend is Blend.LEAVING:
            return Standing.LEAVING
        if agent.blend is Blend.INBOUND:
            busy = agent.agent_id in self._serving
            return Standing.INBOUND_BUSY if busy else Standing.INBOUND_IDLE
        return Standing.OUTBOUND_IDLE if agent.is_free else Standing.OUTBOUND_BUSY

    def _follow_inbound(self, now: float) -> None:
        for change in self.inbound.due(now):
            if change.busy:
                self._serving.add(change.agent_id)
            else:
                self._serving.discard(change.agent_id)
            self._place(change.agent_id, now)

    # -- moving ------------------------------------------------------------------------------

    def _move_agents(self, now: float, caused: list[effects.Effect], changed: list[Thing]) -> None:
        while (move := self._blender.decide(self.inbound.load, now)) is not None:
            self._request_count += 1
            command = AGTBlendToInbound() if move.to_inbound else AGTBlendToOutbound()
            self.acquired += move.to_inbound
            self.released += not move.to_inbound
            self._log_move(move)
            asked = CommandReceived(SERVER_CONNECTION, self._request_count, move.agent_id, command)
            self._step(asked, now + self._stepped_s, caused, changed)
            self._follow_inbound(now)

    def _log_move(self, move: Move) -> None:
        self._log.info("agent_blended", agent=move.agent_id, to="inbound" if move.to_inbound else "outbound")

    def _arm(self, now: float, caused: list[effects.Effect]) -> None:
        inbound_at = self.inbound.next_at()
        at = now + LOOK_INTERVAL_S if self._wake_at is None else self._wake_at
        if inbound_at is not None:
            at = min(at, inbound_at)
        if at != self._wake_at:
            self._wake_at = at
            caused.append(effects.SetTimer(WAKE, at + self._stepped_s))


def _is_present(agent: Agent) -> bool:
    return agent.agent_state is AgentState.Ready and not agent.is_away and not agent.leaving
