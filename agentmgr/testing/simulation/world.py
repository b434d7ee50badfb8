"""One life of a cluster, from a seed: work under faults, calm, and everybody goes home."""

import hashlib
import itertools
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from random import Random
from typing import Any

import structlog
import trio
from attrs import field, frozen

from agentmgr.ha.times import LeaseTimes
from agentmgr.ports import JobState, StoreFault, Token
from agentmgr.store.jobs import move_job
from agentmgr.testing.simulation import checks, stillness
from agentmgr.testing.simulation.centre import QUICK, T0, Centre, image_of
from agentmgr.testing.simulation.database import Dangers, DatabaseRoute, SharedDatabase
from agentmgr.testing.simulation.desktops import Journal, Shift, kept_by
from agentmgr.testing.simulation.nemesis import Nemesis, PlantedFault
from agentmgr.testing.simulation.network import Address, Network
from agentmgr.testing.simulation.node import Node, Surroundings
from agentmgr.testing.simulation.processes import PROCESS, Process, stoppable
from agentmgr.testing.simulation.switchboard import Switchboard

TIMES = LeaseTimes(steady_s=5.0, grace_s=3.0)
"""The default leases; hand-backs come often."""

MACHINES = ("m1", "m2", "m3")
CUT_TOO = 0.5
"""How many processes that stand still at a dangerous line lose the database at the same moment."""
RESTART_S = (0.5, 6.0)
"""How long after its end a manager is started again."""


@frozen
class Plan:
    """How long a life is, in simulated seconds.

    Attributes:
        faults_s: so long there are faults.
        calm_s: after so long without any, every zone has an owner where it is meant to be.
        work_s: in which every agent must then have a contact wrapped up; less if all have before.
        home_s: in which all must have gone home.
        settle_s: in which all jobs that were stopped must have ended.
        ends_when_wrong: something that must not be at any moment is the end.
    """

    centre: Centre = Centre()
    faults_s: float = 40.0
    calm_s: float = 18.0
    work_s: float = 45.0
    home_s: float = 30.0
    settle_s: float = 15.0
    ends_when_wrong: bool = False


@frozen
class Outcome:
    """What came of a life.

    Attributes:
        findings: what must not be, by its kind; empty if all went well.
        digest: of everything that happened, in order; the same for the same seed.
        simulated_s: how long it was.
        counts: what there was of some things, for people.
        trace: the last things that happened.
    """

    seed: int
    findings: dict[str, str]
    digest: str
    simulated_s: float
    counts: dict[str, int]
    trace: tuple[str, ...] = field(repr=False, default=())


def simulate(seed: int, plan: Plan | None = None, *, keep_trace: bool = False) -> Outcome:
    """Let a cluster live through what a seed has for it."""
    world = World(seed, plan or Plan(), keep_trace=keep_trace)
    with world.logs(), stoppable(), kept_by(world.journal), world.switchboard.watched():
        return stillness.run(seed, world.live)


