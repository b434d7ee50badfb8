"""What a command costs the server without its sockets, stage by stage, in CPU time or in instructions.

Agents hold their customers and take them back by turns, as in the benchmark of the wire, but the other
end of their connections is in the same process. `whole` is the way of a command from its bytes to those
of its answers; `decode` to `encode` are parts of it done alone, and what remains is the shell's: receive
loop, inbox, runner, metrics, flush. `echo` is what the bare echo server does with the same bytes.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import trio

from agentmgr import log
from agentmgr.core import effects
from agentmgr.core.events import CommandReceived
from agentmgr.runtime.doorbell import Doorbell
from agentmgr.runtime.writer import Writer, open_writer
from agentmgr.server.connection import Connection
from protocol.connection import CommandReader, notification_bytes, response_bytes
from protocol.framing import FrameDecoder
from scripts.benchmarks.desktops import TalkingAgent
from scripts.benchmarks.servers import UNLIMITED, Manager, echoed

WARM_UP = 500
"""Commands of each stage before it is measured."""

PARTS = ("decode", "zone", "switch", "encode")
STAGES = ("whole", *PARTS, "echo")
"""In the order in which they are measured."""

Part = Callable[[int], None]
"""Does one stage of so many commands."""


class Pipe:
    """A transport with its desktop at the other end of it."""

    def __init__(self) -> None:
        self.answered: Callable[[bytes], None]
        self._bell = Doorbell()
        self._asked = b""

    def ask(self, data: bytes) -> None:
        """Let the server receive."""
        self._asked += data
        self._bell.ring()

    async def receive(self) -> bytes:
        if self._asked:  # a socket, too, is readable in the next round at the earliest
            await trio.lowlevel.checkpoint()
        else:
            await self._bell.wait()
        data, self._asked = self._asked, b""
        return data

    def send_now(self, data: bytes) -> int:
        self.answered(data)
        return len(data)

    async def send_later(self, data: bytes) -> int:
        raise AssertionError("everything is taken at once")

    async def open(self) -> None: ...

    async def end(self) -> None: ...

    async def close(self) -> None: ...


class Server:
    """The server in one process, with so many agents who talk, and one more for the parts."""

    def __init__(self, connections: int, writer: Writer) -> None:
        self._manager = Manager(writer)
        self._pipes = [Pipe() for _ in range(connections + 1)]
        self._agents = [TalkingAgent(f"{1000 + i}", pipe.ask) for i, pipe in enumerate(self._pipes)]
        self._turns = [cycle(()) for _ in self._pipes]

    async def start(self, nursery: trio.Nursery) -> None:
        """Bring every agent to talk to a customer."""
        manager = self._manager
        await manager.start(nursery)
        silent, all_talk = set(self._agents), trio.Event()

        def react(agent: TalkingAgent, data: bytes) -> None:
            agent.react(data)
            if agent.talking:
                silent.discard(agent)
                if not silent:
                    all_talk.set()

        for number, (pipe, agent) in enumerate(zip(self._pipes, self._agents, strict=True), 1):
            pipe.answered = partial(react, agent)
            connection = Connection(
                number, "memory", pipe, lambda _: None, manager.runner, UNLIMITED, manager.metrics
            )
            manager.connections.add(connection)
            nursery.start_soon(connection.run)
            agent.start()
        await all_talk.wait()
        self._turns = [cycle(agent.frames) for agent in self._agents]

    async def answer(self, commands: int) -> None:
        """Take so many commands all the way, one in flight on each connection."""
        left, done = commands, trio.Event()

        def answered(pipe: Pipe, frames: "cycle[bytes]", _: bytes) -> None:
            nonlocal left
            left -= 1
            if left >= len(self._pipes) - 1:
                pipe.ask(next(frames))
            elif not left:
                done.set()

        for pipe, frames in zip(self._pipes[1:], self._turns[1:], strict=True):
            pipe.answered = partial(answered, pipe, frames)
            pipe.ask(next(frames))
        await done.wait()

    def parts(self) -> dict[str, Part]:
        """Return the parts of the way, each to be done alone, for one agent of its own."""
        frames = self._agents[0].frames
        reader = CommandReader(partial(CommandReceived, 1))
        zone, switch, now = self._manager.zone, self._manager.switch, self._manager.clock.now
        events = [event for data in frames for event in reader.receive(data)]
        caused = [effect for event in events for effect in zone.handle(event, now())[0]]
        orders = [effect for effect in caused if isinstance(effect, effects.Hold | effects.Unhold)]
        notifies = [effect for effect in caused if isinstance(effect, effects.Notify)]
        responses = [effect for effect in caused if isinstance(effect, effects.Respond)]
        assert len(orders) == len(responses) == len(events)
        bare = FrameDecoder()

        def decode(commands: int) -> None:
            for _ in range(commands // 2):
                for data in frames:
                    for _ in reader.receive(data):
                        pass

        def step(commands: int) -> None:
            for _ in range(commands // 2):
                for event in events:
                    zone.handle(event, now())

        def order(commands: int) -> None:
            for _ in range(commands // 2):
                for each in orders:
                    switch.order(each)

        def encode(commands: int) -> None:
            for _ in range(commands // 2):
                for notify in notifies:
                    notification_bytes(notify.agent_id, notify.notification)
                for effect in responses:
                    response_bytes(effect.request_id, effect.agent_id, effect.response)

        def echo(commands: int) -> None:
            for _ in range(commands // 2):
                for data in frames:
                    echoed(bare, data)

        return {"decode": decode, "zone": step, "switch": order, "encode": encode, "echo": echo}


async def _do_all(connections: int, commands: int, rounds: int) -> dict[str, float]:
    """Do every stage so often; `os.getppid` is called before each that is measured, for callgrind to see."""
    async with open_writer() as writer, trio.open_nursery() as nursery:
        server = Server(connections, writer)
        await server.start(nursery)
        parts = server.parts()
        await server.answer(WARM_UP)
        for part in parts.values():
            part(WARM_UP)
        taken: dict[str, list[float]] = {}
        for _ in range(rounds):
            os.getppid()
            began = process_time()
            await server.answer(commands)
            taken.setdefault("whole", []).append(process_time() - began)
            for name, part in parts.items():
                os.getppid()
                began = process_time()
                part(commands)
                taken.setdefault(name, []).append(process_time() - began)
        os.getppid()
        nursery.cancel_scope.cancel()
    return {name: round(median(seconds) / commands * 1e6, 2) for name, seconds in taken.items()}


def _run(connections: int, commands: int, rounds: int) -> dict[str, float]:
    with open(os.devnull, "w") as nowhere:
        log.configure("info", "json", nowhere)
        return trio.run(_do_all, connections, commands, rounds)


def measure(connections: int, commands: int, rounds: int) -> dict[str, Any]:
    """Return microseconds of CPU a command for each stage, each the median of some rounds."""
    return {"connections": connections, "unit": "us"} | _with_the_rest(_run(connections, commands, rounds))


def count_instructions(connections: int, commands: int) -> dict[str, Any]:
    """Return instructions a command for each stage: the same on a busy machine, but it takes a minute.

    Raises:
        FileNotFoundError: valgrind is not installed.
    """
    with TemporaryDirectory() as directory:
        out = Path(directory) / "out"
        valgrind = ("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}")
        counted = (sys.executable, "-m", "scripts.benchmarks.command_cost", str(connections), str(commands))
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        subprocess.run(
            [*valgrind, "--dump-before=os_getppid", *counted],
            check=True,
            stdout=subprocess.DEVNULL,
            env=environment,
        )
        # the first dump has what came before the first stage
        costs = {name: round(_total(Path(f"{out}.{n}")) / commands) for n, name in enumerate(STAGES, 2)}
    return {"connections": connections, "unit": "instructions"} | _with_the_rest(costs)


def _total(dump: Path) -> int:
    (line,) = (line for line in dump.read_text().splitlines() if line.startswith("totals:"))
    return int(line.split()[1])


def _with_the_rest(costs: Mapping[str, float]) -> dict[str, float]:
    parts = sum(costs[name] for name in PARTS)
    return {**costs, "shell": round(costs["whole"] - parts, 2)}


if __name__ == "__main__":
    _run(int(sys.argv[1]), int(sys.argv[2]), 1)
