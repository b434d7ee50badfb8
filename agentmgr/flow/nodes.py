"""The ten data nodes: each is one call of the agent service, at the primary host or else the secondary."""

import base64
import http.client
import ssl
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import AttrsInstance
from lxml import etree

from agentmgr.api import contract_agent as agent
from agentmgr.flow.variables import OF_CONTACT, DynamicAttribute, PhoneInfo, PomInfo
from agentmgr.soap.wsdl import PATHS
from agentmgr.soap.xsd import NoValue, shape

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
DEFAULT_PORT = 9980
TIMEOUT_S = 10.0
AWAY = (502, 503, 504)
"""Answers of HTTP that say that nobody serves there now."""

_NAMESPACE = agent.SERVICE.namespace
_READS_OR_SETS = (
    agent.UpdateCompletionCode,
    agent.GetContactDataFromList,
    agent.GetContactAttributeValueFromList,
    agent.UpdateContactAttributeValueToList,
    agent.UpdatePhoneNumber,
    agent.GetPhoneNumber,
)
"""What comes to the same if it is done twice: it may be sent again when an answer was lost."""

R = TypeVar("R", bound=AttrsInstance)


class NodeFailed(Exception):
    """A node did not do what it should; the text is one line for a person."""


class NodeUnreachable(NodeFailed):
    """Neither host gave an answer; without one, what was asked may have been done all the same."""


class _NotThere(Exception):
    """A host did not take a request."""


class NodeRefused(NodeFailed):
    """The service would not: `code` is its return code, None for a request that it could not take at all."""

    def __init__(self, code: int | None, text: str) -> None:
        super().__init__(text if code is None else f"{code}: {text}")
        self.code = code


