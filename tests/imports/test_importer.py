"""Imports carried out on both databases: what they count, how they stop and go on, what ends them."""

import sqlite3
from collections.abc import Callable

import pytest
from attrs import evolve
from importing import T0, Desk

from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.imports.reading import BATCH_ROWS
from agentmgr.ports import Check, DncEntry, ImportBatch, ImportCounts, ImportState, OnDuplicate, SourceKind

MANY = BATCH_ROWS * 2 + 1


def after_batches(desk: Desk, count: int, what: Callable[[], object]) -> None:
    """Have something done before the last of so many batches is stored."""
    put, left = desk.store.put_batch, [count]

    def counted(*args: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            what()
        return put(*args)  # type: ignore[arg-type]  # as it is called

    desk.store.put_batch = counted  # type: ignore[method-assign, assignment]  # of this one


def test_import_of_a_file_stores_its_rows_and_counts_them(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", MANY))
    job = desk.imported()
    assert (job.state, job.error) == (ImportState.COMPLETED, "")
    assert job.counts == ImportCounts(created=MANY)
    assert (job.position, job.owner, job.ended_at) == (MANY, "", T0)
    assert desk.contacts() == MANY
    assert desk.carry_out() is None


@pytest.mark.slow
def test_import_in_a_process_of_its_own_does_the_same(desk: Desk) -> None:
    desk.in_process = True
    desk.source(desk.write("leads.csv", MANY))
    assert desk.imported().counts == ImportCounts(created=MANY)
    desk.write("leads.csv", 0)
    assert "no column is" not in desk.imported().error
    desk.services.sources.remove("Leads")
    desk.source("missing.csv")
    assert "No such file" in desk.imported().error


def test_row_with_an_e_mail_address_that_is_none_fails(desk: Desk) -> None:
    (desk.directory / "leads.csv").write_text(
        "UserContactId,PhoneNumber1,Email\n1,+12125550001,a@example.com\n2,+12125550002,nobody\n"
    )
    desk.source("leads.csv")
    assert desk.imported().counts == ImportCounts(created=1, invalid=1)


def test_import_again_updates_or_leaves_what_is_there(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", 3))
    desk.imported()
    desk.write("leads.csv", 4)
    assert desk.imported().counts == ImportCounts(created=1, updated=3)
    desk.services.sources.remove("Leads")
    desk.source(desk.write("leads.csv", 6), on_duplicate=OnDuplicate.IGNORE)
    assert desk.imported().counts == ImportCounts(created=2, ignored=4)


def test_import_counts_rows_of_no_use_and_writes_down_why(desk: Desk) -> None:
    (desk.directory / "leads.csv").write_text("id,phone\nA,+12125550001\nB,12\nC,=1+1\n")
    desk.source("leads.csv")
    job = desk.imported()
    assert job.counts == ImportCounts(created=1, invalid=2)
    (rejects,) = (desk.directory.parent / "work").glob("*.rejects.csv")
    assert [line.split(",")[0] for line in rejects.read_text().splitlines()] == ["line", "3", "4"]


def test_import_with_the_check_leaves_out_who_must_not_be_called(desk: Desk) -> None:
    desk.store.add_to_dnc([DncEntry("+12125550001", "ann", T0)])
    desk.source(desk.write("leads.csv", 3), checks=frozenset({Check.DNC}))
    assert desk.imported().counts == ImportCounts(created=2, on_dnc=1)


def test_import_that_is_paused_goes_on_where_it_was(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", MANY))
    desk.begin()
    after_batches(desk, 1, lambda: desk.services.sources.pause("Leads"))
    paused = desk.carry_out()
    assert paused is not None
    assert (paused.state, paused.position, paused.owner) == (ImportState.PAUSED, BATCH_ROWS, "")
    assert desk.carry_out() is None
    assert desk.services.sources.resume("Leads").state is ImportState.WAITING_TO_RESUME
    done = desk.carry_out()
    assert done is not None
    assert (done.state, done.counts) == (ImportState.COMPLETED, ImportCounts(created=MANY))
    assert desk.contacts() == MANY


def test_import_that_is_stopped_keeps_what_is_in(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", MANY))
    desk.begin()
    after_batches(desk, 1, lambda: desk.services.sources.stop("Leads"))
    job = desk.carry_out()
    assert job is not None
    assert (job.state, job.counts) == (ImportState.COMPLETED, ImportCounts(created=BATCH_ROWS))


@pytest.mark.parametrize("how", ["queued", "paused"])
def test_import_that_waits_can_be_stopped(desk: Desk, how: str) -> None:
    desk.source(desk.write("leads.csv", MANY))
    desk.begin()
    if how == "paused":
        after_batches(desk, 1, lambda: desk.services.sources.pause("Leads"))
        desk.carry_out()
    desk.services.sources.stop("Leads")
    assert desk.state() is ImportState.STOPPING
    job = desk.carry_out()
    assert job is not None
    assert job.state is ImportState.COMPLETED
    assert job.counts.processed == (BATCH_ROWS if how == "paused" else 0)


def test_import_of_a_process_that_ends_goes_on_in_another(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", MANY))
    desk.begin()

    def end() -> None:
        desk.is_ending = lambda: True

    after_batches(desk, 1, end)
    left = desk.carry_out()
    assert left is not None
    assert (left.state, left.owner, left.position) == (ImportState.RUNNING, "", BATCH_ROWS)
    desk.is_ending = bool
    done = desk.carry_out("another")
    assert done is not None
    assert done.counts == ImportCounts(created=MANY)


def test_import_of_a_process_that_died_goes_on_once_that_is_long_ago(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", 3))
    desk.begin()
    dead = desk.store.claim_import("dead", T0, 0.0)
    assert dead is not None
    assert desk.carry_out("living", dead_before=T0) is None
    done = desk.carry_out("living", dead_before=T0 + 1)
    assert done is not None
    assert done.counts == ImportCounts(created=3)
    late = ImportBatch(0, 3, (), ImportCounts(invalid=3))
    assert desk.store.put_batch(dead, late, T0) is None
    assert desk.store.take_step(dead, T0) is None
    found = desk.store.find_import(dead.import_id)
    assert found is not None
    assert found.counts == ImportCounts(created=3)


def test_import_whose_owner_is_oneself_is_not_claimed_twice(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", 3))
    desk.begin()
    assert desk.store.claim_import("me", T0, 0.0) is not None
    assert desk.store.claim_import("me", T0, T0 + 99) is None


def test_import_of_a_file_that_became_another_does_not_go_on(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", MANY))
    desk.begin()
    after_batches(desk, 1, lambda: desk.services.sources.pause("Leads"))
    desk.carry_out()
    for copy in (desk.directory.parent / "work").glob("*.copy"):
        copy.unlink()
    desk.write("leads.csv", MANY + 1)
    desk.services.sources.resume("Leads")
    job = desk.carry_out()
    assert job is not None
    assert (job.state, job.counts.created) == (ImportState.ERROR, BATCH_ROWS)
    assert "another one than the import began with" in job.error


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("missing.csv", "No such file or directory"),
        ("../secret.csv", "is not below"),
        ("/etc/hostname", "is not below"),
        ("link.csv", "is not below"),
        ("pipe", "is no regular file"),
        (".", "is no regular file"),
        ("file:///etc/passwd", "allowed are a path, and URLs of"),
        ("gopher://example.com/x", "allowed are a path, and URLs of"),
        ("http://127.0.0.1:1/x.csv", "an address of this machine or of an inner network"),
        ("http://[::ffff:10.0.0.1]/x.csv", "an address of this machine or of an inner network"),
        ("http://169.254.169.254/latest", "an address of this machine or of an inner network"),
        ("https://localhost/x.csv", "an address of this machine or of an inner network"),
        ("sftp://u:p@10.1.2.3/x.csv", "no server is known"),
    ],
)
def test_import_from_where_nobody_may_read_is_an_error(desk: Desk, location: str, why: str) -> None:
    import os

    (desk.directory.parent / "secret.csv").write_text("id,phone\n1,+12125550001\n")
    (desk.directory / "link.csv").symlink_to(desk.directory.parent / "secret.csv")
    os.mkfifo(desk.directory / "pipe")
    desk.source(location)
    job = desk.imported()
    assert job.state is ImportState.ERROR
    assert why in job.error
    assert desk.contacts() == 0


def test_import_of_a_file_without_columns_is_an_error(desk: Desk) -> None:
    (desk.directory / "leads.csv").write_text("a,b\n1,2\n")
    desk.source("leads.csv")
    assert "no column is UserContactId" in desk.imported().error
    (desk.directory / "leads.csv").write_bytes(b"id,phone\n1,+1212555000\xff\n")
    assert "not text in UTF-8" in desk.imported().error


def test_import_of_a_file_that_is_too_large_is_an_error(desk: Desk) -> None:
    desk.rules = evolve(desk.rules, file_mb=1)
    (desk.directory / "leads.csv").write_bytes(b"x" * (1024 * 1024 + 1))
    desk.source("leads.csv")
    assert "more than 1 MiB; imports.file_mb" in desk.imported().error
    assert list((desk.directory.parent / "work").iterdir()) == []


def test_import_from_a_database_reads_it_row_by_row(desk: Desk) -> None:
    with sqlite3.connect(desk.directory / "crm.sqlite") as crm:
        crm.execute("CREATE TABLE lead (id INTEGER, phone TEXT, since REAL)")
        rows = ((i, f"+1212555{i:04}", None if i else 1.5) for i in range(MANY))
        crm.executemany("INSERT INTO lead VALUES (?, ?, ?)", rows)
    crm.close()
    query = 'SELECT id, phone AS "PhoneNumber1", since FROM lead ORDER BY id'
    desk.source("sqlite:///crm.sqlite", kind=SourceKind.DATABASE, query=query)
    assert desk.imported().counts == ImportCounts(created=MANY)


@pytest.mark.parametrize(
    ("location", "query", "why"),
    [
        ("sqlite:////etc/passwd", "SELECT 1", "is no file below"),
        ("sqlite:///crm.sqlite", "DELETE FROM lead", "readonly database"),
        ("sqlite:///crm.sqlite", "PRAGMA user_version = 7", "readonly database"),
        ("sqlite:///crm.sqlite", "SELECT missing FROM lead", "no such column"),
        ("postgresql+psycopg://u:secret@localhost/x", "SELECT 1", "an address of this machine"),
        ("postgresql+psycopg://u:secret@/x?host=/var/run", "SELECT 1", "says host"),
        ("postgresql+psycopg:///x", "SELECT 1", "needs the host"),
        ("nonsense://x", "SELECT 1", "cannot be used"),
        ("not a url", "SELECT 1", "cannot be used"),
    ],
)
def test_import_from_a_database_that_may_not_be_asked_is_an_error(
    desk: Desk, location: str, query: str, why: str
) -> None:
    with sqlite3.connect(desk.directory / "crm.sqlite") as crm:
        crm.execute("CREATE TABLE lead (id INTEGER, phone TEXT)")
        crm.execute("INSERT INTO lead VALUES (1, '+12125550001')")
    crm.close()
    desk.source(location, kind=SourceKind.DATABASE, query=query)
    job = desk.imported()
    assert job.state is ImportState.ERROR
    assert why in job.error
    assert "secret" not in job.error


def test_moves_that_cannot_be_are_refused(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", 1))
    for move in (desk.services.sources.pause, desk.services.sources.resume, desk.services.sources.stop):
        with pytest.raises(ServiceError, match="nothing was ever imported") as caught:
            move("Leads")
        assert caught.value.cause is Cause.WRONG_STATE
    desk.imported()
    with pytest.raises(ServiceError, match="its latest import is COMPLETED and over"):
        desk.services.sources.stop("Leads")


def test_source_with_an_import_that_is_not_over_is_not_removed(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", 1))
    desk.begin()
    with pytest.raises(ServiceError, match="an import from it is not over") as caught:
        desk.services.sources.remove("Leads")
    assert caught.value.cause is Cause.IN_USE
    desk.carry_out()
    desk.services.sources.remove("Leads")
    assert desk.services.sources.all() == ()


def test_import_with_checks_counts_each_row_for_its_first_reason(desk: Desk) -> None:
    desk.services.phone_rules.add("reject", "212555000[12]", "US")
    desk.services.phone_rules.add("format", "212.*", "US")
    rows = ["id,phone", "A,+12125550001", "B,+12125550003", "C,+13105550003", "D,12"]
    (desk.directory / "leads.csv").write_text("\n".join(rows) + "\n")
    desk.source("leads.csv", checks=frozenset({Check.REJECT, Check.FORMAT}))
    assert desk.imported().counts == ImportCounts(created=1, rejected=1, misformatted=1, invalid=1)


def test_import_that_empties_first_deletes_what_was_there(desk: Desk) -> None:
    desk.source(desk.write("leads.csv", 5), empty_first=True)
    assert desk.imported().counts == ImportCounts(created=5)
    desk.write("leads.csv", 3, first=2)
    assert desk.imported().counts == ImportCounts(created=3, deleted=5)
    assert desk.contacts() == 3
