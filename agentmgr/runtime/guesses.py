"""Guesses: how long whoever gave wrong passwords waits before the next one is checked.

What is counted is the pair of an agent and the address that the password came from, so that nobody can lock
an agent out who logs on from elsewhere; and the address, over all agents. An agent who has logged on from an
address is known there: it waits for its own mistakes, not for those of others behind the same address.
"""

import ipaddress
from collections import OrderedDict
from typing import TypeVar

from attrs import define

from agentmgr.runtime.turns import Who

FREE_TRIES = 2
"""After so many wrong passwords of a pair the next one is checked at once."""
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 10.0
"""How long a pair waits after one more, twice as long after each further one, and how long at most."""
FORGET_S = 900.0
"""A pair that had none for so long begins anew."""

SOURCE_TRIES = 50
"""How many wrong passwords an address may have in a row, over all agents not known there."""
SOURCE_INTERVAL_S = 2.0
"""After so long it may have one more."""

MAX_PAIRS = 20_000
MAX_SOURCES = 20_000
"""How many pairs, known and failed, and addresses are kept; those unused for longest are forgotten."""

Pair = tuple[Who, str]
K = TypeVar("K")
V = TypeVar("V")


@define(eq=False)
class _Failures:
    count: int = 0
    last_at: float = 0.0
    free_at: float = 0.0


@define(eq=False)
class _Allowance:
    left: float
    at: float


class Guesses:
    """What is remembered of passwords that were checked, in memory alone; times in seconds on one scale."""

    def __init__(self) -> None:
        self._failed: OrderedDict[Pair, _Failures] = OrderedDict()
        self._known: OrderedDict[Pair, None] = OrderedDict()
        self._sources: OrderedDict[str, _Allowance] = OrderedDict()

    def free_at(self, pair: Pair) -> float:
        """Return when the next password of a pair may be checked."""
        failures = self._failed.get(pair)
        return failures.free_at if failures is not None else 0.0

    def is_known(self, pair: Pair) -> bool:
        """Whether the right password came from there before."""
        return pair in self._known

    def source_wait_s(self, source: str, now: float, before: int = 0) -> float:
        """Return how long no password is checked from an address, of an agent not known there.

        Args:
            source: the address.
            now: the present.
            before: how many wait there before it; they are taken for wrong ones if many have been already.
        """
        allowance = self._sources.get(source)
        if allowance is None:
            return 0.0
        self._refill(allowance, now)
        return (before + 1 - allowance.left) * SOURCE_INTERVAL_S if allowance.left < 1 else 0.0

    def right(self, pair: Pair) -> None:
        """The password was right: what went wrong before is forgotten, and the agent is known there."""
        self._failed.pop(pair, None)
        _keep(self._known, pair, None, MAX_PAIRS)

    def wrong(self, pair: Pair, now: float) -> tuple[int, float]:
        """The password was wrong; returns how many were in a row, and how long the next one waits."""
        failures = self._failed.get(pair)
        if failures is None or now - failures.last_at > FORGET_S:
            failures = _Failures()
        failures.count += 1
        doublings = failures.count - FREE_TRIES - 1
        # so often doubled it is the longest long since, and a float has an end
        delay = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(doublings, 60)) if doublings >= 0 else 0.0
        failures.last_at, failures.free_at = now, now + delay
        _keep(self._failed, pair, failures, MAX_PAIRS)
        if not self.is_known(pair):
            source = pair[1]
            allowance = self._sources.get(source) or _Allowance(SOURCE_TRIES, now)
            self._refill(allowance, now)
            allowance.left -= 1
            _keep(self._sources, source, allowance, MAX_SOURCES)
        return failures.count, delay

    @staticmethod
    def _refill(allowance: _Allowance, now: float) -> None:
        allowance.left = min(SOURCE_TRIES, allowance.left + (now - allowance.at) / SOURCE_INTERVAL_S)
        allowance.at = now


def _keep(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)


def source_of(host: str) -> str:
    """Return what counts as one address: of IPv6 the network, since whoever has one has all its addresses."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
