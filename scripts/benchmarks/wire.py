"""Commands per second over loopback, beside a bare echo server; both by turns, so that drift cancels."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from attrs import define, field

from scripts.benchmarks.desktops import Turns, echoes, run, talking_agents

WARM_UP_S = 0.5
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@define(eq=False)
class Side:
    """One of the two servers: its process, the connections to it, and what was measured."""

    process_id: int
    turns: list[Turns]
    rps: list[float] = field(factory=list)
    cpu_us: list[float] = field(factory=list)
    latencies_s: list[float] = field(factory=list)

    def run(self, seconds: float) -> None:
        """Keep one command of each connection in flight."""
        cpu_before_ns = self._cpu_ns()
        answers, taken_s, latencies_s = run(self.turns, seconds)
        self.rps.append(answers / taken_s)
        self.cpu_us.append((self._cpu_ns() - cpu_before_ns) / 1e3 / answers)
        self.latencies_s += latencies_s

    def _cpu_ns(self) -> int:
        return int(Path(f"/proc/{self.process_id}/schedstat").read_text().split()[0])

    def figures(self) -> dict[str, Any]:
        """Return medians of the runs, and quantiles of all their latencies."""
        return {
            "rps": round(median(self.rps)),
            "rps_of_runs": [round(rps) for rps in self.rps],
            "cpu_us": round(median(self.cpu_us), 1),
            "p50_ms": round(median(self.latencies_s) * 1e3, 3),
            "p99_ms": round(quantiles(self.latencies_s, n=100)[98] * 1e3, 3),
        }


def measure(
    connections: int, runs: int, seconds: float, log_level: str, profile: str | None
) -> dict[str, Any]:
    """Measure both servers with so many connections, one command in flight on each.

    `ratio` is that of the medians, `ratio_of_runs` that of each run of the server to the run of the echo
    after it; `cpu_ratio` compares the CPU time of a command, which suffers less from a busy machine.
    """
    with ExitStack() as stack:
        process_id, port = stack.enter_context(serving("agt", log_level, *([profile] if profile else [])))
        echo_process_id, echo_port = stack.enter_context(serving("echo", log_level))
        pin(0, -1)
        server = Side(process_id, talking_agents(port, connections))
        echo = Side(echo_process_id, echoes(echo_port, connections, server.turns[0].frames))
        for side in (server, echo):
            run(side.turns, WARM_UP_S)
        for _ in range(runs):
            server.run(seconds)
            echo.run(seconds)
        for turn in server.turns + echo.turns:
            turn.sock.close()
    ours, bare = server.figures(), echo.figures()
    return {
        "connections": connections,
        "server": ours,
        "echo": bare,
        "ratio": round(ours["rps"] / bare["rps"], 3),
        "ratio_of_runs": [round(ours / bare, 3) for ours, bare in zip(server.rps, echo.rps, strict=True)],
        "cpu_ratio": round(bare["cpu_us"] / ours["cpu_us"], 3),
    }


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[int, int]]:
    """Run one of the servers; yields its process id and port."""
    command = [sys.executable, "-m", "scripts.benchmarks.servers", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        pin(process.pid, 0)
        yield process.pid, int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def pin(process_id: int, core: int) -> None:
    """Keep a process on one core: servers on one, desktops on another, where there are two."""
    if len(CORES) > 1:
        os.sched_setaffinity(process_id, {CORES[core]})
