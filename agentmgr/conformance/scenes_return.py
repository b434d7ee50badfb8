"""Scenarios of agents that move and of desktops that come and go."""

from typing import Any

import trio
from attrs import evolve

from agentmgr.conformance.desk import Desk
from agentmgr.conformance.expect import Caps, Message, agent_state, state, told
from agentmgr.conformance.failures import Deviation, NotApplicable
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.raw import RawLine
from agentmgr.conformance.registry import Scenarios, Work
from agentmgr.conformance.scenes_connection import equal
from agentmgr.conformance.scenes_contact import LEAVES_AT_ONCE, LEAVES_SOON, gone
from agentmgr.conformance.stage import Stage
from agentmgr.conformance.transcript import Kind
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.structures import AgentSkill, AgentStatus

SCENES = Scenarios()
PREVIEW = (Work.PREVIEW,)
AWAY_S = 1.5
"""How long a desktop stays away so that its customer hangs up meanwhile."""

RETRY_S = 0.1
ALREADY_LOGGED_ON = 7

UN_NAILING = (
    told(n.AGTNailupChange, nailup_status=NailupStatus.PendingNailUpDrop),
    told(n.AGTNailupChange, nailup_status=NailupStatus.NotNailedUp),
    state(CallState.NoState),
)
ASKED = (told(n.GetAgentStatus), Message(c.GetAgentStatusResponseRESP, {"result": 0}, Kind.RESPONSE))


async def logged_on_when_lost(desk: Desk, logon: c.AGTLogon) -> None:
    """Log on without force, as soon as the server has noticed that the old desktop is gone."""
    with trio.move_on_after(desk.patience_s):
        while True:
            response = await desk.answer_to(logon)
            if response.result != ALREADY_LOGGED_ON:
                equal("result of AGTLogon", response.result, 0)
                return
            await trio.sleep(RETRY_S)
    raise Deviation("expected AGTLogon to succeed without force, got result 7 again and again")


@SCENES.scenario("blend", "7 blend in / out; 3 codes 581 601", agents=1, work=PREVIEW)
async def blend(stage: Stage) -> None:
    """Blending to inbound waits for the contact, lets the phone go and tells it; back it is nailed again."""
    desk = await stage.talking()
    await desk.does(c.AGTBlendToOutbound(), result=601)
    await desk.does(c.AGTBlendToInbound())
    await desk.does(c.AGTBlendToInbound(), result=581)
    await stage.release(desk)
    await stage.dispose(desk)
    await desk.sees(UN_NAILING, told(n.AGTBlendedToInbound))
    await desk.does(c.AGTBlendToOutbound(), told(n.AGTBlendedToOutbound))
    await desk.does(c.AGTNailupAgent())
    await stage.nail_up(desk)
    await stage.see_preview(desk)


@SCENES.scenario("blend-free", "7 blend in / out", agents=1)
async def blend_free(stage: Stage) -> None:
    """An agent with nothing on is blended at once: RESP, then AGTBlendedToInbound."""
    desk = await stage.log_on(0, None)
    await desk.does(c.AGTBlendToInbound())
    await desk.sees(told(n.AGTBlendedToInbound))
    await desk.does(c.AGTBlendToOutbound(), told(n.AGTBlendedToOutbound))


@SCENES.scenario(
    "skills-changed", "3 AGTSkillsChanged, code 9", agents=1, work=(Work.PREVIEW, Work.PROGRESSIVE)
)
async def skills_changed(stage: Stage) -> None:
    """Other skills take an agent to another job, after its contact."""
    desk = await stage.talking()
    await desk.does(c.AGTSkillsChanged(()), result=9)
    skill = AgentSkill(stage.target.skills[Work.PROGRESSIVE], "1", 5)
    await desk.does(c.AGTSkillsChanged((skill,)))
    before = desk.contact.campaign_name if desk.contact else ""
    await stage.release(desk)
    await stage.dispose(desk)
    attached = await desk.sees(told(n.AGTJobAttached))
    if attached.campaign_name == before:
        raise Deviation(f"expected another campaign than {before} in AGTJobAttached")
    await stage.see_call(desk)


