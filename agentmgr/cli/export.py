"""How exports are written to standard output: as CSV that no spreadsheet runs, or as JSON."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from cyclopts import Parameter

from agentmgr.cli.common import Row, output, show

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


def write(rows: Iterable[Row], columns: Sequence[str], format: Format, raw: bool) -> None:
    """Write rows with a header row, or as an object a line."""
    from agentmgr.campaign.sheet import SheetWriter

    if format == "json":
        show(rows, True, "")
        return
    sheet = SheetWriter(output(), columns, raw=raw)
    for row in rows:
        sheet.write(row)
