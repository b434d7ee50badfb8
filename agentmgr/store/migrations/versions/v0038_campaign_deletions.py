"""A campaign that is being deleted is marked, so that whoever began it may die."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the marks."""
    op.create_table(
        "campaign_deletion",
        sa.Column("campaign_id", RowId, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_campaign_deletion_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign_deletion")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
