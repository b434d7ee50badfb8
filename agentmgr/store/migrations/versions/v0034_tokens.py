"""Accounts have tokens, with which programs call in place of the password."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0034"
down_revision = "0033"

_REAL: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Add tokens by their ids."""
    op.create_table(
        "account_token",
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", _REAL, nullable=False),
        sa.Column("ends_at", _REAL, nullable=True),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_account_token")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_account_token_account", "account_token", ["account"])
