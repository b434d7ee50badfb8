"""The demo's server as a process of its own, for all tests of this folder."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from attrs import evolve

from agentmgr.client import Tls
from agentmgr.conformance.registry import Work
from agentmgr.conformance.stage import Target
from agentmgr.tls.making import make

SPEED = "40"
PATIENT_SPEED = "20"
"""Of the server where every command is sent in a state: not all states last, and the machine may be busy."""
SILENCE_S = 4.0
AGENTS = ("1001", "1002", "1003", "1004")
SKILLS = {
    Work.PREVIEW: "Preview",
    Work.TIMED: "Timed",
    Work.PREDICTIVE: "Predictive",
    Work.PROGRESSIVE: "Progressive",
}


def server_command(data: Path, speed: str = SPEED, port: int = 0) -> list[str]:
    """Return the command line of a server."""
    command = [sys.executable, "-m", "agentmgr", "demo", "--serve-only", "--data", str(data)]
    return [*command, "--port", str(port), "--speed", speed, "--silence", str(SILENCE_S)]


def start_server(data: Path, speed: str = SPEED, *options: str) -> tuple[subprocess.Popen[str], int]:
    """Start a server and return it with its port, once it is ready."""
    command = [*server_command(data, speed), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"port ([0-9]+)", line)
    assert found is not None, f"not ready: {line!r}"
    return process, int(found[1])


def end_server(process: subprocess.Popen[str]) -> int:
    """End a server in order and return its exit code."""
    process.terminate()
    assert process.stdout is not None
    process.stdout.close()
    return process.wait(20)


@pytest.fixture(scope="session")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server that runs for all tests."""
    process, port = start_server(tmp_path_factory.mktemp("server"))
    yield port
    assert end_server(process) == 0


@pytest.fixture(scope="session")
def patient_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of one that goes more slowly."""
    process, port = start_server(tmp_path_factory.mktemp("patient"), PATIENT_SPEED)
    yield port
    assert end_server(process) == 0


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Target:
    """The server as the suite sees it: for scenarios that send every command in a state, the patient one."""
    played = getattr(request.node, "callspec", None)
    name = "" if played is None else played.params.get("name", "")
    fixture = "patient_port" if name.startswith("capabilities-") else "port"
    return Target(
        "127.0.0.1",
        request.getfixturevalue(fixture),
        "Default",
        AGENTS,
        "demo",
        SKILLS,
        patience_s=20.0,
        silence_s=SILENCE_S,
        account="demo",
        account_password="demo",
    )


@pytest.fixture(scope="module")
def secure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Tls]]:
    """A server that speaks TLS: its port, and what a client needs."""
    directory = tmp_path_factory.mktemp("secure")
    make(directory, ["localhost", "127.0.0.1"])
    process, port = start_server(directory, SPEED, "--tls", str(directory))
    yield port, Tls(directory / "ca.pem")
    assert end_server(process) == 0


@pytest.fixture
def secure(secure_server: tuple[int, Tls], target: Target) -> Target:
    """That server as the suite sees it."""
    port, tls = secure_server
    return evolve(target, port=port, tls=tls)


@pytest.fixture
def restartable(tmp_path: Path, target: Target) -> Iterator[Target]:
    """A server of its own that can be restarted."""
    process, port = start_server(tmp_path)
    pid_file = tmp_path / "pid"
    pid_file.write_text(str(process.pid))
    script = Path(__file__).with_name("restart_server.py")
    command = [sys.executable, str(script), str(pid_file), *server_command(tmp_path, port=port)]
    # in the shell's place: ended with the scenario, it must start no server afterwards
    yield evolve(target, port=port, restart=f"exec {shlex.join(command)}")
    end_server(process)
    with suppress(ProcessLookupError):
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
