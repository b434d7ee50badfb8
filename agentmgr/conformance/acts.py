"""What a desktop is led through, one act after another, and what it must do in each."""

from collections.abc import Awaitable, Callable

import trio
from attrs import frozen

from agentmgr.conformance.failures import Deviation, NotApplicable
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.seat import ACW_S, CROSSING_S, WRAPUP, Seat
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, ContactType, DialFailReason, NailupStatus
from protocol.structures import Contact

PREVIEW_S = 2
TALK_S = 1.0
OTHER_AGENT = "another-agent"


@frozen
class Act:
    """A part of the play; `proves` is the section of the contract."""

    name: str
    proves: str
    about: str
    play: Callable[[Seat, float], Awaitable[None]]


ACTS: list[Act] = []

Play = Callable[[Seat, float], Awaitable[None]]


def act(name: str, proves: str) -> Callable[[Play], Play]:
    """Register an act behind those before it."""

    def register(play: Play) -> Play:
        ACTS.append(Act(name, proves, (play.__doc__ or "").strip(), play))
        return play

    return register


async def wait(seat: Seat, what: str, condition: Callable[[], bool], patience_s: float) -> None:
    """Wait for the desktop.

    Raises:
        Deviation: it took too long; `what` says what was expected.
    """
    if not await seat.transcript.until(condition, patience_s):
        raise Deviation(f"expected {what} within {patience_s:g} s, got none")


async def ready(seat: Seat, patience_s: float) -> None:
    """Wait until a contact can be given: the desktop may take a break before."""

    def is_ready() -> bool:
        return seat.agent_state is AgentState.Ready and seat.call_state is CallState.Idle

    await wait(seat, "the agent to be Ready and Idle", is_ready, patience_s)


async def call(seat: Seat) -> None:
    """Connect a customer."""
    async with seat.turn:
        await seat.tell(n.AGTCallNotify(seat.new_contact(ContactType.Predictive), seat.sid))
        await seat.enter(CallState.Talking, Row.TALKING)


async def hang_up(seat: Seat) -> None:
    """Let the customer hang up, unless the agent was quicker."""
    async with seat.turn:
        if seat.call_state in (CallState.Talking, CallState.Held):
            await seat.tell(n.AGTAutoReleaseLine(WRAPUP, seat.sid))
            await seat.enter(CallState.Wrapup, Row.WRAPUP)


async def wrapped_up(seat: Seat, patience_s: float) -> None:
    """Wait for the completion code."""
    limit_s = max(patience_s, ACW_S)
    await wait(seat, "> AGTWrapupContact", lambda: seat.call_state is CallState.Idle, limit_s)


@act("connects", "7 connect")
async def connects(seat: Seat, patience_s: float) -> None:
    """AgentSDKConnected is the first command."""
    await wait(seat, "> AgentSDKConnected", lambda: seat.connected, patience_s)


@act("logs-on", "7 logon")
async def logs_on(seat: Seat, patience_s: float) -> None:
    """AGTLogon, to a zone of the directory."""
    await wait(seat, "> AGTLogon", lambda: seat.logged_on, patience_s)


@act("goes-ready", "7 ready")
async def goes_ready(seat: Seat, patience_s: float) -> None:
    """AGTStateChange(Ready), then AGTAvailableForNailup."""
    await wait(seat, "> AGTStateChange(Ready)", lambda: seat.agent_state is AgentState.Ready, patience_s)
    available = "> AGTAvailableForNailup"
    await wait(seat, available, lambda: bool(seat.received(c.AGTAvailableForNailup)), patience_s)


@act("is-nailed-up", "7 nailing")
async def is_nailed_up(seat: Seat, patience_s: float) -> None:
    """AGTReadyForNailup after AGTNailupChange(PendingNailUp)."""
    since = len(seat.transcript.entries)
    await seat.tell(n.AGTNailupChange(NailupStatus.PendingNailUp))
    asked = "> AGTReadyForNailup"
    await wait(seat, asked, lambda: bool(seat.received(c.AGTReadyForNailup, since)), patience_s)
    async with seat.turn:
        await seat.tell(n.AGTNailupChange(NailupStatus.NailedUp), n.AGTJobAttached("Conformance"))
        await seat.enter(CallState.Idle, Row.FREE)


