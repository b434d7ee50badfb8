"""Where servers are, and how soon one that cannot be reached is tried again."""

import random
from collections.abc import Callable, Sequence

Address = tuple[str, int]
"""Host name or IP address, and TCP port."""

Backoff = Callable[[int], float]
"""How many seconds to wait before the next attempt, after so many failed ones (0 and up)."""


def parse_address(address: Address | str) -> Address:
    """Return the parts of an address given as a pair or as `host:port` (`[::1]:9970` for IPv6).

    Raises:
        ValueError: it is neither; the text says what was found.
    """
    if isinstance(address, str):
        host, colon, port = address.rpartition(":")
        if colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536:
            return host.removeprefix("[").removesuffix("]"), int(port)
        raise ValueError(f"{address!r} is no address: it must be host:port with a port from 1 to 65535")
    return address


def parse_addresses(addresses: Sequence[Address | str]) -> list[Address]:
    """Return the parts of all addresses.

    Raises:
        ValueError: there is none, or one is none; the text says which.
    """
    if not addresses:
        raise ValueError("connect() needs the address of at least one Agent Manager")
    return [parse_address(address) for address in addresses]


def text_of(address: Address) -> str:
    """Write an address the way people read it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def jittered(failures: int) -> float:
    """Wait up to a quarter of a second at first, and up to five seconds later, by chance.

    The whole time is left to chance, so that clients which lost one server do not come to the next together.
    """
    return random.uniform(0.0, min(5.0, 0.25 * 2 ** min(failures, 5)))
