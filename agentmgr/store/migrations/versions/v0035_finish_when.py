"""Campaigns say at which of their numbers a job is stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Add the condition; without one a job goes on."""
    op.add_column("campaign", sa.Column("finish_when", sa.Text(), nullable=False, server_default=""))
