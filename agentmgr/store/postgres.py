"""A database in PostgreSQL, which several processes share: who writes, who reads, and what an outage does.

A connection that is lost before a commit takes nothing with it: what was under way is run again on a new
one, and if there is none to be had, nothing was written (`StoreLost`). Of a commit whose answer was lost the
database is asked what has become of it, by the number of its transaction. A server that crashed gives numbers
again that had not come to its log: they tell nothing of the transaction that had them before.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TypeVar, TypeVarTuple

import psycopg
import sqlalchemy as sa
from psycopg import errors

from agentmgr.ports import Fenced, StoreFault, StoreLost
from agentmgr.store.committer import Committer
from agentmgr.store.migrations import SCHEMA_REVISION, upgrade
from agentmgr.store.pglink import FENCED, READING, Checkpoint, Limits, Link, Place, TimedOut, read_url
from agentmgr.store.readers import Readers
from agentmgr.store.sql import Transaction

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

PAUSE_S = 0.25
"""When a connection could not be had no other is tried for so long, so that all who wait hear of it."""

LET_OTHERS_S = 0.02
"""Before a transaction is run again that was undone for another, which would find it in its way once more."""

READ_BACK_S = 300.0
"""For so long it is asked what has become of a commit; whoever waits for it is frozen long before."""

READ_BACK_EVERY_S = 0.1

COMMITTING_S = 5.0
"""A commit that is still under way then, for whomever it waits, is ended."""


__all__ = ["PostgresDatabase", "application", "has_tables", "migrate", "open_database", "read_url"]


def application(incarnation: str) -> str:
    """Return how a manager's process is named to the server."""
    return f"am:{incarnation}" if incarnation else "agentmgr"


class PostgresDatabase:
    """A database as one process has it: one connection that writes, a few that read beside it.

    Args:
        place: where it is.
        application: how the process is named to the server; whoever ends its connections finds them by that.
    """

    def __init__(self, place: Place, application: str) -> None:
        self.path = place.name
        self._place = place
        self._closing = threading.Event()
        self._driver = _Driver(place, application, self._closing)
        self._committer = Committer(self._driver)
        self._readers = Readers(lambda: _Reader(place, application))

    def write(self, work: Callable[[Transaction, *Ts], T], *args: *Ts, first: bool = False) -> T:
        """Run work in a transaction that may be shared; what it did is durable then.

        Args:
            work: gets the transaction; may be run more than once, of which one counts.
            args: what else it gets.
            first: for zones, which go before services.

        Raises:
            StoreLost: the database is out of reach, or did not answer in time; nothing was written.
            StoreFault: nothing was written; or, if it says so, that is not known.
        """
        with translated(self.path):
            return self._committer.run(work, *args, first=first)

    def read(self, work: Callable[[Transaction, *Ts], T], *args: *Ts) -> T:
        """Run work that only reads, on the state after the last commit; nobody who writes waits for it."""
        with translated(self.path):
            try:
                return self._readers.run(work, *args)
            except (psycopg.Error, sa.exc.DBAPIError) as error:
                if not _is_lost(error):
                    raise
            self._readers.drop()  # a server that was started again has ended all of them
            return self._readers.run(work, *args)

    def look(self) -> None:
        """Nothing to do: an outage is what a call finds, and it passes."""

    def wait_no_more(self) -> None:
        """Ask no longer what became of a commit while the database is out of reach."""
        self._closing.set()

    def close(self) -> None:
        """End the connections; who reads or writes is waited for."""
        self.wait_no_more()
        self._readers.close()
        self._driver.is_closed = True
        with suppress(StoreFault):
            self._committer.run(lambda _: None)  # finds that, after all who were there before


# Who writes, for the fences of the tables: a zone has to say so by its token first.
_WRITER = {True: "SET LOCAL am.writer = '?'", False: "SET LOCAL am.writer = ''"}


