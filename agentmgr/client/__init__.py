"""The library that agent desktops are written with: `connect`, then `Pom.agent`, then its commands."""

from agentmgr.client.agent import Agent
from agentmgr.client.commands import Event
from agentmgr.client.errors import AgentRemoved, CommandError, EventsLost
from agentmgr.client.on_trio import connect
from agentmgr.client.pom import Pom

__all__ = ["Agent", "AgentRemoved", "CommandError", "Event", "EventsLost", "Pom", "connect"]
