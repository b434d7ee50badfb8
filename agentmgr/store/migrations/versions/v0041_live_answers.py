"""The live answers of a job are counted by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Make it."""
    where = sa.text("answered_at IS NOT NULL AND contact_type IN ('Predictive', 'Progressive')")
    op.create_index(
        "ix_attempt_answered",
        "attempt",
        ["job_id", "started_at", "outcome", "contact_type", "answered_at"],
        sqlite_where=where,
        postgresql_where=where,
    )
