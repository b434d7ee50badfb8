"""Runs trio so that a seed decides everything: the schedule, the time, and all that is random.

trio sorts each batch of tasks and shuffles it with a generator of its own once Hypothesis has registered;
the same switch, a seed for that generator and a clock that leaps make its schedule repeatable. What the
product takes from the machine (time, randomness, threads) is replaced wherever one of its modules has it by
name, so that a new import cannot bring chance back in unseen.
"""

import os
import random
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any, TypeVar

import trio
import trio._core._run as scheduler
import trio.testing

T = TypeVar("T")

ROOMS = ("agentmgr.", "protocol.")
CORES = 2
"""How many cores the product is told that the machine has."""


def run(seed: int, main: Callable[[], Awaitable[T]]) -> T:
    """Run an async function in a world in which the seed alone decides what happens."""
    with _still(seed):
        return trio.run(main, clock=LeapingClock())


class LeapingClock(trio.abc.Clock):
    """Leaps to the next deadline when nobody has anything to do, as trio's own mock clock does.

    That one goes through the scheduler and the kernel once more for each leap, and looks at the statistics
    of the whole run.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._idle = 0

    def start_clock(self) -> None:
        """Nothing to do: it stands still until it leaps."""

    def current_time(self) -> float:
        """Return the present."""
        return self._now

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Leap: trio asks for how long it may sleep when there is no task to be run.

        Raises:
            RuntimeError: nothing will ever happen any more.
        """
        if deadline == float("inf"):
            self._idle += 1
            if self._idle > 3:
                raise RuntimeError("all tasks wait for ever")
            return 1.0  # at its end trio wakes itself through the kernel
        self._idle = 0
        self._now = max(self._now, deadline)
        return 0.0


@contextmanager
def _still(seed: int) -> Iterator[None]:
    undo: list[tuple[Any, str, Any]] = []

    def put(place: Any, name: str, value: Any) -> None:
        undo.append((place, name, getattr(place, name)))
        setattr(place, name, value)

    state = scheduler._r.getstate()
    scheduler._r.seed(seed)
    put(scheduler, "_ALLOW_DETERMINISTIC_SCHEDULING", True)
    put(trio.to_thread, "run_sync", _run_inline)
    for place, name, value in _replacements(seed):
        put(place, name, value)
    try:
        yield
    finally:
        for place, name, value in reversed(undo):
            setattr(place, name, value)
        scheduler._r.setstate(state)


def _replacements(seed: int) -> Iterator[tuple[ModuleType, str, Any]]:
    """Find what the product's modules have of the machine, and what each is replaced by."""
    draw = Random(f"{seed}/machine")
    calm = SimpleNamespace(
        time=_now,
        perf_counter=_now,
        monotonic=_now,
        localtime=time.gmtime,
        gmtime=time.gmtime,
        clock_gettime=lambda _: _now(),
        CLOCK_BOOTTIME=time.CLOCK_BOOTTIME,
        CLOCK_MONOTONIC=time.CLOCK_MONOTONIC,
    )
    by_identity: dict[int, Any] = {
        id(time): calm,
        id(time.time): _now,
        id(time.perf_counter): _now,
        id(time.monotonic): _now,
        id(random): draw,
        id(secrets): SimpleNamespace(
            token_bytes=draw.randbytes,
            token_hex=lambda count=32: draw.randbytes(count).hex(),
            token_urlsafe=lambda count=32: draw.randbytes(count).hex(),
            compare_digest=secrets.compare_digest,
        ),
        id(secrets.token_bytes): draw.randbytes,
        id(secrets.token_hex): lambda count=32: draw.randbytes(count).hex(),
        id(uuid.uuid4): lambda: uuid.UUID(bytes=draw.randbytes(16), version=4),
        id(os.urandom): draw.randbytes,
        id(os.cpu_count): lambda: CORES,
    }
    ours = [module for name, module in sorted(sys.modules.items()) if name.startswith(ROOMS)]
    for module in ours:
        if module.__name__.startswith("agentmgr.testing"):
            continue
        for name, value in list(vars(module).items()):
            if id(value) in by_identity:
                yield module, name, by_identity[id(value)]
            elif value is os:
                yield module, name, _calm_os(draw)


def _calm_os(draw: Random) -> Any:
    calm = SimpleNamespace(**vars(os))
    calm.cpu_count, calm.urandom = (lambda: CORES), draw.randbytes
    return calm


def _now() -> float:
    try:
        return float(trio.current_time())
    except RuntimeError:
        return 0.0


async def _run_inline(fn: Callable[..., T], *args: object, **options: object) -> T:
    """Stand in for a worker thread: the call takes no time, others run before and after it."""
    await trio.lowlevel.checkpoint()
    try:
        return fn(*args)
    finally:
        await trio.lowlevel.cancel_shielded_checkpoint()


def refuse_threads() -> None:
    """Make sure that no thread can have had a hand in it.

    Raises:
        RuntimeError: the product has started one.
    """
    others = [thread.name for thread in threading.enumerate() if thread.name.startswith("Trio thread")]
    if others:
        raise RuntimeError(f"a simulated run started threads: {', '.join(others)}")
