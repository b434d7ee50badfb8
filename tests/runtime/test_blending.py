"""A real zone with a blender around it: who is told what, and what stays inside."""

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import define, field
from prometheus_client import CollectorRegistry, generate_latest

from agentmgr.core import effects
from agentmgr.core.blender import BlendRules, InboundLoad
from agentmgr.core.events import SERVER_CONNECTION, CommandReceived, ConnectionLost, Event, Timer, ZoneClosing
from agentmgr.core.model import AgentSpec, ZoneConfig
from agentmgr.core.outbox import Turn
from agentmgr.core.zone import Zone
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.ports import InboundChange, InboundTotals, Token
from agentmgr.runtime.blending import BlendedZone
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from agentmgr.testing.memory_store import MemoryStore
from protocol.enums import AgentState
from protocol.notifications import AGTBlendedToInbound, AGTBlendedToOutbound
from protocol.structures import AgentSkill

T0 = 1_760_000_000.0
NOBODY = InboundLoad(0, 100.0, own_agents=9)
CROWD = InboundLoad(1, 100.0)


@define(eq=False)
class ToldInbound:
    """An inbound queue whose load is told to it; it notes who came and went."""

    load: InboundLoad = NOBODY
    agents: dict[str, float] = field(factory=dict)
    story: list[str] = field(factory=list)
    changes: list[InboundChange] = field(factory=list)

    @property
    def totals(self) -> InboundTotals:
        return InboundTotals(7, 4, 2, self.load.queue, len(self.agents))

    def join(self, agent_id: str, now: float) -> None:
        if agent_id not in self.agents:
            self.agents[agent_id] = now
            self.story.append(f"+{agent_id}")

    def leave(self, agent_id: str) -> None:
        if self.agents.pop(agent_id, None) is not None:
            self.story.append(f"-{agent_id}")

    def next_at(self) -> float | None:
        return None

    def due(self, now: float) -> Sequence[InboundChange]:
        changes, self.changes = self.changes, []
        return changes


class Witness(BlendedZone):
    """Keeps all effects."""

    def __init__(self, zone: Zone, inbound: ToldInbound, rules: BlendRules) -> None:
        super().__init__(zone, inbound, rules)
        self.caused: list[effects.Effect] = []

    def handle(self, event: Event, now: float) -> Turn:
        caused, changed = super().handle(event, now)
        self.caused += caused
        return caused, changed

    def told(self, kind: type[Any]) -> list[str]:
        """Which agents were told of something, in order."""
        return [
            effect.agent_id
            for effect in self.caused
            if isinstance(effect, effects.Notify) and isinstance(effect.notification, kind)
        ]


class House:
    """Agents who are ready, without a campaign, and an inbound queue."""

    def __init__(self, *agent_ids: str, rules: BlendRules | None = None) -> None:
        store = MemoryStore()
        for agent_id in agent_ids:
            store.add_agent(AgentSpec(agent_id, agent_id, (AgentSkill("sales"),)), "Default")
        self.inbound = ToldInbound()
        self.zone = Zone(ZoneConfig("Default", token_secret=bytes(32)), T0)
        self.blended = Witness(self.zone, self.inbound, rules or BlendRules(thrash_s=60))
        self.virtual = VirtualZone(
            self.blended,
            Token("Default", 0, 1),
            store,
            SimSwitch(1, SimParams()),
            T0,
            lambda login, password: True,
        )
        desktops = [SimDesktop(each, "", "Default", 1, DeskParams(aux_median_s=1e6)) for each in agent_ids]
        self.desktops = {desktop.agent_id: desktop for desktop in desktops}
        self.connections = {desktop.agent_id: self.virtual.connect(desktop) for desktop in desktops}

    def wait(self, seconds: float) -> None:
        self.virtual.run(self.virtual.now + seconds)


def test_agent_longest_ready_is_moved_and_told_and_serves_inbound() -> None:
    house = House("a", "b", "c")
    house.inbound.load = CROWD
    house.wait(6)
    assert house.blended.told(AGTBlendedToInbound) == ["a"]
    assert house.inbound.story == ["+a"]
    assert (house.blended.acquired, house.blended.released) == (1, 0)


def test_agent_goes_back_after_its_stay_and_its_desktop_asks_for_nailing() -> None:
    house = House("a", "b")
    house.inbound.load = CROWD
    house.wait(6)
    house.inbound.load = NOBODY
    house.wait(50)
    assert house.blended.told(AGTBlendedToOutbound) == []
    house.wait(12)
    assert house.blended.told(AGTBlendedToOutbound) == ["a"]
    assert house.inbound.story == ["+a", "-a"]
    assert house.zone.agents["a"].available_for_nailup
    assert house.desktops["a"].refusals == []


