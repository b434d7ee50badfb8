"""Leases in PostgreSQL: a connection that nothing else waits on, and an attempt that ends in time."""

import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar

import psycopg

from agentmgr.ports import StoreLost
from agentmgr.store.leases import SqlLeases
from agentmgr.store.pglink import Limits, Link, Place
from agentmgr.store.postgres import application, translated

T = TypeVar("T")

ATTEMPT_S = 1.0
"""How long a call takes at most."""

_LIMITS = Limits(statement_s=0.8, lock_s=0.6, idle_s=1.0)


class PostgresLeases(SqlLeases):
    """Implements `LeaseStore`."""

    def __init__(self, place: Place, name: str) -> None:
        self._connection = _LeaseConnection(place, name)
        super().__init__(self._connection)

    def expire(self, incarnation: str, beat: int | None) -> bool:
        """End an incarnation that gave no sign of life since `beat`, and what it has open in the database."""
        is_over = super().expire(incarnation, beat)
        if is_over:
            self._connection.end_application(application(incarnation))
        return is_over

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class _LeaseConnection:
    """Runs each call in a transaction of its own; from one thread at a time."""

    def __init__(self, place: Place, name: str) -> None:
        self._place = place
        self._name = name
        self._link: Link | None = None
        self._connecting: _Connecting | None = None

    def write(self, work: Callable[..., T], *args: Any, first: bool = False) -> T:
        """Run work in a transaction that is durable when it returns.

        Raises:
            StoreFault: what became of it is not known, unless it is `StoreLost`.
        """
        until = monotonic() + ATTEMPT_S
        with translated(self._place.name):
            link = self._connected(until)
            try:
                link.allow(until - monotonic())
                link.run("BEGIN ISOLATION LEVEL READ COMMITTED")
                result = work(link.views, *args)
                link.run("COMMIT")
            except BaseException:
                self._end_transaction()
                raise
        return result

    def end_application(self, name: str) -> None:
        """End all connections of a process that is dead; best effort, for they end by themselves too."""
        link = self._link
        if link is not None:
            with suppress(psycopg.Error):
                link.allow(ATTEMPT_S)
                link.views.sql.fetch(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = ? AND pid <> pg_backend_pid()",
                    (name,),
                )

    def _end_transaction(self) -> None:
        link = self._link
        if link is None:
            return
        with suppress(psycopg.Error):
            if link.in_transaction:
                link.run("ROLLBACK")
        if not link.is_usable or link.in_transaction:
            self.close()

    def _connected(self, until: float) -> Link:
        """Return the connection; one that takes too long goes on being made, for the next call."""
        if self._link is None or not self._link.is_usable:
            if self._connecting is None:
                self._connecting = _Connecting(self._place, self._name)
            connecting = self._connecting
            if not connecting.done.wait(until - monotonic()):
                raise StoreLost(f"{self._place.name}: cannot be reached in time; nothing was written")
            self._connecting = None
            if connecting.link is None:
                assert connecting.error is not None
                raise connecting.error
            self._link = connecting.link
        return self._link

    def close(self) -> None:
        """End the connection."""
        if self._link is not None:
            self._link.close()
            self._link = None


class _Connecting:
    """A connection being made in a thread of its own: looking up a name, for one, cannot be cut short."""

    def __init__(self, place: Place, name: str) -> None:
        self.done = threading.Event()
        self.link: Link | None = None
        self.error: psycopg.Error | None = None
        threading.Thread(
            target=self._connect, args=(place, name), name="lease-connecting", daemon=True
        ).start()

    def _connect(self, place: Place, name: str) -> None:
        try:
            self.link = place.connect(_LIMITS, name)
        except psycopg.Error as error:
            self.error = error
        finally:
            self.done.set()
