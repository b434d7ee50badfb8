"""Servers that do not keep the contract: each is caught, and told why."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
import trio
from attrs import evolve

from agentmgr.conformance.runner import Result, play
from agentmgr.conformance.scenes import SCENARIOS
from agentmgr.conformance.stage import Target
from protocol.codec import pack, unpack
from protocol.framing import FrameDecoder, frame

pytestmark = pytest.mark.slow

Message = dict[str, Any]
Fault = Callable[[list[Message]], Iterator[Message]]


@asynccontextmanager
async def faulty(target: Target, fault: Fault) -> AsyncIterator[Target]:
    """Put a fault between a server and its clients: it gets the messages of each read, and yields others."""

    async def back(server: trio.SocketStream, client: trio.SocketStream) -> None:
        frames = FrameDecoder()
        async for data in server:
            messages = [unpack(value) for value in frames.feed(bytes(data))]
            await client.send_all(b"".join(frame(pack(message)) for message in fault(messages)))
        await client.aclose()

    async def serve(client: trio.SocketStream) -> None:
        server = await trio.open_tcp_stream(target.host, target.port)
        try:
            async with client, server, trio.open_nursery() as nursery:
                nursery.start_soon(back, server, client)
                async for data in client:
                    await server.send_all(data)
                nursery.cancel_scope.cancel()
        except* (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # one side left

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield evolve(target, port=listeners[0].socket.getsockname()[1], patience_s=3.0)
        nursery.cancel_scope.cancel()


def resp_too_early(messages: list[Message]) -> Iterator[Message]:
    """AGTHoldCallRESP comes before the state that it answers."""
    yield from sorted(messages, key=lambda message: message["name"] != "AGTHoldCallRESP")


def capabilities_before_state(messages: list[Message]) -> Iterator[Message]:
    """AGTCapabilitiesChanged comes before the call state that it belongs to."""
    for before, message in pairwise([*messages, {"name": ""}]):
        if message["name"] == "AGTCapabilitiesChanged" and before["name"] == "AGTCallStateChangedNotify":
            before["name"], message["name"] = message["name"], before["name"]
            before["args"], message["args"] = message["args"], before["args"]
        yield before


def no_capability(messages: list[Message]) -> Iterator[Message]:
    """Nobody may hold."""
    for message in messages:
        if message["name"] == "AGTCapabilitiesChanged":
            message["args"]["capabilities"]["hold"] = False
        yield message


def capabilities_twice(messages: list[Message]) -> Iterator[Message]:
    """AGTCapabilitiesChanged comes again although nothing changed."""
    for message in messages:
        yield message
        if message["name"] == "AGTCapabilitiesChanged":
            yield message


def forgets_logoffs(messages: list[Message]) -> Iterator[Message]:
    """An AGTLogoff is refused as one that came before the logon."""
    for message in messages:
        if message["name"] == "AGTLogoffRESP":
            message["args"]["result"] = 9002
        yield message


def services_may_nothing(messages: list[Message]) -> Iterator[Message]:
    """A service's command for an agent is refused."""
    for message in messages:
        if message["name"] == "AGTSkillsChangedRESP":
            message["args"]["result"] = 9002
        yield message


def wrong_code(messages: list[Message]) -> Iterator[Message]:
    """A hold that is not possible is answered 104."""
    for message in messages:
        if message.get("args", {}).get("result") == 103:
            message["args"]["result"] = 101
        yield message


def all_accepted(messages: list[Message]) -> Iterator[Message]:
    """Every command is answered 0, whatever became of it."""
    for message in messages:
        if "result" in message.get("args", {}):
            message["args"]["result"] = 0
        yield message


def answered_twice(messages: list[Message]) -> Iterator[Message]:
    """Every RESP comes twice."""
    for message in messages:
        yield message
        if "id" in message:
            yield message


def faithful(messages: list[Message]) -> Iterator[Message]:
    """Nothing is changed."""
    yield from messages


def deaf_to_the_end(messages: list[Message]) -> Iterator[Message]:
    """A logon that was sent before the end is not answered any more."""
    yield from (message for message in messages if message.get("id") != 1199)


