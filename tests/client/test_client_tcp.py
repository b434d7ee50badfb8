"""The SDK over real TCP: its own opener, and the example as it stands."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from types import FunctionType, SimpleNamespace

import pytest
import trio
from trio.abc import Stream

import agentmgr.client
from agentmgr.client import CommandError, example, example_aio, example_sync, sync
from agentmgr.testing.scripted import ScriptedServer, Visit
from protocol.connection import CommandReceived
from protocol.enums import CallState, ContactType, NailupStatus
from protocol.notifications import AGTCallNotify, AGTCallStateChangedNotify, AGTNailupChange
from protocol.structures import CompletionCode, Contact

Address = tuple[str, int]


@pytest.fixture
async def address(server: ScriptedServer, nursery: trio.Nursery) -> AsyncIterator[Address]:
    """Where the scripted server listens for TCP."""
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    host, port = listeners[0].socket.getsockname()
    server.zones = {"Default": (host, port)}

    async def serve(stream: Stream) -> None:
        async with stream:
            await server.serve((host, port), stream)

    nursery.start_soon(trio.serve_listeners, serve, listeners)
    yield host, port
    for listener in listeners:
        await listener.aclose()
    nursery.cancel_scope.cancel()


async def test_connect_over_tcp_by_name_uses_one_connection(server: ScriptedServer, address: Address) -> None:
    async with agentmgr.client.connect([f"localhost:{address[1]}"]) as pom:
        agent = await pom.agent("1001")
        await agent.logon("5001", "secret")

    assert len(server.visits) == 1


async def test_connect_where_nobody_listens_says_so() -> None:
    with pytest.raises(
        CommandError, match=r"9999 No Agent Manager could be reached at 127\.0\.0\.1:1: Connection refused\."
    ):
        async with agentmgr.client.connect([("127.0.0.1", 1)], patience_s=0.2):
            pass


async def run_example(address: str) -> None:
    await example.main(address, "1001", "secret")


async def run_example_aio(address: str) -> None:
    """Run it in a thread until the task is cancelled."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(example_aio.main(address, "1001", "secret"))

    def work() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        await trio.sleep_forever()
    finally:
        loop.call_soon_threadsafe(task.cancel)
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(thread.join)


async def run_example_sync(address: str) -> None:
    """Run it in a thread; the end of the connection ends it."""
    poms: list[sync.Pom] = []

    def connect(addresses: list[str]) -> sync.Pom:
        poms.append(sync.connect(addresses))
        return poms[0]

    namespace = SimpleNamespace(connect=connect, CommandError=CommandError)
    main = FunctionType(
        example_sync.main.__code__,
        {**vars(example_sync), "agentmgr": SimpleNamespace(client=SimpleNamespace(sync=namespace))},
    )
    thread = threading.Thread(target=main, args=(address, "1001", "secret"))
    thread.start()
    try:
        await trio.sleep_forever()
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(poms[0].close)
            await trio.to_thread.run_sync(thread.join)


@pytest.mark.parametrize("run", [run_example, run_example_aio, run_example_sync])
async def test_example_takes_a_call_and_wraps_it_up(
    server: ScriptedServer,
    address: Address,
    capsys: pytest.CaptureFixture[str],
    run: Callable[[str], Awaitable[None]],
) -> None:
    done = trio.Event()

    async def nail(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received)
        await visit.notify("1001", AGTNailupChange(NailupStatus.PendingNailUp))

    async def call(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received)
        await visit.notify(
            "1001",
            AGTCallNotify(Contact("7", "Spring", ContactType.Predictive), "S1"),
            AGTCallStateChangedNotify(CallState.Talking),
            AGTCallStateChangedNotify(CallState.Wrapup),
        )

    async def codes(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(
            received, completion_codes_list=(CompletionCode(1, "Sold"), CompletionCode(2, "No"))
        )

    async def wrap_up(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received)
        await visit.notify("1001", AGTCallStateChangedNotify(CallState.Idle))
        done.set()

    server.behaviours |= {
        "AGTAvailableForNailup": nail,
        "AGTReadyForNailup": call,
        "AGTGetCompCodes": codes,
        "AGTWrapupContact": wrap_up,
    }
    shown = ""
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run, f"127.0.0.1:{address[1]}")
            await done.wait()
            while "call_state=<CallState.Idle" not in shown:
                shown += capsys.readouterr().out
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
    assert "wrapped up with Sold" in shown

    (wrapped,) = server.received("AGTWrapupContact")
    assert wrapped.command.completion_code == CompletionCode(1, "Sold")
    assert wrapped.command.session_id == "S1"
