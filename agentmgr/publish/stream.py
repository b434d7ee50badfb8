"""A stream of Redis: results added to it in their order, in a thread."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import frozen

from agentmgr.ports import AttemptResult
from agentmgr.publish.settings import StreamSettings
from agentmgr.publish.ways import OpenWay, PublishFailed, Told, content, read_secret


@frozen
class RedisStream:
    """A stream; implements `Way`."""

    settings: StreamSettings
    name: str = "stream"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[OpenWay]:
        """Have a connection as long as the block runs."""
        client = await trio.to_thread.run_sync(self._connect)
        try:
            yield _OpenStream(client, self.settings)
        finally:
            client.close()

    def _connect(self) -> Any:
        try:
            import redis  # an extra, which most do not need
        except ImportError:
            raise PublishFailed(
                "stream: needs the library redis; install it with: pip install agentmgr[redis]"
            ) from None
        settings = self.settings
        client = redis.Redis(
            host=settings.host,
            port=settings.port,
            username=settings.user or None,
            password=read_secret("stream.password_file", settings.password_file) or None,
            ssl=settings.tls,
            ssl_ca_certs=settings.ca_file or None,
            socket_timeout=settings.timeout_s,
            socket_connect_timeout=settings.timeout_s,
        )
        try:
            client.ping()
        except redis.RedisError as error:
            client.close()
            raise PublishFailed(f"redis {settings.host} port {settings.port}: {error}") from None
        return client


@frozen
class _OpenStream:
    """A stream that is reached; implements `OpenWay`."""

    client: Any
    settings: StreamSettings

    async def tell(self, results: Sequence[AttemptResult]) -> Told:
        """Add entries, and wait until the server has them."""
        return await trio.to_thread.run_sync(self._add, results)

    def _add(self, results: Sequence[AttemptResult]) -> Told:
        import redis

        seqs: set[int] = set()
        try:
            with self.client.pipeline(transaction=False) as pipeline:
                for result in results:
                    pipeline.xadd(
                        self.settings.stream, dict(content(result)), maxlen=self.settings.most or None
                    )
                answers = pipeline.execute(raise_on_error=False)
        except redis.RedisError as error:
            return Told(frozenset(), self._failed(error))
        for result, answer in zip(results, answers, strict=True):
            if isinstance(answer, Exception):
                return Told(frozenset(seqs), self._failed(answer))
            seqs.add(result.seq)
        return Told(frozenset(seqs))

    async def check(self) -> None:
        """Make sure that the server is there."""
        import redis

        try:
            await trio.to_thread.run_sync(self.client.ping)
        except redis.RedisError as error:
            raise PublishFailed(self._failed(error)) from None

    def _failed(self, error: Exception) -> str:
        return f"redis {self.settings.host} port {self.settings.port}: {error}"
