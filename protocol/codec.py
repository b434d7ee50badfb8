"""Messages to msgpack values and back: strict about types, indifferent to unknown fields.

Decoders are built here, once a type, because cattrs would turn "7" and 7.9 into 7 and is slower with
hooks that don't; encoding is cattrs' own.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from itertools import chain
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import attrs
import msgpack  # type: ignore[import-untyped]  # msgpack ships no type information
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from protocol.enums import WireEnum
from protocol.errors import ArgumentError, RemoteProtocolError
from protocol.registry import MAX_LIST_ITEMS, MAX_MAP_KEYS, MAX_VALUE_BYTES, wire_name
from protocol.results import ResultCode
from protocol.values import Kept

T = TypeVar("T")

MAX_DEPTH = 16
"""How deep lists and maps may be nested in each other; the map that is the message counts."""
MAX_INT = 2**53 - 1
"""Integers beyond are refused: not every language can hold them."""

if msgpack.Packer.__module__ != "msgpack._cmsgpack":  # pragma: no cover - an installation fault
    raise ImportError("msgpack was installed without its C extension, which is too slow to serve from")


# -- one msgpack value -------------------------------------------------------------------------

_SCALARS = frozenset({str, int, bool, NoneType})
_PLAIN = _SCALARS | {list, dict}


def refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a map of its pairs.

    Raises:
        ValueError: a key is there twice.
    """
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("a map has the same key twice")
    return mapping


def unpack(value: bytes) -> Any:
    """Decode one msgpack value under limits.

    Raises:
        RemoteProtocolError: not one msgpack value, or beyond the limits (1024 list items, 256 map
            keys, string keys, each once); the connection cannot go on.
    """
    try:
        return msgpack.unpackb(
            value,
            raw=False,
            strict_map_key=True,
            object_pairs_hook=refuse_duplicates,
            max_str_len=MAX_VALUE_BYTES,
            max_bin_len=0,
            max_ext_len=0,
            max_array_len=MAX_LIST_ITEMS,
            max_map_len=MAX_MAP_KEYS,
        )
    except Exception as error:  # msgpack raises classes of its own, ValueError, UnicodeDecodeError
        why = str(error)[:120] or type(error).__name__
        raise RemoteProtocolError(f"a frame does not hold one usable msgpack value: {why}") from None


_NESTING = bytes((*range(0x80, 0xA0), *range(0xDC, 0xE0)))
"""What begins a list or a map."""
_HARMLESS = bytes(
    (*range(0x80), *range(0xA0, 0xC4), *b"\xcc\xcd\xce\xd0\xd1\xd2\xd9\xda\xdb", *range(0xE0, 0x100))
)
"""What begins anything else that this wire has, but an integer of more than 32 bits."""


def unpack_message(value: bytes) -> Any:
    """Decode one msgpack value as `unpack` does, and refuse what this wire has not, wherever it stands.

    Raises:
        RemoteProtocolError: as `unpack`; or there is a float, or an integer beyond 53 bits, or lists and maps
            are nested too deep.
    """
    message = unpack(value)
    # Hardly a message has a byte that could begin such a thing; only those that have are gone through.
    suspect = value.translate(None, _HARMLESS)
    if len(suspect) > MAX_DEPTH or suspect.translate(None, _NESTING):
        _refuse_foreign(message)
    return message


def _refuse_foreign(message: Any) -> None:
    level: list[Any] = [message]
    for _ in range(MAX_DEPTH + 1):
        kinds = set(map(type, level))
        if not kinds <= _PLAIN:
            raise RemoteProtocolError(f"this wire has no {min(kind.__name__ for kind in kinds - _PLAIN)}")
        if int in kinds:
            far = next((n for n in level if n.__class__ is int and not -MAX_INT <= n <= MAX_INT), None)
            if far is not None:
                raise RemoteProtocolError(f"the integer {far} is not within 53 bits")
        if kinds <= _SCALARS:
            return
        lists = [each for each in level if each.__class__ is list]
        maps = [each for each in level if each.__class__ is dict]
        if not set(map(type, chain.from_iterable(maps))) <= {str}:
            raise RemoteProtocolError("a key is not a string")
        level = [*chain.from_iterable(lists), *chain.from_iterable(each.values() for each in maps)]
    raise RemoteProtocolError(f"lists and maps are nested more than {MAX_DEPTH} deep")


