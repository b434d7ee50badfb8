"""A connection without its transport: bytes in, messages out, and the other way round.

A frame holds one map. Every message has `name`, `agentID` (empty for what concerns the connection
alone) and `args`; a command has an `id` besides, which its RESP repeats.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar, get_origin, get_type_hints

import attrs

from protocol import commands, notifications
from protocol.codec import MAX_INT, decode_args, encode_args, pack, pack_args, packed_args, unpack_message
from protocol.errors import ArgumentError, RemoteProtocolError
from protocol.framing import FrameDecoder, frame
from protocol.registry import COMMANDS, MAX_AGENT_ID_CHARACTERS, NOTIFICATIONS, RESPONSES, CommandSpec
from protocol.results import ResultCode
from protocol.values import frozen

MAX_NAME_CHARACTERS = 64


M = TypeVar("M")
C = TypeVar("C")


@frozen
class CommandReceived:
    """A well-formed command; `agent_id` is empty when it concerns the connection alone."""

    request_id: int
    agent_id: str
    command: Any


@frozen
class CommandRefused:
    """A command that cannot be decoded, to be answered with `code`; the connection goes on.

    `fault` is there if it is not the sender's but ours.
    """

    request_id: int
    agent_id: str
    name: str
    code: ResultCode
    why: str
    fault: Exception | None = None


@frozen
class ResponseReceived:
    """A RESP, with the id of the command it answers."""

    request_id: int
    agent_id: str
    response: Any


@frozen
class NotificationReceived:
    """A notification; `agent_id` is empty when it concerns the connection alone."""

    agent_id: str
    notification: Any


@frozen
class UnknownReceived:
    """A RESP to an unknown command, or a notification of a newer server; to be ignored or logged."""

    name: str
    request_id: int | None
    agent_id: str
    result: ResultCode | None


class _Connection(ABC, Generic[M]):
    """Bytes in, messages out; after the first fault nothing but that fault."""

    def __init__(self) -> None:
        self._frames = FrameDecoder()
        self._fault = ""

    def receive(self, data: bytes) -> Iterable[M]:
        """Return the messages that `data` completes; they are read while they are gone through, once.

        Raises:
            RemoteProtocolError: a frame or its envelope is unusable; raised by this, or when its turn has
                come. What came before it was returned; nothing can be read after it.
        """
        if self._fault:
            raise RemoteProtocolError(self._fault)
        value = self._frames.whole(data)
        if value is None:
            return self._read_all(self._frames.feed(data))
        try:
            return (self._read(unpack_message(value)),)  # as nearly always
        except RemoteProtocolError as fault:
            self._fault = str(fault)
            raise

    def _read_all(self, values: Iterable[bytes]) -> Iterator[M]:
        try:
            for value in values:
                yield self._read(unpack_message(value))
        except RemoteProtocolError as fault:
            self._fault = str(fault)
            raise

    @abstractmethod
    def _read(self, value: Any) -> M:
        """Make a message of an unpacked value."""

    def limit_frames(self, max_bytes: int) -> None:
        """Take no longer frames than this from now on."""
        self._frames.max_bytes = max_bytes

    @property
    def pending_bytes(self) -> int:
        """How many bytes of an incomplete frame are held back."""
        return self._frames.pending_bytes


class CommandReader(_Connection[C | CommandRefused]):
    """The server's end: reads commands. After a fault only `closing_bytes` may be sent.

    Args:
        received: makes of request id, agent id and command what a well-formed command is to its reader.
    """

    def __init__(self, received: Callable[[int, str, Any], C]) -> None:
        super().__init__()
        self._received = received

    def _read(self, value: Any) -> C | CommandRefused:
        name, agent_id, args = _envelope(value)
        request_id = value.get("id")
        if request_id.__class__ is not int or not 0 <= request_id <= MAX_INT:
            raise RemoteProtocolError("a command has no id, or one that is not an integer from 0 to 2^53-1")
        spec = COMMANDS.get(name)
        try:
            if spec is None:
                raise ArgumentError(ResultCode.UNKNOWN_COMMAND, "there is no command of this name")
            command = decode_args(spec.cls, args)
            if spec.for_agent and not agent_id:
                raise ArgumentError(ResultCode.TOO_FEW_ARGUMENTS, f"{name} lacks agentID")
            return self._received(request_id, agent_id, command)
        except ArgumentError as error:
            return CommandRefused(request_id, agent_id, name[:MAX_NAME_CHARACTERS], error.code, str(error))
        except Exception as fault:  # whom it is of can be told, so it costs that command alone
            return CommandRefused(
                request_id, agent_id, name[:MAX_NAME_CHARACTERS], ResultCode.NOT_PROCESSED, "", fault
            )


class ServerConnection(CommandReader[CommandReceived]):
    """The server's end for who wants no events of its own: reads `CommandReceived`."""

    def __init__(self) -> None:
        super().__init__(CommandReceived)


class ClientConnection(_Connection[ResponseReceived | NotificationReceived | UnknownReceived]):
    """The client's end: reads RESPs and notifications."""

    def _read(self, value: Any) -> ResponseReceived | NotificationReceived | UnknownReceived:
        return _from_server(value)


def command_bytes(request_id: int, agent_id: str, command: Any) -> bytes:
    """Encode a command into a frame.

    Raises:
        ValueError: it does not fit a frame.
    """
    name = type(command).__name__
    return frame(
        pack(
            {
                "name": name,
                "id": request_id,
                "agentID": agent_id,
                "args": encode_args(command),
            }
        )
    )


