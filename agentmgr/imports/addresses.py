"""Which addresses a data source may be at: none of this machine or of inner networks, unless it is said."""

import ipaddress
import socket
from collections.abc import Set

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_CARRY_OTHERS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""Addresses that lead to others, which may be inner ones: NAT64, 6to4, Teredo."""


class Unreachable(Exception):
    """A host may not be reached, or cannot be; the text is one line for a person."""


def checked_address(host: str, port: int, may_be_inner: Set[str]) -> str:
    """Return the address to connect to for a host: looked up once, so that what is checked is what is used.

    Args:
        host: its name or address, as a URL has it.
        port: where it is to be reached.
        may_be_inner: hosts that may be at inner addresses, in lower case.

    Raises:
        Unreachable: one of its addresses is an inner one, or it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError) as error:
        raise Unreachable(f"host {host}: cannot be found: {error}") from None
    addresses = [str(each[4][0]).partition("%")[0] for each in found]
    if host.casefold() not in may_be_inner:
        for address in addresses:
            if is_inner(ipaddress.ip_address(address)):
                raise Unreachable(
                    f"host {host}: is at {address}, an address of this machine or of an inner network;"
                    " imports.inner_hosts in the configuration names those that may be reached all the same"
                )
    return addresses[0]


def is_inner(address: Address) -> bool:
    """Tell whether an address is not one that everybody on the internet reaches."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_inner(address.ipv4_mapped)
        if any(address in network for network in _CARRY_OTHERS):
            return True
    return not address.is_global or address.is_multicast
