"""What a switch in a process of its own and its managers say to each other, in frames of the desktops' wire.

A frame holds one map: what it is under `is`, and its fields. The switch begins with a `Challenge`, the
manager answers with a `Hello` for one zone, both prove that they know the secret. Then orders go one way and
events the other, each numbered from 1; each side keeps what it sent until the other says that it has it, so
that a new connection loses and doubles none.
"""

import hmac
import math
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, StrEnum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import attrs

from agentmgr.core.effects import TELEPHONY_ORDERS
from agentmgr.core.events import TelephonyEvent
from protocol.codec import pack, unpack
from protocol.errors import RemoteProtocolError
from protocol.framing import frame
from protocol.values import frozen

VERSION = 1

IDS_AT_A_TIME = 100
"""How many ids of legs a message has at most: they have 64 characters and hardly more, a frame 16,000."""


def portions(ids: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield ids as many as a message may have, and whether there are more; once, if there are none."""
    for start in range(0, len(ids) or 1, IDS_AT_A_TIME):
        yield ids[start : start + IDS_AT_A_TIME], start + IDS_AT_A_TIME < len(ids)


class Refusal(StrEnum):
    """Why the switch does not serve a manager."""

    Version = "version"
    Secret = "secret"
    Stale = "stale"
    Superseded = "superseded"
    Full = "full"


@frozen
class Challenge:
    """The first word of the switch; what the other side proves has this in it."""

    version: int
    nonce: str


@frozen
class Hello:
    """A manager that owns a zone, or believes so.

    Attributes:
        life: counted up when the manager has given everything up and begins again.
        attempt: counted up at each connection: one that comes late takes nothing from a later one.
        heard: the number of the last event that the manager has.
    """

    zone: str
    era: int
    epoch: int
    life: int
    attempt: int
    heard: int
    nonce: str
    proof: str = ""


@frozen
class Welcome:
    """The manager has the zone.

    Attributes:
        resumed: whether the switch goes on with the life that the manager named; else all counts begin anew.
        done: the number of the last order that was carried out.
        confirms: whether the switch confirms orders.
        speed: how much faster than real time its customers live.
    """

    proof: str
    resumed: bool
    done: int
    confirms: bool
    speed: float


@frozen
class Refused:
    """The connection is over, or will be."""

    reason: Refusal
    why: str


@frozen
class Order:
    """Carry an order out, by the token of the zone's owner."""

    number: int
    era: int
    epoch: int
    order: Any


@frozen
class Keep:
    """End all of the zone but these; numbered as an order. With `more`, the next one goes on."""

    number: int
    era: int
    epoch: int
    ids: tuple[str, ...]
    more: bool


@frozen
class Happened:
    """Something that the zone is to be told."""

    number: int
    event: Any


@frozen
class Kept:
    """Those that live, in answer to `Keep`; numbered as an event. With `more`, the next one goes on."""

    number: int
    ids: tuple[str, ...]
    more: bool


@frozen
class Done:
    """All orders up to this one were taken."""

    number: int


@frozen
class Heard:
    """All events up to this one were taken."""

    number: int


@frozen
class Beat:
    """A sign of life."""


@frozen
class AskStatus:
    """Instead of a `Hello`: how is each zone?"""

    nonce: str
    proof: str = ""


@frozen
class ZoneStatus:
    """How a zone is at the switch.

    Attributes:
        connected: whether its owner is.
        calls, lines: legs of customers and of agents, ringing ones included.
        talks: customers who hear somebody.
        orders: how many were carried out, for any owner.
        takeovers: how many owners it has had.
        stale_orders: how many were refused because they were of an owner that it was taken from.
    """

    zone: str
    era: int
    epoch: int
    connected: bool
    calls: int
    lines: int
    talks: int
    orders: int
    takeovers: int
    stale_orders: int


@frozen
class StatusEnd:
    """There are no more zones."""


MESSAGES: tuple[type[Any], ...] = (
    Challenge,
    Hello,
    Welcome,
    Refused,
    Order,
    Keep,
    Happened,
    Kept,
    Done,
    Heard,
    Beat,
    AskStatus,
    ZoneStatus,
    StatusEnd,
)
"""All that a frame may hold; orders and events stand inside of some."""

EVENTS: tuple[type[Any], ...] = get_args(TelephonyEvent)


# -- messages to frames and back ---------------------------------------------------------------


def encode(message: Any) -> bytes:
    """Return a message as a frame."""
    return frame(pack(_plain(message)))


def decode(value: bytes) -> Any:
    """Return the message that a frame's value holds.

    Raises:
        RemoteProtocolError: it holds none; the connection cannot go on.
    """
    return _decode_one_of(_NAMED_MESSAGES, unpack(value))


def _plain(value: Any) -> Any:
    cls = value.__class__
    if cls in _NAMES:
        return {"is": _NAMES[cls], **{name: _plain(getattr(value, name)) for name in _fields(cls)}}
    if cls is tuple:
        return list(value)
    return value.name if isinstance(value, Enum) else value


def _named(classes: tuple[type[Any], ...]) -> dict[str, type[Any]]:
    named = {each.__name__: each for each in classes}
    if len(named) != len(classes):
        raise RuntimeError("two of these have the same name")
    return named


_NAMED_MESSAGES = _named(MESSAGES)
_NAMED_ORDERS = _named(TELEPHONY_ORDERS)
_NAMED_EVENTS = _named(EVENTS)
_NAMES = {cls: cls.__name__ for cls in (*MESSAGES, *TELEPHONY_ORDERS, *EVENTS)}

_INNER: Mapping[str, Mapping[str, type[Any]]] = {"order": _NAMED_ORDERS, "event": _NAMED_EVENTS}
"""What stands in fields that may be of one of many classes."""


@cache
def _fields(cls: type[Any]) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in attrs.fields(cls))


