"""A desktop that works through calls and checks what it is told: bytes in, bytes out, and when to be woken.

It does no I/O and has no clock, so that thousands of them share a selector (`crowd.py`) and a user of
Locust has one on a plain socket. What it checks stands in PROTOCOL.md and is written down here once more,
on purpose: the server's own tables would confirm themselves.
"""

from array import array
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Any

from attrs import Factory, define, field, frozen

from protocol import commands as c
from protocol import notifications as n
from protocol.connection import ClientConnection, NotificationReceived, ResponseReceived, command_bytes
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.registry import VERSION
from protocol.results import ResultCode
from protocol.structures import AgentStatus, Capabilities, CompletionCode

ALIVE_S = 30.0
"""How often a desktop says that it lives."""
AGAIN_S = 1.0
"""After this long a password is tried again that was not checked."""
TOLD_FAULTS = 20
"""How many faults are kept with their words; all are counted."""

DURABLE = frozenset({"AGTWrapupContact"})
"""Commands whose answer waits for the disk."""

_READY = "notReady"
_TALKING = ("hold", "release", "transfer", "conference", "sendDTMF", "createCallback", "updateRecord")
_WRAPUP = ("createCallback", "disposition", "originate", "updateRecord")
_BY_CALL_STATE = {
    CallState.NoState: (),
    CallState.Idle: (),
    CallState.Talking: _TALKING,
    CallState.Held: ("unhold", "updateRecord"),
    CallState.Wrapup: _WRAPUP,
}
_FIELDS = {
    "notReady": "not_ready",
    "sendDTMF": "send_dtmf",
    "createCallback": "create_callback",
    "updateRecord": "update_record",
}
AFTER = {
    CallState.NoState: {CallState.Idle},
    CallState.Idle: {CallState.Talking, CallState.NoState},
    CallState.Talking: {CallState.Held, CallState.Wrapup},
    CallState.Held: {CallState.Talking, CallState.Wrapup},
    CallState.Wrapup: {CallState.Idle, CallState.NoState},
}
"""Which call states may follow one that a call of this kind has."""
NAILUP_AFTER = {
    NailupStatus.NotNailedUp: {NailupStatus.PendingNailUp},
    NailupStatus.PendingNailUp: {NailupStatus.NailedUp, NailupStatus.NotNailedUp},
    NailupStatus.NailedUp: {NailupStatus.PendingNailUpDrop, NailupStatus.NotNailedUp},
    NailupStatus.PendingNailUpDrop: {NailupStatus.NotNailedUp},
}
"""The same of a phone that nobody loses."""


def _promised(agent_state: AgentState, call_state: CallState) -> Capabilities:
    names = {
        AgentState.Ready: {_READY},
        AgentState.NotReady: {"ready", _READY},
        AgentState.PendingNotReady: {"ready"},
    }[agent_state] | set(_BY_CALL_STATE[call_state])
    return Capabilities(**{_FIELDS.get(name, name): True for name in names})


MATRIX = {
    (agent_state, call_state): _promised(agent_state, call_state)
    for agent_state in AgentState
    for call_state in _BY_CALL_STATE
}
"""What a desktop may offer in each situation of a plain call."""

STATE_BEHIND = {
    c.AGTHoldCall: CallState.Held,
    c.AGTUnholdCall: CallState.Talking,
    c.AGTReleaseLine: CallState.Wrapup,
    c.AGTWrapupContact: CallState.Idle,
}
"""The call state that a desktop was told before the RESP to a command came."""


@frozen
class Plan:
    """What desktops work at. Times in seconds.

    `handle_s` is how long a contact takes an agent on average: a quarter each of talk, hold, talk and wrapup.
    With an empty campaign or no codes whatever comes is right, and so is a contact's data without `number_of`
    and `details_of`.
    """

    zone: str = "Default"
    password: str = "load"
    handle_s: float = 0.0
    campaign: str = "Load"
    codes: tuple[CompletionCode, ...] = (CompletionCode(1, "Done"), CompletionCode(2, "Promised"))
    number_of: Callable[[str], str] | None = None
    details_of: Callable[[str], dict[str, str]] | None = None


