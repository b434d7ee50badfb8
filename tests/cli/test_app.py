import math
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
import trio
import trio.testing
from attrs import evolve

import agentmgr.client
from agentmgr import app, making
from agentmgr.admin import requests
from agentmgr.admin.feed import fed_from
from agentmgr.admin.operations import SUPERVISOR, perform
from agentmgr.admin.socket import AdminRefused
from agentmgr.app import open_server
from agentmgr.campaign.services import Services
from agentmgr.core.events import ZoneClosing
from agentmgr.databases import make_database
from agentmgr.ports import ContactDraft, StoreFault
from agentmgr.runtime import clock, host
from agentmgr.runtime.host import first_error
from agentmgr.runtime.wanted import JobsKeeper
from agentmgr.server.limits import Limits
from agentmgr.settings.classes import (
    AdminSettings,
    DatabaseSettings,
    HttpSettings,
    InboundSettings,
    Settings,
    SwitchSettings,
    ZoneSettings,
)
from agentmgr.store import open_sqlite
from agentmgr.store.opening import SqlStore


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(
        database=DatabaseSettings(str(tmp_path / "agentmgr.sqlite")),
        admin=AdminSettings(str(tmp_path / "admin.sock")),
        http=HttpSettings(port=0),
        zones=(ZoneSettings("North", port=0), ZoneSettings("South", port=0)),
    )
    make_database(settings)
    (tmp_path / "people.csv").write_text("UserContactId,PhoneNumber1\nA,+14155550123\n")
    return settings


async def prepare(server: Any, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    with fed_from(people) as pieces:
        await server.perform(requests.ImportContacts(str(people), "People"), pieces)
    await server.perform(
        requests.CreateCampaign(
            {"name": "Spring", "lists": ["People"], "pacing": "progressive", "skill": "English"}
        )
    )


async def test_every_zone_is_served_and_knows_where_the_others_are(settings: Settings) -> None:
    async with open_server(settings) as server:
        north, south = server.zones.values()
        assert {name: info.port for name, info in north.zone.directory.items()} == {
            "North": north.port,
            "South": south.port,
        }
        for running in (north, south):
            async with await trio.open_tcp_stream(running.host, running.port):
                pass


@pytest.mark.parametrize("by_s", [9 * 3600.0, -9 * 3600.0])
async def test_server_and_its_zones_follow_a_wall_clock_that_is_stepped(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, by_s: float
) -> None:
    monkeypatch.setattr(clock, "CHECK_INTERVAL_S", 0.01)
    async with open_server(settings) as server:
        steady, truly = server.clock.steady.now(), time.time
        monkeypatch.setattr(clock.time, "time", lambda: truly() + by_s)
        outs = [running.zone.out for running in server.zones.values()]
        await until(lambda: all(out.now - out.steady == pytest.approx(by_s, abs=1.0) for out in outs))
        assert server.clock.now() == pytest.approx(truly() + by_s, abs=1.0)
        assert 0 <= server.clock.steady.now() - steady < 60.0


async def until(true: Callable[[], bool]) -> None:
    with trio.fail_after(30):
        while not true():
            await trio.testing.wait_all_tasks_blocked()


async def test_zone_hears_at_once_what_a_request_changed_of_its_jobs(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "JobsKeeper", partial(JobsKeeper, every_s=math.inf))
    async with open_server(settings) as server:
        await prepare(server, tmp_path)
        jobs = server.zones["South"].zone.jobs
        (started,) = await server.perform(requests.RunCampaign("Spring", ("South",)))
        await until(lambda: started["job_id"] in jobs)
        assert server.zones["North"].zone.jobs == {}
        (job,) = jobs.values()
        await server.perform(requests.PauseCampaign("Spring"))
        await until(lambda: job.paused)
        await server.perform(requests.ResumeCampaign("Spring"))
        await until(lambda: not job.paused)
        await server.perform(requests.StopCampaign("Spring"))
        await until(lambda: not jobs)


async def test_zone_finds_by_itself_what_another_wrote_into_the_store(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "JobsKeeper", partial(JobsKeeper, every_s=0.01))
    async with open_server(settings) as server:
        await prepare(server, tmp_path)
        services = Services(evolve(server._backing, hint=lambda zone: None), SUPERVISOR)
        jobs = server.zones["South"].zone.jobs
        for request, done in (
            (requests.RunCampaign("Spring", ("South",)), lambda: bool(jobs)),
            (requests.StopCampaign("Spring"), lambda: not jobs),
        ):
            await trio.to_thread.run_sync(lambda request=request: list(perform(request, services)))
            await until(done)


async def test_job_goes_on_after_a_restart(settings: Settings, tmp_path: Path) -> None:
    async with open_server(settings) as server:
        await prepare(server, tmp_path)
        await server.perform(requests.RunCampaign("Spring", ("North",)))
    async with open_server(settings) as server:
        await until(lambda: bool(server.zones["North"].zone.jobs))
        (job,) = server.zones["North"].zone.jobs.values()
        assert (job.campaign.name, job.total, job.done) == ("Spring", 1, 0)


async def test_zone_with_a_fault_of_its_own_is_open_again_at_its_port_and_the_other_goes_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "FIRST_PAUSE_S", 0.01)
    async with open_server(settings) as server:
        north, south = server.zones.values()

        def fail(*_: object) -> NoReturn:
            raise ZeroDivisionError("a fault of the quarantine")

        async with agentmgr.client.connect([(south.host, south.port)]) as other:
            monkeypatch.setattr(north.zone, "handle", fail)
            north.runner.push(ZoneClosing(0))
            await until(lambda: server.zones.get("North") not in (None, north))
            again = server.zones["North"]
            assert (again.port, again.zone.config.epoch) == (north.port, north.zone.config.epoch + 1)
            async with agentmgr.client.connect([(again.host, again.port)]) as pom:
                assert set(pom.zones) == {"North", "South"}
            assert server.zones["South"] is south
            await other.get_zone_list()


