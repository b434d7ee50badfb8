"""How exports are written, to a file or standard output: as CSV that no spreadsheet runs, or as JSON."""

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TextIO
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from agentmgr.cli.common import Failed, Misused, Row, as_json, output
from agentmgr.text import shown

if TYPE_CHECKING:
    from agentmgr.campaign.sheet import Written

Format = Literal["csv", "json"]
Raw = Annotated[
    bool,
    Parameter(
        name="--raw",
        negative="",
        help="Leave CSV cells as they are. Without it a cell that a spreadsheet would run as a formula"
        " (it begins with = + - @, a tab or a line end, and is no plain number) gets a quote (') in front;"
        " imports take that away again.",
    ),
]
Out = Annotated[
    Path | None,
    Parameter(
        name="--out",
        help="The file to write; it is there once it is whole, and then takes the place of what was there."
        " Without it the standard output.",
    ),
]


class _Harmless:
    """A terminal that is only written to: a file gets what is there, people get what does nothing to them."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        return self._out.write(shown(text, keeps="\r\n\t"))


def write(
    rows: Iterable[Row], columns: Sequence[str], format: Format, raw: bool, out: Path | None = None
) -> None:
    """Write rows with a header row, or as an object a line."""
    from agentmgr.campaign.sheet import SheetWriter

    with _opened(out) as file:
        if format == "json":
            for row in rows:
                file.write(as_json(row) + "\n")
            return
        sheet = SheetWriter(file, columns, raw=raw)
        for row in rows:
            sheet.write(row)


@contextmanager
def _opened(out: Path | None) -> Iterator["Written"]:
    """Open what is to be written; a file replaces what is at its path when the block ends well."""
    if out is None:
        screen = output()
        yield _Harmless(screen) if screen.isatty() else screen
        return
    try:
        if out.exists() and not stat.S_ISREG(out.stat().st_mode):
            with out.open("w", encoding="utf-8", newline="") as file:
                yield file
            return
        descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                yield file
            os.replace(name, out)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise Failed(f"{out}: cannot be written: {error.strerror}") from None


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name.

    Raises:
        Misused: there is none.
    """
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise Misused(
            f"--timezone: found {name}; allowed: an IANA name such as Europe/Berlin, or UTC"
        ) from None


def day(option: str, text: str | None) -> str:
    """Return a day as it is asked for, empty for none.

    Raises:
        Misused: it is no day.
    """
    try:
        return date.fromisoformat(text).isoformat() if text is not None else ""
    except ValueError:
        raise Misused(f"{option}: found {text}; allowed: a day such as 2026-03-02") from None


def moment(option: str, text: str | None, zone: tzinfo, *, end: bool = False) -> float | None:
    """Read a time as people write it; a day alone is its beginning, or with `end` the end of it.

    Returns:
        Epoch seconds; None for no text.

    Raises:
        Misused: it is no time.
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        if end and len(text) <= len("2026-03-02"):
            at += timedelta(days=1)
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        raise Misused(
            f"{option}: found {text}; allowed: a day such as 2026-03-02, or a time such as 2026-03-02T09:00"
            " or 2026-03-02T09:00+01:00"
        ) from None
