"""A number that was refused before it was dialled is counted as that, and as no attempt."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Count what was refused so far."""
    op.execute(
        "INSERT INTO job_counter (job_id, counted, name, how_many)"
        " SELECT job_id, 'refused', outcome, count(*) FROM attempt"
        " WHERE ended_at IS NOT NULL AND dialed_at IS NULL AND outcome IN ('AnswerMachine', 'Busy',"
        " 'Congestion', 'DncBlocked', 'InvalidNumber', 'NoAnswer', 'OutsideCallingHours', 'Rejected',"
        " 'TelephonyDown') GROUP BY job_id, outcome"
    )
