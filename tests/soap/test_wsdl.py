"""The WSDLs are those that clients were made for: the digest of each operation, and that a change is seen."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from lxml import etree

from agentmgr.api.contract import Service
from agentmgr.api.operations import CONTRACTS
from agentmgr.soap.wsdl import wsdl
from agentmgr.testing.wsdl_facts import REST, SOAP, digests, facts


def kept(service: str) -> dict[str, str]:
    """The digests of a service as they were computed once, by `python -m agentmgr.testing.wsdl_facts`."""
    lines = Path(__file__).with_name("wsdl_digests.txt").read_text().splitlines()
    found = (line.split(" ", 2) for line in lines)
    return {operation: digest for digest, name, operation in found if name == service}


def described(service: Service) -> bytes:
    return wsdl(service, service.signatures, "http://127.0.0.1/")


@pytest.mark.parametrize("service", CONTRACTS, ids=lambda service: service.name)
def test_contract_has_the_digests_that_it_must_have(service: Service) -> None:
    found, known = digests(described(service)), kept(service.name)
    assert list(found) == list(known)
    wrong = [name for name in known if found[name] != known[name]]
    assert not wrong, f"{wrong[0]}: {facts(described(service))[wrong[0]]}"


def test_operations_alone_have_the_digests_that_they_have_among_others() -> None:
    for service in CONTRACTS:
        for signature in service.signatures[::5]:
            found = digests(wsdl(service, [signature], "http://127.0.0.1/"))
            assert found[signature.name] == kept(service.name)[signature.name]


def mutations(document: bytes) -> Iterator[bytes]:
    """Yield the document with one attribute changed, or two neighbouring fields exchanged."""
    root = etree.fromstring(document)
    for element in root.iter():
        if element.tag == f"{SOAP}address":
            continue
        for name, value in list(element.attrib.items()):
            element.set(name, "7" if str(value).isdigit() else f"{value}x")
            yield etree.tostring(root)
            element.set(name, value)
        if str(element.tag).endswith("sequence"):
            for place in range(len(element) - 1):
                element.insert(place, element[place + 1])
                yield etree.tostring(root)
                element.insert(place, element[place + 1])


@pytest.mark.slow
def test_every_change_of_an_attribute_or_of_an_order_is_seen() -> None:
    document = described(CONTRACTS[1])
    before, seen = digests(document), 0
    for changed in mutations(document):
        with suppress(KeyError, ValueError):  # what is named is not there any more, which is seen too
            assert digests(changed) != before, changed
        seen += 1
    assert seen > 500


def test_prefixes_comments_and_the_address_make_no_difference() -> None:
    document = described(CONTRACTS[1])
    other = (
        document.replace(b"tns:", b"t:")
        .replace(b"xmlns:tns", b"xmlns:t")
        .replace(b"127.0.0.1", b"example.com")
        .replace(b"<wsdl:types>", b"<!-- types --><wsdl:types>")
    )
    assert digests(other) == digests(document)
    assert REST in digests(document)
