import re
import subprocess
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the web services of a demo server are, which runs for all tests that want it."""
    data = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "agentmgr", "demo", "--serve-only", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        ready, services = server.stdout.readline(), server.stdout.readline()
        found = re.search(r"web services at (http://\S+):", services)
        assert found is not None, f"not ready: {ready!r}, {services!r}"
        yield found[1]
        server.terminate()
