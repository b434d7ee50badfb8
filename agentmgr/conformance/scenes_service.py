"""Scenarios of a service: a program that signs in with an account and speaks for any agent of the zone."""

from typing import Any

from agentmgr.conformance.expect import agent_state, told
from agentmgr.conformance.failures import Deviation, NotApplicable
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.raw import RawLine
from agentmgr.conformance.registry import Scenarios
from agentmgr.conformance.scenes_connection import equal
from agentmgr.conformance.stage import Stage
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState
from protocol.registry import VERSION
from protocol.structures import AgentSkill

SCENES = Scenarios()
NOBODY = "nobody-of-this-name"


def hello(stage: Stage, **changes: Any) -> c.AgentSDKConnected:
    """Return what signs in with the account that the suite was given."""
    target = stage.target
    if not target.account:
        raise NotApplicable("needs a service account, which --account names")
    fields = {"agent_ids": (), "version": VERSION, "account": target.account, "pwd": target.account_password}
    return c.AgentSDKConnected(**{**fields, **changes})


async def signed_in(stage: Stage) -> RawLine:
    """Open a connection that is a service's."""
    raw = await stage.raw()
    equal("result of AgentSDKConnected", await raw.result(await raw.send_command(hello(stage))), 0)
    return raw


async def ask(raw: RawLine, agent_id: str, command: Any, code: int = 0) -> None:
    """Send a command for an agent; its RESP must come to who sent it."""
    name = type(command).__name__
    equal(f"result of {name}", await raw.result(await raw.send_command(command, agent_id)), code)


@SCENES.scenario("service-signs-in", "3 a connection that signed in as a service account", agents=1)
async def service_signs_in(stage: Stage) -> None:
    """A service is welcomed as any connection; what it sends in the same write is carried out after that."""
    command = hello(stage)
    desk = await stage.log_on(0, None)
    raw = await stage.raw()
    welcomed, listed = await raw.send_together(command, c.AGTGetZoneList())
    blended = await raw.send_command(c.AGTSkillsChanged((AgentSkill("Other", "1", 5),)), desk.agent_id)
    entry = await raw.response(welcomed)
    equal("result of AgentSDKConnected", entry.message.result, 0)
    if stage.target.zone not in entry.message.zones:
        raise Deviation(
            f"expected zone {stage.target.zone} in the directory, got {sorted(entry.message.zones)}"
        )
    await raw.notification("POMAvailable")
    for name, request_id in (("AGTGetZoneList", listed), ("AGTSkillsChanged", blended)):
        answer = await raw.response(request_id)
        equal(f"result of {name} in one write with AgentSDKConnected", answer.message.result, 0)
        if answer.number < entry.number:
            raise Deviation(f"expected < AgentSDKConnectedRESP before < {name}RESP")


@SCENES.scenario("service-refused", "3 AgentSDKConnected, code 17", agents=1)
async def service_refused(stage: Stage) -> None:
    """A wrong password and an unknown account are 17; the connection is an ordinary one then."""
    commands = hello(stage, pwd="wrong"), hello(stage, account=NOBODY)
    desk = await stage.log_on(0, None)
    for command in commands:
        raw = await stage.raw()
        refused = await raw.send_command(command)
        await ask(raw, desk.agent_id, c.AGTBlendToInbound(), 9002)
        equal("result of AgentSDKConnected", await raw.result(refused), 17)
        await ask(raw, desk.agent_id, c.AGTGetTimezones(), 9002)
        equal("result", await raw.result(await raw.send_command(c.AGTGetZoneList())), 0)
    equal("result of AgentSDKConnected", await raw.result(await raw.send_command(hello(stage))), 0)


@SCENES.scenario("service-commands", "3 a connection that signed in as a service account", agents=1)
async def service_commands(stage: Stage) -> None:
    """A service blends, reskills and logs out an agent; the desktop is told, the service is answered."""
    raw = await signed_in(stage)
    desk = await stage.log_on(0, None)
    await desk.does(c.AGTStateChange(AgentState.Ready), agent_state(AgentState.Ready, Row.FREE))
    who = desk.agent_id
    await ask(raw, who, c.AGTSkillsChanged((AgentSkill("Other", "1", 5),)))
    await ask(raw, who, c.AGTSkillsChanged(()), 9)
    await ask(raw, who, c.AGTBlendToInbound())
    await desk.sees(told(n.AGTBlendedToInbound))
    await ask(raw, who, c.AGTBlendToInbound(), 581)
    await ask(raw, who, c.AGTBlendToOutbound())
    await desk.sees(told(n.AGTBlendedToOutbound))
    for command in (c.AGTStateChange(AgentState.NotReady), c.AGTLogoff(), c.AGTSaveAgentForHA()):
        await ask(raw, who, command, 9002)
    await ask(raw, NOBODY, c.AGTPendingLogout(), 9002)
    await ask(raw, who, c.AGTPendingLogout())
    await _logged_out(stage, who)
    await ask(raw, who, c.AGTPendingLogout(), 9002)


async def _logged_out(stage: Stage, agent_id: str) -> None:
    """Wait until an agent's desktop is told that it is logged out; states may be told before."""

    def is_told() -> bool:
        entries = stage.transcript.entries
        return any(e.name == "AGTAgentLoggedOut" and e.agent_id == agent_id for e in entries)

    if not await stage.transcript.until(is_told, stage.target.patience_s):
        raise Deviation(f"expected ! AGTAgentLoggedOut; nothing within {stage.target.patience_s:g} s")


@SCENES.scenario("service-reports-loss", "3 AGTAgentDisconnected of a service", agents=1)
async def service_reports_loss(stage: Stage) -> None:
    """An agent whom a service reports as lost is asked, once its desktop sends something after all."""
    service = await signed_in(stage)
    raw = await stage.raw()
    agent_id = stage.target.agents[0]
    await stage.desk(0)
    await raw.hello(agent_id)
    equal("result of AGTLogon", await raw.result(await raw.send_command(stage.logon(None), agent_id)), 0)
    await ask(service, agent_id, c.AGTAgentDisconnected())
    await ask(raw, agent_id, c.AGTStateChange(AgentState.Ready), 9004)
    await raw.notification("GetAgentStatus", agent_id)
