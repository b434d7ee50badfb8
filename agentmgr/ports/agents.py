"""Agents as they are stored."""

from typing import Protocol

from attrs import field, frozen

from agentmgr.core.model import AgentSpec
from agentmgr.core.tokens import TokenHashes


@frozen
class AgentLogin:
    """An agent with what its password is checked against, and its resume tokens since `tokens_at`.

    Only `find_agent` returns tokens.
    """

    agent: AgentSpec
    password_hash: str
    zone: str
    enabled: bool
    tokens: TokenHashes = field(default=TokenHashes(), eq=False)
    tokens_at: float = field(default=0.0, eq=False)

    def has_token(self, token: str, since: float) -> bool:
        """Tell whether the agent has a resume token that was given at `since` or later, epoch seconds."""
        return self.tokens_at >= since and self.tokens.fit(token)


class AgentStore(Protocol):
    """Agents that may log on."""

    def put_agent(self, login: AgentLogin) -> None:
        """Store an agent, or replace the one with the same id.

        With another password, or disabled, the agent's resume tokens are good for nothing any more.
        """
        ...

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        """Look an agent up."""
        ...

    def agents(self) -> tuple[AgentLogin, ...]:
        """Return all agents by id."""
        ...
