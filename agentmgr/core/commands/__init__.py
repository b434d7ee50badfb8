"""The commands of desktops; importing this registers the handlers of all."""

from agentmgr.core.commands import agent_life, blending, call, callback, consult, contact, info, returning
from agentmgr.core.commands.registry import AGENT_RULES, PLAIN_HANDLERS, answer, answer_behind, finish

__all__ = [
    "AGENT_RULES",
    "PLAIN_HANDLERS",
    "agent_life",
    "answer",
    "answer_behind",
    "blending",
    "call",
    "callback",
    "consult",
    "contact",
    "finish",
    "info",
    "returning",
]
