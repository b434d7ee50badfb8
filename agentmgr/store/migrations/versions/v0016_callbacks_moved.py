"""Supervisors move and cancel callbacks."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add what a supervisor did to a callback, and find those that were changed."""
    op.add_column("callback", sa.Column("moved_in", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("callback", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    moved = sa.text("moved_in > 0")
    op.create_index(
        "ix_callback_moved",
        "callback",
        ["campaign_id", "moved_in"],
        sqlite_where=moved,
        postgresql_where=moved,
    )
