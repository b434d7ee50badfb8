"""Finding the owner of a zone that has moved: by what any manager says, and never an old one's word."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import trio
import trio.testing

import agentmgr.client
from agentmgr.client import Agent, CommandError, Pom
from agentmgr.client.addresses import Address, jittered
from agentmgr.client.commands import Event
from agentmgr.client.hub import SEARCH_MAX_S
from agentmgr.client.link import BEAT_S, OPEN_ELSE_NEXT_S, QUIET_S, SETTLE_S
from agentmgr.testing.scripted import Connect, ScriptedServer, Visit
from protocol.connection import CommandReceived
from protocol.notifications import GetAgentStatus, POMAvailable, POMNotAvailable
from protocol.registry import VERSION
from protocol.results import ResultCode
from protocol.structures import SocketInfo

ONE, TWO = ("am1", 9970), ("am2", 9970)
ZONE = "Default"


class Managers:
    """Two managers of a zone: `owner` has it, with the token (1, `epoch`); silent ones answer nothing."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.owner: Address | None = ONE
        self.epoch = 1
        self.silent: set[Address] = set()
        self.carried_out: list[int] = []
        self._answered: dict[int, object] = {}
        for name in ("AgentSDKConnected", "GetPAMForZone", "POMClientAlive", "AGTLogon", "AGTHoldCall"):
            server.behaviours[name] = self._unless_silent(getattr(self, f"on_{name}"))

    def _unless_silent(
        self, behaviour: Callable[[Visit, CommandReceived], Awaitable[None]]
    ) -> Callable[[Visit, CommandReceived], Awaitable[None]]:
        async def behave(visit: Visit, received: CommandReceived) -> None:
            if visit.address not in self.silent:
                await behaviour(visit, received)

        return behave

    @property
    def directory(self) -> dict[str, SocketInfo]:
        return {ZONE: SocketInfo(*self.owner, era=1, epoch=self.epoch)} if self.owner else {}

    async def on_AgentSDKConnected(self, visit: Visit, received: CommandReceived) -> None:
        assert received.command.resends
        await visit.accept(received, version=VERSION, zones=self.directory, answers_again=True)
        if visit.address == self.owner:
            await visit.notify("", POMAvailable(ZONE, 1, self.epoch))
            for agent_id in received.command.agent_ids:
                await visit.notify(agent_id, GetAgentStatus(agent_id))

    async def on_GetPAMForZone(self, visit: Visit, received: CommandReceived) -> None:
        if self.owner is None:
            await visit.refuse(received, ResultCode.INITIALIZING)
        else:
            await visit.accept(received, zones=self.directory)

    async def on_POMClientAlive(self, visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received)

    async def on_AGTLogon(self, visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received, resume_token="T1")

    async def on_AGTHoldCall(self, visit: Visit, received: CommandReceived) -> None:
        if received.request_id not in self.carried_out:
            self.carried_out.append(received.request_id)
        await visit.accept(received, session_id=received.command.session_id)


@pytest.fixture
async def managers(server: ScriptedServer) -> Managers:
    return Managers(server)


@pytest.fixture
def connect(server: ScriptedServer) -> Connect:
    """`agentmgr.client.connect` to the scripted server, half a second between attempts."""
    return partial(agentmgr.client.connect, opener=server.open, backoff=lambda _: 0.5)


@pytest.fixture
async def seen() -> list[Event]:
    return []


async def log_on(pom: Pom, seen: list[Event]) -> Agent:
    agent = await pom.agent("1001", on_event=seen.append)
    await agent.logon("5001", "secret", zone=ZONE)
    seen.clear()
    return agent


async def until(is_true: Callable[[], bool], limit_s: float = 60.0) -> float:
    """Wait until something is true; returns how long that took."""
    start = trio.current_time()
    while not is_true():
        assert trio.current_time() < start + limit_s, "it does not come true"
        await trio.sleep(0.05)
    return trio.current_time() - start


