"""A callback that is tried again says how often it was."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the count of attempts."""
    op.add_column("callback", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
