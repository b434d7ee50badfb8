"""Whole managers in one process over one database: zones come and go with the leases, at real ports."""

import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import frozen
from databases import new_store

import agentmgr.client
from agentmgr.admin import requests
from agentmgr.admin.feed import fed_from
from agentmgr.admin.socket import AdminRefused
from agentmgr.app import RunningServer, open_server
from agentmgr.client import CommandError
from agentmgr.ha.lock import NameInUse, ended, is_free
from agentmgr.ha.times import LeaseTimes
from agentmgr.managing import introduce, lock_path
from agentmgr.settings.classes import (
    AdminSettings,
    DatabaseSettings,
    HttpSettings,
    ServerSettings,
    Settings,
    ZoneSettings,
)
from agentmgr.store import SqlStore
from agentmgr.store.leases import SqlLeases
from protocol.commands import AGTGetTimezones, AGTGetZoneList, GetPAMForZone
from protocol.registry import COMMANDS
from protocol.results import ResultCode

QUICK = LeaseTimes(
    lease_s=6.0, renew_s=0.1, attempt_s=1.0, margin_s=1.0, poll_s=0.05, turn_s=0.1, steady_s=0.3, grace_s=0.0
)


@frozen
class House:
    """Makes managers of one database; `ports` are those of their zones."""

    store: SqlStore
    directory: Path
    ports: dict[tuple[str, str], int]

    def settings(self, name: str) -> Settings:
        home = self.directory / name
        home.mkdir(exist_ok=True)
        return Settings(
            server=ServerSettings(name=name, stop_grace_s=0.0),
            database=DatabaseSettings(str(self.directory / "agentmgr.sqlite")),
            leases=QUICK,
            admin=AdminSettings(str(home / "admin.sock")),
            http=HttpSettings(port=0),
            zones=tuple(
                ZoneSettings(zone, port=self.ports[name, zone], manager=at)
                for zone, at in (("North", "a"), ("South", "b"))
            ),
        )

    def manager(self, name: str) -> AbstractAsyncContextManager[RunningServer]:
        leases = SqlLeases(self.store._database)
        return open_server(self.settings(name), open_stores=lambda *_: (self.store, leases))

    async def ask(self, name: str, zone: str, command: Any) -> Any:
        """Send a command to the port of a zone at a manager, for an agent where it needs one."""
        async with agentmgr.client.connect([("127.0.0.1", self.ports[name, zone])]) as pom:
            caller: Any = await pom.agent("1001") if isinstance(command, AGTGetTimezones) else pom
            return await caller._call(command, COMMANDS[type(command).__name__].resp)

    async def find(self, wanted: str, port: int, name: str, zone: str) -> None:
        """Ask where a zone is until the answer is a port; who owns what is looked up now and then."""
        with trio.fail_after(20):
            while True:
                try:
                    answer = await self.ask(name, zone, GetPAMForZone(wanted))
                    if answer.zones[wanted].port == port:
                        return
                except CommandError as refused:
                    if refused.code not in (ResultCode.INITIALIZING, ResultCode.ZONE_NOT_FOUND):
                        raise
                await trio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture
def house(tmp_path: Path) -> House:
    ports = {(name, zone): free_port() for name in "ab" for zone in ("North", "South")}
    return House(new_store(tmp_path / "agentmgr.sqlite"), tmp_path, ports)


async def until(condition: Callable[[], bool]) -> None:
    with trio.fail_after(20):
        while not condition():  # noqa: ASYNC110  # it is the state of a whole server
            await trio.sleep(0.01)


async def test_two_managers_each_serve_their_zone_and_all_say_where_it_is(house: House) -> None:
    async with house.manager("a") as a, house.manager("b") as b:
        await until(lambda: set(a.zones) == {"North"} and set(b.zones) == {"South"})
        for name in "ab":
            for zone in ("North", "South"):
                await house.find("South", house.ports["b", "South"], name, zone)
                assert (await house.ask(name, zone, AGTGetZoneList())).zone_list == ("North", "South")
        for one in (a, b):
            assert one._keeper is not None
            assert set(one._keeper.pages) == {a.http_url, b.http_url}


async def test_zone_of_a_manager_that_ends_is_moved_and_found_again(house: House) -> None:
    async with AsyncExitStack() as stack:
        a = await stack.enter_async_context(house.manager("a"))
        async with house.manager("b") as b:
            await until(lambda: set(b.zones) == {"South"})
            await b.wind_down(0.0)
        await until(lambda: set(a.zones) == {"North", "South"})
        await house.find("South", house.ports["a", "South"], "a", "North")


