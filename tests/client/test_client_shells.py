"""What a client of tasks promises, with the one for trio and the one for asyncio, over TCP."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

import pytest
import trio
from attrs import frozen

import agentmgr.client
import agentmgr.client.aio
import agentmgr.client.sync
from agentmgr.client import Agent, AgentHandler, CommandError, Event, EventsLost, Pom
from agentmgr.client.agent import CAPABILITIES
from agentmgr.testing.scripted import Visit
from protocol import commands
from protocol.connection import CommandReceived, notification_bytes
from protocol.enums import AgentState, CallState, ContactType
from protocol.notifications import (
    AGTCallNotify,
    AGTCallStateChangedNotify,
    AGTCapabilitiesChanged,
    AGTJobAttached,
    GetAgentStatus,
    POMAvailable,
    POMConnectionClosed,
    POMNotAvailable,
)
from protocol.results import ResultCode
from protocol.structures import Capabilities, CompletionCode, Contact
from tests.client.server_thread import ServerThread

TALKING = AGTCallStateChangedNotify(CallState.Talking)
WRAPUP = AGTCallStateChangedNotify(CallState.Wrapup)
CALL = AGTCallNotify(Contact("7", "Spring", ContactType.Predictive), "S1")


def jobs(count: int) -> list[AGTJobAttached]:
    return [AGTJobAttached(str(number)) for number in range(count)]


async def spawn_and_wait_trio(*works: Callable[[], Awaitable[None]]) -> None:
    async with trio.open_nursery() as nursery:
        for work in works:
            nursery.start_soon(work)


async def spawn_and_wait_asyncio(*works: Callable[[], Awaitable[None]]) -> None:
    await asyncio.gather(*(work() for work in works))


@frozen
class Library:
    """One of the two, with what the tests need of the library of tasks beneath it."""

    name: str
    connect: Callable[..., AbstractAsyncContextManager[Pom]]
    run: Callable[[Callable[[], Awaitable[None]]], None]
    sleep: Callable[[float], Awaitable[None]]
    aside: Callable[..., Awaitable[None]]
    together: Callable[..., Awaitable[None]]
    limit: Callable[[float], Any]
    busy: type[Exception]
    too_late: type[BaseException]


LIBRARIES = [
    Library(
        "trio",
        agentmgr.client.connect,
        lambda main: trio.run(main),
        trio.sleep,
        trio.to_thread.run_sync,
        spawn_and_wait_trio,
        trio.fail_after,
        trio.BusyResourceError,
        trio.TooSlowError,
    ),
    Library(
        "asyncio",
        agentmgr.client.aio.connect,
        lambda main: asyncio.run(main()),  # type: ignore[arg-type]  # a coroutine function's
        asyncio.sleep,
        asyncio.to_thread,
        spawn_and_wait_asyncio,
        asyncio.timeout,
        RuntimeError,
        TimeoutError,
    ),
]


@pytest.fixture(params=LIBRARIES, ids=lambda library: library.name)
def library(request: pytest.FixtureRequest) -> Library:
    given: Library = request.param
    return given


@pytest.fixture
def thread() -> Iterator[ServerThread]:
    with ServerThread() as thread:
        yield thread


Play = Callable[[Pom], Awaitable[None]]


@pytest.fixture
def play(library: Library, thread: ServerThread) -> Callable[..., None]:
    """Connect, and run a body with it."""

    def play(body: Play, **options: Any) -> None:
        async def main() -> None:
            async with library.connect([thread.address], **options) as pom:
                await body(pom)

        library.run(main)

    return play


async def until(library: Library, is_true: Callable[[], bool]) -> None:
    """Wait for something that happens elsewhere."""
    for _ in range(2000):
        if is_true():
            return
        await library.sleep(0.005)
    raise AssertionError("it did not come to be in 10 s")


async def read(agent: Agent, count: int) -> list[Event]:
    events: list[Event] = []
    stream = agent.events()
    while len(events) < count:
        event = await anext(stream)
        if not isinstance(event, POMAvailable):
            events.append(event)
    return events


def test_commands_events_and_states(play: Callable[..., None], thread: ServerThread) -> None:
    async def codes(visit: Visit, received: CommandReceived) -> None:
        await visit.notify("1001", CALL, TALKING)
        await visit.accept(received, completion_codes_list=(CompletionCode(7, "Sold"),))

    thread.server.behaviours["AGTGetCompCodes"] = codes
    thread.server.behaviours["AGTHoldCall"] = lambda visit, received: visit.refuse(received, 103)

    async def body(pom: Pom) -> None:
        agent = await pom.agent("1001")
        await agent.logon("5001", "secret")
        codes = (await agent.get_comp_codes("S1")).completion_codes_list
        assert codes == (CompletionCode(7, "Sold"),)
        assert await read(agent, 2) == [CALL, TALKING]
        await agent.wait_for(CallState.Talking)
        with pytest.raises(CommandError, match="103"):
            await agent.hold_call("S1")
        with pytest.raises(CommandError, match="9997"):
            await agent.hold_call(7)  # type: ignore[arg-type]  # what a caller without a type checker does
        assert (await pom.get_zone_list()).result is ResultCode.SUCCESS
        pom.remove(agent)
        assert [event async for event in agent.events()] == []

    play(body)


def test_half_frames_and_many_in_one_read(
    play: Callable[..., None], thread: ServerThread, library: Library
) -> None:
    async def body(pom: Pom) -> None:
        agent = await pom.agent("1001")
        await agent.logon("5001", "secret")
        data = b"".join(notification_bytes("1001", job) for job in jobs(50))
        for start in range(0, len(data), 7):
            await library.aside(thread.tell, 0, "send", data[start : start + 7])
        assert await read(agent, 50) == jobs(50)

    play(body)


def test_two_hundred_commands_at_once_get_their_own_resps(
    play: Callable[..., None], thread: ServerThread, library: Library
) -> None:
    async def hold(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received, session_id=received.command.session_id)

    thread.server.behaviours["AGTHoldCall"] = hold
    answers: list[tuple[str, str | None]] = []

    async def body(pom: Pom) -> None:
        async def ask(number: int) -> None:
            agent = await pom.agent(str(number % 10 + 1))
            answers.append((f"S{number}", (await agent.hold_call(f"S{number}")).session_id))

        await library.together(*(lambda number=number: ask(number) for number in range(200)))

    play(body)
    assert len(answers) == 200
    assert all(asked == answered for asked, answered in answers)


def test_cancelled_command_leaves_the_connection_usable(
    play: Callable[..., None], thread: ServerThread, library: Library
) -> None:
    late: list[CommandReceived] = []

    async def keep(visit: Visit, received: CommandReceived) -> None:
        late.append(received)

    thread.server.behaviours["AGTHoldCall"] = keep

    async def body(pom: Pom) -> None:
        agent = await pom.agent("1001")
        with pytest.raises(library.too_late):
            await hold_for_a_moment(agent)
        await until(library, lambda: bool(late))
        await library.aside(thread.tell, 0, "accept", late[0])
        assert (await agent.unhold_call("S1")).result is ResultCode.SUCCESS

    async def hold_for_a_moment(agent: Agent) -> None:
        with_limit = library.limit(0.05)
        if isinstance(with_limit, AbstractContextManager):
            with with_limit:
                await agent.hold_call("S1")
        else:
            async with with_limit:
                await agent.hold_call("S1")

    play(body)
    assert len(thread.server.visits) == 1


def test_slow_reader_is_told_of_the_gap(
    play: Callable[..., None], thread: ServerThread, library: Library
) -> None:
    async def body(pom: Pom) -> None:
        agent = await pom.agent("1001")
        await read_first(agent)
        await library.aside(
            thread.tell, 0, "notify", "1001", *(AGTJobAttached(str(i)) for i in range(5)), WRAPUP
        )
        await agent.wait_for(CallState.Wrapup)
        assert await read(agent, 3) == jobs(3)
        with pytest.raises(EventsLost) as caught:
            await read(agent, 1)
        assert caught.value.count == 3

    async def read_first(agent: Agent) -> None:
        assert await anext(agent.events()) == POMAvailable("Default")

    play(body, max_events=3)


def test_two_readers_of_one_agent_are_refused(
    play: Callable[..., None], thread: ServerThread, library: Library
) -> None:
    async def body(pom: Pom) -> None:
        agent = await pom.agent("1001")
        await anext(agent.events())

        async def first() -> None:
            assert await read(agent, 1) == [TALKING]

        async def second() -> None:
            await library.sleep(0.01)
            with pytest.raises(library.busy, match="two tasks"):
                await read(agent, 1)
            await library.aside(thread.tell, 0, "notify", "1001", TALKING)

        await library.together(first, second)

    play(body)


def test_connection_lost_is_made_again_and_the_agent_comes_back_with_its_token(
    play: Callable[..., None], thread: ServerThread, library: Library
) -> None:
    server = thread.server

    async def welcome(visit: Visit, received: CommandReceived) -> None:
        await server.welcome(visit, received)
        for agent_id in received.command.agent_ids:
            await visit.notify(agent_id, GetAgentStatus(agent_id))

    server.behaviours["AGTLogon"] = lambda visit, received: visit.accept(received, resume_token="T1")
    server.behaviours["AgentSDKConnected"] = welcome
    server.behaviours["GetAgentStatusResponse"] = lambda visit, received: visit.accept(
        received, resume_token="T2"
    )

    async def body(pom: Pom) -> None:
        agent = await pom.agent("1001")
        await agent.logon("5001", "secret")
        await library.aside(thread.tell, 0, "dismiss", "the server is stopped")
        seen = await read(agent, 3)
        assert seen == [
            POMConnectionClosed("the server is stopped"),
            POMNotAvailable(),
            GetAgentStatus("1001"),
        ]
        await until(library, lambda: agent.resume_token == "T2")
        assert (await agent.hold_call("S1")).result is ResultCode.SUCCESS

    play(body, backoff=lambda _: 0.01)
    (answer,) = server.received("GetAgentStatusResponse")
    assert answer.command.resume_token == "T1"


def test_command_in_flight_at_the_end_of_connect_gets_an_error(
    thread: ServerThread, library: Library
) -> None:
    async def silence(visit: Visit, received: CommandReceived) -> None:
        """Never answer."""

    thread.server.behaviours["AGTHoldCall"] = silence
    unknown: list[bool] = []

    async def main() -> None:
        async def hold() -> None:
            with pytest.raises(CommandError) as caught:
                await agent.hold_call("S1")
            unknown.append(caught.value.outcome_unknown)

        async def leave() -> None:
            await until(library, lambda: bool(thread.server.received("AGTHoldCall")))
            await connecting.__aexit__(None, None, None)

        connecting = library.connect([thread.address])
        pom = await connecting.__aenter__()
        agent = await pom.agent("1001")
        if library.name == "asyncio":  # trio's nurseries don't allow an end from elsewhere
            await library.together(hold, leave)
        else:
            await connecting.__aexit__(None, None, None)

    library.run(main)
    assert unknown == [True] * (library.name == "asyncio")


def test_nobody_there_is_one_plain_error(library: Library) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()

    async def main() -> None:
        async with library.connect([address], patience_s=0.1):
            pass

    with pytest.raises(CommandError, match=re.escape(f"{address[1]}: Connection refused.")):
        library.run(main)


def test_server_that_accepts_no_data_blocks_nobody_for_ever(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's buffers are full and stay so: the connection is given up, and others are served."""
    for module in ("aio", "on_trio"):
        monkeypatch.setattr(f"agentmgr.client.{module}.SEND_S", 0.2)
    with ServerThread() as thread:

        async def deaf(visit: Visit, received: CommandReceived) -> None:
            if len(thread.server.visits) == 1:
                await trio.sleep_forever()
            await visit.accept(received)

        thread.server.behaviours["AGTAddAgentNote"] = deaf
        results: list[ResultCode] = []

        async def body(pom: Pom) -> None:
            agent = await pom.agent("1001")

            async def note() -> None:
                request = commands.AGTAddAgentNote("x" * 15_000)
                results.append((await agent.request(request)).result)

            await library.together(*[note] * 1000)
            await until(library, lambda: agent.connected)
            assert (await agent.hold_call("S1")).result is ResultCode.SUCCESS

        async def main() -> None:
            async with library.connect([thread.address], backoff=lambda _: 0.01) as pom:
                await body(pom)

        library.run(main)
    assert results == [ResultCode.MANAGER_NOT_AVAILABLE] * 1000


