"""All commands of the API with their RESPs (agent API, sections 3 and 8)."""

from protocol.enums import AgentState, CallbackType, DestinationType
from protocol.registry import command, wire
from protocol.results import ResultCode
from protocol.structures import (
    AgentSkill,
    AgentStatus,
    Attribute,
    CallbackDest,
    CompletionCode,
    ContactNumber,
    CustomerDetails,
    Destination,
    ErrorInfo,
    KeyValuePair,
    SocketInfo,
    WrapupDetails,
)
from protocol.values import frozen


@frozen
class Resp:
    """What every RESP carries."""

    result: ResultCode = wire(doc="0 is success")


@frozen
class SessionResp(Resp):
    """A RESP about the contact on the desktop."""

    session_id: str | None = wire("sessionID", default=None)


@frozen
class AGTLogonRESP(Resp):
    """Answers AGTLogon."""

    resume_token: str | None = wire(
        doc="with this the desktop comes back without a password", default=None, secret=True
    )


@command(AGTLogonRESP, 2, 3, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17)
@frozen
class AGTLogon:
    """Log the agent on; with `isForce` take over a login on another desktop and start afresh.

    While not logged on; with isForce always.
    """

    agent_ext: str = wire(doc="extension or SIP URL of the agent's phone")
    pwd: str = wire(doc="password; empty with resumeToken", secret=True)
    is_force: bool = wire()
    locale: str = wire(doc="of the desktop; may be empty", invalid=ResultCode.INVALID_LOCALE)
    time_zone: str = wire(
        doc="IANA name of where the agent is; empty: UTC", invalid=ResultCode.INVALID_TIMEZONE
    )
    zone_name: str = wire(invalid=ResultCode.ZONE_NOT_FOUND)
    org_name: str | None = wire(
        doc="the agent's organisation; 17 if it is another one. Agents of none may name any", default=None
    )
    agent_name: str | None = wire(
        doc="what colleagues see, in place of the stored name; needed when agentSkills are given",
        default=None,
    )
    agent_skills: tuple[AgentSkill, ...] | None = wire(doc="replace the stored skills", default=None)
    resume_token: str = wire(
        doc="the newest of this agent, in place of the password", default="", secret=True
    )


@frozen
class AGTLogoffRESP(Resp):
    """Answers AGTLogoff."""


@command(AGTLogoffRESP, 541)
@frozen
class AGTLogoff:
    """Log the agent off; it must be NotReady and have no contact."""


@frozen
class AGTPendingLogoutRESP(Resp):
    """Answers AGTPendingLogout."""


@command(AGTPendingLogoutRESP)
@frozen
class AGTPendingLogout:
    """Log the agent off as soon as its contact is wrapped up; AGTAgentLoggedOut tells of it.

    In every state. With a contact PendingNotReady, without one NotReady is told before the RESP, unless the
    agent is so already.
    """


@frozen
class AGTStateChangeRESP(Resp):
    """Answers AGTStateChange."""

    agent_state: AgentState | None = wire(default=None)


@command(AGTStateChangeRESP, 61, 62, 63, 64)
@frozen
class AGTStateChange:
    """Go Ready or NotReady, or change the reason for being NotReady.

    In every state; NotReady during a contact gives PendingNotReady.
    """

    agent_state: AgentState = wire()
    reason_code: str = wire(doc="AUX reason code", default="")
    reason_name: str = wire(default="")
    has_walked_away: bool = wire(
        doc="with NotReady: nobody works at the desktop; counted for the supervisor, not in a call",
        default=False,
    )


@frozen
class AGTAvailableForNailupRESP(Resp):
    """Answers AGTAvailableForNailup."""


@command(AGTAvailableForNailupRESP, 5)
@frozen
class AGTAvailableForNailup:
    """The agent's phone may be nailed up from now on.

    After the first Ready. Repeats do no harm, also when it is nailed up; refused to an agent who works for
    inbound or is logging off.
    """


@frozen
class AGTReadyForNailupRESP(Resp):
    """Answers AGTReadyForNailup."""


@command(AGTReadyForNailupRESP, 5, 9007, 9009)
@frozen
class AGTReadyForNailup:
    """The desktop is prepared for the nailing call.

    Nailing state PendingNailUp.
    """


@frozen
class AGTNailupAgentRESP(Resp):
    """Answers AGTNailupAgent."""


