"""Messages to msgpack values and back: strict about types, indifferent to unknown fields."""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import attrs
import msgpack  # type: ignore[import-untyped]  # msgpack ships no type information
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from protocol.enums import WireEnum
from protocol.errors import ArgumentError, RemoteProtocolError
from protocol.registry import MAX_VALUE_BYTES, wire_name
from protocol.results import ResultCode

T = TypeVar("T")

MAX_LIST_ITEMS = 1024
MAX_MAP_KEYS = 256
MAX_INT = 2**53
"""Integers beyond are refused: not every language can hold them."""

if msgpack.Packer.__module__ != "msgpack._cmsgpack":  # pragma: no cover - an installation fault
    raise ImportError("msgpack was installed without its C extension, which is too slow to serve from")


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("a map has the same key twice")
    return mapping


def unpack(value: bytes) -> Any:
    """Decode one msgpack value under limits.

    Raises:
        RemoteProtocolError: not msgpack, or beyond the limits (1024 list items, 256 map keys, no
            extension types, unique string keys); the connection cannot go on.
    """
    try:
        return msgpack.unpackb(
            value,
            raw=False,
            strict_map_key=True,
            object_pairs_hook=_refuse_duplicates,
            max_str_len=MAX_VALUE_BYTES,
            max_bin_len=0,
            max_ext_len=0,
            max_array_len=MAX_LIST_ITEMS,
            max_map_len=MAX_MAP_KEYS,
        )
    except (
        Exception
    ) as error:  # msgpack raises its own classes, ValueError, UnicodeDecodeError, RecursionError
        raise RemoteProtocolError(f"a frame holds no usable msgpack value: {type(error).__name__}") from None


pack: Callable[[Any], bytes] = msgpack.Packer(use_bin_type=True).pack


# -- one value of each primitive type, exactly ---------------------------------------------


def _exact_str(value: Any, _: Any) -> str:
    if value.__class__ is not str:
        raise TypeError(f"a string is needed, not {type(value).__name__}")
    return value


def _exact_bool(value: Any, _: Any) -> bool:
    if value.__class__ is not bool:
        raise TypeError(f"true or false is needed, not {type(value).__name__}")
    return value


def _exact_int(value: Any, _: Any) -> int:
    if value.__class__ is not int or not -MAX_INT <= value <= MAX_INT:
        raise TypeError(
            f"an integer within 53 bits is needed, not {str(value)[:40]} ({type(value).__name__})"
        )
    return value


def _wire_enum(value: Any, cls: type[WireEnum]) -> WireEnum:
    return cls.parse(_exact_str(value, str))


def _result_code(value: Any, _: Any) -> ResultCode:
    return ResultCode(_exact_int(value, int))


def _tuple_hook(tp: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    item = get_args(tp)[0]
    structure = _converter.get_structure_hook(item)

    def to_tuple(value: Any, _: Any) -> tuple[Any, ...]:
        if value.__class__ is not list:
            raise TypeError(f"a list is needed, not {type(value).__name__}")
        return tuple([structure(element, item) for element in value])

    return to_tuple


def _structure_hook(cls: type[Any]) -> Callable[[Any, Any], Any]:
    renames = {a.name: override(rename=wire_name(a)) for a in attrs.fields(cls)}
    inner = make_dict_structure_fn(cls, _converter, _cattrs_detailed_validation=False, **renames)  # type: ignore[arg-type]  # mypy merges the keyword types

    def from_map(value: Any, _: Any) -> Any:
        if value.__class__ is not dict:
            raise TypeError(f"a map is needed, not {type(value).__name__}")
        return inner(value, cls)

    return from_map


def _unstructure_hook(cls: type[Any]) -> Callable[[Any], Any]:
    renames = {
        a.name: override(rename=wire_name(a), omit_if_default=a.default is None) for a in attrs.fields(cls)
    }
    return make_dict_unstructure_fn(cls, _converter, **renames)  # type: ignore[arg-type]  # mypy merges the keyword types


def _is_tuple(tp: Any) -> bool:
    return get_origin(tp) is tuple


_converter = Converter(detailed_validation=False, unstruct_collection_overrides={tuple: list})
# by identity: cattrs takes a hook for str for its subclasses too, and enumerations are strings
for _exact_type, _exact_hook in {
    str: _exact_str,
    bool: _exact_bool,
    int: _exact_int,
    ResultCode: _result_code,
}.items():
    _converter.register_structure_hook_func(lambda tp, exact=_exact_type: tp is exact, _exact_hook)
_converter.register_structure_hook_func(
    lambda tp: isinstance(tp, type) and issubclass(tp, WireEnum), _wire_enum
)
_converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
_converter.register_structure_hook_factory(attrs.has, _structure_hook)
_converter.register_unstructure_hook_factory(attrs.has, _unstructure_hook)
_converter.register_unstructure_hook_func(
    lambda tp: isinstance(tp, type) and issubclass(tp, Enum),
    lambda member: member.value,
)


# -- whole messages ----------------------------------------------------------------------------


@cache
def _decoder(cls: type[Any]) -> Callable[[Any, Any], Any]:
    return _converter.get_structure_hook(cls)


@cache
def _encoder(cls: type[Any]) -> Callable[[Any], dict[str, Any]]:
    return _converter.get_unstructure_hook(cls)


@cache
def _required(cls: type[Any]) -> frozenset[str]:
    return frozenset(wire_name(a) for a in attrs.fields(cls) if a.default is attrs.NOTHING)


def decode_args(cls: type[T], args: Mapping[str, Any]) -> T:
    """Build a message from the map of its arguments.

    Raises:
        ArgumentError: something is missing or malformed, with the result code that says so.
    """
    try:
        message: T = _decoder(cls)(args, cls)
        return message
    except Exception as error:  # cattrs lets any error of a hook through
        raise _blame(cls, args, error) from None


def _blame(cls: type[Any], args: Mapping[str, Any], error: Exception) -> ArgumentError:
    """Find the argument that is missing or malformed; only on the way to a refusal."""
    missing = sorted(_required(cls) - args.keys())
    if missing:
        return ArgumentError(ResultCode.TOO_FEW_ARGUMENTS, f"{cls.__name__} lacks {', '.join(missing)}")
    hints = get_type_hints(cls)
    for attribute in attrs.fields(cls):
        name = wire_name(attribute)
        if name in args:
            tp = hints[attribute.name]
            try:
                _converter.get_structure_hook(tp)(args[name], tp)
            except Exception as fault:
                code = attribute.metadata.get("invalid", ResultCode.BAD_DATA)
                return ArgumentError(code, f"{cls.__name__}.{name}: {fault}")
    return ArgumentError(ResultCode.BAD_DATA, f"{cls.__name__}: {error}")


def encode_args(message: Any) -> dict[str, Any]:
    """Turn a message into the map of its arguments; optional ones that are None are left out."""
    return _encoder(message.__class__)(message)


@lru_cache(maxsize=2048)
def packed_args(message: Any) -> bytes:
    """Encode the arguments of a small hashable message, remembering the result."""
    return pack(encode_args(message))


def packed_size(value: Any) -> int:
    """How many bytes a structure or message takes on the wire, without its envelope."""
    return len(pack(_converter.unstructure(value)))
