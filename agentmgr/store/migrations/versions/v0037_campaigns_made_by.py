"""Campaigns say what they are for, who made them, and who changed them last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0037"
down_revision = "0036"

_REAL: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Add it; of those that are there nobody knows who it was."""
    for name in ("description", "created_by", "updated_by"):
        op.add_column("campaign", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("campaign", sa.Column("updated_at", _REAL, nullable=False, server_default="0"))
    op.execute("UPDATE campaign SET updated_at = created_at")
