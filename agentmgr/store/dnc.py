"""The do-not-call lists: everybody's, under an empty name, and one for each organisation."""

from collections.abc import Iterable, Sequence

from agentmgr.ports import DncEntry
from agentmgr.store.sql import Transaction, batches, marks


def lists_for(organisation: str) -> tuple[str, ...]:
    """Return whose lists count for an organisation: its own, and everybody's."""
    return ("", organisation) if organisation else ("",)


def read_listed(
    tx: Transaction, addresses: Iterable[str], organisations: Sequence[str]
) -> frozenset[tuple[str, str]]:
    """Return which of the addresses are on which of some lists, as pairs of list and address."""
    found: set[tuple[str, str]] = set()
    for batch in batches(tuple(addresses)):
        found.update(
            tx.sql.fetch(
                f"SELECT organisation, address FROM dnc WHERE organisation IN ({marks(organisations)})"
                f" AND address IN ({marks(batch)})",
                (*organisations, *batch),
            )
        )
    return frozenset(found)


def find_on_dnc(
    tx: Transaction, addresses: Iterable[str], organisations: Sequence[str] = ("",)
) -> frozenset[str]:
    """Return those of the addresses that are on one of some lists."""
    return frozenset(address for _, address in read_listed(tx, addresses, organisations))


def add_to_dnc(tx: Transaction, entries: Iterable[DncEntry]) -> int:
    """Add entries; return how many were not there yet."""
    return tx.sql.execute_many(
        "INSERT INTO dnc (organisation, address, added_by, added_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (organisation, address) DO NOTHING",
        ((entry.organisation, entry.address, entry.added_by, entry.added_at) for entry in entries),
    )


def remove_from_dnc(tx: Transaction, addresses: Iterable[str], organisation: str) -> int:
    """Remove addresses from one list; return how many were there."""
    return tx.sql.execute_many(
        "DELETE FROM dnc WHERE organisation = ? AND address = ?",
        ((organisation, address) for address in addresses),
    )


def read_dnc(tx: Transaction, after_address: str, limit: int, organisation: str) -> tuple[DncEntry, ...]:
    """Return the next entries of one list by address."""
    rows = tx.sql.fetch(
        "SELECT address, added_by, added_at, organisation FROM dnc WHERE organisation = ? AND address > ?"
        " ORDER BY address LIMIT ?",
        (organisation, after_address, limit),
    )
    return tuple(DncEntry(*row) for row in rows)
