"""The library that agent desktops are written with: `connect`, then `Pom.agent`, then its commands.

This is for programs on trio; `agentmgr.client.aio` has the same names for asyncio, `agentmgr.client.sync` for
threads.
"""

from agentmgr.client.agent import Agent
from agentmgr.client.commands import Event
from agentmgr.client.errors import AgentRemoved, CommandError, EventsLost
from agentmgr.client.handlers import AgentHandler
from agentmgr.client.on_trio import Opener, connect, open_tcp
from agentmgr.client.pom import Pom
from agentmgr.client.tls import Tls

__all__ = [
    "Agent",
    "AgentHandler",
    "AgentRemoved",
    "CommandError",
    "Event",
    "EventsLost",
    "Opener",
    "Pom",
    "Tls",
    "connect",
    "open_tcp",
]
