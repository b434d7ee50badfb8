"""Databases for tests: made once, and copied for each that needs an empty one."""

import itertools
import tempfile
from functools import cache
from pathlib import Path
from typing import Protocol

from attrs import frozen

from agentmgr.store import SqlStore, open_postgres, open_sqlite
from agentmgr.store.schema import metadata
from agentmgr.testing.postgres import ThrowawayPostgres

_numbers = itertools.count(1)


class Place(Protocol):
    """Where a database is."""

    def open(self) -> SqlStore:
        """Open the database that is there."""
        ...


@frozen
class FilePlace:
    """A file."""

    path: Path

    def open(self) -> SqlStore:
        """Open it."""
        return open_sqlite(self.path)


@frozen
class PostgresPlace:
    """A database on a server."""

    server: ThrowawayPostgres
    name: str

    @property
    def url(self) -> str:
        """How it is reached."""
        return self.server.url(self.name)

    def open(self, incarnation: str = "") -> SqlStore:
        """Open it, as the process of a manager or of nobody."""
        return open_postgres(self.url, incarnation)

    def give_back(self) -> None:
        """Empty it for another test, whoever has it open: dropping it and making one takes far longer."""
        self.server.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            self.name,
        )
        tables = [table.name for table in metadata.sorted_tables]
        self.server.ask(
            "SET session_replication_role = replica;"
            + "".join(f"DELETE FROM {table};" for table in tables)
            + "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence",
            self.name,
        )
        _free.append(self)


def new_place(path: Path) -> FilePlace:
    """Put an empty database at a path; making its tables would take fifty times as long."""
    path.write_bytes(_empty())
    return FilePlace(path)


def new_store(path: Path) -> SqlStore:
    """Return an empty store at a path."""
    return new_place(path).open()


def new_postgres(server: ThrowawayPostgres) -> PostgresPlace:
    """Return an empty database on a server."""
    for place in _free:
        if place.server is server:
            _free.remove(place)
            return place
    name = f"test_{next(_numbers)}"
    server.ask(f"CREATE DATABASE {name} TEMPLATE {_template(server)}")
    return PostgresPlace(server, name)


_free: list[PostgresPlace] = []


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "agentmgr.sqlite"
        open_sqlite(path, create=True).close()
        return path.read_bytes()


@cache
def _template(server: ThrowawayPostgres) -> str:
    server.ask("DROP DATABASE IF EXISTS empty")
    server.ask("CREATE DATABASE empty")
    open_postgres(server.url("empty"), create=True).close()
    return "empty"
