"""What a WSDL says, as facts that can be compared, and a short digest of those of each operation.

Two WSDLs with the same facts are the same to clients: prefixes, comments, white space, the address, and the
order of what has names of its own are left out; what XML Schema and WSDL say of attributes that are left out
is filled in.

    python -m agentmgr.testing.wsdl_facts FILE...    prints the digests of some WSDLs
"""

import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

XSD = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
REST = "(all else)"
DIGEST_CHARACTERS = 16

_NAMES = frozenset({"type", "base", "element", "message", "binding", "ref"})
"""Attributes whose value is a name with a prefix."""
_FILLED_IN: Mapping[str, Mapping[str, str]] = {
    f"{XSD}element": {"minOccurs": "1", "maxOccurs": "1", "nillable": "false", "abstract": "false"},
    f"{XSD}sequence": {"minOccurs": "1", "maxOccurs": "1"},
    f"{XSD}complexType": {"mixed": "false", "abstract": "false"},
    f"{XSD}schema": {"elementFormDefault": "unqualified", "attributeFormDefault": "unqualified"},
    f"{SOAP}binding": {"style": "document"},
}
_LEFT_OUT = frozenset({f"{SOAP}address", f"{WSDL}documentation", f"{XSD}annotation"})

Facts = tuple[Any, ...]


def facts(wsdl: bytes) -> dict[str, Facts]:
    """Return what a WSDL says of each of its operations, with all types that it reaches, and of all else."""
    root = etree.fromstring(wsdl, etree.XMLParser(remove_comments=True, resolve_entities=False))
    (port_type,), (binding,) = root.findall(f"{WSDL}portType"), root.findall(f"{WSDL}binding")
    schemas = root.findall(f"{WSDL}types/{XSD}schema")
    globals_ = {
        f"{{{schema.get('targetNamespace', '')}}}{each.get('name')}": each
        for schema in schemas
        for each in schema
    }
    namespace = root.get("targetNamespace", "")
    messages = {f"{{{namespace}}}{each.get('name')}": each for each in root.findall(f"{WSDL}message")}
    bound = {each.get("name"): each for each in binding.findall(f"{WSDL}operation")}
    found: dict[str, Facts] = {}
    for operation in port_type.findall(f"{WSDL}operation"):
        used = [messages[_resolved(each, each.get("message", ""))] for each in operation]
        elements = [
            globals_[_resolved(part, part.get("element", ""))] for message in used for part in message
        ]
        reached = sorted(set(_reached(elements, globals_)))
        found[operation.get("name", "")] = (
            _fact(operation),
            _fact(bound[operation.get("name")]),
            *map(_fact, used),
            *map(_fact, elements),
            *(_fact(globals_[name]) for name in reached),
        )
    found[REST] = (
        _attributes(root),
        tuple(sorted(_attributes(schema) for schema in schemas)),
        tuple(sorted(globals_)),
        tuple(sorted(messages)),
        (_attributes(port_type), tuple(sorted(each.get("name", "") for each in port_type))),
        (_attributes(binding), tuple(_fact(each) for each in binding if each.tag != f"{WSDL}operation")),
        tuple(sorted(str(name) for name in bound)),
        tuple(sorted(_fact(each) for each in root.findall(f"{WSDL}service"))),
    )
    return found


def digests(wsdl: bytes) -> dict[str, str]:
    """Return a short digest of the facts of each operation, and of all else, by name."""
    return {
        name: hashlib.sha256(repr(found).encode()).hexdigest()[:DIGEST_CHARACTERS]
        for name, found in facts(wsdl).items()
    }


def _reached(
    elements: Iterable[etree._Element],
    globals_: Mapping[str, etree._Element],
    seen: frozenset[str] = frozenset(),
) -> Iterator[str]:
    for element in elements:
        for each in element.iter():
            for attribute in ("type", "base", "ref"):
                name = _resolved(each, each.get(attribute, ""))
                if name in globals_ and name not in seen:
                    yield name
                    yield from _reached([globals_[name]], globals_, seen | {name})


def _fact(element: etree._Element) -> Facts:
    """Return an element with all that is in it, in its order."""
    inside = tuple(_fact(each) for each in element if each.tag not in _LEFT_OUT)
    return element.tag, _attributes(element), (element.text or "").strip(), inside


def _attributes(element: etree._Element) -> Facts:
    values = {**_FILLED_IN.get(str(element.tag), {}), **{str(k): str(v) for k, v in element.attrib.items()}}
    return tuple(
        sorted(
            (name, _resolved(element, value) if name in _NAMES else value) for name, value in values.items()
        )
    )


def _resolved(element: etree._Element, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    namespace = element.nsmap.get(prefix or None)
    return f"{{{namespace}}}{local}" if namespace else local


def main(paths: Iterable[str]) -> Iterator[str]:
    """Yield a line for each digest of some files."""
    for path in paths:
        wsdl = Path(path).read_bytes()
        service = etree.fromstring(wsdl).find(f"{WSDL}service")
        name = service.get("name", "") if service is not None else path
        for operation, digest in digests(wsdl).items():
            yield f"{digest} {name} {operation}"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in main(sys.argv[1:]))
