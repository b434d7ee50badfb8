"""Organisations, and what belongs to each; all that is there belongs to all."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

OWNED = ("account", "agent", "attribute_spec", "campaign", "contact_list")


def upgrade() -> None:
    """Make their table, say of everything whose it is, and give each a do-not-call list of its own."""
    op.create_table(
        "organisation",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double().with_variant(sa.REAL(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_organisation")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    for table in OWNED:
        op.add_column(table, sa.Column("organisation", sa.Text(), nullable=False, server_default=""))
    op.rename_table("dnc", "dnc_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE dnc_before RENAME CONSTRAINT pk_dnc TO pk_dnc_before")
    op.create_table(
        "dnc",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Double().with_variant(sa.REAL(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "address", name=op.f("pk_dnc")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO dnc (organisation, address, added_by, added_at)"
        " SELECT '', address, added_by, added_at FROM dnc_before"
    )
    op.drop_table("dnc_before")
