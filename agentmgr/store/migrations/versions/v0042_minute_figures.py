"""What agents and lines of a job did in each minute is kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0042"
down_revision = "0041"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "minute_figure",
        sa.Column("job_id", ROW_ID, sa.ForeignKey("job.job_id"), primary_key=True),
        sa.Column("minute", ROW_ID, primary_key=True),
        sa.Column("zone", sa.Text(), primary_key=True),
        *(
            sa.Column(f"{name}_s", REAL, nullable=False)
            for name in ("sampled", "idle", "busy", "other", "ringing")
        ),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("callbacks", "dials", "live_answers", "abandoned", "done")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_minute_figure_minute", "minute_figure", ["minute"])
