"""Waiting for states and capabilities, and the logoff that waits for the end of a contact."""

from functools import partial

import pytest
import trio
import trio.testing

from agentmgr.client import Agent, AgentRemoved, CommandError, Pom
from agentmgr.client.agent import Wanted
from agentmgr.testing.scripted import ScriptedServer, Visit
from protocol import commands
from protocol.connection import CommandReceived
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import (
    AGTAgentLoggedOut,
    AGTCallStateChangedNotify,
    AGTCapabilitiesChanged,
    AGTNailupChange,
    AGTStateChangedNotify,
)
from protocol.results import ResultCode
from protocol.structures import Capabilities

TALKING = AGTCallStateChangedNotify(CallState.Talking)
IDLE = AGTCallStateChangedNotify(CallState.Idle)
READY = AGTStateChangedNotify(AgentState.Ready)
NOT_READY = AGTStateChangedNotify(AgentState.NotReady)
PENDING = AGTStateChangedNotify(AgentState.PendingNotReady)


@pytest.fixture
async def agent(server: ScriptedServer, pom: Pom) -> Agent:
    agent = await pom.agent("1001")
    await agent.logon("5001", "secret")
    return agent


@pytest.mark.parametrize(
    ("wanted", "notification"),
    [
        (CallState.Talking, TALKING),
        (AgentState.Ready, READY),
        (NailupStatus.NailedUp, AGTNailupChange(NailupStatus.NailedUp)),
        ("hold", AGTCapabilitiesChanged(Capabilities(hold=True))),
    ],
)
async def test_wait_for_goes_on_when_it_is_so_and_at_once_if_it_is(
    server: ScriptedServer, agent: Agent, nursery: trio.Nursery, wanted: Wanted, notification: object
) -> None:
    there = trio.Event()

    async def wait() -> None:
        await agent.wait_for(wanted)
        there.set()

    nursery.start_soon(wait)
    await trio.testing.wait_all_tasks_blocked()
    await server.visits[0].notify("1001", AGTNailupChange(NailupStatus.PendingNailUp))
    await trio.testing.wait_all_tasks_blocked()
    assert not there.is_set()
    await server.visits[0].notify("1001", notification)
    await there.wait()
    await agent.wait_for(wanted)


async def test_wait_for_does_not_miss_a_state_that_is_over_when_it_can_look(
    server: ScriptedServer, agent: Agent, nursery: trio.Nursery
) -> None:
    nursery.start_soon(server.visits[0].notify, "1001", TALKING, IDLE)
    await agent.wait_for(CallState.Talking)

    assert agent.call_state is CallState.Idle


async def test_wait_for_has_the_callers_limit_and_leaves_nothing(
    server: ScriptedServer, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    with trio.move_on_after(5) as scope:
        await agent.wait_for(CallState.Talking)

    assert scope.cancelled_caught
    assert agent._inbox.watchers == []


async def test_wait_for_sees_what_a_logoff_changes(
    server: ScriptedServer, agent: Agent, nursery: trio.Nursery
) -> None:
    await server.visits[0].notify("1001", TALKING)
    await agent.wait_for(CallState.Talking)
    nursery.start_soon(server.visits[0].notify, "1001", AGTAgentLoggedOut())
    await agent.wait_for(CallState.NoState)

    assert not agent.logged_on


async def test_wait_for_an_agent_who_is_removed_ends(pom: Pom, agent: Agent, nursery: trio.Nursery) -> None:
    async def remove() -> None:
        pom.remove(agent)

    nursery.start_soon(remove)
    with pytest.raises(AgentRemoved, match="agent 1001 was removed"):
        await agent.wait_for(CallState.Talking)
    with pytest.raises(AgentRemoved):
        await agent.wait_for(CallState.Talking)


async def test_wait_for_something_unknown_says_what_there_is(agent: Agent) -> None:
    with pytest.raises(ValueError, match=r"'Talking' is neither a state nor a capability: ready, not_ready"):
        await agent.wait_for("Talking")  # type: ignore[arg-type]  # what a caller without a type checker does


def names(server: ScriptedServer) -> list[str]:
    return [type(received.command).__name__ for received in server.visits[0].received[2:]]


async def be_not_ready(visit: Visit, received: CommandReceived, pending: bool) -> None:
    await visit.notify("1001", PENDING if pending else NOT_READY)
    await visit.accept(received)


async def test_logoff_of_a_ready_agent_makes_it_not_ready_first(server: ScriptedServer, agent: Agent) -> None:
    server.behaviours["AGTStateChange"] = partial(be_not_ready, pending=False)
    await server.visits[0].notify("1001", READY, IDLE)
    await agent.wait_for(CallState.Idle)

    await agent.logoff()

    assert names(server) == ["AGTStateChange", "AGTLogoff"]
    assert not agent.logged_on


async def test_logoff_waits_for_the_end_of_the_contact(
    server: ScriptedServer, agent: Agent, nursery: trio.Nursery
) -> None:
    server.behaviours["AGTStateChange"] = partial(be_not_ready, pending=True)
    await server.visits[0].notify("1001", READY, TALKING)
    await agent.wait_for(CallState.Talking)
    nursery.start_soon(agent.logoff)
    await trio.testing.wait_all_tasks_blocked()
    assert names(server) == ["AGTStateChange"]

    await server.visits[0].notify("1001", AGTCallStateChangedNotify(CallState.Wrapup))
    await trio.testing.wait_all_tasks_blocked()
    assert names(server) == ["AGTStateChange"]

    await server.visits[0].notify("1001", IDLE, NOT_READY)
    await trio.testing.wait_all_tasks_blocked()
    assert names(server) == ["AGTStateChange", "AGTLogoff"]


async def test_logoff_that_somebody_else_does_meanwhile_is_one(
    server: ScriptedServer, agent: Agent, nursery: trio.Nursery
) -> None:
    await server.visits[0].notify("1001", PENDING, TALKING)
    await agent.wait_for(CallState.Talking)
    nursery.start_soon(server.visits[0].notify, "1001", AGTAgentLoggedOut())

    assert (await agent.logoff()).result is ResultCode.SUCCESS
    assert names(server) == []


async def test_logoff_that_is_not_waited_for_leaves_the_agent_logged_on(
    server: ScriptedServer, agent: Agent, autojump_clock: trio.testing.MockClock
) -> None:
    await server.visits[0].notify("1001", PENDING, TALKING)
    await agent.wait_for(CallState.Talking)
    with trio.move_on_after(1):
        await agent.logoff()

    assert agent.logged_on
    assert names(server) == []


async def test_logoff_of_an_agent_not_logged_on_is_for_the_server_to_say(
    server: ScriptedServer, pom: Pom
) -> None:
    server.behaviours["AGTLogoff"] = lambda visit, received: visit.refuse(received, 9002)
    agent = await pom.agent("1002")

    with pytest.raises(CommandError) as caught:
        await agent.logoff()

    assert caught.value.code is ResultCode.NOT_LOGGED_ON


async def test_request_of_a_logoff_is_sent_as_it_is(server: ScriptedServer, agent: Agent) -> None:
    await server.visits[0].notify("1001", READY, TALKING)
    await agent.wait_for(CallState.Talking)
    await agent.request(commands.AGTLogoff())

    assert names(server) == ["AGTLogoff"]
