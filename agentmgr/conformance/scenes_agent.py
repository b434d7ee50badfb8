"""Scenarios of an agent's life without contacts: logon, states, nailing, logoff."""

import re
from itertools import pairwise

from agentmgr.conformance.expect import Caps, agent_state, state, told
from agentmgr.conformance.failures import Deviation
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.raw import RawLine
from agentmgr.conformance.registry import Scenarios, Work
from agentmgr.conformance.scenes_connection import NOWHERE, equal
from agentmgr.conformance.stage import ENDLESS, Stage
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.structures import ContactNumber

SCENES = Scenarios()
PREVIEW = (Work.PREVIEW,)
EVERYWHERE = (
    "Africa/Nairobi",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Berlin",
    "Pacific/Auckland",
    "Pacific/Honolulu",
    "UTC",
)
"""Canonical names from all over the world, to the end of the alphabet."""
OFFSET = re.compile(r"[+-][0-9]{2}:[0-9]{2}")
READY, NOT_READY = AgentState.Ready, AgentState.NotReady


@SCENES.scenario("logon", "7 logon", agents=1)
async def logon(stage: Stage) -> None:
    """A logon brings the capabilities, then its RESP; the agent is NotReady, NoState and NotNailedUp."""
    desk = await stage.desk()
    await desk.does(stage.logon(None), Caps(Row.FREE))
    await desk.does(c.AGTLogoff())


@SCENES.scenario("logon-refused", "3 AGTLogon, codes 9 12 15 16 17; 8 going on after it", agents=1)
async def logon_refused(stage: Stage) -> None:
    """Each reason to refuse a logon has its code, and the agent is not logged on by it."""
    desk = await stage.desk()
    for code, command in (
        (17, stage.logon(None, pwd="wrong")),
        (12, stage.logon(None, zone_name=NOWHERE)),
        (15, stage.logon(None, time_zone="Nowhere/Nothing")),
        (16, stage.logon(Work.PREVIEW, agent_name=None)),
        (9, stage.logon(Work.PREVIEW, agent_skills=())),
    ):
        # A library refuses to route a logon to a zone that nobody serves; a raw one asks the server.
        raw = await stage.raw()
        await raw.hello(desk.agent_id)
        equal("result of AGTLogon", await raw.result(await raw.send_command(command, desk.agent_id)), code)
        ready = await raw.send_command(c.AGTStateChange(READY), desk.agent_id)
        equal("result of AGTStateChange after it", await raw.result(ready), 9002)


@SCENES.scenario("logon-unknown-agent", "3 AGTLogon, code 17")
async def logon_unknown(stage: Stage) -> None:
    """An unknown agent is refused as a wrong password is."""
    raw = await stage.raw()
    await raw.hello("nobody-of-this-name")
    request_id = await raw.send_command(stage.logon(None), "nobody-of-this-name")
    equal("result of AGTLogon", await raw.result(request_id), 17)


@SCENES.scenario("logon-twice", "3 AGTLogon, code 7", agents=1)
async def logon_twice(stage: Stage) -> None:
    """A second logon without isForce is 7 and leaves the first one alone."""
    first = await stage.log_on(0, None)
    second = await stage.desk(0)
    await second.does(stage.logon(None), result=7)
    await second.does(c.AGTStateChange(READY), result=9002)
    await first.does(c.AGTStateChange(READY), agent_state(READY, Row.FREE))


@SCENES.scenario("logon-forced", "3 AGTLogon with isForce; 8 killed without logoff", agents=1, work=PREVIEW)
async def logon_forced(stage: Stage) -> None:
    """A forced logon takes the login over and starts afresh; the old desktop gets AGTAgentLoggedOut."""
    old = await stage.talking()
    new = await stage.desk(0)
    await new.does(stage.logon(None, force=True), Caps(Row.FREE))
    await old.sees(told(n.AGTAgentLoggedOut))
    await old.does(c.AGTStateChange(NOT_READY), result=9002)
    await new.does(c.AGTStateChange(READY), agent_state(READY, Row.FREE))


@SCENES.scenario("logon-killed", "8 killed without logoff, then isForce", agents=1, work=PREVIEW)
async def logon_killed(stage: Stage) -> None:
    """An agent whose desktop was killed in a talk is logged on by force, afresh."""
    line = await stage.line()
    old = await stage.talking(line=line)
    await stage.hang_up(line)
    new = await stage.desk(0)
    await new.does(stage.logon(None), result=7)
    await new.does(stage.logon(None, force=True), Caps(Row.FREE))
    equal("agent", new.agent_id, old.agent_id)


