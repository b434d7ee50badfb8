"""What the stores need of a database's driver: one set of statements runs on whatever offers it."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from attrs import frozen

from agentmgr.ports.zones import Token

Row = tuple[Any, ...]


class Sql(Protocol):
    """Runs SQL inside the transaction under way.

    The statements are what SQLite and PostgreSQL both understand, with `?` for a parameter and no other
    question mark in them; a driver whose database wants another mark puts it in.
    """

    @property
    def passing_over(self) -> str:
        """What ends a SELECT that locks the rows it gives, and passes those over that others have locked.

        Empty where one transaction writes at a time.
        """
        ...

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement and return how many rows it changed."""
        ...

    def execute_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> int:
        """Run a statement once for each set of parameters; return how many rows all of them changed."""
        ...

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement that gives rows, and return them all."""
        ...

    @property
    def timeline(self) -> int:
        """The history of the database: another once a standby has taken over; 0 where there is but one."""
        ...

    def hold_zone(self, zone: str, *, alone: bool, owner: Token | None = None) -> None:
        """Keep the owner of a zone from changing until the transaction ends; called before it is read.

        Args:
            zone: its name; it may not be stored yet.
            alone: whoever changes the owner holds the zone alone; who only writes as owner shares it.
            owner: as whom the caller will write: a database that can refuses all else of a zone's.

        With one transaction that writes at a time there is nothing to do. Where transactions run side by
        side and see what others committed meanwhile (PostgreSQL, READ COMMITTED), a plain SELECT lets an
        owner commit that was replaced after it, and a row lock that is shared lets the one who wants to
        replace it wait without end: there it is an advisory lock of the transaction, shared or exclusive.
        """
        ...

    def take_time(self) -> None:
        """Let what the transaction still has to do take long, where there are limits."""
        ...


@frozen
class Transaction:
    """A transaction under way: the driver for what is hot, SQLAlchemy's view of it for the rest."""

    sql: Sql
    tables: sa.Connection


_BATCH = 1000


def batches(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Cut values into batches that fit the number of parameters of one statement."""
    return (values[start : start + _BATCH] for start in range(0, len(values), _BATCH))


def marks(values: Sequence[Any]) -> str:
    """Return a parameter for each value."""
    return ", ".join("?" * len(values))
