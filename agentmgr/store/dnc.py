"""The do-not-call list."""

from collections.abc import Iterable

from agentmgr.ports import DncEntry
from agentmgr.store.sql import Transaction, batches, marks


def find_on_dnc(tx: Transaction, addresses: Iterable[str]) -> frozenset[str]:
    """Return those of the addresses that are on the list."""
    found: set[str] = set()
    for batch in batches(tuple(addresses)):
        rows = tx.sql.fetch(f"SELECT address FROM dnc WHERE address IN ({marks(batch)})", batch)
        found.update(row[0] for row in rows)
    return frozenset(found)


def add_to_dnc(tx: Transaction, entries: Iterable[DncEntry]) -> int:
    """Add entries; return how many were not there yet."""
    return tx.sql.execute_many(
        "INSERT INTO dnc (address, added_by, added_at) VALUES (?, ?, ?) ON CONFLICT (address) DO NOTHING",
        ((entry.address, entry.added_by, entry.added_at) for entry in entries),
    )


def remove_from_dnc(tx: Transaction, addresses: Iterable[str]) -> int:
    """Remove addresses; return how many were there."""
    return tx.sql.execute_many("DELETE FROM dnc WHERE address = ?", ((address,) for address in addresses))


def read_dnc(tx: Transaction, after_address: str, limit: int) -> tuple[DncEntry, ...]:
    """Return the next entries by address."""
    rows = tx.sql.fetch(
        "SELECT address, added_by, added_at FROM dnc WHERE address > ? ORDER BY address LIMIT ?",
        (after_address, limit),
    )
    return tuple(DncEntry(*row) for row in rows)
