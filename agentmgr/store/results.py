"""The outbox: results that wait for their publishers, put in by triggers of attempts and dispositions."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol, TypeVar

from agentmgr.ports import AttemptResult, Backlog, ManagerState
from agentmgr.store.sql import Transaction, batches, marks

T = TypeVar("T")


class Runs(Protocol):
    """Runs work in a transaction."""

    def write(self, work: Callable[..., T], *args: Any) -> T: ...
    def read(self, work: Callable[..., T], *args: Any) -> T: ...


class SqlOutbox:
    """Implements `ResultStore` and `DutyStore` on a database."""

    def __init__(self, database: Runs) -> None:
        self._database = database

    def set_publishers(self, names: Iterable[str]) -> frozenset[str]:
        """Say who the publishers are from now on; return who is none any more."""
        return self._database.write(set_publishers, tuple(names))

    def results(self, publisher: str, limit: int) -> tuple[AttemptResult, ...]:
        """Return what is to be told next, in its order."""
        return self._database.read(read_results, publisher, limit)

    def results_told(self, publisher: str, seqs: Collection[int]) -> None:
        """Forget results that were told."""
        self._database.write(results_told, publisher, seqs)

    def drop_results(self, publisher: str, before: float, limit: int) -> int:
        """Forget so many results that are older than a time, told or not; return how many."""
        return self._database.write(drop_results, publisher, before, limit)

    def backlogs(self) -> tuple[Backlog, ...]:
        """Return what waits for each publisher, by name; nothing for those for whom nothing waits."""
        return self._database.read(read_backlogs)

    def has_duty(self, name: str, incarnation: str) -> bool:
        """Say whether a process has a duty; nothing is written."""
        return self._database.read(has_duty, name, incarnation)

    def take_duty(self, name: str, incarnation: str) -> bool:
        """Give a duty to a process if no other that lives has it; return whether it has it now."""
        return self._database.write(take_duty, name, incarnation)


def set_publishers(tx: Transaction, names: tuple[str, ...]) -> frozenset[str]:
    """Let those be the publishers that are named; return who is none any more."""
    there = frozenset(name for (name,) in tx.sql.fetch("SELECT name FROM publisher"))
    gone = there - frozenset(names)
    tx.sql.execute_many("DELETE FROM publisher WHERE name = ?", [(name,) for name in sorted(gone)])
    tx.sql.execute_many(
        "INSERT INTO publisher (name) VALUES (?) ON CONFLICT (name) DO NOTHING",
        [(name,) for name in sorted(frozenset(names) - there)],
    )
    return gone


def read_results(tx: Transaction, publisher: str, limit: int) -> tuple[AttemptResult, ...]:
    """Return what a publisher is to tell next, in its order."""
    rows = tx.sql.fetch(
        "SELECT seq, message_id, campaign, job_id, user_contact_id, contact_id, session_id, address,"
        " contact_list, zone, result, at FROM outbox WHERE publisher = ? ORDER BY seq LIMIT ?",
        (publisher, limit),
    )
    return tuple(AttemptResult(*row) for row in rows)


def results_told(tx: Transaction, publisher: str, seqs: Collection[int]) -> None:
    """Forget results that were told."""
    for batch in batches(sorted(seqs)):
        tx.sql.execute(
            f"DELETE FROM outbox WHERE publisher = ? AND seq IN ({marks(batch)})", (publisher, *batch)
        )


def drop_results(tx: Transaction, publisher: str, before: float, limit: int) -> int:
    """Forget the first results of a publisher that are older than a time."""
    return tx.sql.execute(
        "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE publisher = ? ORDER BY seq LIMIT ?)"
        " AND at < ?",
        (publisher, limit, before),
    )


def read_backlogs(tx: Transaction) -> tuple[Backlog, ...]:
    """Return what waits for each publisher; the first of each is its oldest."""
    rows = tx.sql.fetch(
        "SELECT waiting.publisher, waiting.how_many, outbox.at FROM"
        " (SELECT publisher, count(*) AS how_many, MIN(seq) AS first FROM outbox GROUP BY publisher)"
        " AS waiting JOIN outbox ON outbox.seq = waiting.first ORDER BY waiting.publisher"
    )
    return tuple(Backlog(publisher, int(how_many), at) for publisher, how_many, at in rows)


_HAS_OTHER = (
    "EXISTS (SELECT 1 FROM manager WHERE manager.incarnation = duty.incarnation AND manager.state = ?)"
)


def has_duty(tx: Transaction, name: str, incarnation: str) -> bool:
    """Say whether a process has a duty."""
    return bool(tx.sql.fetch("SELECT 1 FROM duty WHERE name = ? AND incarnation = ?", (name, incarnation)))


def take_duty(tx: Transaction, name: str, incarnation: str) -> bool:
    """Give a duty to a process if no other that lives has it; without managers there is none."""
    taken = tx.sql.execute(
        "INSERT INTO duty (name, incarnation) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET incarnation ="
        f" excluded.incarnation WHERE duty.incarnation = excluded.incarnation OR NOT {_HAS_OTHER}",
        (name, incarnation, ManagerState.Live),
    )
    return taken == 1
