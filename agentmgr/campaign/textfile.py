"""Text files from outside: their encoding is checked before anything is taken from them."""

import codecs
import csv
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.sheet import Row, as_written

DELIMITERS = (",", ";", "\t", "|")
STDIN = "-"
"""What stands for the standard input where a file is to be named."""
AUTO = "auto"
"""The encoding that the file's mark tells; UTF-8 where it has none."""

MAX_LINE_CHARACTERS = 1024 * 1024
COPY_BYTES = 65_536
_LINE_ENDS = (b"\n", b"\r")
_MOST_BYTES_A_CHARACTER = 4


# Whatever an encoding cannot read becomes this, which no text has, so that its line can be told.
_UNREADABLE = "\udcff"
_TO_UNREADABLE = "agentmgr.unreadable"
codecs.register_error(
    _TO_UNREADABLE, lambda error: (_UNREADABLE, error.end if isinstance(error, UnicodeDecodeError) else 0)
)
_MARKS: Mapping[bytes, str] = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""What a file begins with if a program wanted its encoding to be known; the longer ones first."""
_NEED_MARK = ("utf-16", "utf-32")
# Of these each byte is a character, so they read any file; text that is UTF-8 throughout was meant so.
_READ_ANYTHING = ("cp125", "iso8859", "koi8", "mac-")


@contextmanager
def open_text(path: Path, encoding: str = AUTO) -> Iterator[TextIO]:
    """Open a text file whose encoding was checked from the first to the last line.

    Args:
        path: a regular file, or `-`: what comes over the standard input is copied first, so that it too is
            checked before anything is taken of it.
        encoding: one that Python knows, or `auto`.

    Raises:
        ServiceError: it cannot be read, is not in that encoding, or has a line without end: with the line.
    """
    name = "utf-8" if encoding == AUTO else _known(encoding)
    with ExitStack() as stack:
        try:
            raw = _standard_input(stack) if str(path) == STDIN else stack.enter_context(_open_regular(path))
            name = _check_mark(path, name, raw.read(4), follow=encoding == AUTO)
            raw.seek(0)
            file = stack.enter_context(TextIOWrapper(raw, name, _TO_UNREADABLE, newline=""))
            _check_text(path, file, name)
            file.seek(0)
        except OSError as error:
            raise ServiceError(Cause.BAD_FILE, f"{path}: cannot be read: {error.strerror}") from None
        yield file


def _open_regular(path: Path) -> BinaryIO:
    # Not waiting: a named pipe that nobody writes into would keep us here for good.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a directory" if stat.S_ISDIR(mode) else "no regular file"
        raise ServiceError(
            Cause.BAD_FILE, f"{path}: is {kind}; give a file, or - to read the standard input to its end"
        )
    return os.fdopen(descriptor, "rb")


def _standard_input(stack: ExitStack) -> BinaryIO:
    if sys.stdin is None:
        raise ServiceError(Cause.BAD_FILE, f"{STDIN}: the standard input is closed; give a file")
    copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # the stack closes it
    line_bytes = 0
    while data := sys.stdin.buffer.read(COPY_BYTES):
        last = max(map(data.rfind, _LINE_ENDS))
        line_bytes = line_bytes + len(data) if last < 0 else len(data) - last
        if line_bytes > MAX_LINE_CHARACTERS * _MOST_BYTES_A_CHARACTER:
            raise _line_without_end(STDIN)
        copy.write(data)
    copy.seek(0)
    return copy


def _line_without_end(where: str) -> ServiceError:
    return ServiceError(
        Cause.BAD_FILE,
        f"{where}: a line has more than {MAX_LINE_CHARACTERS} characters; is it a text file with line ends?",
    )


def _known(encoding: str) -> str:
    """Return how Python calls an encoding; one that is no encoding of texts is none."""
    try:
        found = codecs.lookup(encoding)
        if encoding.isascii() and b"Az".decode(encoding, _TO_UNREADABLE):
            return found.name.removesuffix("-sig")
    except (LookupError, UnicodeError, ValueError):
        pass
    raise ServiceError(
        Cause.BAD_FILE,
        f"encoding {encoding[:50]!r}: there is none of that name; allowed are such as utf-8, utf-16, cp1252"
        " (Windows, western Europe), latin-1, cp1251, shift_jis, gb18030",
    )


def _check_mark(path: Path, name: str, start: bytes, *, follow: bool) -> str:
    """Return the encoding that also takes the mark away, if the file has one."""
    marked = next((meant for mark, meant in _MARKS.items() if start.startswith(mark)), "")
    if marked and not follow and not name.startswith(marked):
        how = "leave --encoding out" if marked == "utf-8" else f"say --encoding {marked}, or leave it out"
        raise ServiceError(
            Cause.BAD_FILE,
            f"{path}:1: not text in {_shown(name)}: it begins with the mark of {marked}; {how}",
        )
    if name in _NEED_MARK and not marked:
        raise ServiceError(
            Cause.BAD_FILE,
            f"{path}:1: not text in {name}: it does not begin with its mark; say {name}-le or {name}-be if it"
            " is so all the same, and leave --encoding out if it is UTF-8",
        )
    return "utf-8-sig" if marked == "utf-8" else marked or name


def _check_text(path: Path, file: TextIO, name: str) -> None:
    number = 0
    first_utf8, is_utf8 = 0, name.startswith(_READ_ANYTHING)
    for number, line in enumerate(_lines(file, str(path)), 1):
        if not line.isascii():
            if any("\ud800" <= c <= "\udfff" for c in line):
                raise ServiceError(Cause.BAD_FILE, _wrong_encoding(f"{path}:{number}", name))
            if is_utf8:
                is_utf8 = _reads_as_utf8(line.encode(name))
                first_utf8 = first_utf8 or number
        if "\0" in line:
            raise ServiceError(
                Cause.BAD_FILE,
                f"{path}:{number}: has a zero byte, so it is not a text file in {_shown(name)};"
                " save it as CSV in UTF-8, or name its encoding, such as --encoding utf-16-le",
            )
    if number == 0:
        raise ServiceError(Cause.BAD_FILE, f"{path}: the file is empty; its first line must name the columns")
    if is_utf8 and first_utf8:
        raise ServiceError(
            Cause.BAD_FILE,
            f"{path}:{first_utf8}: not text in {name}: here and in all other lines it is UTF-8;"
            " leave --encoding out",
        )


def _lines(file: TextIO, path: str) -> Iterator[str]:
    """Yield the lines of a file, however they end; none is longer than what can be kept."""
    number = 0
    while line := file.readline(MAX_LINE_CHARACTERS + 1):
        number += 1
        if len(line) > MAX_LINE_CHARACTERS:
            raise _line_without_end(f"{path}:{number}")
        yield line


def _reads_as_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _wrong_encoding(where: str, name: str) -> str:
    return (
        f"{where}: not text in {_shown(name)}; save the file as UTF-8, or name its encoding,"
        " such as --encoding cp1252 for exports of older Windows programs"
    )


def _shown(name: str) -> str:
    return "UTF-8" if name.startswith("utf-8") else name


_SAYS_DELIMITER = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
"""The first line of a file that tells spreadsheets what its columns are delimited by."""


def csv_rows(file: TextIO) -> Iterator[Row]:
    """Read CSV row by row, delimited as its first line is, or says; empty lines are left out."""
    lines = _unmarked(file)
    first = next(lines, "")
    skipped, said = 0, _SAYS_DELIMITER.fullmatch(first)
    if said is not None:
        delimiter, skipped = said.group(1), 1
    else:
        delimiter = _delimiter(first if first.strip() else next((each for each in lines if each.strip()), ""))
        file.seek(0)
        lines = _unmarked(file)
    bounded = _OfOneRow(lines)
    reader = csv.reader(bounded, delimiter=delimiter, strict=True)
    while True:
        line = skipped + reader.line_num + 1
        bounded.left = MAX_LINE_CHARACTERS
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, (), _quotes_fault(str(error)))
            continue
        if any(value.strip() for value in values):
            yield Row(line, tuple(map(as_written, values)))


def _unmarked(file: TextIO) -> Iterator[str]:
    """Yield lines without the mark that stands before one where files were put together."""
    return (line.removeprefix("\ufeff") for line in _lines(file, "the file"))


class _OfOneRow:
    """Gives the lines of a row that its quotes keep open; it may be as long as a line."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.left = 0

    def __iter__(self) -> "_OfOneRow":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.left -= len(line)
        if self.left < 0:
            raise csv.Error(_ROW_TOO_LONG)
        return line


_ROW_TOO_LONG = f"the row has more than {MAX_LINE_CHARACTERS} characters; is a quote not closed?"


def _delimiter(header: str) -> str:
    """Return what stands most often between the names of a header line, outside of quotes."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _quotes_fault(text: str) -> str:
    if text == _ROW_TOO_LONG:
        return text
    if "unexpected end" in text:
        return "a quote that is opened here is not closed before the end of the file"
    if "field larger" in text:
        return f"a field has more than {csv.field_size_limit()} characters; is a quote not closed?"
    return "a closing quote must be followed by a delimiter; write a quote inside a quoted field twice"