def _decode_one_of(named: Mapping[str, type[Any]], value: Any) -> Any:
    if value.__class__ is not dict or value.get("is").__class__ is not str:
        raise RemoteProtocolError("a map is needed that says what it is")
    cls = named.get(value["is"])
    if cls is None:
        raise RemoteProtocolError(f"{value['is'][:64]!r} is not known here")
    found = {}
    for name, required, read in _readers(cls):  # type: ignore[arg-type]  # a class is hashable
        if name in value:
            found[name] = read(value[name])
        elif required:
            raise RemoteProtocolError(f"{cls.__name__} lacks {name}")
    return cls(**found)


@cache
def _readers(cls: type[Any]) -> tuple[tuple[str, bool, Callable[[Any], Any]], ...]:
    return tuple(_reader_of_each(cls))


def _reader_of_each(cls: type[Any]) -> Iterator[tuple[str, bool, Callable[[Any], Any]]]:
    hints = get_type_hints(cls)
    for attribute in attrs.fields(cls):
        name = attribute.name
        yield name, attribute.default is attrs.NOTHING, _reader(f"{cls.__name__}.{name}", name, hints[name])


def _reader(where: str, name: str, kind: Any) -> Callable[[Any], Any]:
    """Return what reads a field strictly."""

    def need(is_so: bool, what: str) -> None:
        if not is_so:
            raise RemoteProtocolError(f"{where} must be {what}")

    def exact(value: Any) -> Any:
        need(value.__class__ is kind, f"of type {kind.__name__}")
        return value

    def number(value: Any) -> float:
        need(value.__class__ in (int, float) and math.isfinite(value), "a number")
        return float(value)

    def texts(value: Any) -> tuple[str, ...]:
        need(value.__class__ is list and {*map(type, value)} <= {str}, "a list of texts")
        return tuple(value)

    def member(value: Any) -> Any:
        need(value.__class__ is str and value in kind.__members__, f"one of {[*kind.__members__]}")
        return kind[value]

    if name in _INNER:
        return lambda value: _decode_one_of(_INNER[name], value)
    if kind is float:
        return number
    if get_origin(kind) is tuple:
        return texts
    return member if issubclass(kind, Enum) else exact


# -- proofs --------------------------------------------------------------------------------------


M = TypeVar("M", Hello, AskStatus)


def signed(message: M, secret: bytes, challenge: str) -> M:
    """Return a manager's first message with its proof."""
    return attrs.evolve(message, proof=proof(secret, challenge, message))


def proof(secret: bytes, challenge: str, message: Hello | AskStatus) -> str:
    """Return what proves that a manager's first message is from somebody who knows the secret."""
    return _sign(secret, "manager", challenge, _plain(attrs.evolve(message, proof="")))


def counter_proof(secret: bytes, challenge: str, nonce: str) -> str:
    """Return what proves the same of the switch."""
    return _sign(secret, "switch", challenge, nonce)


def is_proof(given: str, expected: str) -> bool:
    """Compare two proofs in a time that tells nothing of them."""
    return hmac.compare_digest(given.encode(), expected.encode())


def _sign(secret: bytes, *what: Any) -> str:
    return hmac.new(secret, pack(what), "sha256").hexdigest()
