"""A file's content copied into an empty database in PostgreSQL: all of it, or nothing."""

from collections.abc import Callable, Iterator

import sqlalchemy as sa

from agentmgr.ports import StoreFault
from agentmgr.store.database import Database
from agentmgr.store.pglink import Place, PostgresSql
from agentmgr.store.postgres import PostgresDatabase, application, migrate
from agentmgr.store.schema import metadata
from agentmgr.store.sql import Row, Transaction

BATCH_ROWS = 5000


def copy_all(source: Database, place: Place, told: Callable[[str, int], None]) -> None:
    """Copy a database into one that has no tables, or empty ones.

    It is one transaction with the making of the tables: whatever interrupts it leaves nothing behind, so that
    nobody can work with a part of it, and it can be begun anew.

    Args:
        source: what is copied; nobody writes there meanwhile.
        place: where to.
        told: gets the name of each table that was copied, with its rows.

    Raises:
        StoreFault: it cannot be copied; nothing was.
    """
    database = PostgresDatabase(place, application(""))
    try:
        database.write(_copy, source, place.name, told)
    finally:
        database.close()


def _copy(tx: Transaction, source: Database, name: str, told: Callable[[str, int], None]) -> None:
    migrate(tx, name, create=True)
    assert isinstance(tx.sql, PostgresSql)
    for table in metadata.sorted_tables:
        if tx.sql.fetch(f"SELECT 1 FROM {table.name} LIMIT 1"):
            raise StoreFault(f"{name}: there is something in it already; give an empty database")
    for table in metadata.sorted_tables:
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        # what triggers would count has been counted
        tx.sql.execute(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
        rows = tx.sql.copy_in(f"COPY {table.name} ({columns}) FROM STDIN", _rows(source, table, columns))
        tx.sql.execute(f"ALTER TABLE {table.name} ENABLE TRIGGER USER")
        _go_on_counting(tx, table)
        told(table.name, rows)
    tx.sql.execute("ANALYZE")


def _rows(source: Database, table: sa.Table, columns: str) -> Iterator[Row]:
    """Yield all rows of a table, read in pages in the order of its key."""
    key = [column.name for column in table.primary_key]
    places = [list(table.columns.keys()).index(name) for name in key]
    order = ", ".join(f'"{name}"' for name in key)
    after = ""
    values: Row = ()
    while True:
        query = f"SELECT {columns} FROM {table.name}{after} ORDER BY {order} LIMIT {BATCH_ROWS}"
        rows = source.read(_fetch, query, values)
        yield from rows
        if len(rows) < BATCH_ROWS:
            return
        after = f" WHERE ({order}) > ({', '.join('?' * len(key))})"
        values = tuple(rows[-1][place] for place in places)


def _fetch(tx: Transaction, query: str, values: Row) -> list[Row]:
    return tx.sql.fetch(query, values)


def _go_on_counting(tx: Transaction, table: sa.Table) -> None:
    """Let the next row get the number after the last one, where rows are numbered."""
    for column in table.primary_key:
        if isinstance(column.type, sa.Integer):
            tx.sql.execute(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'),"
                f' COALESCE(MAX("{column.name}"), 0) + 1, false) FROM {table.name}'
                f" HAVING pg_get_serial_sequence('{table.name}', '{column.name}') IS NOT NULL"
            )
