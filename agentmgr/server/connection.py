"""One connection: its bytes become the zone's events, and what is wrong with them is answered here.

Every command that is read is answered before the connection ends, if that can be: a desktop that sends no
more, or nothing that can be read, is given the answers to what it had sent.
"""

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Protocol

import structlog
import trio

from agentmgr.core import events
from agentmgr.runtime.doorbell import Doorbell
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
from protocol.registry import COMMANDS, MAX_VALUE_BYTES, NO_LOGON, UNPROVEN_VALUE_BYTES, VERSION
from protocol.results import ResultCode

READ_S = 0.0005
"""How long commands are read that came together, before others have their turn."""


class Inbox(Protocol):
    """Where the zone takes its events from."""

    def offer(self, event: events.CommandReceived) -> bool:
        """Put a command in if there is room; False if there is none."""
        ...

    async def post(self, event: events.CommandReceived) -> None:
        """Put a command in, and wait for room first if there is none."""
        ...


class Connection:
    """The receiving half of a connection, and how it ends."""

    def __init__(
        self,
        number: int,
        peer: str,
        transport: Transport,
        spawn: Callable[[Outgoing], None],
        inbox: Inbox,
        limits: Limits,
        metrics: ZoneMetrics,
    ) -> None:
        now = trio.current_time()
        self.number = number
        self.host = peer.rpartition(":")[0] or peer
        self._bell = Doorbell()
        self.outgoing = Outgoing(transport, limits, spawn, self)
        self.proven = False
        self._transport = transport
        self._inbox = inbox
        self._limits = limits
        self._metrics = metrics
        self._log = structlog.get_logger().bind(connection=number, peer=peer)
        self._protocol = CommandReader(partial(events.CommandReceived, number))
        self._protocol.limit_frames(UNPROVEN_VALUE_BYTES)
        self._frames_left = self._frames_per_s = limits.unproven_commands_a_second
        self._reading = trio.CancelScope()
        self._closing = False
        self._unanswered = 0
        self._held_back = False
        self.greeted = False
        self._opened_at = now
        self._heard = False
        self._heard_at = now
        self._frame_since: float | None = None

    async def run(self) -> None:
        """Read commands until either side ends the connection; then see its last messages off."""
        reason = ""
        try:
            with self._reading:
                if not await self._opens():
                    return
                try:
                    await self._read()
                except RemoteProtocolError as error:
                    reason = str(error)
                self.outgoing.flush()
                self._frame_since = None
                with trio.move_on_after(self._limits.answers_s):
                    await self._wait_for_answers()
        except BROKEN as error:
            self._log.debug("connection_broken", why=str(error))
        except Exception as error:
            self.fail(error)
        if reason:
            self.close(reason, "protocol")

    async def _opens(self) -> bool:
        """Open the transport; False if that takes too long, and nothing can be told then."""
        limit_s = self._limits.handshake_s
        try:
            with trio.move_on_after(limit_s):
                await self._transport.open()
                return True
            why = f"it took longer than {limit_s:g} s"
        except BROKEN as error:
            why = getattr(error, "reason", None) or str(error)
        self._log.info("handshake_failed", why=why)
        self._metrics.closed("handshake")
        self.outgoing.is_over = True
        return False

    async def _wait_for_answers(self) -> None:
        outgoing = self.outgoing
        while not outgoing.is_over and (self._unanswered or not outgoing.is_empty):
            await self._bell.wait()

    def prove(self) -> None:
        """An agent or a service has logged on: this one may have more from now on."""
        self.proven = True
        self._protocol.limit_frames(MAX_VALUE_BYTES)
        self._frames_left = self._frames_per_s = self._limits.commands_a_second
        self._bell.ring()

    def answered(self) -> None:
        """Note that the RESP to one of its commands is on its way."""
        if self._unanswered:  # else it is one to a command that came over another connection
            self._unanswered -= 1
        self._bell.ring()

    def ease(self) -> None:
        """Note that less waits to be read than before, or nothing can be sent any more."""
        self._bell.ring()

    def fail(self, fault: Exception) -> None:
        """Close after a fault of ours that is not that of one command."""
        self._log.error("connection_failed", exc_info=fault)
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
        self._reading.cancel()
        self.outgoing.send_last(closing_bytes(reason))

    def close_slow(self) -> None:
        """Close because more waits to be read than is allowed."""
        self.close(f"slow consumer: {self._limits.queue_bytes} bytes wait to be read", "slow_consumer")

    def check(self, now: float) -> None:
        """Close the connection if it has been silent, or anything of it late; `now` on trio's clock."""
        limits = self._limits
        if self._heard or self._held_back:
            self._heard, self._heard_at = False, now
        self._frames_left, was_out = self._frames_per_s, self._frames_left <= 0
        if was_out:
            self._bell.ring()
        if self.outgoing.is_stale(now):
            self.close(f"slow consumer: nothing was read for {limits.queue_age_s:g} s", "slow_consumer")
        elif now - self._heard_at > limits.silence_s:
            self.close(f"nothing was received for {limits.silence_s:g} s", "silence")
        elif self._frame_since is not None and now - self._frame_since > limits.frame_s:
            self.close(f"a frame was not complete within {limits.frame_s:g} s", "slow_frame")
        elif not self.greeted and now - self._opened_at > limits.hello_s:
            self.close(f"AgentSDKConnected did not arrive within {limits.hello_s:g} s", "no_hello")
        elif not (self.proven or self._unanswered) and now - self._opened_at > limits.logon_s:
            self.close(f"{NO_LOGON} within {limits.logon_s:g} s; connect again to do so", "no_logon")

    async def _read(self) -> None:
        protocol, outgoing, inbox = self._protocol, self.outgoing, self._inbox
        at_once = self._limits.unanswered
        while data := await self._transport.receive():
            self._heard = True  # when, is asked by `check`: a look at the clock for each buffer is dear
            complete, until = 0, 0.0
            for message in protocol.receive(data):
                complete += 1
                self._frame_since = None
                try:
                    if isinstance(message, CommandRefused):
                        if self.greeted or self._greet(message):
                            self._refuse(message)
                    elif self.greeted or self._greet(message):
                        self._unanswered += 1
                        if not inbox.offer(message):
                            await self._post(message)
                except Exception as fault:
                    self._refuse_faulty(message, fault)
                if self._closing:
                    return
                self._frames_left -= 1
                if self._frames_left <= 0 or self._unanswered >= at_once or outgoing.is_full:
                    await self._hold_back()
                elif complete > 1:
                    at = perf_counter()
                    if at >= until:
                        if until:
                            await self._pause()
                        until = perf_counter() + READ_S
            if outgoing.fresh:
                outgoing.flush()
            if not protocol.pending_bytes:
                self._frame_since = None
            elif complete or self._frame_since is None:
                self._frame_since = trio.current_time()

    async def _post(self, message: events.CommandReceived) -> None:
        """Wait for room in the inbox; what came before is answered meanwhile."""
        self.outgoing.flush()
        self._held_back = True
        await self._inbox.post(message)
        self._held_back = False

    async def _hold_back(self) -> None:
        """Read on when enough of what was asked for has been answered, and was read by the desktop."""
        self.outgoing.flush()
        self._held_back = True
        while self._frames_left <= 0 or self._unanswered >= self._limits.unanswered or self.outgoing.is_full:
            await self._bell.wait()
        self._held_back = False

    async def _pause(self) -> None:
        """Let others have their turn."""
        self.outgoing.flush()
        await trio.lowlevel.checkpoint()

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
        self.outgoing.fresh.append(response_bytes(request_id, "", response))
        self.close(f"there is no version {version} of the wire: this server speaks 1 to {VERSION}", "version")

    def _refuse(self, refused: CommandRefused) -> None:
        """Answer a command that the zone need not see; the connection goes on."""
        name = refused.name[:MAX_NAME_CHARACTERS]
        known = name in COMMANDS
        self._metrics.commands.refused(name if known else "unknown", refused.code)
        self._log.debug(
            "command", name=name, agent=refused.agent_id, result=int(refused.code), why=refused.why
        )
        if refused.fault is not None:
            self._log.error("command_failed", name=name, agent=refused.agent_id, exc_info=refused.fault)
            self._metrics.faults.inc()
        if not known:
            self._answer(notification_bytes(refused.agent_id, AGTInvalidCommandName(name)))
        self._answer(refusal_bytes(refused.request_id, refused.agent_id, name, refused.code))

    def _refuse_faulty(self, message: events.CommandReceived | CommandRefused, fault: Exception) -> None:
        """Answer a command that cannot be taken or refused because of a fault of ours."""
        if isinstance(message, CommandRefused):
            name = message.name
        else:
            self._unanswered = max(0, self._unanswered - 1)
            name = type(message.command).__name__
        self._log.error("command_failed", name=name, agent=message.agent_id, exc_info=fault)
        self._metrics.faults.inc()
        self._answer(refusal_bytes(message.request_id, message.agent_id, name, ResultCode.NOT_PROCESSED))

    def _answer(self, frame: bytes) -> None:
        """Send an answer of the connection's own, at the latest before anything else is waited for."""
        self.outgoing.fresh.append(frame)
        self.outgoing.answer_bytes += len(frame)
