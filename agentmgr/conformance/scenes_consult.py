"""Scenarios of consult, transfer and conference."""

from attrs import frozen

from agentmgr.conformance.desk import Desk
from agentmgr.conformance.expect import Caps, Step, agent_state, maybe, state, told
from agentmgr.conformance.failures import Deviation
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.registry import Scenarios, Work
from agentmgr.conformance.scenes_connection import equal
from agentmgr.conformance.scenes_contact import LEAVES_SOON, NO_SESSION, gone
from agentmgr.conformance.stage import ENDLESS, Line, Stage
from agentmgr.conformance.transcript import Kind
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, DestinationType, DialFailReason
from protocol.structures import ContactNumber, Destination, KeyValuePair
from protocol.test_numbers import FAILURES, RARE_FAILURES, Outcome, number_for

SCENES = Scenarios()
PROGRESSIVE = (Work.PROGRESSIVE,)
PREVIEW = (Work.PREVIEW,)
MAX_BUSY = 6
NO_DESTINATIONS = 382
TALKING_AGAIN = (maybe(n.AGTCallStateChangedNotify, call_state=CallState.Talking), Caps(Row.TALKING))
HANGS_UP = number_for(Outcome.ANSWERS, time_s=2)


@frozen
class Pair:
    """Two agents of one job: the first talks to a customer, the second is idle."""

    a: Desk
    b: Desk


def agent(desk: Desk) -> Destination:
    """Return an agent as the destination of a consult."""
    return Destination(DestinationType.Agent, desk.agent_id)


def external(number: str) -> Destination:
    """Return a number as the destination of a consult."""
    return Destination(DestinationType.External, number)


async def pair(stage: Stage, line: Line | None = None) -> Pair:
    """Bring two agents to where one of them has a customer and the other nothing to do."""
    desks = [await stage.idle(number, Work.PROGRESSIVE, line) for number in (0, 1)]
    for _ in range(MAX_BUSY):
        patience_s = 3 * stage.target.patience_s
        if not await stage.transcript.until(lambda: any(d.has_news for d in desks), patience_s):
            raise Deviation(f"expected a customer for one of two idle agents; none within {patience_s:g} s")
        if desks[1].has_news:
            desks.reverse()
        if desks[0].call_state is CallState.Idle:
            await stage.see_call(desks[0])
        if not desks[1].has_news:
            return Pair(*desks)
        await stage.see_call(desks[1])
        await stage.release(desks[1])
        await stage.dispose(desks[1])
    raise Deviation("expected one agent to be idle while the other talks; both always had customers")


async def leaving_pair(stage: Stage) -> Pair:
    """The same, with a customer who hangs up after a while."""
    p = await pair(stage)
    await stage.release(p.a)
    await p.a.does(c.AGTRedial(ContactNumber(number=LEAVES_SOON)), state(CallState.Dialing))
    await p.a.sees(state(CallState.Talking))
    return p


async def consult(p: Pair) -> Pair:
    """Let the first agent consult the second."""
    await p.a.does(c.AGTConsultCall(agent(p.b), p.a.sid))
    await p.b.sees(
        told(n.AGTConsultNotify, requesting_agent_id=p.a.agent_id, session_id=p.a.sid),
        state(CallState.Consult, Row.CONSULT_PASSIVE),
    )
    await p.a.sees(
        state(CallState.Consult, Row.CONSULT_WITH_AGENT), told(n.AGTEnableCancelConsult, session_id=p.a.sid)
    )
    return p


async def conference(p: Pair) -> Pair:
    """Turn the consult into a conference."""
    await p.a.does(c.AGTStartConf(p.a.sid), state(CallState.ConferenceOwner, Row.CONFERENCE_WITH_AGENT))
    await p.b.sees(told(n.AGTConferenceNotify, session_id=p.a.sid), state(CallState.ConferencePassive))
    return p


