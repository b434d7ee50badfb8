"""Opening a file: made, found, foreign, newer, in use, broken."""

import itertools
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from stores import T0, Bench, drafts

from agentmgr.ports import StoreFault
from agentmgr.store import database, migrations, open_sqlite, readers
from agentmgr.store.opening import SqlStore
from agentmgr.store.schema import metadata
from agentmgr.store.sql import Transaction
from tests.databases import Place, new_place


@pytest.fixture
def place(path: Path) -> Place:
    return new_place(path)


def fault(path: Path, *, create: bool = False) -> str:
    with pytest.raises(StoreFault) as caught:
        open_sqlite(path, create=create)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{path}: ")
    return text


def test_store_missing_without_create_says_how_to_make_one(path: Path) -> None:
    assert "no database here" in fault(path)
    assert not path.exists()


def test_store_missing_directory_is_named(tmp_path: Path) -> None:
    assert f"no directory {tmp_path / 'gone'}" in fault(tmp_path / "gone" / "x.sqlite", create=True)


def test_store_path_is_directory_refused(tmp_path: Path) -> None:
    assert "this is a directory" in fault(tmp_path, create=True)


def test_store_file_cannot_be_made_says_why(tmp_path: Path) -> None:
    assert "cannot be opened: File name too long" in fault(tmp_path / ("x" * 300), create=True)


def test_store_new_file_is_for_its_owner_alone(path: Path) -> None:
    open_sqlite(path, create=True).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_store_empty_file_is_taken_as_new(path: Path) -> None:
    path.touch()
    store = open_sqlite(path)
    assert store.agents() == ()
    store.close()


def test_store_text_file_refused_and_left_alone(path: Path) -> None:
    path.write_text("name,number\n" * 200)
    assert "not an SQLite file" in fault(path, create=True)
    assert path.read_text() == "name,number\n" * 200


def test_store_database_of_another_program_refused_and_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmark (url TEXT)")
    connection.close()
    before = path.read_bytes()
    assert "belongs to another program" in fault(path, create=True)
    assert path.read_bytes() == before


def test_store_damaged_file_is_one_line(store: SqlStore, path: Path) -> None:
    store.close()
    content = bytearray(path.read_bytes())
    content[100:2000] = b"\xff" * 1900
    path.write_bytes(content)
    assert "is damaged; restore a backup" in fault(path)


def test_store_newer_schema_refused_and_left_alone(store: SqlStore, path: Path) -> None:
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    text = fault(path)
    assert f"newer agentmgr (schema 9999, this program knows {migrations.SCHEMA_REVISION})" in text
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    connection.close()


