"""How long 20 desktops wait for their answers, before and while another floods the server.

One desktop sends thousands of the dearest command in one go, again and again, and reads what comes: of the
commands that `costs` finds dearest those that need nothing but a connection, or a logon.
"""

import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from threading import Event, Thread
from typing import Any

from protocol.commands import AgentSDKConnected, AGTGetTimezones
from protocol.connection import command_bytes
from protocol.registry import MAX_LIST_ITEMS, VERSION
from scripts.benchmarks.desktops import Turns, run, talking_agents
from scripts.benchmarks.wire import pin, serving

DESKTOPS = 20
WARM_UP_S = 0.5
QUIET_S = 0.5
"""After so long without an answer, all have come."""
NAMES = tuple(f"nobody {number}" for number in range(MAX_LIST_ITEMS))


def measure(commands: int, seconds: float) -> list[dict[str, Any]]:
    """Measure with so many commands of each kind in flight from one desktop."""
    with serving("agt", "info") as (_, port):
        pin(os.getpid(), -1)
        *turns, flooder = talking_agents(port, DESKTOPS + 1)
        agent_id = str(1000 + DESKTOPS)
        floods = {
            "nothing": b"",
            "AGTGetTimezones": command_bytes(1, agent_id, AGTGetTimezones()),
            "AgentSDKConnected": command_bytes(1, "", AgentSDKConnected(NAMES, VERSION)),
        }
        run(turns, WARM_UP_S)
        results = []
        for name, frame in floods.items():
            with flooded(flooder.sock, frame * commands):
                results.append(
                    {"flood": name, "in_flight": commands if frame else 0, **waits(turns, seconds)}
                )
        for turn in (*turns, flooder):
            turn.sock.close()
        return results


def waits(turns: list[Turns], seconds: float) -> dict[str, Any]:
    """Let desktops work for a while, and return how long they waited for their answers."""
    answers, _, latencies_s = run(turns, seconds)
    return {
        "answers": answers,
        "p50_ms": round(median(latencies_s) * 1e3, 3),
        "p99_ms": round(quantiles(latencies_s, n=100)[98] * 1e3, 3),
        "max_ms": round(max(latencies_s) * 1e3, 3),
    }


@contextmanager
def flooded(sock: socket.socket, data: bytes) -> Iterator[None]:
    """Send data over and over within a block, and read all answers; what is under way then is read, too."""
    if not data:
        yield
        return
    over, sent = Event(), Event()

    def write() -> None:
        while not over.is_set():
            sock.sendall(data)
        sent.set()

    def read() -> None:
        while not sent.is_set() or select.select([sock], [], [], QUIET_S)[0]:
            if select.select([sock], [], [], QUIET_S)[0] and not sock.recv(1 << 20):
                return

    threads = [Thread(target=write), Thread(target=read)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
