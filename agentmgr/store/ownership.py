"""Who owns a zone: every write of a zone is checked against it."""

from agentmgr.core.ids import MAX_RUN
from agentmgr.ports import Claim, Fenced, ManagerState, StoreFault, Token
from agentmgr.store.sql import Sql, Transaction

_OWNER_NAME = "COALESCE((SELECT manager.name FROM manager WHERE manager.incarnation = zone.owner), '')"


def check_token(tx: Transaction, token: Token) -> None:
    """Let only the owner of the zone go on; nobody else becomes it before the transaction ends.

    Raises:
        Fenced: the zone has another owner, or never had one.
    """
    tx.sql.hold_zone(token.zone, alone=False, owner=token)
    found = read_token(tx.sql, token.zone)
    if found != token:
        raise Fenced(
            f"zone {token.zone}: has {_told(found)}, not {_told(token)}: taken over by another process;"
            " nothing was written"
        )


def raise_epoch(tx: Transaction, zone: str, now: float, claim: Claim | None) -> Token:
    """Make the caller the owner of a zone; without a claim there is nobody else who could be.

    Raises:
        Fenced: the zone is not as the claim's manager saw it, or that is not live.
    """
    tx.sql.hold_zone(zone, alone=True)
    if claim is not None:
        _check_claim(tx.sql, zone, claim)
    tx.sql.execute(
        "INSERT INTO zone (name, era, epoch, owner, host, port, moving_to, reason, wanted_by,"
        " changed_at) VALUES (?, 1, 0, '', '', 0, '', '', '', 0) ON CONFLICT (name) DO NOTHING",
        (zone,),
    )
    # what was committed in another history may be gone, and its tokens with it
    tx.sql.execute(
        "UPDATE zone SET era = era + CASE WHEN timeline > 0 THEN 1 ELSE 0 END, timeline = CAST(? AS BIGINT)"
        " WHERE name = ? AND timeline < CAST(? AS BIGINT)",
        (tx.sql.timeline, zone, tx.sql.timeline),
    )
    (host, port) = (claim.address.ip_address, claim.address.port) if claim is not None else ("", 0)
    owner, reason = (claim.incarnation, claim.reason) if claim is not None else ("", "opened")
    token = change_owner(tx.sql, zone, owner, host, port, now, reason)
    tx.sql.hold_zone(zone, alone=True, owner=token)
    return token


def next_run(sql: Sql, token: Token) -> int:
    """Return the number of the life of a zone that a token begins, which no zone's had before.

    Raises:
        StoreFault: all that ids have room for are given.
    """
    run = _count_runs(sql, 1)
    if run > MAX_RUN:
        raise StoreFault(
            f"zones were opened {MAX_RUN} times, and there are no session ids for another; export what is"
            " wanted, and begin with a new database: agentmgr init"
        )
    sql.execute(
        "UPDATE zone_event SET run = ? WHERE zone = ? AND era = ? AND epoch = ?",
        (run, token.zone, token.era, token.epoch),
    )
    return run


def _count_runs(sql: Sql, more: int) -> int:
    ((latest,),) = sql.fetch(
        "INSERT INTO numbering (name, latest) VALUES ('session run', ?)"
        " ON CONFLICT (name) DO UPDATE SET latest = numbering.latest + excluded.latest RETURNING latest",
        (more,),
    )
    return int(latest)


def change_owner(sql: Sql, zone: str, owner: str, host: str, port: int, now: float, reason: str) -> Token:
    """Give a zone, held alone, another owner with a higher epoch, and write that down."""
    ((before,),) = sql.fetch(f"SELECT {_OWNER_NAME} FROM zone WHERE name = ?", (zone,))
    sql.execute(
        "UPDATE zone SET epoch = epoch + 1, owner = ?, host = ?, port = ?, moving_to = '', reason = ?,"
        " changed_at = ? WHERE name = ?",
        (owner, host, port, reason, now, zone),
    )
    sql.execute(
        "INSERT INTO zone_event (zone, era, epoch, from_manager, to_manager, reason, at)"
        f" SELECT name, era, epoch, ?, {_OWNER_NAME}, reason, changed_at FROM zone WHERE name = ?",
        (before, zone),
    )
    token = read_token(sql, zone)
    assert token is not None
    return token


RESTORED_EPOCHS = 1000
"""So far the epochs of zones are raised in a restored database: ids that were given begin with theirs."""


def raise_eras(tx: Transaction, now: float) -> int:
    """Let the tokens of all zones be higher than any that was given since a backup; return how many zones."""
    _count_runs(tx.sql, RESTORED_EPOCHS)
    return tx.sql.execute(
        "UPDATE zone SET era = era + 1, epoch = epoch + CAST(? AS BIGINT), owner = '', host = '', port = 0,"
        " moving_to = '', reason = 'restored from a backup', changed_at = ?",
        (RESTORED_EPOCHS, now),
    )


def read_token(sql: Sql, zone: str) -> Token | None:
    """Return the token of a zone's owner; None if it never had one."""
    rows = sql.fetch("SELECT era, epoch FROM zone WHERE name = ?", (zone,))
    return Token(zone, *rows[0]) if rows else None


def _check_claim(sql: Sql, zone: str, claim: Claim) -> None:
    found = read_token(sql, zone)
    if found != claim.seen:
        raise Fenced(
            f"zone {zone}: has {_told(found)}, not {_told(claim.seen)} any more; nothing was changed"
        )
    # its row is locked, so that nobody ends it before this is committed
    is_live = sql.execute(
        "UPDATE manager SET ready = ready WHERE incarnation = ? AND state = ?",
        (claim.incarnation, ManagerState.Live),
    )
    if not is_live:
        raise Fenced(f"zone {zone}: this process was given up for dead; nothing was changed")


def _told(token: Token | None) -> str:
    return f"era {token.era}, epoch {token.epoch}" if token else "no owner"
