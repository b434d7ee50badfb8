"""Events of the SDK: order, several agents on one connection, slow readers, states as last received."""

import pytest
import trio
import trio.testing

from agentmgr.client import Agent, EventsLost, Pom
from agentmgr.client.commands import Event
from agentmgr.testing.scripted import Connect, ScriptedServer, Visit
from protocol import commands
from protocol.connection import CommandReceived, notification_bytes, response_bytes
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import (
    AGTAgentLoggedOut,
    AGTCallStateChangedNotify,
    AGTCapabilitiesChanged,
    AGTJobAttached,
    AGTNailupChange,
    AGTStateChangedNotify,
    AGTZoneDown,
    GetAgentStatus,
    POMAvailable,
)
from protocol.results import ResultCode
from protocol.structures import AgentStatus, Capabilities

TALKING = AGTCallStateChangedNotify(CallState.Talking)
WRAPUP = AGTCallStateChangedNotify(CallState.Wrapup)
NAILED = AGTNailupChange(NailupStatus.NailedUp)
MAY_HOLD = AGTCapabilitiesChanged(Capabilities(hold=True))


async def read(agent: Agent, count: int) -> list[Event]:
    """Read the next events, without those that every agent begins with."""
    events: list[Event] = []
    stream = agent.events()
    while len(events) < count:
        event = await anext(stream)
        if not isinstance(event, POMAvailable):
            events.append(event)
    return events


