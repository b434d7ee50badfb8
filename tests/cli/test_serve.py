"""The server as a process of its own: served commands, its HTTP port, its end."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest
import trio
from attrs import define, field

import agentmgr.client
from agentmgr.cli import run
from agentmgr.client import Tls
from protocol.notifications import AGTZoneDown

pytestmark = pytest.mark.slow

ENDS_WITHIN_S = 5
AGENTMGR = [sys.executable, "-m", "agentmgr"]


@define
class Server:
    """A running `agentmgr serve`, and the log lines read so far."""

    process: subprocess.Popen[str]
    lines: list[dict[str, Any]] = field(factory=list)

    def until(self, event: str) -> dict[str, Any]:
        """Read the log up to an event and return its line."""
        log: IO[str] | None = self.process.stderr
        assert log is not None
        for text in log:
            line: dict[str, Any] = json.loads(text)
            self.lines.append(line)
            if line["event"] == event:
                return line
        raise AssertionError(f"the log ended without {event}: {self.lines}")

    def end(self) -> int:
        """Send SIGTERM, read the rest of the log, and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        self.until("server_ended")
        return self.process.wait(ENDS_WITHIN_S)


@pytest.fixture
def server(database: Path) -> Iterator[Server]:
    process = subprocess.Popen([*AGENTMGR, "serve"], stderr=subprocess.PIPE, text=True)
    server = Server(process)
    try:
        server.until("server_ready")
        yield server
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def ask(*tokens: str, code: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*AGENTMGR, *tokens], capture_output=True, text=True, **options)
    assert done.returncode == code, done.stderr
    return done


def port_of(server: Server, event: str) -> int:
    (line,) = [line for line in server.lines if line["event"] == event]
    port: int = line["port"]
    return port


def test_campaign_life_through_the_admin_socket(server: Server, tmp_path: Path) -> None:
    contacts = tmp_path / "people.csv"
    contacts.write_text(
        "UserContactId,PhoneNumber1\n" + "".join(f"C{n},+1415555{n:04}\n" for n in range(100, 199))
    )
    assert stat.S_IMODE((tmp_path / "run" / "admin.sock").stat().st_mode) == 0o600
    imported = ask("contacts", "import", contacts.name, "--list", "People", cwd=tmp_path)
    assert imported.stdout == "99 contacts new, 0 updated, 0 rows rejected\n"
    ask("campaign", "create", "Spring", "--list", "People", "--skill", "English")
    started = ask("campaign", "run", "Spring")
    assert started.stdout == "campaign Spring: job 1 with 99 contacts in zone Default\n"
    assert ask("campaign", "pause", "Spring").stdout == "campaign Spring: paused at 0 of 99 contacts\n"
    assert ask("campaign", "resume", "Spring").stdout == "campaign Spring: goes on at 0 of 99 contacts\n"
    queued = ask("campaign", "run", "Spring").stdout
    assert queued.endswith(
        "job 2 with 99 contacts in zone Default; it starts when the job before it is over\n"
    )
    assert ask("campaign", "stop", "--job", "2").stdout
    assert "ends after the contacts being worked on" in ask("campaign", "stop", "Spring").stdout
    assert json.loads(ask("campaign", "status", "Spring", "--json").stdout)["state"] in (
        "stopping",
        "stopped",
    )
    assert server.end() == 0


def test_second_server_on_the_same_files_is_refused_in_one_line(server: Server) -> None:
    refused = ask("serve", code=1)
    assert "another server is running with this admin socket" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert server.end() == 0


def test_server_on_a_port_that_is_taken_says_so(server: Server, config: Path) -> None:
    port = port_of(server, "zone_served")
    other = config.with_name("other.toml")
    other.write_text(f"[[zones]]\nport = {port}\n[http]\nport = 0\n")
    refused = ask("serve", "--config", str(other), code=1)
    assert refused.stderr == f"zone Default: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


def test_http_port_shows_metrics_and_health(server: Server) -> None:
    port = port_of(server, "http_served")
    assert json.loads(_get(port, "/healthz")) == {"Default": "ok"}
    metrics = _get(port, "/metrics").decode()
    assert 'agentmgr_agents{state="Ready",zone="Default"} 0.0' in metrics
    with pytest.raises(urllib.error.HTTPError, match="404"):
        _get(port, "/nothing")


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        body: bytes = answer.read()
        return body


def test_sigterm_tells_desktops_and_exits_0(server: Server) -> None:
    added = ask("agents", "add", "1001", "--skill", "S", "--password-stdin", input="secret\n")
    assert added.stdout == "agent 1001 added\n"
    assert trio.run(_log_on_and_wait_for_the_end, server) == 0
    server.until("server_ended")
    assert [line["signal"] for line in server.lines if line["event"] == "server_ending"] == ["SIGTERM"]


