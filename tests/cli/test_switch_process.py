"""The switch as a process of its own, and managers that come and go."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import trio

from agentmgr.core.effects import NailUp
from agentmgr.core.events import NailAnswered
from agentmgr.ports import Token
from agentmgr.telephony.remote import RemoteSwitch, ask_status
from agentmgr.telephony.secret import ENVIRONMENT

AGENTMGR = [sys.executable, "-m", "agentmgr"]
SECRET = "a secret that nobody guesses"

CONFIG = """
[switch]
nail_answer = 1.0
nail_answer_median_s = 0.05
nail_answer_sigma = 0.0
nail_loss_per_h = 0.0
"""


@pytest.fixture
def running(tmp_path, monkeypatch) -> Iterator[tuple[Any, int]]:
    """A switch process, and its port."""
    monkeypatch.setenv(ENVIRONMENT, SECRET)
    config = tmp_path / "switch.toml"
    config.write_text(CONFIG)
    command = [*AGENTMGR, "switch", "--config", str(config), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        ready = json.loads(process.stderr.readline())
        assert (ready["event"], ready["has_secret"]) == ("switch_ready", True)
        yield process, ready["port"]
        process.kill()


@pytest.mark.slow
def test_calls_outlive_a_manager_and_the_process_ends_in_order(running) -> None:
    process, port = running
    connect = partial(trio.open_tcp_stream, "127.0.0.1", port)

    async def own(epoch: int, known: list[str], orders: list[Any]) -> tuple[frozenset[str], list[Any]]:
        heard: list[Any] = []
        has_all = trio.Event()

        def hear(event: Any) -> None:
            heard.append(event)
            if len(heard) == len(orders):
                has_all.set()

        switch = RemoteSwitch(connect, SECRET.encode(), Token("Default", 1, epoch))
        async with switch.open(hear):
            living = await switch.keep(known)
            for order in orders:
                switch.order(order)
            if orders:
                with trio.fail_after(5):
                    await has_all.wait()
        return living, heard

    nails = [NailUp("n1", "1001", "sip:1001"), NailUp("n2", "1002", "sip:1002")]
    _, heard = trio.run(own, 1, [], nails)
    assert heard == [NailAnswered("n1"), NailAnswered("n2")]
    assert trio.run(own, 2, ["n1", "n3"], []) == ({"n1"}, [])
    (zone,) = trio.run(ask_status, connect, SECRET.encode())
    assert (zone.epoch, zone.lines, zone.orders, zone.takeovers) == (2, 1, 2, 2)
    shown = subprocess.run(
        [*AGENTMGR, "switch", "--status", "--json", "--listen", f"127.0.0.1:{port}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(shown.stdout)["stale_orders"] == 0
    process.send_signal(signal.SIGTERM)
    log = process.stderr.read()
    assert process.wait(5) == 0
    assert "switch_ended" in log
    assert SECRET not in log


@pytest.mark.parametrize(
    ("listen", "code", "why"),
    [("0.0.0.0:0", 1, "needs a secret"), ("nowhere", 2, "a host and a port"), ("192.0.2.1:1", 1, "secret")],
)
def test_switch_that_cannot_be_served_says_why(listen, code, why, shell, monkeypatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    shell("switch", "--listen", listen, code=code)
    assert why in shell.error


def test_status_without_a_switch_says_so(shell) -> None:
    shell("switch", "--status", "--listen", "127.0.0.1:1", code=1)
    assert shell.error.startswith("no switch answers at 127.0.0.1 port 1")
