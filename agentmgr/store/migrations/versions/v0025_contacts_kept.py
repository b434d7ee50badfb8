"""Contacts say who changed them, are deleted without their history, and have numbers under any name."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Change contacts and lists, turn the index of attempts round, make two tables, move numbers."""
    with op.batch_alter_table(
        "contact", table_kwargs={"sqlite_strict": True, "sqlite_with_rowid": True}
    ) as contact:
        contact.drop_constraint("uq_contact_list_id", type_="unique")
        contact.add_column(sa.Column("created_at", Real, nullable=False, server_default="0"))
        contact.add_column(sa.Column("updated_by", sa.Text(), nullable=False, server_default=""))
        contact.add_column(sa.Column("deleted_at", Real, nullable=True))
    op.execute("UPDATE contact SET created_at = updated_at")
    there = sa.text("deleted_at IS NULL")
    op.create_index(
        "ix_contact_user_id",
        "contact",
        ["list_id", "user_contact_id"],
        unique=True,
        sqlite_where=there,
        postgresql_where=there,
    )
    op.drop_index("ix_attempt_contact", "attempt")
    op.create_index("ix_attempt_contact", "attempt", ["contact_id", "job_id", "started_at"])
    op.add_column("contact_list", sa.Column("emptying_before", Real, nullable=True))
    op.add_column("contact_list", sa.Column("emptying_error", sa.Text(), nullable=False, server_default=""))
    op.add_column("campaign", sa.Column("filter", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "phone_rule",
        sa.Column("rule_id", RowId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_phone_rule")),
        sa.UniqueConstraint("kind", "country", "pattern", name=op.f("uq_phone_rule_kind")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "list_attribute",
        sa.Column("list_id", RowId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["contact_list.list_id"], name=op.f("fk_list_attribute_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "name", name=op.f("pk_list_attribute")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO list_attribute (list_id, name) SELECT DISTINCT contact.list_id, contact_attribute.name"
        " FROM contact JOIN contact_attribute ON contact_attribute.contact_id = contact.contact_id"
    )
    _move_numbers()


def _move_numbers() -> None:
    """Let the values of attributes of type phone be numbers that can be dialled."""
    here = op.get_bind()
    values = [
        tuple(row)
        for row in here.execute(
            sa.text(
                "SELECT contact_attribute.contact_id, contact_attribute.name, contact_attribute.value"
                " FROM contact_attribute JOIN attribute_spec ON attribute_spec.name = contact_attribute.name"
                " WHERE attribute_spec.data_type = 'phone'"
            )
        )
    ]
    if not values:
        return
    # the tables of telephone numbers take long to load
    from agentmgr.core.numbers import read_number

    for contact_id, name, value in values:
        try:
            number = read_number(value)
        except ValueError:
            continue
        here.execute(
            sa.text(
                "INSERT INTO contact_phone (contact_id, name, number, timezone, wireless)"
                " VALUES (:contact_id, :name, :number, :timezone, :wireless)"
                " ON CONFLICT (contact_id, name) DO NOTHING"
            ),
            {
                "contact_id": contact_id,
                "name": name,
                "number": number.e164,
                "timezone": number.timezone,
                "wireless": int(number.wireless),
            },
        )
        here.execute(
            sa.text("DELETE FROM contact_attribute WHERE contact_id = :contact_id AND name = :name"),
            {"contact_id": contact_id, "name": name},
        )
