"""A zone knows on which timeline of PostgreSQL its owner last changed."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column."""
    op.add_column("zone", sa.Column("timeline", RowId, nullable=False, server_default="0"))