def no_reason(messages: list[Message]) -> Iterator[Message]:
    """Connections are closed without a word."""
    yield from (message for message in messages if message["name"] != "POMConnectionClosed")


def never_asks(messages: list[Message]) -> Iterator[Message]:
    """A silent desktop is let be."""
    yield from (message for message in messages if message["name"] != "GetAgentStatus")


def no_patience(messages: list[Message]) -> Iterator[Message]:
    """A contact comes to a desktop that hangs."""
    for message in messages:
        if message["name"] != "AGTConsultPending":
            yield message


def other_session(messages: list[Message]) -> Iterator[Message]:
    """RESPs are about another session than the command."""
    for message in messages:
        if "id" in message and message["args"].get("sessionID"):
            message["args"]["sessionID"] += "x"
        yield message


@pytest.mark.parametrize(
    ("fault", "scenario", "why"),
    [
        (resp_too_early, "hold", "expected ! AGTCallStateChangedNotify(call_state=Held)"),
        (capabilities_before_state, "preview", "got ! AGTCapabilitiesChanged"),
        (
            no_capability,
            "preview",
            "! AGTCapabilitiesChanged([notReady, hold, release",
        ),
        (capabilities_twice, "logon", "got ! AGTCapabilitiesChanged"),
        (wrong_code, "hold", "expected < AGTHoldCallRESP(result=103); got < AGTHoldCallRESP(result=101)"),
        (
            forgets_logoffs,
            "logon-and-more",
            "expected result of AGTLogoff in one write with others 0",
        ),
        (services_may_nothing, "service-commands", "expected result of AGTSkillsChanged 0, got 9002"),
        (all_accepted, "capabilities-NotReady", "to be refused"),
        (answered_twice, "zone-list", "no command waits for a RESP with id"),
        (faithful, "half-close", "expected a RESP with id"),  # the proxy between does not half-close
        (deaf_to_the_end, "good-then-bad", "expected a RESP with id 1199"),
        (no_reason, "bad-frame-garbage", "expected ! POMConnectionClosed; the server closed the connection"),
        (never_asks, "silence", "expected ! GetAgentStatus after 4 s of silence; none in 7 s"),
        (no_patience, "hung-desktop", "expected ! AGTConsultPending"),
        (other_session, "release", "the command was about session"),
    ],
)
async def test_fault_is_caught_and_told(target: Target, fault: Fault, scenario: str, why: str) -> None:
    async with faulty(target, fault) as behind:
        outcome = await play(behind, SCENARIOS[scenario])

    assert outcome.result is Result.FAIL
    assert why in outcome.why


def ends_in_silence(messages: list[Message]) -> Iterator[Message]:
    """Nobody is told that the zone goes down."""
    yield from (message for message in messages if message["name"] != "AGTZoneDown")


async def test_server_that_ends_without_a_word_is_caught(restartable: Target) -> None:
    async with faulty(restartable, ends_in_silence) as behind:
        outcome = await play(behind, SCENARIOS["zone-handed-back"])

    assert outcome.result is Result.FAIL
    assert "expected ! AGTZoneDown" in outcome.why


async def test_faithful_proxy_changes_nothing(target: Target) -> None:
    async with faulty(target, iter) as behind:
        outcome = await play(behind, SCENARIOS["hold"])

    assert outcome.result is Result.PASS, outcome.why


def newer(messages: list[Message]) -> Iterator[Message]:
    """A server that can do more than the suite knows of, which changes at times when nothing else does."""
    for message in messages:
        if message["name"] == "AGTCapabilitiesChanged":
            yield {**message, "args": {"capabilities": {**message["args"]["capabilities"], "whisper": True}}}
            message["args"]["capabilities"]["whisper"] = False
        yield message


@pytest.mark.parametrize("scenario", ["hold", "capabilities-Talking"])
async def test_capability_that_the_suite_does_not_know_is_no_deviation(target: Target, scenario: str) -> None:
    async with faulty(target, newer) as behind:
        outcome = await play(behind, SCENARIOS[scenario])

    assert outcome.result is Result.PASS, outcome.why
