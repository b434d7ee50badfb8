"""One connection to an Agent Manager, made anew whenever it is lost."""

import logging
import os
from collections.abc import Iterator, Sequence
from itertools import count

import attrs
import trio
from trio.abc import Stream

from agentmgr.client.commands import Event
from agentmgr.client.errors import CommandError
from agentmgr.client.inbox import Inbox
from agentmgr.client.transport import Address, Backoff, Opener, peer_of, text_of
from agentmgr.client.wirelog import log_received, log_sent, logger
from protocol.codec import decode_args, unpack
from protocol.commands import AgentSDKConnected, AgentSDKConnectedRESP, POMClientAlive, Resp
from protocol.connection import (
    ClientConnection,
    NotificationReceived,
    ResponseReceived,
    UnknownReceived,
    command_bytes,
)
from protocol.errors import RemoteProtocolError
from protocol.framing import HEADER_BYTES
from protocol.notifications import POMAvailable, POMConnectionClosed, POMNotAvailable
from protocol.registry import COMMANDS, HEARTBEAT_S, RESPONSES, SILENCE_LIMIT_S, VERSION
from protocol.results import ResultCode
from protocol.structures import SocketInfo

OPEN_S = 10.0
"""How long opening a stream, and then the first exchange on it, may take."""
SEND_S = 10.0
"""How long the server may take to accept one command's bytes."""
RECEIVE_BYTES = 65536
IDS_PER_HELLO = 50
"""So many agent ids of the longest kind fit one frame."""


@attrs.define(eq=False)
class _Pending:
    """A command that waits for its RESP; without one when `done` the connection broke."""

    agent_id: str
    command: object
    done: trio.Event = attrs.field(factory=trio.Event)
    response: Resp | None = None


