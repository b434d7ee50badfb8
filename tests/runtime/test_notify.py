"""What the service manager is told."""

import os
import socket
from pathlib import Path

import pytest
import trio
import trio.testing

from agentmgr.runtime.notify import ServiceManager

UNITS = Path(__file__).parent.parent.parent / "config" / "systemd"


@pytest.fixture
def manager(tmp_path: Path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path))
        sock.setblocking(False)
        yield sock


def told(sock: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(sock.recv(1000).decode())
        except BlockingIOError:
            return found


def test_service_manager_is_told_each_step(manager):
    service = ServiceManager({"NOTIFY_SOCKET": manager.getsockname()})
    service.ready()
    service.reloading()
    service.stopping()
    ready, reloading, stopping = told(manager)
    assert ready == "READY=1"
    assert reloading.startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert stopping == "STOPPING=1"


async def test_watchdog_is_fed_by_the_event_loop(manager, nursery, autojump_clock):
    environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "9000000"}
    service = ServiceManager({**environment, "WATCHDOG_PID": str(os.getpid())})
    nursery.start_soon(service.feed)
    await trio.sleep(10)
    assert told(manager) == ["WATCHDOG=1"] * 4
    nursery.cancel_scope.cancel()
    assert ServiceManager({**environment, "WATCHDOG_PID": "1"}).watchdog_s is None


def test_nobody_is_told_where_nobody_listens(tmp_path):
    ServiceManager({}).ready()
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_units_start_what_there_is():
    units = {path.name: path.read_text() for path in UNITS.glob("*.service")}
    assert set(units) == {"agentmgr@.service", "agentmgr-switch.service"}
    for text in units.values():
        for line in ("Type=notify", "WatchdogSec=10", "NoNewPrivileges=yes", "LimitCORE=0"):
            assert f"\n{line}\n" in text
    assert "ExecStopPost=-/opt/agentmgr/bin/agentmgr zones release" in units["agentmgr@.service"]
