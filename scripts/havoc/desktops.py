"""Simulated desktops of one zone as a process of their own, with a journal of what came over the wire.

The journal has nothing of the client library: it is made of the bytes of each connection. Started by
`python -m scripts.havoc.desktops` with one argument, a JSON object: see `Task`.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import IO, Any

import attrs
import trio
from attrs import frozen

from agentmgr.client.on_trio import open_tcp
from agentmgr.desk.fleet import run_fleet
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.runtime.clock import Clock
from protocol.connection import (
    ClientConnection,
    CommandReceived,
    NotificationReceived,
    ResponseReceived,
    ServerConnection,
)

BRISK = DeskParams(
    returns=True,
    wrapup_median_s=3,
    wrapup_sigma=0.3,
    release=0.6,
    release_median_s=10,
    note=0.5,
    callback=0.15,
    hold=0.1,
    aux=0.0,
    redial=0.0,
)


@frozen
class Task:
    """What the process does.

    Attributes:
        addresses: of all managers.
        zone: of the agents.
        agents: their ids.
        password: the same for all.
        seed: of their habits.
        journal: the file for it; empty for none.
        through: the port under which each is reached, by its own; JSON has them as texts.
    """

    addresses: Sequence[str]
    zone: str
    agents: Sequence[str]
    password: str
    seed: int
    journal: str = ""
    through: dict[str, int] = attrs.Factory(dict)


class Journal:
    """Lines of JSON, each with the time of a clock that all processes of the machine share."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, kind: str, **fields: Any) -> None:
        """Write a line; what was written is there, whoever is killed."""
        self._file.write(json.dumps({"at": time.monotonic(), "kind": kind, **fields}) + "\n")
        self._file.flush()


class Tapped(trio.abc.Stream):
    """A stream to a manager whose frames are written down."""

    def __init__(self, stream: trio.abc.Stream, address: str, journal: Journal) -> None:
        self._stream = stream
        self._address = address
        self._journal = journal
        self._sent, self._received = ServerConnection(), ClientConnection()

    async def send_all(self, data: Any) -> None:
        """Write down each command, then send it."""
        for each in self._sent.receive(bytes(data)):
            if isinstance(each, CommandReceived):
                self._journal.write(
                    "command",
                    agent=each.agent_id,
                    id=each.request_id,
                    name=type(each.command).__name__,
                    session=getattr(each.command, "session_id", ""),
                )
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Wait as the stream below."""
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Receive, and write down each RESP and what changes a call's state."""
        data = await self._stream.receive_some(max_bytes)
        if data:
            for each in self._received.receive(bytes(data)):
                if isinstance(each, ResponseReceived):
                    self._journal.write(
                        "resp",
                        agent=each.agent_id,
                        id=each.request_id,
                        name=type(each.response).__name__.removesuffix("RESP"),
                        result=int(each.response.result),
                        port=self._address,
                    )
                elif isinstance(each, NotificationReceived):
                    state = getattr(each.notification, "call_state", None)
                    if state is not None:
                        self._journal.write("state", agent=each.agent_id, state=str(state.value))
        return data

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()


async def work(task: Task, journal: Journal) -> None:
    """Work until SIGTERM, then let everybody finish and log off."""

    async def opener(address: tuple[str, int]) -> trio.abc.Stream:
        host, port = address
        stream = await open_tcp((host, task.through.get(str(port), port)))
        return Tapped(stream, str(port), journal)

    desktops = [SimDesktop(agent, task.password, task.zone, task.seed, BRISK) for agent in task.agents]
    stopping = trio.Event()

    async def stop_when_told() -> None:
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            await anext(signals)
            stopping.set()
            await anext(signals)
            nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop_when_told)
        await run_fleet(
            task.addresses, desktops, Clock().steady, stopping=stopping, opener=opener, patience_s=60
        )
        nursery.cancel_scope.cancel()
    for desktop in desktops:
        failure = None if desktop.failure is None else int(desktop.failure)
        journal.write(
            "end",
            agent=desktop.agent_id,
            finished=desktop.finished,
            failure=failure,
            contacts=desktop.contacts,
        )


def main() -> None:
    """Do the task of the command line."""
    task = Task(**json.loads(sys.argv[1]))
    with open(task.journal or os.devnull, "a", encoding="utf-8") as file:
        trio.run(work, task, Journal(file))


if __name__ == "__main__":
    main()
