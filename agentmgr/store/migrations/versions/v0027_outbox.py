"""What becomes of each attempt is kept for every publisher until that has told it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0027"
down_revision = "0026"

_REAL: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Whoever ends an attempt or gives it another code, zone, takeover or service, cannot forget the publishers:
# what they are told is written by that very statement. Without one it looks into an empty table.
_PUT = (
    "INSERT INTO outbox (publisher, message_id, campaign, job_id, user_contact_id, contact_id, session_id,"
    " address, contact_list, zone, result, at)"
    " SELECT publisher.name, {message_id}, campaign.name, attempt.job_id, contact.user_contact_id,"
    " attempt.contact_id, attempt.session_id, attempt.number, contact_list.name, attempt.zone,"
    " COALESCE(completion_code.name, attempt.outcome), {at}"
    " FROM publisher CROSS JOIN attempt"
    " JOIN job ON job.job_id = attempt.job_id JOIN campaign ON campaign.campaign_id = job.campaign_id"
    " JOIN contact ON contact.contact_id = attempt.contact_id"
    " JOIN contact_list ON contact_list.list_id = contact.list_id"
    " LEFT JOIN disposition ON disposition.attempt_id = attempt.attempt_id"
    " LEFT JOIN completion_code ON completion_code.campaign_id = job.campaign_id"
    " AND completion_code.code_id = disposition.code_id"
    " WHERE attempt.attempt_id = NEW.attempt_id AND attempt.ended_at IS NOT NULL;"
)
_FIRST = _PUT.format(message_id="attempt.attempt_id", at="attempt.ended_at")
_AGAIN = _PUT.format(message_id="attempt.attempt_id || '/' || CAST(NEW.saved_at AS TEXT)", at="NEW.saved_at")
_TRIGGERS = (
    (
        "attempt_told",
        "UPDATE OF ended_at ON attempt",
        "OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL",
        _FIRST,
    ),
    ("code_told_late", "INSERT ON disposition", "TRUE", _AGAIN),
    ("code_told_anew", "UPDATE OF code_id ON disposition", "OLD.code_id <> NEW.code_id", _AGAIN),
)


def upgrade() -> None:
    """Add publishers, what waits for each, and who does what one process does for all."""
    op.create_table(
        "publisher",
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_publisher")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "duty",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_duty")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("seq", _ROW_ID, nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("job_id", _ROW_ID, nullable=False),
        sa.Column("user_contact_id", sa.Text(), nullable=False),
        sa.Column("contact_id", _ROW_ID, nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("contact_list", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("at", _REAL, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sqlite_strict=True,
    )
    op.create_index("ix_outbox_publisher", "outbox", ["publisher", "seq"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, when, condition, then in _TRIGGERS:
        if is_sqlite:
            op.execute(f"CREATE TRIGGER {name} AFTER {when} WHEN {condition} BEGIN {then} END")
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {then} RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {when} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()"
        )