async def in_order(stage: Stage, raw: RawLine, *asked: tuple[object, int]) -> None:
    """Send commands of one agent in one write; each result must be as given, and come in this order."""
    agent_id = stage.target.agents[0]
    ids = await raw.send_together(*(command for command, _ in asked), agent_id=agent_id)
    answers = [await raw.response(request_id) for request_id in ids]
    for entry, (command, code) in zip(answers, asked, strict=True):
        equal(f"result of {type(command).__name__} in one write with others", int(entry.message.result), code)
    if any(later.number < earlier.number for earlier, later in pairwise(answers)):
        raise Deviation("expected the commands of one agent to be answered in the order sent")


@SCENES.scenario("logon-and-more", "3 AGTLogon; 8 several commands in flight", agents=1)
async def logon_and_more(stage: Stage) -> None:
    """Commands in one write with a logon are carried out after it, in the order sent."""
    raw = await stage.raw()
    await stage.desk(0)
    await raw.hello(stage.target.agents[0])
    await in_order(
        stage,
        raw,
        (stage.logon(None), 0),
        (c.AGTStateChange(READY), 0),
        (stage.logon(None), 7),
        (c.AGTStateChange(NOT_READY, "1"), 0),
        (c.AGTLogoff(), 0),
        (c.AGTStateChange(READY), 9002),
        (stage.logon(None), 0),
        (c.AGTStateChange(READY), 0),
    )


@SCENES.scenario("logon-refused-and-more", "3 AGTLogon, code 17; 8 going on after it", agents=1)
async def logon_refused_and_more(stage: Stage) -> None:
    """Commands in one write with a logon that is refused are refused, up to the next logon."""
    raw = await stage.raw()
    await stage.desk(0)
    await raw.hello(stage.target.agents[0])
    await in_order(
        stage,
        raw,
        (stage.logon(None, pwd="wrong"), 17),
        (c.AGTStateChange(READY), 9002),
        (c.AGTLogoff(), 9002),
        (stage.logon(None), 0),
        (c.AGTStateChange(READY), 0),
    )


@SCENES.scenario("logoff-and-logon", "7 logoff; 8 several commands in flight", agents=1, work=PREVIEW)
async def logoff_and_logon(stage: Stage) -> None:
    """A logon in one write with a logoff waits until the phone is let go."""
    raw = await stage.raw()
    agent_id = stage.target.agents[0]
    await stage.desk(0)
    await raw.hello(agent_id)
    await in_order(
        stage, raw, (stage.logon(), 0), (c.AGTStateChange(READY), 0), (c.AGTAvailableForNailup(), 0)
    )
    await raw.notification("AGTNailupChange", agent_id)
    await in_order(
        stage,
        raw,
        (c.AGTStateChange(NOT_READY, "1"), 0),
        (c.AGTLogoff(), 0),
        (stage.logon(None), 0),
        (c.AGTStateChange(READY), 0),
    )


@SCENES.scenario("agent-state", "7 ready; 3 AGTStateChange, codes 61 63", agents=1)
async def agent_states(stage: Stage) -> None:
    """Ready and NotReady are told before the RESP; repeats are 61 and 63, another AUX reason is not."""
    desk = await stage.log_on(0, None)
    response = await desk.does(c.AGTStateChange(READY), agent_state(READY, Row.FREE))
    equal("agentState in the RESP", response.agent_state, READY)
    await desk.does(c.AGTStateChange(READY), result=61)
    await desk.does(c.AGTStateChange(NOT_READY, "1", "Break"), agent_state(NOT_READY, Row.FREE))
    await desk.does(c.AGTStateChange(NOT_READY, "1", "Break"), result=63)
    await desk.does(c.AGTStateChange(NOT_READY, "2", "Lunch"), agent_state(NOT_READY, Row.FREE))
    await desk.does(c.AGTStateChange(AgentState.PendingNotReady, "3"), result=64)


@SCENES.scenario(
    "available-often", "8 AGTAvailableForNailup on every state notification", agents=1, work=PREVIEW
)
async def available_often(stage: Stage) -> None:
    """AGTAvailableForNailup may be repeated, from inside the handler of a notification too."""
    raw = await stage.raw()
    agent_id = stage.target.agents[0]
    await stage.desk(0)
    await raw.hello(agent_id)
    await raw.result(await raw.send_command(stage.logon(None), agent_id))
    ready = await raw.send_command(c.AGTStateChange(READY), agent_id)
    often = [await raw.send_command(c.AGTAvailableForNailup(), agent_id) for _ in range(3)]
    equal("result of AGTStateChange", await raw.result(ready), 0)
    for request_id in often:
        equal("result of AGTAvailableForNailup", await raw.result(request_id), 0)