@pytest.mark.parametrize("by_s", [30_000.0, -30_000.0])
def test_agent_stays_as_long_when_the_clock_is_stepped(by_s: float) -> None:
    house = House("a", "b")
    house.inbound.load = CROWD
    house.wait(6)
    house.inbound.load = NOBODY
    house.wait(20)
    house.virtual.step_clock(by_s)
    house.wait(30)
    assert house.blended.told(AGTBlendedToOutbound) == []
    house.wait(12)
    assert house.blended.told(AGTBlendedToOutbound) == ["a"]


def test_answers_to_the_blender_never_leave_for_a_connection() -> None:
    house = House("a", "b")
    house.inbound.load = CROWD
    house.wait(6)
    responses = [effect for effect in house.blended.caused if isinstance(effect, effects.Respond)]
    assert responses
    assert all(response.connection != SERVER_CONNECTION for response in responses)


def test_commands_of_the_blender_come_over_the_servers_own_connection() -> None:
    house = House("a", "b")
    seen: list[Event] = []
    handle = house.zone.handle

    def watched(event: Event, now: float) -> list[effects.Effect]:
        seen.append(event)
        return handle(event, now)

    house.zone.handle = watched  # type: ignore[method-assign]  # to see what the zone is sent
    house.inbound.load = CROWD
    house.wait(6)
    (command,) = [
        event
        for event in seen
        if isinstance(event, CommandReceived) and event.connection == SERVER_CONNECTION
    ]
    assert (command.agent_id, type(command.command).__name__) == ("a", "AGTBlendToInbound")


def test_agent_in_an_inbound_call_stays_until_it_is_over() -> None:
    house = House("a", "b", rules=BlendRules(thrash_s=0))
    house.inbound.load = CROWD
    house.wait(6)
    house.inbound.load = NOBODY
    house.inbound.changes = [InboundChange("a", busy=True)]
    house.wait(20)
    assert house.inbound.story == ["+a"]
    house.inbound.changes = [InboundChange("a", busy=False)]
    house.wait(6)
    assert house.inbound.story == ["+a", "-a"]


def test_agent_takes_a_break_logs_off_or_loses_its_desktop_inbound_loses_it_too() -> None:
    house = House("a", "b", "c", "d", rules=BlendRules(reserve=0, acquire_queue=1, thrash_s=1e6))
    house.inbound.load = InboundLoad(3, 100.0)
    house.wait(6)
    assert house.inbound.story == ["+a", "+b", "+c"]
    house.inbound.load = NOBODY
    house.virtual.stop(house.connections["a"], house.desktops["a"])
    house.virtual.post(ConnectionLost(house.connections["b"]))
    assert house.inbound.story == ["+a", "+b", "+c", "-a", "-b"]
    assert house.desktops["a"].finished
    assert "a" not in house.zone.agents
    assert house.zone.agents["c"].agent_state is AgentState.Ready


def test_zone_is_closing_nobody_is_moved_any_more() -> None:
    house = House("a", "b")
    house.virtual.post(ZoneClosing(0))
    house.inbound.load = CROWD
    house.wait(60)
    assert house.blended.told(AGTBlendedToInbound) == []


def test_wakings_none_is_left_out_and_none_is_set_twice() -> None:
    house = House("a")
    house.blended.caused.clear()
    house.wait(50)
    wakings = [
        e.at for e in house.blended.caused if isinstance(e, effects.SetTimer) and e.key[0] is Timer.BLEND
    ]
    assert len(wakings) == len(set(wakings))
    assert 8 <= len(wakings) <= 12


def test_metrics_show_queue_agents_calls_and_moves() -> None:
    house = House("a", "b")
    registry = CollectorRegistry()
    metrics = RuntimeMetrics(registry)
    assert b"inbound" not in generate_latest(registry)
    metrics.watch_blending("Default", house.blended)
    house.inbound.load = CROWD
    house.wait(6)
    text = generate_latest(registry).decode()
    for line in (
        'agentmgr_inbound_queue{zone="Default"} 1.0',
        'agentmgr_inbound_agents{zone="Default"} 1.0',
        'agentmgr_inbound_calls_total{outcome="arrived",zone="Default"} 7.0',
        'agentmgr_inbound_calls_total{outcome="served",zone="Default"} 4.0',
        'agentmgr_inbound_calls_total{outcome="abandoned",zone="Default"} 2.0',
        'agentmgr_blended_total{direction="inbound",zone="Default"} 1.0',
        'agentmgr_blended_total{direction="outbound",zone="Default"} 0.0',
    ):
        assert line in text.splitlines()
