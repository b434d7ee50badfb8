"""A campaign says how many calls there may be for an agent, and whether each day keeps its limit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0040"
down_revision = "0039"

_REAL: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_FLAG = sa.Integer()


def upgrade() -> None:
    """Add them; what was there goes on as it did."""
    for name, of_type, default in (
        ("strict_abandon_limit", _FLAG, "0"),
        ("min_calls_per_agent", _REAL, "1"),
        ("max_calls_per_agent", _REAL, "4"),
    ):
        op.add_column("campaign", sa.Column(name, of_type, nullable=False, server_default=default))
