"""One connection to PostgreSQL: how it is reached, that nothing waits on it without end, the SQL it runs."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from time import monotonic
from typing import Any, TypeVar

import psycopg
import psycopg.errors
import sqlalchemy as sa
from attrs import frozen
from psycopg import conninfo
from psycopg.pq import TransactionStatus
from sqlalchemy.pool import StaticPool

from agentmgr.ports import StoreFault, Token
from agentmgr.store.sql import Row, Transaction

RV = TypeVar("RV")

LOCK_CLASS = 0x416D
"""First half of the key of our advisory locks ("Am"); the second is a zone."""

FENCED = "FN001"
"""The state of errors of a table's fence: whoever writes as the owner of a zone is not."""

ANSWER_S = 0.5
"""So much longer than the server may take for a statement it is waited for what it says."""


@frozen
class Limits:
    """How long the server may take, in seconds.

    Attributes:
        statement_s: for a statement.
        lock_s: of that, for a lock that somebody else has.
        idle_s: how long a transaction may be open between two statements.
        connect_s: for a new connection; what is used of it is never less than 2 s.
    """

    statement_s: float = 2.0
    lock_s: float = 1.5
    idle_s: float = 3.0
    connect_s: float = 2.0


@frozen
class Checkpoint:
    """The last checkpoint of a server.

    Attributes:
        at: its place in the log.
        is_first: whether it is the one that the server began with, after an end or a crash.
        next_transaction: the number that the next transaction was to have then.
        started_at: when the server was started.
    """

    at: str
    is_first: bool
    next_transaction: int
    started_at: str


READING = Limits(statement_s=5.0)
PATIENT = Limits(statement_s=600.0, lock_s=10.0, idle_s=600.0)
"""For taking a zone over, for migrations and for copies of everything."""


@frozen
class Place:
    """A database on a server: how it is reached, and how it is named where people read it."""

    name: str
    _parameters: dict[str, Any]

    def connect(self, limits: Limits, application: str) -> "Link":
        """Return a connection.

        Raises:
            psycopg.Error: there is none to be had.
        """
        settings = (
            f"-c statement_timeout={_ms(limits.statement_s)} -c lock_timeout={_ms(limits.lock_s)}"
            f" -c idle_in_transaction_session_timeout={_ms(limits.idle_s)}"
        )
        given = dict(self._parameters)
        options = f"{given.pop('options', '')} {settings}".strip()
        defaults = {
            "connect_timeout": max(2, round(limits.connect_s)),
            "tcp_user_timeout": 3000,
            "keepalives": 1,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "target_session_attrs": "read-write",
        }
        connection = _Connection.connect(
            **{**defaults, **given, "options": options, "application_name": application}, autocommit=True
        )
        try:
            return Link(connection, limits)
        except BaseException as error:
            connection.close()
            if isinstance(error, sa.exc.DBAPIError) and isinstance(error.orig, psycopg.Error):
                raise error.orig from None  # SQLAlchemy asks a few things first; who connects knows one kind
            raise


def read_url(url: str, password: str | None = None) -> Place:
    """Read the address of a database.

    Args:
        url: as libpq reads it, postgresql://USER@HOST:PORT/DATABASE; several hosts are tried in turn.
        password: is used instead of what is in the URL, PGPASSWORD or PGPASSFILE.

    Raises:
        StoreFault: it cannot be read.
    """
    try:
        parameters = dict(conninfo.conninfo_to_dict(url))
    except psycopg.Error:
        # what libpq says would repeat a password
        raise StoreFault(
            "the database's url cannot be read; allowed: postgresql://USER@HOST:PORT/DATABASE"
        ) from None
    if password is not None:
        parameters["password"] = password
    user = f"{parameters['user']}@" if parameters.get("user") else ""
    port = f":{parameters['port']}" if parameters.get("port") else ""
    name = f"postgresql://{user}{parameters.get('host') or ''}{port}/{parameters.get('dbname') or ''}"
    return Place(name, parameters)


class TimedOut(psycopg.OperationalError):
    """The server did not answer in time; what became of the statement is not known."""


