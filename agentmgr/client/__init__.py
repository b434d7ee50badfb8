"""The library that agent desktops are written with: `connect`, then `Pom.agent`, then its commands."""

from agentmgr.client.agent import Agent
from agentmgr.client.commands import Event
from agentmgr.client.errors import CommandError, EventsLost
from agentmgr.client.pom import Pom, connect

__all__ = ["Agent", "CommandError", "Event", "EventsLost", "Pom", "connect"]
