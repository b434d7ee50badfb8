"""Text that people write: what is kept, and what is refused with its name."""

import sys
import unicodedata

import pytest
from attrs import frozen

from agentmgr.text import fault_of, faults_in


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ""),
        ("Ada Lovelace", ""),
        ("a\u200cb\u200dc\u00add\u00a0e\u3000f\ufeffg\u202eh", ""),
        ("a\x07b", "has U+0007, a control character"),
        ("a\x85b", "has U+0085, a control character"),
        ("a\nb", "has U+000A, a control character"),
        ("a\u2028b", "has U+2028, a line separator"),
        ("a\u2029b", "has U+2029, a paragraph separator"),
        ("a\ud83db", "has U+D83D, half a character"),
    ],
)
def test_text_of_one_line_has_no_control_characters(text: str, fault: str) -> None:
    assert fault_of(text) == fault


def test_note_may_have_lines_and_tabs() -> None:
    assert fault_of("a\n\tb\u2028c\u2029d", is_note=True) == ""
    assert fault_of("a\rb", is_note=True) == "has U+000D, a control character"


def test_every_character_is_kept_or_refused_by_its_kind() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        refused = unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or code in (0xFFFE, 0xFFFF)
        assert bool(fault_of(char)) is refused, hex(code)


@frozen
class _Inner:
    label: str


@frozen
class _Outer:
    name: str
    inner: tuple[_Inner, ...]
    numbers: dict[str, int]


def test_faults_in_a_whole_object_are_named_by_field() -> None:
    outer = _Outer("ok", (_Inner("fine"), _Inner("b\x07")), {"k\x00": 1})
    assert list(faults_in(outer)) == [
        "label has U+0007, a control character",
        "numbers has U+0000, a control character",
    ]
