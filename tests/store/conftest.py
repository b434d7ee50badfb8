from collections.abc import Iterator
from pathlib import Path

import pytest
from stores import T0, ZONE, Bench, prepare_job

from agentmgr.store import SqlStore
from agentmgr.testing.postgres import ThrowawayPostgres
from tests.databases import Place, PostgresPlace, new_place, new_postgres


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agentmgr.sqlite"


@pytest.fixture
def postgres(postgres_server: ThrowawayPostgres) -> Iterator[PostgresPlace]:
    """An empty database in PostgreSQL."""
    place = new_postgres(postgres_server)
    yield place
    place.give_back()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, path: Path) -> Place:
    """An empty database, of each kind in turn; `in_file` and `in_postgres` of `stores` name one."""
    found: Place = request.getfixturevalue("postgres") if request.param == "postgres" else new_place(path)
    return found


@pytest.fixture
def store(place: Place) -> Iterator[SqlStore]:
    store = place.open()
    yield store
    store.close()


@pytest.fixture
def bench(place: Place, store: SqlStore) -> Iterator[Bench]:
    """A store with a running job of five contacts, three attempts each."""
    job = prepare_job(store, contacts=5)
    bench = Bench(place, store, job.job_id, store.open_zone(ZONE, T0).token)
    yield bench
    bench.store.close()