async def test_events_arrive_in_order_each_once(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")
    sent = [NAILED, AGTJobAttached("Spring"), TALKING, MAY_HOLD, WRAPUP, TALKING]

    await server.visits[0].notify("1001", *sent)

    assert await read(agent, len(sent)) == sent


@pytest.mark.parametrize("settled", [True, False])
async def test_events_begin_with_the_zones_available(connect: Connect, settled: bool) -> None:
    async with connect() as pom:
        if settled:
            await trio.testing.wait_all_tasks_blocked()
        agent = await pom.agent("1001")

        assert await anext(agent.events()) == POMAvailable("Default")


async def test_events_cut_into_single_bytes_arrive_whole(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")
    for byte in notification_bytes("1001", TALKING) + notification_bytes("1001", WRAPUP):
        await server.visits[0].stream.send_all(bytes([byte]))

    assert await read(agent, 2) == [TALKING, WRAPUP]


async def test_events_of_two_agents_are_kept_apart(server: ScriptedServer, pom: Pom) -> None:
    one, two = await pom.agent("1001"), await pom.agent("1002")
    await server.visits[0].notify("1001", TALKING)
    await server.visits[0].notify("1002", WRAPUP)
    await server.visits[0].notify("1001", NAILED)
    await server.visits[0].notify("1003", NAILED)

    assert await read(one, 2) == [TALKING, NAILED]
    assert await read(two, 1) == [WRAPUP]
    assert (one.call_state, two.call_state) == (CallState.Talking, CallState.Wrapup)


async def test_notification_for_the_connection_reaches_all_its_agents(
    server: ScriptedServer, pom: Pom
) -> None:
    agents = [await pom.agent("1001"), await pom.agent("1002")]
    await server.visits[0].notify("", AGTZoneDown("Default", 3000))

    for agent in agents:
        assert await read(agent, 1) == [AGTZoneDown("Default", 3000)]


async def test_agent_that_is_not_read_delays_nobody_and_is_told_of_the_gap(
    server: ScriptedServer, connect: Connect
) -> None:
    async with connect(max_events=3) as pom:
        slow, quick = await pom.agent("slow"), await pom.agent("quick")
        await trio.testing.wait_all_tasks_blocked()
        for campaign in "abcde":
            await server.visits[0].notify("slow", AGTJobAttached(campaign))
        await server.visits[0].notify("slow", TALKING)
        await server.visits[0].notify("quick", WRAPUP)

        assert await read(quick, 1) == [WRAPUP]
        assert (await slow.hold_call("S1")).result is ResultCode.SUCCESS
        assert slow.call_state is CallState.Talking

        assert await read(slow, 2) == [AGTJobAttached("a"), AGTJobAttached("b")]
        await server.visits[0].notify("slow", AGTJobAttached("f"))
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(EventsLost) as caught:
            await read(slow, 1)
        assert (caught.value.agent_id, caught.value.count) == ("slow", 5)

        await server.visits[0].notify("slow", WRAPUP)
        assert await read(slow, 1) == [WRAPUP]


async def test_events_read_by_two_tasks_is_refused(pom: Pom) -> None:
    agent = await pom.agent("1001")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, agent, 1)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await read(agent, 1)
        nursery.cancel_scope.cancel()


async def test_events_end_when_the_agent_is_removed(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")
    await server.visits[0].notify("1001", TALKING)
    await trio.testing.wait_all_tasks_blocked()
    pom.remove(agent)

    assert [event async for event in agent.events()] == [POMAvailable("Default"), TALKING]
    assert await pom.agent("1001") is not agent


async def test_events_end_when_the_application_closes_the_connection(connect: Connect) -> None:
    async with connect() as pom:
        agent = await pom.agent("1001")
        await trio.testing.wait_all_tasks_blocked()

    assert [event async for event in agent.events()] == [POMAvailable("Default")]


async def test_on_event_is_called_before_the_resp_that_follows(server: ScriptedServer, pom: Pom) -> None:
    seen: list[object] = []

    async def hold(visit: Visit, received: CommandReceived) -> None:
        held = AGTCallStateChangedNotify(CallState.Held)
        response = commands.AGTHoldCallRESP(result=ResultCode.SUCCESS)
        await visit.stream.send_all(
            notification_bytes("1001", held) + response_bytes(received.request_id, "1001", response)
        )

    server.behaviours["AGTHoldCall"] = hold
    agent = await pom.agent("1001", on_event=seen.append)
    seen.clear()
    seen.append(await agent.hold_call("S1"))

    assert [type(each).__name__ for each in seen] == ["AGTCallStateChangedNotify", "AGTHoldCallRESP"]
    with pytest.raises(RuntimeError, match="on_event"):
        agent.events()


async def test_on_event_that_raises_harms_nobody(
    server: ScriptedServer, pom: Pom, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: Event) -> None:
        raise ZeroDivisionError

    await pom.agent("1001", on_event=fail)
    other = await pom.agent("1002")
    await server.visits[0].notify("1001", TALKING)
    await server.visits[0].notify("1002", TALKING)

    assert await read(other, 1) == [TALKING]
    assert "failed on an event of agent 1001" in caplog.text


async def test_states_follow_the_last_message_of_each_kind(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")
    assert not agent.logged_on
    await server.visits[0].notify("1001", AGTCapabilitiesChanged(Capabilities(ready=True)))
    await agent.logon("5001", "secret")
    assert agent.logged_on
    assert agent.capabilities == Capabilities(ready=True)

    ready = AGTStateChangedNotify(AgentState.Ready)
    await server.visits[0].notify("1001", ready, NAILED, TALKING, MAY_HOLD)
    await read(agent, 5)
    assert agent.agent_state is AgentState.Ready
    assert agent.nailup_status is NailupStatus.NailedUp
    assert agent.call_state is CallState.Talking
    assert agent.capabilities == Capabilities(hold=True)

    await server.visits[0].notify("1001", AGTAgentLoggedOut())
    await read(agent, 1)
    assert not agent.logged_on
    assert agent.agent_state is AgentState.NotReady
    assert agent.call_state is CallState.NoState
    assert agent.capabilities == Capabilities()


async def test_logoff_ends_what_is_known_of_the_agent(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")
    await agent.logon("5001", "secret")
    await server.visits[0].notify("1001", MAY_HOLD)
    await agent.logoff()

    assert not agent.logged_on
    assert agent.capabilities == Capabilities()


async def test_get_agent_status_is_answered_with_the_last_states(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")
    await agent.logon("5001", "secret")
    await server.visits[0].notify(
        "1001", AGTStateChangedNotify(AgentState.Ready), NAILED, TALKING, GetAgentStatus("1001")
    )
    assert (await read(agent, 4))[-1] == GetAgentStatus("1001")
    await trio.testing.wait_all_tasks_blocked()

    (answer,) = server.received("GetAgentStatusResponse")
    assert answer.agent_id == "1001"
    assert answer.command.status == AgentStatus(AgentState.Ready, CallState.Talking, NailupStatus.NailedUp)


async def test_get_agent_status_of_an_agent_not_logged_on_is_only_passed_on(
    server: ScriptedServer, pom: Pom
) -> None:
    agent = await pom.agent("1001")
    await server.visits[0].notify("1001", GetAgentStatus("1001"))

    assert await read(agent, 1) == [GetAgentStatus("1001")]
    await trio.testing.wait_all_tasks_blocked()
    assert not server.received("GetAgentStatusResponse")


async def test_logon_that_goes_on_keeps_the_states_told_before_its_resp(
    server: ScriptedServer, pom: Pom
) -> None:
    async def goes_on(visit: Visit, received: CommandReceived) -> None:
        await visit.notify("1001", AGTStateChangedNotify(AgentState.Ready), NAILED, TALKING, MAY_HOLD)
        await visit.accept(received)

    server.behaviours["AGTLogon"] = goes_on
    agent = await pom.agent("1001")

    await agent.logon("5001", "secret")

    assert agent.agent_state is AgentState.Ready
    assert agent.call_state is CallState.Talking
    assert agent.nailup_status is NailupStatus.NailedUp


async def test_logon_that_starts_afresh_forgets_the_states_of_the_login_before(
    server: ScriptedServer, pom: Pom
) -> None:
    agent = await pom.agent("1001")
    await agent.logon("5001", "secret")
    await server.visits[0].notify("1001", NAILED, TALKING)
    await trio.testing.wait_all_tasks_blocked()

    await agent.logon("5001", "secret", force=True)

    assert agent.call_state is CallState.NoState
    assert agent.nailup_status is NailupStatus.NotNailedUp


async def test_logon_by_force_forgets_what_came_of_the_login_before_until_its_end(
    server: ScriptedServer, pom: Pom
) -> None:
    async def by_force(visit: Visit, received: CommandReceived) -> None:
        await visit.notify("1001", WRAPUP, AGTAgentLoggedOut())
        await visit.accept(received)

    agent = await pom.agent("1001")
    await agent.logon("5001", "secret")
    server.behaviours["AGTLogon"] = by_force

    await agent.logon("5001", "secret", force=True)

    assert agent.logged_on
    assert agent.call_state is CallState.NoState
