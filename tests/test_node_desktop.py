"""scripts/desktop.mjs, a client that shares no code with the server, against a real server."""

import contextlib
import fcntl
import io
import json
import os
import pty
import queue
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import msgpack
import pytest
from attrs import define, field

from agentmgr.cli import run
from protocol.test_numbers import RANGES, Outcome, number_for

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
NODE = ROOT / "scripts" / "node"
DESKTOP = ROOT / "scripts" / "desktop.mjs"
AGENTMGR = [sys.executable, "-m", "agentmgr"]

INSTALLED_WITHIN_S = 300
SERVES_WITHIN_S = 20
SCRIPT_WITHIN_S = 60
SCREEN_WITHIN_S = 20

# The test numbers of PROTOCOL.md: answered at once, and hung up never, or after 3 s of talk.
TALKS_ON = tuple(number_for(Outcome.ANSWERS, line=line) for line in range(len(RANGES)))
TALKS_3_S = number_for(Outcome.ANSWERS, time_s=3)

CONFIG = """
[server]
stop_grace_s = 1
[database]
path = "{directory}/agentmgr.sqlite"
[admin]
socket = "{directory}/run/admin.sock"
[http]
port = 0
[log]
format = "json"
[[zones]]
port = 0
[switch]
nail_answer = 1.0
nail_answer_median_s = 0.1
nail_loss_per_h = 0.0
"""


