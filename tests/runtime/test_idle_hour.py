"""An hour in which nobody does anything: desktops are asked whether they live, and nothing grows."""

import gc

from agentmgr.core.model import AgentSpec, ZoneConfig
from agentmgr.core.zone import Zone
from agentmgr.ports import AgentLogin
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.telephony.switch import SimSwitch
from protocol.commands import AGTLogon, AGTLogonRESP, GetAgentStatusResponse
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import GetAgentStatus
from protocol.structures import AgentSkill, AgentStatus
from tests.databases import new_store

BEGAN = 1_750_000_000.0
AGENTS = 20
HOUR_S = 3600
RESTING = AgentStatus(AgentState.NotReady, CallState.NoState, NailupStatus.NotNailedUp)


class IdleDesktop:
    """Logs on and answers when it is asked; its agent is out for coffee."""

    def __init__(self, agent_id):
        self.agent_id = agent_id
        self.asked = 0
        self.is_on = False

    def start(self, now):
        return [AGTLogon("100", "secret", False, "en", "UTC", "Z")]

    def notified(self, notification, now):
        if not isinstance(notification, GetAgentStatus):
            return []
        self.asked += 1
        return [GetAgentStatusResponse(RESTING)]

    def answered(self, command, response, now):
        assert response.result == 0
        self.is_on = self.is_on or isinstance(response, AGTLogonRESP)
        return []

    def next_at(self):
        return None


def test_desktops_that_idle_for_an_hour_leave_no_more_objects_and_timers_than_before(tmp_path):
    store = new_store(tmp_path / "idle.sqlite")
    for number in range(AGENTS):
        spec = AgentSpec(f"{1000 + number}", "Ann", (AgentSkill("English", "1", 1),))
        store.put_agent(AgentLogin(spec, "secret", "Z", True))
    zone = Zone(ZoneConfig("Z", token_secret=bytes(32)), BEGAN)
    token = store.open_zone("Z", BEGAN).token
    virtual = VirtualZone(zone, token, store, SimSwitch(1), BEGAN, lambda *_: True)
    desktops = [IdleDesktop(f"{1000 + number}") for number in range(AGENTS)]
    for desktop in desktops:
        virtual.connect(desktop)

    def sizes_after(hours):
        virtual.run(BEGAN + hours * HOUR_S)
        gc.collect()
        return len(gc.get_objects()), len(virtual._timers), len(virtual._timers._heap)

    objects, timers, _ = sizes_after(1)
    asked = sum(desktop.asked for desktop in desktops)
    objects_later, timers_later, heap_later = sizes_after(2)

    assert all(desktop.is_on for desktop in desktops)
    assert asked >= AGENTS * HOUR_S / 120
    assert timers_later == timers
    assert heap_later <= 2 * timers + 64
    # every desktop was asked dozens of times: one object kept each time would be 700
    assert objects_later - objects < AGENTS
    store.close()
