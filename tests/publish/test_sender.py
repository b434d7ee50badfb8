"""The sender of a publisher: order, what is told again, who of several sends."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from attrs import define, evolve, field

from agentmgr.ports import AttemptResult, ManagerLease
from agentmgr.publish.sender import BATCH, first_of_each_contact
from agentmgr.publish.ways import OpenWay, PublishFailed, Told
from agentmgr.store import SqlStore
from tests.publish.outboxes import T0, assert_in_order, put, sender_of, sending, until, waiting


@define
class Heard:
    """A way whose other end keeps what it hears, and fails as it is told to."""

    name: str = "topic"
    ids: list[str] = field(factory=list)
    batches: list[int] = field(factory=list)
    opened: int = 0
    refuse: Callable[[AttemptResult], str] = lambda result: ""
    cannot_open: str = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[OpenWay]:
        self.opened += 1
        if self.cannot_open:
            raise PublishFailed(self.cannot_open)
        yield self

    async def tell(self, results: Sequence[AttemptResult]) -> Told:
        self.batches.append(len(results))
        told: set[int] = set()
        for result in results:
            why = self.refuse(result)
            if why:
                return Told(frozenset(told), why)
            self.ids.append(result.message_id)
            told.add(result.seq)
        return Told(frozenset(told))

    async def check(self) -> None: ...


async def test_sender_tells_everything_in_order_and_forgets_it(store: SqlStore) -> None:
    put(store, "topic", 300, 7)
    way = Heard()
    async with sending(sender_of(way, store)):
        await until(lambda: waiting(store, "topic") == 0)
    assert way.ids == [f"s{number}" for number in range(300)]
    assert max(way.batches) == 7


async def test_sender_tells_what_comes_later_without_being_called(store: SqlStore) -> None:
    way = Heard()
    async with sending(sender_of(way, store)):
        put(store, "topic", 1, 1)
        await until(lambda: way.ids == ["s0"])
    assert way.opened == 1


async def test_result_that_is_not_taken_comes_again_before_all_that_follow_it(store: SqlStore) -> None:
    put(store, "topic", 40, 4)
    tries = 0

    def refuse(result: AttemptResult) -> str:
        nonlocal tries
        if result.message_id == "s17" and tries < 2:
            tries += 1
            return "no room"
        return ""

    way = Heard(refuse=refuse)
    sender = sender_of(way, store)
    async with sending(sender):
        await until(lambda: waiting(store, "topic") == 0)
    assert way.ids == [f"s{number}" for number in range(40)]
    assert (sender.counts.told, sender.counts.failures, way.opened) == (40, 2, 3)


async def test_sender_reads_no_more_than_a_batch_however_much_waits(store: SqlStore) -> None:
    put(store, "topic", 3 * BATCH, 3 * BATCH)
    way = Heard()
    async with sending(sender_of(way, store)):
        await until(lambda: waiting(store, "topic") == 0)
    assert way.batches == [BATCH] * 3


async def test_publisher_that_is_out_of_reach_delays_no_other(store: SqlStore) -> None:
    put(store, "topic", 5, 5)
    put(store, "crm", 5, 5)
    dead, well = Heard("topic", cannot_open="gone"), Heard("crm")
    async with sending(sender_of(dead, store), sender_of(well, store)):
        await until(lambda: waiting(store, "crm") == 0)
    assert waiting(store, "topic") == 5


async def test_fault_of_a_way_ends_neither_its_sender_nor_others(store: SqlStore) -> None:
    put(store, "topic", 3, 3)
    faults = ["once"]

    def refuse(result: AttemptResult) -> str:
        if faults:
            raise ZeroDivisionError(faults.pop())
        return ""

    way = Heard(refuse=refuse)
    async with sending(sender_of(way, store)):
        await until(lambda: waiting(store, "topic") == 0)
    assert way.ids == ["s0", "s1", "s2"]


async def test_results_that_nobody_could_be_told_for_too_long_are_dropped_and_counted(
    store: SqlStore,
) -> None:
    put(store, "topic", 1200, 10)
    way = Heard(cannot_open="gone")
    sender = sender_of(way, store)
    sender._keep_s = 10.0
    sender._now = lambda: T0 + 1010.0
    async with sending(sender):
        await until(lambda: sender.counts.dropped > 0)
    assert sender.counts.dropped == 1000
    assert waiting(store, "topic") == 200


async def test_one_of_two_processes_sends_and_the_other_takes_over_when_it_is_called_dead(
    stores: tuple[SqlStore, SqlStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = stores
    monkeypatch.setattr("agentmgr.publish.sender.OTHERS_S", 0.05)
    for name in ("one", "two"):
        store.leases.register(ManagerLease(name, name))
    first, second = Heard(), Heard()
    put(store, "topic", 100, 5)
    async with sending(sender_of(first, store, "one")):
        await until(lambda: waiting(store, "topic") == 0)
        async with sending(sender_of(second, other, "two")):
            put(store, "topic", 100, 5, first=100)
            await until(lambda: waiting(store, "topic") == 0)
            assert second.ids == []
            store.leases.release("one", T0, "called dead")
            await until(lambda: store.outbox.has_duty("topic", "two"))
            put(store, "topic", 100, 5, first=200)
            await until(lambda: waiting(store, "topic") == 0)
    assert second.ids
    assert_in_order(first.ids + second.ids, 300, 5)


def test_batch_ends_before_the_second_result_of_a_contact() -> None:
    one = AttemptResult(1, "a", "", 1, "", 7, "", "", "", "", "", 0.0)
    results = [one, evolve(one, seq=2, contact_id=8), evolve(one, seq=3), evolve(one, seq=4, contact_id=9)]
    assert [each.seq for each in first_of_each_contact(results)] == [1, 2]
    assert first_of_each_contact(results[:2]) == results[:2]
