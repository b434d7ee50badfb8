"""Which contacts of its lists a campaign calls: a small expression over their attributes, read and checked.

Balance > 100 and Language in ('en', 'fr') and not (Due < '2027-01-01' or [Last offer] is empty)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any

import lark
from attrs import frozen

from agentmgr.core.model import AttributeSpec
from agentmgr.text import fault_of

MAX_CHARACTERS = 2000
MAX_COMPARISONS = 50
MAX_DEPTH = 20

GRAMMAR = r"""
?start: either
?either: both (_OR both)*
?both: part (_AND part)*
?part: comparison
     | "(" either ")"
     | _NOT part                              -> negated
?comparison: name OPERATOR value              -> compared
     | name _IN "(" value ("," value)* ")"     -> one_of
     | name _NOT _IN "(" value ("," value)* ")" -> none_of
     | name _CONTAINS text                    -> contains
     | name _STARTS _WITH text                -> starts
     | name _IS _EMPTY                        -> empty
     | name _IS _NOT _EMPTY                   -> filled
name: NAME | BRACKETED
value: TEXT | NUMBER | FLAG
text: TEXT

_OR.2: /or\b/i
_AND.2: /and\b/i
_NOT.2: /not\b/i
_IN.2: /in\b/i
_IS.2: /is\b/i
_EMPTY.2: /empty\b/i
_CONTAINS.2: /contains\b/i
_STARTS.2: /starts\b/i
_WITH.2: /with\b/i
FLAG.2: /(true|false)\b/i
OPERATOR: "<=" | ">=" | "!=" | "<>" | "=" | "<" | ">"
NAME: /[^\W\d]\w*/
BRACKETED: /\[[^\]\r\n]+\]/
NUMBER: /[+-]?[0-9]{1,18}(\.[0-9]{1,15})?/
TEXT: /'([^'\r\n]|'')*'|"([^"\r\n]|"")*"/
%ignore /[ \t\r\n]+/
"""


class FilterError(Exception):
    """A filter that is none; the text says where and what would be one."""


class Operator(StrEnum):
    """How the value of an attribute is compared."""

    EQUAL = "="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    CONTAINS = "contains"
    STARTS = "starts with"
    FILLED = "is not empty"


Value = str | Decimal | bool


@frozen
class Comparison:
    """A comparison of an attribute with any of some values; `place` is where it stands, from 0."""

    attribute: str
    operator: Operator
    values: tuple[Value, ...]
    place: int


@frozen
class Not:
    """What holds if a part does not."""

    part: "Expression"


@frozen
class All:
    """What holds if all parts do."""

    parts: tuple["Expression", ...]


@frozen
class Either:
    """What holds if one part does."""

    parts: tuple["Expression", ...]


Expression = Comparison | Not | All | Either
_NOT_EQUAL = ("!=", "<>")


class _Maker(lark.Transformer[Any, Any]):
    """Makes an expression of what was recognised."""

    def name(self, found: list[Any]) -> lark.Token:
        token: lark.Token = found[0]
        return token.update(value=token[1:-1].strip()) if token.type == "BRACKETED" else token

    def value(self, found: list[Any]) -> Value:
        (token,) = found
        if token.type == "FLAG":
            return bool(token.casefold() == "true")
        return Decimal(token) if token.type == "NUMBER" else _unquoted(token)

    def text(self, found: list[Any]) -> str:
        return _unquoted(found[0])

    def compared(self, found: list[Any]) -> Expression:
        name, operator, value = found
        if operator in _NOT_EQUAL:
            return Not(_comparison(name, Operator.EQUAL, value))
        return _comparison(name, Operator(str(operator)), value)

    def one_of(self, found: list[Any]) -> Expression:
        return _comparison(found[0], Operator.EQUAL, *found[1:])

    def none_of(self, found: list[Any]) -> Expression:
        return Not(self.one_of(found))

    def contains(self, found: list[Any]) -> Expression:
        return _comparison(found[0], Operator.CONTAINS, found[1])

    def starts(self, found: list[Any]) -> Expression:
        return _comparison(found[0], Operator.STARTS, found[1])

    def filled(self, found: list[Any]) -> Expression:
        return _comparison(found[0], Operator.FILLED)

    def empty(self, found: list[Any]) -> Expression:
        return Not(self.filled(found))

    def negated(self, found: list[Any]) -> Expression:
        return Not(found[0])

    def both(self, found: list[Any]) -> Expression:
        return All(tuple(found))

    def either(self, found: list[Any]) -> Expression:
        return Either(tuple(found))


def _comparison(name: lark.Token, operator: Operator, *values: Value) -> Comparison:
    return Comparison(str(name), operator, values, name.start_pos or 0)


def _unquoted(token: str) -> str:
    return token[1:-1].replace(token[0] * 2, token[0])


@lru_cache(maxsize=1)
def _parser() -> lark.Lark:
    return lark.Lark(GRAMMAR, parser="lalr", maybe_placeholders=False)


_WORDS: Mapping[str, str] = {
    "NAME": "an attribute",
    "BRACKETED": "an attribute in [ ]",
    "OPERATOR": "= != < <= > >=",
    "TEXT": "a text in quotes",
    "NUMBER": "a number",
    "FLAG": "true or false",
    "LPAR": "(",
    "RPAR": ")",
    "COMMA": ",",
    "$END": "the end",
}


def _words(terminals: Iterable[str]) -> str:
    return ", ".join(sorted({_WORDS.get(each, each.strip("_").casefold()) for each in terminals}))


@lru_cache(maxsize=256)
def parse(text: str) -> Expression | None:
    """Return what a filter says; None if it is empty, which lets every contact through.

    Raises:
        FilterError: it is none; the text says at which character, from 1.
    """
    if not text.strip():
        return None
    if len(text) > MAX_CHARACTERS:
        raise FilterError(f"has {len(text)} characters; allowed are {MAX_CHARACTERS}")
    try:
        found: Expression = _Maker().transform(_parser().parse(text))
        depth = _depth(found)
    except RecursionError:
        raise FilterError(f"is nested too deep; allowed are {MAX_DEPTH} levels") from None
    except lark.exceptions.UnexpectedToken as error:
        at = error.pos_in_stream if error.token.type != "$END" else None
        raise _unexpected(text, at, error.accepts or error.expected) from None
    except lark.exceptions.UnexpectedCharacters as error:
        raise _unexpected(text, error.pos_in_stream, error.allowed or ()) from None
    comparisons = list(comparisons_of(found))
    if len(comparisons) > MAX_COMPARISONS:
        raise FilterError(f"has {len(comparisons)} comparisons; allowed are {MAX_COMPARISONS}")
    if depth > MAX_DEPTH:
        raise FilterError(f"is nested {depth} levels deep; allowed are {MAX_DEPTH}")
    return found


def _unexpected(text: str, at: int | None, expected: Iterable[str]) -> FilterError:
    if at is None or at >= len(text):
        return FilterError(f"character {len(text) + 1}: ends too early; expected {_words(expected)}")
    rest = text[at : at + 20].split("\n")[0]
    return FilterError(f"character {at + 1}: found {rest!r}; expected {_words(expected)}")


def comparisons_of(expression: Expression) -> Iterator[Comparison]:
    """Yield all comparisons of an expression."""
    match expression:
        case Comparison():
            yield expression
        case Not(part):
            yield from comparisons_of(part)
        case All(parts) | Either(parts):
            for each in parts:
                yield from comparisons_of(each)


def _depth(expression: Expression) -> int:
    match expression:
        case Not(part):
            return 1 + _depth(part)
        case All(parts) | Either(parts):
            return 1 + max(map(_depth, parts))
        case _:
            return 0


_COMPARED: Mapping[Operator, Callable[[float, Decimal], bool]] = {
    Operator.EQUAL: eq,
    Operator.LESS: lt,
    Operator.LESS_OR_EQUAL: le,
    Operator.GREATER: gt,
    Operator.GREATER_OR_EQUAL: ge,
    Operator.FILLED: lambda number, _: True,
}


def holds(expression: Expression, numbers: Mapping[str, float]) -> bool:
    """Tell whether an expression holds for numbers; a comparison of one that is missing does not."""
    match expression:
        case Comparison(name, operator, values):
            number = numbers.get(name)
            compared = _COMPARED[operator]
            return number is not None and any(
                compared(number, each) for each in values or (Decimal(0),) if isinstance(each, Decimal)
            )
        case Not(part):
            return not holds(part, numbers)
        case All(parts):
            return all(holds(each, numbers) for each in parts)
        case Either(parts):
            return any(holds(each, numbers) for each in parts)


# -- what can be compared with what ----------------------------------------------------------------

_ORDERED = frozenset(Operator) - {Operator.CONTAINS, Operator.STARTS}
_TEXT = frozenset({Operator.EQUAL, Operator.CONTAINS, Operator.STARTS, Operator.FILLED})
_FLAG = frozenset({Operator.EQUAL, Operator.FILLED})


def _is_day(value: Value) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_some_text(value: Value) -> bool:
    return isinstance(value, str) and value != ""


@frozen
class _Comparable:
    operators: frozenset[Operator]
    takes: Callable[[Value], bool]
    words: str


_NUMBER = _Comparable(_ORDERED, lambda value: isinstance(value, Decimal), "a number such as 12.5")
_TYPES: Mapping[str, _Comparable] = {
    "integer": _NUMBER,
    "float": _NUMBER,
    "boolean": _Comparable(_FLAG, lambda value: isinstance(value, bool), "true or false"),
    "date": _Comparable(_ORDERED, _is_day, "a date such as '2026-12-31'"),
    "string": _Comparable(_TEXT, _is_some_text, "a text such as 'London', or is empty"),
    "phone": _Comparable(_TEXT, _is_some_text, "a number such as '+442079460018', or is empty"),
}


def check(text: str, specs: Iterable[AttributeSpec]) -> None:
    """Check a filter by the attributes that contacts can have.

    Raises:
        FilterError: it is none, an attribute is not there, or is compared with what it never is.
    """
    if fault := fault_of(text, is_note=True):
        raise FilterError(fault)
    expression = parse(text)
    known = {spec.name: spec for spec in specs}
    for each in comparisons_of(expression) if expression is not None else ():
        where = f"character {each.place + 1}"
        spec = known.get(each.attribute)
        if spec is None:
            near = ", ".join(sorted(known))
            raise FilterError(f"{where}: no attribute {each.attribute!r}; there are {near[:500]}")
        allowed = _TYPES[spec.data_type]
        if each.operator not in allowed.operators:
            words = ", ".join(sorted(allowed.operators | {"in"}))
            raise FilterError(
                f"{where}: {each.attribute} is of type {spec.data_type}, which {each.operator} does not"
                f" compare; allowed: {words}"
            )
        for value in each.values:
            if not allowed.takes(value):
                raise FilterError(
                    f"{where}: {each.attribute} is of type {spec.data_type}, and compared with"
                    f" {str(value)[:50]!r}; allowed is {allowed.words}"
                )
