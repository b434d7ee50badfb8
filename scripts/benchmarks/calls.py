"""Calls of the web services, reads and writes by turns, beside desktops that work; and these without them.

The server is the whole one, with a database file, or with PostgreSQL, where a process of their own has the
web services; customers answer at once and never hang up. Each desktop holds or unholds its customer once a
second. Callers keep their connections and sign in with each call.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from heapq import heapify, heapreplace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from select import select
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import attrs
import trio
from attrs import define

from agentmgr import log
from agentmgr.admin import requests
from agentmgr.app import RunningServer, serve_until_told, tune_python
from agentmgr.campaign.service import Caller
from agentmgr.core.model import PhoneNumber
from agentmgr.databases import make_database
from agentmgr.ports import ContactDraft, Role
from agentmgr.settings.classes import (
    AdminSettings,
    DatabaseSettings,
    HttpSettings,
    ServerSettings,
    Settings,
    SwitchSettings,
    ZoneSettings,
)
from agentmgr.testing.postgres import ThrowawayPostgres
from agentmgr.web_process import serve_web
from scripts.benchmarks.desktops import Poller, Turns, connect, talking_agents
from scripts.benchmarks.servers import CAMPAIGN, UNLIMITED, WILLING
from scripts.benchmarks.wire import pin

FORK = get_context("fork")
USER, PASSWORD = "crm", "bench"
LIST, CONTACTS = "Customers", 1000
PERIOD_S = 1.0
"""How often a desktop sends a command."""
WARM_UP_S = 2.0
AUTHORIZATION = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()

AGENT_PATH = "/axis2/services/VP_POMAgentAPIService"
CAMPAIGN_PATH = "/axis2/services/VP_POMCmpMgmtService"


# -- the server ---------------------------------------------------------------------------------------


def _settings(data: Path, url: str) -> Settings:
    return Settings(
        server=ServerSettings(stop_grace_s=0.0),
        database=DatabaseSettings(str(data / "bench.sqlite"), url=url),
        admin=AdminSettings(str(data / "admin.sock")),
        http=HttpSettings(port=0, connections=1000),
        zones=(ZoneSettings(name="Default", host="127.0.0.1", port=0),),
        switch=SwitchSettings(**attrs.asdict(WILLING)),
        desktops=UNLIMITED,
    )


def serve(data: Path, url: str, desktops: int) -> None:
    """Serve until SIGTERM; prints the zone's port and that of the web services."""
    settings = _settings(data, url)
    make_database(settings)

    async def fill(server: RunningServer) -> None:
        agents = tuple(str(1000 + number) for number in range(desktops))
        await server.perform(requests.AddAgents(agents, "", PASSWORD, "Default", {"bench": 5}))
        await server.perform(requests.AddAccount(USER, PASSWORD, Role.MANAGER))
        services = server.services(Caller("bench"))
        await trio.to_thread.run_sync(_fill, server, desktops)
        await trio.to_thread.run_sync(services.campaigns.create, CAMPAIGN, ("Called",))
        await server.perform(requests.RunCampaign(CAMPAIGN.name, ("Default",)))
        tune_python()
        print(server.zones["Default"].port, server.http_url.rpartition(":")[2], flush=True)

    trio.run(serve_until_told, settings, fill)


def serve_apart(data: Path, url: str) -> None:
    """Serve the web services alone until SIGTERM; prints their port."""

    async def ready(port: int) -> None:
        print(port, flush=True)

    trio.run(serve_web, _settings(data, url), ready)


def _fill(server: RunningServer, desktops: int) -> None:
    store = server._backing.store
    called = store.ensure_list("Called", 0.0)
    numbers = (f"+4930{1_000_000 + n}" for n in range(desktops * 2))
    store.put_contacts(called, [_draft(f"C{n}", number) for n, number in enumerate(numbers)], 0.0)
    others = store.ensure_list(LIST, 0.0)
    store.put_contacts(others, [_draft(f"U{n}", f"+4940{1_000_000 + n}") for n in range(CONTACTS)], 0.0)


def _draft(contact_id: str, number: str) -> ContactDraft:
    return ContactDraft(contact_id, (PhoneNumber("PhoneNumber1", number),), {})


@contextmanager
def serving(desktops: int, *, apart: bool = False) -> Iterator[tuple[list[int], int, int]]:
    """Run the server; yields its process ids, the zone's port and that of the web services.

    Args:
        desktops: as many agents and customers.
        apart: whether the web services are a process of their own, on PostgreSQL.
    """
    with tempfile.TemporaryDirectory() as data, ExitStack() as stack:
        url = ""
        if apart:
            postgres = ThrowawayPostgres(careful=True)
            stack.callback(postgres.stop)
            postgres.start()
            url = postgres.url()
        process_id, zone, http = stack.enter_context(_process(data, url, str(desktops)))
        pin(process_id, 0)
        process_ids = [process_id]
        if apart:
            process_id, http = stack.enter_context(_process(data, url))
            process_ids.append(process_id)
        yield process_ids, zone, http


