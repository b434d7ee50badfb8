"""A stream at a real Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import trio
from attrs import evolve

from agentmgr.publish.settings import StreamSettings
from agentmgr.publish.stream import RedisStream
from agentmgr.store import SqlStore
from tests.publish.brokers import Redis, running
from tests.publish.outboxes import assert_in_order, put, sender_of, sending, until, waiting

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    (tmp_path / "redis").mkdir()
    server = Redis(tmp_path / "redis")
    yield from running(server)  # type: ignore[misc]  # it gives back what it gets


def settings(server: Redis) -> StreamSettings:
    return StreamSettings(host="127.0.0.1", port=server.port)


def entries(server: Redis) -> list[dict[bytes, bytes]]:
    with redis.Redis(port=server.port) as client:
        return [fields for _, fields in client.xrange("pom.attempt.result")]  # type: ignore[union-attr]


async def test_stream_has_each_result_with_its_fields_in_order(store: SqlStore, server: Redis) -> None:
    put(store, "stream", 700, 40)
    async with sending(sender_of(RedisStream(settings(server)), store)):
        await until(lambda: waiting(store, "stream") == 0)
    found = entries(server)
    assert [each[b"messageId"].decode() for each in found] == [f"s{number}" for number in range(700)]
    assert {name.decode() for name in found[0]} == {
        *("messageId", "campaignName", "jobId", "contactId", "pimSessionId", "address"),
        *("contactGroupName", "zoneName", "result"),
    }


async def test_redis_that_dies_in_the_middle_loses_nothing_and_keeps_the_order(
    store: SqlStore, server: Redis
) -> None:
    put(store, "stream", 3000, 20)
    sender = sender_of(RedisStream(settings(server)), store)
    async with sending(sender):
        await until(lambda: sender.counts.told > 200)
        await trio.to_thread.run_sync(server.kill)
        await until(lambda: sender.counts.failures > 0)
        assert waiting(store, "stream") > 0
        await trio.to_thread.run_sync(server.start)
        await until(lambda: waiting(store, "stream") == 0)
    assert_in_order([each[b"messageId"].decode() for each in entries(server)], 3000, 20)


async def test_stream_is_kept_short_if_that_is_said(store: SqlStore, server: Redis) -> None:
    put(store, "stream", 2000, 50)
    async with sending(sender_of(RedisStream(evolve(settings(server), most=300)), store)):
        await until(lambda: waiting(store, "stream") == 0)
    assert 300 <= len(entries(server)) < 600
