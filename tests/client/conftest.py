"""A scripted server and a client connected to it, over memory streams."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
import trio
import trio.testing

import agentmgr.client
from agentmgr.client import Pom
from agentmgr.testing.scripted import Connect, ScriptedServer


@pytest.fixture
async def server(nursery: trio.Nursery) -> ScriptedServer:
    """A server that accepts every command."""
    return ScriptedServer(nursery)


@pytest.fixture
def connect(server: ScriptedServer) -> Connect:
    """`agentmgr.client.connect` to the scripted server; one second between attempts."""
    return partial(agentmgr.client.connect, [("am1", 9970)], opener=server.open, backoff=lambda _: 1.0)


@pytest.fixture
async def pom(connect: Connect) -> AsyncIterator[Pom]:
    """A client that is connected and has been told what the server tells at first."""
    async with connect() as pom:
        await trio.testing.wait_all_tasks_blocked()
        yield pom
