"""The topic: results told to a broker over STOMP 1.2, each safe once the broker has given its receipt."""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio
from attrs import frozen

from agentmgr.ports import AttemptResult
from agentmgr.publish.settings import TopicSettings
from agentmgr.publish.stomp_frames import BadStomp, Frame, FrameReader
from agentmgr.publish.ways import OpenWay, PublishFailed, Told, read_secret, to_json

GREETING_S = 10.0
"""How long it may take until the broker has let us in."""
RECEIPT_S = 30.0
"""How long the next receipt may take; the broker has to write what it confirms to its disk."""
_LATE = 2
"""A side that is silent for so many of its intervals is gone; the network may take a part of one."""


@frozen
class StompTopic:
    """A topic of a broker; implements `Way`."""

    settings: TopicSettings
    name: str = "topic"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[OpenWay]:
        """Connect, sign in, and give signs of life as long as the block runs."""
        where = f"broker {self.settings.host} port {self.settings.port}"
        stream = await self._connect(where)
        try:
            connection = _Connection(stream, where, f"/topic/{self.settings.topic}")
            with _failing(where), trio.fail_after(GREETING_S):
                await connection.greet(self.settings)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(connection.read)
                nursery.start_soon(connection.beat)
                yield connection
                nursery.cancel_scope.cancel()
        finally:
            await trio.aclose_forcefully(stream)

    async def _connect(self, where: str) -> trio.abc.Stream:
        settings = self.settings
        with _failing(where), trio.fail_after(GREETING_S):
            stream = await trio.open_tcp_stream(settings.host, settings.port)
            if not settings.tls:
                return stream
            context = ssl.create_default_context(cafile=settings.ca_file or None)
            encrypted = trio.SSLStream(stream, context, server_hostname=settings.host, https_compatible=True)
            try:
                await encrypted.do_handshake()
            except BaseException:
                await trio.aclose_forcefully(stream)
                raise
            return encrypted


class _failing:
    """Let what a network does leave the block as PublishFailed."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, trio.TooSlowError):
            raise PublishFailed(f"{self._where}: did not answer in time") from None
        if isinstance(error, OSError | ssl.SSLError | trio.BrokenResourceError | BadStomp):
            cause = error.__cause__ if isinstance(error, trio.BrokenResourceError) else None
            raise PublishFailed(f"{self._where}: {str(cause or error) or type(error).__name__}") from None


class _Connection:
    """A connection to a broker that we are signed in at; implements `OpenWay`."""

    def __init__(self, stream: trio.abc.Stream, where: str, destination: str) -> None:
        self._stream = stream
        self._where = where
        self._destination = destination
        self._reader = FrameReader()
        self._sending = trio.Lock()
        self._sent_at = trio.current_time()
        self._beats_s = self._hears_s = 0.0
        self._failure = ""
        self._missing: set[str] = set()
        self._news = trio.Event()

    async def greet(self, settings: TopicSettings) -> None:
        """Sign in.

        Raises:
            PublishFailed: the broker does not want us, or speaks something else.
        """
        interval_ms = round(settings.heart_beat_s * 1000)
        headers = {
            "accept-version": "1.2",
            "host": settings.virtual_host,
            "heart-beat": f"{interval_ms},{interval_ms}",
        }
        if settings.user:
            password = await trio.to_thread.run_sync(
                read_secret, "topic.password_file", settings.password_file
            )
            if any(each in settings.user + password for each in "\r\n\0"):
                raise PublishFailed("topic: user and password have no ends of lines in them")
            headers |= {"login": settings.user, "passcode": password}
        await self._send(bytes(Frame("CONNECT", headers)))
        while True:
            data = await self._stream.receive_some()
            if not data:
                raise PublishFailed(f"{self._where}: closed the connection at the greeting")
            for frame in self._reader.feed(data):
                if frame.command != "CONNECTED" or frame.headers.get("version") != "1.2":
                    raise PublishFailed(f"{self._where}: {_said(frame)}")
                self._agree(frame.headers.get("heart-beat", "0,0"), interval_ms)
                return

    def _agree(self, offered: str, interval_ms: int) -> None:
        gives, _, wants = offered.partition(",")
        if not (gives.strip().isdecimal() and wants.strip().isdecimal()):
            raise BadStomp(f"the heart-beat {offered!r}")
        if int(wants):
            self._beats_s = max(interval_ms, int(wants)) / 1000
        if int(gives):
            self._hears_s = max(interval_ms, int(gives)) / 1000

    async def tell(self, results: Sequence[AttemptResult]) -> Told:
        """Send messages, and wait for the receipt of each."""
        seqs = {f"r{each.seq}": each.seq for each in results}
        self._missing = set(seqs)
        try:
            async with trio.open_nursery() as nursery:
                # beside the receipts, which a broker may have to be rid of before it takes more
                nursery.start_soon(self._send_all, b"".join(map(self._message, results)))
                while self._missing and not self._failure:
                    with trio.move_on_after(RECEIPT_S) as patience:
                        await self._news.wait()
                    if patience.cancelled_caught:
                        self._fail(f"gave no receipt for {RECEIPT_S:g} s")
                    self._news = trio.Event()
                nursery.cancel_scope.cancel()
            return Told(
                frozenset(seq for key, seq in seqs.items() if key not in self._missing), self._failure
            )
        finally:
            self._missing = set()

    def _message(self, result: AttemptResult) -> bytes:
        headers = {
            "destination": self._destination,
            "content-type": "application/json;charset=utf-8",
            "persistent": "true",
            "correlation-id": result.message_id,
            "receipt": f"r{result.seq}",
        }
        return bytes(Frame("SEND", headers, to_json(result)))

    async def check(self) -> None:
        """Make sure that the connection is there."""
        if self._failure:
            raise PublishFailed(self._failure)

    async def read(self) -> None:
        """Take what the broker says until it is silent, closes or complains."""
        try:
            with _failing(self._where):
                while not self._failure:
                    limit_s = self._hears_s * _LATE or float("inf")
                    with trio.fail_after(limit_s):
                        data = await self._stream.receive_some()
                    if not data:
                        self._fail("closed the connection")
                    for frame in self._reader.feed(data):
                        self._take(frame)
        except PublishFailed as error:
            self._fail_with(str(error))

    def _take(self, frame: Frame) -> None:
        if frame.command == "RECEIPT":
            self._missing.discard(frame.headers.get("receipt-id", ""))
            self._news.set()
        elif frame.command == "ERROR":
            self._fail(_said(frame))

    async def beat(self) -> None:
        """Give a sign of life whenever nothing was sent for a while."""
        while self._beats_s and not self._failure:
            rest_s = self._sent_at + self._beats_s / 2 - trio.current_time()
            if rest_s > 0:
                await trio.sleep(rest_s)
            else:
                await self._send_all(b"\n")

    async def _send_all(self, data: bytes) -> None:
        try:
            with _failing(self._where), trio.fail_after(RECEIPT_S):
                await self._send(data)
        except PublishFailed as error:
            self._fail_with(str(error))

    async def _send(self, data: bytes) -> None:
        async with self._sending:
            await self._stream.send_all(data)
            self._sent_at = trio.current_time()

    def _fail(self, what: str) -> None:
        self._fail_with(f"{self._where}: {what}")

    def _fail_with(self, failure: str) -> None:
        self._failure = self._failure or failure
        self._news.set()


def _said(frame: Frame) -> str:
    text = frame.headers.get("message", "") or frame.body.decode(errors="replace")
    return f"says {frame.command} {' '.join(text.split())[:200]}".rstrip()
