"""Users of Locust who are agents: each works through calls at the desktop of ./scripts/load.

    scripts/locust --headless --users 50 --run-time 1m --host 127.0.0.1:9970 --agents 1001-1050

Every command is a request of Locust's, under its name; what a server must not do is a failure. A locustfile
of your own may import `DesktopUser`, or the desktop without Locust: `scripts.loading.desktop`.
"""

import os
import socket
from random import Random
from time import perf_counter

from locust import User, constant, events, task
from locust.exception import StopUser

from scripts.loading.desktop import Desktop, Notes, Plan

RECEIVE_BYTES = 1 << 16
LOOK_S = 0.2
"""How long bytes are waited for at most before Locust may end the user."""


@events.init_command_line_parser.add_listener
def add_options(parser) -> None:
    """Let the command line say who works, and how."""
    parser.add_argument("--agents", default="1001-1050", help="ids of agents, first and last")
    parser.add_argument("--zone", default="Default", help="that they log on to")
    parser.add_argument("--handle-s", type=float, default=4.0, help="seconds that a contact takes an agent")


@events.init.add_listener
def begin(environment, **_) -> None:
    """Deal agents to users, in turn."""
    first, _, last = environment.parsed_options.agents.partition("-")
    environment.agents = iter(range(int(first), int(last or first) + 1))


class LocustNotes(Notes):
    """Tells Locust what a desktop sees."""

    def __init__(self, environment) -> None:
        super().__init__()
        self._environment = environment

    def answered(self, name: str, seconds: float) -> None:
        """Note a command as a request."""
        self._fire(name, seconds * 1e3, None)

    def fault(self, text: str) -> None:
        """Note what a server must not do as a failure."""
        super().fault(text)
        self._fire("order and content", 0.0, AssertionError(text))

    def _fire(self, name: str, ms: float, exception: Exception | None) -> None:
        self._environment.events.request.fire(
            request_type="AGT",
            name=name,
            response_time=ms,
            response_length=0,
            exception=exception,
            context={},
        )


class DesktopUser(User):
    """An agent at a desktop; the password is AGENT_PASSWORD of the environment."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Connect and log on."""
        options = self.environment.parsed_options
        agent = next(self.environment.agents, None)
        if agent is None:
            raise StopUser
        host, _, port = (self.host or "").rpartition(":")
        self.sock = socket.create_connection((host.rpartition("/")[2], int(port)))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        password = os.environ.get("AGENT_PASSWORD", "")
        plan = Plan(options.zone, password, options.handle_s, campaign="", codes=())
        self.notes = LocustNotes(self.environment)
        self.desktop = Desktop(str(agent), plan, self.notes, self.sock.sendall, Random(agent))
        self.desktop.log_on(perf_counter())
        self.asked_for_work = False

    @task
    def live(self) -> None:
        """Take in what comes, or do what is planned; contacts follow one another by themselves."""
        desktop = self.desktop
        now = perf_counter()
        if desktop.is_off:
            raise StopUser
        if desktop.is_on and not self.asked_for_work:
            self.asked_for_work = True
            desktop.work(now)
        wakes_at = desktop.wakes_at or now + LOOK_S
        if wakes_at <= now:
            desktop.due(now)
            return
        self.sock.settimeout(min(LOOK_S, wakes_at - now))
        try:
            data = self.sock.recv(RECEIVE_BYTES)
        except TimeoutError:
            return
        except ConnectionError:
            data = b""
        desktop.receive(data, perf_counter())

    def on_stop(self) -> None:
        """Let go of the line."""
        if hasattr(self, "sock"):
            self.sock.close()