# -- handlers ----------------------------------------------------------------------------------


class Taker(AgentHandler):
    """Wraps up what comes, and writes down what it saw."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.states: list[AgentState] = []

    async def on_call(self, event: AGTCallNotify) -> None:
        self.seen.append(f"call {event.session_id}")
        await self.agent.state_change(AgentState.NotReady)
        self.seen.append("on break")

    async def on_call_state_changed(self, event: AGTCallStateChangedNotify) -> None:
        if event.call_state is CallState.Wrapup:
            raise ZeroDivisionError("a fault of the application")
        self.seen.append(event.call_state)

    async def on_other(self, event: Event) -> None:
        self.seen.append(type(event).__name__)


def test_handler_awaits_commands_in_order_and_goes_on_after_a_fault(
    play: Callable[..., None], thread: ServerThread, library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    async def body(pom: Pom) -> None:
        handler = Taker()
        agent = await pom.agent("1001", handler=handler)
        assert handler.agent is agent
        can = AGTCapabilitiesChanged(Capabilities(hold=True))
        await library.aside(thread.tell, 0, "notify", "1001", CALL, TALKING, WRAPUP, can)
        await until(library, lambda: len(handler.seen) == 5)
        assert handler.seen == [
            "POMAvailable",
            "call S1",
            "on break",
            CallState.Talking,
            "AGTCapabilitiesChanged",
        ]
        with pytest.raises(RuntimeError, match="go to its handler"):
            agent.events()
        for wrong in ({"handler": Taker()}, {"on_event": print}):
            with pytest.raises(ValueError, match="keeps the reader"):
                await pom.agent("1001", **wrong)  # type: ignore[arg-type]  # one of the two at a time
        with pytest.raises(ValueError, match="handler of its own"):
            await pom.agent("1002", handler=handler)
        pom.remove(agent)

    play(body)
    assert "the handler of agent 1001 failed on AGTCallStateChangedNotify" in caplog.text
    assert "a fault of the application" in caplog.text


def test_slow_handler_delays_its_own_agent_alone(
    play: Callable[..., None], thread: ServerThread, library: Library
) -> None:
    class Slow(AgentHandler):
        lost = 0

        async def on_call(self, event: AGTCallNotify) -> None:
            await self.agent.wait_for(CallState.Wrapup)

        async def on_events_lost(self, error: EventsLost) -> None:
            self.lost = error.count

    async def body(pom: Pom) -> None:
        slow, quick = Slow(), Taker()
        for agent_id, handler in (("slow", slow), ("quick", quick)):
            await pom.agent(agent_id, handler=handler)
        await library.aside(
            thread.tell, 0, "notify", "slow", CALL, *(AGTJobAttached(str(i)) for i in range(8))
        )
        await library.aside(thread.tell, 0, "notify", "quick", TALKING)
        await until(library, lambda: CallState.Talking in quick.seen)
        assert slow.lost == 0
        await library.aside(thread.tell, 0, "notify", "slow", WRAPUP)
        await until(library, lambda: slow.lost > 0)

    play(body, max_events=4)


def test_client_of_the_other_library_says_so() -> None:
    async def main(connect: Callable[..., AbstractAsyncContextManager[Pom]]) -> None:
        async with connect(["127.0.0.1:9970"]):
            pass

    with pytest.raises(RuntimeError, match=r"^this is the asyncio client; under trio use agentmgr\.client,"):
        trio.run(main, agentmgr.client.aio.connect)
    with pytest.raises(
        RuntimeError, match=r"^this is the trio client; under asyncio use agentmgr\.client\.aio$"
    ):
        asyncio.run(main(agentmgr.client.connect))


def test_both_libraries_have_the_same_names() -> None:
    assert set(agentmgr.client.__all__) == set(agentmgr.client.aio.__all__)
    assert CAPABILITIES[0] == "ready"


def test_program_signs_in_with_its_account_or_is_told_at_once(thread: ServerThread, library: Library) -> None:
    async def main() -> None:
        async with library.connect([thread.address], account="monitor", password="m-secret") as pom:
            await (await pom.agent("1001")).blend_to_inbound()

    library.run(main)
    (hello,) = thread.server.received("AgentSDKConnected")
    assert (hello.command.account, hello.command.pwd) == ("monitor", "m-secret")
    thread.server.behaviours["AgentSDKConnected"] = lambda visit, received: visit.refuse(received, 17)
    with pytest.raises(CommandError, match="17"):
        library.run(main)
    with pytest.raises(CommandError, match="17"):
        agentmgr.client.sync.connect([thread.address], account="monitor", password="m-secret")