@define(eq=False)
class Notes:
    """What desktops have seen: counts, latencies in seconds, and each fault of order or content.

    Latencies are kept while it is `measuring`; `calls` has session ids with when they were told.
    """

    measuring: bool = False
    answers: int = 0
    contacts: int = 0
    crossed: int = 0
    faults: int = 0
    told_faults: list[str] = Factory(list)
    plain_s: "array[float]" = field(factory=lambda: array("d"))
    durable_s: "array[float]" = field(factory=lambda: array("d"))
    calls: dict[str, float] = Factory(dict)

    def answered(self, name: str, seconds: float) -> None:
        """Note that a command was answered after so long."""
        if self.measuring:
            self.answers += 1
            (self.durable_s if name in DURABLE else self.plain_s).append(seconds)

    def fault(self, text: str) -> None:
        """Note that a server did what it must not do."""
        self.faults += 1
        if len(self.told_faults) < TOLD_FAULTS:
            self.told_faults.append(text)


@frozen
class _Asked:
    request_id: int
    command: Any
    at: float


class Desktop:
    """One agent's desktop on a connection.

    Attributes:
        wakes_at: when `due` wants to be called, on the caller's clock; None while nothing is planned.
        is_on, is_nailed, is_off: logged on; nailed up; logged off as it was told to.

    Args:
        agent_id: who works at it.
        plan: what is worked at.
        notes: what was seen, shared by desktops.
        send: takes the bytes that leave.
        dice: decides how long things take.
    """

    def __init__(
        self, agent_id: str, plan: Plan, notes: Notes, send: Callable[[bytes], None], dice: Random
    ) -> None:
        self.agent_id = agent_id
        self.wakes_at: float | None = None
        self.token = ""
        self._plan = plan
        self._notes = notes
        self._dice = dice
        self._request_id = 0
        self._forget(send)

    def _forget(self, send: Callable[[bytes], None]) -> None:
        self.is_on = self.is_nailed = self.is_off = False
        self._send = send
        self._wire = ClientConnection()
        self._asked: deque[_Asked] = deque()
        self._aside: dict[int, _Asked] = {}
        self._at = 0.0
        self.agent_state = AgentState.NotReady
        self.call_state = CallState.NoState
        self.nailup = NailupStatus.NotNailedUp
        self.capabilities: Capabilities | None = None
        self._owed: tuple[type, ...] = ()
        self._due_capabilities = False
        self.session_id = ""
        self._campaign = ""
        self._codes: tuple[CompletionCode, ...] = ()
        self._contact_id = ""
        self._hung_up = False
        self._stopping = False
        self._works = False
        self._step: Callable[[], None] | None = None
        self._step_at = self._alive_at = float("inf")

    # -- what it is told to do -----------------------------------------------------------------

    def log_on(self, at: float) -> None:
        """Say hello and log on, by the token if there is one."""
        self._at = at
        self._ask(c.AgentSDKConnected((self.agent_id,), VERSION))
        self._ask_to_log_on()
        self._alive_at = at + ALIVE_S * self._dice.uniform(0.5, 1)
        self._plan_wake()

    def __str__(self) -> str:
        asked = [type(each.command).__name__ for each in (*self._asked, *self._aside.values())]
        states = f"{self.agent_state}, {self.call_state}, {self.nailup}"
        return f"agent {self.agent_id} ({states}; unanswered: {', '.join(asked) or 'nothing'})"

    def cut_off(self) -> None:
        """Forget a connection that is dead; the place of the agent is kept for a while."""
        self._forget(lambda data: None)
        self._plan_wake()

    def come_back(self, send: Callable[[bytes], None], at: float) -> None:
        """Say hello over a new connection, as one whose place is kept."""
        self._forget(send)
        self._at = at
        self._ask(c.AgentSDKConnected((self.agent_id,), VERSION))
        self._alive_at = at + ALIVE_S * self._dice.uniform(0.5, 1)
        self._plan_wake()

    def work(self, at: float, delay_s: float = 0.0) -> None:
        """Ask for calls, after a while."""
        self._at, self._works = at, True
        self._then(self._begin, delay_s)
        self._plan_wake()

    def _begin(self) -> None:
        self._ask(c.AGTStateChange(AgentState.Ready))
        self._ask(c.AGTAvailableForNailup())

    def stop(self, at: float) -> None:
        """Finish what there is and log off."""
        self._at, self._stopping = at, True
        if self._works and self.agent_state is AgentState.Ready:
            self._ask(c.AGTStateChange(AgentState.NotReady))
        else:
            self._leave_if_free()
        self._plan_wake()

    def _leave_if_free(self) -> None:
        free = self.call_state in (CallState.NoState, CallState.Idle) and not self._asked
        if self._stopping and free and self.agent_state is AgentState.NotReady and not self.is_off:
            self._ask(c.AGTLogoff())

    def due(self, at: float) -> None:
        """Do what was planned for now."""
        self._at = at
        if self._alive_at <= at:
            self._alive_at = at + ALIVE_S
            self._ask(c.POMClientAlive())
        if self._step is not None and self._step_at <= at:
            step, self._step, self._step_at = self._step, None, float("inf")
            step()
        self._plan_wake()

    def _plan_wake(self) -> None:
        at = min(self._step_at, self._alive_at)
        self.wakes_at = at if at < float("inf") else None

    def _then(self, step: Callable[[], None], in_s: float) -> None:
        """Plan the next step, or take it at once; a desktop plans one at a time."""
        if in_s <= 0:
            self._step, self._step_at = None, float("inf")
            step()
        else:
            self._step, self._step_at = step, self._at + in_s * self._dice.uniform(0.6, 1.4)

    # -- commands ------------------------------------------------------------------------------

    def _ask(self, command: Any) -> None:
        self._request_id += 1
        asked = _Asked(self._request_id, command, self._at)
        of_agent = not isinstance(command, c.AgentSDKConnected | c.POMClientAlive)
        if of_agent and not isinstance(command, c.GetAgentStatusResponse):
            self._asked.append(asked)
        else:
            self._aside[asked.request_id] = asked
        self._send(command_bytes(self._request_id, self.agent_id if of_agent else "", command))

    def _ask_to_log_on(self) -> None:
        password, token = ("", self.token) if self.token else (self._plan.password, "")
        zone = self._plan.zone
        self._ask(c.AGTLogon(self.agent_id, password, False, "en", "UTC", zone, resume_token=token))

    def _hold(self) -> None:
        self._ask(c.AGTHoldCall(self.session_id))

    def _unhold(self) -> None:
        self._ask(c.AGTUnholdCall(self.session_id))

    def _release(self) -> None:
        self._ask(c.AGTReleaseLine(self.session_id))

    def _wrap_up(self) -> None:
        code = self._codes[self._request_id % len(self._codes)]
        self._ask(c.AGTWrapupContact(code, self.session_id))

    # -- what comes ----------------------------------------------------------------------------

    def receive(self, data: bytes, at: float) -> None:
        """Take in what came at a time; an empty one is the end of the connection.

        Raises:
            RemoteProtocolError: it cannot be read.
        """
        self._at = at
        if not data:
            if not self.is_off:
                self._fault("the server closed the connection")
                self.is_off = True
            return
        for message in self._wire.receive(data):
            if isinstance(message, ResponseReceived):
                self._answered(message)
            elif isinstance(message, NotificationReceived):
                self._told(message)
            else:
                self._fault(f"what is a {message.name}?")
        self._leave_if_free()
        self._plan_wake()

    def _fault(self, what: str) -> None:
        where = f"{self.agent_state}, {self.call_state}, session {self.session_id or 'none'}"
        self._notes.fault(f"agent {self.agent_id} ({where}): {what}")

    # -- notifications -------------------------------------------------------------------------

    def _told(self, message: NotificationReceived) -> None:
        told = message.notification
        kind = type(told)
        if kind is n.POMConnectionClosed:
            self._fault(f"the connection is closed: {told.reason}")
            return
        if kind is n.POMAvailable:
            return
        if message.agent_id != self.agent_id:
            self._fault(f"{kind.__name__} for agent {message.agent_id!r}")
            return
        self._check_turn(kind)
        react = _REACTIONS.get(kind)
        if react is None:
            self._fault(f"{kind.__name__} has no place in a plain call")
        else:
            react(self, told)

    def _check_turn(self, kind: type) -> None:
        """Check that what must come next is what has come."""
        if self._owed:
            if kind not in self._owed:
                self._fault(f"{kind.__name__} came where {self._owed[0].__name__} must")
            self._owed = ()
        if self._due_capabilities and kind not in (n.AGTCapabilitiesChanged, n.AGTCallStateChangedNotify):
            self._due_capabilities = False
            if self.capabilities != self._expected():
                self._fault(f"{kind.__name__} came before the capabilities that changed")

    def _expected(self) -> Capabilities | None:
        return MATRIX.get((self.agent_state, self.call_state))

    def _capabilities_changed(self, told: n.AGTCapabilitiesChanged) -> None:
        if told.capabilities == self.capabilities:
            self._fault("capabilities came though nothing in them differs")
        elif told.capabilities != self._expected():
            self._fault(f"capabilities do not fit the states: {told.capabilities}")
        elif self.capabilities is not None and not self._due_capabilities:
            self._fault("capabilities changed, but no state has")
        self.capabilities, self._due_capabilities = told.capabilities, False

    def _state_changed(self, told: n.AGTStateChangedNotify) -> None:
        if told.agent_state is self.agent_state:
            self._fault(f"the agent state is {told.agent_state} already")
        self.agent_state, self._due_capabilities = told.agent_state, True

    def _call_state_changed(self, told: n.AGTCallStateChangedNotify) -> None:
        before, self.call_state = self.call_state, told.call_state
        if told.call_state not in AFTER.get(before, ()):
            self._fault(f"{told.call_state} follows {before}")
        if told.call_state is CallState.Talking and not self.session_id:
            self._fault("a call without a contact")
        if told.call_state is CallState.Wrapup and not (self._hung_up or self._asks(c.AGTReleaseLine)):
            self._fault("wrapup, though nobody has hung up")
        self._due_capabilities = True
        if before is CallState.Idle and told.call_state is CallState.Talking:
            self._ask(c.AGTGetCustomerDetails(self.session_id))
            self._then(self._hold, self._plan.handle_s / 4)
        elif told.call_state is CallState.Wrapup:
            self._ask(c.AGTGetCompCodes(self.session_id))
        elif told.call_state in (CallState.Idle, CallState.NoState):
            self.session_id = self._contact_id = ""

    def _asks(self, kind: type) -> bool:
        return any(isinstance(asked.command, kind) for asked in self._asked)

    def _nailup_changed(self, told: n.AGTNailupChange) -> None:
        if told.nailup_status not in NAILUP_AFTER.get(self.nailup, ()):
            self._fault(f"{told.nailup_status} follows {self.nailup}")
        self.nailup = told.nailup_status
        if told.nailup_status is NailupStatus.PendingNailUp:
            self._ask(c.AGTReadyForNailup())
        self.is_nailed = told.nailup_status is NailupStatus.NailedUp
        if self.is_nailed:
            self._owed = (n.AGTJobAttached,)

    def _job_attached(self, told: n.AGTJobAttached) -> None:
        if self._plan.campaign not in ("", told.campaign_name) or told.campaign_name == self._campaign:
            self._fault(f"attached to {told.campaign_name!r}")
        if not self.is_nailed:
            self._fault("attached without a phone")
        self._campaign = told.campaign_name
        if self.call_state is CallState.NoState:
            self._owed = (n.AGTCallStateChangedNotify,)

    def _called(self, told: n.AGTCallNotify) -> None:
        contact, notes = told.contact, self._notes
        if self.call_state is not CallState.Idle or self.session_id:
            self._fault("a contact came while there was one, or no phone")
        if told.session_id in notes.calls or not told.session_id:
            self._fault(f"session {told.session_id!r} was there before")
        if contact.campaign_name != self._campaign:
            self._fault(f"a contact of campaign {contact.campaign_name!r}")
        numbers = {number.number for number in contact.contact_numbers}
        if self._plan.number_of is not None and self._plan.number_of(contact.contact_id) not in numbers:
            self._fault(f"contact {contact.contact_id!r} has the numbers of another: {numbers}")
        notes.calls[told.session_id] = self._at
        self.session_id, self._contact_id, self._hung_up = told.session_id, contact.contact_id, False
        notes.contacts += notes.measuring
        self._owed = (n.AGTCallStateChangedNotify,)

    def _auto_released(self, told: n.AGTAutoReleaseLine) -> None:
        if told.session_id != self.session_id:
            self._fault(f"the customer of session {told.session_id!r} hung up")
        if self.call_state not in (CallState.Talking, CallState.Held):
            self._fault("a customer hung up who was not there")
        self._hung_up = True
        self._step, self._step_at = None, float("inf")
        self._owed = (n.AGTCallStateChangedNotify,)

    def _logged_out(self, told: n.AGTAgentLoggedOut) -> None:
        if self.is_on or not self._asks(c.AGTLogon):  # to a hello it is said of whom nobody knows
            self._fault("logged out, and did not ask for it")

    def _questioned(self, told: n.GetAgentStatus) -> None:
        status = AgentStatus(self.agent_state, self.call_state, self.nailup)
        self._ask(c.GetAgentStatusResponse(status, self.token))

    # -- answers -------------------------------------------------------------------------------

    def _answered(self, message: ResponseReceived) -> None:
        response, kind = message.response, type(message.response)
        aside = self._aside.pop(message.request_id, None)
        if aside is not None:
            self._judge_aside(aside, response)
            return
        self._check_turn(kind)
        self._due_capabilities = False
        if not self._asked:
            self._fault(f"{kind.__name__} with id {message.request_id}, though nothing was asked")
            return
        asked = self._asked.popleft()
        if message.request_id != asked.request_id or kind.__name__ != f"{type(asked.command).__name__}RESP":
            self._fault(
                f"{kind.__name__} with id {message.request_id} came before the answer to"
                f" {type(asked.command).__name__} with id {asked.request_id}"
            )
            self._asked = deque(each for each in self._asked if each.request_id != message.request_id)
            return
        if message.agent_id != self.agent_id:
            self._fault(f"{kind.__name__} for agent {message.agent_id!r}")
        self._notes.answered(type(asked.command).__name__, self._at - asked.at)
        self._judge(asked.command, response)

    def _judge_aside(self, asked: _Asked, response: Any) -> None:
        if response.result != ResultCode.SUCCESS:
            self._fault(f"{type(asked.command).__name__} is answered {response.result!r}")
        elif isinstance(response, c.GetAgentStatusResponseRESP):
            self.token = response.resume_token or self.token
            self.is_on = True  # one that came back is told its capabilities next
        self._notes.answered(type(asked.command).__name__, self._at - asked.at)

    def _judge(self, command: Any, response: Any) -> None:
        kind = type(command)
        if response.result != ResultCode.SUCCESS:
            self._refused(command, response.result)
            return
        state = STATE_BEHIND.get(kind)
        if state is not None and self.call_state is not state:
            self._fault(f"{kind.__name__} is answered before the call state is {state}")
        of = getattr(command, "session_id", None)
        if of is not None and response.session_id != of:
            self._fault(f"{kind.__name__} of session {of} is answered with {response.session_id!r}")
        check = _ANSWERS.get(kind)
        if check is not None:
            check(self, command, response)

    def _refused(self, command: Any, result: ResultCode) -> None:
        if isinstance(command, c.AGTLogon) and result == ResultCode.PASSWORD_NOT_VERIFIABLE:
            self._step, self._step_at = self._ask_to_log_on, self._at + AGAIN_S
        elif self._hung_up and isinstance(command, c.AGTHoldCall | c.AGTUnholdCall | c.AGTReleaseLine):
            self._notes.crossed += 1  # the customer was quicker
        else:
            self._fault(f"{type(command).__name__} is answered {result!r}")

    def _logged_on(self, command: c.AGTLogon, response: c.AGTLogonRESP) -> None:
        if self.capabilities is None:
            self._fault("logged on without capabilities")
        self.token = response.resume_token or ""
        self.is_on = True

    def _logged_off(self, command: c.AGTLogoff, response: Any) -> None:
        self.is_on, self.is_off = False, True
        self._step, self._step_at, self._alive_at = None, float("inf"), float("inf")

    def _changed_state(self, command: c.AGTStateChange, response: c.AGTStateChangeRESP) -> None:
        has_contact = self.call_state not in (CallState.NoState, CallState.Idle)
        pending = command.agent_state is AgentState.NotReady and has_contact
        wanted = AgentState.PendingNotReady if pending else command.agent_state
        if (self.agent_state, response.agent_state) != (wanted, wanted):
            self._fault(f"{command.agent_state} was asked for, and {response.agent_state} answered")

    def _was_held(self, command: Any, response: Any) -> None:
        self._then(self._unhold, self._plan.handle_s / 4)

    def _was_unheld(self, command: Any, response: Any) -> None:
        self._then(self._release, self._plan.handle_s / 4)

    def _was_released(self, command: Any, response: c.AGTReleaseLineRESP) -> None:
        details = response.wrapup_details
        if details is None or (self._plan.codes and details.default_comp_code not in self._plan.codes):
            self._fault(f"wrapup is to end with {details and details.default_comp_code}")

    def _got_codes(self, command: Any, response: c.AGTGetCompCodesRESP) -> None:
        codes = response.completion_codes_list
        if not codes or self._plan.codes not in ((), codes):
            self._fault(f"completion codes of another campaign: {codes}")
        self._codes = codes or self._plan.codes
        self._then(self._wrap_up, self._plan.handle_s / 4)

    def _got_details(self, command: Any, response: c.AGTGetCustomerDetailsRESP) -> None:
        details, details_of = response.customer_details, self._plan.details_of
        if details is None:
            self._fault("customer's details without attributes")
        elif details_of is not None:
            got = {each.key: each.value for each in details.attributes}
            for key, value in details_of(self._contact_id).items():
                if got.get(key) != value:
                    self._fault(f"{key} of contact {self._contact_id} is {got.get(key)!r}, not {value!r}")

    @property
    def waits(self) -> bool:
        """Whether something was asked that is not answered."""
        return bool(self._asked or self._aside)


