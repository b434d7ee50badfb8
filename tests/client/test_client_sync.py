"""The client for threads: blocking calls, events as a loop, by threads or by the queue of a window."""

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trio

import agentmgr.client
from agentmgr.client import sync
from agentmgr.client.sync import Agent, AgentHandler, AgentRemoved, CommandError, Event, EventsLost, Pom
from agentmgr.testing.scripted import Visit
from protocol import commands
from protocol.connection import CommandReceived
from protocol.enums import AgentState, CallState, ContactType
from protocol.notifications import (
    AGTAgentLoggedOut,
    AGTCallNotify,
    AGTCallStateChangedNotify,
    AGTJobAttached,
    AGTStateChangedNotify,
    POMAvailable,
    POMConnectionClosed,
    POMNotAvailable,
)
from protocol.results import ResultCode
from protocol.structures import Contact
from tests.client.server_thread import ServerThread

TALKING = AGTCallStateChangedNotify(CallState.Talking)
WRAPUP = AGTCallStateChangedNotify(CallState.Wrapup)
CALL = AGTCallNotify(Contact("7", "Spring", ContactType.Predictive), "S1")
WITHIN_S = 10.0


@pytest.fixture
def thread() -> Iterator[ServerThread]:
    with ServerThread() as thread:
        yield thread


@pytest.fixture
def pom(thread: ServerThread) -> Iterator[Pom]:
    with sync.connect([thread.address], backoff=lambda _: 0.01) as pom:
        yield pom
    assert [t.name for t in threading.enumerate() if t.name == "agentmgr.client"] == []


async def silence(visit: Visit, received: CommandReceived) -> None:
    """Never answer."""


def until(is_true: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + WITHIN_S
    while not is_true():
        assert time.monotonic() < end, "it did not come to be"
        threading.Event().wait(0.005)


def read(agent: Agent, count: int) -> list[Event]:
    events: list[Event] = []
    for event in agent.events():
        if not isinstance(event, POMAvailable):
            events.append(event)
        if len(events) == count:
            break
    return events


def test_commands_events_and_states(thread: ServerThread, pom: Pom) -> None:
    thread.server.behaviours["AGTHoldCall"] = lambda visit, received: visit.refuse(received, 103)
    thread.server.behaviours["AGTLogon"] = lambda visit, received: visit.accept(received, resume_token="T1")
    agent = pom.agent("1001")
    agent.logon("5001", "secret")
    assert (agent.logged_on, agent.resume_token, agent.connected) == (True, "T1", True)
    thread.tell(0, "notify", "1001", CALL, TALKING)
    agent.wait_for(CallState.Talking, WITHIN_S)
    assert read(agent, 2) == [CALL, TALKING]
    assert agent.call_state is CallState.Talking
    with pytest.raises(CommandError, match="103"):
        agent.hold_call("S1")
    with pytest.raises(CommandError, match="9997"):
        agent.hold_call(7)  # type: ignore[arg-type]  # what a caller without a type checker does
    assert agent.request(commands.AGTHoldCall("S1")).result is ResultCode.HOLD_NO_CALL
    assert agent.submit(commands.AGTUnholdCall("S1")).result(WITHIN_S).result is ResultCode.SUCCESS
    assert pom.get_zone_list().result is ResultCode.SUCCESS
    assert dict(pom.zones) == thread.server.directory
    assert pom.agent("1001") is agent
    assert dict(pom.agents) == {"1001": agent}


def test_next_event_does_not_wait_longer_than_it_is_told(thread: ServerThread, pom: Pom) -> None:
    agent = pom.agent("1001")
    assert agent.next_event(WITHIN_S) == POMAvailable("Default")
    assert agent.next_event(0) is None
    thread.tell(0, "notify", "1001", TALKING)
    assert agent.next_event(WITHIN_S) == TALKING
    assert agent.next_event(0.01) is None


def test_wait_for_has_a_limit_and_ends_with_the_agent(thread: ServerThread, pom: Pom) -> None:
    agent = pom.agent("1001")
    with pytest.raises(TimeoutError):
        agent.wait_for(CallState.Talking, 0.01)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(agent.wait_for, "hold")
        pom.remove(agent)
        with pytest.raises(AgentRemoved):
            waiting.result(WITHIN_S)
    assert list(agent.events()) == [POMAvailable("Default")]


def test_logoff_waits_for_the_end_of_the_contact(thread: ServerThread, pom: Pom) -> None:
    agent = pom.agent("1001")
    agent.logon("5001", "secret")
    thread.tell(0, "notify", "1001", AGTStateChangedNotify(AgentState.PendingNotReady), TALKING)
    agent.wait_for(CallState.Talking, WITHIN_S)
    with pytest.raises(TimeoutError):
        agent.logoff(0.01)
    assert thread.server.received("AGTLogoff") == []
    thread.tell(0, "notify", "1001", AGTAgentLoggedOut())
    assert agent.logoff(WITHIN_S).result is ResultCode.SUCCESS


def test_command_without_answer_ends_after_its_time(thread: ServerThread) -> None:
    thread.server.behaviours["AGTHoldCall"] = silence
    with sync.connect([thread.address], timeout_s=0.05) as pom:
        with pytest.raises(CommandError, match=r"9999 No RESP came within 0\.05 s") as caught:
            pom.agent("1001").hold_call("S1")
        assert caught.value.outcome_unknown
        assert pom.get_zone_list().result is ResultCode.SUCCESS


def test_connection_lost_is_seen_and_made_again(thread: ServerThread, pom: Pom) -> None:
    agent = pom.agent("1001")
    thread.tell(0, "dismiss", "the server is stopped")
    assert read(agent, 2) == [POMConnectionClosed("the server is stopped"), POMNotAvailable()]
    agent.next_event(WITHIN_S)
    assert agent.hold_call("S1").result is ResultCode.SUCCESS


def test_many_threads_share_an_agent(thread: ServerThread, pom: Pom) -> None:
    async def hold(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received, session_id=received.command.session_id)

    thread.server.behaviours["AGTHoldCall"] = hold

    def ask(number: int) -> bool:
        session_id = f"S{number}"
        return pom.agent(str(number % 3 + 1)).hold_call(session_id).session_id == session_id

    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(ask, range(400)))


