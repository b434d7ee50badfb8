"""Desktops that are all killed at once and come back by token, and how long 20 others wait meanwhile."""

import os
import socket
import struct
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter
from typing import Any

from protocol.commands import (
    AgentSDKConnected,
    AGTHoldCall,
    AGTHoldCallRESP,
    GetAgentStatusResponse,
    GetAgentStatusResponseRESP,
)
from protocol.connection import ClientConnection, NotificationReceived, ResponseReceived, command_bytes
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import GetAgentStatus
from protocol.registry import VERSION
from protocol.structures import AgentStatus
from scripts.benchmarks.desktops import TalkingAgent, connect, react_until, run, talking, turns_of
from scripts.benchmarks.flood import DESKTOPS, WARM_UP_S, waits
from scripts.benchmarks.wire import pin, serving

FORK = get_context("fork")
TALKING = AgentStatus(AgentState.Ready, CallState.Talking, NailupStatus.NailedUp)


class ReturningDesktop:
    """A desktop that names its agent, says what it believes with its token, and works on."""

    def __init__(self, agent: TalkingAgent, send: Callable[[bytes], None]) -> None:
        self.agent_id = agent.agent_id
        self.back_at: float | None = None
        self._agent = agent
        self._wire = ClientConnection()
        self._send = send

    def start(self) -> None:
        """Say hello."""
        self._send(command_bytes(1, "", AgentSDKConnected((self.agent_id,), VERSION)))

    def react(self, data: bytes) -> None:
        """Answer the question about the agent, then hold the customer, as an agent who works on would."""
        for message in self._wire.receive(data):
            if isinstance(message, NotificationReceived) and isinstance(message.notification, GetAgentStatus):
                answer = GetAgentStatusResponse(TALKING, self._agent.token)
                self._send(command_bytes(2, self.agent_id, answer))
            elif isinstance(message, ResponseReceived):
                if message.response.result != 0:
                    raise ValueError(f"{self.agent_id}: {message.response}")
                if isinstance(message.response, GetAgentStatusResponseRESP):
                    self._send(command_bytes(3, self.agent_id, AGTHoldCall(self._agent.session_id)))
                elif isinstance(message.response, AGTHoldCallRESP):
                    self.back_at = perf_counter()


def measure(desktops: int, seconds: float) -> dict[str, Any]:
    """Measure with so many desktops that are killed, and so many seconds of the others' work at a time."""
    with serving("agt", "info") as (_, port):
        pin(os.getpid(), -1)
        agents = list(talking(port, DESKTOPS + desktops).items())
        others, killed = turns_of(dict(agents[:DESKTOPS])), agents[DESKTOPS:]
        run(others, WARM_UP_S)
        before = waits(others, seconds)
        # a process of its own, so that it does not keep the others from looking at their answers
        here, there = FORK.Pipe()
        storm = FORK.Process(target=_storm, args=(port, killed, there))
        storm.start()
        for sock, _ in killed:
            sock.close()  # the storm has a copy of each
        here.send("go")
        during = waits(others, seconds)
        back_s: list[float] = here.recv()
        storm.join()
        for turn in others:
            turn.sock.close()
    return {
        "desktops": desktops,
        "back": len(back_s),
        "back_p50_s": round(median(back_s), 3),
        "back_max_s": round(max(back_s), 3),
        "others_before": before,
        "others_during": during,
    }


def _storm(port: int, killed: list[tuple[socket.socket, TalkingAgent]], parent: Connection) -> None:
    """Kill desktops when told to, bring them back, and tell how long it took for each."""
    parent.recv()
    began = perf_counter()
    for sock, _ in killed:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    returning = {
        sock: ReturningDesktop(agent, sock.sendall)
        for sock, (_, agent) in zip(connect(port, len(killed)), killed, strict=True)
    }
    for desktop in returning.values():
        desktop.start()
    react_until(returning, lambda desktop: desktop.back_at is not None)
    parent.send([desktop.back_at - began for desktop in returning.values() if desktop.back_at])
    for sock in returning:
        sock.close()
