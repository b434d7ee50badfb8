"""How long 100 desktops wait for their answers, before and while a stranger attacks the port.

The stranger is a process of its own without a password, and goes on until it is ended. `logons` has guesses.
Usage: python -m scripts.benchmarks.attack NAME PORT
"""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from protocol.commands import AgentSDKConnected, AGTGetTimezones
from protocol.connection import command_bytes
from protocol.registry import VERSION
from scripts.benchmarks.desktops import run, talking_agents
from scripts.benchmarks.flood import WARM_UP_S, waits
from scripts.benchmarks.wire import pin, serving

DESKTOPS = 100
HEAD_START_S = 1.0
CROWD = 500
HELLO = command_bytes(1, "", AgentSDKConnected((), VERSION))


def measure(seconds: float, names: list[str]) -> list[dict[str, Any]]:
    """Measure a few attacks, each beside a time without one."""
    results = []
    with serving("guarded", "info") as (_, port):
        pin(os.getpid(), -1)
        turns = talking_agents(port, DESKTOPS)
        run(turns, WARM_UP_S)
        for name in names or list(ATTACKS):
            before = waits(turns, seconds)
            with _attacked(name, port):
                during = waits(turns, seconds)
            results.append(
                {
                    "attack": name,
                    "p99_before_ms": before["p99_ms"],
                    "p99_during_ms": during["p99_ms"],
                    "max_during_ms": during["max_ms"],
                    "answers_before": before["answers"],
                    "answers_during": during["answers"],
                }
            )
        for turn in turns:
            turn.sock.close()
    return results


@contextmanager
def _attacked(name: str, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "scripts.benchmarks.attack", name, str(port)]
    with subprocess.Popen(command) as attacker:
        try:
            time.sleep(HEAD_START_S)
            yield
        finally:
            attacker.kill()


# -- the attacks ---------------------------------------------------------------------------------


def _open(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def _send(sock: socket.socket, data: bytes) -> bool:
    try:
        sock.sendall(data)
    except OSError:
        return False
    return True


def _crowd(port: int, each: Callable[[socket.socket], bool]) -> None:
    """Keep a crowd of connections, and do something with each by turns."""
    socks: list[socket.socket] = []
    while True:
        while len(socks) < CROWD:
            with suppress(OSError):
                socks.append(_open(port))
                continue
            break
        gone = [sock for sock in socks if not each(sock)]
        for sock in gone:
            sock.close()
            socks.remove(sock)
        time.sleep(0.05)


def connections(port: int) -> None:
    """Connect and leave, as quickly as can be."""
    while True:
        with suppress(OSError):
            _open(port).close()


def silence(port: int) -> None:
    """Connect, and say nothing."""
    _crowd(port, lambda sock: not _is_over(sock))


def slow_bytes(port: int) -> None:
    """Send a greeting byte by byte."""
    _crowd(port, lambda sock: not _is_over(sock) and _send(sock, b"\0"))


def _is_over(sock: socket.socket) -> bool:
    try:
        return sock.recv(4096, socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def garbage(port: int) -> None:
    """Send what is no frame."""
    chance = random.Random(1)
    while True:
        with suppress(OSError), _open(port) as sock:
            _send(sock, chance.randbytes(64))


def large_claims(port: int) -> None:
    """Say that a frame of 2 GiB comes."""
    while True:
        with suppress(OSError), _open(port) as sock:
            _send(sock, (2**31).to_bytes(4, "big") + b"x" * 60_000)


def commands(port: int) -> None:
    """Ask for the dearest that can be had without a logon."""
    data = HELLO + command_bytes(2, "", AGTGetTimezones()) * 1000
    while True:
        with suppress(OSError), _open(port) as sock:
            while _send(sock, data):
                with suppress(BlockingIOError):
                    while sock.recv(1 << 16, socket.MSG_DONTWAIT):
                        pass


def deafness(port: int) -> None:
    """Ask much, and read nothing."""
    data = HELLO + command_bytes(2, "", AGTGetTimezones()) * 20
    _crowd(port, lambda sock: _send_some(sock, data))


def _send_some(sock: socket.socket, data: bytes) -> bool:
    try:
        sock.send(data, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True


ATTACKS: dict[str, Callable[[int], None]] = {
    attack.__name__: attack
    for attack in (
        connections,
        silence,
        slow_bytes,
        garbage,
        large_claims,
        commands,
        deafness,
    )
}

if __name__ == "__main__":
    ATTACKS[sys.argv[1]](int(sys.argv[2]))