@command(AGTNailupAgentRESP, 5)
@frozen
class AGTNailupAgent:
    """Nail the agent up again after a blend to outbound."""


@frozen
class AGTLostNailingRESP(SessionResp):
    """Answers AGTLostNailing."""

    wrapup_details: WrapupDetails | None = wire(default=None)


@command(AGTLostNailingRESP, 9006)
@frozen
class AGTLostNailing:
    """The desktop noticed that the nailing call is gone.

    Nailing state NailedUp; a contact goes to Wrapup.
    """


@frozen
class AGTHoldCallRESP(SessionResp):
    """Answers AGTHoldCall."""


@command(AGTHoldCallRESP, 101, 102, 103)
@frozen
class AGTHoldCall:
    """Put the customer on hold.

    Call state Talking.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTUnholdCallRESP(SessionResp):
    """Answers AGTUnholdCall."""


@command(AGTUnholdCallRESP, 121, 122, 123)
@frozen
class AGTUnholdCall:
    """Take the customer off hold.

    Call state Held.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTReleaseLineRESP(SessionResp):
    """Answers AGTReleaseLine."""

    wrapup_details: WrapupDetails | None = wire(default=None)


@command(AGTReleaseLineRESP, 81)
@frozen
class AGTReleaseLine:
    """Disconnect the customer.

    Call state Talking.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTSendDTMFRESP(SessionResp):
    """Answers AGTSendDTMF."""


@command(AGTSendDTMFRESP, 341, 342, 343)
@frozen
class AGTSendDTMF:
    """Send one digit into the call.

    Call state Talking, Consult (active side) or ConferenceOwner.
    """

    dtmf: str = wire(doc="one of 0-9 A-D * #", invalid=ResultCode.DTMF_INVALID)
    session_id: str = wire("sessionID")


@frozen
class AGTGetCompCodesRESP(SessionResp):
    """Answers AGTGetCompCodes."""

    completion_codes_list: tuple[CompletionCode, ...] = wire(default=())


@command(AGTGetCompCodesRESP)
@frozen
class AGTGetCompCodes:
    """List the completion codes of the contact's campaign.

    Call state Talking, Held or Wrapup.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTWrapupContactRESP(SessionResp):
    """Answers AGTWrapupContact."""


@command(AGTWrapupContactRESP, 201, 202)
@frozen
class AGTWrapupContact:
    """End the contact with a completion code; answered after the code is on disk.

    Call state Wrapup.
    """

    completion_code: CompletionCode = wire()
    session_id: str = wire("sessionID")


@frozen
class AGTExtendWrapupRESP(SessionResp):
    """Answers AGTExtendWrapup."""

    wrapup_details: WrapupDetails | None = wire(default=None)


@command(AGTExtendWrapupRESP, 501, 502)
@frozen
class AGTExtendWrapup:
    """Ask for more time to wrap up.

    Call state Wrapup, while acwExtendable; no extension left is 9004.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTRedialRESP(SessionResp):
    """Answers AGTRedial."""


@command(AGTRedialRESP, 361, 362)
@frozen
class AGTRedial:
    """Dial the customer again from wrapup.

    Call state Wrapup, with the phone nailed up.
    """

    contact_number: ContactNumber = wire(invalid=ResultCode.DIAL_BAD_NUMBER)


@frozen
class AGTPreviewDialRESP(SessionResp):
    """Answers AGTPreviewDial."""


@command(AGTPreviewDialRESP, 241, 362)
@frozen
class AGTPreviewDial:
    """Accept the preview or callback and dial the customer.

    Call state Preview or Callback.
    """

    contact_number: ContactNumber = wire(invalid=ResultCode.DIAL_BAD_NUMBER)
    session_id: str = wire("sessionID")


@frozen
class AGTPreviewCancelRESP(SessionResp):
    """Answers AGTPreviewCancel."""

    wrapup_details: WrapupDetails | None = wire(default=None)


@command(AGTPreviewCancelRESP, 242)
@frozen
class AGTPreviewCancel:
    """Decline the preview or callback; the agent goes to wrapup.

    Call state Preview or Callback.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTGetConsultTypesRESP(SessionResp):
    """Answers AGTGetConsultTypes."""

    destination_types: tuple[DestinationType, ...] = wire(default=())
    allow_free_form: bool = wire(default=False)


