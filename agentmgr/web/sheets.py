"""Rows of an answer as they are sent, some at a time: as JSON or as CSV."""

import io
from collections.abc import Sequence
from itertools import chain
from typing import Protocol

import orjson

from agentmgr.admin.socket import Row
from agentmgr.campaign.sheet import SheetWriter

CSV = "text/csv"


class Rows(Protocol):
    """How rows are written, some at a time."""

    media_type: str

    def write(self, rows: Sequence[Row]) -> bytes:
        """Return some rows as they are sent, the first of all with what comes before them."""
        ...

    def end(self) -> bytes:
        """Return what comes after all rows."""
        ...


class JsonRows:
    """Rows as an object of JSON."""

    media_type = "application/json"

    def __init__(self) -> None:
        self._lead = b'{"rows":['

    def write(self, rows: Sequence[Row]) -> bytes:
        """Return some rows as they are sent."""
        lead, self._lead = self._lead, b","
        return lead + orjson.dumps(rows)[1:-1]

    def end(self) -> bytes:
        """Return what comes after all rows."""
        return b"]}"


class CsvRows:
    """Rows as CSV; the columns are those of the first ones."""

    media_type = CSV

    def __init__(self) -> None:
        self._text = io.StringIO(newline="")
        self._columns: tuple[str, ...] = ()
        self._sheet: SheetWriter | None = None

    def write(self, rows: Sequence[Row]) -> bytes:
        """Return some rows as they are sent."""
        if self._sheet is None:
            self._columns = tuple(dict.fromkeys(chain.from_iterable(rows)))
            self._sheet = SheetWriter(self._text, self._columns)
        for row in rows:
            self._sheet.write({column: row.get(column) for column in self._columns})
        written = self._text.getvalue().encode(errors="replace")
        self._text.seek(0)
        self._text.truncate()
        return written

    def end(self) -> bytes:
        """Return what comes after all rows."""
        return b""