class _Driver:
    """The connection that writes, made anew when it is lost."""

    def __init__(self, place: Place, application: str, closing: threading.Event) -> None:
        self._place = place
        self._application = application
        self._closing = closing
        self.is_closed = False
        self._link: Link | None = None
        self._lost_at = -PAUSE_S
        self._transaction_id = ""
        self._checkpoint: Checkpoint | None = None
        self._lets_others = False

    @property
    def views(self) -> Transaction:
        """What work gets in the transaction under way."""
        return self._open_link.views

    @property
    def _open_link(self) -> Link:
        assert self._link is not None
        return self._link

    @property
    def in_transaction(self) -> bool:
        """Whether one is under way, be it one that can only be undone."""
        return self._link is not None and self._link.in_transaction

    def begin(self, *, first: bool) -> None:
        """Begin a transaction on the connection there is, or on a new one."""
        if self._lets_others:
            self._lets_others = False
            self._closing.wait(LET_OTHERS_S)
        if self.is_closed:
            self.close()
            raise StoreFault(f"{self._place.name}: is closed")
        if self._link is not None and self._link.is_usable:
            try:
                self._begin(self._link, first)
            except psycopg.OperationalError as error:
                if isinstance(error, TimedOut) or not _is_lost(error):
                    raise
            else:
                return
        self._begin(self._connect(), first)

    def _begin(self, link: Link, first: bool) -> None:
        link.allow_usual_time()
        # whatever the database's own defaults are: at other levels a token that was checked proves nothing
        ((self._transaction_id,),) = link.run(
            f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {_WRITER[first]};"
            " SELECT pg_current_xact_id()::text"
        )

    def _connect(self) -> Link:
        if monotonic() - self._lost_at < PAUSE_S:
            raise StoreLost(f"{self._place.name}: cannot be reached; nothing was written")
        self.close()
        try:
            self._link = self._place.connect(Limits(), self._application)
        except psycopg.Error:
            self._lost_at = monotonic()
            raise
        self._link.read_timeline()
        self._checkpoint = self._link.read_checkpoint()
        return self._link

    def begin_piece(self, *, first: bool) -> None:
        """Begin a further piece, which can be undone alone."""
        self._open_link.run(f"SAVEPOINT piece; {_WRITER[first]}")

    def keep_piece(self) -> None:
        """Let what the piece did be a part of the transaction."""
        self._open_link.run("RELEASE piece")

    def undo_piece(self) -> None:
        """Undo what the piece did."""
        self._open_link.run("ROLLBACK TO piece; RELEASE piece")

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        if self._link is None:
            return
        with suppress(psycopg.Error):
            if self._link.in_transaction:
                self._link.run("ROLLBACK")
                return
        if not self._link.is_usable:
            self.close()

    def commit(self) -> None:
        """Make it durable; if its answer is lost, find out what became of it.

        Raises:
            psycopg.Error: it was undone.
            StoreFault: whether it was undone is not known.
        """
        link = self._open_link
        try:
            # no limit of the server's: one that strikes while a standby is waited for ends the waiting alone
            link.run("SET LOCAL statement_timeout = 0; COMMIT")
        except (psycopg.OperationalError, KeyboardInterrupt) as error:
            if link.is_usable and not isinstance(error, KeyboardInterrupt):
                raise  # refused
            link.close()
            if not self._was_committed(link):
                raise psycopg.OperationalError("was lost in a commit, which it has undone") from error
            if isinstance(error, KeyboardInterrupt):
                raise

    def _was_committed(self, lost: Link) -> bool:
        """Ask what became of the transaction until it is known."""
        began = monotonic()
        while True:
            with suppress(psycopg.Error):
                found = self._read_back(lost, is_late=monotonic() - began > COMMITTING_S)
                if found is not None:
                    return found
            if monotonic() - began > READ_BACK_S or self._closing.wait(READ_BACK_EVERY_S):
                raise StoreFault(
                    f"{self._place.name}: was lost in a commit; whether that was written is not known, and"
                    " is found when the zone is opened again"
                )

    def _read_back(self, lost: Link, *, is_late: bool) -> bool | None:
        """Return whether the transaction was committed; None while it is under way.

        Raises:
            StoreFault: a standby took over, or a server that crashed and has gone on for long, where the
                number may be another transaction's.
        """
        link = self._place.connect(Limits(), self._application)
        try:
            link.read_timeline()
            if link.sql.timeline != lost.sql.timeline:
                raise StoreFault(
                    f"{self._place.name}: a standby took over within a commit; whether that was written is"
                    " not known, and is found when the zone is opened again"
                )
            began, now = self._checkpoint, link.read_checkpoint()
            if began and now and now.is_first and now.at != began.at:
                if int(self._transaction_id) >= now.next_transaction:
                    return False  # it did not come to the log
                began = now
            ((status,),) = link.run(f"SELECT pg_xact_status('{self._transaction_id}'::xid8)")
            if status == "in progress" and is_late:
                link.run(f"SELECT pg_terminate_backend({lost.pid})")
        except errors.InvalidParameterValue:  # nor was the number given again yet
            return False
        finally:
            link.close()
        if status == "committed" and began and now and began.started_at != now.started_at:
            raise StoreFault(
                f"{self._place.name}: was started anew within a commit, long ago; whether that was written"
                " is not known, and is found when the zone is opened again"
            )
        return {"committed": True, "aborted": False}.get(status)

    def may_run_again(self, error: Exception) -> bool:
        """Say whether a transaction that failed so was undone by no fault of its work."""
        if _has_state(error, _FOR_OTHERS):
            self._lets_others = True
            return True
        if not _is_lost(error):
            return False
        self.close()
        return not isinstance(_cause(error), TimedOut)

    def close(self) -> None:
        """End the connection."""
        if self._link is not None:
            self._link.close()
            self._link = None