@SCENES.scenario("consult-lists", "7 consult, what is asked before it", agents=2, work=PROGRESSIVE)
async def consult_lists(stage: Stage) -> None:
    """The idle agent of the same job is listed as a destination, and one's own self is not."""
    p = await pair(stage)
    types = (await p.a.does(c.AGTGetConsultTypes(p.a.sid))).destination_types
    if DestinationType.Agent not in types:
        raise Deviation(f"expected Agent among the consult types, got {[t.value for t in types]}")
    response = await p.a.does(c.AGTGetConsultDestsForType(DestinationType.Agent, p.a.sid))
    found = {destination.destination_value for destination in response.destinations}
    if p.b.agent_id not in found or p.a.agent_id in found:
        raise Deviation(f"expected agent {p.b.agent_id} and not {p.a.agent_id}, got {sorted(found)}")
    outside = await p.a.does(c.AGTGetConsultDestsForType(DestinationType.External, p.a.sid), result=None)
    if outside.result not in (0, NO_DESTINATIONS) or bool(outside.destinations) != (outside.result == 0):
        raise Deviation(f"expected external destinations or result {NO_DESTINATIONS}, got {outside}")


@SCENES.scenario("consult-nobody", "3 consult codes 142 383", agents=2, work=PREVIEW)
async def consult_nobody(stage: Stage) -> None:
    """With no other agent there is nobody to consult: 383; one who is not logged on is 142."""
    desk = await stage.talking()
    await desk.does(c.AGTGetConsultDestsForType(DestinationType.Agent, desk.sid), result=383)
    other = Destination(DestinationType.Agent, stage.target.agents[1])
    await desk.does(c.AGTConsultCall(other, desk.sid), result=142)


@SCENES.scenario(
    "consult-idle-cancel-a", "7 consult, B idle; consult cancelled by A", agents=2, work=PROGRESSIVE
)
async def cancel_by_a(stage: Stage) -> None:
    """An idle agent is consulted at once; the one who asked ends it."""
    p = await consult(await pair(stage))
    await p.a.does(c.AGTCancelConsult(p.a.sid, p.b.agent_id), state(CallState.Talking))
    await p.b.sees(told(n.AGTConsultCancelled, session_id=p.a.sid), state(CallState.Idle))
    await stage.release(p.a)


@SCENES.scenario("consult-idle-cancel-b", "7 consult cancelled by B", agents=2, work=PROGRESSIVE)
async def cancel_by_b(stage: Stage) -> None:
    """The consulted agent leaves."""
    p = await consult(await pair(stage))
    await p.b.does(c.AGTCancelConsult(p.b.sid), state(CallState.Idle))
    await p.a.sees(told(n.AGTConsultCancelled, session_id=p.a.sid), state(CallState.Talking))
    await stage.release(p.a)


@SCENES.scenario("transfer", "7 transfer", agents=2, work=PROGRESSIVE)
async def transfer(stage: Stage) -> None:
    """The consulted agent gets the customer and disposes; the other is idle, with canDispose=false."""
    p = await consult(await pair(stage))
    response = await p.a.does(c.AGTCompleteTransfer(p.a.sid), state(CallState.Idle))
    equal("canDispose", response.can_dispose, False)
    await p.b.sees(told(n.AGTTransferNotify, session_id=p.a.sid), state(CallState.Talking))
    await stage.release(p.b)
    await stage.dispose(p.b)


@SCENES.scenario("conference-ended", "7 conference; ended by owner; 3 AGTEndConf", agents=2, work=PROGRESSIVE)
async def ended_by_owner(stage: Stage) -> None:
    """The owner drops the other agent and goes on talking to the customer."""
    p = await conference(await consult(await pair(stage)))
    await p.a.does(c.AGTSendDTMF("1", p.a.sid))
    await p.a.does(c.AGTEndConf(p.a.sid), state(CallState.Talking))
    await p.b.sees(told(n.AGTConferenceEnded, session_id=p.a.sid), state(CallState.Idle))
    await p.a.does(c.AGTEndConf(p.a.sid), result=301)


@SCENES.scenario("conference-left", "7 left by passive; 3 code 302", agents=2, work=PROGRESSIVE)
async def left_by_passive(stage: Stage) -> None:
    """The passive agent leaves; it cannot give away what it does not own."""
    p = await conference(await consult(await pair(stage)))
    await p.b.does(c.AGTConfChangeOwnership(p.b.sid), result=302)
    await p.b.does(c.AGTEndConf(p.b.sid), state(CallState.Idle))
    await p.a.sees(told(n.AGTConferenceEnded, session_id=p.a.sid), state(CallState.Talking))


