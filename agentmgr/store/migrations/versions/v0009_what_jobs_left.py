"""What a job has left is found when its campaign is deleted."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the indices."""
    op.create_index("ix_callback_job", "callback", ["job_id"])
    op.create_index("ix_note_job", "note", ["job_id"])