@act("customer-hangs-up", "7 predictive; call dropped by customer; wrapup")
async def customer_hangs_up(seat: Seat, patience_s: float) -> None:
    """A call comes, the customer hangs up, the desktop wraps up with a code of the campaign."""
    await ready(seat, patience_s)
    await call(seat)
    await trio.sleep(TALK_S)
    await hang_up(seat)
    await wrapped_up(seat, patience_s)


@act("holds", "7 hold, unhold")
async def holds(seat: Seat, patience_s: float) -> None:
    """The customer is held and unheld with the session id of the contact."""
    await ready(seat, patience_s)
    since = len(seat.transcript.entries)
    await call(seat)
    try:
        if not await seat.transcript.until(lambda: bool(seat.received(c.AGTHoldCall, since)), patience_s):
            raise NotApplicable(f"the desktop did not hold the call within {patience_s:g} s")
        unheld = "> AGTUnholdCall"
        await wait(seat, unheld, lambda: bool(seat.received(c.AGTUnholdCall, since)), patience_s)
    finally:
        await hang_up(seat)
        await wrapped_up(seat, patience_s)


@act("dial-fails", "7 preview, AGTDialFailed")
async def dial_fails(seat: Seat, patience_s: float) -> None:
    """A timed preview is dialled in time or declined; the dial fails, and the desktop wraps up."""
    await ready(seat, patience_s)
    since = len(seat.transcript.entries)
    async with seat.turn:
        contact = seat.new_contact(
            ContactType.Preview, timed=True, timeout=PREVIEW_S, can_dial=True, can_cancel=True
        )
        await seat.tell(n.AGTCallNotify(contact, seat.sid))
        await seat.enter(CallState.Preview, Row.OFFERED)

    def decided() -> bool:
        return bool(seat.received(c.AGTPreviewDial, since) or seat.received(c.AGTPreviewCancel, since))

    await wait(seat, "> AGTPreviewDial or AGTPreviewCancel", decided, patience_s + PREVIEW_S)
    if await seat.transcript.until(lambda: seat.call_state is CallState.Dialing, CROSSING_S):
        await trio.sleep(CROSSING_S)
        async with seat.turn:
            await seat.tell(n.AGTDialFailed(WRAPUP, DialFailReason.Busy, seat.sid))
            await seat.enter(CallState.Wrapup, Row.WRAPUP)
    await wrapped_up(seat, patience_s)


@act("is-consulted", "7 consult, B idle; consult cancelled by A")
async def is_consulted(seat: Seat, patience_s: float) -> None:
    """As the passive side of a consult the desktop offers nothing but to leave."""
    await ready(seat, patience_s)
    await consulted(seat)
    await trio.sleep(TALK_S)
    async with seat.turn:
        if seat.call_state is CallState.Consult:
            await seat.tell(n.AGTConsultCancelled(OTHER_AGENT, seat.sid))
            await seat.enter(CallState.Idle, Row.FREE)


async def consulted(seat: Seat) -> Contact:
    """Let another agent consult the desktop's; returns the contact."""
    async with seat.turn:
        contact = seat.new_contact(ContactType.Predictive)
        await seat.tell(n.AGTConsultNotify(contact, OTHER_AGENT, seat.sid))
        await seat.enter(CallState.Consult, Row.CONSULT_PASSIVE)
        return contact


@act("takes-over", "7 conference; ownership; ended")
async def takes_over(seat: Seat, patience_s: float) -> None:
    """From a consult into a conference, owner of it, the talk, and the wrapup of the contact taken over."""
    await ready(seat, patience_s)
    contact = await consulted(seat)
    async with seat.turn:
        if seat.call_state is CallState.Consult:
            await seat.tell(n.AGTConferenceNotify(contact, seat.sid))
            await seat.enter(CallState.ConferencePassive, Row.CONFERENCE_PASSIVE)
    await trio.sleep(CROSSING_S)
    async with seat.turn:
        if seat.call_state is not CallState.ConferencePassive:
            raise NotApplicable("the agent left the consult")
        await seat.tell(n.AGTConferenceOwnershipChanged(contact, seat.sid))
        await seat.enter(CallState.ConferenceOwner, Row.CONFERENCE_WITH_AGENT)
    await trio.sleep(CROSSING_S)
    async with seat.turn:
        await seat.tell(n.AGTConferenceEnded(seat.sid))
        await seat.enter(CallState.Talking, Row.TALKING)
    await trio.sleep(TALK_S)
    await hang_up(seat)
    await wrapped_up(seat, patience_s)


