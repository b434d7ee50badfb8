"""Accounts of programs, with the hashes of their passwords."""

import sqlalchemy as sa

from agentmgr.ports import AccountLogin, Role
from agentmgr.store import schema as t
from agentmgr.store.sql import Transaction


def read_accounts(tx: Transaction, name: str | None = None) -> tuple[AccountLogin, ...]:
    """Return all accounts by name, or the one with a name."""
    query = sa.select(t.account).order_by(t.account.c.name)
    if name is not None:
        query = query.where(t.account.c.name == name)
    rows = tx.tables.execute(query).all()
    return tuple(AccountLogin(row.name, row.password_hash, Role(row.role), bool(row.enabled)) for row in rows)


def find_account(tx: Transaction, name: str) -> AccountLogin | None:
    """Look an account up."""
    found = read_accounts(tx, name)
    return found[0] if found else None


def put_account(tx: Transaction, account: AccountLogin) -> None:
    """Store an account, or replace the one with the same name."""
    delete_account(tx, account.name)
    tx.tables.execute(
        sa.insert(t.account).values(
            name=account.name,
            password_hash=account.password_hash,
            role=str(account.role),
            enabled=int(account.enabled),
        )
    )


def delete_account(tx: Transaction, name: str) -> bool:
    """Delete an account; False if there was none."""
    return tx.tables.execute(sa.delete(t.account).where(t.account.c.name == name)).rowcount > 0


def renew_hash(tx: Transaction, name: str, before: str, after: str) -> None:
    """Replace the hash of a password that stays as it is, unless another one was set."""
    tx.tables.execute(
        sa.update(t.account)
        .where(t.account.c.name == name, t.account.c.password_hash == before)
        .values(password_hash=after)
    )
