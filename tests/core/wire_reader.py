"""What a desktop may do, known from the wire and the contract alone: the reference that the zone is held to.

Nothing here looks into the core. A reader follows what one desktop is told and answered, keeps what part
its agent has in a contact, and says which commands the contract accepts.
"""

from attrs import define
from matrix import SIMPLE_ROWS, vector

from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, DestinationType, NailupStatus
from protocol.results import ResultCode
from protocol.structures import Capabilities

TALKING = frozenset({CallState.Talking})
CONSULT = frozenset({CallState.Consult})
PREVIEWED = frozenset({CallState.Preview, CallState.Callback})
WRAPUP = frozenset({CallState.Wrapup})
CONTACT = frozenset(CallState) - {CallState.NoState, CallState.Idle}

GATES = {
    c.AGTHoldCall: ("hold", CONTACT),
    c.AGTUnholdCall: ("unhold", CONTACT),
    c.AGTReleaseLine: ("release", CONTACT),
    c.AGTConsultCall: ("transfer", TALKING),
    c.AGTCompleteTransfer: ("transfer", CONSULT),
    c.AGTStartConf: ("conference", CONSULT),
    c.AGTCancelConsult: ("leave_consult", CONTACT),
    c.AGTConfChangeOwnership: ("change_ownership", CONTACT),
    c.AGTSendDTMF: ("send_dtmf", CONTACT),
    c.AGTGetCallbackTypes: ("create_callback", CONTACT),
    c.AGTGetCallbackDestsForType: ("create_callback", CONTACT),
    c.AGTCreateCallback: ("create_callback", CONTACT),
    c.AGTWrapupContact: ("disposition", CONTACT),
    c.AGTPreviewDial: ("originate", PREVIEWED),
    c.AGTRedial: ("originate", WRAPUP),
    c.AGTSetCustomerDetail: ("update_record", CONTACT),
    c.AGTPreviewCancel: (None, PREVIEWED),
    c.AGTEndConf: (None, frozenset({CallState.ConferenceOwner, CallState.ConferencePassive})),
    c.AGTGetConsultTypes: (None, TALKING),
    c.AGTGetCompCodes: (None, frozenset({CallState.Talking, CallState.Held, CallState.Wrapup})),
    c.AGTExtendWrapup: (None, WRAPUP),
    c.AGTGetCustomerDetails: (None, CONTACT),
    c.AGTGetContactAttributes: (None, CONTACT),
    c.AGTAddAgentNote: (None, CONTACT),
    c.AGTRefreshAgentNotes: (None, CONTACT),
    c.AGTGetTimezones: (None, frozenset(CallState)),
    c.AGTSaveAgentForHA: (None, frozenset(CallState)),
}
"""The capability and the call states that a command needs, from section 3 and 6 of the contract."""


@define
class WireReader:
    """One desktop that listens; `other` is unknown (None) of a consult from before its login."""

    call: CallState = CallState.NoState
    nailing: NailupStatus = NailupStatus.NotNailedUp
    agent: AgentState = AgentState.NotReady
    capabilities: Capabilities | None = None
    is_passive: bool = False
    is_cancellable: bool = False
    other: DestinationType | None = None

    def notified(self, notification):
        """Take a notification in."""
        match notification:
            case n.AGTStateChangedNotify():
                self.agent = notification.agent_state
            case n.AGTNailupChange():
                self.nailing = notification.nailup_status
            case n.AGTCallStateChangedNotify():
                self.call, self.is_cancellable = notification.call_state, False
            case n.AGTCapabilitiesChanged():
                self.capabilities = notification.capabilities
            case n.AGTEnableCancelConsult():
                self.is_cancellable = True
            case n.AGTCallNotify() | n.AGTTransferNotify():
                self.is_passive, self.other = False, None
            case n.AGTConsultNotify() | n.AGTConferenceNotify():
                self.is_passive = True
            case n.AGTConferenceOwnershipChanged():
                self.is_passive, self.other = False, DestinationType.Agent

    def answered(self, command, response):
        """Take a RESP in."""
        if response.result is not ResultCode.SUCCESS:
            return
        match command:
            case c.AGTConsultCall():
                self.other = command.destination.destination_type
            case c.AGTConfChangeOwnership():
                self.is_passive = True

    @property
    def row(self) -> str:
        """The row of the matrix."""
        simple = SIMPLE_ROWS.get(self.call)
        if self.call is CallState.Talking and self.is_cancellable:
            return "CONSULT_CANCELLABLE"
        if simple is not None:
            return simple
        if self.call is CallState.Wrapup:
            return "WRAPUP" if self.nailing is NailupStatus.NailedUp else "WRAPUP_NAILING_LOST"
        if self.is_passive:
            return "CONSULT_PASSIVE" if self.call is CallState.Consult else "CONFERENCE_PASSIVE"
        kind = "CONSULT" if self.call is CallState.Consult else "CONFERENCE"
        return f"{kind}_WITH_{'AGENT' if self.other is DestinationType.Agent else 'EXTERNAL'}"

    def check(self):
        """The capabilities told are those of the contract."""
        asked = self.call in (CallState.Consult, CallState.ConferenceOwner) and not self.is_passive
        if self.capabilities is None or (asked and self.other is None):
            return
        if self.row == "FREE" and self.agent is AgentState.PendingNotReady:
            expected = Capabilities(ready=True)
        else:
            expected = vector(self.row, self.agent)
        assert self.capabilities == expected, f"{self} in {self.row} was told {self.capabilities}"

    def accepts(self, command) -> bool | None:
        """Whether the contract accepts a command with right arguments; None if no table says."""
        gate = GATES.get(type(command))
        if gate is None or self.capabilities is None:
            return None
        capability, states = gate
        return self.call in states and (capability is None or getattr(self.capabilities, capability))