async def back(desk: Desk) -> list[Any]:
    """Wait until a desktop that is back has been told all there is, and return that."""
    await desk.sees(*ASKED)
    await desk.answer_to(c.AGTGetZoneList())
    return desk.forget()


async def answered(raw: RawLine, desk: Desk, status: AgentStatus, token: str) -> Any:
    """Name an agent on a connection, answer the question about it, and return the RESP to that."""
    await raw.hello(desk.agent_id)
    await raw.notification("GetAgentStatus", desk.agent_id)
    answer = c.GetAgentStatusResponse(status, token)
    return (await raw.response(await raw.send_command(answer, desk.agent_id))).message


async def told_states(raw: RawLine, desk: Desk, *wanted: Any) -> None:
    """Wait until a connection has been told these for an agent, the last of their kinds."""
    await raw.result(await raw.send_command(c.AGTGetZoneList(), desk.agent_id))
    for message in wanted:
        seen = [e.message for e in raw.received(type(message).__name__) if e.agent_id == desk.agent_id]
        if not seen or seen[-1] != message:
            raise Deviation(f"expected {message} last of its kind, got {seen[-1] if seen else 'none'}")


def contact_told(desk: Desk, told_again: list[Any]) -> None:
    """Check that contact and capabilities are among what a desktop was told after its return."""
    contacts = [each.session_id for each in told_again if isinstance(each, n.AGTCallNotify)]
    equal("sessions in AGTCallNotify after the return", contacts, [desk.sid])
    if not any(isinstance(each, n.AGTCapabilitiesChanged) for each in told_again):
        raise Deviation("expected AGTCapabilitiesChanged after the return, got none")


@SCENES.scenario("return-in-step", "7 manager restarted; 8 connection lost", agents=1, work=PREVIEW)
async def return_in_step(stage: Stage) -> None:
    """A desktop that is back at once is asked what it believes, and told its contact and capabilities."""
    line = await stage.line()
    desk = await stage.talking(line=line)
    await stage.cut(line)
    contact_told(desk, await back(desk))
    await desk.does(c.AGTHoldCall(desk.sid), state(CallState.Held))
    await desk.does(c.AGTUnholdCall(desk.sid), state(CallState.Talking))


@SCENES.scenario("return-with-queue", "7 manager restarted, queued messages follow", agents=1, work=PREVIEW)
async def return_with_queue(stage: Stage) -> None:
    """What happened while the desktop was away follows in order, after it said what it believes."""
    line = await stage.line()
    desk = await stage.talking(line=line, call=LEAVES_AT_ONCE)
    await stage.hang_up(line)
    await trio.sleep(AWAY_S)
    line.dead = False
    told_again = await back(desk)
    kinds = [type(each) for each in told_again]
    if n.AGTAutoReleaseLine not in kinds or kinds.index(n.AGTAutoReleaseLine) < kinds.index(n.AGTCallNotify):
        raise Deviation(f"expected AGTCallNotify and then AGTAutoReleaseLine, got {told_again}")
    equal("call state told last", desk.call_state, CallState.Wrapup)
    await stage.ask_for_break(desk, Row.WRAPUP)
    await stage.dispose(desk, agent_state(AgentState.NotReady, Row.FREE))


@SCENES.scenario("return-out-of-step", "7 manager restarted, not in step", agents=1, work=PREVIEW)
async def return_out_of_step(stage: Stage) -> None:
    """A desktop that believes something else is told where its agent is, and goes on from there."""
    line = await stage.line()
    desk = await stage.talking(line=line)
    token = desk.agent.resume_token
    await stage.hang_up(line)
    raw = await stage.raw()
    believed = AgentStatus(AgentState.NotReady, CallState.Wrapup, NailupStatus.NotNailedUp)
    response = await answered(raw, desk, believed, token)
    equal("result of GetAgentStatusResponse", response.result, 0)
    if not response.resume_token or response.resume_token == token:
        raise Deviation("expected a new resumeToken, since this one was used")
    contact = await raw.notification("AGTCallNotify", desk.agent_id)
    equal("session id", contact.message.session_id, desk.sid)
    await told_states(
        raw,
        desk,
        n.AGTStateChangedNotify(AgentState.Ready),
        n.AGTNailupChange(NailupStatus.NailedUp),
        n.AGTCallStateChangedNotify(CallState.Talking),
    )
    await raw.notification("AGTCapabilitiesChanged", desk.agent_id)
    hold = await raw.send_command(c.AGTHoldCall(desk.sid), desk.agent_id)
    equal("result of AGTHoldCall", await raw.result(hold), 0)