def test_close_by_another_thread_ends_what_waits(thread: ServerThread) -> None:
    thread.server.behaviours["AGTHoldCall"] = silence
    pom = sync.connect([thread.address])
    agent = pom.agent("1001")
    waits: list[Callable[[], Any]] = [
        lambda: agent.hold_call("S1"),
        lambda: agent.wait_for(CallState.Talking),
        lambda: list(agent.events()),
    ]
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(wait) for wait in waits]
        until(lambda: bool(thread.server.received("AGTHoldCall")))
        for close in [pool.submit(pom.close) for _ in range(3)]:
            close.result(WITHIN_S)
        errors = [future.exception(WITHIN_S) for future in waiting]

    assert [type(error) for error in errors] == [CommandError, AgentRemoved, type(None)]
    assert waiting[2].result() == [POMAvailable("Default")]
    with pytest.raises(CommandError, match="The application has closed the connection"):
        agent.hold_call("S1")
    with pytest.raises(CommandError, match="The application has closed the connection"):
        pom.agent("1002")
    assert not agent.connected
    pom.close()


def test_slow_reader_is_told_of_the_gap(thread: ServerThread) -> None:
    with sync.connect([thread.address], max_events=3) as pom:
        agent = pom.agent("1001")
        assert agent.next_event(WITHIN_S) == POMAvailable("Default")
        thread.tell(0, "notify", "1001", *(AGTJobAttached(str(number)) for number in range(5)), WRAPUP)
        agent.wait_for(CallState.Wrapup, WITHIN_S)
        assert read(agent, 3) == [AGTJobAttached(str(number)) for number in range(3)]
        with pytest.raises(EventsLost, match="3 events were lost"):
            agent.next_event(0)
        assert agent.next_event(0) is None


