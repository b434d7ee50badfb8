"""A centre that grows: what is in a file is copied into PostgreSQL, all of it or nothing."""

from pathlib import Path

import pytest
from stores import T0, ZONE, Bench, handled, prepare_job

from agentmgr.ports import StoreFault, Token
from agentmgr.store import copy_to_postgres, copying, has_tables
from agentmgr.store.schema import metadata
from agentmgr.testing.postgres import ThrowawayPostgres
from tests.databases import FilePlace, Place, PostgresPlace, new_place


@pytest.fixture
def empty(postgres_server: ThrowawayPostgres) -> PostgresPlace:
    """A database without tables."""
    name = f"copy_{len(postgres_server.ask('SELECT 1 FROM pg_database'))}"
    postgres_server.ask(f"CREATE DATABASE {name}")
    return PostgresPlace(postgres_server, name)


@pytest.fixture
def worked_on(path: Path) -> Path:
    """A file with a job that has been worked on."""
    place = new_place(path)
    store = place.open()
    job = prepare_job(store, contacts=7)
    bench = Bench(place, store, job.job_id, store.open_zone(ZONE, T0).token)
    for contact in bench.claim(3):
        store.commit(bench.token, handled(bench, contact, f"a{contact.contact_id}"))
    store.close()
    return path


def content(place: Place) -> dict[str, list[tuple[object, ...]]]:
    store = place.open()
    found = {}
    for table in metadata.sorted_tables:
        columns = ", ".join(f'"{name}"' for name in table.columns.keys())  # noqa: SIM118
        found[table.name] = sorted(
            store._database.read(lambda tx, c=columns, t=table: tx.sql.fetch(f"SELECT {c} FROM {t.name}")),
            key=repr,
        )
    store.close()
    return found


def test_copy_has_every_row_of_the_file_and_goes_on_from_there(
    worked_on: Path, empty: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH_ROWS", 2)
    told: dict[str, int] = {}
    copy_to_postgres(worked_on, empty.url, told.__setitem__)
    before = content(FilePlace(worked_on))
    assert content(empty) == before
    assert told == {name: len(rows) for name, rows in before.items()}
    store = empty.open()
    assert store.open_zone(ZONE, T0).token == Token(ZONE, 1, 2)
    assert sum(each.fresh + each.retries for each in store.contacts_left(1)) == 4
    other = prepare_job(store, contacts=2, name="Autumn")
    assert other.job_id == 2
    assert sum(each.fresh + each.retries for each in store.contacts_left(2)) == 2  # triggers count again
    store.close()


def test_copy_that_is_interrupted_leaves_nothing_and_can_be_begun_anew(
    worked_on: Path, empty: PostgresPlace
) -> None:
    def interrupt(table: str, rows: int) -> None:
        if table == "attempt":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_to_postgres(worked_on, empty.url, interrupt)
    assert not has_tables(empty.url)
    with pytest.raises(StoreFault, match="there are no tables here"):
        empty.open()
    copy_to_postgres(worked_on, empty.url, lambda table, rows: None)
    assert has_tables(empty.url)


def test_copy_into_what_is_not_empty_is_refused(worked_on: Path, postgres: PostgresPlace) -> None:
    store = postgres.open()
    store.ensure_list("L", T0)
    store.close()
    with pytest.raises(StoreFault, match="something in it already"):
        copy_to_postgres(worked_on, postgres.url, lambda table, rows: None)


def test_copy_of_a_file_that_a_server_has_open_is_refused(worked_on: Path, empty: PostgresPlace) -> None:
    store = FilePlace(worked_on).open()
    with pytest.raises(StoreFault, match="PostgreSQL"):
        copy_to_postgres(worked_on, empty.url, lambda table, rows: None)
    store.close()
    assert not has_tables(empty.url)
