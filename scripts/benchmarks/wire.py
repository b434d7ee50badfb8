"""Commands per second over loopback, beside a bare echo server; both by turns, so that drift cancels."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median, quantiles

from scripts.benchmarks.desktops import Turns, echoes, run, talking_agents

WARM_UP_S = 0.5
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def measure(
    connections: int, rounds: int, seconds: float, log_level: str, profile: str | None
) -> dict[str, float]:
    """Measure both servers with so many connections, one command in flight on each."""
    with ExitStack() as stack:
        server_port = stack.enter_context(_server("agt", log_level, *([profile] if profile else [])))
        echo_port = stack.enter_context(_server("echo", log_level))
        _pin(0, -1)
        server = talking_agents(server_port, connections)
        echo = echoes(echo_port, connections, server[0].frames)
        for turns in (server, echo):
            run(turns, WARM_UP_S)
        figures = [(_round(server, seconds), _round(echo, seconds)) for _ in range(rounds)]
        for turn in server + echo:
            turn.sock.close()
    server_latencies = [s for (_, latencies), _ in figures for s in latencies]
    echo_latencies = [s for _, (_, latencies) in figures for s in latencies]
    return {
        "connections": connections,
        "server_rps": round(median(rps for (rps, _), _ in figures)),
        "server_p50_ms": round(median(server_latencies) * 1e3, 3),
        "server_p99_ms": round(quantiles(server_latencies, n=100)[98] * 1e3, 3),
        "echo_rps": round(median(rps for _, (rps, _) in figures)),
        "echo_p99_ms": round(quantiles(echo_latencies, n=100)[98] * 1e3, 3),
        "ratio": round(median(ours / bare for (ours, _), (bare, _) in figures), 3),
    }


def _round(turns: list[Turns], seconds: float) -> tuple[float, list[float]]:
    answers, taken, latencies = run(turns, seconds)
    return answers / taken, latencies


@contextmanager
def _server(*arguments: str) -> Iterator[int]:
    command = [sys.executable, "-m", "scripts.benchmarks.servers", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        _pin(process.pid, 0)
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _pin(process_id: int, core: int) -> None:
    """Servers on one core, desktops on another, where there are two."""
    if len(CORES) > 1:
        os.sched_setaffinity(process_id, {CORES[core]})
