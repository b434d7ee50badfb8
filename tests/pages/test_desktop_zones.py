"""Zones at several managers: a page reaches its zone wherever it is, and follows it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from attrs import define, evolve, field, frozen
from loops import Loop, looping
from playwright.sync_api import BrowserContext, expect
from seats import Desk

from agentmgr.admin import requests
from agentmgr.app import RunningServer
from agentmgr.settings.classes import HttpSettings, Settings
from tests.databases import new_store
from tests.ha.test_managers import House, free_port, until

pytestmark = pytest.mark.slow


@frozen
class Pages(House):
    """Managers whose pages have known ports."""

    http_ports: dict[str, int]

    def settings(self, name: str) -> Settings:
        return evolve(super().settings(name), http=HttpSettings(port=self.http_ports[name]))


@define
class Managers:
    """Whole managers of one database; zone North belongs to a, South to b."""

    house: Pages
    loop: Loop
    running: dict[str, RunningServer] = field(factory=dict)
    _ends: dict[str, trio.Event] = field(factory=dict)

    def start(self, name: str) -> None:
        """Let a manager run."""
        self.loop.run(self.loop.nursery.start, self._live, name)

    async def _live(self, name: str, task_status: trio.TaskStatus[None]) -> None:
        async with self.house.manager(name) as self.running[name]:
            self._ends[name] = trio.Event()
            task_status.started()
            await self._ends[name].wait()
            await self.running.pop(name).wind_down(0.0)

    def end(self, name: str) -> None:
        """Stop a manager as planned."""
        trio.from_thread.run_sync(self._ends[name].set, trio_token=self.loop.token)

    def have(self, **zones: set[str]) -> None:
        """Wait until each manager has these zones."""
        self.loop.run(
            until, lambda: all(set(self.running[name].zones) == each for name, each in zones.items())
        )


@pytest.fixture
def managers(tmp_path: Path) -> Iterator[Managers]:
    ports = {(name, zone): free_port() for name in "ab" for zone in ("North", "South")}
    http_ports = {name: free_port() for name in "ab"}
    house = Pages(new_store(tmp_path / "agentmgr.sqlite"), tmp_path, ports, http_ports)
    with looping() as loop:
        yield Managers(house, loop)


def test_desktop_follows_its_zone_to_other_managers(context: BrowserContext, managers: Managers) -> None:
    managers.start("a")
    managers.start("b")
    managers.have(a={"North"}, b={"South"})
    a = managers.running["a"]
    managers.loop.run(a.perform, requests.AddAgents(("1001",), "", "demo", "South", {"English": 1}))
    desk = Desk(context.new_page(), a.http_url)
    desk.open()
    zone = desk.page.get_by_label("Zone")
    expect(zone.get_by_role("option")).to_have_text(["North", "South"])
    zone.select_option("South")
    desk.sign_in_here("1001")
    desk.press("Alt+r", "Ready")
    expect(desk.page.get_by_text("Waiting for your phone")).to_be_visible()
    # the zone's manager ends: another one has the zone, and the agent in it as before
    managers.end("b")
    managers.have(a={"North", "South"})
    desk.take_break("Lunch")
    expect(desk.page.locator(".state")).to_have_text(re.compile("On a break.*Lunch"))
    expect(desk.page.locator(".banner")).to_have_count(0)
    # it comes back, and has its zone back
    managers.start("b")
    managers.have(a={"North"}, b={"South"})
    desk.press("Alt+r", "Ready")
    expect(desk.page.get_by_text("Waiting for your phone")).to_be_visible()
    # the same at another address, which the page did not know when it was loaded
    managers.end("b")
    managers.have(a={"North", "South"})
    managers.house.http_ports["b"] = free_port()
    managers.start("b")
    managers.have(a={"North"}, b={"South"})
    desk.take_break("Lunch")
    expect(desk.page.get_by_text("You are on a break")).to_be_visible()
    assert not desk.complaints
