"""Zones have owners that live, and a history of them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Add who owns a zone, the managers, and what happened."""
    for name in ("owner", "host", "moving_to", "reason", "wanted_by"):
        op.add_column("zone", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("zone", sa.Column("port", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("zone", sa.Column("changed_at", Real, nullable=False, server_default="0"))
    op.create_table(
        "manager",
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("beat", RowId, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ready", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("lock", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incarnation", name=op.f("pk_manager")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    live = sa.text("state = 'live'")
    op.create_index("ix_manager_live", "manager", ["name"], sqlite_where=live, postgresql_where=live)
    op.create_table(
        "zone_event",
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("era", RowId, nullable=False),
        sa.Column("epoch", RowId, nullable=False),
        sa.Column("from_manager", sa.Text(), nullable=False),
        sa.Column("to_manager", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Real, nullable=False),
        sa.PrimaryKeyConstraint("zone", "era", "epoch", name=op.f("pk_zone_event")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
