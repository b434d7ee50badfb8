"""Managers, a switch, PostgreSQL, a campaign and desktops on one machine, to kill parts of."""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep

from agentmgr.testing.postgres import ThrowawayPostgres

AGENTMGR = (sys.executable, "-m", "agentmgr")
ZONES = {"North": "m1", "South": "m2"}
MANAGERS = ("m1", "m2")
PASSWORD = "demo"
START_S = 60

TOLD: dict[str, Callable[[dict[str, object]], str]] = {
    "zone_served": lambda line: f"serves zone {line['zone']} at port {line['port']}",
    "zone_taking": lambda line: f"takes zone {line['zone']}: {line['why']}",
    "zone_moving": lambda line: f"moves zone {line['zone']} to {line['to'] or 'nobody'}: {line['why']}",
    "zone_frozen": lambda line: f"freezes zone {line['zone']}: {line['why']}",
    "zone_thawed": lambda line: f"zone {line['zone']} goes on",
    "zone_stopped": lambda line: f"stops zone {line['zone']}: {line['why']}",
    "leases_out_of_reach": lambda line: f"cannot renew its lease: {line['why']}",
    "server_ended": lambda line: "has ended",
}
"""What is told of the managers' logs, in words."""

CONFIG = """\
[server]
name = "{name}"
stop_grace_s = 5.0
[database]
url = "{url}"
[leases]
steady_s = 20.0
grace_s = 10.0
[admin]
socket = "{home}/{name}.sock"
[http]
port = 0
[log]
format = "json"
[switch]
address = "127.0.0.1:{switch_port}"
live = 0.5
"""
ZONE = """\
[[zones]]
name = "{zone}"
port = {port}
manager = "{manager}"
"""


class Failed(Exception):
    """The cluster cannot be started; the text is one line."""


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


