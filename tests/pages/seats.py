"""A server for stories, which may be killed, and a page of it that is somebody's desktop."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from attrs import define, field
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

ROOT = Path(__file__).parents[2]
AXE = ROOT / "scripts" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 120_000
"""How long anything may take before a story fails; none is faster for it."""
expect.set_options(timeout=PATIENCE_MS)
SPEED = "3"


@define(slots=False)
class House:
    """The demo's server, which may be killed and started again at its ports."""

    data: Path
    ports: tuple[int, int]
    speed: str = SPEED
    began: datetime = datetime.now(UTC)
    process: "subprocess.Popen[str] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports[1]}"

    def start(self) -> None:
        port, http_port = map(str, self.ports)
        ways = [
            "--data",
            str(self.data),
            "--port",
            port,
            "--http-port",
            http_port,
            "--speed",
            self.speed,
            "--colleagues",
            "0",
        ]
        self._run("demo", "--web", *ways)
        assert self.process is not None
        assert self.process.stdout is not None
        assert f"open {self.url}/desktop in a browser" in self.process.stdout.readline()

    @property
    def now(self) -> datetime:
        """What the server's clock shows, or a little later: it began after its process."""
        return self.began + (datetime.now(UTC) - self.began) * float(self.speed)

    def start_again(self) -> None:
        """Go on with the database: the demo itself would end all jobs first."""
        config = self.data / "again.toml"
        of_demo = (self.data / "agentmgr.toml").read_text(encoding="utf-8")
        port, http_port = self.ports
        ports = f"[[zones]]\nname = 'Default'\nport = {port}\n[http]\nport = {http_port}\n"
        config.write_text(f"{of_demo}\n{ports}", encoding="utf-8")
        self._run("serve", "--config", str(config))

    def _run(self, *command: str) -> None:
        self.began = datetime.now(UTC)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agentmgr", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def command(self, *arguments: str) -> None:
        """Run a command of the supervisor's."""
        command = [sys.executable, "-m", "agentmgr", *arguments, "--config", str(self.data / "agentmgr.toml")]
        subprocess.run(command, input="demo", text=True, check=True, capture_output=True)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate()


@define(slots=False)
class Seat:
    """A page that is somebody's; what it complains about is a failure."""

    expected: ClassVar[tuple[str, ...]] = ("ERR_",)
    """What cannot be reached: the server that a story kills, and the demo's script."""

    page: Page
    url: str
    complaints: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(each in message.text for each in self.expected):
            self.complaints.append(message.text)

    def check(self) -> None:
        """Hold the page against the rules of accessibility, in both themes."""
        for theme in ("light", "dark"):
            self.page.emulate_media(color_scheme=theme)
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
            found = self.page.evaluate(
                "axe.run(document, {iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa',"
                " 'best-practice']}).then(({violations}) =>"
                " violations.map((each) => [each.id, each.nodes.map((node) => node.html)]))"
            )
            assert not found, (theme, found)


class Desk(Seat):
    """An agent's desktop."""

    def open(self) -> None:
        self.page.goto(f"{self.url}/desktop")

    def sign_in(self, agent_id: str) -> None:
        self.open()
        self.sign_in_here(agent_id)

    def sign_in_here(self, agent_id: str) -> None:
        self.page.get_by_label("Agent", exact=True).fill(agent_id)
        self.page.get_by_label("Password").fill("demo")
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_text("You are on a break")).to_be_visible()

    def sees(self, state: str) -> None:
        expect(self.page.locator(".callState strong")).to_have_text(state)

    def press(self, key: str, button: str) -> None:
        """Press the key of a button, as soon as the button may be pressed."""
        expect(self.page.get_by_role("button", name=button)).to_be_enabled()
        self.page.keyboard.press(key)

    def tab_to(self, what: Locator) -> None:
        """Go to something with nothing but the Tab key."""
        for _ in range(100):
            if what.evaluate("(each) => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not come to {what}")

    def to_talk(self) -> None:
        """Take the next contact, whether it is to be looked at first or not."""
        self.page.get_by_role("button", name="Ready", exact=True).click()
        state = self.page.locator(".callState strong")
        expect(state).to_have_text(re.compile("Preview|Talking"))
        if state.inner_text() == "Preview":
            self.press("Alt+d", "Dial")
        self.sees("Talking")

    def wrap_up(self) -> None:
        """Give the contact its first code, as soon as the codes are there."""
        self.sees("Wrap up")
        expect(self.page.get_by_role("radio").first).to_be_visible()
        self.page.keyboard.press("Alt+1")
        self.press("Alt+w", "Done, next call")

    def take_break(self, reason: str) -> None:
        self.page.get_by_text("Break …").click()
        self.page.get_by_role("button", name=reason, exact=True).click()

    def finish(self) -> None:
        """Wrap up, and sign out."""
        self.take_break("Break")
        self.wrap_up()
        expect(self.page.get_by_text("You are on a break")).to_be_visible()
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.page.get_by_label("Password")).to_be_visible()


class Board(Seat):
    """A supervisor's page."""

    expected = (*Seat.expected, "the server responded with a status of 4")  # which the page shows

    def sign_in(self, name: str = "admin", view: str = "live") -> None:
        self.page.goto(f"{self.url}/supervise#{view}")
        self.page.get_by_label("Account").fill(name)
        self.page.get_by_label("Password").fill("demo")
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()