@command(AGTGetConsultTypesRESP)
@frozen
class AGTGetConsultTypes:
    """List the kinds of consult that the campaign allows.

    Call state Talking.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTGetConsultDestsForTypeRESP(SessionResp):
    """Answers AGTGetConsultDestsForType."""

    destination_type: DestinationType | None = wire(default=None)
    destinations: tuple[Destination, ...] = wire(default=())


@command(AGTGetConsultDestsForTypeRESP, 382, 383)
@frozen
class AGTGetConsultDestsForType:
    """List who can be consulted, cut to what fits one frame.

    Call state Talking.
    """

    destination_type: DestinationType = wire()
    session_id: str = wire("sessionID")


@frozen
class AGTConsultCallRESP(SessionResp):
    """Answers AGTConsultCall."""


@command(AGTConsultCallRESP, 141, 142, 143, 144, 421)
@frozen
class AGTConsultCall:
    """Consult an agent or an external party.

    Call state Talking.
    """

    destination: Destination = wire(
        doc="its type and value are enough", invalid=ResultCode.CONSULT_BAD_DESTINATION
    )
    session_id: str = wire("sessionID")


@frozen
class AGTCancelConsultRESP(SessionResp):
    """Answers AGTCancelConsult."""


@command(AGTCancelConsultRESP, 401, 402)
@frozen
class AGTCancelConsult:
    """End a consult, or withdraw one's own pending consult.

    Call state Consult (either side), or Talking with a consult pending.
    """

    session_id: str = wire("sessionID")
    dest_agent_id: str = wire("destAgentID", default="")


@frozen
class AGTCompleteTransferRESP(SessionResp):
    """Answers AGTCompleteTransfer."""

    can_dispose: bool = wire(default=False)
    wrapup_details: WrapupDetails | None = wire(default=None)


@command(AGTCompleteTransferRESP, 421)
@frozen
class AGTCompleteTransfer:
    """Hand the customer to the consulted agent.

    Call state Consult, active side, with an agent.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTStartConfRESP(SessionResp):
    """Answers AGTStartConf."""


@command(AGTStartConfRESP, 181, 182, 183, 184)
@frozen
class AGTStartConf:
    """Turn the consult into a conference of three.

    Call state Consult, active side.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTEndConfRESP(SessionResp):
    """Answers AGTEndConf."""


@command(AGTEndConfRESP, 301, 303)
@frozen
class AGTEndConf:
    """As owner drop the other party, as passive party leave.

    Call state ConferenceOwner or ConferencePassive.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTConfChangeOwnershipRESP(SessionResp):
    """Answers AGTConfChangeOwnership."""


@command(AGTConfChangeOwnershipRESP, 302, 321)
@frozen
class AGTConfChangeOwnership:
    """Make the passive agent the owner of the conference.

    Call state ConferenceOwner, with an agent.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTGetCallbackTypesRESP(SessionResp):
    """Answers AGTGetCallbackTypes."""

    callback_types: tuple[CallbackType, ...] = wire(default=())
    default_expiry_time: int = wire(doc="minutes", default=0)


@command(AGTGetCallbackTypesRESP, 9004)
@frozen
class AGTGetCallbackTypes:
    """List the kinds of callback that the campaign allows.

    Call state Preview, Callback, Talking or Wrapup.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTGetCallbackDestsForTypeRESP(SessionResp):
    """Answers AGTGetCallbackDestsForType."""

    callback_type: CallbackType | None = wire(default=None)
    callback_dests: tuple[CallbackDest, ...] = wire(default=())


@command(AGTGetCallbackDestsForTypeRESP, 221, 222, 223)
@frozen
class AGTGetCallbackDestsForType:
    """List who a callback can be delivered to, cut to what fits one frame.

    Call state Preview, Callback, Talking or Wrapup.
    """

    callback_type: CallbackType = wire(invalid=ResultCode.CALLBACK_TYPE_INVALID)
    session_id: str = wire("sessionID")
    zone_name: str = wire(doc="empty: this one; of another one no agent or campaign is told", default="")


@frozen
class AGTCreateCallbackRESP(SessionResp):
    """Answers AGTCreateCallback."""