class World:
    """What there is while a cluster lives.

    Attributes:
        nodes: the manager that runs on each machine, or ran there last.
        dangers: how likely requests to the database meet faults.
        without_database: machines that cannot reach it.
    """

    def __init__(self, seed: int, plan: Plan, *, keep_trace: bool = False) -> None:
        self.journal = Journal()
        self.findings = checks.Findings()
        self.nodes: dict[str, Node] = {}
        self.dangers = Dangers()
        self.without_database: set[str] = set()
        self.network = Network(self.draw("network", seed))
        self.database = SharedDatabase()
        self.switchboard = Switchboard(seed, QUICK, T0)
        self.watch = checks.Watch(self.findings, self.database, self.switchboard, self.nodes)
        self.database.on_write, self.switchboard.on_order = self._wrote, self._ordered
        self.switchboard.on_cut = self.watch.cut
        self._seed = seed
        self._plan = plan
        self._chance = self.draw("stalls")
        self._digest = hashlib.sha256()
        self._trace: list[str] | None = [] if keep_trace else None
        self._processes: list[Process] = []
        self._nursery: trio.Nursery | None = None
        self._designated = {zone: MACHINES[n % 2] for n, zone in enumerate(plan.centre.zones)}

    def draw(self, what: str, seed: int | None = None) -> Random:
        """Return a source of chance of its own."""
        return Random(f"{self._seed if seed is None else seed}/{what}")

    def spawn(self, fn: Callable[..., Awaitable[object]], *args: object) -> None:
        """Start a task of the world."""
        assert self._nursery is not None
        self._nursery.start_soon(_out_of_process, fn, args)

    def stall(self, process: Process, for_s: float) -> None:
        """Let a process stand still for some seconds."""
        self.note("stall", process, f"{for_s:.2f}")
        stop = process.stop()
        self.spawn(self._resume, process, stop, for_s)

    def stall_in_danger(self, process: Process, for_s: float) -> None:
        """Let a process stand still at a dangerous line; its machine may be cut off for longer than that."""
        self.stall(process, for_s)
        if self._chance.random() < CUT_TOO:
            self.without_database.add(process.name)
            self.spawn(self._join, process.name, for_s + self._chance.uniform(1.0, 8.0))

    async def _join(self, name: str, after_s: float) -> None:
        await trio.sleep(after_s)
        self.without_database.discard(name)

    async def _resume(self, process: Process, stop: int, for_s: float) -> None:
        await trio.sleep(for_s)
        process.resume(stop)

    # -- the trace -------------------------------------------------------------------------

    def note(self, *what: object) -> None:
        """Let something be a part of what happened."""
        line = f"{trio.current_time():.6f} {PROCESS.get() or '-'} {' '.join(map(str, what))}"
        self._digest.update(line.encode())
        if self._trace is not None:
            self._trace.append(line)

    @contextmanager
    def logs(self) -> Iterator[None]:
        """Take all logs of the product into the trace."""
        before = structlog.get_config()
        structlog.configure(
            processors=[self._hear],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            cache_logger_on_first_use=False,
        )
        try:
            yield
        finally:
            structlog.configure(**before)

    def _hear(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        fault = event.pop("exc_info", None)
        self.note(method, *(f"{key}={value}" for key, value in event.items()))
        process = PROCESS.get()
        if (
            isinstance(fault, Exception)
            and not isinstance(fault, PlantedFault)
            and process is not None
            and process.is_alive
        ):
            text = "".join(traceback.format_exception(fault))
            self.note(text)
            self.findings.add(f"fault: {event['event']}", f"{fault!r} {text[-800:]}")
        raise structlog.DropEvent

    def _wrote(self, what: str, token: Token, had: Token | None) -> None:
        self.note(what, token.zone, token.epoch)
        self.watch.wrote(what, token, had)

    def _ordered(self, token: Token, order: object) -> None:
        self.note(order, token.epoch)
        self.watch.ordered(token, order)

    # -- machines --------------------------------------------------------------------------

    async def _keep_machine(self, name: str) -> None:
        """Start a manager, and another one whenever it has ended."""
        draw = self.draw(name)
        offset_s, rate = draw.uniform(0, 1e5), 1 + draw.uniform(-0.009, 0.009)
        for number in itertools.count(1):
            process = Process(name, number, offset_s, rate)
            node = self.nodes[name] = Node(self._around(process, draw))
            self._processes.append(process)
            self.spawn(process.keep_timer)
            self.spawn(self._run, process, node)
            await process.ended.wait()
            self.note("ended", process)
            await trio.sleep(draw.uniform(*RESTART_S))

    def _around(self, process: Process, draw: Random) -> Surroundings:
        def route(*, reads_back: bool, stops: float) -> DatabaseRoute:
            return DatabaseRoute(
                process,
                self.dangers,
                draw,
                self.spawn,
                self.stall_in_danger,
                lambda: process.name in self.without_database,
                lambda: self.database.content.total_changes,
                reads_back=reads_back,
                stops=stops,
            )

        return Surroundings(
            process,
            self.network,
            self.database,
            self._designated,
            route(reads_back=False, stops=3.0),
            route(reads_back=True, stops=1.0),
            TIMES,
            draw,
            T0,
            self._is_over,
            self.findings.add,
        )

    def _is_over(self, lock: str) -> bool:
        return not any(str(process) == lock and process.is_alive for process in self._processes)

    async def _run(self, process: Process, node: Node) -> None:
        try:
            await process.run(node.run)
        except* StoreFault as group:
            self.note("failed", process, *group.exceptions)
        except* Exception as group:
            if process.is_alive:
                self.findings.add("fault of a manager", "".join(traceback.format_exception(group))[-1500:])

    # -- the life --------------------------------------------------------------------------

    async def live(self) -> Outcome:
        """Live it."""
        plan = self._plan
        self.database.load(image_of(plan.centre))
        try:
            async with trio.open_nursery() as self._nursery:
                self.spawn(self.switchboard.run, self.network, Process("switch", 1))
                self.spawn(self.watch.run)
                for name in MACHINES:
                    self.spawn(self._keep_machine, name)
                shift = Shift(self.network, self._addresses(), self._agents(), self._seed, T0)
                self.spawn(shift.run)
                nemesis = Nemesis(self, self.draw("nemesis"))
                with trio.CancelScope() as life:
                    if plan.ends_when_wrong:
                        self.findings.on_wrong = life.cancel
                    await nemesis.run(plan.faults_s)
                    await self._see_work(shift)
                    await self._go_home(shift)
                counts = self._counts(shift) | nemesis.counts
                self.note(counts)
                outcome = Outcome(
                    self._seed,
                    dict(self.findings.found),
                    self._digest.hexdigest(),
                    trio.current_time(),
                    counts,
                    tuple(self._trace or ()),
                )
                for process in self._processes:
                    process.bury()
                self._nursery.cancel_scope.cancel()
        finally:
            self.database.close()
        return outcome

    async def _see_work(self, shift: Shift) -> None:
        """In calm times everybody works."""
        self.note("calm")
        await trio.sleep(self._plan.calm_s)
        before = {agent_id: shift.confirmed(agent_id) for agent_id in shift.wrapups}
        await self._within(
            self._plan.work_s, lambda: all(shift.confirmed(each) > count for each, count in before.items())
        )
        for agent_id, count in before.items():
            if shift.confirmed(agent_id) <= count:
                self.findings.add("agent stuck", shift.describe(agent_id))
        for zone in self._designated:
            if not any(zone in node.host.zones for node in self.nodes.values()):
                self.findings.add("zone without owner", zone)

    async def _go_home(self, shift: Shift) -> None:
        """Everybody logs off, all jobs are stopped, and then everything must be settled."""
        self.note("home")
        shift.going_home.set()
        await self._within(self._plan.home_s, lambda: shift.is_over)
        if not shift.is_over:
            self.findings.add("agents do not get home", shift.describe(min(shift.desktops)))
        open_jobs = "SELECT job_id FROM job WHERE ended_at IS NULL"
        for (job_id,) in self.database.fetch(open_jobs):
            self.database.write(move_job, job_id, tuple(JobState), JobState.Stopping)
        await self._within(self._plan.settle_s, lambda: not self.database.fetch(open_jobs))
        for fault in shift.faults:
            self.findings.add("fault of a desktop", fault)
        checks.check_records(self.findings, self.database, self.journal)
        checks.check_dials(self.findings, self.database, self.switchboard)
        checks.check_epochs(self.findings, self.database)
        checks.check_settled(self.findings, self.database)

    async def _within(self, limit_s: float, is_so: Callable[[], bool]) -> None:
        until = trio.current_time() + limit_s
        while not is_so() and trio.current_time() < until:
            await trio.sleep(0.5)

    def _addresses(self) -> list[Address]:
        return [(name, 9970 + n) for name in MACHINES for n in range(len(self._designated))]

    def _agents(self) -> list[tuple[str, str]]:
        centre = self._plan.centre
        return [(agent_id, zone) for zone in centre.zones for agent_id in centre.agents_of(zone)]

    def _counts(self, shift: Shift) -> dict[str, int]:
        return {
            "wrapups": sum(map(shift.confirmed, shift.wrapups)),
            "told": len(self.journal.told),
            "writes": self.watch.writes,
            "orders": self.watch.orders,
            "owners": sum(epoch for (epoch,) in self.database.fetch("SELECT epoch FROM zone")),
        }


async def _out_of_process(fn: Callable[..., Awaitable[object]], args: tuple[object, ...]) -> None:
    """Run a task that belongs to no process, whoever has started it."""
    PROCESS.set(None)
    await fn(*args)
