"""Who is let in: how many connections there are, of whom, and how many over which nobody has logged on.

Of those that have not logged on some are turned away at random long before there are too many, so that a
flood cannot keep a whole shift out: each try of an agent has its chance. All counts are of one zone.
"""

from collections import Counter
from random import Random

from agentmgr.runtime.guesses import source_of
from agentmgr.server.limits import Limits

FULL = "the server has too many connections"
CROWDED = "too many connections have not logged on"
OF_ONE = "too many connections come from this address"
FIRST_SHARE = 0.3
"""How many of the new connections are turned away when `crowded` is reached; at `unproven` all are."""


class Admission:
    """Counts connections, and judges new ones."""

    def __init__(self, limits: Limits, chance: Random | None = None) -> None:
        self._limits = limits
        self._chance = chance or Random()
        self._all = 0
        self._unproven = 0
        self._of_source: Counter[str] = Counter()
        self._unproven_of_source: Counter[str] = Counter()

    def judge(self, host: str) -> str:
        """Return why one more connection from an address is turned away; empty if it is not."""
        limits, source = self._limits, source_of(host)
        if self._all >= limits.connections:
            return FULL
        if (
            self._of_source[source] >= limits.of_one_address
            or self._unproven_of_source[source] >= limits.unproven_of_one_address
        ):
            return OF_ONE
        return CROWDED if self._chance.random() < self._turned_away() else ""

    def _turned_away(self) -> float:
        begins, ends = self._limits.crowded, self._limits.unproven
        if self._unproven >= ends:
            return 1.0
        if self._unproven < begins:
            return 0.0
        return FIRST_SHARE + (1 - FIRST_SHARE) * (self._unproven - begins) / (ends - begins)

    def came(self, host: str) -> None:
        """Count a connection, over which nobody has logged on yet."""
        source = source_of(host)
        self._all += 1
        self._unproven += 1
        self._of_source[source] += 1
        self._unproven_of_source[source] += 1

    def proved(self, host: str) -> None:
        """An agent or a service has logged on over one of these."""
        self._unproven -= 1
        _take(self._unproven_of_source, source_of(host))

    def went(self, host: str, *, proven: bool) -> None:
        """Count a connection no more."""
        self._all -= 1
        _take(self._of_source, source_of(host))
        if not proven:
            self.proved(host)


def _take(counts: Counter[str], source: str) -> None:
    counts[source] -= 1
    if not counts[source]:
        del counts[source]
