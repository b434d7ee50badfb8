"""Hypothesis strategies for everything that can be on the wire, derived from the classes themselves."""

from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st

from protocol.codec import MAX_INT
from protocol.enums import WireEnum
from protocol.registry import COMMANDS, NOTIFICATIONS, RESPONSES
from protocol.results import ResultCode

TEXT = st.text(max_size=12)
INTEGERS = st.integers(-MAX_INT, MAX_INT)


def values(tp: Any) -> st.SearchStrategy[Any]:
    """Values of the type of a field: of a structure, an enumeration, a list, a map or a scalar."""
    origin = get_origin(tp)
    if origin is UnionType:
        return st.none() | values(get_args(tp)[0])
    if origin is tuple:
        return st.lists(values(get_args(tp)[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(TEXT, values(get_args(tp)[1]), max_size=3)
    if tp is str:
        return TEXT
    if tp is bool:
        return st.booleans()
    if tp is int:
        return INTEGERS
    if issubclass(tp, WireEnum | ResultCode):
        return st.sampled_from(tp)
    return instances(tp)


def instances(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Instances of a structure or message; each fits a frame."""
    hints = get_type_hints(cls)
    return st.builds(cls, **{a.alias: values(hints[a.name]) for a in attrs.fields(cls)})


def commands() -> st.SearchStrategy[Any]:
    """Commands of all kinds."""
    return st.sampled_from([spec.cls for spec in COMMANDS.values()]).flatmap(instances)


def responses() -> st.SearchStrategy[Any]:
    """RESPs of all kinds."""
    return st.sampled_from(list(RESPONSES.values())).flatmap(instances)


def notifications() -> st.SearchStrategy[Any]:
    """Notifications of all kinds."""
    return st.sampled_from(list(NOTIFICATIONS.values())).flatmap(instances)


def scalars() -> st.SearchStrategy[Any]:
    """Values of the simple types that the wire has."""
    return st.none() | st.booleans() | INTEGERS | TEXT


def trees() -> st.SearchStrategy[Any]:
    """Any value that a field unknown here may hold: scalars, lists and maps, a few levels deep."""
    return st.recursive(
        scalars(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=6,
    )
