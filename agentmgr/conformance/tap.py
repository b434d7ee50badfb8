"""A stream that writes down every message that passes through it, as it was on the wire."""

from typing import Any

import trio
from attrs import frozen
from trio.abc import HalfCloseableStream

from agentmgr.conformance.matrix import known
from agentmgr.conformance.transcript import Kind, Transcript
from protocol.codec import unpack
from protocol.commands import AGTLogon
from protocol.connection import (
    ClientConnection,
    CommandReceived,
    NotificationReceived,
    ResponseReceived,
    ServerConnection,
    UnknownReceived,
)
from protocol.errors import RemoteProtocolError
from protocol.framing import FrameDecoder, frame
from protocol.notifications import AGTCapabilitiesChanged
from protocol.structures import Capabilities


@frozen
class _Told:
    """The capabilities that an agent was told last: as they were on the wire, and what is known of them."""

    raw: Any
    known: Capabilities


class TappedStream(HalfCloseableStream):
    """Passes on what it is given; `line` is the number of the connection in the transcript.

    A server may be newer than this suite: capabilities that the suite does not know are left out, and so is
    a change of nothing else.
    """

    def __init__(self, stream: trio.abc.Stream, transcript: Transcript, line: int) -> None:
        self._stream = stream
        self._transcript = transcript
        self._line = line
        self._ours = ServerConnection()
        self._theirs = ClientConnection()
        self._frames = FrameDecoder()
        self._told: dict[str, _Told] = {}
        self._sending = trio.Lock()
        self._flowing = trio.Event()
        self._flowing.set()

    def hold_back(self) -> None:
        """Let nothing be sent until `let_go`: the desktop hangs."""
        self._flowing = trio.Event()

    def let_go(self) -> None:
        """Send what was held back."""
        self._flowing.set()

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send, after writing the commands down."""
        await self._flowing.wait()
        async with self._sending:
            self._note_sent(bytes(data))
            await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Pass the question on."""
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Receive, and write the messages down before anybody acts on them."""
        try:
            data = await self._stream.receive_some(max_bytes)
        except trio.BrokenResourceError:
            self._transcript.note(self._line, Kind.REMARK, "", "the connection broke")
            raise
        self._note_received(bytes(data))
        return data

    async def send_eof(self) -> None:
        """Say that nothing more will be sent; what comes is still received."""
        if isinstance(self._stream, trio.abc.HalfCloseableStream):
            await self._stream.send_eof()
        elif isinstance(self._stream, trio.SSLStream):  # which would read no more after its own last word
            await self._stream.transport_stream.send_eof()

    async def aclose(self) -> None:
        """Close."""
        await self._stream.aclose()

    def _note_sent(self, data: bytes) -> None:
        try:
            for sent in self._ours.receive(data):
                if isinstance(sent, CommandReceived):
                    if isinstance(sent.command, AGTLogon):
                        self._told.pop(sent.agent_id, None)
                    self._transcript.note(
                        self._line,
                        Kind.COMMAND,
                        sent.agent_id,
                        type(sent.command).__name__,
                        request_id=sent.request_id,
                        message=sent.command,
                    )
                else:
                    self._transcript.note(
                        self._line,
                        Kind.COMMAND,
                        sent.agent_id,
                        sent.name,
                        request_id=sent.request_id,
                        text=f"(on purpose: {sent.why})",
                    )
        except RemoteProtocolError as error:
            self._transcript.note(self._line, Kind.REMARK, "", f"{len(data)} bytes sent on purpose: {error}")

    def _note_received(self, data: bytes) -> None:
        if not data:
            self._transcript.note(self._line, Kind.REMARK, "", "the other side closed the connection")
        try:
            for value in self._frames.feed(data):
                for received in self._theirs.receive(frame(value)):
                    self._note_message(received, value)
        except RemoteProtocolError as error:
            self._transcript.fault(self._line, f"the server broke the protocol: {error}")

    def _note_message(
        self, received: ResponseReceived | NotificationReceived | UnknownReceived, value: bytes
    ) -> None:
        note = self._transcript.note
        match received:
            case ResponseReceived(request_id, agent_id, response):
                name = type(response).__name__
                note(self._line, Kind.RESPONSE, agent_id, name, request_id=request_id, message=response)
            case NotificationReceived(agent_id, AGTCapabilitiesChanged(capabilities)):
                told = _Told(unpack(value)["args"]["capabilities"], known(capabilities))
                last = self._told.get(agent_id)
                self._told[agent_id] = told
                if last is None or last.raw == told.raw or last.known != told.known:
                    changed = AGTCapabilitiesChanged(told.known)
                    note(self._line, Kind.NOTIFICATION, agent_id, "AGTCapabilitiesChanged", message=changed)
            case NotificationReceived(agent_id, notification):
                name = type(notification).__name__
                note(self._line, Kind.NOTIFICATION, agent_id, name, message=notification)
            case UnknownReceived(name, request_id, agent_id, result):
                kind = Kind.NOTIFICATION if request_id is None else Kind.RESPONSE
                text = f"(result={result})" if result is not None else ""
                note(self._line, kind, agent_id, name, request_id=request_id, text=text)
