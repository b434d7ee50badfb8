"""What a desktop may do, known from the wire and the contract alone: the reference that the zone is held to.

Nothing here looks into the core. A reader follows what one desktop is told and answered, keeps what part
its agent has in a contact, and says which commands the contract accepts.
"""

from attrs import define

from agentmgr.conformance.matrix import GATES, ROWS, Row, vector
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, DestinationType, NailupStatus
from protocol.results import ResultCode
from protocol.structures import AgentStatus, Capabilities


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
    def row(self) -> Row:
        """The row of the matrix."""
        rows = ROWS[self.call]
        match self.call:
            case CallState.Talking if self.is_cancellable:
                return Row.CONSULT_CANCELLABLE
            case CallState.Wrapup:
                return Row.WRAPUP if self.nailing is NailupStatus.NailedUp else Row.WRAPUP_NAILING_LOST
            case CallState.Consult if self.is_passive:
                return Row.CONSULT_PASSIVE
            case CallState.Consult | CallState.ConferenceOwner:
                return rows[0] if self.other is DestinationType.Agent else rows[1]
        return rows[0]

    @property
    def status(self) -> AgentStatus:
        """The states that were told."""
        return AgentStatus(self.agent, self.call, self.nailing)

    def check(self):
        """The capabilities told are those of the contract."""
        asked = self.call in (CallState.Consult, CallState.ConferenceOwner) and not self.is_passive
        if self.capabilities is None or (asked and self.other is None):
            return
        expected = vector(self.row, self.agent)
        assert self.capabilities == expected, f"{self} in {self.row} was told {self.capabilities}"

    def accepts(self, command) -> bool | None:
        """Whether the contract accepts a command with right arguments; None if no table says."""
        gates = [gate for gate in GATES if gate.cls is type(command)]
        if not gates or self.capabilities is None:
            return None
        if type(command) is c.AGTAvailableForNailup:
            return None  # no notification tells that the agent is about to leave or to be blended
        return any(gate.opens(self.status, self.capabilities) for gate in gates)
