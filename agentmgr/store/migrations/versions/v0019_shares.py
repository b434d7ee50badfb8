"""A job is worked on in several zones: each has a share of it, and counts for itself."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def _count(row: str, how_many: int) -> str:
    # Rows are added and never changed, so that transactions side by side do not wait for each other.
    return (
        "INSERT INTO job_pending (job_id, zone, timezone, retries, how_many)"
        f" VALUES ({row}.job_id, {row}.zone, {row}.timezone, CAST({row}.due_at > 0 AS INTEGER), {how_many});"
    )


_CHANGED = "UPDATE OF state, due_at, timezone, zone"
_TRIGGERS = (
    ("came", "INSERT", "NEW.state = 'pending'", _count("NEW", 1)),
    ("went", "DELETE", "OLD.state = 'pending'", _count("OLD", -1)),
    ("left", _CHANGED, "OLD.state = 'pending'", _count("OLD", -1)),
    ("returned", _CHANGED, "NEW.state = 'pending'", _count("NEW", 1)),
)
_OF_JOB = "(SELECT zone FROM job WHERE job.job_id = {0}.job_id)"


def upgrade() -> None:
    """Give every job one share, that of its zone, and let what belongs to a zone say so."""
    op.create_table(
        "job_share",
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("ended_at", Real, nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_job_share_job_id")),
        sa.PrimaryKeyConstraint("job_id", "zone", name=op.f("pk_job_share")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO job_share (job_id, zone, ended_at) SELECT job_id, zone, ended_at FROM job")
    for table in ("attempt", "callback"):
        op.add_column(table, sa.Column("zone", sa.Text(), nullable=False, server_default=""))
        op.execute(f"UPDATE {table} SET zone = {_OF_JOB.format(table)}")
    _partial_index("ix_attempt_open", "attempt", ["job_id", "zone"], "ended_at IS NULL")
    _partial_index("ix_job_contact_claimed", "job_contact", ["job_id", "zone"], "state = 'claimed'")
    _count_by_zone()
    op.drop_column("job", "zone")


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _count_by_zone() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, *_ in _TRIGGERS:
        op.execute(f"DROP TRIGGER job_contact_{name}" + ("" if is_sqlite else " ON job_contact"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION job_contact_{name}()")
    op.execute("ALTER TABLE job_counter RENAME TO job_counter_before")
    if not is_sqlite:
        op.execute("ALTER TABLE job_counter_before DROP CONSTRAINT pk_job_counter")
        op.execute("ALTER TABLE job_counter_before DROP CONSTRAINT fk_job_counter_job_id")
    op.create_table(
        "job_counter",
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("how_many", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_job_counter_job_id")),
        sa.PrimaryKeyConstraint("job_id", "zone", "counted", "name", name=op.f("pk_job_counter")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO job_counter (job_id, zone, counted, name, how_many)"
        f" SELECT job_id, {_OF_JOB.format('job_counter_before')}, counted, name, how_many"
        " FROM job_counter_before"
    )
    op.drop_table("job_counter_before")
    op.drop_table("job_pending")
    op.create_table(
        "job_pending",
        sa.Column("row_id", RowId, nullable=False),
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("how_many", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_job_pending_job_id")),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_job_pending")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_job_pending_share", "job_pending", ["job_id", "zone"])
    op.execute(
        "INSERT INTO job_pending (job_id, zone, timezone, retries, how_many)"
        " SELECT job_id, zone, timezone, CAST(due_at > 0 AS INTEGER), count(*) FROM job_contact"
        " WHERE state = 'pending' GROUP BY 1, 2, 3, 4"
    )
    for name, when, condition, then in _TRIGGERS:
        trigger = f"CREATE TRIGGER job_contact_{name} AFTER {when} ON job_contact"
        if is_sqlite:
            op.execute(f"{trigger} WHEN {condition} BEGIN {then} END")
            continue
        function = f"job_contact_{name}()"
        op.execute(
            f"CREATE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {then} RETURN NULL; END $$"
        )
        op.execute(f"{trigger} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {function}")