@SCENES.scenario("return-resp-again", "7 manager restarted, RESPs under way", agents=1, work=PREVIEW)
async def return_resp_again(stage: Stage) -> None:
    """A RESP that was under way as the line broke is given again under its id, and the state is told."""
    line = await stage.line()
    desk = await stage.talking(line=line)
    talking = AgentStatus(desk.agent_state, desk.call_state, desk.nailup_status)
    token = desk.agent.resume_token
    await stage.hang_up(line)
    dying = await stage.raw()
    token = (await answered(dying, desk, talking, token)).resume_token
    for _ in range(8):  # ids that the next connection does not use by chance
        await dying.result(await dying.send_command(c.AGTGetZoneList(), desk.agent_id))
    hold = await dying.send_command(c.AGTHoldCall(desk.sid), desk.agent_id)
    await trio.aclose_forcefully(dying.stream)
    raw = await stage.raw()
    equal("result of GetAgentStatusResponse", (await answered(raw, desk, talking, token)).result, 0)
    equal("result of AGTHoldCall", await raw.result(hold), 0)
    await told_states(raw, desk, n.AGTCallStateChangedNotify(CallState.Held))


@SCENES.scenario("return-of-a-stranger", "7 manager restarted, without a right token", agents=1, work=PREVIEW)
async def return_of_a_stranger(stage: Stage) -> None:
    """Whoever guesses the states of an agent, but not its token, gets 17, and the agent notices nothing."""
    desk = await stage.talking()
    status = AgentStatus(desk.agent_state, desk.call_state, desk.nailup_status)
    raw = await stage.raw()
    equal("result without a token", (await answered(raw, desk, status, "")).result, 17)
    for token in ("x", desk.agent.resume_token[:-1]):
        answer = c.GetAgentStatusResponse(status, token)
        equal(
            "result with a wrong token", await raw.result(await raw.send_command(answer, desk.agent_id)), 17
        )
    if told_names := {e.name for e in raw.transcript.entries if e.line == raw.line} & {"AGTCallNotify"}:
        raise Deviation(f"expected nothing of the agent to be told to a stranger, got {told_names}")
    await desk.does(c.AGTHoldCall(desk.sid), state(CallState.Held))


@SCENES.scenario("named-but-not-kept", "7 manager restarted, agents that are not held", agents=1)
async def named_but_not_kept(stage: Stage) -> None:
    """A named agent who is not logged on is told AGTAgentLoggedOut at once, whether it exists or not."""
    known = stage.use(0)
    raw = await stage.raw()
    await raw.hello(known, "nobody-of-this-name")
    await raw.notification("AGTAgentLoggedOut", known)
    await raw.notification("AGTAgentLoggedOut", "nobody-of-this-name")


@SCENES.scenario("logon-by-token", "3 AGTLogon; 7 manager restarted", agents=1)
async def logon_by_token(stage: Stage) -> None:
    """A resume token stands for the password, once more after a crash, and no more after AGTLogoff."""
    line = await stage.line()
    desk = await stage.log_on(0, None, line)
    token = desk.agent.resume_token
    await stage.hang_up(line)
    raw = await stage.raw()
    await raw.hello()
    logon = evolve(stage.logon(None), pwd="", resume_token=token)
    response = None
    with trio.move_on_after(desk.patience_s):  # the server may take the old desktop for alive yet
        while response is None or response.result == ALREADY_LOGGED_ON:
            await trio.sleep(RETRY_S)
            response = (await raw.response(await raw.send_command(logon, desk.agent_id))).message
    assert response is not None
    equal("result of AGTLogon by token", response.result, 0)
    await raw.result(await raw.send_command(c.AGTLogoff(), desk.agent_id))
    again = evolve(logon, resume_token=response.resume_token)
    equal(
        "result of AGTLogon by token after AGTLogoff",
        await raw.result(await raw.send_command(again, desk.agent_id)),
        17,
    )


