"""Scenarios of what only seems to be there: desktops that are silent or hang, a server about to end."""

import trio

from agentmgr.conformance.desk import Desk
from agentmgr.conformance.expect import state, told
from agentmgr.conformance.failures import Deviation, NotApplicable
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.raw import RawLine
from agentmgr.conformance.registry import Scenarios, Work
from agentmgr.conformance.scenes_connection import equal
from agentmgr.conformance.scenes_consult import ask_busy, consult, pair
from agentmgr.conformance.stage import Stage
from protocol import commands as c
from protocol import notifications as n
from protocol.codec import encode_args
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.registry import VERSION
from protocol.structures import AgentStatus

SCENES = Scenarios()
LONGEST_SILENCE_S = 30.0
"""Whoever wants these scenarios played gives the server a shorter limit than the usual one."""

SOONER = 0.7
"""A question may come so much earlier than the limit says, as a part of it."""

FRESH = AgentStatus(AgentState.NotReady, CallState.NoState, NailupStatus.NotNailedUp)
ALREADY_LOGGED_ON = 7
SYSTEM_NOT_AVAILABLE = 9005
INITIALIZING = 9012
SAME_REASON = 63
RESTARTS_WITHIN_S = 60.0
LONGEST_GRACE_S = 60.0
POLL_S = 0.5


async def keep_alive(raw: RawLine) -> None:
    """Say for the connection that it lives, as a proxy does whatever became of its desktops."""
    while not raw.closed:
        await raw.send_command(c.POMClientAlive())
        await trio.sleep(POLL_S)


async def proxied_agent(stage: Stage) -> tuple[RawLine, str]:
    """Log an agent on over a connection that goes on by itself."""
    silence_s = stage.target.silence_s
    if silence_s > LONGEST_SILENCE_S:
        raise NotApplicable(
            f"the server asks a silent desktop after {silence_s:g} s; let it do so after"
            f" {LONGEST_SILENCE_S:g} s at most, and say so with --silence"
        )
    raw = await stage.raw()
    await raw.hello()
    stage.beside(keep_alive, raw)
    agent_id = stage.use(0)
    logon = await raw.send_command(stage.logon(None), agent_id)
    equal("result of AGTLogon", await raw.result(logon), 0)
    return raw, agent_id


async def until_asked(stage: Stage, raw: RawLine, times: int) -> None:
    """Wait until a silent desktop is asked, and look that it was let be for long enough."""
    silence_s, began = stage.target.silence_s, trio.current_time()
    patience_s = silence_s + stage.target.patience_s
    if not await stage.transcript.until(lambda: len(raw.received("GetAgentStatus")) >= times, patience_s):
        raise Deviation(
            f"expected ! GetAgentStatus after {silence_s:g} s of silence; none in {patience_s:g} s"
        )
    waited_s = trio.current_time() - began
    if waited_s < SOONER * silence_s:
        raise Deviation(
            f"expected ! GetAgentStatus after {silence_s:g} s of silence, got it after {waited_s:g} s"
        )


@SCENES.scenario("silence", "8 silence", agents=1, limit_s=180.0)
async def silence(stage: Stage) -> None:
    """A desktop of which nothing is heard is asked, though its connection lives; each answer serves."""
    raw, agent_id = await proxied_agent(stage)
    await until_asked(stage, raw, 1)
    for command in (c.GetAgentStatusResponse(FRESH), c.AGTGetZoneList(), c.GetAgentStatusResponse(FRESH)):
        sent = await raw.send_command(command, agent_id)
        equal(f"result of {type(command).__name__}", await raw.result(sent), 0)
        questions = len(raw.received("GetAgentStatus"))
        await until_asked(stage, raw, questions + 1)