@pytest.fixture(scope="module", autouse=True)
def node() -> None:
    """Node.js and its package are there; two of pytest's workers don't install at the same time."""
    with (ROOT / "scripts" / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([NODE, "--version"], check=True, timeout=INSTALLED_WITHIN_S)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server with a campaign for each skill."""
    directory = tmp_path_factory.mktemp("node-desktop")
    config = directory / "agentmgr.toml"
    config.write_text(CONFIG.format(directory=directory))

    def ask(*tokens: str, given: str = "") -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AGENTMGR_CONFIG", str(config))
            patch.setattr(sys, "stdin", io.StringIO(given))
            assert run(tokens) == 0

    ask("init")
    for skill, numbers, first_agent in [
        ("English", TALKS_ON, "1001"),
        ("German", (TALKS_3_S,), "2001"),
        ("Welsh", (), "3001"),
    ]:
        ask(
            "agents",
            "add",
            first_agent,
            "--count",
            "2",
            "--skill",
            skill,
            "--password-stdin",
            given="secret\n",
        )
        if numbers:
            contacts = directory / f"{skill}.csv"
            # a number is in work once, and two agents of a skill work at a time
            rows = [
                f"{skill}-{n},Ada,Lovelace,{number},ada{n}@example.com"
                for n, number in enumerate(islice(cycle(numbers), 50))
            ]
            contacts.write_text("\n".join(["UserContactId,FirstName,LastName,PhoneNumber1,Email", *rows]))
            ask("contacts", "import", str(contacts), "--list", skill)
            ask("campaign", "create", skill, "--list", skill, "--skill", skill, "--pacing", "progressive")
            ask("campaign", "run", skill)

    process = subprocess.Popen([*AGENTMGR, "serve", "--config", config], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    log: queue.Queue[dict[str, Any]] = queue.Queue()
    reader = threading.Thread(
        target=lambda lines: [log.put(json.loads(line)) for line in lines], args=[process.stderr]
    )
    reader.start()
    try:
        served = None
        while (line := log.get(timeout=SERVES_WITHIN_S))["event"] != "server_ready":
            if line["event"] == "zone_served":
                served = line["port"]
        assert served is not None
        yield served
    finally:
        process.terminate()
        process.wait(SERVES_WITHIN_S)
        reader.join()
        process.stderr.close()
    faults = [line for line in log.queue if line["level"] == "error"]
    assert faults == []


def script(
    port: int, *options: str, agent: str = "1001", second: str = "1002", password: str = "secret"
) -> Any:
    """Run the desktop without a terminal; return its exit code, its JSON object, and its complaint."""
    agents = ["--agent", agent, "--second", second, "--password", password]
    command = [NODE, DESKTOP, "--script", "--port", str(port), *agents, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SCRIPT_WITHIN_S)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


@pytest.mark.parametrize(
    ("finish", "ends_with"),
    [
        ("cancel", ["cancel consult", "release by 1001", "wrap up by 1001", "log off 1001", "log off 1002"]),
        ("transfer", ["transfer", "log off 1001", "release by 1002", "wrap up by 1002", "log off 1002"]),
        (
            "conference",
            ["end conference", "release by 1001", "wrap up by 1001", "log off 1001", "log off 1002"],
        ),
    ],
)
def test_a_contact_from_end_to_end(port: int, finish: str, ends_with: list[str]) -> None:
    # Forced, so that what an earlier test left behind by failing is no failure of this one.
    code, result, complaint = script(port, "--finish", finish, "--code", "Not interested", "--force")
    assert (code, complaint) == (0, "")
    assert result["ok"]
    assert result["contact"].startswith("English-")
    assert {"nailed up", "customer", "note", "hold", "unhold", "consult"} < set(result["steps"])
    assert result["steps"][-len(ends_with) :] == ends_with


def test_a_refusal_is_told_with_its_code_and_text(port: int) -> None:
    code, result, complaint = script(port, password="wrong")
    assert (code, result) == (1, None)
    refusal = "log on: AGTLogon is refused with 17: Agent or account, password or resume token is wrong."
    assert complaint == f"desktop.mjs: {refusal}\n"


def test_what_does_not_come_is_told_with_what_came(port: int) -> None:
    code, result, complaint = script(port, "--limit", "0.5", "--force", agent="3001", second="3002")
    assert (code, result) == (1, None)
    assert complaint.startswith(
        "desktop.mjs: nailed up: expected NailedUp within 0.5 s; 3001 has Ready, NoState, NotNailedUp"
    )


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    code, _, complaint = script(port)
    assert (code, complaint) == (
        1,
        f"desktop.mjs: log on: 127.0.0.1:{port} cannot be reached: ECONNREFUSED\n",
    )


def frame(message: dict[str, Any]) -> bytes:
    body = msgpack.packb(message)
    return struct.pack(">I", len(body)) + body


def serve_bytewise(server: socket.socket, notifications: list[dict[str, Any]]) -> None:
    """Be a newer server that sends each byte by itself, notifications first; close after the logon."""
    connection, _ = server.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as received:
        while length := received.read(4):
            command = msgpack.unpackb(received.read(*struct.unpack(">I", length)))
            resp = {
                "name": command["name"] + "RESP",
                "id": command["id"],
                "args": {"result": 0, "later": [1]},
            }
            goodbye = {"name": "POMConnectionClosed", "args": {"reason": "maintenance"}, "later": True}
            answer = [resp] if command["name"] == "AgentSDKConnected" else [goodbye]
            for byte in b"".join(map(frame, [*notifications, *answer])):
                connection.sendall(bytes([byte]))
            if answer == [goodbye]:
                return


def test_pieces_of_frames_and_unknown_messages_do_no_harm_and_the_reason_of_a_close_is_told() -> None:
    unknown = {"name": "AGTNotKnownYet", "agentID": "1001", "args": {"deep": {"list": [{}, None, "\u00e9"]}}}
    stray = {"name": "AGTHoldCallRESP", "id": 4711, "args": {"result": 0}}
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve_bytewise, args=[server, [unknown, stray]])
        thread.start()
        code, _, complaint = script(server.getsockname()[1])
        thread.join()
    assert (code, complaint) == (1, "desktop.mjs: log on: AGTLogon: maintenance\n")


@define
class Terminal:
    """A desktop with somebody at its keyboard, and what the screen shows."""

    process: subprocess.Popen[bytes]
    device: int
    received: bytes = b""

    @property
    def screen(self) -> str:
        """The rows as they were written last, and what came after the desktop gave the terminal back."""
        text = self.received.decode(errors="ignore")
        drawn, _, after = text.partition("\x1b[?1049l")
        rows: dict[int, str] = {}
        for row, column, written in re.findall(
            r"\x1b\[(\d+);(\d+)H([^\x1b]*(?:\x1b\[[^H]*?[a-zA-GI-Z][^\x1b]*)*)", drawn
        ):
            if column == "1":  # others only move the cursor
                rows[int(row)] = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written).rstrip()
        return "\n".join(rows.get(row, "") for row in range(1, 25)) + after

    def until(self, *texts: str) -> None:
        """Read on until the screen shows all texts at once."""
        end = time.monotonic() + SCREEN_WITHIN_S
        while not all(text in self.screen for text in texts):
            readable, _, _ = select.select([self.device], [], [], max(0, end - time.monotonic()))
            if not readable:
                raise AssertionError(f"{texts} not shown within {SCREEN_WITHIN_S} s:\n{self.screen}")
            try:
                self.received += os.read(self.device, 65536)
            except OSError:  # Linux tells so that the other end was closed
                raise AssertionError(f"the desktop ended without {texts}:\n{self.screen}") from None

    def type(self, keys: str) -> None:
        os.write(self.device, keys.encode())


@contextlib.contextmanager
def terminal(port: int, agent: str, *options: str) -> Iterator[Terminal]:
    device, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [NODE, DESKTOP, "--port", str(port), "--agent", agent, *options]
    environment = {name: value for name, value in os.environ.items() if name != "AGENT_PASSWORD"}
    process = subprocess.Popen(
        command, stdin=inside, stdout=inside, stderr=inside, start_new_session=True, env=environment
    )
    os.close(inside)
    try:
        yield Terminal(process, device)
    finally:
        process.kill()
        process.wait()
        os.close(device)


def test_an_agent_at_a_terminal(port: int) -> None:
    with terminal(port, "2001") as desk:
        desk.until("Password:")
        desk.type("secret\r")
        desk.until("NOT READY", "no contact", "r ready")
        desk.type("r")
        desk.until("READY", "phone connected", "Ada Lovelace", TALKS_3_S, "@example.com", "h hold", "talking")
        desk.type("h")
        desk.until("customer on hold", "h take off hold")
        desk.type("h")
        desk.until("talking", "x end call")
        # The note is half typed when the customer hangs up.
        desk.type("n")
        desk.until("Note:")
        desk.type("asked for")
        desk.until("the customer hung up", "wrap-up", "left)")
        desk.type(" a letter\r")
        desk.until("\u2502 asked for a letter")
        desk.type("b")
        desk.until("Why", "1  Break")
        desk.type("1")
        desk.until("NOT READY AFTER THIS", "w wrap up")
        desk.type("w")
        desk.until("Completion code", "1  Sale")
        desk.type("1")
        desk.until("NOT READY  ", "no contact", "r ready")
        desk.type("l")
        desk.until("Log off", "1  now")
        desk.type("1")
        desk.until("agent 2001: logged off")
        assert desk.process.wait(SCREEN_WITHIN_S) == 0


def test_an_agent_can_be_taken_over_from_another_desktop(port: int) -> None:
    with terminal(port, "2002", "--password", "secret") as one:
        one.until("r ready")
        with terminal(port, "2002", "--password", "secret") as other:
            other.until("is logged on at another desktop", "1  take over")
            other.type("1")
            other.until("r ready")
            one.until("logged off by the server", "2  end")
            one.type("2")
            one.until("agent 2002: logged off by the server")
            assert one.process.wait(SCREEN_WITHIN_S) == 0
            other.type("l")
            other.until("1  now")
            other.type("1")
            other.until("agent 2002: logged off")


@define
class Relay:
    """Passes connections on to the server, and cuts them."""

    to: int
    listening: socket.socket
    ends: list[socket.socket] = field(factory=list)

    def serve(self) -> None:
        with contextlib.suppress(OSError):  # so it ends: the listening socket was shut down
            while True:
                desktop, _ = self.listening.accept()
                server = socket.create_connection(("127.0.0.1", self.to))
                self.ends += [desktop, server]
                for source, target in [(desktop, server), (server, desktop)]:
                    threading.Thread(target=self.copy, args=[source, target]).start()

    def copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        while self.ends:
            end = self.ends.pop()
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def test_a_lost_connection_is_made_again_and_the_call_goes_on(port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        relay = Relay(port, listening)
        thread = threading.Thread(target=relay.serve)
        thread.start()
        try:
            with terminal(listening.getsockname()[1], "1001", "--password", "secret", "--force") as desk:
                desk.until("r ready")
                desk.type("r")
                desk.until("talking", "h hold")
                desk.type("h")
                desk.until("customer on hold", "h take off hold")
                desk.type("n")
                desk.until("Note:")
                relay.cut()
                desk.until("connection lost", "LOST")
                desk.until("connected again")
                desk.type("\x1b")
                desk.until("h take off hold")
                desk.type("h")
                desk.until("talking", "x end call")
                desk.type("\x03")
                desk.until("Ctrl-C once more")
                desk.type("\x03")
                desk.until("agent 1001: left without logging off")
                assert desk.process.wait(SCREEN_WITHIN_S) == 0
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            relay.cut()


def test_the_terminal_is_given_back_when_the_desktop_is_ended(port: int) -> None:
    with terminal(port, "3001", "--password", "secret", "--force") as desk:
        desk.until("r ready")
        assert b"\x1b[?1049h" in desk.received
        # The group: scripts/node has become node, or a shell may still be before it.
        os.killpg(desk.process.pid, signal.SIGTERM)
        with pytest.raises(AssertionError, match="ended without"):
            desk.until("what is never shown")
        assert desk.received.endswith(b"\x1b[?25h\x1b[?1049l")
        assert desk.process.wait(SCREEN_WITHIN_S) == 128 + signal.SIGTERM
