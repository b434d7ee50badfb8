"""A file that is deleted, moved or replaced under the open store: it is noticed, and nothing is lost."""

import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentmgr.ports import StoreFault
from agentmgr.store import database, open_sqlite, watch
from agentmgr.store.opening import SqlStore
from tests.databases import Place, new_place


@pytest.fixture
def place(path: Path) -> Place:
    return new_place(path)


CONFIRMED = 40


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    """A store with forty lists that were confirmed, the last half of them after the file was folded."""
    for number in range(CONFIRMED // 2):
        store.ensure_list(f"L{number}", 1.0)
    store._database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store._database._watch.look()
    for number in range(CONFIRMED // 2, CONFIRMED):
        store.ensure_list(f"L{number}", 1.0)
    return store


def fault(store: SqlStore) -> str:
    """Let the store look; returns what it says, which is what everybody is told from then on."""
    with pytest.raises(StoreFault) as caught:
        store.look()
    text = str(caught.value)
    assert "\n" not in text
    for act in (store.look, store.agents, lambda: store.ensure_list("more", 1.0)):
        with pytest.raises(StoreFault) as again:
            act()
        assert str(again.value) == text
    return text


def place_in(text: str) -> Path:
    """Return where the data is, as the text has it."""
    _, _, rest = text.partition("all that was confirmed is in ")
    return Path(rest.partition(";")[0])


def lists_in(path: Path) -> int:
    """Return how many lists a store has that is opened as the next server does."""
    store = open_sqlite(path)
    try:
        return len(store.contact_lists())
    finally:
        store.close()


def delete(path: Path) -> None:
    path.unlink()


def delete_all(path: Path) -> None:
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


def replace(path: Path) -> None:
    other = path.with_name("other.sqlite")
    open_sqlite(other, create=True).close()
    os.replace(other, path)


def replace_all(path: Path) -> None:
    delete_all(path)
    open_sqlite(path, create=True).close()
    log_of(path).write_bytes(b"what belongs to the other file")


def replace_by_a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("elsewhere")


LOST = [delete, delete_all, replace, replace_all, replace_by_a_link]


@pytest.mark.parametrize("lose", LOST)
def test_store_that_lost_its_file_saves_all_that_was_confirmed_and_stops(
    filled: SqlStore, path: Path, lose: Callable[[Path], None]
) -> None:
    lose(path)
    text = fault(filled)
    assert text.startswith(f"{path} was deleted or moved away") or "another file than" in text
    assert text.endswith(f"; move it to {path} and start again")
    saved = place_in(text)
    assert saved.parent == path.parent
    assert saved.name.startswith(f"{path.name}.saved-")
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    filled.close()
    assert lists_in(saved) == CONFIRMED


def test_who_reads_while_the_data_is_being_saved_is_told_where_it_is(
    filled: SqlStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def read() -> None:
        with pytest.raises(StoreFault) as caught:
            filled.agents()
        told.append(str(caught.value))

    reader = threading.Thread(target=read)
    save_copy = database.save_copy

    def save(*args: Any) -> Any:
        reader.start()
        reader.join(0.2)  # who did not wait has told by then
        return save_copy(*args)

    monkeypatch.setattr(database, "save_copy", save)
    delete(path)
    text = fault(filled)
    reader.join()
    assert told == [text]


@pytest.mark.parametrize("lose", LOST)
def test_commit_into_a_lost_file_is_not_confirmed(
    filled: SqlStore, path: Path, lose: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = filled._database._driver._before
    monkeypatch.setattr(filled._database._driver, "_before", lambda: (begin(), lose(path)))
    with pytest.raises(StoreFault, match="all that was confirmed is in"):
        filled.ensure_list("begun before", 1.0)


def test_files_of_others_are_left_alone_when_the_store_is_closed(filled: SqlStore, path: Path) -> None:
    replace_all(path)
    before = path.read_bytes(), log_of(path).read_bytes()
    fault(filled)
    filled.close()
    assert (path.read_bytes(), log_of(path).read_bytes()) == before


def test_file_that_was_moved_is_found_with_all_in_it(filled: SqlStore, path: Path) -> None:
    moved = path.with_name("moved.sqlite")
    path.rename(moved)
    text = fault(filled)
    assert text == (
        f"{path} was deleted or moved away while it was open;"
        f" all that was confirmed is in {moved}; move it to {path} and start again"
    )
    filled.close()
    assert lists_in(moved) == CONFIRMED


def test_file_that_was_moved_and_replaced_is_found_too(filled: SqlStore, path: Path) -> None:
    moved = path.with_name("moved.sqlite")
    path.rename(moved)
    path.touch()
    assert place_in(fault(filled)) == moved
    assert lists_in(moved) == CONFIRMED


def test_file_that_was_moved_is_saved_where_nobody_tells_its_name(
    filled: SqlStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "OPEN_FILES", Path("/nowhere"))
    path.rename(path.with_name("moved.sqlite"))
    saved = place_in(fault(filled))
    assert ".saved-" in saved.name
    assert lists_in(saved) == CONFIRMED


@pytest.mark.parametrize("lose", [Path.unlink, lambda log: log.rename(f"{log}.away")])
def test_store_that_lost_its_log_folds_it_into_the_file(
    filled: SqlStore, path: Path, lose: Callable[[Path], None]
) -> None:
    lose(log_of(path))
    assert fault(filled) == (
        f"{log_of(path)} was deleted or moved away while it was open;"
        f" all that was confirmed is in {path}; start again"
    )
    filled.close()
    assert lists_in(path) == CONFIRMED


def test_log_that_was_replaced_is_not_taken_for_ours(filled: SqlStore, path: Path) -> None:
    log_of(path).unlink()
    log_of(path).write_bytes(b"")
    assert "another file than the one that was opened" in fault(filled)
    filled.close()
    assert lists_in(path) == CONFIRMED


def test_directory_that_was_deleted_is_saved_above_it(tmp_path: Path) -> None:
    path = tmp_path / "var" / "deep" / "agentmgr.sqlite"
    path.parent.mkdir(parents=True)
    store = open_sqlite(path, create=True)
    store.ensure_list("L", 1.0)
    shutil.rmtree(tmp_path / "var")
    saved = place_in(fault(store))
    assert saved.parent == tmp_path
    store.close()
    assert lists_in(saved) == 1


def test_copy_that_cannot_be_made_is_told(
    filled: SqlStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(database, "save_copy", refuse)
    path.unlink()
    assert fault(filled).endswith("is lost, a copy could not be made: [Errno 28] No space left on device")


def test_file_that_cannot_be_looked_at_is_folded_and_told(
    filled: SqlStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = os.stat

    def refuse(name: object, **more: object) -> os.stat_result:
        if name == os.fspath(path):
            raise PermissionError(13, "Permission denied")
        return look(name, **more)  # type: ignore[arg-type,call-overload]

    monkeypatch.setattr(watch.os, "stat", refuse)
    assert "cannot be looked at any more: Permission denied" in fault(filled)


# -- files that are the same, with other contents ---------------------------------------------


@pytest.mark.parametrize("which", ["file", "log"])
def test_file_or_log_that_is_written_over_is_noticed_and_nothing_is_written_into_it(
    filled: SqlStore, path: Path, which: str
) -> None:
    with (path if which == "file" else log_of(path)).open("wb") as file:
        file.write(b"" if which == "log" else b"x" * 5000)
    text = fault(filled)
    assert text.endswith("was written over by another program while it was open; restore the last backup")
    filled.close()
    if which == "file":
        assert path.read_bytes() == b"x" * 5000


def test_store_goes_on_though_somebody_writes_by_hand(filled: SqlStore, path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE by_hand (x)")
        other.executemany("INSERT INTO by_hand VALUES (?)", [("x" * 4000,)] * 2000)
    other.close()
    filled.look()
    filled.ensure_list("more", 1.0)


def test_store_goes_on_though_somebody_folds_its_log(filled: SqlStore, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    other.close()
    filled.look()
    filled.ensure_list("more", 1.0)


def test_store_goes_on_while_it_is_touched_linked_and_read(filled: SqlStore, path: Path) -> None:
    path.touch()
    os.link(path, path.with_name("link.sqlite"))
    shutil.copy(path, path.with_name("copy.sqlite"))
    filled.look()
    assert len(filled.contact_lists()) == CONFIRMED


def test_store_behind_a_symbolic_link_is_looked_at_where_its_log_is(tmp_path: Path) -> None:
    real, link = tmp_path / "data" / "real.sqlite", tmp_path / "agentmgr.sqlite"
    real.parent.mkdir()
    open_sqlite(real, create=True).close()
    link.symlink_to(real)
    store = open_sqlite(link)
    for number in range(2 * database.COMMITS_A_LOOK):
        store.ensure_list(f"L{number}", 1.0)
    store.look()
    link.unlink()
    link.symlink_to(tmp_path / "other")
    assert place_in(fault(store)) == real
    store.close()


def test_first_who_notices_that_the_file_moved_says_where_it_is_though_it_only_reads(
    filled: SqlStore, path: Path
) -> None:
    filled._database._readers.drop()
    path.rename(path.with_name("moved.sqlite"))
    with pytest.raises(StoreFault, match=r"all that was confirmed is in .*moved\.sqlite; move it to"):
        filled.agents()


def test_reader_never_reads_the_file_of_somebody_else(filled: SqlStore, path: Path) -> None:
    filled._database._readers.close()
    filled._database._readers._closed = False
    replace(path)
    with pytest.raises(StoreFault, match="is not the open file any more"):
        filled.contact_lists()


def test_lock_that_was_deleted_is_taken_anew(filled: SqlStore, path: Path) -> None:
    lock = path.with_name(path.name + ".lock")
    lock.unlink()
    filled.look()
    with pytest.raises(StoreFault, match="another process has this database open"):
        open_sqlite(path)
    filled.look()
    filled.close()
    assert lists_in(path) == CONFIRMED


def test_lock_that_another_process_has_taken_ends_the_store(filled: SqlStore, path: Path) -> None:
    lock = path.with_name(path.name + ".lock")
    lock.unlink()
    other = database._lock_out_others(path)
    with pytest.raises(StoreFault, match="another process has this database open"):
        filled.look()
    os.close(other)
