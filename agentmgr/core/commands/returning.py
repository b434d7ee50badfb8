"""Desktops that are lost and come back."""

import json

from agentmgr.core.agent import Agent
from agentmgr.core.commands.registry import Answer, on_agent_command, on_plain_command
from agentmgr.core.events import CommandReceived, LogonChecked
from agentmgr.core.parts import Parts
from protocol.commands import (
    AGTAgentDisconnected,
    AGTSaveAgentForHA,
    GetAgentStatusResponse,
    GetAgentStatusResponseRESP,
)
from protocol.results import ResultCode


@on_agent_command(AGTAgentDisconnected, for_services=True)
def agent_disconnected(
    zone: Parts, agent: Agent, command: AGTAgentDisconnected, event: CommandReceived
) -> Answer:
    """A proxy lost the agent's desktop: keep its place and its messages."""
    zone.returns.go_away(agent)
    return ResultCode.SUCCESS


@on_agent_command(AGTSaveAgentForHA)
def save_agent_for_ha(
    zone: Parts, agent: Agent, command: AGTSaveAgentForHA, event: CommandReceived
) -> Answer:
    """From now on the agent's state outlives a crash."""
    agent.saved_for_ha = True
    agent.touch()
    return ResultCode.SUCCESS


@on_plain_command(GetAgentStatusResponse)
def agent_status(zone: Parts, command: GetAgentStatusResponse, event: CommandReceived) -> Answer:
    """A desktop says what it believes: it is brought in step if it is its agent's; else nothing changes."""
    agent, token = zone.agents.get(event.agent_id), command.resume_token
    if agent is None:
        return _status_of_saved(zone, event, token)
    if agent.connection == event.connection and not agent.is_away:
        return ResultCode.SUCCESS
    if not zone.returns.may_come_back(agent, event.connection, token):
        return ResultCode.AUTHENTICATION_FAILED
    renewed = zone.returns.renew_token(agent, token) if token else None
    zone.out.respond(event, GetAgentStatusResponseRESP(ResultCode.SUCCESS, renewed))
    zone.returns.come_back(agent, event.connection, command.status)
    return None


def _status_of_saved(zone: Parts, event: CommandReceived, token: str) -> Answer:
    """An agent that a dead server had comes back: the store has its token and what it logs on with."""
    if not zone.returns.has_saved(event.agent_id):
        return ResultCode.NOT_LOGGED_ON
    if not token:
        return ResultCode.AUTHENTICATION_FAILED
    if zone.lanes.is_closed(event.connection, event.agent_id):
        return ResultCode.WRONG_STATE  # it logs on already
    zone.lanes.hold(event)
    zone.returns.check_token(event, token)
    return None


def finish_return(zone: Parts, event: CommandReceived, checked: LogonChecked) -> None:
    """The token of an agent that a dead server had is checked: let it go on where it was."""
    command: GetAgentStatusResponse = event.command
    kept = zone.returns.take_saved(checked.agent_id) if checked.agent is not None else None
    if kept is None or checked.agent is None:
        zone.out.respond(event, GetAgentStatusResponseRESP(ResultCode.AUTHENTICATION_FAILED))
        return
    saved, session = kept
    skills = json.loads(saved.skills) or {skill.name: skill.level for skill in checked.agent.skills}
    agent = zone.roster.readmit(
        checked.agent,
        saved,
        session,
        connection=event.connection,
        extension=saved.extension,
        skills=skills,
    )
    token = zone.returns.renew_token(agent, command.resume_token)
    zone.out.respond(event, GetAgentStatusResponseRESP(ResultCode.SUCCESS, token))
    zone.returns.tell_all(agent, None)
