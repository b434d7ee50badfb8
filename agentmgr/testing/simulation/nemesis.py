"""What goes wrong: faults drawn one after another, each undone after a while."""

from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from typing import Protocol

import trio
from attrs import asdict

from agentmgr.testing.simulation.database import Dangers
from agentmgr.testing.simulation.network import Network
from agentmgr.testing.simulation.node import Node
from agentmgr.testing.simulation.processes import Process

PAUSE_S = (0.5, 7.0)
STOP_S = (0.5, 20.0)
CUT_S = (0.5, 15.0)

DANGERS = Dangers(
    stop_before=0.004, stop_after=0.006, slow=0.02, slow_reply=0.05, refused=0.004, reply_lost=0.004
)


class PlantedFault(Exception):
    """A fault of a zone that is none of the product."""


class Realm(Protocol):
    """The world, as far as faults go."""

    nodes: dict[str, Node]
    dangers: Dangers
    without_database: set[str]
    network: Network

    def spawn(self, fn: Callable[..., Awaitable[object]], *args: object) -> None: ...
    def stall(self, process: Process, for_s: float) -> None: ...
    def note(self, *what: object) -> None: ...


class Nemesis:
    """Brings faults over a cluster, and takes all of them back in the end.

    Attributes:
        counts: of each fault.
    """

    def __init__(self, world: Realm, draw: Random) -> None:
        self.counts: Counter[str] = Counter()
        self._world = world
        self._draw = draw

    async def run(self, for_s: float) -> None:
        """Bring faults for so many seconds; returns in calm.

        Which faults there are, and how many, differs from life to life: with all of them all the time none
        would have time to show what comes of it.
        """
        world, draw = self._world, self._draw
        until = trio.current_time() + for_s
        faults = (
            (self._kill, 3),
            (self._stop, 4),
            (self._cut_database, 3),
            (self._cut_desks, 2),
            (self._cut_switch, 2),
            (self._reset, 1),
            (self._break_zones, 1),
            (self._isolate, 2),
        )
        weights = [weight * draw.choice((0, 1, 1, 3)) + 0.1 for _, weight in faults]
        haste = draw.choice((0.5, 1.0, 1.0, 2.0))
        await trio.sleep(draw.uniform(4.0, 10.0))  # first everybody begins to work
        self._set_dangers(draw.choice((0.0, 1.0, 3.0, 8.0)))
        while trio.current_time() < until:
            name = draw.choice(sorted(world.nodes))
            ((fault, _),) = draw.choices(faults, weights)
            self.counts[fault.__name__.strip("_")] += 1
            world.note(fault.__name__.strip("_"), name)
            fault(name)
            await trio.sleep(draw.uniform(*PAUSE_S) / haste)
        self._set_dangers(0.0)
        world.without_database.clear()
        world.network.heal()
        for node in world.nodes.values():
            node.around.process.resume()

    def _set_dangers(self, scale: float) -> None:
        for name, chance in asdict(DANGERS).items():
            setattr(self._world.dangers, name, scale * chance)

    def _kill(self, name: str) -> None:
        self._world.nodes[name].around.process.kill()

    def _stop(self, name: str) -> None:
        self._world.stall(self._world.nodes[name].around.process, self._draw.uniform(*STOP_S))

    def _cut_database(self, name: str) -> None:
        self._world.without_database.add(name)
        self._world.spawn(self._later, lambda: self._world.without_database.discard(name))

    def _cut_desks(self, name: str) -> None:
        self._cut(name, "desk")

    def _cut_switch(self, name: str) -> None:
        self._cut(name, "switch")

    def _cut(self, name: str, kind: str) -> None:
        self._world.network.cut(name, kind)
        self._world.spawn(self._later, lambda: self._world.network.join(name, kind))

    def _isolate(self, name: str) -> None:
        """Pull the machine's cable."""
        self._cut_database(name)
        self._cut(name, "*")

    def _reset(self, name: str) -> None:
        self._world.network.reset(name, self._draw.choice((0.3, 1.0)))

    def _break_zones(self, name: str) -> None:
        """Let zones meet faults of their own, which they are opened anew after."""
        for zone in list(self._world.nodes[name].host.zones.values()):
            zone.runner.fail(PlantedFault("brought about by the simulation"))

    async def _later(self, undo: Callable[[], None]) -> None:
        await trio.sleep(self._draw.uniform(*CUT_S))
        undo()
