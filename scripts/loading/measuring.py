"""One run: a server, crowds of desktops, and the figures of both."""

import json
import os
import subprocess
import sys
import urllib.request
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep
from typing import Any

import attrs
from attrs import frozen

from scripts.benchmarks.wire import CORES, pin
from scripts.loading.crowd import Notes, Part, live, merged
from scripts.loading.desktop import Plan, details_of, number_of
from scripts.loading.server import LIVE, Order

SPAWN = get_context("spawn")
RINGING = 0.25
"""The share of an attempt's time that it rings."""
FASTEST_PER_S = 1500
"""For so many attempts a second contacts are kept, if as many are made as agents take."""
AGENT_PER_S = 60
"""And for so many of each agent."""
SETTLE = 1.0
"""How long after the nailing is measured, in attempts of one agent."""
SETTLE_S = 2.0
SOAK_LOOK_S = 20.0
WARM_UP = 100
"""How many desktops log on before the memory is looked at that the others take."""
ZONE = "Default"


@frozen
class Load:
    """What is to be done to a server; `rate` in attempts a second, 0 for as many as the agents take."""

    agents: int
    rate: float
    seconds: float
    processes: int = 1
    tokens: bool = False
    storm: bool = False
    database: str = ""
    profile: str = ""
    soak: bool = False
    idle: bool = False

    @property
    def attempt_s(self) -> float:
        """How long an attempt keeps an agent, on average."""
        return self.agents / self.rate if self.rate else 0.0

    @property
    def ring_s(self) -> float:
        """How long it rings."""
        return max(0.001, self.attempt_s * RINGING)

    @property
    def handle_s(self) -> float:
        """How long whoever is connected has to do with the contact."""
        return max(0.0, self.attempt_s * (1 - RINGING)) / LIVE

    @property
    def settle_s(self) -> float:
        """How long it takes until agents are spread over what they do."""
        return max(SETTLE_S, (self.handle_s + self.ring_s) * SETTLE)

    @property
    def contacts(self) -> int:
        """How many contacts are enough."""
        if self.idle:
            return self.agents
        seconds = self.seconds + self.settle_s * 2 + 10
        most_per_s = self.rate * 1.2 or min(FASTEST_PER_S, self.agents * AGENT_PER_S)
        return round(most_per_s * seconds) + 3 * self.agents