class _Connection(psycopg.Connection[Row]):
    """One on which no wait is longer than its limit, whatever has become of the server."""

    limit_s: float = Limits().statement_s + ANSWER_S
    until: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server as psycopg does, for `limit_s` at most, and no longer than `until`."""
        until = monotonic() + (self.limit_s if timeout is None else timeout)
        if self.until is not None:
            until = min(until, self.until)
        try:
            return super().wait(gen, interval, max(0.0, until - monotonic()))
        except psycopg.OperationalError:
            if self.info.transaction_status is TransactionStatus.ACTIVE and monotonic() >= until:
                self.close()
                raise TimedOut("the server does not answer") from None
            raise


class Link:
    """A connection with the two views of it that statements are run on."""

    def __init__(self, connection: _Connection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits
        self.allow_usual_time()
        engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=lambda: connection,
            poolclass=StaticPool,
            pool_reset_on_return=None,
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            use_native_hstore=False,
        )
        self.sql = PostgresSql(connection)
        self.views = Transaction(self.sql, engine.connect())
        self.views.tables.begin()  # never ended, so that nobody (Alembic would) ends one of ours
        self.pid = connection.info.backend_pid

    @property
    def is_usable(self) -> bool:
        """Whether the connection stands, as far as is known here."""
        return not self._connection.closed and not self._connection.broken

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is under way, be it one that can only be undone."""
        status = self._connection.info.transaction_status
        return self.is_usable and status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def allow_usual_time(self) -> None:
        """Wait for the server as long as usual again, after `PostgresSql.take_time`."""
        self._connection.limit_s = self._limits.statement_s + ANSWER_S
        self._connection.until = None

    def allow(self, seconds: float) -> None:
        """Wait for the server for so long in all, from now on."""
        self._connection.until = monotonic() + seconds

    def run(self, sql: str) -> list[Row]:
        """Run some statements without parameters in one go; return the rows of the last one."""
        cursor = self._connection.cursor()
        # never prepared: that can only be done with one statement
        cursor.execute(sql.encode(), prepare=False)
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []

    def read_timeline(self) -> None:
        """Find out in which history the database is, if this role may read that."""
        with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
            ((name,),) = self.run("SELECT pg_walfile_name(pg_current_wal_lsn())")
            self.sql.timeline = int(name[:8], 16)

    def read_checkpoint(self) -> Checkpoint | None:
        """Return the last checkpoint of the server; None if this role may not read that."""
        try:
            ((at, is_first, following, started_at),) = self.run(
                "SELECT checkpoint_lsn::text, redo_lsn = checkpoint_lsn, next_xid,"
                " pg_postmaster_start_time()::text FROM pg_control_checkpoint()"
            )
        except psycopg.errors.InsufficientPrivilege:
            return None
        epoch, number = map(int, following.split(":"))
        return Checkpoint(at, is_first, (epoch << 32) + number, started_at)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class PostgresSql:
    """Runs SQL over one connection; see `Sql`."""

    def __init__(self, connection: _Connection) -> None:
        self.timeline = 0
        self._connection = connection
        self._cursor = connection.cursor()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement and return how many rows it changed."""
        return self._cursor.execute(_marked(sql), parameters).rowcount

    def execute_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> int:
        """Run a statement once for each set of parameters; return how many rows all of them changed."""
        sets = list(parameters)
        if len(sets) > 1:
            self._cursor.executemany(_marked(sql), sets)
            return self._cursor.rowcount
        return self.execute(sql, sets[0]) if sets else 0

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement that gives rows, and return them all."""
        return self._cursor.execute(_marked(sql), parameters).fetchall()

    passing_over = " FOR UPDATE SKIP LOCKED"

    def copy_in(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Give rows to a COPY statement and return how many they were."""
        with self._cursor.copy(sql.encode()) as copy:
            for row in rows:
                copy.write_row(row)
        return self._cursor.rowcount

    def hold_zone(self, zone: str, *, alone: bool, owner: Token | None = None) -> None:
        """Keep the owner of a zone from changing until the transaction ends; called before it is read."""
        shared = "" if alone else "_shared"
        lock = f"SELECT pg_advisory_xact_lock{shared}({LOCK_CLASS}, hashtext(%s))"
        if owner is None:
            self._cursor.execute(lock.encode(), (zone,))
            return
        # for the fences of the tables, which look themselves whether it is true
        writer = f"{owner.era} {owner.epoch} {owner.zone}"
        self._cursor.execute(f"{lock}, set_config('am.writer', %s, true)".encode(), (zone, writer))

    def take_time(self) -> None:
        """Let what the transaction still has to do take long."""
        limit_s = PATIENT.statement_s
        self._connection.limit_s = limit_s + ANSWER_S
        self._cursor.execute(
            f"SET LOCAL statement_timeout = {_ms(limit_s)}; SET LOCAL lock_timeout = {_ms(PATIENT.lock_s)};"
            f" SET LOCAL idle_in_transaction_session_timeout = {_ms(PATIENT.idle_s)}".encode(),
            prepare=False,
        )


@lru_cache(maxsize=4096)
def _marked(sql: str) -> bytes:
    return sql.replace("%", "%%").replace("?", "%s").encode()


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
