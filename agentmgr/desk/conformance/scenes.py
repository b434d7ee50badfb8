"""Importing this registers all scenarios, in the order in which they are played."""

from agentmgr.desk.conformance import (
    scenes_agent,  # isort: skip
    scenes_callback,  # isort: skip
    scenes_capability,  # isort: skip
    scenes_connection,  # isort: skip
    scenes_consult,  # isort: skip
    scenes_contact,  # isort: skip
    scenes_return,  # isort: skip
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
