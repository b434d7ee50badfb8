"""Coming back: resume tokens, RESPs that are given again, zones that have moved."""

import pytest
import trio
import trio.testing

from agentmgr.client import Agent, CommandError, Pom
from agentmgr.client.commands import Event
from agentmgr.client.link import AGAIN_S, AWAY_S, SETTLE_S
from agentmgr.testing.scripted import Connect, ScriptedServer, Visit
from protocol import commands
from protocol.connection import CommandReceived
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import (
    AGTAgentLoggedOut,
    AGTCallStateChangedNotify,
    AGTStateChangedNotify,
    GetAgentStatus,
    POMAvailable,
    POMNotAvailable,
)
from protocol.results import ResultCode
from protocol.structures import AgentStatus, Capabilities

AWAY = AgentStatus(AgentState.Ready, CallState.Talking, NailupStatus.NotNailedUp)


@pytest.fixture
async def seen() -> list[Event]:
    return []


@pytest.fixture
async def agent(server: ScriptedServer, pom: Pom, seen: list[Event]) -> Agent:
    """An agent who is logged on, with token T1, and talks to a customer."""

    async def log_on(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received, resume_token="T1")

    server.behaviours["AGTLogon"] = log_on
    agent = await pom.agent("1001", on_event=seen.append)
    await agent.logon("5001", "secret")
    await server.visits[0].notify(
        "1001", AGTStateChangedNotify(AgentState.Ready), AGTCallStateChangedNotify(CallState.Talking)
    )
    await agent.wait_for(CallState.Talking)
    seen.clear()
    return agent


def asks(server: ScriptedServer) -> None:
    """Let the server ask each agent of a zone of its own that is named, and give the next token."""
    zones = {"1001": "Default", "1002": "West"}

    async def welcome(visit: Visit, received: CommandReceived) -> None:
        await server.welcome(visit, received)
        for agent_id in received.command.agent_ids:
            is_here = server.zones[zones[agent_id]] == visit.address
            await visit.notify(agent_id, GetAgentStatus(agent_id) if is_here else AGTAgentLoggedOut())

    async def renew(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received, resume_token="T2")

    server.behaviours["AgentSDKConnected"] = welcome
    server.behaviours["GetAgentStatusResponse"] = renew


async def silence(visit: Visit, received: CommandReceived) -> None:
    """Never answer."""


