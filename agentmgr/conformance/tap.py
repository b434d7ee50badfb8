"""A stream that writes down every message that passes through it, as it was on the wire."""

from trio.abc import Stream

from agentmgr.conformance.transcript import Kind, Transcript
from protocol.connection import (
    ClientConnection,
    CommandReceived,
    NotificationReceived,
    ResponseReceived,
    ServerConnection,
    UnknownReceived,
)
from protocol.errors import RemoteProtocolError


class TappedStream(Stream):
    """Passes on what it is given; `line` is the number of the connection in the transcript."""

    def __init__(self, stream: Stream, transcript: Transcript, line: int) -> None:
        self._stream = stream
        self._transcript = transcript
        self._line = line
        self._ours = ServerConnection()
        self._theirs = ClientConnection()

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send, after writing the commands down."""
        self._note_sent(bytes(data))
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Pass the question on."""
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Receive, and write the messages down before anybody acts on them."""
        data = await self._stream.receive_some(max_bytes)
        self._note_received(bytes(data))
        return data

    async def aclose(self) -> None:
        """Close."""
        await self._stream.aclose()

    def _note_sent(self, data: bytes) -> None:
        try:
            for sent in self._ours.receive(data):
                if isinstance(sent, CommandReceived):
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
        note = self._transcript.note
        if not data:
            note(self._line, Kind.REMARK, "", "the other side closed the connection")
        try:
            for received in self._theirs.receive(data):
                match received:
                    case ResponseReceived(request_id, agent_id, response):
                        name = type(response).__name__
                        note(
                            self._line,
                            Kind.RESPONSE,
                            agent_id,
                            name,
                            request_id=request_id,
                            message=response,
                        )
                    case NotificationReceived(agent_id, notification):
                        name = type(notification).__name__
                        note(self._line, Kind.NOTIFICATION, agent_id, name, message=notification)
                    case UnknownReceived(name, request_id, agent_id, result):
                        kind = Kind.NOTIFICATION if request_id is None else Kind.RESPONSE
                        text = f"(result={result})" if result is not None else ""
                        note(self._line, kind, agent_id, name, request_id=request_id, text=text)
        except RemoteProtocolError as error:
            self._transcript.fault(self._line, f"the server broke the protocol: {error}")