@SCENES.scenario("nailing", "7 nailing; 3 AGTReadyForNailup, code 5", agents=1, work=PREVIEW)
async def nailing(stage: Stage) -> None:
    """A ready agent is nailed up for a job that fits; a call command before that is 9006."""
    desk = await stage.log_on()
    await desk.does(c.AGTReadyForNailup(), result=9004)
    await desk.does(c.AGTHoldCall("s"), result=9006)
    await stage.go_ready(desk)
    await stage.nail_up(desk)
    await stage.see_preview(desk)
    await desk.does(c.AGTReadyForNailup(), result=5)
    await desk.does(c.AGTAvailableForNailup())


@SCENES.scenario("nailing-too-late", "7 nailing, not answered in time", agents=1, work=PREVIEW)
async def nailing_too_late(stage: Stage) -> None:
    """A nailing that comes to nothing is given up, and tried again later."""
    desk = await stage.log_on()
    await stage.go_ready(desk)
    await desk.sees(told(n.AGTNailupChange, nailup_status=NailupStatus.PendingNailUp))
    await desk.sees(
        told(n.AGTNailupChange, nailup_status=NailupStatus.NotNailedUp), patience_s=4 * desk.patience_s
    )
    await desk.sees(
        told(n.AGTNailupChange, nailup_status=NailupStatus.PendingNailUp), patience_s=4 * desk.patience_s
    )


@SCENES.scenario("nailing-withdrawn", "7 un-nailing", agents=1, work=PREVIEW)
async def nailing_withdrawn(stage: Stage) -> None:
    """An agent that logs off before the phone was called is let go."""
    desk = await stage.log_on()
    await stage.go_ready(desk)
    await desk.sees(told(n.AGTNailupChange, nailup_status=NailupStatus.PendingNailUp))
    await desk.does(c.AGTStateChange(NOT_READY, "1"), agent_state(NOT_READY, Row.FREE))
    await desk.does(c.AGTLogoff(), told(n.AGTNailupChange, nailup_status=NailupStatus.NotNailedUp))


@SCENES.scenario(
    "lost-nailing", "7 nailing lost; 3 AGTLostNailing, code 9006", agents=1, work=(Work.PROGRESSIVE,)
)
async def lost_nailing(stage: Stage) -> None:
    """A desktop that lost its line says so: 9006 without one; a contact goes to Wrapup."""
    desk = await stage.log_on(0, Work.PROGRESSIVE)
    await desk.does(c.AGTLostNailing(), result=9006)
    await stage.go_ready(desk)
    await stage.nail_up(desk)
    await stage.see_call(desk)
    response = await desk.does(
        c.AGTLostNailing(),
        told(n.AGTNailupChange, nailup_status=NailupStatus.NailingLost),
        state(CallState.Wrapup, Row.WRAPUP_NAILING_LOST),
    )
    equal("sessionID in the RESP", response.session_id, desk.sid)
    if response.wrapup_details is None:
        raise Deviation("expected wrapupDetails in AGTLostNailingRESP, got none")
    codes = (await desk.does(c.AGTGetCompCodes(desk.sid))).completion_codes_list
    await desk.does(c.AGTRedial(ContactNumber(number=ENDLESS)), result=9006)
    await desk.does(c.AGTWrapupContact(codes[0], desk.sid), state(CallState.NoState))
    await desk.sees(
        told(n.AGTNailupChange, nailup_status=NailupStatus.PendingNailUp), patience_s=3 * desk.patience_s
    )


@SCENES.scenario("logoff", "7 logoff, un-nailing; 3 AGTLogoff, code 541", agents=1, work=PREVIEW)
async def logoff(stage: Stage) -> None:
    """A nailed agent that is NotReady logs off: the phone is let go first, the RESP comes last."""
    desk = await stage.in_wrapup()
    await desk.does(c.AGTLogoff(), result=541)
    await stage.ask_for_break(desk, Row.WRAPUP)
    await stage.dispose(desk, agent_state(NOT_READY, Row.FREE))
    # straight after AGTWrapupContactRESP, as desktops do
    await desk.does(
        c.AGTLogoff(),
        told(n.AGTNailupChange, nailup_status=NailupStatus.PendingNailUpDrop),
        told(n.AGTNailupChange, nailup_status=NailupStatus.NotNailedUp),
        state(CallState.NoState),
    )
    await desk.does(c.AGTStateChange(READY), result=9002)


