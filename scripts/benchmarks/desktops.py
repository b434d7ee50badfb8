"""Desktops for the benchmark: plain sockets, epoll, frames encoded beforehand; they cost little."""

import select
import socket
from collections.abc import Callable
from time import perf_counter
from typing import Protocol, TypeVar

from attrs import define

from protocol.commands import (
    AgentSDKConnected,
    AGTAvailableForNailup,
    AGTHoldCall,
    AGTLogon,
    AGTLogonRESP,
    AGTReadyForNailup,
    AGTStateChange,
    AGTUnholdCall,
)
from protocol.connection import ClientConnection, NotificationReceived, ResponseReceived, command_bytes
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import AGTCallNotify, AGTCallStateChangedNotify, AGTNailupChange
from protocol.registry import VERSION

TIMEOUT_S = 30.0


@define(eq=False)
class Turns:
    """A connection that sends two frames by turns, each when the other was answered.

    An answer is known by its length alone: that of a refusal is another, and would be noticed.
    """

    sock: socket.socket
    frames: tuple[bytes, bytes]
    answer_bytes: tuple[int, int]
    turn: int = 0
    missing: int = 0
    sent_at: float = 0.0


class Poller:
    """Waits for many sockets; level-triggered, each registered once."""

    def __init__(self, socks: list[socket.socket]) -> None:
        self._epoll = select.epoll()
        for sock in socks:
            self._epoll.register(sock, select.EPOLLIN)

    def poll(self) -> list[int]:
        ready = [fd for fd, _ in self._epoll.poll(TIMEOUT_S)]
        if not ready:
            raise TimeoutError(f"the server has not answered for {TIMEOUT_S:g} s")
        return ready

    def close(self) -> None:
        self._epoll.close()


def connect(port: int, count: int) -> list[socket.socket]:
    """Open connections."""
    socks = []
    for _ in range(count):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        socks.append(sock)
    return socks


def run(connections: list[Turns], seconds: float) -> tuple[int, float, list[float]]:
    """Keep one command of each connection in flight; return answers, seconds taken, each latency in s."""
    by_fd = {c.sock.fileno(): c for c in connections}
    poller = Poller([c.sock for c in connections])
    latencies: list[float] = []
    began = perf_counter()
    for c in connections:
        c.missing, c.sent_at = c.answer_bytes[c.turn], perf_counter()
        c.sock.send(c.frames[c.turn])
    end, in_flight, now = began + seconds, len(connections), began
    while in_flight:
        for fd in poller.poll():
            c = by_fd[fd]
            received = len(c.sock.recv(65536))
            c.missing -= received
            if c.missing:
                if c.missing < 0 or not received:
                    raise ValueError("an answer is longer than those before it, or the connection has ended")
                continue
            now = perf_counter()
            latencies.append(now - c.sent_at)
            c.turn ^= 1
            if now >= end:
                in_flight -= 1
                continue
            c.missing, c.sent_at = c.answer_bytes[c.turn], now
            c.sock.send(c.frames[c.turn])
    poller.close()
    return len(latencies), now - began, latencies


def echoes(port: int, count: int, frames: tuple[bytes, bytes]) -> list[Turns]:
    """Connect to an echo server."""
    return [Turns(sock, frames, (len(frames[0]), len(frames[1]))) for sock in connect(port, count)]


class TalkingAgent:
    """The desktop of an agent until a customer is there; `send` takes what it has to say."""

    def __init__(self, agent_id: str, send: Callable[[bytes], None]) -> None:
        self.agent_id = agent_id
        self.wire = ClientConnection()
        self.talking = False
        self._send = send
        self.session_id = ""
        self.token = ""
        self._request_id = 0

    @property
    def frames(self) -> tuple[bytes, bytes]:
        """The commands that are measured: hold, and take off hold."""
        hold, unhold = (
            command_bytes(1, self.agent_id, cls(self.session_id)) for cls in (AGTHoldCall, AGTUnholdCall)
        )
        return hold, unhold

    def start(self) -> None:
        """Say hello and log on."""
        self._ask(AgentSDKConnected((self.agent_id,), VERSION))
        self._ask(AGTLogon("100", "bench", False, "en", "UTC", "Default"))

    def react(self, data: bytes) -> None:
        """Do what leads to a customer."""
        for message in self.wire.receive(data):
            if isinstance(message, ResponseReceived):
                if message.response.result != 0:
                    raise ValueError(f"{self.agent_id}: {message.response}")
                if isinstance(message.response, AGTLogonRESP):
                    self.token = message.response.resume_token or ""
                    self._ask(AGTStateChange(AgentState.Ready))
                    self._ask(AGTAvailableForNailup())
                continue
            if not isinstance(message, NotificationReceived):
                continue
            match message.notification:
                case AGTNailupChange(nailup_status=NailupStatus.PendingNailUp):
                    self._ask(AGTReadyForNailup())
                case AGTCallNotify(session_id=session_id):
                    self.session_id = session_id
                case AGTCallStateChangedNotify(call_state=CallState.Talking):
                    self.talking = True

    def _ask(self, command: object) -> None:
        self._request_id += 1
        agent_id = "" if isinstance(command, AgentSDKConnected) else self.agent_id
        self._send(command_bytes(self._request_id, agent_id, command))


class Desktop(Protocol):
    """Whoever reacts to what comes over a connection."""

    agent_id: str

    def react(self, data: bytes) -> None: ...


D = TypeVar("D", bound=Desktop)


def talking_agents(port: int, count: int) -> list[Turns]:
    """Log agents on, wait until each talks to a customer, and learn the lengths of their answers."""
    return turns_of(talking(port, count))


def talking(port: int, count: int) -> dict[socket.socket, TalkingAgent]:
    """Log agents on, and wait until each talks to a customer."""
    desktops = {
        sock: TalkingAgent(f"{1000 + i}", sock.sendall) for i, sock in enumerate(connect(port, count))
    }
    for agent in desktops.values():
        agent.start()
    react_until(desktops, lambda agent: agent.talking)
    return desktops


def turns_of(desktops: dict[socket.socket, TalkingAgent]) -> list[Turns]:
    """Learn the lengths of the answers to agents who talk."""
    turns = []
    for sock, agent in desktops.items():
        hold, unhold = agent.frames
        lengths = (_answer_bytes(sock, agent, hold), _answer_bytes(sock, agent, unhold))
        turns.append(Turns(sock, (hold, unhold), lengths))
    return turns


def react_until(desktops: dict[socket.socket, D], done: Callable[[D], bool]) -> None:
    """Let desktops react to what comes until all are done."""
    by_fd = {sock.fileno(): (sock, agent) for sock, agent in desktops.items()}
    poller = Poller(list(desktops))
    while not all(map(done, desktops.values())):
        for fd in poller.poll():
            sock, agent = by_fd[fd]
            data = sock.recv(65536)
            if not data:
                raise ValueError(f"the server closed the connection of {agent.agent_id}")
            agent.react(data)
    poller.close()


def _answer_bytes(sock: socket.socket, agent: TalkingAgent, request: bytes) -> int:
    sock.sendall(request)
    received = 0
    while True:
        data = sock.recv(65536)
        received += len(data)
        for message in agent.wire.receive(data):
            if isinstance(message, ResponseReceived):
                if message.response.result != 0:
                    raise ValueError(f"{agent.agent_id}: {message.response}")
                return received
