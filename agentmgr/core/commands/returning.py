"""Desktops that are lost and come back."""

from agentmgr.core.agent import Agent
from agentmgr.core.commands.registry import Answer, on_agent_command, on_plain_command
from agentmgr.core.events import CommandReceived
from agentmgr.core.parts import Parts
from protocol.commands import (
    AGTAgentDisconnected,
    AGTSaveAgentForHA,
    GetAgentStatusResponse,
    GetAgentStatusResponseRESP,
)
from protocol.results import ResultCode


@on_agent_command(AGTAgentDisconnected)
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
    """A desktop says what it believes: in step it goes on, else it must log on again."""
    agent = zone.agents.get(event.agent_id)
    if agent is None:
        return ResultCode.NOT_LOGGED_ON
    if not agent.is_away:
        return ResultCode.SUCCESS if agent.connection == event.connection else ResultCode.NOT_LOGGED_ON
    if agent.asked_by != event.connection:
        return ResultCode.NOT_LOGGED_ON
    zone.out.respond(event, GetAgentStatusResponseRESP(ResultCode.SUCCESS))
    if not zone.returns.come_back(agent, event.connection, command.status):
        zone.roster.evict(agent)
    return None
