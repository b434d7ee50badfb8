"""What imports of files share: the file is read here, its rows are fed, what is rejected is written here."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

from attrs import frozen
from cyclopts import Parameter

from agentmgr.cli.common import Failed, Interrupted, Row, complain, perform, say

if TYPE_CHECKING:
    from agentmgr.admin.requests import Request

File = Annotated[Path, Parameter(allow_leading_hyphen=True)]
Encoding = Annotated[
    str,
    Parameter(
        name="--encoding",
        help="How the file is encoded: utf-8, utf-16, cp1252 (Windows, western Europe), latin-1 and others;"
        " auto is what the mark at its beginning says, and UTF-8 without one. A file that is not so encoded"
        " is refused as a whole, with its first such line.",
    ),
]
Rejects = Annotated[
    Path | None,
    Parameter(
        name="--rejects",
        help="Where rows go that cannot be used: a new file, or a directory. Without it NAME.rejects.csv in"
        " the working directory, or the first of NAME.rejects-2.csv and so on that is not there yet.",
    ),
]


@frozen
class Imported:
    """What an import told: its report, what came after, and the file of rejected rows, if there are any."""

    report: Row
    more: list[Row]
    reject_file: Path | None


def run_import(
    config: Path | None, request: "Request", file: Path, encoding: str, rejects: Path | None
) -> "Imported":
    """Feed a file to whoever carries an import out, and return what was told.

    What is rejected is written as it comes. Ctrl-C lets the import end with what it has; the second one ends
    the command.

    Raises:
        Failed: the file cannot be used, or the import failed.
    """
    from agentmgr.admin.feed import fed_from
    from agentmgr.campaign.service import ServiceError
    from agentmgr.campaign.sheet import RejectFile

    if str(file) == "-" and sys.stdin is not None and sys.stdin.isatty():
        complain("reading rows from the terminal; Ctrl-D at the beginning of a line ends them")
    told: list[Row] = []
    try:
        with ExitStack() as stack:
            pieces = stack.enter_context(fed_from(file, encoding))
            reject_file = stack.enter_context(RejectFile(file, rejects))
            until_told = stack.enter_context(_until_told(pieces))
            for row in perform(config, request, until_told):
                if row.keys() == set(RejectFile.COLUMNS):
                    reject_file.write(row)
                else:
                    told.append(row)
    except ServiceError as error:
        raise Failed(str(error)) from None
    report, *more = told
    return Imported(report, more, reject_file.path if reject_file.rows else None)


def check_end(imported: Imported, *came_in: str) -> None:
    """Say where the rejected rows are, and end the command as the import ended.

    Args:
        imported: what was told.
        came_in: what the report calls rows that are in now.

    Raises:
        Failed: nothing came in.
        Interrupted: it was stopped.
    """
    report = imported.report
    if imported.reject_file is not None:
        say(f"rejected rows, each with the reason: {imported.reject_file}")
    if report["stopped"]:
        raise Interrupted(
            f"stopped after line {report['last_line']}: what was read until there is in; import the file"
            " again to go on, which does no harm to what is in already"
        )
    if not report["rows"]:
        raise Failed("nothing was imported: the file has no rows")
    if not any(report[each] for each in came_in):
        raise Failed("nothing was imported: no row could be used")


@contextmanager
def _until_told(pieces: Iterator[str]) -> Iterator[Iterator[str]]:
    """Give pieces until Ctrl-C, which does not break into whatever is being done."""
    from agentmgr.campaign.sheet import Stopped

    told = False

    def tell(number: int, frame: FrameType | None) -> None:
        nonlocal told
        if told:
            raise KeyboardInterrupt
        told = True
        complain("stopping; Ctrl-C again does not wait for that")

    def given() -> Iterator[str]:
        for piece in pieces:
            if told:
                raise Stopped
            yield piece

    if threading.current_thread() is not threading.main_thread():
        yield given()
        return
    before = signal.signal(signal.SIGINT, tell)
    try:
        yield given()
    finally:
        signal.signal(signal.SIGINT, before)
