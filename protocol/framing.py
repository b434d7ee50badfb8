"""Frames: four bytes of length, big-endian, then one msgpack value of at most 16000 bytes."""

from collections.abc import Iterator
from struct import Struct

from protocol.errors import RemoteProtocolError
from protocol.registry import MAX_VALUE_BYTES

HEADER_BYTES = 4
_HEADER = Struct(">I")


def frame(value: bytes) -> bytes:
    """Put the length in front of an encoded value.

    Raises:
        ValueError: the value is larger than a frame may be; ours to prevent, never the peer's fault.
    """
    if len(value) > MAX_VALUE_BYTES:
        raise ValueError(f"a value of {len(value)} bytes does not fit a frame of {MAX_VALUE_BYTES}")
    return len(value).to_bytes(HEADER_BYTES) + value


class FrameDecoder:
    """Cuts received bytes into the values of whole frames; holds back what is incomplete.

    It never holds more than one incomplete frame, and judges a length before its bytes arrive.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self.max_bytes = MAX_VALUE_BYTES
        """How long a frame may be."""
        self.pending_bytes = 0
        """How many bytes of an incomplete frame are held back: the end of the buffer."""

    def whole(self, data: bytes) -> bytes | None:
        """Return the value of `data` if that is one frame and nothing waits; otherwise it is to be fed."""
        length = len(data) - HEADER_BYTES
        if self.pending_bytes or not 0 < length <= self.max_bytes:
            return None
        return data[HEADER_BYTES:] if int.from_bytes(data[:HEADER_BYTES]) == length else None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the values of all frames that `data` completes; what is not taken comes the next time.

        Raises:
            RemoteProtocolError: a length is 0 or above the limit; nothing after it can be read.
        """
        self._buffer = self._buffer[len(self._buffer) - self.pending_bytes :] + data
        self.pending_bytes = len(self._buffer)
        return self._cut()

    def _cut(self) -> Iterator[bytes]:
        buffer, start = self._buffer, 0
        end = len(buffer)
        while end - start >= HEADER_BYTES:
            (length,) = _HEADER.unpack_from(buffer, start)
            start += HEADER_BYTES
            if not 0 < length <= self.max_bytes:
                raise RemoteProtocolError(f"a frame claims {length} bytes; allowed are 1 to {self.max_bytes}")
            stop = start + length
            if stop > end:
                break
            self.pending_bytes = end - stop
            yield buffer[start:stop]
            start = stop
