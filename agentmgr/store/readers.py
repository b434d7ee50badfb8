"""Connections that read beside the one that writes, so that neither waits for the other."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol, TypeVar, TypeVarTuple

from agentmgr.ports import StoreFault
from agentmgr.store.sql import Transaction

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

READERS = 4
"""So many read at once; whoever comes then waits."""

KEEP_OUT_S = 1.0
"""For so long it is waited for those who read to come to an end."""


class Reader(Protocol):
    """A connection that cannot write."""

    @property
    def views(self) -> Transaction:
        """What work gets between `begin` and `end`."""
        ...

    def begin(self) -> None:
        """See from now on the state after the last commit."""
        ...

    def end(self) -> bool:
        """See nothing any more; return whether the connection is of use still."""
        ...

    def close(self) -> None:
        """End the connection; it is of no use any more."""
        ...


class Readers:
    """Connections that cannot write, made when they are needed; for any thread."""

    def __init__(self, connect: Callable[[], Reader]) -> None:
        self._connect = connect
        self._free: list[Reader] = []
        self._seats = threading.Semaphore(READERS)
        self._closed = False

    def run(self, work: Callable[[Transaction, *Ts], T], *args: *Ts) -> T:
        """Run work on the state after the last commit.

        Raises:
            StoreFault: the database was closed.
            Exception: it cannot be read, or the work raised it.
        """
        with self._seats:
            if self._closed:
                raise StoreFault("the database is closed")
            reader = self._take() or self._connect()
            try:
                reader.begin()
                return work(reader.views, *args)
            finally:
                if reader.end():
                    self._free.append(reader)
                else:
                    reader.close()

    def _take(self) -> Reader | None:
        try:
            return self._free.pop()
        except IndexError:
            return None

    def drop(self) -> None:
        """Let go of the connections that nobody reads on now: they may have been lost with another."""
        while (reader := self._take()) is not None:
            reader.close()

    @contextmanager
    def kept_out(self, timeout_s: float | None = None) -> Iterator[bool]:
        """Let nobody read in the block; gives whether those who read came to an end in time."""
        seats, end = 0, monotonic() + (KEEP_OUT_S if timeout_s is None else timeout_s)
        while seats < READERS and self._seats.acquire(timeout=max(0.0, end - monotonic())):
            seats += 1
        try:
            yield seats == READERS
        finally:
            if seats:
                self._seats.release(seats)

    def close(self) -> None:
        """Wait for those who read, and let nobody read any more."""
        with self.kept_out(threading.TIMEOUT_MAX):
            self._closed = True
            self.drop()
