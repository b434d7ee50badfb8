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
from agentmgr.ports import Claim, Fenced, LeaseView, ManagerLease, ManagerState, Token
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.feed import Feed
from agentmgr.runtime.host import HostedZone, ZoneHost
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.runtime.runner import ZoneRunner
from agentmgr.runtime.wanted import JobsKeeper
from agentmgr.server.connections import Connections
from agentmgr.server.listener import AgtServer
from agentmgr.store.leases import SqlLeases
from agentmgr.store.sqlite import SqliteStore
from agentmgr.testing.simulation.database import DatabaseRoute, SharedDatabase
from agentmgr.testing.simulation.network import Address, Network
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
    complain: Callable[[str, str], None]

    def address(self, zone: str) -> Address:
        """Return where a zone listens on this machine."""
        return self.process.name, 9970 + list(self.designated).index(zone)


@define(eq=False)
class Node:
    """A manager process from its start; `zones` is what the keeper has of them.

    Attributes:
        guard: says whether it may act.
        host: its zones.
    """

    around: Surroundings
    host: ZoneHost = field(init=False)
    guard: Guard = field(init=False)
    keeper: Keeper = field(init=False)
    clock: Clock = field(init=False)
    _metrics: RuntimeMetrics = field(init=False)
    _store: SqliteStore = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.host = ZoneHost(self._make)
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
        self._store = SqliteStore(cast(Any, around.database))
        me = ManagerLease(
            around.draw.randbytes(8).hex(), process.name, ready=True, version="1", lock=str(process)
        )
        plans = {
            zone: ZonePlan(name, SocketInfo(*around.address(zone)))
            for zone, name in around.designated.items()
        }
        self.keeper = Keeper(
            me,
            plans,
            SqlLeases(cast(Any, around.database)),
            around.leases,
            self,
            self.guard,
            around.times,
            self.clock.now,
            process.boottime,
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(self.host.run)
            nursery.start_soon(self.keeper.run)

    def _may_order(self) -> None:
        if not self.guard.is_valid():
            self.around.complain("order without a lease", f"an order of {self.around.process}")

    # -- what the keeper has of zones ------------------------------------------------------

    @property
    def tokens(self) -> Mapping[str, Token]:
        """Those that are open, with their tokens."""
        return self.host.tokens

    async def open(self, zone: str, claim: Claim) -> None:
        """Take a zone over and serve it."""
        await self.host.open(zone, claim)

    async def close(self, zone: str, reason: str, grace_s: float) -> None:
        """Close a zone in order."""
        await self.host.close(zone, reason, grace_s)

    def lose(self, zone: str, fault: Fenced) -> None:
        """Stop a zone at once."""
        self.host.lose(zone, fault)

    def tell(self, view: LeaseView) -> None:
        """Take in who owns what."""
        live = {manager.incarnation for manager in view.managers if manager.state is ManagerState.Live}
        self.host.tell({lease.zone: lease.address if lease.owner in live else None for lease in view.zones})

    async def _make(self, name: str, claim: Claim | None) -> HostedZone:
        around, clock = self.around, self.clock
        opened = await around.records.call(self._store.open_zone, name, clock.now(), claim)
        config = ZoneConfig(
            zone=name,
            era=opened.token.era,
            epoch=opened.token.epoch,
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
            SwitchRoute(around.network, around.process, opened.token, self._may_order),
            connections,
            clock,
            lambda login, password: login is not None,
            metrics,
            feed=feed,
            meter=lambda: 0.0,
            permit=self.guard,
        )
        host, port = around.address(name)
        server = StreamServer(
            AgtServer(connections, runner, metrics), around.network, (host, port), around.process
        )
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

    async def serve(
        self, listeners: Sequence[Any], task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Serve connections until closed."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._accept, nursery)
            await self._server.serve(task_status=task_status)
            nursery.cancel_scope.cancel()

    async def _accept(self, nursery: trio.Nursery) -> None:
        with self._accepting:
            listener = self._network.listen(self._address, self._process)
            try:
                while True:
                    stream, name = await listener.accept()
                    nursery.start_soon(self._server.serve_stream, stream, f"{name}:1")
            finally:
                listener.close()

    def stop_accepting(self) -> None:
        """Take no new connections."""
        self._accepting.cancel()
        self._server.stop_accepting()

    async def close(self, reason: str) -> None:
        """Tell every desktop the reason and close."""
        self._accepting.cancel()
        await self._server.close(reason)
