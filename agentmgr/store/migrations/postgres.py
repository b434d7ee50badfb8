"""What every table in PostgreSQL gets, whichever migration makes it: a fence, and SQLite's order of text."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from agentmgr.store.pglink import FENCED, LOCK_CLASS

UNFENCED = ("alembic_version", "manager", "numbering", "zone", "zone_event")
"""Tables that whoever becomes or is no owner writes."""

# The setting says who writes: empty for services and by hand, "?" for a zone whose token was not checked,
# else its token. The owner is looked up once it is certain that nobody becomes it before the transaction
# ends, and only once in a transaction, for the same reason. By the level that sees what was committed so far.
_FENCE = f"""
CREATE OR REPLACE FUNCTION agentmgr_fence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    writer text := COALESCE(current_setting('am.writer', true), '');
    its_era text := split_part(writer, ' ', 1);
    its_epoch text := split_part(writer, ' ', 2);
    its_name text := substr(writer, length(its_era) + length(its_epoch) + 3);
BEGIN
    IF writer = '' OR writer = current_setting('am.fenced', true) THEN
        RETURN NULL;
    END IF;
    IF writer = '?' THEN
        RAISE EXCEPTION 'a zone writes % without having checked its token', TG_TABLE_NAME
            USING ERRCODE = '{FENCED}';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'zone %: a token is checked at READ COMMITTED alone', its_name
            USING ERRCODE = 'feature_not_supported';
    END IF;
    PERFORM pg_advisory_xact_lock_shared({LOCK_CLASS}, hashtext(its_name));
    PERFORM 1 FROM zone WHERE name = its_name AND era = its_era::bigint AND epoch = its_epoch::bigint;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'zone %: has another owner than era %, epoch %', its_name, its_era, its_epoch
            USING ERRCODE = '{FENCED}';
    END IF;
    PERFORM set_config('am.fenced', writer, true);
    RETURN NULL;
END $$
"""


@compiles(sa.Text, "postgresql")
def _text_in_order(type_: sa.Text, compiler: Any, type_expression: Any = None, **options: Any) -> str:
    """Order columns by characters, whatever becomes of the orders of languages in upgrades of the system."""
    return 'TEXT COLLATE "C"' if isinstance(type_expression, sa.Column) else "TEXT"


def finish(connection: sa.Connection) -> None:
    """Give all tables the fence that they lack."""
    connection.exec_driver_sql(_FENCE.replace("%", "%%"))
    tables = connection.exec_driver_sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        " AND table_type = 'BASE TABLE'"
    ).scalars()
    for table in sorted(set(tables) - set(UNFENCED)):
        connection.exec_driver_sql(
            f"CREATE OR REPLACE TRIGGER agentmgr_fence BEFORE INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION agentmgr_fence()"
        )
