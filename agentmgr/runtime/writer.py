"""The one thread that talks to the store.

A plain thread with a queue: one call after another is what a store with one connection needs, and it
takes two thirds of the time of `trio.to_thread.run_sync`.
"""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar, TypeVarTuple

import outcome
import trio

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_Job = tuple[trio.lowlevel.Task, Callable[..., Any], tuple[Any, ...]]


class Writer(Protocol):
    """Runs blocking store functions one after another."""

    async def call(self, fn: Callable[[*Ts], T], *args: *Ts) -> T:
        """Run `fn(*args)` after all calls made before, and return or raise what it does."""
        ...


class WriterThread:
    """A `Writer` with a thread of its own; made by `open_writer`."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._trio_token = trio.lowlevel.current_trio_token()
        self._thread = threading.Thread(target=self._work, name="store-writer")
        self._closed = False

    async def call(self, fn: Callable[[*Ts], T], *args: *Ts) -> T:
        """Run `fn(*args)` after all calls made before, and return or raise what it does.

        Once it was queued it is never abandoned: a cancellation is felt after it has run.
        """
        if self._closed:
            raise RuntimeError("the store's writer has been closed")
        await trio.lowlevel.checkpoint_if_cancelled()
        self._jobs.put((trio.lowlevel.current_task(), fn, args))
        result: T = await trio.lowlevel.wait_task_rescheduled(_never_abandon)
        return result

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            task, fn, args = job
            result = outcome.capture(fn, *args)
            self._trio_token.run_sync_soon(trio.lowlevel.reschedule, task, result)
            del job, task, fn, args, result  # nothing of a call is kept alive until the next

    def start(self) -> None:
        """Start the thread; for `open_writer`."""
        self._thread.start()

    async def close(self) -> None:
        """Let all queued calls finish and end the thread; for `open_writer`."""
        self._closed = True
        self._jobs.put(None)
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(self._thread.join)


def _never_abandon(_raise_cancel: object) -> trio.lowlevel.Abort:
    return trio.lowlevel.Abort.FAILED


@asynccontextmanager
async def open_writer() -> AsyncIterator[WriterThread]:
    """Start the writer thread; leaving the block lets all queued calls finish, even when cancelled."""
    writer = WriterThread()
    writer.start()
    try:
        yield writer
    finally:
        await writer.close()
