"""Callbacks are made from outside, too."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Add with which version of its campaign a callback was made from outside."""
    op.add_column("callback", sa.Column("made_in", sa.Integer(), nullable=False, server_default="0"))