@command(AGTCreateCallbackRESP, 482, 483, 484, 485, 486, 487, 488)
@frozen
class AGTCreateCallback:
    """Create a callback; in call state Callback it reschedules the one at hand.

    Call state Preview, Callback, Talking or Wrapup.
    """

    callback_type: CallbackType = wire(invalid=ResultCode.CALLBACK_BAD_TYPE)
    callback_time: str = wire(
        doc="UTC, yyyy/MM/dd HH:mm", invalid=ResultCode.CALLBACK_TIME_FORMAT, is_time=True
    )
    callback_expiry_time: int = wire(
        doc="minutes after callbackTime; 0 for the campaign's default",
        invalid=ResultCode.CALLBACK_BAD_EXPIRY,
    )
    contact_number: ContactNumber = wire()
    session_id: str = wire("sessionID")
    callback_dest: CallbackDest | None = wire(
        doc="destinationValue: the agent, logged on or not, oneself if empty; or the campaign", default=None
    )
    callback_timezone: str = wire(
        doc="IANA name, for the calling hours; that of the number if empty",
        default="",
        invalid=ResultCode.CALLBACK_BAD_TIME,
    )
    agent_notes: str = wire(default="")


@frozen
class AGTGetCustomerDetailsRESP(SessionResp):
    """Answers AGTGetCustomerDetails."""

    customer_details: CustomerDetails | None = wire(default=None)


@command(AGTGetCustomerDetailsRESP, 502)
@frozen
class AGTGetCustomerDetails:
    """Read all attributes of the customer.

    With any contact. Behind them come, where there are such, the numbers of the campaign and of the agent in
    the job as they are now, `campaign.NAME` and `agent.NAME`, READ_ONLY.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTSetCustomerDetailRESP(SessionResp):
    """Answers AGTSetCustomerDetail."""


@command(AGTSetCustomerDetailRESP, 502, 641, 642)
@frozen
class AGTSetCustomerDetail:
    """Change one attribute of the customer.

    With any contact, by its owner.
    """

    key_value_pair: KeyValuePair = wire(invalid=ResultCode.ATTRIBUTE_INVALID)
    session_id: str = wire("sessionID")


@frozen
class AGTGetContactAttributesRESP(SessionResp):
    """Answers AGTGetContactAttributes."""

    attributes: tuple[Attribute, ...] = wire(default=())


@command(AGTGetContactAttributesRESP, 502)
@frozen
class AGTGetContactAttributes:
    """List the attributes of the contact without their values.

    With any contact.
    """


@frozen
class AGTAddAgentNoteRESP(SessionResp):
    """Answers AGTAddAgentNote."""


@command(AGTAddAgentNoteRESP, 561, 562, 563)
@frozen
class AGTAddAgentNote:
    """Store a note with the contact.

    With any contact, on the passive side too.
    """

    agent_note: str = wire(invalid=ResultCode.NOTE_INVALID)


@frozen
class AGTRefreshAgentNotesRESP(SessionResp):
    """Answers AGTRefreshAgentNotes."""

    agent_notes: tuple[str, ...] = wire(default=())


@command(AGTRefreshAgentNotesRESP)
@frozen
class AGTRefreshAgentNotes:
    """Read the notes of the contact, cut to what fits one frame.

    With any contact.
    """

    session_id: str = wire("sessionID")


@frozen
class AGTAddToDNCRESP(SessionResp):
    """Answers AGTAddToDNC."""


@command(AGTAddToDNCRESP, 621, 622, 623, 624)
@frozen
class AGTAddToDNC:
    """Put addresses of the contact on the do-not-call list.

    With any contact.
    """

    address_list: tuple[Attribute, ...] = wire(invalid=ResultCode.DNC_INVALID)


@frozen
class AGTIsInDNCRESP(Resp):
    """Answers AGTIsInDNC."""

    present: bool = wire(default=False)


@command(AGTIsInDNCRESP, 624)
@frozen
class AGTIsInDNC:
    """Tell whether an address is on the do-not-call list.

    Logged on.
    """

    address_value: str = wire(invalid=ResultCode.DNC_BAD_ADDRESS)
    session_id: str = wire("sessionID", default="")


@frozen
class AGTGetTimezonesRESP(Resp):
    """Answers AGTGetTimezones."""

    timezones: tuple[KeyValuePair, ...] = wire(default=())


@command(AGTGetTimezonesRESP)
@frozen
class AGTGetTimezones:
    """List the time zones with their present offsets.

    Logged on.
    """


@frozen
class AGTGetZoneListRESP(Resp):
    """Answers AGTGetZoneList."""

    zone_list: tuple[str, ...] = wire(default=())


@command(AGTGetZoneListRESP, for_agent=False)
@frozen
class AGTGetZoneList:
    """List the names of all zones.

    At any time, before logon too.
    """


@frozen
class AGTGetErrorStringRESP(Resp):
    """Answers AGTGetErrorString."""

    error_msg: str = wire(default="")
    localized_error_msg: str = wire(default="")


@command(AGTGetErrorStringRESP, 1001, for_agent=False)
@frozen
class AGTGetErrorString:
    """Explain a result code.

    At any time, before logon too.
    """

    error_code: int = wire()


@frozen
class AGTGetErrorInfoRESP(Resp):
    """Answers AGTGetErrorInfo."""

    error_info: ErrorInfo | None = wire(default=None)


@command(AGTGetErrorInfoRESP, 1001, for_agent=False)
@frozen
class AGTGetErrorInfo:
    """Explain a result code in the context of a command.

    At any time.
    """

    error_code: int = wire()
    api_name: str = wire(default="")


@frozen
class AGTBlendToInboundRESP(Resp):
    """Answers AGTBlendToInbound."""


@command(AGTBlendToInboundRESP, 581)
@frozen
class AGTBlendToInbound:
    """Sent by a blender: take the agent out of outbound, after its contact."""


@frozen
class AGTBlendToOutboundRESP(Resp):
    """Answers AGTBlendToOutbound."""


@command(AGTBlendToOutboundRESP, 601)
@frozen
class AGTBlendToOutbound:
    """Sent by a blender: give the agent back to outbound."""


@frozen
class AGTSkillsChangedRESP(Resp):
    """Answers AGTSkillsChanged."""


@command(AGTSkillsChangedRESP, 9)
@frozen
class AGTSkillsChanged:
    """Replace the agent's skills, effective after its contact.

    Logged on.
    """

    agent_skills: tuple[AgentSkill, ...] = wire()


@frozen
class AGTSaveAgentForHARESP(Resp):
    """Answers AGTSaveAgentForHA."""


@command(AGTSaveAgentForHARESP)
@frozen
class AGTSaveAgentForHA:
    """Keep the agent's state on disk, so that it outlives a crash.

    Logged on.
    """


@frozen
class AGTAgentDisconnectedRESP(Resp):
    """Answers AGTAgentDisconnected."""


@command(AGTAgentDisconnectedRESP)
@frozen
class AGTAgentDisconnected:
    """Sent by a proxy for a desktop it lost: keep the agent's place, send it no contact."""