@SCENES.scenario("silence-for-good", "8 silence, no answer", agents=1, limit_s=180.0)
async def silence_for_good(stage: Stage) -> None:
    """A desktop that does not answer is lost, though its connection lives: its agent is logged off."""
    raw, agent_id = await proxied_agent(stage)
    await until_asked(stage, raw, 1)
    other = await stage.raw()
    await other.hello()
    deadline = trio.current_time() + 9 * stage.target.patience_s
    logon = stage.logon(None)
    while (result := await other.result(await other.send_command(logon, agent_id))) == ALREADY_LOGGED_ON:
        if trio.current_time() > deadline:
            raise NotApplicable(
                "the server keeps the place of a lost desktop for longer than this suite waits"
            )
        await trio.sleep(POLL_S)
    equal("result of AGTLogon", result, 0)


@SCENES.scenario(
    "hung-desktop", "8 silence, a contact without any reaction", agents=2, work=(Work.PROGRESSIVE,)
)
async def hung_desktop(stage: Stage) -> None:
    """A desktop that did nothing about its contact has no second one before it has answered."""
    p = await consult(await pair(stage))
    stage.hang(p.b)
    await p.a.does(c.AGTCancelConsult(p.a.sid, p.b.agent_id), state(CallState.Talking))
    await p.b.sees(
        told(n.AGTConsultCancelled, session_id=p.a.sid), state(CallState.Idle), told(n.GetAgentStatus)
    )
    await ask_busy(p.a, p.b)
    stage.wake(p.b)
    await p.b.sees(
        told(n.AGTConsultNotify, session_id=p.a.sid), state(CallState.Consult, Row.CONSULT_PASSIVE)
    )
    await p.a.sees(
        told(n.AGTPendingConsultComplete, session_id=p.a.sid),
        state(CallState.Consult, Row.CONSULT_WITH_AGENT),
    )
    await p.a.does(c.AGTCancelConsult(p.a.sid, p.b.agent_id), state(CallState.Talking))
    await stage.release(p.a)


async def told_of_the_end(stage: Stage, *desks: Desk) -> tuple[trio.Event, float]:
    """Have the server stopped; returns when its agents are told, with their grace in seconds."""
    restarted = stage.restart()
    grace_ms = 0
    for desk in desks:
        grace_ms = (await desk.sees(told(n.AGTZoneDown))).grace_period_in_millis
    if not grace_ms:
        raise NotApplicable("the server gives its agents no time when it is stopped")
    return restarted, grace_ms / 1000


async def see_it_end(stage: Stage, *desks: Desk) -> None:
    """Each agent is logged out, or left to come back at the next owner; its connection ends then."""

    def is_over(desk: Desk) -> bool:
        entries = stage.transcript.entries
        return any(
            (e.name == "AGTAgentLoggedOut" and e.agent_id == desk.agent_id)
            or (e.name == "POMConnectionClosed" and e.line == desk.line)
            for e in entries
        )

    if not await stage.transcript.until(lambda: all(map(is_over, desks)), stage.target.patience_s):
        raise Deviation(
            f"expected ! AGTAgentLoggedOut or ! POMConnectionClosed within {stage.target.patience_s:g} s"
        )


async def see_it_served_again(stage: Stage, restarted: trio.Event) -> None:
    with trio.move_on_after(RESTARTS_WITHIN_S):
        await restarted.wait()
        return
    command = stage.target.drain or stage.target.restart
    raise Deviation(f"{command}: not over within {RESTARTS_WITHIN_S:g} s")


@SCENES.scenario("zone-handed-back", "7 zone handed back", agents=3, work=(Work.PREVIEW,), limit_s=180.0)
async def zone_handed_back(stage: Stage) -> None:
    """Told to stop, a server lets agents finish what they have, and is over when nobody has anything."""
    talker, other = await stage.talking(0), await stage.log_on(1, None)
    watcher, late = await stage.raw(), await stage.raw()
    await watcher.hello()
    await late.hello()
    restarted, _ = await told_of_the_end(stage, talker, other)
    logon = await late.send_command(stage.logon(None), stage.use(2))
    equal("result of AGTLogon", await late.result(logon), SYSTEM_NOT_AVAILABLE)
    await talker.does(c.AGTHoldCall(talker.sid), state(CallState.Held))
    await talker.does(c.AGTUnholdCall(talker.sid), state(CallState.Talking))
    await stage.release(talker)
    await stage.dispose(talker)
    await see_it_end(stage, talker, other)
    await watcher.notification("POMConnectionClosed")
    await watcher.until_closed()
    await see_it_served_again(stage, restarted)


