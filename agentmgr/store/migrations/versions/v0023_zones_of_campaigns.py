"""A campaign says in which zones it is run."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the zones, by default none."""
    op.add_column("campaign", sa.Column("zones", sa.Text(), nullable=False, server_default="[]"))
