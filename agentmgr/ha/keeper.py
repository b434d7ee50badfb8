"""The turns of a manager: give a sign of life, look who owns what, and act on it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import structlog
import trio
from attrs import define, field, frozen

from agentmgr.audit import audit
from agentmgr.ha.decide import Act, Lose, Move, Sightings, Standing, Take, decide
from agentmgr.ha.guard import Guard
from agentmgr.ha.times import LeaseTimes
from agentmgr.ports import Claim, Fenced, LeaseStore, LeaseView, ManagerLease, ManagerState, StoreFault, Token
from protocol.structures import SocketInfo

log = structlog.get_logger()

LOOK_S = 0.1
"""How often it is looked whether this manager may still act."""


class ManagerExpired(StoreFault):
    """The others have called this manager dead: it ends, and what comes after it is another incarnation."""


class Zones(Protocol):
    """The zones of this process."""

    @property
    def tokens(self) -> Mapping[str, Token]:
        """Those that are open, or are being opened anew after a fault, with their tokens."""
        ...

    async def open(self, zone: str, claim: Claim) -> None:
        """Take a zone over and serve it.

        Raises:
            Fenced: it was not as the claim says.
            StoreFault: it could not be opened.
        """
        ...

    async def close(self, zone: str, reason: str, grace_s: float) -> None:
        """Close a zone in order, after the time in which its agents may finish what they have."""
        ...

    def lose(self, zone: str, fault: Fenced) -> None:
        """Stop a zone at once that belongs to somebody else."""
        ...

    def tell(self, view: LeaseView) -> None:
        """Take in who owns what."""
        ...


class Caller(Protocol):
    """Runs blocking calls one after another in a thread of its own."""

    async def call(self, fn: Callable[..., Any], *args: Any) -> Any: ...


@frozen
class ZonePlan:
    """A zone that this process can serve, and where.

    Attributes:
        designated: name of the manager that it is meant for; empty for any.
        address: where desktops reach it here.
    """

    designated: str
    address: SocketInfo


@define(eq=False)
class Keeper:
    """Keeps the lease of a manager and the zones that come with it.

    Args:
        me: as it is made known.
        plans: the zones that it knows.
        store, call: the leases, and what runs calls to them.
        zones: of this process.
        guard: what says that it may act.
        times: how long everything waits.
        wall: epoch seconds, for what people are shown.
        now: the clock of the guard.
        is_dead: whether the process of another manager has ended for certain.
    """

    me: ManagerLease
    plans: Mapping[str, ZonePlan]
    store: LeaseStore
    call: Caller
    zones: Zones
    guard: Guard
    times: LeaseTimes
    wall: Callable[[], float]
    now: Callable[[], float]
    is_dead: Callable[[ManagerLease], bool] = lambda manager: False
    is_ready: Callable[[], bool] = lambda: True
    view: LeaseView = LeaseView()
    leaving: bool = False
    leaving_grace_s: float = 0.0
    _sightings: Sightings = field(factory=Sightings)
    _busy: set[str] = field(factory=set)
    _renewed_at: float = float("-inf")
    _began_at: float = 0.0
    _is_lost: bool = False
    _is_released: bool = False
    _turn: trio.Event = field(factory=trio.Event)
    _nobody_left: trio.Event = field(factory=trio.Event)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep lease and zones until cancelled.

        Raises:
            ManagerExpired: the others have called this manager dead.
            StoreFault: it cannot even be made known.
        """
        await self._call(self.store.register, self.me)
        self._began_at = self.now()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._watch)
            started = False
            while not self._is_released:
                began = trio.current_time()
                view = await self._look()
                if view is not None:
                    self._take_in(view, nursery)
                    if not started:
                        started = True
                        task_status.started()
                with trio.move_on_at(began + self.times.poll_s):
                    await self._turn.wait()
                self._turn = trio.Event()

    @property
    def known(self) -> frozenset[str]:
        """The zones that this manager or another one serves, or did; for any thread."""
        return frozenset(self.plans) | {lease.zone for lease in self.view.zones}

    @property
    def pages(self) -> tuple[str, ...]:
        """Where browsers reach the managers that live; for any thread."""
        live = (m.http_url for m in self.view.managers if m.state is ManagerState.Live)
        return tuple(url for url in live if url)

    def ages(self) -> Mapping[str, float]:
        """Return how long ago each manager was seen to have given a sign of life, seconds; for any thread."""
        now = self.now()
        ages = {key: now - seen.since for key, seen in dict(self._sightings.managers).items()}
        return ages | {self.me.incarnation: now - self._renewed_at}

    async def leave(self, grace_s: float) -> None:
        """Give all zones to others that are ready, after a grace.

        Returns when none is left here, or when that takes longer than it can with a database.
        """
        self.leaving, self.leaving_grace_s = True, grace_s
        self._turn.set()
        with trio.move_on_after(grace_s + self.times.lease_s):
            while self.zones.tokens or self._busy:
                self._nobody_left = trio.Event()
                await self._nobody_left.wait()

    async def release(self, reason: str) -> None:
        """Say that this manager is no more, so that nobody has to wait for it."""
        self._is_released = True
        self.guard.end()
        try:
            await self._call(self.store.release, self.me.incarnation, self.wall(), reason)
        except StoreFault as fault:
            log.warning("lease_not_released", why=str(fault))

    async def _watch(self) -> None:
        while True:
            self.guard.look()
            await trio.sleep(LOOK_S)

    async def _look(self) -> LeaseView | None:
        """Renew if that is due, before anything else, and return what all see; None if it is not known."""
        began = self.now()
        try:
            if began - self._renewed_at < self.times.renew_s:
                view: LeaseView = await self._call(self.store.read)
            else:
                ready = self.is_ready() and not self.leaving
                renewed = await self._call(lambda: self.store.renew(self.me.incarnation, ready=ready))
                if self._is_released:
                    return None
                if renewed is None:
                    raise ManagerExpired(
                        f"manager {self.me.name}: the others called it dead and have its zones;"
                        " start it again"
                    )
                view, self._renewed_at = renewed, began
                self.guard.renewed(began + self.times.valid_s)
        except ManagerExpired as expired:
            self.guard.end()
            for zone in list(self.zones.tokens):
                self.zones.lose(zone, Fenced(str(expired)))
            raise
        except StoreFault as fault:
            if not self._is_lost:
                self._is_lost = True
                log.error("leases_out_of_reach", why=str(fault))
            return None
        if self._is_lost:
            self._is_lost = False
            log.info("leases_back")
        return view

    def _take_in(self, view: LeaseView, nursery: trio.Nursery) -> None:
        self.view = view
        now = self.now()
        self._sightings.note(view, now)
        for manager in view.managers:
            seen = self._sightings.managers[manager.incarnation]
            if manager.incarnation != self.me.incarnation and not seen.is_dead:
                seen.is_dead = self.is_dead(manager)
        self.zones.tell(view)
        me = Standing(
            self.me.incarnation,
            self.me.name,
            self.is_ready() and self.guard.is_valid(),
            self._began_at,
            self.leaving,
            {zone: plan.designated for zone, plan in self.plans.items()},
            self.zones.tokens,
        )
        for act in decide(me, view, self._sightings, now, self.times):
            if act.zone not in self._busy:
                self._busy.add(act.zone)
                nursery.start_soon(self._act, act)
        if not me.open and not self._busy:
            self._nobody_left.set()

    async def _act(self, act: Act) -> None:
        try:
            await _ACTS[type(act)](self, act)
        except StoreFault as fault:
            # the next view says what has come of it, and what is to be done
            log.warning("zone_act_failed", act=type(act).__name__, zone=act.zone, why=str(fault))
        finally:
            self._busy.discard(act.zone)
            self._turn.set()

    async def _take(self, act: Take) -> None:
        if act.dead and not await self._call(self.store.expire, act.dead, act.beat):
            return
        log.info("zone_taking", zone=act.zone, why=act.reason)
        claim = Claim(self.me.incarnation, act.seen, self.plans[act.zone].address, act.reason)
        try:
            await self.zones.open(act.zone, claim)
        except Fenced as fault:
            log.info("zone_taken_by_another", zone=act.zone, why=str(fault))
        else:
            audit("zone_taken", self.me.name, zone=act.zone, why=act.reason)

    async def _lose(self, act: Lose) -> None:
        self.zones.lose(act.zone, Fenced(f"zone {act.zone}: {act.reason}"))

    async def _move(self, act: Move) -> None:
        """Let agents finish, close the zone, and only then let it go: who closed it writes no more."""
        log.info("zone_moving", zone=act.zone, to=act.to, why=act.reason)
        audit("zone_moved", self.me.name, "begun", zone=act.zone, to=act.to, why=act.reason)
        grace_s = self.leaving_grace_s if self.leaving else self.times.grace_s
        if not await self._call(self.store.announce, act.token, act.to, self.wall(), act.reason):
            return
        await self.zones.close(act.zone, f"the zone moves to {act.to or 'another manager'}", grace_s)
        is_there = not act.to or any(m.name == act.to and m.ready for m in self.view.managers)
        if is_there or self.leaving:
            await self._call(self.store.give_up, act.token, self.wall(), act.reason)

    async def _call(self, fn: Callable[..., Any], *args: Any) -> Any:
        return await self.call.call(fn, *args)


_ACTS: dict[type[Any], Callable[[Keeper, Any], Awaitable[None]]] = {
    Take: Keeper._take,
    Lose: Keeper._lose,
    Move: Keeper._move,
}
