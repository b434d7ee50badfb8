"""Who is told jobs that are over, and how far each is with one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0030"
down_revision = "0029"

_REAL: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add processors and how far they are."""
    op.create_table(
        "processor",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", _REAL, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_processor")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "processing",
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("job_id", _ROW_ID, nullable=False),
        sa.Column("started_at", _REAL, nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("is_done", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("processor", "job_id", name=op.f("pk_processing")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
