"""One rule for text that people write, at every entrance.

What people have in names is kept as it is: joiners, soft hyphens, no-break and ideographic spaces. What
no text has is refused: control characters, halves of surrogate pairs, and ends of lines where a text has
one line.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

_WHAT: Mapping[str, str] = {
    "Cc": "a control character",
    "Cs": "half a character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
_IN_NOTES = "\n\t\u2028\u2029"


def fault_of(text: str, *, is_note: bool = False) -> str:
    """Return what is wrong with a text, as `has U+0007, a control character`; empty if nothing is.

    Args:
        text: what somebody wrote.
        is_note: it may have several lines, and tabs.
    """
    if text.isprintable():
        return ""
    for char in text:
        kind = unicodedata.category(char)
        if kind in _WHAT and not (is_note and char in _IN_NOTES):
            return f"has U+{ord(char):04X}, {_WHAT[kind]}"
    return ""


def faults_in(thing: Any, name: str = "") -> Iterator[str]:
    """Yield what is wrong with the texts in an attrs object, each with the name of its field."""
    if isinstance(thing, str):
        if fault := fault_of(thing):
            yield f"{name} {fault}".lstrip()
    elif attrs.has(type(thing)):
        for field in attrs.fields(type(thing)):
            yield from faults_in(getattr(thing, field.name), field.name)
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from faults_in(key, name)
            yield from faults_in(value, name)
    elif isinstance(thing, Sequence | frozenset):
        for item in thing:
            yield from faults_in(item, name)
