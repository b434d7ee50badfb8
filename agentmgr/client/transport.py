"""Where servers are and how a byte stream to one is opened."""

import random
from collections.abc import Awaitable, Callable

import trio
from trio.abc import Stream

Address = tuple[str, int]
"""Host name or IP address, and TCP port."""

Opener = Callable[[Address], Awaitable[Stream]]
"""Opens a stream to an address, or raises OSError."""

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


def text_of(address: Address) -> str:
    """Write an address the way people read it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def open_tcp(address: Address) -> Stream:
    """Open a TCP connection."""
    return await trio.open_tcp_stream(*address)


def peer_of(stream: Stream) -> Address | None:
    """Return the numeric address a stream leads to, if it is a TCP stream."""
    if not isinstance(stream, trio.SocketStream):
        return None
    host, port, *_ = stream.socket.getpeername()
    return host, port


def jittered(failures: int) -> float:
    """Wait half a second at first and about five seconds later, never all clients at the same time."""
    return float(min(5.0, 0.5 * 2 ** min(failures, 4)) * random.uniform(0.5, 1.5))
