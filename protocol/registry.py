"""The registry of all messages: their classes, the spelling of their fields, the codes they can meet."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import attrs

from protocol.results import ResultCode

T = TypeVar("T")

VERSION = 1
"""The version of the wire that this package speaks."""

MAX_VALUE_BYTES = 16_000
"""The largest msgpack value in one frame, its four length bytes not counted."""

UNPROVEN_VALUE_BYTES = 4_096
"""The largest one from a client before an agent, or a service, has logged on over its connection."""

NO_LOGON = "nobody has logged on"
"""How the reason begins with which such a connection is closed in the end."""

MAX_LIST_ITEMS = 1024
MAX_MAP_KEYS = 256
MAX_AGENT_ID_CHARACTERS = 64

HEARTBEAT_S = 30
"""How often a client shows that it lives."""

SILENCE_LIMIT_S = 90
"""How long nothing may come on a connection before it is given up."""


def wire(
    name: str | None = None,
    doc: str = "",
    *,
    default: Any = attrs.NOTHING,
    factory: Callable[[], Any] | None = None,
    invalid: ResultCode = ResultCode.BAD_DATA,
    secret: bool = False,
    is_time: bool = False,
) -> Any:
    """Declare a field of a message or structure.

    Args:
        name: spelling on the wire; without it the camelCase of the attribute.
        doc: meaning and unit, for the generated reference.
        default: value when the field is absent; a field without default is required.
        factory: makes the default where it is mutable or empty.
        invalid: result code when the field is null or malformed.
        secret: whether the value is kept out of `repr`, and so out of logs.
        is_time: whether it is a time as `protocol.times` writes it.
    """
    metadata = {"wire": name, "doc": doc, "invalid": invalid, "is_time": is_time}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata, repr=not secret)
    return attrs.field(default=default, metadata=metadata, repr=not secret)


def wire_name(attribute: "attrs.Attribute[Any]") -> str:
    """Return how a field is spelled on the wire."""
    explicit = attribute.metadata.get("wire")
    if explicit:
        return str(explicit)
    first, *rest = attribute.name.split("_")
    return first + "".join(part.capitalize() for part in rest)


@attrs.frozen
class CommandSpec:
    """One command of the registry.

    `for_agent` is False for what a connection may ask before any agent is logged on.
    `codes` are the results of its own, beside those that every command can meet.
    """

    name: str
    cls: type[Any]
    resp: type[Any]
    for_agent: bool
    codes: tuple[ResultCode, ...]


COMMANDS: dict[str, CommandSpec] = {}
RESPONSES: dict[str, type[Any]] = {}
NOTIFICATIONS: dict[str, type[Any]] = {}


def command(resp: type[Any], *codes: int, for_agent: bool = True) -> Callable[[type[T]], type[T]]:
    """Register a command class under its own name together with its RESP class."""

    def register(cls: type[T]) -> type[T]:
        name = cls.__name__
        if name in COMMANDS:
            raise ValueError(f"command {name} is registered twice")
        if resp.__name__ != f"{name}RESP":
            raise ValueError(f"the RESP of {name} must be called {name}RESP, not {resp.__name__}")
        COMMANDS[name] = CommandSpec(name, cls, resp, for_agent, _codes(codes))
        RESPONSES[resp.__name__] = resp
        return cls

    return register


def notification(cls: type[T]) -> type[T]:
    """Register a notification class under its own name."""
    if cls.__name__ in NOTIFICATIONS:
        raise ValueError(f"notification {cls.__name__} is registered twice")
    NOTIFICATIONS[cls.__name__] = cls
    return cls


def _codes(numbers: Iterable[int]) -> tuple[ResultCode, ...]:
    return tuple(ResultCode(number) for number in numbers)
