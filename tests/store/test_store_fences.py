"""PostgreSQL itself refuses what a zone writes that is not its owner's; who takes it over is not starved."""

import threading
from collections.abc import Callable
from time import monotonic

import psycopg
import pytest
from stores import T0, ZONE, Bench, handled

from agentmgr.ports import Fenced, StoreFault, Token
from agentmgr.store import records
from agentmgr.store.migrations.postgres import UNFENCED
from agentmgr.store.ownership import check_token
from agentmgr.store.records import write_records
from agentmgr.store.sql import Transaction
from agentmgr.testing.postgres import ThrowawayPostgres
from tests.databases import PostgresPlace, new_postgres


@pytest.fixture
def place(postgres: PostgresPlace) -> PostgresPlace:
    return postgres


def test_every_table_that_zones_write_has_a_fence(postgres: PostgresPlace) -> None:
    fenced = postgres.server.ask(
        "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE tgname = 'agentmgr_fence'",
        postgres.name,
    )
    tables = postgres.server.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", postgres.name)
    assert {row[0] for row in tables} - {row[0] for row in fenced} == set(UNFENCED)


def test_text_is_ordered_by_its_characters(bench: Bench) -> None:
    for name in ("b", "B", "a", "ä"):
        bench.store.ensure_list(name, T0)
    assert [each.name for each in bench.store.contact_lists()] == ["B", "Spring", "a", "b", "ä"]


def test_zone_that_forgot_to_check_its_token_is_refused_by_the_database(bench: Bench) -> None:
    made = handled(bench, bench.claim(1)[0], "a1")
    with pytest.raises(Fenced, match="without having checked its token"):
        bench.store._database.write(lambda tx: write_records(tx.sql, ZONE, made), first=True)
    assert bench.store.tally(bench.job_id).attempts == 0


def test_token_that_is_not_the_zones_is_refused_by_the_database(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact, stale = bench.claim(1)[0], bench.token
    bench.store.open_zone(ZONE, T0)
    monkeypatch.setattr(
        records, "check_token", lambda tx, token: tx.sql.hold_zone(token.zone, alone=False, owner=token)
    )
    with pytest.raises(Fenced, match="has another owner than era 1, epoch 1"):
        bench.store.commit(stale, handled(bench, contact, "a1"))


def test_neighbours_of_one_that_is_fenced_are_written(bench: Bench) -> None:
    contacts = bench.claim(2)

    outcomes: list[object] = []
    entered, go_on = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        check_token(tx, bench.token)
        entered.set()
        go_on.wait()

    def attempt(call: Callable[[], None]) -> None:
        try:
            outcomes.append(call())
        except StoreFault as fault:
            outcomes.append(type(fault))

    database = bench.store._database
    threads = [threading.Thread(target=lambda: database.write(hold, first=True))]
    threads[0].start()
    entered.wait()
    for token, contact, name in (
        (bench.token, contacts[0], "a1"),
        (Token(ZONE, 1, 99), contacts[1], "late"),
        (bench.token, contacts[1], "a2"),
    ):
        call = lambda t=token, c=contact, n=name: bench.store.commit(t, handled(bench, c, n))  # noqa: E731
        threads.append(threading.Thread(target=attempt, args=(call,)))
        waiting = len(database._committer._zones)  # type: ignore[attr-defined]  # PostgreSQL's
        threads[-1].start()
        while len(database._committer._zones) == waiting:  # type: ignore[attr-defined]
            assert threads[-1].is_alive()
    go_on.set()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == sorted(map(str, (None, Fenced, None)))
    assert bench.store.tally(bench.job_id).stored == 2


def test_takeover_waits_for_a_write_that_was_checked_and_refuses_the_next(
    bench: Bench, postgres: PostgresPlace
) -> None:
    contact, rival = bench.claim(1)[0], postgres.open()
    taking = threading.Thread(target=rival.open_zone, args=(ZONE, T0))
    runs: list[bool] = []

    def work(tx: Transaction) -> None:
        check_token(tx, bench.token)
        taking.start()
        while not postgres.server.ask("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            assert taking.is_alive()
        write_records(tx.sql, ZONE, handled(bench, contact, "a1"))
        runs.append(taking.is_alive())

    bench.store._database.write(work, first=True)
    taking.join()
    assert runs == [True]
    assert bench.store.tally(bench.job_id).stored == 1
    with pytest.raises(Fenced):
        bench.store.commit(bench.token, [])
    rival.close()


def test_takeover_is_not_starved_by_busy_writers(bench: Bench, postgres: PostgresPlace) -> None:
    over = threading.Event()
    ends: list[str] = []

    def write() -> None:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("SELECT set_config('am.writer', %s, false)", (f"1 1 {ZONE}",))
            while not over.is_set():
                try:
                    connection.execute(
                        "BEGIN; UPDATE dnc SET added_at = 1 WHERE address = ''; SELECT pg_sleep(0.02); COMMIT"
                    )
                except psycopg.Error as error:
                    ends.append(error.sqlstate or "")
                    return

    threads = [threading.Thread(target=write) for _ in range(32)]
    for thread in threads:
        thread.start()
    while len(postgres.server.ask("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted")) < 8:
        assert not ends
    began = monotonic()
    opened = bench.store.open_zone(ZONE, T0)
    took = monotonic() - began
    for thread in threads:
        thread.join()  # each ends by being refused
    over.set()
    assert opened.token.epoch == 2
    assert took < 2.0
    assert ends == ["FN001"] * 32


def test_zone_that_writes_at_another_level_is_refused(bench: Bench, postgres: PostgresPlace) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("SELECT set_config('am.writer', %s, false)", (f"1 1 {ZONE}",))
        connection.execute("UPDATE dnc SET added_at = 1")
        for level in ("REPEATABLE READ", "SERIALIZABLE"):
            connection.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
            with pytest.raises(psycopg.errors.FeatureNotSupported, match="READ COMMITTED alone"):
                connection.execute("UPDATE dnc SET added_at = 1")
            connection.execute("ROLLBACK")


def test_era_rises_when_a_standby_has_taken_over() -> None:
    server = ThrowawayPostgres("restore_command=false")
    try:
        server.start()
        place = new_postgres(server)
        store = place.open()
        assert store.open_zone(ZONE, T0).token == Token(ZONE, 1, 1)
        assert store.open_zone(ZONE, T0).token == Token(ZONE, 1, 2)
        server.promote()
        assert store.open_zone(ZONE, T0).token == Token(ZONE, 2, 3)
        assert store.open_zone(ZONE, T0).token == Token(ZONE, 2, 4)
        store.close()
    finally:
        server.stop()
