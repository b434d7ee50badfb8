"""Zones that come and go while the process runs: what one meets is not the others' affair."""

from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing

from agentmgr.core.events import DirectoryChanged
from agentmgr.core.model import ZoneConfig
from agentmgr.ports import Claim, Fenced, StoreFault, Token
from agentmgr.runtime.host import CLOSED_BY_FAULT, FIRST_PAUSE_S, STEADY_S, HostedZone, ZoneHost


class FakeRunner:
    """Runs until it is closed or fails; `log` has what was asked of a zone, in order."""

    def __init__(self, log: list[Any]) -> None:
        self.log = log
        self.token = Token("Z", 1, 1)
        self.heard: list[Any] = []
        self.fault: Exception | None = None
        self._over = trio.Event()
        self.quiet = trio.Event()

    async def run(self) -> None:
        await self._over.wait()
        if self.fault is not None:
            raise self.fault

    def push(self, event: Any) -> None:
        self.heard.append(event)

    async def wind_down(self, grace_s: float) -> None:
        self.log.append(("wind down", grace_s))
        with trio.move_on_after(grace_s):
            await self.quiet.wait()

    def end_grace(self) -> None:
        self.quiet.set()

    async def close(self) -> None:
        self.log.append("close")
        self._over.set()

    def fail(self, fault: Exception) -> None:
        self.fault = fault
        self._over.set()


