"""A manager process: the product's keeper, zones and listeners on simulated ports."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, cast

import trio
from attrs import define, field, frozen
from prometheus_client import CollectorRegistry

from agentmgr.core.model import ZoneConfig
from agentmgr.core.timezones import TIMEZONES
from agentmgr.core.zone import Zone
from agentmgr.ha.guard import Guard
from agentmgr.ha.keeper import Keeper, ZonePlan
from agentmgr.ha.times import LeaseTimes
from agentmgr.managing import Lobbies, ManagedZones
from agentmgr.ports import Claim, ManagerLease
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.feed import Feed
from agentmgr.runtime.host import HostedZone, ZoneHost
from agentmgr.runtime.lobby import Lobby
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.runtime.runner import ZoneRunner
from agentmgr.runtime.wanted import JobsKeeper
from agentmgr.server.connections import Connections
from agentmgr.server.listener import AgtServer
from agentmgr.store.leases import SqlLeases
from agentmgr.store.opening import SqlStore
from agentmgr.testing.simulation.database import DatabaseRoute, SharedDatabase
from agentmgr.testing.simulation.network import Address, Listener, Network
from agentmgr.testing.simulation.processes import Process
from agentmgr.testing.simulation.switchboard import SwitchRoute
from protocol.structures import SocketInfo


@frozen
class Surroundings:
    """What a manager process finds in the world.

    Attributes:
        plans: the zones, the manager that each is meant for, and the port of each.
        leases, records: the ways to the database, for the keeper and for zones.
        times: of leases.
        start_s: what the wall clock says at the beginning of the world.
        is_over: tells whether a process, by its lock, has ended for certain.
        complain: notes something that must not be.
    """

    process: Process
    network: Network
    database: SharedDatabase
    designated: Mapping[str, str]
    leases: DatabaseRoute
    records: DatabaseRoute
    times: LeaseTimes
    draw: Random
    start_s: float
    is_over: Callable[[str], bool]
    complain: Callable[[str, str], None]

    def address(self, zone: str) -> Address:
        """Return where a zone listens on this machine."""
        return self.process.name, 9970 + list(self.designated).index(zone)


@define(eq=False)
class Node:
    """A manager process from its start.

    Attributes:
        guard: says whether it may act.
        host: its zones.
    """

    around: Surroundings
    host: ZoneHost = field(init=False)
    guard: Guard = field(init=False)
    keeper: Keeper = field(init=False)
    clock: Clock = field(init=False)
    _lobbies: Lobbies | None = None
    _metrics: RuntimeMetrics = field(init=False)
    _store: SqlStore = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.host = ZoneHost(self._make, self._open_lobby)
        self.guard = Guard(self.around.process.boottime, self.around.process.kill_in)

    async def run(self) -> None:
        """Serve until it is killed, or fails.

        Raises:
            StoreFault: it cannot go on; whoever supervises processes starts another.
        """
        around = self.around
        process = around.process
        self.clock = Clock(start_s=around.start_s + around.draw.uniform(-1.0, 1.0))
        self._metrics = RuntimeMetrics(CollectorRegistry())
        self._store = SqlStore(cast(Any, around.database))
        me = ManagerLease(around.draw.randbytes(8).hex(), process.name, lock=str(process))
        plans = {
            zone: ZonePlan(name, SocketInfo(*around.address(zone)))
            for zone, name in around.designated.items()
        }
        async with trio.open_nursery() as nursery:
            self._lobbies = Lobbies(self._make_lobby, nursery)
            for zone in plans:
                self._lobbies.open(zone)
            self.keeper = Keeper(
                me,
                plans,
                SqlLeases(cast(Any, around.database)),
                around.leases,
                ManagedZones(self.host, self._lobbies),
                self.guard,
                around.times,
                self.clock.now,
                process.boottime,
                lambda other: other.name == me.name and around.is_over(other.lock),
            )
            await nursery.start(self.host.run)
            nursery.start_soon(self.keeper.run)

    def _open_lobby(self, zone: str) -> None:
        if self._lobbies is not None:
            self._lobbies.open(zone)

    def _make_lobby(self, zone: str) -> tuple[Any, Lobby, Any]:
        connections, metrics = Connections(), self._metrics.for_zone(zone)
        lobby = Lobby(connections, metrics)
        return self._server(AgtServer(connections, lobby, metrics), zone), lobby, None

    def _server(self, server: AgtServer, zone: str) -> "StreamServer":
        around = self.around
        return StreamServer(server, around.network, around.address(zone), around.process)

    def _may_order(self) -> None:
        if not self.guard.is_valid():
            self.around.complain("order without a lease", f"an order of {self.around.process}")

    async def _make(self, name: str, claim: Claim | None) -> HostedZone:
        around, clock = self.around, self.clock
        opened = await around.records.call(self._store.open_zone, name, clock.now(), claim)
        config = ZoneConfig(
            zone=name,
            era=opened.token.era,
            epoch=opened.token.epoch,
            run=opened.run,
            fetch_size=12,
            cover_all_agents=True,
            timezones=TIMEZONES,
            token_secret=around.draw.randbytes(32),
        )
        machine, metrics = Zone(config, clock.now()), self._metrics.for_zone(name)
        connections, feed = Connections(), Feed(machine)
        runner = ZoneRunner(
            machine,
            opened,
            self._store,
            around.records,
            SwitchRoute(around.network, around.process, opened.token, around.draw, self._may_order),
            connections,
            clock,
            lambda login, password: login is not None,
            metrics,
            feed=feed,
            meter=lambda: 0.0,
            permit=self.guard,
        )
        host, port = around.address(name)
        server = self._server(AgtServer(connections, runner, metrics), name)
        return HostedZone(
            name, host, port, [], machine, runner, JobsKeeper(runner.read_jobs_wanted), feed, server
        )


class StreamServer:
    """A zone's listener on the simulated network."""

    def __init__(self, server: AgtServer, network: Network, address: Address, process: Process) -> None:
        self._server = server
        self._network = network
        self._address = address
        self._process = process
        self._accepting = trio.CancelScope()
        self._listener: Listener | None = None

    async def serve(
        self, listeners: Sequence[Any], task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Serve connections until closed."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._accept)
            await self._server.serve(task_status=task_status)
            nursery.cancel_scope.cancel()

    async def _accept(self) -> None:
        with self._accepting:
            self._listener = listener = self._network.listen(self._address, self._process)
            while True:
                stream, name = await listener.accept()
                nursery = self._server._nursery  # as those that it accepts itself
                if nursery is not None:
                    nursery.start_soon(self._server.serve_stream, stream, f"{name}:1")

    async def serve_stream(self, stream: trio.abc.Stream, peer: str) -> None:
        """Serve one more desktop."""
        await self._server.serve_stream(stream, peer)

    def stop_accepting(self) -> None:
        """Take no new connections."""
        self._accepting.cancel()
        if self._listener is not None:
            self._listener.close()
        self._server.stop_accepting()

    async def close(self, reason: str) -> None:
        """Tell every desktop the reason and close."""
        self.stop_accepting()
        await self._server.close(reason)
