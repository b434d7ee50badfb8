"""Frames of STOMP 1.2, written and read."""

from collections.abc import Iterator, Mapping

from attrs import field, frozen

MAX_FRAME_BYTES = 1024 * 1024
_ESCAPES = {"\\": "\\\\", "\r": "\\r", "\n": "\\n", ":": "\\c"}
_UNESCAPES = {escape: plain for plain, escape in _ESCAPES.items()}
_UNESCAPED = ("CONNECT", "CONNECTED")
"""The frames whose headers are as they stand."""


class BadStomp(ValueError):
    """What came is no frame."""


@frozen
class Frame:
    """A frame; of headers that are repeated the first one counts."""

    command: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"")

    def __bytes__(self) -> bytes:
        escaped = self.command not in _UNESCAPED
        lines = [self.command]
        for name, value in self.headers.items():
            lines.append(f"{_escape(name)}:{_escape(value)}" if escaped else f"{name}:{value}")
        if self.body:
            lines.append(f"content-length:{len(self.body)}")
        return "\n".join((*lines, "", "")).encode() + self.body + b"\0"


def _escape(text: str) -> str:
    return "".join(_ESCAPES.get(each, each) for each in text)


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    parts, rest = [], text
    while rest:
        before, backslash, after = rest.partition("\\")
        parts.append(before)
        if backslash:
            escape = "\\" + after[:1]
            if escape not in _UNESCAPES:
                raise BadStomp(f"the header {text!r} has {escape!r} in it")
            parts.append(_UNESCAPES[escape])
        rest = after[1:]
    return "".join(parts)


class FrameReader:
    """Cuts what comes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes | bytearray) -> Iterator[Frame]:
        """Take data in, and yield the frames that are whole.

        Raises:
            BadStomp: it is no STOMP, or a frame is too long.
        """
        self._buffer += data
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> Frame | None:
        start = 0
        while bytes(self._buffer[start : start + 1]) in (b"\n", b"\r"):  # between frames: signs of life
            start += 1
        del self._buffer[:start]
        head, separator, _ = bytes(self._buffer).replace(b"\r\n", b"\n").partition(b"\n\n")
        if not separator:
            if len(self._buffer) > MAX_FRAME_BYTES:
                raise BadStomp("a frame without an end")
            return None
        command, headers = self._read_head(head)
        begin = self._end_of_head()
        if "content-length" in headers:
            text = headers["content-length"]
            if not (text.isdecimal() and text.isascii()) or int(text) > MAX_FRAME_BYTES:
                raise BadStomp(f"a body of {text!r} bytes")
            end = begin + int(text)
            if len(self._buffer) <= end:
                return None
            if self._buffer[end] != 0:
                raise BadStomp("a body that does not end where it should")
        else:
            end = self._buffer.find(0, begin)
            if end < 0:
                if len(self._buffer) > MAX_FRAME_BYTES:
                    raise BadStomp("a body without an end")
                return None
        body = bytes(self._buffer[begin:end])
        del self._buffer[: end + 1]
        return Frame(command, headers, body)

    def _end_of_head(self) -> int:
        ends = [(self._buffer.find(mark), len(mark)) for mark in (b"\n\n", b"\n\r\n")]
        at, length = min(end for end in ends if end[0] >= 0)
        return at + length

    def _read_head(self, head: bytes) -> tuple[str, dict[str, str]]:
        try:
            command, *lines = head.decode().split("\n")
        except UnicodeDecodeError:
            raise BadStomp("headers that are not UTF-8") from None
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadStomp(f"the header {line[:60]!r}")
            if command not in _UNESCAPED:
                name, value = _unescape(name), _unescape(value)
            headers.setdefault(name, value)
        return command, headers