async def test_designated_manager_has_its_zone_back_soon_after_its_return(house: House) -> None:
    async with house.manager("a") as a:
        await until(lambda: set(a.zones) == {"North", "South"})
        async with house.manager("b") as b:
            await until(lambda: set(a.zones) == {"North"} and set(b.zones) == {"South"})
        await until(lambda: set(a.zones) == {"North", "South"})


async def test_port_of_a_zone_that_is_elsewhere_answers_9012_and_of_one_unknown_12(house: House) -> None:
    async with house.manager("a") as a, house.manager("b") as b:
        await until(lambda: set(a.zones) == {"North"} and set(b.zones) == {"South"})
        for command, code in (
            (AGTGetTimezones(), ResultCode.INITIALIZING),
            (GetPAMForZone("West"), ResultCode.ZONE_NOT_FOUND),
        ):
            with pytest.raises(CommandError) as raised:
                await house.ask("a", "South", command)
            assert raised.value.code is code


async def test_second_process_of_a_name_is_refused_in_one_line(house: House) -> None:
    async with house.manager("a"):
        with pytest.raises(NameInUse, match=r"another server\.name"):
            introduce(house.settings("a"), "other", "", ExitStack())


async def test_supervisor_sees_and_moves_zones(house: House) -> None:
    async with house.manager("a") as a, house.manager("b") as b:
        await until(lambda: set(a.zones) == {"North"} and set(b.zones) == {"South"})
        rows = {row["zone"]: row for row in await a.perform(requests.ShowZones())}
        assert [(row["owner"], row["agents"]) for row in rows.values()] == [("a", 0), ("b", None)]
        assert 0 <= rows["South"]["lease_age_s"] < QUICK.lease_s
        assert rows["South"]["http_url"] == b.http_url
        assert [row["manager"] for row in await a.perform(requests.ShowManagers())] == ["a", "b"]
        await b.perform(requests.MoveZone("North", "b"))
        await until(lambda: set(b.zones) == {"North", "South"})
        (north, _) = await a.perform(requests.ShowZones())
        assert (north["owner"], north["wanted_at"], north["why"]) == ("b", "b", "a supervisor wants it there")
        await a.perform(requests.MoveZone("North"))
        await until(lambda: set(a.zones) == {"North"})


@pytest.mark.parametrize(
    ("zone", "manager", "why"),
    [("North", "x", "no manager 'x'; those that live: a"), ("West", "a", "no zone 'West'")],
)
async def test_zone_cannot_be_moved_to_nobody_or_from_nowhere(
    house: House, zone: str, manager: str, why: str
) -> None:
    async with house.manager("a") as a:
        with pytest.raises(AdminRefused, match=why):
            await a.perform(requests.MoveZone(zone, manager))


def test_ended_process_is_found_by_its_lock_and_a_living_one_is_left_alone(house: House) -> None:
    settings = house.settings("a")
    assert ended(lock_path(settings)) is None
    with ExitStack() as stack:
        introduce(settings, "first", "", stack)
        assert ended(lock_path(settings)) is None
        assert not is_free(str(lock_path(settings)), "first")
    assert ended(lock_path(settings)) == "first"
    assert is_free(str(lock_path(settings)), "first")
    assert not is_free(str(lock_path(settings)), "another machine's")


async def test_campaign_runs_in_zones_of_two_managers_whichever_is_asked(house: House) -> None:
    people = house.directory / "people.csv"
    people.write_text("UserContactId,PhoneNumber1\nA,+14155550123\nB,+14155550124\n")
    values = {"name": "Spring", "lists": ["People"], "pacing": "progressive", "skill": "English"}
    async with house.manager("a") as a, house.manager("b") as b:
        await until(lambda: set(a.zones) == {"North"} and set(b.zones) == {"South"})
        with fed_from(people) as pieces:
            await a.perform(requests.ImportContacts(str(people), "People"), pieces)
        await a.perform(requests.CreateCampaign(values))
        await a.perform(requests.RunCampaign("Spring", ("North", "South")))
        await until(lambda: len(a.zones["North"].zone.jobs) == len(b.zones["South"].zone.jobs) == 1)