class FakeDesktops:
    """Notes what it is told; `fault` is raised by what serves."""

    def __init__(self, log: list[Any]) -> None:
        self.log = log
        self.fault: Exception | None = None

    async def serve(self, listeners: Any, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        if self.fault is not None:
            raise self.fault
        await trio.sleep_forever()

    def stop_accepting(self) -> None:
        self.log.append("stop accepting")

    async def close(self, reason: str) -> None:
        self.log.append(reason)


class FakeKeeper:
    async def run(self) -> None:
        await trio.sleep_forever()


class House:
    """A host of zones that are made of fakes; `made` has every opening of each, `log` what each was asked."""

    def __init__(self) -> None:
        self.host = ZoneHost(self.make, self.released)
        self.made: dict[str, list[HostedZone]] = {}
        self.log: dict[str, list[Any]] = {}
        self.gone: list[str] = []
        self.refuses: list[Exception] = []

    async def make(self, name: str, claim: Claim | None) -> HostedZone:
        await trio.lowlevel.checkpoint()
        if self.refuses:
            raise self.refuses.pop()
        log = self.log.setdefault(name, [])
        parts: Any = (FakeRunner(log), FakeKeeper(), None, FakeDesktops(log))
        runner, keeper, feed, desktops = parts
        zone: Any = SimpleNamespace(config=ZoneConfig(name, token_secret=bytes(32)))
        opened = HostedZone(name, "h", len(name), [], zone, runner, keeper, feed, desktops)
        self.made.setdefault(name, []).append(opened)
        return opened

    def released(self, name: str) -> None:
        self.gone.append(name)

    def runner(self, name: str) -> Any:
        return self.host.zones[name].runner

    def directory(self, name: str) -> set[str]:
        told = [event for event in self.runner(name).heard if isinstance(event, DirectoryChanged)]
        return set(told[-1].zones)


@pytest.fixture
async def house(nursery: trio.Nursery) -> House:
    house = House()
    await nursery.start(house.host.run)
    await house.host.open("North")
    await house.host.open("South")
    return house


async def test_zones_are_open_and_each_is_told_of_all(house: House) -> None:
    assert set(house.host.zones) == {"North", "South"}
    assert house.host.states == {"North": "ok", "South": "ok"}
    assert house.directory("North") == house.directory("South") == {"North", "South"}


async def test_zone_that_meets_a_fault_is_opened_anew_and_the_other_notices_nothing(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    house.runner("North").fail(ZeroDivisionError("a fault"))
    await trio.testing.wait_all_tasks_blocked(0.1)
    assert house.host.states == {"North": "reopening", "South": "ok"}
    assert house.log["North"] == [CLOSED_BY_FAULT]
    await trio.sleep(FIRST_PAUSE_S + 0.1)
    assert house.host.states == {"North": "ok", "South": "ok"}
    assert [len(house.made[name]) for name in ("North", "South")] == [2, 1]
    assert house.host.zones["North"] is house.made["North"][1]
    assert house.directory("North") == {"North", "South"}
    assert house.log["South"] == []
    assert house.gone == []


async def test_fault_of_what_serves_desktops_is_one_of_the_zone(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    make = house.made["North"][0].desktops
    make.fault = ZeroDivisionError("a fault")  # type: ignore[attr-defined]  # a fake
    house.runner("North").fail(ZeroDivisionError("the first"))
    await trio.sleep(FIRST_PAUSE_S + 0.1)
    assert house.host.states["North"] == "ok"


async def test_pause_doubles_with_each_fault_and_begins_anew_after_a_steady_time(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    async def is_closed_for(pause_s: float) -> bool:
        opened = len(house.made["North"])
        house.runner("North").fail(ZeroDivisionError("a fault"))
        await trio.sleep(pause_s - 0.1)
        was_closed = len(house.made["North"]) == opened
        await trio.sleep(0.2)
        return was_closed and len(house.made["North"]) == opened + 1

    assert [await is_closed_for(pause_s) for pause_s in (1, 2, 4, 8, 16, 32, 60, 60)] == [True] * 8
    await trio.sleep(STEADY_S + 1)
    assert await is_closed_for(1)


async def test_zone_that_another_owner_has_is_let_go_and_the_others_learn_of_it(house: House) -> None:
    house.runner("North").fail(Fenced("another owner"))
    await trio.testing.wait_all_tasks_blocked()
    assert set(house.host.zones) == {"South"}
    assert house.host.states == {"North": "ended", "South": "ok"}
    assert house.directory("South") == {"South"}
    assert house.gone == ["North"]
    await house.host.open("North")
    assert house.directory("South") == {"North", "South"}


async def test_store_that_fails_ends_the_host() -> None:
    house = House()

    async def fail() -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(house.host.run)
            await house.host.open("North")
            house.runner("North").fail(StoreFault("the disk is full"))

    with pytest.raises(BaseExceptionGroup) as caught:
        await fail()
    assert caught.group_contains(StoreFault, match="the disk is full")
    assert house.gone == ["North"]


async def test_zone_is_closed_in_order_and_the_others_go_on(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    await house.host.close("North", "moved", grace_s=3.0)
    assert trio.current_time() == pytest.approx(3.0)
    assert house.log["North"] == [("wind down", 3.0), "stop accepting", "close", "moved"]
    assert house.host.states == {"North": "ended", "South": "ok"}
    assert house.directory("South") == {"South"}
    assert house.gone == ["North"]
    await house.host.close("North", "again")


async def test_zone_that_is_not_open_for_now_is_closed_at_once(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    house.runner("North").fail(ZeroDivisionError("a fault"))
    await trio.testing.wait_all_tasks_blocked(0.1)
    await house.host.close("North", "moved")
    await trio.sleep(10)
    assert len(house.made["North"]) == 1
    assert house.gone == ["North"]


async def test_all_zones_stop_accepting_before_any_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    close, stopped = FakeRunner.close, []

    async def look(runner: FakeRunner) -> None:
        stopped.append(["stop accepting" in log for log in house.log.values()])
        await close(runner)

    monkeypatch.setattr(FakeRunner, "close", look)
    await house.host.close_all("ending")
    assert stopped == [[True, True]] * 2
    assert house.host.zones == {}
    assert {tuple(log[:1]) for log in house.log.values()} == {("stop accepting",)}
    assert sorted(house.gone) == ["North", "South"]


async def test_all_zones_wind_down_together_until_the_grace_is_over_or_ended(
    house: House, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    await house.host.wind_down(3.0)
    assert trio.current_time() == pytest.approx(3.0)
    assert house.host.states == {"North": "ending", "South": "ending"}
    assert house.log == {name: [("wind down", 3.0)] for name in ("North", "South")}
    nursery.start_soon(house.host.wind_down, 60.0)
    await trio.testing.wait_all_tasks_blocked()
    house.host.end_grace()
    await house.host.close_all("ending")
    assert trio.current_time() == pytest.approx(3.0)
    assert sorted(house.gone) == ["North", "South"]


async def test_zone_that_meets_a_fault_while_it_winds_down_is_not_opened_anew(
    house: House, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    nursery.start_soon(house.host.wind_down, 60.0)
    await trio.testing.wait_all_tasks_blocked()
    house.runner("North").fail(ZeroDivisionError("a fault"))
    await trio.sleep(FIRST_PAUSE_S + 10)
    assert len(house.made["North"]) == 1
    assert house.gone == ["North"]


async def test_zone_that_cannot_be_opened_leaves_nothing(house: House) -> None:
    house.refuses = [StoreFault("no such file")]
    with pytest.raises(StoreFault, match="no such file"):
        await house.host.open("West")
    assert "West" not in house.host.states
    await house.host.open("West")
    with pytest.raises(RuntimeError, match="zone West is open"):
        await house.host.open("West")


async def test_zone_closed_before_it_is_served_is_closed_and_its_opening_returns(house: House) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.host.open, "West")
        while "West" not in house.host.tokens:  # the moment between its making and its serving
            await trio.lowlevel.checkpoint()
        house.host._kept["West"].scope.cancel()
    assert "West" not in house.host.tokens
    assert house.gone == ["West"]
