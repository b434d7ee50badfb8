"""CSV that we write: cells that a spreadsheet would run are neutralised, and read back as they were."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from attrs import asdict, frozen

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


class _Lines:
    """Ends rows with a line feed alone; the writer of CSV quotes the characters of its own line end."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")


class SheetWriter:
    """Writes CSV with a header row, one row for each mapping; `raw` leaves cells as they are."""

    def __init__(self, file: TextIO, columns: Sequence[str], *, raw: bool = False) -> None:
        self._columns = columns
        self._raw = raw
        self._writer = csv.writer(_Lines(file), lineterminator="\r\n")
        self._writer.writerow(columns)

    def write(self, row: Mapping[str, Cell]) -> None:
        """Write the columns of a row."""
        values = (row[column] for column in self._columns)
        self._writer.writerow(values if self._raw else map(neutral, values))


@frozen
class Problem:
    """Why a row was rejected."""

    column: str
    found: str
    why: str


class RejectFile:
    """A CSV file with a line for each problem, written as they are found; none without problems."""

    COLUMNS = ("line", "column", "found", "why")

    def __init__(self, path: Path, source: Path) -> None:
        if path.resolve() == source.resolve():
            raise ServiceError(
                Cause.BAD_FILE, f"{path}: the reject file must not be the imported file itself"
            )
        self.path = path
        self.rows = 0
        self._stack = ExitStack()
        self._sheet: SheetWriter | None = None

    def __enter__(self) -> "RejectFile":
        if self.path.exists():
            self._open()  # what an earlier import rejected is not the truth any more
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, line: int, problems: Iterable[Problem]) -> None:
        """Write down why the row that starts in a line was rejected."""
        sheet = self._sheet or self._open()
        self.rows += 1
        for problem in problems:
            sheet.write({"line": line, **asdict(problem)})

    def _open(self) -> SheetWriter:
        try:
            file = self.path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise ServiceError(Cause.BAD_FILE, f"{self.path}: cannot be written: {error.strerror}") from None
        self._sheet = SheetWriter(self._stack.enter_context(file), self.COLUMNS)
        return self._sheet
