"""Sheets: rows as imports take them, cells that a spreadsheet would run as they are written and read."""

import csv
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import count, islice
from pathlib import Path
from typing import Protocol

from attrs import frozen

from agentmgr.campaign.service import Cause, ServiceError

# What starts a formula (OWASP, CSV Injection), in full width too; blanks before it do not help. A cell that
# has quotes before it gets one more, so that what is read back is what was written.
_RUNS = re.compile("'*[\\s\ufeff]*[\t\r\n=+\\-@\uff1d\uff0b\uff0d\uff20]")
_NEUTRALISED = re.compile("'" + _RUNS.pattern)
# A number with its sign runs nothing: telephone numbers stay what machines read.
_NUMBER = re.compile(r"[+-][0-9]+(?:\.[0-9]+)?")

Cell = str | int | float | bool | None


def neutral(value: Cell) -> Cell:
    """Return what stands for a value in a cell: a text that a spreadsheet would run gets a quote in front."""
    if isinstance(value, str) and _RUNS.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def as_written(text: str) -> str:
    """Return what a cell's text was before it was neutralised, here or by another program."""
    return text[1:] if text.startswith("'") and _NEUTRALISED.match(text) else text


class Written(Protocol):
    """What rows are written to."""

    def write(self, text: str, /) -> int:
        """Write a text."""
        ...


class _Lines:
    """Ends rows with a line feed alone; the writer of CSV quotes the characters of its own line end."""

    def __init__(self, file: Written) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")


class SheetWriter:
    """Writes CSV with a header row, one row for each mapping; `raw` leaves cells as they are."""

    def __init__(self, file: Written, columns: Sequence[str], *, raw: bool = False) -> None:
        self._columns = columns
        self._raw = raw
        self._writer = csv.writer(_Lines(file), lineterminator="\r\n")
        self._writer.writerow(columns)

    def write(self, row: Mapping[str, Cell]) -> None:
        """Write the columns of a row."""
        values = (row[column] for column in self._columns)
        self._writer.writerow(values if self._raw else map(neutral, values))


@frozen
class Row:
    """A row of a CSV file: the line it starts in, and its values, or what is wrong with its quotes."""

    line: int
    values: tuple[str, ...]
    fault: str = ""


@frozen
class Problem:
    """Why a row was rejected."""

    column: str
    found: str
    why: str


@frozen
class Rejected:
    """A row that was not taken: the line it starts in, and all that is wrong with it."""

    line: int
    problems: tuple[Problem, ...]


class Stopped(Exception):
    """Whoever gives the rows wants no more of them taken; what was taken stays."""


class Chunks:
    """Takes rows some at a time, until there are no more or whoever gives them stops."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self.stopped = False

    def next(self, limit: int) -> list[Row]:
        """Return the next rows; none at the end. Those that came before a stop are returned."""
        chunk: list[Row] = []
        try:
            if not self.stopped:
                chunk.extend(islice(self._rows, limit))
        except Stopped:
            self.stopped = True
        return chunk


class RejectFile:
    """A CSV file with a line for each thing that is wrong with a row; a new one, removed if there is nothing.

    Args:
        source: the file whose rows they are.
        wanted: a new file, or a directory; the working directory if None.
    """

    COLUMNS = ("line", "column", "found", "why")

    def __init__(self, source: Path, wanted: Path | None = None) -> None:
        self._source = source
        self._wanted = wanted
        self._stack = ExitStack()
        self.rows = 0
        """How many lines were written."""

    def __enter__(self) -> "RejectFile":
        self.path, descriptor = self._make()
        file = self._stack.enter_context(open(descriptor, "w", encoding="utf-8", newline=""))
        self._sheet = SheetWriter(file, self.COLUMNS)
        return self

    def _make(self) -> tuple[Path, int]:
        wanted, stem = self._wanted, self._source.stem.replace("-", "stdin", self._source.name == "-")
        if wanted is not None and not wanted.is_dir():
            try:
                return wanted, _new_file(wanted)
            except FileExistsError:
                raise ServiceError(
                    Cause.BAD_FILE,
                    f"{wanted}: is there already; name a new file for rejected rows, or a directory",
                ) from None
        for number in count(1):
            path = (wanted or Path()) / f"{stem}.rejects{f'-{number}' if number > 1 else ''}.csv"
            with suppress(FileExistsError):
                return path, _new_file(path)
        raise AssertionError("numbers do not end")

    def write(self, row: Mapping[str, Cell]) -> None:
        """Write down one thing that is wrong with a row.

        Raises:
            ServiceError: the disk is full, or the like.
        """
        self.rows += 1
        with self._explained():
            self._sheet.write(row)

    def __exit__(self, *_: object) -> None:
        try:
            with self._explained():
                self._stack.close()
        finally:
            if not self.rows:
                self.path.unlink(missing_ok=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ServiceError(
                Cause.BAD_FILE, f"{self.path}: rejected rows cannot be written: {error.strerror}"
            ) from None


def _new_file(path: Path) -> int:
    """Make a file for its owner alone, as the database is: it has what customers are called at."""
    try:
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise
    except OSError as error:
        raise ServiceError(
            Cause.BAD_FILE,
            f"{path}: rejected rows cannot be written there: {error.strerror}; --rejects says where else",
        ) from None
