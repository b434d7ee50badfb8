"""What the contract says of operations and their fields, read alike by every way of calling them.

Requests, responses and what they are made of are attrs classes whose fields have the names of the wire, in
the order of the wire. A field that may be absent is None or has a default, one that may come many times is a
tuple.
"""

from typing import Any, NewType, TypeVar

from attrs import AttrsInstance, field, frozen

Long = NewType("Long", int)
"""A whole number of 64 bits; an `int` of a contract has 32."""

T = TypeVar("T")


def defaulted(absent: T, *, empty: Any = None) -> T:
    """Declare a field that may be absent.

    Args:
        absent: what it is then.
        empty: what one that is there without a value is; the same if None.
    """
    made: T = field(default=absent, metadata={"empty": absent if empty is None else empty})
    return made


def nillable() -> Any:
    """Declare a text that may be absent (None), or said to be nothing (empty)."""
    return field(default=None, metadata={"nillable": True})


@frozen
class Signature:
    """An operation as callers see it: what it takes and gives, and the codes with which it refuses.

    `text_first` says that a fault's text stands before its code.
    """

    request: type[AttrsInstance]
    response: type[AttrsInstance]
    faults: tuple[int, ...]
    text_first: bool = False

    @property
    def name(self) -> str:
        """Return what the operation is called: as the class of its request."""
        return self.request.__name__


@frozen
class Service:
    """Operations under one name and namespace, in the order in which they are described."""

    name: str
    short_name: str
    namespace: str
    signatures: tuple[Signature, ...]
