import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from attrs import frozen


@frozen
class Demo:
    """Where a demo server is: its port for desktops, and its web services, each as HOST:PORT."""

    desktops: str
    services: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo server that runs for all tests that want it."""
    data = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "agentmgr", "demo", "--serve-only", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline() + server.stdout.readline()
            found = re.search(r"on (\S+) port (\d+),(?s:.*)web services at http://([\d.]+:\d+)", said)
            assert found is not None, f"not ready: {said}"
            yield Demo(f"{found[1]}:{found[2]}", found[3])
        finally:
            server.terminate()
