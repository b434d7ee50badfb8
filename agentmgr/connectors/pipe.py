"""What goes between the manager and the process of a plug-in: frames of msgpack, their length in front."""

import struct
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import attrs
import msgpack  # type: ignore[import-untyped]

from agentmgr.connectors.protocols import VALUES

MAX_FRAME_BYTES = 16 * 1024 * 1024
LENGTH = struct.Struct(">I")
_VALUE = "__value__"


class BadFrame(ValueError):
    """What came is no frame of ours, or says what is not allowed."""


def encode(message: Any) -> bytes:
    """Return a frame with a message of plain values and those of `VALUES`.

    Raises:
        BadFrame: it has something else in it, or is too long.
    """
    try:
        body: bytes = msgpack.packb(message, default=_plain, datetime=True, strict_types=True)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadFrame(f"cannot be sent to another process: {error}") from None
    if len(body) > MAX_FRAME_BYTES:
        raise BadFrame(f"has {len(body)} bytes; allowed: {MAX_FRAME_BYTES} at a time")
    return LENGTH.pack(len(body)) + body


def decode(body: bytes) -> Any:
    """Return the message of a frame.

    Raises:
        BadFrame: it is none.
    """
    try:
        return msgpack.unpackb(body, object_hook=_value, timestamp=3)
    except (TypeError, ValueError, msgpack.UnpackException) as error:
        raise BadFrame(str(error)) from None


def _plain(value: Any) -> Any:
    if type(value) in VALUES.values():
        fields = {each.name: getattr(value, each.name) for each in attrs.fields(type(value))}
        return {_VALUE: type(value).__name__, **fields}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError(f"the time {value} is in no time zone")
        return value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple | list | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no value for it")


def _value(found: dict[str, Any]) -> Any:
    name = found.pop(_VALUE, None)
    if name is None:
        return found
    return VALUES[name](**found)
