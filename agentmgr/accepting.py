"""Accepting connections, also when the process is short of file descriptors.

The last descriptors are not for connections: a database, a file or a supervisor's command may need them.
A new connection has the lowest number that is free, so its number tells how many are taken; one that would
take of the reserve is closed at once.
"""

import errno
import resource
from collections.abc import Callable
from typing import Any

import structlog
import trio
from attrs import define

log = structlog.get_logger()

RETRY_S = 0.1
"""Pause before accepting again when the process or the machine is out of something."""

QUIET_S = 10.0
"""For so long a shortage that was told is not told again."""

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
"""Errors of an accept that say that there is not enough of something, now."""

RESERVE = 64
WANTED = 65_536


def raise_descriptor_limit() -> None:
    """Let the process have as many descriptors as it may, up to what a server can need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def highest_descriptor(keeps: float = 1.0) -> int:
    """Return the first descriptor that is not for connections of a kind.

    Args:
        keeps: how much of the reserve they leave alone, 0 to 1; what must answer when others have taken all
            that they may leaves less.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = WANTED if soft == resource.RLIM_INFINITY else soft
    return limit - round(min(RESERVE, limit // 4) * keeps)


@define
class Shortage:
    """Tells that connections could not be taken: the first time, and every while how many."""

    kind: str
    _since: int = 0
    _quiet_until: float = -float("inf")

    def tell(self, why: str) -> None:
        """Note one connection that was not taken."""
        self._since += 1
        now = trio.current_time()
        if now >= self._quiet_until:
            log.warning("connections_not_taken", kind=self.kind, why=why, how_many=self._since)
            self._since, self._quiet_until = 0, now + QUIET_S


async def accept_all(
    listener: trio.abc.Listener[Any], kind: str, keeps: float, take: Callable[[Any], None]
) -> None:
    """Accept connections until cancelled; the listener is closed in the end.

    Args:
        listener: where they come.
        kind: what the log calls them.
        keeps: see `highest_descriptor`.
        take: is given each stream, and must not block.
    """
    shortage, highest = Shortage(kind), highest_descriptor(keeps)
    async with listener:
        while True:
            try:
                stream = await listener.accept()
            except OSError as error:
                if error.errno in EXHAUSTED:
                    shortage.tell(error.strerror or str(error))
                    await trio.sleep(RETRY_S)
                else:  # that one connection failed before it was taken
                    log.debug("accept_failed", kind=kind, why=error.strerror)
                continue
            if stream.socket.fileno() >= highest:
                shortage.tell("too few file descriptors are left")
                await trio.aclose_forcefully(stream)
                continue
            take(stream)
