"""Moving agents between outbound and inbound, and to other skills."""

from agentmgr.core.agent import Agent, Blend
from agentmgr.core.commands.registry import Answer, on_agent_command
from agentmgr.core.events import CommandReceived
from agentmgr.core.parts import Parts
from protocol.commands import (
    AGTBlendToInbound,
    AGTBlendToInboundRESP,
    AGTBlendToOutbound,
    AGTNailupAgent,
    AGTSkillsChanged,
)
from protocol.notifications import AGTBlendedToOutbound
from protocol.results import ResultCode


@on_agent_command(AGTBlendToInbound, for_services=True)
def blend_to_inbound(zone: Parts, agent: Agent, command: AGTBlendToInbound, event: CommandReceived) -> Answer:
    """Take the agent out of outbound as soon as nothing is on."""
    if agent.blend is not Blend.OUTBOUND:
        return ResultCode.ALREADY_INBOUND
    agent.blend = Blend.LEAVING
    agent.touch()
    agent.take_off_duty()
    zone.out.respond(event, AGTBlendToInboundRESP(ResultCode.SUCCESS))
    zone.out.free(agent)
    return None


@on_agent_command(AGTBlendToOutbound, for_services=True)
def blend_to_outbound(
    zone: Parts, agent: Agent, command: AGTBlendToOutbound, event: CommandReceived
) -> Answer:
    """Give the agent back to outbound; it is nailed up again when its desktop asks for it."""
    if agent.blend is Blend.OUTBOUND:
        return ResultCode.ALREADY_OUTBOUND
    agent.available_for_nailup = agent.blend is Blend.LEAVING
    agent.blend = Blend.OUTBOUND
    agent.touch()
    zone.out.tell(agent, AGTBlendedToOutbound())
    zone.out.free(agent)
    return ResultCode.SUCCESS


@on_agent_command(AGTNailupAgent)
def nailup_agent(zone: Parts, agent: Agent, command: AGTNailupAgent, event: CommandReceived) -> Answer:
    """The agent is back from inbound and may be nailed up."""
    if agent.is_nailed:
        return ResultCode.ALREADY_NAILED
    if agent.blend is not Blend.OUTBOUND:
        return ResultCode.WRONG_STATE
    agent.available_for_nailup = True
    zone.out.free(agent)
    return ResultCode.SUCCESS


@on_agent_command(AGTSkillsChanged, for_services=True)
def skills_changed(zone: Parts, agent: Agent, command: AGTSkillsChanged, event: CommandReceived) -> Answer:
    """Give the agent other skills; a job that needs none of them is left after the contact."""
    if not command.agent_skills:
        return ResultCode.NO_SKILLS
    agent.touch()
    agent.skills = {skill.name: skill.level for skill in command.agent_skills}
    if agent.is_free:
        agent.take_off_duty()
        zone.out.free(agent)
    return ResultCode.SUCCESS
