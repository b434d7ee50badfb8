"""Rows of a file on their way to whoever imports them: text, a JSON array a line, in small pieces."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from agentmgr.admin.socket import MAX_PIECE_CHARACTERS, AdminRefused
from agentmgr.campaign.sheet import Row
from agentmgr.campaign.textfile import AUTO, csv_rows, open_text

MAX_ROW_CHARACTERS = 8 * 1024 * 1024
"""More than a row has whose line is as long as may be, however its characters are written."""


@contextmanager
def fed_from(path: Path, encoding: str = AUTO) -> Iterator[Iterator[str]]:
    """Open a file, whose text is checked first, and give its rows in pieces.

    Raises:
        ServiceError: the file cannot be used.
    """
    with open_text(path, encoding) as file:
        yield pieces(csv_rows(file))


def pieces(rows: Iterable[Row]) -> Iterator[str]:
    """Yield rows as text, in pieces that fit a frame each; Stopped comes through."""
    waiting = ""
    for row in rows:
        waiting += orjson.dumps((row.line, row.values, row.fault)).decode() + "\n"
        if len(waiting) >= MAX_PIECE_CHARACTERS:
            *whole, waiting = _cut(waiting)
            yield from whole
    yield from _cut(waiting) if waiting else ()


def _cut(text: str) -> list[str]:
    return [text[at : at + MAX_PIECE_CHARACTERS] for at in range(0, len(text), MAX_PIECE_CHARACTERS)]


def rows_of(pieces: Iterable[str]) -> Iterator[Row]:
    """Read rows back; what stops the pieces stops the rows.

    Raises:
        AdminRefused: this is no text of rows.
    """
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        if len(rest) > MAX_ROW_CHARACTERS:
            raise AdminRefused("a row of the file is too long")
        yield from map(_row, lines)
    if rest:
        raise AdminRefused("the rows of the file ended in the middle of one")


def _row(line: str) -> Row:
    try:
        match orjson.loads(line):
            case [int(number), [*values], str(fault)] if all(isinstance(each, str) for each in values):
                return Row(number, tuple(values), fault)
    except orjson.JSONDecodeError:
        pass
    raise AdminRefused("the rows of the file cannot be read; server and command differ in version")
