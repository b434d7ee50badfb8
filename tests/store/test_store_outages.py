"""PostgreSQL is killed, stands still, ends connections, loses answers: nothing is lost or double."""

import random
import threading
from collections.abc import Callable, Iterator
from time import monotonic

import psycopg
import pytest
from proxies import Proxy
from stores import T0, Bench

from agentmgr.core.effects import SaveNote
from agentmgr.ports import ManagerLease, StoreFault, StoreLost
from agentmgr.store import SqlStore, open_leases, open_postgres, pgleases, pglink
from agentmgr.store.sql import Transaction
from agentmgr.testing.postgres import ThrowawayPostgres
from tests.databases import PostgresPlace, new_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[ThrowawayPostgres]:
    """A server for these tests alone, which end it."""
    server = ThrowawayPostgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def place(server: ThrowawayPostgres) -> Iterator[PostgresPlace]:
    place = new_postgres(server)
    yield place
    place.give_back()


@pytest.fixture
def proxy(place: PostgresPlace) -> Iterator[Proxy]:
    proxy = Proxy(place.server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def behind(bench: Bench, proxy: Proxy, place: PostgresPlace) -> Iterator[SqlStore]:
    """The store of a bench, reached through a proxy."""
    store = open_postgres(place.url.replace(str(place.server.port), str(proxy.port)))
    yield store
    store.close()


def note(bench: Bench, text: str) -> SaveNote:
    return SaveNote(1, bench.job_id, "", "1001", text, T0)


def notes(place: PostgresPlace) -> list[str]:
    return sorted(row[0] for row in place.server.ask("SELECT text FROM note", place.name))


def writers(place: PostgresPlace) -> str:
    """Return a condition for the connections of the store."""
    return f"datname = '{place.name}' AND pid <> pg_backend_pid()"


def test_server_killed_and_back_is_an_outage_that_passes(bench: Bench, place: PostgresPlace) -> None:
    bench.store.commit(bench.token, [note(bench, "before")])
    place.server.kill()
    for ask in (lambda: bench.store.commit(bench.token, [note(bench, "lost")]), bench.store.agents):
        with pytest.raises(StoreLost, match="nothing was written"):
            ask()
    place.server.start()
    while True:  # for a moment after an outage nobody asks
        try:
            bench.store.commit(bench.token, [note(bench, "after")])
            break
        except StoreLost:
            continue
    assert bench.store.agents() == ()
    assert notes(place) == ["after", "before"]


def test_server_killed_and_back_while_nobody_asks_is_not_noticed(bench: Bench, place: PostgresPlace) -> None:
    assert bench.store.agents() == ()
    place.server.kill()
    place.server.start()
    bench.store.commit(bench.token, [note(bench, "after")])
    assert bench.store.agents() == ()
    assert notes(place) == ["after"]


def test_server_that_stands_still_is_given_up_in_time(
    bench: Bench, place: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pglink._Connection, "limit_s", 0.3)
    monkeypatch.setattr(pglink, "ANSWER_S", -1.7)
    bench.store.commit(bench.token, [note(bench, "before")])
    place.server.freeze()
    began = monotonic()
    try:
        with pytest.raises(StoreLost):
            bench.store.commit(bench.token, [note(bench, "lost")])
    finally:
        place.server.thaw()
    assert monotonic() - began < 2.5
    bench.store.commit(bench.token, [note(bench, "after")])
    assert notes(place) == ["after", "before"]


def test_connection_ended_within_a_transaction_is_run_again_on_another(
    bench: Bench, place: PostgresPlace
) -> None:
    runs = []

    def work(tx: Transaction) -> None:
        tx.sql.execute("INSERT INTO dnc VALUES ('', '+12125550000', '', 0)")
        runs.append(1)
        if len(runs) == 1:
            place.server.ask(
                f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {writers(place)}",
                place.name,
            )
        tx.sql.execute("INSERT INTO dnc VALUES ('', '+12125550001', '', 0)")

    bench.store._database.write(work)
    assert len(runs) == 2
    assert bench.store.on_dnc(["+12125550000", "+12125550001"]) == {"+12125550000", "+12125550001"}


@pytest.mark.parametrize(
    "cuts", [["unheard"], ["unsaid"], ["unmet", "unheard"], ["unmet", "unmet", "unsaid"]], ids=" ".join
)
def test_commit_without_an_answer_is_read_back(
    behind: SqlStore, bench: Bench, proxy: Proxy, place: PostgresPlace, cuts: list[str]
) -> None:
    behind.commit(bench.token, [note(bench, "before")])
    proxy.cuts += cuts
    behind.commit(bench.token, [note(bench, "once")])
    assert proxy.cuts == []
    assert notes(place) == ["before", "once"]


def test_commit_in_an_outage_is_known_when_that_is_over(
    behind: SqlStore, bench: Bench, proxy: Proxy, place: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind.commit(bench.token, [note(bench, "before")])
    tried = threading.Event()
    read_back = behind._database._driver._read_back  # type: ignore[attr-defined]  # PostgreSQL's

    def noticed(*args: object, **options: object) -> object:
        tried.set()
        return read_back(*args, **options)

    monkeypatch.setattr(behind._database._driver, "_read_back", noticed)  # type: ignore[attr-defined]
    proxy.cuts.append("unheard")
    committing = threading.Thread(target=behind.commit, args=(bench.token, [note(bench, "in it")]))
    committing.start()
    tried.wait()
    place.server.kill()
    place.server.start()
    committing.join()
    assert notes(place) == ["before", "in it"]


@pytest.mark.parametrize("others", [0, 1, 5])
def test_commit_that_a_crash_took_is_not_taken_for_others_that_have_its_number(
    bench: Bench, place: PostgresPlace, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    runs = []

    def work(tx: Transaction) -> None:
        tx.sql.execute("INSERT INTO dnc VALUES ('', '+12125550000', '', 0)")
        runs.append(1)
        if len(runs) == 1:
            place.server.kill()  # before anything of it came to the log

    driver = bench.store._database._driver  # type: ignore[attr-defined]  # PostgreSQL's
    read_back = driver._read_back

    def late(*args: object, **options: object) -> object:
        place.server.start()
        for number in range(others):
            place.server.ask(f"INSERT INTO dnc VALUES ('', '+4930{number}', '', 0)", place.name)
        return read_back(*args, **options)

    monkeypatch.setattr(driver, "_read_back", late)
    place.server.ask("CHECKPOINT")
    bench.store._database.write(work)
    assert len(runs) == 2
    assert bench.store.on_dnc(["+12125550000"]) == {"+12125550000"}


@pytest.mark.parametrize("others", [0, 5])
def test_commit_before_a_crash_is_known_when_the_server_is_back(
    bench: Bench, place: PostgresPlace, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    runs = []
    driver = bench.store._database._driver  # type: ignore[attr-defined]  # PostgreSQL's
    read_back, run = driver._read_back, pglink.Link.run

    def unheard(link: pglink.Link, sql: str) -> object:
        found = run(link, sql)
        if sql.endswith("COMMIT") and len(runs) == 1:
            place.server.kill()
            link.close()
            raise psycopg.OperationalError("the connection is lost")
        return found

    def late(*args: object, **options: object) -> object:
        place.server.start()
        for number in range(others):
            place.server.ask(f"INSERT INTO dnc VALUES ('', '+4930{number}', '', 0)", place.name)
        return read_back(*args, **options)

    def work(tx: Transaction) -> None:
        runs.append(1)
        tx.sql.execute("INSERT INTO dnc VALUES ('', '+12125550000', '', 0)")

    monkeypatch.setattr(pglink.Link, "run", unheard)
    monkeypatch.setattr(driver, "_read_back", late)
    bench.store._database.write(work)
    assert len(runs) == 1
    assert bench.store.on_dnc(["+12125550000"]) == {"+12125550000"}


def test_process_that_ends_does_not_wait_for_an_outage_to_pass(
    behind: SqlStore, bench: Bench, proxy: Proxy, place: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind.commit(bench.token, [note(bench, "before")])

    def out_of_reach(*args: object, **options: object) -> None:
        behind.wait_no_more()
        raise psycopg.OperationalError("out of reach")

    monkeypatch.setattr(behind._database._driver, "_read_back", out_of_reach)  # type: ignore[attr-defined]
    proxy.cuts.append("unheard")
    with pytest.raises(StoreFault, match="is not known") as caught:
        behind.commit(bench.token, [note(bench, "unknown")])
    assert not isinstance(caught.value, StoreLost)


def test_deadlock_is_resolved_by_running_one_of_both_again(bench: Bench, place: PostgresPlace) -> None:
    other = place.open()
    for name in ("A", "B"):
        bench.store.ensure_list(name, T0)
    meeting = threading.Barrier(2)

    def change(first: str, second: str) -> Callable[[Transaction], None]:
        runs: list[int] = []

        def work(tx: Transaction) -> None:
            runs.append(1)
            tx.sql.execute("UPDATE contact_list SET country = country || ? WHERE name = ?", (first, first))
            if len(runs) == 1:
                meeting.wait()
            tx.sql.execute("UPDATE contact_list SET country = country || ? WHERE name = ?", (first, second))

        return work

    there = threading.Thread(target=other._database.write, args=(change("B", "A"),))
    there.start()
    bench.store._database.write(change("A", "B"))
    there.join()
    other.close()
    countries = {each.name: each.country for each in bench.store.contact_lists()}
    assert sorted(countries["A"]) == sorted(countries["B"]) == ["A", "B"]


def test_leases_are_tried_for_a_second_at_most(place: PostgresPlace) -> None:
    leases = open_leases(place.url, "i1")
    leases.register(ManagerLease("i1", "m1"))
    place.server.freeze()
    try:
        for _ in range(2):  # on the connection there was, and on one that cannot be made
            began = monotonic()
            with pytest.raises(StoreFault):
                leases.renew("i1", ready=True)
            assert monotonic() - began < pgleases.ATTEMPT_S + 0.4
    finally:
        place.server.thaw()
    while True:
        try:
            view = leases.renew("i1", ready=True)
            break
        except StoreFault:
            continue
    assert view is not None
    assert view.managers[0].ready
    leases.close()


def test_manager_given_up_loses_its_connections_and_what_is_open_on_them(place: PostgresPlace) -> None:
    leases, dead = open_leases(place.url, "i1"), place.open("i2")
    leases.register(ManagerLease("i2", "m2"))
    ended: list[object] = []

    def work(tx: Transaction) -> None:
        tx.sql.execute("INSERT INTO dnc VALUES ('', '+12125550000', '', 0)")
        if not ended:
            ended.append(leases.expire("i2", None))
            while place.server.ask("SELECT 1 FROM pg_stat_activity WHERE application_name = 'am:i2'"):
                pass
            raise ValueError("this process is dead")

    with pytest.raises(ValueError, match="dead"):
        dead._database.write(work)
    assert ended == [True]
    assert dead.on_dnc(["+12125550000"]) == frozenset()
    dead.close()
    leases.close()


@pytest.mark.slow
def test_nothing_confirmed_is_lost_or_double_whatever_happens(
    behind: SqlStore, bench: Bench, proxy: Proxy, place: PostgresPlace
) -> None:
    chance, over = random.Random(1), threading.Event()
    written: list[str] = []

    def write(name: str) -> None:
        count = 0
        while not over.is_set() or count < 20:
            count += 1
            while True:
                try:
                    behind.commit(bench.token, [note(bench, f"{name} {count}")])
                    break
                except StoreLost:
                    continue
            written.append(f"{name} {count}")

    threads = [threading.Thread(target=write, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(25):
        reached = len(written) + 5
        while len(written) < reached:
            assert any(thread.is_alive() for thread in threads)
        match chance.choice(["cut", "cut", "end", "kill"]):
            case "cut":
                proxy.cuts.append(chance.choice(["unheard", "unsaid", "unmet"]))
            case "end":
                place.server.ask(
                    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {writers(place)}"
                )
            case "kill":
                place.server.kill()
                place.server.start()
    over.set()
    for thread in threads:
        thread.join()
    assert notes(place) == sorted(written)
