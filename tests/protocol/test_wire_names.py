"""The names of the API, written down here a second time: a name misspelled in one place shows."""

from typing import Any

import attrs
import pytest

from protocol import structures
from protocol.registry import COMMANDS, NOTIFICATIONS, wire_name

COMMAND_FIELDS = """
AGTLogon(agentExt, pwd, isForce, locale, timeZone, zoneName, orgName?, agentName?, agentSkills?, \
resumeToken?) -> resumeToken
AGTLogoff()
AGTPendingLogout()
AGTStateChange(agentState, reasonCode?, reasonName?, hasWalkedAway?) -> agentState
AGTAvailableForNailup()
AGTReadyForNailup()
AGTNailupAgent()
AGTLostNailing() -> wrapupDetails sessionID
AGTHoldCall(sessionID) -> sessionID
AGTUnholdCall(sessionID) -> sessionID
AGTReleaseLine(sessionID) -> wrapupDetails sessionID
AGTSendDTMF(dtmf, sessionID) -> sessionID
AGTGetCompCodes(sessionID) -> completionCodesList sessionID
AGTWrapupContact(completionCode, sessionID) -> sessionID
AGTExtendWrapup(sessionID) -> wrapupDetails sessionID
AGTRedial(contactNumber) -> sessionID
AGTPreviewDial(contactNumber, sessionID) -> sessionID
AGTPreviewCancel(sessionID) -> wrapupDetails sessionID
AGTGetConsultTypes(sessionID) -> destinationTypes allowFreeForm sessionID
AGTGetConsultDestsForType(destinationType, sessionID) -> destinationType destinations sessionID
AGTConsultCall(destination, sessionID) -> sessionID
AGTCancelConsult(destAgentID?, sessionID) -> sessionID
AGTCompleteTransfer(sessionID) -> canDispose wrapupDetails sessionID
AGTStartConf(sessionID) -> sessionID
AGTEndConf(sessionID) -> sessionID
AGTConfChangeOwnership(sessionID) -> sessionID
AGTGetCallbackTypes(sessionID) -> callbackTypes defaultExpiryTime sessionID
AGTGetCallbackDestsForType(callbackType, zoneName?, sessionID) -> callbackType callbackDests sessionID
AGTCreateCallback(callbackType, callbackDest?, callbackTime, callbackTimezone?, callbackExpiryTime, \
contactNumber, agentNotes?, sessionID) -> sessionID
AGTGetCustomerDetails(sessionID) -> customerDetails sessionID
AGTSetCustomerDetail(keyValuePair, sessionID) -> sessionID
AGTGetContactAttributes() -> attributes sessionID
AGTAddAgentNote(agentNote) -> sessionID
AGTRefreshAgentNotes(sessionID) -> agentNotes sessionID
AGTAddToDNC(addressList) -> sessionID
AGTIsInDNC(addressValue, sessionID?) -> present
AGTGetTimezones() -> timezones
AGTGetZoneList() -> zoneList
AGTGetErrorString(errorCode) -> errorMsg localizedErrorMsg
AGTGetErrorInfo(errorCode, apiName?) -> errorInfo
AGTBlendToInbound()
AGTBlendToOutbound()
AGTSkillsChanged(agentSkills)
AGTSaveAgentForHA()
AGTAgentDisconnected()
GetAgentStatusResponse(status, resumeToken?) -> resumeToken
AgentSDKConnected(agentIds, version, account?, pwd?, resends?) -> version zones answersAgain
GetPAMForZone(zoneName) -> zones
POMClientAlive()
"""
"""Every command with its arguments, those with a question mark optional, and what its RESP carries."""

NOTIFICATION_FIELDS = """
AGTStateChangedNotify agentState
AGTCallStateChangedNotify callState
AGTNailupChange nailupStatus
AGTCapabilitiesChanged capabilities
AGTJobAttached campaignName
AGTCallNotify contact sessionID
AGTAutoReleaseLine wrapupDetails sessionID
AGTDialFailed wrapupDetails dialFailReason sessionID
AGTConsultNotify contact requestingAgentId sessionID
AGTConsultPending requestingAgent requestingAgentID requestingCampaign sessionID
AGTPendingConsultComplete sessionID
AGTEnableCancelConsult sessionID
AGTConsultCancelled requestingAgentId sessionID
AGTConsultDialFailed dialFailReason sessionID
AGTTransferNotify contact sessionID
AGTConferenceNotify contact sessionID
AGTConferenceEnded sessionID
AGTConferenceOwnershipChanged contact sessionID
AGTPreviewCallbackPending dueTime sessionID
AGTPreviewCallbackCancelled sessionID
AGTCustomerDetailsChanged attribute sessionID
AGTSessionIDChange oldSID newSID
AGTBlendedToInbound
AGTBlendedToOutbound
AGTZoneDown zoneName gracePeriodInMillis
AGTAgentLoggedOut
AGTInvalidCommandName commandName
GetAgentStatus agentID
POMAvailable zoneName era? epoch?
POMNotAvailable
POMConnectionClosed reason
"""

STRUCTURE_FIELDS = """
Contact contactID campaignName contactType contactNumbers defaultNumber scriptURL scriptFailoverURL \
skillsetID skillsetName callbackNotes expiryTime timed timeout canDial canCancel canReschedule \
canEnterFreeFormNumber contactListId contactListName
ContactNumber name number isDefault state wireless timezone
CustomerDetails attributes
Attribute key value attributeType
KeyValuePair key value
WrapupDetails acwMaxTime acwExtendable defaultCompCode
CompletionCode codeID codeValue
Destination destinationType destinationValue destinationName presence state timeZone
CallbackDest callbackType destinationValue destinationName presence state timeZone pomZone
AgentSkill name id level
AgentStatus agentState callState nailupStatus
ErrorInfo errorCode apiName errorString localizedString errorType
SocketInfo ipAddress port era epoch
Capabilities ready notReady hold unhold release transfer conference leaveConsult endConference \
leaveConference changeOwnership sendDTMF createCallback disposition originate updateRecord record
"""

