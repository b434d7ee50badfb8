"""The dials of a campaign are read in pages, and counted."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the indices, and count what was ended without having been dialled."""
    dialed = sa.text("dialed_at IS NOT NULL")
    op.create_index("ix_job_campaign", "job", ["campaign_id", "job_id"])
    op.create_index(
        "ix_attempt_dialed",
        "attempt",
        ["job_id", "dialed_at", "attempt_id"],
        sqlite_where=dialed,
        postgresql_where=dialed,
    )
    op.execute(
        "INSERT INTO job_counter (job_id, counted, name, how_many)"
        " SELECT job_id, 'undialed', '', count(*) FROM attempt"
        " WHERE ended_at IS NOT NULL AND dialed_at IS NULL GROUP BY job_id"
    )
