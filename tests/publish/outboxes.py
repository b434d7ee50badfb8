"""Outboxes with results in them, and a sender at work on one."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

import trio

from agentmgr.publish.sender import Sender
from agentmgr.publish.ways import Way
from agentmgr.store import SqlStore

T0 = 1_750_000_000.0


def put(store: SqlStore, publisher: str, count: int, contacts: int, first: int = 0) -> None:
    """Put results in as the triggers would, those of some contacts in turn."""
    rows = [
        (
            *(publisher, f"s{number}", "Spring", 4, f"C{number % contacts}", number % contacts, f"{number}"),
            *("+12025550100", "People", "North", "Busy", T0 + number),
        )
        for number in range(first, first + count)
    ]
    store._database.write(
        lambda tx: tx.sql.execute_many(
            "INSERT INTO outbox (publisher, message_id, campaign, job_id, user_contact_id, contact_id,"
            " session_id, address, contact_list, zone, result, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    )


def sender_of(way: Way, store: SqlStore, incarnation: str = "me") -> Sender:
    return Sender(
        way,
        store.outbox,
        trio.to_thread.run_sync,
        incarnation,
        lambda: T0 + 10,
        keep_s=1e6,
        random=Random(1),
    )


@asynccontextmanager
async def sending(*senders: Sender) -> AsyncIterator[None]:
    """Let senders work as long as the block runs."""
    async with trio.open_nursery() as nursery:
        for sender in senders:
            nursery.start_soon(sender.run)
        yield
        nursery.cancel_scope.cancel()


async def until(condition: Callable[[], bool], limit_s: float = 120.0) -> None:
    """Wait for something; a test fails that waits too long."""
    with trio.fail_after(limit_s):
        while not condition():  # noqa: ASYNC110  # what it asks is in other processes
            await trio.sleep(0.02)


def waiting(store: SqlStore, publisher: str) -> int:
    return {each.publisher: each.waiting for each in store.outbox.backlogs()}.get(publisher, 0)


def first_times(ids: Sequence[str]) -> list[str]:
    """Return ids as somebody sees them who knows those that come twice."""
    return list(dict.fromkeys(ids))


def assert_in_order(ids: Sequence[str], count: int, contacts: int) -> None:
    """Nothing is missing, and each contact's results came in their order."""
    seen = [int(each.removeprefix("s")) for each in first_times(ids)]
    assert sorted(seen) == list(range(count))
    for contact in range(contacts):
        own = [number for number in seen if number % contacts == contact]
        assert own == sorted(own), contact
