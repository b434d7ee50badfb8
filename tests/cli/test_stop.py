"""A server that stops while an agent talks to a customer: it is told to, or its database is taken away."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, field

import agentmgr.client
from agentmgr.cli import run
from protocol.commands import AgentSDKConnected
from protocol.connection import ClientConnection, NotificationReceived, command_bytes
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import (
    AGTAgentLoggedOut,
    AGTCallNotify,
    AGTCallStateChangedNotify,
    AGTNailupChange,
    AGTZoneDown,
    POMConnectionClosed,
)
from protocol.registry import VERSION
from protocol.results import ResultCode
from protocol.structures import CompletionCode
from protocol.test_numbers import Outcome, number_for

pytestmark = pytest.mark.slow

GRACE_S = 20
"""Longer than any of these tests may take: each ends it in another way."""
ENDS_WITHIN_S = 5
AGENTMGR = [sys.executable, "-m", "agentmgr"]
CONFIG = """
[server]
stop_grace_s = {grace_s}
[database]
path = "{directory}/agentmgr.sqlite"
[admin]
socket = "{directory}/run/admin.sock"
[http]
port = 0
[switch]
speed = 10.0
nail_answer = 1.0
[[zones]]
port = 0
"""


@define
class Server:
    """A running `agentmgr serve` with one agent and one progressive campaign of endless talks."""

    process: subprocess.Popen[str]
    database: Path
    port: int = 0
    last_line: str = ""
    lines: list[dict[str, Any]] = field(factory=list)

    def until(self, event: str) -> dict[str, Any]:
        assert self.process.stderr is not None
        for text in self.process.stderr:
            self.last_line = text
            if not text.startswith("{"):
                continue
            self.lines.append(json.loads(text))
            if self.lines[-1]["event"] == event:
                return self.lines[-1]
        raise AssertionError(f"the log ended without {event}: {self.lines}")

    def dispositions(self, database: Path | None = None) -> list[tuple[str, int]]:
        """Return who set which completion code, as it is on disk."""
        with closing(sqlite3.connect(database or self.database)) as found:
            return found.execute("select source, code_id from disposition").fetchall()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    config = tmp_path / "agentmgr.toml"
    config.write_text(CONFIG.format(directory=tmp_path, grace_s=GRACE_S))
    monkeypatch.setenv("AGENTMGR_CONFIG", str(config))
    assert run(["init"]) == 0
    contacts = tmp_path / "people.csv"
    numbers = enumerate(number_for(Outcome.ANSWERS, line=line) for line in range(8))
    contacts.write_text("UserContactId,PhoneNumber1\n" + "".join(f"C{n},{number}\n" for n, number in numbers))
    ask("agents", "add", "1001", "--count", "2", "--skill", "S", "--password-stdin", input="secret\n")
    ask("contacts", "import", str(contacts), "--list", "People")
    ask("campaign", "create", "Spring", "--list", "People", "--skill", "S", "--pacing", "progressive")
    process = subprocess.Popen([*AGENTMGR, "serve"], stderr=subprocess.PIPE, text=True)
    server = Server(process, tmp_path / "agentmgr.sqlite")
    try:
        server.port = server.until("zone_served")["port"]
        server.until("server_ready")
        ask("campaign", "run", "Spring")
        yield server
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def ask(*tokens: str, **options: Any) -> None:
    done = subprocess.run([*AGENTMGR, *tokens], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr


@define
class Desk:
    """An agent who talks to a customer, and everything that its desktop is told from then on."""

    agent: agentmgr.client.Agent
    sid: str
    told: list[Any] = field(factory=list)
    news: trio.Condition = field(factory=trio.Condition)

    async def follow(self) -> None:
        async for event in self.agent.events():
            async with self.news:
                self.told.append(event)
                self.news.notify_all()

    async def sees(self, cls: type[Any]) -> Any:
        async with self.news:
            while not any(isinstance(event, cls) for event in self.told):
                await self.news.wait()
        return next(event for event in self.told if isinstance(event, cls))


async def talk(agent: agentmgr.client.Agent) -> str:
    await agent.logon("5001", "secret", zone="Default")
    await agent.state_change(AgentState.Ready)
    await agent.available_for_nailup()
    sid = ""
    async for event in agent.events():
        match event:
            case AGTNailupChange(nailup_status=NailupStatus.PendingNailUp):
                await agent.ready_for_nailup()
            case AGTCallNotify(session_id=session_id):
                sid = session_id
            case AGTCallStateChangedNotify(call_state=CallState.Talking):
                break
    return sid


@asynccontextmanager
async def talking(server: Server) -> AsyncIterator[tuple[agentmgr.client.Pom, Desk]]:
    with trio.fail_after(GRACE_S - 2):
        async with agentmgr.client.connect([("127.0.0.1", server.port)]) as pom:
            agent = await pom.agent("1001")
            desk = Desk(agent, await talk(agent))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(desk.follow)
                yield pom, desk
                nursery.cancel_scope.cancel()


async def wrap_up(desk: Desk) -> None:
    codes = (await desk.agent.get_comp_codes(desk.sid)).completion_codes_list
    await desk.agent.wrapup_contact(CompletionCode(codes[0].code_id), desk.sid)


async def tell(server: Server, number: signal.Signals = signal.SIGTERM) -> None:
    await trio.to_thread.run_sync(server.process.send_signal, number)


async def exit_code(server: Server) -> int:
    return await trio.to_thread.run_sync(partial(server.process.wait, ENDS_WITHIN_S))


def play(scene: Callable[[Server], Awaitable[None]], server: Server) -> None:
    trio.run(scene, server)
    assert server.process.wait(ENDS_WITHIN_S) == 0
    server.until("server_ended")


def last_words(line: socket.socket) -> str:
    """Read a connection that said hello to its end, and return the reason that came with the close."""
    wire, reasons = ClientConnection(), []
    while data := line.recv(65536):
        for message in wire.receive(data):
            if isinstance(message, NotificationReceived) and isinstance(
                message.notification, POMConnectionClosed
            ):
                reasons.append(message.notification.reason)
    (reason,) = reasons
    return reason


def test_agent_finishes_its_talk_and_then_the_server_ends(server: Server) -> None:
    async def scene(server: Server) -> None:
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(command_bytes(1, "", AgentSDKConnected((), VERSION)))
            async with talking(server) as (pom, desk):
                await tell(server)
                assert (await desk.sees(AGTZoneDown)).grace_period_in_millis == GRACE_S * 1000
                other = await pom.agent("1002")
                with pytest.raises(agentmgr.client.CommandError) as refused:
                    await other.logon("5002", "secret", zone="Default")
                assert refused.value.code is ResultCode.SYSTEM_NOT_AVAILABLE
                await desk.agent.hold_call(desk.sid)
                await desk.agent.unhold_call(desk.sid)
                await desk.agent.release_line(desk.sid)
                await wrap_up(desk)
                await desk.sees(AGTAgentLoggedOut)
            assert await trio.to_thread.run_sync(last_words, line) == (
                "the server is ending; connect again later"
            )

    play(scene, server)
    assert [source for source, _ in server.dispositions()] == ["agent"]
    (ending,) = [line for line in server.lines if line["event"] == "server_ending"]
    assert (ending["signal"], ending["grace_s"]) == ("SIGTERM", GRACE_S)


def test_second_signal_ends_the_grace_in_order(server: Server) -> None:
    async def scene(server: Server) -> None:
        async with talking(server) as (_, desk):
            await tell(server)
            await desk.sees(AGTZoneDown)
            await desk.agent.hold_call(desk.sid)
            await tell(server, signal.SIGINT)
            await desk.sees(AGTAgentLoggedOut)

    play(scene, server)
    assert [source for source, _ in server.dispositions()] == ["default"]


def test_database_that_is_deleted_under_the_server_ends_it_and_is_saved(server: Server) -> None:
    async def scene(server: Server) -> None:
        async with talking(server) as (_, desk):
            await desk.agent.release_line(desk.sid)
            await wrap_up(desk)
            for path in server.database.parent.glob("agentmgr.sqlite*"):
                path.unlink()
            assert await exit_code(server) == 1

    trio.run(scene, server)
    with pytest.raises(AssertionError, match="the log ended"):
        server.until("nothing that is logged")
    words = f"{server.database} was deleted or moved away while it was open; all that was confirmed is in "
    assert server.last_line.startswith(words)
    saved = Path(server.last_line.removeprefix(words).partition(";")[0])
    assert [source for source, _ in server.dispositions(saved)] == ["agent"]
