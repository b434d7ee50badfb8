"""A service described: its schema, and the WSDL around it, made of the contract."""

from collections.abc import Iterator, Sequence

from lxml import etree

from agentmgr.api.contract import Service, Signature
from agentmgr.soap.xsd import XSD, Enumeration, Field, Shape, shape

WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
TRANSPORT = "http://schemas.xmlsoap.org/soap/http"
PATHS = "/axis2/services/"
"""Where services are, by their names."""

Type = Shape | Enumeration
_FAULT_FIELDS = (("RetCode", "xsd:int"), ("FaultMsg", "xsd:string"))


def fault_fields(signature: Signature) -> tuple[tuple[str, str], ...]:
    """Return names and types of what stands in a fault of an operation, in their order."""
    return _FAULT_FIELDS[::-1] if signature.text_first else _FAULT_FIELDS


def schema(service: Service, signatures: Sequence[Signature]) -> etree._Element:
    """Return the schema of some operations of a service with all types that they reach."""
    root = etree.Element(_x("schema"), nsmap={"xsd": XSD, "tns": service.namespace})
    root.set("targetNamespace", service.namespace)
    root.set("elementFormDefault", "qualified")
    root.set("attributeFormDefault", "qualified")
    types: dict[str, Type] = {}
    for signature in signatures:
        for message in (signature.request, signature.response):
            found = shape(message, service.namespace)
            _describe(_global(root, found.name), found)
            types.update((kind.name, kind) for kind in _reached(found))
        sequence = etree.SubElement(_global(root, f"{signature.name}FaultInfo"), _x("sequence"))
        for name, simple in fault_fields(signature):
            etree.SubElement(sequence, _x("element"), name=name, type=simple)
    for kind in types.values():
        if isinstance(kind, Shape):
            _describe(etree.SubElement(root, _x("complexType"), name=kind.name), kind)
        else:
            made = etree.SubElement(root, _x("simpleType"), name=kind.name)
            words = etree.SubElement(made, _x("restriction"), base="xsd:string")
            for member in kind.members:
                etree.SubElement(words, _x("enumeration"), value=str(member))
    return root


def _global(root: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(etree.SubElement(root, _x("element"), name=name), _x("complexType"))


def _describe(into: etree._Element, found: Shape) -> None:
    if not found.fields:
        return
    sequence = etree.SubElement(into, _x("sequence"))
    for field in found.fields:
        element = etree.SubElement(sequence, _x("element"), name=field.name, type=_type(field))
        if field.many or not field.required:
            element.set("minOccurs", "0")
        if field.many:
            element.set("maxOccurs", "unbounded")
        if field.nillable:
            element.set("nillable", "true")
        if field.empty is not None and not isinstance(field.kind, Shape):
            element.set("default", field.kind.write(field.empty))


def _type(field: Field) -> str:
    return f"tns:{field.kind.name}" if isinstance(field.kind, Type) else f"xsd:{field.kind.name}"


def _reached(found: Shape) -> Iterator[Type]:
    for field in found.fields:
        if isinstance(field.kind, Type):
            yield field.kind
        if isinstance(field.kind, Shape):
            yield from _reached(field.kind)


def wsdl(service: Service, signatures: Sequence[Signature], location: str) -> bytes:
    """Describe some operations of a service that is at an address."""
    root = etree.Element(
        _w("definitions"), nsmap={"wsdl": WSDL, "soap": SOAP, "xsd": XSD, "tns": service.namespace}
    )
    root.set("name", service.short_name)
    root.set("targetNamespace", service.namespace)
    etree.SubElement(root, _w("types")).append(schema(service, signatures))
    for signature in signatures:
        for message, element in _messages(signature):
            made = etree.SubElement(root, _w("message"), name=message)
            etree.SubElement(made, _w("part"), name="parameters", element=f"tns:{element}")
    port_type = etree.SubElement(root, _w("portType"), name=service.name)
    binding = etree.SubElement(
        root, _w("binding"), name=f"{service.short_name}SOAP", type=f"tns:{service.name}"
    )
    etree.SubElement(binding, _s("binding"), style="document", transport=TRANSPORT)
    for signature in signatures:
        _port(etree.SubElement(port_type, _w("operation"), name=signature.name), signature)
        operation = etree.SubElement(binding, _w("operation"), name=signature.name)
        etree.SubElement(operation, _s("operation"), soapAction=service.namespace + signature.name)
        for way in ("input", "output"):
            etree.SubElement(etree.SubElement(operation, _w(way)), _s("body"), use="literal")
        fault = etree.SubElement(operation, _w("fault"), name="fault")
        etree.SubElement(fault, _s("fault"), use="literal", name="fault")
    made = etree.SubElement(root, _w("service"), name=service.name)
    port = etree.SubElement(
        made, _w("port"), name=f"{service.short_name}SOAP", binding=f"tns:{service.short_name}SOAP"
    )
    etree.SubElement(port, _s("address"), location=location)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _messages(signature: Signature) -> tuple[tuple[str, str], ...]:
    """Return names and elements of what an operation takes, gives and refuses with."""
    name = signature.name
    return (
        (f"{name}Request", name),
        (f"{name}Response", f"{name}Response"),
        (f"{name}Fault", f"{name}FaultInfo"),
    )


def _port(into: etree._Element, signature: Signature) -> None:
    for way, (message, _) in zip(("input", "output", "fault"), _messages(signature), strict=True):
        made = etree.SubElement(into, _w(way), message=f"tns:{message}")
        if way == "fault":
            made.set("name", "fault")


def _x(name: str) -> str:
    return f"{{{XSD}}}{name}"


def _w(name: str) -> str:
    return f"{{{WSDL}}}{name}"


def _s(name: str) -> str:
    return f"{{{SOAP}}}{name}"