def test_store_interrupted_creation_is_finished_at_the_next_start(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 1097289063")
    connection.close()
    store = open_sqlite(path)
    assert store.contact_lists() == ()
    store.close()


@pytest.mark.slow
def test_store_open_elsewhere_refused_until_closed(store: SqlStore, path: Path) -> None:
    code = f"from agentmgr.store import open_sqlite; open_sqlite({str(path)!r})"
    second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "another process has this database open" in second.stderr.splitlines()[-1]
    store.close()
    subprocess.run([sys.executable, "-c", code + ".close()"], check=True)


def test_store_open_elsewhere_refused_by_another_name_of_the_file(store: SqlStore, path: Path) -> None:
    link = path.with_name("link.sqlite")
    link.symlink_to(path)
    assert "another process has this database open" in fault(link)


@pytest.mark.slow
def test_store_of_a_killed_process_can_be_opened_at_once(path: Path) -> None:
    code = (
        f"from agentmgr.store import open_sqlite; store = open_sqlite({str(path)!r}, create=True);"
        " print('open', flush=True); input()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        assert "another process has this database open" in fault(path)
        other.kill()
    open_sqlite(path).close()


@pytest.mark.slow
def test_store_refused_elsewhere_stays_locked(store: SqlStore, path: Path) -> None:
    """A file that is opened and closed again would take all record locks of its process with it."""
    for _ in range(2):
        assert "another process has this database open" in fault(path)
    test_store_open_elsewhere_refused_until_closed(store, path)


def test_store_reader_cannot_write(store: SqlStore) -> None:
    with pytest.raises(StoreFault, match="cannot be written"):
        store._database.read(lambda tx: tx.sql.execute("DELETE FROM zone"))


def test_store_reads_while_a_transaction_writes_see_what_was_committed(bench: Bench) -> None:
    def write_and_look(tx: Transaction) -> int:
        tx.sql.execute("DELETE FROM job_contact")
        return bench.store._database.read(lambda reading: len(reading.sql.fetch("SELECT 1 FROM job_contact")))

    assert bench.store._database.write(write_and_look) == 5
    assert bench.rows("SELECT count(*) FROM job_contact") == [(0,)]


def test_store_log_that_is_long_starts_anew_once_nobody_reads(
    bench: Bench, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "COMMITS_A_LOOK", 1)
    monkeypatch.setattr(database, "LOG_LIMIT_BYTES", 50_000)
    monkeypatch.setattr(readers, "KEEP_OUT_S", 0.0)
    log, number = path.with_name(path.name + "-wal"), itertools.count()

    def write() -> int:
        bench.store.put_contacts(1, drafts(50, first=50 * next(number)), T0)
        return log.stat().st_size

    def write_beside(tx: Transaction) -> list[int]:
        tx.sql.fetch("SELECT count(*) FROM contact")
        return [write() for _ in range(10)]

    while write() > 0:
        assert log.stat().st_size < 1_000_000
    sizes = bench.store._database.read(write_beside)
    assert sizes == sorted(sizes)
    assert sizes[-1] > 100_000
    assert write() == 0


def test_store_log_that_cannot_be_cut_takes_nothing_from_what_was_committed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_where_there_is_no_room(sql: str) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(database, "COMMITS_A_LOOK", 1)
    monkeypatch.setattr(database, "LOG_LIMIT_BYTES", 0)
    monkeypatch.setattr(
        bench.store._database, "_connection", SimpleNamespace(execute=write_where_there_is_no_room)
    )
    bench.store.put_contacts(1, drafts(1, first=50), T0)
    assert bench.store.contact_lists()[0].contacts == 6
    monkeypatch.undo()


def test_store_readers_are_waited_for_no_longer_than_said_however_many_they_are(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    now = [0.0]

    def acquire(timeout: float) -> bool:
        waits.append(timeout)
        now[0] += 0.4
        return True

    seats = SimpleNamespace(acquire=acquire, release=lambda n: None)
    monkeypatch.setattr(readers, "monotonic", lambda: now[0])
    monkeypatch.setattr(bench.store._database._readers, "_seats", seats)
    with bench.store._database._readers.kept_out(1.0):
        assert waits == pytest.approx([1.0, 0.6, 0.2, 0.0])
    monkeypatch.undo()


def test_store_with_a_lock_that_cannot_be_opened_says_which(store: SqlStore, path: Path) -> None:
    store.close()
    lock = path.with_name(path.name + ".lock")
    lock.unlink()
    lock.mkdir()
    assert f"{path}: its lock {lock} cannot be opened: Is a directory; work as the owner" in fault(path)


def test_store_open_twice_in_one_process_refused(store: SqlStore, path: Path) -> None:
    assert "another process has this database open" in fault(path)


def test_store_reopened_has_everything(store: SqlStore, path: Path) -> None:
    store.put_contacts(store.ensure_list("A", T0), drafts(3), T0)
    store.close()
    again = open_sqlite(path)
    assert [(each.name, each.contacts) for each in again.contact_lists()] == [("A", 3)]
    again.close()


def test_store_used_after_close_is_a_fault(store: SqlStore) -> None:
    store.close()
    with pytest.raises(StoreFault, match="closed"):
        store.agents()


def test_store_confirmed_commits_survive_power_loss(bench: Bench) -> None:
    # 2 is FULL: with WAL, NORMAL would lose what was confirmed last.
    assert bench.rows("PRAGMA synchronous") == [(2,)]
    assert bench.rows("PRAGMA journal_mode") == [("wal",)]
    assert bench.rows("PRAGMA foreign_keys") == [(1,)]


def test_store_disk_full_says_so_and_keeps_what_was_there(bench: Bench) -> None:
    pages = bench.rows("PRAGMA page_count")[0][0]
    bench.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFault, match="disk is full"):
        bench.store.put_contacts(1, drafts(5000, first=5), T0)
    assert bench.store.contact_lists()[0].contacts == 5


def test_migrations_lead_to_the_schema_in_the_code(store: SqlStore) -> None:
    store._database.write(assert_schema_is_the_newest)


def assert_schema_is_the_newest(tx: Transaction) -> None:
    assert compare_metadata(MigrationContext.configure(tx.tables), metadata) == []
    inspector = sa.inspect(tx.tables)
    for table in metadata.sorted_tables:
        found = {column["name"]: str(column["type"]) for column in inspector.get_columns(table.name)}
        dialect = tx.tables.dialect
        assert found == {c.name: c.type.compile(dialect) for c in table.columns}, table.name


def test_migrations_newest_revision_is_the_one_that_opening_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.SCHEMA_REVISION]
