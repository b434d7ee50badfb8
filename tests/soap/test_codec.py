"""Every message of the contract read and written, and what is no message refused."""

import re
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from attrs import AttrsInstance, evolve, has
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from messages import AGENT, CAMPAIGN, Fault, envelope, fault_of

from agentmgr.api import contract_agent, contract_campaign
from agentmgr.api.contract import Long, Service
from agentmgr.api.contract_agent import (
    AddContactFromListToJob,
    IsDNC,
    OperationType,
    PhoneType,
    Priority,
    SaveContact,
    UpdateCampaignAttributeValue,
    UpdatePhoneNumber,
)
from agentmgr.api.contract_campaign import GetImportJobStatus, ImportJobState
from agentmgr.api.faults import Refused
from agentmgr.api.operations import CONTRACTS, Operation
from agentmgr.soap.envelope import ENVELOPE, MAX_ELEMENTS, Codec, Unreadable, write_fault
from agentmgr.soap.wsdl import schema
from agentmgr.soap.xsd import shape


def _nobody(*_: object) -> Any:
    raise AssertionError("carried out")


def codec(service: Service) -> Codec:
    """A codec of all that a service promises."""
    return Codec(service, [Operation(service, signature, _nobody) for signature in service.signatures])


CODECS = {service.name: codec(service) for service in CONTRACTS}
AGENTS = CODECS[contract_agent.SERVICE.name]
CAMPAIGNS = CODECS[contract_campaign.SERVICE.name]


def read(content: str, header: str = "") -> AttrsInstance:
    return AGENTS.read(envelope(content, header)).request


def refusal(message: bytes, charset: str = "", codec: Codec = AGENTS) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        codec.read(message, charset)
    return caught.value.code, caught.value.text


# -- everything there and back --------------------------------------------------------------------

