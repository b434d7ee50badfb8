"""Messages as clients send them, and what comes back."""

from attrs import frozen
from lxml import etree

from agentmgr.soap.envelope import ENVELOPE

AGENT = "http://services.pim.avaya.com/AgentAPI/"
CAMPAIGN = "http://services.pim.avaya.com/CmpMgmt/"


def envelope(content: str, header: str = "", namespace: str = AGENT) -> bytes:
    """Put elements of a namespace, with the prefix `a`, into an envelope."""
    return (
        f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:a="{namespace}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{header}<s:Body>{content}</s:Body></s:Envelope>"
    ).encode()


@frozen
class Fault:
    """A fault as a client reads it; `detail` has the names of its elements and their texts, in order."""

    code: str
    text: str
    detail: tuple[tuple[str, str], ...] = ()


def fault_of(message: bytes) -> Fault:
    """Read a fault."""
    fault = etree.fromstring(message).find(f"{{{ENVELOPE}}}Body/{{{ENVELOPE}}}Fault")
    assert fault is not None
    prefix, _, code = (fault.findtext("faultcode") or "").partition(":")
    assert fault.nsmap[prefix] == ENVELOPE
    detail = tuple(
        (etree.QName(each).localname, each.text or "") for info in fault.findall("detail/*") for each in info
    )
    return Fault(code, fault.findtext("faultstring") or "", detail)
