"""One example of every message, always the same: for the reference and for the golden file of the wire."""

from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from protocol.codec import encode_args
from protocol.connection import command_bytes, notification_bytes, response_bytes
from protocol.enums import WireEnum
from protocol.notifications import POMConnectionClosed, POMNotAvailable
from protocol.registry import COMMANDS, NOTIFICATIONS, VERSION, wire_name
from protocol.results import ResultCode

AGENT_ID = "1001"
REQUEST_ID = 7

_VALUES: dict[str, str | int] = {
    "acwMaxTime": 60,
    "addressValue": "+4930123456",
    "agentExt": "sip:1001@pbx.example",
    "agentId": AGENT_ID,
    "agentID": AGENT_ID,
    "agentIds": AGENT_ID,
    "agentName": "Ada Example",
    "agentNote": "asked for a letter",
    "agentNotes": "asked for a letter",
    "apiName": "AGTHoldCall",
    "callbackExpiryTime": 60,
    "callbackTime": "2026/03/02 09:30",
    "callbackTimezone": "Europe/Berlin",
    "campaignName": "Spring",
    "codeID": 3,
    "codeValue": "Sale",
    "commandName": "AGTNoSuchCommand",
    "contactID": "4711",
    "contactListId": "12",
    "contactListName": "Leads",
    "defaultExpiryTime": 60,
    "defaultNumber": "+4930123456",
    "destAgentID": "1002",
    "destinationName": "Bo Example",
    "destinationValue": "1002",
    "dtmf": "5",
    "dueTime": "2026/03/02 09:30",
    "errorCode": 103,
    "errorMsg": ResultCode.HOLD_NO_CALL.text,
    "errorString": ResultCode.HOLD_NO_CALL.text,
    "expiryTime": "2026/03/02 10:30",
    "gracePeriodInMillis": 30_000,
    "ipAddress": "192.0.2.10",
    "key": "city",
    "level": 5,
    "locale": "en_US",
    "localizedErrorMsg": ResultCode.HOLD_NO_CALL.text,
    "localizedString": ResultCode.HOLD_NO_CALL.text,
    "name": "phone1",
    "newSID": "s-18",
    "number": "+4930123456",
    "oldSID": "s-17",
    "orgName": "Example",
    "pomZone": "Default",
    "port": 9970,
    "era": 1,
    "epoch": 7,
    "pwd": "secret",
    "reason": "the server is shutting down",
    "reasonCode": "1",
    "reasonName": "Lunch",
    "requestingAgent": "Bo Example",
    "requestingAgentID": "1002",
    "requestingAgentId": "1002",
    "requestingCampaign": "Spring",
    "scriptURL": "https://scripts.example/spring",
    "scriptFailoverURL": "https://scripts2.example/spring",
    "sessionID": "s-17",
    "skillsetID": "31",
    "skillsetName": "sales",
    "timeZone": "Europe/Berlin",
    "timeout": 30,
    "timezone": "Europe/Berlin",
    "value": "Berlin",
    "version": VERSION,
    "zoneList": "Default",
    "zoneName": "Default",
    "zones": "Default",
}
"""What stands in the string and integer fields of the examples, by their names on the wire."""

CONNECTION_NOTIFICATIONS = frozenset({"POMAvailable", POMConnectionClosed.__name__})
"""Notifications that concern the connection alone: their agentID is empty."""

NEVER_SENT = frozenset({POMNotAvailable.__name__})
"""Notifications that the client library makes itself."""


@frozen
class Example:
    """A message in its JSON form and as the bytes of its frame."""

    name: str
    json: dict[str, Any]
    frame: bytes


def example(cls: type[Any]) -> Any:
    """Build a message or structure in which every field is filled."""
    hints = get_type_hints(cls)
    return cls(**{a.alias: _value(hints[a.name], wire_name(a)) for a in attrs.fields(cls)})


def _value(tp: Any, name: str) -> Any:
    origin = get_origin(tp)
    if origin is UnionType:
        return _value(get_args(tp)[0], name)
    if origin is tuple:
        return (_value(get_args(tp)[0], name),)
    if origin is dict:
        return {str(_VALUES[name]): _value(get_args(tp)[1], name)}
    if tp is bool:
        return True
    if tp is str or tp is int:
        return _VALUES.get(name, name)
    if tp is ResultCode:
        return ResultCode.SUCCESS
    if issubclass(tp, WireEnum):
        return next(iter(tp))
    return example(tp)


def command_examples(name: str) -> tuple[Example, Example]:
    """Return the examples of a command and of the RESP that answers it."""
    spec = COMMANDS[name]
    agent_id = AGENT_ID if spec.for_agent else ""
    command, response = example(spec.cls), example(spec.resp)
    return (
        Example(name, _json(command, agent_id, REQUEST_ID), command_bytes(REQUEST_ID, agent_id, command)),
        Example(
            spec.resp.__name__,
            _json(response, agent_id, REQUEST_ID),
            response_bytes(REQUEST_ID, agent_id, response),
        ),
    )


def notification_example(name: str) -> Example:
    """Return the example of a notification."""
    agent_id = "" if name in CONNECTION_NOTIFICATIONS else AGENT_ID
    message = example(NOTIFICATIONS[name])
    return Example(name, _json(message, agent_id, None), notification_bytes(agent_id, message))


def all_examples() -> Iterator[Example]:
    """Yield the examples of all messages that can be on the wire, in the order of the registry."""
    for name in COMMANDS:
        yield from command_examples(name)
    for name in NOTIFICATIONS:
        if name not in NEVER_SENT:
            yield notification_example(name)


def golden() -> str:
    """Return the golden file of the wire: a line for each message, its name and its frame in hex."""
    return "".join(f"{one.name} {one.frame.hex()}\n" for one in all_examples())


def _json(message: Any, agent_id: str, request_id: int | None) -> dict[str, Any]:
    envelope: dict[str, Any] = {"name": type(message).__name__}
    if request_id is not None:
        envelope["id"] = request_id
    return envelope | {"agentID": agent_id, "args": encode_args(message)}
