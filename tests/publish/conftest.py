from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmgr.store import SqliteStore
from tests.databases import new_place


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = new_place(tmp_path / "agentmgr.sqlite").open()
    yield store
    store.close()
