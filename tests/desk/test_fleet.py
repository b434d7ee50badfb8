"""Fleets of simulated desktops over the SDK, against a scripted server in virtual time."""

import pytest
import trio
import trio.testing

from agentmgr.client import CommandError
from agentmgr.desk.fleet import run_fleet
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.runtime.clock import Clock
from agentmgr.testing.scripted import ScriptedServer, Visit
from protocol.connection import CommandReceived
from protocol.enums import AgentState
from protocol.notifications import AGTCapabilitiesChanged, AGTStateChangedNotify, AGTZoneDown
from protocol.structures import Capabilities

PARAMS = DeskParams(aux_median_s=60.0, sigma=0.0)


async def logon(visit: Visit, received: CommandReceived) -> None:
    await visit.notify(received.agent_id, AGTCapabilitiesChanged(Capabilities(ready=True, not_ready=True)))
    await visit.accept(received)


async def change_state(visit: Visit, received: CommandReceived) -> None:
    await tell_state(visit, received.agent_id, received.command.agent_state)
    await visit.accept(received, agent_state=received.command.agent_state)


async def tell_state(visit: Visit, agent_id: str, state: AgentState) -> None:
    capabilities = Capabilities(ready=state is AgentState.NotReady, not_ready=True)
    await visit.notify(agent_id, AGTStateChangedNotify(state), AGTCapabilitiesChanged(capabilities))


@pytest.fixture
def fleet_server(nursery: trio.Nursery) -> ScriptedServer:
    server = ScriptedServer(nursery)
    server.behaviours["AGTLogon"] = logon
    server.behaviours["AGTStateChange"] = change_state
    return server


def desktops(count: int) -> list[SimDesktop]:
    return [SimDesktop(f"{1001 + i}", "secret", "Default", seed=7, params=PARAMS) for i in range(count)]


async def test_fleet_told_to_stop_logs_everybody_off(
    fleet_server: ScriptedServer, autojump_clock: trio.testing.MockClock
) -> None:
    fleet, stopping = desktops(5), trio.Event()
    async with trio.open_nursery() as nursery:

        async def run() -> None:
            await run_fleet(["am1:9970"], fleet, Clock(), stopping=stopping, opener=fleet_server.open)

        nursery.start_soon(run)
        await trio.testing.wait_all_tasks_blocked()
        assert len(fleet_server.received("AGTAvailableForNailup")) == 5
        assert {desktop.agent_state for desktop in fleet} == {AgentState.Ready}
        stopping.set()

    assert all(desktop.finished for desktop in fleet)
    assert sorted(each.agent_id for each in fleet_server.received("AGTLogoff")) == [
        desktop.agent_id for desktop in fleet
    ]
    assert len(fleet_server.visits) == 5


async def test_fleet_on_two_connections_shares_them_out(
    fleet_server: ScriptedServer, autojump_clock: trio.testing.MockClock
) -> None:
    fleet, stopping = desktops(5), trio.Event()
    async with trio.open_nursery() as nursery:

        async def run() -> None:
            await run_fleet(
                ["am1:9970"], fleet, Clock(), connections=2, stopping=stopping, opener=fleet_server.open
            )

        nursery.start_soon(run)
        await trio.testing.wait_all_tasks_blocked()
        stopping.set()

    assert len(fleet_server.visits) == 2
    agents = [{each.agent_id for each in visit.received if each.agent_id} for visit in fleet_server.visits]
    assert sorted(len(each) for each in agents) == [2, 3]
    assert all(desktop.finished for desktop in fleet)


async def test_fleet_wakes_each_desktop_at_its_own_time(
    fleet_server: ScriptedServer, autojump_clock: trio.testing.MockClock
) -> None:
    fleet, clock = desktops(2), Clock(start_s=1_000_000.0, speed=10.0)
    ready_at: list[tuple[str, float]] = []

    async def note_and_change(visit: Visit, received: CommandReceived) -> None:
        ready_at.append((received.agent_id, clock.now()))
        await change_state(visit, received)

    async with trio.open_nursery() as nursery:

        async def run() -> None:
            await run_fleet(["am1:9970"], fleet, clock, connections=1, opener=fleet_server.open)

        nursery.start_soon(run)
        await trio.testing.wait_all_tasks_blocked()
        assert len(fleet_server.received("AGTAvailableForNailup")) == 2
        fleet_server.behaviours["AGTStateChange"] = note_and_change
        start = clock.now()
        await tell_state(fleet_server.visits[0], "1001", AgentState.NotReady)
        await clock.sleep_until(start + 20)
        await tell_state(fleet_server.visits[0], "1002", AgentState.NotReady)
        await clock.sleep_until(start + 100)
        nursery.cancel_scope.cancel()

    assert [agent_id for agent_id, _ in ready_at] == ["1001", "1002"]
    assert [at - start for _, at in ready_at] == pytest.approx([60, 80], abs=0.01)


async def test_fleet_ends_when_the_zone_goes_down(
    fleet_server: ScriptedServer, autojump_clock: trio.testing.MockClock
) -> None:
    fleet = desktops(3)
    async with trio.open_nursery() as nursery:

        async def run() -> None:
            await run_fleet(["am1:9970"], fleet, Clock(), opener=fleet_server.open)

        nursery.start_soon(run)
        await trio.testing.wait_all_tasks_blocked()
        assert len(fleet_server.received("AGTAvailableForNailup")) == 3
        for visit in fleet_server.visits:
            await visit.notify("", AGTZoneDown("Default", 3000))

    assert len(fleet_server.received("AGTLogoff")) == 3


async def test_fleet_without_a_server_raises_one_error(
    fleet_server: ScriptedServer, autojump_clock: trio.testing.MockClock
) -> None:
    fleet_server.down.add(("am1", 9970))

    with pytest.raises(CommandError, match="No Agent Manager could be reached at am1:9970"):
        await run_fleet(["am1:9970"], desktops(3), Clock(), patience_s=2, opener=fleet_server.open)
