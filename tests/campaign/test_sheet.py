"""Cells that a spreadsheet would run: which are neutralised, and what is read is what was written."""

import csv
import io
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentmgr.campaign.sheet import SheetWriter, as_written, neutral

RUN = [
    "=1+1",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\ufeff=1",
    "\u00a0@x",
]
RUN += [
    "\uff1dSUM(A1)",
    "\uff0b1",
    "\uff0d1",
    "\uff20A",
    "+1-212-555-0123",
    "+49 30 123456",
    "-",
    "+",
    "\tx",
    "+1,5",
]
RUN += ["'=1", "''@x"]
LEFT = [
    "+442079460018",
    "-5",
    "-5.25",
    "a=b",
    "Ann",
    "",
    "'",
    "'t Hooft",
    "1-2",
    "0049 30",
    "a\t=1",
    5,
    None,
    -1.5,
]


@pytest.mark.parametrize("value", RUN)
def test_cell_that_a_spreadsheet_would_run_gets_a_quote(value: str) -> None:
    assert neutral(value) == f"'{value}"
    assert as_written(f"'{value}") == value


@pytest.mark.parametrize("value", LEFT)
def test_cell_that_runs_nothing_stays(value: str | float | None) -> None:
    assert neutral(value) == value


def test_cell_neutralised_by_another_program_is_read() -> None:
    assert as_written("'+442079460018") == "+442079460018"


@given(st.text(alphabet="=+-@\t\r\n '\uff1d\ufeff1." + string.ascii_letters, max_size=8))
@example("''=")
@example("+1")
@example("'+1")
def test_cell_is_read_as_it_was_and_never_begins_a_formula(value: str) -> None:
    written = neutral(value)
    assert isinstance(written, str)
    assert as_written(written) == value
    assert written.lstrip(" \ufeff")[:1] not in {*"=@\t\r\n\uff1d"}
    if written.lstrip(" \ufeff")[:1] in {"+", "-"}:
        assert written[1:].replace(".", "", 1).isdigit()


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=2
    )
)
def test_sheet_is_read_as_it_was_written(values: list[str]) -> None:
    row = dict(zip("ab", values, strict=True))
    for raw in (False, True):
        file = io.StringIO(newline="")
        SheetWriter(file, "ab", raw=raw).write(row)
        file.seek(0)
        header, found = csv.reader(file, strict=True)
        assert header == ["a", "b"]
        assert (found if raw else list(map(as_written, found))) == values
