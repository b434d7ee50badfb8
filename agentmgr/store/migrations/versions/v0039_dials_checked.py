"""An attempt says when its dial was checked, and against which hours of which time zone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0039"
down_revision = "0038"

_REAL: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Add it; of those that are there it is not known any more."""
    op.add_column("attempt", sa.Column("checked_at", _REAL))
    op.add_column("attempt", sa.Column("timezone", sa.Text()))
    op.add_column("attempt", sa.Column("hours", sa.Text()))