CODES = {
    "AgentSDKConnected": (6, 17),
    "GetAgentStatusResponse": (17,),
    "AGTLogon": (2, 3, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17),
    "AGTLogoff": (541,),
    "AGTStateChange": (61, 62, 63, 64),
    "AGTAvailableForNailup": (5,),
    "AGTReadyForNailup": (5, 9007, 9009),
    "AGTNailupAgent": (5,),
    "AGTLostNailing": (9006,),
    "AGTHoldCall": (101, 102, 103),
    "AGTUnholdCall": (121, 122, 123),
    "AGTReleaseLine": (81,),
    "AGTSendDTMF": (341, 342, 343),
    "AGTWrapupContact": (201, 202),
    "AGTExtendWrapup": (501, 502),
    "AGTRedial": (361, 362),
    "AGTPreviewDial": (241, 362),
    "AGTPreviewCancel": (242,),
    "AGTGetConsultDestsForType": (382, 383),
    "AGTConsultCall": (141, 142, 143, 144, 421),
    "AGTCancelConsult": (401, 402),
    "AGTCompleteTransfer": (421,),
    "AGTStartConf": (181, 182, 183, 184),
    "AGTEndConf": (301, 303),
    "AGTConfChangeOwnership": (302, 321),
    "AGTGetCallbackTypes": (9004,),
    "AGTGetCallbackDestsForType": (221, 222, 223),
    "AGTCreateCallback": (482, 483, 484, 485, 486, 487, 488),
    "AGTGetCustomerDetails": (502,),
    "AGTSetCustomerDetail": (502, 641, 642),
    "AGTGetContactAttributes": (502,),
    "AGTAddAgentNote": (561, 562, 563),
    "AGTAddToDNC": (621, 622, 623, 624),
    "AGTIsInDNC": (624,),
    "AGTGetErrorString": (1001,),
    "AGTGetErrorInfo": (1001,),
    "AGTBlendToInbound": (581,),
    "AGTBlendToOutbound": (601,),
    "AGTSkillsChanged": (9,),
    "GetPAMForZone": (12,),
}
"""The codes that a command has beside those that every command can meet."""

FOR_CONNECTIONS = {
    "AGTGetZoneList",
    "AGTGetErrorString",
    "AGTGetErrorInfo",
    "AgentSDKConnected",
    "GetPAMForZone",
    "POMClientAlive",
}


def lines(table: str) -> list[str]:
    return table.strip().splitlines()


def names(cls: type[Any]) -> set[str]:
    return {wire_name(attribute) for attribute in attrs.fields(cls)}


def required(cls: type[Any]) -> set[str]:
    return {wire_name(a) for a in attrs.fields(cls) if a.default is attrs.NOTHING}


@pytest.mark.parametrize("line", lines(COMMAND_FIELDS), ids=lambda line: line.partition("(")[0])
def test_command_has_the_fields_of_the_contract(line: str) -> None:
    name, _, rest = line.partition("(")
    arguments, _, carried = rest.partition(")")
    expected = {argument.strip() for argument in arguments.split(",") if argument.strip()}
    spec = COMMANDS[name]

    assert names(spec.cls) == {argument.rstrip("?") for argument in expected}
    assert required(spec.cls) == {argument for argument in expected if not argument.endswith("?")}
    assert names(spec.resp) == {"result", *carried.removeprefix(" -> ").split()}
    assert required(spec.resp) == {"result"}


def test_commands_are_those_of_the_contract() -> None:
    assert set(COMMANDS) == {line.partition("(")[0] for line in lines(COMMAND_FIELDS)}


@pytest.mark.parametrize("line", lines(NOTIFICATION_FIELDS), ids=lambda line: line.split()[0])
def test_notification_has_the_fields_of_the_contract(line: str) -> None:
    name, *fields = line.split()

    assert names(NOTIFICATIONS[name]) == {field.rstrip("?") for field in fields}
    assert required(NOTIFICATIONS[name]) == {field for field in fields if not field.endswith("?")}


def test_notifications_are_those_of_the_contract() -> None:
    assert set(NOTIFICATIONS) == {line.split()[0] for line in lines(NOTIFICATION_FIELDS)}


@pytest.mark.parametrize("line", lines(STRUCTURE_FIELDS), ids=lambda line: line.split()[0])
def test_structure_has_the_fields_of_the_contract(line: str) -> None:
    name, *fields = line.split()

    assert [wire_name(a) for a in attrs.fields(getattr(structures, name))] == fields


def test_structures_are_those_of_the_contract() -> None:
    defined = {
        n for n, cls in vars(structures).items() if getattr(cls, "__module__", "") == structures.__name__
    }

    assert defined == {line.split()[0] for line in lines(STRUCTURE_FIELDS)}


@pytest.mark.parametrize("spec", list(COMMANDS.values()), ids=lambda spec: spec.name)
def test_command_has_the_codes_of_the_contract(spec: Any) -> None:
    assert tuple(map(int, spec.codes)) == CODES.get(spec.name, ())
    assert spec.for_agent is (spec.name not in FOR_CONNECTIONS)
