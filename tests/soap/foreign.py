"""SOAP clients that others wrote, each called in the same way."""

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import pytest
import requests
from zeep import Client
from zeep.exceptions import Fault
from zeep.helpers import serialize_object
from zeep.transports import Transport

ROOT = Path(__file__).parents[2]
CLIENTS = Path(__file__).parent / "clients"
PACKAGES = {"VP_POMAgentAPIService": "agents", "VP_POMCmpMgmtService": "campaigns"}
"""The services, and how Java's packages of their classes are called."""

INSTALLED_WITHIN_S = 600
Request = Mapping[str, Any]


class Refused(Exception):
    """The service refused, with a code that the client read typed."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Foreign(Protocol):
    """A client; what it is told is called as in the WSDL, and an answer is what its one field has."""

    def call(self, service: str, operation: str, request: Request, user: str) -> Any:
        """Return what a service answers, or raise Refused."""
        ...


class Zeep:
    """Python's zeep, in this process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: dict[tuple[str, str], Client] = {}

    def call(self, service: str, operation: str, request: Request, user: str) -> Any:
        if (service, user) not in self._clients:
            session = requests.Session()
            session.auth = (user, "demo")
            described = f"{self._url}/axis2/services/{service}?wsdl"
            self._clients[service, user] = Client(described, transport=Transport(session=session))
        client = self._clients[service, user]
        try:
            return serialize_object(client.service[operation](**request), dict)
        except Fault as fault:
            raise Refused(client.wsdl.types.deserialize(fault.detail[0]).RetCode) from None


class Program:
    """A client in a program of its own, told what to call by lines and answering by lines of JSON."""

    def __init__(self, command: list[str], line: Callable[[str, str, str, Request], str]) -> None:
        self._line = line
        self._process = subprocess.Popen(
            command, cwd=CLIENTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def call(self, service: str, operation: str, request: Request, user: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(self._line(service, user, operation, request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{operation} of {request}: the client ended, its standard error says why"
        said = json.loads(line)
        if "code" in said:
            raise Refused(int(said["code"]))
        return said["answer"]

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def as_json(service: str, user: str, operation: str, request: Request) -> str:
    return json.dumps({"service": service, "user": user, "operation": operation, "request": request})


def as_form(service: str, user: str, operation: str, request: Request) -> str:
    return f"{service} {user} {operation} {urlencode(list(_flat('', request)))}"


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping | list):
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, each in pairs:
            yield from _flat(f"{name}.{key}" if name else str(key), each)
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def ready(client: str) -> None:
    """Have a client installed, or leave its test out where it cannot be had."""
    command = [ROOT / "scripts" / "clients", client]
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALLED_WITHIN_S)
    if done.returncode == 3:
        pytest.skip(f"{client}: {done.stderr}")
    assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def opened(client: str, url: str, directory: Path) -> Iterator[Foreign]:
    """Have a client for the services at a URL; `directory` is for what is made for it."""
    if client == "zeep":
        yield Zeep(url)
        return
    ready(client)
    program = {
        "php": lambda: Program(["php", "client.php", url], as_json),
        "node": lambda: Program(["node", "client.mjs", url], as_json),
        "java": lambda: _java(url, directory),
    }[client]()
    try:
        yield program
    finally:
        program.end()


def _java(url: str, directory: Path) -> Program:
    runtime = "/usr/share/java/jaxws-rt.jar"
    made = ["-quiet", "-Xnocompile", "-s", str(directory)]
    for service, package in PACKAGES.items():
        described = requests.get(f"{url}/axis2/services/{service}?wsdl", auth=("admin", "demo"), timeout=30)
        wsdl = directory / f"{service}.wsdl"
        wsdl.write_bytes(described.content)
        _run("wsimport", *made, "-p", package, str(wsdl))
    sources = [str(each) for package in PACKAGES.values() for each in (directory / package).glob("*.java")]
    _run("javac", "-nowarn", "-cp", runtime, "-d", str(directory), "Client.java", *sources)
    return Program(["java", "-cp", f"{directory}:{runtime}", "Client", url, str(directory)], as_form)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=CLIENTS)
    assert done.returncode == 0, done.stdout + done.stderr


def moment(value: Any) -> datetime:
    """Return a moment, whichever way a client has it."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return at.astimezone(UTC)
