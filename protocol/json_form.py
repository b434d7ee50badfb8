"""Frames as texts of JSON, as pages in a browser exchange them: the same values, key for key."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from protocol.codec import pack, refuse_duplicates, unpack
from protocol.errors import RemoteProtocolError
from protocol.framing import HEADER_BYTES, FrameDecoder
from protocol.registry import MAX_VALUE_BYTES

MAX_CHARACTERS = 2 * MAX_VALUE_BYTES
"""How long the text of a message may be: JSON writes a line break of a note with two characters."""

MAX_FRAMES = 64
"""In how many frames of a WebSocket a message may come, pings between them counted."""


def frame_of(text: str) -> bytes:
    """Turn a text into the frame that it stands for; whether that is one of this wire its reader judges.

    Raises:
        RemoteProtocolError: it is no JSON, or what msgpack cannot say; the connection cannot go on.
    """
    if len(text) > MAX_CHARACTERS:
        raise RemoteProtocolError(f"a message has more than {MAX_CHARACTERS} characters")
    try:
        value = pack(_read(text))
    except (ValueError, OverflowError, RecursionError) as error:
        raise RemoteProtocolError(f"a message is not one usable value of JSON: {str(error)[:120]}") from None
    return len(value).to_bytes(HEADER_BYTES) + value


def texts_of(frames: bytes) -> Iterator[str]:
    """Yield the texts of whole frames, as this package writes them."""
    for value in FrameDecoder().feed(frames):
        yield _write(unpack(value))


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"this wire has no {text[:40]}")


_read: Any = json.JSONDecoder(
    object_pairs_hook=refuse_duplicates, parse_float=_no_float, parse_constant=_no_float
).decode
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