@contextmanager
def _process(*arguments: str) -> Iterator[list[int]]:
    """Run a server of this module; yields its process id and the ports that it prints."""
    command = [sys.executable, "-m", "scripts.benchmarks.calls", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        ports = [int(port) for port in process.stdout.readline().split()]
        yield [process.pid, *ports]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()


# -- the callers --------------------------------------------------------------------------------------


def _soap(path: str, namespace: str, content: str) -> bytes:
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
        f' xmlns:a="http://services.pim.avaya.com/{namespace}/"><s:Body>{content}</s:Body></s:Envelope>'
    ).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {AUTHORIZATION}\r\n"
        f'Content-Type: text/xml; charset=utf-8\r\nSOAPAction: ""\r\nContent-Length: {len(body)}\r\n\r\n'
    )
    return head.encode() + body


def soap_calls(number: int, dice: Random) -> list[bytes]:
    """Return a round of one caller's calls: three reads, three writes."""
    contact, where = f"U{dice.randrange(CONTACTS)}", f"<a:ContactListName>{LIST}</a:ContactListName>"
    own, value = f"N{number}", dice.randrange(10**6)
    return [
        _soap(AGENT_PATH, "AgentAPI", content)
        for content in (
            f"<a:GetContactDataFromList><a:UserContactID>{contact}</a:UserContactID>{where}</a:GetContactDataFromList>",
            "<a:SaveContactToList><a:ContactToBeSaved>"
            f"<a:UserContactId>{own}</a:UserContactId>{where}<a:FirstName>Number {value}</a:FirstName>"
            f"<a:PhoneNumber1>+4940{2_000_000 + number}</a:PhoneNumber1></a:ContactToBeSaved>"
            "<a:UpdateExisting>true</a:UpdateExisting></a:SaveContactToList>",
            f"<a:IsDNC><a:Address>+4940{1_000_000 + value}</a:Address></a:IsDNC>",
            f"<a:UpdateContactAttributeValueToList><a:ContactID>{contact}</a:ContactID>{where}"
            "<a:AttributeName>FirstName</a:AttributeName>"
            f"<a:AttributeValue>Number {value}</a:AttributeValue></a:UpdateContactAttributeValueToList>",
            f"<a:GetContactAttributeValueFromList><a:ContactID>{contact}</a:ContactID>{where}"
            "<a:AttributeName>FirstName</a:AttributeName></a:GetContactAttributeValueFromList>",
            f"<a:UpdateContactAttributeValueToList><a:ContactID>{contact}</a:ContactID>{where}"
            "<a:AttributeName>LastName</a:AttributeName>"
            f"<a:AttributeValue>{value}</a:AttributeValue></a:UpdateContactAttributeValueToList>",
        )
    ]


