"""A demo server that runs for all tests of a folder that want it; its conftest imports the fixtures."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

PASSWORD = "demo"
"""Of its agents and accounts."""
SPEED = "50"
"""How much faster than real time the demo server and its agents work."""


@frozen
class Demo:
    """A demo server: its web services, its port for desktops, the configuration for commands."""

    url: str
    port: str
    config: Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo server that runs for all tests that want it."""
    data = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "agentmgr", "demo", "--serve-only", "--data", str(data), "--port", "0"]
    with subprocess.Popen([*command, "--speed", SPEED], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline() + server.stdout.readline()
            found = re.search(r"port (\d+),(?s:.*)web services at (http://\S+):.*--config (\S+)\n", said)
            assert found is not None, f"not ready: {said}"
            yield Demo(found[2], found[1], Path(found[3]))
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def demo_url(demo: Demo) -> str:
    """Where the web services of the demo server are."""
    return demo.url
