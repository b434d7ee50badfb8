"""Real brokers for tests, in processes of their own below a directory of their own."""

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Protocol

ROOT = Path(__file__).parents[2]
START_S = 120.0


@cache
def install() -> None:
    """Have the brokers installed; a test that cannot have one has failed."""
    subprocess.run([ROOT / "scripts" / "brokers"], check=True, stdout=subprocess.DEVNULL)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Server(ABC):
    """A server in a process group of its own that listens on a port of this machine."""

    def __init__(self, directory: Path) -> None:
        install()
        self.directory = directory
        self.port = free_port()
        self._popen: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Return what starts it."""

    def environment(self) -> Mapping[str, str]:
        return {}

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._output = (self.directory / "output.txt").open("ab")
        self._popen = subprocess.Popen(
            self.command(),
            env={**os.environ, **self.environment()},
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ends = time.monotonic() + START_S
        while not self.listens():
            assert self._popen.poll() is None, (self.directory / "output.txt").read_text()[-3000:]
            assert time.monotonic() < ends, (self.directory / "output.txt").read_text()[-3000:]
            time.sleep(0.05)

    def listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self) -> None:
        """End it as a power cut would end its process."""
        if self._popen is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()
            self._popen = None
        if self._output is not None:
            self._output.close()
            self._output = None


class Broker(Protocol):
    """What the tests of the topic need of a broker."""

    port: int

    def start(self) -> None: ...
    def kill(self) -> None: ...
    def durable(self, name: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the headers of CONNECT and SUBSCRIBE with which messages wait for a subscriber."""
        ...


class ActiveMq(Server):
    """ActiveMQ with a journal on disk."""

    def command(self) -> list[str]:
        names = (
            "broker",
            "client",
            "console",
            "kahadb-store",
            "stomp",
            "openwire-legacy",
            "protobuf",
            "jaas",
        )
        jars = [f"/usr/share/java/activemq-{name}.jar" for name in names]
        jars += [str(path) for path in sorted(Path("/usr/share/activemq/lib").glob("*.jar"))]
        where = f"stomp://127.0.0.1:{self.port}"
        options = f"persistent=true&useJmx=false&brokerName=test&dataDirectory={self.directory}/data"
        start = ["org.apache.activemq.console.Main", "start", f"broker:({where})?{options}"]
        return ["java", "-Xmx256m", "-cp", ":".join(jars), *start]

    def durable(self, name: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        return {"client-id": name}, {"activemq.subscriptionName": name}


class RabbitMq(Server):
    """RabbitMQ with its plug-in for STOMP; `settings` are further lines of its configuration."""

    def __init__(self, directory: Path, settings: str = "") -> None:
        super().__init__(directory)
        self._epmd: subprocess.Popen[bytes] | None = None
        self._ports = {"epmd": free_port(), "dist": free_port(), "amqp": free_port()}
        self._settings = settings

    def command(self) -> list[str]:
        (server,) = Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server")
        return [str(server)]

    def environment(self) -> Mapping[str, str]:
        return {
            "HOME": str(self.directory),
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "test@localhost",
            "RABBITMQ_MNESIA_BASE": str(self.directory / "mnesia"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": str(self.directory),
            "RABBITMQ_CONFIG_FILE": str(self.directory / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.directory / "plugins"),
            "RABBITMQ_DIST_PORT": str(self._ports["dist"]),
        }

    def start(self) -> None:
        (self.directory / "plugins").write_text("[rabbitmq_stomp].\n")
        (self.directory / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self._ports['amqp']}\n"
            f"stomp.listeners.tcp.1 = 127.0.0.1:{self.port}\n{self._settings}"
        )
        # without ours it would start one that stays
        self._epmd = subprocess.Popen(
            ["epmd", "-address", "127.0.0.1", "-port", str(self._ports["epmd"])],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        super().start()

    def kill(self) -> None:
        super().kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None

    def durable(self, name: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        return {}, {"durable": "true", "auto-delete": "false", "x-queue-name": name}


class Redis(Server):
    """Redis that writes each command to its disk."""

    def command(self) -> list[str]:
        disk = ["--appendonly", "yes", "--appendfsync", "always", "--dir", str(self.directory)]
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", *disk]


def running(server: Server) -> Iterator[Server]:
    """Run a server as long as somebody needs it."""
    try:
        server.start()
        yield server
    finally:
        server.kill()
