"""The do-not-call list."""

import sqlite3
from collections.abc import Iterable

from agentmgr.ports import DncEntry
from agentmgr.store.contacts import batches, marks


def find_on_dnc(connection: sqlite3.Connection, addresses: Iterable[str]) -> frozenset[str]:
    """Return those of the addresses that are on the list."""
    found: set[str] = set()
    for batch in batches(tuple(addresses)):
        rows = connection.execute(f"SELECT address FROM dnc WHERE address IN ({marks(batch)})", batch)
        found.update(row[0] for row in rows)
    return frozenset(found)


def add_to_dnc(connection: sqlite3.Connection, entries: Iterable[DncEntry]) -> int:
    """Add entries; return how many were not there yet."""
    return connection.executemany(
        "INSERT INTO dnc (address, added_by, added_at) VALUES (?, ?, ?) ON CONFLICT (address) DO NOTHING",
        ((entry.address, entry.added_by, entry.added_at) for entry in entries),
    ).rowcount


def remove_from_dnc(connection: sqlite3.Connection, addresses: Iterable[str]) -> int:
    """Remove addresses; return how many were there."""
    return connection.executemany(
        "DELETE FROM dnc WHERE address = ?", ((address,) for address in addresses)
    ).rowcount


def read_dnc(connection: sqlite3.Connection, after_address: str, limit: int) -> tuple[DncEntry, ...]:
    """Return the next entries by address."""
    rows = connection.execute(
        "SELECT address, added_by, added_at FROM dnc WHERE address > ? ORDER BY address LIMIT ?",
        (after_address, limit),
    )
    return tuple(DncEntry(*row) for row in rows)
