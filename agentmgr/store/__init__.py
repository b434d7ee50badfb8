"""Everything durable: the schema, its migrations, in an SQLite file or in PostgreSQL."""

from agentmgr.store.opening import (
    SqlStore,
    copy_to_postgres,
    has_tables,
    open_leases,
    open_postgres,
    open_sqlite,
    url_name,
)

__all__ = [
    "SqlStore",
    "copy_to_postgres",
    "has_tables",
    "open_leases",
    "open_postgres",
    "open_sqlite",
    "url_name",
]
