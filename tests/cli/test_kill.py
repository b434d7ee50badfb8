"""kill -9 of the server amid wrapups: what desktops were told stands, and everybody goes on afterwards."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trio
from attrs import define, field
from test_serve import AGENTMGR, Server, ask, port_of

import agentmgr.client
from agentmgr.store import open_sqlite
from protocol.commands import AGTWrapupContact
from protocol.enums import AgentState, CallbackType, CallState, ContactType, NailupStatus
from protocol.notifications import (
    AGTCallNotify,
    AGTCallStateChangedNotify,
    AGTNailupChange,
    POMNotAvailable,
)
from protocol.results import ResultCode
from protocol.structures import CompletionCode, Contact

pytestmark = pytest.mark.slow

WRAPUPS = 200
AGENTS = 20
SPEED, SPEED_AFTERWARDS = 40, 150
KEEPER = "1001"
"""The agent that is left in wrapup when the server dies."""
NOBODY = Contact("", "", ContactType.Preview)
SETTINGS = f"""
[zones.timers]
lost_desktop_s = 80000
[switch]
speed = {SPEED}
live = 1.0
busy = 0.0
rejected = 0.0
machine = 0.0
invalid = 0.0
congestion = 0.0
answer_median_s = 1.0
patience_median_s = 600.0
nail_loss_per_h = 0.0
"""


@define
class Life:
    """What the desktops see while one server lives; `done` ends it."""

    server: Server
    confirmed: list[str]
    is_first: bool
    kept: str = ""
    calls_back: str = ""
    resumed: list[str] = field(factory=list)
    called_back: list[str] = field(factory=list)
    done: trio.Event = field(factory=trio.Event)

    async def run(self) -> None:
        """Let all agents work until `done`, and then forget everything that is under way."""
        with trio.fail_after(300):  # for what hangs: a crowded machine takes two minutes
            async with (
                agentmgr.client.connect([("127.0.0.1", port_of(self.server, "zone_served"))]) as pom,
                trio.open_nursery() as nursery,
            ):
                for number in range(AGENTS):
                    nursery.start_soon(self._work, await pom.agent(str(1001 + number)))
                await self.done.wait()
                nursery.cancel_scope.cancel()

    async def _work(self, agent: agentmgr.client.Agent) -> None:
        await agent.logon(agent.agent_id, "secret")
        await agent.save_agent_for_ha()
        if agent.agent_state is AgentState.NotReady:
            await agent.state_change(AgentState.Ready)
        if agent.nailup_status is NailupStatus.NotNailedUp:
            await agent.available_for_nailup()
        contact, sid = NOBODY, ""
        async for event in agent.events():
            # refused, because the customer was quicker, or unanswered, because the server is dead
            with suppress(agentmgr.client.CommandError):
                match event:
                    case AGTNailupChange(nailup_status=NailupStatus.PendingNailUp):
                        await agent.ready_for_nailup()
                    case AGTCallNotify(contact=contact, session_id=sid):
                        pass
                    case AGTCallStateChangedNotify(call_state=CallState.Callback):
                        await agent.preview_dial(contact.contact_numbers[0], sid)
                    case AGTCallStateChangedNotify(call_state=CallState.Talking):
                        await agent.release_line(sid)
                    case AGTCallStateChangedNotify(call_state=CallState.Wrapup):
                        await self._wrap_up(agent, contact, sid)
                    case POMNotAvailable():  # all that the server had sent before it died has been read
                        self.done.set()

    async def _wrap_up(self, agent: agentmgr.client.Agent, contact: Contact, sid: str) -> None:
        if self.is_first and agent.agent_id == KEEPER:
            await agent.create_callback(CallbackType.Standard, soon(), 60, contact.contact_numbers[0], sid)
            self.kept, self.calls_back = sid, contact.contact_id
            return
        response = await agent.request(AGTWrapupContact(CompletionCode(1, ""), sid))
        if response.result is ResultCode.SUCCESS:
            self.confirmed.append(sid)
            if int(sid) // 10**9 == 1 and not self.is_first:
                self.resumed.append(sid)
        if self.is_first and self.kept and len(self.confirmed) >= WRAPUPS // 2:
            self.server.process.kill()
        if contact.contact_type is ContactType.Callback:
            self.called_back.append(contact.contact_id)
            self.done.set()


def soon() -> str:
    """Return a time that the fast clock of the first server has not come to when it is killed."""
    return (datetime.now(UTC) + timedelta(minutes=10)).strftime("%Y/%m/%d %H:%M")


@pytest.fixture
def running(config: Path, database: Path) -> Iterator[list[Server]]:
    """Servers started one after the other on the same files; the last one is ended at the end."""
    config.write_text(config.read_text() + SETTINGS)
    servers: list[Server] = []
    yield servers
    for server in servers:
        server.process.kill()
        server.process.wait()
        assert server.process.stderr is not None
        server.process.stderr.close()


def start(servers: list[Server]) -> Server:
    server = Server(subprocess.Popen([*AGENTMGR, "serve"], stderr=subprocess.PIPE, text=True))
    servers.append(server)
    server.until("server_ready")
    return server


def test_server_killed_amid_wrapups_loses_none_and_all_go_on(
    running: list[Server], config: Path, database: Path, tmp_path: Path
) -> None:
    contacts = tmp_path / "people.csv"
    rows = "".join(f"C{n},+1415555{n:04}\n" for n in range(100, 100 + 2 * WRAPUPS))
    contacts.write_text("UserContactId,PhoneNumber1\n" + rows)
    ask("contacts", "import", str(contacts), "--list", "People")
    ask(
        *("campaign", "create", "Spring", "--list", "People", "--skill", "S", "--pacing", "progressive"),
        *("--wrapup-time", "3600", "--code", "Done", "--code", "None"),
    )
    ask("agents", "add", "1001", "--count", str(AGENTS), "--skill", "S", "--password-stdin", input="secret\n")
    server = start(running)
    ask("campaign", "run", "Spring")
    confirmed: list[str] = []

    first = Life(server, confirmed, True)
    trio.run(first.run)
    server.process.wait()
    assert WRAPUPS // 2 <= len(confirmed) < WRAPUPS
    assert not first.called_back

    config.write_text(config.read_text().replace(f"speed = {SPEED}", f"speed = {SPEED_AFTERWARDS}"))
    server = start(running)
    second = Life(server, confirmed, False, first.kept, first.calls_back)
    trio.run(second.run)
    assert second.called_back == [first.calls_back]
    status = json.loads(ask("campaign", "status", "Spring", "--json").stdout.splitlines()[0])
    assert status["callbacks"] == 0
    assert server.end() == 0

    store = open_sqlite(database)
    rows_stored = store.dispositions(1, 0, 10_000)
    store.close()
    by_agents = [row for row in rows_stored if row.source == "agent"]
    stored = {row.attempt_id for row in rows_stored}
    assert len(rows_stored) == len(stored)
    assert len(confirmed) == len(set(confirmed))
    assert set(confirmed) <= stored
    # of a few wrapups nobody heard any more: at most one an agent, each time the desktops were cut off
    assert len(by_agents) - len(confirmed) <= 2 * AGENTS
    assert first.kept in second.resumed
    called = [row.user_contact_id for row in rows_stored]
    twice = {contact for contact in called if called.count(contact) > 1}
    assert twice == {first.calls_back}
    assert called.count(first.calls_back) == 2
