"""Connections that read beside the one that writes, so that neither waits for the other."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TypeVar, TypeVarTuple

from agentmgr.store.sql import Transaction

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

READERS = 4
"""So many read at once; whoever comes then waits."""

KEEP_OUT_S = 1.0
"""For so long it is waited for those who read to come to an end."""


class Readers:
    """Connections that cannot write, made when they are needed; for any thread."""

    def __init__(self, connect: Callable[[], tuple[sqlite3.Connection, Transaction]]) -> None:
        self._connect = connect
        self._free: list[tuple[sqlite3.Connection, Transaction]] = []
        self._seats = threading.Semaphore(READERS)
        self._closed = False

    def run(self, work: Callable[[Transaction, *Ts], T], *args: *Ts) -> T:
        """Run work on the state after the last commit.

        Raises:
            sqlite3.Error: the file cannot be read, or was closed.
        """
        with self._seats:
            if self._closed:
                raise sqlite3.ProgrammingError("the database is closed")
            connection, views = self._free.pop() if self._free else self._connect()
            try:
                connection.execute("BEGIN")
                return work(views, *args)
            finally:
                connection.rollback()
                self._free.append((connection, views))

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
            while self._free:
                connection, views = self._free.pop()
                views.tables.close()
                connection.close()
