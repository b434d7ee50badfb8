"""Databases for tests: made once, and copied for each that needs an empty one."""

import tempfile
from functools import cache
from pathlib import Path

from agentmgr.store import SqliteStore, open_sqlite


def new_store(path: Path) -> SqliteStore:
    """Return an empty store at a path; making its tables would take fifty times as long."""
    path.write_bytes(_empty())
    return open_sqlite(path)


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "agentmgr.sqlite"
        open_sqlite(path, create=True).close()
        return path.read_bytes()