class Cluster:
    """The processes, each with its log below `home`; ended with the stack.

    Args:
        home: a directory of its own.
        url: the database.
        port: the first of the ports that are used.
    """

    def __init__(self, home: Path, url: str, port: int, stack: ExitStack) -> None:
        self.home = home
        self._stack = stack
        self._first_port = port
        for index, name in enumerate(MANAGERS):
            zones = [
                ZONE.format(zone=zone, port=port + 1 + index * len(ZONES) + number, manager=manager)
                for number, (zone, manager) in enumerate(ZONES.items())
            ]
            values = {"name": name, "url": url, "home": home, "switch_port": port}
            self.config(name).write_text(CONFIG.format(**values) + "".join(zones))

    def config(self, name: str) -> Path:
        """Return the configuration of a manager."""
        return self.home / f"{name}.toml"

    def ports(self, zone: str) -> list[int]:
        """Return the ports at which a zone may be, by manager."""
        number = list(ZONES).index(zone)
        return [self._first_port + 1 + index * len(ZONES) + number for index in range(len(MANAGERS))]

    def run(self, *arguments: str, config: str = "m1", given: str = "") -> str:
        """Run a command of agentmgr and return what it prints."""
        done = subprocess.run(
            [*AGENTMGR, *arguments, "--config", str(self.config(config))],
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(done.stderr.strip() or f"agentmgr {' '.join(arguments)} failed")
        return done.stdout

    def start(self, name: str, *arguments: str, given: str = "") -> subprocess.Popen[bytes]:
        """Start a process of agentmgr that is ended with the stack; its output is in a log."""
        log = self._stack.enter_context((self.home / f"{name}.log").open("ab"))
        process = subprocess.Popen(
            [*AGENTMGR, *arguments],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us
        )
        assert process.stdin is not None
        process.stdin.write(given.encode())
        process.stdin.close()
        self._stack.callback(_end, process)
        return process

    def serve(self, name: str) -> subprocess.Popen[bytes]:
        """Start a manager, and tell what its log says of zones."""
        process = self.start(name, "serve", "--config", str(self.config(name)))
        threading.Thread(target=_follow, args=(self.home / f"{name}.log", name), daemon=True).start()
        return process

    def wait_served(self) -> None:
        """Wait until each zone has an owner."""
        until = monotonic() + START_S
        while monotonic() < until:
            rows = [json.loads(line) for line in self.run("zones", "status", "--json").splitlines()]
            if {row["zone"] for row in rows if row["owner"]} == set(ZONES):
                return
            sleep(0.5)
        raise Failed(f"the zones are not served after {START_S} s; see {self.home}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _follow(log: Path, name: str) -> None:
    """Tell what a manager writes of its zones, as it does."""
    with log.open(encoding="utf-8") as lines:
        lines.seek(0, 2)
        while True:
            text = lines.readline()
            if not text:
                sleep(0.1)
                continue
            try:
                line = json.loads(text)
            except ValueError:
                say(f"  {name}: {text.strip()}")
                continue
            if line.get("event") in TOLD:
                say(f"  {line['timestamp'][11:23]} {name} {TOLD[line['event']](line)}")


@contextmanager
def database() -> Iterator[str]:
    """Run a PostgreSQL for as long as the block, and give the address of an empty database in it."""
    server = ThrowawayPostgres()
    try:
        server.start()
        server.ask("CREATE DATABASE centre")
        yield server.url("centre")
    finally:
        server.stop()


def run(agents: int, port: int) -> None:
    """Start everything, and keep it until Ctrl-C; a manager that ends is not started again."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agentmgr-cluster-")))
        say("starting PostgreSQL, a switch, two managers and desktops; it takes half a minute ...")
        cluster = Cluster(home, stack.enter_context(database()), port, stack)
        cluster.run("init")
        per_zone = agents // len(ZONES)
        for number, zone in enumerate(ZONES):
            first = str(1001 + number * 1000)
            cluster.run(
                *("agents", "add", first, "--count", str(per_zone), "--skill", "English", "--zone", zone),
                "--password-stdin",
                given=PASSWORD + "\n",
            )
        rejects = str(home / "rejects.csv")
        cluster.run(
            *("contacts", "import", "config/demo/contacts.csv", "--list", "Spring", "--rejects", rejects)
        )
        cluster.run(*("campaign", "create", "Spring", "--list", "Spring", "--skill", "English"))
        cluster.start("switch", "switch", "--config", str(cluster.config("m1")))
        managers = {name: cluster.serve(name) for name in MANAGERS}
        cluster.wait_served()
        cluster.run("campaign", "run", "Spring", *(word for zone in ZONES for word in ("--zone", zone)))
        for number, zone in enumerate(ZONES):
            here, other = cluster.ports(zone)
            cluster.start(
                *(
                    f"desk-{zone}",
                    "desk",
                    "--count",
                    str(per_zone),
                    "--first-agent",
                    str(1001 + number * 1000),
                ),
                *("--zone", zone, "--port", str(here), "--also", f"127.0.0.1:{other}", "--password-stdin"),
                given=PASSWORD + "\n",
            )
        say(_help(cluster, managers))
        try:
            while True:
                signal.pause()
        except KeyboardInterrupt:
            say("ending ...")


def _help(cluster: Cluster, managers: dict[str, subprocess.Popen[bytes]]) -> str:
    config = cluster.config("m2")
    return f"""
Zone North is designated to m1, zone South to m2; {cluster.home} has configurations and logs.

Kill a manager, in another terminal, and watch here who takes its zone:
    kill -9 {managers["m1"].pid}        m1 dies:    m2 takes North within a second
    kill -STOP {managers["m1"].pid}     m1 hangs:   m2 takes North after 7 s; after kill -CONT m1 ends at once
    kill {managers["m1"].pid}           m1 is told to stop: agents finish, then m2 has North
Start it again; it gets its zone back after 20 s:
    .venv/bin/agentmgr serve --config {cluster.config("m1")}
Look at it, or move a zone:
    .venv/bin/agentmgr zones status --config {config}
    .venv/bin/agentmgr campaign status Spring --config {config}
    .venv/bin/agentmgr agents status --config {config}
    .venv/bin/agentmgr zones move North m2 --config {config}
Ctrl-C ends everything.
"""


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="scripts/cluster", description=__doc__)
    parser.add_argument("--agents", type=int, default=40, help="simulated agents, half of them in each zone")
    parser.add_argument("--port", type=int, default=9970, help="the first of six ports in a row")
    arguments = parser.parse_args()
    if arguments.agents < len(ZONES):
        parser.error(f"--agents: found {arguments.agents}; allowed: {len(ZONES)} or more, one for each zone")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run(arguments.agents, arguments.port)
    except KeyboardInterrupt:
        sys.exit(130)
    except Failed as failure:
        sys.exit(f"scripts/cluster: {failure}")


if __name__ == "__main__":
    main()
