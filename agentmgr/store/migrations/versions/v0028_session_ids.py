"""Session ids are whole numbers; those that were given by zone and epoch are counted anew."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_ATTEMPT_IDS = ("attempt", "disposition", "note", "saved_agent", "number_in_work")


def upgrade() -> None:
    """Number the sessions there are in the order they began; zones begin with their own from 1 on."""
    op.add_column(
        "zone_event",
        sa.Column(
            "run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, server_default="0"
        ),
    )
    op.create_table(
        "numbering",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("latest", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_numbering")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(
        "CREATE TEMPORARY TABLE renumbered AS"
        " SELECT attempt_id, CAST(DENSE_RANK() OVER (ORDER BY began_at, session_id) AS TEXT) AS session_id,"
        " substr(attempt_id, length(session_id) + 1) AS further FROM"
        " (SELECT attempt_id, session_id, MIN(started_at) OVER (PARTITION BY session_id) AS began_at"
        " FROM attempt) AS session"
    )
    op.execute("CREATE UNIQUE INDEX ix_renumbered ON renumbered (attempt_id)")
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        op.drop_constraint("fk_disposition_attempt_id", "disposition", type_="foreignkey")
    op.execute(
        "UPDATE attempt SET session_id ="
        " (SELECT session_id FROM renumbered WHERE renumbered.attempt_id = attempt.attempt_id)"
    )
    for table in _ATTEMPT_IDS:
        op.execute(
            f"UPDATE {table} SET attempt_id = (SELECT renumbered.session_id || further FROM renumbered"
            f" WHERE renumbered.attempt_id = {table}.attempt_id)"
            f" WHERE attempt_id IN (SELECT attempt_id FROM renumbered)"
        )
    if not is_sqlite:
        op.create_foreign_key(
            "fk_disposition_attempt_id", "disposition", "attempt", ["attempt_id"], ["attempt_id"]
        )
    op.execute("DROP TABLE renumbered")
