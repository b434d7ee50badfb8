"""Connections to hosts that somebody names: to which addresses they may go."""

import ipaddress
import socket

import trio

_EMBEDDING = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
"""Where an IPv6 address has an IPv4 one in it that the network goes to (NAT64, 6to4)."""


def is_inner(address: str) -> bool:
    """Whether an address is one of this machine or of an inner network, or none that is anywhere."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_inner(str(found.ipv4_mapped))
        for network, shift in zip(_EMBEDDING, (0, 80), strict=True):
            if found in network:
                return is_inner(str(ipaddress.IPv4Address((int(found) >> shift) & 0xFFFFFFFF)))
    return not found.is_global or found.is_multicast


class InnerAddress(OSError):
    """A host is not to be connected to, since it is in an inner network."""


async def open_outward(host: str, port: int, *, allow_inner: bool) -> trio.SocketStream:
    """Connect to a host at the first of its addresses that takes the connection.

    The address that is connected to is the very one that was looked at.

    Args:
        host: a name or address.
        port: of TCP.
        allow_inner: connect to inner networks and this machine too.

    Raises:
        InnerAddress: an address of it is an inner one.
        OSError: it has no address, or none answers.
    """
    found = await trio.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(where[4][0]) for where in found))
    for address in addresses:
        if not allow_inner and is_inner(address):
            raise InnerAddress(f"{host} is at {address}, an inner address")
    failure: OSError | None = None
    for address in addresses:
        try:
            return await trio.open_tcp_stream(address, port)
        except OSError as error:
            failure = error.__cause__ if isinstance(error.__cause__, OSError) else error
    raise failure or OSError(f"{host} has no address")
