"""The settings of TLS on a port, and the rule that nothing is open to a network without it."""

import ipaddress
from collections.abc import Iterator

from attrs import frozen

from agentmgr.fields import any_text, one_of, setting

ACCEPTED = "I accept that passwords and customers' data cross this network unencrypted"
"""What a configuration must say to have a port without TLS on a network."""

HANDSHAKE_S = 5.0
"""How long a client may take for its part of a handshake."""


@frozen
class TlsSettings:
    """TLS on this port, 1.2 and up: there is none without a certificate."""

    certificate: str = setting(
        "",
        any_text(),
        "PEM file with the certificate, then those that lead to its authority. Read again at SIGHUP.",
    )
    key: str = setting("", any_text(), "PEM file with the certificate's private key, without a password.")
    client_ca: str = setting(
        "",
        any_text(),
        "PEM file with authorities: clients need a certificate of one of them. Empty asks for none.",
    )
    plaintext: str = setting(
        "",
        one_of("", ACCEPTED),
        "Without a certificate a port must be on loopback, unless this says in words what that means.",
    )


def is_exposed(host: str) -> bool:
    """Whether other machines may reach a port on an address; of names localhost alone is known not to."""
    name = host.strip().partition("%")[0].removeprefix("[").removesuffix("]")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name.lower() not in ("localhost", "localhost.", "ip6-localhost")
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_loopback


def contradictions(where: str, host: str, tls: TlsSettings) -> Iterator[str]:
    """Yield a line for each thing that a port's settings must not be together.

    Args:
        where: the table of the settings, such as `zones[1]` or `http`.
        host: the address that the port is on.
        tls: its settings of TLS.
    """
    if bool(tls.certificate) != bool(tls.key):
        missing, there = ("key", "certificate") if tls.certificate else ("certificate", "key")
        yield f"{where}.tls.{missing}: is missing, and {there} is there; give both, or none"
    elif tls.certificate and tls.plaintext:
        yield f"{where}.tls.plaintext: there is a certificate, so nothing is in plaintext; leave it out"
    elif tls.client_ca and not tls.certificate:
        yield f"{where}.tls.client_ca: needs certificate and key as well"
    elif not tls.certificate and not tls.plaintext and is_exposed(host):
        yield (
            f'{where}.host: found "{host}", which is reached over a network, without TLS; set'
            f" {where}.tls.certificate and key (`agentmgr dev-cert` makes them for development), or listen on"
            f' 127.0.0.1, or write in [{where.partition("[")[0]}.tls]: plaintext = "{ACCEPTED}"'
        )
