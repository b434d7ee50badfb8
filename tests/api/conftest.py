from collections.abc import Iterator
from pathlib import Path

import pytest
from world import World

from tests.databases import new_place, new_postgres


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """An empty store of each kind, with the services over it."""
    if request.param == "sqlite":
        store = new_place(tmp_path / "agentmgr.sqlite").open()
        yield World(store)
        store.close()
        return
    place = new_postgres(request.getfixturevalue("postgres_server"))
    store = place.open()
    yield World(store)
    store.close()
    place.give_back()
