"""One connection: its bytes become the zone's events, and what is wrong with them is answered here."""

from functools import partial
from typing import Protocol

import structlog
import trio

from agentmgr.core import events
from agentmgr.runtime.metrics import ZoneMetrics
from agentmgr.server.limits import Limits
from agentmgr.server.outgoing import BROKEN, Outgoing
from agentmgr.server.transport import Transport
from protocol.commands import AgentSDKConnected, AgentSDKConnectedRESP
from protocol.connection import (
    MAX_NAME_CHARACTERS,
    CommandReader,
    CommandRefused,
    closing_bytes,
    notification_bytes,
    refusal_bytes,
    response_bytes,
)
from protocol.errors import RemoteProtocolError
from protocol.notifications import AGTInvalidCommandName
from protocol.registry import COMMANDS, VERSION
from protocol.results import ResultCode


class Inbox(Protocol):
    """Where the zone takes its events from."""

    def offer(self, event: events.Event) -> bool:
        """Put an event in if there is room; False if there is none."""
        ...

    async def post(self, event: events.Event) -> None:
        """Put an event in, and wait for room first if there is none."""
        ...


class Connection:
    """The receiving half of a connection, and how it ends."""

    def __init__(
        self,
        number: int,
        peer: str,
        transport: Transport,
        outgoing: Outgoing,
        inbox: Inbox,
        limits: Limits,
        metrics: ZoneMetrics,
    ) -> None:
        now = trio.current_time()
        self.number = number
        self.outgoing = outgoing
        self.proven = False
        self._transport = transport
        self._inbox = inbox
        self._limits = limits
        self._metrics = metrics
        self._log = structlog.get_logger().bind(connection=number, peer=peer)
        self._protocol = CommandReader(partial(events.CommandReceived, number))
        self._reading = trio.CancelScope()
        self._closing = False
        self.greeted = False
        self._opened_at = now
        self._heard = False
        self._heard_at = now
        self._frame_since: float | None = None

    async def run(self) -> None:
        """Read commands until either side ends the connection; then see its last messages off."""
        try:
            with self._reading:
                await self._read()
        except RemoteProtocolError as error:
            self.close(str(error), "protocol")
        except BROKEN as error:
            self._log.debug("connection_broken", why=str(error))
        except Exception as error:
            self._log.error("connection_failed", exc_info=error)
            self.close("a fault in the server; connect again", "fault")

    async def finish(self) -> None:
        """Let the last messages leave, for at most `linger_s`, and close."""
        try:
            with trio.move_on_after(self._limits.linger_s):
                await self.outgoing.wait_empty()
                if self._closing:
                    await self._transport.end()
                    # What the peer sent meanwhile is read and dropped: bytes left unread would make the
                    # kernel reset the connection, and the peer would lose the reason.
                    while await self._transport.receive():
                        pass
        except BROKEN:
            pass
        finally:
            await self._transport.close()

    def close(self, reason: str, cause: str) -> None:
        """Tell the reason and end; `cause` is one of a few words for the metrics."""
        if self._closing:
            return
        self._closing = True
        self._log.info("connection_closed", reason=reason, cause=cause)
        self._metrics.closed(cause)
        self.outgoing.send_last(closing_bytes(reason))
        self._reading.cancel()

    def close_slow(self) -> None:
        """Close because more waits to be read than is allowed."""
        self.close(f"slow consumer: {self._limits.queue_bytes} bytes wait to be read", "slow_consumer")

    def check(self, now: float) -> None:
        """Close the connection if it has been silent, or anything of it late; `now` on trio's clock."""
        limits = self._limits
        if self._heard:
            self._heard, self._heard_at = False, now
        if self.outgoing.is_stale(now):
            self.close(f"slow consumer: nothing was read for {limits.queue_age_s:g} s", "slow_consumer")
        elif now - self._heard_at > limits.silence_s:
            self.close(f"nothing was received for {limits.silence_s:g} s", "silence")
        elif self._frame_since is not None and now - self._frame_since > limits.frame_s:
            self.close(f"a frame was not complete within {limits.frame_s:g} s", "slow_frame")
        elif not self.greeted and now - self._opened_at > limits.hello_s:
            self.close(f"AgentSDKConnected did not arrive within {limits.hello_s:g} s", "no_hello")

    async def _read(self) -> None:
        protocol, inbox = self._protocol, self._inbox
        while data := await self._transport.receive():
            self._heard = True  # when, is asked by `check`: a look at the clock for each buffer is dear
            complete = 0
            for message in protocol.receive(data):
                if self._closing:
                    return
                complete += 1
                if not self.greeted and not self._greet(message):
                    continue
                if isinstance(message, CommandRefused):
                    self._refuse(message)
                    continue
                if not inbox.offer(message):
                    await inbox.post(message)
            if not protocol.pending_bytes:
                self._frame_since = None
            elif complete or self._frame_since is None:
                self._frame_since = trio.current_time()

    def _greet(self, message: events.CommandReceived | CommandRefused) -> bool:
        """Look whether the connection begins as it must; True if this command may go on."""
        if isinstance(message, events.CommandReceived):
            name, command = type(message.command).__name__, message.command
            if isinstance(command, AgentSDKConnected):
                self.greeted = command.version >= 1  # a newer client goes by what we answer
                if not self.greeted:
                    self._refuse_version(message.request_id, command.version)
                return self.greeted
        else:
            name = message.name
            if name == AgentSDKConnected.__name__:
                return True
        why = f"{AgentSDKConnected.__name__} must come first"
        self._refuse(
            CommandRefused(message.request_id, message.agent_id, name, ResultCode.UNEXPECTED_COMMAND, why)
        )
        return False

    def _refuse_version(self, request_id: int, version: int) -> None:
        response = AgentSDKConnectedRESP(ResultCode.BAD_DATA, version=VERSION)
        self._metrics.commands.refused(AgentSDKConnected.__name__, ResultCode.BAD_DATA)
        self.outgoing.send(response_bytes(request_id, "", response))
        self.close(f"there is no version {version} of the wire: this server speaks 1 to {VERSION}", "version")

    def _refuse(self, refused: CommandRefused) -> None:
        """Answer a command that the zone need not see; the connection goes on."""
        name = refused.name[:MAX_NAME_CHARACTERS]
        known = name in COMMANDS
        self._metrics.commands.refused(name if known else "unknown", refused.code)
        self._log.debug(
            "command", name=name, agent=refused.agent_id, result=int(refused.code), why=refused.why
        )
        frames = refusal_bytes(refused.request_id, refused.agent_id, name, refused.code)
        if not known:
            frames = notification_bytes(refused.agent_id, AGTInvalidCommandName(name)) + frames
        self.outgoing.send(frames)
