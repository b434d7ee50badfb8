"""A connection without the SDK, for what no library would send."""

from typing import Any

import trio
from attrs import define, field
from trio.abc import HalfCloseableStream

from agentmgr.conformance.failures import Deviation
from agentmgr.conformance.transcript import Entry, Kind, Transcript
from protocol.codec import encode_args, pack
from protocol.commands import AgentSDKConnected
from protocol.framing import frame
from protocol.registry import VERSION

RECEIVE_BYTES = 65536


@define(eq=False)
class RawLine:
    """One connection; messages are read in the background and stand in the transcript."""

    stream: HalfCloseableStream
    line: int
    transcript: Transcript
    patience_s: float
    closed: bool = False
    _last_id: int = 0
    _read: int = field(default=0)

    async def read(self) -> None:
        """Read until the server closes; to be run beside the scenario."""
        try:
            while await self.stream.receive_some(RECEIVE_BYTES):
                pass
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the stream has written it down
        self.closed = True
        self.transcript.note(self.line, Kind.REMARK, "", "the connection is over")

    async def send(
        self, name: str, args: Any = None, agent_id: str = "", extra: dict[str, Any] | None = None
    ) -> int:
        """Send a command of whatever content and return its id."""
        self._last_id += 1
        message = {"name": name, "id": self._last_id, "agentID": agent_id, "args": args or {}}
        await self.send_bytes(frame(pack({**message, **(extra or {})})))
        return self._last_id

    def count_on(self, other: "RawLine") -> None:
        """Use none of the ids that another connection has used."""
        self._last_id = max(self._last_id, other._last_id)

    async def send_command(self, command: Any, agent_id: str = "") -> int:
        """Send a command as it should be and return its id."""
        return await self.send(type(command).__name__, encode_args(command), agent_id)

    async def send_together(self, *commands: Any, agent_id: str = "") -> list[int]:
        """Send commands in one write and return their ids."""
        data = b""
        first = self._last_id + 1
        for command in commands:
            self._last_id += 1
            args = encode_args(command)
            name = type(command).__name__
            data += frame(pack({"name": name, "id": self._last_id, "agentID": agent_id, "args": args}))
        await self.send_bytes(data)
        return list(range(first, self._last_id + 1))

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes; a server that has closed meanwhile does not matter here."""
        try:
            await self.stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.transcript.note(self.line, Kind.REMARK, "", "the server had closed before")

    async def end(self) -> None:
        """Close this side of the connection; what comes is still read."""
        await self.stream.send_eof()

    async def hello(self, *agent_ids: str) -> Entry:
        """Open the connection as every client does."""
        return await self.response(await self.send_command(AgentSDKConnected(agent_ids, VERSION)))

    async def response(self, request_id: int) -> Entry:
        """Wait for the RESP to a command.

        Raises:
            Deviation: it did not come in time.
        """
        return await self._wait(
            lambda e: e.kind is Kind.RESPONSE and e.request_id == request_id, f"a RESP with id {request_id}"
        )

    async def result(self, request_id: int) -> int:
        """Wait for the RESP to a command and return its result."""
        entry = await self.response(request_id)
        if entry.message is not None:
            return int(entry.message.result)
        return int(entry.text.removeprefix("(result=").removesuffix(")") or -1)

    async def notification(self, name: str, agent_id: str = "") -> Entry:
        """Wait for a notification.

        Raises:
            Deviation: it did not come in time.
        """
        wanted = f"! {name}"
        return await self._wait(
            lambda e: e.kind is Kind.NOTIFICATION and e.name == name and e.agent_id == agent_id, wanted
        )

    async def until_closed(self, patience_s: float | None = None) -> None:
        """Wait until the server has closed the connection.

        Raises:
            Deviation: it did not in time.
        """
        limit_s = self.patience_s if patience_s is None else patience_s
        if not await self.transcript.until(lambda: self.closed, limit_s):
            raise Deviation(f"expected the server to close the connection within {limit_s:g} s")

    def received(self, name: str) -> list[Entry]:
        """Return all messages of a name so far."""
        return [e for e in self.transcript.entries if e.line == self.line and e.name == name]

    async def _wait(self, matches: Any, wanted: str) -> Entry:
        def found() -> Entry | None:
            mine = (e for e in self.transcript.entries if e.line == self.line)
            return next((e for e in mine if matches(e)), None)

        await self.transcript.until(lambda: found() is not None or self.closed, self.patience_s)
        entry = found()
        if entry is None:
            end = (
                "the server closed the connection" if self.closed else f"nothing within {self.patience_s:g} s"
            )
            raise Deviation(f"expected {wanted}; {end}")
        return entry