class DataNodes:
    """Does what the nodes of a call flow do; may be used in any thread.

    Args:
        user: who signs in; within an organisation if the user is of one.
        password: the user's.
        primary_host: `HOST` or `HOST:PORT`; this machine if neither host is given.
        secondary_host: where to go if the primary host cannot be reached.
        tls: how to connect over TLS; None without it, as on a trusted network.
        timeout_s: how long a host may take to answer.
    """

    def __init__(
        self,
        user: str,
        password: str,
        primary_host: str = "",
        secondary_host: str = "",
        *,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._hosts = [host for host in (primary_host, secondary_host) if host] or ["127.0.0.1"]
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "text/xml; charset=utf-8"}
        self._tls = tls
        self._timeout_s = timeout_s

    # -- the nodes -------------------------------------------------------------------------
    # All raise NodeRefused and NodeUnreachable; a variable is changed only by what was done.

    def update_disposition(self, info: PomInfo, completion_code: str) -> None:
        """Give the call a completion code of its campaign."""
        self._call(
            agent.UpdateCompletionCode(_session(info), completion_code), agent.UpdateCompletionCodeResponse
        )
        info.CompletionCode = completion_code

    def add_contact_info(
        self,
        info: PomInfo,
        attributes: Mapping[str, str] | None = None,
        *,
        automatic_time_zone: bool = False,
        reject_patterns: bool = False,
        phone_formats: bool = False,
        dnc: bool = False,
        update_existing: bool = False,
    ) -> bool:
        """Put a contact into a list; False if it is there and was left as it is.

        Args:
            info: the contact, with `ContactID` and `ContactGroupName` at least; what is empty is not said.
            attributes: its additional attributes by name.
            automatic_time_zone: whether the time zones follow from the numbers.
            reject_patterns: whether numbers that match a reject pattern are refused.
            phone_formats: whether numbers that fit no format of their country are refused.
            dnc: whether numbers and e-mail addresses on a do-not-call list are refused.
            update_existing: whether a contact of that id is changed.
        """
        said = {theirs: getattr(info, ours) or None for ours, theirs in OF_CONTACT.items()}
        said |= {"UserContactId": info.ContactID, "ContactListName": info.ContactGroupName}
        more = tuple(agent.AttributeType(name, value) for name, value in (attributes or {}).items())
        contact: Any = agent.ContactDataType(**said, AttributeObj=more)  # type: ignore[arg-type]  # by name
        request = agent.SaveContactToList(
            contact, automatic_time_zone, reject_patterns, phone_formats, update_existing, dnc
        )
        return self._call(request, agent.SaveContactToListResponse).Result == 0

    def add_contact_to_running_job(self, info: PomInfo, campaign: str = "") -> None:
        """Give the contact to the running job of a campaign, the call's own if none is named."""
        request = agent.AddContactFromListToJob(
            campaign or info.CampaignName, info.ContactID, info.ContactGroupName
        )
        self._call(request, agent.AddContactFromListToJobResponse)

    def get_contact_info(self, info: PomInfo) -> tuple[DynamicAttribute, ...]:
        """Fill the variable with what is known of its contact; return the attributes it has no place for."""
        request = agent.GetContactDataFromList(info.ContactID, info.ContactGroupName)
        contact = self._call(request, agent.GetContactDataFromListResponse).ContactRecord
        for ours, theirs in OF_CONTACT.items():
            setattr(info, ours, getattr(contact, theirs) or "")
        return tuple(
            DynamicAttribute(each.Name, each.Type or "", each.Value) for each in contact.AttributeObj
        )

    def update_contact_attribute(self, info: PomInfo, name: str, value: str) -> None:
        """Set an attribute of the contact; an empty value removes it."""
        request = agent.UpdateContactAttributeValueToList(info.ContactID, info.ContactGroupName, name, value)
        self._call(request, agent.UpdateContactAttributeValueToListResponse)

    def get_contact_attribute(self, info: PomInfo, name: str) -> str:
        """Return an attribute of the contact."""
        request = agent.GetContactAttributeValueFromList(info.ContactID, info.ContactGroupName, name)
        return self._call(request, agent.GetContactAttributeValueFromListResponse).AttributeValue

    def add_to_dnc_list(
        self,
        address: str,
        organization: str = "",
        *,
        reject_patterns: bool = False,
        phone_formats: bool = False,
    ) -> None:
        """Put an address on the common do-not-call list, or on an organisation's; for global users."""
        request = agent.AddToDNCList(address, organization or None, reject_patterns, phone_formats)
        self._call(request, agent.AddToDNCListResponse)

    def remove_from_dnc_list(
        self,
        address: str,
        organization: str = "",
        *,
        reject_patterns: bool = False,
        phone_formats: bool = False,
    ) -> None:
        """Take an address off the common do-not-call list, or off an organisation's; for global users."""
        request = agent.RemoveFromDNCList(address, organization or None, reject_patterns, phone_formats)
        self._call(request, agent.RemoveFromDNCListResponse)

    def update_phone_number(
        self,
        info: PomInfo,
        phone: PhoneInfo,
        *,
        automatic_time_zone: bool = False,
        reject_patterns: bool = False,
        phone_formats: bool = False,
        dnc: bool = False,
    ) -> None:
        """Set a telephone number of the contact; the switches are those of `add_contact_info`."""
        number = agent.PhoneType(
            phone.CountryCode, phone.PhoneNumber, phone.Timezone, phone.PhoneAttributeName
        )
        checks = automatic_time_zone, reject_patterns, phone_formats, dnc
        request = agent.UpdatePhoneNumber(info.ContactID, info.ContactGroupName, number, *checks)
        self._call(request, agent.UpdatePhoneNumberResponse)

    def get_phone_number(self, info: PomInfo, name: str) -> PhoneInfo:
        """Return a telephone number of the contact by the name of its attribute."""
        request = agent.GetPhoneNumber(info.ContactID, info.ContactGroupName, name)
        phone = self._call(request, agent.GetPhoneNumberResponse).Phone
        return PhoneInfo(
            PhoneAttributeName=phone.PhoneAttributeName or name,
            PhoneNumber=phone.PhoneNumber or "",
            CountryCode=phone.CountryCode or "",
            Timezone=phone.TimeZone or "",
        )

    # -- one call --------------------------------------------------------------------------

    def _call(self, request: AttrsInstance, gives: type[R]) -> R:
        name, problems = type(request).__name__, []
        body = _written(request)
        for host in self._hosts:
            try:
                status, answer = self._exchange(host, name, body)
            except _NotThere as error:
                problems.append(f"{host}: {error}")
            except (OSError, http.client.HTTPException) as error:
                problems.append(f"{host}: {str(error) or type(error).__name__}")
                if not isinstance(request, _READS_OR_SETS):
                    break
            else:
                return _read(name, status, answer, gives)
        raise NodeUnreachable(f"{name}: {'; '.join(problems)}")

    def _exchange(self, host: str, name: str, body: bytes) -> tuple[int, bytes]:
        """Send a request to a host; return the status and what came back.

        Raises:
            _NotThere: the host did not take it.
            OSError, HTTPException: it may have.
        """
        address, colon, port = host.rpartition(":")
        where = (address, int(port)) if colon and port.isdigit() else (host, DEFAULT_PORT)
        connection = self._connection(where[0].strip("[]"), where[1])
        try:
            try:
                connection.connect()
            except OSError as error:
                raise _NotThere(str(error)) from None
            headers = {**self._headers, "SOAPAction": f'"{_NAMESPACE}{name}"', "Connection": "close"}
            connection.request("POST", PATHS + agent.SERVICE.name, body, headers)
            response = connection.getresponse()
            if response.status in AWAY:
                raise _NotThere(f"answers {response.status} {response.reason}")
            return response.status, response.read()
        finally:
            connection.close()

    def _connection(self, host: str, port: int) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(host, port, timeout=self._timeout_s)
        return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=self._tls)


def _session(info: PomInfo) -> float:
    try:
        return float(info.SessionID)
    except ValueError:
        raise NodeRefused(None, f"SessionID is {info.SessionID!r}; allowed: a whole number") from None


def _written(request: AttrsInstance) -> bytes:
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE, "tns": _NAMESPACE})
    content = etree.SubElement(
        etree.SubElement(envelope, f"{{{ENVELOPE}}}Body"), f"{{{_NAMESPACE}}}{type(request).__name__}"
    )
    shape(type(request), _NAMESPACE).write(content, request)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _read(name: str, status: int, body: bytes, gives: type[R]) -> R:
    """Return what an answer says.

    Raises:
        NodeRefused: it is a refusal, or none of this service.
    """
    if status == 401:
        raise NodeRefused(None, f"{name}: user or password is wrong")
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        content = root.find(f"{{{ENVELOPE}}}Body")[0]  # type: ignore[index]  # TypeError is caught
        if content.tag == f"{{{ENVELOPE}}}Fault":
            code = content.findtext(f".//{{{_NAMESPACE}}}RetCode")
            raise NodeRefused(int(code) if code else None, content.findtext("faultstring") or "")
        found: Any = shape(gives, _NAMESPACE).read(content)
    except (etree.XMLSyntaxError, KeyError, IndexError, TypeError, NoValue) as error:
        raise NodeRefused(
            None, f"{name}: an answer with status {status} that cannot be read: {error}"
        ) from None
    return found  # type: ignore[no-any-return]  # what was asked for
