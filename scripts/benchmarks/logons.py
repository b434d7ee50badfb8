"""How long 20 desktops wait for their logon, before and while strangers try passwords.

A server for each case, with passwords as they are stored. The shift logs on from 127.0.0.1, the strangers
from 127.0.0.2, or from the shift's address.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import trio
from attrs import frozen

from protocol.commands import AgentSDKConnected, AGTLogoff, AGTLogon
from protocol.connection import ClientConnection, ResponseReceived, command_bytes
from protocol.registry import VERSION
from protocol.results import ResultCode

AGENTS = tuple(str(number) for number in range(1001, 1021))
PASSWORD = "demo"
HEAD_START_S = 1.0
"""How long the strangers have been at it when the shift comes."""
PATIENCE_S = 120.0
"""More than the silence after which a server closes a connection: whoever waits so long is lost."""
AGAIN_S = 1.0
"""After how long a logon is tried again that was answered 6."""
SHIFT, ELSEWHERE = "127.0.0.1", "127.0.0.2"


@frozen
class Case:
    """What strangers do: `logons` are agents whose passwords are tried, `leave` says that they hang up."""

    about: str
    logons: tuple[str, ...] = ()
    connections: int = 1
    leave: bool = False
    host: str = ELSEWHERE


UNKNOWN = tuple(f"x{number}" for number in range(1000))
CASES = (
    Case("nobody"),
    Case("600 logons on a connection that is closed at once", UNKNOWN[:600], leave=True),
    Case("1000 logons on one connection", UNKNOWN),
    Case("1000 logons on one connection, from the shift's address", UNKNOWN, host=SHIFT),
    Case("1000 logons on 200 connections", UNKNOWN, connections=200),
    Case("300 wrong passwords for one agent", AGENTS[:1] * 300, connections=300),
    Case("the same, from the shift's address", AGENTS[:1] * 300, connections=300, host=SHIFT),
)


def measure(cases: int, root: Path | None = None) -> list[dict[str, Any]]:
    """Measure the first cases, each on a fresh server, that of the sources in `root` if it is given."""
    results = []
    for case in CASES[:cases]:
        with _serving(root) as port:
            results.append({"strangers": case.about, **trio.run(_play, case, port)})
    return results


@contextmanager
def _serving(root: Path | None) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "agentmgr", "demo", "--serve-only", "--data", data, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root or os.getcwd()) as server:
            assert server.stdout is not None
            found = re.search(r"port ([0-9]+)", server.stdout.readline())
            assert found is not None, "the server did not start"
            try:
                yield int(found[1])
            finally:
                server.kill()


async def _play(case: Case, port: int) -> dict[str, Any]:
    waits: list[float] = []
    refused: list[str] = []
    async with trio.open_nursery() as nursery:
        for number in range(case.connections if case.logons else 0):
            nursery.start_soon(_try_passwords, case, case.logons[number :: case.connections], port)
        await trio.sleep(HEAD_START_S)
        async with trio.open_nursery() as shift:
            for agent_id in AGENTS:
                shift.start_soon(_log_on, agent_id, port, waits.append, refused.append)
        nursery.cancel_scope.cancel()
    waits += [PATIENCE_S] * (len(AGENTS) - len(waits))
    return {
        "p50_s": round(median(waits), 3),
        "max_s": round(max(waits), 3),
        "refused_once_or_more": len(set(refused)),
    }


async def _open(port: int, host: str) -> trio.SocketStream:
    return await trio.open_tcp_stream("127.0.0.1", port, local_address=host)


async def _try_passwords(case: Case, logons: tuple[str, ...], port: int) -> None:
    stream = await _open(port, case.host)
    data = command_bytes(1, "", AgentSDKConnected((), VERSION))
    for number, agent_id in enumerate(logons, 2):
        data += command_bytes(number, agent_id, _logon("a guess"))
    await stream.send_all(data)
    if case.leave:
        await trio.sleep(HEAD_START_S / 2)
        await stream.aclose()
        return
    async for _ in stream:
        pass


async def _log_on(
    agent_id: str, port: int, waited: Callable[[float], None], refused: Callable[[str], None]
) -> None:
    """Log an agent on, and off again; whoever is refused with 6 tries again."""
    stream, wire = await _open(port, SHIFT), ClientConnection()
    await stream.send_all(command_bytes(1, "", AgentSDKConnected((), VERSION)))
    began = perf_counter()
    request_id = 1
    with trio.move_on_after(PATIENCE_S):
        while True:
            request_id += 1
            await stream.send_all(command_bytes(request_id, agent_id, _logon(PASSWORD)))
            result = await _result(stream, wire, request_id)
            if result is ResultCode.SUCCESS:
                break
            refused(agent_id)
            await trio.sleep(AGAIN_S)
        waited(perf_counter() - began)
    await stream.send_all(command_bytes(request_id + 1, agent_id, AGTLogoff()))


async def _result(stream: trio.SocketStream, wire: ClientConnection, request_id: int) -> ResultCode:
    while True:
        data = await stream.receive_some()
        if not data:  # nothing was sent for so long; it counts as all of the patience
            await trio.sleep_forever()
        for message in wire.receive(bytes(data)):
            if isinstance(message, ResponseReceived) and message.request_id == request_id:
                result: ResultCode = message.response.result
                return result


def _logon(password: str) -> AGTLogon:
    return AGTLogon("100", password, False, "en-US", "UTC", "Default")
