"""What the client's logic wants done, and what a shell for one library of tasks has to offer.

The logic (`hub`, `link`, `inbox`) does no I/O and knows no clock: a shell tells it what came and what time it
is, and is told its wishes here. All of it runs in one thread.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from agentmgr.client.link import Link


class Flag(Protocol):
    """Something to wait for, set once: `trio.Event` and `asyncio.Event` are."""

    def set(self) -> None:
        """Let all go on who wait."""
        ...

    def is_set(self) -> bool:
        """Tell whether it was set."""
        ...

    async def wait(self) -> object:
        """Wait until it is set."""
        ...


class Wishes(Protocol):
    """What the logic asks of a shell; nothing here waits."""

    def flag(self) -> Flag:
        """Make a flag."""
        ...

    def now(self) -> float:
        """Return the time, seconds on a scale without steps."""
        ...

    def open(self, link: "Link") -> None:
        """Connect to `link.address`, then tell `link.opened` or `link.lost`, and all that is received."""
        ...

    def close(self, link: "Link") -> None:
        """Close the stream of the link, or end the attempt to open one; nothing more is to be told of it."""
        ...

    def flush(self, link: "Link") -> None:
        """Send `link.outgoing()` as soon as may be."""
        ...

    def retime(self) -> None:
        """Look at `Hub.next_at` again: it may be earlier than it was."""
        ...


class Shell(Wishes, Protocol):
    """A shell for commands that are awaited."""

    async def checkpoint(self) -> None:
        """Let others run."""
        ...

    async def send(self, link: "Link") -> None:
        """Send `link.outgoing()`; may wait until the stream takes it."""
        ...

    async def wait(self, flag: Flag, timeout_s: float) -> None:
        """Wait until the flag is set, but not longer than this."""
        ...

    def spawn(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run something beside all else, until the client is closed."""
        ...

    def busy(self, text: str) -> Exception:
        """Return what is raised when two tasks read the same events."""
        ...