async def test_agent_comes_back_at_the_new_owner_and_commands_meanwhile_get_9999(
    managers: Managers, connect: Connect, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    async with connect(["am1:9970", "am2:9970"]) as pom:
        agent = await log_on(pom, seen)
        managers.server.down.add(ONE)
        managers.owner = None
        await managers.server.visits[0].cut()
        await until(lambda: managers.server.visits[-1].address == TWO)
        await trio.sleep(2 * SETTLE_S)
        assert agent.logged_on
        with pytest.raises(CommandError) as refused:
            await agent.hold_call("S")
        assert refused.value.code is ResultCode.MANAGER_NOT_AVAILABLE
        assert not refused.value.outcome_unknown
        managers.owner, managers.epoch = TWO, 2
        await until(lambda: any(isinstance(each, POMAvailable) for each in seen))
        assert [type(each) for each in seen if isinstance(each, POMAvailable | POMNotAvailable)] == [
            POMNotAvailable,
            POMAvailable,
        ]
        await agent.hold_call("S")
        assert pom._hub.searches == {} or await until(lambda: pom._hub.searches == {}) >= 0


async def test_command_without_its_resp_is_sent_again_under_its_id_and_done_once(
    managers: Managers, connect: Connect, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    async with connect(["am1:9970", "am2:9970"]) as pom:
        agent = await log_on(pom, seen)

        async def die(visit: Visit, received: CommandReceived) -> None:
            managers.carried_out.append(received.request_id)
            managers.server.behaviours["AGTHoldCall"] = managers.on_AGTHoldCall
            managers.server.down.add(ONE)
            managers.owner, managers.epoch = TWO, 2
            await visit.cut()

        managers.server.behaviours["AGTHoldCall"] = die
        response = await agent.hold_call("S")
        assert response.session_id == "S"
        first, again = managers.server.received("AGTHoldCall")
        assert first.request_id == again.request_id
        assert managers.carried_out == [first.request_id]


async def test_server_that_answers_nothing_again_is_sent_nothing_again(
    managers: Managers, connect: Connect, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    async def hello(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received, version=VERSION, zones={ZONE: SocketInfo(*ONE)})
        await visit.notify("", POMAvailable(ZONE))
        for agent_id in received.command.agent_ids:
            await visit.notify(agent_id, GetAgentStatus(agent_id))

    async def die(visit: Visit, received: CommandReceived) -> None:
        await visit.cut()

    managers.server.behaviours |= {"AgentSDKConnected": hello, "AGTHoldCall": die}
    async with connect(["am1:9970"]) as pom:
        agent = await log_on(pom, seen)
        with pytest.raises(CommandError) as lost:
            await agent.hold_call("S")
        assert lost.value.outcome_unknown
        assert len(managers.server.received("AGTHoldCall")) == 1


async def test_old_owner_that_still_believes_to_own_the_zone_is_not_believed(
    managers: Managers, connect: Connect, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    async with connect(["am1:9970", "am2:9970"]) as pom:
        agent = await log_on(pom, seen)
        pom._hub.believe(ZONE, (1, 5))
        await managers.server.visits[0].cut()
        await trio.sleep(10)
        assert not [each for each in seen if isinstance(each, POMAvailable)]
        with pytest.raises(CommandError):
            await agent.hold_call("S")
        managers.owner, managers.epoch = TWO, 6
        await until(lambda: any(isinstance(each, POMAvailable) for each in seen))
        await agent.hold_call("S")


async def test_silent_owner_is_left_when_another_manager_says_who_has_the_zone_now(
    managers: Managers, connect: Connect, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    async with connect(["am1:9970", "am2:9970"]) as pom:
        agent = await log_on(pom, seen)
        managers.silent.add(ONE)
        took_s = await until(lambda: any(each.address == TWO for each in managers.server.visits))
        assert took_s < BEAT_S + QUIET_S + 2
        await trio.sleep(5)
        assert agent.connected
        assert not [each for each in seen if isinstance(each, POMNotAvailable)], "the owner may be slow"
        managers.owner, managers.epoch = TWO, 2
        took_s = await until(lambda: any(isinstance(each, POMAvailable) for each in seen))
        assert took_s < 8
        await agent.hold_call("S")


async def test_owner_that_was_silent_for_a_while_keeps_its_agents(
    managers: Managers, connect: Connect, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    async with connect(["am1:9970", "am2:9970"]) as pom:
        agent = await log_on(pom, seen)
        managers.silent.add(ONE)
        await trio.sleep(12)
        managers.silent.clear()
        await agent.hold_call("S")
        await until(lambda: pom._hub.searches == {})
        assert seen == []
        assert pom._hub.links == [pom._hub.home]


async def test_manager_that_hangs_is_left_at_once_where_it_serves_nobody_here(
    managers: Managers, connect: Connect, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    managers.owner, managers.epoch = TWO, 2
    async with connect(["am1:9970", "am2:9970"]) as pom:
        agent = await pom.agent("1001", on_event=seen.append)
        managers.silent.add(ONE)
        took_s = await until(lambda: pom._hub.home.address == TWO and pom._hub.home.connected)
        assert took_s < BEAT_S + QUIET_S + 1
        await agent.logon("5001", "secret", zone=ZONE)
        assert trio.current_time() < BEAT_S + QUIET_S + 3


async def test_first_address_that_accepts_and_hangs_costs_five_seconds_and_no_more(
    managers: Managers, connect: Connect, autojump_clock: trio.testing.MockClock
) -> None:
    managers.silent.add(ONE)
    start = trio.current_time()
    async with connect(["am1:9970", "am2:9970"]) as pom:
        assert pom._hub.home.address == TWO
        assert trio.current_time() - start < OPEN_ELSE_NEXT_S + 1


async def test_new_owner_is_asked_for_each_second_however_long_there_was_none(
    managers: Managers, server: ScriptedServer, seen: list[Event], autojump_clock: trio.testing.MockClock
) -> None:
    async with agentmgr.client.connect(
        ["am1:9970", "am2:9970"], opener=server.open, backoff=lambda failures: min(5.0, 0.5 * failures)
    ) as pom:
        await log_on(pom, seen)
        managers.silent.add(ONE)
        await trio.sleep(14)
        managers.owner, managers.epoch = TWO, 2
        assert await until(lambda: any(isinstance(each, POMAvailable) for each in seen)) < SEARCH_MAX_S + 1


async def test_logon_while_nobody_owns_the_zone_says_so(
    managers: Managers, connect: Connect, autojump_clock: trio.testing.MockClock
) -> None:
    managers.owner = None
    async with connect(["am1:9970"]) as pom:
        agent = await pom.agent("1001")
        with pytest.raises(CommandError, match="Nobody serves zone Default now") as refused:
            await agent.logon("5001", "secret", zone=ZONE)
        assert refused.value.code is ResultCode.MANAGER_NOT_AVAILABLE


def test_pauses_between_attempts_are_all_chance_up_to_five_seconds() -> None:
    for failures, longest in enumerate((0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0)):
        drawn = [jittered(failures) for _ in range(500)]
        assert 0.0 <= min(drawn) < longest / 10
        assert longest * 0.9 < max(drawn) <= longest