async def test_return_shows_the_newest_token_and_keeps_the_next(
    server: ScriptedServer, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    asks(server)
    assert agent.resume_token == "T1"
    await server.visits[0].cut()
    await server.visit(1)
    await trio.testing.wait_all_tasks_blocked()
    await server.visits[1].cut()
    await server.visit(2)
    await trio.testing.wait_all_tasks_blocked()

    answers = [(r.agent_id, r.command) for r in server.received("GetAgentStatusResponse")]
    assert answers == [
        ("1001", commands.GetAgentStatusResponse(AWAY, "T1")),
        ("1001", commands.GetAgentStatusResponse(AWAY, "T2")),
    ]
    assert agent.resume_token == "T2"
    assert (agent.logged_on, agent.call_state) == (True, CallState.Talking)


async def test_agent_who_is_told_that_it_is_logged_out_has_nothing_left(
    server: ScriptedServer, agent: Agent, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    async def welcome(visit: Visit, received: CommandReceived) -> None:
        await server.welcome(visit, received)
        for agent_id in received.command.agent_ids:
            await visit.notify(agent_id, AGTAgentLoggedOut())

    server.behaviours["AgentSDKConnected"] = welcome
    await server.visits[0].cut()
    await server.visit(1)
    await trio.testing.wait_all_tasks_blocked()

    assert seen == [POMNotAvailable(), POMAvailable("Default"), AGTAgentLoggedOut()]
    assert (agent.logged_on, agent.resume_token) == (False, "")
    assert (agent.agent_state, agent.call_state) == (AgentState.NotReady, CallState.NoState)
    assert agent.capabilities == Capabilities()
    await server.visits[1].cut()
    await server.visit(2)
    await trio.testing.wait_all_tasks_blocked()
    assert server.visits[2].received[0].command.agent_ids == ()


@pytest.mark.parametrize(("code", "stays"), [(17, False), (9002, False), (9012, True), (9050, True)])
async def test_return_that_is_refused_is_the_end_of_the_logon(
    server: ScriptedServer,
    agent: Agent,
    seen: list[Event],
    code: int,
    stays: bool,
    autojump_clock: trio.testing.MockClock,
) -> None:
    asks(server)
    server.behaviours["GetAgentStatusResponse"] = lambda visit, received: visit.refuse(received, code)
    await server.visits[0].cut()
    await server.visit(1)
    await trio.testing.wait_all_tasks_blocked()

    assert agent.logged_on is stays
    assert (AGTAgentLoggedOut() in seen) is not stays


async def test_logon_with_a_token_needs_no_password(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    agent = await pom.agent("1001")
    await agent.logon("5001", resume_token="T7")

    (logon,) = server.received("AGTLogon")
    assert (logon.command.pwd, logon.command.resume_token) == ("", "T7")


async def test_logon_and_logoff_renew_and_forget_the_token(
    server: ScriptedServer, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    server.behaviours["AGTLogon"] = lambda visit, received: visit.accept(received, resume_token="T9")
    await agent.logon("5001", resume_token=agent.resume_token)
    assert agent.resume_token == "T9"

    await agent.logoff()
    assert agent.resume_token == ""


async def test_command_in_flight_at_a_break_gets_the_resp_that_is_given_again(
    server: ScriptedServer, agent: Agent, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    asks(server)
    server.behaviours["AGTHoldCall"] = lambda visit, received: visit.cut()

    async def return_and_answer(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received, resume_token="T2")
        (held,) = server.received("AGTHoldCall")
        await visit.accept(held, session_id="S1")

    server.behaviours["GetAgentStatusResponse"] = return_and_answer

    response = await agent.hold_call("S1")

    assert (response.result, response.session_id) == (ResultCode.SUCCESS, "S1")
    assert len(server.visits) == 2


async def test_command_in_flight_whose_resp_does_not_come_again_is_unknown_soon_after_the_return(
    server: ScriptedServer, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    asks(server)
    server.behaviours["AGTHoldCall"] = lambda visit, received: visit.cut()
    start = trio.current_time()

    with pytest.raises(CommandError, match=r"9999 .* unknown") as caught:
        await agent.hold_call("S1")

    assert caught.value.outcome_unknown
    assert trio.current_time() - start == pytest.approx(1 + AGAIN_S, abs=0.1)
    server.behaviours.pop("AGTHoldCall")
    assert (await agent.hold_call("S1")).result is ResultCode.SUCCESS


async def test_command_in_flight_is_unknown_after_a_while_without_a_return(
    server: ScriptedServer, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    async def die(visit: Visit, received: CommandReceived) -> None:
        server.down.add(("am1", 9970))
        await visit.cut()

    server.behaviours["AGTHoldCall"] = die
    start = trio.current_time()

    with pytest.raises(CommandError) as caught:
        await agent.hold_call("S1")

    assert caught.value.outcome_unknown
    assert trio.current_time() - start == pytest.approx(AWAY_S, abs=0.1)


@pytest.mark.parametrize("end", ["logged out", "logs on anew", "removed"])
async def test_command_in_flight_is_unknown_at_once_when_its_logon_is_over(
    server: ScriptedServer,
    pom: Pom,
    agent: Agent,
    nursery: trio.Nursery,
    end: str,
    autojump_clock: trio.testing.MockClock,
) -> None:
    server.behaviours["AGTHoldCall"] = lambda visit, received: visit.cut()
    unknown: list[bool] = []

    async def hold() -> None:
        with pytest.raises(CommandError) as caught:
            await agent.hold_call("S1")
        unknown.append(caught.value.outcome_unknown)

    nursery.start_soon(hold)
    visit = await server.visit(1)
    await trio.testing.wait_all_tasks_blocked()
    assert unknown == []
    if end == "logged out":
        await visit.notify("1001", AGTAgentLoggedOut())
    elif end == "logs on anew":
        await agent.logon("5001", "secret", force=True)
    else:
        pom.remove(agent)
    await trio.testing.wait_all_tasks_blocked()

    assert unknown == [True]


async def test_command_that_had_not_left_when_the_connection_broke_is_not_unknown(
    server: ScriptedServer, pom: Pom, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    asks(server)
    server.behaviours["GetAgentStatusResponse"] = silence
    (await pom.agent("1002"))
    unknown: list[bool] = []

    async def welcome(visit: Visit, received: CommandReceived) -> None:
        await server.welcome(visit, received)

    server.behaviours["AgentSDKConnected"] = welcome  # names the agent, asks nothing: its commands wait
    await server.visits[0].cut()
    await server.visit(1)
    await trio.testing.wait_all_tasks_blocked(0.001)

    async def hold() -> None:
        with pytest.raises(CommandError) as caught:
            await agent.hold_call("S1")
        unknown.append(caught.value.outcome_unknown)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold)
        await trio.sleep(SETTLE_S / 2)
        await server.visits[1].cut()

    assert unknown == [False]
    assert server.received("AGTHoldCall") == []


async def test_commands_of_an_agent_who_returns_wait_for_its_status(
    server: ScriptedServer, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    late: list[Visit] = []

    async def ask_later(visit: Visit, received: CommandReceived) -> None:
        await server.welcome(visit, received)
        late.append(visit)

    server.behaviours["AgentSDKConnected"] = ask_later
    await server.visits[0].cut()
    visit = await server.visit(1)
    await trio.testing.wait_all_tasks_blocked(0.001)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(agent.hold_call, "S1")
        await trio.sleep(SETTLE_S / 2)
        await visit.notify("1001", GetAgentStatus("1001"))

    names = [type(received.command).__name__ for received in visit.received]
    assert names == ["AgentSDKConnected", "GetAgentStatusResponse", "AGTHoldCall"]


async def test_commands_of_an_agent_who_is_not_asked_wait_for_a_moment_only(
    server: ScriptedServer, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    await server.visits[0].cut()
    await server.visit(1)
    await trio.testing.wait_all_tasks_blocked(0.001)
    start = trio.current_time()

    await agent.hold_call("S1")

    assert trio.current_time() - start == pytest.approx(SETTLE_S, abs=0.01)


async def test_resps_of_another_life_are_harmless(
    server: ScriptedServer, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    visit = server.visits[0]
    (logon,) = server.received("AGTLogon")
    for stranger in (1, 17, logon.request_id):
        old = CommandReceived(stranger, "1001", commands.AGTWrapupContact)
        await visit.answer(old, commands.AGTWrapupContactRESP(ResultCode.SUCCESS))
    await visit.answer(CommandReceived(5, "2002", None), commands.AGTHoldCallRESP(ResultCode.SUCCESS))

    assert (await agent.hold_call("S1")).result is ResultCode.SUCCESS
    assert len(server.visits) == 1


async def test_two_clients_use_different_ids(
    server: ScriptedServer, connect: Connect, autojump_clock: trio.testing.MockClock
) -> None:
    for _ in range(2):
        async with connect() as pom:
            for _ in range(3):
                await pom.get_zone_list()
    one, two = ({received.request_id for received in visit.received} for visit in server.visits)

    assert not one & two


# -- zones that move ---------------------------------------------------------------------------


async def test_zone_that_moved_while_the_connection_was_lost_is_followed(
    server: ScriptedServer, pom: Pom, agent: Agent, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    """The old address still answers, but manages other zones now."""
    asks(server)
    server.zones = {"Default": ("am2", 9971), "West": ("am1", 9970)}
    await server.visits[0].cut()
    visit = await server.visit(2)
    await trio.testing.wait_all_tasks_blocked()

    assert [each.address[0] for each in server.visits] == ["am1", "am1", "am2"]
    assert visit.received[0].command.agent_ids == ("1001",)
    assert agent.resume_token == "T2"
    assert seen[-2:] == [POMAvailable("Default"), GetAgentStatus("1001")]
    await agent.hold_call("S1")
    assert server.received("AGTHoldCall")[0] in visit.received


async def test_zone_that_moved_to_a_manager_that_is_connected_already_is_followed_there(
    server: ScriptedServer, pom: Pom, agent: Agent, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    server.zones["West"] = ("am2", 9971)
    colleague = await pom.agent("1002")
    await colleague.logon("5002", "secret", zone="West")
    asks(server)
    server.zones["Default"] = ("am2", 9971)
    server.down.add(("am1", 9970))
    await server.visits[0].cut()
    await trio.testing.wait_all_tasks_blocked()

    assert len(server.visits) == 2, "there is a connection, and the other manager was asked"
    assert server.received("AgentSDKConnected")[-1] is server.visits[1].received[-2]
    assert server.received("AgentSDKConnected")[-1].command.agent_ids == ("1001",)
    assert agent.connected
    assert agent.resume_token == "T2"
    assert seen[0] == POMNotAvailable()
    assert POMAvailable("West") in seen


async def test_zone_that_moves_while_its_manager_is_down_is_followed_at_the_next_try(
    server: ScriptedServer, pom: Pom, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    server.zones["West"] = ("am2", 9971)
    there = await pom.agent("1002")
    await there.logon("5002", "secret", zone="West")
    asks(server)
    server.down.add(("am2", 9971))
    await server.visits[1].cut()
    await trio.sleep(5)
    assert not there.connected

    server.zones["West"] = ("am3", 9972)
    visit = await server.visit(2)
    await trio.testing.wait_all_tasks_blocked()

    assert visit.address == ("am3", 9972)
    assert there.connected
    assert there.resume_token == "T2"
    assert there.logged_on
    await trio.sleep(60)
    assert [each.address[0] for each in server.visits] == ["am1", "am2", "am3"], "nobody tries am2 any more"


async def test_agent_whose_manager_has_another_address_in_the_directory_stays(
    server: ScriptedServer, pom: Pom, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    """As behind a proxy: the zone is managed here, whatever the directory says."""
    asks(server)

    async def welcome(visit: Visit, received: CommandReceived) -> None:
        server.zones = {"Default": ("10.0.0.1", 9970)}
        await visit.accept(received, version=1, zones=server.directory)
        await visit.notify("", POMAvailable("Default"))
        await visit.notify("1001", GetAgentStatus("1001"))

    server.behaviours["AgentSDKConnected"] = welcome
    await server.visits[0].cut()
    await server.visit(1)
    await trio.sleep(10 * SETTLE_S)

    assert [each.address[0] for each in server.visits] == ["am1", "am1"]
    assert agent.connected


async def test_command_in_flight_follows_its_agent_to_where_the_zone_is(
    server: ScriptedServer, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    asks(server)

    async def move(visit: Visit, received: CommandReceived) -> None:
        server.zones = {"Default": ("am2", 9971), "West": ("am1", 9970)}
        await visit.cut()

    async def return_and_answer(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received)
        (held,) = server.received("AGTHoldCall")
        await visit.accept(held, session_id="S1")

    server.behaviours |= {"AGTHoldCall": move, "GetAgentStatusResponse": return_and_answer}

    assert (await agent.hold_call("S1")).session_id == "S1"
    assert server.visits[-1].address == ("am2", 9971)


async def test_logon_waits_for_the_server_to_say_what_it_manages(
    server: ScriptedServer, connect: Connect, autojump_clock: trio.testing.MockClock
) -> None:
    """The directory has an address that leads nowhere from here, and POMAvailable is a moment late."""

    async def welcome(visit: Visit, received: CommandReceived) -> None:
        server.zones = {"Default": ("10.0.0.1", 9970)}
        await visit.accept(received, version=1, zones=server.directory)
        await trio.sleep(0.1)
        await visit.notify("", POMAvailable("Default"))

    server.behaviours["AgentSDKConnected"] = welcome
    async with connect() as pom:
        await (await pom.agent("1001")).logon("5001", "secret")

    assert [visit.address[0] for visit in server.visits] == ["am1"]
