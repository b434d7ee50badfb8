"""Processes that can be stopped and killed in one run of trio, as an operating system would.

A process is all tasks that were started by its first one. While it is stopped none of them gets to run: what
wakes them is kept back where trio would schedule them, so that deadlines pass and messages arrive as they do
behind the back of a process that gets SIGSTOP. A killed one is stopped for ever; no `finally` of it is run
before the simulation has looked at everything.
"""

import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import trio
import trio._core._run as scheduler

PROCESS: ContextVar["Process | None"] = ContextVar("PROCESS", default=None)

TIMER_S = 0.5
"""How often a kernel's timer is looked at that is not set."""


class Process:
    """One process from its start to its end.

    Args:
        name: of the machine that it runs on: what the network knows it by.
        number: of its start.
        offset_s: how far the machine's clock is ahead.
        rate: how fast it goes; 1 is true.

    Attributes:
        is_alive: it was not killed and has not ended.
        is_stopped: it does not get to run.
        ended: set when it is not alive any more.
    """

    def __init__(self, name: str, number: int, offset_s: float = 0.0, rate: float = 1.0) -> None:
        self.name = name
        self.number = number
        self.is_alive = True
        self.is_stopped = False
        self.ended = trio.Event()
        self.scope = trio.CancelScope()
        self._shields: set[trio.CancelScope] = set()
        self._is_buried = False
        self._offset_s = offset_s
        self._rate = rate
        self._held: list[trio.lowlevel.Task] = []
        self._outputs: list[Callable[[], object]] = []
        self._stops = 0
        self._at_end: list[Callable[[], None]] = []
        self._killed_at = math.inf
        self._is_doomed = False

    def __str__(self) -> str:
        return f"{self.name}.{self.number}"

    def boottime(self) -> float:
        """Return what the machine's clock says that no suspension stops."""
        return self._offset_s + trio.current_time() * self._rate

    async def run(self, main: Callable[[], Awaitable[None]]) -> None:
        """Run it to its end; for a task of its own."""
        PROCESS.set(self)
        try:
            with self.scope:
                await main()
        finally:
            self._end()

    def emit(self, fn: Callable[..., object], *args: Any) -> None:
        """Let something leave the process: now, when it goes on, or never."""
        if not self.is_alive:
            return
        if self.is_stopped:
            self._outputs.append(lambda: fn(*args))
        else:
            fn(*args)

    def at_end(self, fn: Callable[[], None]) -> None:
        """Have something done when it has ended or was killed: what its kernel does for it."""
        self._at_end.append(fn)

    def kill_in(self, after_s: float) -> None:
        """Set the kernel's timer, which kills; 0 ends it."""
        self._killed_at = trio.current_time() + after_s if after_s else math.inf

    async def keep_timer(self) -> None:
        """Be the kernel's timer; for a task that is not of the process."""
        while self.is_alive:
            await trio.sleep_until(min(self._killed_at, trio.current_time() + TIMER_S))
            if trio.current_time() >= self._killed_at:
                if not self.is_stopped:
                    self.kill()
                self._is_doomed = True  # for a stopped one the signal waits until it goes on
                return

    def stop(self) -> int:
        """Let it not run from now on; returns which stop this is, for `resume`."""
        self._stops += 1
        if self.is_alive and not self.is_stopped:
            self.is_stopped = True
            runq = scheduler.GLOBAL_RUN_CONTEXT.runner.runq
            own = [task for task in runq if task.context.get(PROCESS) is self]
            for task in own:
                runq.remove(task)
            self._held += own
        return self._stops

    def resume(self, stop: int | None = None) -> None:
        """Let it go on, unless it was stopped once more since that stop."""
        if self.is_stopped and self.is_alive and stop in (None, self._stops):
            if self._is_doomed:
                self._end()
            else:
                self._go_on()

    def kill(self) -> None:
        """End it at once; nothing of it runs or leaves any more."""
        if self.is_alive:
            self.stop()
            self._end()

    def bury(self) -> None:
        """Let its tasks end, when nobody looks any more."""
        self.is_alive = False
        self._is_buried = True
        self.scope.cancel()
        for shield in self._shields:
            shield.shield = False
        self._go_on()

    async def wait_unabandoned(self, event: trio.Event) -> None:
        """Wait for something, cancelled or not."""
        if self._is_buried:
            await trio.sleep_forever()
        with trio.CancelScope(shield=True) as shield:
            self._shields.add(shield)
            await event.wait()
            self._shields.remove(shield)

    def hold(self, task: trio.lowlevel.Task) -> None:
        """Keep a task back that would run."""
        self._held.append(task)

    def _go_on(self) -> None:
        self.is_stopped = False
        outputs, self._outputs = self._outputs, []
        for output in outputs:
            output()
        held, self._held = self._held, []
        scheduler.GLOBAL_RUN_CONTEXT.runner.runq.extend(held)

    def _end(self) -> None:
        if self.is_alive:
            self.is_alive = False
            self._outputs.clear()
            for fn in self._at_end:
                fn()
        self.ended.set()


@contextmanager
def stoppable() -> Iterator[None]:
    """Let processes be stopped in a run of trio within the block."""
    reschedule = scheduler.Runner.reschedule

    def reschedule_unless_stopped(
        runner: scheduler.Runner, task: trio.lowlevel.Task, next_send: Any = scheduler._NO_SEND
    ) -> None:
        reschedule(runner, task, next_send)
        process = task.context.get(PROCESS)
        if process is not None and process.is_stopped:
            process.hold(runner.runq.pop())

    scheduler.Runner.reschedule = reschedule_unless_stopped  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        scheduler.Runner.reschedule = reschedule  # type: ignore[method-assign]
