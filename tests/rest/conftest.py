from collections.abc import Iterator
from pathlib import Path

import pytest
from client import Client

from tests.databases import new_store


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A global user of the resources over an empty store."""
    store = new_store(tmp_path / "agentmgr.sqlite")
    yield Client(store)
    store.close()