@SCENES.scenario("logoff-ready", "3 AGTLogoff, code 541", agents=1)
async def logoff_ready(stage: Stage) -> None:
    """A ready agent cannot log off."""
    desk = await stage.log_on(0, None)
    await desk.does(c.AGTStateChange(READY), agent_state(READY, Row.FREE))
    await desk.does(c.AGTLogoff(), result=541)


@SCENES.scenario("pending-logout", "3 and 7 logoff, AGTPendingLogout", agents=1, work=PREVIEW)
async def pending_logout(stage: Stage) -> None:
    """AGTPendingLogout tells PendingNotReady, and is answered; the agent is logged off after its contact."""
    desk = await stage.talking()
    await desk.does(c.AGTPendingLogout(), agent_state(AgentState.PendingNotReady, Row.TALKING))
    await desk.does(c.AGTAvailableForNailup(), result=5)
    await desk.does(c.AGTLogoff(), result=541)
    await stage.release(desk)
    await stage.dispose(desk, agent_state(NOT_READY, Row.FREE))
    await desk.sees(
        told(n.AGTNailupChange, nailup_status=NailupStatus.PendingNailUpDrop),
        told(n.AGTNailupChange, nailup_status=NailupStatus.NotNailedUp),
        state(CallState.NoState),
        told(n.AGTAgentLoggedOut),
    )
    await desk.does(c.AGTStateChange(READY), result=9002)


@SCENES.scenario("pending-logout-ready", "3 AGTPendingLogout without a contact", agents=1)
async def pending_logout_ready(stage: Stage) -> None:
    """A ready agent without a contact is told NotReady before the RESP, and logged off after it."""
    desk = await stage.log_on(0, None)
    await desk.does(c.AGTStateChange(READY), agent_state(READY, Row.FREE))
    await desk.does(c.AGTPendingLogout(), agent_state(NOT_READY, Row.FREE))
    await desk.sees(told(n.AGTAgentLoggedOut))


@SCENES.scenario("logon-places", "3 AGTLogon: locale, timeZone; code 15", agents=1)
async def logon_places(stage: Stage) -> None:
    """Locale and time zone of a logon may be empty; a time zone that there is not is refused."""
    desk = await stage.desk(0)
    await desk.does(stage.logon(None, time_zone="Mars/Base"), result=15)
    await desk.does(stage.logon(None, time_zone="", locale=""), Caps(Row.FREE))


@SCENES.scenario("walk-away", "3 AGTStateChange, hasWalkedAway; code 62", agents=1, work=PREVIEW)
async def walk_away(stage: Stage) -> None:
    """A walk-away is refused in a call, and a reason for a break after it."""
    desk = await stage.talking()
    await desk.does(c.AGTStateChange(NOT_READY, "9", "Away", has_walked_away=True), result=62)
    await stage.release(desk)
    await desk.does(
        c.AGTStateChange(NOT_READY, "9", "Away", has_walked_away=True),
        agent_state(AgentState.PendingNotReady, Row.WRAPUP),
    )


@SCENES.scenario("pending-logout-idle", "7 logoff, AGTPendingLogout", agents=1)
async def pending_logout_idle(stage: Stage) -> None:
    """AGTPendingLogout of an agent without a contact logs it off at once, after the RESP."""
    desk = await stage.log_on(0, None)
    await desk.does(c.AGTPendingLogout())
    await desk.sees(told(n.AGTAgentLoggedOut))


@SCENES.scenario("timezones", "3 AGTGetTimezones", agents=1)
async def timezones(stage: Stage) -> None:
    """The time zones of all the world and UTC are listed in one frame, each once, with their offsets."""
    desk = await stage.log_on(0, None)
    found = (await desk.does(c.AGTGetTimezones())).timezones
    names = {pair.key for pair in found}
    missing = [name for name in EVERYWHERE if name not in names]
    if missing or len(names) != len(found):
        raise Deviation(
            f"expected each time zone once, got {len(found)} with {len(names)} names, no {missing}"
        )
    for pair in found:
        if not OFFSET.fullmatch(pair.value):
            raise Deviation(f"expected an offset such as +01:00 for {pair.key}, got {pair.value!r}")
