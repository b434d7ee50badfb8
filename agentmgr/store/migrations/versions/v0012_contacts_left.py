"""What is left of each job is counted by time zone as it changes; what is done, by its last outcome."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_COUNT = (
    "INSERT INTO job_pending (job_id, timezone, retries, how_many)"
    " VALUES (NEW.job_id, NEW.timezone, CAST(NEW.due_at > 0 AS INTEGER), 1)"
    " ON CONFLICT (job_id, timezone, retries) DO UPDATE SET how_many = job_pending.how_many + 1;"
)
_UNCOUNT = (
    "UPDATE job_pending SET how_many = how_many - 1"
    " WHERE job_id = OLD.job_id AND timezone = OLD.timezone AND retries = CAST(OLD.due_at > 0 AS INTEGER);"
)
# Contacts change in a dozen statements, of zones, imports and takeovers: none of them can forget to count.
_TRIGGERS = (
    ("came", "INSERT", "NEW.state = 'pending'", _COUNT),
    ("went", "DELETE", "OLD.state = 'pending'", _UNCOUNT),
    ("left", "UPDATE OF state, due_at, timezone", "OLD.state = 'pending'", _UNCOUNT),
    ("returned", "UPDATE OF state, due_at, timezone", "NEW.state = 'pending'", _COUNT),
)


def upgrade() -> None:
    """Make the table, count once what is there, and let it be counted from now on."""
    op.create_table(
        "job_pending",
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("how_many", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_job_pending_job_id")),
        sa.PrimaryKeyConstraint("job_id", "timezone", "retries", name=op.f("pk_job_pending")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO job_pending (job_id, timezone, retries, how_many)"
        " SELECT job_id, timezone, CAST(due_at > 0 AS INTEGER), count(*) FROM job_contact"
        " WHERE state = 'pending' GROUP BY 1, 2, 3"
    )
    for name, when, condition, then in _TRIGGERS:
        trigger = f"CREATE TRIGGER job_contact_{name} AFTER {when} ON job_contact"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"{trigger} WHEN {condition} BEGIN {then} END")
            continue
        function = f"job_contact_{name}()"
        op.execute(
            f"CREATE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {then} RETURN NULL; END $$"
        )
        op.execute(f"{trigger} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {function}")
    op.execute("DELETE FROM job_counter WHERE counted = 'done'")
    op.execute(
        "INSERT INTO job_counter (job_id, counted, name, how_many)"
        " SELECT job_id, 'done', last_outcome, count(*) FROM job_contact WHERE state = 'done' GROUP BY 1, 3"
    )
