"""The store: both store ports, over one SQLite file or over a database in PostgreSQL."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from agentmgr.store.database import open_database
from agentmgr.store.leases import SqlLeases
from agentmgr.store.ownership import raise_eras
from agentmgr.store.parts.accounts import AccountPart
from agentmgr.store.parts.campaigns import CampaignPart
from agentmgr.store.parts.contacts import ContactPart
from agentmgr.store.parts.part import Database
from agentmgr.store.parts.times import TimePart
from agentmgr.store.parts.zones import ZonePart
from agentmgr.store.processing import SqlProcessing
from agentmgr.store.results import SqlOutbox

if TYPE_CHECKING:
    from agentmgr.store.pgleases import PostgresLeases


def open_sqlite(path: Path | str, *, create: bool = False) -> "SqlStore":
    """Open a store, with its schema brought up to date; close it when done.

    Args:
        path: a file on a local disk; the directory must exist.
        create: make a new store if there is no file.

    Raises:
        StoreFault: missing, foreign, newer than this program, in use, unreadable: one line each.
    """
    return SqlStore(open_database(Path(path), create=create))


def open_postgres(
    url: str, incarnation: str = "", *, password: str | None = None, create: bool = False
) -> "SqlStore":
    """Open a store in PostgreSQL, with its schema brought up to date; close it when done.

    Args:
        url: postgresql://USER@HOST:PORT/DATABASE; without a database none is made.
        incarnation: of the manager whose process this is; its connections are ended with it.
        password: is used instead of what is in the URL, PGPASSWORD or PGPASSFILE.
        create: make the tables if there are none.

    Raises:
        StoreLost: it is out of reach.
        StoreFault: no tables, foreign ones, newer than this program: one line each.
    """
    from agentmgr.store import postgres  # it takes a tenth of a second to load

    place = postgres.read_url(url, password)
    return SqlStore(postgres.open_database(place, postgres.application(incarnation), create=create))


def copy_to_postgres(
    path: Path | str, url: str, told: Callable[[str, int], None], *, password: str | None = None
) -> None:
    """Copy what is in a file into a database in PostgreSQL that has nothing yet: all of it, or nothing.

    Args:
        path: of the file; no server has it open meanwhile.
        url: as for `open_postgres`; its tables are made if there are none.
        told: gets the name of each table with the number of its rows.
        password: as for `open_postgres`.

    Raises:
        StoreFault: it cannot be copied; nothing was.
    """
    from agentmgr.store import copying, postgres

    place = postgres.read_url(url, password)
    with closing(open_database(Path(path), create=False)) as source:
        copying.copy_all(source, place, told)


def has_tables(url: str, password: str | None = None) -> bool:
    """Return whether a database in PostgreSQL has our tables, whatever their version.

    Raises:
        StoreFault: it cannot be read, or the url cannot be.
    """
    from agentmgr.store import postgres

    return postgres.has_tables(postgres.read_url(url, password))


def url_name(url: str) -> str:
    """Return how a database in PostgreSQL is named to people, without a password.

    Raises:
        StoreFault: the url cannot be read.
    """
    from agentmgr.store import postgres

    return postgres.read_url(url).name


def open_leases(url: str, incarnation: str, *, password: str | None = None) -> "PostgresLeases":
    """Return the leases that are kept in PostgreSQL, over a connection of their own; it is made when needed.

    Raises:
        StoreFault: the url cannot be read.
    """
    from agentmgr.store import pgleases, postgres

    return pgleases.PostgresLeases(postgres.read_url(url, password), postgres.application(incarnation))


class SqlStore(ZonePart, AccountPart, ContactPart, CampaignPart, TimePart):
    """Implements `ZoneStore` and `ServiceStore`; every call that writes is durable when it returns.

    Calls may come from any thread. Those that write and wait share a transaction, those of zones first;
    those that only read hold nobody up.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.path = database.path

    def close(self) -> None:
        """Close the database; another process may open a file then."""
        self._database.close()

    def wait_no_more(self) -> None:
        """Let calls that wait for a database out of reach fail now: the process ends."""
        self._database.wait_no_more()

    def look(self) -> None:
        """Make sure that the file is still the one that is open; to be called once a second.

        Raises:
            StoreFault: it was deleted, moved or replaced, or its log was; the text says where the data is.
        """
        self._database.look()

    @property
    def leases(self) -> SqlLeases:
        """Who owns which zone; with this process alone nobody asks before it acts."""
        return SqlLeases(self._database)

    @property
    def outbox(self) -> SqlOutbox:
        """What publishers have to tell."""
        return SqlOutbox(self._database)

    @property
    def processing(self) -> SqlProcessing:
        """Jobs that are over, for those who are told them."""
        return SqlProcessing(self._database)

    def restored(self, now: float) -> int:
        """Let all zones go on in a new era, after a backup was restored; return how many there are."""
        return self._database.write(raise_eras, now)
