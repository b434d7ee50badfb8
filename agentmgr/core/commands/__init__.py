"""The commands of desktops; importing this registers the handlers of all."""

from agentmgr.core.commands import agent_life, call, consult, contact, info
from agentmgr.core.commands.registry import AGENT_RULES, PLAIN_HANDLERS, answer, not_built

__all__ = [
    "AGENT_RULES",
    "PLAIN_HANDLERS",
    "agent_life",
    "answer",
    "call",
    "consult",
    "contact",
    "info",
    "not_built",
]
