"""What others wrote does nothing to the terminal it is shown on, whichever way it comes there."""

import io
import json
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from clishell import Shell
from hypothesis import given
from hypothesis import strategies as st

from agentmgr.cli.common import complain, say, show
from agentmgr.cli.export import write
from agentmgr.log import configure
from agentmgr.text import shown

CLEARS_SCREEN = "Eve\x1b[2J\x1b]0;owned\x07"
TRICKS = [
    CLEARS_SCREEN,
    "\x9b31mred",
    "a\rb",
    "a\bb",
    "\x7f",
    "1\u202e2",
    "a\u2066b",
    "line\u2028two",
    "\ud800",
]


@given(st.text())
def test_shown_text_has_no_character_that_acts(text: str) -> None:
    kinds = {unicodedata.category(char) for char in shown(text)}
    assert not kinds & {"Cc", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    "name",
    [
        "Zo\u00eb",
        "\u0646\u06cc\u200c\u0645",
        "\u6771\u4eac\u3000\u90fd",
        "\U0001f469\u200d\U0001f680",
        "a\u00a0b\u00adc",
    ],
)
def test_shown_name_as_people_have_it_is_kept(name: str) -> None:
    assert shown(name) == name


@pytest.mark.parametrize("trick", TRICKS)
def test_shown_trick_is_readable_and_says_what_it_was(trick: str) -> None:
    text = shown(trick)
    assert text.encode("ascii", "ignore").decode() == text
    assert json.loads(f'"{text}"') == trick


def test_say_and_complain_keep_lines_but_no_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"one\n{CLEARS_SCREEN}")
    complain(f"{CLEARS_SCREEN}\ntwo")
    out, error = capsys.readouterr()
    assert out == "one\nEve\\u001b[2J\\u001b]0;owned\\u0007\n"
    assert error == "Eve\\u001b[2J\\u001b]0;owned\\u0007\ntwo\n"


def test_table_with_a_line_end_in_a_cell_has_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"name": "a\nb", "n": 1}, {"name": CLEARS_SCREEN, "n": None}], False, "")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "\x1b" not in "".join(lines)


def test_json_rows_are_harmless_and_mean_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    name = f"{CLEARS_SCREEN}\x9b\u202e"
    show([{"name": name}], True, "")
    written = capsys.readouterr().out
    assert json.loads(written) == {"name": name}
    assert not {"\x1b", "\x9b", "\u202e"} & set(written)


def test_error_that_quotes_a_name_with_escapes_is_harmless(shell: Shell, database: object) -> None:
    shell("campaign", "status", CLEARS_SCREEN, code=1)
    assert "\x1b" not in shell.error
    assert "[2J" in shell.error
    shell("campaign", CLEARS_SCREEN, code=2)
    assert "\x1b" not in shell.error


@pytest.mark.parametrize(("is_terminal", "is_raw"), [(True, False), (False, True)])
def test_export_to_a_terminal_is_harmless_and_to_a_file_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_terminal: bool, is_raw: bool
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    write([{"name": CLEARS_SCREEN}], ["name"], "csv", raw=False)
    assert ("\x1b" in capsys.readouterr().out) is is_raw


def test_log_for_people_is_harmless() -> None:
    out = io.StringIO()
    with logging_to(out):
        structlog.get_logger().info("logon", agent=CLEARS_SCREEN)
    assert "\x1b[2J" not in out.getvalue()
    assert "\\u001b[2J" in out.getvalue()


@contextmanager
def logging_to(out: io.StringIO) -> Iterator[None]:
    before = structlog.get_config()
    configure("info", "console", out)
    try:
        yield
    finally:
        structlog.configure(**before)
