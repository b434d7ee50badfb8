"""Callbacks, agents that outlive a crash, and attempts at contacts that their job does not have."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Make two tables, and let an attempt belong to a callback."""
    op.create_table(
        "saved_agent",
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("agent_state", sa.Text(), nullable=False),
        sa.Column("call_state", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("leg_id", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_saved_agent")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_saved_agent_zone", "saved_agent", ["zone"], unique=False)
    op.create_index("ix_saved_agent_attempt", "saved_agent", ["attempt_id"], unique=False)
    op.create_table(
        "callback",
        sa.Column("callback_id", sa.Text(), nullable=False),
        sa.Column("campaign_id", RowId, nullable=False),
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("contact_id", RowId, nullable=False),
        sa.Column("callback_type", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("number_name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("due_at", Real, nullable=False),
        sa.Column("expires_at", Real, nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", Real, nullable=False),
        sa.Column("saved_at", Real, nullable=False),
        sa.Column("ended_at", Real, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_callback_campaign_id")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.contact_id"], name=op.f("fk_callback_contact_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_callback_job_id")),
        sa.PrimaryKeyConstraint("callback_id", name=op.f("pk_callback")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    live = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_callback_due",
        "callback",
        ["campaign_id", "due_at"],
        unique=False,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_index("ix_callback_contact", "callback", ["contact_id"], unique=False)
    # SQLite changes a constraint by copying the table; that forgets these two, which it is told again.
    with op.batch_alter_table(
        "attempt", table_kwargs={"sqlite_strict": True, "sqlite_with_rowid": False}
    ) as attempt:
        attempt.drop_constraint("fk_attempt_job_id", type_="foreignkey")
        attempt.create_foreign_key(op.f("fk_attempt_job_id"), "job", ["job_id"], ["job_id"])
        attempt.create_foreign_key(op.f("fk_attempt_contact_id"), "contact", ["contact_id"], ["contact_id"])
        attempt.add_column(sa.Column("callback_id", sa.Text(), nullable=True))
        attempt.create_foreign_key(
            op.f("fk_attempt_callback_id"), "callback", ["callback_id"], ["callback_id"]
        )
    for_callback = sa.text("callback_id IS NOT NULL")
    op.create_index(
        "ix_attempt_callback",
        "attempt",
        ["callback_id"],
        unique=False,
        sqlite_where=for_callback,
        postgresql_where=for_callback,
    )
