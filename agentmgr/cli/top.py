"""agentmgr top: the floor on a live screen, with keys for what a supervisor does about a campaign."""

import os
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any

from attrs import define, field

from agentmgr.cli.common import Config, Failed, Misused, default_zone, perform, settings_of
from agentmgr.text import shown

if TYPE_CHECKING:
    from agentmgr.admin.requests import Request
    from agentmgr.cli.floor_screen import Floor

DRAW_INTERVAL_S = 0.25
SILENT_S = 5.0
"""After how long without a word what is shown may be too old; a server says something twice a second."""

RETRY_S = 1.0
"""How long it is waited until a server that is gone is looked for again."""


def top(*, zone: str | None = None, config: Config = None) -> None:
    """Show campaigns and agents on a live screen, with keys to pause, resume, stop and set a campaign.

    Up and down choose a campaign, p pauses it, r resumes it, s stops it once y says so, e sets a value of it
    (such as priority=8), PgUp and PgDn show other agents, q or Ctrl-C ends. While the server is not there
    the screen says so, and goes on when it is back.

    agentmgr top

    Parameters
    ----------
    zone
        Only this zone; without it all that the server serves.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Misused("agentmgr top: needs a terminal; agentmgr campaign status and agents status do not")
    socket_path = Path(settings_of(config).admin.socket)
    wanted = default_zone(config, zone) if zone is not None else ""
    _Screen(socket_path, wanted, config).run()


@define(eq=False, slots=False)
class _Screen:
    """Draws what one thread hears of the server, and does what keys ask for in another."""

    socket_path: Path
    zone: str
    config: Path | None
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _dirty: threading.Event = field(factory=threading.Event, init=False)
    _done: threading.Event = field(factory=threading.Event, init=False)
    _work: "SimpleQueue[Callable[[], None]]" = field(factory=SimpleQueue, init=False)
    _typed: str = field(default="", init=False)
    _mode: Callable[[str], None] | None = field(default=None, init=False)
    _heard_at: float = field(factory=monotonic, init=False)

    def run(self) -> None:
        """Show the floor until it is left; the terminal is as it was afterwards, however that is."""
        from rich.console import Console
        from rich.live import Live

        from agentmgr.cli.floor_screen import Floor

        self.floor: Floor = Floor()
        for task in (self._listen, self._carry_out):
            threading.Thread(target=task, daemon=True).start()
        with ExitStack() as stack:
            stack.enter_context(_keys_at_once(sys.stdin.fileno()))
            told = stack.enter_context(_told_by_signals(self._done.set))
            console = Console()
            live = stack.enter_context(Live(console=console, screen=True, auto_refresh=False))
            stack.callback(self._done.set)
            size = (0, 0)
            while not self._done.is_set():
                for key in _keys(sys.stdin.fileno(), DRAW_INTERVAL_S):
                    self._press(key)
                self._look_for_silence()
                if self._dirty.is_set() or size != (console.size.width, console.size.height):
                    self._dirty.clear()
                    size = console.size.width, console.size.height
                    live.update(self._drawn(*size), refresh=True)
        if told:
            raise SystemExit(128 + told[0])

    def _drawn(self, width: int, height: int) -> Any:
        from rich.console import Group

        with self._lock:
            return Group(*self.floor.draw(width, height))

    # -- the server ----------------------------------------------------------------------------

    def _listen(self) -> None:
        """Hear what goes on, from one server after another."""
        from agentmgr.admin.socket import AdminRefused, NoServer, ask

        while not self._done.is_set():
            try:
                for row in ask(self.socket_path, "WatchFloor", {"zone": self.zone}):
                    self._heard_at = monotonic()
                    with self._lock:
                        if self.floor.row(row):
                            self._dirty.set()
            except NoServer:
                self._lose(f"waiting for a server; none runs at {self.socket_path}")
            except AdminRefused as error:
                self._lose(f"waiting for the server; {error}")
            self._done.wait(RETRY_S)

    def _look_for_silence(self) -> None:
        silent_s = monotonic() - self._heard_at
        if silent_s > SILENT_S:
            with self._lock:
                self.floor.trouble = f"waiting for the server, which has said nothing for {silent_s:.0f} s"
            self._dirty.set()

    def _lose(self, why: str) -> None:
        self._heard_at = monotonic()
        with self._lock:
            self.floor.lose(why)
        self._dirty.set()

    def _carry_out(self) -> None:
        while True:
            self._work.get()()

    def _ask(self, request: "Request") -> None:
        """Have a request carried out, and say what came of it, while the screen goes on."""

        def work() -> None:
            try:
                said = "; ".join(str(row["done"]) for row in perform(self.config, request))
            except (Failed, Misused) as error:
                said = str(error)
            self._say(said)

        self._work.put(work)

    def _say(self, text: str) -> None:
        with self._lock:
            self.floor.said = " ".join(text.splitlines())
        self._dirty.set()

    # -- keys ----------------------------------------------------------------------------------

    def _press(self, key: str) -> None:
        self._dirty.set()
        if self._mode is not None:
            self._mode(key)
            return
        with self._lock:
            self.floor.said = ""
            if key in _MOVES:
                _MOVES[key](self.floor)
                return
            campaign = self.floor.chosen_campaign
        if key == "q":
            self._done.set()
        elif campaign and key in ("p", "r"):
            from agentmgr.admin.requests import PauseCampaign, ResumeCampaign

            self._ask(PauseCampaign(campaign) if key == "p" else ResumeCampaign(campaign))
        elif campaign and key == "s":
            self._prompt(f"stop {campaign} for good? y: yes, any other key: no", self._confirm_stop(campaign))
        elif campaign and key == "e":
            self._typed = ""
            self._edit(campaign, "")

    def _confirm_stop(self, campaign: str) -> Callable[[str], None]:
        def confirm(key: str) -> None:
            from agentmgr.admin.requests import StopCampaign

            self._prompt("", None)
            if key == "y":
                self._ask(StopCampaign(campaign))

        return confirm

    def _edit(self, campaign: str, key: str) -> None:
        """Take a line of KEY=VALUE in, a key at a time; Enter sets it, Escape leaves it."""
        if key == "enter":
            self._prompt("", None)
            self._set(campaign, self._typed)
            return
        if key == "escape":
            self._prompt("", None)
            return
        if key == "backspace":
            self._typed = self._typed[:-1]
        elif len(key) == 1 and key.isprintable():
            self._typed += key
        self._prompt(
            f"set {campaign}, such as priority=8 (Enter, or Escape): {self._typed}_",
            lambda key: self._edit(campaign, key),
        )

    def _set(self, campaign: str, typed: str) -> None:
        from agentmgr.admin.requests import ChangeCampaign
        from agentmgr.cli.campaign import changes_of

        if typed.strip():
            try:
                self._ask(ChangeCampaign(campaign, changes_of([typed])))
            except Misused as error:
                self._say(str(error))

    def _prompt(self, text: str, mode: Callable[[str], None] | None) -> None:
        with self._lock:
            self.floor.asks = shown(text)
        self._mode = mode


_MOVES: dict[str, Callable[["Floor"], None]] = {
    "up": lambda floor: floor.choose(-1),
    "k": lambda floor: floor.choose(-1),
    "down": lambda floor: floor.choose(1),
    "j": lambda floor: floor.choose(1),
    "pgup": lambda floor: floor.scroll(-10),
    "pgdn": lambda floor: floor.scroll(10),
}

_SEQUENCES = {
    "\x1b[A": "up",
    "\x1bOA": "up",
    "\x1b[B": "down",
    "\x1bOB": "down",
    "\x1b[5~": "pgup",
    "\x1b[6~": "pgdn",
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\x08": "backspace",
}
READ_BYTES = 1024


def _keys(terminal: int, timeout_s: float) -> Iterator[str]:
    """Wait for keys, so long at most, and yield them by their names; a terminal that is gone ends it all."""
    ready, _, _ = select.select([terminal], [], [], timeout_s)
    if not ready:
        return
    typed = os.read(terminal, READ_BYTES).decode(errors="ignore")
    if not typed:
        raise KeyboardInterrupt
    yield from parse_keys(typed)


def parse_keys(typed: str) -> Iterator[str]:
    """Yield what was typed by the names of the keys; sequences that mean nothing here are left out."""
    while typed:
        known = next((sequence for sequence in _SEQUENCES if typed.startswith(sequence)), None)
        if known is not None:
            yield _SEQUENCES[known]
            typed = typed[len(known) :]
        elif typed[0] == "\x1b" and len(typed) > 1 and typed[1] in "[O":
            end = next((at for at, char in enumerate(typed[2:], 2) if "@" <= char <= "~"), len(typed) - 1)
            typed = typed[end + 1 :]
        else:
            yield "escape" if typed[0] == "\x1b" else typed[0]
            typed = typed[1:]


@contextmanager
def _keys_at_once(terminal: int) -> Iterator[None]:
    """Let the terminal give each key as it is pressed, and show none; it cannot be put to sleep meanwhile."""
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        now = termios.tcgetattr(terminal)
        now[6][termios.VSUSP] = b"\0"
        termios.tcsetattr(terminal, termios.TCSANOW, now)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextmanager
def _told_by_signals(end: Callable[[], None]) -> Iterator[list[int]]:
    """Yield a list that gets the signals that want the process to end; `end` is called at each.

    None breaks into the drawing: what that has begun with the terminal would not be taken back.
    """
    told: list[int] = []

    def tell(number: int, frame: object) -> None:
        told.append(number)
        end()

    ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, tell) for number in ending}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
