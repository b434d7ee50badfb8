from collections.abc import Iterator
from pathlib import Path

import pytest
from stores import T0, ZONE, Bench, prepare_job

from agentmgr.store import SqliteStore
from tests.databases import new_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agentmgr.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = new_store(path)
    yield store
    store.close()


@pytest.fixture
def bench(path: Path, store: SqliteStore) -> Iterator[Bench]:
    """A store with a running job of five contacts, three attempts each."""
    job = prepare_job(store, contacts=5)
    bench = Bench(path, store, job.job_id, store.open_zone(ZONE, T0).token)
    yield bench
    bench.store.close()