def response_bytes(request_id: int, agent_id: str, response: Any) -> bytes:
    """Encode a RESP into a frame.

    Raises:
        ValueError: it does not fit a frame.
    """
    cls = response.__class__
    if cls in _SESSION_RESP_START and response.session_id is not None:
        # Most RESPs hold no more than this, and desktops wait for them: put together from parts.
        value = (
            _SESSION_RESP_START[cls]
            + pack(request_id)
            + _AGENT_ID_KEY
            + pack(agent_id)
            + _SESSION_RESP_ARGS[response.result]
            + pack(response.session_id)
        )
        return frame(value)
    args = pack_args(response) if cls in _LIST_RESPS else pack(encode_args(response))
    head = {"name": cls.__name__, "id": request_id, "agentID": agent_id}
    return frame(b"\x84" + pack(head)[1:] + _ARGS_KEY + args)


def refusal_bytes(request_id: int, agent_id: str, command_name: str, code: ResultCode) -> bytes:
    """Encode the RESP, with nothing but its result, to a command of whatever name."""
    name = f"{command_name[:MAX_NAME_CHARACTERS]}RESP"
    return frame(
        pack(
            {
                "name": name,
                "id": request_id,
                "agentID": agent_id,
                "args": {"result": int(code)},
            }
        )
    )


_ARGS_KEY = pack("args")
_AGENT_ID_KEY = pack("agentID")
_SESSION_RESP_START = {
    cls: b"\x84" + pack("name") + pack(name) + pack("id")
    for name, cls in RESPONSES.items()
    if attrs.fields_dict(cls).keys() == attrs.fields_dict(commands.SessionResp).keys()
}
_LIST_RESPS = frozenset(
    cls for cls in RESPONSES.values() if any(get_origin(tp) is tuple for tp in get_type_hints(cls).values())
)
"""Those that may have a list which is kept as it is sent."""
_SESSION_RESP_ARGS = {
    code: _ARGS_KEY + b"\x82" + pack("result") + pack(int(code)) + pack("sessionID") for code in ResultCode
}


def notification_bytes(agent_id: str, message: Any) -> bytes:
    """Encode a notification into a frame.

    Raises:
        ValueError: it does not fit a frame.
    """
    cls = message.__class__
    if cls in _REMEMBERED:
        # A desktop gets these at every change of state, or many at once, and there are few different
        # ones: the map is put together from its parts so that the expensive one is encoded once.
        value = _ENVELOPE_START[cls] + pack(agent_id) + _ARGS_KEY + packed_args(message)
    else:
        value = pack({"name": cls.__name__, "agentID": agent_id, "args": encode_args(message)})
    return frame(value)


_REMEMBERED = frozenset(
    {
        notifications.AGTStateChangedNotify,
        notifications.AGTCallStateChangedNotify,
        notifications.AGTCapabilitiesChanged,
        notifications.AGTAgentLoggedOut,
        notifications.GetAgentStatus,
    }
)
_ENVELOPE_START = {cls: b"\x83" + pack("name") + pack(cls.__name__) + pack("agentID") for cls in _REMEMBERED}


def closing_bytes(reason: str) -> bytes:
    """Encode the last message of a server on a connection."""
    return notification_bytes("", notifications.POMConnectionClosed(reason[:500]))


def _from_server(value: Any) -> ResponseReceived | NotificationReceived | UnknownReceived:
    name, agent_id, args = _envelope(value)
    request_id = value.get("id")
    if request_id is None:
        cls = NOTIFICATIONS.get(name)
    elif request_id.__class__ is int:
        cls = RESPONSES.get(name)
    else:
        raise RemoteProtocolError(
            f"the server sent {name[:MAX_NAME_CHARACTERS]!r} with an id that is no integer"
        )
    try:
        if cls is None:
            result = decode_args(commands.Resp, args).result if "result" in args else None
            return UnknownReceived(name[:MAX_NAME_CHARACTERS], request_id, agent_id, result)
        message = decode_args(cls, args)
    except ArgumentError as error:
        text = f"the server sent an unusable {name[:MAX_NAME_CHARACTERS]}: {error}"
        raise RemoteProtocolError(text) from None
    if request_id is None:
        return NotificationReceived(agent_id, message)
    return ResponseReceived(request_id, agent_id, message)


def _envelope(value: Any) -> tuple[str, str, dict[str, Any]]:
    if value.__class__ is not dict:
        raise RemoteProtocolError(f"a message must be a map, not {type(value).__name__}")
    name = value.get("name")
    agent_id = value.get("agentID", "")
    args = value.get("args", {})
    if name.__class__ is not str or not name:
        raise RemoteProtocolError("a message has no name")
    if agent_id.__class__ is not str or len(agent_id) > MAX_AGENT_ID_CHARACTERS:
        raise RemoteProtocolError(
            f"an agentID must be a string of at most {MAX_AGENT_ID_CHARACTERS} characters"
        )
    if args.__class__ is not dict:
        raise RemoteProtocolError("the args of a message must be a map")
    return name, agent_id, args


def failed(spec: CommandSpec, code: ResultCode) -> commands.Resp:
    """Build the RESP of a command that was refused with `code`."""
    response: commands.Resp = spec.resp(result=code)
    return response
