"""What the parts of the store have: the database that runs their work."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar, TypeVarTuple

from agentmgr.store.sql import Transaction

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Database(Protocol):
    """What runs the work of the store: `path` names it where people read it."""

    @property
    def path(self) -> Path | str: ...

    def write(self, work: Callable[[Transaction, *Ts], T], *args: *Ts, first: bool = False) -> T:
        """Run work in a transaction that may be shared; what it did is durable then."""
        ...

    def read(self, work: Callable[[Transaction, *Ts], T], *args: *Ts) -> T:
        """Run work that only reads, on the state after the last commit."""
        ...

    def look(self) -> None:
        """Make sure that what was opened is still there."""
        ...

    def wait_no_more(self) -> None:
        """Wait for nothing any more that may take long to come back."""
        ...

    def close(self) -> None:
        """Close it; who reads or writes is waited for."""
        ...


class Part:
    """A part of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database
