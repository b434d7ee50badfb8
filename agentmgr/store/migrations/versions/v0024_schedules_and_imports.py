"""Data sources with their imports, and what is to happen at times of the calendar."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
Text, Integer = sa.Text(), sa.Integer()


def upgrade() -> None:
    """Make their tables."""
    _table(
        "data_source",
        ("source_id", RowId),
        ("name", Text),
        ("description", Text),
        ("list_id", RowId),
        ("kind", Text),
        ("location", Text),
        ("query", Text),
        ("columns", Text),
        ("country", Text),
        ("encoding", Text),
        ("checks", Text),
        ("on_duplicate", Text),
        ("empty_first", Integer),
        ("allow_premium", Integer),
        ("made_by", Text),
        ("created_at", Real),
        items=(
            sa.ForeignKeyConstraint(
                ["list_id"], ["contact_list.list_id"], name=op.f("fk_data_source_list_id")
            ),
            sa.UniqueConstraint("name", name=op.f("uq_data_source_name")),
        ),
    )
    _table(
        "import_job",
        ("import_id", RowId),
        ("source_id", RowId),
        ("state", Text),
        ("owner", Text),
        ("seen_at", Real),
        ("position", RowId),
        ("fingerprint", Text),
        ("error", Text),
        ("created", RowId),
        ("updated", RowId),
        ("ignored", RowId),
        ("invalid", RowId),
        ("misformatted", RowId),
        ("rejected", RowId),
        ("on_dnc", RowId),
        ("failed", RowId),
        ("deleted", RowId),
        ("made_by", Text),
        ("created_at", Real),
        items=(
            sa.Column("started_at", Real),
            sa.Column("ended_at", Real),
            sa.ForeignKeyConstraint(
                ["source_id"], ["data_source.source_id"], name=op.f("fk_import_job_source_id")
            ),
        ),
    )
    op.create_index("ix_import_job_source", "import_job", ["source_id", "import_id"])
    _partial_index("ix_import_job_live", "import_job", ["import_id"], "ended_at IS NULL")
    _table(
        "schedule",
        ("schedule_id", RowId),
        ("target", Text),
        ("frequency", Text),
        ("start_local", Text),
        ("end_local", Text),
        ("timezone", Text),
        ("every_min", Integer),
        ("weekdays", Text),
        ("left_out", Text),
        ("outcome", Text),
        ("made_by", Text),
        ("created_at", Real),
        items=(
            sa.Column("campaign_id", RowId),
            sa.Column("source_id", RowId),
            sa.Column("next_at", Real),
            sa.Column("last_at", Real),
            sa.ForeignKeyConstraint(
                ["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_schedule_campaign_id")
            ),
            sa.ForeignKeyConstraint(
                ["source_id"], ["data_source.source_id"], name=op.f("fk_schedule_source_id")
            ),
        ),
    )
    _partial_index("ix_schedule_next", "schedule", ["next_at", "schedule_id"], "next_at IS NOT NULL")


def _table(
    name: str, *columns: tuple[str, sa.types.TypeEngine[Any]], items: tuple[sa.schema.SchemaItem, ...]
) -> None:
    op.create_table(
        name,
        *(sa.Column(column, type_, nullable=False) for column, type_ in columns),
        *items,
        sa.PrimaryKeyConstraint(columns[0][0], name=op.f(f"pk_{name}")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
