"""How large a structure is on the wire, without encoding it; and lists cut to what fits one frame."""

from collections.abc import Iterable
from enum import IntEnum
from functools import cache
from itertools import chain, islice
from typing import Any, TypeVar

import attrs

from protocol.registry import MAX_LIST_ITEMS, MAX_VALUE_BYTES, wire_name

T = TypeVar("T")

ENVELOPE_BYTES = 400
"""Room kept for everything around a list: envelope, names, ids, the other fields of the RESP."""


def packed_size(value: Any) -> int:
    """Return the bytes that msgpack needs for a value as the codec writes it.

    Args:
        value: None, bool, int, str, list, tuple, dict with string keys, or an attrs structure.
    """
    if value.__class__ is str or isinstance(value, str):
        length = len(value) if value.isascii() else len(value.encode())
        return length + (1 if length < 32 else 2 if length < 256 else 3 if length < 65536 else 5)
    if value is None or value is True or value is False:
        return 1
    if isinstance(value, int | IntEnum):
        return _int_size(int(value))
    if isinstance(value, list | tuple):
        return _header_size(len(value)) + sum(map(packed_size, value))
    if isinstance(value, dict):
        return _header_size(len(value)) + sum(map(packed_size, chain.from_iterable(value.items())))
    size = count = 0
    for key_size, name, is_optional in _fields_of(value.__class__):
        item = getattr(value, name)
        if item is not None or not is_optional:
            size += key_size + packed_size(item)
            count += 1
    return _header_size(count) + size


@cache
def _fields_of(cls: type[Any]) -> tuple[tuple[int, str, bool], ...]:
    """Return of each field what its key takes, its name, and whether it is left out when it is None."""
    return tuple((packed_size(wire_name(a)), a.name, a.default is None) for a in attrs.fields(cls))


def whole_entries(items: Iterable[T], limit_bytes: int = MAX_VALUE_BYTES - ENVELOPE_BYTES) -> tuple[T, ...]:
    """Return as many of the first items as fit a frame; none is cut in two (agent API, section 3)."""
    fitting: list[T] = []
    left = limit_bytes - 5
    for item in islice(items, MAX_LIST_ITEMS):
        left -= packed_size(item)
        if left < 0:
            break
        fitting.append(item)
    return tuple(fitting)


def _int_size(number: int) -> int:
    if -32 <= number < 128:
        return 1
    for size, low, high in ((2, -(2**7), 2**8), (3, -(2**15), 2**16), (5, -(2**31), 2**32)):
        if low <= number < high:
            return size
    return 9


def _header_size(count: int) -> int:
    return 1 if count < 16 else 3 if count < 65536 else 5
