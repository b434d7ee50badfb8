"""Who owns a zone: every write of a zone is checked against it."""

from agentmgr.ports import Fenced, Token
from agentmgr.store.sql import Sql, Transaction


def check_token(tx: Transaction, token: Token) -> None:
    """Let only the owner of the zone go on; nobody else becomes it before the transaction ends.

    Raises:
        Fenced: the zone has another owner, or never had one.
    """
    tx.sql.hold_zone(token.zone, alone=False)
    found = _read_owner(tx.sql, token.zone)
    if found != token:
        owner = f"era {found.era}, epoch {found.epoch}" if found else "no owner"
        raise Fenced(
            f"zone {token.zone}: has {owner}, not era {token.era}, epoch {token.epoch}: taken over by another"
            " process; nothing was written"
        )


def raise_epoch(tx: Transaction, zone: str) -> Token:
    """Make the caller the owner of a zone."""
    tx.sql.hold_zone(zone, alone=True)
    tx.sql.execute(
        "INSERT INTO zone (name, era, epoch) VALUES (?, 1, 1)"
        " ON CONFLICT (name) DO UPDATE SET epoch = zone.epoch + 1",
        (zone,),
    )
    owner = _read_owner(tx.sql, zone)
    assert owner is not None
    return owner


def _read_owner(sql: Sql, zone: str) -> Token | None:
    rows = sql.fetch("SELECT era, epoch FROM zone WHERE name = ?", (zone,))
    return Token(zone, *rows[0]) if rows else None
