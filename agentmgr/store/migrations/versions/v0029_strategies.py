"""A campaign has tasks and steps, and a contact is somewhere among them."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add them; what is there has the one task that every campaign had."""
    first = """[{"task_id": 1, "name": "Call", "number": ""}]"""
    op.add_column("campaign", sa.Column("tasks", sa.Text(), nullable=False, server_default=first))
    op.add_column("campaign", sa.Column("steps", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("job_contact", sa.Column("course", sa.Text(), nullable=False, server_default=""))