class Signals:
    """Signals that a test sends."""

    def __init__(self) -> None:
        self._send, self._receive = trio.open_memory_channel[int](3)

    def __aiter__(self) -> "Signals":
        return self

    async def __anext__(self) -> int:
        return await self._receive.receive()

    async def come(self, number: int) -> None:
        await self._send.send(number)
        await trio.testing.wait_all_tasks_blocked()


async def test_each_further_signal_makes_the_end_quicker(nursery: trio.Nursery) -> None:
    signals, ending, ended = Signals(), trio.CancelScope(), []

    class Server:
        def end_grace(self) -> None:
            ended.append(ending.cancel_called)

    nursery.start_soon(partial(app._hurry, signals, Server(), ending))  # type: ignore[arg-type]  # fakes
    await trio.testing.wait_all_tasks_blocked()
    assert ended == []
    await signals.come(signal.SIGINT)
    assert ended == [False]
    await signals.come(signal.SIGTERM)
    assert ending.cancel_called


async def test_end_that_is_cut_off_waits_for_nothing(settings: Settings) -> None:
    ending = trio.CancelScope()
    with trio.fail_after(20):
        async with (
            open_server(settings, ending=ending) as server,
            await trio.open_tcp_stream(server.zones["North"].host, server.zones["North"].port) as line,
        ):
            await trio.testing.wait_all_tasks_blocked()
            ending.cancel()
            await line.send_all(b"half a frame")
    assert ending.cancelled_caught


async def test_desktops_live_in_real_time_however_fast_the_clock_runs(settings: Settings) -> None:
    fast = evolve(settings, switch=SwitchSettings(speed=40.0))
    async with open_server(fast) as server:
        config = server.zones["North"].zone.config
        assert (config.agent_silence_s, config.agent_answer_s) == (3600.0, 400.0)
        assert config.lost_desktop_s == 60.0


@pytest.mark.parametrize("zones", [2, 0])
async def test_database_that_is_moved_ends_the_server_with_where_it_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, zones: int
) -> None:
    monkeypatch.setattr(app, "LOOK_INTERVAL_S", 0.01)
    path = Path(settings.database.path)

    async def serve() -> None:
        async with open_server(evolve(settings, zones=settings.zones[:zones])):
            path.rename(path.with_name("moved.sqlite"))
            await trio.sleep_forever()

    with trio.fail_after(20), pytest.raises(BaseExceptionGroup) as caught:
        await serve()
    fault = first_error(caught.value)
    assert isinstance(fault, StoreFault)
    assert "moved.sqlite; move it to" in str(fault)


