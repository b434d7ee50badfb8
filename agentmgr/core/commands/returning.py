"""Desktops that are lost and come back."""

from typing import TYPE_CHECKING

from agentmgr.core.agent import Agent
from agentmgr.core.commands.registry import Answer, on_agent_command, on_plain_command
from agentmgr.core.events import CommandReceived
from protocol.commands import (
    AGTAgentDisconnected,
    AGTSaveAgentForHA,
    GetAgentStatusResponse,
    GetAgentStatusResponseRESP,
)
from protocol.results import ResultCode

if TYPE_CHECKING:
    from agentmgr.core.zone import Zone


@on_agent_command(AGTAgentDisconnected)
def agent_disconnected(
    zone: "Zone", agent: Agent, command: AGTAgentDisconnected, event: CommandReceived
) -> Answer:
    """A proxy lost the agent's desktop: keep its place and its messages."""
    zone.returns.go_away(agent)
    return ResultCode.SUCCESS


@on_agent_command(AGTSaveAgentForHA)
def save_agent_for_ha(
    zone: "Zone", agent: Agent, command: AGTSaveAgentForHA, event: CommandReceived
) -> Answer:
    """From now on the agent's state outlives a crash."""
    agent.saved_for_ha = True
    agent.touch()
    return ResultCode.SUCCESS


@on_plain_command(GetAgentStatusResponse)
def agent_status(zone: "Zone", command: GetAgentStatusResponse, event: CommandReceived) -> Answer:
    """A desktop says what it believes: in step it goes on, else it must log on again."""
    agent = zone.agents.get(event.agent_id)
    if agent is None:
        return ResultCode.NOT_LOGGED_ON
    if not agent.is_away:
        return ResultCode.SUCCESS if agent.connection == event.connection else ResultCode.NOT_LOGGED_ON
    if agent.asked_by != event.connection:
        return ResultCode.NOT_LOGGED_ON
    zone.out.respond(event, GetAgentStatusResponseRESP(ResultCode.SUCCESS))
    zone.returns.come_back(agent, event.connection, command.status)
    return None
