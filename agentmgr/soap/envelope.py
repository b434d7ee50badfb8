"""Messages: a request taken out of its envelope, a response or a fault put into one."""

from collections import deque
from collections.abc import Sequence
from typing import Literal

from attrs import AttrsInstance, frozen
from lxml import etree

from agentmgr.api.contract import Service
from agentmgr.api.faults import Refused
from agentmgr.api.operations import Operation
from agentmgr.soap.wsdl import fault_fields, schema, wsdl
from agentmgr.soap.xsd import NoValue, Shape, shape, written

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
NEXT_ACTOR = "http://schemas.xmlsoap.org/soap/actor/next"
ENCODINGS = ("utf-8", "utf-16", "us-ascii", "iso-8859-1")
"""In which encodings a request is read."""
MAX_FOUND_CHARACTERS = 300
MAX_ELEMENTS = 10_000
"""How many a request may have: several times what the largest contact needs."""

_COUNTED = etree.XPath("count(.//*)")

FaultCode = Literal["Client", "Server", "VersionMismatch", "MustUnderstand"]


class Unreadable(Exception):
    """A message that is no request of this service; the text is one line for whoever wrote the client."""

    def __init__(self, code: FaultCode, text: str) -> None:
        super().__init__(text)
        self.code: FaultCode = code
        self.text = text


@frozen
class Call:
    """A request, and the operation that it is for."""

    operation: Operation
    request: AttrsInstance


class Codec:
    """Reads and writes the messages of a service; may be used in any thread.

    Args:
        service: the service.
        operations: those of it that are served.
    """

    def __init__(self, service: Service, operations: Sequence[Operation]) -> None:
        self._service = service
        self._signatures = [operation.signature for operation in operations]
        self._operations = {f"{{{service.namespace}}}{operation.name}": operation for operation in operations}
        self._schema = etree.tostring(schema(service, self._signatures))
        self._validators: deque[etree.XMLSchema] = deque()

    def describe(self, location: str) -> bytes:
        """Return the WSDL of the service at an address."""
        return wsdl(self._service, self._signatures, location)

    def read(self, body: bytes, charset: str = "") -> Call:
        """Return what a message asks for.

        Args:
            body: the message.
            charset: how its bearer says that it is encoded; empty leaves that to the message.

        Raises:
            Unreadable: it asks for nothing that there is here.
        """
        envelope = _parsed(body, charset)
        content = _content(envelope)
        operation = self._operations.get(str(content.tag))
        if operation is None:
            raise Unreadable("Client", f"{self._service.name} has no operation {_named(content)}")
        self._validate(content)
        try:
            request = self._shape(operation.signature.request).read(content)
        except NoValue as error:
            raise Unreadable("Client", f"{operation.name}: {error}") from None
        return Call(operation, request)

    def _shape(self, message: type[AttrsInstance]) -> Shape:
        return shape(message, self._service.namespace)

    def _validate(self, content: etree._Element) -> None:
        # one keeps the errors of its last use, so none is used by two threads
        try:
            validator = self._validators.pop()
        except IndexError:
            validator = etree.XMLSchema(etree.fromstring(self._schema))
        try:
            if not validator.validate(content):
                error = validator.error_log[0].message
                raise Unreadable("Client", _short(error.replace(f"{{{self._service.namespace}}}", "")))
        finally:
            self._validators.append(validator)

    def write(self, operation: Operation, response: AttrsInstance) -> bytes:
        """Put a response into an envelope."""
        envelope, body = _envelope(self._service.namespace)
        element = etree.SubElement(body, f"{{{self._service.namespace}}}{operation.name}Response")
        self._shape(operation.signature.response).write(element, response)
        return _bytes(envelope)

    def write_refusal(self, operation: Operation, refused: Refused) -> bytes:
        """Put a refusal into an envelope: a fault with the code and the text of the operation."""
        if refused.code is None:
            return write_fault("Server", refused.text)
        namespace = self._service.namespace
        envelope, body = _envelope(namespace)
        fault = _fault(body, "Server", refused.text)
        info = etree.SubElement(
            etree.SubElement(fault, "detail"), f"{{{namespace}}}{operation.name}FaultInfo"
        )
        values = {"RetCode": str(refused.code), "FaultMsg": written(refused.text)}
        for name, _ in fault_fields(operation.signature):
            etree.SubElement(info, f"{{{namespace}}}{name}").text = values[name]
        return _bytes(envelope)


def write_fault(code: FaultCode, text: str) -> bytes:
    """Put a fault without a detail into an envelope."""
    envelope, body = _envelope()
    _fault(body, code, text)
    return _bytes(envelope)


def _parsed(body: bytes, charset: str) -> etree._Element:
    name = charset.strip("\"' ").lower()
    if name and name not in ENCODINGS:
        raise Unreadable("Client", f"charset {name[:40]!r} is not read; allowed: {', '.join(ENCODINGS)}")
    # a parser keeps what its last document was; making one takes some microseconds
    parser = etree.XMLParser(
        encoding=name or None,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("Client", f"no XML: {_short(str(error))}") from None
    info = root.getroottree().docinfo
    if info.doctype:
        raise Unreadable("Client", "a message has no document type")
    if (info.encoding or "utf-8").lower() not in ENCODINGS:
        raise Unreadable("Client", f"encoding {info.encoding} is not read; allowed: {', '.join(ENCODINGS)}")
    return root


def _content(envelope: etree._Element) -> etree._Element:
    """Return the one element in the body of an envelope."""
    name = etree.QName(envelope)
    if name.localname != "Envelope":
        raise Unreadable("Client", f"found {_named(envelope)}, where an Envelope should be")
    if name.namespace != ENVELOPE:
        raise Unreadable("VersionMismatch", f"an Envelope of SOAP 1.1 is in the namespace {ENVELOPE}")
    parts = list(envelope)
    if parts and parts[0].tag == f"{{{ENVELOPE}}}Header":
        for block in parts.pop(0):
            for_us = block.get(f"{{{ENVELOPE}}}actor", "") in ("", NEXT_ACTOR)
            if for_us and block.get(f"{{{ENVELOPE}}}mustUnderstand", "0").strip() in ("1", "true"):
                raise Unreadable("MustUnderstand", f"header {_named(block)} is not understood here")
    if not parts or parts[0].tag != f"{{{ENVELOPE}}}Body":
        raise Unreadable("Client", "an Envelope has a Body, with one Header at most before it")
    if len(parts[0]) != 1:
        raise Unreadable("Client", f"the Body has {len(parts[0])} elements; it needs one, the operation")
    if _COUNTED(parts[0]) > MAX_ELEMENTS:
        raise Unreadable("Client", f"the Body has more than {MAX_ELEMENTS} elements; send less in one call")
    return parts[0][0]


def _envelope(namespace: str = "") -> tuple[etree._Element, etree._Element]:
    nsmap = {"soap": ENVELOPE} | ({"tns": namespace} if namespace else {})
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap=nsmap)
    return envelope, etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")


def _fault(body: etree._Element, code: FaultCode, text: str) -> etree._Element:
    fault = etree.SubElement(body, f"{{{ENVELOPE}}}Fault")
    etree.SubElement(fault, "faultcode").text = f"soap:{code}"
    etree.SubElement(fault, "faultstring").text = written(text)
    return fault


def _bytes(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _named(element: etree._Element) -> str:
    return _short(etree.QName(element).localname)


def _short(text: str) -> str:
    return text if len(text) <= MAX_FOUND_CHARACTERS else text[: MAX_FOUND_CHARACTERS - 3] + "..."