@SCENES.scenario("conference-ownership", "7 ownership", agents=2, work=PROGRESSIVE)
async def ownership(stage: Stage) -> None:
    """The conference changes hands: the new owner ends it, talks on and disposes."""
    p = await conference(await consult(await pair(stage)))
    await p.a.does(c.AGTConfChangeOwnership(p.a.sid), state(CallState.ConferencePassive))
    await p.b.sees(
        told(n.AGTConferenceOwnershipChanged, session_id=p.a.sid),
        state(CallState.ConferenceOwner, Row.CONFERENCE_WITH_AGENT),
    )
    await p.b.does(c.AGTEndConf(p.b.sid), state(CallState.Talking))
    await p.a.sees(told(n.AGTConferenceEnded, session_id=p.b.sid), state(CallState.Idle))
    await stage.release(p.b)
    await stage.dispose(p.b)


@SCENES.scenario("consult-customer-drops", "7 customer drops in consult", agents=2, work=PROGRESSIVE)
async def customer_drops_in_consult(stage: Stage) -> None:
    """The owner is in Wrapup, the other agent is told and idle."""
    p = await consult(await leaving_pair(stage))
    await p.a.sees(gone(p.a.sid), state(CallState.Wrapup), patience_s=3 * p.a.patience_s)
    await p.b.sees(told(n.AGTConsultCancelled, session_id=p.a.sid), state(CallState.Idle))


@SCENES.scenario("conference-customer-drops", "7 customer drops in conference", agents=2, work=PROGRESSIVE)
async def customer_drops_in_conference(stage: Stage) -> None:
    """The owner is in Wrapup, the other agent is told and idle."""
    p = await conference(await consult(await leaving_pair(stage)))
    await p.a.sees(gone(p.a.sid), state(CallState.Wrapup), patience_s=3 * p.a.patience_s)
    await p.b.sees(told(n.AGTConferenceEnded, session_id=p.a.sid), state(CallState.Idle))


@SCENES.scenario("consult-one-connection", "7 consult; 8 one connection", agents=2, work=PROGRESSIVE)
async def one_connection(stage: Stage) -> None:
    """Two agents on one connection: what both are told comes in the order of the sequences."""
    line = await stage.line()
    p = await pair(stage, line)
    began = len(stage.transcript.entries)
    await consult(p)
    await conference(p)
    a, b = p.a.agent_id, p.b.agent_id
    wanted = [
        (a, "AGTConsultCallRESP"),
        (b, "AGTConsultNotify"),
        (b, "AGTCallStateChangedNotify"),
        (a, "AGTCallStateChangedNotify"),
        (a, "AGTEnableCancelConsult"),
        (b, "AGTConferenceNotify"),
        (b, "AGTCallStateChangedNotify"),
        (a, "AGTCallStateChangedNotify"),
        (a, "AGTStartConfRESP"),
    ]
    got = [
        (entry.agent_id, entry.name)
        for entry in stage.transcript.entries[began:]
        if entry.kind is not Kind.COMMAND and entry.agent_id and entry.name != "AGTCapabilitiesChanged"
    ]
    equal("order of messages to both agents", got, wanted)


# -- a busy agent ------------------------------------------------------------------------------


async def ask_busy(a: Desk, b: Desk) -> None:
    """Let an agent wait to consult one who has a contact."""
    await a.does(
        c.AGTConsultCall(agent(b), a.sid),
        told(n.AGTEnableCancelConsult, session_id=a.sid),
        Caps(Row.CONSULT_CANCELLABLE),
    )
    await b.sees(told(n.AGTConsultPending, requesting_agent_id=a.agent_id, session_id=a.sid))


@SCENES.scenario("consult-busy", "7 consult, B busy; PendingNotReady", agents=2, work=PREVIEW)
async def consult_busy(stage: Stage) -> None:
    """A consult of a busy agent begins when that one is free, also before a break that it asked for."""
    a, b = await stage.talking(0), await stage.talking(1)
    await ask_busy(a, b)
    await stage.ask_for_break(b, Row.TALKING)
    await stage.release(b)
    await stage.dispose(b)
    await b.sees(told(n.AGTConsultNotify, session_id=a.sid), state(CallState.Consult, Row.CONSULT_PASSIVE))
    await a.sees(
        told(n.AGTPendingConsultComplete, session_id=a.sid), state(CallState.Consult, Row.CONSULT_WITH_AGENT)
    )
    await a.does(c.AGTCancelConsult(a.sid, b.agent_id), state(CallState.Talking))
    await b.sees(
        told(n.AGTConsultCancelled),
        state(CallState.Idle),
        agent_state(AgentState.NotReady, Row.FREE),
    )


