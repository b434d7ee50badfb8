"""Text files from outside: their encoding is checked before anything is taken from them."""

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from attrs import frozen

from agentmgr.campaign.service import Cause, ServiceError

DELIMITERS = (",", ";", "\t", "|")


@frozen
class Row:
    """A row of a CSV file: the line it starts in, and its values, or what is wrong with its quotes."""

    line: int
    values: tuple[str, ...]
    fault: str = ""


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """Open a text file whose encoding was checked from the first to the last line.

    Raises:
        ServiceError: it cannot be read, or is not in that encoding: with the line.
    """
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"  # spreadsheets put a mark in front
    try:
        codecs.lookup(encoding)
        with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
            _check_text(path, file, encoding)
            file.seek(0)
            yield file
    except LookupError:
        raise ServiceError(
            Cause.BAD_FILE, f"{encoding!r}: no such encoding; try utf-8, cp1252 or latin-1"
        ) from None
    except UnicodeError:
        raise ServiceError(Cause.BAD_FILE, _wrong_encoding(f"{path}", encoding)) from None
    except OSError as error:
        raise ServiceError(Cause.BAD_FILE, f"{path}: cannot be read: {error.strerror}") from None


def _check_text(path: Path, file: TextIO, encoding: str) -> None:
    number = 0
    for number, line in enumerate(file, 1):
        if not line.isascii() and any("\ud800" <= c <= "\udfff" for c in line):
            raise ServiceError(Cause.BAD_FILE, _wrong_encoding(f"{path}:{number}", encoding))
        if "\0" in line:
            raise ServiceError(
                Cause.BAD_FILE,
                f"{path}:{number}: has a zero byte, so it is not a text file in {_shown(encoding)};"
                " save it as CSV in UTF-8",
            )
    if number == 0:
        raise ServiceError(Cause.BAD_FILE, f"{path}: the file is empty; its first line must name the columns")


def _wrong_encoding(where: str, encoding: str) -> str:
    return (
        f"{where}: not text in {_shown(encoding)}; save the file as UTF-8, or name its encoding,"
        " such as cp1252 for exports of older Windows programs"
    )


def _shown(encoding: str) -> str:
    return "UTF-8" if encoding == "utf-8-sig" else encoding


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
            yield Row(line, tuple(values))


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