NO_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TIMES = st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20).map(lambda text: NO_XML.sub("", text)),
    int: st.integers(-(2**31), 2**31 - 1),
    Long: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    datetime: TIMES.map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of a type of the contract."""
    if hint in VALUES:
        return VALUES[hint]
    if get_origin(hint) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) in (Union, UnionType):
        return st.none() | values(get_args(hint)[0])
    if has(hint):
        return st.builds(hint, **{name: values(each) for name, each in get_type_hints(hint).items()})
    return st.sampled_from(hint)


MESSAGES = [
    (service, message)
    for service in CONTRACTS
    for signature in service.signatures
    for message in (signature.request, signature.response)
]


@pytest.mark.parametrize(("service", "message"), MESSAGES, ids=lambda each: getattr(each, "__name__", ""))
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_message_is_valid_by_the_schema_and_read_as_it_was_written(
    service: Service, message: type[AttrsInstance], data: st.DataObject
) -> None:
    value = data.draw(values(message))
    found = shape(message, service.namespace)
    element = etree.Element(f"{{{service.namespace}}}{message.__name__}")
    found.write(element, value)
    SCHEMAS[service.name].assertValid(element)
    assert found.read(etree.fromstring(etree.tostring(element))) == _as_read(value)


SCHEMAS = {
    service.name: etree.XMLSchema(etree.fromstring(etree.tostring(schema(service, service.signatures))))
    for service in CONTRACTS
}


def _as_read(value: AttrsInstance) -> AttrsInstance:
    """An empty tuple is written as no element, which is what the default stands for."""
    if isinstance(value, GetImportJobStatus) and not value.JobStates:
        return evolve(value, JobStates=(ImportJobState.RUNNING,))
    return value


# -- what is absent, empty and nil ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "operation"),
    [
        ("", OperationType.ASSIGN),
        ("<a:Operation/>", OperationType.ADD),
        ("<a:Operation>MINUS</a:Operation>", OperationType.MINUS),
    ],
)
def test_operation_that_is_absent_assigns_and_an_empty_one_adds(said: str, operation: OperationType) -> None:
    fields = (
        "<a:JobId>7</a:JobId><a:AttributeName>n</a:AttributeName><a:AttributeValue>1.5</a:AttributeValue>"
    )
    found = read(f"<a:UpdateCampaignAttributeValue>{fields}{said}</a:UpdateCampaignAttributeValue>")
    assert found == UpdateCampaignAttributeValue(7, "n", 1.5, operation)


def test_states_of_imports_that_are_absent_are_running() -> None:
    source = "<a:DataSourceName>crm</a:DataSourceName>"
    for said, states in (
        ("", (ImportJobState.RUNNING,)),
        ("<a:JobStates/>", (ImportJobState.RUNNING,)),
        ("<a:JobStates>ERROR</a:JobStates><a:JobStates>PAUSED</a:JobStates>", ("ERROR", "PAUSED")),
    ):
        content = f"<a:GetImportJobStatus>{source}{said}</a:GetImportJobStatus>"
        found = CAMPAIGNS.read(envelope(content, namespace=CAMPAIGN)).request
        assert found == GetImportJobStatus("crm", states)


def test_switches_that_are_absent_or_empty_are_off() -> None:
    words = {"true": True, "1": True, " 1 ": True, "false": False, "0": False, "": False}
    switches = {
        f"<a:CheckForRejectPattern>{word}</a:CheckForRejectPattern>": on for word, on in words.items()
    }
    for said, on in {"": False, **switches}.items():
        assert read(f"<a:IsDNC><a:Address>x</a:Address>{said}</a:IsDNC>") == IsDNC("x", None, on)


def test_priority_that_is_absent_or_empty_is_medium() -> None:
    fields = (
        "<a:CampaignName>C</a:CampaignName><a:ContactID>1</a:ContactID>"
        "<a:ContactListName>L</a:ContactListName>"
    )
    for said in ("", "<a:ContactPriority/>"):
        content = f"<a:AddContactFromListToJob>{fields}{said}</a:AddContactFromListToJob>"
        assert read(content) == AddContactFromListToJob("C", "1", "L", Priority.MEDIUM)


def test_number_that_is_absent_is_told_from_one_that_is_nil_or_empty() -> None:
    content = (
        "<a:UpdatePhoneNumber><a:ContactID>1</a:ContactID><a:ContactListName>L</a:ContactListName>"
        '<a:PhoneObject><a:CountryCode xsi:nil="true"/><a:PhoneNumber/></a:PhoneObject></a:UpdatePhoneNumber>'
    )
    assert read(content) == UpdatePhoneNumber("1", "L", PhoneType("", "", None, None))


# -- what is in a value ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "number"),
    [("9.007199254741E+15", 9.007199254741e15), ("7.0368744177665E13", 70368744177665.0), (" 12 ", 12.0)],
)
def test_session_ids_are_read_as_every_client_writes_them(written: str, number: float) -> None:
    content = (
        f"<a:UpdateCompletionCode><a:PimSessionID>{written}</a:PimSessionID>"
        "<a:CompletionCode>Sale</a:CompletionCode></a:UpdateCompletionCode>"
    )
    assert read(content).PimSessionID == number  # type: ignore[attr-defined]


def contact(on: str) -> str:
    return (
        "<a:SaveContact><a:Contact><a:ContactId>1</a:ContactId><a:ContactGroupName>L</a:ContactGroupName>"
        f"<a:LastModifiedOn>{on}</a:LastModifiedOn></a:Contact></a:SaveContact>"
    )


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-03-29T01:30:00Z", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-03-29T01:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-03-29T01:30:00.1234567891+05:30", datetime(2026, 3, 28, 20, 0, 0, 123456, tzinfo=UTC)),
        ("2026-03-29T01:30:00-14:00", datetime(2026, 3, 29, 15, 30, tzinfo=UTC)),
    ],
)
def test_times_are_read_with_any_offset(written: str, at: datetime) -> None:
    request = read(contact(written))
    assert isinstance(request, SaveContact)
    assert request.Contact.LastModifiedOn == at


@pytest.mark.parametrize(
    "written",
    ["2026-01-01T24:00:00Z", "12026-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"],
)
def test_time_that_cannot_be_kept_is_the_clients_fault(written: str) -> None:
    code, text = refusal(envelope(contact(written)))
    assert code == "Client"
    assert text.startswith("SaveContact: Contact: LastModifiedOn: ") or "LastModifiedOn" in text


# -- what is no message ---------------------------------------------------------------------------


def is_dnc(address: str, more: str = "") -> bytes:
    return envelope(f"<a:IsDNC><a:Address>{address}</a:Address>{more}</a:IsDNC>")


IS_DNC = "<a:IsDNC><a:Address>x</a:Address></a:IsDNC>"
MESSAGE = envelope(IS_DNC)
SOAP_1_2 = b'<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body/></Envelope>'
SECRET = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
MAYBE = "<a:CheckForRejectPattern>maybe</a:CheckForRejectPattern>"
NO_DTD = "no document type"


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        (b"", "Client", "no XML"),
        (b"hello", "Client", "no XML"),
        (MESSAGE[:-10], "Client", "no XML"),
        (b"<Envelope/>", "VersionMismatch", "SOAP 1.1"),
        (SOAP_1_2, "VersionMismatch", "SOAP 1.1"),
        (b"<html/>", "Client", "found html"),
        (f'<Envelope xmlns="{ENVELOPE}"/>'.encode(), "Client", "has a Body"),
        (envelope(""), "Client", "the Body has 0 elements"),
        (envelope("<a:IsDNC/><a:IsDNC/>"), "Client", "the Body has 2 elements"),
        (envelope("<a:Nothing/>"), "Client", "VP_POMAgentAPIService has no operation Nothing"),
        (envelope("<IsDNC/>"), "Client", "no operation IsDNC"),
        (MESSAGE.replace(b"Address", b"Adress"), "Client", "Adress.*not expected.*Address"),
        (envelope("<a:IsDNC/>"), "Client", "Missing child"),
        (is_dnc("x", "<a:More/>"), "Client", "More.*not expected"),
        (is_dnc("x", "<b/>"), "Client", "b.*not expected"),
        (is_dnc("x", MAYBE), "Client", "not a valid value"),
        (envelope('<a:IsDNC><a:Address xsi:nil="true"/></a:IsDNC>'), "Client", "not 'nillable'"),
        (is_dnc("<a/>" * MAX_ELEMENTS), "Client", "more than 10000 elements"),
        (is_dnc("<a>" * 300 + "</a>" * 300), "Client", "(?i)depth"),
        (b"<!DOCTYPE s:Envelope>" + MESSAGE, "Client", NO_DTD),
        (b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">' + MESSAGE, "Client", NO_DTD),
        (SECRET + is_dnc("&e;"), "Client", NO_DTD),
        (LAUGHS + is_dnc("&b;"), "Client", NO_DTD),
        (b'<?xml version="1.0" encoding="utf-7"?>' + MESSAGE, "Client", "(?i)encoding"),
        (b'<?xml version="1.0" encoding="nonsense"?>' + MESSAGE, "Client", "(?i)encoding"),
        (is_dnc("\xe9").decode().encode("latin-1"), "Client", "no XML"),
        (is_dnc("&#1;"), "Client", "no XML"),
        (is_dnc("\x00"), "Client", "no XML"),
    ],
)
def test_what_is_no_message_is_refused_with_its_reason(message: bytes, code: str, words: str) -> None:
    found, text = refusal(message)
    assert found == code
    assert re.search(words, text)
    assert len(text) < 400
    assert AGENT not in text


@pytest.mark.parametrize(("charset", "encoding"), [("utf-16", "utf-16"), ('"ISO-8859-1"', "latin-1")])
def test_encoding_that_the_bearer_says_counts(charset: str, encoding: str) -> None:
    message = envelope("<a:IsDNC><a:Address>J\xf6rg</a:Address></a:IsDNC>").decode().encode(encoding)
    assert AGENTS.read(message, charset).request == IsDNC("J\xf6rg")


@pytest.mark.parametrize("charset", ["utf-7", "cp037", "nonsense", "rot13"])
def test_encoding_that_is_not_read_is_refused(charset: str) -> None:
    assert refusal(envelope(IS_DNC), charset)[1].startswith(
        f"charset '{charset}' is not read; allowed: utf-8"
    )


@pytest.mark.parametrize(
    ("attributes", "is_refused"),
    [
        ('s:mustUnderstand="1"', True),
        ('s:mustUnderstand="1" s:actor="http://schemas.xmlsoap.org/soap/actor/next"', True),
        ('s:mustUnderstand="1" s:actor="http://somebody.example"', False),
        ('s:mustUnderstand="0"', False),
        ("", False),
    ],
)
def test_header_that_must_be_understood_is_refused(attributes: str, is_refused: bool) -> None:
    header = f'<s:Header><x:Security xmlns:x="http://x.example" {attributes}/></s:Header>'
    if is_refused:
        assert refusal(envelope(IS_DNC, header)) == (
            "MustUnderstand",
            "header Security is not understood here",
        )
    else:
        assert read(IS_DNC, header) == IsDNC("x")


def test_comments_and_instructions_are_no_part_of_a_message() -> None:
    content = "<a:IsDNC><!-- c --><a:Address>+49<!-- c -->30<?p i?>1</a:Address></a:IsDNC>"
    assert read(content) == IsDNC("+49301")


# -- what is answered -----------------------------------------------------------------------------


def _operation(name: str) -> Operation:
    return AGENTS._operations[f"{{{AGENT}}}{name}"]


def test_refusal_has_code_and_text_in_the_order_of_its_operation() -> None:
    for name, order in (("IsDNC", ("RetCode", "FaultMsg")), ("AddToDNCList", ("FaultMsg", "RetCode"))):
        values = {"RetCode": "-19", "FaultMsg": "x is no address"}
        found = fault_of(AGENTS.write_refusal(_operation(name), Refused(-19, "x is no address")))
        assert found == Fault("Server", "x is no address", tuple((each, values[each]) for each in order))


def test_refusal_without_a_code_has_no_detail() -> None:
    found = fault_of(AGENTS.write_refusal(_operation("IsDNC"), Refused(None, "not now")))
    assert found == Fault("Server", "not now")


def test_characters_that_no_xml_carries_are_replaced() -> None:
    assert fault_of(write_fault("Server", "a\x01b\ud800c\uffff")).text == "a\ufffdb\ufffdc\ufffd"
    assert fault_of(AGENTS.write_refusal(_operation("IsDNC"), Refused(-19, "\x00"))).detail[1][1] == "\ufffd"
