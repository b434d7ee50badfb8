"""Frames that no client would send: bits of good ones turned, values out of place, nothing but bytes.

The same seed gives the same frames.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from protocol.codec import pack, unpack
from protocol.connection import ServerConnection
from protocol.errors import RemoteProtocolError
from protocol.examples import command_examples
from protocol.framing import HEADER_BYTES, frame
from protocol.registry import COMMANDS

UNREADABLE = (2**53, -(2**63))
"""Values after which a connection ends."""
AGENTS = ("1001", "1002", "1003", "", "nobody", "x" * 64, "\u202e1001")
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, "", "0", "1001", "Default", "North", "\0", "\r\n",
    "' OR 1=1 --", "x" * 300, "\ud7ff\U0010ffff", [], {}, [[]] * 3, {"a": {"b": {}}}, ["1001"] * 50,
)  # fmt: skip


class Frames:
    """Makes frames without end."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._good = [command_examples(name)[0].frame[HEADER_BYTES:] for name in COMMANDS]

    def __iter__(self) -> Iterator[bytes]:
        while True:
            kind = self._chance.random()
            if kind < 0.06:
                yield self._turned()
            elif kind < 0.98:  # most can be read: what is behind the reader is to see them
                yield self._misplaced()
            elif kind < 0.99:
                yield frame(self._chance.randbytes(self._chance.randint(1, 200)))
            else:
                yield self._chance.randbytes(self._chance.randint(1, 200))

    def _turned(self) -> bytes:
        """Turn a few bits of a good frame, its length too."""
        data = bytearray(frame(self._chance.choice(self._good)))
        for _ in range(self._chance.choice((1, 1, 1, 2, 5))):
            data[self._chance.randrange(len(data))] ^= 1 << self._chance.randrange(8)
        return bytes(data)

    def _misplaced(self) -> bytes:
        """Give a command whatever values, for whatever agent, in whatever state."""
        chance = self._chance
        message = unpack(chance.choice(self._good))
        message["id"] = chance.choice((0, 7, 7, 8, 2**31, 2**53 - 1))
        message["agentID"] = chance.choice((*AGENTS[:3], *AGENTS))
        args = message["args"]
        for key in list(args):
            if chance.random() < 0.3:
                args[key] = chance.choice(VALUES)
            elif chance.random() < 0.1:
                del args[key]
        if chance.random() < 0.02:
            message[chance.choice(("id", "agentID", "y"))] = chance.choice((None, "x" * 65, *UNREADABLE))
        elif chance.random() < 0.02:
            message[chance.choice(("name", "args", "x"))] = chance.choice((*COMMANDS, *VALUES))
        try:
            return frame(pack(message))
        except (ValueError, OverflowError, TypeError):
            return frame(pack({"name": message.get("name"), "id": 7}))


def ends_its_connection(data: bytes) -> bool:
    """Tell whether nothing can be read after this, by the reader of the wire alone."""
    reader = ServerConnection()
    try:
        for _ in reader.receive(data):
            pass
    except RemoteProtocolError:
        return True
    return bool(reader.pending_bytes)
