"""Classes of the contract as XML Schema: the types that are described, and elements read and written."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from attrs import NOTHING, AttrsInstance, fields, frozen, has
from lxml import etree

from agentmgr.api.contract import Long

XSD = "http://www.w3.org/2001/XMLSchema"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))?", re.ASCII
)


class NoValue(ValueError):
    """A text that its type allows, but that stands for nothing that can be kept; says what and why."""


@frozen
class Simple:
    """A type that is one text: its name, and how it is read and written."""

    name: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


@frozen
class Field:
    """A field of a class as an element.

    `empty` is what an element without a value stands for, where it has a default.
    """

    name: str
    tag: str
    kind: "Simple | Enumeration | Shape"
    required: bool
    many: bool
    nillable: bool
    empty: Any = None


@frozen
class Enumeration:
    """A type that is one of some words."""

    name: str
    members: type[StrEnum]

    def read(self, text: str) -> StrEnum:
        """Return the member with this word."""
        return self.members(text)

    def write(self, value: StrEnum) -> str:
        """Return the word."""
        return str(value)


@frozen
class Shape:
    """A class of the contract as a type with elements in their order."""

    name: str
    made: Callable[..., AttrsInstance]
    fields: tuple[Field, ...]

    def read(self, element: etree._Element) -> AttrsInstance:
        """Return what an element says that is valid by its schema.

        Raises:
            NoValue: something in it stands for nothing that can be kept.
        """
        by_tag = {field.tag: field for field in self.fields}
        values: dict[str, Any] = {}
        for child in element:
            field = by_tag[str(child.tag)]
            value = _read(field, child)
            if field.many:
                values.setdefault(field.name, []).append(value)
            else:
                values[field.name] = value
        for name, value in values.items():
            if isinstance(value, list):
                values[name] = tuple(value)
        return self.made(**values)

    def write(self, into: etree._Element, value: AttrsInstance) -> None:
        """Append the fields of an object to an element; what is None is left out."""
        for field in self.fields:
            found = getattr(value, field.name)
            for each in found if field.many else (found,):
                if each is not None:
                    _write(field, etree.SubElement(into, field.tag), each)


def _read(field: Field, element: etree._Element) -> Any:
    if isinstance(field.kind, Shape):
        return field.kind.read(element)
    if element.get(_NIL) in ("true", "1"):
        return ""
    text = element.text or ""
    if field.empty is not None and not text.strip():
        return field.empty
    try:
        return field.kind.read(text)
    except NoValue as error:
        raise NoValue(f"{field.name}: {error}") from None


def _write(field: Field, element: etree._Element, value: Any) -> None:
    if isinstance(field.kind, Shape):
        field.kind.write(element, value)
    else:
        element.text = written(field.kind.write(value))


def written(text: str) -> str:
    """Return a text with what no XML can carry replaced."""
    return _NO_XML.sub("\ufffd", text)


@cache
def shape(made: type[AttrsInstance], namespace: str) -> Shape:
    """Return a class as a type of a namespace."""
    hints = get_type_hints(made)
    return Shape(
        made.__name__,
        made,
        tuple(_field(each, hints[each.name], namespace) for each in fields(made)),
    )


def _field(attribute: Any, hint: Any, namespace: str) -> Field:
    optional = get_origin(hint) in (UnionType, Union)
    if optional:
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    many = get_origin(hint) is tuple
    if many:
        hint = get_args(hint)[0]
    return Field(
        attribute.name,
        f"{{{namespace}}}{attribute.name}",
        _kind(hint, namespace),
        attribute.default is NOTHING,
        many,
        attribute.metadata.get("nillable", False),
        attribute.metadata.get("empty"),
    )


def _kind(hint: Any, namespace: str) -> "Simple | Enumeration | Shape":
    if hint in SIMPLE:
        return SIMPLE[hint]
    if has(hint):
        return shape(hint, namespace)
    if issubclass(hint, StrEnum):
        return Enumeration(hint.__name__, hint)
    raise TypeError(f"{hint} is no type of the contract")


def _double(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return repr(value) if math.isfinite(value) else ("INF" if value > 0 else "-INF")


def _date_time(text: str) -> datetime:
    """Read a time with any offset, one without as UTC."""
    found = _DATE_TIME.fullmatch(text.strip())
    if found is None:
        raise NoValue(f"{text.strip()[:40]!r} is a time that cannot be kept; allowed: years 0001 to 9999")
    year, month, day, hour, minute, second = (int(each) for each in found.groups()[:6])
    fraction, sign, offset_h, offset_min = found.groups()[6:]
    offset = timedelta(hours=int(offset_h or 0), minutes=int(offset_min or 0)) * (-1 if sign == "-" else 1)
    try:
        return datetime(
            year,
            month,
            day,
            hour,
            minute,
            second,
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=timezone(offset),
        ).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NoValue(f"{text.strip()[:40]!r} is a time that cannot be kept: {error}") from None


def _written_time(value: datetime) -> str:
    at = value.astimezone(UTC)
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds" if at.microsecond else "seconds") + "Z"


SIMPLE: Mapping[Any, Simple] = {
    str: Simple("string", str, str),
    int: Simple("int", int, str),
    Long: Simple("long", int, str),
    float: Simple("double", lambda text: float(text.replace("INF", "inf")), _double),
    bool: Simple("boolean", lambda text: text.strip() in ("true", "1"), lambda v: "true" if v else "false"),
    datetime: Simple("dateTime", _date_time, _written_time),
}
