"""How the classes of messages, events and effects are made: frozen to the type checker alone.

attrs writes the fields of a frozen object through `object.__setattr__`, which makes it four times as
dear as another; a command makes ten of them. Nothing assigns to a field, mypy sees to that.
"""

from typing import TYPE_CHECKING, Any, TypeVar

import attrs

if TYPE_CHECKING:
    from attrs import frozen
else:

    def frozen(cls: type[Any] | None = None, **options: Any) -> Any:
        """Make an attrs class of equal and hashable values."""
        return attrs.define(cls, unsafe_hash=True, **options)


T_co = TypeVar("T_co", covariant=True)


class Kept(tuple[T_co, ...]):
    """A list of a message that is sent again and again: what it is on the wire is kept with it."""

    packed: bytes | None = None
    """Its msgpack value, once it was sent."""


__all__ = ["Kept", "frozen"]
