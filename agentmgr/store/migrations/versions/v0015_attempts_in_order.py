"""Every attempt of a job is read in pages, in the order of their time."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_attempt_started", "attempt", ["job_id", "started_at", "attempt_id"])
