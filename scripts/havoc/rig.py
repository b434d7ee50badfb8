"""All processes of a centre on one machine, made from nothing and gone in the end."""

import csv
import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from attrs import Factory, define, frozen

from agentmgr import cli
from agentmgr.testing.postgres import ThrowawayPostgres

AGENTMGR = [sys.executable, "-m", "agentmgr"]
PASSWORD = "demo"  # of simulated agents in a database made for them
CAMPAIGN = "Demo"
READY_S = 30.0

AREAS = (
    "201",
    "202",
    "203",
    "205",
    "206",
    "207",
    "208",
    "209",
    "210",
    "212",
    "213",
    "214",
    "215",
    "216",
    "217",
)
"""Of each area in the United States 100 numbers, 555-0100 and up, are kept free for fiction."""


@frozen
class Plan:
    """What a centre has.

    Attributes:
        managers: their names.
        zones: for each the manager that is designated.
        agents: how many, dealt to the zones.
        contacts: how many.
        switch: settings of `[switch]` beside its address.
        leases: settings of `[leases]`.
    """

    managers: Sequence[str]
    zones: Mapping[str, str]
    agents: int
    contacts: int
    switch: Mapping[str, Any] = Factory(dict)
    leases: Mapping[str, Any] = Factory(dict)


@define(eq=False)
class Process:
    """A process of the centre, and where its log is."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = Factory(dict)
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; what it logs is added to what it did."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its id."""
        assert self.running is not None
        return self.running.pid

    @property
    def lives(self) -> bool:
        """Whether it runs, or stands still."""
        return self.running is not None and self.running.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self.lives:
            os.kill(self.pid, number)

    def lines(self) -> list[dict[str, Any]]:
        """Return what it logged, line for line."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def until(self, event: str, count: int = 1, patience_s: float = READY_S) -> None:
        """Wait until it has logged an event so often.

        Raises:
            RuntimeError: it ended before, or takes too long.
        """
        ends_at = monotonic() + patience_s
        while sum(line.get("event") == event for line in self.lines()) < count:
            if not self.lives or monotonic() > ends_at:
                raise RuntimeError(f"{self.name}: no {event}; see {self.log}\n{self.tail()}")
            sleep(0.05)

    def tail(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])

    def end(self, patience_s: float = 8.0) -> None:
        """End it in order, and after a while at once."""
        if not self.lives:
            return
        assert self.running is not None
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self.running.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.running.wait()


class Rig:
    """A centre: PostgreSQL, a switch, managers with zones, a campaign in all zones, its agents.

    Args:
        directory: where configurations, sockets and logs are; made anew.
        plan: what it has.
        through: is asked under which port managers reach something, by a name for the line and its own port.
    """

    def __init__(
        self, directory: Path, plan: Plan, through: Callable[[str, int], int] = lambda line, port: port
    ) -> None:
        self.directory = directory
        self.plan = plan
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        self.postgres = ThrowawayPostgres(careful=True)
        self.postgres.start()
        self.postgres.ask("CREATE DATABASE agentmgr")
        self.switch_port = free_port()
        self.ports = {(manager, zone): free_port() for manager in plan.managers for zone in plan.zones}
        (self.directory / "secret").touch(0o600)
        (self.directory / "secret").write_text(secrets.token_hex(32))
        for manager in plan.managers:
            database = through(f"{manager}-database", self.postgres.port)
            switch = through(f"{manager}-switch", self.switch_port)
            self.config(manager).write_text(self._config(manager, database, switch))
        self._fill()
        switch_config = self.directory / "switch.toml"
        switch_config.write_text(self._config("switch", self.postgres.port, self.switch_port, log="debug"))
        self.switch = self._process("switch", [*AGENTMGR, "switch", "--config", str(switch_config)])
        self.managers = {
            name: self._process(name, [*AGENTMGR, "serve", "--config", str(self.config(name))])
            for name in plan.managers
        }

    def config(self, manager: str) -> Path:
        """Return where the configuration of a manager is."""
        return self.directory / f"{manager}.toml"

    def start(self) -> None:
        """Start the switch and all managers, and wait until they are ready."""
        self.switch.start()
        self.switch.until("switch_ready")
        for manager in self.managers.values():
            manager.start()
        for manager in self.managers.values():
            manager.until("server_ready")

    def end(self) -> None:
        """End everything."""
        for manager in self.managers.values():
            manager.signal(signal.SIGCONT)
            manager.signal(signal.SIGTERM)
        for process in (*self.managers.values(), self.switch):
            process.end()
        self.postgres.stop()

    def addresses(self) -> list[str]:
        """Return where desktops reach each manager."""
        return [f"127.0.0.1:{port}" for port in self.ports.values()]

    def agents_of(self, zone: str) -> list[str]:
        """Return the agents of a zone."""
        zones = [*self.plan.zones]
        each = self.plan.agents // len(zones)
        first = 1001 + zones.index(zone) * each
        return [str(number) for number in range(first, first + each)]

    def run(self, *words: str, manager: str = "", given: str = "") -> str:
        """Run a command of the command line and return what it wrote.

        Raises:
            RuntimeError: it failed.
        """
        command = [*words, "--config", str(self.config(manager or self.plan.managers[0]))]
        out, complaints = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(complaints):
            stdin, sys.stdin = sys.stdin, io.StringIO(given)
            try:
                code = cli.run(command)  # in this process: making one for each takes seconds
            finally:
                sys.stdin = stdin
        if code:
            raise RuntimeError(f"agentmgr {' '.join(words)}: {complaints.getvalue()}")
        return out.getvalue()

    def _process(self, name: str, command: list[str]) -> Process:
        return Process(name, command, self.directory / f"{name}.log")

    def _fill(self) -> None:
        """Make the database, the contacts, the campaign and the agents."""
        contacts = self.directory / "contacts.csv"
        with contacts.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["UserContactId", "FirstName", "PhoneNumber1"])
            for number in range(self.plan.contacts):
                area = AREAS[number // 100 % len(AREAS)]
                writer.writerow([f"C{number:05}", f"Person{number}", f"+1{area}55501{number % 100:02}"])
        self.run("init")
        self.run("contacts", "import", str(contacts), "--list", CAMPAIGN, "--country", "US")
        self.run(
            *("campaign", "create", CAMPAIGN, "--list", CAMPAIGN, "--skill", CAMPAIGN, "--wrapup-time", "30"),
            *("--calling-hours", "00:00-24:00", "--code", "Sale=success", "--code", "No", "--code", "Later"),
        )
        for zone in self.plan.zones:
            agents = self.agents_of(zone)
            self.run(
                *("agents", "add", agents[0], "--count", str(len(agents)), "--skill", CAMPAIGN),
                *("--zone", zone, "--password-stdin"),
                given=PASSWORD,
            )
        self.run(
            "campaign", "run", CAMPAIGN, *(word for zone in self.plan.zones for word in ("--zone", zone))
        )

    def _config(self, name: str, database: int, switch: int, log: str = "info") -> str:
        url = self.postgres.url("agentmgr").replace(f":{self.postgres.port}/", f":{database}/")
        tables: list[tuple[str, dict[str, Any]]] = [
            ("[server]", {"name": name, "stop_grace_s": 5.0}),
            ("[database]", {"url": url}),
            ("[admin]", {"socket": str(self.directory / "run" / f"{name}.sock")}),
            ("[http]", {"port": 0}),
            ("[log]", {"level": log, "format": "json"}),
            (
                "[switch]",
                {
                    **self.plan.switch,
                    "address": f"127.0.0.1:{switch}",
                    "secret_file": str(self.directory / "secret"),
                },
            ),
        ]
        if self.plan.leases:
            tables.append(("[leases]", dict(self.plan.leases)))
        for zone, manager in self.plan.zones.items():
            port = self.ports.get((name, zone), 0)
            tables.append(("[[zones]]", {"name": zone, "manager": manager, "port": port}))
        return "\n".join(
            "\n".join([heading, *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""])
            for heading, values in tables
        )


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
