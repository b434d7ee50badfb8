"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "agent",
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "attribute_spec",
        sa.Column("position", RowId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data_type", sa.Text(), nullable=False),
        sa.Column("attribute_type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_attribute_spec")),
        sa.UniqueConstraint("name", name=op.f("uq_attribute_spec_name")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "campaign",
        sa.Column("campaign_id", RowId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pacing", sa.Text(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("default_code_id", sa.Integer(), nullable=False),
        sa.Column("min_skill_level", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("script_url", sa.Text(), nullable=False),
        sa.Column("script_failover_url", sa.Text(), nullable=False),
        sa.Column("abandon_limit", Real, nullable=False),
        sa.Column("ring_time_s", sa.Integer(), nullable=False),
        sa.Column("preview_timeout_s", sa.Integer(), nullable=False),
        sa.Column("acw_max_time_s", sa.Integer(), nullable=False),
        sa.Column("acw_extensions", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("nuisance_retry_s", sa.Integer(), nullable=False),
        sa.Column("calling_start_min", sa.Integer(), nullable=False),
        sa.Column("calling_end_min", sa.Integer(), nullable=False),
        sa.Column("calling_weekdays", sa.Text(), nullable=False),
        sa.Column("allow_free_form", sa.Integer(), nullable=False),
        sa.Column("callback_types", sa.Text(), nullable=False),
        sa.Column("callback_expiry_min", sa.Integer(), nullable=False),
        sa.Column("created_at", Real, nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "contact_list",
        sa.Column("list_id", RowId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Real, nullable=False),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_contact_list")),
        sa.UniqueConstraint("name", name=op.f("uq_contact_list_name")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "dnc",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", Real, nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_dnc")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "zone",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("era", RowId, nullable=False),
        sa.Column("epoch", RowId, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_zone")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "agent_skill",
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("skill_id", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.agent_id"], name=op.f("fk_agent_skill_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "position", name=op.f("pk_agent_skill")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "campaign_destination",
        sa.Column("campaign_id", RowId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_campaign_destination_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "position", name=op.f("pk_campaign_destination")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "campaign_list",
        sa.Column("campaign_id", RowId, nullable=False),
        sa.Column("list_id", RowId, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_campaign_list_campaign_id")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["contact_list.list_id"], name=op.f("fk_campaign_list_list_id")),
        sa.PrimaryKeyConstraint("campaign_id", "list_id", name=op.f("pk_campaign_list")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "campaign_retry",
        sa.Column("campaign_id", RowId, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("retry_s", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_campaign_retry_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "reason", name=op.f("pk_campaign_retry")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "completion_code",
        sa.Column("campaign_id", RowId, nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("success", sa.Integer(), nullable=False),
        sa.Column("retry_after_s", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_completion_code_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "code_id", name=op.f("pk_completion_code")),
        sa.UniqueConstraint("campaign_id", "name", name=op.f("uq_completion_code_campaign_id")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "contact",
        sa.Column("contact_id", RowId, nullable=False),
        sa.Column("list_id", RowId, nullable=False),
        sa.Column("user_contact_id", sa.Text(), nullable=False),
        sa.Column("updated_at", Real, nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["contact_list.list_id"], name=op.f("fk_contact_list_id")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact")),
        sa.UniqueConstraint("list_id", "user_contact_id", name=op.f("uq_contact_list_id")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "job",
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("campaign_id", RowId, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", Real, nullable=False),
        sa.Column("ended_at", Real, nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_job_campaign_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_job_one_live",
        "job",
        ["campaign_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "contact_attribute",
        sa.Column("contact_id", RowId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.contact_id"], name=op.f("fk_contact_attribute_contact_id")
        ),
        sa.PrimaryKeyConstraint("contact_id", "name", name=op.f("pk_contact_attribute")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contact_phone",
        sa.Column("contact_id", RowId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("wireless", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.contact_id"], name=op.f("fk_contact_phone_contact_id")
        ),
        sa.PrimaryKeyConstraint("contact_id", "name", name=op.f("pk_contact_phone")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_contact",
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("contact_id", RowId, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Real, nullable=False),
        sa.Column("last_outcome", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'claimed', 'done')", name=op.f("ck_job_contact_state")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.contact_id"], name=op.f("fk_job_contact_contact_id")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_job_contact_job_id")),
        sa.PrimaryKeyConstraint("job_id", "contact_id", name=op.f("pk_job_contact")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_job_contact_due", "job_contact", ["job_id", "zone", "state", "due_at", "contact_id"], unique=False
    )
    op.create_table(
        "note",
        sa.Column("note_id", RowId, nullable=False),
        sa.Column("contact_id", RowId, nullable=False),
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", Real, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.contact_id"], name=op.f("fk_note_contact_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_note_job_id")),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_note")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_note_contact", "note", ["contact_id", "note_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("contact_id", RowId, nullable=False),
        sa.Column("contact_type", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("started_at", Real, nullable=False),
        sa.Column("answered_at", Real, nullable=True),
        sa.Column("ended_at", Real, nullable=True),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id", "contact_id"],
            ["job_contact.job_id", "job_contact.contact_id"],
            name=op.f("fk_attempt_job_id"),
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_attempt")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_attempt_contact", "attempt", ["job_id", "contact_id"], unique=False)
    op.create_table(
        "disposition",
        sa.Column("row_id", RowId, nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("contact_id", RowId, nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("saved_at", Real, nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.attempt_id"], name=op.f("fk_disposition_attempt_id")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.contact_id"], name=op.f("fk_disposition_contact_id")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_disposition_job_id")),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_disposition")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_disposition_attempt_id")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_disposition_job", "disposition", ["job_id", "row_id"], unique=False)
