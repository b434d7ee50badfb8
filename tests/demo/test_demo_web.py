"""The demo in the browser: two addresses, and colleagues who work until it ends."""

import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest


@pytest.mark.slow
def test_demo_for_people_has_both_pages_and_colleagues_who_work(tmp_path: Path) -> None:
    ways = ["--data", str(tmp_path), "--speed", "20", "--colleagues", "3"]
    command = [sys.executable, "-m", "agentmgr", "demo", "--web", *ways]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline() + server.stdout.readline()
            found = re.search(
                r"open (http://\S+)/desktop .* up to 1017\).*\n(http://\S+) is the supervisor", said
            )
            assert found is not None, said
            for page in (f"{found[1]}/desktop", found[2]):
                with urllib.request.urlopen(page) as answer:
                    assert answer.headers["Content-Type"].startswith("text/html")
            until = time.monotonic() + 60
            while (busy := _busy_agents(found[1])) < 3:
                assert time.monotonic() < until, busy
                time.sleep(0.1)
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0


def _busy_agents(url: str) -> float:
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    busy = [line for line in lines if line.startswith("agentmgr_campaign_agents{") and 'state="busy"' in line]
    return sum(float(line.split()[-1]) for line in busy)
