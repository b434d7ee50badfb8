"""One SQLite file: how it is opened by one process alone, who reads and who writes, what an error says.

All that only SQLite knows is here; the SQL elsewhere is what PostgreSQL understands too, with `?` for
a parameter.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from agentmgr.ports import StoreFault, Token
from agentmgr.store.committer import Committer
from agentmgr.store.migrations import SCHEMA_REVISION, upgrade
from agentmgr.store.readers import Readers
from agentmgr.store.sql import Row, Transaction
from agentmgr.store.watch import Watch, keep_open, present_name, save_copy

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

APPLICATION_ID = 0x41674D67
"""Stands in the header of every file made here ("AgMg"), so that a foreign one is recognised."""

# Nobody else has the file; a program that looks into it by hand does not keep it.
BUSY_TIMEOUT_S = 0.25
READER_TIMEOUT_S = 5.0
COMMITS_A_LOOK = 64
"""So often it is looked whether the log has become long."""

# WAL, so that reports read while zones write, with one connection that writes or checkpoints: the defect of
# SQLite before 3.51.3 that loses commits needs two. FULL: one fdatasync a commit, a confirmed one survives
# power loss. The log is cut to the limit whenever it starts anew.
LOG_LIMIT_BYTES = 64 * 1024 * 1024
_CAREFUL = ("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON")
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA journal_size_limit = {LOG_LIMIT_BYTES}",
    "PRAGMA cache_size = -16384",
    "PRAGMA foreign_keys = ON",
    *_CAREFUL,
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

    passing_over = ""

    timeline = 0

    def hold_zone(self, zone: str, *, alone: bool, owner: Token | None = None) -> None:
        """Nothing to do: one transaction writes at a time, and it sees all before it."""

    def take_time(self) -> None:
        """Nothing to do: there are no limits."""


class _Driver:
    """The connection that writes.

    Args:
        before: called before each transaction; if it raises, that one is not begun.
        committed: called behind each; if it raises, the transaction has failed for all in it.
    """

    def __init__(
        self, connection: sqlite3.Connection, before: Callable[[], None], committed: Callable[[], None]
    ) -> None:
        self.views = _views(connection)
        self._connection = connection
        self._execute = connection.execute
        self._before = before
        self._committed = committed

    @property
    def in_transaction(self) -> bool:
        """Whether one is under way; a full disk, for one, ends it."""
        return self._connection.in_transaction

    def begin(self, *, first: bool) -> None:
        """Begin a transaction that nobody else's can come into."""
        self._before()
        self._execute("BEGIN IMMEDIATE")

    def begin_piece(self, *, first: bool) -> None:
        """Begin a further piece, which can be undone alone."""
        self._execute("SAVEPOINT piece")

    def keep_piece(self) -> None:
        """Let what the piece did be a part of the transaction."""
        self._execute("RELEASE piece")

    def undo_piece(self) -> None:
        """Undo what the piece did."""
        self._execute("ROLLBACK TO piece")
        self._execute("RELEASE piece")

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        self._connection.rollback()

    def commit(self) -> None:
        """Make it durable."""
        self._execute("COMMIT")
        self._committed()

    def may_run_again(self, error: Exception) -> bool:
        """Nobody else writes, and so nothing is undone for them."""
        return False


class _Reader:
    """A connection that reads beside the one that writes."""

    def __init__(self, path: Path) -> None:
        self._connection = _connect(f"{path.absolute().as_uri()}?mode=ro", READER_TIMEOUT_S)
        for pragma in _CAREFUL:
            self._connection.execute(pragma)
        self.views = _views(self._connection)

    def begin(self) -> None:
        """See from now on the state after the last commit."""
        self._connection.execute("BEGIN")

    def end(self) -> bool:
        """Let the log start anew; the connection goes on being of use."""
        self._connection.rollback()
        return True

    def close(self) -> None:
        """Close it."""
        self.views.tables.close()
        self._connection.close()