def _rest(method: str, path: str, **fields: object) -> bytes:
    body = json.dumps(fields).encode() if fields else b""
    head = (
        f"{method} /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {AUTHORIZATION}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def rest_calls(number: int, dice: Random) -> list[bytes]:
    """Return the same round over REST."""
    contact, value = f"/lists/{LIST}/contacts/U{dice.randrange(CONTACTS)}", dice.randrange(10**6)
    saved = {
        "UserContactId": f"N{number}",
        "ContactListName": LIST,
        "FirstName": f"Number {value}",
        "PhoneNumber1": f"+4940{2_000_000 + number}",
    }
    return [
        _rest("GET", contact),
        _rest("POST", "/contacts", ContactToBeSaved=saved, UpdateExisting=True),
        _rest("GET", f"/dnc/%2B4940{1_000_000 + value}"),
        _rest("PUT", f"{contact}/attributes/FirstName", AttributeValue=f"Number {value}"),
        _rest("GET", f"{contact}/attributes/FirstName"),
        _rest("PUT", f"{contact}/attributes/LastName", AttributeValue=str(value)),
    ]


WAYS: dict[str, Callable[[int, Random], list[bytes]]] = {"soap": soap_calls, "rest": rest_calls}
"""A round of calls of one caller, by the way in which it calls."""


@define(eq=False)
class _Caller:
    sock: socket.socket
    number: int
    dice: Random
    way: Callable[[int, Random], list[bytes]]
    left: list[bytes]
    sent_at: float = 0.0
    received: bytes = b""

    def send(self) -> None:
        """Send the next call."""
        if not self.left:
            self.left = self.way(self.number, self.dice)
        self.received, self.sent_at = b"", perf_counter()
        self.sock.sendall(self.left.pop(0))

    def take(self) -> int | None:
        """Take in what came; return the status once the answer is whole."""
        data = self.sock.recv(1 << 16)
        if not data:
            raise ValueError("the server closed a caller's connection")
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        return int(lines[0].split()[1]) if len(body) == length else None


def _call(port: int, way: str, callers: int, seconds: float, parent: Connection) -> None:
    """Call for so long, and tell of each call how long it took, and how many were not done."""
    pin(os.getpid(), -1)
    crowd = {
        sock.fileno(): _Caller(sock, number, Random(number), WAYS[way], [])
        for number, sock in enumerate(connect(port, callers))
    }
    poller = Poller([each.sock for each in crowd.values()])
    for each in crowd.values():
        each.send()
    latencies_s: list[float] = []
    failed, began = 0, perf_counter()
    parent.send("begun")
    while perf_counter() < began + WARM_UP_S + seconds:
        for fd in poller.poll():
            caller = crowd[fd]
            status = caller.take()
            if status is None:
                continue
            now = perf_counter()
            if now > began + WARM_UP_S:
                latencies_s.append(now - caller.sent_at)
                failed += status not in (200, 201, 204)
            caller.send()
    parent.send((latencies_s, failed))


# -- the desktops, and all of it ----------------------------------------------------------------------


def _work(desktops: list[Turns], seconds: float) -> list[float]:
    """Let each desktop send a command a second; return how long each waited for its answer."""
    began = perf_counter()
    by_sock = {each.sock: each for each in desktops}
    due = [(began + PERIOD_S * place / len(desktops), place) for place in range(len(desktops))]
    heapify(due)
    latencies_s: list[float] = []
    while (now := perf_counter()) < began + seconds:
        at, place = due[0]
        if at <= now:
            desktop = desktops[place]
            if not desktop.missing:
                desktop.missing, desktop.sent_at = desktop.answer_bytes[desktop.turn], now
                desktop.sock.send(desktop.frames[desktop.turn])
                desktop.turn ^= 1
            heapreplace(due, (at + PERIOD_S, place))
            continue
        for sock in select(by_sock, (), (), at - now)[0]:
            desktop = by_sock[sock]
            desktop.missing -= len(sock.recv(65536))
            if not desktop.missing:
                latencies_s.append(perf_counter() - desktop.sent_at)
    for desktop in desktops:
        while desktop.missing:
            desktop.missing -= len(desktop.sock.recv(65536))
    return latencies_s


def _told(latencies_s: Sequence[float]) -> dict[str, float]:
    return {
        "p50_ms": round(median(latencies_s) * 1e3, 2),
        "p99_ms": round(quantiles(latencies_s, n=100)[98] * 1e3, 2),
    }


def _cpu_s(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(desktops: int, callers: int, seconds: float, *, apart: bool = False) -> list[dict[str, Any]]:
    """Measure each way of calling with so many callers beside so many desktops, and the desktops alone."""
    with serving(desktops, apart=apart) as (process_ids, zone, http):
        pin(os.getpid(), -1)
        shift = talking_agents(zone, desktops)
        _work(shift, WARM_UP_S)
        results: list[dict[str, Any]] = [{"calls": "none", "desktops": _told(_work(shift, seconds))}]
        for way in WAYS:
            here, there = FORK.Pipe()
            crowd = FORK.Process(target=_call, args=(http, way, callers, seconds, there))
            crowd.start()
            here.recv()
            _work(shift, WARM_UP_S)
            before = sum(map(_cpu_s, process_ids))
            waited_s = _work(shift, seconds)
            cpu_s = sum(map(_cpu_s, process_ids)) - before
            latencies_s, failed = here.recv()
            crowd.join()
            results.append(
                {
                    "calls": way,
                    "callers": callers,
                    "per_s": round(len(latencies_s) / seconds),
                    "failed": failed,
                    **_told(latencies_s),
                    "server_cpu_ms_a_call": round(cpu_s / len(latencies_s) * 1e3, 3),
                    "desktops": _told(waited_s),
                }
            )
        for desktop in shift:
            desktop.sock.close()
    return results


if __name__ == "__main__":
    with open(os.devnull, "w") as nowhere:
        log.configure("warning", "json", nowhere)
        data, url, *desktops = sys.argv[1:]
        if desktops:
            serve(Path(data), url, int(desktops[0]))
        else:
            serve_apart(Path(data), url)
