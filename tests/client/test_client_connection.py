"""The SDK's connections: heartbeat, loss and reconnect, zones that live elsewhere, 9999."""

import pytest
import trio
import trio.testing

import agentmgr.client
from agentmgr.client import Agent, CommandError, Pom
from agentmgr.client.commands import Event
from agentmgr.testing.scripted import Connect, ScriptedServer, Visit
from protocol import commands
from protocol.connection import CommandReceived, ServerConnection, response_bytes
from protocol.notifications import AGTZoneDown, POMAvailable, POMConnectionClosed, POMNotAvailable
from protocol.registry import NO_LOGON, VERSION
from protocol.results import ResultCode
from protocol.structures import CompletionCode


async def silence(visit: Visit, received: CommandReceived) -> None:
    """Never answer."""


async def test_heartbeat_goes_out_every_30_s(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    await trio.sleep(29)
    assert len(server.received("POMClientAlive")) == 0
    await trio.sleep(2)
    assert len(server.received("POMClientAlive")) == 1
    await trio.sleep(600)
    assert len(server.received("POMClientAlive")) == 21
    assert len(server.visits) == 1


async def test_heartbeat_goes_out_however_much_the_server_sends(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    for _ in range(100):
        await server.visits[0].notify("", POMAvailable("Default"))
        await trio.sleep(1)

    assert len(server.received("POMClientAlive")) == 3


async def test_server_silent_for_90_s_is_given_up(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    server.behaviours["POMClientAlive"] = silence
    agent = await pom.agent("1001")
    start = trio.current_time()
    await trio.sleep(85)
    assert len(server.visits) == 1
    assert agent.connected

    await server.visit(1)
    assert trio.current_time() - start == pytest.approx(91, abs=1)


async def test_connection_lost_is_an_event_and_is_made_again_with_the_agents(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    seen: list[Event] = []
    agent = await pom.agent("1001", on_event=seen.append)
    await agent.logon("5001", "secret")
    await pom.agent("1002")
    await server.visits[0].cut()
    visit = await server.visit(1)
    await trio.testing.wait_all_tasks_blocked()

    assert visit.received[0].command.agent_ids == ("1001",), "the other one is not logged on"
    assert seen == [POMAvailable("Default"), POMNotAvailable(), POMAvailable("Default")]
    assert (await agent.hold_call("S1")).result is ResultCode.SUCCESS


async def test_reconnect_with_many_agents_names_all_of_them(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    ids = tuple(f"{number:04}".rjust(64, "é") for number in range(120))
    for agent_id in ids:
        await (await pom.agent(agent_id)).logon("5001", "secret")
    await server.visits[0].cut()
    visit = await server.visit(1)
    await trio.testing.wait_all_tasks_blocked()

    named = [each for received in visit.received for each in received.command.agent_ids]
    assert tuple(named) == ids


async def test_commands_without_a_connection_are_9999_at_once(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    agent = await pom.agent("1001")
    server.down.add(("am1", 9970))
    await server.visits[0].cut()
    await trio.sleep(2)
    start = trio.current_time()

    with pytest.raises(
        CommandError, match=r"9999 There is no connection .* am1:9970: refused by the test"
    ) as one:
        await agent.hold_call("S1")
    with pytest.raises(CommandError) as two:
        await agent.logon("5001", "secret")
    response = await agent.request(commands.AGTHoldCall("S1"))

    assert one.value.code is two.value.code is response.result is ResultCode.MANAGER_NOT_AVAILABLE
    assert not one.value.outcome_unknown
    assert isinstance(two.value.command, commands.AGTLogon)
    assert not agent.connected
    assert trio.current_time() == start

    server.down.clear()
    await server.visit(1)
    await trio.testing.wait_all_tasks_blocked()
    assert agent.connected


async def test_command_in_flight_when_the_connection_breaks_has_an_unknown_outcome(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    server.behaviours["AGTWrapupContact"] = lambda visit, received: visit.cut()
    agent = await pom.agent("1001")

    with pytest.raises(CommandError, match=r"9999 .* unknown") as caught:
        await agent.wrapup_contact(CompletionCode(1), "S1")

    assert caught.value.code is ResultCode.MANAGER_NOT_AVAILABLE
    assert caught.value.outcome_unknown


async def test_server_that_says_goodbye_is_logged_with_its_reason(
    server: ScriptedServer,
    pom: Pom,
    autojump_clock: trio.testing.MockClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[Event] = []
    await pom.agent("1001", on_event=seen.append)
    await server.visits[0].notify("", AGTZoneDown("Default", 100))
    await server.visits[0].dismiss("the desktop does not read")
    await server.visit(1)

    goodbye = POMConnectionClosed("the desktop does not read")
    assert seen[1:4] == [AGTZoneDown("Default", 100), goodbye, POMNotAvailable()]
    assert "the server closed the connection: the desktop does not read" in caplog.text


async def test_server_that_breaks_the_protocol_is_left_and_tried_again(
    server: ScriptedServer,
    pom: Pom,
    autojump_clock: trio.testing.MockClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await server.visits[0].stream.send_all(b"\xff\xff\xff\xff")
    await server.visit(1)

    assert "the server broke the protocol: a frame claims 4294967295 bytes" in caplog.text


async def test_connect_goes_on_to_the_next_address(server: ScriptedServer, connect: Connect) -> None:
    server.down.add(("am1", 9970))
    async with agentmgr.client.connect(
        ["am1:9970", "am2:9971"], opener=server.open, backoff=lambda _: 0.0
    ) as pom:
        assert (await pom.get_zone_list()).result is ResultCode.SUCCESS
    assert [visit.address for visit in server.visits] == [("am2", 9971)]


async def test_connect_that_finds_nobody_raises_9999_after_its_patience(
    server: ScriptedServer, connect: Connect, autojump_clock: trio.testing.MockClock
) -> None:
    server.down.add(("am1", 9970))
    start = trio.current_time()

    with pytest.raises(
        CommandError, match="No Agent Manager could be reached at am1:9970: refused by the test"
    ):
        async with connect(patience_s=5):
            pass

    assert trio.current_time() - start == pytest.approx(5)


async def test_connect_to_a_server_that_never_answers_gives_up(
    server: ScriptedServer, connect: Connect, autojump_clock: trio.testing.MockClock
) -> None:
    server.behaviours["AgentSDKConnected"] = silence

    with pytest.raises(CommandError, match="did not answer AgentSDKConnected within 10 s"):
        async with connect(patience_s=15):
            pass


async def test_connect_to_a_server_that_is_starting_tries_again(
    server: ScriptedServer, connect: Connect, autojump_clock: trio.testing.MockClock
) -> None:
    async def not_yet(visit: Visit, received: CommandReceived) -> None:
        server.behaviours["AgentSDKConnected"] = server.welcome
        await visit.refuse(received, 9012)

    server.behaviours["AgentSDKConnected"] = not_yet
    start = trio.current_time()
    async with connect():
        assert len(server.visits) == 2
        assert trio.current_time() - start == pytest.approx(1)


async def test_connect_signs_in_with_an_account(server: ScriptedServer, connect: Connect) -> None:
    async with connect(account="blender", password="secret"):
        visit = await server.visit(0)
        assert visit.received[0].command == commands.AgentSDKConnected((), VERSION, "blender", "secret", True)


async def test_connect_with_a_wrong_account_says_so_at_once_and_tries_no_more(
    server: ScriptedServer, connect: Connect, autojump_clock: trio.testing.MockClock
) -> None:
    async def refuse(visit: Visit, received: CommandReceived) -> None:
        await visit.refuse(received, 17)

    server.behaviours["AgentSDKConnected"] = refuse
    start = trio.current_time()
    with pytest.raises(CommandError, match="17") as error:
        async with connect(account="blender", password="secret", patience_s=60):
            pass
    assert error.value.code is ResultCode.AUTHENTICATION_FAILED
    assert "secret" not in str(error.value)
    assert trio.current_time() == start
    assert len(server.visits) == 1


async def test_available_again_means_that_commands_can_be_sent(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    results: list[ResultCode] = []

    async def log_on_when_available(agent: Agent) -> None:
        async for event in agent.events():
            if isinstance(event, POMAvailable):
                results.append((await agent.logon("5001", "secret")).result)

    async with trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(log_on_when_available, await pom.agent(str(1001 + number)))
        await trio.testing.wait_all_tasks_blocked()
        await server.visits[0].cut()
        await trio.sleep(2)
        nursery.cancel_scope.cancel()

    assert results == [ResultCode.SUCCESS] * 40


@pytest.mark.parametrize("wrong", ["localhost", "localhost:", ":9970", "h:0", "h:70000", "h:ten"])
async def test_connect_with_an_address_that_is_none_says_which(wrong: str) -> None:
    with pytest.raises(ValueError, match=f"'{wrong}' is no address"):
        async with agentmgr.client.connect([wrong]):
            pass


async def test_logon_goes_to_the_connection_of_its_zone(server: ScriptedServer, pom: Pom) -> None:
    server.zones["West"] = ("am2", 9971)
    here, there, too = await pom.agent("1001"), await pom.agent("1002"), await pom.agent("1003")
    await here.logon("5001", "secret", zone="Default")
    await there.logon("5002", "secret", zone="West")
    await too.request(commands.AGTLogon("5003", "secret", False, "en-US", "UTC", "West"))
    await there.hold_call("S1")

    assert [visit.address for visit in server.visits] == [("am1", 9970), ("am2", 9971)]
    at = {visit.address[0]: [r.agent_id for r in visit.received if r.agent_id] for visit in server.visits}
    assert at == {"am1": ["1001"], "am2": ["1002", "1003", "1002"]}


async def test_logon_into_a_zone_whose_server_is_down_is_9999(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    server.zones["West"] = ("am2", 9971)
    server.down.add(("am2", 9971))
    agent = await pom.agent("1001")

    with pytest.raises(CommandError) as caught:
        await agent.logon("5001", "secret", zone="West")
    assert caught.value.code is ResultCode.MANAGER_NOT_AVAILABLE

    server.zones["West"] = ("am1", 9970)  # another manager has taken it over
    assert (await agent.logon("5001", "secret", zone="West")).result is ResultCode.SUCCESS


async def test_losing_one_zone_leaves_the_other_alone(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    server.zones["West"] = ("am2", 9971)
    seen: dict[str, list[Event]] = {"1001": [], "1002": []}
    here = await pom.agent("1001", on_event=seen["1001"].append)
    there = await pom.agent("1002", on_event=seen["1002"].append)
    await here.logon("5001", "secret", zone="Default")
    await there.logon("5002", "secret", zone="West")
    server.down.add(("am2", 9971))
    await server.visits[1].cut()
    await trio.testing.wait_all_tasks_blocked()

    assert here.connected
    assert not there.connected
    assert POMNotAvailable() not in seen["1001"]
    assert seen["1002"][-1] == POMNotAvailable()


async def test_agent_who_went_to_another_zone_hears_nothing_of_the_connection_it_left(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    server.zones["West"] = ("am2", 9971)
    seen: list[Event] = []
    there = await pom.agent("1002", on_event=seen.append)
    await there.logon("5002", "secret", zone="West")
    await server.visits[0].cut()
    await trio.testing.wait_all_tasks_blocked()

    assert there.connected
    assert POMNotAvailable() not in seen


async def test_agent_made_without_a_connection_is_told_of_no_zone_before_there_is_one(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    server.down.add(("am1", 9970))
    await server.visits[0].cut()
    await trio.testing.wait_all_tasks_blocked()
    seen: list[Event] = []
    await pom.agent("1001", on_event=seen.append)
    assert seen == []
    server.down.clear()
    await server.visit(1)
    await trio.testing.wait_all_tasks_blocked()

    assert seen == [POMAvailable("Default")]


async def test_connection_that_was_good_is_made_again_with_the_first_pause(
    server: ScriptedServer, connect: Connect, autojump_clock: trio.testing.MockClock
) -> None:
    failures: list[int] = []

    def backoff(failed: int) -> float:
        failures.append(failed)
        return 1.0

    async with connect(backoff=backoff):
        server.down.add(("am1", 9970))
        await server.visits[0].cut()
        await trio.sleep(2.5)
        server.down.clear()
        await server.visit(1)
        await trio.testing.wait_all_tasks_blocked()
        await server.visits[1].cut()
        await trio.testing.wait_all_tasks_blocked()

    assert failures == [0, 1, 2, 0]


async def test_server_that_takes_no_data_is_given_up_after_10_s(
    autojump_clock: trio.testing.MockClock, nursery: trio.Nursery
) -> None:
    streams: list[trio.abc.Stream] = []

    async def open_lockstep(address: tuple[str, int]) -> trio.abc.Stream:
        await trio.lowlevel.checkpoint()
        ours, theirs = trio.testing.lockstep_stream_pair()
        streams.append(ours)
        nursery.start_soon(greet, ours)
        return theirs

    async def greet(stream: trio.abc.Stream) -> None:
        for message in ServerConnection().receive(bytes(await stream.receive_some())):
            response = commands.AgentSDKConnectedRESP(ResultCode.SUCCESS, version=VERSION)
            await stream.send_all(response_bytes(message.request_id, "", response))

    async with agentmgr.client.connect(["am1:9970"], opener=open_lockstep, backoff=lambda _: 1.0) as pom:
        agent = await pom.agent("1001")
        start = trio.current_time()

        with trio.move_on_after(3) as impatient:  # half a frame may be sent: it must not be cut off
            await agent.hold_call("S1")
        assert impatient.cancelled_caught
        assert trio.current_time() - start == pytest.approx(10)
        assert not agent.connected
        await trio.sleep(2)

        assert agent.connected
        assert len(streams) == 2


async def test_sender_that_notices_late_that_its_stream_is_gone_leaves_the_next_one_alone(
    server: ScriptedServer, autojump_clock: trio.testing.MockClock
) -> None:
    class NoticesLate(trio.abc.SendStream):
        """Takes nothing any more after its first bytes, and says so five seconds later."""

        def __init__(self, stream: trio.abc.Stream) -> None:
            self._stream = stream
            self._is_stuck = False

        async def send_all(self, data: bytes | bytearray | memoryview) -> None:
            if self._is_stuck:
                await trio.sleep(5)
                raise trio.BrokenResourceError
            self._is_stuck = True
            await self._stream.send_all(data)

        async def wait_send_all_might_not_block(self) -> None:
            await trio.lowlevel.checkpoint()

        async def aclose(self) -> None:
            await self._stream.aclose()

    async def open_late(address: tuple[str, int]) -> trio.abc.Stream:
        stream = await server.open(address)
        return stream if server.visits else trio.StapledStream(NoticesLate(stream), stream)

    async with agentmgr.client.connect(["am1:9970"], opener=open_late, backoff=lambda _: 1.0) as pom:
        agent = await pom.agent("1001")
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(agent.request, commands.AGTHoldCall("S1"))
                nursery.start_soon(agent.request, commands.AGTHoldCall("S1"))
                await trio.sleep(1)
                await server.visits[0].cut()
        await trio.sleep(2)
        assert len(server.visits) == 2
        assert (await agent.hold_call("S1")).result is ResultCode.SUCCESS


async def test_commands_that_wait_for_a_stuck_one_are_lost_with_it(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    server.behaviours["AGTHoldCall"] = silence
    server.behaviours["AGTUnholdCall"] = lambda visit, received: visit.cut()
    agents = [await pom.agent(agent_id) for agent_id in ("1001", "1002")]
    unknown: list[bool] = []

    async def hold(agent: Agent) -> None:
        with pytest.raises(CommandError) as caught:
            await agent.hold_call("S1")
        unknown.append(caught.value.outcome_unknown)

    async with trio.open_nursery() as nursery:
        for agent in agents:
            nursery.start_soon(hold, agent)
        await trio.testing.wait_all_tasks_blocked()
        response = await agents[0].request(commands.AGTUnholdCall("S1"))

    assert unknown == [True, True]
    assert response.result is ResultCode.MANAGER_NOT_AVAILABLE


async def test_connection_closed_for_want_of_a_logon_rests_and_is_made_again_when_needed(
    server: ScriptedServer, pom: Pom, autojump_clock: trio.testing.MockClock
) -> None:
    agent = await pom.agent("1001")
    await server.visits[0].dismiss(f"{NO_LOGON} within 10 s")
    await trio.sleep(60)
    assert len(server.visits) == 1
    assert (await pom.get_error_string(17)).result is ResultCode.SUCCESS
    assert len(server.visits) == 2
    await server.visits[1].dismiss(f"{NO_LOGON} within 10 s")
    await trio.sleep(60)
    assert len(server.visits) == 2
    await agent.logon(agent_ext="100", password="secret")
    assert len(server.visits) == 3


async def test_connection_that_rests_is_made_again_to_ask_where_a_lost_zone_is(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    server = ScriptedServer(nursery, {"Default": ("am1", 9970), "South": ("am2", 9970)})
    async with agentmgr.client.connect(["am1:9970"], opener=server.open, backoff=lambda _: 1.0) as pom:
        agent = await pom.agent("1001")
        await agent.logon(agent_ext="100", password="secret", zone="South")
        home, south = server.visits
        await home.dismiss(f"{NO_LOGON} within 10 s")
        await trio.sleep(60)
        server.zones["South"] = ("am3", 9970)
        server.down.add(("am2", 9970))
        await south.cut()
        await trio.sleep(10)
        assert [visit.address for visit in server.visits[2:]] == [("am1", 9970), ("am3", 9970)]