_REACTIONS: dict[type, Callable[[Desktop, Any], None]] = {
    n.AGTCapabilitiesChanged: Desktop._capabilities_changed,
    n.AGTStateChangedNotify: Desktop._state_changed,
    n.AGTCallStateChangedNotify: Desktop._call_state_changed,
    n.AGTNailupChange: Desktop._nailup_changed,
    n.AGTJobAttached: Desktop._job_attached,
    n.AGTCallNotify: Desktop._called,
    n.AGTAutoReleaseLine: Desktop._auto_released,
    n.AGTAgentLoggedOut: Desktop._logged_out,
    n.GetAgentStatus: Desktop._questioned,
}
_ANSWERS: dict[type, Callable[[Desktop, Any, Any], None]] = {
    c.AGTLogon: Desktop._logged_on,
    c.AGTLogoff: Desktop._logged_off,
    c.AGTStateChange: Desktop._changed_state,
    c.AGTHoldCall: Desktop._was_held,
    c.AGTUnholdCall: Desktop._was_unheld,
    c.AGTReleaseLine: Desktop._was_released,
    c.AGTGetCompCodes: Desktop._got_codes,
    c.AGTGetCustomerDetails: Desktop._got_details,
}


def number_of(contact_id: str) -> str:
    """Return the telephone number of a contact of the load; nothing for another one."""
    digits = contact_id[1:]
    return f"+4930{1_000_000 + int(digits):08}" if digits.isdecimal() else ""


def details_of(contact_id: str) -> dict[str, str]:
    """Return what of a contact's details is known beforehand."""
    return {
        "UserContactId": contact_id,
        "FirstName": f"Ann {contact_id}",
        "LastName": f"Load {contact_id[::-1]}",
        "PhoneNumber1": number_of(contact_id),
    }


def token_of(agent_id: str) -> str:
    """Return the resume token that an agent of the load may have from an earlier day."""
    return sha256(f"an earlier day of {agent_id}".encode()).hexdigest()[:43]
