"""A share of a job with custom pacing has how many calls its zone may still believe that it can begin."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Add what zones may believe; what they were granted until now they have heard."""
    op.add_column("job_share", sa.Column("calls_believed", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE job_share SET calls_believed = calls_granted")
