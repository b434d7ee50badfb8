"""What the service manager is told: that the server is ready, lives, reads its files anew, ends.

It is fed by the event loop itself, so that a loop that hangs is noticed: the manager ends the process then.
"""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

import trio


class ServiceManager:
    """systemd, if it started this process; else nobody, and nothing is told.

    Args:
        environment: of the process.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._path = environment.get("NOTIFY_SOCKET", "")
        own = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit_us = environment.get("WATCHDOG_USEC", "") if own else ""
        self.watchdog_s = int(limit_us) / 1e6 if limit_us.isdigit() and int(limit_us) else None
        """After how long without a sign of life the process is ended; None without such a limit."""

    def tell(self, *words: str) -> None:
        """Send words such as `READY=1`, if there is somebody to tell; a manager that is gone is let be."""
        if not self._path:
            return
        # one that begins with @ has no place in the file system
        address = f"\0{self._path[1:]}" if self._path.startswith("@") else self._path
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock,
        ):
            sock.setblocking(False)
            sock.sendto("\n".join(words).encode(), address)

    def reloading(self) -> None:
        """Say that files are read anew; `ready` follows."""
        now_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.tell("RELOADING=1", f"MONOTONIC_USEC={now_us}")

    def ready(self) -> None:
        """Say that everything is served."""
        self.tell("READY=1")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self.tell("STOPPING=1")

    async def feed(self) -> None:
        """Show that the event loop runs, three times in the limit, until cancelled."""
        if self.watchdog_s is None:
            await trio.sleep_forever()
            return
        while True:
            self.tell("WATCHDOG=1")
            await trio.sleep(self.watchdog_s / 3)
