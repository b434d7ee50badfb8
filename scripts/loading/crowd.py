"""Many desktops in a process of their own: one selector, one heap of what they have planned."""

import gc
import os
import selectors
import socket
import struct
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import count
from multiprocessing.connection import Connection
from random import Random
from time import perf_counter
from typing import Any

from attrs import frozen

from agentmgr.accepting import raise_descriptor_limit
from scripts.benchmarks.wire import pin
from scripts.loading.desktop import Desktop, Notes, Plan, token_of

LOGONS_AT_ONCE = 64
"""How many desktops of a process wait for their password's check: a server turns crowds of strangers away."""
RETURNS_AT_ONCE = 200
PATIENCE_S = 180.0
"""How long desktops may take for what they are told to do before the run is given up."""
LOOK_S = 0.05
"""How long a crowd waits at most for bytes before it looks at what its parent wants."""
RECEIVE_BYTES = 1 << 16


@frozen
class Part:
    """What one process does: its agents, and what they work at."""

    port: int
    agents: tuple[str, ...]
    plan: Plan
    tokens: bool = False
    seed: int = 1


class Crowd:
    """Desktops with their sockets."""

    def __init__(self, part: Part) -> None:
        self.notes = Notes()
        self.desktops: list[Desktop] = []
        self._part = part
        self._selector = selectors.DefaultSelector()
        self._socks: dict[Desktop, socket.socket] = {}
        self._planned: list[tuple[float, int, Desktop]] = []
        self._numbers = count()

    def _connect(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self._part.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _watch(self, desktop: Desktop, sock: socket.socket) -> None:
        self._socks[desktop] = sock
        self._selector.register(sock, selectors.EVENT_READ, desktop)

    def log_on(self, how_many: int | None = None) -> int:
        """Log so many on, some at a time; None is all that are left. Return how many there were."""
        plan = self._part.plan
        waiting: list[Desktop] = []
        agents = self._part.agents[len(self.desktops) :][:how_many]
        for agent_id in agents:
            sock = self._connect()
            desktop = Desktop(
                agent_id, plan, self.notes, sock.sendall, Random(f"{self._part.seed}/{agent_id}")
            )
            if self._part.tokens:
                desktop.token = token_of(agent_id)
            self.desktops.append(desktop)
            self._watch(desktop, sock)
            desktop.log_on(perf_counter())
            self._plan(desktop)
            waiting = self._until_few(waiting, desktop, LOGONS_AT_ONCE)
        self._until_all("logged on", lambda desktop: desktop.is_on)
        return len(agents)

    def come_back(self) -> float:
        """Have all connections die at once, and all desktops come back; return how long it took, seconds."""
        for desktop, sock in self._socks.items():
            self._selector.unregister(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
            desktop.cut_off()
        self._socks.clear()
        began = perf_counter()
        waiting: list[Desktop] = []
        for desktop in self.desktops:
            sock = self._connect()
            self._watch(desktop, sock)
            desktop.come_back(sock.sendall, perf_counter())
            self._plan(desktop)
            waiting = self._until_few(waiting, desktop, RETURNS_AT_ONCE)
        self._until_all("logged on", lambda desktop: desktop.is_on)
        return perf_counter() - began

    def _until_few(self, waiting: list[Desktop], desktop: Desktop, most: int) -> list[Desktop]:
        """Let bytes come until fewer than so many wait to be logged on."""
        waiting.append(desktop)
        while len(waiting) >= most:
            self.turn()
            waiting = [each for each in waiting if not (each.is_on or each.is_off)]
        return waiting

    def _plan(self, desktop: Desktop) -> None:
        if desktop.wakes_at is not None:
            heappush(self._planned, (desktop.wakes_at, next(self._numbers), desktop))

    def turn(self) -> None:
        """Wait for bytes or for what is planned, for a moment at most, and do what it brings."""
        planned = self._planned
        wait_s = min(LOOK_S, planned[0][0] - perf_counter()) if planned else LOOK_S
        for key, _ in self._selector.select(max(0.0, wait_s)):
            desktop: Desktop = key.data
            at, before = perf_counter(), desktop.wakes_at
            try:
                data = self._socks[desktop].recv(RECEIVE_BYTES)
            except ConnectionError:
                data = b""
            desktop.receive(data, at)
            if not data:
                self._selector.unregister(key.fileobj)
            if desktop.wakes_at != before:
                self._plan(desktop)
        now = perf_counter()
        while planned and planned[0][0] <= now:
            at, _, desktop = heappop(planned)
            if desktop.wakes_at == at:
                desktop.due(now)
                self._plan(desktop)

    def run_until(self, done: Callable[[], bool]) -> None:
        """Let desktops live until something is so, which is looked at a few times a second."""
        look_at = 0.0
        while True:
            if perf_counter() >= look_at:
                if done():
                    return
                look_at = perf_counter() + LOOK_S
            self.turn()

    def _until_all(self, what: str, done: Callable[[Desktop], bool]) -> None:
        """Let desktops live until something is so of each that is not off.

        Raises:
            TimeoutError: it is not, after a long time.
        """
        began = perf_counter()

        def all_are() -> bool:
            late = [desktop for desktop in self.desktops if not (done(desktop) or desktop.is_off)]
            if late and perf_counter() - began > PATIENCE_S:
                told = self.notes.told_faults[:3] or ["no fault was told"]
                raise TimeoutError(
                    f"{len(late)} desktops are not {what} after {PATIENCE_S:g} s: {late[0]}; {told}"
                )
            return not late

        self.run_until(all_are)

    def work(self, spread_s: float) -> None:
        """Have all ask for calls, spread over some time; returns when all are nailed up."""
        now = perf_counter()
        for place, desktop in enumerate(self.desktops):
            desktop.work(now, spread_s * (place + 1) / len(self.desktops))
            self._plan(desktop)
        self._until_all("nailed up", lambda desktop: desktop.is_nailed)

    def stop(self) -> None:
        """Have all finish and log off."""
        now = perf_counter()
        for desktop in self.desktops:
            desktop.stop(now)
            self._plan(desktop)
        self._until_all("logged off", lambda desktop: desktop.is_off)

    def close(self) -> None:
        """Close all connections."""
        for sock in self._socks.values():
            sock.close()
        self._selector.close()


def live(part: Part, parent: Connection) -> None:
    """Do what the parent asks for, one word after another, and answer each with what came of it.

    A crowd that lives between two words goes on with its calls.
    """
    raise_descriptor_limit()
    gc.disable()
    crowd = Crowd(part)
    words: dict[str, Callable[..., Any]] = {
        "log_on": crowd.log_on,
        "come_back": crowd.come_back,
        "work": crowd.work,
        "stop": crowd.stop,
        "measure": lambda: _measure(crowd.notes),
        "pin": lambda core: pin(os.getpid(), core),
        "notes": lambda: _told(crowd.notes),
    }
    while True:
        crowd.run_until(parent.poll)
        word, *arguments = parent.recv()
        if word == "end":
            break
        parent.send(words[word](*arguments))
    crowd.close()


def _measure(notes: Notes) -> None:
    gc.collect()
    gc.freeze()
    notes.measuring = True


def _told(notes: Notes) -> Notes:
    notes.measuring = False
    return notes


def merged(all_notes: Sequence[Notes]) -> Notes:
    """Return what several crowds have seen as if it were one; a session that two of them had is a fault."""
    whole = Notes()
    for notes in all_notes:
        whole.answers += notes.answers
        whole.contacts += notes.contacts
        whole.crossed += notes.crossed
        whole.faults += notes.faults
        whole.told_faults += notes.told_faults
        whole.plain_s += notes.plain_s
        whole.durable_s += notes.durable_s
        for session_id in whole.calls.keys() & notes.calls.keys():
            whole.fault(f"session {session_id} was told to agents of two processes")
        whole.calls |= notes.calls
    return whole