@SCENES.scenario("agent-disconnected", "3 AGTAgentDisconnected", agents=1, work=PREVIEW)
async def agent_disconnected(stage: Stage) -> None:
    """A proxy reports a lost desktop: notifications are kept until that is back in step."""
    line = await stage.line()
    desk = await stage.talking(line=line, call=LEAVES_AT_ONCE)
    await desk.answer_to(c.AGTAgentDisconnected())
    seen = len(stage.transcript.entries)
    await trio.sleep(AWAY_S)
    kept = [e for e in stage.transcript.entries[seen:] if e.agent_id == desk.agent_id]
    if kept:
        raise Deviation(f"expected no notification for a desktop that is away, got {kept[0]}")
    # Whether the customer was gone before the report or after it, nothing is lost.
    before = desk.forget()
    await stage.cut(line)
    all_told = [*before, *(await back(desk))]
    if not any(isinstance(each, n.AGTAutoReleaseLine) for each in all_told):
        raise Deviation(f"expected AGTAutoReleaseLine, got {all_told}")
    equal("call state told last", desk.call_state, CallState.Wrapup)


@SCENES.scenario("lost-for-good", "8 killed without logoff", agents=1, limit_s=120.0)
async def lost_for_good(stage: Stage) -> None:
    """An agent whose desktop does not come back is logged off after a while: a logon needs no force."""
    line = await stage.line()
    desk = await stage.log_on(0, None, line)
    await stage.hang_up(line)
    raw = await stage.raw()
    await raw.hello()
    deadline = trio.current_time() + 9 * desk.patience_s
    while (result := await raw.result(await raw.send_command(stage.logon(None), desk.agent_id))) == 7:
        if trio.current_time() > deadline:
            raise NotApplicable(
                "the server keeps the place of a lost desktop for longer than this suite waits"
            )
        await trio.sleep(AWAY_S / 5)
    equal("result of AGTLogon", result, 0)


@SCENES.scenario("saved-agent", "3 AGTSaveAgentForHA", agents=1, work=PREVIEW)
async def saved_agent(stage: Stage) -> None:
    """After AGTSaveAgentForHA a desktop that crashed logs on again, without force, to its contact."""
    line = await stage.line()
    old = await stage.talking(line=line)
    await old.does(c.AGTSaveAgentForHA())
    await stage.hang_up(line)
    new = await stage.desk(0)
    await logged_on_when_lost(new, stage.logon())
    new.forget()
    equal(
        "states told",
        (new.agent_state, new.call_state, new.nailup_status),
        (AgentState.Ready, CallState.Talking, NailupStatus.NailedUp),
    )
    equal("session id", new.sid, old.sid)
    equal("call state in the library", new.agent.call_state, CallState.Talking)
    await stage.release(new)
    await stage.dispose(new)


@SCENES.scenario("two-agents-apart", "8 one connection for many agents", agents=2, work=PREVIEW)
async def two_agents_apart(stage: Stage) -> None:
    """On one connection, each agent has its own contact, states and answers."""
    line = await stage.line()
    first = await stage.talking(0, LEAVES_SOON, line=line)
    second = await stage.talking(1, line=line)
    await second.does(c.AGTHoldCall(second.sid), state(CallState.Held))
    await second.does(c.AGTHoldCall(first.sid), result=9008)
    await first.sees(gone(first.sid), state(CallState.Wrapup), patience_s=3 * first.patience_s)
    await second.does(c.AGTUnholdCall(second.sid), state(CallState.Talking))
    third = await stage.desk(0)
    await third.does(stage.logon(None, force=True), Caps(Row.FREE))
    await first.sees(told(n.AGTAgentLoggedOut))
    await stage.release(second)