class Taker(AgentHandler):
    """Sends a command from where it is told of a call."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.threads: set[str] = set()

    def on_call(self, event: AGTCallNotify) -> None:
        self.threads.add(threading.current_thread().name)
        self.agent.state_change(AgentState.NotReady)
        self.seen.append(f"call {event.session_id}")

    def on_call_state_changed(self, event: AGTCallStateChangedNotify) -> None:
        if event.call_state is CallState.Wrapup:
            raise ZeroDivisionError("a fault of the application")
        self.seen.append(event.call_state)

    def on_other(self, event: Event) -> None:
        self.seen.append(type(event).__name__)


def test_handler_sends_commands_in_order_and_goes_on_after_a_fault(
    thread: ServerThread, pom: Pom, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Taker()
    agent = pom.agent("1001", handler=handler)
    thread.tell(0, "notify", "1001", CALL, TALKING, WRAPUP, AGTJobAttached("Spring"))
    until(lambda: len(handler.seen) == 4)
    assert handler.seen == ["POMAvailable", "call S1", CallState.Talking, "AGTJobAttached"]
    assert handler.threads == {"agentmgr.client 1001"}
    assert "a fault of the application" in caplog.text
    with pytest.raises(RuntimeError, match="go to its handler"):
        agent.next_event(0)
    with pytest.raises(ValueError, match="keeps the reader"):
        pom.agent("1001", handler=Taker())
    with pytest.raises(ValueError, match="handler of its own"):
        pom.agent("1002", handler=handler)
    pom.remove(agent)
    until(lambda: "agentmgr.client 1001" not in [each.name for each in threading.enumerate()])


def test_slow_callback_delays_its_own_agent_alone(thread: ServerThread, pom: Pom) -> None:
    goes_on = threading.Event()
    seen: dict[str, list[Event]] = {"slow": [], "quick": []}

    def slowly(event: Event) -> None:
        goes_on.wait(WITHIN_S)
        seen["slow"].append(event)

    pom.agent("slow", on_event=slowly)
    pom.agent("quick", on_event=seen["quick"].append)
    thread.tell(0, "notify", "slow", TALKING)
    thread.tell(0, "notify", "quick", TALKING)
    until(lambda: TALKING in seen["quick"])
    assert seen["slow"] == []
    goes_on.set()
    until(lambda: TALKING in seen["slow"])


def test_window_gets_its_events_in_its_own_thread(thread: ServerThread) -> None:
    window: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    seen: list[tuple[str, Event]] = []

    def show(event: Event) -> None:
        seen.append((threading.current_thread().name, event))

    with sync.connect([thread.address], dispatch=window.put) as pom:
        agent = pom.agent("1001", on_event=show)
        handler = Taker()
        pom.agent("1002", handler=handler)
        thread.tell(0, "notify", "1001", TALKING)
        thread.tell(0, "notify", "1002", CALL)
        while len(seen) < 2 or len(handler.seen) < 2:
            window.get(timeout=WITHIN_S)()
        assert agent.call_state is CallState.Talking
    own = threading.current_thread().name
    assert seen == [(own, POMAvailable("Default")), (own, TALKING)]
    assert handler.threads == {own}


def test_call_from_a_callback_of_the_library_s_own_thread_is_refused(thread: ServerThread, pom: Pom) -> None:
    agent = pom.agent("1001")
    errors: list[BaseException] = []

    def call(future: Any) -> None:
        try:
            agent.hold_call("S1")
        except RuntimeError as error:
            errors.append(error)

    agent.submit(commands.AGTHoldCall("S1")).add_done_callback(call)
    until(lambda: bool(errors) or len(thread.server.received("AGTHoldCall")) > 1)
    assert [str(error) for error in errors] in (
        ["the library's own thread cannot wait for itself: call this in another one"],
        [],  # the RESP was there before the callback: it ran in this thread
    )


def test_nobody_there_is_one_plain_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    with pytest.raises(CommandError, match="Connection refused"):
        sync.connect([address], patience_s=0.1)
    with pytest.raises(ValueError, match="'localhost' is no address"):
        sync.connect(["localhost"])


def test_connect_in_a_task_says_which_client_is_the_right_one() -> None:
    async def main() -> None:
        sync.connect(["127.0.0.1:9970"])

    for run in (lambda: trio.run(main), lambda: asyncio.run(main())):
        with pytest.raises(
            RuntimeError, match=r"^this is the client for threads, .* agentmgr\.client\.aio, "
        ):
            run()


def test_same_names_as_in_the_other_clients() -> None:
    assert set(sync.__all__) == set(agentmgr.client.__all__)
    for ours, theirs in ((sync.Agent, agentmgr.client.Agent), (sync.Pom, agentmgr.client.Pom)):
        public = {name for name in dir(theirs) if not name.startswith("_")}
        assert public <= set(dir(ours))
