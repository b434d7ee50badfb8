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
_TURNS_TEXT = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that let what follows be read in another direction, so that it seems to say something else."""
_NO_CHARACTERS = "\ufffe\uffff"
"""What no document in XML can carry, beside control characters and halves of characters."""
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
        if char in _NO_CHARACTERS:
            return f"has U+{ord(char):04X}, which is no character"
    return ""


def shown(text: str, *, keeps: str = "") -> str:
    """Return a text that does nothing to a terminal: what would is written as its code.

    Whoever shows what others wrote, in a table, a sentence or a log for people, lets it come through here.

    Args:
        text: what somebody wrote.
        keeps: characters that stay as they are, such as ends of lines.
    """
    if text.isprintable():
        return text
    return "".join(_code(char) if _acts(char) and char not in keeps else char for char in text)


def _acts(char: str) -> bool:
    return char in _TURNS_TEXT or unicodedata.category(char) in _WHAT


def _code(char: str) -> str:
    """Write a character as JSON and Python both read it; none of those that act is beyond 16 bits."""
    return f"\\u{ord(char):04x}"


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
