"""Each dial an attempt of its own: whose session it is in, which number it was, when it was dialled."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Add what is new to an attempt; of those there are each was the only one of its session."""
    for name in ("session_id", "number_name"):
        op.add_column("attempt", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name in ("dialed_at", "reached_at"):
        op.add_column("attempt", sa.Column(name, Real, nullable=True))
    op.execute("UPDATE attempt SET session_id = attempt_id, dialed_at = started_at, reached_at = answered_at")
    live = sa.text("ended_at IS NULL")
    op.create_index("ix_attempt_number", "attempt", ["number"], sqlite_where=live, postgresql_where=live)