class Database:
    """A file opened by this process alone: one connection that writes, a few that read beside it."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: int) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock
        self._driver = _Driver(connection, self._before, self._committed)
        self._watch = Watch(path)
        self._committer = Committer(self._driver)
        self._readers = Readers(self._connect_reader)
        self._commits = 0
        self._closed = False
        self._lost: StoreFault | None = None
        self._losing = threading.Lock()
        self._data_version: int = connection.execute("PRAGMA data_version").fetchone()[0]

    def write(self, work: Callable[[Transaction, *Ts], T], *args: *Ts, first: bool = False) -> T:
        """Run work in a transaction that may be shared; what it did is durable then.

        Args:
            work: gets the transaction; may be run more than once, of which one counts.
            args: what else it gets.
            first: for zones, which go before services.

        Raises:
            StoreFault: nothing was written; or, if the commit itself failed, that is not known.
        """
        with translated(self.path):
            return self._committer.run(work, *args, first=first)

    def read(self, work: Callable[[Transaction, *Ts], T], *args: *Ts) -> T:
        """Run work that only reads, on the state after the last commit; nobody who writes waits for it.

        It has to be short: as long as it runs, the log cannot start anew.
        """
        self._raise_lost()
        with translated(self.path):
            try:
                return self._readers.run(work, *args)
            except sqlite3.OperationalError:
                self.look()  # a connection that is opened for it finds no file, and cannot say where that is
                raise

    def look(self) -> None:
        """Make sure that file, log and lock are still the open ones; to be called now and then.

        Raises:
            StoreFault: they are not; nothing can be written or read any more. It says where the data is.
        """
        self.write(lambda _: None)
        self._lock = _renewed(self._lock, self.path)

    def wait_no_more(self) -> None:
        """Nothing to do: a file is never out of reach for a while."""

    def _before(self) -> None:
        """Begin no transaction on files that are not as the last one has left them."""
        self._raise_lost()
        left = self._watch.file_bytes, self._watch.log_bytes
        self._look_at_files()
        if (self._watch.file_bytes, self._watch.log_bytes) != left:
            self._accept_change(*left)

    def _committed(self) -> None:
        """Confirm nothing that is not where it can be found; and look after the log.

        That cannot start anew while always somebody reads.
        """
        self._look_at_files()
        self._commits += 1
        if self._commits % COMMITS_A_LOOK == 0 and self._watch.log_bytes > LOG_LIMIT_BYTES:
            # What was committed is durable, whatever becomes of this: a fault of the file is what the next
            # commit tells, as SQLite has it with the checkpoints that it makes by itself.
            with suppress(sqlite3.Error):
                self._fold_log()
            self._look_at_files()

    def _fold_log(self) -> bool:
        """Write all of the log into the file; False if somebody reads for too long."""
        with self._readers.kept_out() as nobody_reads:
            if not nobody_reads:
                return False
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    # -- files that are not the open ones ------------------------------------------------------

    def _look_at_files(self) -> None:
        wrong = self._watch.look()
        if wrong is not None:
            self._lose(wrong)

    def _accept_change(self, file_bytes: int, log_bytes: int) -> None:
        """Find out who has changed the files: SQLite elsewhere does no harm; `cp` and `>` are the end."""
        value = self._connection.execute("PRAGMA data_version").fetchone()[0]
        before, self._data_version = self._data_version, value
        if value != before:
            return  # somebody has written by hand, as one should not
        pages, bytes_each = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
        is_ours = self._watch.file_bytes in (file_bytes, pages * bytes_each)
        try:
            if not is_ours or (self._watch.log_bytes < log_bytes and not self._fold_log()):
                self._lose_for_good()
        except sqlite3.Error:
            self._lose_for_good()
        self._look_at_files()

    def _lose(self, wrong: str) -> NoReturn:
        """Bring all that was committed to where a name leads to it, and stop.

        What was confirmed since the files were lost is in the open ones.
        """
        with self._losing:
            self._lost = StoreFault(f"{wrong}; its data is lost")  # if the rest is cut off
            keep_open(self._connection)
            is_whole = False
            with suppress(sqlite3.Error):
                is_whole = self._fold_log()
            try:
                where = f"all that was confirmed is in {self._save(is_whole)}"
            except (OSError, sqlite3.Error) as error:
                where = f"all that was confirmed is lost, a copy could not be made: {error}"
            self._lost = StoreFault(f"{wrong}; {where}")
        raise self._lost

    def _raise_lost(self) -> None:
        """Say that the data is lost and where it is; who asks while that is being found out waits."""
        if self._lost is not None:
            with self._losing:
                raise self._lost

    def _lose_for_good(self) -> NoReturn:
        keep_open(self._connection)
        self._lost = StoreFault(
            f"{self._watch.path} or its log was written over by another program while it was open;"
            " restore the last backup"
        )
        raise self._lost

    def _save(self, is_whole: bool) -> str:
        """Return where the data is, and what to do."""
        path = self._watch.path
        if is_whole and self._watch.is_in_place():
            return f"{path}; start again"
        name = present_name(self._watch.identity) if is_whole else None
        return f"{name or save_copy(self._connection, path)}; move it to {path} and start again"

    def _connect_reader(self) -> "_Reader":
        reader = _Reader(self.path)
        if not self._watch.is_in_place():
            reader.close()
            raise StoreFault(f"{self._watch.path} is not the open file any more")
        return reader

    def close(self) -> None:
        """Fold the log into the file and close it; who reads or writes is waited for."""
        if self._closed:
            return
        self._closed = True
        self._readers.close()
        if self._lost is None:
            with suppress(StoreFault):
                self._committer.run(lambda _: None)
        if self._lost is None:
            self._driver.views.tables.close()
            self._connection.close()
        os.close(self._lock)


def _views(connection: sqlite3.Connection) -> Transaction:
    # Transactions are begun and ended elsewhere: SQLAlchemy only runs statements inside them.
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: connection,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    )
    views = Transaction(SqliteSql(connection), engine.connect())
    views.tables.begin()  # never ended, so that nobody (Alembic would) ends one of ours
    return views


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
    sqlite3.SQLITE_BUSY: "another process has this database open; stop it, or work through its admin socket"
    " (several servers can share one in PostgreSQL: database.url)",
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
    with ExitStack() as undo, translated(path):
        connection = _connect(str(path), BUSY_TIMEOUT_S)
        undo.callback(connection.close)
        fresh = _check_content(path, connection)
        lock = _lock_out_others(path)
        undo.callback(os.close, lock)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if fresh:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database = Database(path, connection, lock)
        _migrate(database, connection, fresh=fresh)
        undo.pop_all()
    return database


def _connect(address: str, timeout_s: float) -> sqlite3.Connection:
    return sqlite3.connect(
        address, timeout=timeout_s, isolation_level=None, check_same_thread=False, uri="?mode=" in address
    )


def _lock_out_others(path: Path) -> int:
    """Lock the file beside the database that stands for having it open; it ends with the process.

    SQLite's own lock against others would also lock out the connections of this process that read. The
    file is never removed: who had it open already would lock one that nobody else finds.
    """
    resolved = path.resolve()
    lock_path = resolved.with_name(resolved.name + ".lock")
    try:
        lock = os.open(lock_path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StoreFault(
            f"{path}: its lock {lock_path} cannot be opened: {error.strerror}; work as the owner of that"
            " file, or let its directory be written"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise StoreFault(f"{path}: {_EXPLANATIONS[sqlite3.SQLITE_BUSY]}") from None
    return lock


def _renewed(lock: int, path: Path) -> int:
    """Return the lock, or one anew if its file has gone: a second process would lock what nobody else has."""
    resolved = path.resolve()
    try:
        found = os.stat(resolved.with_name(resolved.name + ".lock"))
    except OSError:
        found = None
    if found is not None and os.path.samestat(found, os.fstat(lock)):
        return lock
    renewed = _lock_out_others(path)
    os.close(lock)
    return renewed


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
        found = None
    else:
        found = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()[0]
    if found == SCHEMA_REVISION:
        return
    # A table is changed by replacing it, during which those that refer to it would refer to nothing.
    # Triggers name it too, and would be complained of while it is not there.
    for pragma in ("foreign_keys = OFF", "legacy_alter_table = ON"):
        connection.execute(f"PRAGMA {pragma}")
    database.write(_upgrade, database.path, found)
    for pragma in ("foreign_keys = ON", "legacy_alter_table = OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _upgrade(tx: Transaction, path: Path, found: str | None) -> None:
    if not upgrade(tx.tables, found):
        raise StoreFault(
            f"{path}: made by a newer agentmgr (schema {found}, this program knows "
            f"{SCHEMA_REVISION}); upgrade agentmgr or give another path"
        )
    wrong = tx.sql.fetch("PRAGMA foreign_key_check")
    if wrong:
        raise StoreFault(
            f"{path}: table {wrong[0][0]} refers to rows that are missing in {wrong[0][2]}, and cannot"
            " be brought up to date; restore the last backup"
        )
