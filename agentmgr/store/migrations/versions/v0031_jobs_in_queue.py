"""Jobs wait for others of their campaign; contacts have priorities; calls at once are shared out."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
Text, Integer = sa.Text(), sa.Integer()


def upgrade() -> None:
    """Every job that is not over had started, and what calls at once may be was said of none."""
    for name in ("infinite", "custom_pacing"):
        _add("campaign", name, Integer, 0)
    op.add_column("job", sa.Column("started_at", Real))
    op.add_column("job", sa.Column("max_calls", Integer))
    op.execute("UPDATE job SET started_at = created_at WHERE state <> 'preparing'")
    op.drop_index("ix_job_one_live", "job")
    live = sa.text("started_at IS NOT NULL AND ended_at IS NULL")
    op.create_index(
        "ix_job_one_live", "job", ["campaign_id"], unique=True, sqlite_where=live, postgresql_where=live
    )
    open_ = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_job_open", "job", ["campaign_id", "job_id"], sqlite_where=open_, postgresql_where=open_
    )
    for name, value in (("calls_granted", 0), ("calls_reserved", 0), ("calls_grant", 0), ("calls_wanted", 1)):
        _add("job_share", name, Integer, value)
    _add("job_contact", "priority", Integer, 1)
    op.drop_index("ix_job_contact_pending", "job_contact")
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_job_contact_pending",
        "job_contact",
        ["job_id", "zone", "timezone", "priority", "due_at", "contact_id"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    _table(
        "job_list",
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("list_id", RowId, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_job_list_job_id")),
        sa.ForeignKeyConstraint(["list_id"], ["contact_list.list_id"], name=op.f("fk_job_list_list_id")),
        sa.PrimaryKeyConstraint("job_id", "list_id", name=op.f("pk_job_list")),
    )
    op.create_index("ix_job_list_list", "job_list", ["list_id", "job_id"])
    op.execute(
        "INSERT INTO job_list (job_id, list_id) SELECT job_id, list_id FROM job"
        " JOIN campaign_list ON campaign_list.campaign_id = job.campaign_id WHERE ended_at IS NULL"
    )
    _table(
        "number_attribute",
        sa.Column("scope", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("display_name", Text, nullable=False),
        sa.Column("initial", Real, nullable=False),
        sa.Column("organisation", Text, nullable=False),
        sa.PrimaryKeyConstraint("scope", "name", name=op.f("pk_number_attribute")),
    )
    _table(
        "job_value",
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("agent_id", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("value", Real, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_job_value_job_id")),
        sa.PrimaryKeyConstraint("job_id", "agent_id", "name", name=op.f("pk_job_value")),
    )


def _add(table: str, name: str, type_: sa.types.TypeEngine[Any], value: int) -> None:
    op.add_column(table, sa.Column(name, type_, nullable=False, server_default=str(value)))


def _table(name: str, *items: sa.schema.SchemaItem) -> None:
    op.create_table(name, *items, sqlite_strict=True, sqlite_with_rowid=False)
