"""Keeps a zone at the jobs that the store says it shall have."""

from collections.abc import Callable

import trio

from agentmgr.runtime.doorbell import Doorbell

JOBS_EVERY_S = 2.0
"""How often the jobs wanted are read unasked, real seconds; another process is heard so late at most."""


class JobsKeeper:
    """Has the jobs wanted of one zone read at its start, on a hint, and from time to time.

    Args:
        read: has them read and told to the zone; returns at once.
        every_s: how long at most until they are read again, real seconds.
    """

    def __init__(self, read: Callable[[], None], every_s: float = JOBS_EVERY_S) -> None:
        self._read = read
        self._every_s = every_s
        self._bell = Doorbell()

    def hint(self) -> None:
        """Read soon: the store has another state of a job. A hint that is lost costs `every_s`."""
        self._bell.ring()

    async def run(self) -> None:
        """Keep the zone at its jobs until cancelled."""
        while True:
            self._read()
            with trio.move_on_after(self._every_s):
                await self._bell.wait()
