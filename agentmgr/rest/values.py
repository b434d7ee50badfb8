"""JSON and the classes of requests and responses: read strictly, with all mistakes, and written."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
import cattrs
from attrs import AttrsInstance
from cattrs.cols import list_structure_factory
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from agentmgr.api.contract import Long
from agentmgr.text import fault_of

INT_BITS, LONG_BITS = 32, 64
T = TypeVar("T")


class Mistaken(Exception):
    """What was sent is no request.

    Args:
        mistakes: each with the path of the value and what is wrong with it.
    """

    def __init__(self, mistakes: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {what}" if path else what for path, what in mistakes))
        self.mistakes = tuple(mistakes)


def read(values: Mapping[str, Any], of: type[T]) -> T:
    """Return the request that JSON stands for.

    Raises:
        Mistaken: it stands for none; with all mistakes.
    """
    try:
        return _CONVERTER.structure(values, of)
    except cattrs.BaseValidationError as error:
        raise Mistaken(
            [_split(line) for line in cattrs.transform_error(error, "", format_exception=_words)]
        ) from None


def write(value: AttrsInstance) -> Any:
    """Return an answer as JSON has it; fields that are None are left out."""
    return _CONVERTER.unstructure(value)


_WHOLE = re.compile(r"-?[0-9]{1,20}")
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,4})?")
"""As JSON writes them: int() and float() take signs, spaces, underlines and the digits of all scripts."""


def from_text(texts: Sequence[str], of: Any) -> Any:
    """Return what stands in an address as JSON would have it, as it stands if it is no such value."""
    of, _ = unwrapped(of)
    if get_origin(of) is tuple:
        return [from_text([text], get_args(of)[0]) for text in texts]
    text = texts[-1]
    if of is bool:
        return {"true": True, "false": False}.get(text, text)
    if of in (int, Long) and _WHOLE.fullmatch(text):
        return int(text)
    if of is float and _NUMBER.fullmatch(text):
        return float(text)
    return text


def unwrapped(of: Any) -> tuple[Any, bool]:
    """Return a type without None, and whether it was optional."""
    if get_origin(of) in (Union, UnionType):
        (inner,) = [each for each in get_args(of) if each is not NoneType]
        return inner, True
    return of, False


def fields_of(of: type[AttrsInstance]) -> dict[str, tuple[Any, bool]]:
    """Return the fields of a class by name: the type of each, and whether it must be there."""
    types = get_type_hints(of)
    return {each.name: (types[each.name], each.default is attrs.NOTHING) for each in attrs.fields(of)}


def _text(value: Any, of: Any) -> str:
    if of is not str:
        return _choice(value, of)  # cattrs has hooks of a class for those below it too
    if type(value) is not str:
        raise ValueError("needs a text")
    # which texts have one line alone, their services know
    if fault := fault_of(value.replace("\r\n", "\n"), is_note=True):
        raise ValueError(f"{fault}; no text may have one")
    return value


def _whole(bits: int) -> Any:
    limit = 2 ** (bits - 1)

    def hook(value: Any, _: Any) -> int:
        if type(value) is not int or not -limit <= value < limit:
            raise ValueError(f"needs a whole number of {bits} bits")
        return value

    return hook


def _number(value: Any, _: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError("needs a number")
    return float(value)


def _yes_or_no(value: Any, _: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("needs true or false")
    return value


def _choice(value: Any, of: type[StrEnum]) -> StrEnum:
    if type(value) is not str or value not in list(of):
        raise ValueError(f"needs one of {', '.join(of)}")
    return of(value)


def _time(value: Any, _: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("needs a time such as 2026-05-01T09:30:00Z") from None


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _words(error: BaseException, _: Any) -> str:
    match error:
        case ForbiddenExtraKeysError():
            return f"unknown fields: {', '.join(sorted(map(str, error.extra_fields)))}"
        case KeyError():
            return "is missing"
        case _:
            return str(error)


def _split(line: str) -> tuple[str, str]:
    what, _, path = line.rpartition(" @ ")
    return path.removeprefix("."), what


def _is_many(of: Any) -> bool:
    return get_origin(of) is tuple


def _many(of: Any, converter: cattrs.Converter) -> Any:
    inner: Any = list[get_args(of)[0]]  # type: ignore[misc]
    structure = list_structure_factory(inner, converter)

    def hook(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise TypeError("needs a list")
        return tuple(structure(value, of))

    return hook


def _class(of: Any, converter: cattrs.Converter) -> Any:
    structure = make_dict_structure_fn(of, converter)

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError("needs an object")
        return structure(value, of)

    return hook


def _without_none(of: Any, converter: cattrs.Converter) -> Any:
    unstructure = make_dict_unstructure_fn(of, converter)
    return lambda value: {name: each for name, each in unstructure(value).items() if each is not None}


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook_factory(attrs.has, _class)
    converter.register_unstructure_hook_factory(attrs.has, _without_none)
    converter.register_structure_hook_factory(_is_many, _many)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(int, _whole(INT_BITS))
    converter.register_structure_hook_func(lambda of: of is Long, _whole(LONG_BITS))
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(bool, _yes_or_no)
    converter.register_structure_hook(datetime, _time)
    converter.register_unstructure_hook(
        datetime, lambda at: at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    )
    return converter


_CONVERTER = _make_converter()