class _Reader:
    """A connection that reads beside the one that writes."""

    def __init__(self, place: Place, application: str) -> None:
        self._link = place.connect(READING, application)
        self.views = self._link.views

    def begin(self) -> None:
        """See from now on one state, that after the last commit."""
        self._link.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def end(self) -> bool:
        """See nothing any more; return whether the connection is of use still."""
        with suppress(psycopg.Error):
            if self._link.in_transaction:
                self._link.run("ROLLBACK")
        return self._link.is_usable and not self._link.in_transaction

    def close(self) -> None:
        """End the connection."""
        self._link.close()


_FOR_OTHERS = (errors.DeadlockDetected, errors.SerializationFailure)
# A server that ends, starts, or is not the one any more that may be written to.
_GOING = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
    errors.ReadOnlySqlTransaction,
)
# Nothing was done, and later it may be.
_LATER = (
    errors.QueryCanceled,
    errors.LockNotAvailable,
    errors.InsufficientResources,
    errors.TooManyConnections,
    errors.DiskFull,
)


def _cause(error: BaseException) -> BaseException | None:
    return error.orig if isinstance(error, sa.exc.DBAPIError) else error


def _has_state(error: BaseException, states: tuple[type[Exception], ...]) -> bool:
    return isinstance(_cause(error), states)


def _is_lost(error: BaseException) -> bool:
    """Say whether an error means that the connection is of no use any more, or there is none to be had."""
    cause = _cause(error)
    if isinstance(cause, _GOING):
        return True
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) and cause.sqlstate is None


def _text(error: BaseException | None) -> str:
    """Return the line that says what is wrong; what the server adds may have customers' data in it."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return " ".join((said or str(error)).split())


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Let errors of the database leave the block as a StoreFault of one line."""
    try:
        yield
    except (psycopg.Error, sa.exc.DBAPIError) as error:
        text = _text(_cause(error))
        if getattr(_cause(error), "sqlstate", None) == FENCED:
            raise Fenced(f"{name}: {text}; nothing was written") from error
        if _is_lost(error) or _has_state(error, (*_LATER, *_FOR_OTHERS)):
            raise StoreLost(f"{name}: {text}; nothing was written") from error
        raise StoreFault(f"{name}: {text}") from error


def open_database(place: Place, application: str, *, create: bool) -> PostgresDatabase:
    """Open a database and bring its schema up to date.

    Args:
        place: where it is; the database is there, be it empty.
        application: how the process is named to the server.
        create: make the schema if there is none.

    Raises:
        StoreLost: it is out of reach.
        StoreFault: it has no schema, or is newer than this program, or belongs to another program.
    """
    database = PostgresDatabase(place, application)
    try:
        if database.read(_found_revision) != SCHEMA_REVISION:
            database.write(migrate, place.name, create)
    except BaseException:
        database.close()
        raise
    return database


def has_tables(place: Place) -> bool:
    """Return whether a database has our tables, whatever their version."""
    database = PostgresDatabase(place, application(""))
    try:
        return database.read(_found_revision) is not None
    finally:
        database.close()


def _found_revision(tx: Transaction) -> str | None:
    """Return the revision of the schema; None if there is none."""
    if not tx.sql.fetch("SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL"):
        return None
    rows = tx.sql.fetch("SELECT max(version_num) FROM alembic_version")
    return str(rows[0][0]) if rows[0][0] is not None else None


def migrate(tx: Transaction, name: str, create: bool) -> None:
    """Make the schema what this program needs, one process at a time."""
    tx.sql.take_time()
    tx.sql.hold_zone("", alone=True)
    found = _found_revision(tx)
    if found is None and not create:
        raise StoreFault(f"{name}: there are no tables here; check the url, or make them: agentmgr init")
    if found is None and tx.sql.fetch(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema()"
    ):
        raise StoreFault(f"{name}: this database belongs to another program; give another one")
    if found == SCHEMA_REVISION:
        return
    if not upgrade(tx.tables, found):
        raise StoreFault(
            f"{name}: made by a newer agentmgr (schema {found}, this program knows {SCHEMA_REVISION});"
            " upgrade agentmgr or give another database"
        )