@act("gets-a-transfer", "7 transfer")
async def gets_a_transfer(seat: Seat, patience_s: float) -> None:
    """A customer who is handed over is talked to, and disposed of under the same session id."""
    await ready(seat, patience_s)
    contact = await consulted(seat)
    await trio.sleep(CROSSING_S)
    async with seat.turn:
        if seat.call_state is not CallState.Consult:
            raise NotApplicable("the agent left the consult")
        await seat.tell(n.AGTTransferNotify(contact, seat.sid))
        await seat.enter(CallState.Talking, Row.TALKING)
    await trio.sleep(TALK_S)
    await hang_up(seat)
    await wrapped_up(seat, patience_s)


@act("bears-the-unknown", "PROTOCOL.md Messages")
async def bears_the_unknown(seat: Seat, patience_s: float) -> None:
    """Notifications, keys and arguments that the desktop does not know are ignored."""
    await ready(seat, patience_s)
    seat.extra = {"notYetInvented": [1, {"a": "b"}]}
    try:
        await seat.send_unknown()
        await call(seat)
        await seat.send_unknown()
        await trio.sleep(TALK_S)
        await hang_up(seat)
        await wrapped_up(seat, patience_s)
    finally:
        seat.extra = {}


@act("tells-its-status", "3 GetAgentStatusResponse; 5 stateless desktop")
async def tells_its_status(seat: Seat, patience_s: float) -> None:
    """GetAgentStatus is answered with the states told last."""
    await ready(seat, patience_s)
    since = len(seat.transcript.entries)
    await seat.tell(n.GetAgentStatus(seat.agent_id))
    await _status_told(seat, since, patience_s)


async def _status_told(seat: Seat, since: int, patience_s: float) -> None:
    def answers() -> list[c.GetAgentStatusResponse]:
        return seat.received(c.GetAgentStatusResponse, since)

    await wait(seat, "> GetAgentStatusResponse", lambda: bool(answers()), patience_s)
    if answers()[-1].status != seat.status:
        raise Deviation(f"expected GetAgentStatusResponse with {seat.status}, got {answers()[-1].status}")


@act("comes-back", "7 manager restarted; 8 connection lost")
async def comes_back(seat: Seat, patience_s: float) -> None:
    """After its connection broke the desktop connects again, and says what it believes or logs on."""
    await ready(seat, patience_s)
    since = len(seat.transcript.entries)
    seat.cut()
    await wait(seat, "the end of the connection", lambda: not seat.connected, patience_s)
    await wait(seat, "> AgentSDKConnected on a new connection", lambda: seat.connected, patience_s)

    def is_back() -> bool:
        return bool(seat.received(c.GetAgentStatusResponse, since) or seat.received(c.AGTLogon, since))

    await wait(seat, "> GetAgentStatusResponse or AGTLogon", is_back, patience_s)
    await trio.sleep(CROSSING_S)
    if not seat.received(c.AGTLogon, since):
        await _status_told(seat, since, patience_s)


@act("works-on", "7 predictive, after a return")
async def works_on(seat: Seat, patience_s: float) -> None:
    """A call after the return is worked on like any other."""
    await wait(seat, "> AGTLogon, or to be logged on still", lambda: seat.logged_on, patience_s)
    await wait(seat, "> AGTStateChange(Ready)", lambda: seat.agent_state is AgentState.Ready, patience_s)
    if seat.nailup_status is not NailupStatus.NailedUp:
        await is_nailed_up(seat, patience_s)
    await customer_hangs_up(seat, patience_s)


@act("is-logged-out", "4 AGTAgentLoggedOut")
async def is_logged_out(seat: Seat, patience_s: float) -> None:
    """After AGTAgentLoggedOut the desktop sends nothing for the agent but a new AGTLogon."""
    await ready(seat, patience_s)
    await seat.tell(n.AGTAgentLoggedOut())
    await trio.sleep(TALK_S)
