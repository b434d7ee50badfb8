"""All that an agent goes on with after a takeover."""

import sqlalchemy as sa
from alembic import op

Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")

revision = "0018"
down_revision = "0017"

_TEXTS = {"reason_name": "", "name": "", "timezone": "UTC", "blend": "OUTBOUND"}
_NUMBERS = {
    "is_leaving": 0,
    "job_id": 0,
    "placed_job_id": 0,
    "extensions_left": 0,
    "has_asked": 1,
    "is_available": 1,
}


def upgrade() -> None:
    """Make the columns."""
    for name, text in _TEXTS.items():
        op.add_column("saved_agent", sa.Column(name, sa.Text(), nullable=False, server_default=text))
    for name, number in _NUMBERS.items():
        op.add_column(
            "saved_agent", sa.Column(name, sa.Integer(), nullable=False, server_default=str(number))
        )
    op.add_column("saved_agent", sa.Column("wrapup_ends_at", Real))