@SCENES.scenario("consult-busy-cancelled", "3 AGTCancelConsult, own consult pending", agents=2, work=PREVIEW)
async def consult_busy_cancelled(stage: Stage) -> None:
    """A consult that waits is withdrawn by the one who asked; the busy agent is told."""
    a, b = await stage.talking(0), await stage.talking(1)
    await ask_busy(a, b)
    await b.does(c.AGTCancelConsult(a.sid, a.agent_id), result=9008)
    await a.does(c.AGTCancelConsult(a.sid, b.agent_id), TALKING_AGAIN)
    await b.sees(told(n.AGTConsultCancelled, session_id=a.sid))
    await a.does(c.AGTCancelConsult(a.sid), result=401)


@SCENES.scenario("consult-busy-customer-drops", "7 customer drops; consult, B busy", agents=2, work=PREVIEW)
async def consult_busy_customer_drops(stage: Stage) -> None:
    """The customer hangs up while the consult waits: Wrapup, and the busy agent is told."""
    b = await stage.talking(1)
    a = await stage.talking(0, LEAVES_SOON)
    await ask_busy(a, b)
    await a.sees(gone(a.sid), state(CallState.Wrapup), patience_s=3 * a.patience_s)
    await b.sees(told(n.AGTConsultCancelled, session_id=a.sid))


@SCENES.scenario(
    "consult-queue-full", "3 AGTConsultCall, code 144: at most 2 waiting", agents=4, work=PREVIEW
)
async def queue_full(stage: Stage) -> None:
    """A third consult of the same agent is 144."""
    busy, *others = [await stage.talking(number) for number in range(4)]
    for other in others[:2]:
        await ask_busy(other, busy)
    await others[2].does(c.AGTConsultCall(agent(busy), others[2].sid), result=144)


@SCENES.scenario("consult-refused", "3 consult codes 141 143 182 401 421 9008", agents=2, work=PREVIEW)
async def consult_refused(stage: Stage) -> None:
    """What cannot be consulted is refused with the code of its own, and the talk goes on."""
    a = await stage.talking(0)
    b = await stage.log_on(1)
    await a.does(c.AGTConsultCall(agent(b), a.sid), result=141)
    await a.does(c.AGTConsultCall(agent(a), a.sid), result=143)
    await a.does(c.AGTConsultCall(external("not a number"), a.sid), result=143)
    await a.does(c.AGTConsultCall(agent(b), NO_SESSION), result=9008)
    await a.does(c.AGTCancelConsult(a.sid), result=401)
    await a.does(c.AGTCompleteTransfer(a.sid), result=421)
    await a.does(c.AGTStartConf(a.sid), result=182)
    await a.does(c.AGTHoldCall(a.sid), state(CallState.Held))
    await a.does(c.AGTConsultCall(agent(b), a.sid), result=421)


# -- an external party -------------------------------------------------------------------------


async def ask_external(a: Desk, number: str) -> None:
    """Let an agent have somebody outside called."""
    response = await a.answer_to(c.AGTConsultCall(external(number), a.sid))
    equal("result of AGTConsultCall", response.result, 0)
    await a.skip_to(n.AGTEnableCancelConsult, session_id=a.sid)
    await a.sees(Caps(Row.CONSULT_CANCELLABLE))


@SCENES.scenario(
    "consult-external", "7 conference; 3 with an external, codes 321 421", agents=1, work=PREVIEW
)
async def consult_external(stage: Stage) -> None:
    """Somebody outside is consulted, and joins a conference; there is no transfer to them."""
    a = await stage.talking()
    await ask_external(a, ENDLESS)
    await a.sees(state(CallState.Consult, Row.CONSULT_WITH_EXTERNAL))
    await a.does(c.AGTSendDTMF("1", a.sid))
    await a.does(c.AGTCompleteTransfer(a.sid), result=421)
    await a.does(c.AGTStartConf(a.sid), state(CallState.ConferenceOwner, Row.CONFERENCE_WITH_EXTERNAL))
    await a.does(c.AGTConfChangeOwnership(a.sid), result=321)
    await a.does(c.AGTEndConf(a.sid), state(CallState.Talking))