async def served_by(stage: Stage) -> RawLine:
    """Ask, as desktops do, who has the zone now, until somebody does; returns a connection to that one."""
    target = stage.target
    with trio.move_on_after(RESTARTS_WITHIN_S):
        while True:
            try:
                raw = await stage.raw(target.other)
            except OSError:
                await trio.sleep(POLL_S)
                continue
            try:
                await raw.hello()
            except Deviation:
                if not raw.closed:
                    raise
                continue  # it was taken by one that is dying
            found = await raw.response(await raw.send_command(c.GetPAMForZone(target.zone)))
            if found.message.result == 0:
                where = found.message.zones[target.zone]
                return await stage.raw((where.ip_address, where.port))
            equal("result of GetPAMForZone before", int(found.message.result), INITIALIZING)
            await trio.sleep(POLL_S)
    raise Deviation(f"expected GetPAMForZone 0 within {RESTARTS_WITHIN_S:g} s")


@SCENES.scenario("taken-over", "7 zone handed back, manager restarted", agents=1, limit_s=180.0)
async def taken_over(stage: Stage) -> None:
    """At the next owner an agent goes on as it was, and what it was answered it is answered again, once."""
    agent_id = stage.use(0)
    first = await stage.raw()
    greeting = c.AgentSDKConnected((), VERSION, resends=True)
    answers_again = (await first.response(await first.send_command(greeting))).message.answers_again
    logon = stage.logon(None, force=True)
    token = (await first.response(await first.send_command(logon, agent_id))).message.resume_token
    equal("result", await first.result(await first.send_command(c.AGTSaveAgentForHA(), agent_id)), 0)
    rest = c.AGTStateChange(AgentState.NotReady, "17", "Lunch")
    rested = await first.send_command(rest, agent_id)
    equal("result of AGTStateChange", await first.result(rested), 0)
    over = stage.restart()
    await first.until_closed(RESTARTS_WITHIN_S)
    if any(entry.agent_id == agent_id for entry in first.received("AGTAgentLoggedOut")):
        await see_it_served_again(stage, over)
        raise NotApplicable("the server logs its agents out before it ends; give a command that kills it")
    raw = await served_by(stage)
    raw.count_on(first)
    await raw.send_command(c.AgentSDKConnected((agent_id,), VERSION, resends=True))
    await raw.notification("GetAgentStatus", agent_id)
    back = await raw.send_command(c.GetAgentStatusResponse(FRESH, token), agent_id)
    equal("result of GetAgentStatusResponse", await raw.result(back), 0)
    if answers_again:
        await raw.send(type(rest).__name__, encode_args(rest), agent_id, {"id": rested})
        equal("result of the same AGTStateChange under the same id", await raw.result(rested), 0)
    again = await raw.result(await raw.send_command(rest, agent_id))
    equal("result of the same AGTStateChange under another id", again, SAME_REASON)
    equal("result of AGTLogoff", await raw.result(await raw.send_command(c.AGTLogoff(), agent_id)), 0)
    await see_it_served_again(stage, over)


@SCENES.scenario("grace-over", "7 zone handed back", agents=1, work=(Work.PREVIEW,), limit_s=180.0)
async def grace_over(stage: Stage) -> None:
    """Whoever still talks when the time is over is logged out, and not before."""
    desk = await stage.talking(0)
    began = trio.current_time()
    restarted, grace_s = await told_of_the_end(stage, desk)
    if grace_s > LONGEST_GRACE_S:
        raise NotApplicable(f"the server gives its agents {grace_s:g} s when it is stopped")
    await desk.sees(told(n.AGTAgentLoggedOut), patience_s=grace_s + desk.patience_s)
    waited_s = trio.current_time() - began
    if waited_s < SOONER * grace_s:
        raise Deviation(f"expected {grace_s:g} s before ! AGTAgentLoggedOut, as was told; got {waited_s:g} s")
    await see_it_served_again(stage, restarted)
