"""Counters of what jobs have done, filled from the rows that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_COUNTS = (
    "SELECT job_id, 'attempts', '', count(*) FROM attempt GROUP BY job_id",
    "SELECT job_id, 'answered', '', count(*) FROM attempt WHERE answered_at IS NOT NULL GROUP BY job_id",
    "SELECT job_id, 'done', '', count(*) FROM job_contact WHERE state = 'done' GROUP BY job_id",
    "SELECT job_id, 'outcome', outcome, count(*) FROM attempt WHERE outcome IS NOT NULL"
    " GROUP BY job_id, outcome",
    "SELECT job_id, 'disposition', CAST(code_id AS TEXT), count(*) FROM disposition GROUP BY job_id, code_id",
)


def upgrade() -> None:
    """Make the table and count once what is there."""
    op.create_table(
        "job_counter",
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("how_many", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_job_counter_job_id")),
        sa.PrimaryKeyConstraint("job_id", "counted", "name", name=op.f("pk_job_counter")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    for counts in _COUNTS:
        op.execute(f"INSERT INTO job_counter (job_id, counted, name, how_many) {counts}")
