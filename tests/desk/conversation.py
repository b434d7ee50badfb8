"""A server's side of a conversation with one simulated desktop, line by line."""

from typing import Any

from attrs import evolve

from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, AttributeType, CallState, ContactType, NailupStatus
from protocol.results import ResultCode
from protocol.structures import (
    Attribute,
    Capabilities,
    CompletionCode,
    Contact,
    ContactNumber,
    CustomerDetails,
    WrapupDetails,
)

T0 = 1_760_000_000.0
OK = ResultCode.SUCCESS

STEADY = DeskParams(
    wrapup_median_s=10,
    wrapup_sigma=0,
    preview_median_s=8,
    hold_after_median_s=20,
    hold_median_s=15,
    release_median_s=80,
    aux_median_s=60,
    sigma=0,
    preview_cancel=0,
    hold=0,
    release=0,
    attribute=0,
    note=0,
    redial=0,
    extend=0,
    aux=0,
)
"""An agent without whims: every time is its median, and nothing optional is done."""

NOT_READY = Capabilities(ready=True, not_ready=True)
READY = Capabilities(not_ready=True)
PREVIEW = Capabilities(not_ready=True, create_callback=True, originate=True, update_record=True)
DIALING = Capabilities(not_ready=True, update_record=True)
TALKING = Capabilities(
    not_ready=True,
    hold=True,
    release=True,
    transfer=True,
    conference=True,
    send_dtmf=True,
    create_callback=True,
    update_record=True,
)
HELD = Capabilities(not_ready=True, unhold=True, update_record=True)
WRAPUP = Capabilities(
    not_ready=True, create_callback=True, disposition=True, originate=True, update_record=True
)
OF_STATE = {
    CallState.NoState: READY,
    CallState.Idle: READY,
    CallState.Preview: PREVIEW,
    CallState.Callback: PREVIEW,
    CallState.Dialing: DIALING,
    CallState.Talking: TALKING,
    CallState.Held: HELD,
    CallState.Wrapup: WRAPUP,
}

HOME = ContactNumber("phone1", "+4930111")
MOBILE = ContactNumber("phone2", "+49170222", is_default=True)
CONTACT = Contact("17", "Autumn", ContactType.Predictive, (HOME, MOBILE), MOBILE.number)
OFFER = evolve(CONTACT, contact_type=ContactType.Preview, can_dial=True, can_cancel=True)
CODES = (CompletionCode(1, "Sale"), CompletionCode(2, "No interest"), CompletionCode(3, "Call again"))
DEFAULT = CompletionCode(9, "Timed out")
DETAILS = WrapupDetails(acw_max_time=60, acw_extendable=True, default_comp_code=DEFAULT)
CUSTOMER = CustomerDetails(
    (
        Attribute("id", "17"),
        Attribute("card", "****", AttributeType.MASKED_WRITE),
        Attribute("city", "", AttributeType.WRITE),
        Attribute("email", "a@example.org", AttributeType.WRITE),
    )
)


class Conversation:
    """Plays the server; `now` moves only by `wait`. One command at most is unanswered."""

    def __init__(self, params: DeskParams = STEADY, seed: int = 1) -> None:
        self.desk = SimDesktop("1001", "secret", "Default", seed, params)
        self.now = T0
        self.sent: Any = None

    def start(self) -> None:
        self._sent(self.desk.start(self.now))

    def stop(self) -> None:
        self._sent(self.desk.stop(self.now))

    def tell(self, *notifications: Any) -> None:
        for notification in notifications:
            self._sent(self.desk.notified(notification, self.now))

    def state(self, call_state: CallState) -> None:
        """Tell a call state with the capabilities that go with it, the agent being Ready."""
        self.tell(n.AGTCallStateChangedNotify(call_state), n.AGTCapabilitiesChanged(OF_STATE[call_state]))

    def answer(self, response: Any) -> None:
        command, self.sent = self.sent, None
        assert type(response).__name__ == f"{type(command).__name__}RESP"
        self._sent(self.desk.answered(command, response, self.now))

    def wait(self) -> float:
        """Let time pass until the desktop wants to say something; returns how long that was, in s."""
        at = self.desk.next_at()
        assert at is not None, "the desktop has nothing to say"
        waited_s, self.now = at - self.now, max(at, self.now)
        self._sent(self.desk.due(self.now))
        return waited_s

    def _sent(self, commands: list[Any]) -> None:
        assert len(commands) <= 1
        for command in commands:
            assert self.sent is None, f"{command} while {self.sent} is unanswered"
            self.sent = command

    # -- the usual course of things ----------------------------------------------------------

    def log_on(self) -> None:
        self.start()
        self.tell(n.AGTCapabilitiesChanged(NOT_READY))
        self.answer(c.AGTLogonRESP(OK))

    def be_ready(self) -> None:
        self.log_on()
        self.tell(n.AGTStateChangedNotify(AgentState.Ready), n.AGTCapabilitiesChanged(READY))
        self.answer(c.AGTStateChangeRESP(OK, AgentState.Ready))
        self.answer(c.AGTAvailableForNailupRESP(OK))

    def be_idle(self) -> None:
        self.be_ready()
        self.tell(n.AGTNailupChange(NailupStatus.PendingNailUp))
        self.answer(c.AGTReadyForNailupRESP(OK))
        self.tell(n.AGTNailupChange(NailupStatus.NailedUp), n.AGTJobAttached("Autumn"))
        self.tell(n.AGTCallStateChangedNotify(CallState.Idle))

    def talk(self, sid: str = "s1") -> None:
        """From Idle to a talk whose details were read."""
        self.tell(n.AGTCallNotify(CONTACT, sid))
        self.state(CallState.Talking)
        assert self.sent == c.AGTGetCustomerDetails(sid)
        self.answer(c.AGTGetCustomerDetailsRESP(OK, sid, CUSTOMER))

    def offer(self, contact: Contact = OFFER, state: CallState = CallState.Preview) -> None:
        """From Idle to a preview whose details were read."""
        self.tell(n.AGTCallNotify(contact, "s1"))
        self.state(state)
        assert self.sent == c.AGTGetCustomerDetails("s1")
        self.answer(c.AGTGetCustomerDetailsRESP(OK, "s1", CUSTOMER))

    def customer_leaves(self, sid: str = "s1") -> None:
        self.tell(n.AGTAutoReleaseLine(DETAILS, sid))
        self.state(CallState.Wrapup)

    def read_codes(self, sid: str = "s1") -> None:
        assert self.sent == c.AGTGetCompCodes(sid)
        self.answer(c.AGTGetCompCodesRESP(OK, sid, CODES))

    def wrapped_up(self, sid: str = "s1") -> None:
        """Confirm the completion code."""
        self.state(CallState.Idle)
        self.answer(c.AGTWrapupContactRESP(OK, sid))
