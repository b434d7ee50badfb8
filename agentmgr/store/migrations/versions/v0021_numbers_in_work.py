"""Who is at work with a number is decided where it is written down, not by anybody's clock."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_HOLD = (
    "INSERT INTO number_in_work (number, attempt_id) VALUES (NEW.number, NEW.attempt_id)"
    " ON CONFLICT (number) DO NOTHING;"
)
_LET_GO = "DELETE FROM number_in_work WHERE number = OLD.number AND attempt_id = OLD.attempt_id;"
# Attempts begin, change and end in statements of zones, takeovers and deletions: none can forget the number.
_TRIGGERS = (
    ("began", "INSERT", "NEW.ended_at IS NULL", _HOLD),
    (
        "dialed",
        "UPDATE OF number, dialed_at",
        "NEW.ended_at IS NULL",
        _LET_GO.replace(";", " AND OLD.number <> NEW.number; ") + _HOLD,
    ),
    ("ended", "UPDATE OF ended_at", "NEW.ended_at IS NOT NULL", _LET_GO),
    ("went", "DELETE", "OLD.ended_at IS NULL", _LET_GO),
)


def upgrade() -> None:
    """Make the table, and give each number to one of the open attempts at it."""
    op.drop_index("ix_attempt_number", "attempt")
    op.create_table(
        "number_in_work",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_number_in_work")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO number_in_work (number, attempt_id)"
        " SELECT number, MIN(attempt_id) FROM attempt WHERE ended_at IS NULL GROUP BY number"
    )
    for name, when, condition, then in _TRIGGERS:
        trigger = f"CREATE TRIGGER attempt_{name} AFTER {when} ON attempt"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"{trigger} WHEN {condition} BEGIN {then} END")
            continue
        function = f"attempt_{name}()"
        op.execute(
            f"CREATE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {then} RETURN NULL; END $$"
        )
        op.execute(f"{trigger} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {function}")
