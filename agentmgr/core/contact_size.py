"""How large a contact may be: a desktop is told all of it in one frame, or would miss a part unawares."""

from collections.abc import Collection, Iterable, Mapping

from agentmgr.core.model import AttributeSpec
from protocol.enums import AttributeType
from protocol.registry import MAX_LIST_ITEMS, MAX_VALUE_BYTES
from protocol.sizes import ENVELOPE_BYTES, packed_size
from protocol.structures import Attribute

ROOM_BYTES = MAX_VALUE_BYTES - ENVELOPE_BYTES - 5
"""For the names and values of all attributes of a contact, as they are sent."""
NAMES_BYTES = 3_500
"""So much of it is kept for names: until then new attributes take no room from contacts that are there."""
_LONGEST_TYPE = max(AttributeType, key=len)
_LONGEST_NAMELESS_BYTES = packed_size(Attribute("", "", _LONGEST_TYPE)) + 2
"""With the two bytes more that a long name has at its head."""
_MAX_CHARACTER_BYTES = 4


def names_bytes(specs: Iterable[AttributeSpec]) -> int:
    """Return what a contact without any value takes."""
    return sum(packed_size(Attribute(spec.name, "", _LONGEST_TYPE)) for spec in specs)


def room_for_values(specs: Iterable[AttributeSpec]) -> int:
    """Return how many bytes the values of a contact may have that has these attributes."""
    return ROOM_BYTES - max(names_bytes(specs), NAMES_BYTES)


def least_room(attributes: int, name_characters: int) -> int:
    """Return how many bytes the values may have at the least, with attributes of which so much is known.

    Args:
        attributes: how many there are.
        name_characters: in all their names together.
    """
    names = attributes * _LONGEST_NAMELESS_BYTES + name_characters * _MAX_CHARACTER_BYTES
    return ROOM_BYTES - max(names, NAMES_BYTES)


def values_bytes(values: Mapping[str, str]) -> int:
    """Return how many bytes the values of a contact have as they are sent."""
    return sum(map(packed_size, values.values()))


def are_too_many(specs: Collection[AttributeSpec], largest_bytes: int) -> bool:
    """Tell whether there can be no contact with all these attributes, or one that is there would be cut.

    Args:
        specs: all attributes, those that are there and those that shall be.
        largest_bytes: those of the values of the largest contact.
    """
    return len(specs) > MAX_LIST_ITEMS or names_bytes(specs) + largest_bytes > ROOM_BYTES