def measure(load: Load, tell: Callable[[str], None]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the figures, and what else is worth knowing of the run.

    Raises:
        RuntimeError: the server did not start.
    """
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="agentmgr-load-")))
        order = Order(load.agents, load.contacts, load.ring_s, load.handle_s / 2, ZONE, load.database)
        server = stack.enter_context(serving(directory, order, tell))
        crowds = stack.enter_context(crowds_of(load, order, server.port))
        # until they work the checks of passwords have all cores; what the first ones bring comes but once
        began = perf_counter()
        first = sum(crowds.ask("log_on", WARM_UP // load.processes))
        sleep(SETTLE_S)
        before_kb = server.rss_kb()
        began += SETTLE_S
        logon_cpu_s = server.cpu_s()
        crowds.ask("log_on")
        logon_s = perf_counter() - began
        logon_cpu_s = server.cpu_s() - logon_cpu_s
        tell(f"{load.agents} desktops are logged on after {logon_s:.1f} s")
        if load.storm:
            sleep(2.0)
            logon_s = max(crowds.ask("come_back"))
            tell(f"all are back after {logon_s:.1f} s")
        sleep(SETTLE_S)
        idle_kb = server.rss_kb()
        tell(f"{(idle_kb - before_kb) / max(1, load.agents - first):.1f} kB for each of them")
        pin(server.process_id, 0)
        crowds.pin()
        if not load.idle:
            server.ask("run")
            crowds.ask("work", min(load.settle_s, load.agents / 200))
            tell("all are nailed up")
            sleep(load.settle_s)
        crowds.ask("measure")
        began, attempts, cpu_s = perf_counter(), server.attempts(), server.cpu_s()
        server.profile(load.profile, load.seconds)
        _soak(load, server, tell)
        taken_s, attempts, cpu_s = (
            perf_counter() - began,
            server.attempts() - attempts,
            server.cpu_s() - cpu_s,
        )
        notes = merged(crowds.ask("notes"))
        working_kb = server.rss_kb()
        crowds.ask("stop")
        final = merged(crowds.ask("notes"))
        server.stop()
        picked_up = _picked_up(directory / "answers")
    for fault in final.told_faults:
        tell(fault)
    waits_s = array("d", _notified(notes, picked_up, began))
    figures = {
        "agents": load.agents,
        "attempts_per_s": round(attempts / taken_s, 1),
        "commands_per_s": round(notes.answers / taken_s, 1),
        **_quantiles("notify", waits_s),
        **_quantiles("resp", notes.plain_s + notes.durable_s),
        "durable_resp_p99_ms": _quantile_ms(notes.durable_s, 99),
        "order_errors": final.faults,
        "rss_per_agent_kb": round((idle_kb - before_kb) / max(1, load.agents - first), 1),
        "logon_s": round(logon_s, 2),
    }
    details = {
        "server_cpu_ms_per_logon": round(logon_cpu_s / max(1, load.agents - first) * 1e3, 2),
        "contacts_per_s": round(notes.contacts / taken_s, 1),
        "crossed": notes.crossed,
        "server_cpu_share": round(cpu_s / taken_s, 3),
        "server_cpu_ms_per_attempt": round(cpu_s / max(1, attempts) * 1e3, 3),
        "server_cpu_ms_per_command": round(cpu_s / max(1, notes.answers) * 1e3, 3),
        "rss_empty_mb": round(before_kb / 1024, 1),
        "rss_idle_mb": round(idle_kb / 1024, 1),
        "rss_working_mb": round(working_kb / 1024, 1),
        "cpu_ms_of_a_loop": _loop_ms(),
        "machine_load": os.getloadavg()[0],
        "cores": len(CORES),
    }
    return figures, details


def _loop_ms() -> float:
    """Return the CPU time of a million turns of a loop: neighbours slow it and the server alike."""
    began = process_time()
    for _ in range(1_000_000):
        pass
    return round((process_time() - began) * 1e3, 2)


def _soak(load: Load, server: "Server", tell: Callable[[str], None]) -> None:
    """Let it go on for as long as it is measured; tell sizes now and then, if that is wished."""
    if not load.soak:
        sleep(load.seconds)
        return
    left_s = load.seconds
    while left_s > 0:
        tell(json.dumps(server.sizes()))
        sleep(min(SOAK_LOOK_S, left_s))
        left_s -= SOAK_LOOK_S
    tell(json.dumps(server.sizes()))


def _notified(notes: Notes, picked_up: dict[str, float], since: float) -> Iterator[float]:
    """Return how long after the customer picked up each contact was told to a desktop, seconds."""
    for session_id, told_at in notes.calls.items():
        if told_at >= since and session_id in picked_up:
            yield told_at - picked_up[session_id]


def _picked_up(path: Path) -> dict[str, float]:
    pairs = (line.split() for line in path.read_text().splitlines())
    return {session_id: float(at) for session_id, at in pairs}


def _quantile_ms(seconds: "array[float]", percent: int) -> float:
    if len(seconds) < 2:
        return round(max(seconds, default=0.0) * 1e3, 3)
    return round(quantiles(seconds, n=100)[percent - 1] * 1e3, 3)


def _quantiles(name: str, seconds: "array[float]") -> dict[str, float]:
    return {f"{name}_p{percent}_ms": _quantile_ms(seconds, percent) for percent in (50, 99)}


# -- the server -----------------------------------------------------------------------------------------


@frozen
class Server:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    http: str

    @property
    def process_id(self) -> int:
        """Its process."""
        return self.process.pid

    def ask(self, word: str) -> dict[str, Any]:
        """Have it do something, `run` its campaign or `look` at its sizes; return what it says."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended before it answered {word!r}; it says why above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def sizes(self) -> dict[str, Any]:
        """Return what must not grow while the same agents do the same."""
        return {"rss_mb": round(self.rss_kb() / 1024, 1), **self.ask("look")}

    def attempts(self) -> int:
        """Return how many attempts have ended, as it says itself."""
        with urllib.request.urlopen(f"{self.http}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return round(
            sum(float(line.split()[-1]) for line in lines if line.startswith("agentmgr_attempts_total"))
        )

    def cpu_s(self) -> float:
        """Return how long all its threads have had a core."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kb(self) -> int:
        """Return how much memory it has, kB."""
        lines = Path(f"/proc/{self.process_id}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    def profile(self, path: str, seconds: float) -> None:
        """Have py-spy look at it meanwhile."""
        if path:
            spy = ("py-spy", "record", "-p", str(self.process_id), "-d", str(int(seconds)), "-o", path)
            subprocess.Popen([*spy, "-f", "raw", "-r", "100"], stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        """End it in order."""
        self.process.terminate()
        self.process.wait()


@contextmanager
def serving(directory: Path, order: Order, tell: Callable[[str], None]) -> Iterator[Server]:
    """Start a server in a process of its own; what it keeps goes into the directory.

    Raises:
        RuntimeError: it did not start.
    """
    (directory / "order.json").write_text(json.dumps(attrs.asdict(order)))
    command = [sys.executable, "-m", "scripts.loading.server", str(directory)]
    tell(f"{order.contacts} contacts are made")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("the server did not start; it says why above")
            yield Server(process, **json.loads(line))
        finally:
            process.kill()


# -- the desktops ---------------------------------------------------------------------------------------


@frozen
class Crowds:
    """The processes with desktops."""

    parents: tuple[Connection, ...]

    def ask(self, word: str, *arguments: Any) -> list[Any]:
        """Have each do something at the same time; return what came of it."""
        for parent in self.parents:
            parent.send((word, *arguments))
        return [parent.recv() for parent in self.parents]

    def pin(self) -> None:
        """Leave the server its core, if there are more."""
        for number, parent in enumerate(self.parents):
            parent.send(("pin", -1 - number % max(1, len(CORES) - 1)))
            parent.recv()


@contextmanager
def crowds_of(load: Load, order: Order, port: int) -> Iterator[Crowds]:
    """Start the desktops of a server's agents, in processes of their own."""
    plan = Plan(
        order.zone,
        campaign=order.campaign,
        handle_s=load.handle_s,
        number_of=number_of,
        details_of=details_of,
    )
    parents, processes = [], []
    for number in range(load.processes):
        here, there = SPAWN.Pipe()
        part = Part(port, order.agent_ids[number :: load.processes], plan, load.tokens)
        process = SPAWN.Process(target=live, args=(part, there), daemon=True)
        process.start()
        there.close()
        parents.append(here)
        processes.append(process)
    try:
        yield Crowds(tuple(parents))
        for parent in parents:
            parent.send(("end",))
        for process in processes:
            process.join()
    finally:
        for process in processes:
            process.kill()
