"""What a job has of a contact's numbers: which one is next, where it is, which ones are of no use."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Begin with the first number of each contact, and find what is pending by its time zone."""
    for name in ("phone", "timezone", "left_out"):
        op.add_column("job_contact", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE job_contact SET timezone = COALESCE((SELECT contact_phone.timezone FROM contact_phone"
        " WHERE contact_phone.contact_id = job_contact.contact_id ORDER BY contact_phone.name LIMIT 1), '')"
        " WHERE state <> 'done'"
    )
    op.drop_index("ix_job_contact_due", "job_contact")
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_job_contact_pending",
        "job_contact",
        ["job_id", "zone", "timezone", "due_at", "contact_id"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
