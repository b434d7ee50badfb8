"""Webhooks: each result posted to somebody's web address, signed as Standard Webhooks has it."""

import base64
import binascii
import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import SplitResult, urlsplit

import h11
import trio
from attrs import define, field, frozen

from agentmgr.outward import open_outward
from agentmgr.ports import AttemptResult
from agentmgr.publish.settings import WebhookSettings
from agentmgr.publish.ways import OpenWay, PublishFailed, Told, read_secret, to_json

MAX_ANSWER_BYTES = 65_536
"""So much of an answer is read, and forgotten."""
SECRET_BYTES = 24
IDLE_S = 30.0
"""A connection that was not used for so long is not used again."""


def read_key(path: str) -> bytes:
    """Return the key of the signature that a file has.

    Raises:
        PublishFailed: it cannot be read, or is too short.
    """
    text = read_secret("secret_file", path)
    key = text.encode()
    if text.startswith("whsec_"):
        try:
            key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise PublishFailed(f"secret_file: what {path} has after whsec_ is no Base64") from None
    if len(key) < SECRET_BYTES:
        raise PublishFailed(f"secret_file: {path} has {len(key)} bytes; allowed: {SECRET_BYTES} at least")
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return what the header webhook-signature says of a message."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


@frozen
class Webhook:
    """A web address; implements `Way`."""

    settings: WebhookSettings
    wall_time: Callable[[], float]

    @property
    def name(self) -> str:
        return f"webhook {self.settings.name}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[OpenWay]:
        """Have connections for as long as the block runs; each is made when it is needed."""
        key = await trio.to_thread.run_sync(read_key, self.settings.secret_file)
        context = None
        if self.settings.url.startswith("https:"):
            try:
                context = ssl.create_default_context(cafile=self.settings.ca_file or None)
            except OSError as error:
                raise PublishFailed(f"ca_file: {self.settings.ca_file} cannot be used: {error}") from None
        endpoint = _Endpoint(self.settings, urlsplit(self.settings.url), key, context, self.wall_time)
        try:
            yield endpoint
        finally:
            await endpoint.close()


@define
class _Connection:
    stream: trio.abc.Stream
    http: h11.Connection
    used_at: float


@define
class _Endpoint:
    """Where messages are posted; implements `OpenWay`."""

    _settings: WebhookSettings
    _url: SplitResult
    _key: bytes
    _context: ssl.SSLContext | None
    _wall_time: Callable[[], float]
    _idle: list[_Connection] = field(factory=list)

    async def tell(self, results: Sequence[AttemptResult]) -> Told:
        """Post messages, some at a time; after the first that is not taken no other is begun."""
        told: set[int] = set()
        failures: list[str] = []
        waiting = iter(results)

        async def post_on() -> None:
            for result in waiting:
                failure = await self._post(result)
                if failure:
                    failures.append(failure)
                if failures:
                    return
                told.add(result.seq)

        async with trio.open_nursery() as nursery:
            for _ in range(min(self._settings.parallel, len(results))):
                nursery.start_soon(post_on)
        return Told(frozenset(told), failures[0] if failures else "")

    async def check(self) -> None:
        """Nothing to do: connections are made when they are needed."""

    async def close(self) -> None:
        """Close all connections."""
        with trio.CancelScope(shield=True):  # each of them, and none waits for the other side
            for connection in self._idle:
                await trio.aclose_forcefully(connection.stream)
        self._idle.clear()

    async def _post(self, result: AttemptResult) -> str:
        """Post a message; return why it was not taken, nothing if it was."""
        where = f"{self._url.hostname}"
        try:
            with trio.fail_after(self._settings.timeout_s):
                status = await self._exchange(result)
        except trio.TooSlowError:
            return f"{where}: did not answer in {self._settings.timeout_s:g} s"
        except (OSError, ssl.SSLError, trio.BrokenResourceError, h11.ProtocolError) as error:
            cause = error.__cause__ if isinstance(error, trio.BrokenResourceError) else None
            return f"{where}: {str(cause or error) or type(error).__name__}"
        if 200 <= status < 300:
            return ""
        redirect = ", and redirects are not followed" if 300 <= status < 400 else ""
        return f"{where}: answered {status}{redirect}"

    async def _exchange(self, result: AttemptResult) -> int:
        while self._idle:
            kept = self._idle.pop()
            if trio.current_time() - kept.used_at < IDLE_S:
                try:
                    return await self._exchange_on(kept, result)
                except (trio.BrokenResourceError, h11.RemoteProtocolError):
                    continue  # closed from the other side since; twice is known by its id
            await trio.aclose_forcefully(kept.stream)
        connection = _Connection(await self._connect(), h11.Connection(h11.CLIENT), 0.0)
        return await self._exchange_on(connection, result)

    async def _connect(self) -> trio.abc.Stream:
        url = self._url
        assert url.hostname is not None
        port = url.port or (443 if self._context else 80)
        stream = await open_outward(url.hostname, port, allow_inner=self._settings.allow_inner)
        if self._context is None:
            return stream
        encrypted = trio.SSLStream(stream, self._context, server_hostname=url.hostname, https_compatible=True)
        try:
            await encrypted.do_handshake()
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        return encrypted

    async def _exchange_on(self, connection: _Connection, result: AttemptResult) -> int:
        keeps = False
        try:
            await connection.stream.send_all(self._request(connection.http, result))
            status = await _read_answer(connection)
            http = connection.http
            if http.our_state is h11.DONE and http.their_state is h11.DONE:
                http.start_next_cycle()
                keeps = True
            return status
        finally:
            if keeps:
                connection.used_at = trio.current_time()
                self._idle.append(connection)
            else:
                await trio.aclose_forcefully(connection.stream)

    def _request(self, http: h11.Connection, result: AttemptResult) -> bytes:
        body, timestamp = to_json(result), int(self._wall_time())
        path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        headers = {
            "host": self._url.netloc,
            "user-agent": "agentmgr",
            "content-type": "application/json",
            "content-length": str(len(body)),
            "webhook-id": result.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._key, result.message_id, timestamp, body),
        }
        events = (
            h11.Request(method="POST", target=path, headers=list(headers.items())),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )
        return b"".join(http.send(event) or b"" for event in events)


async def _read_answer(connection: _Connection) -> int:
    """Read an answer to its end, or so much of it; return its status."""
    status, size = 0, 0
    while True:
        event = connection.http.next_event()
        if event is h11.NEED_DATA:
            data = await connection.stream.receive_some(MAX_ANSWER_BYTES)
            connection.http.receive_data(bytes(data))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            size += len(event.data)
            if size > MAX_ANSWER_BYTES:
                return status
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or event is h11.PAUSED:
            return status
