"""Desktops come back with a resume token; a saved agent keeps what it logged on with."""

import sqlalchemy as sa
from alembic import op

Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table of tokens, and the columns of saved agents."""
    op.create_table(
        "resume_token",
        sa.Column("agent_id", sa.Text(), primary_key=True),
        sa.Column("newest", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("given_at", Real, nullable=False),
    )
    op.add_column("saved_agent", sa.Column("extension", sa.Text(), nullable=False, server_default=""))
    op.add_column("saved_agent", sa.Column("skills", sa.Text(), nullable=False, server_default="{}"))
