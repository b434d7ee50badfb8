"""What waits shares a transaction: zones first, one that fails alone, none that waits for many."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from stores import T0, ZONE, Bench, drafts, handled, in_file, start

from agentmgr.core.model import AgentSpec
from agentmgr.ports import AgentLogin, Fenced, StoreFault, Token
from agentmgr.store import SqlStore, committer
from agentmgr.store.ownership import check_token
from agentmgr.store.sql import Transaction


class Queue:
    """Lets work wait behind a transaction that is under way, in the order it was given."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.token = store.open_zone(ZONE, T0).token
        self.done: list[str] = []
        self.faults: dict[str, BaseException] = {}
        self._threads: list[threading.Thread] = []

    def add(self, name: str, call: Callable[[], Any]) -> None:
        """Start a thread that makes a call, and wait until that waits in the store."""
        waiting = self.waiting()
        thread = threading.Thread(target=self._call, args=(name, call))
        self._threads.append(thread)
        thread.start()
        while self.waiting() == waiting:
            assert thread.is_alive()

    def waiting(self) -> int:
        queues = self.store._database._committer
        return len(queues._zones) + len(queues._services)

    def _call(self, name: str, call: Callable[[], Any]) -> None:
        try:
            call()
        except BaseException as error:
            self.faults[name] = error

    def write(self, name: str, *, first: bool = False, fault: Exception | None = None) -> None:
        """Let a thread write; it is done in the order in which the store comes to it."""

        def work(tx: Transaction) -> None:
            if first:
                check_token(tx, self.token)
            tx.sql.execute("INSERT INTO dnc VALUES ('', ?, '', 0)", (name,))
            self.done.append(name)
            if fault is not None:
                raise fault

        self.add(name, lambda: self.store._database.write(work, first=first))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the store in a transaction until all that is added in the block waits, then let it go on."""
        entered, go_on = threading.Event(), threading.Event()

        def hold(tx: Transaction) -> None:
            entered.set()
            go_on.wait()

        holder = threading.Thread(
            target=self._call, args=("holder", lambda: self.store._database.write(hold))
        )
        holder.start()
        entered.wait()
        yield
        go_on.set()
        for thread in (holder, *self._threads):
            thread.join()


@pytest.fixture
def queue(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setattr(committer, "TAKE_IN_S", 60.0)
    return Queue(store)


@pytest.fixture
def commits(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets an entry for each transaction that was committed."""
    made: list[int] = []
    driver = store._database._driver
    commit = driver.commit
    monkeypatch.setattr(driver, "commit", lambda: (commit(), made.append(1)))
    return made


def stored(store: SqlStore) -> set[str]:
    return {entry.address for entry in store.dnc_entries("", 100)}


def test_work_that_waits_shares_a_transaction_zones_first(queue: Queue, commits: list[int]) -> None:
    with queue.held():
        for name in ("s1", "s2"):
            queue.write(name)
        for name in ("z1", "z2"):
            queue.write(name, first=True)
    assert queue.done == ["z1", "z2", "s1", "s2"]
    assert stored(queue.store) == set(queue.done)
    assert len(commits) == 1  # that of the one who held them up took them in


def test_work_of_services_is_taken_in_for_a_short_time_only(
    queue: Queue, commits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "TAKE_IN_S", 0.0)
    with queue.held():
        for name in ("s1", "s2", "s3"):
            queue.write(name)
        queue.write("z1", first=True)
    assert queue.done == ["z1", "s1", "s2", "s3"]
    assert len(commits) == 4  # the zone came in with the holder


def test_work_that_fails_is_undone_alone(queue: Queue) -> None:
    with queue.held():
        queue.write("s1")
        queue.write("s2", fault=ValueError("wrong"))
        queue.write("z1", first=True)
        queue.write("z2", first=True, fault=Fenced("taken over"))
    assert stored(queue.store) == {"s1", "z1"}
    assert {name: type(error) for name, error in queue.faults.items()} == {"s2": ValueError, "z2": Fenced}


def test_work_undone_with_its_neighbour_is_done_again(queue: Queue) -> None:
    """A full disk, for one, ends the whole transaction."""

    def fill_up(tx: Transaction) -> None:
        queue.done.append("full")
        tx.sql.execute("ROLLBACK")
        raise StoreFault("the disk is full")

    with queue.held():
        queue.write("z1", first=True)
        queue.add("full", lambda: queue.store._database.write(fill_up))
        queue.write("s2")
    assert queue.done == ["z1", "full", "z1", "s2"]
    assert stored(queue.store) == {"z1", "s2"}
    assert list(queue.faults) == ["full"]


@in_file
def test_commit_that_fails_fails_for_all_in_it(queue: Queue) -> None:
    def refer_to_nothing(tx: Transaction) -> None:
        tx.sql.execute("PRAGMA defer_foreign_keys = ON")
        tx.sql.execute("INSERT INTO contact (list_id, user_contact_id, updated_at) VALUES (99, 'C', 0)")

    with queue.held():
        queue.write("z1", first=True)
        queue.add("s1", lambda: queue.store._database.write(refer_to_nothing))
    assert stored(queue.store) == set()
    assert {name: type(error) for name, error in queue.faults.items()} == dict.fromkeys(
        ("holder", "z1", "s1"), StoreFault
    )
    queue.store.put_agent(AgentLogin(AgentSpec("1001", "Ann", ()), "", ZONE, True))  # and the store goes on


def test_zone_comes_in_between_two_pieces_of_a_long_import(queue: Queue) -> None:
    imported = threading.Event()

    def import_all() -> None:
        for number in range(3):
            queue.store._database.write(lambda tx, n=number: queue.done.append(f"import {n}"))
        imported.set()

    with queue.held():
        queue.add("import", import_all)
        queue.write("z1", first=True)
    imported.wait()
    assert queue.done == ["z1", "import 0", "import 1", "import 2"]


def test_commits_of_many_threads_are_all_there(bench: Bench) -> None:
    contacts, lists = bench.claim(), range(20)

    def zone() -> None:
        for contact in contacts:
            bench.store.commit(bench.token, handled(bench, contact, f"a{contact.contact_id}"))
            with pytest.raises(Fenced):
                bench.store.commit(Token(ZONE, 1, 99), [start(bench, contact, "late")])

    def service(number: int) -> None:
        list_id = bench.store.ensure_list(f"L{number}", T0)
        for first in (0, 3):
            bench.store.put_contacts(list_id, drafts(3, first), T0)

    threads = [threading.Thread(target=zone)]
    threads += [threading.Thread(target=service, args=(number,)) for number in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bench.store.tally(bench.job_id).stored == len(contacts)
    assert {each.name: each.contacts for each in bench.store.contact_lists()} == {
        "Spring": 5,
        **{f"L{number}": 6 for number in lists},
    }
