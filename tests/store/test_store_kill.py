"""kill -9 in the middle of commits: what was confirmed is there once, and nothing else is lost or stuck."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from stores import T0, ZONE, prepare_job

from agentmgr.store import open_sqlite
from tests.databases import new_store

pytestmark = pytest.mark.slow


def confirmed_until_killed(path: Path, name: str, batch: int, kill_after: int) -> list[str]:
    """Let a process write until it has confirmed some batches; return all that it confirmed."""
    command = [sys.executable, str(Path(__file__).with_name("killed_writer.py")), str(path), name, str(batch)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        confirmed = [process.stdout.readline() for _ in range(kill_after)]
        process.send_signal(signal.SIGKILL)
        confirmed += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    return [key for line in confirmed if line.endswith("\n") for key in line.split()]


@pytest.mark.parametrize("batch", [1, 7])
def test_killed_process_leaves_exactly_what_it_confirmed(path: Path, batch: int) -> None:
    store = new_store(path)
    prepare_job(store, contacts=5000)
    store.close()
    confirmed: list[str] = []
    for round_number, kill_after in enumerate((1, 20, 57)):
        name = f"r{round_number}"
        confirmed += confirmed_until_killed(path, name, batch, kill_after)
        store = open_sqlite(path)
        opened = store.open_zone(ZONE, T0 + round_number)
        stored = [row.attempt_id for row in store.dispositions(1, 0, 10_000)]
        # One batch can be on disk of which nobody was told any more.
        unheard = set(stored) - set(confirmed)
        assert set(confirmed) <= set(stored)
        assert len(stored) == len(set(stored))
        assert len(unheard) in (0, batch)
        tally = store.tally(opened.jobs[0].job_id)
        assert tally.attempts == tally.stored == opened.jobs[0].done == len(stored)
        confirmed += unheard
        store.close()
    contacts = [key.partition("-")[2] for key in confirmed]
    assert len(contacts) == len(set(contacts))  # nobody was called by two of the processes