async def _log_on_and_wait_for_the_end(server: Server) -> int:
    port = port_of(server, "zone_served")
    with trio.fail_after(30):
        async with agentmgr.client.connect([("127.0.0.1", port)]) as pom:
            agent = await pom.agent("1001")
            await agent.logon("5001", "secret", zone="Default")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(
                    partial(trio.to_thread.run_sync, server.process.send_signal, signal.SIGTERM)
                )
                async for event in agent.events():
                    if isinstance(event, AGTZoneDown):
                        break
    return await trio.to_thread.run_sync(partial(server.process.wait, ENDS_WITHIN_S))


def test_killed_server_leaves_nothing_in_the_way_of_the_next(server: Server, database: Path) -> None:
    server.process.kill()
    server.process.wait()
    with subprocess.Popen([*AGENTMGR, "serve"], stderr=subprocess.PIPE, text=True) as process:
        again = Server(process)
        again.until("server_ready")
        assert again.end() == 0


def test_export_into_a_closed_pipe_ends_without_a_traceback(database: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*AGENTMGR, "--help"], stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert done.stderr == ""


def test_module_and_command_are_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == ask("--version").stdout


def test_desk_works_until_it_is_told_to_stop(server: Server) -> None:
    ask("agents", "add", "1001", "--count", "3", "--skill", "S", "--password-stdin", input="secret\n")
    command = [*AGENTMGR, "desk", "--count", "3", "--password", "secret", "--speed", "100"]
    command += ["--port", str(port_of(server, "zone_served"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as desk:
        ready = set()
        while len(ready) < 3:
            line = server.until("agent_state_changed")
            if line["state"] == "Ready":
                ready.add(line["agent"])
        desk.send_signal(signal.SIGINT)
        output, _ = desk.communicate()
    assert desk.returncode == 0
    assert "agents finish their contact and log off" in output
    assert output.endswith("3 desktops: 0 contacts, 0 wrapped up by their agents\n")
    assert ready == {"1001", "1002", "1003"}


def test_desk_with_a_wrong_password_says_how_many_could_not_log_on(server: Server) -> None:
    ask("agents", "add", "1001", "--skill", "S", "--password-stdin", input="secret\n")
    port = str(port_of(server, "zone_served"))
    refused = ask("desk", "--port", port, "--password", "wrong", "--speed", "100", code=1)
    assert refused.stderr == "1 of 1 agents could not log on: 1 with 17 AUTHENTICATION_FAILED\n"


def test_desk_without_a_server_says_so(config: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    refused = ask("desk", "--port", str(port), code=1)
    assert f"No Agent Manager could be reached at 127.0.0.1:{port}" in refused.stderr
    assert refused.stderr.count("\n") == 1


def secured(config: Path) -> Path:
    """Have the ports of a configuration encrypted; returns the directory of the certificates."""
    directory = config.parent / "tls"
    ask("dev-cert", str(directory))
    files = f'certificate = "{directory}/server.pem"\nkey = "{directory}/server.key"\n'
    text = config.read_text()
    assert "[[zones]]" in text
    assert "[http]" in text
    text = text.replace("[[zones]]", f"[http.tls]\n{files}[[zones]]") + f"[zones.tls]\n{files}"
    config.write_text(text)
    return directory


def test_certificate_is_swapped_at_sighup_and_connections_go_on(config: Path, database: Path) -> None:
    directory = secured(config)
    ask("check-config", str(config))
    with subprocess.Popen([*AGENTMGR, "serve"], stderr=subprocess.PIPE, text=True) as process:
        server = Server(process)
        server.until("server_ready")
        try:
            trio.run(_swap, server, directory)
            assert server.end() == 0
        finally:
            process.kill()


async def _swap(server: Server, directory: Path) -> None:
    where = [("127.0.0.1", port_of(server, "zone_served"))]
    old = Tls(directory / "ca.pem")
    async with agentmgr.client.connect(where, tls=old) as before:
        (directory / "server.key").write_text("nothing")
        server.process.send_signal(signal.SIGHUP)
        refused = await trio.to_thread.run_sync(server.until, "certificate_not_changed")
        assert "has no private key in PEM" in refused["why"]
        async with agentmgr.client.connect(where, tls=old):
            pass
        await trio.to_thread.run_sync(partial(ask, "dev-cert", str(directory)))
        server.process.send_signal(signal.SIGHUP)
        await trio.to_thread.run_sync(server.until, "certificate_changed")
        await trio.to_thread.run_sync(server.until, "certificate_changed")
        async with agentmgr.client.connect(where, tls=Tls(directory / "ca.pem")) as after:
            assert (await after.get_error_string(17)).result == 0
        assert (await before.get_error_string(17)).result == 0


def test_server_with_files_that_do_not_fit_says_so_and_does_not_start(config: Path, database: Path) -> None:
    directory = secured(config)
    (directory / "server.pem").unlink()
    for command in (("serve",), ("check-config", str(config))):
        refused = ask(*command, code=1 if command == ("serve",) else 2)
        assert refused.stderr.count("\n") == 1
        assert "zone Default: " in refused.stderr
        assert "server.pem: cannot be read: No such file" in refused.stderr
