"""What an application that talks to callers does with contacts: ten data nodes, for any program, blocking."""

from agentmgr.flow.nodes import DataNodes, NodeFailed, NodeRefused, NodeUnreachable
from agentmgr.flow.variables import DynamicAttribute, PhoneInfo, PomInfo

__all__ = [
    "DataNodes",
    "DynamicAttribute",
    "NodeFailed",
    "NodeRefused",
    "NodeUnreachable",
    "PhoneInfo",
    "PomInfo",
]
