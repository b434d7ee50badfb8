"""Managers that share a store: each takes its turns by the clock of the test, and all see the same leases."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, evolve, field
from databases import new_store
from trio.testing import MockClock

from agentmgr.ha.guard import Guard
from agentmgr.ha.keeper import Keeper, ManagerExpired, ZonePlan
from agentmgr.ha.times import LeaseTimes
from agentmgr.ports import Claim, Fenced, LeaseView, ManagerLease, StoreLost, Token
from agentmgr.store import SqlStore
from agentmgr.store.leases import SqlLeases
from protocol.structures import SocketInfo

TIMES = LeaseTimes(steady_s=20.0, grace_s=5.0)
DESIGNATED = {"North": "a", "South": "b"}


@define(eq=False, slots=False)
class Hall:
    """The zones of a manager, opened in the store; their agents need all the time that they are given."""

    store: SqlStore
    tokens: dict[str, Token] = field(factory=dict)
    told: list[Any] = field(factory=list)
    view: LeaseView = LeaseView()

    async def open(self, zone: str, claim: Claim) -> None:
        await trio.lowlevel.checkpoint()
        self.tokens[zone] = self.store.open_zone(zone, 0.0, claim).token

    async def close(self, zone: str, reason: str, grace_s: float) -> None:
        self.told.append((zone, reason, grace_s))
        await trio.sleep(grace_s)
        self.tokens.pop(zone, None)

    def lose(self, zone: str, fault: Fenced) -> None:
        self.told.append((zone, "lost"))
        self.tokens.pop(zone, None)

    def tell(self, view: LeaseView) -> None:
        self.view = view


@define(eq=False)
class Wire:
    """What runs the calls of a manager to its leases; a test may cut it, or lose replies."""

    cut: bool = False
    mute: bool = False
    pace_s: float = 0.0

    async def call(self, fn: Callable[..., Any], *args: Any) -> Any:
        await trio.sleep(self.pace_s)
        if self.cut:
            await trio.sleep(TIMES.attempt_s)
            raise StoreLost("cut")
        result = fn(*args)
        if self.mute:
            raise StoreLost("no reply")
        return result


@define(eq=False)
class Manager:
    keeper: Keeper
    hall: Hall
    wire: Wire
    scope: trio.CancelScope = field(factory=trio.CancelScope)
    fault: Exception | None = None

    @property
    def zones(self) -> set[str]:
        return set(self.hall.tokens)

    async def run(self) -> None:
        try:
            with self.scope:
                await self.keeper.run()
        except* ManagerExpired as group:
            self.fault = group.exceptions[0]
        self.hall.tokens.clear()


class Town:
    """Some managers over one store."""

    def __init__(self, store: SqlStore, nursery: trio.Nursery) -> None:
        self.store = store
        self.leases = SqlLeases(store._database)
        self.nursery = nursery
        self.managers: dict[str, Manager] = {}
        self.dead: set[str] = set()

    def start(self, name: str, number: int = 1) -> Manager:
        incarnation = f"{name}{number}"
        hall, wire = Hall(self.store), Wire()
        keeper = Keeper(
            ManagerLease(incarnation, name, ready=True),
            {zone: ZonePlan(at, SocketInfo(name, 9970)) for zone, at in DESIGNATED.items()},
            self.leases,
            wire,
            hall,
            Guard(trio.current_time),
            TIMES,
            lambda: 0.0,
            trio.current_time,
            lambda manager: manager.incarnation in self.dead,
        )
        manager = self.managers[name] = Manager(keeper, hall, wire)
        self.nursery.start_soon(manager.run)
        return manager

    def kill(self, name: str) -> None:
        self.managers[name].scope.cancel()

    def owner(self, zone: str) -> str:
        return next((lease.owner for lease in self.leases.read().zones if lease.zone == zone), "")


@pytest.fixture
async def town(tmp_path: Path, nursery: trio.Nursery) -> Iterator[Town]:
    store = new_store(tmp_path / "agentmgr.sqlite")
    yield Town(store, nursery)
    nursery.cancel_scope.cancel()
    store.close()


async def test_each_manager_serves_the_zones_that_are_meant_for_it(
    town: Town, autojump_clock: MockClock
) -> None:
    a, b = town.start("a"), town.start("b")
    await trio.sleep(2)
    assert (a.zones, b.zones) == ({"North"}, {"South"})
    assert {lease.zone: lease.address for lease in a.hall.view.zones} == {
        "North": SocketInfo("a", 9970, era=1, epoch=1),
        "South": SocketInfo("b", 9970, era=1, epoch=1),
    }


async def test_zone_of_a_dead_manager_is_served_by_another_after_the_lease(
    town: Town, autojump_clock: MockClock
) -> None:
    a, _ = town.start("a"), town.start("b")
    await trio.sleep(10)
    town.kill("b")
    await trio.sleep(TIMES.lease_s - TIMES.renew_s - TIMES.poll_s)
    assert a.zones == {"North"}
    await trio.sleep(TIMES.renew_s + 3 * TIMES.poll_s)
    assert a.zones == {"North", "South"}


async def test_zone_of_a_process_that_has_ended_is_served_by_another_within_a_second(
    town: Town, autojump_clock: MockClock
) -> None:
    a, _ = town.start("a"), town.start("b")
    await trio.sleep(10)
    town.kill("b")
    town.dead.add("b1")
    await trio.sleep(2 * TIMES.poll_s)
    assert a.zones == {"North", "South"}


async def test_manager_cut_off_stops_acting_before_another_has_its_zone(
    town: Town, autojump_clock: MockClock
) -> None:
    a, b = town.start("a"), town.start("b")
    await trio.sleep(10)
    b.wire.cut = True
    while b.keeper.guard.is_valid():
        assert town.owner("South") == "b1"
        await trio.sleep(0.05)
    await trio.sleep(TIMES.margin_s + 2)
    assert (town.owner("South"), a.zones) == ("a1", {"North", "South"})


async def test_manager_called_dead_ends_as_soon_as_it_hears_of_it(
    town: Town, autojump_clock: MockClock
) -> None:
    town.start("a")
    b = town.start("b")
    await trio.sleep(10)
    b.wire.cut = True
    await trio.sleep(12)
    b.wire.cut = False
    await trio.sleep(3)
    assert isinstance(b.fault, ManagerExpired)
    assert ("South", "lost") in b.hall.told


async def test_renewal_under_way_while_the_manager_gives_its_lease_back_ends_quietly(
    town: Town, autojump_clock: MockClock
) -> None:
    a = town.start("a")
    await trio.sleep(10)
    a.wire.pace_s = 1.0
    await trio.sleep(1.2)  # a renewal is under way nearly always now
    a.wire.pace_s = 0.0
    await a.keeper.release("its end was planned")
    await trio.sleep(3)
    assert a.fault is None
    assert [each.name for each in town.leases.read().managers] == []


async def test_manager_whom_nobody_called_dead_goes_on_when_it_is_back(
    town: Town, autojump_clock: MockClock
) -> None:
    a = town.start("a")
    await trio.sleep(10)
    before = dict(a.hall.tokens)
    a.wire.cut = True
    await trio.sleep(60)
    assert not a.keeper.guard.is_valid()
    a.wire.cut = False
    await trio.sleep(2)
    assert a.keeper.guard.is_valid()
    assert a.hall.tokens == before


async def test_opening_whose_reply_was_lost_is_opened_again(town: Town, autojump_clock: MockClock) -> None:
    a = town.start("a")
    open_zone = a.hall.open

    async def lose_reply(zone: str, claim: Claim) -> None:
        await open_zone(zone, claim)
        del a.hall.tokens[zone]
        a.hall.open = open_zone  # type: ignore[method-assign]
        raise StoreLost("no reply")

    a.hall.open = lose_reply  # type: ignore[method-assign]
    await trio.sleep(3)
    assert a.hall.tokens["North"] == Token("North", 1, 2)


async def test_designated_manager_gets_its_zone_back_when_it_was_well_for_long_enough(
    town: Town, autojump_clock: MockClock
) -> None:
    a = town.start("a")
    await trio.sleep(10)
    assert a.zones == {"North", "South"}
    b = town.start("b")
    await trio.sleep(TIMES.steady_s - 1)
    assert b.zones == set()
    await trio.sleep(3)
    assert a.hall.told == [("South", "the zone moves to b", TIMES.grace_s)]
    assert b.zones == set()
    await trio.sleep(TIMES.grace_s + 2 * TIMES.poll_s)
    assert (a.zones, b.zones) == ({"North"}, {"South"})


async def test_zone_stays_if_whom_it_moves_to_dies_meanwhile(town: Town, autojump_clock: MockClock) -> None:
    a = town.start("a")
    await trio.sleep(10)
    town.start("b")
    await trio.sleep(TIMES.steady_s + 1)
    assert a.hall.told
    town.kill("b")
    town.dead.add("b1")
    await trio.sleep(TIMES.grace_s + 2)
    assert a.zones == {"North", "South"}


async def test_manager_that_leaves_gives_its_zones_to_one_that_is_ready(
    town: Town, autojump_clock: MockClock
) -> None:
    a, b = town.start("a"), town.start("b")
    await trio.sleep(10)
    with trio.fail_after(1):
        await b.keeper.leave(grace_s=0.0)
        await b.keeper.release("stopped")
    await trio.sleep(2 * TIMES.poll_s)
    assert a.zones == {"North", "South"}
    assert [m.name for m in town.leases.read().managers] == ["a"]


async def test_manager_that_leaves_without_its_database_waits_no_longer_than_its_lease(
    town: Town, autojump_clock: MockClock
) -> None:
    a = town.start("a")
    await trio.sleep(10)
    a.wire.cut = True
    with trio.fail_after(TIMES.lease_s + 0.1):
        await a.keeper.leave(grace_s=0.0)
    assert a.zones == {"North", "South"}


async def test_supervisor_moves_a_zone_and_lets_it_go_back(town: Town, autojump_clock: MockClock) -> None:
    a, b = town.start("a"), town.start("b")
    await trio.sleep(10)
    assert town.leases.want("North", "b")
    await trio.sleep(TIMES.grace_s + 2)
    assert (a.zones, b.zones) == (set(), {"North", "South"})
    assert town.leases.want("North", "")
    await trio.sleep(TIMES.steady_s + TIMES.grace_s)
    assert (a.zones, b.zones) == ({"North"}, {"South"})


async def test_new_process_of_a_name_waits_for_the_dead_one(town: Town, autojump_clock: MockClock) -> None:
    town.start("a")
    await trio.sleep(10)
    town.kill("a")
    again = town.start("a", number=2)
    await trio.sleep(TIMES.lease_s - TIMES.renew_s - TIMES.poll_s)
    assert again.zones == set()
    await trio.sleep(TIMES.renew_s + 3 * TIMES.poll_s)
    assert again.zones == {"North", "South"}


async def test_permit_is_counted_from_before_the_renewal_was_sent(
    town: Town, autojump_clock: MockClock
) -> None:
    a = town.start("a")
    a.wire.pace_s = 0.4
    await trio.sleep(10)
    renewed_at = a.keeper._renewed_at
    assert a.keeper.guard.valid_until == renewed_at + TIMES.valid_s


@pytest.mark.parametrize("beat", [0, 7])
def test_manager_with_a_sign_of_life_since_is_not_expired(tmp_path: Path, beat: int) -> None:
    store = new_store(tmp_path / "agentmgr.sqlite")
    leases = SqlLeases(store._database)
    leases.register(evolve(ManagerLease("a1", "a"), beat=7))
    assert leases.expire("a1", beat) is (beat == 7)
    assert (leases.renew("a1", ready=True) is None) is (beat == 7)
    store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = new_store(tmp_path / "agentmgr.sqlite")
    yield store
    store.close()


def test_manager_that_was_called_dead_takes_no_zone(store: SqlStore) -> None:
    store.leases.register(ManagerLease("a1", "a"))
    assert store.leases.expire("a1", None)
    with pytest.raises(Fenced, match="given up for dead"):
        store.open_zone("North", 0.0, Claim("a1", None, SocketInfo("a", 9970), "late"))
    assert store.leases.read().zones == ()


def test_zone_is_not_given_up_by_whom_another_has_replaced(store: SqlStore) -> None:
    for name in "ab":
        store.leases.register(ManagerLease(f"{name}1", name))
    old = store.open_zone("North", 0.0, Claim("a1", None, SocketInfo("a", 9970), "first")).token
    new = store.open_zone("North", 0.0, Claim("b1", old, SocketInfo("b", 9970), "second")).token
    assert not store.leases.give_up(old, 0.0, "too late")
    (lease,) = store.leases.read().zones
    assert (lease.owner, lease.token) == ("b1", new)