pack: Callable[[Any], bytes] = msgpack.Packer(use_bin_type=True).pack


# -- decoders, one for each type a field can have ------------------------------------------------

Decoder = Callable[[Any], Any]


def _exact_str(value: Any) -> str:
    if value.__class__ is not str:
        raise TypeError(f"a string is needed, not {_kind(value)}")
    return value


def _exact_bool(value: Any) -> bool:
    if value.__class__ is not bool:
        raise TypeError(f"true or false is needed, not {_kind(value)}")
    return value


def _exact_int(value: Any) -> int:
    if value.__class__ is not int:
        raise TypeError(f"an integer is needed, not {_kind(value)}")
    if not -MAX_INT <= value <= MAX_INT:
        raise ValueError(f"{value} is not within 53 bits")
    return value


def _kind(value: Any) -> str:
    """Name a value's type in msgpack's words."""
    names = {NoneType: "nil", str: "a string", bool: "a boolean", int: "an integer", dict: "a map"}
    return names.get(type(value), f"a {type(value).__name__}")


def _result_code(value: Any) -> ResultCode:
    return ResultCode(_exact_int(value))


_SIMPLE: dict[Any, Decoder] = {
    str: _exact_str,
    bool: _exact_bool,
    int: _exact_int,
    ResultCode: _result_code,
}


def _build_decoder(tp: Any) -> Decoder:
    if tp in _SIMPLE:
        return _SIMPLE[tp]
    if get_origin(tp) is UnionType:
        return _optional_decoder(tp)
    if get_origin(tp) is tuple:
        return _list_decoder(get_args(tp)[0])
    if get_origin(tp) is dict:
        return _map_decoder(get_args(tp)[1])
    if issubclass(tp, WireEnum):
        return _enum_decoder(tp)
    return _structure_decoder(tp)


_decoder: Callable[[Any], Decoder] = cache(_build_decoder)


def _optional_decoder(tp: Any) -> Decoder:
    inner = _decoder(get_args(tp)[0])
    return lambda value: None if value is None else inner(value)


def _list_decoder(item: Any) -> Decoder:
    inner = _decoder(item)

    def decode_list(value: Any) -> tuple[Any, ...]:
        if value.__class__ is not list:
            raise TypeError(f"a list is needed, not {_kind(value)}")
        return tuple([inner(element) for element in value])

    return decode_list


def _map_decoder(item: Any) -> Decoder:
    inner = _decoder(item)

    def decode_map(value: Any) -> dict[str, Any]:
        if value.__class__ is not dict:
            _need_map(value)
        return {_exact_str(key): inner(element) for key, element in value.items()}

    return decode_map


def _enum_decoder(cls: type[WireEnum]) -> Decoder:
    spelled = {member.value: member for member in cls}

    def decode_enum(value: Any) -> WireEnum:
        return spelled.get(_exact_str(value)) or cls.parse(value)

    return decode_enum


def _structure_decoder(cls: type[Any]) -> Decoder:
    """Compile the call of a class with its decoded fields.

    Like the `__init__` that attrs writes, and for the same reason: every command passes here.
    """
    hints = get_type_hints(cls)
    scope: dict[str, Any] = {"cls": cls, "need_map": _need_map}
    lines, arguments = [], []
    for attribute in attrs.fields(cls):
        name, field, variable = wire_name(attribute), attribute.name, f"its_{attribute.name}"
        arguments.append(variable)
        scope[f"decode_{field}"] = _decoder(hints[field])
        decoded = [f"{variable} = value[{name!r}]", _decoding(hints[field], variable, f"decode_{field}")]
        if attribute.default is attrs.NOTHING:
            lines += decoded
        else:
            scope[f"default_{field}"] = attribute.default
            made = ".factory()" if hasattr(attribute.default, "factory") else ""
            lines += [f"if {name!r} not in value:", f"    {variable} = default_{field}{made}"]
            lines += ["else:", *(f"    {line}" for line in decoded)]
    body = "\n    ".join(lines)
    source = f"""
def decode_structure(value):
    if value.__class__ is not dict:
        need_map(value)
    {body}
    return cls({", ".join(arguments)})
"""
    exec(source, scope)
    decoder: Decoder = scope["decode_structure"]
    return decoder


