"""The demo's server as a process of its own, for all tests of this folder."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmgr.conformance.registry import Work
from agentmgr.conformance.stage import Target

SPEED = "40"
SILENCE_S = 4.0
AGENTS = ("1001", "1002", "1003", "1004")
SKILLS = {
    Work.PREVIEW: "Preview",
    Work.TIMED: "Timed",
    Work.PREDICTIVE: "Predictive",
    Work.PROGRESSIVE: "Progressive",
}


def start_server(data: Path, speed: str = SPEED) -> tuple[subprocess.Popen[str], int]:
    """Start a server and return it with its port, once it is ready."""
    command = [sys.executable, "-m", "agentmgr", "demo", "--serve-only", "--data", str(data)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--speed", speed, "--silence", str(SILENCE_S)],
        stdout=subprocess.PIPE,
        text=True,
    )
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


@pytest.fixture
def target(port: int) -> Target:
    """That server as the suite sees it."""
    return Target("127.0.0.1", port, "Default", AGENTS, "demo", SKILLS, patience_s=20.0, silence_s=SILENCE_S)
