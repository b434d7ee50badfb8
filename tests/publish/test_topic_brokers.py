"""The topic at real brokers: what a subscriber gets, and what a broker's death does to it."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from attrs import define, evolve, field

from agentmgr.publish.settings import TopicSettings
from agentmgr.publish.stomp import StompTopic
from agentmgr.publish.stomp_frames import Frame, FrameReader
from agentmgr.publish.ways import OpenWay, PublishFailed, Way
from agentmgr.store import SqlStore
from agentmgr.tls import making
from tests.publish.brokers import ActiveMq, Broker, RabbitMq, free_port
from tests.publish.outboxes import assert_in_order, put, sender_of, sending, until, waiting

pytestmark = pytest.mark.slow

TOPIC = "/topic/pom.attempt.result.topic"


@pytest.fixture(scope="module", params=[ActiveMq, RabbitMq])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    server = request.param(tmp_path_factory.mktemp("broker"))
    try:
        server.start()
        yield server
    finally:
        server.kill()


def settings(broker: Broker) -> TopicSettings:
    return TopicSettings(host="127.0.0.1", port=broker.port, heart_beat_s=1.0)


@define
class Subscriber:
    """Somebody else's program that reads the topic."""

    stream: trio.SocketStream
    reader: FrameReader = field(factory=FrameReader)
    frames: list[Frame] = field(factory=list)

    async def send(self, command: str, headers: Mapping[str, str]) -> None:
        await self.stream.send_all(bytes(Frame(command, headers)))

    async def next(self) -> Frame:
        while not self.frames:
            data = await self.stream.receive_some()
            assert data, "the broker closed the connection"
            self.frames += self.reader.feed(data)
        return self.frames.pop(0)


@asynccontextmanager
async def subscribed(broker: Broker, name: str) -> AsyncIterator[Subscriber]:
    connect, subscribe = broker.durable(name)
    stream = await trio.open_tcp_stream("127.0.0.1", broker.port)
    async with stream:
        subscriber = Subscriber(stream)
        with trio.fail_after(30):
            await subscriber.send(
                "CONNECT",
                {"accept-version": "1.2", "host": "/", "login": "guest", "passcode": "guest", **connect},
            )
            assert (await subscriber.next()).command == "CONNECTED"
            await subscriber.send(
                "SUBSCRIBE", {"id": name, "destination": TOPIC, "ack": "auto", "receipt": "in", **subscribe}
            )
            subscriber.frames += await until_receipt(subscriber)
        yield subscriber


async def until_receipt(subscriber: Subscriber) -> list[Frame]:
    before: list[Frame] = []
    while (frame := await subscriber.next()).command != "RECEIPT":
        before.append(frame)
    return before


async def test_topic_subscriber_gets_the_fields_as_json(broker: Broker, store: SqlStore) -> None:
    put(store, "topic", 1, 1)
    async with subscribed(broker, "fields") as subscriber:
        async with sending(sender_of(StompTopic(settings(broker)), store)):
            with trio.fail_after(30):
                frame = await subscriber.next()
        assert json.loads(frame.body) == {
            "messageId": "s0",
            "campaignName": "Spring",
            "jobId": 4,
            "contactId": "C0",
            "pimSessionId": 0,
            "address": "+12025550100",
            "contactGroupName": "People",
            "zoneName": "North",
            "result": "Busy",
        }
        assert frame.headers["correlation-id"] == "s0"
        assert frame.headers["content-type"] == "application/json;charset=utf-8"


@define
class Watched:
    """A way of which one can see since when it is open."""

    way: Way
    name: str = "topic"
    open_since: float | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[OpenWay]:
        async with self.way.open() as way:
            self.open_since = trio.current_time()
            try:
                yield way
            finally:
                self.open_since = None

    def is_open_for(self, seconds: float) -> bool:
        return self.open_since is not None and trio.current_time() - self.open_since > seconds


async def test_topic_connection_is_kept_while_there_is_nothing_to_tell(
    broker: Broker, store: SqlStore
) -> None:
    topic = Watched(StompTopic(settings(broker)))
    async with sending(sender_of(topic, store)):
        # The broker ends a connection that is silent for two of these seconds; so it may end one if it had no
        # processor for as long, but not each.
        await until(lambda: topic.is_open_for(4.5))


async def test_topic_broker_that_dies_in_the_middle_loses_nothing_and_keeps_the_order(
    broker: Broker, store: SqlStore
) -> None:
    count, contacts, ids = 4000, 60, list[str]()
    async with subscribed(broker, "durable"):
        pass
    put(store, "topic", count, contacts)
    sender = sender_of(StompTopic(settings(broker)), store)
    async with sending(sender):
        await until(lambda: sender.counts.told > 500)
        await trio.to_thread.run_sync(broker.kill)
        assert 0 < waiting(store, "topic") < count
        await until(lambda: sender.counts.failures > 0)
        await trio.to_thread.run_sync(broker.start)
        await until(lambda: waiting(store, "topic") == 0)
    async with subscribed(broker, "durable") as subscriber:
        with trio.fail_after(60):
            while len(set(ids)) < count:
                ids.append(json.loads((await subscriber.next()).body)["messageId"])
    assert_in_order(ids, count, contacts)


async def test_topic_that_refuses_who_signs_in_leaves_results_where_they_are(
    broker: Broker, store: SqlStore, tmp_path: Path
) -> None:
    if isinstance(broker, ActiveMq):
        return  # lets everybody in
    put(store, "topic", 3, 1)
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")
    signed = evolve(settings(broker), user="guest", password_file=str(secret))
    sender = sender_of(StompTopic(signed), store)
    async with sending(sender):
        await until(lambda: sender.counts.failures > 0)
    assert waiting(store, "topic") == 3


async def test_topic_with_tls_is_told_over_it_and_a_wrong_authority_ends_it(
    store: SqlStore, tmp_path: Path
) -> None:
    for name in ("tls", "other", "broker"):
        (tmp_path / name).mkdir()
    making.make(tmp_path / "tls", ["localhost"])
    making.make(tmp_path / "other", ["localhost"])
    port = free_port()
    files = {"cacertfile": "ca.pem", "certfile": "server.pem", "keyfile": "server.key"}
    lines = [f"stomp.listeners.ssl.1 = 127.0.0.1:{port}"]
    lines += [f"ssl_options.{name} = {tmp_path}/tls/{file}" for name, file in files.items()]
    broker = RabbitMq(tmp_path / "broker", "\n".join(lines) + "\n")
    try:
        await trio.to_thread.run_sync(broker.start)
        put(store, "topic", 20, 4)
        right = TopicSettings(host="localhost", port=port, tls=True, ca_file=str(tmp_path / "tls" / "ca.pem"))
        with pytest.raises(PublishFailed, match="certificate verify failed"):
            async with StompTopic(evolve(right, ca_file=str(tmp_path / "other" / "ca.pem"))).open():
                pass
        async with sending(sender_of(StompTopic(right), store)):
            await until(lambda: waiting(store, "topic") == 0)
    finally:
        broker.kill()
