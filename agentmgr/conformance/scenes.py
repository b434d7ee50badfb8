"""Importing this registers all scenarios."""

from agentmgr.conformance import (
    scenes_agent,
    scenes_callback,
    scenes_capability,
    scenes_connection,
    scenes_consult,
    scenes_contact,
    scenes_return,
)

__all__ = [
    "scenes_agent",
    "scenes_callback",
    "scenes_capability",
    "scenes_connection",
    "scenes_consult",
    "scenes_contact",
    "scenes_return",
]