@frozen
class GetAgentStatusResponseRESP(Resp):
    """Answers GetAgentStatusResponse."""

    resume_token: str | None = wire(
        doc="the next one, if the agent came back with it", default=None, secret=True
    )


@command(GetAgentStatusResponseRESP, 17)
@frozen
class GetAgentStatusResponse:
    """Answer GetAgentStatus with what the desktop believes."""

    status: AgentStatus = wire()
    resume_token: str = wire(doc="the newest of this agent", default="", secret=True)


@frozen
class AgentSDKConnectedRESP(Resp):
    """Answers AgentSDKConnected."""

    version: int = wire(doc="version of the wire the server speaks", default=0)
    zones: dict[str, SocketInfo] = wire(doc="zone name to address", factory=dict)
    answers_again: bool = wire(doc="commands that are sent again are answered as before", default=False)


@command(AgentSDKConnectedRESP, 6, 17, for_agent=False)
@frozen
class AgentSDKConnected:
    """Open a connection for the agents named; the first command on every connection.

    With an account it signs in as a service.
    """

    agent_ids: tuple[str, ...] = wire()
    version: int = wire(doc="version of the wire the client speaks")
    account: str = wire(doc="name of a service account; empty: an ordinary connection", default="")
    pwd: str = wire(doc="password of the account", default="", secret=True)
    resends: bool = wire(
        doc="no id is used twice for an agent, and what was not answered is sent again under its own",
        default=False,
    )


@frozen
class GetPAMForZoneRESP(Resp):
    """Answers GetPAMForZone."""

    zones: dict[str, SocketInfo] = wire(doc="zone name to address", factory=dict)


@command(GetPAMForZoneRESP, 12, for_agent=False)
@frozen
class GetPAMForZone:
    """Ask where a zone's Agent Manager listens.

    At any time; 9012 while nobody owns the zone, 12 if there is none of that name.
    """

    zone_name: str = wire()


@frozen
class POMClientAliveRESP(Resp):
    """Answers POMClientAlive."""


@command(POMClientAliveRESP, for_agent=False)
@frozen
class POMClientAlive:
    """Show that the client lives; due every 30 s."""