class Link:
    """A connection with the agents on it.

    Args:
        addresses: where to connect to, at least one; the next one is tried when one fails.
        opener: opens a stream.
        backoff: seconds between attempts.
        directory: where every zone is; kept up to date with what the server tells.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        opener: Opener,
        backoff: Backoff,
        directory: dict[str, SocketInfo],
    ) -> None:
        self.address = addresses[0]
        self.peer: Address | None = None
        self.zones: set[str] = set()
        self.inboxes: dict[str, Inbox] = {}
        self.fault = "no connection has been made yet"
        self.first_try = trio.Event()
        self._addresses = addresses
        self._opener = opener
        self._backoff = backoff
        self._directory = directory
        self._ids: Iterator[int] = count(1)
        self._pending: dict[int, _Pending] = {}
        self._sending = trio.Lock()
        self._stream: Stream | None = None
        self._scope: trio.CancelScope | None = None
        self._ready = trio.Event()

    @property
    def connected(self) -> bool:
        """Whether commands can be sent now."""
        return self._ready.is_set() and self._scope is not None and not self._scope.cancel_called

    def attach(self, inbox: Inbox) -> None:
        """Let an agent's messages pass here; it learns which zones are available."""
        self.inboxes[inbox.agent_id] = inbox
        for zone in sorted(self.zones):
            inbox.notified(POMAvailable(zone))

    async def wait_connected(self, patience_s: float) -> bool:
        """Wait until commands can be sent; False if that takes too long, `fault` says why."""
        with trio.move_on_after(patience_s):
            await self._ready.wait()
        return self.connected

    async def run(self) -> None:
        """Connect, serve, connect again, until cancelled."""
        failures = turn = 0
        while True:
            self.address = self._addresses[turn % len(self._addresses)]
            served = False
            try:
                with trio.fail_after(OPEN_S):
                    stream = await self._opener(self.address)
            except (OSError, trio.BrokenResourceError) as error:
                self.fault = _told(error)
            except trio.TooSlowError:
                self.fault = f"no connection within {OPEN_S:g} s"
            else:
                served = await self._use(stream)
            if served:
                failures = 0
            else:
                turn += 1
            self.first_try.set()
            level = logging.WARNING if served else logging.INFO
            logger.log(level, "no connection to %s: %s", text_of(self.address), self.fault)
            await trio.sleep(self._backoff(failures))
            failures += 1

    async def exchange(self, agent_id: str, command: object) -> Resp:
        """Send a command and wait for its RESP.

        Raises:
            CommandError: 9996, 9997 or 9999; the connection is as usable as it was.
        """
        stream = self._stream
        if stream is None or not self.connected:
            await trio.lowlevel.checkpoint()
            raise self._unavailable(agent_id, command)
        return await self._exchange(stream, agent_id, command)

    def _unavailable(self, agent_id: str, command: object) -> CommandError:
        text = f"There is no connection to the Agent Manager at {text_of(self.address)}: {self.fault}."
        return CommandError(command, agent_id, ResultCode.MANAGER_NOT_AVAILABLE, text)

    async def _exchange(self, stream: Stream, agent_id: str, command: object) -> Resp:
        request_id = next(self._ids)
        data = _encode(request_id, agent_id, command)
        pending = _Pending(agent_id, command)
        try:
            async with self._sending:
                if self._stream is not stream:
                    raise self._unavailable(agent_id, command)
                self._pending[request_id] = pending
                inbox = self.inboxes.get(agent_id)
                if inbox is not None:
                    inbox.sending(command)
                log_sent(text_of(self.address), request_id, agent_id, command)
                await self._send(stream, data)
            await pending.done.wait()
        finally:
            self._pending.pop(request_id, None)
        if pending.response is None:
            raise CommandError(
                command,
                agent_id,
                ResultCode.MANAGER_NOT_AVAILABLE,
                "The connection broke before the RESP came; whether the command was carried out is unknown.",
                outcome_unknown=True,
            )
        return pending.response

    async def _send(self, stream: Stream, data: bytes) -> None:
        # Shielded: half a frame would make everything after it unreadable.
        with trio.move_on_after(SEND_S, shield=True) as sending:
            try:
                await stream.send_all(data)
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                self._give_up(stream, f"sending failed: {_told(error)}")
        if sending.cancelled_caught:
            self._give_up(stream, f"the server accepted no data for {SEND_S:g} s")

    # -- one connection ------------------------------------------------------------------------

    async def _use(self, stream: Stream) -> bool:
        """Serve one stream until it ends; tell whether it was any good."""
        self._stream, self.peer = stream, peer_of(stream)
        try:
            async with trio.open_nursery() as nursery:
                self._scope = nursery.cancel_scope
                nursery.start_soon(self._hello, stream)
                await self._read(stream, nursery)
                nursery.cancel_scope.cancel()
        finally:
            served = self._ready.is_set()
            if served:
                self._ready = trio.Event()
            self._stream = self._scope = self.peer = None
            self.zones.clear()
            for pending in self._pending.values():
                pending.done.set()
            if served:
                for inbox in self.inboxes.values():
                    inbox.notified(POMNotAvailable())
            await trio.aclose_forcefully(stream)
        return served

    def _give_up(self, stream: Stream, why: str) -> None:
        # A sender may notice the end of its stream when the next one is in use already.
        if self._stream is stream and self._scope is not None and not self._scope.cancel_called:
            self.fault = why
            self._scope.cancel()

    async def _hello(self, stream: Stream) -> None:
        ids = tuple(self.inboxes)
        groups = [ids[i : i + IDS_PER_HELLO] for i in range(0, len(ids), IDS_PER_HELLO)] or [()]
        for group in groups:
            response = None
            with trio.move_on_after(OPEN_S):
                response = await self._exchange(stream, "", AgentSDKConnected(group, VERSION))
            if not isinstance(response, AgentSDKConnectedRESP):
                self._give_up(stream, f"the server did not answer AgentSDKConnected within {OPEN_S:g} s")
                return
            if response.result is not ResultCode.SUCCESS:
                code = response.result
                self._give_up(stream, f"the server refused AgentSDKConnected: {int(code)} {code.text}")
                return

    async def _read(self, stream: Stream, nursery: trio.Nursery) -> None:
        wire = ClientConnection()
        heard_at = trio.current_time()
        beat_at = heard_at + HEARTBEAT_S
        while True:
            data: bytes | bytearray | None = None
            with trio.move_on_at(min(beat_at, heard_at + SILENCE_LIMIT_S)):
                try:
                    data = await stream.receive_some(RECEIVE_BYTES)
                except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                    self._give_up(stream, f"the connection broke: {_told(error)}")
                    return
            now = trio.current_time()
            if data is not None:
                heard_at = now
                if not data:
                    self.fault = "the server closed the connection"
                    return
                if not self._take(wire, bytes(data), nursery):
                    return
            elif now >= heard_at + SILENCE_LIMIT_S:
                self._give_up(stream, f"the server was silent for {SILENCE_LIMIT_S} s")
                return
            if now >= beat_at:
                beat_at = now + HEARTBEAT_S
                nursery.start_soon(self._tell, stream, "", POMClientAlive())

    async def _tell(self, stream: Stream, agent_id: str, command: object) -> None:
        """Send a command of the library's own; a broken connection shows elsewhere."""
        try:
            await self._exchange(stream, agent_id, command)
        except CommandError as error:
            logger.debug("%s", error)

    def _take(self, wire: ClientConnection, data: bytes, nursery: trio.Nursery) -> bool:
        """Hand on all messages of one read; False when nothing more is to be read."""
        peer = text_of(self.address)
        try:
            for message in wire.receive(data):
                match message:
                    case ResponseReceived():
                        log_received(peer, message.request_id, message.agent_id, message.response)
                        self._answered(message)
                    case NotificationReceived(agent_id=agent_id, notification=notification):
                        log_received(peer, None, agent_id, notification)
                        if isinstance(notification, POMConnectionClosed):
                            self.fault = f"the server closed the connection: {notification.reason}"
                            return False
                        self._notified(agent_id, notification, nursery)
                    case UnknownReceived(name=name):
                        logger.warning("%s sent %s, which this library does not know", peer, name)
        except RemoteProtocolError as error:
            self.fault = f"the server broke the protocol: {error}"
            return False
        return True

    def _answered(self, message: ResponseReceived) -> None:
        pending = self._pending.get(message.request_id)
        if pending is None:
            return  # whoever asked has stopped waiting
        expected = RESPONSES[f"{type(pending.command).__name__}RESP"]
        if type(message.response) is not expected:
            raise RemoteProtocolError(
                f"{type(message.response).__name__} has the id of a {type(pending.command).__name__}"
            )
        inbox = self.inboxes.get(pending.agent_id)
        if inbox is not None:
            inbox.answered(pending.command, message.response)
        if isinstance(message.response, AgentSDKConnectedRESP):
            self._welcomed(message.response)
        pending.response = message.response
        pending.done.set()

    def _welcomed(self, response: AgentSDKConnectedRESP) -> None:
        # Here and not where it was asked for: whoever is told POMAvailable next may send at once.
        if response.result is ResultCode.SUCCESS:
            self._directory.update(response.zones)
            self._ready.set()
            self.first_try.set()

    def _notified(self, agent_id: str, notification: Event, nursery: trio.Nursery) -> None:
        if isinstance(notification, POMAvailable):
            self.zones.add(notification.zone_name)
        if agent_id:
            inbox = self.inboxes.get(agent_id)
            inboxes = [] if inbox is None else [inbox]
        else:
            inboxes = list(self.inboxes.values())
        for inbox in inboxes:
            answer = inbox.notified(notification)
            if answer is not None and self._stream is not None:
                nursery.start_soon(self._tell, self._stream, inbox.agent_id, answer)


def _encode(request_id: int, agent_id: str, command: object) -> bytes:
    """Encode a command, and read it again as the server will.

    Raises:
        CommandError: 9997, it would be refused; 9996, it does not fit a frame.
    """
    cls = type(command)
    spec = COMMANDS.get(cls.__name__)
    if spec is None or spec.cls is not cls:
        text = f"{cls.__name__} is no command."
        raise CommandError(command, agent_id, ResultCode.INVALID_ARGUMENT, text)
    try:
        data = command_bytes(request_id, agent_id, command)
        decode_args(cls, unpack(data[HEADER_BYTES:])["args"])
    except Exception as error:  # a wrong type fails in many ways, in the codec and beneath it
        too_large = isinstance(error, ValueError) and not isinstance(error, UnicodeError)
        code = ResultCode.SDK_FAILURE if too_large else ResultCode.INVALID_ARGUMENT
        text = f"{code.text.removesuffix('.')}: {error}."
        raise CommandError(command, agent_id, code, text) from None
    return data


def _told(error: Exception) -> str:
    """Return what a person wants to know of an error; trio wraps those of each address tried."""
    cause: BaseException | None = error.__cause__
    if isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    return str(error) or type(error).__name__