_AS_IT_IS = {
    str: "{0}.__class__ is str",
    bool: "{0}.__class__ is bool",
    int: f"{{0}}.__class__ is int and -{MAX_INT} <= {{0}} <= {MAX_INT}",
}
"""When a value of a type stands for itself; all others are left to the type's decoder."""


def _decoding(tp: Any, variable: str, decode: str) -> str:
    """Return the statement that decodes what a variable holds."""
    test = _AS_IT_IS.get(tp)
    decoded = f"{variable} = {decode}({variable})"
    return decoded if test is None else f"if not ({test.format(variable)}): {decoded}"


def _need_map(value: Any) -> None:
    raise TypeError(f"a map is needed, not {_kind(value)}")


def _required(cls: type[Any]) -> frozenset[str]:
    return frozenset(wire_name(a) for a in attrs.fields(cls) if a.default is attrs.NOTHING)


def decode_args(cls: type[T], args: Mapping[str, Any]) -> T:
    """Build a message from the map of its arguments.

    Raises:
        ArgumentError: something is missing or malformed, with the result code that says so.
    """
    try:
        message: T = _decoder(cls)(args)
    except (TypeError, ValueError, KeyError):
        raise _blame(cls, args) from None
    return message


def _blame(cls: type[Any], args: Mapping[str, Any]) -> ArgumentError:
    """Find the argument that is missing or malformed; only on the way to a refusal."""
    missing = sorted(_required(cls) - args.keys())
    if missing:
        return ArgumentError(ResultCode.TOO_FEW_ARGUMENTS, f"{cls.__name__} lacks {', '.join(missing)}")
    hints = get_type_hints(cls)
    for attribute in attrs.fields(cls):
        name = wire_name(attribute)
        if name in args:
            try:
                _decoder(hints[attribute.name])(args[name])
            except (TypeError, ValueError, KeyError) as fault:
                why = f"lacks {fault.args[0]}" if isinstance(fault, KeyError) else fault
                return ArgumentError(attribute.metadata["invalid"], f"{cls.__name__}.{name}: {why}")
    raise AssertionError(f"{cls.__name__} was refused, but no argument of it is at fault")  # pragma: no cover


# -- encoders ------------------------------------------------------------------------------------


def _unstructure_hook(cls: type[Any]) -> Callable[[Any], Any]:
    renames = {
        a.name: override(rename=wire_name(a), omit_if_default=a.default is None) for a in attrs.fields(cls)
    }
    return make_dict_unstructure_fn(cls, _converter, **renames)  # type: ignore[arg-type]  # mypy merges the keyword types


_converter = Converter(detailed_validation=False, unstruct_collection_overrides={tuple: list})
_converter.register_unstructure_hook_factory(attrs.has, _unstructure_hook)
for _enum in (ResultCode, *WireEnum.__subclasses__()):  # one by one: cattrs takes a StrEnum for a string
    _converter.register_unstructure_hook(_enum, attrgetter("value"))


_encoder: Callable[[Any], Callable[[Any], dict[str, Any]]] = cache(_converter.get_unstructure_hook)


def encode_args(message: Any) -> dict[str, Any]:
    """Turn a message into the map of its arguments; optional ones that are None are left out."""
    return _encoder(message.__class__)(message)


def pack_args(message: Any) -> bytes:
    """Encode the arguments of a message; a `Kept` list among them is encoded once in its life."""
    values = [(a, getattr(message, a.name)) for a in attrs.fields(message.__class__)]
    if not any(value.__class__ is Kept for _, value in values):
        return pack(encode_args(message))
    told = [(a, value) for a, value in values if value is not None or a.default is not None]
    parts = [msgpack.Packer().pack_map_header(len(told))]
    for attribute, value in told:
        parts += pack(wire_name(attribute)), _packed(value)
    return b"".join(parts)


def _packed(value: Any) -> bytes:
    if value.__class__ is not Kept:
        return pack(_encoder(value.__class__)(value))
    if value.packed is None:
        value.packed = pack([_encoder(item.__class__)(item) for item in value])
    packed: bytes = value.packed
    return packed


@lru_cache(maxsize=2048)
def packed_args(message: Any) -> bytes:
    """Encode the arguments of a small hashable message, remembering the result."""
    return pack(encode_args(message))
