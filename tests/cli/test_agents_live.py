"""What a supervisor does at the terminal while the server runs, seen from desktops that are logged on."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from clishell import Shell
from structlog.testing import capture_logs

import agentmgr.client
from agentmgr.admin.socket import ask
from agentmgr.app import open_server
from agentmgr.settings.file import load
from protocol.enums import AgentState
from protocol.notifications import AGTAgentLoggedOut, AGTStateChangedNotify


@asynccontextmanager
async def floor(config: Path, shell: Shell, *agents: str) -> AsyncIterator[dict[str, Any]]:
    """Serve the configured zone with some agents logged on and Ready; gives them by their ids."""
    for agent_id in agents:
        await told(shell, "agents", "add", agent_id, "--skill", "English", "--password-stdin")
    with capture_logs():  # the server logs to the same standard output
        async with open_server(load(config)) as server:
            (zone,) = server.zones.values()
            async with agentmgr.client.connect([(zone.host, zone.port)]) as pom:
                there = {agent_id: await pom.agent(agent_id) for agent_id in agents}
                for agent_id, agent in there.items():
                    await agent.logon(agent_ext=agent_id, password="secret")
                    await agent.state_change(AgentState.Ready)
                yield there


async def told(shell: Shell, *tokens: str, code: int = 0) -> str:
    return await trio.to_thread.run_sync(lambda: shell(*tokens, code=code))


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    class Secret:
        def readline(self, size: int = -1) -> str:
            return "secret\n"

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr("sys.stdin", Secret())


async def seen(agent: Any, wanted: Callable[[Any], bool]) -> Any:
    with trio.fail_after(30):
        async for event in agent.events():
            if wanted(event):
                return event
    raise AssertionError("the events ended")


async def test_status_shows_who_is_logged_on_and_filters_them(
    config: Path, database: Path, shell: Shell
) -> None:
    async with floor(config, shell, "1001", "1002") as agents:
        await agents["1002"].state_change(AgentState.NotReady, reason_code="7", reason_name="Lunch")
        table = await told(shell, "agents", "status")
        lines = table.splitlines()
        assert lines[0].split()[:6] == ["agent", "name", "zone", "state", "call", "for"]
        assert [line.split()[0] for line in lines[1:]] == ["1001", "1002"]
        assert "NotReady (7)" in lines[2]
        rows = [json.loads(line) for line in (await told(shell, "agents", "status", "--json")).splitlines()]
        assert [(row["agent"], row["state"], row["desktop"]) for row in rows] == [
            ("1001", "Ready", "there"),
            ("1002", "NotReady", "there"),
        ]
        assert "1001" not in await told(shell, "agents", "status", "--state", "notready")
        assert (
            await told(shell, "agents", "status", "--state", "away") == "nobody is logged on who is meant\n"
        )


async def test_notready_and_logoff_are_told_to_the_desktop_and_answered_for_each(
    config: Path, database: Path, shell: Shell
) -> None:
    async with floor(config, shell, "1001", "1002") as agents:
        said = await told(shell, "agents", "notready", "1001", "9999", "--reason", "9", code=1)
        zone = load(config).zones[0].name
        assert said.splitlines() == [
            f"agent 1001 in zone {zone}: is not ready",
            "agent 9999: is not logged on",
        ]
        assert shell.error == "1 of 2 agents: not done; the lines above say why\n"
        await seen(agents["1001"], lambda event: event == AGTStateChangedNotify(AgentState.NotReady))
        said = await told(shell, "agents", "logoff", "1001", "1002", "--now")
        assert said.count("is logged off") == 2
        for agent in agents.values():
            await seen(agent, lambda event: isinstance(event, AGTAgentLoggedOut))
        assert await told(shell, "agents", "status") == "nobody is logged on who is meant\n"


async def test_move_to_a_campaign_is_seen_in_the_status(config: Path, campaign: str, shell: Shell) -> None:
    async with floor(config, shell, "1001"):
        await told(shell, "agents", "move", "1001", "--to", campaign, code=1)
        assert "was never run; run it first" in shell.error
        await told(shell, "campaign", "run", campaign)
        said = ""
        with trio.fail_after(30):  # until the zone has loaded the job
            while "works in it" not in said:
                try:
                    said = await told(shell, "agents", "move", "1001", "--to", campaign)
                except AssertionError:
                    assert "not done" in shell.error
        row = json.loads(await told(shell, "agents", "status", "--campaign", campaign, "--json"))
        assert row["placed_in"] == campaign
        assert "works where it is needed" in await told(shell, "agents", "move", "1001", "--anywhere")


async def test_watching_the_floor_starts_with_all_and_goes_on_with_what_changes(
    config: Path, campaign: str, shell: Shell
) -> None:
    async with floor(config, shell, "1001", "1002") as agents:
        await told(shell, "campaign", "run", campaign)
        rows = ask(Path(load(config).admin.socket), "WatchFloor", {"zone": ""})

        def read(wanted: Callable[[Mapping[str, Any]], bool]) -> list[Mapping[str, Any]]:
            found = []
            for row in rows:
                found.append(row)
                if wanted(row):
                    return found
            raise AssertionError("it ended")

        first = await trio.to_thread.run_sync(read, lambda row: row["kind"] == "drawn")
        assert [row["whole"] for row in first if row["kind"] == "zone"] == [True]
        assert {row["agent"] for row in first if row["kind"] == "agent"} == {"1001", "1002"}
        seen = await trio.to_thread.run_sync(read, lambda row: row["kind"] == "campaign")
        assert (seen[-1]["campaign"], seen[-1]["fresh"]) == (campaign, 2)
        await agents["1001"].state_change(AgentState.NotReady, reason_code="7")
        seen = await trio.to_thread.run_sync(read, lambda row: row["kind"] == "agent")
        assert (seen[-1]["agent"], seen[-1]["state"]) == ("1001", "NotReady")
        await told(shell, "agents", "logoff", "1002", "--now")
        seen = await trio.to_thread.run_sync(read, lambda row: row["kind"] == "gone")
        assert seen[-1]["agent"] == "1002"
        assert not any(row["kind"] == "agent" and row["agent"] == "1001" for row in seen)
        rows.close()  # type: ignore[attr-defined]  # it is a generator


async def test_campaign_status_says_who_is_there_and_why_nothing_is_dialled(
    config: Path, campaign: str, shell: Shell
) -> None:
    await told(shell, "campaign", "run", campaign)
    status = json.loads(await told(shell, "campaign", "status", campaign, "--json"))
    assert "is not served here: no server runs, or another one serves it" in status["why"]
    assert (status["fresh"], status["contacts"]) == (2, 2)
    async with floor(config, shell):
        while "no agent with the skill English is logged on" not in (
            shown := await told(shell, "campaign", "status", campaign)
        ):
            assert "has not begun with it" in shown or "is not served" in shown
        await told(shell, "campaign", "pause", campaign)
        assert "it is paused; agentmgr campaign resume Spring goes on" in await told(
            shell, "campaign", "status", campaign
        )


async def test_campaign_status_counts_those_with_the_skill_who_do_not_work(
    config: Path, campaign: str, shell: Shell
) -> None:
    async with floor(config, shell, "1001", "1002") as agents:
        await agents["1002"].state_change(AgentState.NotReady, reason_code="7")
        await told(shell, "campaign", "run", campaign)
        why = (
            "none of the 2 agents with the skill English is free for it:"
            " 1 not ready or leaving, 1 without a line"
        )
        with trio.fail_after(30):  # the job begins, and its contacts are due from the moment on
            while json.loads(await told(shell, "campaign", "status", campaign, "--json"))["why"] != why:
                pass


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["logoff", "1001"],
        ["notready", "1001", "--reason", "7"],
        ["move", "1001", "--anywhere"],
    ],
)
def test_without_a_server_the_live_commands_say_so_in_one_line(
    database: Path, shell: Shell, command: list[str]
) -> None:
    shell("agents", *command, code=1)
    assert shell.error == (
        "no server is running here, and without one nobody is logged on; agentmgr serve starts it\n"
    )


def test_move_says_to_where_or_anywhere(database: Path, shell: Shell) -> None:
    for options in ([], ["--to", "Spring", "--anywhere"]):
        shell("agents", "move", "1001", *options, code=2)
        assert "either --to CAMPAIGN or --anywhere" in shell.error
