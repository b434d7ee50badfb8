"""Everything durable: the schema, its migrations, and SQLite as the embedded database."""

from agentmgr.store.sqlite import SqliteStore, open_sqlite

__all__ = ["SqliteStore", "open_sqlite"]
