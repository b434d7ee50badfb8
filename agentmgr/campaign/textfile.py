"""Text files from outside: their encoding is checked before anything is taken from them."""

import codecs
import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from attrs import frozen

from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.sheet import as_written

DELIMITERS = (",", ";", "\t", "|")


@frozen
class Row:
    """A row of a CSV file: the line it starts in, and its values, or what is wrong with its quotes."""

    line: int
    values: tuple[str, ...]
    fault: str = ""


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
def open_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """Open a text file whose encoding was checked from the first to the last line.

    Raises:
        ServiceError: it cannot be read, or is not in that encoding: with the line.
    """
    name = _known(encoding)
    try:
        with path.open("rb") as raw:
            name = _check_mark(path, name, raw.read(4))
        with path.open(encoding=name, errors=_TO_UNREADABLE, newline="") as file:
            _check_text(path, file, name)
            file.seek(0)
            yield file
    except OSError as error:
        raise ServiceError(Cause.BAD_FILE, f"{path}: cannot be read: {error.strerror}") from None


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


def _check_mark(path: Path, name: str, start: bytes) -> str:
    """Return the encoding that also takes the mark away, if the file has one."""
    marked = next((meant for mark, meant in _MARKS.items() if start.startswith(mark)), "")
    if marked and not name.startswith(marked):
        how = "leave --encoding out" if marked == "utf-8" else f"say --encoding {marked}"
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
    for number, line in enumerate(file, 1):
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
                " save it as CSV in UTF-8",
            )
    if number == 0:
        raise ServiceError(Cause.BAD_FILE, f"{path}: the file is empty; its first line must name the columns")
    if is_utf8 and first_utf8:
        raise ServiceError(
            Cause.BAD_FILE,
            f"{path}:{first_utf8}: not text in {name}: here and in all other lines it is UTF-8;"
            " leave --encoding out",
        )


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


def csv_rows(file: TextIO) -> Iterator[Row]:
    """Read CSV row by row, delimited as its first line is; empty lines are left out."""
    delimiter = _delimiter(next((line for line in file if line.strip()), ""))
    file.seek(0)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, (), _quotes_fault(str(error)))
            continue
        if any(value.strip() for value in values):
            yield Row(line, tuple(map(as_written, values)))


def _delimiter(header: str) -> str:
    """Return what stands most often between the names of a header line, outside of quotes."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _quotes_fault(text: str) -> str:
    if "unexpected end" in text:
        return "a quote that is opened here is not closed before the end of the file"
    if "field larger" in text:
        return f"a field has more than {csv.field_size_limit()} characters; is a quote not closed?"
    return "a closing quote must be followed by a delimiter; write a quote inside a quoted field twice"
