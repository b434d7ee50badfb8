"""The structures that messages carry."""

from datetime import datetime

from protocol.enums import (
    AgentState,
    AttributeType,
    CallbackType,
    CallState,
    ContactType,
    DestinationType,
    ErrorType,
    NailupStatus,
)
from protocol.registry import wire
from protocol.times import instant
from protocol.values import frozen


@frozen
class SocketInfo:
    """Where a zone's Agent Manager listens, and the token of its ownership: era first, then epoch.

    Of two that differ the one with the higher token is newer.
    """

    ip_address: str = wire()
    port: int = wire(doc="TCP port")
    era: int = wire(doc="0: not known", default=0)
    epoch: int = wire(doc="rises with each owner of the zone", default=0)

    @property
    def token(self) -> tuple[int, int]:
        """Era and epoch, to be compared."""
        return self.era, self.epoch


@frozen
class KeyValuePair:
    """A key with its value."""

    key: str = wire()
    value: str = wire()


@frozen
class Attribute:
    """A customer attribute; in AGTAddToDNC an address with the name of its attribute."""

    key: str = wire()
    value: str = wire(default="")
    attribute_type: AttributeType = wire(default=AttributeType.READ_ONLY)


@frozen
class CustomerDetails:
    """All system attributes and custom attributes of a contact."""

    attributes: tuple[Attribute, ...] = wire(default=())


@frozen
class ContactNumber:
    """A telephone number; one typed by the agent has the name `ExternalNumber`."""

    name: str = wire(default="ExternalNumber")
    number: str = wire(default="", doc="E.164, with the plus sign; or as people write it")
    is_default: bool = wire(default=False)
    state: str = wire(default="")
    wireless: bool = wire(default=False)
    timezone: str = wire(default="", doc="IANA name; several joined by commas if it may be in several zones")


@frozen
class Contact:
    """What a desktop learns about a contact when it arrives."""

    contact_id: str = wire("contactID")
    campaign_name: str = wire()
    contact_type: ContactType = wire()
    contact_numbers: tuple[ContactNumber, ...] = wire(default=())
    default_number: str = wire(default="")
    script_url: str = wire("scriptURL", default="")
    script_failover_url: str = wire("scriptFailoverURL", default="")
    skillset_id: str = wire("skillsetID", default="")
    skillset_name: str = wire(default="")
    callback_notes: str = wire(default="")
    expiry_time: str = wire(default="", doc="UTC, yyyy/MM/dd HH:mm, of a callback", is_time=True)
    timed: bool = wire(default=False, doc="the desktop dials when `timeout` is over")
    timeout: int = wire(default=0, doc="s")
    can_dial: bool = wire(default=False)
    can_cancel: bool = wire(default=False)
    can_reschedule: bool = wire(default=False)
    can_enter_free_form_number: bool = wire(default=False)
    contact_list_id: str = wire(default="")
    contact_list_name: str = wire(default="")

    @property
    def expires_at(self) -> datetime | None:
        """`expiry_time` with its zone; None where there is none."""
        return instant(self.expiry_time)


@frozen
class CompletionCode:
    """A completion code of a campaign."""

    code_id: int = wire("codeID")
    code_value: str = wire(default="")


@frozen
class WrapupDetails:
    """How long a wrapup may take and what it ends with by itself."""

    acw_max_time: int = wire(doc="s, 0: without limit")
    acw_extendable: bool = wire()
    default_comp_code: CompletionCode = wire()


@frozen
class Destination:
    """Somebody who can be consulted."""

    destination_type: DestinationType = wire()
    destination_value: str = wire(doc="agent id or telephone number")
    destination_name: str = wire(default="")
    presence: str = wire(default="")
    state: str = wire(default="")
    time_zone: str = wire(default="")


@frozen
class CallbackDest:
    """Somebody or some campaign a callback can be delivered to."""

    callback_type: CallbackType = wire()
    destination_value: str = wire(default="", doc="agent id or campaign name")
    destination_name: str = wire(default="")
    presence: str = wire(default="")
    state: str = wire(default="")
    time_zone: str = wire(default="")
    pom_zone: str = wire(default="")


@frozen
class AgentSkill:
    """A skill of an agent."""

    name: str = wire()
    id: str = wire(default="")
    level: int = wire(default=1, doc="1 is the lowest")


@frozen
class AgentStatus:
    """The three states of an agent."""

    agent_state: AgentState = wire()
    call_state: CallState = wire()
    nailup_status: NailupStatus = wire()


@frozen
class ErrorInfo:
    """A result code explained."""

    error_code: int = wire()
    api_name: str = wire()
    error_string: str = wire()
    localized_string: str = wire()
    error_type: ErrorType = wire()


@frozen(cache_hash=True)
class Capabilities:
    """What the desktop may offer its agent now."""

    ready: bool = wire(default=False, doc="AGTStateChange(Ready)")
    not_ready: bool = wire(default=False, doc="AGTStateChange(NotReady)")
    hold: bool = wire(default=False, doc="AGTHoldCall")
    unhold: bool = wire(default=False, doc="AGTUnholdCall")
    release: bool = wire(default=False, doc="AGTReleaseLine")
    transfer: bool = wire(default=False, doc="in Talking AGTConsultCall, in Consult AGTCompleteTransfer")
    conference: bool = wire(default=False, doc="in Talking AGTConsultCall, in Consult AGTStartConf")
    leave_consult: bool = wire(default=False, doc="AGTCancelConsult")
    end_conference: bool = wire(default=False, doc="AGTEndConf as owner")
    leave_conference: bool = wire(default=False, doc="AGTEndConf as passive party")
    change_ownership: bool = wire(default=False, doc="AGTConfChangeOwnership")
    send_dtmf: bool = wire("sendDTMF", default=False, doc="AGTSendDTMF")
    create_callback: bool = wire(
        default=False,
        doc="AGTGetCallbackTypes, AGTGetCallbackDestsForType, AGTCreateCallback",
    )
    disposition: bool = wire(default=False, doc="AGTWrapupContact")
    originate: bool = wire(default=False, doc="in Preview and Callback AGTPreviewDial, in Wrapup AGTRedial")
    update_record: bool = wire(default=False, doc="AGTSetCustomerDetail")
    record: bool = wire(default=False, doc="never, until recording exists")
