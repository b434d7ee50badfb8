"""Importing this registers all scenarios, in the order in which they are played."""

from agentmgr.desk.conformance import scenes_agent, scenes_connection, scenes_contact

__all__ = ["scenes_agent", "scenes_connection", "scenes_contact"]
