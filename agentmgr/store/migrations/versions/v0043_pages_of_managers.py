"""Where browsers reach a manager is known to all."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Add it; of those that live it is not known."""
    op.add_column("manager", sa.Column("http_url", sa.Text(), nullable=False, server_default=""))
