"""What two zones in two processes bear on one PostgreSQL, beside one zone.

A small machine has no core for each of them, beside the database and the desktops. So each process is held
to the same part of a core by the kernel (cgroups), as if it were a slower machine: what is measured is
whether the second one takes anything from the first. That needs root on Linux.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

from agentmgr.testing.postgres import ThrowawayPostgres
from scripts.loading.crowd import merged
from scripts.loading.measuring import Crowds, Load, Server, crowds_of, serving
from scripts.loading.server import Order

PERIOD_US = 10_000
"""Of each such time a process gets its part."""
CONTACTS_APART = 10_000_000
AGENTS_APART = 20_000
UNIFIED = Path("/sys/fs/cgroup/cgroup.controllers")


def measure(agents: int, seconds: float, core_share: float) -> list[dict[str, Any]]:
    """Return what one zone and two bear whose agents never pause, and the ratio.

    Args:
        agents: of each zone.
        seconds: how long is measured.
        core_share: what each process of a zone gets of a core; 0 is all it can.

    Raises:
        RuntimeError: a server did not start, or processes cannot be held.
    """
    postgres = ThrowawayPostgres(careful=True)
    try:
        postgres.start()
        for name in ("one", "two"):
            postgres.ask(f"CREATE DATABASE {name}")
        one = _run(postgres.url("one"), 1, agents, seconds, core_share)
        two = _run(postgres.url("two"), 2, agents, seconds, core_share)
    finally:
        postgres.stop()
    ratio = round(two["attempts_per_s"] / one["attempts_per_s"], 2)
    return [one, two, {"ratio": ratio}]


def _run(url: str, zones: int, agents: int, seconds: float, core_share: float) -> dict[str, Any]:
    warm_up_s = seconds / 3
    load = Load(agents, 0.0, seconds + warm_up_s, tokens=True)
    with ExitStack() as stack:
        parts: list[tuple[Server, Crowds]] = []
        for number in range(zones):
            directory = Path(stack.enter_context(TemporaryDirectory(prefix="agentmgr-zones-")))
            order = Order(
                agents,
                load.contacts,
                load.ring_s,
                load.handle_s,
                f"Zone{number}",
                url,
                f"Load{number}",
                10_000 + number * AGENTS_APART,
                number * CONTACTS_APART,
            )
            server = stack.enter_context(serving(directory, order, lambda line: None))
            crowds = stack.enter_context(crowds_of(load, order, server.port))
            crowds.ask("log_on")
            parts.append((server, crowds))
        for server, crowds in parts:
            server.ask("run")
            crowds.ask("work", 1.0)
        with ExitStack() as held:
            for number, (server, _) in enumerate(parts if core_share else ()):
                held.enter_context(_held(server.process_id, core_share, number))
            sleep(warm_up_s)
            began, before, cpu_s = perf_counter(), _attempts(parts), _cpu_s(parts)
            sleep(seconds)
            taken_s, attempts = perf_counter() - began, _attempts(parts) - before
            cpu_s = _cpu_s(parts) - cpu_s
        notes = merged([notes for _, crowds in parts for notes in crowds.ask("notes")])
        for server, _ in parts:
            server.stop()
        return {
            "zones": zones,
            "agents": zones * agents,
            "attempts_per_s": round(attempts / taken_s, 1),
            "core_share_used": round(cpu_s / taken_s, 3),
            "cpu_ms_per_attempt": round(cpu_s / max(1, attempts) * 1e3, 3),
            "order_errors": notes.faults,
            "machine_load": os.getloadavg()[0],
        }


def _attempts(parts: list[tuple[Server, Crowds]]) -> int:
    return sum(server.attempts() for server, _ in parts)


def _cpu_s(parts: list[tuple[Server, Crowds]]) -> float:
    return sum(server.cpu_s() for server, _ in parts)


@contextmanager
def _held(process_id: int, core_share: float, number: int) -> Iterator[None]:
    """Hold a process to a part of a core."""
    unified = UNIFIED.exists()
    group = Path("/sys/fs/cgroup") / ("" if unified else "cpu") / f"agentmgr-bench-{os.getpid()}-{number}"
    quota_us = int(PERIOD_US * core_share)
    try:
        group.mkdir()
        if unified:
            (group / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota_us))
        (group / "cgroup.procs").write_text(str(process_id))
    except OSError as error:
        raise RuntimeError(
            f"processes cannot be held to a part of a core (that needs root): {error}"
        ) from None
    try:
        yield
    finally:
        (group.parent / "cgroup.procs").write_text(str(process_id))
        group.rmdir()
