"""Agents as they are stored."""

from typing import Protocol

from attrs import frozen

from agentmgr.core.model import AgentSpec


@frozen
class AgentLogin:
    """An agent with what its password is checked against."""

    agent: AgentSpec
    password_hash: str
    zone: str
    enabled: bool


class AgentStore(Protocol):
    """Agents that may log on."""

    def put_agent(self, login: AgentLogin) -> None:
        """Store an agent, or replace the one with the same id."""
        ...

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        """Look an agent up."""
        ...

    def agents(self) -> tuple[AgentLogin, ...]:
        """Return all agents by id."""
        ...