async def test_zone_that_is_not_served_is_refused_with_those_that_are(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_server(settings) as server:
        await prepare(server, tmp_path)
        with pytest.raises(AdminRefused, match="zone West: is not served here; there are: North, South"):
            await server.perform(requests.RunCampaign("Spring", ("West",)))


async def test_store_that_fails_ends_the_server_with_its_reason(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise StoreFault("agentmgr.sqlite: the disk is full; free some space and start again")

    monkeypatch.setattr(SqlStore, "claim_contacts", fail)
    with pytest.raises(BaseExceptionGroup) as caught:
        await _run_campaign_for_ever(settings, tmp_path)
    assert "the disk is full" in str(first_error(caught.value))
    assert not Path(settings.admin.socket).exists()


async def _run_campaign_for_ever(settings: Settings, tmp_path: Path) -> None:
    with trio.fail_after(30):
        async with open_server(settings) as server:
            await prepare(server, tmp_path)
            await server.perform(requests.RunCampaign("Spring", ("North",)))
            await trio.sleep_forever()


async def test_inbound_enabled_calls_come_in_and_metrics_show_them(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = evolve(
        settings,
        http=HttpSettings(port=port),
        switch=SwitchSettings(speed=1000.0),
        inbound=InboundSettings(enabled=True, calls_per_h=36_000.0),
    )
    with trio.fail_after(30):
        async with open_server(settings) as server:
            north = server.zones["North"]
            async with agentmgr.client.connect([(north.host, north.port)]):
                while 'agentmgr_inbound_calls_total{outcome="served",zone="North"} 0.0' in (
                    page := await _get(port, "/metrics")
                ):
                    pass
    assert 'agentmgr_inbound_queue{zone="North"}' in page
    assert 'agentmgr_blended_total{direction="inbound",zone="South"} 0.0' in page


async def test_health_is_bad_while_the_server_ends_and_http_clients_do_not_hold_it_up(
    settings: Settings,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = evolve(settings, http=HttpSettings(port=port), desktops=Limits(linger_s=0.5))
    answers: list[str] = []
    healthy = trio.Event()

    async def watch() -> None:
        while not answers or "200" in answers[-1]:
            answers.append((await _get(port, "/healthz")).split("\r\n")[0])
            healthy.set()

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            async with open_server(settings) as server:
                north = server.zones["North"]
                # A desktop that does not go makes the end last as long as it may linger.
                deaf = await trio.open_tcp_stream(north.host, north.port)
                idle, half = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(2)]
                await half.send_all(b"GET /healthz HTT")
                nursery.start_soon(watch)
                await healthy.wait()
                began = trio.current_time()
            assert trio.current_time() - began < 4
    assert "503" in answers[-1]
    for stream in (deaf, idle, half):
        await stream.aclose()


async def _get(port: int, path: str) -> str:
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join([chunk async for chunk in stream]).decode()


async def test_list_whose_emptying_a_dead_server_had_begun_is_emptied_by_the_next(
    settings: Settings,
) -> None:
    with closing(open_sqlite(Path(settings.database.path))) as store:
        list_id = store.ensure_list("Old", 1.0)
        drafts = [ContactDraft(f"C{number}", (), {"FirstName": "Ann"}) for number in range(1200)]
        store.put_contacts(list_id, drafts, 1.0)
        assert store.begin_emptying(list_id, 2.0) == 1200
        assert store.empty_some(list_id, 500, 2.0, "")
        store.put_contacts(list_id, [ContactDraft("New", (), {})], 3.0)
    async with open_server(settings) as server:
        contacts = server.services(SUPERVISOR).contacts
        with trio.fail_after(30):
            while (await trio.to_thread.run_sync(contacts.emptying, "Old")).being_emptied:  # noqa: ASYNC110
                await trio.sleep(0.01)
        assert contacts.emptying("Old").contacts == 1
