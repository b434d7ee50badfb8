"""agentmgr top on a terminal of its own, beside a server that runs in the test."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from fcntl import ioctl
from pathlib import Path
from struct import pack
from typing import Any

import pytest
import trio
from clishell import Shell
from structlog.testing import capture_logs

from agentmgr.app import open_server
from agentmgr.settings.file import load

pytestmark = pytest.mark.slow


class Terminal:
    """A program on a pseudo terminal, and what it wrote there."""

    def __init__(self, config: Path) -> None:
        self.master, self.slave = pty.openpty()
        ioctl(self.slave, termios.TIOCSWINSZ, pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agentmgr", "top"],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env={**os.environ, "AGENTMGR_CONFIG": str(config), "TERM": "xterm"},
            start_new_session=True,
        )
        os.set_blocking(self.master, False)
        self.written = ""

    async def wait_for(self, there: Callable[[str], bool]) -> None:
        with trio.fail_after(25):
            while not there(self.written):
                try:
                    self.written += os.read(self.master, 65536).decode()
                except BlockingIOError:
                    await trio.lowlevel.wait_readable(self.master)

    def press(self, keys: str) -> None:
        self.written = ""
        os.write(self.master, keys.encode())

    async def ended(self) -> int:
        await self.wait_for(lambda written: "\x1b[?1049l" in written)
        with trio.fail_after(30):
            return await trio.to_thread.run_sync(self.process.wait)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal(config: Path, campaign: str) -> Iterator[Terminal]:
    made = Terminal(config)
    yield made
    made.close()


def end_by_key(terminal: Terminal) -> None:
    terminal.press("q")


def end_by(number: int) -> Callable[[Terminal], Any]:
    def end(terminal: Terminal) -> None:
        terminal.written = ""
        terminal.process.send_signal(number)

    return end


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (end_by_key, 0),
        (end_by(signal.SIGINT), 130),
        (end_by(signal.SIGTERM), 143),
        (end_by(signal.SIGHUP), 129),
    ],
    ids=["q", "Ctrl-C", "SIGTERM", "SIGHUP"],
)
async def test_top_leaves_the_terminal_as_it_was_and_waits_for_a_server_until_then(
    terminal: Terminal, end: Callable[[Terminal], None], code: int
) -> None:
    await terminal.wait_for(lambda written: "waiting for a server" in written and "\x1b[?1049h" in written)
    assert termios.tcgetattr(terminal.slave) != terminal.before
    end(terminal)
    assert await terminal.ended() == code
    assert termios.tcgetattr(terminal.slave) == terminal.before
    assert "\x1b[?25h" in terminal.written, "the cursor is shown again"


async def test_top_follows_a_server_and_does_what_keys_say(
    terminal: Terminal, config: Path, campaign: str, shell: Shell
) -> None:
    await terminal.wait_for(lambda written: "waiting for a server" in written)
    with capture_logs():
        async with open_server(load(config)):
            await trio.to_thread.run_sync(lambda: shell("campaign", "run", campaign))
            await terminal.wait_for(lambda written: "no agent with the skill English is logged on" in written)
            terminal.press("p")
            await terminal.wait_for(lambda written: "campaign Spring: paused at 0 of 2 contacts" in written)
            terminal.press("e")
            await terminal.wait_for(lambda written: "set Spring, such as" in written)
            terminal.press("priority=77\r")
            await terminal.wait_for(lambda written: "allowed: a whole number from 1 to 10" in written)
            terminal.press("s")
            await terminal.wait_for(lambda written: "stop Spring for good?" in written)
            terminal.press("y")
            await terminal.wait_for(lambda written: "campaign Spring: ends after the contacts" in written)
        terminal.written = ""
    await terminal.wait_for(lambda written: "waiting for" in written)


def test_top_without_a_terminal_says_so_in_one_line(shell: Shell, config: Path) -> None:
    shell("top", code=2)
    assert shell.error == (
        "agentmgr top: needs a terminal; agentmgr campaign status and agents status do not\n"
    )
