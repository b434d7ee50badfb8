"""What is said of numbers, of callbacks and of calls that find no agent; versions; names that people read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; campaigns that are there go on as before, but dial no premium numbers."""
    for column in (
        sa.Column("abandon_number", sa.Text(), nullable=False, server_default=""),
        sa.Column("allow_premium", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("country", sa.Text(), nullable=False, server_default=""),
        sa.Column("callback_notice_s", sa.Integer(), nullable=False, server_default="30"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    ):
        op.add_column("campaign", column)
    op.add_column("attribute_spec", sa.Column("display_name", sa.Text(), nullable=False, server_default=""))
