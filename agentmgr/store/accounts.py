"""Organisations, and accounts of programs with the hashes of their passwords."""

import sqlalchemy as sa

from agentmgr.ports import AccountLogin, AccountToken, Role
from agentmgr.store import schema as t
from agentmgr.store.repeats import forget_calls
from agentmgr.store.sql import Transaction

OWNED = {
    "accounts": t.account,
    "agents": t.agent,
    "attributes": t.attribute_spec,
    "campaigns": t.campaign,
    "contact lists": t.contact_list,
    "do-not-call entries": t.dnc,
}
"""What an organisation can have."""


def read_organisations(tx: Transaction) -> tuple[str, ...]:
    """Return the names of all organisations, sorted."""
    return tuple(
        tx.tables.execute(sa.select(t.organisation.c.name).order_by(t.organisation.c.name)).scalars()
    )


def has_organisation(tx: Transaction, name: str) -> bool:
    """Tell whether there is an organisation of a name."""
    return bool(tx.sql.fetch("SELECT 1 FROM organisation WHERE name = ?", (name,)))


def add_organisation(tx: Transaction, name: str, now: float) -> bool:
    """Store an organisation; False if there is one of that name."""
    return (
        tx.sql.execute(
            "INSERT INTO organisation (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            (name, now),
        )
        > 0
    )


def delete_organisation(tx: Transaction, name: str) -> tuple[str, ...] | None:
    """Delete an organisation that nothing belongs to; return the kinds of things that do."""
    if not has_organisation(tx, name):
        return None
    kinds = tuple(
        kind
        for kind, table in OWNED.items()
        if tx.tables.execute(sa.select(sa.literal(1)).where(table.c.organisation == name).limit(1)).first()
    )
    if not kinds:
        tx.sql.execute("DELETE FROM organisation WHERE name = ?", (name,))
    return kinds


def read_accounts(tx: Transaction) -> tuple[AccountLogin, ...]:
    """Return all accounts by name."""
    return tuple(_login(*row) for row in tx.sql.fetch(f"{_ACCOUNTS} ORDER BY name"))


def find_account(tx: Transaction, name: str) -> AccountLogin | None:
    """Look an account up; every call of the web services does."""
    rows = tx.sql.fetch(f"{_ACCOUNTS} WHERE name = ?", (name,))
    return next((_login(*row) for row in rows), None)


_ACCOUNTS = "SELECT name, password_hash, role, enabled, organisation FROM account"


def _login(name: str, password_hash: str, role: str, enabled: int, organisation: str) -> AccountLogin:
    return AccountLogin(name, password_hash, Role(role), bool(enabled), organisation)


def put_account(tx: Transaction, account: AccountLogin) -> None:
    """Store an account, or replace the one with the same name."""
    tx.tables.execute(sa.delete(t.account).where(t.account.c.name == account.name))
    tx.tables.execute(
        sa.insert(t.account).values(
            name=account.name,
            password_hash=account.password_hash,
            role=str(account.role),
            enabled=int(account.enabled),
            organisation=account.organisation,
        )
    )


def delete_account(tx: Transaction, name: str) -> bool:
    """Delete an account with what is kept for it; False if there was none."""
    forget_calls(tx, name)
    tx.sql.execute("DELETE FROM account_token WHERE account = ?", (name,))
    return tx.tables.execute(sa.delete(t.account).where(t.account.c.name == name)).rowcount > 0


_TOKENS = "SELECT token_id, account, name, digest, made_at, ends_at FROM account_token"


def add_token(tx: Transaction, token: AccountToken) -> None:
    """Store a token."""
    tx.sql.execute(
        "INSERT INTO account_token (token_id, account, name, digest, made_at, ends_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (token.token_id, token.account, token.name, token.digest, token.made_at, token.ends_at),
    )


def find_token(tx: Transaction, token_id: str) -> AccountToken | None:
    """Look a token up."""
    rows = tx.sql.fetch(f"{_TOKENS} WHERE token_id = ?", (token_id,))
    return next((AccountToken(*row) for row in rows), None)


def read_tokens(tx: Transaction, account: str) -> tuple[AccountToken, ...]:
    """Return the tokens of an account, or all, by account and age."""
    rows = tx.sql.fetch(
        f"{_TOKENS} WHERE account = ? OR ? = '' ORDER BY account, made_at, token_id", (account, account)
    )
    return tuple(AccountToken(*row) for row in rows)


def delete_token(tx: Transaction, token_id: str) -> bool:
    """Delete a token; False if there was none."""
    return tx.sql.execute("DELETE FROM account_token WHERE token_id = ?", (token_id,)) > 0


def renew_hash(tx: Transaction, name: str, before: str, after: str) -> None:
    """Replace the hash of a password that stays as it is, unless another one was set."""
    tx.tables.execute(
        sa.update(t.account)
        .where(t.account.c.name == name, t.account.c.password_hash == before)
        .values(password_hash=after)
    )
