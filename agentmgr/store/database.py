"""One SQLite connection: how the file is opened, what a transaction is, what an error says.

All that only SQLite knows is here; the SQL elsewhere is what PostgreSQL understands too, with `?` for
a parameter.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from agentmgr.ports import StoreFault
from agentmgr.store.migrations import SCHEMA_REVISION, upgrade
from agentmgr.store.sql import Row, Transaction

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

APPLICATION_ID = 0x41674D67
"""Stands in the header of every file made here ("AgMg"), so that a foreign one is recognised."""

# With another process in the file there is no use in waiting long: it keeps it for as long as it lives.
BUSY_TIMEOUT_S = 0.25

# WAL with one connection in exclusive mode: no other process can write, and the defect of SQLite before
# 3.51.3 that loses commits needs two. FULL: one fdatasync a commit, a confirmed one survives power loss.
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -65536",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
)


class SqliteSql:
    """Runs SQL over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement and return how many rows it changed."""
        return self._connection.execute(sql, parameters).rowcount

    def execute_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> int:
        """Run a statement once for each set of parameters; return how many rows all of them changed."""
        return self._connection.executemany(sql, parameters).rowcount

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement that gives rows, and return them all."""
        return self._connection.execute(sql, parameters).fetchall()

    def hold_zone(self, zone: str, *, alone: bool) -> None:
        """Nothing to do: one transaction writes at a time, and it sees all before it."""


class Database:
    """A file opened by this process alone; transactions are one after another, whatever their thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        # Transactions are begun and ended here alone: SQLAlchemy only runs statements inside them.
        engine = sa.create_engine(
            "sqlite://",
            creator=lambda: connection,
            poolclass=StaticPool,
            pool_reset_on_return=None,
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
        )
        self._views = Transaction(SqliteSql(connection), engine.connect())
        self._views.tables.begin()  # never ended, so that nobody (Alembic would) ends one of ours
        # Whoever waits holds the gate, so that a thread with many transactions in a row lets others in.
        self._gate = threading.Lock()
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Run the block in one transaction that writes; it is durable once the block was left.

        Raises:
            StoreFault: nothing was written; or, if the commit itself failed, that is not known.
        """
        with self._gate:
            self._lock.acquire()
        try:
            with translated(self.path):
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._views
                    self._connection.execute("COMMIT")
                except BaseException:
                    self._connection.rollback()
                    raise
        finally:
            self._lock.release()

    def write(self, work: Callable[[Transaction, *Ts], T], *args: *Ts) -> T:
        """Run work in one transaction; what it did is durable then.

        Raises:
            StoreFault: nothing was written; or, if the commit itself failed, that is not known.
        """
        with self.transaction() as tx:
            return work(tx, *args)

    def read(self, work: Callable[[Transaction, *Ts], T], *args: *Ts) -> T:
        """Run work that only reads, on one state of the database."""
        return self.write(work, *args)

    def close(self) -> None:
        """Fold the log into the file and close it."""
        with self._gate, self._lock:
            self._views.tables.close()
            self._connection.close()


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Let errors of the database leave the block as a StoreFault of one line."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise StoreFault(_explained(path, error.orig)) from error
    except sqlite3.Error as error:
        raise StoreFault(_explained(path, error)) from error


_EXPLANATIONS = {
    sqlite3.SQLITE_BUSY: "another process has this database open; stop it, or work through its admin socket",
    sqlite3.SQLITE_NOTADB: "this is not an SQLite file; move it away or give another path",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check the path and who may read and write there",
    sqlite3.SQLITE_READONLY: "cannot be written; check who may write the file and its directory",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore a backup, or save what can be read: sqlite3 FILE .recover",
    sqlite3.SQLITE_FULL: "the disk is full; free some space and start again",
}


def _explained(path: Path, error: BaseException | None) -> str:
    primary_code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return f"{path}: {_EXPLANATIONS.get(primary_code, error)}"


def open_database(path: Path, *, create: bool) -> Database:
    """Open a database file for this process alone and bring its schema up to date.

    Raises:
        StoreFault: missing, foreign, newer than this program, in use, unreadable.
    """
    _check_file(path, create=create)
    with translated(path):
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            fresh = _check_content(path, connection)
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            database = Database(path, connection)
            _migrate(database, connection, fresh=fresh)
        except BaseException:
            connection.close()
            raise
    return database


def _check_file(path: Path, *, create: bool) -> None:
    try:
        if path.is_dir():
            raise StoreFault(f"{path}: this is a directory; give the path of a database file")
        if path.exists():
            return
        if not create:
            raise StoreFault(f"{path}: there is no database here; check the path, or make one: agentmgr init")
        if not path.parent.is_dir():
            raise StoreFault(f"{path}: there is no directory {path.parent}; make it or give another path")
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # customer data: for its owner alone
    except OSError as error:
        raise StoreFault(f"{path}: cannot be opened: {error.strerror}; give another path") from None


def _check_content(path: Path, connection: sqlite3.Connection) -> bool:
    """Return whether the file is empty; one with content must be ours."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    if application_id == APPLICATION_ID:
        return not tables
    if tables or application_id:
        raise StoreFault(f"{path}: this database belongs to another program; give another path")
    return True


def _migrate(database: Database, connection: sqlite3.Connection, *, fresh: bool) -> None:
    if fresh:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        found = None
    else:
        found = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()[0]
    if found == SCHEMA_REVISION:
        return
    # A table is changed by replacing it, during which those that refer to it would refer to nothing.
    connection.execute("PRAGMA foreign_keys = OFF")
    with database.transaction() as tx:
        if not upgrade(tx.tables, found):
            raise StoreFault(
                f"{database.path}: made by a newer agentmgr (schema {found}, this program knows "
                f"{SCHEMA_REVISION}); upgrade agentmgr or give another path"
            )
        wrong = connection.execute("PRAGMA foreign_key_check").fetchone()
        if wrong is not None:
            raise StoreFault(
                f"{database.path}: table {wrong[0]} refers to rows that are missing in {wrong[2]}, and cannot"
                " be brought up to date; restore the last backup"
            )
    connection.execute("PRAGMA foreign_keys = ON")
