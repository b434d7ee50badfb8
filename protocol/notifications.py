"""All notifications of the API (agent API, section 4), and how a server ends a connection."""

from datetime import datetime

from protocol.enums import AgentState, CallState, DialFailReason, NailupStatus
from protocol.registry import notification, wire
from protocol.structures import Attribute, Capabilities, Contact, WrapupDetails
from protocol.times import instant
from protocol.values import frozen


@notification
@frozen(cache_hash=True)
class AGTStateChangedNotify:
    """The agent state changed."""

    agent_state: AgentState = wire()


@notification
@frozen(cache_hash=True)
class AGTCallStateChangedNotify:
    """The call state changed."""

    call_state: CallState = wire()


@notification
@frozen(cache_hash=True)
class AGTNailupChange:
    """The nailing state changed."""

    nailup_status: NailupStatus = wire()


@notification
@frozen(cache_hash=True)
class AGTCapabilitiesChanged:
    """What the desktop may offer changed; always the whole vector."""

    capabilities: Capabilities = wire()


@notification
@frozen
class AGTJobAttached:
    """The agent works for this campaign from now on."""

    campaign_name: str = wire()


@notification
@frozen
class AGTCallNotify:
    """A contact arrived: connected already, or to be previewed."""

    contact: Contact = wire()
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTAutoReleaseLine:
    """The customer hung up; the contact is to be wrapped up."""

    wrapup_details: WrapupDetails = wire()
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTDialFailed:
    """The number dialled for a preview, callback or redial was not connected."""

    wrapup_details: WrapupDetails = wire()
    dial_fail_reason: DialFailReason = wire()
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTConsultNotify:
    """Another agent consults this one."""

    contact: Contact = wire()
    requesting_agent_id: str = wire()
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTConsultPending:
    """Another agent waits to consult this one."""

    requesting_agent: str = wire(doc="name of the agent")
    requesting_agent_id: str = wire("requestingAgentID")
    requesting_campaign: str = wire()
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTPendingConsultComplete:
    """The consult that was pending has begun."""

    session_id: str = wire("sessionID")


@notification
@frozen
class AGTEnableCancelConsult:
    """The consult asked for can be cancelled from now on."""

    session_id: str = wire("sessionID")


@notification
@frozen
class AGTConsultCancelled:
    """The consult was ended by the other side or by the customer."""

    requesting_agent_id: str = wire(doc="agent that ended it; empty: the customer, or the other party left")
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTConsultDialFailed:
    """The consulted party was not connected; the agent talks to the customer again."""

    dial_fail_reason: DialFailReason = wire()
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTTransferNotify:
    """The customer was handed to this agent, who owns and disposes the contact now."""

    contact: Contact = wire()
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTConferenceNotify:
    """The consult became a conference; this agent is its passive party."""

    contact: Contact = wire()
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTConferenceEnded:
    """The conference is over."""

    session_id: str = wire("sessionID")


@notification
@frozen
class AGTConferenceOwnershipChanged:
    """This agent owns the conference from now on."""

    contact: Contact = wire()
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTPreviewCallbackPending:
    """A callback is due soon."""

    due_time: str = wire(doc="UTC, yyyy/MM/dd HH:mm", is_time=True)
    session_id: str = wire("sessionID")

    @property
    def due_at(self) -> datetime | None:
        """`due_time` with its zone; None if a server wrote it otherwise."""
        return instant(self.due_time)


@notification
@frozen
class AGTPreviewCallbackCancelled:
    """The callback announced or shown has expired."""

    session_id: str = wire("sessionID")


@notification
@frozen
class AGTCustomerDetailsChanged:
    """The owner of the contact changed an attribute of the customer."""

    attribute: Attribute = wire()
    session_id: str = wire("sessionID")


@notification
@frozen
class AGTSessionIDChange:
    """The contact goes on under another session id."""

    old_sid: str = wire("oldSID")
    new_sid: str = wire("newSID")


@notification
@frozen
class AGTBlendedToInbound:
    """The agent works for inbound now."""


@notification
@frozen
class AGTBlendedToOutbound:
    """The agent works for outbound now."""


@notification
@frozen
class AGTZoneDown:
    """The zone is going down; agents still logged on after the grace period are logged out."""

    zone_name: str = wire()
    grace_period_in_millis: int = wire(doc="ms")


@notification
@frozen
class AGTAgentLoggedOut:
    """The agent is not logged on any more."""


@notification
@frozen
class AGTInvalidCommandName:
    """A command of an unknown name was received."""

    command_name: str = wire(doc="its first 64 characters")


@notification
@frozen
class GetAgentStatus:
    """Asks the desktop what it believes; answered with GetAgentStatusResponse."""

    agent_id: str = wire("agentID")


@notification
@frozen
class POMAvailable:
    """A zone is managed here, by whoever owns it under this token: see SocketInfo."""

    zone_name: str = wire()
    era: int = wire(doc="0: not known", default=0)
    epoch: int = wire(default=0)


@notification
@frozen
class POMNotAvailable:
    """The connection is lost; made by the client library, never on the wire."""


@notification
@frozen
class POMConnectionClosed:
    """The last message before the server closes the connection."""

    reason: str = wire()
