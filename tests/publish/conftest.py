from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmgr.store import SqlStore
from agentmgr.testing.postgres import ThrowawayPostgres
from tests.databases import new_place, new_postgres


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = new_place(tmp_path / "agentmgr.sqlite").open()
    yield store
    store.close()


@pytest.fixture
def stores(postgres_server: ThrowawayPostgres) -> Iterator[tuple[SqlStore, SqlStore]]:
    """One database in PostgreSQL, as two processes have it."""
    place = new_postgres(postgres_server)
    stores = place.open(), place.open()
    yield stores
    for store in stores:
        store.close()
    place.give_back()
