"""Agents at simulated desktops over the SDK, and a journal of all that each was told."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

import trio
from attrs import define, field, frozen

from agentmgr.client import link as client_link
from agentmgr.client.errors import CommandError
from agentmgr.desk.casework import Casework
from agentmgr.desk.fleet import run_fleet
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.desk.wishes import Wish
from agentmgr.testing.simulation.network import Address, Network
from protocol.commands import (
    AGTAddAgentNote,
    AGTAddToDNC,
    AGTCreateCallback,
    AGTWrapupContact,
)
from protocol.results import ResultCode
from protocol.structures import Attribute

BUSY = DeskParams(
    wrapup_median_s=1.5,
    wrapup_sigma=0.4,
    preview_median_s=1.0,
    hold=0.05,
    hold_after_median_s=1.0,
    hold_median_s=1.0,
    release=0.5,
    release_median_s=3.0,
    attribute=0.1,
    note=0.6,
    redial=0.03,
    extend=0.0,
    aux=0.03,
    aux_median_s=3.0,
    callback=0.15,
    consult_after_median_s=1.0,
    retry_s=1.0,
)
"""Agents who are quick, so that much happens in a minute."""

AWAY_S = (0.5, 3.0)
"""How long an agent stays away that was logged off."""

KEPT = (AGTWrapupContact, AGTAddAgentNote, AGTAddToDNC, AGTCreateCallback)
"""Commands that leave something in the database for good."""


@frozen
class Told:
    """What a desktop was told: the answer to a command of its own."""

    agent_id: str
    request_id: int
    command: Any
    response: Any
    at: float


@define
class Journal:
    """Every command of the desktops and every RESP that they received, in order, as the wire had it.

    Attributes:
        told: the first answer to each command that leaves something behind.
        contradictions: answers under an id that had another one before.
    """

    told: list[Told] = field(factory=list)
    contradictions: list[str] = field(factory=list)
    answers: int = 0
    _sent: dict[tuple[str, int], Any] = field(factory=dict)
    _answered: dict[tuple[str, int], Any] = field(factory=dict)

    def sent(self, peer: str, request_id: int, agent_id: str, command: Any) -> None:
        """Note a command on its way."""
        key = agent_id, request_id
        before = self._sent.setdefault(key, command)
        if before != command:
            self.contradictions.append(f"{agent_id} sent {before} and {command} under {request_id}")

    def received(self, peer: str, request_id: int | None, agent_id: str, message: Any) -> None:
        """Note what came."""
        if request_id is None or not agent_id:
            return
        key = agent_id, request_id
        command = self._sent.get(key)
        if command is None:
            return
        self.answers += 1
        before = self._answered.get(key)
        if before is None:
            self._answered[key] = message
            if isinstance(command, KEPT):
                self.told.append(Told(agent_id, request_id, command, message, trio.current_time()))
        elif before != message and isinstance(command, KEPT):
            self.contradictions.append(f"{agent_id} was told {before} and {message} under {request_id}")

    def done(self, kind: type[Any]) -> Iterator[Told]:
        """Return those commands of a kind that were confirmed."""
        return (
            told
            for told in self.told
            if isinstance(told.command, kind) and told.response.result is ResultCode.SUCCESS
        )


@contextmanager
def kept_by(journal: Journal) -> Iterator[None]:
    """Let a journal hear of all that clients send and receive in the block."""
    before = {name: vars(client_link)[name] for name in ("log_sent", "log_received")}
    vars(client_link).update(log_sent=journal.sent, log_received=journal.received)
    try:
        yield
    finally:
        vars(client_link).update(before)


class BusyDesktop(SimDesktop):
    """A desktop whose notes can be told apart, and that puts numbers on the do-not-call list."""

    def __init__(self, agent_id: str, zone: str, seed: int, unique: Callable[[], int]) -> None:
        super().__init__(agent_id, "secret", zone, seed, BUSY)
        self._unique = unique
        self._chance = Random(f"{seed}/{agent_id}/notes")

    def _case_command(self, wish: Wish, case: Casework, now: float) -> Any:
        if wish is Wish.ADD_NOTE:
            number = self._unique()
            if self._chance.random() < 0.3:
                return AGTAddToDNC((Attribute("PhoneNumber1", f"+4930{1_000_000 + number}"),))
            return AGTAddAgentNote(f"Note {number} of {self.agent_id}.")
        return super()._case_command(wish, case, now)


class Steady:
    """The time of desktops."""

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s

    def now(self) -> float:
        """Return the present."""
        return self._start_s + trio.current_time()

    async def sleep_until(self, at: float) -> None:
        """Sleep until then."""
        await trio.sleep_until(at - self._start_s + 1e-6)


class Shift:
    """Agents who work until they are told to go home.

    Attributes:
        wrapups: how many completion codes of each agent were confirmed.
        is_over: all have gone home.
        faults: what went wrong in a desktop: with a fault of the SDK an agent cannot work on.
    """

    def __init__(
        self,
        network: Network,
        addresses: Sequence[Address],
        zones: Sequence[tuple[str, str]],
        seed: int,
        start_s: float,
    ) -> None:
        self.wrapups = {agent_id: 0 for agent_id, _ in zones}
        self.faults: list[str] = []
        self.going_home = trio.Event()
        self.is_over = False
        self._network = network
        self._addresses = addresses
        self._zones = zones
        self._seed = seed
        self._clock = Steady(start_s)
        self._unique = itertools.count()
        self._scopes: dict[str, trio.CancelScope] = {}
        self.desktops: dict[str, BusyDesktop] = {}

    async def run(self) -> None:
        """Let all of them work."""
        async with trio.open_nursery() as nursery:
            for agent_id, zone in self._zones:
                nursery.start_soon(self._work, agent_id, zone)
        self.is_over = True

    def crash(self, agent_id: str) -> None:
        """Let a desktop's program die; its agent starts it again."""
        scope = self._scopes.get(agent_id)
        if scope is not None:
            scope.cancel()

    async def _work(self, agent_id: str, zone: str) -> None:
        draw = Random(f"{self._seed}/{agent_id}/work")
        name = f"desk-{agent_id}"
        first, *others = self._addresses
        for round_ in itertools.count():
            desktop = BusyDesktop(agent_id, zone, self._seed * 1000 + round_, lambda: next(self._unique))
            self.desktops[agent_id] = desktop
            before = desktop.wrapups_ok
            addresses = draw.sample([first, *others], len(self._addresses))
            with trio.CancelScope() as self._scopes[agent_id]:
                try:
                    await run_fleet(
                        addresses,
                        [desktop],
                        self._clock,
                        stopping=self.going_home,
                        patience_s=20.0,
                        opener=lambda address: self._network.connect(name, address),
                    )
                except CommandError:
                    pass  # no server could be reached: tried again
                except Exception as error:
                    self.faults.append(f"the desktop of {agent_id}: {error!r}")
            self.wrapups[agent_id] += desktop.wrapups_ok - before
            if self.going_home.is_set():
                return
            await trio.sleep(draw.uniform(*AWAY_S))

    def confirmed(self, agent_id: str) -> int:
        """Return how many completion codes of an agent were confirmed by now."""
        desktop = self.desktops.get(agent_id)
        running = desktop.wrapups_ok if desktop is not None else 0
        return self.wrapups[agent_id] + running

    def describe(self, agent_id: str) -> str:
        """Say how an agent is."""
        desktop = self.desktops[agent_id]
        return (
            f"{agent_id}: {desktop.agent_state.name}, {desktop.call_state.name},"
            f" {desktop.nailup_status.name}, logged on: {desktop.logged_on},"
            f" refused last: {[f'{name} {int(code)}' for name, code in desktop.refusals[-3:]]}"
        )
