"""Leases as they are kept: who lives, who owns which zone."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from agentmgr.ports import LeaseView, ManagerLease, ManagerState, Token, ZoneLease
from agentmgr.store.ownership import change_owner, read_token
from agentmgr.store.sql import Sql, Transaction
from protocol.structures import SocketInfo

T = TypeVar("T")


class Writes(Protocol):
    """Runs work in a transaction that is durable when it returns."""

    def write(self, work: Callable[..., T], *args: Any, first: bool = False) -> T: ...


class SqlLeases:
    """Implements `LeaseStore` on a database, or on a connection to one that does nothing else."""

    def __init__(self, database: Writes) -> None:
        self._database = database

    def register(self, manager: ManagerLease) -> None:
        """Make a new incarnation known as live."""
        self._database.write(register, manager, first=True)

    def renew(self, incarnation: str, *, ready: bool) -> LeaseView | None:
        """Count the beat of an incarnation up and return what all see; None if it is not live any more."""
        return self._database.write(renew, incarnation, ready, first=True)

    def read(self) -> LeaseView:
        """Return what all see."""
        return self._database.write(read, first=True)

    def expire(self, incarnation: str, beat: int | None) -> bool:
        """End an incarnation that gave no sign of life since `beat`; return whether it is not live."""
        return self._database.write(expire, incarnation, beat, first=True)

    def announce(self, token: Token, to: str, now: float, reason: str) -> bool:
        """Say that a zone is about to move to the manager of a name."""
        return self._database.write(announce, token, to, now, reason, first=True)

    def give_up(self, token: Token, now: float, reason: str) -> bool:
        """Let a zone have no owner; False if the token is not the zone's any more."""
        return self._database.write(give_up, token, now, reason, first=True)

    def release(self, incarnation: str, now: float, reason: str) -> None:
        """End an incarnation in order, and give up what it still owns."""
        self._database.write(release, incarnation, now, reason, first=True)

    def want(self, zone: str, manager: str) -> bool:
        """Say at which manager a supervisor wants a zone; False if there is no such zone."""
        return self._database.write(want, zone, manager, first=True)


def register(tx: Transaction, manager: ManagerLease) -> None:
    """Make a new incarnation known."""
    tx.sql.execute(
        "INSERT INTO manager (incarnation, name, beat, state, ready, version, lock, http_url)"
        " VALUES (?, ?, ?, ?, CAST(? AS INTEGER), ?, ?, ?) ON CONFLICT (incarnation) DO NOTHING",
        (
            manager.incarnation,
            manager.name,
            manager.beat,
            manager.state,
            manager.ready,
            manager.version,
            manager.lock,
            manager.http_url,
        ),
    )


def renew(tx: Transaction, incarnation: str, ready: bool) -> LeaseView | None:
    """Count the beat of an incarnation up and return what all see; None if it is not live any more."""
    changed = tx.sql.execute(
        "UPDATE manager SET beat = beat + 1, ready = CAST(? AS INTEGER) WHERE incarnation = ? AND state = ?",
        (ready, incarnation, ManagerState.Live),
    )
    return read(tx) if changed else None


def read(tx: Transaction) -> LeaseView:
    """Return what all see."""
    managers = tx.sql.fetch(
        "SELECT incarnation, name, beat, state, ready, version, lock, http_url FROM manager WHERE state = ?"
        " OR incarnation IN (SELECT owner FROM zone) ORDER BY name, incarnation",
        (ManagerState.Live,),
    )
    zones = tx.sql.fetch(
        "SELECT name, era, epoch, owner, host, port, moving_to, reason, changed_at, wanted_by FROM zone"
        " ORDER BY name"
    )
    return LeaseView(
        tuple(
            ManagerLease(incarnation, name, beat, ManagerState(state), bool(ready), *others)
            for incarnation, name, beat, state, ready, *others in managers
        ),
        tuple(
            ZoneLease(
                name,
                Token(name, era, epoch),
                owner,
                SocketInfo(host, port, era, epoch) if host else None,
                *others,
            )
            for name, era, epoch, owner, host, port, *others in zones
        ),
    )


def expire(tx: Transaction, incarnation: str, beat: int | None) -> bool:
    """End an incarnation that gave no sign of life since a beat; return whether it is not live."""
    tx.sql.execute(
        "UPDATE manager SET state = ? WHERE incarnation = ? AND state = ? AND beat = COALESCE(?, beat)",
        (ManagerState.Expired, incarnation, ManagerState.Live, beat),
    )
    live = tx.sql.fetch(
        "SELECT 1 FROM manager WHERE incarnation = ? AND state = ?", (incarnation, ManagerState.Live)
    )
    return not live


def announce(tx: Transaction, token: Token, to: str, now: float, reason: str) -> bool:
    """Say that a zone is about to move; an empty name takes that back."""
    return bool(
        tx.sql.execute(
            "UPDATE zone SET moving_to = ?, reason = ?, changed_at = ?"
            " WHERE name = ? AND era = ? AND epoch = ?",
            (to, reason, now, token.zone, token.era, token.epoch),
        )
    )


def give_up(tx: Transaction, token: Token, now: float, reason: str) -> bool:
    """Let a zone have no owner; it is still moving to whom it was. False if the token is not its any more."""
    tx.sql.hold_zone(token.zone, alone=True)
    if read_token(tx.sql, token.zone) != token:
        return False
    ((moving_to,),) = tx.sql.fetch("SELECT moving_to FROM zone WHERE name = ?", (token.zone,))
    change_owner(tx.sql, token.zone, "", "", 0, now, reason)
    tx.sql.execute("UPDATE zone SET moving_to = ? WHERE name = ?", (moving_to, token.zone))
    return True


def release(tx: Transaction, incarnation: str, now: float, reason: str) -> None:
    """End an incarnation in order, and give up what it still owns."""
    sql: Sql = tx.sql
    for (zone,) in sql.fetch("SELECT name FROM zone WHERE owner = ? ORDER BY name", (incarnation,)):
        sql.hold_zone(zone, alone=True)
        if sql.fetch("SELECT 1 FROM zone WHERE name = ? AND owner = ?", (zone, incarnation)):
            change_owner(sql, zone, "", "", 0, now, reason)
    sql.execute(
        "UPDATE manager SET state = ? WHERE incarnation = ? AND state = ?",
        (ManagerState.Released, incarnation, ManagerState.Live),
    )


def want(tx: Transaction, zone: str, manager: str) -> bool:
    """Say at which manager a supervisor wants a zone; False if there is no such zone."""
    return bool(tx.sql.execute("UPDATE zone SET wanted_by = ? WHERE name = ?", (manager, zone)))
