"""The servers that the wire is measured on, each in a process of its own.

`agt` is the real thing: listener, connections, runner, zone and simulated switch, with a store in memory
(hold and unhold write nothing), a password check that is always content, customers who answer at once
and never hang up, and phones that take the nailing call at once. `guarded` is the same with
the limits that it has by default. `echo` is the bare minimum on trio with
the same framing: decode, encode, send back.

Usage: python -m scripts.benchmarks.servers agt|guarded|echo LOG_LEVEL [PROFILE]; prints its port.
"""

import cProfile
import itertools
import os
import signal
import socket
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

import trio
from prometheus_client import CollectorRegistry

from agentmgr import log
from agentmgr.app import tune_python
from agentmgr.core.effects import CheckDial, Record
from agentmgr.core.events import ContactsFetched, DialChecked
from agentmgr.core.model import (
    AgentSpec,
    CampaignSpec,
    CompletionCodeSpec,
    ContactSpec,
    JobSpec,
    LatestCalls,
    LiveCalls,
    PhoneNumber,
    Wanted,
    WantedJob,
    ZoneConfig,
)
from agentmgr.core.zone import Zone
from agentmgr.ports import AccountLogin, AgentLogin, OpenedZone, Token
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.runtime.runner import ZoneRunner
from agentmgr.runtime.writer import Writer, open_writer
from agentmgr.server.connections import Connections
from agentmgr.server.limits import Limits
from agentmgr.server.listener import AgtServer, open_listener
from agentmgr.telephony.driver import Driver
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from protocol.codec import pack, unpack
from protocol.enums import PacingType
from protocol.framing import FrameDecoder, frame
from protocol.structures import AgentSkill

WILLING = SimParams(
    live=1,
    busy=0,
    rejected=0,
    machine=0,
    invalid=0,
    congestion=0,
    answer_median_s=0.001,
    answer_sigma=0,
    leaves_at_once=0,
    talk_median_s=86_400,
    talk_sigma=0,
    hold_patience_median_s=86_400,
    hold_patience_sigma=0,
    nail_answer=1,
    nail_answer_median_s=0.001,
    nail_answer_sigma=0,
    nail_loss_per_h=0,
)
"""Customers answer at once and do not hang up."""
UNLIMITED = Limits(
    connections=1_000_000,
    of_one_address=1_000_000,
    unproven=1_000_000,
    unproven_of_one_address=1_000_000,
    crowded=1_000_000,
    logon_s=86_400,
    commands_a_second=1_000_000,
    unproven_commands_a_second=1_000_000,
)
"""What a server takes is measured, not what it is allowed."""
CAMPAIGN = CampaignSpec(1, "Bench", PacingType.Progressive, "bench", (CompletionCodeSpec(1, "Done"),), 1)


class MemoryStore:
    """As many contacts as are asked for, every agent known, nothing kept."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)

    def open_zone(self, zone: str, now: float) -> OpenedZone:
        return OpenedZone(Token(zone, 1, 1), ())

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        pass

    def claim_contacts(
        self, token: Token, job_id: int, limit: int, now: float, only_retries: bool = False
    ) -> ContactsFetched:
        contacts = (
            ContactSpec(i, str(i), 1, "Bench", (PhoneNumber("PhoneNumber1", f"+4930{i:07}"),), {})
            for i in itertools.islice(self._ids, limit)
        )
        return ContactsFetched(job_id, tuple(contacts), now)

    def check_dials(self, dials: Sequence[CheckDial]) -> tuple[DialChecked, ...]:
        return tuple(DialChecked(dial.key, dial.number) for dial in dials)

    def jobs_wanted(self, zone: str) -> tuple[WantedJob, ...]:
        return (WantedJob(1, Wanted.RUN),)

    def load_job(self, token: Token, job_id: int) -> JobSpec | None:
        return JobSpec(job_id, CAMPAIGN, 10**9)

    def live_calls(self, job_id: int, since: float, until: float) -> LiveCalls:
        return LiveCalls()

    def latest_calls(self, job_id: int, since: float, until: float) -> LatestCalls:
        return LatestCalls()

    def on_dnc(self, addresses: Iterable[str], organisation: str = "") -> frozenset[str]:
        return frozenset()

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        return AgentLogin(AgentSpec(agent_id, agent_id, (AgentSkill("bench"),)), "", "Default", True)

    def find_account(self, name: str) -> AccountLogin | None:
        return None


class Manager:
    """The parts behind the listener; each agent that logs on is given a customer."""

    def __init__(self, writer: Writer) -> None:
        store, clock = MemoryStore(), Clock()
        self.clock = clock
        self.connections = Connections()
        self.metrics = RuntimeMetrics(CollectorRegistry()).for_zone("Default")
        self.zone = Zone(ZoneConfig("Default", token_secret=bytes(32)), clock.now())
        self.switch = Driver(SimSwitch(1, WILLING), clock)
        self.runner = ZoneRunner(
            self.zone,
            store.open_zone("Default", clock.now()),
            store,
            writer,
            self.switch,
            self.connections,
            clock,
            lambda login, password: True,
            self.metrics,
        )

    async def start(self, nursery: trio.Nursery) -> None:
        """Run the zone."""
        await nursery.start(self.runner.run)
        self.runner.read_jobs_wanted()


async def agt(listener: socket.socket, limits: Limits = UNLIMITED) -> None:
    """Run the real server."""
    async with open_writer() as writer, trio.open_nursery() as nursery:
        manager = Manager(writer)
        await manager.start(nursery)
        tune_python()
        await AgtServer(manager.connections, manager.runner, manager.metrics, limits).serve([listener])


async def guarded(listener: socket.socket) -> None:
    """Run the real server with the limits that it has by default."""
    await agt(listener, Limits())


def echoed(frames: FrameDecoder, data: bytes) -> bytes:
    """Return what the bare echo server answers."""
    return b"".join([frame(pack(unpack(value))) for value in frames.feed(data)])


async def echo(listener: socket.socket) -> None:
    """Run the bare echo server."""

    async def serve(stream: trio.SocketStream) -> None:
        frames = FrameDecoder()
        try:
            async for data in stream:
                await stream.send_all(echoed(frames, bytes(data)))
        except trio.BrokenResourceError:
            pass

    await trio.serve_listeners(serve, [trio.SocketListener(trio.socket.from_stdlib_socket(listener))])


async def until_told(kind: str, listener: socket.socket) -> None:
    with trio.open_signal_receiver(signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon({"agt": agt, "guarded": guarded, "echo": echo}[kind], listener)
            async for _ in signals:
                nursery.cancel_scope.cancel()


def main() -> None:
    kind, level, *profile = sys.argv[1:]
    listener = open_listener("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    with open(os.devnull, "w") as nowhere, ExitStack() as stack:
        log.configure(level, "json", nowhere)
        if profile:
            profiler = stack.enter_context(cProfile.Profile())
            stack.callback(profiler.dump_stats, profile[0])
        trio.run(until_told, kind, listener)


if __name__ == "__main__":
    main()
