"""Calls of programs are kept with their answers, so that they can be sent again."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Add calls by their callers and keys."""
    op.create_table(
        "kept_call",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("call_key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.Double().with_variant(sa.REAL(), "sqlite"), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "call_key", name=op.f("pk_kept_call")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_kept_call_begun_at", "kept_call", ["begun_at"])