@SCENES.scenario("consult-external-cancelled", "3 AGTCancelConsult, with an external", agents=1, work=PREVIEW)
async def consult_external_cancelled(stage: Stage) -> None:
    """A consult outside is ended while it is dialled, and after it was answered."""
    a = await stage.talking()
    await ask_external(a, number_for(Outcome.RINGS_OUT))
    await a.does(c.AGTCancelConsult(a.sid), TALKING_AGAIN)
    await ask_external(a, ENDLESS)
    await a.sees(state(CallState.Consult, Row.CONSULT_WITH_EXTERNAL))
    await a.does(c.AGTCancelConsult(a.sid), state(CallState.Talking))


@SCENES.scenario("consult-external-hangs-up", "4 AGTConsultCancelled", agents=1, work=PREVIEW)
async def consult_external_hangs_up(stage: Stage) -> None:
    """The external party hangs up: the agent talks to the customer again."""
    a = await stage.talking()
    await ask_external(a, HANGS_UP)
    await a.sees(state(CallState.Consult, Row.CONSULT_WITH_EXTERNAL))
    await a.sees(told(n.AGTConsultCancelled, session_id=a.sid), state(CallState.Talking))


@SCENES.scenario("consult-external-customer-drops", "7 customer drops in consult", agents=1, work=PREVIEW)
async def consult_external_customer_drops(stage: Stage) -> None:
    """The customer hangs up while the agent consults outside: Wrapup."""
    a = await stage.talking(call=LEAVES_SOON)
    await ask_external(a, ENDLESS)
    await a.sees(state(CallState.Consult, Row.CONSULT_WITH_EXTERNAL))
    await a.sees(gone(a.sid), state(CallState.Wrapup), patience_s=3 * a.patience_s)


def _add_consult_failures() -> None:
    numbers = {reason: number_for(outcome) for outcome, reason in FAILURES.items()}
    numbers |= {reason: number_for(Outcome.FAILS, time_s=tail) for tail, reason in RARE_FAILURES.items()}
    for reason, number in numbers.items():

        async def play(stage: Stage, reason: DialFailReason = reason, number: str = number) -> None:
            a = await stage.talking()
            await ask_external(a, number)
            failed: Step = told(n.AGTConsultDialFailed, dial_fail_reason=reason, session_id=a.sid)
            await a.sees(failed, state(CallState.Talking), patience_s=4 * a.patience_s)

        SCENES.add(
            f"consult-failed-{reason.value}",
            "7 consult, external fails",
            f"An external that fails with {reason.value}: AGTConsultDialFailed says so, then state Talking.",
            play,
            agents=1,
            work=PREVIEW,
        )


_add_consult_failures()


@SCENES.scenario("consult-passive-rights", "4 AGTCustomerDetailsChanged", agents=2, work=PROGRESSIVE)
async def passive_rights(stage: Stage) -> None:
    """The passive agent adds notes and changes nothing; what the owner changes reaches it."""
    p = await consult(await pair(stage))
    pair_ = KeyValuePair("LastName", "Conformance")
    await p.b.does(c.AGTAddAgentNote("from the passive side"))
    response = await p.b.answer_to(c.AGTSetCustomerDetail(pair_, p.b.sid))
    if response.result == 0:
        raise Deviation("expected AGTSetCustomerDetail of the passive agent to be refused, got result 0")
    await p.a.does(c.AGTSetCustomerDetail(pair_, p.a.sid))
    changed = await p.b.sees(told(n.AGTCustomerDetailsChanged, session_id=p.a.sid))
    equal("attribute told", (changed.attribute.key, changed.attribute.value), (pair_.key, pair_.value))
    found = (await p.a.does(c.AGTRefreshAgentNotes(p.a.sid))).agent_notes
    if "from the passive side" not in found:
        raise Deviation(f"expected the note of the passive agent, got {found}")


@SCENES.scenario("consult-desktop-lost", "8 killed without logoff", agents=2, work=PROGRESSIVE)
async def consult_desktop_lost(stage: Stage) -> None:
    """The consulted agent's login is taken over by force: the other goes on talking to the customer."""
    p = await consult(await pair(stage))
    new = await stage.desk(p.b.number)
    await new.does(stage.logon(Work.PROGRESSIVE, force=True), Caps(Row.FREE))
    await p.a.sees(told(n.AGTConsultCancelled, session_id=p.a.sid), state(CallState.Talking))
    await p.b.skip_to(n.AGTAgentLoggedOut)
